//! Showing the tenant.

use axum::{Json, extract::State};
use carillon_domain::access::permission::require;
use carillon_http::{authentication::Allowed, failure::Failure};

use super::body::TenantBody;
use crate::state::AppState;

/// Show the tenant
///
/// The organization that the API key belongs to, with its settings.
#[utoipa::path(
    get,
    path = "/v1/tenant",
    operation_id = "show_tenant",
    tag = "tenant",
    responses((status = OK, description = "The tenant.", body = TenantBody)),
    extensions(("x-problems" = json!(["not-found"]))),
)]
pub(crate) async fn show(
    State(state): State<AppState>,
    Allowed(context, _): Allowed<require::ReadSettings>,
) -> Result<Json<TenantBody>, Failure> {
    let (tenant, identities) = tokio::try_join!(
        state.store.tenant(&context.tenant),
        state.store.identities(&context)
    )?;
    let tenant = tenant.ok_or_else(Failure::not_found)?;
    Ok(Json(TenantBody::new(tenant, &identities)))
}
