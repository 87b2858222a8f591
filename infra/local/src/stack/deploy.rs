//! Deploys the template to the local AWS, the way `sam deploy` does to the real one.

use std::{collections::BTreeMap, time::Duration};

use aws_sdk_cloudformation::{
    Client,
    error::{DisplayErrorContext, ProvideErrorMetadata},
    types::{Capability, Parameter, Stack},
};
use serde::{Deserialize, Serialize};

use crate::{
    aws,
    aws::STACK_NAME,
    error::{Error, IoContext},
    stack::{
        functions::{self, Binary},
        outputs::Outputs,
        progress::Progress,
        python::Environment,
        template, workspace,
    },
};

const CODE_BUCKET: &str = "carillon-local-code";
/// Executions of each queue. Only those of AWS are scarce, and ten show what happens between them.
pub(crate) const CONCURRENCY: &str = "10";

/// Identifies what was deployed, to detect changes later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Deployment {
    template: String,
    versions: BTreeMap<String, String>,
    pub(crate) outputs: Outputs,
}

/// The template and the functions that it names.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    template: String,
    pub(crate) functions: Vec<String>,
}

impl Source {
    /// Reads the template of the repository.
    pub(crate) fn read() -> Result<Self, Error> {
        let path = workspace::template();
        let template = std::fs::read_to_string(&path).at("cannot read", &path)?;
        let functions = template::functions(&template);
        if functions.is_empty() {
            return Err(Error::NoFunctions { path });
        }
        Ok(Self {
            template,
            functions,
        })
    }
}

/// Deploys what differs from `previous`; returns `previous` if nothing does.
pub(crate) async fn deploy(
    environment: &Environment,
    endpoint: &str,
    source: &Source,
    binaries: &BTreeMap<String, Binary>,
    previous: Option<Deployment>,
    progress: Progress,
) -> Result<Deployment, Error> {
    let versions: BTreeMap<String, String> = binaries
        .iter()
        .map(|(function, binary)| (function.clone(), binary.version.clone()))
        .collect();
    let is_new = previous.is_none();
    if let Some(previous) = previous.as_ref()
        && previous.template == source.template
        && previous.versions == versions
    {
        progress.note("✓ Functions and template are already deployed");
        return Ok(previous.clone());
    }
    let deployed = previous
        .map(|previous| previous.versions)
        .unwrap_or_default();
    let changed: Vec<(&String, &Binary)> = binaries
        .iter()
        .filter(|(function, binary)| deployed.get(*function) != Some(&binary.version))
        .collect();

    let step = progress.step("Packaging the functions");
    let http = aws::http()?;
    if is_new {
        put(&http, &format!("{endpoint}/{CODE_BUCKET}"), Vec::new()).await?;
    }
    let mut bytes = 0;
    for (function, binary) in &changed {
        let package = functions::package(function, binary).await?;
        bytes += package.len();
        let key = key(function, &binary.version);
        put(&http, &format!("{endpoint}/{CODE_BUCKET}/{key}"), package).await?;
    }
    step.done(&format!("{} of {} MB", changed.len(), bytes / 1_000_000));

    let step = progress.step("Deploying the template");
    let expanded = environment
        .run_script(&workspace::expander(), &workspace::template())
        .await?;
    let expanded = serde_json::from_slice(&expanded).map_err(|source| Error::Aws {
        what: "read the expanded template".to_owned(),
        source: source.into(),
    })?;
    let body = template::with_code(expanded, |function| {
        let version = versions.get(function).map_or("", String::as_str);
        format!("s3://{CODE_BUCKET}/{}", key(function, version))
    });
    // A template in the call itself is limited to 51,200 bytes, less than ours.
    let template_url = format!("{endpoint}/{CODE_BUCKET}/template.json");
    put(&http, &template_url, body.to_string().into_bytes()).await?;
    let cloudformation = Client::new(&aws::sdk_config(endpoint));
    let stack = apply(&cloudformation, endpoint, &template_url, is_new).await?;
    let outputs = stack
        .outputs()
        .iter()
        .filter_map(|output| {
            Some((
                output.output_key()?.to_owned(),
                output.output_value()?.to_owned(),
            ))
        })
        .collect();
    step.done("");
    Ok(Deployment {
        template: source.template.clone(),
        versions,
        outputs: Outputs::read(outputs)?,
    })
}

fn key(function: &str, version: &str) -> String {
    format!("{function}/{version}.zip")
}

/// Puts an object or creates a bucket. The SDK would spend seconds on checksums and signatures that nobody verifies.
async fn put(http: &reqwest::Client, url: &str, body: Vec<u8>) -> Result<(), Error> {
    http.put(url)
        .header("authorization", aws::authorization("s3"))
        .body(body)
        .send()
        .await
        .and_then(reqwest::Response::error_for_status)
        .map(|_| ())
        .map_err(|source| Error::Aws {
            what: format!("store {url}"),
            source: source.into(),
        })
}

async fn apply(
    client: &Client,
    endpoint: &str,
    template_url: &str,
    is_new: bool,
) -> Result<Stack, Error> {
    let mut parameters = vec![
        parameter("Architecture", architecture()),
        parameter("LocalEndpoint", endpoint),
        parameter("S3PathStyle", "true"),
    ];
    for queues in ["Email", "Sms", "WhatsApp", "Push", "Fanout", "Receipts"] {
        parameters.push(parameter(&format!("{queues}Concurrency"), CONCURRENCY));
    }
    let capabilities = vec![Capability::CapabilityIam, Capability::CapabilityAutoExpand];
    let failure = |source: Box<dyn std::error::Error + Send + Sync>| Error::Aws {
        what: "deploy the template".to_owned(),
        source,
    };
    if is_new {
        client
            .create_stack()
            .stack_name(STACK_NAME)
            .template_url(template_url)
            .set_parameters(Some(parameters))
            .set_capabilities(Some(capabilities))
            .send()
            .await
            .map_err(|error| failure(format!("{}", DisplayErrorContext(&error)).into()))?;
    } else {
        let updated = client
            .update_stack()
            .stack_name(STACK_NAME)
            .template_url(template_url)
            .set_parameters(Some(parameters))
            .set_capabilities(Some(capabilities))
            .send()
            .await;
        // CloudFormation reports an error when there is nothing to update.
        if let Err(error) = updated
            && !error
                .message()
                .is_some_and(|message| message.contains("No updates"))
        {
            return Err(failure(format!("{}", DisplayErrorContext(&error)).into()));
        }
    }
    loop {
        let stacks = client
            .describe_stacks()
            .stack_name(STACK_NAME)
            .send()
            .await
            .map_err(|error| failure(format!("{}", DisplayErrorContext(&error)).into()))?;
        let stack = stacks
            .stacks
            .and_then(|stacks| stacks.into_iter().next())
            .ok_or_else(|| failure("CloudFormation has no such stack".into()))?;
        let status = stack
            .stack_status()
            .map_or(String::new(), |status| status.as_str().to_owned());
        match status.as_str() {
            "CREATE_COMPLETE" | "UPDATE_COMPLETE" => return Ok(stack),
            _ if status.ends_with("_IN_PROGRESS") => {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            _ => {
                return Err(Error::NotDeployed {
                    failures: failures(client).await,
                    status,
                });
            }
        }
    }
}

/// The failures that CloudFormation reports, oldest first, because the first one causes the others.
async fn failures(client: &Client) -> String {
    let events = client
        .describe_stack_events()
        .stack_name(STACK_NAME)
        .send()
        .await;
    let Ok(events) = events else {
        return String::new();
    };
    let mut lines: Vec<String> = events
        .stack_events()
        .iter()
        .filter(|event| {
            event
                .resource_status()
                .is_some_and(|status| status.as_str().ends_with("_FAILED"))
        })
        .map(|event| {
            format!(
                "    {}: {}",
                event.logical_resource_id().unwrap_or_default(),
                event.resource_status_reason().unwrap_or_default()
            )
        })
        .collect();
    lines.reverse();
    lines.join("\n")
}

fn parameter(key: &str, value: &str) -> Parameter {
    Parameter::builder()
        .parameter_key(key)
        .parameter_value(value)
        .build()
}

fn architecture() -> &'static str {
    if cfg!(target_arch = "aarch64") {
        "arm64"
    } else {
        "x86_64"
    }
}
