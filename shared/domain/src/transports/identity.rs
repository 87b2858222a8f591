//! The identities under which a tenant may send through the AWS account that all tenants share.
//!
//! Amazon SES, Amazon SNS and AWS End User Messaging are called with the function's role, which may use everything in the
//! account. So the platform's operator grants each tenant its identities, and no others may be used. Vendors that use the
//! tenant's own credentials check senders themselves.

use std::{collections::BTreeSet, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{
    address::EmailAddress,
    channel_address::ChannelAddress,
    push_address::PushAddress,
    transports::{Transport, Vendor, sender::SenderId},
};

/// The setting for the configuration set of SES or of End User Messaging.
pub const CONFIGURATION_SET: &str = "configuration_set";
/// The setting for the origination identity of End User Messaging messages, where that is not a sender id: a number, a pool, an
/// id or an ARN.
pub const ORIGINATION_IDENTITY: &str = "origination_identity";
/// The setting for the SES tenant on whose behalf mail is sent.
pub const SES_TENANT: &str = "ses_tenant";

/// An identity of the shared account that a tenant may send as. Its text is a kind, a colon and a value, as in
/// `email:news@globex.example`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Identity {
    /// Every address of this domain, but none of its subdomains: `email:globex.example`.
    Domain(String),
    /// One address: `email:news@globex.example`.
    Address(EmailAddress),
    /// A configuration set, whose events report delivery: `configuration_set:globex`.
    ConfigurationSet(String),
    /// A tenant of Amazon SES (<https://docs.aws.amazon.com/ses/latest/dg/tenants.html>): `ses_tenant:globex`. A tenant that is
    /// granted one always sends through it, and SES keeps its reputation and sending status separate.
    SesTenant(String),
    /// A sender of text messages: `sender:Globex`, `sender:+447700900001`.
    Sender(String),
    /// Any number or name that the account chooses itself: `sender:*`. It may be one by which another tenant is known.
    AnySender,
    /// A number, a pool or its ARN at End User Messaging, in that spelling: `origination:pool-0123`.
    Origination(String),
    /// A platform application of Amazon SNS, to whose devices the tenant may send: `application:GCM/portal`.
    Application(String),
}

/// Not an identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "not an identity: one of email:<domain or address>, configuration_set:<name>, ses_tenant:<name>, sender:<name, number or *>, \
     origination:<number, pool or ARN>, application:<platform>/<name>"
)]
pub struct InvalidIdentity;

impl Identity {
    fn kind(&self) -> &'static str {
        match self {
            Identity::Domain(_) | Identity::Address(_) => "email",
            Identity::ConfigurationSet(_) => CONFIGURATION_SET,
            Identity::SesTenant(_) => SES_TENANT,
            Identity::Sender(_) | Identity::AnySender => "sender",
            Identity::Origination(_) => "origination",
            Identity::Application(_) => "application",
        }
    }

    fn value(&self) -> &str {
        match self {
            Identity::Address(address) => address.expose(),
            Identity::AnySender => "*",
            Identity::Domain(text)
            | Identity::ConfigurationSet(text)
            | Identity::SesTenant(text)
            | Identity::Sender(text)
            | Identity::Origination(text)
            | Identity::Application(text) => text,
        }
    }

    /// A sender id in its canonical form: names ignore case, as on phones.
    pub fn sender(sender: &SenderId) -> Self {
        Identity::Sender(sender.as_str().to_ascii_lowercase())
    }

    /// The domain of an address in its canonical form.
    fn domain_of(address: &EmailAddress) -> Self {
        let domain = address.expose().rsplit_once('@').map_or("", |(_, it)| it);
        Identity::Domain(domain.to_lowercase())
    }
}

impl FromStr for Identity {
    type Err = InvalidIdentity;

    fn from_str(text: &str) -> Result<Self, InvalidIdentity> {
        let (kind, value) = text.trim().split_once(':').ok_or(InvalidIdentity)?;
        let name = || {
            let is_name = (1..=256).contains(&value.len())
                && value.bytes().all(|byte| {
                    byte.is_ascii_alphanumeric()
                        || matches!(byte, b'_' | b'-' | b':' | b'/' | b'+' | b'.')
                });
            is_name.then(|| value.to_owned()).ok_or(InvalidIdentity)
        };
        match (kind, value) {
            ("email", value) if value.contains('@') => EmailAddress::parse(value)
                .map(Identity::Address)
                .map_err(|_| InvalidIdentity),
            // Domains are normalised like those of addresses, so that they compare equal.
            ("email", value) => EmailAddress::parse(&format!("a@{value}"))
                .map(|address| Identity::domain_of(&address))
                .map_err(|_| InvalidIdentity),
            (CONFIGURATION_SET, _) => name().map(Identity::ConfigurationSet),
            (SES_TENANT, _) => name().map(Identity::SesTenant),
            ("sender", "*") => Ok(Identity::AnySender),
            ("sender", value) => value
                .parse()
                .map(|sender| Identity::sender(&sender))
                .map_err(|_| InvalidIdentity),
            ("origination", _) => name().map(Identity::Origination),
            ("application", value) if value.split('/').filter(|it| !it.is_empty()).count() == 2 => {
                name().map(Identity::Application)
            }
            _ => Err(InvalidIdentity),
        }
    }
}

impl TryFrom<String> for Identity {
    type Error = InvalidIdentity;

    fn try_from(text: String) -> Result<Self, InvalidIdentity> {
        text.parse()
    }
}

impl From<Identity> for String {
    fn from(identity: Identity) -> String {
        identity.to_string()
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.kind(), self.value())
    }
}

/// An identity that a transport needs and its tenant has not been granted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotGranted {
    /// The field of the transport that names it.
    pub field: String,
    /// The identity to grant.
    pub identity: Identity,
}

/// All identities granted to a tenant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identities {
    granted: BTreeSet<Identity>,
}

impl FromIterator<Identity> for Identities {
    fn from_iter<T: IntoIterator<Item = Identity>>(identities: T) -> Self {
        Self {
            granted: identities.into_iter().collect(),
        }
    }
}

impl Identities {
    /// All identities, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Identity> {
        self.granted.iter()
    }

    /// Whether a transport may be used: it has its own credentials, or all its identities are granted.
    pub fn allow(&self, transport: &Transport) -> bool {
        self.lacking(transport).is_empty()
    }

    /// The identities that a transport needs and that were not granted.
    pub fn lacking(&self, transport: &Transport) -> Vec<NotGranted> {
        let setting = |name: &str| transport.settings.get(name).cloned();
        let mut wanted = Vec::new();
        let mut want = |field: &str, identity: Identity| {
            wanted.push(NotGranted {
                field: field.to_owned(),
                identity,
            });
        };
        let configuration_set = setting(CONFIGURATION_SET).map(Identity::ConfigurationSet);
        let sender = transport.sender_id.as_ref().map(Identity::sender);
        match transport.vendor {
            Vendor::Ses => {
                if let Some(from) = &transport.from {
                    let domain = Identity::domain_of(&from.address);
                    if !self.granted.contains(&domain) {
                        want("from", Identity::Address(from.address.clone()));
                    }
                }
                let tenants = self.granted.iter();
                let mut tenants = tenants.filter(|it| matches!(it, Identity::SesTenant(_)));
                let named = setting(SES_TENANT).map(Identity::SesTenant);
                if let Some(named) = named {
                    want(&format!("settings.{SES_TENANT}"), named);
                } else if let Some(granted) = tenants.next() {
                    // It was granted, so it must be named.
                    return vec![NotGranted {
                        field: format!("settings.{SES_TENANT}"),
                        identity: granted.clone(),
                    }];
                }
            }
            Vendor::Sns => want("sender_id", sender.unwrap_or(Identity::AnySender)),
            Vendor::EndUserMessaging => match setting(ORIGINATION_IDENTITY) {
                Some(origination) => want(
                    &format!("settings.{ORIGINATION_IDENTITY}"),
                    Identity::Origination(origination),
                ),
                None => want("sender_id", sender.unwrap_or(Identity::AnySender)),
            },
            // The application is checked per device ([`Identities::allow_address`]).
            Vendor::SnsPush => {}
            _ => return Vec::new(),
        }
        if let Some(set) = configuration_set {
            want(&format!("settings.{CONFIGURATION_SET}"), set);
        }
        wanted.retain(|it| !self.granted.contains(&it.identity));
        wanted
    }

    /// Whether a transport of a vendor may send to an address: an Amazon SNS endpoint belongs to a platform application,
    /// `arn:aws:sns:{region}:{account}:endpoint/{platform}/{application}/{id}`.
    pub fn allow_address(&self, vendor: Vendor, address: &ChannelAddress) -> bool {
        match (vendor, address) {
            (Vendor::SnsPush, ChannelAddress::Push(PushAddress::Sns(endpoint))) => {
                let mut parts = endpoint.expose().split('/').skip(1);
                let application = match (parts.next(), parts.next()) {
                    (Some(platform), Some(name)) => format!("{platform}/{name}"),
                    _ => return false,
                };
                let application = Identity::Application(application);
                self.granted.contains(&application)
            }
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transports::EmailSender;

    fn granted(texts: &[&str]) -> Identities {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    fn ses(from: &str, settings: &[(&str, &str)]) -> Transport {
        Transport {
            from: Some(EmailSender {
                address: EmailAddress::parse(from).unwrap(),
                name: None,
            }),
            settings: settings
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            ..Transport::new(Vendor::Ses)
        }
    }

    fn lacking(identities: &Identities, transport: &Transport) -> Vec<String> {
        let lacking = identities.lacking(transport).into_iter();
        lacking
            .map(|it| format!("{} {}", it.field, it.identity))
            .collect()
    }

    #[test]
    fn an_identity_is_a_kind_and_a_value() {
        for (text, written) in [
            ("email:Globex.Example", Some("email:globex.example")),
            (
                "email:news@globex.example",
                Some("email:news@globex.example"),
            ),
            ("configuration_set:globex", Some("configuration_set:globex")),
            ("ses_tenant:globex", Some("ses_tenant:globex")),
            ("sender:Globex", Some("sender:globex")),
            ("sender:+447700900001", Some("sender:447700900001")),
            ("sender:*", Some("sender:*")),
            ("origination:pool-01", Some("origination:pool-01")),
            ("application:GCM/portal", Some("application:GCM/portal")),
            ("application:GCM", None),
            ("application:GCM/a/b", None),
            ("email:", None),
            ("email:*", None),
            ("email:not a domain", None),
            ("sender:Far too long a name", None),
            ("host:x", None),
            ("news@globex.example", None),
            ("configuration_set:", None),
        ] {
            let read = text.parse::<Identity>().ok();
            assert_eq!(
                read.as_ref().map(ToString::to_string).as_deref(),
                written,
                "{text}"
            );
            if let Some(identity) = read {
                assert_eq!(identity.to_string().parse(), Ok(identity), "{text}");
            }
        }
    }

    #[test]
    fn mail_is_sent_only_from_granted_domains_and_addresses() {
        let identities = granted(&["email:globex.example", "email:desk@initech.example"]);
        for (from, allowed) in [
            ("news@globex.example", true),
            ("NEWS@GLOBEX.example", true),
            ("desk@initech.example", true),
            ("news@mail.globex.example", false),
            ("news@notglobex.example", false),
            ("news@globex.example.evil.example", false),
            ("news@initech.example", false),
        ] {
            assert_eq!(identities.allow(&ses(from, &[])), allowed, "{from}");
        }
        assert!(!Identities::default().allow(&ses("news@globex.example", &[])));
    }

    #[test]
    fn configuration_sets_and_ses_tenants_need_a_grant() {
        let from = "news@globex.example";
        let identities = granted(&["email:globex.example", "configuration_set:globex"]);
        assert!(identities.allow(&ses(from, &[("configuration_set", "globex")])));
        assert_eq!(
            lacking(&identities, &ses(from, &[("configuration_set", "acme")])),
            ["settings.configuration_set configuration_set:acme"]
        );
        assert_eq!(
            lacking(&identities, &ses(from, &[("ses_tenant", "acme")])),
            ["settings.ses_tenant ses_tenant:acme"]
        );
        let identities = granted(&["email:globex.example", "ses_tenant:globex"]);
        assert!(identities.allow(&ses(from, &[("ses_tenant", "globex")])));
        assert!(
            !identities.allow(&ses(from, &[])),
            "a granted SES tenant must be used"
        );
    }

    #[test]
    fn text_messages_need_a_granted_sender_even_if_the_account_chooses_it() {
        let sms = |vendor, sender: Option<&str>| Transport {
            sender_id: sender.map(|sender| sender.parse().unwrap()),
            ..Transport::new(vendor)
        };
        let identities = granted(&["sender:Globex", "sender:+447700900001"]);
        for vendor in [Vendor::Sns, Vendor::EndUserMessaging] {
            for (sender, allowed) in [
                (Some("Globex"), true),
                (Some("GLOBEX"), true),
                (Some("447700900001"), true),
                (Some("Acme"), false),
                (None, false),
            ] {
                let transport = sms(vendor, sender);
                assert_eq!(identities.allow(&transport), allowed, "{vendor} {sender:?}");
            }
            assert!(granted(&["sender:*"]).allow(&sms(vendor, None)));
            assert!(!granted(&["sender:*"]).allow(&sms(vendor, Some("Acme"))));
        }
        let mut pool = sms(Vendor::EndUserMessaging, Some("Globex"));
        let name = ORIGINATION_IDENTITY.to_owned();
        pool.settings.insert(name, "pool-01".to_owned());
        assert_eq!(
            lacking(&identities, &pool),
            ["settings.origination_identity origination:pool-01"]
        );
        assert!(granted(&["origination:pool-01"]).allow(&pool));
    }

    #[test]
    fn devices_must_belong_to_a_granted_application() {
        let identities = granted(&["application:GCM/portal"]);
        let device = |text: &str| {
            let parsed = ChannelAddress::parse(crate::channel::Channel::Push, text);
            parsed.unwrap()
        };
        let endpoint = |application: &str| {
            device(&format!(
                "sns:arn:aws:sns:eu-west-1:123456789012:endpoint/{application}/0b1e"
            ))
        };
        for (address, allowed) in [
            (endpoint("GCM/portal"), true),
            (endpoint("GCM/portal2"), false),
            (endpoint("APNS/portal"), false),
        ] {
            assert_eq!(identities.allow_address(Vendor::SnsPush, &address), allowed);
        }
    }

    #[test]
    fn a_tenants_own_accounts_need_no_grant() {
        let none = Identities::default();
        for vendor in Vendor::ALL.iter().filter(|it| it.wants_credentials()) {
            assert!(none.allow(&Transport::new(*vendor)), "{vendor}");
        }
    }
}
