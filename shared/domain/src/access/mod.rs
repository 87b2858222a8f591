//! Who acts, for which tenant, and what they may do.

pub mod permission;

use std::fmt;

use jiff::Timestamp;
use permission::Permissions;

use crate::id::{KeyId, TenantId};

/// On whose behalf an operation runs. Every operation of the store that acts for somebody takes it first, so that tenant, permissions
/// and audit come from one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    /// The tenant; for requests it comes from the credentials and from nowhere else.
    pub tenant: TenantId,
    /// Who acts.
    pub actor: Actor,
    /// What the actor may do.
    pub permissions: Permissions,
    /// The id that the request has in logs and in its answer; none outside a request.
    pub request_id: Option<String>,
    /// When the operation began. What one operation writes has this time throughout.
    pub now: Timestamp,
}

/// Who acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// A program with an API key.
    Key(KeyId),
    /// A schedule that releases a campaign.
    Schedule,
    /// A provider that reports on a message or forwards one.
    Provider,
    /// The recipient of a message, through a link in it.
    Recipient,
    /// Carillon itself: a job, the sweep, or the processing of a queue.
    System,
    /// The person who operates the deployment, with AWS credentials.
    Operator,
}

impl Context {
    /// A context with every permission, outside of a request.
    pub fn new(tenant: TenantId, actor: Actor, now: Timestamp) -> Self {
        Self {
            tenant,
            actor,
            permissions: Permissions::all(),
            request_id: None,
            now,
        }
    }

    /// The operator's work for a tenant.
    pub fn operator(tenant: &TenantId, now: Timestamp) -> Self {
        Self::new(tenant.clone(), Actor::Operator, now)
    }

    /// The same at another time.
    #[must_use]
    pub fn at(&self, now: Timestamp) -> Self {
        Self {
            now,
            ..self.clone()
        }
    }

    /// Fails a test in which an operation touches something of another tenant.
    pub fn check(&self, tenant: &TenantId) {
        debug_assert_eq!(self.tenant, *tenant, "an operation on another tenant's row");
    }

    /// Carillon's own work for a tenant.
    pub fn system(tenant: &TenantId, now: Timestamp) -> Self {
        Self::new(tenant.clone(), Actor::System, now)
    }
}

/// As it stands in rows: the id of the key, or one word.
impl fmt::Display for Actor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Actor::Key(id) => write!(formatter, "{id}"),
            Actor::Schedule => formatter.write_str("schedule"),
            Actor::Provider => formatter.write_str("provider"),
            Actor::Recipient => formatter.write_str("recipient"),
            Actor::System => formatter.write_str("system"),
            Actor::Operator => formatter.write_str("operator"),
        }
    }
}
