//! An import as it stands in answers.

use carillon_store::Import;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::names::ImportStatusName;

/// Why a file was refused.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Refusal {
    /// A stable name of the reason.
    #[schema(examples("not_utf8"))]
    code: String,
    /// What is wrong and what would be right.
    detail: String,
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
    /// The size of the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<u64>,
    /// Rows in the file, known once it is checked.
    rows_total: Option<u64>,
    /// Rows dealt with.
    rows_read: u64,
    /// Rows that became receivers.
    rows_added: u64,
    /// Rows that were refused; `errors` says why.
    rows_refused: u64,
    /// Rows about somebody who is in the campaign already.
    rows_duplicate: u64,
    /// Why the whole file was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    refusal: Option<Refusal>,
}

impl ImportBody {
    /// An import.
    pub(crate) fn new(import: Import) -> Self {
        Self {
            id: import.id.into(),
            status: import.status.into(),
            created_at: import.created_at,
            campaign: import.campaign.map(String::from),
            bytes: import.bytes,
            rows_total: import.rows_total,
            rows_read: import.rows_read,
            rows_added: import.rows_added,
            rows_refused: import.rows_refused,
            rows_duplicate: import.rows_duplicate,
            refusal: import
                .refusal
                .map(|(code, detail)| Refusal { code, detail }),
        }
    }
}
