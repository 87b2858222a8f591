//! How many executions Lambda allows the account, against what the stack may use.

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

/// What Lambda keeps for functions without reserved concurrency ("Understanding and visualizing concurrency", Lambda
/// Developer Guide: https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html).
const UNRESERVED: i32 = 100;
/// What one event source without a maximum may use ("Configuring scaling behavior for SQS event source mappings", Lambda
/// Developer Guide: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html).
const WITHOUT_MAXIMUM: i32 = 1_000;

/// What may run of one function at a time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Use {
    /// What is kept for it, and is its limit too.
    reserved: Option<i32>,
    /// The sum of the maxima of its event sources.
    sources: i32,
    /// Event sources that hand over nothing, with their state.
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
    let mut findings = vec![limit.map_or_else(
        |not_checked| not_checked,
        |limit| account(&uses, &limit, clients.region()),
    )];
    findings.extend(of_functions(&uses));
    findings
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
    // All of the account are asked for, because that is one call and not one for each function.
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

/// Adds an event source, if it is of one of these functions.
fn add(
    uses: &mut BTreeMap<String, Use>,
    functions: &[&str],
    mapping: &EventSourceMappingConfiguration,
) {
    // arn:aws:lambda:{region}:{account}:function:{name}, and a qualifier after that.
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
        // A stream has one batch at a time for each shard, and a table begins with few.
        None => mapping.parallelization_factor().unwrap_or(1),
    };
}

/// What is to be said of single functions and their event sources.
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

/// Whether what is not reserved for any function is enough for those of the stack without reserved concurrency. What is
/// reserved for the others is theirs already.
fn account(uses: &BTreeMap<String, Use>, limit: &AccountLimit, region: &str) -> Finding {
    const CHECK: &str = "account limit";
    let all = limit.concurrent_executions;
    let free = limit.unreserved_concurrent_executions.unwrap_or(all);
    let reserved: i32 = uses.values().filter_map(|used| used.reserved).sum();
    let others = uses.values().filter(|used| used.reserved.is_none());
    let most: i32 = others.map(|used| used.sources).sum();
    let found = format!(
        "{all} in {region}, {free} of it unreserved; the stack reserves {reserved}, and its event sources may use {most} of the \
         unreserved, beside the API"
    );
    if free >= most {
        return Finding::ok(Area::Concurrency, CHECK, found);
    }
    // A quota is asked for in whole hundreds; 1,000 is what an older account has.
    let wanted = ((all + most - free + UNRESERVED + 99) / 100 * 100).max(1_000);
    Finding::warning(
        Area::Concurrency,
        CHECK,
        format!("{found}: large campaigns are throttled, and the API with them"),
        format!(
            "Raise the quota “Concurrent executions” (L-B99A9384): \
             https://{region}.console.aws.amazon.com/servicequotas/home/services/lambda/quotas/L-B99A9384 or\n\
             aws service-quotas request-service-quota-increase --region {region} --service-code lambda \
             --quota-code L-B99A9384 --desired-value {wanted}"
        ),
    )
}

/// An event source hands over more than a function with reserved concurrency takes, and what is throttled counts as
/// received ("Configuring maximum concurrency for Amazon SQS event sources", on the page about scaling above).
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
    async fn event_sources_of_the_stack_are_added_up() {
        let body = include_str!("fixtures/event_source_mappings.json");
        let client = Client::new(&aws_answering(200, body).await);
        // The same answer has no reserved concurrency in it, as that of a function without.
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
    async fn a_new_account_has_to_ask_for_more_concurrency() {
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
        let finding = account(&uses, &answer.account_limit.unwrap(), "eu-west-1");
        assert_eq!(finding.status, Status::Warning);
        assert!(
            finding.found.starts_with(
                "10 in eu-west-1, 10 of it unreserved; the stack reserves 50, and its event sources may use 170 of the unreserved"
            ),
            "{}",
            finding.found
        );
        let remedy = |finding: Finding| finding.remedy.unwrap();
        assert!(remedy(finding).contains("L-B99A9384 --desired-value 1000"));
        assert_eq!(account(&uses, &limit(1_000, 170), "x").status, Status::Ok);
        // What other stacks have reserved is gone.
        let tight = account(&uses, &limit(1_000, 100), "x");
        assert!(remedy(tight).contains("--desired-value 1200"));
    }

    #[test]
    fn less_is_reserved_than_event_sources_hand_over() {
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
