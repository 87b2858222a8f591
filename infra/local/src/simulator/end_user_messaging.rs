//! AWS End User Messaging: `SendTextMessage`, in JSON 1.0.

use std::collections::BTreeMap;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::response::{IntoResponse as _, Response};
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::calls::{Message, Provider, SmsMessage};
use super::faults::Reach;
use super::refusal::Refusal;
use super::signature;
use super::state::{Draft, Named, SharedState, Verdict};

/// The header with the operation. Calls are posted to the root, like SNS's.
pub(super) const TARGET: &str = "x-amz-target";

const OPERATION: &str = "PinpointSMSVoiceV2.SendTextMessage";

/// Maximum length of a text.
const MAXIMUM_CHARACTERS: usize = 1_600;

/// Maximum number of context entries.
const MAXIMUM_CONTEXT: usize = 5;

/// The names of a call's recorded attributes.
pub(super) const CONFIGURATION_SET: &str = "ConfigurationSetName";
pub(super) const CONTEXT: &str = "Context.";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SendTextMessage {
    destination_phone_number: Option<String>,
    message_body: Option<String>,
    origination_identity: Option<String>,
    message_type: Option<String>,
    configuration_set_name: Option<String>,
    max_price: Option<String>,
    time_to_live: Option<i64>,
    #[serde(default)]
    context: BTreeMap<String, String>,
}

/// Handles a call to the root that is not for SNS.
pub(super) async fn send_text_message(
    state: &SharedState,
    headers: &HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let mut draft = Draft::new(Provider::EndUserMessaging, "SendTextMessage");
    let verdict = match read(headers, body, &mut draft) {
        Ok(()) => state.judge(&draft, Reach::Call),
        Err(refusal) => Verdict::refused(refusal),
    };
    let message_id = draft.message_id.clone();
    let status = verdict.status();
    state.keep(draft, &verdict, status);
    verdict
        .conclude(
            || answer(StatusCode::OK, &json!({ "MessageId": message_id })),
            refuse,
        )
        .await
}

fn read(
    headers: &HeaderMap,
    body: Result<Bytes, BytesRejection>,
    draft: &mut Draft,
) -> Result<(), Refusal> {
    draft.account =
        signature::check(headers, "sms-voice").map_err(signature::SignatureError::in_json)?;
    let target = headers.get(TARGET).and_then(|value| value.to_str().ok());
    if target != Some(OPERATION) {
        return Err(Refusal::new(
            400,
            "UnknownOperationException",
            "The operation is not known here.",
        ));
    }
    let body = body.map_err(|rejection| {
        Refusal::new(
            rejection.status().as_u16(),
            "RequestEntityTooLarge",
            rejection.body_text(),
        )
    })?;
    draft.raw = Some(body.clone());
    let request: SendTextMessage = serde_json::from_slice(&body)
        .map_err(|error| Refusal::new(400, "SerializationException", error.to_string()))?;
    let number = request.destination_phone_number.clone().unwrap_or_default();
    let text = request.message_body.clone().unwrap_or_default();
    draft.recipients = vec![number.clone()];
    draft.message = Some(Message::Sms(SmsMessage {
        phone_number: number.clone(),
        text: text.clone(),
        attributes: attributes(&request),
    }));
    if !is_number(&number) {
        return Err(invalid("DestinationPhoneNumber"));
    }
    if text.trim().is_empty() || text.chars().count() > MAXIMUM_CHARACTERS {
        return Err(invalid("MessageBody"));
    }
    check(&request)
}

fn attributes(request: &SendTextMessage) -> Named {
    let named = [
        ("OriginationIdentity", request.origination_identity.clone()),
        ("MessageType", request.message_type.clone()),
        (CONFIGURATION_SET, request.configuration_set_name.clone()),
        ("MaxPrice", request.max_price.clone()),
        (
            "TimeToLive",
            request.time_to_live.map(|seconds| seconds.to_string()),
        ),
    ];
    let named = named
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)));
    let context = request.context.iter();
    named
        .chain(context.map(|(name, value)| (format!("{CONTEXT}{name}"), value.clone())))
        .collect()
}

/// `\+?[1-9][0-9]{1,18}`.
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or(text);
    (2..=19).contains(&digits.len())
        && !digits.starts_with('0')
        && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_name(text: &str, more: &[u8]) -> bool {
    (1..=256).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || more.contains(&byte))
}

fn is_price(text: &str) -> bool {
    text.split_once('.').is_some_and(|(dollars, parts)| {
        dollars.len() <= 2
            && (1..=5).contains(&parts.len())
            && dollars
                .bytes()
                .chain(parts.bytes())
                .all(|byte| byte.is_ascii_digit())
    })
}

fn check(request: &SendTextMessage) -> Result<(), Refusal> {
    let holds =
        |value: &Option<String>, is_right: fn(&str) -> bool| value.as_deref().is_none_or(is_right);
    let is_context = |(name, value): (&String, &String)| {
        (1..=100).contains(&name.len())
            && !name.contains(char::is_whitespace)
            && (1..=800).contains(&value.len())
            && value.trim() == value
    };
    for (name, is_right) in [
        (
            "OriginationIdentity",
            holds(&request.origination_identity, |it| is_name(it, b"_:/+-")),
        ),
        (
            "MessageType",
            holds(&request.message_type, |it| {
                matches!(it, "TRANSACTIONAL" | "PROMOTIONAL")
            }),
        ),
        (
            "ConfigurationSetName",
            holds(&request.configuration_set_name, |it| is_name(it, b"_:/-")),
        ),
        ("MaxPrice", holds(&request.max_price, is_price)),
        (
            "TimeToLive",
            request
                .time_to_live
                .is_none_or(|seconds| (5..=259_200).contains(&seconds)),
        ),
        (
            "Context",
            request.context.len() <= MAXIMUM_CONTEXT && request.context.iter().all(is_context),
        ),
    ] {
        if !is_right {
            return Err(invalid(name));
        }
    }
    Ok(())
}

fn invalid(field: &str) -> Refusal {
    Refusal::new(
        400,
        "ValidationException",
        format!("Value at '{field}' failed to satisfy constraint."),
    )
}

/// The type of an error and its reason, if the fault has one: "ConflictException.DESTINATION_PHONE_NUMBER_OPTED_OUT".
fn parts(code: &str) -> (&str, Option<&str>) {
    match code.split_once('.') {
        Some((kind, reason)) => (kind, Some(reason)),
        None => (code, None),
    }
}

fn refuse(refusal: &Refusal) -> Response {
    let status = StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let (kind, reason) = parts(&refusal.code);
    let mut body = json!({
        "__type": format!("com.amazonaws.pinpointsmsvoicev2#{kind}"),
        "Message": refusal.message,
    });
    let reason = reason.or((kind == "ValidationException").then_some("FIELD_VALIDATION_FAILED"));
    if let (Some(reason), Some(object)) = (reason, body.as_object_mut()) {
        object.insert("Reason".to_owned(), reason.into());
    }
    let mut response = answer(status, &body);
    if let Some(seconds) = refusal.retry_after_seconds {
        response.headers_mut().insert(RETRY_AFTER, seconds.into());
    }
    response
}

fn answer(status: StatusCode, body: &Value) -> Response {
    let mut response = (status, body.to_string()).into_response();
    let headers = response.headers_mut();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("application/x-amz-json-1.0"),
    );
    if let Ok(id) = HeaderValue::from_str(&Uuid::new_v4().to_string()) {
        headers.insert("x-amzn-requestid", id);
    }
    response
}
