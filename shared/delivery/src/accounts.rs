//! What a provider account accepts: its circuit breaker, rate and quota.
//!
//! All are in one row that all execution environments share ([`RateLimiter`]), read with the batch. It is written only for
//! accounts that have limits or have stopped working; any other account costs no write.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use carillon_domain::{
    channel::{Channel, PriorityQueue},
    delivery::{
        Outcome,
        executions::Slow,
        rate_limiter::{BreakerState, FAILURES, Lease, RateLimiter, Shortage},
        waiting::{LONGEST_IN_QUEUE, WaitsFor, free},
    },
    id::{TenantId, TransportId},
    reason::Reason,
    transports::Limits,
};
use carillon_providers::Provider;
use jiff::{SignedDuration, Timestamp};

use crate::{
    Consumer,
    consumer::{Wait, Work},
    decide::SOON,
    plan::{Planned, Ready},
    route::BatchContext,
};

/// While one message probes an account, the others look again after up to this time.
const DURING_PROBE: Duration = Duration::from_secs(20);
/// Messages that waited for an account return spread over this time.
const SPREAD: Duration = Duration::from_secs(30);
/// When a rate limiter could not be reached, its messages are looked at again after up to this time.
const AFTER_FAILURE: Duration = Duration::from_secs(10);

/// What an execution environment knows of accounts between batches.
#[derive(Default)]
pub(crate) struct Accounts {
    leases: Mutex<HashMap<(Account, PriorityQueue), Lease>>,
    failures: Mutex<HashMap<Account, u32>>,
    troubles: Mutex<HashMap<Account, Trouble>>,
}

/// How long a tenant's part of a batch holds its execution: messages are rendered one by one and sent concurrently.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Pace {
    /// Rendering time, whatever the outcome.
    pub(crate) rendering: Duration,
    /// The longest call.
    pub(crate) call: Duration,
}

/// A transport of a tenant.
pub(crate) type Account = (TenantId, TransportId);

/// Recent failures of an account: each counts one, and half as much a minute later.
#[derive(Debug, Clone, Copy)]
struct Trouble {
    score: f64,
    at: Instant,
}

/// Half-life of a failure.
const HALF_LIFE: Duration = Duration::from_secs(60);

impl Trouble {
    fn now(self) -> f64 {
        let halves = self.at.elapsed().as_secs_f64() / HALF_LIFE.as_secs_f64();
        self.score * (-halves).exp2()
    }
}

impl Accounts {
    /// Takes calls from an earlier lease that is still valid.
    fn take(&self, key: &(Account, PriorityQueue), wanted: u32, now: Timestamp) -> u32 {
        let mut leases = self.leases.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(lease) = leases.get_mut(key).filter(|lease| lease.until > now) else {
            return 0;
        };
        let taken = lease.calls.min(wanted);
        lease.calls -= taken;
        taken
    }

    fn keep(&self, key: (Account, PriorityQueue), lease: Lease) {
        let mut leases = self.leases.lock().unwrap_or_else(PoisonError::into_inner);
        leases.insert(key, lease);
    }

    /// Records how calls ended and returns the number of consecutive failures.
    fn note(&self, account: &Account, outcomes: &[&Outcome]) -> u32 {
        let failed = outcomes
            .iter()
            .filter(|outcome| outcome.blames_the_account())
            .count();
        if failed > 0 {
            let mut troubles = self.troubles.lock().unwrap_or_else(PoisonError::into_inner);
            let before = troubles.get(account).map_or(0.0, |trouble| trouble.now());
            let failed = u32::try_from(failed).unwrap_or(u32::MAX);
            let trouble = Trouble {
                score: before + f64::from(failed),
                at: Instant::now(),
            };
            troubles.insert(account.clone(), trouble);
        }
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        let count = failures.entry(account.clone()).or_default();
        for outcome in outcomes {
            *count = if outcome.blames_the_account() {
                count.saturating_add(1)
            } else {
                0
            };
        }
        *count
    }

    /// The recent health of an account, from 1 down to 0: a factor on its weight in a route.
    pub(crate) fn health(&self, account: &Account) -> f64 {
        let troubles = self.troubles.lock().unwrap_or_else(PoisonError::into_inner);
        let score = troubles.get(account).map_or(0.0, |trouble| trouble.now());
        1.0 / (1.0 + score)
    }

    fn forget_failures(&self, account: &Account) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        failures.remove(account);
    }
}

impl<P: Provider> Consumer<P> {
    /// Admits the messages that the accounts accept now. The rest stays in the queue, or leaves it if it has to wait
    /// long; neither costs an attempt.
    pub(crate) async fn admit<'a>(
        &self,
        planned: Vec<Planned<'a>>,
        ground: &BatchContext,
        work: &mut Work,
        now: Timestamp,
    ) -> Vec<Planned<'a>> {
        let mut admitted = Vec::new();
        // Urgent ones first, by the order of the keys.
        let mut by_account: BTreeMap<(PriorityQueue, Account), Vec<Planned<'a>>> = BTreeMap::new();
        for mut plan in planned {
            match &mut plan.send {
                None => admitted.push(plan),
                Some(ready) if ready.is_test => {
                    // If it gets through, the account works again.
                    ready.is_probe = ready.rate_limiter.breaker.state(now) != BreakerState::Closed;
                    admitted.push(plan);
                }
                Some(ready) => {
                    let key = (ready.queue_priority, ready.account(plan.message));
                    by_account.entry(key).or_default().push(plan);
                }
            }
        }
        for ((queue_priority, account), plans) in by_account {
            let Some((rate_limiter, limits)) = account_of(&plans) else {
                continue;
            };
            match rate_limiter.breaker.state(now) {
                BreakerState::Closed if !limits.are_set() => admitted.extend(plans),
                BreakerState::Closed => {
                    let wait = wait_for(&account, ground, P::CHANNEL, queue_priority, now);
                    let key = (account, queue_priority);
                    let within =
                        self.within_limits(key, rate_limiter, &limits, plans, wait, work, now);
                    admitted.extend(within.await);
                }
                BreakerState::Open { until } => {
                    let pause = until.duration_since(now).unsigned_abs();
                    let wait = wait_for(&account, ground, P::CHANNEL, queue_priority, now);
                    for (place, plan) in plans.into_iter().enumerate() {
                        // One message has to stay to probe the account.
                        if place == 0 || pause <= LONGEST_IN_QUEUE || plan.delivery.in_doubt {
                            work.defer(plan.message, pause + SPREAD.mul_f64(fastrand::f64()));
                        } else {
                            work.park(plan.message, wait.clone());
                        }
                    }
                }
                BreakerState::HalfOpen => {
                    admitted.extend(self.probe(&account, rate_limiter, plans, work, now).await);
                }
            }
        }
        admitted
    }

    /// The first message probes the account, unless another execution environment is doing so.
    async fn probe<'a>(
        &self,
        (tenant, transport): &Account,
        rate_limiter: &RateLimiter,
        plans: Vec<Planned<'a>>,
        work: &mut Work,
        now: Timestamp,
    ) -> Option<Planned<'a>> {
        let taken = self
            .store
            .change_rate_limiter(tenant, transport, rate_limiter, |rate_limiter| {
                rate_limiter.breaker.take_probe(now)
            })
            .await;
        let is_ours = match taken {
            Ok(is_ours) => is_ours,
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, %tenant, %transport, "could not probe an account");
                false
            }
        };
        let mut plans = plans.into_iter();
        let probe = if is_ours { plans.next() } else { None };
        for plan in plans {
            work.defer(plan.message, DURING_PROBE.mul_f64(0.5 + fastrand::f64()));
        }
        probe.map(|mut plan| {
            if let Some(ready) = &mut plan.send {
                ready.is_probe = true;
            }
            plan
        })
    }

    #[expect(clippy::too_many_arguments, reason = "one step of the admission above")]
    async fn within_limits<'a>(
        &self,
        key: (Account, PriorityQueue),
        rate_limiter: &RateLimiter,
        limits: &Limits,
        mut plans: Vec<Planned<'a>>,
        wait: Wait,
        work: &mut Work,
        now: Timestamp,
    ) -> Vec<Planned<'a>> {
        let wanted = u32::try_from(plans.len()).unwrap_or(u32::MAX);
        let (tenant, transport) = key.0.clone();
        let mut calls = self.accounts.take(&key, wanted, now);
        let mut shortage = None;
        if calls < wanted {
            let missing = wanted - calls;
            let leased = self
                .store
                .change_rate_limiter(&tenant, &transport, rate_limiter, |rate_limiter| {
                    rate_limiter.lease(limits, missing, key.1, now)
                })
                .await;
            match leased {
                Ok(mut lease) => {
                    let granted = lease.calls.min(missing);
                    calls += granted;
                    lease.calls -= granted;
                    shortage = lease.shortage;
                    self.accounts.keep(key, lease);
                }
                Err(error) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, %tenant, %transport, "could not lease calls");
                }
            }
        }
        let waiting = plans.split_off(
            usize::try_from(calls)
                .unwrap_or(plans.len())
                .min(plans.len()),
        );
        for (place, plan) in (0_u32..).zip(waiting) {
            let is_quota = matches!(shortage, Some(Shortage::Quota { .. }));
            let has_other = plan.send.as_ref().is_some_and(|ready| {
                let others = &ready.rules.others;
                others
                    .iter()
                    .any(|target| wait.others.contains(&target.transport))
            });
            let pause = match () {
                // The next attempt chooses another one.
                () if is_quota && has_other => SOON,
                () => pause_of(shortage, place, now),
            };
            if is_quota && pause > LONGEST_IN_QUEUE && !plan.delivery.in_doubt {
                work.park(plan.message, wait.clone());
            } else {
                work.defer(plan.message, pause);
            }
        }
        plans
    }

    /// Updates accounts' health from the outcomes of calls.
    pub(crate) async fn judge(
        &self,
        ended: &[(&Planned<'_>, &Outcome)],
        work: &mut Work,
        now: Timestamp,
    ) {
        let mut by_account: BTreeMap<Account, Vec<&(&Planned<'_>, &Outcome)>> = BTreeMap::new();
        for end in ended {
            if let Some(ready) = &end.0.send {
                // Probing an account that does not work must not prolong the wait of others.
                if ready.is_test && end.1.blames_the_account() {
                    continue;
                }
                let account = ready.account(end.0.message);
                by_account.entry(account).or_default().push(end);
            }
        }
        for (account, ended) in by_account {
            let (tenant, transport) = &account;
            let outcomes: Vec<&Outcome> = ended.iter().map(|(_, outcome)| *outcome).collect();
            let in_a_row = self.accounts.note(&account, &outcomes);
            let Some(ready) = ended.iter().find_map(|(plan, _)| plan.send.as_ref()) else {
                continue;
            };
            let works = outcomes.iter().any(|outcome| !outcome.blames_the_account());
            let result = if ready.is_probe && works {
                self.accounts.forget_failures(&account);
                self.store
                    .change_rate_limiter(tenant, transport, ready.rate_limiter, |rate_limiter| {
                        rate_limiter.breaker.close();
                        false
                    })
                    .await
            } else if ready.is_probe || in_a_row >= FAILURES {
                self.accounts.forget_failures(&account);
                let (asked, reason) = worst(&outcomes);
                tracing::warn!(%tenant, %transport, code = reason.code, "an account is failing; its breaker opens");
                self.store
                    .change_rate_limiter(tenant, transport, ready.rate_limiter, |rate_limiter| {
                        let is_open =
                            matches!(rate_limiter.breaker.state(now), BreakerState::Open { .. });
                        let opens = !is_open || ready.is_probe;
                        if opens {
                            rate_limiter.breaker.trip(asked, &reason, now);
                        }
                        opens
                    })
                    .await
            } else {
                continue;
            };
            match result {
                Ok(opens) => work.counts.breaker_opened += usize::from(opens),
                Err(error) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, %tenant, %transport, "could not save an account's state");
                }
            }
        }
    }

    /// Records which tenants are slow, each at the first account that it uses.
    pub(crate) async fn note_slow_ones(
        &self,
        ground: &BatchContext,
        paces: BTreeMap<TenantId, Pace>,
        now: Timestamp,
    ) {
        for (tenant, Pace { rendering, call }) in paces {
            let setup = ground.setups.get(&tenant);
            let first = setup.and_then(|setup| setup.in_use(P::CHANNEL).into_iter().next());
            let Some(transport) = first.map(|transport| transport.id.clone()) else {
                continue;
            };
            let rate_limiter = ground.rate_limiter(&(tenant.clone(), transport.clone()));
            let Some(slow) = Slow::news(rate_limiter.slow, rendering + call, now) else {
                continue;
            };
            tracing::info!(%tenant, %transport, ?rendering, ?call, "a tenant is slow and shares executions for a while");
            let result = self
                .store
                .change_rate_limiter(&tenant, &transport, rate_limiter, |rate_limiter| {
                    rate_limiter.slow = Some(slow);
                })
                .await;
            if let Err(error) = result {
                tracing::warn!(error = &error as &dyn std::error::Error, %tenant, %transport, "could not record that a tenant is slow");
            }
        }
    }

    /// Releases a probe whose message was not sent.
    pub(crate) async fn give_back_probe(&self, plan: &Planned<'_>) {
        let is_ours = |ready: &&Ready<'_>| ready.is_probe && !ready.is_test;
        let Some(ready) = plan.send.as_ref().filter(is_ours) else {
            return;
        };
        let (tenant, transport) = &ready.account(plan.message);
        let result = self
            .store
            .change_rate_limiter(tenant, transport, ready.rate_limiter, |rate_limiter| {
                rate_limiter.breaker.give_back_probe();
            })
            .await;
        if let Err(error) = result {
            tracing::warn!(error = &error as &dyn std::error::Error, %tenant, %transport, "could not release a probe; it will lapse");
        }
    }
}

/// What messages for an account wait for.
fn wait_for(
    (tenant, transport): &Account,
    ground: &BatchContext,
    channel: Channel,
    queue_priority: PriorityQueue,
    now: Timestamp,
) -> Wait {
    let rate_limiter = |id: &TransportId| ground.rate_limiters.get(&(tenant.clone(), id.clone()));
    let setup = ground.setups.get(tenant);
    Wait {
        waits_for: WaitsFor::Account(transport.clone()),
        others: setup
            .map(|setup| free(setup, channel, rate_limiter, queue_priority, now))
            .unwrap_or_default(),
    }
}

fn account_of<'a>(plans: &[Planned<'a>]) -> Option<(&'a RateLimiter, Limits)> {
    let ready = plans.first()?.send.as_ref()?;
    Some((ready.rate_limiter, ready.transport.limits))
}

/// When a waiting message is looked at again; `place` is its position among the waiting ones.
fn pause_of(shortage: Option<Shortage>, place: u32, now: Timestamp) -> Duration {
    match shortage {
        Some(Shortage::Rate {
            first,
            apart,
            until,
        }) => {
            let turn = first.duration_since(now).unsigned_abs() + apart * place;
            let latest = until.duration_since(now).unsigned_abs();
            pause_until(turn, latest)
        }
        Some(Shortage::Quota { until }) => {
            let pause = until.duration_since(now).max(SignedDuration::ZERO);
            pause.unsigned_abs() + SPREAD.mul_f64(fastrand::f64())
        }
        None => AFTER_FAILURE
            .mul_f64(fastrand::f64())
            .max(Duration::from_secs(1)),
    }
}

/// The pause until a message's turn. Messages whose turn is beyond the latest pause look again spread out, so that
/// there is always one for each turn that comes within reach.
pub(crate) fn pause_until(turn: Duration, latest: Duration) -> Duration {
    match turn < latest {
        true => turn,
        false => latest.mul_f64(0.5 + 0.5 * fastrand::f64()),
    }
}

/// The longest pause requested, and the provider's last reason.
fn worst(outcomes: &[&Outcome]) -> (Option<Duration>, Reason) {
    let mut asked = None;
    let mut last = Reason::new("unknown_error", "The provider gave no reason.");
    for outcome in outcomes {
        match outcome {
            Outcome::Throttled { after, reason } => {
                asked = asked.max(*after);
                last = reason.clone();
            }
            Outcome::Transient(reason) | Outcome::Unknown(reason) => last = reason.clone(),
            Outcome::Accepted { .. } | Outcome::Rejected(_) | Outcome::Unreachable { .. } => {}
        }
    }
    (asked, last)
}
