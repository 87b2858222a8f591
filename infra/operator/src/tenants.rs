//! What the platform's operator does for a tenant: what it may send as, and its API keys.

use aws_config::SdkConfig;
use aws_sdk_cloudformation::{
    error::SdkError, operation::describe_stacks::DescribeStacksError, types::Stack,
};
use carillon_domain::{
    access::{Actor, Context},
    id::{KeyId, TenantId},
    transports::identity::Identity,
};
use carillon_store::Store;
use clap::Subcommand;
use jiff::Timestamp;

/// A command about one tenant.
pub trait AboutTenant {
    /// The region of the deployment, if it was said.
    fn region(&self) -> Option<&str>;

    /// Does it, and gives the lines that are to be printed.
    ///
    /// # Errors
    /// If AWS does not answer, or there is no such stack, tenant or key.
    fn run(self, config: &SdkConfig) -> impl Future<Output = Result<String, Error>>;
}

/// Why a command could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// CloudFormation did not say what the stack is.
    #[error("the stack could not be read")]
    Stack(#[source] Box<SdkError<DescribeStacksError>>),
    /// No such stack is deployed.
    #[error("there is no stack {stack} with an output {output}; name it with --stack")]
    NoOutput {
        /// Its name.
        stack: String,
        /// What was looked for.
        output: &'static str,
    },
    /// DynamoDB did not do it.
    #[error("the catalog does not answer")]
    Catalog(#[source] carillon_store::Error),
    /// Nobody has this id.
    #[error("there is no tenant {0}")]
    NoTenant(TenantId),
    /// It is no key, or another tenant's.
    #[error("the tenant has no key {0}")]
    NoKey(KeyId),
}

/// Which deployment, and which tenant of it.
#[derive(Debug, clap::Args)]
struct Place {
    /// Id of the tenant
    #[arg(long, value_name = "TENANT")]
    tenant: TenantId,
    /// Name of the CloudFormation stack
    #[arg(long, default_value = "carillon")]
    stack: String,
    /// Region of the stack [default: from the environment or profile]
    #[arg(long)]
    region: Option<String>,
}

/// `carillon identities`.
#[derive(Debug, clap::Args)]
pub struct Identities {
    #[command(flatten)]
    place: Place,
    #[command(subcommand)]
    what: Option<IdentitiesCommand>,
}

#[derive(Debug, Subcommand)]
enum IdentitiesCommand {
    /// List them, which is what happens if nothing else is said
    List,
    /// Let the tenant send as these
    Grant {
        /// As in email:example.org, email:news@example.org, configuration_set:NAME, ses_tenant:NAME, sender:NAME, sender:*,
        /// origination:POOL or application:GCM/NAME
        #[arg(required = true, value_name = "KIND:VALUE")]
        identities: Vec<Identity>,
    },
    /// Take these from the tenant; what is being sent stops using them within a minute
    Revoke {
        #[arg(required = true, value_name = "KIND:VALUE")]
        identities: Vec<Identity>,
    },
}

/// `carillon keys`.
#[derive(Debug, clap::Args)]
pub struct Keys {
    #[command(flatten)]
    place: Place,
    #[command(subcommand)]
    what: Option<KeysCommand>,
}

#[derive(Debug, Subcommand)]
enum KeysCommand {
    /// List them, which is what happens if nothing else is said
    List,
    /// Revoke one: it lets nobody in from then on
    Revoke {
        /// What follows carillon_ in the key: 16 hexadecimal digits
        key: KeyId,
    },
}

impl Place {
    /// The tables of the deployment, in which the tenant has to be.
    async fn open(&self, config: &SdkConfig) -> Result<Store, Error> {
        let stacks = aws_sdk_cloudformation::Client::new(config)
            .describe_stacks()
            .stack_name(&self.stack)
            .send()
            .await
            .map_err(|error| Error::Stack(Box::new(error)))?;
        let stack = stacks.stacks().first();
        let output = |name: &'static str| {
            let outputs = stack.map(Stack::outputs).unwrap_or_default();
            let mut named = outputs.iter().filter(|it| it.output_key() == Some(name));
            let value = named.next().and_then(|it| it.output_value());
            value.ok_or_else(|| Error::NoOutput {
                stack: self.stack.clone(),
                output: name,
            })
        };
        let dynamodb = aws_sdk_dynamodb::Client::new(config);
        let store = Store::new(dynamodb, output("CatalogTable")?, output("LedgerTable")?);
        let tenant = store.tenant(&self.tenant).await.map_err(Error::Catalog)?;
        match tenant {
            Some(_) => Ok(store),
            None => Err(Error::NoTenant(self.tenant.clone())),
        }
    }
}

impl AboutTenant for Identities {
    fn region(&self) -> Option<&str> {
        self.place.region.as_deref()
    }

    async fn run(self, config: &SdkConfig) -> Result<String, Error> {
        let (store, tenant) = (self.place.open(config).await?, &self.place.tenant);
        let context = Context::new(tenant.clone(), Actor::Operator, Timestamp::now());
        let identities = match self.what {
            None | Some(IdentitiesCommand::List) => store.identities(&context).await,
            Some(IdentitiesCommand::Grant { identities }) => {
                store.grant_identities(&context, &identities).await
            }
            Some(IdentitiesCommand::Revoke { identities }) => {
                store.revoke_identities(&context, &identities).await
            }
        };
        let identities = identities.map_err(Error::Catalog)?;
        let lines: Vec<String> = identities.iter().map(ToString::to_string).collect();
        Ok(match lines[..] {
            [] => "None: only transports with credentials of the tenant's own send anything."
                .to_owned(),
            _ => lines.join("\n"),
        })
    }
}

impl AboutTenant for Keys {
    fn region(&self) -> Option<&str> {
        self.place.region.as_deref()
    }

    async fn run(self, config: &SdkConfig) -> Result<String, Error> {
        let (store, tenant) = (self.place.open(config).await?, &self.place.tenant);
        let context = Context::new(tenant.clone(), Actor::Operator, Timestamp::now());
        let keys = match self.what {
            None | Some(KeysCommand::List) => {
                store.api_keys(&context).await.map_err(Error::Catalog)?
            }
            Some(KeysCommand::Revoke { key }) => {
                let revoked = store.revoke_api_key(&context, &key).await;
                let revoked = revoked.map_err(Error::Catalog)?;
                vec![revoked.ok_or(Error::NoKey(key))?]
            }
        };
        let lines = keys.iter().map(|key| {
            let state = match key.revoked_at {
                Some(at) => format!("revoked {at:.0}"),
                None => "valid".to_owned(),
            };
            format!(
                "{}  made {:.0}  {state}  {}",
                key.id, key.created_at, key.name
            )
        });
        Ok(lines.collect::<Vec<_>>().join("\n"))
    }
}
