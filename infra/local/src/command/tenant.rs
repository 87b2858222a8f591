//! `cargo local tenant`: a tenant in a deployment, with the AWS credentials of whoever runs it.

use carillon_domain::{address::EmailAddress, id::TenantId};
use carillon_store::Store;

use crate::command::say;
use crate::error::Error;
use crate::tenant::{self, NewTenant};

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
    /// Table `CatalogTable` of the stack's outputs
    #[arg(long, env = "CATALOG_TABLE")]
    catalog_table: String,
    /// Table `LedgerTable` of the stack's outputs
    #[arg(long, env = "LEDGER_TABLE")]
    ledger_table: String,
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
        sender_id: arguments.sender_id.clone(),
        configuration_set: arguments.configuration_set.clone(),
    };
    let made = tenant::create(&store, tenant).await?;
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
