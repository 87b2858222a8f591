//! The transports of tenants, which say how fast their accounts are.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use carillon_domain::{channel::Channel, id::TenantId, transport::Transport};
use carillon_store::{Error, Store};

/// What was read is good for so long, as in the consumers.
const LIFETIME: Duration = Duration::from_secs(60);
/// Tenants that are remembered; with more, all are read again.
const TENANTS: usize = 1_000;

type Read = (Instant, BTreeMap<Channel, Transport>);

/// What a sandbox knows of transports between invocations.
#[derive(Debug, Default)]
pub(crate) struct Transports {
    read: Mutex<HashMap<TenantId, Read>>,
}

impl Transports {
    /// A tenant's transports, at most a minute old.
    pub(crate) async fn of(
        &self,
        store: &Store,
        tenant: &TenantId,
    ) -> Result<BTreeMap<Channel, Transport>, Error> {
        let known = {
            let read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
            read.get(tenant).cloned()
        };
        if let Some((at, transports)) = known
            && at.elapsed() < LIFETIME
        {
            return Ok(transports);
        }
        let transports = store.transports(tenant).await?;
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if read.len() >= TENANTS {
            read.clear();
        }
        read.insert(tenant.clone(), (Instant::now(), transports.clone()));
        Ok(transports)
    }
}
