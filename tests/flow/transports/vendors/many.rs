//! Callbacks with many entries.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use super::*;
use crate::support::{
    function::Function,
    proxy::{CallOutcome, Kill, Proxy},
};

/// The maximum number of entries in a callback.
const MOST: usize = 5_000;
/// The duration of a write in this test.
const WRITE: Duration = Duration::from_millis(100);

/// STOP messages in Clickatell's format.
fn stops(world: &World, count: usize) -> String {
    let texts: Vec<Value> = (0..count)
        .map(|place| {
            json!({
                "messageId": format!("m{place}"),
                "channel": "sms",
                "from": number(world, place).trim_start_matches('+'),
                "to": "27820000000",
                "timestamp": 1_795_251_600_000_u64,
                "content": "STOP",
            })
        })
        .collect();
    json!({ "event": { "moText": texts } }).to_string()
}

/// Twilio waits 15 seconds, while others wait for a free execution.
#[tokio::test]
async fn many_inbound_messages_in_one_callback_are_processed_concurrently() {
    let world = World::new().await;
    let account = json!({
        "vendor": "clickatell",
        "credentials": { "api_key": CLICKATELL_API_KEY },
    });
    let url = set_up(&world, "sms", &account).await;
    let path = &url[url.find("/callbacks/").unwrap()..];
    let proxy = Proxy::start(&world.stack.details().endpoint(), Kill::Never).await;
    proxy.set_rule(Arc::new(|seen| match seen.is(".PutItem") {
        true => CallOutcome::Delay(WRITE),
        false => CallOutcome::Pass,
    }));
    let mut callbacks = Function::behind(&proxy, "callbacks", &world, &[]).await;
    let mut call = async |body: &str| {
        let event = event(path, &HeaderMap::new(), body);
        let answer = callbacks.invoke(&event).await.answer().unwrap();
        answer["statusCode"].clone()
    };
    let suppressed = async || {
        let all = world.api.all("/v1/suppressions", "/suppressions").await;
        all.unwrap().len()
    };

    assert_eq!(call(&stops(&world, MOST + 1)).await, 413);
    assert_eq!(suppressed().await, 0);

    let (people, began) = (300, Instant::now());
    assert_eq!(call(&stops(&world, people)).await, 200);
    let took = began.elapsed();
    assert_eq!(suppressed().await, people);
    let one_after_the_other = WRITE * u32::try_from(people).unwrap();
    assert!(
        took < one_after_the_other / 4,
        "{took:?}, and one after the other {one_after_the_other:?}"
    );
}
