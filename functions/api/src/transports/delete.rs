//! Taking a transport away.

use axum::extract::State;
use carillon_store::TransportSet;
use http::StatusCode;

use super::set::forget;
use crate::{authentication::Caller, failure::Failure, path::TransportPath, state::AppState};

/// Delete a transport
///
/// Nothing is sent on the channel any more, within a minute. Campaigns on their way wait, and say so;
/// they go on once another transport is set up. The credentials are deleted too.
#[utoipa::path(
    delete,
    path = "/v1/transports/{channel}",
    operation_id = "delete_transport",
    tag = "transports",
    params(TransportPath),
    responses((status = NO_CONTENT, description = "There is none any more.")),
    extensions(("x-problems" = json!(["changed-meanwhile"]))),
)]
pub(crate) async fn delete(
    State(state): State<AppState>,
    caller: Caller,
    TransportPath { channel }: TransportPath,
) -> Result<StatusCode, Failure> {
    let before = state.store.transport_now(&caller.tenant, channel).await?;
    let before = before.ok_or_else(Failure::not_found)?;
    match state
        .store
        .delete_transport(&caller.tenant, &before)
        .await?
    {
        TransportSet::Done => {}
        TransportSet::ChangedMeanwhile => return Err(Failure::changed_meanwhile()),
    }
    forget(&state, &caller, before.credentials.as_ref()).await;
    Ok(StatusCode::NO_CONTENT)
}
