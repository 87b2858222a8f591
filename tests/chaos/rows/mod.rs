//! The rows of the fault table.

mod answers;
mod checker;
mod doomed;
mod fires;
mod kills;
mod neighbours;
mod noisy;
mod outage;
mod owners;
mod poison;
mod receipts;
mod refusals;
mod repeats;
mod split;
mod stops;
mod waits;
mod weather;

use futures::future::LocalBoxFuture;

use crate::run::Run;

/// A fault, and what must hold nevertheless.
pub(crate) struct Row {
    /// Its number in the fault table.
    pub(crate) number: u8,
    pub(crate) name: &'static str,
    pub(crate) fault: &'static str,
    pub(crate) promise: &'static str,
    pub(crate) run: for<'r> fn(&'r mut Run<'_>) -> LocalBoxFuture<'r, ()>,
}

/// All rows.
pub(crate) const ROWS: &[Row] = &[
    Row {
        number: 0,
        name: "checker",
        fault: "violations committed by the harness itself",
        promise: "the checker detects every one",
        run: |run| Box::pin(checker::run(run)),
    },
    Row {
        number: 1,
        name: "repeats",
        fault: "every message delivered 2 to 5 times, including after the deduplication window",
        promise: "0 repeated calls, 0 unknown",
        run: |run| Box::pin(repeats::run(run)),
    },
    Row {
        number: 2,
        name: "kills",
        fault: "SIGKILL at every call boundary of jobs, release, fan-out, consumer and tally",
        promise: "0 repeated calls; only deliveries claimed when the process was killed (at most one batch) are unknown; all others are sent; totals match a recount",
        run: |run| Box::pin(kills::run(run)),
    },
    Row {
        number: 3,
        name: "keys",
        fault: "the same, with a provider that deduplicates by our key",
        promise: "0 accepted twice, 0 unknown",
        run: |run| Box::pin(kills::deduplicated(run)),
    },
    Row {
        number: 4,
        name: "unheard",
        fault: "the provider's response is lost after it accepted the message",
        promise: "one provider call; the delivery is unknown until a receipt settles it",
        run: |run| Box::pin(answers::provider(run)),
    },
    Row {
        number: 5,
        name: "unsure",
        fault: "the response to a claim, a record or another write is lost after the commit",
        promise: "functions recognize their own writes; nothing is repeated or counted twice",
        run: |run| Box::pin(answers::writes(run)),
    },
    Row {
        number: 6,
        name: "partial",
        fault: "30% of the entries in every batch call fail",
        promise: "0 lost, 0 repeated",
        run: |run| Box::pin(refusals::partial(run)),
    },
    Row {
        number: 7,
        name: "fires",
        fault: "the scheduler fires three times, and fan-out is killed on every page",
        promise: "every receiver is reached exactly once",
        run: |run| Box::pin(fires::run(run)),
    },
    Row {
        number: 8,
        name: "poison",
        fault: "1% of the messages are unreadable",
        promise: "all are recorded with the reason; the rest are unaffected",
        run: |run| Box::pin(poison::run(run)),
    },
    Row {
        number: 9,
        name: "outage",
        fault: "the provider returns 429, then 503, for an hour each",
        promise: "no dead letters, no failures, only probes while the breaker is open; afterwards, no more calls than the rate limit allows",
        run: |run| Box::pin(outage::run(run)),
    },
    Row {
        number: 10,
        name: "race",
        fault: "16 workers race for each claim",
        promise: "exactly one worker wins each claim",
        run: |run| Box::pin(owners::race(run)),
    },
    Row {
        number: 11,
        name: "clocks",
        fault: "clocks 5 s apart, and a lease that expires during sending",
        promise: "the stale owner's record is refused; nothing is repeated",
        run: |run| Box::pin(owners::clocks(run)),
    },
    Row {
        number: 12,
        name: "receipts",
        fault: "repeated and reordered receipts",
        promise: "the same final state, never falling back to a lower rank",
        run: |run| Box::pin(receipts::run(run)),
    },
    Row {
        number: 13,
        name: "stops",
        fault: "pause, cancel and unsubscribe mid-run, with delays around the claim",
        promise: "no provider call begins after the response",
        run: |run| Box::pin(stops::run(run)),
    },
    Row {
        number: 14,
        name: "neighbours",
        fault: "tenant B publishes to 100 receivers while tenant A has a large campaign in progress",
        promise: "B finishes within 1.5 times the rounds it needs alone",
        run: |run| Box::pin(neighbours::run(run)),
    },
    Row {
        number: 15,
        name: "throttled",
        fault: "20% of all AWS calls are throttled",
        promise: "the campaign finishes, with at most 1.4 times the calls",
        run: |run| Box::pin(refusals::throttled(run)),
    },
    Row {
        number: 16,
        name: "doomed",
        fault: "the provider permanently rejects every message",
        promise: "one call each; all fail with the reason and are listed as failed",
        run: |run| Box::pin(doomed::run(run)),
    },
    Row {
        number: 17,
        name: "quota",
        fault: "the daily quota is used up, then raised at noon",
        promise: "no calls beyond the quota; waiting deliveries are not in any queue; all are delivered within two minutes of the raise",
        run: |run| Box::pin(waits::quota(run)),
    },
    Row {
        number: 18,
        name: "split",
        fault: "records of one ledger partition arrive from two stream shards, interleaved, late and repeated",
        promise: "totals match a recount",
        run: |run| Box::pin(split::run(run)),
    },
    Row {
        number: 19,
        name: "resumes",
        fault: "a campaign on a slow account is paused and resumed three times",
        promise: "all are sent exactly once, in about the time that the rate limit requires",
        run: |run| Box::pin(waits::resume(run)),
    },
    Row {
        number: 20,
        name: "weather",
        fault: "pauses, resumes, limits, quotas, breakers and transport changes in random order across three campaigns",
        promise: "all finish within 1.1 times the time that the limits require, plus three minutes; 0 repeated calls; whatever is stalled says why",
        run: |run| Box::pin(weather::run(run)),
    },
    Row {
        number: 21,
        name: "noisy",
        fault: "tenant B publishes to 100 receivers while tenant A has a slow endpoint, slow templates, a dead relay or many campaigns at once",
        promise: "B finishes within twice the rounds it needs alone",
        run: |run| Box::pin(noisy::run(run)),
    },
];
