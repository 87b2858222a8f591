//! Outcomes that a rule can give a call.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::sync::watch;

use super::{Rule, Seen};

/// The outcome of a call.
#[derive(Debug, Clone)]
pub(crate) enum CallOutcome {
    /// Forwarded, and its response is returned.
    Pass,
    /// The connection is closed without making the call.
    DropBefore,
    /// The call is made, and the connection is closed without a response.
    DropAfter,
    /// Forwarded after a delay.
    Delay(Duration),
    /// Forwarded when the gate opens.
    Hold(Arc<Gate>),
    /// Made twice; the second response is returned.
    Repeat,
    /// Throttled, in the service's own format. Only for the local AWS.
    Throttle,
    /// This share of a batch's entries is not forwarded and is reported as failed. Other calls pass.
    FailEntries {
        /// From 0 to 1.
        share: f64,
        /// The seed that selects them.
        dice: fastrand::Rng,
    },
    /// The function is killed before the call is forwarded.
    KillBefore,
    /// The function is killed after the call was answered, before it receives the response.
    KillAfter,
}

/// Holds calls until it is opened.
#[derive(Debug)]
pub(crate) struct Gate {
    open: watch::Sender<bool>,
    arrived: AtomicUsize,
}

impl Gate {
    pub(crate) fn closed() -> Arc<Self> {
        Arc::new(Self {
            open: watch::Sender::new(false),
            arrived: AtomicUsize::new(0),
        })
    }

    pub(crate) fn open(&self) {
        self.open.send_replace(true);
    }

    /// The number of calls so far.
    pub(crate) fn arrived(&self) -> usize {
        self.arrived.load(Ordering::SeqCst)
    }

    pub(super) async fn pass(&self) {
        self.arrived.fetch_add(1, Ordering::SeqCst);
        // This gate owns the sender, so it outlives the waiters.
        let mut open = self.open.subscribe();
        let _opened = open.wait_for(|open| *open).await;
    }
}

/// When to kill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kill {
    /// Never.
    Never,
    /// Before the n-th call of an operation is forwarded, counted from 1.
    Before(&'static str, usize),
    /// After the n-th call of an operation was answered, before the function receives the response.
    After(&'static str, usize),
    /// Before the n-th call of any kind is forwarded, counted from 1.
    BeforeCall(usize),
    /// After the n-th call of any kind was answered, before the function receives the response.
    AfterCall(usize),
}

impl Kill {
    pub(crate) fn rule(self) -> Rule {
        Arc::new(move |seen: &Seen| {
            let is = |name: &str, wanted| seen.is(name) && seen.of_operation == wanted;
            match self {
                Kill::Before(name, wanted) if is(name, wanted) => CallOutcome::KillBefore,
                Kill::BeforeCall(wanted) if seen.number == wanted => CallOutcome::KillBefore,
                Kill::After(name, wanted) if is(name, wanted) => CallOutcome::KillAfter,
                Kill::AfterCall(wanted) if seen.number == wanted => CallOutcome::KillAfter,
                _ => CallOutcome::Pass,
            }
        })
    }
}
