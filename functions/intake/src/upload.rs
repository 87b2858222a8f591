//! Registers uploaded files.

use std::time::SystemTime;

use carillon_domain::{
    access::Context,
    id::{ImportId, TenantId},
    receivers::import::{FILE_BYTES, FileProblem},
};
use carillon_store::ImportStatus;
use jiff::Timestamp;

use crate::{Failed, Intake};

/// Tries at an import that an operator is changing at the same time.
const TRIES: usize = 5;

impl Intake {
    /// Registers an upload and starts loading it if its campaign is known. Idempotent.
    pub(crate) async fn note_upload(
        &self,
        tenant: &TenantId,
        id: &ImportId,
        bytes: u64,
        deadline: SystemTime,
    ) -> Result<(), Failed> {
        let context = Context::system(tenant, Timestamp::now());
        for _ in 0..TRIES {
            let Some(mut import) = self.store.import(&context, id).await? else {
                tracing::warn!(import = %id, "a file was uploaded for an import that does not exist");
                return Ok(());
            };
            if import.status != ImportStatus::WaitingForUpload {
                // A repeated notification; its first run may have been cut off.
                return self.load(tenant, id, deadline).await;
            }
            import.bytes = Some(bytes);
            if bytes > FILE_BYTES {
                return self
                    .refuse(import, &FileProblem::FileTooLarge { bytes })
                    .await;
            }
            let has_campaign = import.campaign.is_some();
            import.status = if has_campaign {
                ImportStatus::Queued
            } else {
                ImportStatus::Uploaded
            };
            if self.store.save_import(&context, &import).await?.is_some() {
                tracing::debug!(import = %id, bytes, "a file was uploaded");
                return if has_campaign {
                    self.load(tenant, id, deadline).await
                } else {
                    Ok(())
                };
            }
        }
        Err(Failed::Contended)
    }
}
