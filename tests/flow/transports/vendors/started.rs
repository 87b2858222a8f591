//! An opt-in (START) whose write fails the first time.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, Uri},
    routing::post,
};

use super::*;
use crate::support::{
    function::{Ended, Function},
    proxy::{CallOutcome, Kill, Proxy, allow},
};

type Caught = Arc<Mutex<Option<Value>>>;

/// Stores a vendor's request as an API Gateway event.
async fn catch(
    State(caught): State<Caught>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let body = String::from_utf8(body.to_vec()).unwrap();
    let event = event(uri.path(), &headers, &body);
    *caught.lock().unwrap() = Some(event);
    StatusCode::OK
}

#[tokio::test]
async fn a_start_whose_write_failed_succeeds_on_the_next_callback() {
    let world = World::new().await;
    let url = set_up(&world, "sms", &twilio()).await;
    let caught: Caught = Arc::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new()
        .route("/{*path}", post(catch))
        .with_state(Arc::clone(&caught));
    let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let write = async |text: &str, url: String| {
        let inbound = Inbound {
            provider: Provider::Twilio,
            from: number(&world, 0),
            to: "+15005550006".to_owned(),
            text: text.to_owned(),
            url,
        };
        world.simulator().write_to(&inbound).await.unwrap().status
    };
    let suppressed = async || {
        let all = world.api.all("/v1/suppressions", "/suppressions").await;
        all.unwrap().len()
    };
    assert_eq!(write("STOP", url.clone()).await, 200);
    assert_eq!(suppressed().await, 1);
    // Twilio's timestamps have whole seconds, so a START in the same second could be older.
    tokio::time::sleep(Duration::from_millis(1_100)).await;

    let path = &url[url.find("/callbacks/").unwrap()..];
    write("START", format!("{base}{path}")).await;
    let event = caught
        .lock()
        .unwrap()
        .take()
        .expect("the vendor has called");
    let proxy = Proxy::start(&world.stack.details().endpoint(), Kill::Never).await;
    proxy.set_rule(Arc::new(|seen| match seen.is(".DeleteItem") {
        true => CallOutcome::Throttle,
        false => CallOutcome::Pass,
    }));
    let mut callbacks =
        Function::behind(&proxy, "callbacks", &world, &[("PUBLIC_URL", &base)]).await;
    let status = async |ended: Ended| ended.answer().unwrap()["statusCode"].clone();
    assert_eq!(status(callbacks.invoke(&event).await).await, 503);
    assert_eq!(suppressed().await, 1);

    proxy.set_rule(allow());
    assert_eq!(status(callbacks.invoke(&event).await).await, 200);
    assert_eq!(
        suppressed().await,
        0,
        "the vendor's retry is not mistaken for a duplicate"
    );

    assert_eq!(write("STOP", url).await, 200);
    assert_eq!(status(callbacks.invoke(&event).await).await, 200);
    assert_eq!(
        suppressed().await,
        1,
        "an old START does not lift a new STOP"
    );
    server.abort();
}
