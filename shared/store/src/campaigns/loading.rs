//! Adding receivers blocks publishing: nobody may join an audience that is already being sent
//! to.

use aws_sdk_dynamodb::types::AttributeValue;
use carillon_domain::{
    access::Context,
    campaigns::{Campaign, Hold, Status},
    id::{CampaignId, ImportId, JobId},
    operations::job::{Job, Work},
};
use jiff::SignedDuration;

use crate::{Store, error::Error, item};

/// How long a step of a job holds a draft. A job whose worker was killed is continued sooner: SQS hides its message for 12
/// minutes, and the sweep looks for it every five. After this, a draft whose job has failed can be published.
pub const HELD_BY_JOB: SignedDuration = SignedDuration::from_mins(30);

/// Outcome of starting to add receivers manually.
#[derive(Debug, Clone, PartialEq)]
pub enum HoldOutcome {
    /// They may be added.
    Done(Box<Campaign>),
    /// No such campaign.
    NotFound,
    /// No longer a draft.
    NotDraft(Status),
}

/// Outcome of attaching an import to a campaign.
#[derive(Debug, Clone, PartialEq)]
pub enum Attached {
    /// Attached; its rows will be added.
    Done(Box<Campaign>),
    /// No such campaign.
    NotFound,
    /// No longer a draft.
    NotDraft(Status),
}

impl Store {
    /// Blocks publishing of a draft while a request changes its receivers.
    ///
    /// # Errors
    /// If the write fails.
    pub async fn begin_loading(
        &self,
        context: &Context,
        id: &CampaignId,
        hold: &Hold,
    ) -> Result<HoldOutcome, Error> {
        let result = self
            .update_campaign(
                context,
                "begin adding receivers",
                id,
                "ADD holds :hold",
                "#status = :draft",
                vec![
                    (":hold", AttributeValue::Ss(vec![hold.to_string()])),
                    (":draft", item::text(Status::Draft)),
                ],
            )
            .await?;
        Ok(match result {
            Ok(campaign) => HoldOutcome::Done(Box::new(campaign)),
            Err(Some(campaign)) => HoldOutcome::NotDraft(campaign.status),
            Err(None) => HoldOutcome::NotFound,
        })
    }

    /// Ends what [`Store::begin_loading`] began. Holds of other requests remain.
    ///
    /// # Errors
    /// If the write fails.
    pub async fn end_loading(
        &self,
        context: &Context,
        id: &CampaignId,
        hold: &Hold,
    ) -> Result<(), Error> {
        self.update_campaign(
            context,
            "end adding receivers",
            id,
            "DELETE holds :hold",
            "attribute_exists(holds)",
            vec![(":hold", AttributeValue::Ss(vec![hold.to_string()]))],
        )
        .await
        .map(|_| ())
    }

    /// Ends all holds of a job on a campaign except one, if it is still needed.
    ///
    /// # Errors
    /// If a write fails.
    pub async fn end_loading_of_job(
        &self,
        context: &Context,
        campaign: &Campaign,
        job: &JobId,
        except: Option<&Hold>,
    ) -> Result<(), Error> {
        let own = campaign.holds.iter().filter(|hold| hold.is_of(job));
        for hold in own.filter(|hold| Some(*hold) != except) {
            self.end_loading(context, &campaign.id, hold).await?;
        }
        Ok(())
    }

    /// Lets the draft go that a job holds, if it is of a kind that holds one.
    ///
    /// # Errors
    /// If a call fails. Repeating it is harmless.
    pub async fn let_go(&self, context: &Context, job: &Job) -> Result<(), Error> {
        if let Work::Switch { campaign, .. } = &job.work
            && let Some(campaign) = self.campaign(context, campaign).await?
        {
            self.end_loading_of_job(context, &campaign, &job.id, None)
                .await?;
        }
        Ok(())
    }

    /// Attaches an import to a draft, which cannot be published until the import has ended.
    ///
    /// # Errors
    /// If the write fails.
    pub async fn attach_import(
        &self,
        context: &Context,
        id: &CampaignId,
        import: &ImportId,
    ) -> Result<Attached, Error> {
        let result = self
            .update_campaign(
                context,
                "attach an import to a campaign",
                id,
                "ADD imports :import",
                "#status = :draft",
                vec![
                    (":import", AttributeValue::Ss(vec![import.to_string()])),
                    (":draft", item::text(Status::Draft)),
                ],
            )
            .await?;
        Ok(match result {
            Ok(campaign) => Attached::Done(Box::new(campaign)),
            Err(Some(campaign)) => Attached::NotDraft(campaign.status),
            Err(None) => Attached::NotFound,
        })
    }

    /// Detaches an import that has ended.
    ///
    /// # Errors
    /// If the write fails.
    pub async fn detach_import(
        &self,
        context: &Context,
        id: &CampaignId,
        import: &ImportId,
    ) -> Result<(), Error> {
        self.update_campaign(
            context,
            "detach an import from a campaign",
            id,
            "DELETE imports :import",
            "attribute_exists(imports)",
            vec![(":import", AttributeValue::Ss(vec![import.to_string()]))],
        )
        .await
        .map(|_| ())
    }
}
