use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use serde_json::json;

use crate::support::World;

#[tokio::test]
async fn a_schedule_in_local_time_is_honoured() {
    let world = World::new().await;
    let campaign = world.campaign_of_priority(&["email"], "high").await;
    world.add_people(&campaign, 0..5).await;
    let zone = "Asia/Kathmandu";
    let asked_for = Timestamp::now() + SignedDuration::from_secs(63);
    let local = asked_for
        .to_zoned_datetime(TimeZone::get(zone).unwrap())
        .datetime();
    let path = format!("/v1/campaigns/{campaign}");
    let body = json!({ "local_time": local.to_string(), "time_zone": zone });
    let scheduled = world
        .api
        .post(&format!("{path}/schedule"), &body)
        .await
        .unwrap();
    assert_eq!(scheduled.text("/status"), "scheduled", "{}", scheduled.body);
    let early = world.api.get(&path).await.unwrap();
    assert!(early.body["published_at"].is_null() && world.calls().is_empty());

    let completed = world.completed(&campaign).await;
    let published: Timestamp = completed["published_at"].as_str().unwrap().parse().unwrap();
    let late = published.duration_since(asked_for);
    assert!(late >= SignedDuration::ZERO, "{late} early");
    // The local scheduler checks every ten seconds.
    assert!(late < SignedDuration::from_secs(20), "{late} late");
    assert!(world.settled_audit(&campaign).await.is_clean());
}

#[tokio::test]
async fn a_canceled_schedule_releases_nothing() {
    let world = World::new().await;
    let campaign = world.campaign_of_priority(&["email"], "high").await;
    world.add_people(&campaign, 0..2).await;
    let path = format!("/v1/campaigns/{campaign}");
    let at = Timestamp::now() + SignedDuration::from_secs(62);
    world
        .api
        .post(
            &format!("{path}/schedule"),
            &json!({ "at": at.to_string() }),
        )
        .await
        .unwrap();
    let draft = world
        .api
        .post(&format!("{path}/unschedule"), &json!({}))
        .await
        .unwrap();
    assert_eq!(draft.text("/status"), "draft", "{}", draft.body);
    tokio::time::sleep(std::time::Duration::from_secs(80)).await;
    let shown = world.api.get(&path).await.unwrap();
    assert_eq!(shown.text("/status"), "draft");
    assert!(world.calls().is_empty());
}
