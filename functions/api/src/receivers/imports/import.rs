//! An import in responses.

use carillon_domain::receivers::import::{Columns, TakenFor};
use carillon_http::names::{ImportStatusName, OnBadAddressName};
use carillon_store::Import;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// Why the file was refused.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Refusal {
    /// A stable code for the reason.
    #[schema(examples("not_utf8"))]
    code: String,
    /// What is wrong and what would be valid.
    detail: String,
}

/// How a column of the file is interpreted.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ImportColumn {
    /// The column name.
    #[schema(examples("Handynummer"))]
    column: String,
    /// The field of the receiver: `first_name`, `last_name`, `email`, `mobile`, `push`, `language`, or a placeholder
    /// value such as `variables.city`; `null` for a column without a name, which is ignored.
    #[schema(examples("mobile"))]
    field: Option<String>,
    /// Whether the column contains the country of the phone number in its row.
    region: bool,
}

impl From<TakenFor> for ImportColumn {
    fn from(taken: TakenFor) -> Self {
        Self {
            column: taken.column,
            field: taken.field,
            region: taken.is_region,
        }
    }
}

/// A file of receivers and its progress.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Import)]
pub(crate) struct ImportBody {
    /// The import id.
    #[schema(format = "uuid")]
    id: String,
    /// The status of the import.
    status: ImportStatusName,
    /// When the import was created.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// The campaign to which the receivers are added.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "uuid")]
    campaign: Option<String>,
    /// What happens to rows that have an invalid address and a valid one.
    on_bad_address: OnBadAddressName,
    /// The locale of numbers and dates in the file, if they are converted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(examples("de"))]
    locale: Option<String>,
    /// How each column is interpreted, available once the file has been checked. Use it to verify that names, numbers
    /// and languages were recognized.
    columns: Vec<ImportColumn>,
    /// The size of the file in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<u64>,
    /// The number of rows in the file, available once the file has been checked.
    rows_total: Option<u64>,
    /// Rows processed.
    rows_read: u64,
    /// Rows that became receivers.
    rows_added: u64,
    /// Rows for receivers who were already in the campaign, from another file or added manually. They now have the
    /// name, language and values of the file, and any address that was missing.
    rows_updated: u64,
    /// Rows that were not refused, but from which something invalid was left out; `errors` lists what.
    rows_incomplete: u64,
    /// Rows that were refused; `errors` lists why.
    rows_refused: u64,
    /// Rows for receivers who were already in the campaign that changed nothing; `errors` lists the first 1,000 of
    /// them.
    rows_duplicate: u64,
    /// Why the whole file was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    refusal: Option<Refusal>,
}

impl ImportBody {
    /// An import.
    pub(crate) fn new(import: Import) -> Self {
        // They were parsed the same way before, or the file would have been refused.
        let columns = Columns::parse(import.columns.iter().map(String::as_str));
        let taken_for = columns.map(|columns| columns.taken_for());
        let columns = taken_for.unwrap_or_default().into_iter();
        Self {
            columns: columns.map(ImportColumn::from).collect(),
            on_bad_address: import.on_bad_address.into(),
            locale: import.locale,
            id: import.id.into(),
            status: import.status.into(),
            created_at: import.created_at,
            campaign: import.campaign.map(String::from),
            bytes: import.bytes,
            rows_total: import.rows_total,
            rows_read: import.rows_read,
            rows_added: import.rows_added,
            rows_updated: import.rows_updated,
            rows_incomplete: import.rows_incomplete,
            rows_refused: import.rows_refused,
            rows_duplicate: import.rows_duplicate,
            refusal: import
                .refusal
                .map(|(code, detail)| Refusal { code, detail }),
        }
    }
}
