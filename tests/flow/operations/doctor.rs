//! `carillon doctor` against the deployed template, against a broken stack, and with a fake DNS server.

use std::{collections::HashMap, net::SocketAddr, sync::Arc};

use aws_sdk_cloudformation::types::Parameter;
use aws_sdk_dynamodb::types::PointInTimeRecoverySpecification;
use carillon_local::{aws, simulator::CallFilter};
use carillon_operator::doctor::{Area, Doctor, Finding, Settings, Status, TestMessages};
use domain::{
    base::{
        Message, MessageBuilder, Name, Rtype,
        iana::{Class, Rcode},
    },
    rdata::{Cname, Txt},
};
use serde_json::json;
use tokio::net::UdpSocket;

use crate::support::{World, eventually};

/// A zone: names without a trailing dot, each with its TXT records or its CNAME target.
#[derive(Default)]
struct Zone {
    texts: HashMap<String, Vec<String>>,
    aliases: HashMap<String, String>,
}

/// Serves a zone over UDP until the test ends. Other names do not exist.
async fn serve(zone: Zone) -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    let zone = Arc::new(zone);
    tokio::spawn(async move {
        let mut buffer = [0; 1_500];
        while let Ok((length, from)) = socket.recv_from(&mut buffer).await {
            let answer = answer(&zone, &buffer[..length]);
            socket.send_to(&answer, from).await.unwrap();
        }
    });
    address
}

fn answer(zone: &Zone, query: &[u8]) -> Vec<u8> {
    let query = Message::from_octets(query).unwrap();
    let question = query.sole_question().unwrap();
    let name = question.qname().to_string().to_lowercase();
    let name = name.trim_end_matches('.');
    let (texts, alias) = (zone.texts.get(name), zone.aliases.get(name));
    let code = match texts.is_some() || alias.is_some() {
        true => Rcode::NOERROR,
        false => Rcode::NXDOMAIN,
    };
    let mut answer = MessageBuilder::new_vec()
        .start_answer(&query, code)
        .unwrap();
    let owner = question.qname();
    match question.qtype() {
        Rtype::TXT => {
            for text in texts.into_iter().flatten() {
                let data = Txt::<Vec<u8>>::build_from_slice(text.as_bytes()).unwrap();
                answer.push((owner, Class::IN, 60_u32, data)).unwrap();
            }
        }
        Rtype::CNAME => {
            if let Some(target) = alias {
                let target: Name<Vec<u8>> = target.parse().unwrap();
                answer
                    .push((owner, Class::IN, 60_u32, Cname::new(target)))
                    .unwrap();
            }
        }
        other => panic!("unexpected DNS query {other}"),
    }
    answer.finish()
}

fn find<'a>(findings: &'a [Finding], area: Area, check: &str) -> &'a Finding {
    let found = findings
        .iter()
        .find(|finding| finding.area == area && finding.check.starts_with(check));
    found.unwrap_or_else(|| panic!("no {check} of {area:?} in {findings:#?}"))
}

fn statuses(findings: &[Finding], area: Area) -> Vec<(&str, Status)> {
    let of_area = findings.iter().filter(|finding| finding.area == area);
    of_area
        .map(|finding| (finding.check.as_str(), finding.status))
        .collect()
}

#[tokio::test]
async fn every_area_of_the_deployed_template_is_checked() {
    let world = World::new().await;
    let details = world.stack.details();
    let config = details.sdk_config();
    let domain = &world.domain;
    let ses = aws_sdk_sesv2::Client::new(&config);
    let identity = ses
        .create_email_identity()
        .email_identity(domain)
        .send()
        .await
        .unwrap();
    let tokens = identity.dkim_attributes().unwrap().tokens().to_vec();
    assert_eq!(tokens.len(), 3);
    let mut zone = Zone::default();
    zone.texts.insert(
        domain.clone(),
        vec![
            "v=spf1 include:amazonses.com ~all".to_owned(),
            "x".repeat(300),
        ],
    );
    zone.texts.insert(
        "_dmarc.example.com".to_owned(),
        vec!["v=DMARC1; p=reject; sp=none".to_owned()],
    );
    for token in &tokens[..2] {
        let name = format!("{token}._domainkey.{domain}").to_lowercase();
        zone.aliases
            .insert(name, format!("{token}.dkim.amazonses.com"));
    }
    // The local AWS ignores recovery and expiry in the template, so recovery is enabled here for one table and not for the
    // other.
    let recovery = PointInTimeRecoverySpecification::builder().point_in_time_recovery_enabled(true);
    aws_sdk_dynamodb::Client::new(&config)
        .update_continuous_backups()
        .table_name(&details.outputs().catalog_table)
        .point_in_time_recovery_specification(recovery.build().unwrap())
        .send()
        .await
        .unwrap();
    let settings = Settings {
        stack: "carillon".to_owned(),
        tenants: vec![world.tenant.clone()],
        from: vec![format!("news@{domain}").parse().unwrap()],
        dns: Some(serve(zone).await.into()),
        trial: Some(TestMessages {
            api_url: Some(details.api_url()),
            api_key: world.key.clone(),
            to_email: Some(world.address(1)),
            to_mobile: None,
        }),
    };
    let doctor = Doctor::new(&config, settings).unwrap();
    let mut told = 0;
    let findings = doctor.examine(|_| told += 1).await.unwrap();
    assert_eq!(told, findings.len());
    let in_order = findings.is_sorted_by_key(|finding| finding.area);
    assert!(in_order, "{findings:#?}");

    assert_eq!(
        statuses(&findings, Area::Stack),
        [("status", Status::Ok), ("outputs", Status::Ok)]
    );
    assert_eq!(
        find(&findings, Area::Catalog, "transports").found,
        "1 ses, 1 sns"
    );

    let ses = |check: &str| find(&findings, Area::Ses, check);
    assert_eq!(ses("production access").status, Status::Ok);
    assert!(
        ses("send quota")
            .found
            .starts_with("50000 in 24 hours, 14 a second"),
        "{findings:#?}"
    );
    let ours = format!("news@{domain}");
    assert_eq!(
        ses(&format!("identity of {ours}")).found,
        format!("{domain} is verified")
    );
    assert_eq!(
        ses(&format!("DKIM of {ours}")).found,
        format!("{domain} does not sign (PENDING)")
    );
    // The tenant's From address is not an SES identity.
    let theirs = ses("identity of news@carillon.example");
    assert_eq!(theirs.status, Status::Failed, "{theirs:?}");
    assert!(
        theirs.check.contains(&format!("{}/email", world.tenant)),
        "{theirs:?}"
    );
    assert_eq!(
        ses("configuration set carillon").status,
        Status::Ok,
        "{findings:#?}"
    );
    assert_eq!(
        ses("transports without a configuration set").status,
        Status::Warning
    );

    let dns = |check: String| find(&findings, Area::Dns, &check);
    assert_eq!(dns(format!("SPF of {domain}")).status, Status::Ok);
    let dmarc = dns(format!("DMARC of {domain}"));
    assert_eq!(dmarc.status, Status::Warning);
    assert!(
        dmarc.found.starts_with("sp=none at _dmarc.example.com"),
        "{dmarc:?}"
    );
    let dkim = dns(format!("DKIM of {domain}"));
    let missing = format!("{}._domainkey.{domain}", tokens[2]);
    assert_eq!(
        (dkim.status, dkim.found.clone()),
        (Status::Failed, format!("{missing} is missing"))
    );
    assert_eq!(
        dkim.remedy,
        Some(format!(
            "Add to the zone:\n{missing}. CNAME {}.dkim.amazonses.com.",
            tokens[2]
        ))
    );
    assert_eq!(
        dns("SPF of carillon.example".to_owned()).status,
        Status::Warning
    );
    assert_eq!(
        dns("DMARC of carillon.example".to_owned()).status,
        Status::Failed
    );

    // The local AWS lacks these SNS calls, which must not stop other checks.
    assert_eq!(
        find(&findings, Area::TextMessages, "Amazon SNS, monthly limit").status,
        Status::NotChecked
    );
    assert_eq!(
        find(&findings, Area::TextMessages, "AWS End User Messaging").status,
        Status::Ok
    );

    let limit = find(&findings, Area::Concurrency, "account limit");
    let (_, most) = limit.found.split_once("may use ").unwrap();
    let most: u32 = most.split(' ').next().unwrap().parse().unwrap();
    assert!((100..1_000).contains(&most), "{limit:?}");
    assert_eq!(
        find(&findings, Area::Concurrency, "event sources").status,
        Status::Ok
    );

    assert_eq!(
        find(&findings, Area::Alarms, "destination").found,
        "the stack was deployed without alarms"
    );
    for (table, recovery) in [
        ("CatalogTable", Status::Ok),
        ("DirectoryTable", Status::Failed),
        ("LedgerTable", Status::Failed),
    ] {
        let of = |what: &str| find(&findings, Area::Tables, &format!("{table}, {what}"));
        assert_eq!(of("point-in-time recovery").status, recovery);
        assert_eq!(of("expiry").status, Status::Warning);
    }
    // Other tests produce dead letters concurrently.
    let queues = statuses(&findings, Area::Queues);
    assert_eq!(queues.len(), 7, "{queues:?}");
    assert!(
        queues
            .iter()
            .all(|(_, status)| matches!(status, Status::Ok | Status::Warning)),
        "{queues:?}"
    );

    assert_eq!(
        find(&findings, Area::Transports, "email (email, ses)").status,
        Status::Ok
    );
    let sms = find(&findings, Area::Transports, "sms (sms, sns)");
    assert_eq!(
        (sms.status, sms.remedy.as_deref()),
        (Status::NotChecked, Some("Add --to-mobile NUMBER."))
    );
    let calls = world.simulator().calls(&CallFilter::default());
    let to_me = calls
        .iter()
        .filter(|call| call.recipients.contains(&world.address(1)));
    assert_eq!(to_me.count(), 1, "exactly one test message is sent");
}

/// A stack with every problem that the doctor must find.
fn all_wrong() -> String {
    json!({
        "Parameters": { "AlarmEmail": { "Type": "String" } },
        "Resources": {
            "CatalogTable": {
                "Type": "AWS::DynamoDB::Table",
                "Properties": {
                    "BillingMode": "PAY_PER_REQUEST",
                    "AttributeDefinitions": [
                        { "AttributeName": "pk", "AttributeType": "S" }, { "AttributeName": "sk", "AttributeType": "S" },
                    ],
                    "KeySchema": [
                        { "AttributeName": "pk", "KeyType": "HASH" }, { "AttributeName": "sk", "KeyType": "RANGE" },
                    ],
                },
            },
            "EmailDeadQueue": { "Type": "AWS::SQS::Queue", "Properties": { "QueueName": "wrong-email-dead" } },
            "AlarmTopic": { "Type": "AWS::SNS::Topic" },
            "DeadLetterAlarm": {
                "Type": "AWS::CloudWatch::Alarm",
                "Properties": {
                    "AlarmName": "wrong-dead-letters",
                    "MetricName": "dead_letters",
                    "Namespace": "Carillon/wrong",
                    "ComparisonOperator": "GreaterThanThreshold",
                    "Threshold": 0,
                    "EvaluationPeriods": 1,
                    "Period": 60,
                    "Statistic": "Sum",
                    "ActionsEnabled": false,
                },
            },
        },
        "Outputs": {
            "CatalogTable": { "Value": { "Ref": "CatalogTable" } },
            "DirectoryTable": { "Value": { "Ref": "CatalogTable" } },
            "LedgerTable": { "Value": { "Ref": "CatalogTable" } },
        },
    })
    .to_string()
}

#[tokio::test]
async fn everything_wrong_with_a_stack_is_reported() {
    let world = World::new().await;
    // A separate account, isolated from the deployed template.
    let config = aws::sdk_config_of_account(&world.stack.details().endpoint(), "000000000815");
    let cloudformation = aws_sdk_cloudformation::Client::new(&config);
    let email = Parameter::builder()
        .parameter_key("AlarmEmail")
        .parameter_value("ops@example.org");
    cloudformation
        .create_stack()
        .stack_name("wrong")
        .template_body(all_wrong())
        .parameters(email.build())
        .send()
        .await
        .unwrap();
    eventually("the stack is created", async || {
        let stacks = cloudformation
            .describe_stacks()
            .stack_name("wrong")
            .send()
            .await
            .unwrap();
        let status = stacks.stacks().first()?.stack_status()?.as_str().to_owned();
        assert!(
            !status.contains("FAILED") && !status.contains("ROLLBACK"),
            "{status}"
        );
        (status == "CREATE_COMPLETE").then_some(())
    })
    .await;
    let sqs = aws_sdk_sqs::Client::new(&config);
    let queue = sqs
        .get_queue_url()
        .queue_name("wrong-email-dead")
        .send()
        .await
        .unwrap();
    sqs.send_message()
        .queue_url(queue.queue_url().unwrap())
        .message_body("{}")
        .send()
        .await
        .unwrap();

    let settings = |stack: &str| Settings {
        stack: stack.to_owned(),
        tenants: Vec::new(),
        from: Vec::new(),
        dns: None,
        trial: None,
    };
    let findings = Doctor::new(&config, settings("wrong"))
        .unwrap()
        .examine(|_| {})
        .await
        .unwrap();
    let outputs = find(&findings, Area::Stack, "outputs");
    assert_eq!(outputs.status, Status::Failed);
    assert!(
        outputs.found.starts_with("missing: ApiId, ApiUrl, "),
        "{outputs:?}"
    );
    assert_eq!(
        find(&findings, Area::Catalog, "transports").found,
        "none, so nothing can be sent"
    );
    assert_eq!(
        statuses(&findings, Area::Tables),
        [
            ("CatalogTable, point-in-time recovery", Status::Failed),
            ("CatalogTable, deletion protection", Status::Warning),
            ("CatalogTable, expiry", Status::Warning),
        ]
    );
    let queue = find(&findings, Area::Queues, "EmailDeadQueue");
    assert_eq!(
        (queue.status, queue.found.as_str()),
        (Status::Warning, "1 waiting, and 0 in flight")
    );
    assert_eq!(
        find(&findings, Area::Alarms, "alarms").status,
        Status::Warning
    );
    assert_eq!(
        find(&findings, Area::Alarms, "silent").found,
        "actions disabled or missing: wrong-dead-letters"
    );
    assert_eq!(
        find(&findings, Area::Alarms, "subscriptions").status,
        Status::Failed
    );

    let findings = Doctor::new(&config, settings("elsewhere"))
        .unwrap()
        .examine(|_| {})
        .await
        .unwrap();
    assert_eq!(
        find(&findings, Area::Stack, "status").found,
        "there is no stack elsewhere in us-east-1"
    );
    for area in [
        Area::Catalog,
        Area::Concurrency,
        Area::Alarms,
        Area::Tables,
        Area::Queues,
    ] {
        assert_eq!(
            find(&findings, area, "all checks").status,
            Status::NotChecked
        );
    }
}
