//! `SendBulkEmail`: one template, many destinations, a status for each.

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use serde_json::json;

use super::compose::{Pieces, compose};
use super::template;
use super::wire::{BulkEntry, SendBulkEmail};
use super::{
    MAXIMUM_RECIPIENTS, addresses, answer, bare_recipients, check_signature, finish, parse,
    read_envelope, read_tags, refuse,
};
use crate::simulator::calls::Provider;
use crate::simulator::faults::Reach;
use crate::simulator::refusal::Refusal;
use crate::simulator::state::{Draft, SharedState, Verdict};

pub(super) async fn send_bulk_email(
    State(state): State<SharedState>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let mut whole = Draft::new(Provider::Ses, "SendBulkEmail");
    let request = match read(&headers, body, &mut whole) {
        Ok(request) => request,
        Err(refusal) => {
            let verdict = Verdict::refused(refusal.clone());
            state.keep(whole, &verdict, Some(refusal.status));
            return refuse(&refusal);
        }
    };
    let entries: Vec<(Draft, Option<Refusal>)> = request
        .bulk_email_entries
        .iter()
        .map(|entry| {
            let mut draft = Draft::new(Provider::Ses, "SendBulkEmail");
            draft.account.clone_from(&whole.account);
            let refusal = read_entry(&request, entry, &mut draft).err();
            (draft, refusal)
        })
        .collect();
    whole.recipients = entries
        .iter()
        .flat_map(|(draft, _)| draft.recipients.clone())
        .collect();
    let verdict = state.judge(&whole, Reach::BulkCall);
    let mut results = Vec::with_capacity(entries.len());
    for (draft, refusal) in entries {
        if verdict.is_dropped() || verdict.refusal.is_some() {
            let status = verdict.status();
            state.keep(draft, &verdict, status);
            continue;
        }
        let verdict = match refusal {
            Some(refusal) => Verdict::refused(refusal),
            None => state.judge(&draft, Reach::BulkEntry),
        };
        results.push(match &verdict.refusal {
            None => json!({ "Status": "SUCCESS", "MessageId": draft.message_id }),
            Some(refusal) => json!({ "Status": entry_status(refusal), "Error": refusal.message }),
        });
        state.keep(draft, &verdict, Some(200));
    }
    verdict
        .conclude(
            || answer(StatusCode::OK, &json!({ "BulkEmailEntryResults": results })),
            refuse,
        )
        .await
}

fn read(
    headers: &HeaderMap,
    body: Result<Bytes, BytesRejection>,
    whole: &mut Draft,
) -> Result<SendBulkEmail, Refusal> {
    whole.account = check_signature(headers)?;
    let request: SendBulkEmail = parse(body)?;
    let Some(template) = &request.default_content.template else {
        return Err(Refusal::bad_request("DefaultContent needs a Template."));
    };
    template::content(template)?;
    read_tags(&request.default_email_tags)?;
    match request.bulk_email_entries.len() {
        0 => Err(Refusal::bad_request("BulkEmailEntries must not be empty.")),
        1..=MAXIMUM_RECIPIENTS => Ok(request),
        _ => Err(Refusal::bad_request(format!(
            "Destination count exceeds {MAXIMUM_RECIPIENTS}."
        ))),
    }
}

fn read_entry(
    request: &SendBulkEmail,
    entry: &BulkEntry,
    draft: &mut Draft,
) -> Result<(), Refusal> {
    if let Some(destination) = &entry.destination {
        draft.recipients = bare_recipients(destination);
    }
    let mut tags = read_tags(&request.default_email_tags)?;
    tags.extend(read_tags(&entry.replacement_tags)?);
    let envelope = read_envelope(
        request.from_email_address.as_deref(),
        entry.destination.as_ref(),
        &request.reply_to_addresses,
    )?;
    let template = request.default_content.template.clone().unwrap_or_default();
    let mut values = template::read_values(template.template_data.as_deref())?;
    let replacement = &entry.replacement_email_content.replacement_template;
    values.extend(template::read_values(
        replacement.replacement_template_data.as_deref(),
    )?);
    let rendered = template::render(template::content(&template)?, &values);
    let mut headers = template.headers.clone();
    for replacement in &entry.replacement_headers {
        headers.retain(|header| !header.name.eq_ignore_ascii_case(&replacement.name));
        headers.push(replacement.clone());
    }
    let pieces = Pieces {
        subject: rendered.subject,
        text: rendered.text,
        html: rendered.html,
        headers,
        attachments: template.attachments,
    };
    let raw = compose(&envelope, pieces, &draft.message_id)?;
    finish(draft, raw, |email| {
        email.bcc = addresses(&envelope.bcc);
        email.tags = tags;
        email
            .configuration_set
            .clone_from(&request.configuration_set_name);
        email.rendering_failure = rendered.failure;
    })
}

/// The entry status that corresponds to an error of a whole call.
fn entry_status(refusal: &Refusal) -> &'static str {
    match refusal.code.as_str() {
        "MessageRejected" => "MESSAGE_REJECTED",
        "MailFromDomainNotVerifiedException" => "MAIL_FROM_DOMAIN_NOT_VERIFIED",
        "NotFoundException" => "TEMPLATE_NOT_FOUND",
        "AccountSuspendedException" => "ACCOUNT_SUSPENDED",
        "TooManyRequestsException" => "ACCOUNT_THROTTLED",
        "LimitExceededException" => "ACCOUNT_DAILY_QUOTA_EXCEEDED",
        "SendingPausedException" => "ACCOUNT_SENDING_PAUSED",
        "BadRequestException" => "INVALID_PARAMETER",
        _ if refusal.status >= 500 => "TRANSIENT_FAILURE",
        _ => "FAILED",
    }
}
