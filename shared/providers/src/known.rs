//! What the tests of all vendors' adapters share: the delivery, a mail, responses, and how requests are shown.

use std::{collections::BTreeMap, fmt::Write as _, sync::LazyLock, time::Duration};

use carillon_domain::{
    address::EmailAddress,
    channel::Channel,
    delivery::Outcome,
    id::{CampaignId, ReceiverId, TenantId},
    reason::Reason,
    transports::EmailSender,
};
use http::{HeaderName, Request, Response, StatusCode, header};

use crate::{Reference, email::Email};

/// The campaign of the delivery.
pub(crate) const CAMPAIGN: &str = "019a0000-0000-7000-8000-000000000000";
/// The receiver of the delivery.
pub(crate) const RECEIVER: &str = "0123456789abcdef0123456789abcdef";
/// Our reference of the delivery.
pub(crate) const REFERENCE: &str =
    "019a0000-0000-7000-8000-000000000000.0123456789abcdef0123456789abcdef";

/// The delivery to which the fixtures refer.
pub(crate) fn reference(channel: Channel) -> Reference<'static> {
    static IDS: LazyLock<(TenantId, CampaignId, ReceiverId)> = LazyLock::new(|| {
        (
            "demo".parse().unwrap(),
            CAMPAIGN.parse().unwrap(),
            RECEIVER.parse().unwrap(),
        )
    });
    let (tenant, campaign, receiver) = &*IDS;
    Reference {
        tenant,
        campaign,
        receiver,
        channel,
        resend: 0,
        number: None,
    }
}

/// The sender of mails.
pub(crate) fn sender(address: &str) -> EmailSender {
    EmailSender {
        address: EmailAddress::parse(address).unwrap(),
        name: Some("Καμπάνα".to_owned()),
    }
}

/// A mail without an unsubscribe link.
pub(crate) fn email() -> Email<'static> {
    static TO: LazyLock<EmailAddress> =
        LazyLock::new(|| EmailAddress::parse("zoe@example.com").unwrap());
    Email {
        to: &TO,
        to_name: Some("Zoë"),
        subject: "Γεια σου, Zoë 🔔",
        html: "<p>Γεια</p>",
        text: "Γεια",
        unsubscribe_url: None,
        reply_to: None,
        reference: reference(Channel::Email),
    }
}

/// Settings of a transport.
pub(crate) fn named(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    pairs.iter().map(owned).collect()
}

/// A request without its body.
pub(crate) fn head(request: &Request<Vec<u8>>) -> String {
    let mut text = format!("{} {}\n", request.method(), request.uri());
    for (name, value) in request.headers() {
        writeln!(text, "{name}: {}", value.to_str().unwrap()).unwrap();
    }
    text
}

/// A request as sent, with its JSON indented or each form field on its own line.
pub(crate) fn written(request: &Request<Vec<u8>>) -> String {
    let mut text = head(request);
    match serde_json::from_slice::<serde_json::Value>(request.body()) {
        Ok(body) => write!(text, "\n{body:#}").unwrap(),
        Err(_) => {
            let body = std::str::from_utf8(request.body()).unwrap();
            write!(text, "\n{}", body.replace('&', "\n&")).unwrap();
        }
    }
    text
}

/// A response.
pub(crate) fn answer(
    status: u16,
    headers: &[(&'static str, &str)],
    body: &str,
) -> Response<Vec<u8>> {
    let mut answer = Response::new(body.as_bytes().to_vec());
    *answer.status_mut() = StatusCode::from_u16(status).unwrap();
    for (name, value) in headers {
        let name = HeaderName::from_static(name);
        answer.headers_mut().insert(name, value.parse().unwrap());
    }
    answer
}

/// A response that may say when to try again.
pub(crate) fn answer_after(
    status: u16,
    retry_after: Option<&str>,
    body: &str,
) -> Response<Vec<u8>> {
    let mut answer = answer(status, &[], body);
    if let Some(value) = retry_after {
        let headers = answer.headers_mut();
        headers.insert(header::RETRY_AFTER, value.parse().unwrap());
    }
    answer
}

pub(crate) fn rejected(code: &str, text: &str) -> Outcome {
    Outcome::Rejected(Reason::new(code, text))
}

pub(crate) fn throttled(seconds: Option<u64>, code: &str, text: &str) -> Outcome {
    Outcome::Throttled {
        after: seconds.map(Duration::from_secs),
        reason: Reason::new(code, text),
    }
}

pub(crate) fn unknown(code: &str, text: &str) -> Outcome {
    Outcome::Unknown(Reason::new(code, text))
}

/// The outcome of a response that could not be parsed.
pub(crate) fn unreadable() -> Outcome {
    unknown(
        "unreadable_answer",
        "The provider's response could not be parsed.",
    )
}
