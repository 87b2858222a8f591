//! Tenants.

use aws_sdk_dynamodb::types::ReturnValue;
use carillon_domain::{
    address::Region,
    content::{Content, Sender},
    id::{DocumentId, TenantId},
    language::LanguageTag,
    preflight::PriceList,
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    Store,
    error::{Error, condition_failed},
    item, keys,
};

/// An organisation that uses Carillon.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tenant {
    /// Its id.
    pub id: TenantId,
    /// What it is called.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// How late a scheduled campaign may still be released by itself, if the tenant has said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maximum_lateness_minutes: Option<u32>,
    /// Who it is towards those who get messages, if it has said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sender: Option<Sender>,
    /// The wrapper of emails that name none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_wrapper: Option<DocumentId>,
    /// What messages cost, if it has said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prices: Option<PriceList>,
    /// The language of content that names none, if it has said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_language: Option<LanguageTag>,
    /// Where its people are, if it has said so: it completes phone numbers of campaigns that name no region, and languages that name
    /// none write dates and numbers as they do there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_region: Option<Region>,
    /// The zone (IANA) of content that names none, if it has said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_time_zone: Option<String>,
}

/// How late a scheduled campaign may be released, unless the tenant says otherwise.
pub const MAXIMUM_LATENESS_MINUTES: u32 = 60;

impl Tenant {
    /// How late a scheduled campaign may still be released by itself.
    pub fn maximum_lateness(&self) -> SignedDuration {
        let minutes = self
            .maximum_lateness_minutes
            .unwrap_or(MAXIMUM_LATENESS_MINUTES);
        SignedDuration::from_mins(minutes.into())
    }

    /// A content with the tenant's language, region and zone where it names none itself.
    #[must_use]
    pub fn complete(&self, content: &Content) -> Content {
        let mut content = content.clone();
        content.language = content.language.or_else(|| self.default_language.clone());
        content.time_zone = content.time_zone.or_else(|| self.default_time_zone.clone());
        content.region = self.default_region;
        content
    }

    /// Who it is towards those who get messages.
    pub fn sender(&self) -> Sender {
        let sender = self.sender.clone().unwrap_or_default();
        Sender {
            name: sender.name.or_else(|| Some(self.name.clone())),
            ..sender
        }
    }
}

/// What an operator changes about a tenant. What is `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TenantChange {
    /// What it is called.
    pub name: Option<String>,
    /// How late a scheduled campaign may be released; `Some(None)` goes back to the usual.
    pub maximum_lateness_minutes: Option<Option<u32>>,
    /// Who it is towards those who get messages; `Some(None)` goes back to the name.
    pub sender: Option<Option<Sender>>,
    /// The wrapper of emails that name none.
    pub default_wrapper: Option<DocumentId>,
    /// What messages cost; `Some(None)` forgets it.
    pub prices: Option<Option<PriceList>>,
    /// The language of content that names none; `Some(None)` goes back to English.
    pub default_language: Option<Option<LanguageTag>>,
    /// Where its people are; `Some(None)` forgets it.
    pub default_region: Option<Option<Region>>,
    /// The zone of content that names none; `Some(None)` goes back to UTC.
    pub default_time_zone: Option<Option<String>>,
}

/// The tenants of a deployment, as far as they were read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AllTenants {
    /// Those that were read, by their id.
    pub tenants: Vec<Tenant>,
    /// How many rows this release cannot read.
    pub unreadable: usize,
    /// Whether the catalog was read to its end.
    pub complete: bool,
}

impl Store {
    /// All tenants, for the person who operates a deployment. No key leads to them, so the catalog is scanned, at most so
    /// many pages of 1 MiB. No function's role allows `dynamodb:Scan`.
    ///
    /// # Errors
    /// If DynamoDB does not answer.
    pub async fn all_tenants(&self, pages: usize) -> Result<AllTenants, Error> {
        let mut all = AllTenants::default();
        let mut start = None;
        for _ in 0..pages {
            let answer = self
                .dynamodb
                .scan()
                .table_name(&self.catalog)
                .filter_expression("sk = :tenant")
                .expression_attribute_values(":tenant", item::text(keys::TENANT))
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(Error::call("read all tenants"))?;
            for row in answer.items.unwrap_or_default() {
                match item::read("a tenant", row) {
                    Ok(tenant) => all.tenants.push(tenant),
                    Err(_) => all.unreadable += 1,
                }
            }
            start = answer.last_evaluated_key;
            if start.is_none() {
                all.complete = true;
                break;
            }
        }
        all.tenants.sort_by(|one, other| one.id.cmp(&other.id));
        Ok(all)
    }

    /// A tenant.
    ///
    /// # Errors
    /// If DynamoDB does not answer, or the row cannot be read.
    pub async fn tenant(&self, id: &TenantId) -> Result<Option<Tenant>, Error> {
        let row = self
            .get_row("read a tenant", &self.catalog, &keys::tenant(id), true)
            .await?;
        row.map(|row| item::read("a tenant", row)).transpose()
    }

    /// Changes a tenant, and gives back what it is then; `None` if there is no such tenant.
    ///
    /// # Errors
    /// If DynamoDB does not do it.
    pub async fn change_tenant(
        &self,
        id: &TenantId,
        change: &TenantChange,
    ) -> Result<Option<Tenant>, Error> {
        let mut set = Vec::new();
        let mut remove = Vec::new();
        let mut values = Vec::new();
        if let Some(name) = &change.name {
            set.push("#name = :name");
            values.push((":name", item::text(name)));
        }
        match change.maximum_lateness_minutes {
            Some(Some(minutes)) => {
                set.push("maximum_lateness_minutes = :minutes");
                values.push((":minutes", item::number(minutes)));
            }
            Some(None) => remove.push("maximum_lateness_minutes"),
            None => {}
        }
        match &change.sender {
            Some(Some(sender)) => {
                set.push("sender = :sender");
                values.push((":sender", item::attribute("a sender", sender)?));
            }
            Some(None) => remove.push("sender"),
            None => {}
        }
        if let Some(wrapper) = &change.default_wrapper {
            set.push("default_wrapper = :wrapper");
            values.push((":wrapper", item::text(wrapper)));
        }
        match &change.prices {
            Some(Some(prices)) => {
                set.push("prices = :prices");
                values.push((":prices", item::attribute("prices", prices)?));
            }
            Some(None) => remove.push("prices"),
            None => {}
        }
        let defaults = [
            (
                (
                    "default_language",
                    "default_language = :language",
                    ":language",
                ),
                change
                    .default_language
                    .as_ref()
                    .map(|it| it.as_ref().map(ToString::to_string)),
            ),
            (
                ("default_region", "default_region = :region", ":region"),
                change.default_region.map(|it| it.map(String::from)),
            ),
            (
                ("default_time_zone", "default_time_zone = :zone", ":zone"),
                change.default_time_zone.clone(),
            ),
        ];
        for ((name, assignment, place), given) in defaults {
            match given {
                Some(Some(text)) => {
                    set.push(assignment);
                    values.push((place, item::text(text)));
                }
                Some(None) => remove.push(name),
                None => {}
            }
        }
        let clause = |word: &str, parts: &[&str]| match parts {
            [] => String::new(),
            parts => format!("{word} {} ", parts.join(", ")),
        };
        let expression = clause("SET", &set) + &clause("REMOVE", &remove);
        if expression.is_empty() {
            return self.tenant(id).await;
        }
        let mut request = self
            .dynamodb
            .update_item()
            .table_name(&self.catalog)
            .set_key(Some(item::key(&keys::tenant(id))))
            .update_expression(expression.trim_end())
            .condition_expression("attribute_exists(pk)")
            .return_values(ReturnValue::AllNew);
        if change.name.is_some() {
            // A word of DynamoDB's own.
            request = request.expression_attribute_names("#name", "name");
        }
        for (name, value) in values {
            request = request.expression_attribute_values(name, value);
        }
        match request.send().await {
            Ok(answer) => answer
                .attributes
                .map(|row| item::read("a tenant", row))
                .transpose(),
            Err(error) if condition_failed(&error) => Ok(None),
            Err(error) => Err(Error::call("change a tenant")(error)),
        }
    }

    /// Forgets the default wrapper, if it is this one.
    ///
    /// # Errors
    /// If DynamoDB does not do it.
    pub async fn forget_default_wrapper(
        &self,
        id: &TenantId,
        wrapper: &DocumentId,
    ) -> Result<(), Error> {
        let result = self
            .dynamodb
            .update_item()
            .table_name(&self.catalog)
            .set_key(Some(item::key(&keys::tenant(id))))
            .update_expression("REMOVE default_wrapper")
            .condition_expression("default_wrapper = :wrapper")
            .expression_attribute_values(":wrapper", item::text(wrapper))
            .send()
            .await;
        match result {
            Err(error) if condition_failed(&error) => Ok(()),
            other => other.map(|_| ()).map_err(Error::call("change a tenant")),
        }
    }

    /// Makes a tenant; does nothing if it exists.
    ///
    /// # Errors
    /// If DynamoDB does not do it.
    pub async fn create_tenant(&self, tenant: &Tenant) -> Result<(), Error> {
        let row = item::write(&keys::tenant(&tenant.id), "a tenant", tenant)?;
        let result = self
            .dynamodb
            .put_item()
            .table_name(&self.catalog)
            .set_item(Some(row))
            .condition_expression("attribute_not_exists(pk)")
            .send()
            .await;
        match result {
            Err(error) if condition_failed(&error) => Ok(()),
            other => other.map(|_| ()).map_err(Error::call("make a tenant")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenant_that_says_nothing_allows_an_hour() {
        let mut tenant = Tenant {
            id: "demo".parse().unwrap(),
            name: "Demo".to_owned(),
            created_at: "2026-11-21T09:00:00Z".parse().unwrap(),
            maximum_lateness_minutes: None,
            sender: None,
            default_wrapper: None,
            prices: None,
            default_language: None,
            default_region: None,
            default_time_zone: None,
        };
        let row = item::write(&keys::tenant(&tenant.id), "a tenant", &tenant).unwrap();
        assert!(!row.contains_key("maximum_lateness_minutes"));
        assert_eq!(item::read::<Tenant>("a tenant", row).unwrap(), tenant);
        assert_eq!(tenant.maximum_lateness(), SignedDuration::from_hours(1));
        tenant.maximum_lateness_minutes = Some(0);
        assert_eq!(tenant.maximum_lateness(), SignedDuration::ZERO);
    }
}
