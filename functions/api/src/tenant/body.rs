//! A tenant as it stands in answers.

use carillon_store::{MAXIMUM_LATENESS_MINUTES, Tenant};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// The organisation that the key belongs to.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Tenant)]
pub(super) struct TenantBody {
    /// Its id.
    id: String,
    /// What it is called.
    name: String,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// How many minutes after its time a scheduled campaign is still released by itself. One that
    /// is later, because something did not work, stays scheduled until somebody decides.
    maximum_lateness_minutes: u32,
}

impl From<Tenant> for TenantBody {
    fn from(tenant: Tenant) -> Self {
        Self {
            id: tenant.id.to_string(),
            name: tenant.name,
            created_at: tenant.created_at,
            maximum_lateness_minutes: tenant
                .maximum_lateness_minutes
                .unwrap_or(MAXIMUM_LATENESS_MINUTES),
        }
    }
}
