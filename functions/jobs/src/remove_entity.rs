//! Removing the relations of an entity that has been removed from the directory.

use std::time::SystemTime;

use carillon_domain::{
    access::Context,
    directory::Kind,
    id::EntityId,
    operations::job::{Job, Progress, Step},
};

use crate::{Failed, Jobs};

impl Jobs {
    /// Removes page after page until the time is over, and at last the entity's row. Idempotent: removed rows are gone.
    ///
    /// # Errors
    /// If the store fails; repeating the step continues.
    pub(crate) async fn remove_entity(
        &self,
        context: &Context,
        job: &Job,
        (kind, entity): (Kind, &EntityId),
        until: SystemTime,
    ) -> Result<Step, Failed> {
        let mut progress = Progress {
            done: job.progress.done,
            total: None,
        };
        loop {
            if self.store.finish_removal(context, kind, entity).await? {
                return Ok(Step::Done(progress));
            }
            progress.done += 1;
            if SystemTime::now() >= until {
                return Ok(Step::More {
                    cursor: None,
                    progress,
                });
            }
        }
    }
}
