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
        fault: "what must never happen, done by the harness itself",
        promise: "the checker notices each",
        run: |run| Box::pin(checker::run(run)),
    },
    Row {
        number: 1,
        name: "repeats",
        fault: "every message delivered 2 to 5 times, also after the deduplication window",
        promise: "repeated calls 0, unknown 0",
        run: |run| Box::pin(repeats::run(run)),
    },
    Row {
        number: 2,
        name: "kills",
        fault: "SIGKILL at every call boundary of jobs, release, fan-out, consumer, tally",
        promise: "repeated calls 0; unknown what was claimed at the kill, at most a batch; the rest sent; totals equal a recount",
        run: |run| Box::pin(kills::run(run)),
    },
    Row {
        number: 3,
        name: "keys",
        fault: "the same against a provider that deduplicates on our key",
        promise: "accepted twice 0, unknown 0",
        run: |run| Box::pin(kills::deduplicated(run)),
    },
    Row {
        number: 4,
        name: "unheard",
        fault: "the answer is lost after the provider accepted",
        promise: "provider calls 1, unknown; a receipt settles it",
        run: |run| Box::pin(answers::provider(run)),
    },
    Row {
        number: 5,
        name: "unsure",
        fault: "the answer of a claim, a record or another write is lost after the commit",
        promise: "own writes recognised; no repeat, no double count",
        run: |run| Box::pin(answers::writes(run)),
    },
    Row {
        number: 6,
        name: "partial",
        fault: "30 % of the entries of every batch call fail",
        promise: "lost 0, repeated 0",
        run: |run| Box::pin(refusals::partial(run)),
    },
    Row {
        number: 7,
        name: "fires",
        fault: "the scheduler fires three times, and the fan-out is killed on each page",
        promise: "every receiver reached once",
        run: |run| Box::pin(fires::run(run)),
    },
    Row {
        number: 8,
        name: "poison",
        fault: "1 % of the messages can be read by nobody",
        promise: "all recorded with reason; the rest unharmed",
        run: |run| Box::pin(poison::run(run)),
    },
    Row {
        number: 9,
        name: "outage",
        fault: "the provider answers 429, and then 503, for an hour",
        promise: "no dead letter, nothing failed, only probes while the breaker is open; then no more calls than the rate allows",
        run: |run| Box::pin(outage::run(run)),
    },
    Row {
        number: 10,
        name: "race",
        fault: "16 workers race for each claim",
        promise: "one winner each",
        run: |run| Box::pin(owners::race(run)),
    },
    Row {
        number: 11,
        name: "clocks",
        fault: "clocks 5 s apart, and a lease that ends while sending",
        promise: "the record of the stale owner is refused; no repeat",
        run: |run| Box::pin(owners::clocks(run)),
    },
    Row {
        number: 12,
        name: "receipts",
        fault: "receipts repeated and reordered",
        promise: "the same final state, and never back to an earlier rank",
        run: |run| Box::pin(receipts::run(run)),
    },
    Row {
        number: 13,
        name: "stops",
        fault: "pause, cancel and unsubscription in mid-run, with delays around the claim",
        promise: "no call begins after the answer",
        run: |run| Box::pin(stops::run(run)),
    },
    Row {
        number: 14,
        name: "neighbours",
        fault: "tenant A has a large campaign under way, tenant B publishes to 100",
        promise: "B is done within 1.5 times the rounds that it takes alone",
        run: |run| Box::pin(neighbours::run(run)),
    },
    Row {
        number: 15,
        name: "throttled",
        fault: "20 % of all calls to AWS are throttled",
        promise: "it finishes, with at most 1.4 times the calls",
        run: |run| Box::pin(refusals::throttled(run)),
    },
    Row {
        number: 16,
        name: "doomed",
        fault: "the provider refuses every message for good",
        promise: "one call each, all failed with the reason, and all listed as such",
        run: |run| Box::pin(doomed::run(run)),
    },
    Row {
        number: 17,
        name: "quota",
        fault: "the day's quota is used up, and raised at noon",
        promise: "no call too many; what waits is in no queue; all delivered within two minutes after the raise",
        run: |run| Box::pin(waits::quota(run)),
    },
    Row {
        number: 18,
        name: "split",
        fault: "records of one ledger partition come from two shards of the stream, interleaved, late and repeated",
        promise: "totals equal a recount",
        run: |run| Box::pin(split::run(run)),
    },
    Row {
        number: 19,
        name: "resumes",
        fault: "paused and resumed three times with a slow account",
        promise: "all sent, once, in about the time that the rate needs",
        run: |run| Box::pin(waits::resume(run)),
    },
    Row {
        number: 20,
        name: "weather",
        fault: "pause, resume, limits, quotas, breakers and changes of the transport in random order over three campaigns",
        promise: "all end within 1.1 times what the limits need and three minutes; repeated calls 0; what does not move says why",
        run: |run| Box::pin(weather::run(run)),
    },
    Row {
        number: 21,
        name: "noisy",
        fault: "tenant A has a slow endpoint, templates that take long, a dead relay, or many campaigns at once; tenant B publishes to 100",
        promise: "B is done within twice the rounds that it takes alone",
        run: |run| Box::pin(noisy::run(run)),
    },
];
