use aws_sdk_sesv2::error::ProvideErrorMetadata as _;
use aws_sdk_sesv2::operation::send_email::SendEmailError;
use aws_sdk_sesv2::types::{Body, Destination, EmailContent, Message, Template};

use super::{all_calls, header, raw, ses, simple, small_email, start, to, utf8};
use crate::simulator::{Fault, FaultKind, Outcome, Simulator};

async fn refused(simulator: &Simulator, content: EmailContent, destination: Destination) -> String {
    let error = ses(simulator)
        .send_email()
        .from_email_address("sender@example.com")
        .destination(destination)
        .content(content)
        .send()
        .await
        .unwrap_err()
        .into_service_error();
    assert!(
        matches!(error, SendEmailError::BadRequestException(_)),
        "{error:?}"
    );
    error.message().unwrap().to_owned()
}

#[tokio::test]
async fn a_stored_template_does_not_exist() {
    let simulator = start().await;
    let template = Template::builder().template_name("welcome").build();
    let error = ses(&simulator)
        .send_email()
        .from_email_address("sender@example.com")
        .destination(to("a@example.com"))
        .content(EmailContent::builder().template(template).build())
        .send()
        .await
        .unwrap_err()
        .into_service_error();
    assert!(error.is_not_found_exception());
}

#[tokio::test]
async fn invalid_ses_requests_are_rejected() {
    let simulator = start().await;
    let hello = || simple("Hello", "Good morning");
    let many = Destination::builder()
        .set_to_addresses(Some(
            (0..51).map(|it| format!("{it}@example.com")).collect(),
        ))
        .build();
    assert_eq!(
        refused(&simulator, hello(), many).await,
        "Recipient count exceeds 50."
    );
    let nobody = refused(&simulator, hello(), Destination::builder().build()).await;
    assert!(nobody.starts_with("Missing destination"), "{nobody}");
    for (address, message) in [
        ("nobody", "Missing final '@domain'"),
        (
            "a b@example.com",
            "Local address contains control or whitespace",
        ),
        ("a@exa_mple.com", "Domain contains illegal character"),
        ("a@παράδειγμα.gr", "Domain contains illegal character"),
        ("a@localhost", "Invalid domain name: 'localhost'."),
        ("a@example..com", "Domain contains dot-dot"),
        (".a@example.com", "Local address starts with dot"),
        ("δ@example.com", "Local address contains illegal characters"),
        ("a@example.com, b@example.com", "Illegal address"),
        (
            "a@example.com\r\nBcc: c@example.com",
            "Local address contains control or whitespace",
        ),
        ("", "Illegal address"),
    ] {
        assert_eq!(
            refused(&simulator, hello(), to(address)).await,
            message,
            "{address}"
        );
    }
    let anonymous = raw("To: a@example.com\r\nSubject: Hello\r\n\r\nHello\r\n");
    assert_eq!(
        refused(&simulator, anonymous, to("a@example.com")).await,
        "Missing required header 'From'."
    );
    let empty = EmailContent::builder().build();
    assert!(
        refused(&simulator, empty, to("a@example.com"))
            .await
            .contains("exactly one")
    );
    for bad in [
        header("From", "other@example.com"),
        header("X-A", "ü"),
        header("X:A", "b"),
    ] {
        let message = Message::builder()
            .subject(utf8("Hello"))
            .body(Body::builder().text(utf8("Good morning")).build())
            .headers(bad)
            .build();
        let content = EmailContent::builder().simple(message).build();
        refused(&simulator, content, to("a@example.com")).await;
    }
    let calls = all_calls(&simulator);
    assert!(
        calls
            .iter()
            .all(|call| !call.accepted && call.outcome == Outcome::Rejected)
    );
    assert!(
        calls
            .iter()
            .all(|call| call.status == Some(400) && call.message_id.is_none())
    );
}

#[tokio::test]
async fn a_message_over_40_megabytes_is_refused() {
    let simulator = start().await;
    let line = format!("{}\r\n", "x".repeat(998));
    let mime = format!(
        "From: sender@example.com\r\nTo: a@example.com\r\n\r\n{}",
        line.repeat(42_000)
    );
    let message = refused(&simulator, raw(&mime), to("a@example.com")).await;
    assert!(
        message.starts_with("Message length is more than 41943040 bytes long"),
        "{message}"
    );
}

#[tokio::test]
async fn each_error_is_the_right_variant_for_the_sdk() {
    let simulator = start().await;
    type Check = fn(&SendEmailError) -> bool;
    let cases: [(&str, u16, Check); 8] = [
        ("MessageRejected", 400, SendEmailError::is_message_rejected),
        (
            "BadRequestException",
            400,
            SendEmailError::is_bad_request_exception,
        ),
        (
            "MailFromDomainNotVerifiedException",
            400,
            SendEmailError::is_mail_from_domain_not_verified_exception,
        ),
        (
            "AccountSuspendedException",
            400,
            SendEmailError::is_account_suspended_exception,
        ),
        (
            "SendingPausedException",
            400,
            SendEmailError::is_sending_paused_exception,
        ),
        (
            "LimitExceededException",
            400,
            SendEmailError::is_limit_exceeded_exception,
        ),
        (
            "NotFoundException",
            404,
            SendEmailError::is_not_found_exception,
        ),
        (
            "TooManyRequestsException",
            429,
            SendEmailError::is_too_many_requests_exception,
        ),
    ];
    for (code, status, check) in cases {
        let reject = FaultKind::Reject {
            code: Some(code.to_owned()),
            message: None,
        };
        simulator.add_fault(Fault::new(reject).times(1)).unwrap();
        let error = small_email(&ses(&simulator), "a@example.com")
            .send()
            .await
            .unwrap_err();
        assert_eq!(
            error.raw_response().unwrap().status().as_u16(),
            status,
            "{code}"
        );
        assert!(check(error.as_service_error().unwrap()), "{code}");
    }
    let reject = FaultKind::Reject {
        code: None,
        message: Some("Address blacklisted.".to_owned()),
    };
    simulator.add_fault(Fault::new(reject).times(1)).unwrap();
    let error = small_email(&ses(&simulator), "a@example.com")
        .send()
        .await
        .unwrap_err()
        .into_service_error();
    assert!(error.is_message_rejected());
    assert_eq!(error.message(), Some("Address blacklisted."));
}

#[tokio::test]
async fn a_request_without_an_ses_signature_is_rejected() {
    let simulator = start().await;
    let scope = |service: &str| {
        format!(
            "AWS4-HMAC-SHA256 Credential=111122223333/20261121/us-east-1/{service}/aws4_request, \
             SignedHeaders=host;x-amz-date, Signature={}",
            "0".repeat(64)
        )
    };
    let cases = [
        (None, "MissingAuthenticationTokenException"),
        (
            Some("Bearer abc".to_owned()),
            "IncompleteSignatureException",
        ),
        (Some(scope("sns")), "InvalidSignatureException"),
    ];
    for (authorization, code) in cases {
        let mut request = reqwest::Client::new()
            .post(format!("{}/v2/email/outbound-emails", simulator.url()))
            .header("x-amz-date", "20261121T090000Z")
            .body("{}");
        if let Some(authorization) = authorization {
            request = request.header("authorization", authorization);
        }
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 403);
        assert_eq!(answer.headers()["x-amzn-errortype"], code);
    }
    let answer = reqwest::Client::new()
        .post(format!("{}/v2/email/outbound-emails", simulator.url()))
        .header("x-amz-date", "20261121T090000Z")
        .header("authorization", scope("ses"))
        .body("not JSON")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 400);
    assert_eq!(
        answer.headers()["x-amzn-errortype"],
        "SerializationException"
    );
    assert_eq!(
        all_calls(&simulator).len(),
        4,
        "refused requests are kept too"
    );
}
