//! Messages of an Amazon SNS topic to our callback URL: events of SES and of AWS End User Messaging that cannot come
//! through the stack's event bus and queue, because they are from another account or region.
//!
//! The messages are described in <https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html>, their
//! signatures in <https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html>. Only signature
//! version 2 (SHA-256) is accepted, only with a certificate from the SNS host in the topic's region, and only for the
//! topic that the transport names. This module performs no I/O: the caller fetches the certificate.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use carillon_domain::transports::{Transport, Vendor};
use http::{Request, Uri};
use jiff::{SignedDuration, Timestamp};
use rustls_pki_types::{CertificateDer, pem::PemObject as _};
use serde::Deserialize;

use crate::{
    EventSubject,
    email::ses_events::SesEvent,
    http::BadRequest,
    setup::{Callbacks, Field, Values},
    sms::end_user_messaging_events::TextEvent,
    vendor::BadCallback,
};

/// The name of the setting that holds the topic.
pub const TOPIC: &str = "topic";

/// The setting of a transport whose events come through a topic.
pub(crate) const FIELD: Field = Field {
    help: "Only if events come from another AWS account or region: the topic that posts them to the callback address.",
    example: "arn:aws:sns:eu-west-1:123456789012:events",
    values: Values::Text(|text| region_of(text).is_some()),
    expected: "the ARN of the Amazon SNS topic that sends callbacks, as in arn:aws:sns:eu-west-1:123456789012:events",
    ..Field::setting(TOPIC, "SNS topic").optional()
};

/// What has to be done for that.
pub(crate) const CALLBACKS: Callbacks = Callbacks::With {
    setting: TOPIC,
    setup: "Subscribe this address to the topic (HTTPS, no raw message delivery), set the topic's SignatureVersion to 2, and make the topic an event destination of the configuration set. The subscription is confirmed automatically.",
};

/// SNS retries a delivery for an hour at most ("Delivery policy", Amazon SNS Developer Guide); this allows for clock
/// differences.
const BELIEVED_FOR: SignedDuration = SignedDuration::from_mins(65);

/// The topic from which a transport gets events, if any.
pub fn topic(transport: &Transport) -> Option<&str> {
    match transport.vendor {
        Vendor::Ses | Vendor::EndUserMessaging => transport.settings.get(TOPIC).map(String::as_str),
        _ => None,
    }
}

/// The region in a topic's ARN: `arn:{partition}:sns:{region}:{account}:{name}`.
fn region_of(arn: &str) -> Option<&str> {
    let parts: Vec<&str> = arn.split(':').collect();
    let ["arn", partition, "sns", region, account, name] = parts[..] else {
        return None;
    };
    let is_word = |text: &str, longest: usize| {
        (1..=longest).contains(&text.len())
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    // "1 to 256 characters" is the limit of a topic's name (CreateTopic, Amazon SNS API reference).
    let is_right = is_word(partition, 20)
        && is_word(region, 30)
        && !region.contains('_')
        && account.len() == 12
        && account.bytes().all(|byte| byte.is_ascii_digit())
        && is_word(name, 256);
    is_right.then_some(region)
}

/// The SNS host in the topic's region.
fn host_of(arn: &str) -> Option<String> {
    let region = region_of(arn)?;
    let end = match arn.starts_with("arn:aws-cn:") {
        true => "amazonaws.com.cn",
        false => "amazonaws.com",
    };
    Some(format!("sns.{region}.{end}"))
}

/// A message posted by a topic. Nothing in it is trusted before [`TopicMessage::verify`].
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct TopicMessage {
    #[serde(rename = "Type")]
    kind: Kind,
    message_id: String,
    topic_arn: String,
    subject: Option<String>,
    message: String,
    timestamp: String,
    signature_version: String,
    signature: String,
    #[serde(rename = "SigningCertURL")]
    signing_certificate: String,
    token: Option<String>,
    #[serde(rename = "SubscribeURL")]
    subscribe_url: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
enum Kind {
    Notification,
    SubscriptionConfirmation,
    UnsubscribeConfirmation,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Kind::Notification => "Notification",
            Kind::SubscriptionConfirmation => "SubscriptionConfirmation",
            Kind::UnsubscribeConfirmation => "UnsubscribeConfirmation",
        }
    }
}

/// What a verified message asks for.
pub enum Posted {
    /// It carries provider events.
    Event(EventSubject),
    /// The topic asks whether it may post here; making the request confirms.
    Confirm(Request<Vec<u8>>),
    /// The subscription has ended.
    Farewell,
}

impl TopicMessage {
    /// Parses a message of this topic.
    ///
    /// # Errors
    /// If it is malformed, belongs to another topic, is signed in another way, or names a certificate elsewhere.
    pub fn read(body: &[u8], topic: &str) -> Result<Self, BadCallback> {
        let message: Self = serde_json::from_slice(body).map_err(|_| BadCallback::Unreadable)?;
        if message.signature_version != "2" || message.topic_arn != topic {
            return Err(BadCallback::Forged);
        }
        message.certificate_path()?;
        Ok(message)
    }

    /// The address of its certificate, as a cache key.
    pub fn certificate_url(&self) -> &str {
        &self.signing_certificate
    }

    /// The request for its certificate, which goes to SNS whatever the message says.
    ///
    /// # Errors
    /// If the request cannot be built.
    pub fn certificate_request(&self) -> Result<Request<Vec<u8>>, BadRequest> {
        Ok(Request::get(&self.signing_certificate).body(Vec::new())?)
    }

    /// The certificate's path at the only host that is allowed.
    fn certificate_path(&self) -> Result<&str, BadCallback> {
        let host = host_of(&self.topic_arn).ok_or(BadCallback::Forged)?;
        let path = self.signing_certificate.strip_prefix("https://");
        let path = path.and_then(|rest| rest.strip_prefix(host.as_str()));
        let name = path
            .and_then(|path| path.strip_prefix("/SimpleNotificationService-"))
            .and_then(|rest| rest.strip_suffix(".pem"));
        let is_name = name.is_some_and(|name| {
            (1..=100).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
        });
        path.filter(|_| is_name).ok_or(BadCallback::Forged)
    }

    /// The names and values that the signature covers, sorted by name.
    fn signed(&self) -> Result<String, BadCallback> {
        let missing = BadCallback::Unreadable;
        let mut fields = vec![
            ("Message", self.message.as_str()),
            ("MessageId", &self.message_id),
        ];
        match self.kind {
            Kind::Notification => {
                fields.extend(self.subject.as_deref().map(|it| ("Subject", it)));
                fields.push(("Timestamp", &self.timestamp));
            }
            Kind::SubscriptionConfirmation | Kind::UnsubscribeConfirmation => {
                let url = self.subscribe_url.as_deref().ok_or(missing)?;
                let token = self.token.as_deref().ok_or(missing)?;
                fields.extend([
                    ("SubscribeURL", url),
                    ("Timestamp", &self.timestamp),
                    ("Token", token),
                ]);
            }
        }
        fields.extend([
            ("TopicArn", self.topic_arn.as_str()),
            ("Type", self.kind.as_str()),
        ]);
        let lines = fields
            .iter()
            .flat_map(|(name, value)| [*name, "\n", *value, "\n"]);
        Ok(lines.collect())
    }

    /// Verifies the signature with a certificate in PEM and returns what the message asks for. `vendor` is the vendor
    /// whose events the topic carries.
    ///
    /// # Errors
    /// If the signature is invalid or the message cannot be parsed.
    pub fn verify(
        &self,
        certificate: &[u8],
        vendor: Vendor,
        now: Timestamp,
    ) -> Result<Posted, BadCallback> {
        let signed = self.signed()?;
        let signature = STANDARD.decode(&self.signature);
        let signature = signature.map_err(|_| BadCallback::Forged)?;
        let certificate =
            CertificateDer::from_pem_slice(certificate).map_err(|_| BadCallback::Forged)?;
        webpki::EndEntityCert::try_from(&certificate)
            .and_then(|certificate| {
                let algorithm = webpki::aws_lc_rs::RSA_PKCS1_2048_8192_SHA256;
                certificate.verify_signature(algorithm, signed.as_bytes(), &signature)
            })
            .map_err(|_| BadCallback::Forged)?;
        let at: Timestamp = self
            .timestamp
            .parse()
            .map_err(|_| BadCallback::Unreadable)?;
        if now.duration_since(at).abs() > BELIEVED_FOR {
            return Err(BadCallback::Stale);
        }
        Ok(match self.kind {
            Kind::Notification => Posted::Event(self.event(vendor)?),
            Kind::SubscriptionConfirmation => Posted::Confirm(self.confirmation()?),
            Kind::UnsubscribeConfirmation => Posted::Farewell,
        })
    }

    fn event(&self, vendor: Vendor) -> Result<EventSubject, BadCallback> {
        let unreadable = |_| BadCallback::Unreadable;
        // What SES posts when a topic is configured ("Successfully validated SNS topic for Amazon SES event
        // publishing.") is not JSON.
        if !self.message.trim_start().starts_with('{') {
            return Ok(EventSubject::Irrelevant);
        }
        match vendor {
            Vendor::EndUserMessaging => serde_json::from_str(&self.message)
                .map(TextEvent::read)
                .map_err(unreadable),
            _ => SesEvent::of_topic(&self.message)
                .map(SesEvent::read)
                .map_err(unreadable),
        }
    }

    /// "ConfirmSubscription" in the Amazon SNS API reference. The message's own URL leads there too, but is not used,
    /// so that nothing but SNS is called.
    fn confirmation(&self) -> Result<Request<Vec<u8>>, BadCallback> {
        let host = host_of(&self.topic_arn).ok_or(BadCallback::Forged)?;
        let token = self.token.as_deref().ok_or(BadCallback::Unreadable)?;
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("Action", "ConfirmSubscription")
            .append_pair("TopicArn", &self.topic_arn)
            .append_pair("Token", token)
            .append_pair("Version", "2010-03-31")
            .finish();
        let url = Uri::builder()
            .scheme("https")
            .authority(host)
            .path_and_query(format!("/?{query}"))
            .build();
        let url = url.map_err(|_| BadCallback::Unreadable)?;
        let request = Request::get(url).body(Vec::new());
        request.map_err(|_| BadCallback::Unreadable)
    }
}

#[cfg(test)]
mod tests;
