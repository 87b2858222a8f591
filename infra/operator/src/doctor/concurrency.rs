//! The account's limit of concurrent executions, compared with what the stack may use.

use std::collections::BTreeMap;

use aws_sdk_lambda::{
    Client,
    types::{AccountLimit, EventSourceMappingConfiguration},
};
use futures::future::join_all;

use super::{
    Clients,
    report::{Area, Finding},
    stack::Deployed,
    unanswered::Unanswered,
    without_stack,
};

/// What Lambda keeps unreserved for functions without reserved concurrency ("Understanding and visualizing concurrency", Lambda
/// Developer Guide: https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html).
const UNRESERVED: i32 = 100;
/// The concurrency of an event source without a maximum ("Configuring scaling behavior for SQS event source mappings", Lambda
/// Developer Guide: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html).
const WITHOUT_MAXIMUM: i32 = 1_000;
/// The template's parameters for the executions of each queue, with the channel if it is a channel's.
const PARAMETERS: [(&str, Option<&str>); 6] = [
    ("EmailConcurrency", Some("email")),
    ("SmsConcurrency", Some("sms")),
    ("WhatsAppConcurrency", Some("whatsapp")),
    ("PushConcurrency", Some("push")),
    ("FanoutConcurrency", None),
    ("ReceiptsConcurrency", None),
];
/// The least that these parameters accept, which is Lambda's minimum.
const LEAST: i32 = 2;
/// Messages that one execution of a channel sends in a second, ten to a batch.
const MESSAGES_A_SECOND: i32 = 66;

/// The concurrency of one function.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Use {
    /// Its reserved concurrency, which is also its limit.
    reserved: Option<i32>,
    /// The sum of the maxima of its event sources.
    sources: i32,
    /// Disabled event sources.
    idle: Vec<String>,
}

pub(super) async fn examine(clients: &Clients, stack: Option<&Deployed>) -> Vec<Finding> {
    let Some(stack) = stack else {
        return vec![without_stack(Area::Concurrency)];
    };
    let client = &clients.lambda;
    let functions = stack.resources("AWS::Lambda::Function");
    let functions: Vec<&str> = functions
        .map(|function| function.physical.as_str())
        .collect();
    let settings = client.get_account_settings().send().await;
    let limit = match settings.map_err(Unanswered::to("lambda:GetAccountSettings")) {
        Ok(settings) => settings.account_limit.ok_or_else(|| {
            let remedy = "See it with: aws lambda get-account-settings";
            let found = "Lambda does not say";
            Finding::not_checked(Area::Concurrency, "account limit", found, remedy)
        }),
        Err(unanswered) => Err(unanswered.finding(Area::Concurrency, "account limit")),
    };
    let uses = match uses(client, &functions).await {
        Ok(uses) => uses,
        Err(unanswered) => {
            let finding = unanswered.finding(Area::Concurrency, "what the stack may use");
            return limit.err().into_iter().chain([finding]).collect();
        }
    };
    let chosen = chosen(|parameter| stack.parameter(parameter)?.parse().ok());
    let mut findings = vec![limit.map_or_else(
        |not_checked| not_checked,
        |limit| account(&uses, &chosen, &limit, clients.region()),
    )];
    findings.extend(of_channels(&chosen));
    findings.extend(of_functions(&uses));
    findings
}

/// A parameter of the template with its value.
#[derive(Debug, Clone, Copy)]
struct Chosen {
    parameter: &'static str,
    channel: Option<&'static str>,
    executions: i32,
}

/// The parameters that the deployed template has; an older one has none.
fn chosen(value_of: impl Fn(&str) -> Option<i32>) -> Vec<Chosen> {
    let chosen = PARAMETERS.iter().filter_map(|(parameter, channel)| {
        Some(Chosen {
            parameter,
            channel: *channel,
            executions: value_of(parameter)?,
        })
    });
    chosen.collect()
}

/// What each queue of a channel sends at most.
fn of_channels(chosen: &[Chosen]) -> Option<Finding> {
    let channels = chosen.iter().filter_map(|it| {
        let (channel, executions) = (it.channel?, it.executions);
        let messages = executions * MESSAGES_A_SECOND;
        Some(format!(
            "{channel} {executions} ({messages} messages a second)"
        ))
    });
    let channels: Vec<String> = channels.collect();
    (!channels.is_empty()).then(|| {
        let found = format!("at most {}", channels.join(", "));
        Finding::ok(Area::Concurrency, "executions of each queue", found)
    })
}

async fn uses(client: &Client, functions: &[&str]) -> Result<BTreeMap<String, Use>, Unanswered> {
    let mut uses: BTreeMap<String, Use> = BTreeMap::new();
    let reserved = functions.iter().map(async |function| {
        let answer = client
            .get_function_concurrency()
            .function_name(*function)
            .send()
            .await;
        let answer = answer.map_err(Unanswered::to("lambda:GetFunctionConcurrency"))?;
        Ok((
            (*function).to_owned(),
            answer.reserved_concurrent_executions,
        ))
    });
    // Lists all mappings of the account: one call instead of one per function.
    let mut mappings = client
        .list_event_source_mappings()
        .into_paginator()
        .items()
        .send();
    while let Some(mapping) = mappings.next().await {
        let mapping = mapping.map_err(Unanswered::to("lambda:ListEventSourceMappings"))?;
        add(&mut uses, functions, &mapping);
    }
    for answer in join_all(reserved).await {
        let (function, reserved) = answer?;
        uses.entry(function).or_default().reserved = reserved;
    }
    Ok(uses)
}

/// Adds an event source if it belongs to one of these functions.
fn add(
    uses: &mut BTreeMap<String, Use>,
    functions: &[&str],
    mapping: &EventSourceMappingConfiguration,
) {
    // arn:aws:lambda:{region}:{account}:function:{name}, optionally with a qualifier.
    let name = mapping.function_arn().and_then(|arn| arn.split(':').nth(6));
    let Some(name) = name.filter(|name| functions.contains(name)) else {
        return;
    };
    let used = uses.entry(name.to_owned()).or_default();
    let source = mapping.event_source_arn().unwrap_or_default();
    let state = mapping.state().unwrap_or_default();
    if matches!(state, "Disabled" | "Disabling") {
        let source = source.rsplit(':').next().unwrap_or(source);
        used.idle.push(format!("{source} to {name}"));
        return;
    }
    let maximum = mapping
        .scaling_config()
        .and_then(|scaling| scaling.maximum_concurrency);
    used.sources += match maximum {
        Some(maximum) => maximum,
        None if source.contains(":sqs:") => WITHOUT_MAXIMUM,
        // A stream has one batch at a time per shard, and a table starts with few shards.
        None => mapping.parallelization_factor().unwrap_or(1),
    };
}

/// Findings about single functions and their event sources.
fn of_functions(uses: &BTreeMap<String, Use>) -> Vec<Finding> {
    let too_little = uses
        .iter()
        .filter_map(|(name, used)| reserved_too_little(name, used));
    let mut findings: Vec<Finding> = too_little.collect();
    let idle: Vec<&str> = uses
        .values()
        .flat_map(|used| &used.idle)
        .map(String::as_str)
        .collect();
    findings.push(match idle.is_empty() {
        true => Finding::ok(Area::Concurrency, "event sources", "all enabled"),
        false => Finding::failed(
            Area::Concurrency,
            "event sources",
            format!("disabled: {}", idle.join(", ")),
            "aws lambda list-event-source-mappings --function-name FUNCTION shows the UUID, and\n\
             aws lambda update-event-source-mapping --uuid UUID --enabled switches it on.",
        ),
    });
    findings
}

/// Whether the unreserved concurrency is enough for the stack's functions without reserved concurrency.
fn account(
    uses: &BTreeMap<String, Use>,
    chosen: &[Chosen],
    limit: &AccountLimit,
    region: &str,
) -> Finding {
    const CHECK: &str = "account limit";
    let all = limit.concurrent_executions;
    let free = limit.unreserved_concurrent_executions.unwrap_or(all);
    let reserved: i32 = uses.values().filter_map(|used| used.reserved).sum();
    let others = uses.values().filter(|used| used.reserved.is_none());
    let most: i32 = others.map(|used| used.sources).sum();
    let found = format!(
        "{all} in {region}, {free} of it unreserved; the stack reserves {reserved}, and its event sources may use {most} of the \
         unreserved, in addition to the API"
    );
    if free >= most {
        return Finding::ok(Area::Concurrency, CHECK, found);
    }
    // Quotas are raised in steps of 100; older accounts have 1,000.
    let wanted = ((all + most - free + UNRESERVED + 99) / 100 * 100).max(1_000);
    let higher = chosen.iter().filter(|it| it.executions > LEAST);
    let higher: Vec<String> = higher
        .map(|it| format!("{} ({})", it.parameter, it.executions))
        .collect();
    let or_lower = match higher.is_empty() {
        true => String::new(),
        false => format!(
            "\nUntil then deploy with less, at least {LEAST}: {}",
            higher.join(", ")
        ),
    };
    Finding::warning(
        Area::Concurrency,
        CHECK,
        format!(
            "{found}: when all queues are busy, campaigns are throttled, and the API with them"
        ),
        format!(
            "Raise the quota “Concurrent executions” (L-B99A9384): \
             https://{region}.console.aws.amazon.com/servicequotas/home/services/lambda/quotas/L-B99A9384 or\n\
             aws service-quotas request-service-quota-increase --region {region} --service-code lambda \
             --quota-code L-B99A9384 --desired-value {wanted}{or_lower}"
        ),
    )
}

/// Event sources may exceed the function's reserved concurrency, and a throttled message counts as received ("Configuring
/// maximum concurrency for Amazon SQS event sources", on the page about scaling above).
fn reserved_too_little(name: &str, used: &Use) -> Option<Finding> {
    let reserved = used.reserved.filter(|reserved| *reserved < used.sources)?;
    Some(Finding::warning(
        Area::Concurrency,
        format!("function {name}"),
        format!(
            "{reserved} reserved, and its event sources may use {}",
            used.sources
        ),
        format!(
            "aws lambda put-function-concurrency --function-name {name} --reserved-concurrent-executions {}",
            used.sources
        ),
    ))
}

#[cfg(test)]
mod tests {
    use super::super::{report::Status, testing::aws_answering};
    use super::*;

    #[tokio::test]
    async fn event_sources_of_the_stack_are_summed() {
        let body = include_str!("fixtures/event_source_mappings.json");
        let client = Client::new(&aws_answering(200, body).await);
        // This response has no reserved concurrency, like that of a function without any.
        let uses = uses(
            &client,
            &["carillon-email", "carillon-tally", "carillon-api"],
        )
        .await
        .unwrap();
        assert_eq!(
            uses["carillon-email"],
            Use {
                reserved: None,
                sources: 20,
                idle: vec!["carillon-email-bulk.fifo to carillon-email".to_owned()]
            }
        );
        assert_eq!(
            (uses["carillon-tally"].sources, uses["carillon-api"].sources),
            (1, 0)
        );
        assert_eq!(
            uses.len(),
            3,
            "a function of another stack counts: {uses:?}"
        );
        let findings = of_functions(&uses);
        assert_eq!(findings.len(), 1, "{findings:?}");
        assert_eq!(
            (findings[0].status, findings[0].found.as_str()),
            (
                Status::Failed,
                "disabled: carillon-email-bulk.fifo to carillon-email"
            )
        );
    }

    fn limit(all: i32, free: i32) -> AccountLimit {
        AccountLimit::builder()
            .concurrent_executions(all)
            .unreserved_concurrent_executions(free)
            .build()
    }

    #[tokio::test]
    async fn a_new_account_needs_a_higher_concurrency_limit() {
        let client = Client::new(
            &aws_answering(200, include_str!("fixtures/account_settings_new.json")).await,
        );
        let answer = client.get_account_settings().send().await.unwrap();
        let sources = |sources: i32, reserved: Option<i32>| Use {
            sources,
            reserved,
            idle: Vec::new(),
        };
        let uses = BTreeMap::from([
            ("email".to_owned(), sources(170, None)),
            ("api".to_owned(), sources(0, Some(50))),
        ]);
        let chosen = chosen(|parameter| match parameter {
            "EmailConcurrency" => Some(50),
            "ReceiptsConcurrency" => Some(10),
            _ => Some(LEAST),
        });
        let finding = account(&uses, &chosen, &answer.account_limit.unwrap(), "eu-west-1");
        assert_eq!(finding.status, Status::Warning);
        assert!(
            finding.found.starts_with(
                "10 in eu-west-1, 10 of it unreserved; the stack reserves 50, and its event sources may use 170 of the unreserved"
            ),
            "{}",
            finding.found
        );
        let remedy = |finding: Finding| finding.remedy.unwrap();
        let said = remedy(finding);
        assert!(said.contains("L-B99A9384 --desired-value 1000"), "{said}");
        let lower = "deploy with less, at least 2: EmailConcurrency (50), ReceiptsConcurrency (10)";
        assert!(said.ends_with(lower), "{said}");
        let enough = account(&uses, &chosen, &limit(1_000, 170), "x");
        assert_eq!(enough.status, Status::Ok);
        // Concurrency reserved by other stacks is not available, and lower parameters than the least do not exist.
        let tight = account(&uses, &[], &limit(1_000, 100), "x");
        assert!(remedy(tight).ends_with("--desired-value 1200"));
    }

    #[test]
    fn the_executions_of_each_channel_are_listed() {
        let defaults = of_channels(&chosen(|_| Some(LEAST))).unwrap();
        assert_eq!(
            defaults.found,
            "at most email 2 (132 messages a second), sms 2 (132 messages a second), whatsapp 2 (132 messages a second), \
             push 2 (132 messages a second)"
        );
        // A deployment from before the parameters.
        assert_eq!(of_channels(&chosen(|_| None)), None);
    }

    #[test]
    fn reserved_concurrency_below_the_event_sources_is_a_warning() {
        let used = Use {
            reserved: Some(10),
            sources: 30,
            idle: Vec::new(),
        };
        let finding = reserved_too_little("carillon-email", &used).unwrap();
        assert_eq!(
            finding.found,
            "10 reserved, and its event sources may use 30"
        );
        assert_eq!(
            reserved_too_little(
                "carillon-api",
                &Use {
                    reserved: Some(10),
                    ..Use::default()
                }
            ),
            None
        );
    }
}
