//! The function and the API are killed before and after each of their calls to AWS, then invoked again.

use carillon_domain::delivery::State;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{assert_redriven, bury, in_state, letters, one_person, recorded, row, written};
use crate::{
    flow::delivery::boundaries::{boundaries, kill_and_repeat},
    support::{World, function::batch},
};

#[tokio::test]
async fn a_recording_killed_at_any_call_is_made_once() {
    let world = World::new().await;
    let mut kills = 0;
    'all: for pair in boundaries() {
        for kill in pair {
            let (_, task) = one_person(&world, kills).await;
            let mut event = batch("email-dead.fifo", &[written(&task)]);
            let id = Uuid::new_v4().to_string();
            event["Records"][0]["messageId"] = json!(id);
            let struck = kill_and_repeat(&world, "dead_letters", &event, kill.clone()).await;
            let failed = row(&world, &task).await.unwrap();
            assert_eq!(failed.state, State::Failed, "{kill:?}");
            let found = letters(&world).await;
            let own: Vec<&Value> = found
                .iter()
                .filter(|letter| letter["id"] == json!(id))
                .collect();
            assert_eq!(own.len(), 1, "{kill:?}");
            assert_eq!(own[0]["status"], "waiting", "{kill:?}");
            if !struck {
                break 'all;
            }
            kills += 1;
        }
    }
    assert!(kills >= 6, "only {kills} boundaries");
}

/// API Gateway's event for redriving all dead letters.
fn redrive_event(world: &World) -> Value {
    let mut event: Value = serde_json::from_str(include_str!(
        "../../../../events/api/operations/redrive-dead-letters.json"
    ))
    .unwrap();
    event["headers"]["authorization"] = json!(format!("Bearer {}", world.key));
    event
}

#[tokio::test]
async fn a_redrive_killed_at_any_call_sends_once() {
    let mut kills = 0;
    'all: for pair in boundaries() {
        for kill in pair {
            let world = World::new().await;
            let (_, task) = one_person(&world, 1).await;
            let queue = &world.stack.details().outputs().email_dead_queue_url;
            bury(&world, queue, &written(&task)).await;
            recorded(&world, 1).await;
            let event = redrive_event(&world);
            let struck = kill_and_repeat(&world, "api", &event, kill.clone()).await;
            let sent = in_state(&world, &task, State::Sent).await;
            assert_eq!((sent.attempt, sent.resends), (1, 1), "{kill:?}");
            assert_eq!(letters(&world).await[0]["status"], "redriven", "{kill:?}");
            assert_redriven(&world, 0, 0).await;
            assert_eq!(world.calls().len(), 1, "{kill:?}");
            if !struck {
                break 'all;
            }
            kills += 1;
        }
    }
    assert!(kills >= 12, "only {kills} boundaries");
}
