//! Limits of Lambda and API Gateway.

use super::{number, template, text};

/// Maximum size of a function's environment, in bytes (Lambda Developer Guide, "Lambda quotas": 4 KB).
const ENVIRONMENT: usize = 4_096;
/// The maximum length of a stack's name: a function's name has at most 64 characters, of which ours use 13.
const LONGEST_STACK: usize = 51;

#[test]
fn the_environment_of_each_function_fits() {
    for (id, function) in template().of_kind("AWS::Lambda::Function") {
        let variables = function.properties["Environment"]["Variables"]
            .as_object()
            .unwrap();
        let bytes: usize = variables
            .iter()
            .map(|(name, value)| {
                let value = value.as_str().unwrap_or_default();
                // With the longest names of the stack and of a region.
                let stack = value.matches("carillon").count() * (LONGEST_STACK - "carillon".len());
                let region = value.matches("us-east-1").count()
                    * ("ap-southeast-1".len() - "us-east-1".len());
                name.len() + value.len() + stack + region
            })
            .sum();
        // Quotes, colons and commas, in case they count.
        let bytes = bytes + variables.len() * 6;
        assert!(bytes < ENVIRONMENT, "{id} has {bytes} bytes of environment");
    }
}

#[test]
fn reserved_concurrency_covers_the_event_sources_and_the_parameter_says_what_it_needs() {
    let template = template();
    let mut reserved = 0;
    for (id, function) in template.of_kind("AWS::Lambda::Function") {
        let name = text(&function.properties, "FunctionName");
        let sources: u64 = template
            .of_kind("AWS::Lambda::EventSourceMapping")
            .filter(|(_, mapping)| mapping.properties["FunctionName"] == name)
            .filter_map(|(_, mapping)| {
                mapping.properties["ScalingConfig"]["MaximumConcurrency"].as_u64()
            })
            .sum();
        if let Some(own) = function.properties["ReservedConcurrentExecutions"].as_u64() {
            // "Ensure that your function's reserved concurrency is greater than or equal to the total maximum concurrency for
            // all Amazon SQS event sources on the function" (Lambda Developer Guide, "Configuring scaling behavior").
            assert!(
                own >= sources,
                "{id} has {own} and its event sources take {sources}"
            );
            reserved += own;
        }
    }
    // 100 always stay unreserved ("Reserved concurrency"), and the parameter's description says what the account needs.
    let needed = format!("at least {} concurrent executions", reserved + 100);
    let parameters = &crate::resolve::transformed()["Parameters"];
    let description = text(&parameters["ReserveConcurrency"], "Description");
    assert!(description.contains(&needed), "{needed}: {description}");
    assert!(description.contains(&format!("{reserved} are reserved")));
}

#[test]
fn by_default_a_campaign_fits_a_new_account() {
    /// What a new account may have ("Lambda quotas": "New AWS accounts have reduced concurrency and memory quotas").
    const NEW_ACCOUNT: u64 = 10;
    /// Left to the API, callbacks, links, the sweep and totals.
    const OTHERS: u64 = 4;
    let plain = crate::resolve::Template::read(&[]);
    let of = |name: &str| {
        number(
            &plain.resources[name].properties["ScalingConfig"],
            "MaximumConcurrency",
        )
    };
    for channel in ["Email", "Sms", "WhatsApp", "Push"] {
        for queue in ["Queue", "UrgentQueue", "BulkQueue"] {
            let used = of("FanoutFromQueue")
                + of(&format!("{channel}From{queue}"))
                + of("ReceiptsFromQueue");
            assert!(used + OTHERS <= NEW_ACCOUNT, "{channel}{queue}: {used}");
        }
    }
}

#[test]
fn concurrency_is_a_parameter_that_the_functions_know() {
    let parameters = ["Email", "Sms", "WhatsApp", "Push"];
    let names = parameters.map(|channel| format!("{channel}Concurrency"));
    let given: Vec<(&str, &str)> = names
        .iter()
        .map(String::as_str)
        .zip(["3", "4", "5", "6"])
        .collect();
    let template = crate::resolve::Template::read(&given);
    for (channel, (_, executions)) in parameters.iter().zip(&given) {
        for queue in ["Queue", "UrgentQueue", "BulkQueue"] {
            let source = &template.resources[&format!("{channel}From{queue}")].properties;
            assert_eq!(source["ScalingConfig"]["MaximumConcurrency"], *executions);
        }
        let variable = format!("{}_CONCURRENCY", channel.to_uppercase());
        for function in [channel, "Fanout"] {
            let function = &template.resources[&format!("{function}Function")].properties;
            assert_eq!(function["Environment"]["Variables"][&variable], *executions);
        }
    }
}

#[test]
fn nothing_is_reserved_by_default() {
    // A new account may have 10 executions, none of which can be reserved.
    let plain = crate::resolve::Template::read(&[]);
    for (id, function) in plain.of_kind("AWS::Lambda::Function") {
        assert!(
            function.properties["ReservedConcurrentExecutions"].is_null(),
            "{id}"
        );
    }
}

#[test]
fn each_event_source_has_a_valid_maximum() {
    for (id, mapping) in template().of_kind("AWS::Lambda::EventSourceMapping") {
        if text(&mapping.properties, "EventSourceArn").contains(":sqs:") {
            let most = number(&mapping.properties["ScalingConfig"], "MaximumConcurrency");
            assert!((2..=1_000).contains(&most), "{id}: {most}");
            assert!(number(&mapping.properties, "BatchSize") <= 10, "{id}");
        }
        let answers = mapping.properties["FunctionResponseTypes"].as_array();
        let is_partial =
            answers.is_some_and(|it| it.iter().any(|it| it == "ReportBatchItemFailures"));
        assert!(is_partial, "{id} fails batches as a whole");
    }
}

#[test]
fn public_routes_sustain_a_campaign_of_a_million() {
    /// Messages per second sent by ten executions of a channel in batches of ten.
    const MESSAGES: u64 = 660;
    let template = template();
    let (_, stage) = template.of_kind("AWS::ApiGatewayV2::Stage").next().unwrap();
    for (id, route) in template.of_kind("AWS::ApiGatewayV2::Route") {
        let key = text(&route.properties, "RouteKey");
        let path = key.split(' ').nth(1).unwrap();
        let settings = &stage.properties["RouteSettings"][key];
        let needed = match path {
            // Used by people at work, not by the receivers of a campaign.
            _ if path.starts_with("/v1/") => continue,
            "/docs" | "/openapi.json" | "/" | "/{proxy+}" => continue,
            // Accepted, delivered, opened.
            _ if path.starts_with("/callbacks/") => 3 * MESSAGES,
            _ => MESSAGES,
        };
        let rate = settings["ThrottlingRateLimit"].as_u64();
        assert!(
            rate.is_some_and(|rate| rate >= needed),
            "{id} ({key}) takes {rate:?} a second and needs {needed}"
        );
        let burst = number(settings, "ThrottlingBurstLimit");
        assert!(burst >= rate.unwrap() && burst <= 5_000, "{id}: {burst}");
    }
}

#[test]
fn a_function_times_out_before_the_api_does() {
    let template = template();
    for (id, integration) in template.of_kind("AWS::ApiGatewayV2::Integration") {
        let patience = number(&integration.properties, "TimeoutInMillis");
        // "Maximum integration timeout: 30 seconds" (HTTP API quotas).
        assert!(patience <= 30_000, "{id}");
        let arn = text(&integration.properties, "IntegrationUri");
        let function = template.by_arn(arn).unwrap().1;
        assert!(
            number(&function.properties, "Timeout") * 1_000 <= patience,
            "{id}"
        );
    }
}

#[test]
fn the_sweep_runs_every_minute() {
    let template = template();
    let sweep = &template.resources["SweepSchedule"].properties;
    assert_eq!(sweep["ScheduleExpression"], "rate(1 minute)");
}
