//! Registers uploaded files.

use carillon_domain::{
    access::Context,
    id::JobId,
    operations::job::{Job, UploadTask, Work},
    receivers::import::{FILE_BYTES, FileProblem},
};
use carillon_store::{Import, ImportStatus};
use jiff::Timestamp;

use crate::{Failed, Jobs};

/// Tries at an import that an operator is changing at the same time.
const TRIES: usize = 5;

impl Jobs {
    /// Registers an upload and starts loading it if its campaign is known. Idempotent.
    ///
    /// # Errors
    /// If the store or the queue fails; the message is redelivered.
    pub(crate) async fn note_upload(&self, task: &UploadTask) -> Result<(), Failed> {
        let UploadTask {
            tenant,
            import: id,
            bytes,
        } = task;
        let context = Context::system(tenant, Timestamp::now());
        for _ in 0..TRIES {
            let Some(mut import) = self.store.import(&context, id).await? else {
                tracing::warn!(import = %id, "a file was uploaded for an import that does not exist");
                return Ok(());
            };
            // A repeated notification; its first run may have been cut off.
            if import.status != ImportStatus::WaitingForUpload {
                return self.start(&context, &import).await;
            }
            import.bytes = Some(*bytes);
            if *bytes > FILE_BYTES {
                let problem = FileProblem::FileTooLarge { bytes: *bytes };
                return self
                    .refuse_with(&context, import, problem.code(), &problem.to_string())
                    .await;
            }
            import.status = match import.campaign {
                Some(_) => ImportStatus::Queued,
                None => ImportStatus::Uploaded,
            };
            if let Some(import) = self.store.save_import(&context, &import).await? {
                tracing::debug!(import = %id, bytes, "a file was uploaded");
                return self.start(&context, &import).await;
            }
        }
        Err(Failed::Contended)
    }

    async fn start(&self, context: &Context, import: &Import) -> Result<(), Failed> {
        if import.campaign.is_none() || import.status.is_final() {
            return Ok(());
        }
        let work = Work::Import {
            import: import.id.clone(),
        };
        let id = JobId::from(&import.id);
        let job = Job::new(
            context.tenant.clone(),
            id,
            work,
            &context.actor,
            context.now,
        );
        let job = self.store.start_job(context, &job).await?;
        Ok(self.queues.send(&job.task()).await?)
    }
}
