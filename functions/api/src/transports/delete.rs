//! Deleting a transport.

use axum::extract::State;
use carillon_domain::access::permission::require;
use carillon_http::{authentication::Allowed, failure::Failure, problem::Problem};
use carillon_store::TransportSet;
use http::StatusCode;

use super::set::forget;
use crate::{path::TransportPath, state::AppState};

/// Delete a transport
///
/// Within a minute, nothing more is sent through it. If it was the last transport of its channel, running campaigns
/// stall and say so; they continue once another transport is set up. The credentials are deleted too. Later receipts
/// for messages that were sent through it are ignored; to process them, switch the transport off instead. A transport
/// that is used by routes must be removed from them first.
#[utoipa::path(
    delete,
    path = "/v1/transports/{transport}",
    operation_id = "delete_transport",
    tag = "transports",
    params(TransportPath),
    responses((status = NO_CONTENT, description = "Deleted.")),
    extensions(("x-problems" = json!(["changed-meanwhile", "transport-in-use"]))),
)]
pub(crate) async fn delete(
    State(state): State<AppState>,
    Allowed(context, _): Allowed<require::WriteChannels>,
    TransportPath { transport: id }: TransportPath,
) -> Result<StatusCode, Failure> {
    let (before, setup) = tokio::try_join!(
        state.store.transport_now(&context, &id),
        state.store.setup_now(&context)
    )?;
    let before = before.ok_or_else(Failure::not_found)?;
    let routes = setup.routes.get(&before.channel());
    if routes.is_some_and(|routes| routes.lead_to(&id)) {
        let detail = format!("routes of {} use it", before.channel());
        return Err(Failure::new(Problem::TransportInUse, detail));
    }
    match state.store.delete_transport(&context, &before).await? {
        TransportSet::Done => {}
        TransportSet::ChangedMeanwhile => return Err(Failure::changed_meanwhile()),
    }
    forget(&state, &context, before.credentials.as_ref()).await;
    Ok(StatusCode::NO_CONTENT)
}
