//! Forged callbacks over HTTP write nothing.

use super::*;

/// A thousand receipts for a message that was really sent, each with an invalid signature.
#[tokio::test]
async fn a_thousand_forged_callbacks_write_nothing() {
    let world = World::new().await;
    let (url, campaign, calls) = sends(&world, "sms", &twilio(), Provider::Twilio).await;
    let before = deliveries(&world, &campaign).await;
    let id = calls[0].message_id.clone().unwrap();
    let client = reqwest::Client::new();
    let mut dice = fastrand::Rng::with_seed(7);
    let of_another = |dice: &mut fastrand::Rng| -> String {
        let letters = (0..27).map(|_| dice.alphanumeric());
        letters.chain(['=']).collect()
    };
    for batch in 0..100 {
        let sent = (0..10).map(|place| {
            let (signature, person) = (of_another(&mut dice), place % 3);
            let body = match batch % 2 {
                0 => format!("MessageSid={id}&MessageStatus=undelivered&ErrorCode=30005"),
                _ => {
                    let from = number(&world, person).replace('+', "%2B");
                    format!("MessageSid=SM{batch}{place}&From={from}&To=%2B15005550006&Body=STOP")
                }
            };
            let request = client.post(&url).body(body);
            let request = request.header("content-type", "application/x-www-form-urlencoded");
            request.header("x-twilio-signature", signature).send()
        });
        for answer in futures::future::join_all(sent).await {
            assert_eq!(answer.unwrap().status(), 406);
        }
    }
    assert_eq!(deliveries(&world, &campaign).await, before);
    let standing = world.api.all("/v1/suppressions", "/suppressions").await;
    assert_eq!(standing.unwrap(), Vec::<Value>::new());
}
