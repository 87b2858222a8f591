//! Adding the rows of an import to a campaign.

use carillon_domain::{
    access::Context,
    campaigns::Campaign,
    id::{ImportId, JobId},
    operations::job::Work,
};
use carillon_http::{
    failure::{Failure, chain},
    problem::Problem,
};
use carillon_store::{Attached, Import, ImportStatus};
use jiff::SignedDuration;

use crate::{
    found::{changed_meanwhile, not_a_draft, require_draft},
    state::AppState,
};

/// Tries at an import that others are changing.
const TRIES: usize = 5;
/// Delay before the sweep checks that an import makes progress.
const LOOK_AFTER: SignedDuration = SignedDuration::from_mins(5);

/// Attaches an import to a draft and starts it, if its file is uploaded.
///
/// The campaign is written first: once an import has a campaign, its rows may be added at any time,
/// and the campaign must not be published meanwhile.
///
/// # Errors
/// If there is no such import, it was already used, or the campaign is not a draft.
pub(crate) async fn attach(
    state: &AppState,
    context: &Context,
    campaign: &Campaign,
    id: &str,
) -> Result<Import, Failure> {
    require_draft(campaign)?;
    let id: ImportId = id.parse().map_err(|_| unknown())?;
    let import = state
        .store
        .import(context, &id)
        .await?
        .ok_or_else(unknown)?;
    if let Some(import) = settled(campaign, import)? {
        return Ok(import);
    }
    // This comes first, so that no crash can leave a campaign held without the sweep knowing. The
    // sweep also abandons a file that is never uploaded.
    state
        .store
        .watch_import(
            &campaign.tenant,
            &campaign.id,
            &id,
            state.clock.now() + LOOK_AFTER,
        )
        .await?;
    let campaign = match state
        .store
        .attach_import(context, &campaign.id, &id)
        .await?
    {
        Attached::Done(campaign) => *campaign,
        Attached::NotFound => return Err(Failure::not_found()),
        Attached::NotDraft(status) => return Err(not_a_draft(status)),
    };
    match save(state, context, &campaign, &id).await {
        Ok(import) => Ok(import),
        Err(failure) => {
            detach(state, context, &campaign, &id).await;
            Err(failure)
        }
    }
}

/// The import, if it is already attached to this campaign and in progress; then nothing is left to
/// do.
fn settled(campaign: &Campaign, import: Import) -> Result<Option<Import>, Failure> {
    match &import.campaign {
        Some(own) if *own == campaign.id => Ok(Some(import)),
        None if !import.status.is_final() => Ok(None),
        _ => Err(Failure::new(
            Problem::ImportUsed,
            "the import was already used; create another one",
        )),
    }
}

async fn save(
    state: &AppState,
    context: &Context,
    campaign: &Campaign,
    id: &ImportId,
) -> Result<Import, Failure> {
    for _ in 0..TRIES {
        let import = state.store.import(context, id).await?.ok_or_else(unknown)?;
        let mut import = match settled(campaign, import.clone())? {
            Some(import) => return Ok(import),
            None => import,
        };
        import.campaign = Some(campaign.id.clone());
        import.shards = campaign.shards;
        import.default_region = campaign.default_region;
        if import.status == ImportStatus::Uploaded {
            import.status = ImportStatus::Queued;
        }
        if let Some(import) = state.store.save_import(context, &import).await? {
            if import.status == ImportStatus::Queued {
                start(state, context, &import).await;
            }
            return Ok(import);
        }
    }
    Err(changed_meanwhile())
}

async fn start(state: &AppState, context: &Context, import: &Import) {
    let id = JobId::from(&import.id);
    let work = Work::Import {
        import: import.id.clone(),
    };
    if let Err(error) = state.reconciler.start_job(context, id, work).await {
        tracing::warn!(
            error = chain(&error),
            "could not start an import; the sweep will"
        );
    }
}

/// Detaches the import from the campaign, unless it turns out to be in use.
async fn detach(state: &AppState, context: &Context, campaign: &Campaign, id: &ImportId) {
    let result = async {
        let import = state.store.import(context, id).await?;
        let is_tied = import.is_some_and(|import| {
            import.campaign.as_ref() == Some(&campaign.id) && !import.status.is_final()
        });
        if is_tied {
            Ok(())
        } else {
            state.store.detach_import(context, &campaign.id, id).await
        }
    };
    if let Err(error) = result.await {
        tracing::warn!(
            error = chain(&error),
            "could not detach an unusable import from a campaign"
        );
    }
}

fn unknown() -> Failure {
    Failure::new(Problem::UnknownImport, "no import with this id exists")
}
