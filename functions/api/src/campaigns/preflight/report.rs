//! What was seen, as it stands in answers.

use std::collections::BTreeMap;

use carillon_compose::advice;
use carillon_domain::{
    campaign::{Campaign, Status},
    channel::Channel,
    content::Content,
    preflight::{ChannelView, Fault, PriceList, View},
    routing::Price,
};
use carillon_store::Preflight;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{campaigns::stalled::Accounts, failure::Failure, names::ChannelName, state::AppState};

/// What the campaign would do if it were published now.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Preflight)]
pub(crate) struct PreflightBody {
    /// `running` until every receiver was looked at, then `finished`; ask again until then.
    status: PreflightStatus,
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    started_at: Timestamp,
    /// When it had seen everybody.
    #[schema(value_type = Option<String>, format = DateTime)]
    finished_at: Option<Timestamp>,
    /// The version of the campaign that was looked at.
    campaign_version: u64,
    /// Receivers that were looked at.
    receivers: u64,
    /// What was seen on each channel.
    channels: Vec<ChannelPreflight>,
    /// What it costs, as far as there are prices; `null` without a price list.
    cost: Option<Cost>,
    /// How long it takes, by the limits of the accounts; `null` where they have none.
    estimated_seconds: Option<i64>,
    /// What stands in the way or may be wrong.
    pub(super) findings: Vec<Finding>,
    /// Whether nothing stands in the way.
    can_be_published: bool,
}

/// How far a look has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PreflightStatus {
    /// Not everybody was looked at yet.
    Running,
    /// Everybody was.
    Finished,
}

/// What was seen on a channel.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChannelPreflight {
    /// The channel.
    channel: ChannelName,
    /// Receivers who get the message.
    receivers: u64,
    /// The same by the language of the version; `default` for the one at the top.
    languages: BTreeMap<String, u64>,
    /// Receivers who do not get it, by the reason: `no_address`, `switched_off`, `duplicate_address`,
    /// `fixed_line`, `suppressed`, `no_route` or `no_smtputf8` (no transport takes an address whose local part is not ASCII).
    excluded: BTreeMap<String, u64>,
    /// Receivers for whom the message cannot be made, by the reason.
    not_renderable: BTreeMap<String, FaultBody>,
    /// Placeholders for which some of them have no value.
    missing: BTreeMap<String, FaultBody>,
    /// Text messages by the number of their parts.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    segments: BTreeMap<u32, u64>,
    /// The parts of all text messages.
    #[serde(skip_serializing_if = "Option::is_none")]
    total_segments: Option<u64>,
    /// Text messages with characters that are not of the GSM alphabet, which take more parts.
    #[serde(skip_serializing_if = "Option::is_none")]
    unicode: Option<u64>,
    /// Parts that would be saved with `plain_punctuation`.
    #[serde(skip_serializing_if = "Option::is_none")]
    saved_segments: Option<u64>,
    /// The bytes of the largest mail's HTML.
    #[serde(skip_serializing_if = "Option::is_none")]
    largest_bytes: Option<usize>,
    /// What it costs; `null` without a price list.
    cost: Option<Cost>,
}

/// What is wrong with some receivers.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PreflightFault)]
pub(crate) struct FaultBody {
    /// How many.
    count: u64,
    /// The ids of the first of them.
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

/// A range of costs.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Cost {
    /// The currency.
    #[schema(examples("EUR"))]
    currency: String,
    /// The least.
    #[schema(examples("38.4"))]
    least: String,
    /// The most.
    #[schema(examples("54"))]
    most: String,
    /// Messages for which there is no price; they are not in it.
    unpriced: u64,
}

/// Something that stands in the way, or may be wrong.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = PreflightFinding)]
pub(crate) struct Finding {
    /// How bad it is.
    severity: Severity,
    /// A stable name.
    #[schema(examples("missing_value"))]
    code: String,
    /// The channel that it is about, if not all.
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<ChannelName>,
    /// Where it stands, if it is about the content.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    /// What an operator reads.
    pub(super) detail: String,
    /// How many receivers it is about, if not all.
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<u64>,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Severity {
    /// It cannot be published.
    Blocking,
    /// It can be accepted.
    Warning,
}

impl Finding {
    fn new(severity: Severity, code: &str, detail: impl Into<String>) -> Self {
        Self {
            severity,
            code: code.to_owned(),
            channel: None,
            field: None,
            detail: detail.into(),
            count: None,
        }
    }

    fn on(self, channel: Channel) -> Self {
        Self {
            channel: Some(channel.into()),
            ..self
        }
    }

    fn at(self, field: impl Into<String>) -> Self {
        Self {
            field: Some(field.into()),
            ..self
        }
    }

    fn of(self, count: u64) -> Self {
        Self {
            count: Some(count),
            ..self
        }
    }

    /// Whether it cannot be accepted.
    pub(super) fn is_blocking(&self) -> bool {
        self.severity == Severity::Blocking
    }
}

/// Puts together what was seen and found.
///
/// # Errors
/// If the store does not answer.
pub(super) async fn report(
    state: &AppState,
    campaign: &Campaign,
    written: &Content,
    seen: Option<(&Content, Preflight)>,
    failure: Option<&Failure>,
) -> Result<PreflightBody, Failure> {
    let (accounts, tenant) = tokio::try_join!(
        Box::pin(Accounts::read(state, &campaign.tenant)),
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
    let channels = view
        .channels
        .into_iter()
        .map(|(channel, view)| shown(channel, view, prices.as_ref()));
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

fn shown(channel: Channel, view: ChannelView, prices: Option<&PriceList>) -> ChannelPreflight {
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
    let is_text = channel == Channel::Sms;
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
        segments: view.parts,
        total_segments: is_text.then_some(total),
        unicode: is_text.then_some(view.unicode),
        saved_segments: is_text.then_some(view.saved_parts),
        largest_bytes: (channel == Channel::Email).then_some(view.largest),
        cost: prices.map(|prices| cost(prices, view.least, view.most, view.unpriced)),
    }
}

/// What was found about receivers.
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
        let detail = "nobody would get it: everybody is excluded, or the message cannot be made";
        findings.push(Finding::new(Severity::Blocking, "nobody_reached", detail));
    }
    for (channel, view) in &view.channels {
        if is_finished && reaches_somebody && view.receivers == 0 {
            let detail = format!("nobody would get it by {channel}");
            findings.push(warn("nobody_reached", detail).on(*channel));
        }
        for (path, fault) in &view.missing {
            let detail = format!(
                "{} receivers have no value for {path}, and do not get it by {channel}",
                fault.count
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
            .filter(|(code, _)| *code != "missing_value")
        {
            let detail = format!(
                "for {} receivers the message cannot be made by {channel}: {code}",
                fault.count
            );
            findings.push(warn("not_renderable", detail).on(*channel).of(fault.count));
        }
        if view.window_only > 0 {
            let detail = format!(
                "{} receivers get it only if they wrote to you within a day, because there is no approved template",
                view.window_only
            );
            findings.push(
                warn("outside_window", detail)
                    .on(*channel)
                    .of(view.window_only),
            );
        }
        if view.clipped > 0 {
            let detail = format!(
                "{} mails have more than 102 KB, of which Gmail shows no more; the largest has {} bytes",
                view.clipped, view.largest
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
                "typographic quotes, dashes or dots make {} text messages Unicode; with plain_punctuation all of them would take {} parts and not {parts}",
                view.saving,
                parts.saturating_sub(view.saved_parts)
            );
            findings.push(
                warn("costly_punctuation", detail)
                    .on(*channel)
                    .of(view.saving),
            );
        }
        if prices.is_some() && view.unpriced > 0 {
            let detail = format!("for {} messages there is no price", view.unpriced);
            findings.push(warn("unpriced", detail).on(*channel).of(view.unpriced));
        }
    }
}
