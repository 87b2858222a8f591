//! Preflight results in responses.

use std::collections::BTreeMap;

use carillon_compose::advice;
use carillon_domain::{
    access::Context,
    campaigns::{
        Campaign, Status,
        preflight::{ChannelView, Fault, PriceList, View},
    },
    channel::Channel,
    content::Content,
    transports::routing::Price,
};
use carillon_http::{
    failure::Failure,
    finding::{Finding, Severity},
    names::ChannelName,
};
use carillon_store::Preflight;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::{campaigns::stalled::Accounts, state::AppState};

/// What would happen if the campaign were published now.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Preflight)]
pub(crate) struct PreflightBody {
    /// `running` until every receiver has been checked, then `finished`. Repeat the request until then.
    status: PreflightStatus,
    /// When the preflight run started.
    #[schema(value_type = String, format = DateTime)]
    started_at: Timestamp,
    /// When every receiver had been checked.
    #[schema(value_type = Option<String>, format = DateTime)]
    finished_at: Option<Timestamp>,
    /// The version of the campaign that was checked.
    campaign_version: u64,
    /// The number of receivers checked so far.
    receivers: u64,
    /// The results for each channel.
    channels: Vec<ChannelPreflight>,
    /// The estimated cost, as far as prices are known; `null` without a price list.
    cost: Option<Cost>,
    /// The estimated duration, based on the limits of the accounts; `null` if they have none.
    estimated_seconds: Option<i64>,
    /// Problems that prevent publishing, and warnings.
    pub(super) findings: Vec<Finding>,
    /// Whether no finding prevents publishing.
    can_be_published: bool,
}

/// The progress of a preflight run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PreflightStatus {
    /// Not every receiver has been checked yet.
    Running,
    /// Every receiver has been checked.
    Finished,
}

/// The results for one channel.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChannelPreflight {
    /// The channel.
    channel: ChannelName,
    /// Receivers who get the message.
    receivers: u64,
    /// Receivers who get the message, by the language of their version; `default` for the top level.
    languages: BTreeMap<String, u64>,
    /// Receivers who do not get the message, by reason: `no_address`, `switched_off`, `duplicate_address`,
    /// `fixed_line`, `suppressed`, `no_route` or `no_smtputf8` (no transport accepts an address whose local part is not
    /// ASCII).
    excluded: BTreeMap<String, u64>,
    /// Receivers for whom the message cannot be rendered, by reason.
    not_renderable: BTreeMap<String, FaultBody>,
    /// Placeholders for which some receivers have no value.
    missing: BTreeMap<String, FaultBody>,
    /// Values that cannot be formatted as the message requires, by placeholder.
    unwritable: BTreeMap<String, UnwritableBody>,
    /// Text messages by their number of parts.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    segments: BTreeMap<u32, u64>,
    /// The total number of parts of all text messages.
    #[serde(skip_serializing_if = "Option::is_none")]
    total_segments: Option<u64>,
    /// Text messages with characters outside the GSM alphabet, which need more parts.
    #[serde(skip_serializing_if = "Option::is_none")]
    unicode: Option<u64>,
    /// Parts that `plain_punctuation` would save.
    #[serde(skip_serializing_if = "Option::is_none")]
    saved_segments: Option<u64>,
    /// The size of the largest HTML part of an email, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    largest_bytes: Option<usize>,
    /// The estimated cost; `null` without a price list.
    cost: Option<Cost>,
}

/// A problem with some of the receivers.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PreflightFault)]
pub(crate) struct FaultBody {
    /// The number of receivers.
    count: u64,
    /// The ids of the first receivers affected.
    examples: Vec<String>,
}

impl From<Fault> for FaultBody {
    fn from(fault: Fault) -> Self {
        Self {
            count: fault.count,
            examples: fault.examples.into_iter().map(String::from).collect(),
        }
    }
}

/// Values of a placeholder that cannot be formatted.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PreflightUnwritable)]
pub(crate) struct UnwritableBody {
    /// The reason, and what would be valid.
    #[schema(examples(
        "not a number (as in 49.90, with a decimal point and no thousands separators)"
    ))]
    reason: String,
    /// The number of receivers with such a value.
    count: u64,
    /// The first receivers affected.
    examples: Vec<UnwritableExample>,
}

/// A receiver with a value that cannot be formatted.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PreflightUnwritableExample)]
pub(crate) struct UnwritableExample {
    /// The receiver id.
    receiver: String,
    /// The value; `null` if it is not the receiver's own, or has changed since.
    value: Value,
}

/// A range of costs.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Cost {
    /// The currency.
    #[schema(examples("EUR"))]
    currency: String,
    /// The minimum.
    #[schema(examples("38.4"))]
    least: String,
    /// The maximum.
    #[schema(examples("54"))]
    most: String,
    /// Messages without a price; they are not included.
    unpriced: u64,
}

/// Puts together what was seen and found.
///
/// # Errors
/// If the store fails.
pub(super) async fn report(
    state: &AppState,
    context: &Context,
    campaign: &Campaign,
    written: &Content,
    seen: Option<(&Content, Preflight)>,
    failure: Option<&Failure>,
) -> Result<PreflightBody, Failure> {
    let (accounts, tenant) = tokio::try_join!(
        Box::pin(Accounts::read(state, context)),
        Box::pin(state.store.tenant(&campaign.tenant))
    )?;
    let now = state.clock.now();
    let prices = tenant.and_then(|tenant| tenant.prices);
    let mut findings = Vec::new();
    if let Some(failure) = failure {
        findings.extend(failure.errors().iter().map(|error| {
            Finding::new(Severity::Blocking, "invalid_content", error.detail.clone())
                .at(error.field.clone())
        }));
    }
    let ready = campaign.check_ready(written, &accounts.setup.channels(), now);
    if campaign.status == Status::Draft
        && let Err(reason) = ready
    {
        findings.push(Finding::new(
            Severity::Blocking,
            reason.code(),
            reason.to_string(),
        ));
    }
    let (content, preflight) = match seen {
        Some((content, preflight)) => (Some(content), Some(preflight)),
        None => (None, None),
    };
    if let Some(content) = content {
        findings.extend(advice(written, content).into_iter().map(|advice| {
            Finding::new(Severity::Warning, advice.code, advice.detail).at(advice.field)
        }));
    }
    let is_finished = preflight
        .as_ref()
        .is_some_and(|preflight| preflight.finished_at.is_some());
    let view = preflight
        .as_ref()
        .map(|preflight| preflight.view.clone())
        .unwrap_or_default();
    if let Some(preflight) = &preflight {
        of_receivers(&preflight.view, is_finished, prices.as_ref(), &mut findings);
    }
    let mut unwritable = unwritable(state, campaign, &view).await?;
    of_values(&unwritable, &mut findings);
    let sum = |of: fn(&ChannelView) -> u64| view.channels.values().map(of).sum::<u64>();
    let cost = prices.as_ref().map(|prices| {
        cost(
            prices,
            sum(|view| view.least),
            sum(|view| view.most),
            sum(|view| view.unpriced),
        )
    });
    let reached: BTreeMap<Channel, u64> = view
        .channels
        .iter()
        .map(|(channel, view)| (*channel, view.receivers))
        .collect();
    let estimated = accounts.estimated_seconds(campaign, &reached, view.receivers, now);
    let channels = view.channels.into_iter().map(|(channel, view)| {
        let unwritable = unwritable.remove(&channel).unwrap_or_default();
        shown(channel, view, unwritable, prices.as_ref())
    });
    Ok(PreflightBody {
        status: match is_finished || preflight.is_none() {
            true => PreflightStatus::Finished,
            false => PreflightStatus::Running,
        },
        started_at: preflight
            .as_ref()
            .map_or(now, |preflight| preflight.started_at),
        finished_at: preflight
            .as_ref()
            .map_or(Some(now), |preflight| preflight.finished_at),
        campaign_version: campaign.version,
        receivers: view.receivers,
        channels: channels.collect(),
        cost,
        estimated_seconds: estimated,
        can_be_published: campaign.status == Status::Draft
            && !findings.iter().any(Finding::is_blocking),
        findings,
    })
}

fn cost(prices: &PriceList, least: u64, most: u64, unpriced: u64) -> Cost {
    Cost {
        currency: prices.currency.clone(),
        least: Price::of_millionths(least).to_string(),
        most: Price::of_millionths(most).to_string(),
        unpriced,
    }
}

/// Placeholders whose examples are looked up, which bounds the reads of a request.
const LOOKED_UP: usize = 10;

/// Values that cannot be formatted on each channel, with the example receivers' values. They are read now and stored
/// nowhere.
async fn unwritable(
    state: &AppState,
    campaign: &Campaign,
    view: &View,
) -> Result<BTreeMap<Channel, BTreeMap<String, UnwritableBody>>, Failure> {
    let mut bodies: BTreeMap<Channel, BTreeMap<String, UnwritableBody>> = BTreeMap::new();
    for (channel, view) in &view.channels {
        for (place, (path, unwritten)) in view.unwritable.iter().enumerate() {
            let mut examples = Vec::new();
            for id in &unwritten.fault.examples {
                let receiver = match place < LOOKED_UP {
                    true => state.store.receiver(campaign, id).await?,
                    false => None,
                };
                let value = receiver.and_then(|receiver| own_value(&receiver.variables, path));
                examples.push(UnwritableExample {
                    receiver: id.to_string(),
                    value: value.unwrap_or_default(),
                });
            }
            let body = UnwritableBody {
                reason: unwritten.why.clone(),
                count: unwritten.fault.count,
                examples,
            };
            bodies
                .entry(*channel)
                .or_default()
                .insert(path.clone(), body);
        }
    }
    Ok(bodies)
}

fn own_value(variables: &Map<String, Value>, path: &str) -> Option<Value> {
    let mut names = path.split('.');
    let first = variables.get(names.next()?)?;
    names
        .try_fold(first, |place, name| place.get(name))
        .cloned()
}

/// Findings about values that cannot be formatted.
fn of_values(
    unwritable: &BTreeMap<Channel, BTreeMap<String, UnwritableBody>>,
    findings: &mut Vec<Finding>,
) {
    for (channel, paths) in unwritable {
        for (path, body) in paths {
            let value = body.examples.iter().map(|example| &example.value);
            let value = value.into_iter().find(|value| !value.is_null());
            let example = value.map(|value| format!(", for example {value}"));
            let detail = format!(
                "{} a value for {path} that cannot be formatted{}, and will not get the message by {}: {}",
                counted(body.count, "receiver has", "receivers have"),
                example.unwrap_or_default(),
                channel.in_words(),
                body.reason
            );
            findings.push(
                Finding::new(Severity::Warning, "invalid_value", detail)
                    .on(*channel)
                    .at(path.clone())
                    .of(body.count),
            );
        }
    }
}

fn shown(
    channel: Channel,
    view: ChannelView,
    unwritable: BTreeMap<String, UnwritableBody>,
    prices: Option<&PriceList>,
) -> ChannelPreflight {
    let faults = |faults: BTreeMap<String, Fault>| {
        faults
            .into_iter()
            .map(|(name, fault)| (name, fault.into()))
            .collect()
    };
    let languages = view
        .languages
        .into_iter()
        .map(|(tag, count)| match tag.is_empty() {
            true => ("default".to_owned(), count),
            false => (tag, count),
        });
    let has_segments = channel.properties().has_segments;
    let total = view
        .parts
        .iter()
        .map(|(parts, count)| u64::from(*parts) * count)
        .sum();
    ChannelPreflight {
        channel: channel.into(),
        receivers: view.receivers,
        languages: languages.collect(),
        excluded: view.excluded,
        not_renderable: faults(view.not_renderable),
        missing: faults(view.missing),
        unwritable,
        segments: view.parts,
        total_segments: has_segments.then_some(total),
        unicode: has_segments.then_some(view.unicode),
        saved_segments: has_segments.then_some(view.saved_parts),
        largest_bytes: (channel == Channel::Email).then_some(view.largest),
        cost: prices.map(|prices| cost(prices, view.least, view.most, view.unpriced)),
    }
}

/// A count with its noun, singular or plural.
fn counted(count: u64, one: &str, many: &str) -> String {
    let noun = if count == 1 { one } else { many };
    format!("{count} {noun}")
}

/// Findings about receivers.
fn of_receivers(
    view: &View,
    is_finished: bool,
    prices: Option<&PriceList>,
    findings: &mut Vec<Finding>,
) {
    let warn = |code: &str, detail: String| Finding::new(Severity::Warning, code, detail);
    if is_finished && view.receivers == 0 {
        findings.push(Finding::new(
            Severity::Blocking,
            "no_receivers",
            "the campaign has no receivers",
        ));
        return;
    }
    let reaches_somebody = view.channels.values().any(|view| view.receivers > 0);
    if is_finished && !reaches_somebody {
        let detail =
            "nobody would receive this: everyone is excluded or the message cannot be rendered";
        findings.push(Finding::new(Severity::Blocking, "nobody_reached", detail));
    }
    for (channel, view) in &view.channels {
        if is_finished && reaches_somebody && view.receivers == 0 {
            let detail = format!("nobody would receive this by {}", channel.in_words());
            findings.push(warn("nobody_reached", detail).on(*channel));
        }
        for (path, fault) in &view.missing {
            let detail = format!(
                "{} no value for {path} and will not get the message by {}",
                counted(fault.count, "receiver has", "receivers have"),
                channel.in_words()
            );
            findings.push(
                warn("missing_value", detail)
                    .on(*channel)
                    .at(path.clone())
                    .of(fault.count),
            );
        }
        for (code, fault) in view
            .not_renderable
            .iter()
            .filter(|(code, _)| !["missing_value", "invalid_value"].contains(&code.as_str()))
        {
            let detail = format!(
                "the message cannot be rendered by {} for {}: {code}",
                channel.in_words(),
                counted(fault.count, "receiver", "receivers")
            );
            findings.push(warn("not_renderable", detail).on(*channel).of(fault.count));
        }
        if view.window_only > 0 {
            let detail = format!(
                "{} will get the message only if they wrote to you within the last day, because there is no approved template",
                counted(view.window_only, "receiver", "receivers")
            );
            findings.push(
                warn("outside_window", detail)
                    .on(*channel)
                    .of(view.window_only),
            );
        }
        if view.clipped > 0 {
            let detail = format!(
                "{} larger than 102 KB, and Gmail shows only the first 102 KB; the largest has {} bytes",
                counted(view.clipped, "email is", "emails are"),
                view.largest
            );
            findings.push(warn("clipped", detail).on(*channel).of(view.clipped));
        }
        if view.saving > 0 {
            let parts: u64 = view
                .parts
                .iter()
                .map(|(parts, count)| u64::from(*parts) * count)
                .sum();
            let detail = format!(
                "typographic quotes, dashes or dots make {} Unicode; with plain_punctuation, all text messages together would need {} parts instead of {parts}",
                counted(view.saving, "text message", "text messages"),
                parts.saturating_sub(view.saved_parts)
            );
            findings.push(
                warn("costly_punctuation", detail)
                    .on(*channel)
                    .of(view.saving),
            );
        }
        if prices.is_some() && view.unpriced > 0 {
            let detail = format!(
                "{} no price",
                counted(view.unpriced, "message has", "messages have")
            );
            findings.push(warn("unpriced", detail).on(*channel).of(view.unpriced));
        }
    }
}
