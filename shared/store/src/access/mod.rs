//! Who may do what: tenants, their API keys, and the answers to repeated requests.

mod api_keys;
mod idempotency;
mod tenants;

pub use self::{
    api_keys::{ApiKey, Secret},
    idempotency::{Answer, Begun, IdempotencyKey},
    tenants::{MAXIMUM_LATENESS_MINUTES, Tenant, TenantChange},
};
