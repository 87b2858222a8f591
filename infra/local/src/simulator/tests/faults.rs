use std::time::{Duration, Instant};

use aws_sdk_sesv2::error::SdkError;

use super::{all_calls, only_call, ses, ses_as, small_email, sns, start};
use crate::simulator::faults::{Faults, Reach, Target};
use crate::simulator::{Fault, FaultKind, InvalidFault, Outcome, Provider};

const THROTTLE: FaultKind = FaultKind::Throttle {
    retry_after_seconds: Some(7),
    status: None,
};

#[tokio::test]
async fn throttled_calls_get_retry_after() {
    let simulator = start().await;
    let fault = simulator.add_fault(Fault::new(THROTTLE).times(2)).unwrap();
    for _ in 0..2 {
        let error = small_email(&ses(&simulator), "a@example.com")
            .send()
            .await
            .unwrap_err();
        let answer = error.raw_response().unwrap();
        assert_eq!(answer.status().as_u16(), 429);
        assert_eq!(answer.headers().get("retry-after"), Some("7"));
        assert!(
            error
                .as_service_error()
                .unwrap()
                .is_too_many_requests_exception()
        );
    }
    small_email(&ses(&simulator), "a@example.com")
        .send()
        .await
        .unwrap();
    let calls = all_calls(&simulator);
    let outcomes: Vec<_> = calls.iter().map(|call| call.outcome).collect();
    assert_eq!(
        outcomes,
        [Outcome::Throttled, Outcome::Throttled, Outcome::Accepted]
    );
    assert_eq!(calls[0].fault, Some(fault.id));
    assert_eq!(calls[2].fault, None);
    let faults = simulator.faults();
    assert!(faults[0].used_up);
    assert_eq!((faults[0].matched, faults[0].struck), (2, 2));
}

#[tokio::test]
async fn server_errors_accept_nothing() {
    let simulator = start().await;
    for (status, code) in [(500, "InternalFailure"), (503, "ServiceUnavailable")] {
        simulator.clear();
        let kind = FaultKind::ServerError { status };
        simulator.add_fault(Fault::new(kind).times(1)).unwrap();
        let error = small_email(&ses(&simulator), "a@example.com")
            .send()
            .await
            .unwrap_err();
        assert_eq!(error.raw_response().unwrap().status().as_u16(), status);
        let call = only_call(&simulator);
        assert_eq!((call.accepted, call.outcome), (false, Outcome::Failed));
        assert_eq!(call.error.unwrap().code, code);
    }
}

#[tokio::test]
async fn a_dropped_connection_has_no_response() {
    let simulator = start().await;
    // The same client is used throughout, so that kept-alive connections are dropped as well.
    let client = ses(&simulator);
    small_email(&client, "a@example.com").send().await.unwrap();
    for (kind, outcome, accepted) in [
        (FaultKind::DropBefore, Outcome::DroppedBefore, false),
        (FaultKind::DropAfter, Outcome::DroppedAfter, true),
    ] {
        simulator.clear();
        simulator.add_fault(Fault::new(kind).times(1)).unwrap();
        let error = small_email(&client, "a@example.com")
            .send()
            .await
            .unwrap_err();
        assert!(matches!(error, SdkError::DispatchFailure(_)), "{error:?}");
        let call = only_call(&simulator);
        assert_eq!(
            (call.outcome, call.accepted, call.status),
            (outcome, accepted, None)
        );
        assert_eq!(call.message_id.is_some(), accepted);
    }
    simulator.clear();
    simulator
        .add_fault(Fault::new(FaultKind::DropAfter).provider(Provider::Sns))
        .unwrap();
    let publish = sns(&simulator)
        .publish()
        .phone_number("+306912345678")
        .message("Hello");
    let error = publish.send().await.unwrap_err();
    assert!(matches!(error, SdkError::DispatchFailure(_)), "{error:?}");
    assert!(only_call(&simulator).accepted);
    small_email(&client, "a@example.com").send().await.unwrap();
}

#[tokio::test]
async fn a_dropped_connection_is_closed_without_a_byte() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let simulator = start().await;
    simulator
        .add_fault(Fault::new(FaultKind::DropAfter))
        .unwrap();
    let address = simulator.url().strip_prefix("http://").unwrap().to_owned();
    let mut stream = tokio::net::TcpStream::connect(&address).await.unwrap();
    let body = "Action=Publish&PhoneNumber=%2B306912345678&Message=Hello";
    let request = format!(
        "POST / HTTP/1.1\r\nHost: {address}\r\nX-Amz-Date: 20261121T090000Z\r\nAuthorization: \
         AWS4-HMAC-SHA256 Credential=1/20261121/us-east-1/sns/aws4_request, \
         SignedHeaders=host;x-amz-date, Signature={}\r\nContent-Length: {}\r\n\r\n{body}",
        "a".repeat(64),
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    assert!(answer.is_empty());
    assert_eq!(only_call(&simulator).outcome, Outcome::DroppedAfter);
}

#[tokio::test]
async fn a_slow_call_is_accepted_at_once_and_answered_late() {
    let simulator = start().await;
    simulator
        .add_fault(Fault::new(FaultKind::Slow { milliseconds: 300 }))
        .unwrap();
    let started = Instant::now();
    small_email(&ses(&simulator), "a@example.com")
        .send()
        .await
        .unwrap();
    assert!(started.elapsed() >= Duration::from_millis(300));
    let client = ses(&simulator);
    let impatient = tokio::time::timeout(
        Duration::from_millis(150),
        small_email(&client, "b@example.com").send(),
    );
    assert!(impatient.await.is_err());
    let calls = all_calls(&simulator);
    assert_eq!(calls.len(), 2);
    assert!(calls.iter().all(|call| call.accepted));
}

#[tokio::test]
async fn a_fault_affects_only_matching_calls() {
    let simulator = start().await;
    let reject = FaultKind::Reject {
        code: None,
        message: None,
    };
    let add = |fault| simulator.add_fault(fault).unwrap();
    add(Fault::new(reject.clone()).address("Ann@example.com"));
    add(Fault::new(reject.clone()).address_suffix("@blocked.example"));
    add(Fault::new(reject.clone()).account("999988887777"));
    add(Fault::new(reject).provider(Provider::Sns));
    let client = ses(&simulator);
    for (address, accepted) in [
        ("ann@example.com", false),
        ("joann@example.com", true),
        ("x@blocked.example", false),
        ("x@notblocked.example", true),
    ] {
        let sent = small_email(&client, address).send().await;
        assert_eq!(sent.is_ok(), accepted, "{address}");
    }
    let other = ses_as(&simulator, "999988887777");
    assert!(small_email(&other, "ben@example.com").send().await.is_err());
    let publish = sns(&simulator)
        .publish()
        .phone_number("+306912345678")
        .message("Hello");
    assert!(
        publish
            .send()
            .await
            .unwrap_err()
            .into_service_error()
            .is_invalid_parameter_exception()
    );
}

#[tokio::test]
async fn an_invalid_call_uses_up_no_fault() {
    let simulator = start().await;
    simulator.add_fault(Fault::new(THROTTLE).times(1)).unwrap();
    small_email(&ses(&simulator), "nobody")
        .send()
        .await
        .unwrap_err();
    assert!(!simulator.faults()[0].used_up);
}

#[test]
fn a_share_is_respected_and_reproducible() {
    let strikes = |seed: u64| -> Vec<bool> {
        let mut faults = Faults::default();
        faults
            .add(Fault::new(FaultKind::DropBefore).share(0.3).seed(seed))
            .unwrap();
        let recipients = ["a@example.com".to_owned()];
        (0..10_000)
            .map(|_| {
                let target = Target {
                    provider: Provider::Ses,
                    account: "1",
                    recipients: &recipients,
                };
                faults.strike(&target, Reach::Call).fault.is_some()
            })
            .collect()
    };
    let first = strikes(0);
    assert_eq!(first, strikes(0));
    assert_ne!(first, strikes(1));
    let struck = first.iter().filter(|it| **it).count();
    assert!((2_800..3_200).contains(&struck), "{struck}");
}

#[test]
fn a_share_of_zero_is_never_and_of_one_is_always() {
    for (share, expected) in [(0.0, 0), (1.0, 1_000)] {
        let mut faults = Faults::default();
        faults
            .add(Fault::new(FaultKind::DropBefore).share(share))
            .unwrap();
        let target = Target {
            provider: Provider::Ses,
            account: "1",
            recipients: &[],
        };
        let struck = (0..1_000)
            .filter(|_| faults.strike(&target, Reach::Call).fault.is_some())
            .count();
        assert_eq!(struck, expected);
    }
}

#[test]
fn values_out_of_range_are_rejected() {
    let mut faults = Faults::default();
    let drop = || Fault::new(FaultKind::DropBefore);
    let code = Some("Two words\r\n".to_owned());
    for (fault, invalid) in [
        (drop().share(1.5), InvalidFault::Share),
        (drop().share(f64::NAN), InvalidFault::Share),
        (drop().times(0), InvalidFault::Times),
        (
            Fault::new(FaultKind::ServerError { status: 200 }),
            InvalidFault::ServerStatus,
        ),
        (
            Fault::new(FaultKind::Slow {
                milliseconds: 600_001,
            }),
            InvalidFault::Delay,
        ),
        (
            Fault::new(FaultKind::Reject {
                code,
                message: None,
            }),
            InvalidFault::Code,
        ),
    ] {
        assert_eq!(faults.add(fault), Err(invalid));
    }
    assert!(faults.list().is_empty());
}
