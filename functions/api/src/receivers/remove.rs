//! Removing a receiver.

use axum::extract::State;
use carillon_domain::access::permission::require;
use carillon_http::{authentication::Allowed, failure::Failure};
use carillon_store::Removed;
use http::StatusCode;

use super::hold::hold;
use crate::{path::ReceiverPath, state::AppState};

/// Remove a receiver
///
/// Only while the campaign is a draft.
#[utoipa::path(
    delete,
    path = "/v1/campaigns/{campaign}/receivers/{receiver}",
    operation_id = "remove_receiver",
    tag = "receivers",
    params(ReceiverPath),
    responses((status = NO_CONTENT, description = "Removed.")),
    extensions(("x-problems" = json!(["not-a-draft"]))),
)]
pub(crate) async fn remove(
    State(state): State<AppState>,
    Allowed(context, _): Allowed<require::WriteCampaigns>,
    path: ReceiverPath,
) -> Result<StatusCode, Failure> {
    let held = hold(&state, &context, &path.campaign).await?;
    let result = state
        .store
        .remove_receiver(&context, &held.campaign, &path.receiver)
        .await;
    held.let_go(&state, &context).await;
    match result? {
        Removed::Done => Ok(StatusCode::NO_CONTENT),
        Removed::NotFound => Err(Failure::not_found()),
    }
}
