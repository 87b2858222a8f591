use serde_json::{Value, json};

use super::answers::{NOBODYS, ask, assert_problem, everything, people, post};
use crate::support::{World, eventually};

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
async fn a_file_may_be_uploaded_before_its_campaign_is_named() {
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
async fn the_length_of_a_file_is_said_before_it_is_uploaded_and_is_signed() {
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
async fn a_campaign_may_be_named_before_its_file_is_uploaded() {
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
    eventually("the draft is let go", async || {
        let shown = world.api.get(&path).await.unwrap();
        (shown.body["loading"] == false).then_some(())
    })
    .await;
}

#[tokio::test]
async fn an_import_goes_into_one_campaign_once() {
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
    // Giving it to its own campaign again changes nothing.
    let again = post(&world, &format!("{path}/receivers"), &body).await;
    assert_eq!(
        (again.status.as_u16(), again.text("/status")),
        (202, "completed")
    );
    assert_eq!(people(&world.api, &path).await.len(), 3);
    // The same file once more is another import, of people who are all there already.
    let id = world.api.import(campaign, csv(&world, 0..3)).await.unwrap();
    let import = world.imported(&id).await;
    assert_eq!(
        (&import["rows_added"], &import["rows_duplicate"]),
        (&json!(0), &json!(3))
    );
    assert_eq!(people(&world.api, &path).await.len(), 3);
}

#[tokio::test]
async fn of_campaigns_that_want_the_same_import_one_gets_it() {
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
        let loading = eventually("nobody is held", async || {
            let shown = world.api.get(path).await.unwrap();
            (shown.body["loading"] == false).then_some(())
        });
        loading.await;
    }
}

#[tokio::test]
async fn an_unknown_import_is_refused_and_holds_nothing() {
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
async fn rows_that_are_refused_are_listed_with_line_column_and_reason() {
    let world = World::new().await;
    let path = draft(&world).await;
    let campaign = path.rsplit('/').next().unwrap();
    let good = world.address(1);
    let csv = format!(
        "\u{feff}E-Mail;Mobile;Language\r\n{good};;el\r\nnobody;;\r\n;12;\r\n{good};;\r\n;;\r\n{good};+442079460000;x;y\r\nx@y;z;\"two\r\nlines\"\r\n"
    );
    let id = world.api.import(campaign, csv.into_bytes()).await.unwrap();
    let import = world.imported(&id).await;
    assert_eq!(import["status"], "completed", "{import}");
    let errors = world
        .api
        .all(&format!("/v1/imports/{id}?limit=2"), "/errors")
        .await
        .unwrap();
    let found: Vec<(u64, &str)> = errors
        .iter()
        .map(|error| {
            (
                error["line"].as_u64().unwrap(),
                error["code"].as_str().unwrap(),
            )
        })
        .collect();
    let expected = [
        (3, "invalid_email"),
        (4, "invalid_phone"),
        (6, "no_address"),
        (7, "wrong_number_of_cells"),
        (8, "invalid_email"),
        (8, "invalid_phone"),
        (8, "invalid_language"),
    ];
    assert_eq!(found, expected, "{errors:?}");
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
    assert_eq!(counts, [7, 7, 1, 1, 5], "{import}");
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
