use carillon_domain::{campaigns::MISSED_SCHEDULE, reason::Reason};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use serde_json::{Value, json};

use crate::{
    api::answers::{ask, assert_fault, assert_problem, everything, post},
    support::World,
};

async fn draft(world: &World) -> String {
    let campaign = world.campaign(&["email"]).await;
    world.add_people(&campaign, 0..2).await;
    format!("/v1/campaigns/{campaign}")
}

fn ahead(seconds: i64) -> Value {
    let at = Timestamp::now() + SignedDuration::from_secs(seconds);
    json!({ "at": at.to_string() })
}

#[tokio::test]
async fn an_impossible_time_is_rejected() {
    let world = World::new().await;
    let path = draft(&world).await;
    let before = everything(&world.api).await;
    let local = |time: &str, zone: &str| json!({ "local_time": time, "time_zone": zone });
    for (body, code) in [
        (ahead(-1), "too_soon"),
        (ahead(0), "too_soon"),
        (ahead(55), "too_soon"),
        (json!({ "at": "2020-02-29T00:00:00Z" }), "too_soon"),
        (local("2020-01-01T09:00", "Europe/Athens"), "too_soon"),
        (json!({ "at": "2099-01-01T00:00:00Z" }), "too_far"),
        (local("2028-01-01T09:00", "Mars/Olympus"), "unknown_zone"),
        (local("2028-01-01T09:00", ""), "unknown_zone"),
        (local("2028-01-01T09:00", "../etc/passwd"), "unknown_zone"),
        // On 26 March 2028 clocks in Athens go from 3:00 to 4:00.
        (local("2028-03-26T03:30", "Europe/Athens"), "skipped_time"),
    ] {
        let case = format!("{body} {code}");
        let answer = post(&world, &format!("{path}/schedule"), &body).await;
        assert_problem(&answer, 422, "invalid-schedule", &case);
        assert_eq!(answer.text("/code"), code, "{case}");
    }
    for (body, field, code) in [
        (json!({}), "at", "missing"),
        (json!({ "at": "tomorrow" }), "at", "invalid_time"),
        (json!({ "at": "2028-01-01T09:00" }), "at", "invalid_time"),
        (
            json!({ "at": "2028-02-30T09:00:00Z" }),
            "at",
            "invalid_time",
        ),
        (
            json!({ "local_time": "2028-01-01T09:00" }),
            "time_zone",
            "missing",
        ),
        (
            json!({ "time_zone": "Europe/Athens" }),
            "local_time",
            "missing",
        ),
        (
            local("9 o'clock", "Europe/Athens"),
            "local_time",
            "invalid_time",
        ),
        (
            local("2028-01-01T09:00Z", "Europe/Athens"),
            "local_time",
            "invalid_time",
        ),
        (
            json!({ "at": "2028-01-01T09:00:00Z", "local_time": "2028-01-01T09:00", "time_zone": "UTC" }),
            "at",
            "ambiguous",
        ),
        (
            json!({ "at": "2028-01-01T09:00:00Z", "time_zone": "Europe/Athens" }),
            "at",
            "ambiguous",
        ),
    ] {
        let case = format!("{body} {code}");
        let answer = post(&world, &format!("{path}/schedule"), &body).await;
        assert_fault(&answer, field, code, &case);
    }
    assert_eq!(everything(&world.api).await, before);
}

#[tokio::test]
async fn a_local_time_is_kept_with_its_zone() {
    let world = World::new().await;
    let path = draft(&world).await;
    let moment = Timestamp::from_second(Timestamp::now().as_second() + 7 * 24 * 3_600).unwrap();
    // Zones without daylight saving time; clock changes are covered by unit tests.
    for (zone, minutes) in [
        ("UTC", 0),
        ("Asia/Kathmandu", 5 * 60 + 45),
        ("America/Bogota", -5 * 60),
        ("Pacific/Kiritimati", 14 * 60),
    ] {
        let clock = moment + SignedDuration::from_mins(minutes);
        let time = clock
            .to_zoned_datetime(TimeZone::UTC)
            .datetime()
            .to_string();
        let body = json!({ "local_time": time, "time_zone": zone });
        let scheduled = post(&world, &format!("{path}/schedule"), &body).await;
        assert_eq!(scheduled.text("/status"), "scheduled", "{}", scheduled.body);
        assert_eq!(
            scheduled.text("/scheduled_for"),
            moment.to_string(),
            "{zone}"
        );
        assert_eq!(scheduled.text("/schedule/local_time"), time);
        assert_eq!(scheduled.text("/schedule/time_zone"), zone);
        let draft = post(&world, &format!("{path}/unschedule"), &json!({})).await;
        assert_eq!(draft.text("/status"), "draft");
        assert_eq!(draft.body.get("schedule"), None);
    }
}

#[tokio::test]
async fn a_scheduled_campaign_is_frozen_until_it_is_unscheduled() {
    let world = World::new().await;
    let path = draft(&world).await;
    let receiver = crate::api::answers::people(&world.api, &path).await[0]["id"].clone();
    let receiver = format!("{path}/receivers/{}", receiver.as_str().unwrap());
    let scheduled = post(&world, &format!("{path}/schedule"), &ahead(3_600)).await;
    assert_eq!(scheduled.text("/status"), "scheduled", "{}", scheduled.body);
    let before = everything(&world.api).await;
    let tag = scheduled.entity_tag().unwrap();
    let name = json!({ "name": "Summer" });
    let one = json!({ "receivers": [{ "email": world.address(9) }] });
    let off = json!({ "channels": { "email": false } });
    for (method, path, body) in [
        ("PATCH", path.clone(), Some(&name)),
        ("DELETE", path.clone(), None),
        ("POST", format!("{path}/publish"), None),
        ("POST", format!("{path}/receivers"), Some(&one)),
        ("PATCH", receiver.clone(), Some(&off)),
        ("DELETE", receiver, None),
    ] {
        let answer = ask(&world.api, method, &path, &[("if-match", tag)], body).await;
        let case = format!("{method} {path}");
        assert_problem(&answer, 409, "not-a-draft", &case);
        assert_eq!(answer.text("/campaign_status"), "scheduled", "{case}");
    }
    assert_eq!(everything(&world.api).await, before);
    assert!(world.calls().is_empty());

    let unschedule = format!("{path}/unschedule");
    let draft = post(&world, &unschedule, &json!({})).await;
    assert_eq!(
        (draft.status.as_u16(), draft.text("/status")),
        (200, "draft")
    );
    let again = post(&world, &unschedule, &json!({})).await;
    assert_problem(&again, 409, "not-scheduled", "unscheduled twice");
    assert_eq!(again.text("/campaign_status"), "draft");
    // The draft can be scheduled again.
    let scheduled = post(&world, &format!("{path}/schedule"), &ahead(3_600)).await;
    assert_eq!(scheduled.text("/status"), "scheduled", "{}", scheduled.body);
    let draft = post(&world, &unschedule, &json!({})).await;
    assert_eq!(draft.text("/status"), "draft");
}

#[tokio::test]
async fn a_schedule_is_moved_and_every_change_is_recorded() {
    let world = World::new().await;
    let path = draft(&world).await;
    let schedule = format!("{path}/schedule");
    let first = post(&world, &schedule, &ahead(3_600)).await;
    assert_eq!(first.text("/status"), "scheduled", "{}", first.body);
    let old = [("if-match", "\"1\"")];
    let stale = ask(&world.api, "POST", &schedule, &old, Some(&ahead(7_200))).await;
    assert_problem(&stale, 412, "stale-version", "another version");
    let tag = first.entity_tag().unwrap();
    let own = [("if-match", tag)];
    let moved = ask(&world.api, "POST", &schedule, &own, Some(&ahead(7_200))).await;
    assert_eq!(moved.status, 200, "{}", moved.body);
    assert_eq!(moved.text("/status"), "scheduled");
    let (was, now) = (first.text("/scheduled_for"), moved.text("/scheduled_for"));
    assert!(was < now, "{was} {now}");
    let too_soon = post(&world, &schedule, &ahead(5)).await;
    assert_problem(&too_soon, 422, "invalid-schedule", "moved to now");
    let draft = post(&world, &format!("{path}/unschedule"), &json!({})).await;
    let changes = draft.list("/schedule_changes");
    let [move_of, back] = changes else {
        panic!("{}", draft.body);
    };
    assert_eq!(
        (&move_of["was"], &move_of["moved_to"]),
        (&json!(was), &json!(now))
    );
    assert_eq!(
        (&back["was"], &back["moved_to"]),
        (&json!(now), &json!(null))
    );
    assert_eq!(move_of["by"], back["by"]);
    assert!(back["by"].is_string() && back["at"].is_string(), "{back}");
}

#[tokio::test]
async fn a_published_campaign_cannot_be_unscheduled() {
    let world = World::new().await;
    let path = draft(&world).await;
    world.publish(path.rsplit('/').next().unwrap()).await;
    let answer = post(&world, &format!("{path}/unschedule"), &json!({})).await;
    assert_problem(&answer, 409, "not-scheduled", "published");
    assert_ne!(answer.text("/campaign_status"), "draft");
}

#[tokio::test]
async fn a_campaign_past_its_time_is_sent_late_or_unscheduled_manually() {
    let world = World::new().await;
    let path = draft(&world).await;
    let publish = format!("{path}/publish");
    let miss = async |code: &str| {
        let scheduled = post(&world, &format!("{path}/schedule"), &ahead(3_600)).await;
        assert_eq!(scheduled.text("/status"), "scheduled", "{}", scheduled.body);
        assert_eq!(scheduled.body["stalled"], json!([]));
        let reason = Reason::new(code, "A reason.");
        let id = scheduled.text("/id").parse().unwrap();
        world
            .store
            .set_stalled(&world.context, &id, &reason)
            .await
            .unwrap();
        let shown = world.api.get(&path).await.unwrap();
        let expected = json!([{ "code": code, "text": "A reason." }]);
        assert_eq!(shown.body["stalled"], expected);
    };
    miss("no_transport").await;
    let refused = post(&world, &publish, &json!({})).await;
    assert_problem(&refused, 409, "not-a-draft", "its time will come");
    post(&world, &format!("{path}/unschedule"), &json!({})).await;

    miss(MISSED_SCHEDULE).await;
    let draft = post(&world, &format!("{path}/unschedule"), &json!({})).await;
    assert_eq!(
        (draft.text("/status"), &draft.body["stalled"]),
        ("draft", &json!([]))
    );
    miss(MISSED_SCHEDULE).await;
    let published = post(&world, &publish, &json!({})).await;
    assert_eq!(published.status, 202, "{}", published.body);
    assert_eq!(published.body["stalled"], json!([]));
    let again = post(&world, &publish, &json!({})).await;
    assert_problem(&again, 409, "not-a-draft", "published twice");
    world.completed(published.text("/id")).await;
    let audit = world.settled_audit(published.text("/id")).await;
    assert!(audit.is_clean(), "{audit:?}");
    assert_eq!(world.calls().len(), 2);
}
