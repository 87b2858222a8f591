//! Checking a file as a whole, then loading it page by page.

use std::time::{Duration, SystemTime};

use carillon_domain::{
    campaign::Campaign,
    id::{ImportId, TenantId},
    import::{Columns, FILE_BYTES, FileProblem, RowRefusal},
    receiver::Receiver,
};
use carillon_store::{AddOutcome, Import, ImportStatus};
use jiff::Timestamp;

use crate::{
    Failed, Intake,
    file::{File, FileError, Place},
};

/// Rows on one page.
const PAGE_ROWS: usize = 500;
/// Bytes on one page; long rows make it shorter.
const PAGE_BYTES: u64 = 1024 * 1024;
/// A page is not begun with less time than this left.
const LEAST_TIME: Duration = Duration::from_secs(20);

/// One page of rows.
#[derive(Default)]
struct Page {
    receivers: Vec<Receiver>,
    refusals: Vec<RowRefusal>,
    rows: u64,
    refused: u64,
    end: u64,
    is_last: bool,
}

impl Intake {
    /// Goes on with an import. Whoever does the same at the same time stops at the next page.
    pub(crate) async fn load(
        &self,
        tenant: &TenantId,
        id: &ImportId,
        deadline: SystemTime,
    ) -> Result<(), Failed> {
        let Some(import) = self.store.import(tenant, id).await? else {
            return Ok(());
        };
        let Some(campaign_id) = &import.campaign else {
            return Ok(());
        };
        match import.status {
            ImportStatus::WaitingForUpload | ImportStatus::Uploaded => return Ok(()),
            // A crash may have come between the last page and this.
            ImportStatus::Completed | ImportStatus::Refused => {
                return Ok(self.store.detach_import(tenant, campaign_id, id).await?);
            }
            ImportStatus::Queued | ImportStatus::Checking | ImportStatus::Loading => {}
        }
        let Some(campaign) = self.store.campaign(tenant, campaign_id).await? else {
            tracing::warn!(import = %id, "the campaign of an import is gone");
            let mut import = import;
            import.status = ImportStatus::Refused;
            import.refusal = Some((
                "campaign_gone".to_owned(),
                "the campaign was deleted".to_owned(),
            ));
            self.store.save_import(&import).await?;
            return Ok(());
        };
        let checked = if import.status == ImportStatus::Loading {
            Ok(Some(import.clone()))
        } else {
            self.check(import.clone()).await
        };
        let result = match checked {
            Ok(Some(import)) => self.load_pages(&campaign, import, deadline).await,
            Ok(None) => Ok(()),
            Err(error) => Err(error),
        };
        match result {
            Err(Failed::File(FileError::Unusable(problem))) => {
                // The row has moved on since it was read above; refuse it as it stands now.
                match self.store.import(tenant, id).await? {
                    Some(import) if !import.status.is_final() => {
                        self.refuse(import, &problem).await
                    }
                    _ => Ok(()),
                }
            }
            Err(Failed::File(error @ (FileError::Replaced | FileError::Gone))) => {
                match self.store.import(tenant, id).await? {
                    Some(import) if !import.status.is_final() => {
                        self.refuse_with(import, "file_changed", &error.to_string())
                            .await
                    }
                    _ => Ok(()),
                }
            }
            other => other,
        }
    }

    /// Reads the whole file and writes nothing, so that a file that cannot be used leaves nothing behind.
    async fn check(&self, mut import: Import) -> Result<Option<Import>, Failed> {
        import.status = ImportStatus::Checking;
        let Some(mut import) = self.store.save_import(&import).await? else {
            return Ok(None);
        };
        let mut file = File::open(&self.s3, &self.bucket, &key(&import)).await?;
        import.bytes = file.bytes.or(import.bytes);
        if let Some(bytes) = import.bytes.filter(|bytes| *bytes > FILE_BYTES) {
            return Err(FileError::Unusable(FileProblem::FileTooLarge { bytes }).into());
        }
        let header = file
            .next_row(|row| (Columns::parse(row.cells()), row.end))
            .await?
            .ok_or(FileError::Unusable(FileProblem::Empty))?;
        let columns = header.0.map_err(FileError::Unusable)?;
        import.offset = header.1;
        import.line = file.line();
        import.columns = columns.names().to_vec();
        import.delimiter = file.delimiter;
        import.entity_tag.clone_from(&file.entity_tag);
        let mut rows = 0;
        while file.next_row(|_| ()).await?.is_some() {
            rows += 1;
        }
        import.rows_total = Some(rows);
        import.status = ImportStatus::Loading;
        tracing::debug!(import = %import.id, rows, "a file was checked");
        Ok(self.store.save_import(&import).await?)
    }

    async fn load_pages(
        &self,
        campaign: &Campaign,
        mut import: Import,
        deadline: SystemTime,
    ) -> Result<(), Failed> {
        let columns = Columns::parse(import.columns.iter().map(String::as_str))
            .map_err(FileError::Unusable)?;
        let place = Place {
            delimiter: import.delimiter,
            offset: import.offset,
            line: import.line,
            bytes: import.bytes.unwrap_or(u64::MAX),
            entity_tag: import.entity_tag.clone(),
        };
        let mut file = File::open_at(&self.s3, &self.bucket, &key(&import), &place).await?;
        loop {
            if deadline
                .duration_since(SystemTime::now())
                .unwrap_or_default()
                < LEAST_TIME
            {
                let task = carillon_domain::task::IntakeTask::Import {
                    tenant: import.tenant.clone(),
                    import: import.id.clone(),
                };
                return Ok(self.again.send(&[task]).await?);
            }
            let page = read_page(&mut file, &columns, &import).await?;
            self.store.keep_refusals(&import, &page.refusals).await?;
            let outcomes = self
                .store
                .add_receivers(campaign, &page.receivers, Timestamp::now())
                .await?;
            let added = outcomes
                .iter()
                .filter(|outcome| matches!(outcome, AddOutcome::Added(_)))
                .count();
            import.rows_read += page.rows;
            import.rows_refused += page.refused;
            import.rows_added += u64::try_from(added).unwrap_or_default();
            import.rows_duplicate += u64::try_from(outcomes.len() - added).unwrap_or_default();
            import.offset = page.end.max(import.offset);
            import.line = file.line();
            if page.is_last {
                import.status = ImportStatus::Completed;
            }
            match self.store.save_import(&import).await? {
                Some(saved) => import = saved,
                None => return Ok(()),
            }
            if page.is_last {
                self.store
                    .detach_import(&import.tenant, &campaign.id, &import.id)
                    .await?;
                tracing::debug!(
                    import = %import.id,
                    rows = import.rows_read,
                    added = import.rows_added,
                    refused = import.rows_refused,
                    duplicate = import.rows_duplicate,
                    "a file was loaded"
                );
                return Ok(());
            }
        }
    }

    /// Refuses a file for good and lets its campaign go.
    pub(crate) async fn refuse(&self, import: Import, problem: &FileProblem) -> Result<(), Failed> {
        self.refuse_with(import, problem.code(), &problem.to_string())
            .await
    }

    async fn refuse_with(&self, mut import: Import, code: &str, text: &str) -> Result<(), Failed> {
        import.status = ImportStatus::Refused;
        import.refusal = Some((code.to_owned(), text.to_owned()));
        tracing::debug!(import = %import.id, code, "a file was refused");
        if self.store.save_import(&import).await?.is_some()
            && let Some(campaign) = &import.campaign
        {
            self.store
                .detach_import(&import.tenant, campaign, &import.id)
                .await?;
        }
        Ok(())
    }
}

async fn read_page(file: &mut File, columns: &Columns, import: &Import) -> Result<Page, FileError> {
    let mut page = Page {
        end: import.offset,
        ..Page::default()
    };
    while page.receivers.len() + page.refusals.len() < PAGE_ROWS
        && page.end - import.offset < PAGE_BYTES
    {
        let row = file
            .next_row(|row| {
                (
                    columns.receiver(row, &import.id, import.default_region),
                    row.end,
                )
            })
            .await?;
        let Some((result, end)) = row else {
            page.is_last = true;
            break;
        };
        page.rows += 1;
        page.end = end;
        match result {
            Ok(receiver) => page.receivers.push(receiver),
            Err(refusals) => {
                page.refused += 1;
                page.refusals.extend(refusals);
            }
        }
    }
    Ok(page)
}

fn key(import: &Import) -> String {
    format!("imports/{}/{}.csv", import.tenant, import.id)
}
