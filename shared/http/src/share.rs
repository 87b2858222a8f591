//! A tenant's share of the function: its request rate, and its concurrent long-running requests.
//!
//! All tenants share the 100 requests a second and the 100 execution environments of one API (`infra/template.yaml`). A
//! request that waits for several seconds occupies one of them all that time.

use carillon_domain::access::Context;
use jiff::{SignedDuration, Timestamp};

use crate::{
    authentication::Gate,
    failure::{Failure, Members},
    problem::Problem,
};

/// A tenant's requests per second: half of the API's total.
pub const REQUESTS_PER_SECOND: u64 = 50;
/// A tenant's concurrent long-running requests: less than a tenth of the function's execution environments.
pub const SLOTS: u8 = 8;
/// A slot not released by then belongs to a dead request: the function's timeout is 29 seconds.
const LONGEST: SignedDuration = SignedDuration::from_secs(30);

/// Counts a request against the tenant's share.
///
/// # Errors
/// If it has made too many in this second.
pub async fn count(gate: &Gate, context: &Context) -> Result<(), Failure> {
    let requests = gate.store.count_request(context).await?;
    if requests > REQUESTS_PER_SECOND {
        let detail = format!("at most {REQUESTS_PER_SECOND} requests per second");
        return Err(too_many(detail, 1));
    }
    Ok(())
}

/// A slot for one of a tenant's long-running requests.
pub struct Slot<'a> {
    gate: &'a Gate,
    context: Context,
    place: u8,
    until: Timestamp,
}

impl<'a> Slot<'a> {
    /// Takes a slot; `None` if all are taken.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn take(gate: &'a Gate, context: &Context) -> Result<Option<Self>, Failure> {
        let context = context.at(gate.clock.now());
        let until = context.now + LONGEST;
        let first = fastrand::u8(..SLOTS);
        for place in (first..SLOTS).chain(0..first) {
            if gate.store.take_slot(&context, place, until).await? {
                return Ok(Some(Self {
                    gate,
                    context,
                    place,
                    until,
                }));
            }
        }
        Ok(None)
    }

    /// Releases it. A slot left behind is free after half a minute, so an error is only logged.
    pub async fn give_back(self) {
        let given = self
            .gate
            .store
            .release_slot(&self.context, self.place, self.until);
        if let Err(error) = given.await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "could not release a slot; it will lapse"
            );
        }
    }
}

/// All slots of the tenant are taken, and the request requires one.
pub fn no_slot() -> Failure {
    too_many(format!("at most {SLOTS} slow requests at the same time"), 3)
}

fn too_many(detail: String, seconds: u32) -> Failure {
    Failure::new(Problem::TooManyRequests, detail).with(Members {
        retry_after_seconds: Some(seconds),
        ..Members::default()
    })
}
