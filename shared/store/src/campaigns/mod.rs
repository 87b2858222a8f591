//! Campaigns and their content.

mod life;
mod loading;
mod preflights;
mod progress;
mod stop;
mod write;

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::{Delete, Put};
use carillon_domain::{
    access::Context,
    address::Region,
    campaigns::{Campaign, OnUnknown, Status},
    channel::{Channel, Priority},
    content::Content,
    id::CampaignId,
    transports::routing::Failover,
};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

pub use self::{
    life::{Published, Released, Scheduled, Unscheduled},
    loading::{Attached, HELD_BY_JOB, HoldOutcome},
    preflights::Preflight,
    progress::{ProgressCheck, Resumption},
    stop::StopOutcome,
};
use crate::{
    Page, PageRequest, Store,
    error::Error,
    item, keys,
    operations::due,
    transact::{delete, put},
};

/// Outcome of creating a campaign.
#[derive(Debug, Clone, PartialEq)]
pub enum Created {
    /// Created.
    New,
    /// Created earlier by the same request.
    Existing(Box<Campaign>),
}

/// Which campaigns to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CampaignFilter {
    /// Filter by status.
    pub status: Option<Status>,
    /// Filter by a substring of the name.
    pub name: Option<String>,
}

/// Changes to a draft. `None` leaves a field unchanged.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CampaignChange {
    /// Its name.
    pub name: Option<String>,
    /// Its channels.
    pub channels: Option<BTreeSet<Channel>>,
    /// Its content, replaced as a whole.
    pub content: Option<Content>,
    /// Its priority.
    pub priority: Option<Priority>,
    /// How unknown deliveries are handled.
    pub on_unknown: Option<OnUnknown>,
    /// How far to fail over to other transports; `Some(None)` turns failover off.
    pub failover: Option<Option<Failover>>,
    /// Its default region; `Some(None)` removes it.
    pub default_region: Option<Option<Region>>,
}

/// Outcome of changing a draft.
#[derive(Debug, Clone, PartialEq)]
pub enum Changed {
    /// Changed; the campaign as it is now.
    Done(Box<Campaign>),
    /// No such campaign.
    NotFound,
    /// Changed by another request.
    Stale(Box<Campaign>),
    /// No longer a draft.
    NotDraft(Status),
}

/// Outcome of deleting a draft.
#[derive(Debug, Clone, PartialEq)]
pub enum Deleted {
    /// Deleted; its receivers' rows are still to be purged.
    Done(Box<Campaign>),
    /// No such campaign.
    NotFound,
    /// Changed by another request.
    Stale(Box<Campaign>),
    /// No longer a draft.
    NotDraft(Status),
}

#[derive(Serialize, Deserialize)]
pub(crate) struct ContentRow {
    pub(crate) version: u64,
    pub(crate) content: Content,
}

/// Days a test message's campaign is kept.
const TESTS_KEPT_DAYS: u32 = 30;

/// Time after which the sweep checks that a published campaign makes progress.
pub(crate) const LOOK_AFTER: SignedDuration = SignedDuration::from_mins(5);

impl Store {
    /// Creates a campaign. Its id identifies a repeated request.
    ///
    /// # Errors
    /// If the write fails.
    pub async fn create_campaign(
        &self,
        context: &Context,
        campaign: &Campaign,
        content: &Content,
    ) -> Result<Created, Error> {
        const DOING: &str = "create a campaign";
        context.check(&campaign.tenant);
        let mut head = item::write(
            &keys::campaign(&campaign.tenant, &campaign.id),
            "a campaign",
            campaign,
        )?;
        let body = ContentRow {
            version: campaign.content_version,
            content: content.clone(),
        };
        let mut body = item::write(
            &keys::content(&campaign.tenant, &campaign.id),
            "content",
            &body,
        )?;
        // Nobody deletes a test message's campaign.
        if campaign.via.is_some() || campaign.test_of.is_some() {
            for row in [&mut head, &mut body] {
                let expiry = item::expiry(campaign.created_at, TESTS_KEPT_DAYS);
                row.insert("expires_at".to_owned(), expiry);
            }
        }
        let head = Put::builder()
            .table_name(&self.catalog)
            .set_item(Some(head))
            .condition_expression("attribute_not_exists(pk)");
        let body = Put::builder()
            .table_name(&self.catalog)
            .set_item(Some(body));
        let done = self
            .transact(DOING, vec![put(DOING, head)?, put(DOING, body)?])
            .await?;
        if done {
            return Ok(Created::New);
        }
        let existing = self.campaign(context, &campaign.id).await?;
        existing
            .map(|existing| Created::Existing(Box::new(existing)))
            .ok_or(Error::Contended { doing: DOING })
    }

    /// A campaign (consistent read).
    ///
    /// # Errors
    /// If the read fails or the row cannot be decoded.
    pub async fn campaign(
        &self,
        context: &Context,
        id: &CampaignId,
    ) -> Result<Option<Campaign>, Error> {
        let tenant = &context.tenant;
        let row = self
            .get_row(
                "read a campaign",
                &self.catalog,
                &keys::campaign(tenant, id),
                true,
            )
            .await?;
        row.map(|row| item::read("a campaign", row)).transpose()
    }

    /// A campaign's content, with the campaign version that wrote it.
    ///
    /// # Errors
    /// If the read fails or the row cannot be decoded.
    pub async fn content(
        &self,
        context: &Context,
        id: &CampaignId,
    ) -> Result<Option<(u64, Content)>, Error> {
        let tenant = &context.tenant;
        self.content_at(&keys::content(tenant, id)).await
    }

    /// A campaign's content as sent, with the campaign version that wrote it. A test message's content is stored in
    /// this form.
    ///
    /// # Errors
    /// If the read fails or the row cannot be decoded.
    pub async fn composed_content(
        &self,
        campaign: &Campaign,
    ) -> Result<Option<(u64, Content)>, Error> {
        let Campaign { tenant, id, .. } = campaign;
        let key = match &campaign.composed {
            Some(composed) => keys::composed(tenant, id, composed),
            None => keys::content(tenant, id),
        };
        self.content_at(&key).await
    }

    pub(crate) async fn content_at(
        &self,
        key: &keys::Key,
    ) -> Result<Option<(u64, Content)>, Error> {
        let row = self
            .get_row("read a campaign's content", &self.catalog, key, true)
            .await?;
        let row: Option<ContentRow> = row.map(|row| item::read("content", row)).transpose()?;
        Ok(row.map(|row| (row.version, row.content)))
    }

    /// A page of a tenant's matching campaigns, newest first. Test messages are left out.
    ///
    /// # Errors
    /// If the read fails or a row cannot be decoded.
    pub async fn campaigns(
        &self,
        context: &Context,
        filter: &CampaignFilter,
        page: &PageRequest,
    ) -> Result<Page<Campaign>, Error> {
        let partition = keys::tenant_partition(&context.tenant);
        let prefix = keys::CAMPAIGN_PREFIX;
        self.query_partition("list campaigns", &self.catalog, partition, prefix)
            .with(|mut query| {
                let mut wanted =
                    "attribute_not_exists(via) AND attribute_not_exists(test_of)".to_owned();
                if let Some(status) = filter.status {
                    wanted.push_str(" AND #status = :status");
                    query = query
                        .expression_attribute_names("#status", "status")
                        .expression_attribute_values(":status", item::text(status));
                }
                if let Some(name) = &filter.name {
                    wanted.push_str(" AND contains(#name, :name)");
                    query = query
                        .expression_attribute_names("#name", "name")
                        .expression_attribute_values(":name", item::text(name));
                }
                query.filter_expression(wanted).scan_index_forward(false)
            })
            .page(page, |row| item::read("a campaign", row))
            .await
    }

    /// Changes a draft at this version.
    ///
    /// # Errors
    /// If the write fails.
    pub async fn change_campaign(
        &self,
        context: &Context,
        id: &CampaignId,
        version: u64,
        change: CampaignChange,
    ) -> Result<Changed, Error> {
        const DOING: &str = "change a campaign";
        let tenant = &context.tenant;
        let now = context.now;
        let Some(mut campaign) = self.campaign(context, id).await? else {
            return Ok(Changed::NotFound);
        };
        if campaign.status != Status::Draft {
            return Ok(Changed::NotDraft(campaign.status));
        }
        if campaign.version != version {
            return Ok(Changed::Stale(Box::new(campaign)));
        }
        campaign.version += 1;
        campaign.updated_at = now;
        let mut set = vec![
            ("version", item::number(campaign.version)),
            ("updated_at", item::attribute("a time", &now)?),
        ];
        let mut remove = Vec::new();
        if let Some(name) = change.name {
            set.push(("name", item::text(&name)));
            campaign.name = name;
        }
        if let Some(channels) = change.channels {
            set.push(("channels", item::attribute("channels", &channels)?));
            campaign.channels = channels;
        }
        if let Some(priority) = change.priority {
            set.push(("priority", item::attribute("a priority", &priority)?));
            campaign.priority = priority;
        }
        if let Some(on_unknown) = change.on_unknown {
            set.push(("on_unknown", item::attribute("a choice", &on_unknown)?));
            campaign.on_unknown = on_unknown;
        }
        match change.failover {
            Some(Some(failover)) => {
                set.push(("failover", item::attribute("a choice", &failover)?));
                campaign.failover = Some(failover);
            }
            Some(None) => {
                remove.push("failover");
                campaign.failover = None;
            }
            None => {}
        }
        if let Some(region) = change.default_region {
            match region {
                Some(region) => set.push(("default_region", item::attribute("a region", &region)?)),
                None => remove.push("default_region"),
            }
            campaign.default_region = region;
        }
        let mut writes = Vec::new();
        if let Some(content) = change.content {
            campaign.content_version = campaign.version;
            set.push(("content_version", item::number(campaign.version)));
            let body = ContentRow {
                version: campaign.version,
                content,
            };
            let body = item::write(&keys::content(tenant, id), "content", &body)?;
            writes.push(put(
                DOING,
                Put::builder()
                    .table_name(&self.catalog)
                    .set_item(Some(body)),
            )?);
        }
        writes.push(self.head_update(DOING, tenant, id, Status::Draft, version, set, &remove)?);
        if self.transact(DOING, writes).await? {
            return Ok(Changed::Done(Box::new(campaign)));
        }
        // Another request has changed the row we read; return what is there now.
        Ok(match self.campaign(context, id).await? {
            None => Changed::NotFound,
            Some(now) if now.status != Status::Draft => Changed::NotDraft(now.status),
            Some(now) => Changed::Stale(Box::new(now)),
        })
    }

    /// Deletes a draft, at a version if one is given.
    ///
    /// A task purges its receivers; a row for the sweep guarantees it.
    ///
    /// # Errors
    /// If the write fails.
    pub async fn delete_campaign(
        &self,
        context: &Context,
        id: &CampaignId,
        version: Option<u64>,
    ) -> Result<Deleted, Error> {
        const DOING: &str = "delete a campaign";
        let tenant = &context.tenant;
        let now = context.now;
        let Some(campaign) = self.campaign(context, id).await? else {
            return Ok(Deleted::NotFound);
        };
        if campaign.status != Status::Draft {
            return Ok(Deleted::NotDraft(campaign.status));
        }
        if version.is_some_and(|version| version != campaign.version) {
            return Ok(Deleted::Stale(Box::new(campaign)));
        }
        let head = Delete::builder()
            .table_name(&self.catalog)
            .set_key(Some(item::key(&keys::campaign(tenant, id))))
            .condition_expression("#status = :draft AND version = :version")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":draft", item::text(Status::Draft))
            .expression_attribute_values(":version", item::number(campaign.version));
        let body = Delete::builder()
            .table_name(&self.catalog)
            .set_key(Some(item::key(&keys::content(tenant, id))));
        let preflight = Delete::builder()
            .table_name(&self.catalog)
            .set_key(Some(item::key(&keys::preflight(tenant, id))));
        let preflight_content = Delete::builder()
            .table_name(&self.catalog)
            .set_key(Some(item::key(&keys::preflight_content(tenant, id))));
        let mut watch = item::key(&keys::due(
            now + LOOK_AFTER,
            due::PURGE,
            tenant,
            id.as_str(),
        ));
        watch.insert("shards".to_owned(), item::number(campaign.shards));
        let writes = vec![
            delete(DOING, head)?,
            delete(DOING, body)?,
            delete(DOING, preflight)?,
            delete(DOING, preflight_content)?,
            put(
                DOING,
                Put::builder()
                    .table_name(&self.catalog)
                    .set_item(Some(watch)),
            )?,
        ];
        if self.transact(DOING, writes).await? {
            return Ok(Deleted::Done(Box::new(campaign)));
        }
        Ok(match self.campaign(context, id).await? {
            None => Deleted::NotFound,
            Some(now) if now.status != Status::Draft => Deleted::NotDraft(now.status),
            Some(now) => Deleted::Stale(Box::new(now)),
        })
    }
}
