//! Functions are killed before and after each of their calls to AWS, one after the other, and the
//! message is delivered again: no receiver is lost, none gets it twice, nothing is counted twice.

use carillon_domain::operations::job::Work;
use std::{collections::BTreeSet, time::Duration};

use carillon_domain::{
    access::Context,
    campaigns::{Campaign, Status, schedule::Schedule},
    channel::Channel,
    delivery::{State, task::FanoutTask},
    id::CampaignId,
};
use carillon_store::{FanoutProgress, PageRequest, Preflight, ProgressCheck};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::{
    store::{campaigns::preflights::begun, content, person, with_status},
    support::{
        World, eventually,
        function::{Ended, Function, Setup, batch},
        proxy::{Kill, Proxy},
    },
};

/// Invokes a function that is killed at a call, then one that is not. Returns whether the kill happened.
pub(in crate::flow) async fn kill_and_repeat(
    world: &World,
    name: &str,
    event: &Value,
    kill: Kill,
) -> bool {
    let endpoint = world.stack.details().endpoint();
    let deadly = Proxy::start(&endpoint, kill).await;
    let ended = Function::behind(&deadly, name, world, &[])
        .await
        .invoke(event)
        .await;
    if ended != Ended::Died {
        return false;
    }
    let harmless = Proxy::start(&endpoint, Kill::Never).await;
    let again = Function::behind(&harmless, name, world, &[])
        .await
        .invoke(event)
        .await;
    assert!(matches!(again, Ended::Answered(_)), "{again:?}");
    true
}

/// Every boundary: before and after the first call, the second, and so on.
pub(in crate::flow) fn boundaries() -> impl Iterator<Item = [Kill; 2]> {
    (1..).map(|call| [Kill::BeforeCall(call), Kill::AfterCall(call)])
}

#[tokio::test]
async fn an_import_killed_at_any_call_loads_everyone_once() {
    let world = World::new().await;
    let mut kills = 0;
    'all: for pair in boundaries() {
        for kill in pair {
            let campaign = world.campaign(&["email", "sms"]).await;
            let mut file = "email,mobile\n".to_owned();
            for number in 0..20 {
                file.push_str(&format!(
                    "{},+4474143100{number:02}\n",
                    world.address(number)
                ));
            }
            // A repeated receiver, a taken address and two invalid addresses.
            file.push_str(&format!(
                "{},\n{},+447414310003\nnobody,\n,12\n",
                world.address(1),
                world.address(99)
            ));
            let import = world.queued_import(&campaign, file.into_bytes()).await;
            let struck = kill_and_repeat(
                &world,
                "jobs",
                &batch("jobs", &[world.import_job(&import).await]),
                kill.clone(),
            )
            .await;

            let shown = world.imported(&import).await;
            let counts = ["rows_added", "rows_duplicate", "rows_refused"]
                .map(|name| shown[name].as_u64().unwrap());
            assert_eq!(counts, [21, 1, 2], "{kill:?}: {shown}");
            let stored = world
                .store
                .campaign(&world.context, &campaign.parse().unwrap())
                .await
                .unwrap()
                .unwrap();
            assert_eq!(
                stored.imports,
                BTreeSet::new(),
                "{kill:?}: the campaign is let go"
            );
            let receivers = world
                .store
                .receivers(&stored, &PageRequest::first(1_000))
                .await
                .unwrap()
                .items;
            let reached = |channel| {
                receivers
                    .iter()
                    .filter(|row| row.receiver.reach(channel).skip_reason().is_none())
                    .count()
            };
            assert_eq!(
                (
                    receivers.len(),
                    reached(Channel::Email),
                    reached(Channel::Sms)
                ),
                (21, 21, 20),
                "{kill:?}"
            );
            if !struck {
                break 'all;
            }
            kills += 1;
        }
    }
    assert!(kills >= 16, "only {kills} boundaries");
}

#[tokio::test]
async fn a_switch_killed_at_any_call_switches_everyone_and_lets_the_draft_go() {
    let world = World::new().await;
    let mut kills = 0;
    'all: for pair in boundaries() {
        for kill in pair {
            let campaign = small(&world, Status::Draft, 0..8).await;
            let body = world
                .job(Work::Switch {
                    campaign: campaign.id.clone(),
                    channel: Channel::Email,
                    on: false,
                    many: false,
                })
                .await;
            let event = batch("jobs", &[body]);
            let struck = kill_and_repeat(&world, "jobs", &event, kill.clone()).await;
            let stored = world
                .store
                .campaign(&world.context, &campaign.id)
                .await
                .unwrap()
                .unwrap();
            assert_eq!(
                stored.holds,
                BTreeSet::new(),
                "{kill:?}: the draft is let go"
            );
            let page = PageRequest::first(1_000);
            let receivers = world.store.receivers(&stored, &page).await.unwrap().items;
            assert_eq!(receivers.len(), 8, "{kill:?}");
            let is_off = |row: &carillon_store::ReceiverRow| {
                row.receiver.reach(Channel::Email).skip_reason() == Some("switched_off")
            };
            assert!(receivers.iter().all(is_off), "{kill:?}");
            if !struck {
                break 'all;
            }
            kills += 1;
        }
    }
    assert!(kills >= 12, "only {kills} boundaries");
}

/// A campaign with one shard, fanned out by one task.
async fn small(world: &World, status: Status, people: std::ops::Range<usize>) -> Campaign {
    let mut campaign = with_status(world, status);
    campaign.shards = 1;
    campaign.priority = carillon_domain::channel::Priority::High;
    if status == Status::Scheduled {
        let at = Timestamp::now() - SignedDuration::from_secs(1);
        campaign.schedule = Some(Schedule {
            at,
            local_time: None,
            time_zone: None,
            by: None,
            version: 1,
        });
    }
    world
        .store
        .create_campaign(&world.context, &campaign, &content())
        .await
        .unwrap();
    let people: Vec<_> = people
        .map(|number| person(&world.address(number), ""))
        .collect();
    world
        .store
        .add_receivers(&world.context, &campaign, &people)
        .await
        .unwrap();
    campaign
}

#[tokio::test]
async fn a_fan_out_killed_at_any_call_reaches_everyone_once() {
    let world = World::new().await;
    let mut campaigns = Vec::new();
    'all: for pair in boundaries() {
        for kill in pair {
            let first = campaigns.len() * 12;
            let campaign = small(&world, Status::Published, first..first + 12).await;
            let task = FanoutTask {
                tenant: world.tenant.clone(),
                campaign: campaign.id.clone(),
                generation: 1,
                shard: 0,
            };
            let event = batch("fanout", &[serde_json::to_string(&task).unwrap()]);
            let struck = kill_and_repeat(&world, "fanout", &event, kill).await;
            campaigns.push(campaign.id);
            if !struck {
                break 'all;
            }
        }
    }
    assert!(campaigns.len() >= 14, "only {} boundaries", campaigns.len());
    for campaign in &campaigns {
        world.completed(campaign.as_str()).await;
        let counters = world.store.counters(&world.tenant, campaign).await.unwrap();
        assert_eq!(counters.deliveries(Channel::Email, State::Sent), 12);
    }
    let mut called: Vec<String> = world
        .calls()
        .into_iter()
        .flat_map(|call| call.recipients)
        .collect();
    called.sort();
    called.dedup();
    assert_eq!(
        (called.len(), world.calls().len()),
        (campaigns.len() * 12, campaigns.len() * 12)
    );
}

#[tokio::test]
async fn a_release_killed_at_any_call_and_repeated_reaches_everyone_once() {
    let world = World::new().await;
    let mut campaigns = Vec::new();
    'all: for pair in boundaries() {
        for kill in pair {
            let first = campaigns.len() * 3;
            let campaign = small(&world, Status::Scheduled, first..first + 3).await;
            let event = json!({ "kind": "release", "tenant": world.tenant, "campaign": campaign.id, "version": 1 });
            let struck = kill_and_repeat(&world, "release", &event, kill).await;
            let harmless = Proxy::start(&world.stack.details().endpoint(), Kill::Never).await;
            let third = Function::behind(&harmless, "release", &world, &[])
                .await
                .invoke(&event)
                .await;
            assert!(matches!(third, Ended::Answered(_)), "{third:?}");
            campaigns.push(campaign.id);
            if !struck {
                break 'all;
            }
        }
    }
    assert!(campaigns.len() >= 8, "only {} boundaries", campaigns.len());
    for campaign in &campaigns {
        world.completed(campaign.as_str()).await;
    }
    assert_eq!(world.calls().len(), campaigns.len() * 3);
}

#[tokio::test]
async fn a_tally_killed_at_any_call_counts_everything_once() {
    let world = World::new().await;
    let mut kills = 0;
    'all: for pair in boundaries() {
        for kill in pair {
            // The rows exist only in this event, so the deployed tally does not count them.
            let campaign = with_status(&world, Status::Published);
            world
                .store
                .create_campaign(&world.context, &campaign, &content())
                .await
                .unwrap();
            let records: Vec<Value> = (0..20).map(|number| record(&campaign, number)).collect();
            let event = json!({ "Records": records });
            let struck = kill_and_repeat(&world, "tally", &event, kill.clone()).await;
            let counters = world
                .store
                .counters(&world.tenant, &campaign.id)
                .await
                .unwrap();
            assert_eq!(
                counters.deliveries(Channel::Email, State::Sent),
                20,
                "{kill:?}"
            );
            if !struck {
                break 'all;
            }
            kills += 1;
        }
    }
    assert!(kills >= 4, "only {kills} boundaries");
}

fn record(campaign: &Campaign, number: usize) -> Value {
    let keys = json!({
        "pk": { "S": format!("{}#{}#{}", campaign.tenant, campaign.id, number % 4) },
        "sk": { "S": format!("D#{number:032x}#email") },
    });
    json!({
        "eventID": number.to_string(),
        "eventName": "INSERT",
        "eventSource": "aws:dynamodb",
        "eventVersion": "1.1",
        "awsRegion": "us-east-1",
        "dynamodb": {
            "ApproximateCreationDateTime": 1_795_000_000,
            "Keys": keys,
            "NewImage": { "pk": keys["pk"], "sk": keys["sk"], "state": { "S": "sent" } },
            "SequenceNumber": format!("1000000000000000000{number:04}"),
            "SizeBytes": 100,
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
    })
}

#[tokio::test]
async fn deliveries_whose_messages_were_lost_are_enqueued_again() {
    let world = World::new().await;
    let campaign = small(&world, Status::Published, 0..6).await;
    // The fan-out recorded six enqueued messages, but none exists.
    let tasks = [(Channel::Email, 6)].into();
    let progress = FanoutProgress {
        pages: 1,
        done: true,
        tasks,
        ..FanoutProgress::default()
    };
    let (tenant, id) = (&world.tenant, &campaign.id);
    assert!(
        world
            .store
            .save_shard_progress(tenant, id, 1, 0, &progress)
            .await
            .unwrap()
    );
    let now = Timestamp::now();
    let look = ProgressCheck {
        finished: 0,
        since: now - SignedDuration::from_mins(25),
        ..ProgressCheck::default()
    };
    world
        .store
        .keep_progress_check(&Context::system(tenant, Timestamp::now()), id, &look)
        .await
        .unwrap();
    world
        .store
        .watch_campaign(tenant, id, now - SignedDuration::from_mins(5))
        .await
        .unwrap();
    let proxy = Proxy::start(&world.stack.details().endpoint(), Kill::Never).await;
    let mut release = Function::behind(&proxy, "release", &world, &[]).await;
    let answer = release.invoke(&json!({ "kind": "sweep" })).await;
    assert!(matches!(answer, Ended::Answered(_)), "{answer:?}");
    world.completed(id.as_str()).await;
    assert_eq!(world.calls().len(), 6);
    let now = world
        .store
        .campaign(&Context::system(tenant, Timestamp::now()), id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(now.generation, 2);

    // Another generation makes no calls, because everything is settled.
    let task = FanoutTask {
        tenant: tenant.clone(),
        campaign: id.clone(),
        generation: 2,
        shard: 0,
    };
    let mut fanout = Function::behind(&proxy, "fanout", &world, &[]).await;
    fanout
        .invoke(&batch("fanout", &[serde_json::to_string(&task).unwrap()]))
        .await;
    assert_eq!(world.calls().len(), 6);
}

#[tokio::test]
async fn the_sweep_finds_a_lost_fan_out() {
    let world = World::new().await;
    let campaign = small(&world, Status::Published, 0..4).await;
    // Published ten minutes ago, with all its messages lost.
    let due = Timestamp::now() - SignedDuration::from_mins(5);
    world
        .store
        .watch_campaign(&world.tenant, &campaign.id, due)
        .await
        .unwrap();
    let proxy = Proxy::start(&world.stack.details().endpoint(), Kill::Never).await;
    let mut release = Function::behind(&proxy, "release", &world, &[]).await;
    let answer = release.invoke(&json!({ "kind": "sweep" })).await;
    assert!(matches!(answer, Ended::Answered(_)), "{answer:?}");
    world.completed(campaign.id.as_str()).await;
    assert_eq!(world.calls().len(), 4);
    eventually("a second sweep has nothing to do", async || {
        let answer = release.invoke(&json!({ "kind": "sweep" })).await;
        matches!(answer, Ended::Answered(_)).then_some(())
    })
    .await;
    assert_eq!(world.calls().len(), 4);
}

/// Less time than a new page needs.
fn hurried() -> Setup {
    Setup {
        time_limit: Duration::from_secs(10),
        ..Setup::default()
    }
}

#[tokio::test]
async fn the_fan_out_continues_in_a_later_message_when_time_is_short() {
    let world = World::new().await;
    let proxy = Proxy::start(&world.stack.details().endpoint(), Kill::Never).await;
    let campaign = small(&world, Status::Published, 0..3).await;
    let task = FanoutTask {
        tenant: world.tenant.clone(),
        campaign: campaign.id.clone(),
        generation: 1,
        shard: 0,
    };
    let mut fanout = Function::behind_with(&proxy, "fanout", &world, &[], hurried()).await;
    let body = serde_json::to_string(&task).unwrap();
    let answer = fanout.invoke(&batch("fanout", &[body])).await.answer();
    assert_eq!(answer.unwrap(), json!({ "batchItemFailures": [] }));
    assert_eq!(proxy.seen(".SendMessageBatch"), 1);
    world.completed(campaign.id.as_str()).await;
    assert_eq!(world.calls().len(), 3);
}

#[tokio::test]
async fn a_job_continues_in_a_later_message_when_time_is_short() {
    let world = World::new().await;
    let proxy = Proxy::start(&world.stack.details().endpoint(), Kill::Never).await;
    let mut jobs = Function::behind_with(&proxy, "jobs", &world, &[], hurried()).await;
    // The receivers of a deleted campaign.
    let mut gone = small(&world, Status::Draft, 0..3).await;
    let kept = gone.id.clone();
    gone.id = CampaignId::new(uuid::Uuid::now_v7());
    let people: Vec<_> = (0..3).map(|it| person(&world.address(it), "")).collect();
    let (store, now) = (&world.store, Timestamp::now());
    store
        .add_receivers(&Context::system(&gone.tenant, now), &gone, &people)
        .await
        .unwrap();
    let body = world
        .job(Work::Purge {
            campaign: gone.id.clone(),
            shards: 1,
        })
        .await;
    let answer = jobs.invoke(&batch("jobs", &[body])).await.answer();
    assert_eq!(answer.unwrap(), json!({ "batchItemFailures": [] }));
    assert_eq!(proxy.seen(".SendMessageBatch"), 1);
    // An existing preflight makes progress by at least one page.
    let campaign = store
        .campaign(&world.context, &kept)
        .await
        .unwrap()
        .unwrap();
    let look = Preflight {
        campaign_version: campaign.version,
        ..begun("of-a-test")
    };
    store
        .begin_preflight(&world.context, &campaign, &look, &content())
        .await
        .unwrap();
    let body = world
        .job(Work::Preflight {
            campaign: kept.clone(),
            run: look.run.clone(),
        })
        .await;
    let answer = jobs.invoke(&batch("jobs", &[body])).await.answer();
    assert_eq!(answer.unwrap(), json!({ "batchItemFailures": [] }));
    eventually("the preflight covers everybody", async || {
        let seen = store.preflight(&world.context, &kept).await.unwrap()?;
        seen.finished_at
    })
    .await;
    assert!(proxy.seen(".BatchGetItem") > 0);
}
