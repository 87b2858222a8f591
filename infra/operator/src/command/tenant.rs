//! `carillon tenant`: making tenants, and what there is of them.

use carillon_domain::{
    access::Context,
    address::EmailAddress,
    id::TenantId,
    transports::{Transport, identity::Identity, sender::SenderId},
};
use carillon_store::{NewKey, NewTenant, Tenant};
use clap::Subcommand;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::keys::SHOWN_ONCE;
use crate::{
    bulksms::{self, BulkSmsAccount},
    deployment::{ApiKey, Deployment},
    error::Error,
    said::{Said, table},
};

/// The most that a scan reads: a gigabyte, which costs about 2 cents in us-east-1
/// (https://aws.amazon.com/dynamodb/pricing/on-demand/: a page is at most 1 MiB, and half a unit reads 4 KB).
pub(super) const PAGES: usize = 1_000;

/// `carillon tenant`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Create a tenant with an API key, which is shown this once
    ///
    /// The tenant sends email through Amazon SES and text messages through Amazon SNS until it says otherwise. Creating it again
    /// keeps what it has, sets these two transports again and adds another key.
    #[command(after_help = "Examples:
  carillon tenant create acme --name Acme --from news@acme.example
  carillon tenant create acme --name Acme --from news@acme.example --sender-id Acme --identity email:acme.example")]
    Create(Create),
    /// Show what a tenant has: what it may send as, transports, keys
    #[command(after_help = "Example:\n  carillon tenant show acme")]
    Show {
        /// Id of the tenant
        tenant: TenantId,
    },
    /// List all tenants; the whole catalog is scanned for them, which costs up to 2 cents
    #[command(
        after_help = "Examples:\n  carillon tenant list\n  carillon tenant list --json | jq -r '.tenants[].id'"
    )]
    List,
}

#[derive(Debug, clap::Args)]
struct Create {
    /// Id of the tenant: 1 to 32 of a-z, 0-9 and -
    tenant: TenantId,
    /// What the tenant is called; mail comes from this name
    #[arg(long)]
    name: String,
    /// Address that mail comes from, verified in SES
    #[arg(long, value_name = "ADDRESS", value_parser = email)]
    from: EmailAddress,
    /// Sender id of text messages, where the country supports one
    #[arg(long)]
    sender_id: Option<SenderId>,
    /// SES configuration set, whose events tell what became of a message; "" for none [default: the stack's own]
    #[arg(long, value_name = "NAME")]
    configuration_set: Option<String>,
    /// What else the tenant may send as through this AWS account, as in email:example.org; repeatable
    #[arg(long = "identity", value_name = "KIND:VALUE")]
    identities: Vec<Identity>,
    /// Id of a BulkSMS API token: text messages go through BulkSMS then, and not through Amazon SNS
    #[arg(long, requires = "bulksms_token_secret", value_name = "ID")]
    bulksms_token_id: Option<String>,
    /// Its secret; better set in the environment than here
    #[arg(
        long,
        env = "BULKSMS_TOKEN_SECRET",
        hide_env_values = true,
        value_name = "SECRET"
    )]
    bulksms_token_secret: Option<ApiKey>,
}

fn email(text: &str) -> Result<EmailAddress, String> {
    EmailAddress::parse(text).map_err(|error| error.to_string())
}

impl Arguments {
    pub(super) async fn run(self, deployment: &Deployment) -> Result<Said, Error> {
        match self.what {
            What::Create(create) => create.run(deployment).await,
            What::Show { tenant } => show(deployment, &tenant).await,
            What::List => list(deployment).await,
        }
    }
}

impl Create {
    async fn run(self, deployment: &Deployment) -> Result<Said, Error> {
        let outputs = deployment.outputs().await?;
        let store = deployment.store_of(&outputs)?;
        let tenant = self.tenant;
        let before = store.tenant(&tenant).await.map_err(Error::Catalog)?;
        let configuration_set = match self.configuration_set {
            Some(set) => Some(set).filter(|set| !set.is_empty()),
            None => Some(outputs.get("EmailConfigurationSet")?.to_owned()),
        };
        let new = NewTenant {
            id: tenant.clone(),
            name: self.name,
            from: self.from,
            sender_id: self.sender_id.clone(),
            configuration_set,
            identities: self.identities,
        };
        let key = NewKey::random();
        let made = store.make_tenant(new, &key, "made by carillon tenant create");
        made.await.map_err(Error::Catalog)?;
        if let (Some(token_id), Some(secret)) = (self.bulksms_token_id, self.bulksms_token_secret) {
            let account = BulkSmsAccount {
                token_id,
                token_secret: secret.expose().to_owned(),
                sender_id: self.sender_id,
            };
            let prefix = outputs.get("SecretsPrefix")?;
            bulksms::use_bulksms(&deployment.config, &store, prefix, &tenant, account).await?;
        }
        let is_new = before.is_none();
        let what = match is_new {
            true => "created",
            false => "was there already: its transports are set again, and it has another key",
        };
        let lines = format!(
            "stack    {} at {}\ntenant   {tenant} ({what})\nAPI key  {}\n{SHOWN_ONCE}",
            deployment.stack,
            deployment.place(),
            key.written(),
        );
        let document = json!({
            "tenant": tenant.as_str(),
            "created": is_new,
            "api_key": key.written(),
        });
        Ok(Said::new(lines, document))
    }
}

async fn show(deployment: &Deployment, id: &TenantId) -> Result<Said, Error> {
    let store = deployment.store().await?;
    let tenant = store.tenant(id).await.map_err(Error::Catalog)?;
    let tenant = tenant.ok_or_else(|| Error::NoTenant(id.clone()))?;
    let context = Context::operator(id, Timestamp::now());
    let setup = store.setup_now(&context).await.map_err(Error::Catalog)?;
    let keys = store.api_keys(&context).await.map_err(Error::Catalog)?;
    let valid = keys.iter().filter(|key| key.revoked_at.is_none()).count();
    let revoked = keys.len() - valid;
    let identities: Vec<String> = setup.identities.iter().map(ToString::to_string).collect();
    let transports: Vec<(&Transport, bool)> = setup
        .transports
        .values()
        .map(|transport| (transport, setup.identities.allow(transport)))
        .collect();
    let mut rows = vec![
        line("tenant", format!("{id}, “{}”", tenant.name)),
        line("created", format!("{:.0}", tenant.created_at)),
    ];
    rows.extend(
        transports
            .iter()
            .map(|(transport, may_send)| line("transport", in_words(transport, *may_send))),
    );
    rows.extend(identities.iter().map(|it| line("sends as", it.clone())));
    rows.push(line(
        "API keys",
        format!("{valid} valid, {revoked} revoked"),
    ));
    let transports: Vec<Value> = transports
        .iter()
        .map(|(transport, may_send)| document_of(transport, *may_send))
        .collect();
    let mut document = document(&tenant);
    document["transports"] = json!(transports);
    document["identities"] = json!(identities);
    document["keys"] = json!({ "valid": valid, "revoked": revoked });
    Ok(Said::new(table(&rows), document))
}

async fn list(deployment: &Deployment) -> Result<Said, Error> {
    let store = deployment.store().await?;
    let all = store.all_tenants(PAGES).await.map_err(Error::Catalog)?;
    let mut rows: Vec<Vec<String>> = all
        .tenants
        .iter()
        .map(|it| {
            vec![
                it.id.to_string(),
                format!("created {:.0}", it.created_at),
                it.name.clone(),
            ]
        })
        .collect();
    if rows.is_empty() {
        let hint =
            "None; create one with: carillon tenant create TENANT --name NAME --from ADDRESS";
        rows.push(vec![hint.to_owned()]);
    }
    let mut lines = table(&rows);
    if all.unreadable > 0 {
        let more = format!("\n{} more are of another version", all.unreadable);
        lines.push_str(&more);
    }
    if !all.complete {
        lines.push_str("\nThere may be more: the catalog is larger than what is scanned at most.");
    }
    let tenants: Vec<Value> = all.tenants.iter().map(document).collect();
    let document = json!({
        "tenants": tenants,
        "unreadable": all.unreadable,
        "complete": all.complete,
    });
    Ok(Said {
        all_well: all.complete && all.unreadable == 0,
        ..Said::new(lines, document)
    })
}

fn line(name: &str, value: String) -> Vec<String> {
    vec![name.to_owned(), value]
}

fn document(tenant: &Tenant) -> Value {
    json!({
        "id": tenant.id.as_str(),
        "name": tenant.name,
        "created_at": tenant.created_at,
    })
}

fn in_words(transport: &Transport, may_send: bool) -> String {
    let mut words = format!(
        "{} ({}, {})",
        transport.id,
        transport.channel().as_str(),
        transport.vendor.as_str()
    );
    if let Some(from) = &transport.from {
        words.push_str(&format!(" from {}", from.address.expose()));
    }
    if let Some(sender) = &transport.sender_id {
        words.push_str(&format!(" as {sender}"));
    }
    if !transport.enabled {
        words.push_str(", switched off");
    }
    if !may_send {
        words.push_str(", not used: what it sends as is not granted");
    }
    words
}

fn document_of(transport: &Transport, may_send: bool) -> Value {
    json!({
        "id": transport.id.as_str(),
        "channel": transport.channel().as_str(),
        "vendor": transport.vendor.as_str(),
        "from": transport.from.as_ref().map(|it| it.address.expose()),
        "sender_id": transport.sender_id.as_ref().map(ToString::to_string),
        "enabled": transport.enabled,
        "granted": may_send,
    })
}
