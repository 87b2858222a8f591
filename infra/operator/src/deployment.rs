//! Which deployment a command is about, and how it is reached.

use std::{convert::Infallible, fmt, str::FromStr};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::{Credentials, provider::ProvideCredentials};
use aws_sdk_cloudformation::{
    error::ProvideErrorMetadata,
    types::{Output, Stack},
};
use carillon_domain::id::TenantId;
use carillon_store::Store;

use crate::{
    error::{Error, SEARCH},
    local_stack::Environment,
};

/// What every command may be told.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Deployment")]
pub struct Options {
    /// Name of the CloudFormation stack
    #[arg(
        long,
        global = true,
        default_value = "carillon",
        value_name = "NAME",
        display_order = 100
    )]
    stack: String,
    /// Region of the stack [default: from the environment or profile]
    #[arg(long, global = true, display_order = 101)]
    region: Option<String>,
    /// The local stack of this checkout (cargo local up) instead of a deployment in AWS
    #[arg(long, global = true, display_order = 102, conflicts_with_all = ["stack", "region"])]
    local: bool,
    /// Print one JSON document instead of lines
    #[arg(long, global = true, display_order = 103)]
    pub(crate) json: bool,
}

/// A key that is not printed with other things.
#[derive(Clone)]
pub struct ApiKey(String);

impl ApiKey {
    pub(crate) fn new(key: impl Into<String>) -> Self {
        Self(key.into())
    }

    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl FromStr for ApiKey {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ApiKey(…)")
    }
}

/// A deployment that can be reached.
#[derive(Debug, Clone)]
pub struct Deployment {
    pub(crate) config: SdkConfig,
    pub(crate) stack: String,
    pub(crate) api_url: Option<String>,
    pub(crate) api_key: Option<ApiKey>,
}

/// The outputs of its stack.
#[derive(Debug, Clone)]
pub(crate) struct Outputs {
    stack: String,
    outputs: Vec<Output>,
}

impl Options {
    /// Finds region and credentials, and says at once if there are none.
    pub(crate) async fn find(&self) -> Result<Deployment, Error> {
        if self.local {
            return local(&Environment::find()?);
        }
        let mut loader = aws_config::defaults(BehaviorVersion::latest());
        if let Some(region) = &self.region {
            loader = loader.region(Region::new(region.clone()));
        }
        let config = loader.load().await;
        if config.region().is_none() {
            return Err(Error::NoRegion);
        }
        if let Some(provider) = config.credentials_provider() {
            tokio::time::timeout(SEARCH, provider.provide_credentials())
                .await
                .map_err(|_| Error::SearchTooLong)?
                .map_err(Error::NoCredentials)?;
        }
        Ok(Deployment::new(config, &self.stack))
    }
}

fn local(environment: &Environment) -> Result<Deployment, Error> {
    let variable = |name: &str| environment.get(name).unwrap_or_default().to_owned();
    let endpoint = environment.get("AWS_ENDPOINT_URL");
    // Without it, the real AWS would be meant.
    let endpoint = endpoint.ok_or(Error::NoLocalStack)?;
    let credentials = Credentials::new(
        variable("AWS_ACCESS_KEY_ID"),
        variable("AWS_SECRET_ACCESS_KEY"),
        None,
        None,
        "carillon-local",
    );
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(variable("AWS_REGION")))
        .credentials_provider(
            aws_credential_types::provider::SharedCredentialsProvider::new(credentials),
        )
        .endpoint_url(endpoint)
        .build();
    Ok(Deployment {
        api_url: environment.get("CARILLON_API_URL").map(ToOwned::to_owned),
        api_key: environment.get("CARILLON_API_KEY").map(ApiKey::new),
        ..Deployment::new(config, "carillon")
    })
}

impl Deployment {
    /// The deployment of a stack, as it is reached with this configuration.
    #[must_use]
    pub fn new(config: SdkConfig, stack: impl Into<String>) -> Self {
        Self {
            config,
            stack: stack.into(),
            api_url: None,
            api_key: None,
        }
    }

    /// The same with another address of its API than the stack says.
    #[must_use]
    pub fn with_api_url(self, url: impl Into<String>) -> Self {
        Self {
            api_url: Some(url.into()),
            ..self
        }
    }

    /// Where it is, in words.
    pub(crate) fn place(&self) -> String {
        let region = self.config.region().map(ToString::to_string);
        let endpoint = self.config.endpoint_url().map(ToOwned::to_owned);
        endpoint.or(region).unwrap_or_default()
    }

    /// Asks CloudFormation for the outputs of the stack.
    pub(crate) async fn outputs(&self) -> Result<Outputs, Error> {
        let no_stack = || Error::NoStack {
            stack: self.stack.clone(),
            place: self.place(),
        };
        let answer = aws_sdk_cloudformation::Client::new(&self.config)
            .describe_stacks()
            .stack_name(&self.stack)
            .send()
            .await;
        let answer = answer.map_err(|error| {
            let source = Box::new(error);
            let does_not_exist = source.code() == Some("ValidationError")
                && source
                    .message()
                    .is_some_and(|it| it.contains("does not exist"));
            if does_not_exist {
                return no_stack();
            }
            match source.as_service_error() {
                Some(_) => Error::Stack {
                    stack: self.stack.clone(),
                    source,
                },
                None => Error::NoAnswer {
                    place: self.place(),
                    remedy: match self.config.endpoint_url() {
                        Some(_) => "start the local stack with: cargo local up",
                        None => "is the region right?",
                    },
                    source,
                },
            }
        })?;
        let stack: &Stack = answer.stacks().first().ok_or_else(no_stack)?;
        Ok(Outputs {
            stack: self.stack.clone(),
            outputs: stack.outputs().to_vec(),
        })
    }

    /// Its tables.
    pub(crate) async fn store(&self) -> Result<Store, Error> {
        self.store_of(&self.outputs().await?)
    }

    pub(crate) fn store_of(&self, outputs: &Outputs) -> Result<Store, Error> {
        let dynamodb = aws_sdk_dynamodb::Client::new(&self.config);
        Ok(Store::new(
            dynamodb,
            outputs.get("CatalogTable")?,
            outputs.get("DirectoryTable")?,
            outputs.get("LedgerTable")?,
        ))
    }

    /// Its tables, in which the tenant has to be.
    pub(crate) async fn store_with(&self, tenant: &TenantId) -> Result<Store, Error> {
        let store = self.store().await?;
        match store.tenant(tenant).await.map_err(Error::Catalog)? {
            Some(_) => Ok(store),
            None => Err(Error::NoTenant(tenant.clone())),
        }
    }
}

impl Outputs {
    pub(crate) fn get(&self, name: &'static str) -> Result<&str, Error> {
        let mut named = self
            .outputs
            .iter()
            .filter(|it| it.output_key() == Some(name));
        let value = named.next().and_then(Output::output_value);
        value.ok_or_else(|| Error::NoOutput {
            stack: self.stack.clone(),
            output: name,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_local_stack_is_reached_where_its_record_says_and_nowhere_else() {
        let deployment = local(&Environment::of(&[
            ("AWS_ENDPOINT_URL", "http://127.0.0.1:4566"),
            ("AWS_REGION", "us-east-1"),
            ("CARILLON_API_URL", "http://127.0.0.1:4566/api"),
            ("CARILLON_API_KEY", "carillon_secret"),
        ]))
        .unwrap();
        assert_eq!(deployment.place(), "http://127.0.0.1:4566");
        assert_eq!(
            deployment.api_url.as_deref(),
            Some("http://127.0.0.1:4566/api")
        );
        assert!(!format!("{deployment:?}").contains("carillon_secret"));
        let nowhere = local(&Environment::of(&[("AWS_REGION", "us-east-1")]));
        assert!(matches!(nowhere, Err(Error::NoLocalStack)));
    }
}
