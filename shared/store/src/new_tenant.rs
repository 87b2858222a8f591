//! Making a tenant: all the rows without which it could not begin.

use std::collections::BTreeSet;

use carillon_domain::{
    address::EmailAddress,
    id::TenantId,
    identity::Identity,
    sender::SenderId,
    transport::{EmailSender, Transport, Vendor},
};
use jiff::Timestamp;

use crate::{NewKey, Store, Tenant, error::Error};

/// What a tenant is made of.
#[derive(Debug, Clone)]
pub struct NewTenant {
    /// Its id.
    pub id: TenantId,
    /// What it is called.
    pub name: String,
    /// The address that its mail comes from, verified in SES.
    pub from: EmailAddress,
    /// The sender id of its text messages, where the country supports one.
    pub sender_id: Option<SenderId>,
    /// The SES configuration set, if one is used.
    pub configuration_set: Option<String>,
    /// What else it may send as through the account that all tenants share, beside the above.
    pub identities: Vec<Identity>,
}

impl NewTenant {
    /// All that it may send as. Without a sender id its text messages come from whatever the account chooses.
    fn granted(&self) -> Vec<Identity> {
        let sender = self.sender_id.as_ref();
        let sender = sender.map_or(Identity::AnySender, Identity::sender);
        let set = self.configuration_set.clone();
        // Whoever names the address again means the same.
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
    /// Makes a tenant with SES and SNS as its transports, and keeps a first API key of this name.
    ///
    /// Making the same tenant again keeps it, sets both transports again and adds another key.
    ///
    /// # Errors
    /// If DynamoDB does not do it. Making it again does what is missing.
    pub async fn make_tenant(
        &self,
        tenant: NewTenant,
        key: &NewKey,
        key_name: &str,
    ) -> Result<(), Error> {
        let now = Timestamp::now();
        self.create_tenant(&tenant.row(now)).await?;
        self.grant_identities(&tenant.id, &tenant.granted()).await?;
        let configuration_set = tenant
            .configuration_set
            .map(|set| ("configuration_set".to_owned(), set));
        let email = Transport {
            from: Some(EmailSender {
                address: tenant.from,
                name: Some(tenant.name),
            }),
            settings: configuration_set.into_iter().collect(),
            ..Transport::new(Vendor::Ses)
        };
        let sms = Transport {
            sender_id: tenant.sender_id,
            ..Transport::new(Vendor::Sns)
        };
        for transport in [&email, &sms] {
            self.put_transport(&tenant.id, transport).await?;
        }
        self.put_api_key(&key.kept(&tenant.id, key_name, now)).await
    }
}
