mod files;
mod imports;

use carillon_domain::{
    campaigns::Hold,
    channel::Channel,
    operations::job::{JobTask, Work},
};
use carillon_local::demo::client::Answer;
use carillon_store::HELD_BY_JOB;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::answers::{ask, assert_fault, assert_problem, everything, faults, people, post};
use crate::support::{World, eventually};

async fn draft(world: &World) -> String {
    format!("/v1/campaigns/{}", world.campaign(&["email", "sms"]).await)
}

fn with_email(receivers: &[Value], email: &str) -> Value {
    receivers
        .iter()
        .find(|receiver| receiver["email"] == email)
        .unwrap()
        .clone()
}

#[tokio::test]
async fn too_many_or_no_receivers_are_rejected_and_nobody_is_added() {
    let world = World::new().await;
    let path = draft(&world).await;
    for count in [0, 501] {
        let receivers: Vec<Value> = (0..count)
            .map(|number| json!({ "email": world.address(number) }))
            .collect();
        let body = json!({ "receivers": receivers });
        let answer = post(&world, &format!("{path}/receivers"), &body).await;
        assert_fault(&answer, "receivers", "out_of_range", &count.to_string());
    }
    let both =
        json!({ "receivers": [{ "email": world.address(0) }], "import": super::answers::NOBODYS });
    let answer = post(&world, &format!("{path}/receivers"), &both).await;
    assert_fault(&answer, "receivers", "ambiguous", "people and an import");
    assert_eq!(people(&world.api, &path).await, Vec::<Value>::new());
    let most: Vec<Value> = (0..500)
        .map(|number| json!({ "email": world.address(number) }))
        .collect();
    let added = post(
        &world,
        &format!("{path}/receivers"),
        &json!({ "receivers": most }),
    )
    .await;
    assert_eq!(added.number("/added"), 500, "{}", added.body);
    assert_eq!(people(&world.api, &path).await.len(), 500);
}

#[tokio::test]
async fn one_invalid_receiver_rejects_the_whole_request() {
    let world = World::new().await;
    let path = draft(&world).await;
    let good = |number: usize| json!({ "email": world.address(number), "first_name": "Ann" });
    let deep = json!({ "a": [[[[[[[[[1]]]]]]]]] });
    for (bad, field, code) in [
        (json!({}), "email", "no_address"),
        (json!({ "first_name": "Ann" }), "email", "no_address"),
        (json!({ "email": "ann" }), "email", "invalid_email"),
        (
            json!({ "email": "ann@example.com, lee@example.com" }),
            "email",
            "invalid_email",
        ),
        (json!({ "mobile": "12" }), "mobile", "invalid_phone"),
        (
            json!({ "mobile": "+44 7414 31000O" }),
            "mobile",
            "invalid_phone",
        ),
        (
            json!({ "email": world.address(8), "mobile": "call me" }),
            "mobile",
            "invalid_phone",
        ),
        (
            json!({ "email": "\"ann lee\"@example.com" }),
            "email",
            "quoted_local_part",
        ),
        (
            json!({ "email": world.address(8), "mobile": "01711234567.0", "region": "DE" }),
            "mobile",
            "phone_as_decimal",
        ),
        (
            json!({ "email": world.address(8), "mobile": "0171 1234567", "region": "Atlantis" }),
            "region",
            "invalid_region",
        ),
        (
            json!({ "email": world.address(8), "first_name": "An\u{0}n" }),
            "first_name",
            "control_character",
        ),
        (
            json!({ "email": world.address(8), "variables": { "a": { "b": "x\u{1b}y" } } }),
            "variables.a.b",
            "control_character",
        ),
        (
            json!({ "email": world.address(8), "language": "Greek!" }),
            "language",
            "invalid_language",
        ),
        (
            json!({ "email": world.address(8), "first_name": "x".repeat(101) }),
            "first_name",
            "too_long",
        ),
        (
            json!({ "email": world.address(8), "variables": { "a": "x".repeat(5_000) } }),
            "variables",
            "too_long",
        ),
        (
            json!({ "email": world.address(8), "variables": { "a": 1e120 } }),
            "variables.a",
            "out_of_range",
        ),
        (
            json!({ "email": world.address(8), "variables": { "": 1 } }),
            "variables.",
            "empty_name",
        ),
    ] {
        let case = bad.to_string();
        let body = json!({ "receivers": [good(0), good(1), bad, good(2)] });
        let answer = post(&world, &format!("{path}/receivers"), &body).await;
        assert_fault(&answer, &format!("receivers[2].{field}"), code, &case);
    }
    let body = json!({ "receivers": [{ "email": world.address(8), "variables": deep }] });
    let answer = post(&world, &format!("{path}/receivers"), &body).await;
    assert!(
        faults(&answer)[0]
            .0
            .starts_with("receivers[0].variables.a[")
    );
    let several =
        json!({ "receivers": [{ "email": "x" }, good(0), { "mobile": "y", "language": "?" }] });
    let answer = post(&world, &format!("{path}/receivers"), &several).await;
    let expected = [
        ("receivers[0].email", "invalid_email"),
        ("receivers[2].mobile", "invalid_phone"),
        ("receivers[2].language", "invalid_language"),
    ];
    assert_eq!(faults(&answer), expected);
    assert_eq!(people(&world.api, &path).await, Vec::<Value>::new());
    let shown = world.api.get(&path).await.unwrap();
    assert_eq!(shown.body["loading"], false, "the draft was released");
}

#[tokio::test]
async fn a_receiver_is_in_a_campaign_once_and_an_address_gets_one_message() {
    let world = World::new().await;
    let path = draft(&world).await;
    let mobile = "+447414310123";
    let (ann, bob) = (world.address(1), world.address(2));
    let body = json!({ "receivers": [
        { "email": ann, "mobile": mobile, "first_name": "Ann", "variables": { "account": { "balance": 12.5, "open": true, "tags": ["a", null] } } },
        { "email": bob, "mobile": "07414 310123" },
        { "email": ann.to_uppercase() },
    ] });
    let added = post(&world, &format!("{path}/receivers"), &body).await;
    let statuses: Vec<&str> = added
        .list("/receivers")
        .iter()
        .filter_map(|receiver| receiver["status"].as_str())
        .collect();
    assert_eq!(statuses, ["added", "added", "duplicate"], "{}", added.body);
    let listed = people(&world.api, &path).await;
    // Repeating the request returns the same response; another one with the same receivers changes nothing.
    let again = post(&world, &format!("{path}/receivers"), &body).await;
    assert_eq!(again.body, added.body);
    let others =
        json!({ "receivers": [{ "mobile": mobile }, { "email": ann, "first_name": "Anna" }] });
    let again = post(&world, &format!("{path}/receivers"), &others).await;
    let counts = (again.number("/added"), again.number("/duplicates"));
    assert_eq!(counts, (0, 2), "{}", again.body);
    assert_eq!(people(&world.api, &path).await, listed);
    assert_eq!(listed.len(), 2, "{listed:?}");
    let (ann, bob) = (with_email(&listed, &ann), with_email(&listed, &bob));
    assert_eq!(ann["variables"], body["receivers"][0]["variables"]);
    assert_eq!(
        (&ann["source"], &bob["mobile"]),
        (&json!("hand"), &json!(mobile))
    );
    // It is unspecified which of two in one request gets the number, but exactly one does.
    let (on, off): (Vec<&Value>, Vec<&Value>) = [&ann, &bob]
        .into_iter()
        .partition(|receiver| receiver["channels"]["sms"]["on"] == true);
    assert_eq!((on.len(), off.len()), (1, 1), "{listed:?}");
    let reason = &off[0]["channels"]["sms"]["reason"];
    assert_eq!(reason, "duplicate_address", "{}", off[0]);

    // The other one cannot get the number, even in the same request.
    let receiver = format!("{path}/receivers/{}", off[0]["id"].as_str().unwrap());
    let both = json!({ "channels": { "email": false, "sms": true } });
    let answer = ask(&world.api, "PATCH", &receiver, &[], Some(&both)).await;
    assert_problem(
        &answer,
        409,
        "duplicate-address",
        "the other has the number",
    );
    assert_eq!(people(&world.api, &path).await, listed);
}

#[tokio::test]
async fn a_bad_number_does_not_cost_the_email_if_so_configured() {
    let world = World::new().await;
    let path = format!("{}/receivers", draft(&world).await);
    let receivers =
        json!([{ "email": world.address(1), "mobile": "12" }, { "email": world.address(2) }]);
    let keep = json!({ "receivers": receivers, "on_bad_address": "keep" });
    let added = post(&world, &path, &keep).await;
    assert_eq!(added.number("/added"), 2, "{}", added.body);
    let left_out = &added.body["receivers"][0]["left_out"];
    assert_eq!(
        (left_out[0]["field"].as_str(), left_out[0]["code"].as_str()),
        (Some("mobile"), Some("invalid_phone"))
    );
    assert_eq!(added.body["receivers"][1].get("left_out"), None);
    let body = json!({ "receivers": receivers, "on_bad_address": "guess" });
    let answer = post(&world, &path, &body).await;
    assert_fault(
        &answer,
        "on_bad_address",
        "unknown_choice",
        "no such choice",
    );
}

#[tokio::test]
async fn domains_are_normalised_and_fixed_lines_get_no_texts() {
    let world = World::new().await;
    let path = draft(&world).await;
    let body = json!({ "receivers": [
        { "email": "ann@bücher.example", "mobile": "\u{202a}020 7946 0000\u{202c}", "region": "United Kingdom" },
        { "email": "Ann@xn--bcher-kva.example" },
    ] });
    let added = post(&world, &format!("{path}/receivers"), &body).await;
    assert_eq!(
        (added.number("/added"), added.number("/duplicates")),
        (1, 1),
        "{}",
        added.body
    );
    let listed = people(&world.api, &path).await;
    assert_eq!(listed.len(), 1, "{listed:?}");
    assert_eq!(
        (&listed[0]["email"], &listed[0]["mobile"]),
        (&json!("ann@xn--bcher-kva.example"), &json!("+442079460000"))
    );
    assert_eq!(
        listed[0]["channels"]["sms"],
        json!({ "on": false, "reason": "fixed_line" })
    );
    // It can be enabled manually.
    let receiver = format!("{path}/receivers/{}", listed[0]["id"].as_str().unwrap());
    let on = json!({ "channels": { "sms": true } });
    let answer = ask(&world.api, "PATCH", &receiver, &[], Some(&on)).await;
    assert_eq!(
        answer.body["channels"]["sms"]["on"], true,
        "{}",
        answer.body
    );
}

#[tokio::test]
async fn channels_are_switched_and_receivers_removed_in_a_draft() {
    let world = World::new().await;
    let path = draft(&world).await;
    let mobile = "+447414310123";
    let body = json!({ "receivers": [{ "email": world.address(1), "mobile": mobile }, { "email": world.address(2) }] });
    post(&world, &format!("{path}/receivers"), &body).await;
    let listed = people(&world.api, &path).await;
    let ann = with_email(&listed, &world.address(1));
    let receiver = format!("{path}/receivers/{}", ann["id"].as_str().unwrap());
    let before = everything(&world.api).await;
    for (body, field, code) in [
        (json!({ "channels": {} }), "channels", "empty"),
        (
            json!({ "channels": { "fax": true } }),
            "channels.fax",
            "unknown_channel",
        ),
        (
            json!({ "channels": { "email": false, "fax": true } }),
            "channels.fax",
            "unknown_channel",
        ),
    ] {
        let answer = ask(&world.api, "PATCH", &receiver, &[], Some(&body)).await;
        assert_fault(&answer, field, code, &body.to_string());
    }
    assert_eq!(everything(&world.api).await, before);
    for on in [false, false, true, true, false] {
        let body = json!({ "channels": { "sms": on } });
        let answer = ask(&world.api, "PATCH", &receiver, &[], Some(&body)).await;
        assert_eq!(answer.body["channels"]["sms"]["on"], on, "{}", answer.body);
        assert_eq!(answer.body["channels"]["email"]["on"], true);
    }
    let removed = ask(&world.api, "DELETE", &receiver, &[], None).await;
    assert_eq!(
        (removed.status.as_u16(), &removed.body),
        (204, &Value::Null)
    );
    assert_problem(
        &ask(&world.api, "DELETE", &receiver, &[], None).await,
        404,
        "not-found",
        "twice",
    );
    assert_eq!(people(&world.api, &path).await.len(), 1);
    // Removing the receiver frees the number.
    let body = json!({ "receivers": [{ "email": world.address(3), "mobile": mobile }] });
    let added = post(&world, &format!("{path}/receivers"), &body).await;
    assert_eq!(added.number("/added"), 1, "{}", added.body);
    let carol = with_email(&people(&world.api, &path).await, &world.address(3));
    assert_eq!(carol["channels"]["sms"]["on"], true, "{carol}");
}

async fn publish(world: &World, path: &str) -> Answer {
    post(world, &format!("{path}/publish"), &json!({})).await
}

#[tokio::test]
async fn a_channel_is_switched_for_everybody_by_a_job() {
    let world = World::new().await;
    let path = draft(&world).await;
    let receivers: Vec<Value> = (0..30)
        .map(|number| {
            json!({ "email": world.address(number), "mobile": format!("+4474143101{number:02}") })
        })
        .collect();
    post(
        &world,
        &format!("{path}/receivers"),
        &json!({ "receivers": receivers }),
    )
    .await;
    let switch = format!("{path}/receivers/switch");
    let body = json!({ "channel": "fax", "on": true });
    let answer = post(&world, &switch, &body).await;
    assert_fault(&answer, "channel", "unknown_channel", "fax");
    let sms_is_on = async || {
        let listed = people(&world.api, &path).await;
        let mut on = listed
            .iter()
            .map(|it| it["channels"]["sms"]["on"].as_bool());
        let first = on.next().unwrap().unwrap();
        assert!(on.all(|it| it == Some(first)), "{listed:?}");
        first
    };
    for on in [false, true, false] {
        let body = json!({ "channel": "sms", "on": on });
        let started = post(&world, &switch, &body).await;
        assert_eq!(started.status, 202, "{}", started.body);
        assert_eq!(started.text("/kind"), "switch");
        let job = format!("/v1/jobs/{}", started.text("/id"));
        let done = eventually("the job is done", async || {
            let job = world.api.get(&job).await.unwrap();
            (job.text("/status") == "done").then_some(job.body)
        })
        .await;
        assert_eq!(
            done["progress"],
            json!({ "done": 30, "total": 30 }),
            "{done}"
        );
        assert_eq!(sms_is_on().await, on);
        let shown = world.api.get(&path).await.unwrap();
        assert_eq!(shown.body["loading"], false, "the draft is let go");
    }
}

/// While a job switches everybody, nobody publishes, and no other job does the same; canceling it ends that.
#[tokio::test]
async fn a_draft_is_held_by_the_job_that_switches_everybody() {
    let world = World::new().await;
    let path = draft(&world).await;
    let id = path.rsplit('/').next().unwrap();
    let body = json!({ "receivers": [{ "email": world.address(1), "mobile": "+447414310123" }] });
    post(&world, &format!("{path}/receivers"), &body).await;
    // A job whose message was lost.
    let campaign = id.parse().unwrap();
    let task = world
        .job(Work::Switch {
            campaign: id.parse().unwrap(),
            channel: Channel::Sms,
            on: false,
            many: false,
        })
        .await;
    let task: JobTask = serde_json::from_str(&task).unwrap();
    let hold = Hold::of_job(&task.job, Timestamp::now() + HELD_BY_JOB);
    world
        .store
        .begin_loading(&world.context, &campaign, &hold)
        .await
        .unwrap();
    let switch = format!("{path}/receivers/switch");
    let body = json!({ "channel": "sms", "on": true });
    assert_problem(
        &post(&world, &switch, &body).await,
        409,
        "loading",
        "a second job",
    );
    assert_problem(&publish(&world, &path).await, 409, "loading", "publishing");
    let cancel = format!("/v1/jobs/{}/cancel", task.job);
    let canceled = ask(&world.api, "POST", &cancel, &[], None).await;
    assert_eq!(canceled.text("/status"), "canceled");
    let shown = world.api.get(&path).await.unwrap();
    assert_eq!(shown.body["loading"], false, "{}", shown.body);
    let started = post(&world, &switch, &body).await;
    assert_eq!(started.status, 202, "{}", started.body);
    let job = format!("/v1/jobs/{}", started.text("/id"));
    eventually("the job is done", async || {
        let job = world.api.get(&job).await.unwrap();
        (job.text("/status") == "done").then_some(())
    })
    .await;
    let published = publish(&world, &path).await;
    assert_eq!(published.status, 202, "{}", published.body);
    assert_problem(
        &post(&world, &switch, &body).await,
        409,
        "not-a-draft",
        "published",
    );
}

#[tokio::test]
async fn receivers_are_searched_and_counted_in_a_draft() {
    let world = World::new().await;
    let path = draft(&world).await;
    let body = json!({ "receivers": [
        { "first_name": "Ann", "last_name": "Lee", "email": world.address(1), "mobile": "+447414310123" },
        { "first_name": "Léa", "email": world.address(2) },
        { "first_name": "Ben", "email": world.address(3) },
    ] });
    post(&world, &format!("{path}/receivers"), &body).await;
    let found = async |search: &str| {
        let listed = format!("{path}/receivers?search={search}");
        let people = world.api.all(&listed, "/receivers").await.unwrap();
        let mut names: Vec<String> = people
            .iter()
            .map(|person| person["first_name"].as_str().unwrap().to_owned())
            .collect();
        names.sort();
        names.join(" ")
    };
    for (search, expected) in [
        ("ann", "Ann"),
        ("LEE", "Ann"),
        ("l%C3%89", "Léa"),
        ("+4474", "Ann"),
        ("%2B44%207414", "Ann"),
        ("ann%20lee", "Ann"),
        ("ben%20lee", ""),
        (&world.address(3), "Ben"),
    ] {
        assert_eq!(found(search).await, expected, "{search}");
    }
    let long = "a".repeat(101);
    for search in ["", "%20", long.as_str()] {
        let listed = format!("{path}/receivers?search={search}");
        let answer = ask(&world.api, "GET", &listed, &[], None).await;
        assert_fault(&answer, "search", "invalid_search", search);
    }
    let counted = async |expected: u64| {
        eventually("the receivers are counted", async || {
            let shown = world.api.get(&path).await.unwrap();
            (shown.number("/totals/receivers") == expected).then_some(())
        })
        .await;
    };
    counted(3).await;
    let ann = with_email(&people(&world.api, &path).await, &world.address(1));
    let receiver = format!("{path}/receivers/{}", ann["id"].as_str().unwrap());
    ask(&world.api, "DELETE", &receiver, &[], None).await;
    counted(2).await;
}

#[tokio::test]
async fn adding_a_receiver_again_manually_corrects_it() {
    let world = World::new().await;
    let path = draft(&world).await;
    let add = async |person: Value| {
        let body = json!({ "receivers": [person] });
        let answer = post(&world, &format!("{path}/receivers"), &body).await;
        let status = answer.body["receivers"][0]["status"].as_str();
        status
            .unwrap_or_else(|| panic!("{}", answer.body))
            .to_owned()
    };
    let wrong = json!({ "email": world.address(0), "first_name": "An", "variables": { "plan": "basic", "seats": 2 } });
    assert_eq!(add(wrong.clone()).await, "added");
    assert_eq!(add(wrong).await, "added", "the same call again");
    let right = json!({ "email": world.address(0), "first_name": "Ann", "last_name": "Lee", "variables": { "plan": "plus" } });
    assert_eq!(add(right.clone()).await, "corrected");
    assert_eq!(add(right).await, "added", "no change");
    assert_eq!(add(json!({ "email": world.address(0) })).await, "added");
    let people = people(&world.api, &path).await;
    let ann = with_email(&people, &world.address(0));
    assert_eq!(
        (&ann["first_name"], &ann["last_name"], &ann["variables"]),
        (
            &json!("Ann"),
            &json!("Lee"),
            &json!({ "plan": "plus", "seats": 2 })
        )
    );
    let other = json!({ "email": world.address(0), "mobile": "+447414310000", "first_name": "Bo" });
    assert_eq!(
        add(other).await,
        "duplicate",
        "another receiver may have the address too"
    );
}
