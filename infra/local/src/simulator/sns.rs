//! Amazon SNS: `Publish` to a phone number or to the endpoint of a platform application, in the query protocol.

mod endpoint;

use std::collections::BTreeMap;

use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, StatusCode};
use uuid::Uuid;

use super::calls::{Message, Provider, SmsMessage};
use super::end_user_messaging;
use super::faults::Reach;
use super::refusal::Refusal;
use super::signature;
use super::state::{Draft, Named, SharedState, Verdict};

/// SNS cuts longer texts into parts, but takes no more than this in one call.
const MAXIMUM_CHARACTERS: usize = 1_600;

/// More than a message of any kind that SNS takes, in its longest encoding.
const MAXIMUM_REQUEST_BYTES: usize = 2 * 1024 * 1024;

const NAMESPACE: &str = "http://sns.amazonaws.com/doc/2010-03-31/";

/// The route of SNS.
pub(super) fn routes() -> Router<SharedState> {
    Router::new()
        .route("/", post(publish))
        .layer(DefaultBodyLimit::max(MAXIMUM_REQUEST_BYTES))
}

async fn publish(
    State(state): State<SharedState>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    // Both services are posted to at the root. Only the other one says in a header what is asked of it.
    if headers.contains_key(end_user_messaging::TARGET) {
        return end_user_messaging::send_text_message(&state, &headers, body).await;
    }
    let mut draft = Draft::new(Provider::Sns, "Publish");
    let verdict = match read(&headers, body, &mut draft) {
        Ok(()) => state.judge(&draft, Reach::Call),
        Err(refusal) => Verdict::refused(refusal),
    };
    let message_id = draft.message_id.clone();
    let status = verdict.status();
    state.keep(draft, &verdict, status);
    verdict.conclude(|| succeed(&message_id), refuse).await
}

fn read(
    headers: &HeaderMap,
    body: Result<Bytes, BytesRejection>,
    draft: &mut Draft,
) -> Result<(), Refusal> {
    draft.account =
        signature::check(headers, "sns").map_err(signature::SignatureError::in_query)?;
    let body = body.map_err(|rejection| {
        Refusal::new(
            rejection.status().as_u16(),
            "RequestEntityTooLarge",
            rejection.body_text(),
        )
    })?;
    draft.raw = Some(body.clone());
    let fields: BTreeMap<String, String> = form_urlencoded::parse(&body).into_owned().collect();
    let field = |name: &str| fields.get(name).map_or("", String::as_str);
    match field("Action") {
        "Publish" => {}
        "" => {
            return Err(Refusal::new(
                400,
                "MissingAction",
                "The request is missing an action or a required parameter.",
            ));
        }
        action => {
            return Err(Refusal::new(
                400,
                "InvalidAction",
                format!("The action {action} is not valid for this endpoint."),
            ));
        }
    }
    let target = field("TargetArn");
    if target.contains(":endpoint/") {
        return endpoint::read(target, &fields, read_attributes(&fields), draft);
    }
    let phone_number = field("PhoneNumber");
    let text = field("Message");
    if phone_number.is_empty() {
        return Err(if field("TopicArn").is_empty() && target.is_empty() {
            Refusal::invalid_parameter(
                "TopicArn or TargetArn Reason: no value for required parameter",
            )
        } else {
            Refusal::new(404, "NotFound", "Topic does not exist")
        });
    }
    draft.recipients = vec![phone_number.to_owned()];
    draft.message = Some(Message::Sms(SmsMessage {
        phone_number: phone_number.to_owned(),
        text: text.to_owned(),
        attributes: read_attributes(&fields),
    }));
    if !is_e164(phone_number) {
        return Err(Refusal::invalid_parameter(format_args!(
            "PhoneNumber Reason: {phone_number} is not valid to publish to"
        )));
    }
    if !fields.contains_key("Message") {
        return Err(Refusal::new(
            400,
            "ValidationError",
            "1 validation error detected: Value null at 'message' failed to satisfy constraint: Member must not be null",
        ));
    }
    if text.is_empty() {
        return Err(Refusal::invalid_parameter("Empty message"));
    }
    if text.chars().count() > MAXIMUM_CHARACTERS {
        return Err(Refusal::invalid_parameter("Message too long"));
    }
    check_attributes(&fields)
}

/// A plus sign and 7 to 15 digits, the first of them not zero.
fn is_e164(number: &str) -> bool {
    number.strip_prefix('+').is_some_and(|digits| {
        (7..=15).contains(&digits.len())
            && !digits.starts_with('0')
            && digits.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// Entries are numbered from 1 on and come in any order.
fn attribute_names(fields: &Named) -> impl Iterator<Item = (&str, &str)> {
    fields.iter().filter_map(|(key, name)| {
        let entry = key.strip_suffix(".Name")?;
        entry.strip_prefix("MessageAttributes.entry.")?;
        Some((entry, name.as_str()))
    })
}

fn read_attributes(fields: &Named) -> Named {
    attribute_names(fields)
        .map(|(entry, name)| {
            let value = fields
                .get(&format!("{entry}.Value.StringValue"))
                .or_else(|| fields.get(&format!("{entry}.Value.BinaryValue")));
            (name.to_owned(), value.cloned().unwrap_or_default())
        })
        .collect()
}

fn check_attributes(fields: &Named) -> Result<(), Refusal> {
    for (entry, name) in attribute_names(fields) {
        let value = fields
            .get(&format!("{entry}.Value.StringValue"))
            .map_or("", String::as_str);
        let is_typed = fields
            .get(&format!("{entry}.Value.DataType"))
            .is_some_and(|data_type| !data_type.is_empty());
        if !is_typed {
            return Err(Refusal::new(
                400,
                "ParameterValueInvalid",
                format!(
                    "The message attribute '{name}' must contain non-empty message attribute type."
                ),
            ));
        }
        let is_valid = match name {
            "AWS.SNS.SMS.SMSType" => matches!(value, "Promotional" | "Transactional"),
            "AWS.SNS.SMS.SenderID" => {
                (1..=11).contains(&value.len())
                    && value.bytes().all(|byte| byte.is_ascii_alphanumeric())
                    && value.bytes().any(|byte| byte.is_ascii_alphabetic())
            }
            "AWS.SNS.SMS.MaxPrice" => value.parse::<f64>().is_ok_and(|price| price >= 0.0),
            _ => true,
        };
        if !is_valid {
            return Err(Refusal::invalid_parameter(format_args!(
                "MessageAttributes Reason: the value of {name} is not valid"
            )));
        }
    }
    Ok(())
}

fn succeed(message_id: &str) -> Response {
    let request_id = Uuid::new_v4();
    let body = format!(
        "<PublishResponse xmlns=\"{NAMESPACE}\">\
           <PublishResult><MessageId>{message_id}</MessageId></PublishResult>\
           <ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata>\
         </PublishResponse>"
    );
    answer(StatusCode::OK, body, request_id)
}

fn refuse(refusal: &Refusal) -> Response {
    let request_id = Uuid::new_v4();
    let status = StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let side = if status.is_server_error() {
        "Receiver"
    } else {
        "Sender"
    };
    let body = format!(
        "<ErrorResponse xmlns=\"{NAMESPACE}\">\
           <Error><Type>{side}</Type><Code>{}</Code><Message>{}</Message></Error>\
           <RequestId>{request_id}</RequestId>\
         </ErrorResponse>",
        escape(&refusal.code),
        escape(&refusal.message)
    );
    let mut response = answer(status, body, request_id);
    if let Some(seconds) = refusal.retry_after_seconds {
        response.headers_mut().insert(RETRY_AFTER, seconds.into());
    }
    response
}

fn answer(status: StatusCode, body: String, request_id: Uuid) -> Response {
    let mut response = (status, body).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/xml"));
    if let Ok(id) = HeaderValue::from_str(&request_id.to_string()) {
        headers.insert("x-amzn-requestid", id);
    }
    response
}

/// Control characters cannot be written in XML 1.0 at all.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            control if control.is_control() => escaped.push(' '),
            other => escaped.push(other),
        }
    }
    escaped
}
