//! Amazon SES: whether the account may send from these addresses and publishes events.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use aws_sdk_sesv2::{
    Client,
    operation::{get_account::GetAccountOutput, get_email_identity::GetEmailIdentityOutput},
    types::{
        DkimStatus, EventDestination, EventType, MailFromAttributes, MailFromDomainStatus,
        SnsDestination,
    },
};
use carillon_domain::transports::Vendor;
use carillon_providers::{email::ses::CONFIGURATION_SET, topic_messages::TOPIC};

use super::{
    Clients,
    catalog::Catalog,
    report::{Area, Finding},
    sender::Sender,
    stack::Deployed,
    unanswered::Unanswered,
};

/// Time limit for reading identities. GetEmailIdentity may be called once a second ("Service quotas in Amazon SES", Amazon SES
/// Developer Guide: https://docs.aws.amazon.com/ses/latest/dg/quotas.html), and a deployment may have many.
const IDENTITIES: Duration = Duration::from_mins(2);

/// The event types that the template's event destination always publishes (`EmailEvents` in infra/template.yaml).
const EVENTS: [EventType; 7] = [
    EventType::Send,
    EventType::Delivery,
    EventType::DeliveryDelay,
    EventType::Bounce,
    EventType::Complaint,
    EventType::Reject,
    EventType::RenderingFailure,
];
/// The additional event types with `TrackReaders=true`.
const READERS: [EventType; 2] = [EventType::Open, EventType::Click];

/// An SES identity.
#[derive(Debug, Clone)]
pub(super) struct Identity {
    /// An address or a domain.
    pub(super) name: String,
    pub(super) answer: GetEmailIdentityOutput,
}

/// The identities that cover a sender, most specific first.
#[derive(Debug)]
pub(super) struct Identities {
    pub(super) sender: Sender,
    pub(super) found: Result<Vec<Identity>, Unanswered>,
}

impl Identities {
    /// The custom MAIL FROM domain, if any. The address's own takes precedence over its domain's.
    pub(super) fn mail_from(&self) -> Option<&MailFromAttributes> {
        let found = self.found.as_ref().ok()?;
        let mut set = found
            .iter()
            .filter_map(|identity| identity.answer.mail_from_attributes());
        set.find(|attributes| !attributes.mail_from_domain().is_empty())
    }
}

/// Reads the identities from SES, once per name.
pub(super) async fn identities(client: &Client, senders: &[Sender]) -> Vec<Identities> {
    let until = Instant::now() + IDENTITIES;
    let mut known: BTreeMap<String, Option<Identity>> = BTreeMap::new();
    let mut all = Vec::new();
    for sender in senders {
        let found = of_sender(client, sender, &mut known, until).await;
        all.push(Identities {
            sender: sender.clone(),
            found,
        });
    }
    all
}

async fn of_sender(
    client: &Client,
    sender: &Sender,
    known: &mut BTreeMap<String, Option<Identity>>,
    until: Instant,
) -> Result<Vec<Identity>, Unanswered> {
    const ACTION: &str = "ses:GetEmailIdentity";
    let mut found = Vec::new();
    for name in sender.identities() {
        if !known.contains_key(&name) {
            if Instant::now() > until {
                return Err(Unanswered::TimeUp { action: ACTION });
            }
            let answer = client
                .get_email_identity()
                .email_identity(&name)
                .send()
                .await;
            let identity = match answer.map_err(Unanswered::to(ACTION)) {
                Ok(answer) => Some(Identity {
                    name: name.clone(),
                    answer,
                }),
                Err(unanswered) if unanswered.is("NotFoundException") => None,
                Err(unanswered) => return Err(unanswered),
            };
            known.insert(name.clone(), identity);
        }
        found.extend(known.get(&name).cloned().flatten());
    }
    Ok(found)
}

pub(super) async fn examine(
    clients: &Clients,
    stack: Option<&Deployed>,
    catalog: &Catalog,
    identities: &[Identities],
) -> Vec<Finding> {
    if !catalog.may_use(Vendor::Ses) && identities.is_empty() {
        return vec![Finding::ok(
            Area::Ses,
            "account",
            "no transport sends through it",
        )];
    }
    let client = &clients.ses;
    let mut findings = Vec::new();
    match client
        .get_account()
        .send()
        .await
        .map_err(Unanswered::to("ses:GetAccount"))
    {
        Ok(answer) => {
            findings.extend(account(&answer, clients.region()));
            findings.extend(limits(&answer, catalog));
        }
        Err(unanswered) => findings.push(unanswered.finding(Area::Ses, "account")),
    }
    for of_sender in identities {
        match &of_sender.found {
            Ok(found) => {
                findings.push(verified(&of_sender.sender, found, clients.region()));
                if !found.is_empty() {
                    findings.push(signing(&of_sender.sender, found));
                    findings.push(mail_from(
                        &of_sender.sender,
                        of_sender.mail_from(),
                        clients.region(),
                    ));
                }
            }
            Err(unanswered) => {
                let check = format!("identity of {}", of_sender.sender);
                findings.push(unanswered.finding(Area::Ses, check));
            }
        }
    }
    findings.extend(unobserved(catalog));
    let tracks = stack.and_then(|stack| stack.parameter("TrackReaders")) == Some("true");
    for (set, topics) in configuration_sets(stack, catalog) {
        let check = format!("configuration set {set}");
        let answer = client
            .get_configuration_set_event_destinations()
            .configuration_set_name(&set)
            .send()
            .await
            .map_err(Unanswered::to("ses:GetConfigurationSetEventDestinations"));
        findings.push(match answer {
            Ok(answer) => events(&check, answer.event_destinations(), &topics, tracks),
            Err(unanswered) if unanswered.is("NotFoundException") => Finding::failed(
                Area::Ses,
                check,
                "it does not exist, so SES rejects mail that names it",
                "Set configuration_set in the transport's settings to the stack's (output EmailConfigurationSet).",
            ),
            Err(unanswered) => unanswered.finding(Area::Ses, check),
        });
    }
    findings
}

/// The account itself (GetAccount, Amazon SES API v2 reference:
/// https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_GetAccount.html).
fn account(answer: &GetAccountOutput, region: &str) -> Vec<Finding> {
    let console =
        format!("https://{region}.console.aws.amazon.com/ses/home?region={region}#/account");
    let access = match answer.production_access_enabled {
        true => Finding::ok(
            Area::Ses,
            "production access",
            format!("granted in {region}"),
        ),
        false => Finding::failed(
            Area::Ses,
            "production access",
            format!(
                "the account is in the sandbox in {region}: 200 mails a day, one a second, and only to verified addresses"
            ),
            format!(
                "Ask for production access at {console}\n\
                 or with: aws sesv2 put-account-details --production-access-enabled --mail-type MARKETING --website-url https://…\n\
                 (https://docs.aws.amazon.com/ses/latest/dg/request-production-access.html)"
            ),
        ),
    };
    let enforcement = answer.enforcement_status().unwrap_or("unknown");
    let sending = match (answer.sending_enabled, enforcement) {
        (true, "HEALTHY") => {
            Finding::ok(Area::Ses, "sending", "enabled, and the account is healthy")
        }
        (true, "PROBATION") => Finding::warning(
            Area::Ses,
            "sending",
            "enabled, but the account is under review (PROBATION) and will be shut down unless something changes",
            format!(
                "Read the messages from AWS to the account's owner, reduce bounces and complaints, and answer the case: {console}"
            ),
        ),
        (true, status) if status != "SHUTDOWN" => Finding::warning(
            Area::Ses,
            "sending",
            format!("enabled; the account's status is {status}"),
            format!("See what that means: {console}"),
        ),
        (_, status) => Finding::failed(
            Area::Ses,
            "sending",
            format!("paused (status {status}): SES rejects all mail"),
            format!(
                "If you paused it: aws sesv2 put-account-sending-attributes --sending-enabled\n\
                 If AWS did, answer the case: {console}"
            ),
        ),
    };
    let mut findings = vec![access, sending];
    if let Some(quota) = answer.send_quota() {
        let (most, rate, sent) = (
            quota.max24_hour_send,
            quota.max_send_rate,
            quota.sent_last24_hours,
        );
        // -1 means that there is none ("SendQuota", the same reference).
        let found = match most < 0.0 {
            true => format!("no daily limit, {rate} a second; {sent} sent in the last 24 hours"),
            false => {
                format!("{most} in 24 hours, {rate} a second; {sent} sent in the last 24 hours")
            }
        };
        let is_nearly_used = most >= 0.0 && sent >= 0.8 * most;
        findings.push(match is_nearly_used {
            false => Finding::ok(Area::Ses, "send quota", found),
            true => Finding::warning(
                Area::Ses,
                "send quota",
                format!("{found}: 80% or more is used"),
                format!(
                    "Raise the quotas “Sending quota” and “Sending rate”: \
                     https://{region}.console.aws.amazon.com/servicequotas/home/services/ses/quotas"
                ),
            ),
        });
    }
    findings
}

/// Transports whose limits exceed the SES quotas.
fn limits(answer: &GetAccountOutput, catalog: &Catalog) -> Option<Finding> {
    let quota = answer.send_quota()?;
    let (rate, most) = (quota.max_send_rate, quota.max24_hour_send);
    let mut too_fast = Vec::new();
    for (label, transport) in catalog.of(Vendor::Ses) {
        let limits = transport.limits;
        let fast = limits
            .per_second
            .filter(|limit| f64::from(limit.get()) > rate);
        // Far below 2^53, above which a number would be rounded.
        #[expect(
            clippy::cast_precision_loss,
            reason = "limits are at most a billion (MOST_PER_DAY)"
        )]
        let much = limits
            .per_day
            .filter(|limit| most >= 0.0 && limit.get() as f64 > most);
        if let Some(limit) = fast {
            too_fast.push(format!("{label} {limit} a second"));
        }
        if let Some(limit) = much {
            too_fast.push(format!("{label} {limit} a day"));
        }
    }
    if too_fast.is_empty() {
        return None;
    }
    Some(Finding::warning(
        Area::Ses,
        "limits of transports",
        format!("above the SES quotas: {}", too_fast.join(", ")),
        format!(
            r#"PATCH /v1/transports/{{id}} with {{"per_second": {rate}, "per_day": {most}}} at most, or raise the SES quotas."#
        ),
    ))
}

/// Whether SES sends mail from this sender.
fn verified(sender: &Sender, found: &[Identity], region: &str) -> Finding {
    let check = format!("identity of {sender}");
    let console =
        format!("https://{region}.console.aws.amazon.com/ses/home?region={region}#/identities");
    let Some(first) = found.first() else {
        return Finding::failed(
            Area::Ses,
            check,
            format!(
                "neither the address nor its domain is an SES identity in {region}, so SES rejects its mail"
            ),
            format!(
                "aws sesv2 create-email-identity --region {region} --email-identity {}\n\
                 and add the CNAME records that it returns to the zone; or at {console}",
                sender.domain()
            ),
        );
    };
    // An address's settings take precedence over its domain's ("Verified identities in Amazon SES", Developer Guide).
    match first.answer.verified_for_sending_status {
        true => Finding::ok(Area::Ses, check, format!("{} is verified", first.name)),
        false => {
            let status = first
                .answer
                .verification_status()
                .map_or("not verified", |status| status.as_str());
            Finding::failed(
                Area::Ses,
                check,
                format!(
                    "{} is not verified ({status}), so SES rejects its mail",
                    first.name
                ),
                match first.name.contains('@') {
                    true => format!(
                        "Follow the link in the email that AWS sent to it; send it again at {console}"
                    ),
                    false => format!(
                        "Put its DKIM records into the zone (see DNS below); SES looks for up to 72 hours. After that, ask it to look \
                         again at {console}"
                    ),
                },
            )
        }
    }
}

/// The identity that signs: the first one with DKIM, because an address uses its domain's unless it has its own
/// ("Authenticating Email with DKIM in Amazon SES", Developer Guide: https://docs.aws.amazon.com/ses/latest/dg/send-email-authentication-dkim.html).
pub(super) fn signer(found: &[Identity]) -> Option<&Identity> {
    let has_tokens = |identity: &&Identity| {
        identity
            .answer
            .dkim_attributes()
            .is_some_and(|dkim| !dkim.tokens().is_empty())
    };
    found.iter().find(has_tokens)
}

fn signing(sender: &Sender, found: &[Identity]) -> Finding {
    let check = format!("DKIM of {sender}");
    let domain = sender.domain();
    let Some((name, dkim)) =
        signer(found).and_then(|signer| Some((&signer.name, signer.answer.dkim_attributes()?)))
    else {
        return Finding::failed(
            Area::Ses,
            check,
            format!(
                "mail is not signed, because {domain} is not an identity with DKIM; mailbox providers refuse unsigned bulk mail"
            ),
            format!(
                "aws sesv2 create-email-identity --email-identity {domain}, and add the CNAME records that it returns to the zone."
            ),
        );
    };
    match (dkim.status(), dkim.signing_enabled) {
        (Some(DkimStatus::Success), true) => Finding::ok(Area::Ses, check, format!("{name} signs")),
        (Some(DkimStatus::Success), false) => Finding::failed(
            Area::Ses,
            check,
            format!("signing is disabled for {name}"),
            format!(
                "aws sesv2 put-email-identity-dkim-attributes --email-identity {name} --signing-enabled"
            ),
        ),
        (status, _) => Finding::failed(
            Area::Ses,
            check,
            format!(
                "{name} does not sign ({})",
                status.map_or("NOT_STARTED", DkimStatus::as_str)
            ),
            "Put the records that DNS below names into the zone. SES looks for them for 72 hours; after FAILED, switch DKIM off and on again \
             for the identity.",
        ),
    }
}

/// The domain of the envelope ("Using a custom MAIL FROM domain", Developer Guide:
/// https://docs.aws.amazon.com/ses/latest/dg/mail-from.html).
fn mail_from(sender: &Sender, attributes: Option<&MailFromAttributes>, region: &str) -> Finding {
    let check = format!("MAIL FROM of {sender}");
    let Some(attributes) = attributes else {
        return Finding::ok(
            Area::Ses,
            check,
            "the default, a subdomain of amazonses.com; SPF is not aligned, so DMARC relies on DKIM alone",
        );
    };
    let domain = attributes.mail_from_domain();
    let records = format!(
        "Add to the zone:\n{domain}. MX 10 feedback-smtp.{region}.amazonses.com.\n{domain}. TXT \"v=spf1 include:amazonses.com ~all\""
    );
    let until_then = match attributes.behavior_on_mx_failure().as_str() {
        "REJECT_MESSAGE" => "SES rejects mail until then",
        _ => "SES uses amazonses.com until then",
    };
    match attributes.mail_from_domain_status() {
        MailFromDomainStatus::Success => Finding::ok(Area::Ses, check, domain),
        status if until_then.contains("rejects") => Finding::failed(
            Area::Ses,
            check,
            format!("{domain}: {status}; {until_then}"),
            records,
        ),
        status => Finding::warning(
            Area::Ses,
            check,
            format!("{domain}: {status}; {until_then}"),
            records,
        ),
    }
}

/// Transports whose emails produce no events.
fn unobserved(catalog: &Catalog) -> Option<Finding> {
    let without: Vec<String> = catalog
        .of(Vendor::Ses)
        .filter(|(_, transport)| !transport.settings.contains_key(CONFIGURATION_SET))
        .map(|(label, _)| label)
        .collect();
    if without.is_empty() {
        return None;
    }
    Some(Finding::warning(
        Area::Ses,
        "transports without a configuration set",
        format!(
            "{}: SES publishes no events for their mail, so bounces and complaints suppress no addresses, and unknown deliveries stay unknown",
            without.join(", ")
        ),
        "Set configuration_set in the transport's settings to the stack's (output EmailConfigurationSet).",
    ))
}

/// The configuration sets to check: the stack's and those of transports, each with the topics that it may publish to instead
/// of EventBridge.
fn configuration_sets(
    stack: Option<&Deployed>,
    catalog: &Catalog,
) -> BTreeMap<String, BTreeSet<String>> {
    let mut sets: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    if let Some(set) = stack.and_then(|stack| stack.output("EmailConfigurationSet")) {
        sets.entry(set.to_owned()).or_default();
    }
    for (_, transport) in catalog.of(Vendor::Ses) {
        if let Some(set) = transport.settings.get(CONFIGURATION_SET) {
            let topics = sets.entry(set.clone()).or_default();
            topics.extend(transport.settings.get(TOPIC).cloned());
        }
    }
    sets
}

fn events(
    check: &str,
    destinations: &[EventDestination],
    topics: &BTreeSet<String>,
    tracks: bool,
) -> Finding {
    const REMEDY: &str = "Deploy this version again to restore the destination of the stack's own set. Any other set needs an event \
                          destination to EventBridge: aws sesv2 create-configuration-set-event-destination \
                          (https://docs.aws.amazon.com/ses/latest/dg/event-publishing-add-event-destination-eventbridge.html)";
    let reaches_us = |destination: &&EventDestination| {
        let topic = destination.sns_destination().map(SnsDestination::topic_arn);
        destination.event_bridge_destination().is_some()
            || topic.is_some_and(|topic| topics.contains(topic))
    };
    let ours: Vec<&EventDestination> = destinations.iter().filter(reaches_us).collect();
    if ours.is_empty() {
        return Finding::failed(
            Area::Ses,
            check,
            "it has no EventBridge destination, so bounces, complaints and deliveries go unnoticed",
            REMEDY,
        );
    }
    let told: BTreeSet<&str> = ours
        .iter()
        .filter(|destination| destination.enabled)
        .flat_map(|destination| destination.matching_event_types())
        .map(EventType::as_str)
        .collect();
    if told.is_empty() {
        return Finding::failed(
            Area::Ses,
            check,
            "its event destination is disabled",
            REMEDY,
        );
    }
    let wanted = EVENTS.iter().chain(READERS.iter().filter(|_| tracks));
    let missing: Vec<&str> = wanted
        .map(EventType::as_str)
        .filter(|event| !told.contains(event))
        .collect();
    match missing.is_empty() {
        true => Finding::ok(
            Area::Ses,
            check,
            format!("publishes {} event types", told.len()),
        ),
        false => Finding::warning(
            Area::Ses,
            check,
            format!("does not publish {}", missing.join(", ")),
            REMEDY,
        ),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use carillon_domain::transports::{Limits, Transport};

    use super::super::{report::Status, testing::aws_answering};
    use super::*;

    async fn client(body: &'static str) -> Client {
        Client::new(&aws_answering(200, body).await)
    }

    async fn answered_account(body: &'static str) -> GetAccountOutput {
        client(body).await.get_account().send().await.unwrap()
    }

    async fn identity(name: &str, body: &'static str) -> Identity {
        let answer = client(body)
            .await
            .get_email_identity()
            .email_identity(name)
            .send()
            .await
            .unwrap();
        Identity {
            name: name.to_owned(),
            answer,
        }
    }

    fn statuses(findings: &[Finding]) -> Vec<Status> {
        findings.iter().map(|finding| finding.status).collect()
    }

    #[tokio::test]
    async fn the_sending_status_of_an_account() {
        let healthy = answered_account(include_str!("fixtures/ses_account_production.json")).await;
        let findings = account(&healthy, "eu-west-1");
        assert_eq!(statuses(&findings), [Status::Ok; 3]);
        assert_eq!(
            findings[2].found,
            "50000 in 24 hours, 14 a second; 1200 sent in the last 24 hours"
        );

        let sandbox = answered_account(include_str!("fixtures/ses_account_sandbox.json")).await;
        let findings = account(&sandbox, "eu-west-1");
        assert_eq!(
            statuses(&findings),
            [Status::Failed, Status::Ok, Status::Warning]
        );
        assert!(
            findings[0]
                .remedy
                .as_ref()
                .unwrap()
                .contains("eu-west-1.console.aws.amazon.com/ses")
        );

        for (body, status) in [
            (
                r#"{"ProductionAccessEnabled": true, "SendingEnabled": true, "EnforcementStatus": "PROBATION"}"#,
                Status::Warning,
            ),
            (
                r#"{"ProductionAccessEnabled": true, "SendingEnabled": false, "EnforcementStatus": "SHUTDOWN"}"#,
                Status::Failed,
            ),
            (
                r#"{"ProductionAccessEnabled": true, "SendingEnabled": false, "EnforcementStatus": "HEALTHY"}"#,
                Status::Failed,
            ),
        ] {
            assert_eq!(
                account(&answered_account(body).await, "x")[1].status,
                status,
                "{body}"
            );
        }
    }

    #[tokio::test]
    async fn a_transport_with_limits_above_the_ses_quotas_is_named() {
        let answer = answered_account(include_str!("fixtures/ses_account_production.json")).await;
        let with = |per_second: u32, per_day: u64| Catalog {
            transports: vec![(
                "acme".parse().unwrap(),
                Transport {
                    limits: Limits {
                        per_second: per_second.try_into().ok(),
                        per_day: per_day.try_into().ok(),
                    },
                    ..Transport::new(Vendor::Ses)
                },
            )],
            incomplete: false,
        };
        assert_eq!(limits(&answer, &with(14, 50_000)), None);
        let finding = limits(&answer, &with(15, 50_001)).unwrap();
        assert_eq!(
            finding.found,
            "above the SES quotas: acme/email 15 a second, acme/email 50001 a day"
        );
    }

    #[tokio::test]
    async fn an_identity_is_verified_signs_and_has_a_mail_from_domain() {
        let sender: Sender = "news@example.org".parse().unwrap();
        let domain = identity(
            "example.org",
            include_str!("fixtures/ses_identity_success.json"),
        )
        .await;
        let found = [domain];
        assert_eq!(
            verified(&sender, &found, "eu-west-1").found,
            "example.org is verified"
        );
        assert_eq!(signing(&sender, &found).status, Status::Ok);
        let envelope = found[0].answer.mail_from_attributes();
        assert_eq!(
            mail_from(&sender, envelope, "eu-west-1").found,
            "bounce.example.org"
        );

        let pending = [identity(
            "example.org",
            include_str!("fixtures/ses_identity_pending.json"),
        )
        .await];
        let finding = verified(&sender, &pending, "eu-west-1");
        assert_eq!(
            (finding.status, finding.found.as_str()),
            (
                Status::Failed,
                "example.org is not verified (PENDING), so SES rejects its mail"
            )
        );
        assert_eq!(
            signing(&sender, &pending).found,
            "example.org does not sign (PENDING)"
        );
        let envelope = pending[0].answer.mail_from_attributes();
        let finding = mail_from(&sender, envelope, "eu-west-1");
        assert_eq!(
            (finding.status, finding.found.as_str()),
            (
                Status::Failed,
                "bounce.example.org: FAILED; SES rejects mail until then"
            )
        );
        assert!(
            finding
                .remedy
                .unwrap()
                .contains("MX 10 feedback-smtp.eu-west-1.amazonses.com.")
        );

        let finding = verified(&sender, &[], "eu-west-1");
        assert_eq!(finding.status, Status::Failed);
        assert!(
            finding
                .remedy
                .unwrap()
                .contains("create-email-identity --region eu-west-1 --email-identity example.org")
        );
    }

    #[tokio::test]
    async fn an_address_uses_the_dkim_of_its_domain() {
        let sender: Sender = "news@example.org".parse().unwrap();
        let address = identity(
            "news@example.org",
            include_str!("fixtures/ses_identity_address.json"),
        )
        .await;
        let domain = identity(
            "example.org",
            include_str!("fixtures/ses_identity_success.json"),
        )
        .await;
        assert_eq!(
            signing(&sender, &[address.clone(), domain]).found,
            "example.org signs"
        );
        let alone = signing(&sender, &[address]);
        assert_eq!(alone.status, Status::Failed);
    }

    #[tokio::test]
    async fn a_missing_identity_is_not_found() {
        let body = r#"{"__type": "NotFoundException", "message": "Email identity example.org does not exist."}"#;
        let client = Client::new(&aws_answering(404, body).await);
        let found = of_sender(
            &client,
            &"example.org".parse().unwrap(),
            &mut BTreeMap::new(),
            Instant::now() + IDENTITIES,
        )
        .await;
        assert!(found.unwrap().is_empty());
    }

    async fn destinations(body: &'static str) -> Vec<EventDestination> {
        let answer = client(body)
            .await
            .get_configuration_set_event_destinations()
            .configuration_set_name("c")
            .send()
            .await;
        answer.unwrap().event_destinations.unwrap_or_default()
    }

    #[tokio::test]
    async fn a_configuration_set_must_publish_the_event_types_of_the_template() {
        let none = BTreeSet::new();
        let all = destinations(include_str!("fixtures/ses_event_destinations.json")).await;
        assert_eq!(events("set", &all, &none, false).status, Status::Ok);
        let readers = events("set", &all, &none, true);
        assert_eq!(
            (readers.status, readers.found.as_str()),
            (Status::Warning, "does not publish OPEN, CLICK")
        );
        assert_eq!(events("set", &[], &none, false).status, Status::Failed);

        let topic = destinations(include_str!("fixtures/ses_event_destination_topic.json")).await;
        assert_eq!(events("set", &topic, &none, false).status, Status::Failed);
        let ours = BTreeSet::from(["arn:aws:sns:eu-west-1:123456789012:ses-events".to_owned()]);
        let finding = events("set", &topic, &ours, false);
        assert_eq!(
            (finding.status, finding.found.as_str()),
            (
                Status::Warning,
                "does not publish SEND, DELIVERY_DELAY, REJECT, RENDERING_FAILURE"
            )
        );

        let mut off = all;
        off[0].enabled = false;
        assert_eq!(
            events("set", &off, &none, false).found,
            "its event destination is disabled"
        );
    }

    /// The constants must match the template.
    #[test]
    fn the_expected_event_types_are_those_of_the_template() {
        let lists: Vec<BTreeSet<String>> = include_str!("../../../template.yaml")
            .lines()
            .skip_while(|line| *line != "  EmailEvents:")
            .take_while(|line| !line.contains("EventBridgeDestination"))
            .filter_map(|line| line.trim().strip_prefix("- [")?.strip_suffix(']'))
            .map(|list| list.split(", ").map(str::to_lowercase).collect())
            .collect();
        let ours = |events: &[EventType]| -> BTreeSet<String> {
            events
                .iter()
                .map(|event| event.as_str().replace('_', "").to_lowercase())
                .collect()
        };
        let with_readers = [EVENTS.as_slice(), READERS.as_slice()].concat();
        assert_eq!(lists, [ours(&with_readers), ours(&EVENTS)]);
    }

    #[test]
    fn transports_without_a_configuration_set_are_named() {
        let with = |settings: &[(&str, &str)]| Transport {
            settings: settings
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect::<BTreeMap<_, _>>(),
            ..Transport::new(Vendor::Ses)
        };
        let catalog = Catalog {
            transports: vec![
                ("acme".parse().unwrap(), with(&[])),
                (
                    "beta".parse().unwrap(),
                    with(&[(CONFIGURATION_SET, "theirs"), (TOPIC, "arn:t")]),
                ),
            ],
            incomplete: false,
        };
        assert!(
            unobserved(&catalog)
                .unwrap()
                .found
                .starts_with("acme/email:")
        );
        let sets = configuration_sets(Some(&Deployed::for_tests()), &catalog);
        assert_eq!(
            sets,
            BTreeMap::from([
                ("carillon".to_owned(), BTreeSet::new()),
                ("theirs".to_owned(), BTreeSet::from(["arn:t".to_owned()])),
            ])
        );
    }
}
