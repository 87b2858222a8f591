use serde_json::{Value, json};

use crate::{
    api::answers::{NOBODYS, ask, assert_problem, everything, people, post},
    support::{World, eventually},
};

async fn draft(world: &World) -> String {
    format!("/v1/campaigns/{}", world.campaign(&["email"]).await)
}

fn csv(world: &World, numbers: std::ops::Range<usize>) -> Vec<u8> {
    let rows: String = numbers
        .map(|number| format!("{}\n", world.address(number)))
        .collect();
    format!("email\n{rows}").into_bytes()
}

#[tokio::test]
async fn a_file_can_be_uploaded_before_its_campaign_is_set() {
    let world = World::new().await;
    let path = draft(&world).await;
    let file = csv(&world, 0..3);
    let import = world.api.begin_import(file.len()).await.unwrap();
    assert_eq!(import.text("/status"), "waiting_for_upload");
    let id = import.text("/id");
    assert_eq!(
        import.headers["location"].to_str().unwrap(),
        format!("/v1/imports/{id}")
    );
    world.api.upload(&import, file).await.unwrap();
    eventually("the upload is noticed", async || {
        let shown = world.api.get(&format!("/v1/imports/{id}")).await.unwrap();
        (shown.text("/status") == "uploaded").then_some(())
    })
    .await;
    assert_eq!(people(&world.api, &path).await, Vec::<Value>::new());
    let attached = post(
        &world,
        &format!("{path}/receivers"),
        &json!({ "import": id }),
    )
    .await;
    assert_eq!(attached.status, 202, "{}", attached.body);
    let import = world.imported(id).await;
    assert_eq!(
        (&import["status"], &import["rows_added"]),
        (&json!("completed"), &json!(3))
    );
    assert_eq!(people(&world.api, &path).await.len(), 3);
}

#[tokio::test]
async fn the_length_of_an_upload_is_declared_and_signed() {
    let world = World::new().await;
    let path = "/v1/imports";
    for (body, code) in [
        (json!({}), "missing"),
        (json!({ "bytes": 0 }), "out_of_range"),
        (json!({ "bytes": 512 * 1024 * 1024 + 1 }), "out_of_range"),
        (json!({ "bytes": "7" }), "wrong_type"),
        (json!({ "bytes": -1 }), "invalid"),
    ] {
        let answer = post(&world, path, &body).await;
        assert_problem(&answer, 422, "invalid-field", &body.to_string());
        let error = (
            answer.text("/errors/0/field"),
            answer.text("/errors/0/code"),
        );
        assert_eq!(error, ("bytes", code), "{body}");
    }
    let import = world.api.begin_import(7).await.unwrap();
    assert_eq!(import.number("/upload/bytes"), 7);
    let url = import.text("/upload/url");
    let signed = "X-Amz-SignedHeaders=content-length%3Bcontent-type%3Bhost";
    assert!(url.contains(signed), "{url}");
    for longer_or_shorter in ["email\nab", "email\n"] {
        let refused = world.api.upload(&import, longer_or_shorter.into()).await;
        let refused = refused.unwrap_err().to_string();
        assert!(refused.contains("SignatureDoesNotMatch"), "{refused}");
    }
    world.api.upload(&import, "email\na".into()).await.unwrap();
}

#[tokio::test]
async fn a_campaign_can_be_set_before_its_file_is_uploaded() {
    let world = World::new().await;
    let path = draft(&world).await;
    let file = csv(&world, 0..3);
    let import = world.api.begin_import(file.len()).await.unwrap();
    let id = import.text("/id");
    let body = json!({ "import": id });
    for _ in 0..2 {
        let attached = post(&world, &format!("{path}/receivers"), &body).await;
        assert_eq!(attached.status, 202, "{}", attached.body);
        assert_eq!(attached.text("/status"), "waiting_for_upload");
    }
    assert_eq!(world.api.get(&path).await.unwrap().body["loading"], true);
    world.api.upload(&import, file).await.unwrap();
    let import = world.imported(id).await;
    assert_eq!(
        (&import["status"], &import["rows_added"]),
        (&json!("completed"), &json!(3))
    );
    assert_eq!(people(&world.api, &path).await.len(), 3);
    eventually("the draft is released", async || {
        let shown = world.api.get(&path).await.unwrap();
        (shown.body["loading"] == false).then_some(())
    })
    .await;
}

/// Line, code and effect of each row error.
fn found(errors: &[Value]) -> Vec<(u64, &str, &str)> {
    let found = errors.iter().map(|error| {
        let text = |name: &str| error[name].as_str().unwrap();
        (
            error["line"].as_u64().unwrap(),
            text("code"),
            text("effect"),
        )
    });
    found.collect()
}

/// Loads a file with import options.
async fn load(world: &World, path: &str, choices: &Value, csv: &str) -> Value {
    let campaign = path.rsplit('/').next().unwrap();
    let import = world.api.import_as(campaign, choices, csv.into()).await;
    world.imported(&import.unwrap()).await
}

#[tokio::test]
async fn a_german_spreadsheet_is_read_correctly_and_its_format_is_reported() {
    let world = World::new().await;
    let path = draft(&world).await;
    let (ann, bo) = (world.address(1), world.address(2));
    let csv = format!(
        "sep=;\r\nVorname;Nachname;E-Mail;Handynummer;Sprache;Land;Kunde #;Betrag;Fällig\r\n\
         Ann;Lee;{ann};0171 1234567;Deutsch;Deutschland;7;49,90;5.12.2026\r\n\
         Bo;;{bo};01711234567.0;;;;;;;\r\n\
         ;;;;\r\n"
    );
    let choices = json!({ "locale": "de" });
    let import = load(&world, &path, &choices, &csv).await;
    assert_eq!(import["status"], "completed", "{import}");
    let columns: Vec<&Value> = import["columns"]
        .as_array()
        .unwrap()
        .iter()
        .map(|column| &column["field"])
        .collect();
    let expected = [
        "first_name",
        "last_name",
        "email",
        "mobile",
        "language",
        "variables.land",
        "variables.kunde",
        "variables.betrag",
        "variables.fällig",
    ];
    assert_eq!(columns, expected);
    let counts = [
        "rows_total",
        "rows_added",
        "rows_incomplete",
        "rows_refused",
    ];
    let counts = counts.map(|name| import[name].as_u64().unwrap());
    assert_eq!(counts, [2, 2, 1, 0], "{import}");
    let errors = import["errors"].as_array().unwrap();
    assert_eq!(found(errors), [(4, "phone_as_decimal", "left_out")]);
    assert_eq!(errors[0]["column"], "Handynummer");
    let people = people(&world.api, &path).await;
    let with = |email: &str| people.iter().find(|it| it["email"] == email).unwrap();
    let (ann, bo) = (with(&ann), with(&bo));
    assert_eq!(
        (&ann["mobile"], &ann["language"], &ann["variables"]),
        (
            &json!("+491711234567"),
            &json!("de"),
            &json!({ "land": "Deutschland", "kunde": "7", "betrag": "49.90", "fällig": "2026-12-05" })
        )
    );
    assert_eq!(
        (&bo["mobile"], &bo["first_name"]),
        (&Value::Null, &json!("Bo"))
    );
    // Only complete rows, on request.
    let path = draft(&world).await;
    let choices = json!({ "on_bad_address": "refuse" });
    let import = load(&world, &path, &choices, &csv).await;
    assert_eq!(
        (&import["rows_added"], &import["rows_refused"]),
        (&json!(1), &json!(1))
    );
}

#[tokio::test]
async fn an_open_quote_rejects_the_file_with_its_line_and_adds_nobody() {
    let world = World::new().await;
    let path = draft(&world).await;
    for end in ["\n", "\r\n", "\r"] {
        for rows in [
            ["ann@example.com,\"Acme", "bo@example.com,Bo"],
            ["ann@example.com,\"Acme", "bo@example.com,\"Bo\""],
            ["ann@example.com,\"Acme", "bo@example.com,Bo\""],
        ] {
            let csv = ["email,company", rows[0], rows[1], "cy@example.com,Cy", ""].join(end);
            let import = load(&world, &path, &json!({}), &csv).await;
            assert_eq!(import["status"], "refused", "{csv:?}: {import}");
            let refusal = &import["refusal"];
            assert_eq!(refusal["code"], "unclosed_quote", "{csv:?}");
            let detail = refusal["detail"].as_str().unwrap();
            assert!(detail.contains("line 2"), "{csv:?}: {detail}");
        }
    }
    assert_eq!(people(&world.api, &path).await, Vec::<Value>::new());
}

#[tokio::test]
async fn a_corrected_file_updates_existing_receivers() {
    let world = World::new().await;
    let path = draft(&world).await;
    let (ann, bo) = (world.address(1), world.address(2));
    let first = format!("email,mobile,price\n{ann},12,\"49,90\"\n{bo},,5\n");
    let import = load(&world, &path, &json!({}), &first).await;
    assert_eq!(
        (&import["rows_added"], &import["rows_incomplete"]),
        (&json!(2), &json!(1))
    );
    let corrected = format!("email,mobile,price\n{ann},+447414310001,49.90\n{bo},,5\n{ann},,7\n");
    let import = load(&world, &path, &json!({}), &corrected).await;
    let counts = [
        "rows_added",
        "rows_updated",
        "rows_duplicate",
        "rows_refused",
    ];
    let counts = counts.map(|name| import[name].as_u64().unwrap());
    assert_eq!(counts, [0, 1, 2, 0], "{import}");
    let errors = import["errors"].as_array().unwrap();
    assert_eq!(
        found(errors),
        [(3, "duplicate", "duplicate"), (4, "duplicate", "duplicate")]
    );
    let people = people(&world.api, &path).await;
    let ann = people.iter().find(|it| it["email"] == ann).unwrap();
    assert_eq!(
        (&ann["mobile"], &ann["variables"]),
        (&json!("+447414310001"), &json!({ "price": "49.90" }))
    );
    // The number from the second file is not used for anybody else.
    let other = format!("email,mobile\n{},+447414310001\n", world.address(3));
    load(&world, &path, &json!({}), &other).await;
    let people = crate::api::answers::people(&world.api, &path).await;
    assert_eq!(people.len(), 3, "{people:?}");
}

#[tokio::test]
async fn an_import_is_loaded_into_one_campaign_once() {
    let world = World::new().await;
    let (path, other) = (draft(&world).await, draft(&world).await);
    let campaign = path.rsplit('/').next().unwrap();
    let id = world.api.import(campaign, csv(&world, 0..3)).await.unwrap();
    let body = json!({ "import": id });
    let answer = post(&world, &format!("{other}/receivers"), &body).await;
    assert_problem(&answer, 409, "import-used", "while it is loaded");
    world.imported(&id).await;
    let answer = post(&world, &format!("{other}/receivers"), &body).await;
    assert_problem(&answer, 409, "import-used", "after it was loaded");
    assert_eq!(people(&world.api, &other).await, Vec::<Value>::new());
    assert_eq!(world.api.get(&other).await.unwrap().body["loading"], false);
    // Setting the same campaign again changes nothing.
    let again = post(&world, &format!("{path}/receivers"), &body).await;
    assert_eq!(
        (again.status.as_u16(), again.text("/status")),
        (202, "completed")
    );
    assert_eq!(people(&world.api, &path).await.len(), 3);
    // The same file again is another import of receivers who all exist.
    let id = world.api.import(campaign, csv(&world, 0..3)).await.unwrap();
    let import = world.imported(&id).await;
    assert_eq!(
        (&import["rows_added"], &import["rows_duplicate"]),
        (&json!(0), &json!(3))
    );
    assert_eq!(people(&world.api, &path).await.len(), 3);
}

#[tokio::test]
async fn an_import_can_be_used_by_only_one_of_several_campaigns() {
    let world = World::new().await;
    let paths = futures::future::join_all((0..4).map(|_| draft(&world))).await;
    let file = csv(&world, 0..2);
    let import = world.api.begin_import(file.len()).await.unwrap();
    let body = json!({ "import": import.text("/id") });
    let receivers: Vec<String> = paths
        .iter()
        .map(|path| format!("{path}/receivers"))
        .collect();
    let wishes = receivers.iter().map(|path| post(&world, path, &body));
    let answers = futures::future::join_all(wishes).await;
    let won: Vec<&String> = paths
        .iter()
        .zip(&answers)
        .filter(|(_, answer)| answer.status == 202)
        .map(|(path, _)| path)
        .collect();
    assert_eq!(won.len(), 1, "{answers:?}");
    for answer in answers.iter().filter(|answer| answer.status != 202) {
        assert_problem(answer, 409, "import-used", "another got it");
    }
    world.api.upload(&import, file).await.unwrap();
    world.imported(import.text("/id")).await;
    for path in &paths {
        let shown = people(&world.api, path).await.len();
        assert_eq!(shown, if path == won[0] { 2 } else { 0 });
        let loading = eventually("the hold is released", async || {
            let shown = world.api.get(path).await.unwrap();
            (shown.body["loading"] == false).then_some(())
        });
        loading.await;
    }
}

#[tokio::test]
async fn an_unknown_import_is_rejected_and_blocks_nothing() {
    let world = World::new().await;
    let path = draft(&world).await;
    let before = everything(&world.api).await;
    for id in ["", "x", NOBODYS, "019A9A00-0000-7000-8000-00000000DEAD"] {
        let body = json!({ "import": id });
        let answer = post(&world, &format!("{path}/receivers"), &body).await;
        assert_problem(&answer, 422, "unknown-import", id);
    }
    assert_eq!(everything(&world.api).await, before);
}

#[tokio::test]
async fn rejected_rows_are_listed_with_line_column_and_reason() {
    let world = World::new().await;
    let path = draft(&world).await;
    let campaign = path.rsplit('/').next().unwrap();
    let good = world.address(1);
    let csv = format!(
        "\u{feff}E-Mail;Mobile;Language\r\n{good};;el\r\nnobody;;\r\n;12;\r\n{good};;\r\n;;\r\n{good};+447414310000;x;y\r\nx@y;z;\"two\r\nlines\"\r\n"
    );
    let id = world.api.import(campaign, csv.into_bytes()).await.unwrap();
    let import = world.imported(&id).await;
    assert_eq!(import["status"], "completed", "{import}");
    let errors = world
        .api
        .all(&format!("/v1/imports/{id}?limit=2"), "/errors")
        .await
        .unwrap();
    let expected = [
        (3, "invalid_email", "refused"),
        (4, "invalid_phone", "refused"),
        (5, "duplicate", "duplicate"),
        (7, "wrong_number_of_cells", "refused"),
        (8, "invalid_email", "refused"),
        (8, "invalid_phone", "refused"),
        (8, "invalid_language", "refused"),
    ];
    assert_eq!(found(&errors), expected, "{errors:?}");
    let duplicate = errors[2]["reason"].as_str().unwrap();
    assert!(duplicate.contains("line 2"), "{duplicate}");
    assert_eq!(
        (&errors[0]["column"], &errors[1]["column"]),
        (&json!("E-Mail"), &json!("Mobile"))
    );
    let counts = [
        "rows_total",
        "rows_read",
        "rows_added",
        "rows_duplicate",
        "rows_refused",
    ]
    .map(|name| import[name].as_u64().unwrap());
    // An empty row does not count.
    assert_eq!(counts, [6, 6, 1, 1, 4], "{import}");
    let stranger = World::new().await;
    let answer = ask(
        &stranger.api,
        "GET",
        &format!("/v1/imports/{id}"),
        &[],
        None,
    )
    .await;
    assert_problem(&answer, 404, "not-found", "another tenant's import");
}
