//! Tenants.

use aws_sdk_dynamodb::types::ReturnValue;
use carillon_domain::{
    access::Context,
    address::Region,
    campaigns::preflight::PriceList,
    content::{Content, Sender},
    id::{DocumentId, TenantId},
    language::LanguageTag,
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
    /// Its name.
    pub name: String,
    /// When it was created.
    pub created_at: Timestamp,
    /// How late a scheduled campaign may still be released automatically, if set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maximum_lateness_minutes: Option<u32>,
    /// Sender identity shown to recipients, if set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sender: Option<Sender>,
    /// The wrapper of emails that name none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_wrapper: Option<DocumentId>,
    /// What messages cost, if set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prices: Option<PriceList>,
    /// The language of content that names none, if set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_language: Option<LanguageTag>,
    /// The tenant's region, if set: it completes phone numbers in campaigns without a region, and languages without one
    /// format dates and numbers as that region does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_region: Option<Region>,
    /// The time zone (IANA) of content that names none, if set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_time_zone: Option<String>,
}

/// Default for how late a scheduled campaign may be released.
pub const MAXIMUM_LATENESS_MINUTES: u32 = 60;

impl Tenant {
    /// How late a scheduled campaign may still be released automatically.
    pub fn maximum_lateness(&self) -> SignedDuration {
        let minutes = self
            .maximum_lateness_minutes
            .unwrap_or(MAXIMUM_LATENESS_MINUTES);
        SignedDuration::from_mins(minutes.into())
    }

    /// Completes content with the tenant's language, region and time zone where it names none.
    #[must_use]
    pub fn complete(&self, content: &Content) -> Content {
        let mut content = content.clone();
        content.language = content.language.or_else(|| self.default_language.clone());
        content.time_zone = content.time_zone.or_else(|| self.default_time_zone.clone());
        content.region = self.default_region;
        content
    }

    /// Sender identity shown to recipients.
    pub fn sender(&self) -> Sender {
        let sender = self.sender.clone().unwrap_or_default();
        Sender {
            name: sender.name.or_else(|| Some(self.name.clone())),
            ..sender
        }
    }
}

/// Changes to a tenant. `None` leaves a field unchanged.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TenantChange {
    /// Its name.
    pub name: Option<String>,
    /// How late a scheduled campaign may be released; `Some(None)` restores the default.
    pub maximum_lateness_minutes: Option<Option<u32>>,
    /// Sender identity shown to recipients; `Some(None)` restores the tenant's name.
    pub sender: Option<Option<Sender>>,
    /// The wrapper of emails that name none.
    pub default_wrapper: Option<DocumentId>,
    /// What messages cost; `Some(None)` removes it.
    pub prices: Option<Option<PriceList>>,
    /// The language of content that names none; `Some(None)` restores English.
    pub default_language: Option<Option<LanguageTag>>,
    /// The tenant's region; `Some(None)` removes it.
    pub default_region: Option<Option<Region>>,
    /// The time zone of content that names none; `Some(None)` restores UTC.
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
    /// If the read fails or the row cannot be decoded.
    pub async fn tenant(&self, id: &TenantId) -> Result<Option<Tenant>, Error> {
        let row = self
            .get_row("read a tenant", &self.catalog, &keys::tenant(id), true)
            .await?;
        row.map(|row| item::read("a tenant", row)).transpose()
    }

    /// Changes a tenant and returns it as it is then; `None` if there is no such tenant.
    ///
    /// # Errors
    /// If the write fails.
    pub async fn change_tenant(
        &self,
        context: &Context,
        change: &TenantChange,
    ) -> Result<Option<Tenant>, Error> {
        let id = &context.tenant;
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
            // A reserved word of DynamoDB.
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

    /// Removes the default wrapper, if it is this one.
    ///
    /// # Errors
    /// If the write fails.
    pub async fn forget_default_wrapper(
        &self,
        context: &Context,
        wrapper: &DocumentId,
    ) -> Result<(), Error> {
        let id = &context.tenant;
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

    /// Creates a tenant; does nothing if it exists.
    ///
    /// # Errors
    /// If the write fails.
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
            other => other.map(|_| ()).map_err(Error::call("create a tenant")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_maximum_lateness_is_one_hour() {
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
