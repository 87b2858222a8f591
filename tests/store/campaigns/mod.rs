pub(crate) mod preflights;

use carillon_domain::{
    access::Context,
    campaigns::{Hold, Status, schedule::Schedule},
};
use carillon_store::{
    CampaignChange, CampaignFilter, Changed, Created, Page, PageRequest, Published, Released,
    Unscheduled,
};
use jiff::{SignedDuration, Timestamp};

use super::{content, draft};
use crate::support::World;

#[tokio::test]
async fn creating_a_campaign_twice_creates_one() {
    let world = World::new().await;
    let campaign = draft(&world).await;
    let again = world
        .store
        .create_campaign(&world.context, &campaign, &content())
        .await
        .unwrap();
    assert_eq!(again, Created::Existing(Box::new(campaign.clone())));
    let (filter, page) = (CampaignFilter::default(), PageRequest::first(10));
    let listed = world.store.campaigns(&world.context, &filter, &page).await;
    let expected = Page {
        items: vec![campaign],
        next: None,
    };
    assert_eq!(listed.unwrap(), expected);
}

#[tokio::test]
async fn one_of_two_changes_to_one_version_wins() {
    let world = World::new().await;
    let campaign = draft(&world).await;
    let change = |name: &str| {
        let change = CampaignChange {
            name: Some(name.to_owned()),
            ..CampaignChange::default()
        };
        world
            .store
            .change_campaign(&world.context, &campaign.id, 1, change)
    };
    let results = futures::future::join_all(
        (0..8).map(|number| change(if number % 2 == 0 { "even" } else { "odd" })),
    )
    .await;
    let won = results
        .iter()
        .filter(|result| matches!(result, Ok(Changed::Done(_))))
        .count();
    assert_eq!(won, 1, "{results:?}");
    let now = world
        .store
        .campaign(&world.context, &campaign.id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(now.version, 2);
}

#[tokio::test]
async fn publishing_twice_publishes_once() {
    let world = World::new().await;
    let campaign = draft(&world).await;
    let said = content();
    let results = futures::future::join_all(
        (0..4).map(|_| world.store.publish(&world.context, &campaign, Some(&said))),
    )
    .await;
    let won = results
        .iter()
        .filter(|result| matches!(result, Ok(Published::Done(_))))
        .count();
    assert_eq!(won, 1, "{results:?}");
    let now = world
        .store
        .campaign(&world.context, &campaign.id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (now.status, now.version, now.generation),
        (Status::Published, 2, 1)
    );
}

#[tokio::test]
async fn publishing_is_blocked_while_receivers_are_added() {
    let world = World::new().await;
    let campaign = draft(&world).await;
    let hold = |token: &str| Hold {
        until: Timestamp::now() + SignedDuration::from_secs(30),
        token: token.to_owned(),
    };
    let (first, second) = (hold("first"), hold("second"));
    for hold in [&first, &second] {
        world
            .store
            .begin_loading(&world.context, &campaign.id, hold)
            .await
            .unwrap();
    }
    world
        .store
        .end_loading(&world.context, &campaign.id, &second)
        .await
        .unwrap();
    // The caller read the campaign before loading began.
    let result = world
        .store
        .publish(&world.context, &campaign, Some(&content()))
        .await
        .unwrap();
    assert!(matches!(result, Published::Refused(Some(_))), "{result:?}");
    for _ in 0..2 {
        world
            .store
            .end_loading(&world.context, &campaign.id, &first)
            .await
            .unwrap();
    }
    let result = world
        .store
        .publish(&world.context, &campaign, Some(&content()))
        .await
        .unwrap();
    assert!(matches!(result, Published::Done(_)), "{result:?}");
}

#[tokio::test]
async fn a_hold_left_by_a_crash_lapses() {
    let world = World::new().await;
    let campaign = draft(&world).await;
    let hold = Hold {
        until: Timestamp::now() - SignedDuration::from_secs(1),
        token: "crashed".to_owned(),
    };
    world
        .store
        .begin_loading(&world.context, &campaign.id, &hold)
        .await
        .unwrap();
    let held = world
        .store
        .campaign(&world.context, &campaign.id)
        .await
        .unwrap()
        .unwrap();
    assert!(!held.is_loading(Timestamp::now()));
    let result = world
        .store
        .publish(
            &Context::system(&held.tenant, Timestamp::now()),
            &held,
            Some(&content()),
        )
        .await
        .unwrap();
    assert!(matches!(result, Published::Done(_)), "{result:?}");
}

#[tokio::test]
async fn a_release_is_bound_to_its_schedule_and_may_repeat() {
    let world = World::new().await;
    let campaign = draft(&world).await;
    let now = Timestamp::now();
    let at = |version| Schedule {
        at: now + SignedDuration::from_secs(70),
        local_time: None,
        time_zone: None,
        by: Some("operator".to_owned()),
        version,
    };
    world
        .store
        .schedule(
            &Context::system(&campaign.tenant, now),
            &campaign,
            &content(),
            at(2),
        )
        .await
        .unwrap();
    let context = world.context.at(now);
    let release = |version| world.store.release(&context, &campaign.id, version);
    assert_eq!(release(7).await.unwrap(), Released::Outdated);

    let unscheduled = world
        .store
        .unschedule(
            &Context::system(&world.tenant, now),
            &campaign.id,
            "operator",
        )
        .await
        .unwrap();
    let Unscheduled::Done(unscheduled, _) = unscheduled else {
        panic!("{unscheduled:?}");
    };
    let [change] = &unscheduled.schedule_changes[..] else {
        panic!("{unscheduled:?}");
    };
    assert_eq!(
        (change.was, change.moved_to, change.by.as_str(), change.at),
        (at(2).at, None, "operator", now)
    );
    assert_eq!(
        release(2).await.unwrap(),
        Released::Outdated,
        "the schedule was canceled"
    );

    let draft = world
        .store
        .campaign(&world.context, &campaign.id)
        .await
        .unwrap()
        .unwrap();
    world
        .store
        .schedule(
            &Context::system(&draft.tenant, now),
            &draft,
            &content(),
            at(4),
        )
        .await
        .unwrap();
    let mut seen = Vec::new();
    for _ in 0..3 {
        match release(4).await.unwrap() {
            Released::Published(campaign) => seen.push((campaign.version, campaign.generation)),
            Released::Outdated => panic!("the schedule is the current one"),
        }
    }
    assert_eq!(seen, [(5, 1); 3]);
}
