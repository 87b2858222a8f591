//! Checking a whole file, then loading it page by page.

use std::time::SystemTime;

use carillon_domain::{
    access::Context,
    campaigns::Campaign,
    id::ImportId,
    operations::job::{Progress, Step},
    receivers::{
        Receiver, Source,
        import::{Columns, Effect, FILE_BYTES, FileProblem, Options, Read, Row, RowFinding},
    },
};
use carillon_store::{AddOutcome, Import, ImportStatus};

use crate::{
    Failed, Jobs,
    file::{File, FileError, Place},
};

/// Rows on one page.
const PAGE_ROWS: usize = 500;
/// Bytes on one page; long rows make it shorter.
const PAGE_BYTES: u64 = 1024 * 1024;
/// Duplicates of an import that are located; the rest are only counted. A large file that is imported again consists of
/// nothing else.
const LOCATED_DUPLICATES: u64 = 1_000;

/// One page of rows.
#[derive(Default)]
struct Page {
    receivers: Vec<Receiver>,
    findings: Vec<RowFinding>,
    rows: u64,
    refused: u64,
    incomplete: u64,
    end: u64,
    is_last: bool,
}

impl Jobs {
    /// Checks the file of an import, or reads pages of it until the time is over. A concurrent worker stops at the next page.
    ///
    /// # Errors
    /// If the store or S3 fails; repeating the step continues.
    pub(crate) async fn import(
        &self,
        context: &Context,
        id: &ImportId,
        until: SystemTime,
    ) -> Result<Step, Failed> {
        let Some(import) = self.store.import(context, id).await? else {
            return Ok(Step::Done(Progress::default()));
        };
        let Some(campaign_id) = &import.campaign else {
            return Ok(Step::Done(progress(&import)));
        };
        match import.status {
            ImportStatus::WaitingForUpload | ImportStatus::Uploaded => {
                return Ok(Step::Done(progress(&import)));
            }
            // A crash may have come between the last page and this.
            ImportStatus::Completed | ImportStatus::Refused => {
                self.store.detach_import(context, campaign_id, id).await?;
                return Ok(Step::Done(progress(&import)));
            }
            ImportStatus::Queued | ImportStatus::Checking | ImportStatus::Loading => {}
        }
        let Some(campaign) = self.store.campaign(context, campaign_id).await? else {
            tracing::warn!(import = %id, "the campaign of an import no longer exists");
            let mut import = import;
            import.refuse("campaign_gone", "the campaign was deleted");
            self.store.save_import(context, &import).await?;
            return Ok(Step::Done(progress(&import)));
        };
        let result = match import.status {
            ImportStatus::Loading => {
                self.load_pages(context, &campaign, import.clone(), until)
                    .await
            }
            _ => self.check(context, import.clone()).await,
        };
        let (code, text) = match result {
            Err(Failed::File(FileError::Unusable(problem))) => {
                (problem.code(), problem.to_string())
            }
            Err(Failed::File(error @ (FileError::Replaced | FileError::Gone))) => {
                ("file_changed", error.to_string())
            }
            Err(error) => return Err(error),
            Ok(saved) => {
                let now = match saved {
                    Some(saved) => Some(saved),
                    // Somebody else has changed it.
                    None => self.store.import(context, id).await?,
                };
                return Ok(match now {
                    Some(import) if !import.status.is_final() => Step::More {
                        cursor: None,
                        progress: progress(&import),
                    },
                    ended => Step::Done(ended.as_ref().map(progress).unwrap_or_default()),
                });
            }
        };
        // The row has changed since it was read above; refuse the current one.
        if let Some(import) = self.store.import(context, id).await?
            && !import.status.is_final()
        {
            self.refuse_with(context, import, code, &text).await?;
        }
        Ok(Step::Done(progress(&import)))
    }

    /// Reads the whole file without writing, so that an unusable file leaves nothing behind. `None` if somebody else changed the import.
    async fn check(&self, context: &Context, mut import: Import) -> Result<Option<Import>, Failed> {
        import.status = ImportStatus::Checking;
        let Some(mut import) = self.store.save_import(context, &import).await? else {
            return Ok(None);
        };
        let mut file = File::open(&self.s3, &self.bucket, &key(&import)).await?;
        import.bytes = file.bytes.or(import.bytes);
        if let Some(bytes) = import.bytes.filter(|bytes| *bytes > FILE_BYTES) {
            return Err(FileError::Unusable(FileProblem::FileTooLarge { bytes }).into());
        }
        if file.separation.is_declared {
            file.next_row(|_| ()).await?;
        }
        let header = file
            .next_row(|row| (Columns::parse(row.cells()), row.end))
            .await?
            .ok_or(FileError::Unusable(FileProblem::Empty))?;
        let columns = header.0.map_err(FileError::Unusable)?;
        import.offset = header.1;
        import.line = file.line();
        import.columns = columns.names().to_vec();
        import.delimiter = file.separation.delimiter;
        import.entity_tag.clone_from(&file.entity_tag);
        let mut rows = 0;
        let check = |row: &Row<'_>| {
            columns.check_quotes(row, import.delimiter)?;
            Ok(u64::from(!row.is_blank()))
        };
        while let Some(checked) = file.next_row(check).await? {
            rows += checked.map_err(FileError::Unusable)?;
        }
        import.rows_total = Some(rows);
        import.status = ImportStatus::Loading;
        tracing::debug!(import = %import.id, rows, "a file was checked");
        Ok(self.store.save_import(context, &import).await?)
    }

    /// Loads pages until the end of the file or of the time. `None` if somebody else changed the import.
    async fn load_pages(
        &self,
        context: &Context,
        campaign: &Campaign,
        mut import: Import,
        until: SystemTime,
    ) -> Result<Option<Import>, Failed> {
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
            let page = read_page(&mut file, &columns, &import).await?;
            let outcomes = self
                .store
                .add_receivers(context, campaign, &page.receivers)
                .await?;
            let mut findings = page.findings;
            for (receiver, outcome) in page.receivers.iter().zip(&outcomes) {
                match outcome {
                    AddOutcome::Added(_) => import.rows_added += 1,
                    AddOutcome::Corrected(_) => import.rows_updated += 1,
                    AddOutcome::Duplicate(_, of) => {
                        if import.rows_duplicate < LOCATED_DUPLICATES {
                            findings.extend(locate(&import.id, &receiver.source, of.as_ref()));
                        }
                        import.rows_duplicate += 1;
                    }
                }
            }
            findings.sort_by_key(|finding| finding.line);
            self.store
                .keep_findings(context, &import, &findings)
                .await?;
            import.rows_read += page.rows;
            import.rows_refused += page.refused;
            import.rows_incomplete += page.incomplete;
            import.offset = page.end.max(import.offset);
            import.line = file.line();
            if page.is_last {
                import.status = ImportStatus::Completed;
            }
            match self.store.save_import(context, &import).await? {
                Some(saved) => import = saved,
                None => return Ok(None),
            }
            if page.is_last {
                self.store
                    .detach_import(context, &campaign.id, &import.id)
                    .await?;
                tracing::debug!(
                    import = %import.id,
                    rows = import.rows_read,
                    added = import.rows_added,
                    updated = import.rows_updated,
                    refused = import.rows_refused,
                    duplicate = import.rows_duplicate,
                    "a file was loaded"
                );
                return Ok(Some(import));
            }
            if SystemTime::now() >= until {
                return Ok(Some(import));
            }
        }
    }

    /// Refuses a file for good and detaches its import from the campaign.
    pub(crate) async fn refuse_with(
        &self,
        context: &Context,
        mut import: Import,
        code: &str,
        text: &str,
    ) -> Result<(), Failed> {
        import.refuse(code, text);
        tracing::debug!(import = %import.id, code, "a file was refused");
        if self.store.save_import(context, &import).await?.is_some()
            && let Some(campaign) = &import.campaign
        {
            self.store
                .detach_import(context, campaign, &import.id)
                .await?;
        }
        Ok(())
    }
}

fn progress(import: &Import) -> Progress {
    Progress {
        done: import.rows_read,
        total: import.rows_total,
    }
}

async fn read_page(file: &mut File, columns: &Columns, import: &Import) -> Result<Page, FileError> {
    let options = Options {
        region: import.default_region,
        on_bad_address: import.on_bad_address,
        locale: import.locale.as_deref().and_then(|tag| tag.parse().ok()),
    };
    let mut page = Page {
        end: import.offset,
        ..Page::default()
    };
    while page.receivers.len() + page.findings.len() < PAGE_ROWS
        && page.end - import.offset < PAGE_BYTES
    {
        let row = file
            .next_row(|row| {
                let is_blank = row.is_blank();
                let read = (!is_blank).then(|| columns.receiver(row, &import.id, &options));
                (read, row.end)
            })
            .await?;
        let Some((result, end)) = row else {
            page.is_last = true;
            break;
        };
        page.end = end;
        let Some(result) = result else {
            continue;
        };
        page.rows += 1;
        match result {
            Read::Receiver(receiver, left_out) => {
                page.incomplete += u64::from(!left_out.is_empty());
                page.receivers.push(*receiver);
                page.findings.extend(left_out);
            }
            Read::Refused(refusals) => {
                page.refused += 1;
                page.findings.extend(refusals);
            }
        }
    }
    Ok(page)
}

/// Says whose receiver a row repeats. `None` for a row without a file, which does not occur here.
fn locate(import: &ImportId, source: &Source, of: Option<&Source>) -> Option<RowFinding> {
    let Source::Import { line, .. } = source else {
        return None;
    };
    let reason = match of {
        Some(Source::Import {
            import: other,
            line,
        }) if other == import => {
            format!("the same receiver as line {line}, which is used")
        }
        Some(Source::Import { import, line }) => {
            format!(
                "already in the campaign, from line {line} of import {import}; nothing to update"
            )
        }
        Some(Source::Manual) => {
            "already in the campaign, added manually; nothing to update".to_owned()
        }
        None => "another receiver in the campaign has this address".to_owned(),
    };
    Some(RowFinding {
        line: *line,
        column: None,
        code: "duplicate",
        reason,
        effect: Effect::Duplicate,
    })
}

fn key(import: &Import) -> String {
    format!("imports/{}/{}.csv", import.tenant, import.id)
}
