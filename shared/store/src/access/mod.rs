//! Who may do what: tenants, their API keys, and the answers to repeated requests.

mod api_keys;
mod idempotency;
mod new_tenant;
mod tenants;

pub use self::{
    api_keys::{ApiKey, NewKey, Secret},
    idempotency::{Answer, IdempotencyKey, IdempotencyOutcome},
    new_tenant::NewTenant,
    tenants::{AllTenants, MAXIMUM_LATENESS_MINUTES, Tenant, TenantChange},
};
