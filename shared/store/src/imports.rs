//! Imports: a file of receivers, how far it has been read, and what was refused.

use aws_sdk_dynamodb::types::ReturnValue;
use carillon_domain::{
    address::Region,
    id::{CampaignId, ImportId, TenantId},
    import::{Effect, RowFinding},
    receiver::OnBadAddress,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    Cursor, Store,
    error::{Error, condition_failed},
    item,
    keys::{self, Key},
    partiql::Statement,
};

/// How long an import and what it refused are kept.
const KEPT_DAYS: u32 = 90;

/// Where an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportStatus {
    /// The file is still to be uploaded.
    WaitingForUpload,
    /// The file is there, and no campaign is set.
    Uploaded,
    /// The file is there, a campaign is set, and a task is on its way.
    Queued,
    /// The file is read once as a whole, and nothing is written.
    Checking,
    /// Rows become receivers.
    Loading,
    /// All rows are read.
    Completed,
    /// The file cannot be used; nothing of it was loaded.
    Refused,
}

impl ImportStatus {
    /// Whether nothing happens to it any more.
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
    /// Rises with every change, so that two readers of one file cannot both save.
    pub revision: u64,
    /// A new token with every change: a writer whose answer was lost knows its own row by it.
    #[serde(default)]
    pub saved_by: String,
    /// The campaign that the receivers go to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign: Option<CampaignId>,
    /// Ledger partitions of that campaign.
    #[serde(default)]
    pub shards: u16,
    /// The region that completes national phone numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_region: Option<Region>,
    /// What becomes of rows in which one address is bad and another is good.
    #[serde(default)]
    pub on_bad_address: OnBadAddress,
    /// How the file writes numbers and dates (BCP 47), if they are to be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// The size of the file, in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// The entity tag of the file when it was first read; another file under the same name is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entity_tag: Option<String>,
    /// The delimiter, as a byte.
    #[serde(default)]
    pub delimiter: u8,
    /// The names of the columns.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
    /// Where reading goes on, in bytes.
    #[serde(default)]
    pub offset: u64,
    /// The line at that place.
    #[serde(default)]
    pub line: u64,
    /// Rows in the file, known once it is checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows_total: Option<u64>,
    /// Rows dealt with.
    #[serde(default)]
    pub rows_read: u64,
    /// Rows that became receivers.
    #[serde(default)]
    pub rows_added: u64,
    /// Rows about somebody who was in the campaign already, and whose values are now those of the file.
    #[serde(default)]
    pub rows_updated: u64,
    /// Of the rows that were not refused, those of which something bad was left out.
    #[serde(default)]
    pub rows_incomplete: u64,
    /// Rows that were refused.
    #[serde(default)]
    pub rows_refused: u64,
    /// Rows about somebody who is in the campaign already, and that changed nothing.
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
}

/// Something about a row, as it is kept and shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundRow {
    /// The line on which the row begins, from 1.
    pub line: u64,
    /// The column at fault.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// A stable name of the reason.
    pub code: String,
    /// What is wrong and what would be right.
    pub reason: String,
    /// What became of the row.
    pub effect: RowEffect,
}

/// What became of a row about which there is something to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RowEffect {
    /// It was not loaded.
    Refused,
    /// It was loaded without what is bad.
    LeftOut,
    /// It is about somebody who was there already, and changed nothing.
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

impl Store {
    /// Makes an import, or gives back the one that a repeated request had made.
    ///
    /// # Errors
    /// If the write fails.
    pub async fn create_import(&self, import: &Import) -> Result<Import, Error> {
        let mut row = item::write(
            &keys::import(&import.tenant, &import.id),
            "an import",
            import,
        )?;
        row.insert(
            "expires_at".to_owned(),
            item::expiry(import.created_at, KEPT_DAYS),
        );
        let result = self
            .dynamodb
            .put_item()
            .table_name(&self.catalog)
            .set_item(Some(row))
            .condition_expression("attribute_not_exists(pk)")
            .send()
            .await;
        match result {
            Ok(_) => Ok(import.clone()),
            Err(error) if condition_failed(&error) => self
                .import(&import.tenant, &import.id)
                .await?
                .ok_or(Error::Contended {
                    doing: "make an import",
                }),
            Err(error) => Err(Error::call("make an import")(error)),
        }
    }

    /// An import (consistent read).
    ///
    /// # Errors
    /// If the read fails or the row cannot be decoded.
    pub async fn import(&self, tenant: &TenantId, id: &ImportId) -> Result<Option<Import>, Error> {
        let row = self
            .get_row(
                "read an import",
                &self.catalog,
                &keys::import(tenant, id),
                true,
            )
            .await?;
        row.map(|row| item::read("an import", row)).transpose()
    }

    /// Saves an import that nobody has changed since it was read. `None` if somebody has.
    ///
    /// # Errors
    /// If the write fails.
    pub async fn save_import(&self, import: &Import) -> Result<Option<Import>, Error> {
        let mut next = import.clone();
        next.revision += 1;
        next.saved_by = Uuid::new_v4().simple().to_string();
        let mut row = item::write(&keys::import(&next.tenant, &next.id), "an import", &next)?;
        row.insert(
            "expires_at".to_owned(),
            item::expiry(next.created_at, KEPT_DAYS),
        );
        let result = self
            .dynamodb
            .put_item()
            .table_name(&self.catalog)
            .set_item(Some(row))
            .condition_expression("revision = :seen")
            .expression_attribute_values(":seen", item::number(import.revision))
            .return_values(ReturnValue::None)
            .send()
            .await;
        match result {
            Ok(_) => Ok(Some(next)),
            // The SDK makes a call again whose answer was lost, and then it is this very change that is in the way.
            Err(error) if condition_failed(&error) => {
                let stands = self.import(&next.tenant, &next.id).await?;
                Ok(stands.filter(|stands| stands.saved_by == next.saved_by))
            }
            Err(error) => Err(Error::call("save an import")(error)),
        }
    }

    /// Keeps what was found in rows, which are given by line. Idempotent.
    ///
    /// # Errors
    /// If the write fails.
    pub async fn keep_findings(
        &self,
        import: &Import,
        findings: &[RowFinding],
    ) -> Result<(), Error> {
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
                let mut row = item::write(&key, "what was found in a row", &row)?;
                row.insert(
                    "expires_at".to_owned(),
                    item::expiry(import.created_at, KEPT_DAYS),
                );
                Ok(Statement::insert(&self.catalog, row))
            })
            .collect::<Result<Vec<_>, Error>>()?;
        self.execute("keep what was found in rows", statements)
            .await
            .map(|_| ())
    }

    /// What was found in rows, by line, with the cursor of the next page.
    ///
    /// # Errors
    /// If the read fails or a row cannot be decoded.
    pub async fn row_findings(
        &self,
        tenant: &TenantId,
        id: &ImportId,
        after: Option<&Cursor>,
        limit: i32,
    ) -> Result<(Vec<FoundRow>, Option<Cursor>), Error> {
        let partition = keys::refused_partition(tenant, id);
        let start = after.and_then(|cursor| cursor.after.clone()).map(|sort| {
            item::key(&Key {
                partition: partition.clone(),
                sort,
            })
        });
        let answer = self
            .dynamodb
            .query()
            .table_name(&self.catalog)
            .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
            .expression_attribute_values(":pk", item::text(partition))
            .expression_attribute_values(":prefix", item::text(keys::REFUSED_PREFIX))
            .set_exclusive_start_key(start)
            .limit(limit)
            .send()
            .await
            .map_err(Error::call("list what was found in rows"))?;
        let next = answer
            .last_evaluated_key
            .as_ref()
            .and_then(item::key_of)
            .map(|key| Cursor {
                shard: 0,
                after: Some(key.sort),
            });
        let rows = answer
            .items
            .unwrap_or_default()
            .into_iter()
            .map(|row| item::read("what was found in a row", row))
            .collect::<Result<_, _>>()?;
        Ok((rows, next))
    }
}
