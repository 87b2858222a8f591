use std::time::{Duration, Instant};

use super::{events, functions, stack, watch};

#[tokio::test]
async fn every_event_can_be_invoked_as_in_the_readme() {
    let watch = watch::Watch::start(stack().await).await;
    let started = Instant::now();
    let mut invoked = 0;
    for function in functions() {
        for event in events(&function) {
            let mut answer = watch.invoke(&function, &event.to_string()).await;
            // The events' tenant is over its request rate in this second.
            while answer["statusCode"] == 429 {
                tokio::time::sleep(Duration::from_secs(1)).await;
                answer = watch.invoke(&function, &event.to_string()).await;
            }
            event.expected.assert(&answer, &event.to_string());
            invoked += 1;
        }
    }
    println!(
        "{invoked} events in {:.1} s",
        started.elapsed().as_secs_f64()
    );
    let port = watch.port();
    drop(watch);
    assert_eq!(
        watch::functions_of(port),
        Vec::<u32>::new(),
        "a function was left running"
    );
}
