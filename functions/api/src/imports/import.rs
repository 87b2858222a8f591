//! An import as it stands in answers.

use carillon_domain::import::{Columns, TakenFor};
use carillon_store::Import;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::names::{ImportStatusName, OnBadAddressName};

/// Why a file was refused.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Refusal {
    /// A stable name of the reason.
    #[schema(examples("not_utf8"))]
    code: String,
    /// What is wrong and what would be right.
    detail: String,
}

/// What a column of the file is taken for.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ImportColumn {
    /// Its heading.
    #[schema(examples("Handynummer"))]
    column: String,
    /// The field of a receiver that it fills: `first_name`, `last_name`, `email`, `mobile`, `push`, `language`, or a value for
    /// placeholders, as in `variables.city`; `null` for a column without a heading, which is not read.
    #[schema(examples("mobile"))]
    field: Option<String>,
    /// Whether it says of which country the phone number of its row is.
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

/// A file of receivers and how far it has come.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Import)]
pub(crate) struct ImportBody {
    /// Its id.
    #[schema(format = "uuid")]
    id: String,
    /// Where it is.
    status: ImportStatusName,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// The campaign that the receivers go to.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "uuid")]
    campaign: Option<String>,
    /// What becomes of rows in which one address is bad and another is good.
    on_bad_address: OnBadAddressName,
    /// How the file writes numbers and dates, if they are read.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(examples("de"))]
    locale: Option<String>,
    /// What each column is taken for, known once the file is checked. Look here whether names, numbers and languages were found.
    columns: Vec<ImportColumn>,
    /// The size of the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<u64>,
    /// Rows in the file, known once it is checked.
    rows_total: Option<u64>,
    /// Rows dealt with.
    rows_read: u64,
    /// Rows that became receivers.
    rows_added: u64,
    /// Rows about somebody who was in the campaign already, from another file or by hand, and who now has the file's name,
    /// language and values, and an address that was missing.
    rows_updated: u64,
    /// Of the rows that were not refused, those of which something bad was left out; `errors` says what.
    rows_incomplete: u64,
    /// Rows that were refused; `errors` says why.
    rows_refused: u64,
    /// Rows about somebody who is in the campaign already, and that changed nothing; `errors` names the first thousand of them.
    rows_duplicate: u64,
    /// Why the whole file was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    refusal: Option<Refusal>,
}

impl ImportBody {
    /// An import.
    pub(crate) fn new(import: Import) -> Self {
        // They were read like this before, or the file would have been refused.
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
