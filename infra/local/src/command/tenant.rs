//! `cargo local tenant`: a tenant in a deployment, with the AWS credentials of whoever runs it.

use std::{convert::Infallible, fmt, str::FromStr};

use carillon_domain::{
    address::EmailAddress,
    id::TenantId,
    transports::{
        identity::Identity,
        sender::{InvalidSenderId, SenderId},
    },
};
use carillon_store::Store;

use crate::{
    command::say,
    error::Error,
    tenant::{self, BulkSmsAccount, NewTenant},
};

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Id of the tenant: 1 to 32 of a-z, 0-9 and -
    id: TenantId,
    /// What the tenant is called; mail comes from this name
    #[arg(long)]
    name: String,
    /// Address that mail comes from, verified in SES
    #[arg(long)]
    from: String,
    /// Sender id of text messages, where the country supports one
    #[arg(long)]
    sender_id: Option<String>,
    /// SES configuration set, whose events tell what became of a message
    #[arg(long)]
    configuration_set: Option<String>,
    /// What else the tenant may send as through this AWS account, as in email:example.org; repeatable
    #[arg(long = "identity", value_name = "KIND:VALUE")]
    identities: Vec<Identity>,
    /// Id of a BulkSMS API token: text messages go through BulkSMS then, and not through Amazon SNS
    #[arg(long, requires_all = ["bulksms_token_secret", "secrets_place"])]
    bulksms_token_id: Option<String>,
    /// Its secret; rather give it in the environment than here
    #[arg(long, env = "BULKSMS_TOKEN_SECRET", hide_env_values = true)]
    bulksms_token_secret: Option<TokenSecret>,
    /// What the names of secrets begin with, `SecretsPlace` of the stack's outputs
    #[arg(long, env = "SECRETS_PLACE")]
    secrets_place: Option<String>,
    /// Table `CatalogTable` of the stack's outputs
    #[arg(long, env = "CATALOG_TABLE")]
    catalog_table: String,
    /// Table `LedgerTable` of the stack's outputs
    #[arg(long, env = "LEDGER_TABLE")]
    ledger_table: String,
}

/// A secret that is not printed with the other arguments.
#[derive(Clone)]
struct TokenSecret(String);

impl FromStr for TokenSecret {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for TokenSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("TokenSecret(…)")
    }
}

impl Arguments {
    /// The sender id, as BulkSMS takes it.
    fn sender_id(&self) -> Result<Option<SenderId>, Error> {
        let sender_id = self.sender_id.as_deref().map(str::parse).transpose();
        sender_id.map_err(|source: InvalidSenderId| Error::Tenant {
            source: Box::new(source),
        })
    }
}

pub(crate) async fn run(arguments: &Arguments) -> Result<(), Error> {
    let from = EmailAddress::parse(&arguments.from).map_err(|source| Error::Tenant {
        source: Box::new(source),
    })?;
    let config = aws_config::load_defaults(aws_config::BehaviorVersion::latest()).await;
    let store = Store::new(
        aws_sdk_dynamodb::Client::new(&config),
        &arguments.catalog_table,
        &arguments.ledger_table,
    );
    let tenant = NewTenant {
        id: arguments.id.clone(),
        name: arguments.name.clone(),
        from,
        sender_id: arguments.sender_id()?,
        configuration_set: arguments.configuration_set.clone(),
        identities: arguments.identities.clone(),
    };
    let made = tenant::create(&store, tenant).await?;
    if let (Some(token_id), Some(token_secret), Some(place)) = (
        &arguments.bulksms_token_id,
        &arguments.bulksms_token_secret,
        &arguments.secrets_place,
    ) {
        let account = BulkSmsAccount {
            token_id: token_id.clone(),
            token_secret: token_secret.0.clone(),
            sender_id: arguments.sender_id()?,
        };
        tenant::use_bulksms(&config, &store, place, &arguments.id, account).await?;
    }
    let place = config.endpoint_url().map_or_else(
        || config.region().map(ToString::to_string).unwrap_or_default(),
        ToOwned::to_owned,
    );
    say(&format!(
        "written  to {} at {place}",
        arguments.catalog_table
    ));
    say(&format!("tenant   {}", made.tenant));
    say(&format!("API key  {}", made.api_key));
    say("The key is shown this once; what is stored is a hash of it.");
    Ok(())
}
