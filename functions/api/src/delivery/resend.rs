//! Resending deliveries that failed or are unknown.

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

/// Resend a delivery
///
/// For a delivery that failed or is unknown. While the campaign is paused, it waits until the campaign is resumed.
///
/// It is not known whether the provider accepted an `unknown` delivery, so the message may arrive twice.
#[utoipa::path(
    post,
    path = "/v1/campaigns/{campaign}/deliveries/{receiver}/{channel}/resend",
    operation_id = "resend_delivery",
    tag = "deliveries",
    params(DeliveryPath),
    responses((status = ACCEPTED, description = "The delivery, which will be sent again.", body = DeliveryBody)),
    extensions(("x-problems" = json!(["not-running", "not-settleable", "changed-meanwhile"]))),
)]
pub(crate) async fn one(
    State(state): State<AppState>,
    Allowed(context, _): Allowed<require::WriteHistory>,
    path: DeliveryPath,
    NoBody: NoBody,
) -> Result<(StatusCode, Json<DeliveryBody>), Failure> {
    let delivery = settle_one(&state, &context, path, Settlement::Resend).await?;
    Ok((StatusCode::ACCEPTED, Json(delivery)))
}

/// Resend deliveries
///
/// At most 500 per call: repeat the call with `next_cursor` while `more` is true. Deliveries that change in the
/// meantime are left out. While the campaign is paused, they wait until it is resumed.
///
/// It is not known whether the provider accepted an `unknown` delivery, so the message may arrive twice.
#[utoipa::path(
    post,
    path = "/v1/campaigns/{campaign}/deliveries/resend",
    operation_id = "resend_deliveries",
    tag = "deliveries",
    params(CampaignPath),
    request_body = SettleBody,
    responses((status = ACCEPTED, description = "The number of deliveries changed.", body = SettledBody)),
    extensions(("x-problems" = json!(["not-running"]))),
)]
pub(crate) async fn many(
    State(state): State<AppState>,
    Allowed(context, _): Allowed<require::WriteHistory>,
    path: CampaignPath,
    body::Json(body): body::Json<SettleBody>,
) -> Result<(StatusCode, Json<SettledBody>), Failure> {
    let settled = settle_many(&state, &context, &path, body, Settlement::Resend).await?;
    Ok((StatusCode::ACCEPTED, Json(settled)))
}
