//! DNS: the records that mailbox providers look up for a sending domain.

mod resolver;

use std::collections::BTreeMap;

use aws_sdk_sesv2::types::DkimSigningAttributesOrigin;
use futures::future::join_all;

pub(super) use self::resolver::Resolver;
use self::resolver::Unresolved;
pub use self::resolver::{DnsServer, InvalidDnsServer};
use super::{
    Clients,
    report::{Area, Finding},
    sender::domains_above,
    ses::{Identities, signer},
    unanswered::chain,
};

/// The default zone of SES's DKIM keys ("SigningHostedZone" of DkimAttributes, Amazon SES API v2 reference:
/// https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_DkimAttributes.html).
const KEYS_OF_SES: &str = "dkim.amazonses.com";

/// A sending domain with its SES attributes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Zone {
    keys: Option<Keys>,
    /// Its custom MAIL FROM domain.
    mail_from: Option<String>,
}

/// Where its DKIM keys have to be.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Keys {
    /// The signing domain.
    domain: String,
    tokens: Vec<String>,
    /// Whether the key is the owner's own, with a TXT record instead of a CNAME.
    own: bool,
    hosted_zone: String,
}

pub(super) async fn examine(clients: &Clients, identities: &[Identities]) -> Vec<Finding> {
    let zones = zones(identities);
    if zones.is_empty() {
        return vec![Finding::ok(
            Area::Dns,
            "domains",
            "no transport sends mail through SES",
        )];
    }
    let findings = zones
        .iter()
        .map(|(domain, zone)| of_zone(&clients.dns, domain, zone));
    join_all(findings).await.into_iter().flatten().collect()
}

fn zones(identities: &[Identities]) -> BTreeMap<String, Zone> {
    let mut zones: BTreeMap<String, Zone> = BTreeMap::new();
    for of_sender in identities {
        let zone = zones
            .entry(of_sender.sender.domain().to_owned())
            .or_default();
        let mail_from = of_sender
            .mail_from()
            .map(|attributes| attributes.mail_from_domain().to_owned());
        zone.mail_from = zone.mail_from.take().or(mail_from);
        let signer = of_sender
            .found
            .as_ref()
            .ok()
            .and_then(|found| signer(found));
        let keys = signer.and_then(|signer| {
            let dkim = signer.answer.dkim_attributes()?;
            Some(Keys {
                domain: signer.name.rsplit('@').next()?.to_owned(),
                tokens: dkim.tokens().to_vec(),
                own: dkim.signing_attributes_origin()
                    == Some(&DkimSigningAttributesOrigin::External),
                hosted_zone: dkim.signing_hosted_zone().unwrap_or(KEYS_OF_SES).to_owned(),
            })
        });
        zone.keys = zone.keys.take().or(keys);
    }
    zones
}

async fn of_zone(resolver: &Resolver, domain: &str, zone: &Zone) -> Vec<Finding> {
    let (spf, dkim, dmarc) = tokio::join!(
        look_at_spf(resolver, domain, zone.mail_from.as_deref()),
        look_at_dkim(resolver, zone.keys.as_ref()),
        look_at_dmarc(resolver, domain),
    );
    let findings = [
        spf.unwrap_or_else(|error| not_resolved(&format!("SPF of {domain}"), &error)),
        dmarc.unwrap_or_else(|error| not_resolved(&format!("DMARC of {domain}"), &error)),
    ];
    let dkim = match dkim {
        Ok(dkim) => dkim,
        Err(error) => Some(not_resolved(&format!("DKIM of {domain}"), &error)),
    };
    findings.into_iter().chain(dkim).collect()
}

fn not_resolved(check: &str, error: &Unresolved) -> Finding {
    Finding::not_checked(
        Area::Dns,
        check,
        chain(error),
        "Run the doctor again, or use another DNS server, for example --dns 1.1.1.1",
    )
}

async fn look_at_spf(
    resolver: &Resolver,
    domain: &str,
    mail_from: Option<&str>,
) -> Result<Finding, Unresolved> {
    let texts = resolver.texts(domain).await?;
    let of_envelope = match mail_from {
        Some(mail_from) => Some((mail_from, resolver.texts(mail_from).await?)),
        None => None,
    };
    Ok(spf(
        domain,
        &texts,
        of_envelope
            .as_ref()
            .map(|(name, texts)| (*name, texts.as_slice())),
    ))
}

/// SPF is looked up for the domain of the envelope, which is the custom MAIL FROM domain or amazonses.com
/// (https://docs.aws.amazon.com/ses/latest/dg/send-email-authentication-spf.html). More than one record is an error
/// (RFC 7208, 4.5).
fn spf(domain: &str, texts: &[String], of_envelope: Option<(&str, &[String])>) -> Finding {
    let check = format!("SPF of {domain}");
    let at_domain = spf_records(texts);
    if at_domain.len() > 1 {
        return Finding::failed(
            Area::Dns,
            check,
            format!(
                "{} records, but only one is allowed, so all are ignored",
                at_domain.len()
            ),
            format!(
                "Combine them into one record {domain}. TXT \"v=spf1 include:amazonses.com … ~all\""
            ),
        );
    }
    if let Some((envelope, texts)) = of_envelope {
        let records = spf_records(texts);
        let wanted =
            format!("Add to the zone: {envelope}. TXT \"v=spf1 include:amazonses.com ~all\"");
        return match records.as_slice() {
            [record] if includes_ses(record) => {
                Finding::ok(Area::Dns, check, format!("{envelope}: {record}"))
            }
            [record] => Finding::failed(
                Area::Dns,
                check,
                format!("{envelope} does not include amazonses.com: {record}"),
                wanted,
            ),
            [] => Finding::failed(
                Area::Dns,
                check,
                format!("its MAIL FROM domain {envelope} has none"),
                wanted,
            ),
            several => Finding::failed(
                Area::Dns,
                check,
                format!(
                    "its MAIL FROM domain {envelope} has {} records, but only one is allowed",
                    several.len()
                ),
                wanted,
            ),
        };
    }
    let identity = format!(
        "Better, set a custom MAIL FROM domain, so that SPF is aligned with {domain}: \
         aws sesv2 put-email-identity-mail-from-attributes --email-identity {domain} --mail-from-domain bounce.{domain}"
    );
    match at_domain.as_slice() {
        [record] if includes_ses(record) => Finding::ok(Area::Dns, check, *record),
        [record] => Finding::warning(
            Area::Dns,
            check,
            format!("does not include amazonses.com directly: {record}"),
            format!(
                "Add include:amazonses.com to it, unless one of the records that it includes does. {identity}"
            ),
        ),
        _ => Finding::warning(
            Area::Dns,
            check,
            "none",
            format!(
                "Add to the zone: {domain}. TXT \"v=spf1 include:amazonses.com ~all\"\n{identity}"
            ),
        ),
    }
}

fn spf_records(texts: &[String]) -> Vec<&str> {
    let is_spf = |text: &&str| {
        let lower = text.to_ascii_lowercase();
        lower == "v=spf1" || lower.starts_with("v=spf1 ")
    };
    texts.iter().map(String::as_str).filter(is_spf).collect()
}

fn includes_ses(record: &str) -> bool {
    record
        .split_ascii_whitespace()
        .map(|term| term.trim_start_matches('+').to_ascii_lowercase())
        .any(|term| term == "include:amazonses.com")
}

async fn look_at_dkim(
    resolver: &Resolver,
    keys: Option<&Keys>,
) -> Result<Option<Finding>, Unresolved> {
    let Some(keys) = keys else {
        return Ok(None);
    };
    let lookups = keys.tokens.iter().map(async |token| {
        let name = format!("{token}._domainkey.{}", keys.domain);
        match keys.own {
            true => Ok(resolver.texts(&name).await?.into_iter().next()),
            false => resolver.alias(&name).await,
        }
    });
    let found: Result<Vec<Option<String>>, Unresolved> =
        join_all(lookups).await.into_iter().collect();
    Ok(Some(dkim(keys, &found?)))
}

/// The records at the tokens' names, in order.
fn dkim(keys: &Keys, found: &[Option<String>]) -> Finding {
    let check = format!("DKIM of {}", keys.domain);
    let kind = if keys.own { "TXT" } else { "CNAME" };
    let mut wanted = Vec::new();
    let mut wrong = Vec::new();
    for (token, found) in keys.tokens.iter().zip(found) {
        let name = format!("{token}._domainkey.{}", keys.domain);
        let target = format!("{token}.{}", keys.hosted_zone);
        match found {
            Some(_) if keys.own => continue,
            Some(found) if found.eq_ignore_ascii_case(&target) => continue,
            Some(found) => wrong.push(format!("{name} points to {found}")),
            None => wrong.push(format!("{name} is missing")),
        }
        wanted.push(match keys.own {
            true => format!("{name}. TXT \"p=your public key\""),
            false => format!("{name}. CNAME {target}."),
        });
    }
    match wrong.is_empty() {
        true => Finding::ok(
            Area::Dns,
            check,
            format!("{} {kind} records point to SES", keys.tokens.len()),
        ),
        false => Finding::failed(
            Area::Dns,
            check,
            wrong.join(", "),
            format!("Add to the zone:\n{}", wanted.join("\n")),
        ),
    }
}

async fn look_at_dmarc(resolver: &Resolver, domain: &str) -> Result<Finding, Unresolved> {
    // The domain's own record counts, else that of the nearest parent domain with one (RFC 7489, 6.6.3, without the public
    // suffix list: a foreign record is found only where a registry publishes one).
    for name in domains_above(domain) {
        let texts = resolver.texts(&format!("_dmarc.{name}")).await?;
        let records: Vec<String> = texts.into_iter().filter(|text| is_dmarc(text)).collect();
        if !records.is_empty() {
            return Ok(dmarc(domain, name, &records));
        }
    }
    Ok(dmarc(domain, domain, &[]))
}

fn is_dmarc(text: &str) -> bool {
    let version = text.split(';').next().unwrap_or_default();
    version.split_once('=').is_some_and(|(name, value)| {
        name.trim().eq_ignore_ascii_case("v") && value.trim() == "DMARC1"
    })
}

/// Evaluates the DMARC record at `at` for a domain (RFC 7489, 6.3). Google, Yahoo and Microsoft require one from all bulk
/// senders (https://support.google.com/a/answer/81126).
fn dmarc(domain: &str, at: &str, records: &[String]) -> Finding {
    let check = format!("DMARC of {domain}");
    let add = format!(
        "Add to the zone: _dmarc.{domain}. TXT \"v=DMARC1; p=none; rua=mailto:dmarc@{domain}\""
    );
    let record = match records {
        [record] => record,
        [] => {
            return Finding::failed(
                Area::Dns,
                check,
                "none; large mailbox providers refuse bulk mail without it",
                format!(
                    "{add}\nand raise p to quarantine once the reports show that all your mail passes."
                ),
            );
        }
        several => {
            return Finding::failed(
                Area::Dns,
                check,
                format!(
                    "{} records at _dmarc.{at}, but only one is allowed, so all are ignored",
                    several.len()
                ),
                format!("Keep only one record at _dmarc.{at}."),
            );
        }
    };
    let tag = |wanted: &str| {
        record.split(';').find_map(|tag| {
            let (name, value) = tag.split_once('=')?;
            name.trim()
                .eq_ignore_ascii_case(wanted)
                .then(|| value.trim().to_ascii_lowercase())
        })
    };
    let own = tag("p");
    let (name, policy) = match tag("sp").filter(|_| at != domain) {
        Some(policy) => ("sp", Some(policy)),
        None => ("p", own),
    };
    match policy.as_deref() {
        Some(policy @ ("quarantine" | "reject")) => {
            Finding::ok(Area::Dns, check, format!("{name}={policy} at _dmarc.{at}"))
        }
        Some("none") => Finding::warning(
            Area::Dns,
            check,
            format!("{name}=none at _dmarc.{at}: anyone can still send as {domain}"),
            format!(
                "Once the reports (rua) show that all your mail passes, raise it to {name}=quarantine."
            ),
        ),
        _ => Finding::failed(
            Area::Dns,
            check,
            format!("the record at _dmarc.{at} has no valid policy: {record}"),
            add,
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::report::Status;
    use super::*;

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn spf_needs_exactly_one_record_that_includes_ses() {
        for (records, status) in [
            (
                &[
                    "v=spf1 include:amazonses.com ~all",
                    "google-site-verification=x",
                ][..],
                Status::Ok,
            ),
            (
                &["V=SPF1 ip4:192.0.2.1 +include:AmazonSES.com -all"],
                Status::Ok,
            ),
            (&["v=spf1 include:_spf.example.net ~all"], Status::Warning),
            (&["v=spf10 include:amazonses.com"], Status::Warning),
            (&[], Status::Warning),
            (
                &["v=spf1 include:amazonses.com ~all", "v=spf1 -all"],
                Status::Failed,
            ),
        ] {
            assert_eq!(
                spf("example.org", &texts(records), None).status,
                status,
                "{records:?}"
            );
        }
    }

    #[test]
    fn spf_of_a_custom_mail_from_domain_replaces_that_of_the_sender() {
        let right = texts(&["v=spf1 include:amazonses.com ~all"]);
        let finding = spf("example.org", &[], Some(("bounce.example.org", &right)));
        assert_eq!(
            (finding.status, finding.found.as_str()),
            (
                Status::Ok,
                "bounce.example.org: v=spf1 include:amazonses.com ~all"
            )
        );
        for records in [
            &[][..],
            &["v=spf1 -all"],
            &["v=spf1 include:amazonses.com ~all", "v=spf1 -all"],
        ] {
            let finding = spf(
                "example.org",
                &right,
                Some(("bounce.example.org", &texts(records))),
            );
            assert_eq!(finding.status, Status::Failed, "{records:?}");
            assert_eq!(
                finding.remedy.unwrap(),
                "Add to the zone: bounce.example.org. TXT \"v=spf1 include:amazonses.com ~all\""
            );
        }
    }

    fn keys(own: bool) -> Keys {
        Keys {
            domain: "example.org".to_owned(),
            tokens: texts(&["one", "two"]),
            own,
            hosted_zone: KEYS_OF_SES.to_owned(),
        }
    }

    #[test]
    fn dkim_records_must_point_to_ses() {
        let to = |token: &str| Some(format!("{token}.dkim.amazonses.com"));
        assert_eq!(
            dkim(&keys(false), &[to("one"), to("TWO")]).status,
            Status::Ok
        );
        let finding = dkim(&keys(false), &[to("two"), None]);
        assert_eq!(finding.status, Status::Failed);
        assert_eq!(
            finding.found,
            "one._domainkey.example.org points to two.dkim.amazonses.com, two._domainkey.example.org is missing"
        );
        assert_eq!(
            finding.remedy.unwrap(),
            "Add to the zone:\none._domainkey.example.org. CNAME one.dkim.amazonses.com.\n\
             two._domainkey.example.org. CNAME two.dkim.amazonses.com."
        );
        let own = dkim(&keys(true), &[Some("p=MIIB".to_owned()), None]);
        assert_eq!(own.found, "two._domainkey.example.org is missing");
    }

    #[test]
    fn dmarc_needs_exactly_one_record_with_a_policy() {
        for (records, status, found) in [
            (
                &["v=DMARC1; p=reject; rua=mailto:a@example.org"][..],
                Status::Ok,
                "p=reject at _dmarc.example.org",
            ),
            (
                &["v=DMARC1;p=Quarantine"],
                Status::Ok,
                "p=quarantine at _dmarc.example.org",
            ),
            (
                &["v = DMARC1; p=none; sp=reject"],
                Status::Warning,
                "p=none at _dmarc.example.org: anyone can still send as example.org",
            ),
            (
                &["v=DMARC1; rua=mailto:a@example.org"],
                Status::Failed,
                "the record at _dmarc.example.org has no valid policy: v=DMARC1; rua=mailto:a@example.org",
            ),
            (
                &[],
                Status::Failed,
                "none; large mailbox providers refuse bulk mail without it",
            ),
            (
                &["v=DMARC1; p=reject", "v=DMARC1; p=none"],
                Status::Failed,
                "2 records at _dmarc.example.org, but only one is allowed, so all are ignored",
            ),
        ] {
            let finding = dmarc("example.org", "example.org", &texts(records));
            assert_eq!(
                (finding.status, finding.found.as_str()),
                (status, found),
                "{records:?}"
            );
        }
        assert!(is_dmarc("v=DMARC1") && !is_dmarc("v=DMARC2; p=none") && !is_dmarc("v=spf1 -all"));
    }

    #[test]
    fn a_subdomain_takes_the_policy_for_subdomains_of_the_domain_above() {
        let record = texts(&["v=DMARC1; p=none; sp=reject"]);
        let finding = dmarc("mail.example.org", "example.org", &record);
        assert_eq!(
            (finding.status, finding.found.as_str()),
            (Status::Ok, "sp=reject at _dmarc.example.org")
        );
        let record = texts(&["v=DMARC1; p=reject"]);
        let finding = dmarc("mail.example.org", "example.org", &record);
        assert_eq!(finding.found, "p=reject at _dmarc.example.org");
    }
}
