//! Creating a tenant with everything it needs to start.

use std::collections::BTreeSet;

use carillon_domain::{
    access::{Actor, Context},
    address::EmailAddress,
    id::TenantId,
    transports::{EmailSender, Transport, Vendor, identity::Identity, sender::SenderId},
};
use jiff::Timestamp;

use crate::{NewKey, Store, Tenant, error::Error};

/// A tenant to be created.
#[derive(Debug, Clone)]
pub struct NewTenant {
    /// The id.
    pub id: TenantId,
    /// The name.
    pub name: String,
    /// The sender address of its mail, verified in SES.
    pub from: EmailAddress,
    /// The sender id of its text messages, where the country supports one.
    pub sender_id: Option<SenderId>,
    /// The SES configuration set, if one is used.
    pub configuration_set: Option<String>,
    /// Further identities that it may send as through the shared account.
    pub identities: Vec<Identity>,
}

impl NewTenant {
    /// All identities that it may send as. Without a sender id, the account chooses the sender of its text messages.
    fn granted(&self) -> Vec<Identity> {
        let sender = self.sender_id.as_ref();
        let sender = sender.map_or(Identity::AnySender, Identity::sender);
        let set = self.configuration_set.clone();
        // A set, because an identity may be named twice.
        let granted: BTreeSet<Identity> = [Identity::Address(self.from.clone()), sender]
            .into_iter()
            .chain(set.map(Identity::ConfigurationSet))
            .chain(self.identities.iter().cloned())
            .collect();
        granted.into_iter().collect()
    }

    fn row(&self, now: Timestamp) -> Tenant {
        Tenant {
            id: self.id.clone(),
            name: self.name.clone(),
            created_at: now,
            maximum_lateness_minutes: None,
            sender: None,
            default_wrapper: None,
            prices: None,
            default_language: None,
            default_region: None,
            default_time_zone: None,
        }
    }
}

impl Store {
    /// Creates a tenant with SES and SNS as its transports and a first API key of this name.
    ///
    /// Repeating it keeps the tenant, resets both transports and adds another key.
    ///
    /// # Errors
    /// If a write fails. Repeating it completes what is missing.
    pub async fn make_tenant(
        &self,
        tenant: NewTenant,
        key: &NewKey,
        key_name: &str,
    ) -> Result<(), Error> {
        let context = Context::new(tenant.id.clone(), Actor::Operator, Timestamp::now());
        self.create_tenant(&tenant.row(context.now)).await?;
        self.grant_identities(&context, &tenant.granted()).await?;
        let configuration_set = tenant
            .configuration_set
            .map(|set| ("configuration_set".to_owned(), set));
        let email = Transport {
            from: Some(EmailSender {
                address: tenant.from,
                name: Some(tenant.name),
            }),
            settings: configuration_set.into_iter().collect(),
            created_at: context.now,
            ..Transport::new(Vendor::Ses)
        };
        let sms = Transport {
            sender_id: tenant.sender_id,
            created_at: context.now,
            ..Transport::new(Vendor::Sns)
        };
        for transport in [&email, &sms] {
            self.put_transport(&context, transport).await?;
        }
        self.put_api_key(&key.kept(&tenant.id, key_name, context.now))
            .await
    }
}
