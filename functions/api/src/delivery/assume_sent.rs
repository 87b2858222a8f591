//! Assuming that unknown deliveries were sent.

use axum::{Json, extract::State, http::StatusCode};
use carillon_domain::access::permission::require;
use carillon_http::{
    authentication::Allowed,
    body::{self, NoBody},
    failure::Failure,
};
use carillon_store::Settlement;

use super::{
    list::DeliveryBody,
    settle::{SettleBody, SettledBody, settle_many, settle_one},
};
use crate::{
    path::{CampaignPath, DeliveryPath},
    state::AppState,
};

/// Assume that an unknown delivery was sent
///
/// Nothing is sent. The reason of the delivery becomes `assumed_sent`.
#[utoipa::path(
    post,
    path = "/v1/campaigns/{campaign}/deliveries/{receiver}/{channel}/assume-sent",
    operation_id = "assume_sent_delivery",
    tag = "deliveries",
    params(DeliveryPath),
    responses((status = OK, description = "The delivery, which now counts as sent.", body = DeliveryBody)),
    extensions(("x-problems" = json!(["not-running", "not-settleable", "changed-meanwhile"]))),
)]
pub(crate) async fn one(
    State(state): State<AppState>,
    Allowed(context, _): Allowed<require::WriteHistory>,
    path: DeliveryPath,
    NoBody: NoBody,
) -> Result<(StatusCode, Json<DeliveryBody>), Failure> {
    let delivery = settle_one(&state, &context, path, Settlement::AssumeSent).await?;
    Ok((StatusCode::OK, Json(delivery)))
}

/// Assume that unknown deliveries were sent
///
/// At most 500 per call: repeat the call with `next_cursor` while `more` is true. Nothing is sent.
#[utoipa::path(
    post,
    path = "/v1/campaigns/{campaign}/deliveries/assume-sent",
    operation_id = "assume_sent_deliveries",
    tag = "deliveries",
    params(CampaignPath),
    request_body = SettleBody,
    responses((status = OK, description = "The number of deliveries changed.", body = SettledBody)),
    extensions(("x-problems" = json!(["not-running"]))),
)]
pub(crate) async fn many(
    State(state): State<AppState>,
    Allowed(context, _): Allowed<require::WriteHistory>,
    path: CampaignPath,
    body::Json(body): body::Json<SettleBody>,
) -> Result<(StatusCode, Json<SettledBody>), Failure> {
    let settled = settle_many(&state, &context, &path, body, Settlement::AssumeSent).await?;
    Ok((StatusCode::OK, Json(settled)))
}
