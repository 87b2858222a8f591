//! A file has arrived.

use std::time::SystemTime;

use carillon_domain::import::{FILE_BYTES, FileProblem};
use carillon_store::ImportStatus;

use crate::{Failed, Intake, message::Upload};

/// Tries at an import that an operator changes at the same moment.
const TRIES: usize = 5;

impl Intake {
    /// Notes an upload, and begins to load it if its campaign is known. Doing it again changes nothing.
    pub(crate) async fn note_upload(
        &self,
        upload: &Upload,
        deadline: SystemTime,
    ) -> Result<(), Failed> {
        for _ in 0..TRIES {
            let Some(mut import) = self.store.import(&upload.tenant, &upload.import).await? else {
                tracing::warn!(import = %upload.import, "a file was uploaded for an import that does not exist");
                return Ok(());
            };
            if import.status != ImportStatus::WaitingForUpload {
                // The notice is repeated; whoever dealt with it first may have been cut off.
                return self.load(&upload.tenant, &upload.import, deadline).await;
            }
            import.bytes = Some(upload.bytes);
            if upload.bytes > FILE_BYTES {
                return self
                    .refuse(
                        import,
                        &FileProblem::FileTooLarge {
                            bytes: upload.bytes,
                        },
                    )
                    .await;
            }
            let has_campaign = import.campaign.is_some();
            import.status = if has_campaign {
                ImportStatus::Queued
            } else {
                ImportStatus::Uploaded
            };
            if self.store.save_import(&import).await?.is_some() {
                tracing::info!(import = %upload.import, bytes = upload.bytes, "a file was uploaded");
                return if has_campaign {
                    self.load(&upload.tenant, &upload.import, deadline).await
                } else {
                    Ok(())
                };
            }
        }
        Err(Failed::Contended)
    }
}
