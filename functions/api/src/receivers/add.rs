//! Adding receivers: manually, or from an uploaded file.

use axum::{
    Json as AxumJson,
    extract::State,
    response::{IntoResponse, Response},
};
use carillon_domain::{
    access::{Context, permission::require},
    campaigns::Campaign,
    field_problem::FieldProblem,
    receivers::{NewReceiver, OnBadAddress, Receiver, Source},
};
use carillon_http::{
    authentication::Allowed,
    body::{Json, Object, not_null},
    failure::Failure,
    findings::Findings,
    names::{self, OnBadAddressName},
};
use carillon_store::AddOutcome;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{hold::hold, import::attach, receiver::NewReceiverBody};
use crate::{
    found::{find, require_draft},
    path::CampaignPath,
    receivers::imports::ImportBody,
    state::AppState,
};

/// Maximum receivers per request.
const MOST: usize = 500;

/// The receivers to add: either a list, or the rows of an import.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AddReceivers {
    /// The receivers, at most 500. If one of them cannot be added, none is.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = Vec<NewReceiverBody>, required = false, max_items = 500)]
    receivers: Option<Vec<Object<NewReceiverBody>>>,
    /// The id of an import. Its rows are added as soon as its file is uploaded.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = String, format = "uuid", required = false)]
    import: Option<String>,
    /// What to do with a person who has a valid address but also an invalid address or language. `refuse`, the default,
    /// adds nobody; `keep` adds the person without the invalid parts. An import has its own setting.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = OnBadAddressName, required = false)]
    on_bad_address: Option<String>,
}

/// The result for one receiver.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AddedReceiver {
    /// The receiver id.
    id: String,
    /// Whether the receiver was added or was already in the campaign.
    status: AddedStatus,
    /// Invalid parts that were left out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    left_out: Vec<LeftOut>,
}

/// An invalid part of a receiver that was left out.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LeftOut {
    /// The field.
    #[schema(examples("mobile"))]
    field: String,
    /// A stable code for the reason.
    #[schema(examples("invalid_phone"))]
    code: &'static str,
    /// What is wrong and what would be valid.
    detail: String,
}

impl From<FieldProblem> for LeftOut {
    fn from(problem: FieldProblem) -> Self {
        Self {
            field: problem.field,
            code: problem.code,
            detail: problem.reason,
        }
    }
}

/// Whether a receiver was added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AddedStatus {
    /// The receiver was added.
    Added,
    /// The receiver was already in the campaign, with the same addresses. Name, language and variables are now as given
    /// in the request; what is not given stays unchanged.
    Corrected,
    /// The receiver was already in the campaign; nothing was changed.
    Duplicate,
}

/// The result of adding receivers.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AddedReceivers {
    /// The number of receivers added.
    added: usize,
    /// The number of receivers who were already in the campaign and were updated.
    corrected: usize,
    /// The number of receivers who were already in the campaign.
    duplicates: usize,
    /// The result for each receiver, in the order of the request.
    receivers: Vec<AddedReceiver>,
}

/// Add receivers
///
/// Manually, up to 500 at once, or from the file of an import. Repeating a request changes nothing. A receiver who is
/// added manually again, with the same addresses, gets the given name, language and variables.
#[utoipa::path(
    post,
    path = "/v1/campaigns/{campaign}/receivers",
    operation_id = "add_receivers",
    tag = "receivers",
    params(CampaignPath),
    request_body = AddReceivers,
    responses(
        (status = OK, description = "The result for each receiver.", body = AddedReceivers),
        (status = ACCEPTED, description = "The import; its rows are being added.", body = ImportBody),
    ),
    extensions(("x-problems" = json!(["not-a-draft", "unknown-import", "import-used", "changed-meanwhile"]))),
)]
pub(crate) async fn add(
    State(state): State<AppState>,
    Allowed(context, _): Allowed<require::WriteCampaigns>,
    path: CampaignPath,
    Json(body): Json<AddReceivers>,
) -> Result<Response, Failure> {
    let campaign = find(&state, &context, &path).await?;
    let mut findings = Findings::default();
    let on_bad_address = match &body.on_bad_address {
        None => OnBadAddress::Refuse,
        Some(_) if body.import.is_some() => {
            findings.add(
                "on_bad_address",
                "ambiguous",
                "for an import, set it when you create the import",
            );
            OnBadAddress::Refuse
        }
        Some(name) => findings
            .keep("on_bad_address", "unknown_choice", names::read(name))
            .unwrap_or(OnBadAddress::Refuse),
    };
    findings.finish()?;
    match (body.receivers, body.import) {
        (Some(receivers), None) => {
            by_hand(&state, &context, &campaign, receivers, on_bad_address).await
        }
        (None, Some(import)) => {
            let import = attach(&state, &context, &campaign, &import).await?;
            Ok((StatusCode::ACCEPTED, AxumJson(ImportBody::new(import))).into_response())
        }
        _ => Err(Failure::field(
            "receivers",
            "ambiguous",
            "either receivers, or import",
        )),
    }
}

async fn by_hand(
    state: &AppState,
    context: &Context,
    campaign: &Campaign,
    rows: Vec<Object<NewReceiverBody>>,
    on_bad_address: OnBadAddress,
) -> Result<Response, Failure> {
    require_draft(campaign)?;
    let (receivers, left_out) = parse(campaign, rows, on_bad_address)?;
    let held = hold(state, context, &campaign.id).await?;
    let result = state
        .store
        .add_receivers(context, &held.campaign, &receivers)
        .await;
    held.let_go(state, context).await;
    let receivers: Vec<AddedReceiver> = result?
        .into_iter()
        .zip(left_out)
        .map(|(outcome, left_out)| {
            let (id, status) = match outcome {
                AddOutcome::Added(id) => (id, AddedStatus::Added),
                AddOutcome::Corrected(id) => (id, AddedStatus::Corrected),
                AddOutcome::Duplicate(id, _) => (id, AddedStatus::Duplicate),
            };
            AddedReceiver {
                id: id.into(),
                status,
                left_out: left_out.into_iter().map(LeftOut::from).collect(),
            }
        })
        .collect();
    let count = |status| {
        let wanted = receivers.iter().filter(|it| it.status == status);
        wanted.count()
    };
    let (added, corrected) = (count(AddedStatus::Added), count(AddedStatus::Corrected));
    let body = AddedReceivers {
        added,
        corrected,
        duplicates: receivers.len() - added - corrected,
        receivers,
    };
    Ok(AxumJson(body).into_response())
}

/// The receivers, and the invalid parts left out of each.
fn parse(
    campaign: &Campaign,
    rows: Vec<Object<NewReceiverBody>>,
    on_bad_address: OnBadAddress,
) -> Result<(Vec<Receiver>, Vec<Vec<FieldProblem>>), Failure> {
    let mut findings = Findings::default();
    if !(1..=MOST).contains(&rows.len()) {
        findings.add(
            "receivers",
            "out_of_range",
            format!("1 to {MOST} receivers; there are {}", rows.len()),
        );
        return Err(findings.into());
    }
    let mut receivers = Vec::with_capacity(rows.len());
    let mut all_left_out = Vec::with_capacity(rows.len());
    for (index, Object(row)) in rows.into_iter().enumerate() {
        let field = format!("receivers[{index}]");
        row.check_variables(&field, &mut findings);
        let new = NewReceiver::from(row);
        match new.read(campaign.default_region, Source::Manual, on_bad_address) {
            Ok((receiver, left_out)) => {
                receivers.push(receiver);
                all_left_out.push(left_out);
            }
            Err(problems) => {
                for problem in problems {
                    findings.add(
                        format!("{field}.{}", problem.field),
                        problem.code,
                        problem.reason,
                    );
                }
            }
        }
    }
    findings.finish().map(|()| (receivers, all_left_out))
}
