//! The JSON API under `/_simulator/`: lists and clears calls, sets faults, sends events.

use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, LOCATION, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderValue, StatusCode};
use problem_details::ProblemDetails;
use serde::{Deserialize, Serialize};

use super::calls::{Call, CallFilter, CallPage, Provider, Selection};
use super::events::{EmitError, EmitRequest, Emitted, EventBus};
use super::faults::{Fault, PlacedFault};
use super::journal::Summary;
use super::state::SharedState;
use super::topic::{self, Subscribe, Subscribed};
use super::vendors::calling::{self, CallBack, CallBackError, CalledBack, Inbound};

/// Default number of listed calls.
const USUAL_LIMIT: usize = 100;

/// Maximum number of listed calls.
const MAXIMUM_LIMIT: usize = 10_000;

/// The faults, in the order they were set.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FaultList {
    /// The faults, including used-up ones.
    pub faults: Vec<PlacedFault>,
}

/// How many calls or faults were removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cleared {
    /// How many.
    pub cleared: usize,
}

/// The routes of the JSON API.
pub(super) fn routes() -> Router<SharedState> {
    Router::new()
        .route("/_simulator/calls", get(list_calls).delete(clear_calls))
        .route("/_simulator/calls/{id}", get(show_call))
        .route("/_simulator/calls/{id}/raw", get(show_raw))
        .route("/_simulator/summary", get(show_summary))
        .route(
            "/_simulator/faults",
            get(list_faults).post(add_fault).delete(clear_faults),
        )
        .route(
            "/_simulator/faults/{id}",
            get(show_fault).delete(remove_fault),
        )
        .route("/_simulator/events", post(emit))
        .route("/_simulator/callbacks", post(call_back))
        .route("/_simulator/inbound", post(write_to))
        .route("/_simulator/subscriptions", post(subscribe))
        .route("/_simulator/events/bus", get(show_bus).put(set_bus))
        .method_not_allowed_fallback(refuse_method)
}

async fn call_back(
    State(state): State<SharedState>,
    body: Result<Json<CallBack>, JsonRejection>,
) -> Result<Json<CalledBack>, ProblemDetails> {
    let Json(wanted) = body.map_err(bad_body)?;
    let call = state.journal().call(wanted.call);
    let call = call.ok_or_else(|| no_call(wanted.call))?;
    let request = calling::callback(&call, wanted.kind, wanted.url).map_err(not_called)?;
    calling::send(request).await.map(Json).map_err(not_called)
}

async fn write_to(
    State(state): State<SharedState>,
    body: Result<Json<Inbound>, JsonRejection>,
) -> Result<Json<CalledBack>, ProblemDetails> {
    let Json(inbound) = body.map_err(bad_body)?;
    let request = calling::inbound(&state.windows, &inbound).map_err(not_called)?;
    calling::send(request).await.map(Json).map_err(not_called)
}

async fn subscribe(
    State(state): State<SharedState>,
    body: Result<Json<Subscribe>, JsonRejection>,
) -> Result<Json<Subscribed>, ProblemDetails> {
    let Json(wanted) = body.map_err(bad_body)?;
    let subscribed = topic::subscribe(&state, &wanted.url).await;
    subscribed.map(Json).map_err(not_called)
}

#[expect(clippy::needless_pass_by_value, reason = "map_err hands it over")]
fn not_called(error: CallBackError) -> ProblemDetails {
    let status = match error {
        CallBackError::Unreachable(_) => StatusCode::BAD_GATEWAY,
        CallBackError::NoCall(_) => StatusCode::NOT_FOUND,
        CallBackError::NothingToTell | CallBackError::NoAddress => StatusCode::CONFLICT,
    };
    problem(status, error.to_string())
}

/// The response for an unknown path.
pub(super) async fn nothing_here() -> ProblemDetails {
    problem(StatusCode::NOT_FOUND, "There is nothing at this path.")
}

async fn refuse_method() -> ProblemDetails {
    problem(
        StatusCode::METHOD_NOT_ALLOWED,
        "This path does not support this method.",
    )
}

fn problem(status: StatusCode, detail: impl Into<String>) -> ProblemDetails {
    ProblemDetails::from_status_code(status).with_detail(detail.into())
}

#[expect(clippy::needless_pass_by_value, reason = "map_err hands it over")]
fn bad_query(rejection: QueryRejection) -> ProblemDetails {
    problem(StatusCode::BAD_REQUEST, rejection.body_text())
}

#[expect(clippy::needless_pass_by_value, reason = "map_err hands it over")]
fn bad_body(rejection: JsonRejection) -> ProblemDetails {
    problem(rejection.status(), rejection.body_text())
}

#[expect(clippy::needless_pass_by_value, reason = "map_err hands it over")]
fn bad_id(rejection: PathRejection) -> ProblemDetails {
    problem(StatusCode::BAD_REQUEST, rejection.body_text())
}

fn no_call(id: u64) -> ProblemDetails {
    problem(
        StatusCode::NOT_FOUND,
        format!("There is no call {id}; it may have been cleared."),
    )
}

fn no_fault(id: u64) -> ProblemDetails {
    problem(StatusCode::NOT_FOUND, format!("There is no fault {id}."))
}

async fn list_calls(
    State(state): State<SharedState>,
    filter: Result<Query<CallFilter>, QueryRejection>,
) -> Result<Json<CallPage>, ProblemDetails> {
    let Query(mut filter) = filter.map_err(bad_query)?;
    let limit = filter.limit.unwrap_or(USUAL_LIMIT);
    if !(1..=MAXIMUM_LIMIT).contains(&limit) {
        return Err(problem(
            StatusCode::BAD_REQUEST,
            format!("limit must be from 1 to {MAXIMUM_LIMIT}"),
        ));
    }
    filter.limit = Some(limit);
    Ok(Json(state.snapshot().list(&filter)))
}

async fn show_call(
    State(state): State<SharedState>,
    id: Result<Path<u64>, PathRejection>,
) -> Result<Json<Call>, ProblemDetails> {
    let Path(id) = id.map_err(bad_id)?;
    let call = state.journal().call(id).ok_or_else(|| no_call(id))?;
    Ok(Json(Call::clone(&call)))
}

async fn show_raw(
    State(state): State<SharedState>,
    id: Result<Path<u64>, PathRejection>,
) -> Result<Response, ProblemDetails> {
    let Path(id) = id.map_err(bad_id)?;
    let (provider, raw) = state.journal().raw(id).ok_or_else(|| {
        problem(
            StatusCode::NOT_FOUND,
            format!("There is no message of a call {id}."),
        )
    })?;
    let (content_type, disposition) = match provider {
        Provider::Ses | Provider::Google | Provider::Microsoft | Provider::Smtp => {
            ("message/rfc822", format!("inline; filename=\"{id}.eml\""))
        }
        Provider::Mailgun => ("text/plain", format!("inline; filename=\"{id}.txt\"")),
        Provider::Sns | Provider::SnsPush | Provider::Twilio | Provider::TwilioWhatsApp => (
            "application/x-www-form-urlencoded",
            format!("inline; filename=\"{id}.txt\""),
        ),
        Provider::EndUserMessaging
        | Provider::BulkSms
        | Provider::Infobip
        | Provider::Clickatell
        | Provider::SmsPortal
        | Provider::SendGrid
        | Provider::InfobipWhatsApp
        | Provider::Meta
        | Provider::HttpSms
        | Provider::HttpEmail
        | Provider::Fcm
        | Provider::Apns
        | Provider::WebPush => (
            "application/json",
            format!("inline; filename=\"{id}.json\""),
        ),
    };
    let mut response = raw.into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    // A message must never be treated as one of the simulator's own pages.
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Ok(disposition) = HeaderValue::from_str(&disposition) {
        headers.insert(CONTENT_DISPOSITION, disposition);
    }
    Ok(response)
}

async fn clear_calls(
    State(state): State<SharedState>,
    selection: Result<Query<Selection>, QueryRejection>,
) -> Result<Json<Cleared>, ProblemDetails> {
    let Query(selection) = selection.map_err(bad_query)?;
    let cleared = state.journal().clear(&selection);
    Ok(Json(Cleared { cleared }))
}

async fn show_summary(
    State(state): State<SharedState>,
    selection: Result<Query<Selection>, QueryRejection>,
) -> Result<Json<Summary>, ProblemDetails> {
    let Query(selection) = selection.map_err(bad_query)?;
    Ok(Json(state.snapshot().summary(&selection)))
}

async fn list_faults(State(state): State<SharedState>) -> Json<FaultList> {
    let faults = state.faults().list();
    Json(FaultList { faults })
}

async fn add_fault(
    State(state): State<SharedState>,
    fault: Result<Json<Fault>, JsonRejection>,
) -> Result<Response, ProblemDetails> {
    let Json(fault) = fault.map_err(bad_body)?;
    let placed = state
        .faults()
        .add(fault)
        .map_err(|invalid| problem(StatusCode::UNPROCESSABLE_ENTITY, invalid.to_string()))?;
    let location = format!("/_simulator/faults/{}", placed.id);
    Ok((StatusCode::CREATED, [(LOCATION, location)], Json(placed)).into_response())
}

async fn show_fault(
    State(state): State<SharedState>,
    id: Result<Path<u64>, PathRejection>,
) -> Result<Json<PlacedFault>, ProblemDetails> {
    let Path(id) = id.map_err(bad_id)?;
    state
        .faults()
        .find(id)
        .map(Json)
        .ok_or_else(|| no_fault(id))
}

async fn remove_fault(
    State(state): State<SharedState>,
    id: Result<Path<u64>, PathRejection>,
) -> Result<StatusCode, ProblemDetails> {
    let Path(id) = id.map_err(bad_id)?;
    if state.faults().remove(id) {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(no_fault(id))
    }
}

async fn clear_faults(State(state): State<SharedState>) -> Json<Cleared> {
    let cleared = state.faults().clear();
    Json(Cleared { cleared })
}

async fn emit(
    State(state): State<SharedState>,
    request: Result<Json<EmitRequest>, JsonRejection>,
) -> Result<Json<Emitted>, ProblemDetails> {
    let Json(EmitRequest { call, kinds }) = request.map_err(bad_body)?;
    let kept = state.journal().call(call).ok_or_else(|| no_call(call))?;
    let emitted = state.events.emit(&kept, &kinds).await.map_err(|error| {
        let status = match error {
            EmitError::NoBus | EmitError::NoMail(_) => StatusCode::CONFLICT,
            EmitError::Unreachable { .. } | EmitError::Refused(_) => StatusCode::BAD_GATEWAY,
        };
        problem(status, error.to_string())
    })?;
    Ok(Json(Emitted { emitted }))
}

async fn show_bus(State(state): State<SharedState>) -> Json<EventBus> {
    Json(state.events.bus())
}

async fn set_bus(
    State(state): State<SharedState>,
    bus: Result<Json<EventBus>, JsonRejection>,
) -> Result<StatusCode, ProblemDetails> {
    let Json(bus) = bus.map_err(bad_body)?;
    state.events.direct_to(bus);
    Ok(StatusCode::NO_CONTENT)
}
