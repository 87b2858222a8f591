//! An Amazon SNS topic that posts signed events of SES and End User Messaging to a URL:
//! <https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html>. The topics of the local AWS do not
//! sign what they post.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use axum::Router;
use axum::extract::{Query, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use jiff::Timestamp;
use rustls_pki_types::PrivatePkcs8KeyDer;
use rustls_pki_types::pem::PemObject as _;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::calls::Call;
use super::events::{EventKind, said};
use super::state::SharedState;
use super::vendors::CallbackRequest;
use super::vendors::calling::{self, CallBackError};

/// The only topic that posts to URLs.
pub const SNS_TOPIC: &str = "arn:aws:sns:us-east-1:000000000000:carillon-events-elsewhere";

const HOST: &str = "sns.us-east-1.amazonaws.com";
const CERTIFICATE_PATH: &str = "/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem";
const CERTIFICATE: &str = include_str!("topic/certificate.pem");
/// It signs only the simulator's posts.
const KEY: &[u8] = include_bytes!("topic/key.pem");

/// A request to subscribe a URL to the topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subscribe {
    /// The address.
    pub url: String,
}

/// The result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscribed {
    /// The HTTP status of the response.
    pub status: u16,
    /// Whether the subscription was confirmed.
    pub confirmed: bool,
}

/// The issued tokens that are not confirmed yet.
#[derive(Default)]
pub(super) struct Subscriptions {
    waiting: Mutex<BTreeSet<String>>,
}

impl Subscriptions {
    fn expect(&self, token: &str) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.insert(token.to_owned());
    }

    /// Whether the token is pending; a token can be confirmed once.
    fn take(&self, token: &str) -> bool {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.remove(token)
    }
}

/// The routes that real SNS has.
pub(super) fn routes() -> Router<SharedState> {
    Router::new()
        .route(&format!("/{HOST}{CERTIFICATE_PATH}"), get(CERTIFICATE))
        .route(&format!("/{HOST}/"), get(confirm))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Confirmation {
    action: String,
    topic_arn: String,
    token: String,
}

async fn confirm(
    State(state): State<SharedState>,
    Query(confirmation): Query<Confirmation>,
) -> Response {
    let Confirmation {
        action,
        topic_arn,
        token,
    } = confirmation;
    let is_right = action == "ConfirmSubscription" && topic_arn == SNS_TOPIC;
    match is_right && state.subscriptions.take(&token) {
        true => format!(
            "<ConfirmSubscriptionResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><ConfirmSubscriptionResult>\
             <SubscriptionArn>{SNS_TOPIC}:{}</SubscriptionArn></ConfirmSubscriptionResult></ConfirmSubscriptionResponse>",
            Uuid::new_v4()
        )
        .into_response(),
        false => (
            StatusCode::BAD_REQUEST,
            "<ErrorResponse><Error><Code>InvalidParameter</Code><Message>Invalid parameter: Token</Message></Error></ErrorResponse>",
        )
            .into_response(),
    }
}

/// Requests a subscription from a URL, and waits for the result.
pub(super) async fn subscribe(state: &SharedState, url: &str) -> Result<Subscribed, CallBackError> {
    let token = Uuid::new_v4().simple().to_string().repeat(4);
    state.subscriptions.expect(&token);
    let question = format!(
        "You have chosen to subscribe to the topic {SNS_TOPIC}.\nTo confirm the subscription, visit the SubscribeURL \
         included in this message."
    );
    let visit =
        format!("https://{HOST}/?Action=ConfirmSubscription&TopicArn={SNS_TOPIC}&Token={token}");
    let more = [("SubscribeURL", visit), ("Token", token.clone())];
    let request = post(url, "SubscriptionConfirmation", &question, &more);
    let request = request.ok_or(CallBackError::NothingToTell)?;
    let status = calling::send(request).await?.status;
    // A token that is no longer pending was confirmed.
    let confirmed = !state.subscriptions.take(&token);
    Ok(Subscribed { status, confirmed })
}

/// A delivery event, as posted by the topic.
pub(super) fn notification(
    call: &Call,
    kind: EventKind,
    url: &str,
    _: Timestamp,
) -> Option<CallbackRequest> {
    post(url, "Notification", &said(call, kind)?.to_string(), &[])
}

fn post(
    url: &str,
    kind: &str,
    message: &str,
    more: &[(&'static str, String)],
) -> Option<CallbackRequest> {
    let mut fields: Vec<(&str, String)> = vec![
        ("Message", message.to_owned()),
        ("MessageId", Uuid::new_v4().to_string()),
        ("Timestamp", format!("{:.3}", Timestamp::now())),
        ("TopicArn", SNS_TOPIC.to_owned()),
        ("Type", kind.to_owned()),
    ];
    fields.extend(more.iter().cloned());
    fields.sort();
    let signed: String = fields
        .iter()
        .map(|(name, value)| format!("{name}\n{value}\n"))
        .collect();
    let mut body: serde_json::Map<String, Value> = fields
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.into()))
        .collect();
    body.insert("Signature".to_owned(), sign(signed.as_bytes())?.into());
    body.insert("SignatureVersion".to_owned(), "2".into());
    let certificate = json!(format!("https://{HOST}{CERTIFICATE_PATH}"));
    body.insert("SigningCertURL".to_owned(), certificate);
    Some(CallbackRequest {
        method: http::Method::POST,
        url: url.to_owned(),
        headers: vec![
            ("content-type", "text/plain; charset=UTF-8".to_owned()),
            ("x-amz-sns-message-type", kind.to_owned()),
            ("x-amz-sns-topic-arn", SNS_TOPIC.to_owned()),
        ],
        body: Value::Object(body).to_string().into_bytes(),
    })
}

/// RSA with PKCS #1 v1.5 over SHA-256, in base64.
fn sign(message: &[u8]) -> Option<String> {
    let key = PrivatePkcs8KeyDer::from_pem_slice(KEY).ok()?;
    let key = KeyPair::from_pkcs8(key.secret_pkcs8_der()).ok()?;
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(
        &RSA_PKCS1_SHA256,
        &SystemRandom::new(),
        message,
        &mut signature,
    )
    .ok()?;
    Some(STANDARD.encode(signature))
}
