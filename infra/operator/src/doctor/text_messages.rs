//! Text messages through AWS: Amazon SNS and AWS End User Messaging.

use std::collections::{BTreeSet, HashMap};

use aws_sdk_pinpointsmsvoicev2::types::{
    AccountAttribute, AccountAttributeName, ConfigurationSetInformation, EventType, NumberStatus,
    PhoneNumberInformation, RegistrationInformation, RegistrationStatus, SenderIdInformation,
    SnsDestination, SpendLimit, SpendLimitName,
};
use carillon_domain::transports::Vendor;
use carillon_providers::sms::end_user_messaging::CONFIGURATION_SET;

use super::{
    Clients,
    catalog::Catalog,
    report::{Area, Finding},
    stack::Deployed,
    unanswered::Unanswered,
    without_stack,
};

const SNS_SANDBOX: &str = "Amazon SNS, sandbox";
const SNS_LIMIT: &str = "Amazon SNS, monthly limit";
const SANDBOX: &str = "End User Messaging, sandbox";
const LIMIT: &str = "End User Messaging, monthly limit";
const REGISTRATIONS: &str = "End User Messaging, registrations";

/// The monthly spending limit of a new account, in dollars ("Setting SMS messaging preferences", Amazon SNS Developer Guide:
/// https://docs.aws.amazon.com/sns/latest/dg/sms_preferences.html). A few dozen messages use it up.
const OF_A_NEW_ACCOUNT: f64 = 1.0;

pub(super) async fn examine(
    clients: &Clients,
    stack: Option<&Deployed>,
    catalog: &Catalog,
) -> Vec<Finding> {
    let Some(stack) = stack else {
        return vec![without_stack(Area::TextMessages)];
    };
    let deployed = stack.parameter("EndUserMessaging") == Some("true");
    let mut findings = Vec::new();
    match catalog.may_use(Vendor::Sns) {
        true => findings.extend(sns(clients).await),
        false => findings.push(unused("Amazon SNS")),
    }
    match deployed || catalog.may_use(Vendor::EndUserMessaging) {
        true => findings.extend(end_user_messaging(clients, stack, catalog).await),
        false => findings.push(unused("AWS End User Messaging")),
    }
    findings
}

fn unused(service: &str) -> Finding {
    Finding::ok(Area::TextMessages, service, "no transport sends through it")
}

async fn sns(clients: &Clients) -> Vec<Finding> {
    let client = &clients.sns;
    let (attributes, sandbox) = tokio::join!(
        client.get_sms_attributes().send(),
        client.get_sms_sandbox_account_status().send(),
    );
    let attributes = attributes.map_err(Unanswered::to("sns:GetSMSAttributes"));
    let mut findings = Vec::new();
    findings.push(
        match sandbox.map_err(Unanswered::to("sns:GetSMSSandboxAccountStatus")) {
            Ok(answer) => sandboxed(answer.is_in_sandbox, clients.region()),
            Err(unanswered) => unanswered.finding(Area::TextMessages, SNS_SANDBOX),
        },
    );
    match attributes {
        Ok(answer) => findings.extend(preferences(&answer.attributes.unwrap_or_default())),
        Err(unanswered) => {
            findings.push(unanswered.finding(Area::TextMessages, SNS_LIMIT));
        }
    }
    findings
}

fn sandboxed(is_in_sandbox: bool, region: &str) -> Finding {
    match is_in_sandbox {
        false => Finding::ok(
            Area::TextMessages,
            SNS_SANDBOX,
            format!("the account is out of the sandbox in {region}"),
        ),
        true => Finding::failed(
            Area::TextMessages,
            SNS_SANDBOX,
            format!(
                "the account is in the sandbox in {region}: messages reach only numbers that you have verified"
            ),
            format!(
                "Choose “Exit SMS sandbox” at https://{region}.console.aws.amazon.com/sns/v3/home?region={region}#/mobile/text-messaging\n\
                 (https://docs.aws.amazon.com/sns/latest/dg/sns-sms-sandbox-moving-to-production.html)"
            ),
        ),
    }
}

/// GetSMSAttributes, Amazon SNS API reference: https://docs.aws.amazon.com/sns/latest/api/API_SetSMSAttributes.html.
fn preferences(attributes: &HashMap<String, String>) -> [Finding; 2] {
    let limit = attributes
        .get("MonthlySpendLimit")
        .and_then(|limit| limit.parse::<f64>().ok());
    let raise = "Ask AWS Support to raise the limit (https://docs.aws.amazon.com/sns/latest/dg/channels-sms-awssupport-spend-threshold.html), then:\n\
                 aws sns set-sms-attributes --attributes MonthlySpendLimit=AMOUNT";
    let limit = match limit {
        Some(limit) if limit > OF_A_NEW_ACCOUNT => {
            Finding::ok(Area::TextMessages, SNS_LIMIT, format!("{limit} dollars"))
        }
        limit => {
            let limit = limit.unwrap_or(OF_A_NEW_ACCOUNT);
            Finding::warning(
                Area::TextMessages,
                SNS_LIMIT,
                format!("{limit} dollars: SNS stops after a few dozen messages, without an error"),
                raise,
            )
        }
    };
    let sender = match attributes
        .get("DefaultSenderID")
        .filter(|sender| !sender.is_empty())
    {
        Some(sender) => format!("{sender}, where the country allows one"),
        None => {
            "none; phones show the transport's sender id, or else the country's default".to_owned()
        }
    };
    [
        limit,
        Finding::ok(Area::TextMessages, "Amazon SNS, default sender id", sender),
    ]
}

async fn end_user_messaging(
    clients: &Clients,
    stack: &Deployed,
    catalog: &Catalog,
) -> Vec<Finding> {
    let client = &clients.sms_voice;
    let mut findings = Vec::new();

    let attributes = client
        .describe_account_attributes()
        .into_paginator()
        .items()
        .send()
        .try_collect()
        .await;
    findings.push(
        match attributes.map_err(Unanswered::to("sms-voice:DescribeAccountAttributes")) {
            Ok(attributes) => tier(&attributes, clients.region()),
            Err(unanswered) => unanswered.finding(Area::TextMessages, SANDBOX),
        },
    );

    let limits = client
        .describe_spend_limits()
        .into_paginator()
        .items()
        .send()
        .try_collect()
        .await;
    findings.push(
        match limits.map_err(Unanswered::to("sms-voice:DescribeSpendLimits")) {
            Ok(limits) => spending(&limits, clients.region()),
            Err(unanswered) => unanswered.finding(Area::TextMessages, LIMIT),
        },
    );

    let numbers = client
        .describe_phone_numbers()
        .into_paginator()
        .items()
        .send()
        .try_collect()
        .await;
    let numbers = numbers.map_err(Unanswered::to("sms-voice:DescribePhoneNumbers"));
    let senders = client
        .describe_sender_ids()
        .into_paginator()
        .items()
        .send()
        .try_collect()
        .await;
    let senders = senders.map_err(Unanswered::to("sms-voice:DescribeSenderIds"));
    match (numbers, senders) {
        (Ok(numbers), Ok(senders)) => findings.push(origins(&numbers, &senders, clients.region())),
        (numbers, senders) => {
            let numbers = numbers.err().map(|unanswered| {
                unanswered.finding(Area::TextMessages, "End User Messaging, numbers")
            });
            let senders = senders.err().map(|unanswered| {
                unanswered.finding(Area::TextMessages, "End User Messaging, sender ids")
            });
            findings.extend(numbers.into_iter().chain(senders));
        }
    }

    let registered = client
        .describe_registrations()
        .into_paginator()
        .items()
        .send()
        .try_collect()
        .await;
    findings.push(
        match registered.map_err(Unanswered::to("sms-voice:DescribeRegistrations")) {
            Ok(registered) => registrations(&registered, clients.region()),
            Err(unanswered) => unanswered.finding(Area::TextMessages, REGISTRATIONS),
        },
    );

    let topic = stack.output("TextEventsTopic");
    for set in configuration_sets(stack, catalog) {
        let check = format!("End User Messaging, configuration set {set}");
        let answer = client
            .describe_configuration_sets()
            .configuration_set_names(&set)
            .send()
            .await;
        findings.push(
            match answer.map_err(Unanswered::to("sms-voice:DescribeConfigurationSets")) {
                Ok(answer) => events(&check, answer.configuration_sets().first(), topic),
                Err(unanswered) if unanswered.is("ResourceNotFoundException") => {
                    events(&check, None, topic)
                }
                Err(unanswered) => unanswered.finding(Area::TextMessages, check),
            },
        );
    }
    findings
}

/// ACCOUNT_TIER is SANDBOX or PRODUCTION ("AccountAttribute", End User Messaging SMS API reference:
/// https://docs.aws.amazon.com/pinpoint/latest/apireference_smsvoicev2/API_AccountAttribute.html).
fn tier(attributes: &[AccountAttribute], region: &str) -> Finding {
    let tier = attributes
        .iter()
        .find(|attribute| attribute.name == AccountAttributeName::AccountTier);
    match tier.map(|tier| tier.value.as_str()) {
        Some("PRODUCTION") => Finding::ok(
            Area::TextMessages,
            SANDBOX,
            format!("the account is out of the sandbox in {region}"),
        ),
        tier => Finding::failed(
            Area::TextMessages,
            SANDBOX,
            format!(
                "the account is in the sandbox in {region} ({}): messages reach only numbers that you have verified",
                tier.unwrap_or("unknown")
            ),
            "Request production access: https://docs.aws.amazon.com/sms-voice/latest/userguide/sandbox.html",
        ),
    }
}

fn spending(limits: &[SpendLimit], region: &str) -> Finding {
    let texts = limits
        .iter()
        .find(|limit| limit.name == SpendLimitName::TextMessageMonthlySpendLimit);
    let Some(limit) = texts else {
        return Finding::warning(
            Area::TextMessages,
            LIMIT,
            "none for text messages",
            format!(
                "See the limits at https://{region}.console.aws.amazon.com/sms-voice/home?region={region}"
            ),
        );
    };
    let (enforced, most) = (limit.enforced_limit, limit.max_limit);
    let found = format!("{enforced} dollars of at most {most}");
    // The type has whole dollars; a new account has 1.
    if enforced > 1 {
        return Finding::ok(Area::TextMessages, LIMIT, found);
    }
    let remedy = match enforced < most {
        true => "aws pinpoint-sms-voice-v2 set-text-message-spend-limit-override --monthly-limit AMOUNT".to_owned(),
        false => "Ask AWS Support to raise the limit: https://docs.aws.amazon.com/sms-voice/latest/userguide/awssupport-spend-threshold.html".to_owned(),
    };
    Finding::warning(
        Area::TextMessages,
        LIMIT,
        format!("{found}: a few dozen messages use it up"),
        remedy,
    )
}

/// The origination identities.
fn origins(
    numbers: &[PhoneNumberInformation],
    senders: &[SenderIdInformation],
    region: &str,
) -> Finding {
    const CHECK: &str = "End User Messaging, numbers and sender ids";
    let console = format!("https://{region}.console.aws.amazon.com/sms-voice/home?region={region}");
    let numbers = numbers
        .iter()
        .filter(|number| number.status != NumberStatus::Deleted);
    let (active, waiting): (Vec<_>, Vec<_>) =
        numbers.partition(|number| number.status == NumberStatus::Active);
    let number = |number: &&PhoneNumberInformation| {
        format!("{} ({})", number.phone_number, number.iso_country_code)
    };
    let sender = |sender: &SenderIdInformation| {
        format!("{} ({})", sender.sender_id, sender.iso_country_code)
    };
    let all: Vec<String> = active
        .iter()
        .map(number)
        .chain(senders.iter().map(sender))
        .collect();
    if !waiting.is_empty() {
        let waiting: Vec<String> = waiting
            .iter()
            .map(|one| format!("{} ({})", one.phone_number, one.status))
            .collect();
        return Finding::warning(
            Area::TextMessages,
            CHECK,
            format!(
                "not active yet: {}; the others: {}",
                waiting.join(", "),
                all.join(", ")
            ),
            format!("A number becomes active with its registration; see {console}"),
        );
    }
    match all.is_empty() {
        false => Finding::ok(Area::TextMessages, CHECK, all.join(", ")),
        true => Finding::warning(
            Area::TextMessages,
            CHECK,
            "none, so messages reach only countries that require none, from a shared number",
            format!("Request a number or a sender id for each country that you send to: {console}"),
        ),
    }
}

/// "RegistrationStatus" of RegistrationInformation, End User Messaging SMS API reference:
/// https://docs.aws.amazon.com/pinpoint/latest/apireference_smsvoicev2/API_RegistrationInformation.html.
fn registrations(all: &[RegistrationInformation], region: &str) -> Finding {
    let open: Vec<&RegistrationInformation> = all
        .iter()
        .filter(|one| {
            !matches!(
                one.registration_status,
                RegistrationStatus::Complete
                    | RegistrationStatus::Closed
                    | RegistrationStatus::Deleted
            )
        })
        .collect();
    let name = |one: &&RegistrationInformation| {
        format!(
            "{} {} is {}",
            one.registration_type, one.registration_id, one.registration_status
        )
    };
    let named: Vec<String> = open.iter().map(name).collect();
    let needs_somebody = open.iter().any(|one| {
        matches!(
            one.registration_status,
            RegistrationStatus::Created
                | RegistrationStatus::RequiresUpdates
                | RegistrationStatus::RequiresAuthentication
        )
    });
    let console = format!(
        "https://{region}.console.aws.amazon.com/sms-voice/home?region={region}#/registrations"
    );
    match (named.is_empty(), needs_somebody) {
        (true, _) => Finding::ok(
            Area::TextMessages,
            REGISTRATIONS,
            format!("{}, none of them open", all.len()),
        ),
        (false, false) => Finding::warning(
            Area::TextMessages,
            REGISTRATIONS,
            named.join(", "),
            "Wait: AWS or the carriers are processing it, for days or weeks.",
        ),
        (false, true) => Finding::failed(
            Area::TextMessages,
            REGISTRATIONS,
            named.join(", "),
            format!("Submit it, or correct what was rejected: {console}"),
        ),
    }
}

/// The configuration sets to check: the stack's and those of transports.
fn configuration_sets(stack: &Deployed, catalog: &Catalog) -> BTreeSet<String> {
    let own = stack.output("TextConfigurationSet").map(str::to_owned);
    let named = catalog
        .of(Vendor::EndUserMessaging)
        .filter_map(|(_, transport)| transport.settings.get(CONFIGURATION_SET).cloned());
    own.into_iter().chain(named).collect()
}

fn events(check: &str, set: Option<&ConfigurationSetInformation>, topic: Option<&str>) -> Finding {
    let remedy = format!(
        "aws pinpoint-sms-voice-v2 create-event-destination --configuration-set-name SET --event-destination-name receipts \
         --matching-event-types TEXT_ALL --sns-destination TopicArn={}",
        topic.unwrap_or("TOPIC (output TextEventsTopic)")
    );
    let Some(set) = set else {
        return Finding::failed(
            Area::TextMessages,
            check,
            "it does not exist, so messages that name it are rejected",
            "Deploy with EndUserMessaging=true and set the transport's configuration set to the output TextConfigurationSet.",
        );
    };
    let to_topic = set.event_destinations().iter().filter(|destination| {
        let arn = destination.sns_destination().map(SnsDestination::topic_arn);
        arn.is_some() && (topic.is_none() || arn == topic)
    });
    let (on, off): (Vec<_>, Vec<_>) = to_topic.partition(|destination| destination.enabled);
    let tells_all = on
        .iter()
        .flat_map(|destination| destination.matching_event_types())
        .any(|event| matches!(event, EventType::All | EventType::TextAll));
    match (on.is_empty(), off.is_empty(), tells_all) {
        (false, _, true) => Finding::ok(
            Area::TextMessages,
            check,
            "publishes all text message events to the stack's topic",
        ),
        (false, _, false) => Finding::warning(
            Area::TextMessages,
            check,
            "publishes only some events to the stack's topic",
            remedy,
        ),
        (true, false, _) => Finding::failed(
            Area::TextMessages,
            check,
            "its event destination is disabled",
            remedy,
        ),
        (true, true, _) => Finding::failed(
            Area::TextMessages,
            check,
            "it does not publish to the stack's topic, so delivery events go unnoticed",
            remedy,
        ),
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_pinpointsmsvoicev2::Client;

    use super::{
        super::{report::Status, testing::aws_answering},
        *,
    };

    #[tokio::test]
    async fn a_new_sns_account_is_in_the_sandbox_with_a_limit_of_one_dollar() {
        let config = aws_answering(200, include_str!("fixtures/sns_attributes_new.xml")).await;
        let client = aws_sdk_sns::Client::new(&config);
        let attributes = client
            .get_sms_attributes()
            .send()
            .await
            .unwrap()
            .attributes
            .unwrap();
        let [limit, sender] = preferences(&attributes);
        assert_eq!((limit.status, sender.status), (Status::Warning, Status::Ok));
        assert!(limit.found.starts_with("1 dollars:"), "{}", limit.found);

        let config = aws_answering(200, include_str!("fixtures/sns_attributes.xml")).await;
        let client = aws_sdk_sns::Client::new(&config);
        let attributes = client
            .get_sms_attributes()
            .send()
            .await
            .unwrap()
            .attributes
            .unwrap();
        let [limit, sender] = preferences(&attributes);
        assert_eq!(
            (limit.found.as_str(), sender.found.as_str()),
            ("250 dollars", "Carillon, where the country allows one")
        );

        let config = aws_answering(200, include_str!("fixtures/sns_sandbox.xml")).await;
        let client = aws_sdk_sns::Client::new(&config);
        let answer = client
            .get_sms_sandbox_account_status()
            .send()
            .await
            .unwrap();
        assert_eq!(
            sandboxed(answer.is_in_sandbox, "eu-west-1").status,
            Status::Failed
        );
        assert_eq!(sandboxed(false, "eu-west-1").status, Status::Ok);
    }

    async fn client(body: &'static str) -> Client {
        Client::new(&aws_answering(200, body).await)
    }

    #[tokio::test]
    async fn tier_and_limits_of_end_user_messaging_are_checked() {
        for (body, status) in [
            (
                r#"{"AccountAttributes": [{"Name": "ACCOUNT_TIER", "Value": "PRODUCTION"}]}"#,
                Status::Ok,
            ),
            (
                r#"{"AccountAttributes": [{"Name": "ACCOUNT_TIER", "Value": "SANDBOX"}]}"#,
                Status::Failed,
            ),
        ] {
            let answer = client(body)
                .await
                .describe_account_attributes()
                .send()
                .await
                .unwrap();
            assert_eq!(
                tier(answer.account_attributes(), "eu-west-1").status,
                status
            );
        }
        for (body, status, remedy) in [
            (
                r#"{"SpendLimits": [{"Name": "TEXT_MESSAGE_MONTHLY_SPEND_LIMIT", "EnforcedLimit": 500, "MaxLimit": 1000, "Overridden": true}]}"#,
                Status::Ok,
                "",
            ),
            (
                r#"{"SpendLimits": [{"Name": "TEXT_MESSAGE_MONTHLY_SPEND_LIMIT", "EnforcedLimit": 1, "MaxLimit": 1000, "Overridden": false}]}"#,
                Status::Warning,
                "set-text-message-spend-limit-override",
            ),
            (
                r#"{"SpendLimits": [{"Name": "TEXT_MESSAGE_MONTHLY_SPEND_LIMIT", "EnforcedLimit": 1, "MaxLimit": 1, "Overridden": false}]}"#,
                Status::Warning,
                "Ask AWS Support",
            ),
            (r#"{"SpendLimits": []}"#, Status::Warning, "See the limits"),
        ] {
            let answer = client(body)
                .await
                .describe_spend_limits()
                .send()
                .await
                .unwrap();
            let finding = spending(answer.spend_limits(), "eu-west-1");
            assert_eq!(finding.status, status, "{body}");
            assert!(
                finding.remedy.unwrap_or_default().contains(remedy),
                "{body}"
            );
        }
    }

    #[tokio::test]
    async fn numbers_sender_ids_and_registrations_are_listed() {
        let body = include_str!("fixtures/phone_numbers.json");
        let answer = client(body)
            .await
            .describe_phone_numbers()
            .send()
            .await
            .unwrap();
        let numbers = answer.phone_numbers();
        let body = r#"{"SenderIds": [{"SenderIdArn": "arn:s", "SenderId": "CARILLON", "IsoCountryCode": "GB", "MessageTypes": ["TRANSACTIONAL"], "MonthlyLeasingPrice": "0", "DeletionProtectionEnabled": false, "Registered": true}]}"#;
        let answer = client(body)
            .await
            .describe_sender_ids()
            .send()
            .await
            .unwrap();
        let senders = answer.sender_ids();
        assert_eq!(
            origins(&numbers[..1], senders, "x").found,
            "+12065550100 (US), CARILLON (GB)"
        );
        let finding = origins(numbers, senders, "x");
        assert_eq!(finding.status, Status::Warning);
        assert!(
            finding
                .found
                .starts_with("not active yet: +12065550101 (PENDING)"),
            "{}",
            finding.found
        );
        assert_eq!(origins(&[], &[], "x").status, Status::Warning);

        let body = include_str!("fixtures/registrations.json");
        let answer = client(body)
            .await
            .describe_registrations()
            .send()
            .await
            .unwrap();
        let all = answer.registrations();
        assert_eq!(registrations(&all[..1], "x").found, "1, none of them open");
        assert_eq!(registrations(&all[..2], "x").status, Status::Warning);
        let finding = registrations(all, "x");
        assert_eq!(finding.status, Status::Failed);
        assert!(
            finding
                .found
                .contains("US_TEN_DLC_CAMPAIGN_REGISTRATION registration-3 is REQUIRES_UPDATES"),
            "{}",
            finding.found
        );
    }

    #[tokio::test]
    async fn a_configuration_set_must_publish_to_the_topic_of_the_stack() {
        const TOPIC: &str = "arn:aws:sns:eu-west-1:123456789012:carillon-text-events";
        let body = include_str!("fixtures/text_configuration_sets.json");
        let answer = client(body)
            .await
            .describe_configuration_sets()
            .send()
            .await
            .unwrap();
        let set = answer.configuration_sets().first();
        assert_eq!(events("set", set, Some(TOPIC)).status, Status::Ok);
        assert_eq!(
            events("set", set, Some("arn:of-another")).status,
            Status::Failed
        );
        assert_eq!(events("set", None, Some(TOPIC)).status, Status::Failed);
        let mut off = set.unwrap().clone();
        off.event_destinations[0].enabled = false;
        assert_eq!(
            events("set", Some(&off), Some(TOPIC)).found,
            "its event destination is disabled"
        );
    }
}
