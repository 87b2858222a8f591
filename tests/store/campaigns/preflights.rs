use std::time::{Duration, SystemTime};

use carillon_domain::{access::Context, campaigns::preflight::View, channel::Channel};
use carillon_preflight::{Progress, advance};
use carillon_store::Preflight;
use jiff::Timestamp;

use crate::{
    store::{content, draft, person},
    support::World,
};

pub(crate) fn begun(run: &str) -> Preflight {
    let now = Timestamp::now();
    Preflight {
        run: run.to_owned(),
        campaign_version: 1,
        basis: String::new(),
        started_at: now,
        updated_at: now,
        finished_at: None,
        steps: 0,
        cursor: None,
        view: View::default(),
    }
}

/// A preflight stopped after every page sees every receiver once; a stale run changes nothing.
#[tokio::test]
async fn a_preflight_resumes_at_its_cursor_and_only_once() {
    let world = World::new().await;
    let campaign = draft(&world).await;
    let people: Vec<_> = (0..1_200)
        .map(|number| person(&format!("p{number}@{}", world.domain), ""))
        .collect();
    let now = Timestamp::now();
    world
        .store
        .add_receivers(&Context::system(&campaign.tenant, now), &campaign, &people)
        .await
        .unwrap();
    let first = begun("first");
    let store = &world.store;
    store
        .begin_preflight(&world.context, &campaign, &first, &content())
        .await
        .unwrap();
    let soon = || SystemTime::now() + Duration::from_millis(1);
    let mut steps = 0;
    let mut last = first.clone();
    while last.finished_at.is_none() {
        let Progress::Seen(seen) = advance(store, &campaign, last, soon()).await.unwrap() else {
            panic!("nobody else continues it");
        };
        let kept = store.preflight(&world.context, &campaign.id).await.unwrap();
        assert_eq!(kept.as_ref(), Some(&*seen));
        (last, steps) = (*seen, steps + 1);
    }
    assert!(steps > 1, "{steps}");
    assert_eq!(
        (
            last.view.receivers,
            last.view.channels[&Channel::Email].receivers
        ),
        (1_200, 1_200)
    );

    let second = begun("second");
    store
        .begin_preflight(&world.context, &campaign, &second, &content())
        .await
        .unwrap();
    let overtaken = advance(store, &campaign, first, soon()).await.unwrap();
    assert_eq!(overtaken, Progress::Overtaken);
    let far = SystemTime::now() + Duration::from_mins(1);
    let racing = (0..2).map(|_| advance(store, &campaign, second.clone(), far));
    let came: Vec<Progress> = futures::future::join_all(racing)
        .await
        .into_iter()
        .map(Result::unwrap)
        .collect();
    let seen = came
        .iter()
        .filter(|progress| matches!(progress, Progress::Seen(_)))
        .count();
    assert_eq!(seen, 1, "{came:?}");
    let kept = store
        .preflight(&world.context, &campaign.id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!((kept.run.as_str(), kept.view.receivers), ("second", 1_200));
}
