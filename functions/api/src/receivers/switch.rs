//! Switching channels on and off for one receiver.

use std::collections::BTreeMap;

use axum::{Json as AxumJson, extract::State};
use carillon_domain::{
    campaign::Campaign,
    channel::Channel,
    receiver::{OffReason, Receiver},
};
use carillon_store::Switched;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{hold::hold, receiver::ReceiverBody};
use crate::{
    authentication::Caller,
    body::Json,
    campaigns::{find, require_draft},
    failure::Failure,
    findings::Findings,
    names::ChannelName,
    path::{CampaignPath, ReceiverPath},
    problem::Problem,
    state::AppState,
};

/// Which channels to switch.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SwitchChannels {
    /// Each channel with whether the message goes out. Channels that are absent stay.
    #[schema(value_type = BTreeMap<ChannelName, bool>)]
    channels: BTreeMap<String, bool>,
}

/// Switch channels for one receiver
///
/// While the campaign is a draft.
#[utoipa::path(
    patch,
    path = "/v1/campaigns/{campaign}/receivers/{receiver}",
    operation_id = "switch_receiver",
    tag = "receivers",
    params(ReceiverPath),
    request_body = SwitchChannels,
    responses((status = OK, description = "The receiver as it is now.", body = ReceiverBody)),
    extensions(("x-problems" = json!(["not-a-draft", "duplicate-address"]))),
)]
pub(crate) async fn switch(
    State(state): State<AppState>,
    caller: Caller,
    path: ReceiverPath,
    Json(body): Json<SwitchChannels>,
) -> Result<AxumJson<ReceiverBody>, Failure> {
    let campaign = find(
        &state,
        &caller,
        &CampaignPath {
            campaign: path.campaign.clone(),
        },
    )
    .await?;
    require_draft(&campaign)?;
    let wanted = body.read()?;
    let held = hold(&state, &caller.tenant, &path.campaign).await?;
    let result = apply(&state, &held.campaign, &path, &wanted).await;
    held.let_go(&state).await;
    Ok(AxumJson(ReceiverBody::new(
        &campaign,
        path.receiver.to_string(),
        result?,
    )))
}

impl SwitchChannels {
    fn read(&self) -> Result<BTreeMap<Channel, bool>, Failure> {
        let mut findings = Findings::default();
        if self.channels.is_empty() {
            findings.add(
                "channels",
                "empty",
                "at least one channel, as in {\"sms\": false}",
            );
        }
        let wanted = self
            .channels
            .iter()
            .filter_map(|(name, on)| {
                let channel =
                    findings.keep(&format!("channels.{name}"), "unknown_channel", name.parse())?;
                Some((channel, *on))
            })
            .collect();
        findings.finish().map(|()| wanted)
    }
}

async fn apply(
    state: &AppState,
    campaign: &Campaign,
    path: &ReceiverPath,
    wanted: &BTreeMap<Channel, bool>,
) -> Result<Receiver, Failure> {
    let mut receiver = state
        .store
        .receiver(campaign, &path.receiver)
        .await?
        .ok_or_else(Failure::not_found)?;
    // Checked for all channels before any is written, so that a refusal changes nothing.
    let taken = wanted.iter().find(|(channel, on)| {
        **on && receiver.off.get(*channel) == Some(&OffReason::DuplicateAddress)
    });
    if let Some((channel, _)) = taken {
        return Err(duplicate_address(*channel));
    }
    for (channel, on) in wanted {
        receiver = match state
            .store
            .switch_channel(campaign, &path.receiver, *channel, *on)
            .await?
        {
            Switched::Done(receiver) => *receiver,
            Switched::NotFound => return Err(Failure::not_found()),
            Switched::DuplicateAddress => return Err(duplicate_address(*channel)),
        };
    }
    Ok(receiver)
}

fn duplicate_address(channel: Channel) -> Failure {
    Failure::new(
        Problem::DuplicateAddress,
        format!(
            "{channel} stays off, because another receiver of the campaign has the same address"
        ),
    )
}
