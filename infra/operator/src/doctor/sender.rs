//! Senders of email.

use std::{fmt, str::FromStr};

use carillon_domain::{
    address::EmailAddress,
    id::TenantId,
    transports::{Transport, Vendor},
};

/// A sending address or domain.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sender {
    /// The part before the `@`, if it is an address.
    local: Option<String>,
    domain: String,
    /// The transports that name it, as `tenant/transport`.
    named_by: Vec<String>,
}

/// The text is neither an address nor a domain.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("neither an email address nor a domain, such as news@example.org or example.org")]
pub struct InvalidSender;

impl FromStr for Sender {
    type Err = InvalidSender;

    fn from_str(text: &str) -> Result<Self, InvalidSender> {
        let with_at = match text.contains('@') {
            true => text.to_owned(),
            // A domain is valid if an address at it would be.
            false => format!("postmaster@{text}"),
        };
        let address = EmailAddress::parse(&with_at).map_err(|_| InvalidSender)?;
        let mut sender = Self::of(&address).ok_or(InvalidSender)?;
        if !text.contains('@') {
            sender.local = None;
        }
        Ok(sender)
    }
}

impl Sender {
    fn of(address: &EmailAddress) -> Option<Self> {
        let (local, domain) = address.expose().rsplit_once('@')?;
        Some(Self {
            local: Some(local.to_owned()),
            domain: domain.to_lowercase(),
            named_by: Vec::new(),
        })
    }

    /// Its domain.
    pub(super) fn domain(&self) -> &str {
        &self.domain
    }

    /// The SES identities that cover it, most specific first: the address, its domain, and the parent domains, because a
    /// verified domain covers its subdomains (Amazon SES Developer Guide, "Verified identities in Amazon
    /// SES": https://docs.aws.amazon.com/ses/latest/dg/verify-addresses-and-domains.html).
    pub(super) fn identities(&self) -> Vec<String> {
        let address = self
            .local
            .iter()
            .map(|local| format!("{local}@{}", self.domain));
        address
            .chain(domains_above(&self.domain).map(str::to_owned))
            .collect()
    }
}

/// A domain and its parent domains, without the top-level domain.
pub(super) fn domains_above(domain: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(domain), |domain| Some(domain.split_once('.')?.1))
        .filter(|domain| domain.contains('.'))
}

impl fmt::Display for Sender {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(local) = &self.local {
            write!(formatter, "{local}@")?;
        }
        formatter.write_str(&self.domain)?;
        match self.named_by.as_slice() {
            [] => Ok(()),
            [one] => write!(formatter, " ({one})"),
            [one, others @ ..] => write!(formatter, " ({one} and {} more)", others.len()),
        }
    }
}

/// The senders named by the operator and those of all SES transports, without duplicates.
pub(super) fn all(named: &[Sender], transports: &[(TenantId, Transport)]) -> Vec<Sender> {
    let mut all: Vec<Sender> = named.to_vec();
    for (tenant, transport) in transports {
        if transport.vendor != Vendor::Ses {
            continue;
        }
        let sender = transport
            .from
            .as_ref()
            .and_then(|from| Sender::of(&from.address));
        let Some(sender) = sender else { continue };
        let same = all
            .iter()
            .position(|known| (&known.local, &known.domain) == (&sender.local, &sender.domain));
        let index = same.unwrap_or_else(|| {
            all.push(sender);
            all.len() - 1
        });
        all[index]
            .named_by
            .push(format!("{tenant}/{}", transport.id));
    }
    all.sort();
    all.dedup();
    all
}

#[cfg(test)]
mod tests {
    use carillon_domain::transports::EmailSender;

    use super::*;

    #[test]
    fn a_sender_is_an_address_or_a_domain() {
        let sender: Sender = "News@Mail.Example.org".parse().unwrap();
        assert_eq!(sender.to_string(), "news@mail.example.org");
        assert_eq!(
            sender.identities(),
            ["news@mail.example.org", "mail.example.org", "example.org"]
        );
        let domain: Sender = "example.org".parse().unwrap();
        assert_eq!(
            (domain.to_string(), domain.identities()),
            ("example.org".to_owned(), vec!["example.org".to_owned()])
        );
        for text in ["", "nobody", "a@b@c", "two words.org"] {
            assert_eq!(text.parse::<Sender>(), Err(InvalidSender), "{text}");
        }
    }

    #[test]
    fn each_sender_appears_once_with_its_transports() {
        let transport = |vendor, address: &str| Transport {
            from: Some(EmailSender {
                address: EmailAddress::parse(address).unwrap(),
                name: None,
            }),
            ..Transport::new(vendor)
        };
        let transports = [
            (
                "acme".parse().unwrap(),
                transport(Vendor::Ses, "news@example.org"),
            ),
            (
                "beta".parse().unwrap(),
                transport(Vendor::Ses, "news@example.org"),
            ),
            (
                "beta".parse().unwrap(),
                transport(Vendor::SendGrid, "news@sendgrid.example"),
            ),
            ("acme".parse().unwrap(), Transport::new(Vendor::Sns)),
        ];
        let named = ["example.net".parse().unwrap()];
        let all: Vec<String> = all(&named, &transports)
            .iter()
            .map(Sender::to_string)
            .collect();
        assert_eq!(
            all,
            ["example.net", "news@example.org (acme/email and 1 more)"]
        );
    }
}
