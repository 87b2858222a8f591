//! Campaigns and their content.

mod life;
mod loading;
mod look;
mod preflights;
mod stop;
mod write;

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::{Delete, Put};
use carillon_domain::{address::Region, campaigns::{Campaign, OnUnknown, Status}, channel::{Channel, Priority}, content::Content, id::{CampaignId, TenantId}, transports::routing::Failover};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

pub use self::{
    life::{Published, Released, Scheduled, Unscheduled},
    loading::{Attached, LoadingBegun},
    look::{Look, WentOn},
    preflights::Preflight,
    stop::Turned,
};
use crate::{
    Cursor, Store,
    error::Error,
    item, keys,
    operations::due,
    transact::{delete, put},
};

/// What came of making a campaign.
#[derive(Debug, Clone, PartialEq)]
pub enum Created {
    /// It was made.
    New,
    /// A request that was repeated had made it before.
    Existing(Box<Campaign>),
}

/// Which campaigns to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CampaignFilter {
    /// Only those that are this.
    pub status: Option<Status>,
    /// Only those whose name has this in it.
    pub name: Option<String>,
}

/// What an operator changes about a draft. What is `None` stays.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CampaignChange {
    /// Its name.
    pub name: Option<String>,
    /// Its channels.
    pub channels: Option<BTreeSet<Channel>>,
    /// Its content, as a whole.
    pub content: Option<Content>,
    /// Its priority.
    pub priority: Option<Priority>,
    /// What becomes of deliveries of which nobody knows.
    pub on_unknown: Option<OnUnknown>,
    /// How far other transports are tried; `Some(None)` is not at all.
    pub failover: Option<Option<Failover>>,
    /// Its default region; `Some(None)` takes it away.
    pub default_region: Option<Option<Region>>,
}

/// What came of changing a draft.
#[derive(Debug, Clone, PartialEq)]
pub enum Changed {
    /// It was changed, and now looks like this.
    Done(Box<Campaign>),
    /// There is no such campaign.
    NotFound,
    /// Somebody changed it before.
    Stale(Box<Campaign>),
    /// It is no draft any more.
    NotDraft(Status),
}

/// What came of deleting a draft.
#[derive(Debug, Clone, PartialEq)]
pub enum Deleted {
    /// It is gone; its receivers' rows are still to be purged.
    Done(Box<Campaign>),
    /// There is no such campaign.
    NotFound,
    /// Somebody changed it before.
    Stale(Box<Campaign>),
    /// It is no draft any more.
    NotDraft(Status),
}

#[derive(Serialize, Deserialize)]
pub(crate) struct ContentRow {
    pub(crate) version: u64,
    pub(crate) content: Content,
}

/// Tests are forgotten after so many days.
const TESTS_KEPT_DAYS: u32 = 30;

/// After this time the sweep looks whether a published campaign moves.
pub(crate) const LOOK_AFTER: SignedDuration = SignedDuration::from_mins(5);

impl Store {
    /// Makes a campaign. Its id decides whether it is the same one.
    ///
    /// # Errors
    /// If DynamoDB does not do it.
    pub async fn create_campaign(
        &self,
        campaign: &Campaign,
        content: &Content,
    ) -> Result<Created, Error> {
        const DOING: &str = "make a campaign";
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
        // Nobody deletes a test.
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
        let existing = self.campaign(&campaign.tenant, &campaign.id).await?;
        existing
            .map(|existing| Created::Existing(Box::new(existing)))
            .ok_or(Error::Contended { doing: DOING })
    }

    /// A campaign, as it stands this moment.
    ///
    /// # Errors
    /// If DynamoDB does not answer, or the row cannot be read.
    pub async fn campaign(
        &self,
        tenant: &TenantId,
        id: &CampaignId,
    ) -> Result<Option<Campaign>, Error> {
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

    /// A campaign's content, with the version of the campaign at which it was written.
    ///
    /// # Errors
    /// If DynamoDB does not answer, or the row cannot be read.
    pub async fn content(
        &self,
        tenant: &TenantId,
        id: &CampaignId,
    ) -> Result<Option<(u64, Content)>, Error> {
        self.content_at(&keys::content(tenant, id)).await
    }

    /// A campaign's content as it is sent, with the version of the campaign at which it was written; that of a test is written so.
    ///
    /// # Errors
    /// If DynamoDB does not answer, or the row cannot be read.
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

    /// A tenant's campaigns that match, newest first, and where to go on. Tests are left out, so a page may be short.
    ///
    /// # Errors
    /// If DynamoDB does not answer, or a row cannot be read.
    pub async fn campaigns(
        &self,
        tenant: &TenantId,
        filter: &CampaignFilter,
        after: Option<&Cursor>,
        limit: i32,
    ) -> Result<(Vec<Campaign>, Option<Cursor>), Error> {
        let start = after.and_then(|cursor| cursor.after.as_ref()).map(|sort| {
            item::key(&keys::Key {
                partition: keys::tenant_partition(tenant),
                sort: sort.clone(),
            })
        });
        let mut wanted = "attribute_not_exists(via) AND attribute_not_exists(test_of)".to_owned();
        let mut query = self
            .dynamodb
            .query()
            .table_name(&self.catalog)
            .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
            .expression_attribute_values(":pk", item::text(keys::tenant_partition(tenant)))
            .expression_attribute_values(":prefix", item::text(keys::CAMPAIGN_PREFIX));
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
        let answer = query
            .filter_expression(wanted)
            .scan_index_forward(false)
            .set_exclusive_start_key(start)
            .limit(limit)
            .send()
            .await
            .map_err(Error::call("list the campaigns"))?;
        let next = answer
            .last_evaluated_key
            .as_ref()
            .and_then(item::key_of)
            .map(|key| Cursor {
                shard: 0,
                after: Some(key.sort),
            });
        let campaigns = answer
            .items
            .unwrap_or_default()
            .into_iter()
            .map(|row| item::read("a campaign", row))
            .collect::<Result<_, _>>()?;
        Ok((campaigns, next))
    }

    /// Changes a draft that is still at a version.
    ///
    /// # Errors
    /// If DynamoDB does not do it.
    pub async fn change_campaign(
        &self,
        tenant: &TenantId,
        id: &CampaignId,
        version: u64,
        change: CampaignChange,
        now: Timestamp,
    ) -> Result<Changed, Error> {
        const DOING: &str = "change a campaign";
        let Some(mut campaign) = self.campaign(tenant, id).await? else {
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
        // Whoever came between has changed what we read; say what is there now.
        Ok(match self.campaign(tenant, id).await? {
            None => Changed::NotFound,
            Some(now) if now.status != Status::Draft => Changed::NotDraft(now.status),
            Some(now) => Changed::Stale(Box::new(now)),
        })
    }

    /// Deletes a draft, at a version if one is given.
    ///
    /// Its receivers are purged by a task; a row for the sweep makes sure of it.
    ///
    /// # Errors
    /// If DynamoDB does not do it.
    pub async fn delete_campaign(
        &self,
        tenant: &TenantId,
        id: &CampaignId,
        version: Option<u64>,
        now: Timestamp,
    ) -> Result<Deleted, Error> {
        const DOING: &str = "delete a campaign";
        let Some(campaign) = self.campaign(tenant, id).await? else {
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
        Ok(match self.campaign(tenant, id).await? {
            None => Deleted::NotFound,
            Some(now) if now.status != Status::Draft => Deleted::NotDraft(now.status),
            Some(now) => Deleted::Stale(Box::new(now)),
        })
    }
}
