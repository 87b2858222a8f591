//! Adding receivers keeps a campaign from being published meanwhile: nobody may join an audience
//! that is already on its way.

use aws_sdk_dynamodb::types::AttributeValue;
use carillon_domain::{campaigns::{Campaign, Hold, Status}, id::{CampaignId, ImportId, TenantId}};

use crate::{Store, error::Error, item};

/// What came of beginning to add receivers by hand.
#[derive(Debug, Clone, PartialEq)]
pub enum LoadingBegun {
    /// They may be added.
    Done(Box<Campaign>),
    /// There is no such campaign.
    NotFound,
    /// It is no draft any more.
    NotDraft(Status),
}

/// What came of tying an import to a campaign.
#[derive(Debug, Clone, PartialEq)]
pub enum Attached {
    /// Its rows will be added.
    Done(Box<Campaign>),
    /// There is no such campaign.
    NotFound,
    /// It is no draft any more.
    NotDraft(Status),
}

impl Store {
    /// Keeps a draft from being published while a request changes its receivers.
    ///
    /// # Errors
    /// If DynamoDB does not do it.
    pub async fn begin_loading(
        &self,
        tenant: &TenantId,
        id: &CampaignId,
        hold: &Hold,
    ) -> Result<LoadingBegun, Error> {
        let result = self
            .update_campaign(
                "begin to add receivers",
                tenant,
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
            Ok(campaign) => LoadingBegun::Done(Box::new(campaign)),
            Err(Some(campaign)) => LoadingBegun::NotDraft(campaign.status),
            Err(None) => LoadingBegun::NotFound,
        })
    }

    /// Ends what [`Store::begin_loading`] began. Other requests hold the campaign on.
    ///
    /// # Errors
    /// If DynamoDB does not do it.
    pub async fn end_loading(
        &self,
        tenant: &TenantId,
        id: &CampaignId,
        hold: &Hold,
    ) -> Result<(), Error> {
        self.update_campaign(
            "end adding receivers",
            tenant,
            id,
            "DELETE holds :hold",
            "attribute_exists(holds)",
            vec![(":hold", AttributeValue::Ss(vec![hold.to_string()]))],
        )
        .await
        .map(|_| ())
    }

    /// Ties an import to a draft, which cannot be published until the import has ended.
    ///
    /// # Errors
    /// If DynamoDB does not do it.
    pub async fn attach_import(
        &self,
        tenant: &TenantId,
        id: &CampaignId,
        import: &ImportId,
    ) -> Result<Attached, Error> {
        let result = self
            .update_campaign(
                "tie an import to a campaign",
                tenant,
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

    /// Lets a campaign go whose import has ended.
    ///
    /// # Errors
    /// If DynamoDB does not do it.
    pub async fn detach_import(
        &self,
        tenant: &TenantId,
        id: &CampaignId,
        import: &ImportId,
    ) -> Result<(), Error> {
        self.update_campaign(
            "let go of a campaign after an import",
            tenant,
            id,
            "DELETE imports :import",
            "attribute_exists(imports)",
            vec![(":import", AttributeValue::Ss(vec![import.to_string()]))],
        )
        .await
        .map(|_| ())
    }
}
