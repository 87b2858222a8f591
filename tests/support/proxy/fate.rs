//! What can become of a call.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::sync::watch;

use super::{Rule, Seen};

/// What becomes of a call.
#[derive(Debug, Clone)]
pub(crate) enum Fate {
    /// It is passed on, and its answer comes back.
    Pass,
    /// The connection is closed, and the call was not made.
    DropBefore,
    /// The call is made, and the connection is closed without an answer.
    DropAfter,
    /// It is passed on after a time.
    Delay(Duration),
    /// It is passed on when the gate opens.
    Hold(Arc<Gate>),
    /// It is made twice; the second answer comes back.
    Repeat,
    /// It is refused, in the words of the service, as one too many. Only the local AWS has words here.
    Throttle,
    /// This share of the entries of a batch is not passed on, and comes back as failed. Other calls pass.
    FailEntries {
        /// From 0 to 1.
        share: f64,
        /// Chooses them.
        dice: fastrand::Rng,
    },
    /// The function is killed before the call is passed on.
    KillBefore,
    /// The function is killed after the call was answered, and before it hears of it.
    KillAfter,
}

/// Holds calls back until it is opened.
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

    /// How many calls have come so far.
    pub(crate) fn arrived(&self) -> usize {
        self.arrived.load(Ordering::SeqCst)
    }

    pub(super) async fn pass(&self) {
        self.arrived.fetch_add(1, Ordering::SeqCst);
        // The sender is in this gate, so it is not gone while somebody waits here.
        let mut open = self.open.subscribe();
        let _opened = open.wait_for(|open| *open).await;
    }
}

/// When to kill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kill {
    /// Never.
    Never,
    /// Before the n-th call of an operation is passed on, counted from 1.
    Before(&'static str, usize),
    /// After the n-th call of an operation was answered, and before the function hears of it.
    After(&'static str, usize),
    /// Before the n-th call of any kind is passed on, counted from 1.
    BeforeCall(usize),
    /// After the n-th call of any kind was answered, and before the function hears of it.
    AfterCall(usize),
}

impl Kill {
    pub(crate) fn rule(self) -> Rule {
        Arc::new(move |seen: &Seen| {
            let is = |name: &str, wanted| seen.is(name) && seen.of_operation == wanted;
            match self {
                Kill::Before(name, wanted) if is(name, wanted) => Fate::KillBefore,
                Kill::BeforeCall(wanted) if seen.number == wanted => Fate::KillBefore,
                Kill::After(name, wanted) if is(name, wanted) => Fate::KillAfter,
                Kill::AfterCall(wanted) if seen.number == wanted => Fate::KillAfter,
                _ => Fate::Pass,
            }
        })
    }
}
