//! Looking at a campaign before it is published.

use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime},
};

use axum::{Json, extract::State};
use carillon_compose::advice;
use carillon_domain::{
    campaign::{Campaign, Status},
    channel::Channel,
    content::Content,
    preflight::{ChannelView, Fault, PriceList, View},
    routing::Price,
    task::IntakeTask,
};
use carillon_preflight::{Progress, advance};
use carillon_store::Preflight;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::{composed, find, stalled::Accounts};
use crate::{
    authentication::Caller,
    failure::{Failure, Members, chain},
    names::ChannelName,
    path::CampaignPath,
    problem::Problem,
    query::Query,
    state::AppState,
};

/// So long the answer looks by itself; what is left goes on without it.
const PATIENCE: Duration = Duration::from_secs(5);
/// What was seen of so many receivers or fewer is looked at anew each time.
const SMALL: u64 = 2_000;
/// What was seen of more is shown again for so long.
const RECENT: SignedDuration = SignedDuration::from_mins(10);
/// When to ask again.
const AGAIN_SECONDS: u32 = 5;
/// A look that nobody went on with for so long is handed over once more.
const STILL: SignedDuration = SignedDuration::from_mins(1);

/// Whether to look anew.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PreflightQuery {
    /// `true` looks anew, even if there is a look of the last ten minutes.
    #[serde(default)]
    fresh: bool,
}

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
    findings: Vec<Finding>,
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
    /// `suppressed` or `no_route`.
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
    pub(super) code: String,
    /// The channel that it is about, if not all.
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<ChannelName>,
    /// Where it stands, if it is about the content.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    /// What an operator reads.
    detail: String,
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

/// Look at a campaign before it is published
///
/// Looks at every receiver: whom it reaches on which channel and in which language, whom it does not and why, what nobody has a value for, what
/// it takes and costs. Up to some thousand receivers are looked at while you wait; of more the answer says `running` until a function has
/// seen them all. What was seen of more than 2,000 is shown again for ten minutes.
#[utoipa::path(
    get,
    path = "/v1/campaigns/{campaign}/preflight",
    operation_id = "show_preflight",
    tag = "campaigns",
    params(CampaignPath, PreflightQuery),
    responses((status = OK, description = "What was seen.", body = PreflightBody)),
)]
pub(crate) async fn show(
    State(state): State<AppState>,
    caller: Caller,
    path: CampaignPath,
    Query(query): Query<PreflightQuery>,
) -> Result<Json<PreflightBody>, Failure> {
    let campaign = find(&state, &caller, &path).await?;
    let (written, made) = content_of(&state, &campaign).await?;
    let content = match made {
        Ok(content) => content,
        Err(failure) if failure.errors().is_empty() => return Err(failure),
        Err(failure) => {
            return report(&state, &campaign, &written, None, Some(&failure))
                .await
                .map(Json);
        }
    };
    let now = state.clock.now();
    let last = Last::read(&state, &campaign, &content).await?;
    let preflight = match last.look.clone().filter(|_| !query.fresh) {
        Some(look) if look.finished_at.is_none() => {
            if now.duration_since(look.updated_at) > STILL {
                hand_over(&state, &campaign, &look.run).await;
            }
            look
        }
        Some(look) if last.is_recent(now) => look,
        _ => begin(&state, &campaign, &content, &last.basis).await?,
    };
    let seen = Some((&content, preflight));
    report(&state, &campaign, &written, seen, None)
        .await
        .map(Json)
}

/// What is written and what is sent; once it is published or scheduled, the latter is kept.
async fn content_of(
    state: &AppState,
    campaign: &Campaign,
) -> Result<(Content, Result<Content, Failure>), Failure> {
    let written = state.store.content(&campaign.tenant, &campaign.id).await?;
    let written = written.map(|(_, content)| content).unwrap_or_default();
    if campaign.status == Status::Draft {
        let made = composed(state, &campaign.tenant, &written).await;
        return Ok((written, made));
    }
    let sent = state.store.composed_content(campaign).await?;
    let sent = sent.map(|(_, content)| content).unwrap_or_default();
    Ok((written, Ok(sent)))
}

/// The last look at a campaign as it is now, if there was one.
struct Last {
    /// What tells the content and the prices from others.
    basis: String,
    look: Option<Preflight>,
    /// Whether receivers have come or gone since.
    is_outdated: bool,
}

impl Last {
    async fn read(
        state: &AppState,
        campaign: &Campaign,
        content: &Content,
    ) -> Result<Self, Failure> {
        let Campaign { tenant, id, .. } = campaign;
        let (look, row, counters) = tokio::try_join!(
            Box::pin(state.store.preflight(tenant, id)),
            Box::pin(state.store.tenant(tenant)),
            Box::pin(state.store.counters(tenant, id)),
        )?;
        let prices = row.and_then(|tenant| tenant.prices);
        let basis = serde_json::to_vec(&(content, prices)).map_err(Failure::internal)?;
        let basis = hex::encode(Sha256::digest(&basis));
        let is_same =
            |look: &Preflight| look.campaign_version == campaign.version && look.basis == basis;
        let look = look.filter(is_same);
        let is_whole = look.as_ref().filter(|look| look.finished_at.is_some());
        let is_outdated =
            is_whole.is_some_and(|look| look.view.receivers != counters.get("receivers"));
        Ok(Self {
            basis,
            look,
            is_outdated,
        })
    }

    /// Whether what was seen is shown again: it took long, and is still so.
    fn is_recent(&self, now: Timestamp) -> bool {
        let Some(look) = &self.look else {
            return false;
        };
        let Some(at) = look.finished_at else {
            return true;
        };
        let took = at.duration_since(look.started_at);
        let is_large = look.view.receivers > SMALL || took.unsigned_abs() > PATIENCE;
        is_large && !self.is_outdated && now.duration_since(at) < RECENT
    }
}

async fn begin(
    state: &AppState,
    campaign: &Campaign,
    content: &Content,
    basis: &str,
) -> Result<Preflight, Failure> {
    let now = state.clock.now();
    let preflight = Preflight {
        run: Uuid::new_v4().simple().to_string(),
        campaign_version: campaign.version,
        basis: basis.to_owned(),
        started_at: now,
        updated_at: now,
        finished_at: None,
        steps: 0,
        cursor: None,
        view: View::default(),
    };
    state
        .store
        .begin_preflight(campaign, &preflight, content)
        .await?;
    let end = SystemTime::now() + PATIENCE;
    let progress = advance(&state.store, campaign, preflight.clone(), end).await;
    match progress.map_err(Failure::internal)? {
        Progress::Seen(seen) => {
            if seen.finished_at.is_none() {
                hand_over(state, campaign, &seen.run).await;
            }
            Ok(*seen)
        }
        // Somebody has asked for another one meanwhile, which has seen as much.
        Progress::Overtaken => {
            let last = state
                .store
                .preflight(&campaign.tenant, &campaign.id)
                .await?;
            Ok(last.unwrap_or(preflight))
        }
    }
}

/// Lets the intake go on with a look. What is lost here is handed over again by whoever asks next.
async fn hand_over(state: &AppState, campaign: &Campaign, run: &str) {
    let task = IntakeTask::Preflight {
        tenant: campaign.tenant.clone(),
        campaign: campaign.id.clone(),
        run: run.to_owned(),
    };
    if let Err(error) = state.intake.send(&[task]).await {
        tracing::warn!(
            error = chain(&error),
            "a look at a campaign was not enqueued"
        );
    }
}

/// Goes on if nothing that was found stands in the way, and nothing may be wrong unless that is accepted.
///
/// # Errors
/// If something does, with what it is.
pub(super) async fn require_good(
    state: &AppState,
    campaign: &Campaign,
    (written, content): (&Content, &Content),
    accepts_warnings: bool,
) -> Result<(), Failure> {
    let last = Last::read(state, campaign, content).await?;
    let now = state.clock.now();
    let is_running = last
        .look
        .as_ref()
        .is_some_and(|look| look.finished_at.is_none());
    if accepts_warnings {
        // Receivers may have come since, so only a look of this moment stands in the way.
        let reaches_nobody = |look: &Preflight| {
            look.finished_at.is_some()
                && look.view.channels.values().all(|view| view.receivers == 0)
        };
        if !last.look.as_ref().is_some_and(reaches_nobody) {
            return Ok(());
        }
    } else if is_running {
        return Err(not_finished());
    }
    let preflight = match last
        .look
        .clone()
        .filter(|_| !accepts_warnings && last.is_recent(now))
    {
        Some(look) => look,
        None => begin(state, campaign, content, &last.basis).await?,
    };
    if preflight.finished_at.is_none() {
        return if accepts_warnings {
            Ok(())
        } else {
            Err(not_finished())
        };
    }
    let report = report(state, campaign, written, Some((content, preflight)), None).await?;
    let stands = |finding: &Finding| finding.is_blocking() || !accepts_warnings;
    let standing: Vec<Finding> = report.findings.into_iter().filter(stands).collect();
    match standing
        .iter()
        .find(|finding| finding.is_blocking())
        .or(standing.first())
    {
        None => Ok(()),
        Some(first) => {
            let code = if first.is_blocking() {
                "blocking"
            } else {
                "warnings"
            };
            let detail = first.detail.clone();
            Err(refused(code, &detail, standing))
        }
    }
}

fn not_finished() -> Failure {
    let members = Members {
        code: Some("not_finished".to_owned()),
        retry_after_seconds: Some(AGAIN_SECONDS),
        ..Members::default()
    };
    let detail = "not every receiver was looked at yet; ask GET …/preflight until it is finished";
    Failure::new(Problem::PreflightFindings, detail).with(members)
}

fn refused(code: &str, detail: &str, findings: Vec<Finding>) -> Failure {
    let members = Members {
        code: Some(code.to_owned()),
        findings,
        ..Members::default()
    };
    Failure::new(Problem::PreflightFindings, detail).with(members)
}

async fn report(
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
        if prices.is_some() && view.unpriced > 0 {
            let detail = format!("for {} messages there is no price", view.unpriced);
            findings.push(warn("unpriced", detail).on(*channel).of(view.unpriced));
        }
    }
}
