//! Changing a receiver: addresses, name and values, and the channels on which they get the message.

use std::collections::BTreeMap;

use axum::{Json as AxumJson, extract::State};
use carillon_domain::{
    access::{Context, permission::require},
    address::Region,
    campaigns::{Campaign, Status},
    channel::Channel,
    channel_address::Address,
    delivery::{CannotResend, State as DeliveryState},
    receivers::{CORRECTIONS, Correction, NewReceiver, OffReason, Reach, Receiver, Source},
};
use carillon_http::{
    authentication::Allowed,
    body::{Json, not_null},
    failure::Failure,
    findings::Findings,
    names::ChannelName,
    problem::Problem,
};
use carillon_store::{CorrectOutcome, DeliveryRow, Settlement, Switched};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::{
    hold::hold,
    receiver::{NewReceiverBody, ReceiverBody},
};
use crate::{
    delivery::{Enqueuer, not_settleable},
    found::{TRIES, changed_meanwhile, find, not_a_draft, not_running},
    path::{CampaignPath, ReceiverPath},
    state::AppState,
};

/// The changes to a receiver. Absent fields stay unchanged.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeReceiver {
    /// Switches channels on or off for the receiver. Absent channels stay unchanged.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = BTreeMap<ChannelName, bool>, required = false)]
    channels: Option<BTreeMap<String, bool>>,
    /// The first name, at most 100 characters.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = String, required = false)]
    first_name: Option<String>,
    /// The last name, at most 100 characters.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = String, required = false)]
    last_name: Option<String>,
    /// The email address.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = String, required = false, examples("ann@example.com"))]
    email: Option<String>,
    /// The phone number with its country code, or a national number in the campaign's default region.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = String, required = false, examples("+442079460000"))]
    mobile: Option<String>,
    /// The device or browser, prefixed with its push service.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = String, required = false)]
    push: Option<String>,
    /// The preferred language (BCP 47).
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = String, required = false)]
    language: Option<String>,
    /// The country of a national phone number: two letters (ISO 3166-1), or its name.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = String, required = false)]
    region: Option<String>,
    /// Placeholder values by name. Absent names stay unchanged.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = Object, required = false)]
    variables: Option<Map<String, Value>>,
}

/// Change a receiver
///
/// While the campaign is a draft, everything can be changed.
///
/// Once it is published, a wrong address can be corrected: `email`, `mobile` or `push`. The message is then sent again
/// to the new address, on every channel of the campaign that uses it; the earlier result stays on record. Each of these
/// deliveries must be final. A channel for which the receiver had no address when the campaign was published gets no
/// message.
#[utoipa::path(
    patch,
    path = "/v1/campaigns/{campaign}/receivers/{receiver}",
    operation_id = "change_receiver",
    tag = "receivers",
    params(ReceiverPath),
    request_body = ChangeReceiver,
    responses((status = OK, description = "The updated receiver.", body = ReceiverBody)),
    extensions(("x-problems" = json!(["not-a-draft", "duplicate-address", "not-running", "not-settleable", "changed-meanwhile"]))),
)]
pub(crate) async fn change(
    State(state): State<AppState>,
    Allowed(context, _): Allowed<require::WriteCampaigns>,
    path: ReceiverPath,
    Json(body): Json<ChangeReceiver>,
) -> Result<AxumJson<ReceiverBody>, Failure> {
    let of_campaign = CampaignPath {
        campaign: path.campaign.clone(),
    };
    let campaign = find(&state, &context, &of_campaign).await?;
    let receiver = match campaign.status {
        Status::Published | Status::Paused | Status::Completed if body.is_of_addresses() => {
            readdress(&state, &context, &campaign, &path, body).await?
        }
        Status::Canceled if body.is_of_addresses() => return Err(not_running(campaign.status)),
        Status::Draft => {
            let wanted = body.read_channels()?;
            let held = hold(&state, &context, &path.campaign).await?;
            let changed = in_draft(&state, &context, &held.campaign, &path, body, &wanted).await;
            held.let_go(&state, &context).await;
            changed?
        }
        status => return Err(not_a_draft(status)),
    };
    let body = ReceiverBody::new(&campaign, path.receiver.to_string(), receiver);
    Ok(AxumJson(body))
}

impl ChangeReceiver {
    /// Whether only addresses are changed.
    fn is_of_addresses(&self) -> bool {
        let has_address = self.email.is_some() || self.mobile.is_some() || self.push.is_some();
        let has_other = self.channels.is_some()
            || self.first_name.is_some()
            || self.last_name.is_some()
            || self.language.is_some()
            || self.variables.is_some();
        has_address && !has_other
    }

    fn read_channels(&self) -> Result<BTreeMap<Channel, bool>, Failure> {
        let mut findings = Findings::default();
        let is_empty = self.channels.as_ref().is_some_and(BTreeMap::is_empty);
        let has_person = self.first_name.is_some()
            || self.last_name.is_some()
            || self.email.is_some()
            || self.mobile.is_some()
            || self.push.is_some()
            || self.language.is_some()
            || self.variables.is_some();
        if is_empty || (self.channels.is_none() && !has_person) {
            findings.add(
                "channels",
                "empty",
                "at least one change, for example {\"channels\": {\"sms\": false}} or {\"email\": \"ann@example.com\"}",
            );
        }
        let wanted = self
            .channels
            .iter()
            .flatten()
            .filter_map(|(name, on)| {
                let channel =
                    findings.keep(&format!("channels.{name}"), "unknown_channel", name.parse())?;
                Some((channel, *on))
            })
            .collect();
        findings.finish().map(|()| wanted)
    }

    /// The receiver with the changes applied.
    fn apply(self, region: Option<Region>, before: &Receiver) -> Result<Receiver, Failure> {
        let given = NewReceiverBody {
            first_name: self.first_name,
            last_name: self.last_name,
            email: self.email,
            mobile: self.mobile,
            push: self.push,
            language: self.language,
            region: self.region,
            variables: self.variables.unwrap_or_default(),
        };
        let mut findings = Findings::default();
        given.check_variables("", &mut findings);
        let mut given = NewReceiver::from(given);
        let is_given = |text: &Option<String>| {
            let text = text.as_deref();
            text.is_some_and(|text| !text.trim().is_empty())
        };
        let addresses = [
            ("email", &given.email),
            ("mobile", &given.mobile),
            ("push", &given.push),
        ];
        for (field, text) in addresses {
            if text.is_some() && !is_given(text) {
                findings.add(
                    field,
                    "empty",
                    "an address; to send nothing there, switch the channel off",
                );
            }
        }
        // Existing addresses are included, so that a receiver without any address is never created.
        let own = |channel| before.address(channel).map(|own| own.expose().to_owned());
        given.email = given.email.or_else(|| own(Channel::Email));
        given.mobile = given.mobile.or_else(|| own(Channel::Sms));
        given.push = given.push.or_else(|| own(Channel::Push));
        let read = given.parse(region, Source::Manual);
        let read = read.map_err(|problems| findings.add_fields(problems));
        let Ok(read) = read else {
            return Err(findings.into());
        };
        findings.finish()?;
        let mut after = before.corrected(&read).unwrap_or_else(|| before.clone());
        (after.email, after.mobile, after.push) = (read.email, read.mobile, read.push);
        for (channels, _) in before.changed_addresses(&after) {
            // Nobody else has the new address, or it is refused; its own kind decides whether it gets text messages.
            after.off.retain(|channel, reason| {
                !channels.contains(channel) || *reason == OffReason::SwitchedOff
            });
            let of_new = read.off.iter();
            for (channel, reason) in of_new.filter(|(channel, _)| channels.contains(channel)) {
                after.off.entry(*channel).or_insert(*reason);
            }
        }
        Ok(after)
    }
}

/// Changes a receiver of a draft.
async fn in_draft(
    state: &AppState,
    context: &Context,
    campaign: &Campaign,
    path: &ReceiverPath,
    body: ChangeReceiver,
    wanted: &BTreeMap<Channel, bool>,
) -> Result<Receiver, Failure> {
    let before = state.store.receiver(campaign, &path.receiver).await?;
    let before = before.ok_or_else(Failure::not_found)?;
    let after = body.apply(campaign.default_region, &before)?;
    // All channels are checked before any is written, so that a refusal changes nothing.
    let taken = wanted
        .iter()
        .find(|(channel, on)| **on && after.has_duplicate_address(**channel));
    if let Some((channel, _)) = taken {
        return Err(duplicate_address(*channel));
    }
    let people = (&before, &after);
    let written = state
        .store
        .correct_address(context, campaign, &path.receiver, people, &[])
        .await?;
    match written {
        CorrectOutcome::Done(_) => {}
        CorrectOutcome::Taken => return Err(taken_address()),
        CorrectOutcome::Changed => return Err(changed_meanwhile()),
    }
    let mut receiver = after;
    for (channel, on) in wanted {
        receiver = match state
            .store
            .switch_channel(context, campaign, &path.receiver, *channel, *on)
            .await?
        {
            Switched::Done(receiver) => *receiver,
            Switched::NotFound => return Err(Failure::not_found()),
            Switched::DuplicateAddress => return Err(duplicate_address(*channel)),
        };
    }
    Ok(receiver)
}

/// Corrects addresses of a published campaign's receiver and resends the deliveries that went to them.
async fn readdress(
    state: &AppState,
    context: &Context,
    campaign: &Campaign,
    path: &ReceiverPath,
    body: ChangeReceiver,
) -> Result<Receiver, Failure> {
    let mut wanted = Some(body);
    let mut read: Option<(Receiver, Receiver)> = None;
    for _ in 0..TRIES {
        let before = state.store.receiver(campaign, &path.receiver).await?;
        let before = before.ok_or_else(Failure::not_found)?;
        let addresses = match (&read, wanted.take()) {
            (Some((_, after)), _) => after.clone(),
            (None, Some(body)) => body.apply(campaign.default_region, &before)?,
            (None, None) => return Err(changed_meanwhile()),
        };
        let mut after = Receiver {
            email: addresses.email.clone(),
            mobile: addresses.mobile.clone(),
            push: addresses.push.clone(),
            ..before.clone()
        };
        read = Some((before.clone(), addresses));
        let changed = before.changed_addresses(&after);
        if changed.is_empty() {
            return Ok(before);
        }
        let now = state.clock.now();
        let mut again = Vec::new();
        for (channels, was) in changed {
            let rows = again_on(state, campaign, path, &before, channels).await?;
            let was = was.filter(|_| !rows.is_empty());
            let was = was.ok_or_else(never_begun)?;
            after.corrections.push(correction(context, was, &rows, now));
            again.extend(rows);
        }
        if after.corrections.len() > CORRECTIONS {
            let detail = format!("an address can be corrected at most {CORRECTIONS} times");
            return Err(Failure::field("email", "too_many", detail));
        }
        let handover = Enqueuer::prepare(state, campaign, Settlement::Resend).await?;
        let people = (&before, &after);
        let written = state
            .store
            .correct_address(context, campaign, &path.receiver, people, &again)
            .await?;
        match written {
            CorrectOutcome::Done(tasks) => {
                handover.send(state, campaign, tasks).await;
                return Ok(after);
            }
            CorrectOutcome::Taken => return Err(taken_address()),
            // Another writer came first; read the current state.
            CorrectOutcome::Changed => {}
        }
    }
    Err(changed_meanwhile())
}

/// The deliveries that went to an address, all of which must be final.
async fn again_on(
    state: &AppState,
    campaign: &Campaign,
    path: &ReceiverPath,
    receiver: &Receiver,
    channels: &[Channel],
) -> Result<Vec<DeliveryRow>, Failure> {
    let mut rows = Vec::new();
    let shard = path.receiver.shard(campaign.shards);
    for channel in channels {
        if !campaign.channels.contains(channel) || receiver.reach(*channel) != Reach::On {
            continue;
        }
        let (tenant, id) = (&campaign.tenant, &campaign.id);
        let delivery = state
            .store
            .delivery(tenant, id, shard, &path.receiver, *channel)
            .await?;
        let row = DeliveryRow::new(
            campaign,
            path.receiver.clone(),
            receiver.clone(),
            *channel,
            delivery,
        );
        if !row.state.is_final() {
            return Err(not_settleable(row.state, CannotResend::UnderWay));
        }
        rows.push(row);
    }
    Ok(rows)
}

fn correction(context: &Context, was: Address, rows: &[DeliveryRow], now: Timestamp) -> Correction {
    let until = rows.iter().map(|row| {
        let resends = row.delivery.as_ref().map_or(0, |delivery| delivery.resends);
        (row.channel, resends)
    });
    Correction {
        was,
        at: now,
        by: context.actor.to_string(),
        until: until.collect(),
    }
}

fn never_begun() -> Failure {
    not_settleable(DeliveryState::Skipped, CannotResend::NeverBegun)
}

fn taken_address() -> Failure {
    Failure::new(
        Problem::DuplicateAddress,
        "another receiver of the campaign has this address and gets the message there",
    )
}

fn duplicate_address(channel: Channel) -> Failure {
    Failure::new(
        Problem::DuplicateAddress,
        format!(
            "{channel} cannot be switched on because another receiver of the campaign has the same address"
        ),
    )
}

#[cfg(test)]
mod tests {
    use carillon_domain::address::EmailAddress;
    use serde_json::json;

    use super::*;

    fn ann() -> Receiver {
        let new = NewReceiver {
            first_name: Some("Ann".to_owned()),
            email: Some("ann@gmial.com".to_owned()),
            mobile: Some("+442079460000".to_owned()),
            variables: json!({ "a": 1, "b": 2 }).as_object().unwrap().clone(),
            ..NewReceiver::default()
        };
        new.parse(None, Source::Manual).unwrap()
    }

    fn apply(body: Value) -> Result<Receiver, Failure> {
        let body: ChangeReceiver = serde_json::from_value(body).unwrap();
        body.apply(Region::try_from("GB".to_owned()).ok(), &ann())
    }

    #[test]
    fn given_fields_replace_existing_ones() {
        let after = apply(json!({ "email": " ann@gmail.com ", "variables": { "b": 3 } })).unwrap();
        let expected = Receiver {
            email: EmailAddress::parse("ann@gmail.com").ok(),
            variables: json!({ "a": 1, "b": 3 }).as_object().unwrap().clone(),
            ..ann()
        };
        assert_eq!(after, expected);
        let [(channels, was)] = &ann().changed_addresses(&after)[..] else {
            panic!("one address was changed");
        };
        assert_eq!(*channels, [Channel::Email]);
        assert_eq!(*was, ann().email.map(Address::Email));
        let after = apply(json!({ "mobile": "020 7946 0001", "first_name": "Anne" })).unwrap();
        assert_eq!(after.first_name.as_deref(), Some("Anne"));
        assert_eq!(after.mobile.unwrap().expose(), "+442079460001");
    }

    #[test]
    fn an_invalid_address_is_refused_with_its_field() {
        for (bad, field) in [
            (json!({ "email": "ann" }), "email"),
            (json!({ "email": "" }), "email"),
            (json!({ "mobile": "12" }), "mobile"),
        ] {
            let failure = apply(bad.clone()).unwrap_err();
            assert!(format!("{failure:?}").contains(field), "{bad}");
        }
    }
}
