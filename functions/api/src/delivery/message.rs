//! The message as one receiver gets it.

use axum::{Json, extract::State};
use carillon_domain::{access::permission::require, content::render::Rendered};
use carillon_http::{authentication::Allowed, failure::Failure, names::ChannelName};
use serde::Serialize;
use utoipa::ToSchema;

use super::address;
use crate::{
    content::{
        body::TemplateBody,
        composing::as_sent,
        rendered::{RenderedParts, renderer, unrendered},
    },
    found::find,
    path::{CampaignPath, DeliveryPath},
    state::AppState,
};

/// A message as rendered for one receiver.
#[derive(Serialize, ToSchema)]
pub(crate) struct Message {
    /// The channel.
    channel: ChannelName,
    /// The address of the receiver.
    to: Option<String>,
    /// The subject of an email.
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    /// The HTML part of an email.
    #[serde(skip_serializing_if = "Option::is_none")]
    html: Option<String>,
    /// The address for replies to an email, if it is not the sender address.
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_to: Option<String>,
    /// The text part of an email, the text message, or the text of a push notification.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    /// The filled-in template of a WhatsApp message.
    #[serde(skip_serializing_if = "Option::is_none")]
    template: Option<TemplateBody>,
    /// The title of a push notification.
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    /// The URL of the icon of a push notification.
    #[serde(skip_serializing_if = "Option::is_none")]
    icon: Option<String>,
    /// The URL that opens when a push notification is tapped.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    /// A fingerprint of the message.
    digest: String,
    /// Whether this is identical to what was passed to the provider; `null` if nothing has been passed yet.
    matches: Option<bool>,
}

/// Show a rendered message
///
/// Rendered from the content with which the campaign was published and from the snapshot of the receiver, so it is
/// identical to what was sent, byte for byte. For a draft it is a preview. The personal unsubscribe link of the
/// receiver is replaced with `https://unsubscribe.invalid/`.
#[utoipa::path(
    get,
    path = "/v1/campaigns/{campaign}/deliveries/{receiver}/{channel}/message",
    operation_id = "show_message",
    tag = "deliveries",
    params(DeliveryPath),
    responses((status = OK, description = "The message.", body = Message)),
    extensions(("x-problems" = json!(["not-renderable"]))),
)]
pub(crate) async fn show(
    State(state): State<AppState>,
    Allowed(context, _): Allowed<require::ReadHistory>,
    path: DeliveryPath,
) -> Result<Json<Message>, Failure> {
    let DeliveryPath {
        campaign,
        receiver: id,
        channel,
    } = path;
    let campaign = find(&state, &context, &CampaignPath { campaign }).await?;
    let shard = id.shard(campaign.shards);
    let (receiver, delivery, content) = tokio::join!(
        state.store.receiver(&campaign, &id),
        state
            .store
            .delivery(&context.tenant, &campaign.id, shard, &id, channel),
        as_sent(&state, &context, &campaign),
    );
    // A missing receiver is reported before anything about the content.
    let receiver = receiver?.ok_or_else(Failure::not_found)?;
    let (delivery, content) = (delivery?, content?);
    let renderer = renderer(&campaign.name, &content)?;
    let rendered = renderer
        .render(channel, &receiver)
        .map_err(|error| unrendered(&error))?;
    let recorded = delivery.and_then(|delivery| delivery.digest);
    let rendered = as_recorded(rendered, recorded.as_deref());
    let digest = rendered.digest();
    let parts = RenderedParts::from(rendered);
    Ok(Json(Message {
        channel: channel.into(),
        to: address(&receiver, channel),
        subject: parts.subject,
        html: parts.html,
        reply_to: parts.reply_to,
        text: parts.text,
        template: parts.template,
        title: parts.title,
        icon: parts.icon,
        url: parts.url,
        matches: recorded.map(|recorded| recorded == digest),
        digest,
    }))
}

/// For WhatsApp either the text or the template was sent; until then both are shown.
fn as_recorded(rendered: Rendered, recorded: Option<&str>) -> Rendered {
    let Some(recorded) = recorded else {
        return rendered;
    };
    let sent = [true, false].into_iter().find_map(|is_open| {
        let candidate = rendered.clone().within_window(is_open).ok()?;
        (candidate.digest() == recorded).then_some(candidate)
    });
    sent.unwrap_or(rendered)
}
