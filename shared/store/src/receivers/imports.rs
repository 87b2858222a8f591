//! Imports: a file of receivers, how far it has been read, and what was refused.

use carillon_domain::{
    access::Context,
    address::Region,
    id::{CampaignId, ImportId, TenantId},
    receivers::{
        OnBadAddress,
        import::{Effect, RowFinding},
    },
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    Store,
    error::Error,
    item,
    keys::{self, Key},
    partiql::Statement,
    revised::Revised,
};

/// How long an import and its findings are kept.
const KEPT_DAYS: u32 = 90;

/// Status of an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportStatus {
    /// The file has not been uploaded yet.
    WaitingForUpload,
    /// The file is uploaded, but no campaign is set.
    Uploaded,
    /// The file is uploaded, a campaign is set, and a task is queued.
    Queued,
    /// The whole file is checked before anything is written.
    Checking,
    /// Rows become receivers.
    Loading,
    /// All rows are read.
    Completed,
    /// The file cannot be used; nothing was loaded.
    Refused,
}

impl ImportStatus {
    /// Whether the import has ended.
    pub fn is_final(self) -> bool {
        matches!(self, ImportStatus::Completed | ImportStatus::Refused)
    }
}

/// An import.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Import {
    /// The tenant.
    pub tenant: TenantId,
    /// Its id.
    pub id: ImportId,
    /// Where it is.
    pub status: ImportStatus,
    /// When it was created.
    pub created_at: Timestamp,
    /// Incremented on every change, so that two readers of one file cannot both save.
    pub revision: u64,
    /// A new token for every change, by which a writer whose response was lost recognizes its own row.
    #[serde(default)]
    pub saved_by: String,
    /// The campaign that gets the receivers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign: Option<CampaignId>,
    /// Ledger partitions of that campaign.
    #[serde(default)]
    pub shards: u16,
    /// The region that completes national phone numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_region: Option<Region>,
    /// How rows with both a bad and a good address are handled.
    #[serde(default)]
    pub on_bad_address: OnBadAddress,
    /// The file's locale for numbers and dates (BCP 47), if they are to be parsed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// The size of the file, in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// The file's entity tag when it was first read; another file under the same name is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entity_tag: Option<String>,
    /// The delimiter, as a byte.
    #[serde(default)]
    pub delimiter: u8,
    /// The names of the columns.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
    /// The byte offset at which reading continues.
    #[serde(default)]
    pub offset: u64,
    /// The line at that offset.
    #[serde(default)]
    pub line: u64,
    /// Rows in the file, known once it is checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows_total: Option<u64>,
    /// Rows processed.
    #[serde(default)]
    pub rows_read: u64,
    /// Rows that became receivers.
    #[serde(default)]
    pub rows_added: u64,
    /// Rows that updated a receiver already in the campaign.
    #[serde(default)]
    pub rows_updated: u64,
    /// Accepted rows of which a bad value was left out.
    #[serde(default)]
    pub rows_incomplete: u64,
    /// Refused rows.
    #[serde(default)]
    pub rows_refused: u64,
    /// Rows whose receiver was already in the campaign and that changed nothing.
    #[serde(default)]
    pub rows_duplicate: u64,
    /// Why the file was refused: code and text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<(String, String)>,
}

impl Import {
    /// An import that waits for its file.
    pub fn new(tenant: TenantId, id: ImportId, created_at: Timestamp) -> Self {
        Self {
            tenant,
            id,
            status: ImportStatus::WaitingForUpload,
            created_at,
            revision: 1,
            saved_by: String::new(),
            campaign: None,
            shards: 0,
            default_region: None,
            on_bad_address: OnBadAddress::default(),
            locale: None,
            bytes: None,
            entity_tag: None,
            delimiter: b',',
            columns: Vec::new(),
            offset: 0,
            line: 0,
            rows_total: None,
            rows_read: 0,
            rows_added: 0,
            rows_updated: 0,
            rows_incomplete: 0,
            rows_refused: 0,
            rows_duplicate: 0,
            refusal: None,
        }
    }

    /// Ends it without loading the rest of its file.
    pub fn refuse(&mut self, code: impl Into<String>, text: impl Into<String>) {
        self.status = ImportStatus::Refused;
        self.refusal = Some((code.into(), text.into()));
    }
}

/// A finding about a row, as stored and shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundRow {
    /// The line on which the row begins, from 1.
    pub line: u64,
    /// The column at fault.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// A stable reason code.
    pub code: String,
    /// What is wrong, and what would be right.
    pub reason: String,
    /// What happened to the row.
    pub effect: RowEffect,
}

/// What happened to a row with a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RowEffect {
    /// Not loaded.
    Refused,
    /// Loaded without the bad value.
    LeftOut,
    /// Its receiver was already there; nothing changed.
    Duplicate,
}

impl From<Effect> for RowEffect {
    fn from(effect: Effect) -> Self {
        match effect {
            Effect::Refused => RowEffect::Refused,
            Effect::LeftOut => RowEffect::LeftOut,
            Effect::Duplicate => RowEffect::Duplicate,
        }
    }
}

impl Revised for Import {
    const WHAT: &'static str = "an import";
    const CREATE: &'static str = "create an import";
    const READ: &'static str = "read an import";
    const SAVE: &'static str = "save an import";
    const KEPT_DAYS: u32 = KEPT_DAYS;

    fn key(&self) -> Key {
        keys::import(&self.tenant, &self.id)
    }

    fn created_at(&self) -> Timestamp {
        self.created_at
    }

    fn revision(&self) -> u64 {
        self.revision
    }

    fn saved_by(&self) -> &str {
        &self.saved_by
    }

    fn revise(&mut self, revision: u64, saved_by: String) {
        (self.revision, self.saved_by) = (revision, saved_by);
    }
}

impl Store {
    /// Creates an import, or returns the one that the same request created before.
    ///
    /// # Errors
    /// If the write fails.
    pub async fn create_import(&self, context: &Context, import: &Import) -> Result<Import, Error> {
        context.check(&import.tenant);
        self.create_revised(import).await
    }

    /// An import (consistent read).
    ///
    /// # Errors
    /// If the read fails or the row cannot be decoded.
    pub async fn import(&self, context: &Context, id: &ImportId) -> Result<Option<Import>, Error> {
        self.read_revised(&keys::import(&context.tenant, id)).await
    }

    /// Saves an import that is unchanged since it was read; `None` if it has changed.
    ///
    /// # Errors
    /// If the write fails.
    pub async fn save_import(
        &self,
        context: &Context,
        import: &Import,
    ) -> Result<Option<Import>, Error> {
        context.check(&import.tenant);
        self.save_revised(import).await
    }

    /// Stores findings about rows, given by line. Idempotent.
    ///
    /// # Errors
    /// If the write fails.
    pub async fn keep_findings(
        &self,
        context: &Context,
        import: &Import,
        findings: &[RowFinding],
    ) -> Result<(), Error> {
        context.check(&import.tenant);
        let mut previous_line = None;
        let mut index = 0;
        let statements = findings
            .iter()
            .map(|finding| {
                index = if previous_line == Some(finding.line) {
                    index + 1
                } else {
                    0
                };
                previous_line = Some(finding.line);
                let row = FoundRow {
                    line: finding.line,
                    column: finding.column.clone(),
                    code: finding.code.to_owned(),
                    reason: finding.reason.clone(),
                    effect: finding.effect.into(),
                };
                let key = keys::refused(&import.tenant, &import.id, finding.line, index);
                let mut row = item::write(&key, "a finding about a row", &row)?;
                row.insert(
                    "expires_at".to_owned(),
                    item::expiry(import.created_at, KEPT_DAYS),
                );
                Ok(Statement::insert(&self.catalog, row))
            })
            .collect::<Result<Vec<_>, Error>>()?;
        self.execute("store findings about rows", statements)
            .await
            .map(|_| ())
    }
}
