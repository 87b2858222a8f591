//! Listing deliveries.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use carillon_domain::{
    access::permission::require,
    address::{EmailAddress, InvalidAddress, PhoneNumber},
    campaigns::Campaign,
    channel::Channel,
    delivery::{EarlierOutcome, State as DeliveryStateOf, receipt::DeliveryStatus},
    id::ReceiverId,
    push_address::PushAddress,
    reason::Reason,
    receivers::Receiver,
    transports::{Vendor, routing::Tried},
};
use carillon_http::{
    authentication::Allowed,
    failure::Failure,
    findings::Findings,
    list_body,
    names::{self, ChannelName, DeliveryState, DeliveryStatusName},
    page::PageSizes,
    query::Query,
};
use carillon_store::{Cursor, DeliveryFilter, DeliveryRow, Page};
use http::{HeaderValue, Uri, header};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{address, table::table};
use crate::{found::find, path::CampaignPath, state::AppState};

/// A table is fetched whole, so its pages are larger.
const SIZES_OF_TABLE: PageSizes = PageSizes {
    usual: 500,
    most: 1_000,
};

/// Which deliveries to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DeliveryQuery {
    /// Filter by state.
    #[param(value_type = Option<DeliveryState>)]
    state: Option<String>,
    /// Filter by channel.
    #[param(value_type = Option<ChannelName>)]
    channel: Option<String>,
    /// Filter by the code of the reason.
    reason: Option<String>,
    /// Filter by delivery status of the message, as reported by the provider.
    #[param(value_type = Option<DeliveryStatusName>)]
    fate: Option<String>,
    /// Filter by receiver: an email address, phone number or device that the receiver has, or was added with.
    #[param(example = "ann@example.com")]
    address: Option<String>,
    /// `csv` returns a table (`text/csv`) instead of JSON: up to 1,000 entries per page, the column names on the first
    /// page, and the next page in the `Link` header.
    #[param(pattern = "^(json|csv)$")]
    format: Option<String>,
    /// The approximate number of entries per page. All channels of a receiver are on the same page.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    limit: Option<String>,
    /// `next_cursor` of the previous page, with the same filters.
    cursor: Option<String>,
}

/// How deliveries are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Format {
    Json,
    /// RFC 4180.
    Csv,
}

/// The receiver of a delivery.
#[derive(Serialize, ToSchema)]
pub(crate) struct DeliveryReceiver {
    /// The receiver id.
    id: String,
    /// The first name.
    #[serde(skip_serializing_if = "Option::is_none")]
    first_name: Option<String>,
    /// The last name.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_name: Option<String>,
}

impl From<Reason> for ReasonBody {
    fn from(reason: Reason) -> Self {
        Self {
            code: reason.code,
            text: reason.text,
        }
    }
}

/// The reason for a state.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Reason)]
pub(crate) struct ReasonBody {
    /// A stable code, or the provider's own code.
    code: String,
    /// A message for operators.
    text: String,
}

/// The delivery to one receiver on one channel.
#[derive(Serialize, ToSchema)]
#[schema(as = Delivery)]
pub(crate) struct DeliveryBody {
    /// The receiver.
    receiver: DeliveryReceiver,
    /// The address on this channel.
    address: Option<String>,
    /// The channel.
    channel: ChannelName,
    /// The state.
    state: DeliveryState,
    /// Why the delivery failed, was skipped, is unknown, or is being retried.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<ReasonBody>,
    /// The number of provider calls started.
    attempt: u32,
    /// The provider's message id.
    #[serde(skip_serializing_if = "Option::is_none")]
    provider_id: Option<String>,
    /// The transport that was used last.
    #[serde(skip_serializing_if = "Option::is_none")]
    transport: Option<String>,
    /// The vendor of that transport.
    #[serde(skip_serializing_if = "Option::is_none")]
    vendor: Option<&'static str>,
    /// Other transports that are known not to have delivered the message, oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tried: Vec<TriedBody>,
    /// The results of earlier sends, before the message was sent again, oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    earlier: Vec<EarlierBody>,
    /// When the state was reached, if an attempt led to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    changed_at: Option<Timestamp>,
    /// The delivery status of the message, as reported by the provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    fate: Option<DeliveryStatusName>,
    /// When that delivery status was reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    fate_at: Option<Timestamp>,
    /// When the next attempt is due.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    retry_at: Option<Timestamp>,
}

/// A transport that did not deliver a message.
#[derive(Serialize, ToSchema)]
#[schema(as = Tried)]
pub(crate) struct TriedBody {
    /// The transport id.
    transport: String,
    /// The code of the reason.
    code: String,
    /// The cost, if the message was accepted and the route has a price.
    #[serde(skip_serializing_if = "Option::is_none")]
    cost: Option<String>,
}

impl From<&Tried> for TriedBody {
    fn from(tried: &Tried) -> Self {
        Self {
            transport: tried.transport.to_string(),
            code: tried.code.clone(),
            cost: tried.cost.map(String::from),
        }
    }
}

/// The result of a delivery before it was sent again.
#[derive(Serialize, ToSchema)]
#[schema(as = EarlierDelivery)]
pub(crate) struct EarlierBody {
    /// The address that was used.
    address: Option<String>,
    /// The state.
    state: DeliveryState,
    /// Why the delivery had failed, was skipped or was unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<ReasonBody>,
    /// The number of provider calls started by then.
    attempt: u32,
    /// The provider's message id.
    #[serde(skip_serializing_if = "Option::is_none")]
    provider_id: Option<String>,
    /// The transport that was used.
    #[serde(skip_serializing_if = "Option::is_none")]
    transport: Option<String>,
    /// The vendor of that transport.
    #[serde(skip_serializing_if = "Option::is_none")]
    vendor: Option<&'static str>,
    /// When the state was reached.
    #[schema(value_type = String, format = DateTime)]
    changed_at: Timestamp,
    /// The delivery status of the message.
    #[serde(skip_serializing_if = "Option::is_none")]
    fate: Option<DeliveryStatusName>,
    /// When that delivery status was reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    fate_at: Option<Timestamp>,
}

impl EarlierBody {
    fn new(earlier: &EarlierOutcome, receiver: &Receiver, channel: Channel) -> Self {
        let address = receiver.address_of_resend(channel, earlier.resend);
        Self {
            address: address.map(|address| address.expose().to_owned()),
            state: earlier.state.into(),
            reason: earlier.reason.clone().map(ReasonBody::from),
            attempt: earlier.attempt,
            provider_id: earlier.provider_id.clone(),
            transport: earlier.transport.as_ref().map(ToString::to_string),
            vendor: earlier.vendor.map(Vendor::as_str),
            changed_at: earlier.changed_at,
            fate: earlier.fate.map(DeliveryStatusName::from),
            fate_at: earlier.fate_at,
        }
    }
}

list_body! {
    /// A page of deliveries.
    pub(crate) struct DeliveryList {
        /// The deliveries, in no particular order. A page may have few entries, or none, even if more follow.
        deliveries: Vec<DeliveryBody>,
    }
}

/// List deliveries
///
/// Every receiver on every channel of the campaign, filtered by state, channel, reason and delivery status, or by one
/// address; 1 to 200 per page, default 50. A table (`format=csv`) can be opened in a spreadsheet: cells that could be taken for a
/// formula begin with an apostrophe. The pages of a table, concatenated, form one file.
#[utoipa::path(
    get,
    path = "/v1/campaigns/{campaign}/deliveries",
    operation_id = "list_deliveries",
    tag = "deliveries",
    params(CampaignPath, DeliveryQuery),
    responses((
        status = OK,
        description = "A page of deliveries.",
        content((DeliveryList = "application/json"), (String = "text/csv")),
    )),
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    Allowed(context, _): Allowed<require::ReadHistory>,
    path: CampaignPath,
    uri: Uri,
    Query(query): Query<DeliveryQuery>,
) -> Result<Response, Failure> {
    let campaign = find(&state, &context, &path).await?;
    let mut findings = Findings::default();
    let wanted = query.state.as_deref().and_then(|name| {
        findings.keep::<DeliveryStateOf, _>("state", "unknown_state", names::read(name))
    });
    let channel = query
        .channel
        .as_deref()
        .and_then(|name| findings.keep::<Channel, _>("channel", "unknown_channel", name.parse()));
    let fate = query.fate.as_deref().and_then(|name| {
        findings.keep::<DeliveryStatus, _>("fate", "unknown_fate", names::read(name))
    });
    let format = query
        .format
        .as_deref()
        .and_then(|name| findings.keep("format", "unknown_format", names::read(name)));
    let is_table = format == Some(Format::Csv);
    let place = query
        .address
        .as_deref()
        .and_then(|text| findings.keep("address", "invalid_address", place(&campaign, text)));
    let sizes = match is_table {
        true => SIZES_OF_TABLE,
        false => PageSizes::DEFAULT,
    };
    let requested = sizes.read(
        &mut findings,
        query.limit.as_deref(),
        query.cursor.as_deref(),
    );
    findings.finish()?;
    let filter = DeliveryFilter {
        state: wanted,
        channel,
        reason: query.reason,
        fate,
    };
    let store = &state.store;
    let page = match place {
        Some(place) => Page {
            items: store.deliveries_at(&campaign, &place, &filter).await?,
            next: None,
        },
        None => store.deliveries(&campaign, &filter, &requested).await?,
    };
    if is_table {
        let table = table(&page.items, requested.after.is_none());
        return Ok(of_table(&uri, table, page.next));
    }
    let body = DeliveryList::from(page.map(DeliveryBody::new));
    Ok(Json(body).into_response())
}

/// The receiver id of an address in a campaign: an email address, a phone number, or a device.
fn place(campaign: &Campaign, text: &str) -> Result<ReceiverId, InvalidAddress> {
    if text.contains('@') {
        let address = EmailAddress::parse(text)?;
        return Ok(ReceiverId::of_email(&campaign.id, &address));
    }
    if let Ok(address) = PushAddress::parse(text) {
        return Ok(ReceiverId::of_push(&campaign.id, &address));
    }
    // An unescaped plus sign is a space in a query.
    let number = match text.strip_prefix(' ') {
        Some(digits) => PhoneNumber::parse(&format!("+{digits}"), None)?,
        None => PhoneNumber::parse(text, campaign.default_region)?,
    };
    Ok(ReceiverId::of_mobile(&campaign.id, &number))
}

/// Media types are case-insensitive (RFC 9110, 8.3.1). `lambda_http` decodes bodies whose type begins with `text`,
/// which loses the mark by which spreadsheets recognize UTF-8.
const CSV: &str = "Text/csv; charset=utf-8";

/// A page of a table, with a link to the next one (RFC 8288).
fn of_table(uri: &Uri, table: String, next: Option<Cursor>) -> Response {
    let name = "attachment; filename=\"deliveries.csv\"";
    let headers = [
        (header::CONTENT_TYPE, CSV),
        (header::CONTENT_DISPOSITION, name),
    ];
    let mut response = (headers, table).into_response();
    if let Some(cursor) = next {
        let parameters = uri.query().unwrap_or_default().split('&');
        let kept = parameters.filter(|it| !it.starts_with("cursor=") && !it.is_empty());
        let mut query: Vec<&str> = kept.collect();
        let cursor = format!("cursor={cursor}");
        query.push(&cursor);
        let link = format!("<{}?{}>; rel=\"next\"", uri.path(), query.join("&"));
        if let Ok(link) = HeaderValue::from_str(&link) {
            response.headers_mut().insert(header::LINK, link);
        }
    }
    response
}

impl DeliveryBody {
    /// A delivery with its receiver.
    pub(crate) fn new(row: DeliveryRow) -> Self {
        let address = address(&row.receiver, row.channel);
        let recorded = row
            .delivery
            .as_ref()
            .and_then(|delivery| delivery.reason.clone());
        let reason = recorded.or(row.skip_reason);
        Self {
            receiver: DeliveryReceiver {
                id: row.receiver_id.into(),
                first_name: row.receiver.first_name.clone(),
                last_name: row.receiver.last_name.clone(),
            },
            address,
            channel: row.channel.into(),
            state: row.state.into(),
            reason: reason.map(ReasonBody::from),
            fate: row
                .delivery
                .as_ref()
                .and_then(|delivery| delivery.fate)
                .map(DeliveryStatusName::from),
            fate_at: row.delivery.as_ref().and_then(|delivery| delivery.fate_at),
            attempt: row.delivery.as_ref().map_or(0, |delivery| delivery.attempt),
            changed_at: row.delivery.as_ref().map(|delivery| delivery.changed_at),
            retry_at: row.delivery.as_ref().and_then(|delivery| delivery.retry_at),
            provider_id: row
                .delivery
                .as_ref()
                .and_then(|delivery| delivery.provider_id.clone()),
            vendor: row
                .delivery
                .as_ref()
                .and_then(|delivery| delivery.vendor.map(Vendor::as_str)),
            tried: row
                .delivery
                .as_ref()
                .map(|delivery| delivery.tried.iter().map(TriedBody::from).collect())
                .unwrap_or_default(),
            earlier: row
                .delivery
                .iter()
                .flat_map(|delivery| &delivery.earlier)
                .map(|earlier| EarlierBody::new(earlier, &row.receiver, row.channel))
                .collect(),
            transport: row
                .delivery
                .and_then(|delivery| delivery.transport.map(|id| id.to_string())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_of_a_table_keeps_the_filters() {
        let uri: Uri = "/v1/campaigns/x/deliveries?format=csv&cursor=old&state=sent"
            .parse()
            .unwrap();
        let response = of_table(&uri, "a\r\n".to_owned(), "302e".parse().ok());
        let link = response.headers()[header::LINK].to_str().unwrap();
        assert_eq!(
            link,
            "</v1/campaigns/x/deliveries?format=csv&state=sent&cursor=302e>; rel=\"next\""
        );
        let kind = response.headers()[header::CONTENT_TYPE].to_str().unwrap();
        assert_eq!(kind, CSV);
        let last = of_table(&uri, String::new(), None);
        assert!(!last.headers().contains_key(header::LINK));
    }
}
