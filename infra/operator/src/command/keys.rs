//! `carillon keys`: the API keys of a tenant.

use carillon_domain::{access::Context, id::KeyId};
use carillon_store::{ApiKey, NewKey};
use clap::Subcommand;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::OfTenant;
use crate::{
    deployment::Deployment,
    error::Error,
    said::{Said, table},
};

/// What the words about a key that is shown once end with.
pub(super) const SHOWN_ONCE: &str = "The key is shown this once; what is stored is a hash of it.";

/// `carillon keys`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  carillon keys --tenant acme
  carillon keys create --name \"the portal\" --tenant acme
  carillon keys revoke 1f6e0c5ab2d94c73 --tenant acme")]
pub(super) struct Arguments {
    #[command(flatten)]
    of: OfTenant,
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List them, which is what happens if nothing else is said
    #[command(after_help = "Example:\n  carillon keys list --tenant acme")]
    List,
    /// Make another one, which is shown this once
    #[command(after_help = "Example:\n  carillon keys create --name \"the portal\" --tenant acme")]
    Create {
        /// What it is for
        #[arg(long, default_value = "made by carillon keys create")]
        name: String,
    },
    /// Revoke one: it lets nobody in from then on
    #[command(after_help = "Example:\n  carillon keys revoke 1f6e0c5ab2d94c73 --tenant acme")]
    Revoke {
        /// What follows carillon_ in the key: 16 hexadecimal digits
        key: KeyId,
    },
}

impl Arguments {
    pub(super) async fn run(self, deployment: &Deployment) -> Result<Said, Error> {
        let tenant = self.of.named()?;
        let store = deployment.store_with(tenant).await?;
        let context = Context::operator(tenant, Timestamp::now());
        let keys = match self.what {
            None | Some(What::List) => store.api_keys(&context).await.map_err(Error::Catalog)?,
            Some(What::Create { name }) => {
                let key = NewKey::random();
                let kept = key.kept(tenant, &name, context.now);
                store.put_api_key(&kept).await.map_err(Error::Catalog)?;
                let written = key.written();
                let mut document = document(&kept);
                document["api_key"] = json!(written);
                return Ok(Said::new(format!("{written}\n{SHOWN_ONCE}"), document));
            }
            Some(What::Revoke { key }) => {
                let revoked = store.revoke_api_key(&context, &key).await;
                let revoked = revoked.map_err(Error::Catalog)?;
                vec![revoked.ok_or_else(|| Error::NoKey {
                    tenant: tenant.clone(),
                    key,
                })?]
            }
        };
        let rows: Vec<Vec<String>> = keys.iter().map(row).collect();
        let keys: Vec<Value> = keys.iter().map(document).collect();
        let document = json!({ "tenant": tenant.as_str(), "keys": keys });
        let lines = match rows[..] {
            [] => format!("None; make one with: carillon keys create --tenant {tenant}"),
            _ => table(&rows),
        };
        Ok(Said::new(lines, document))
    }
}

fn row(key: &ApiKey) -> Vec<String> {
    let state = match key.revoked_at {
        Some(at) => format!("revoked {at:.0}"),
        None => "valid".to_owned(),
    };
    vec![
        key.id.to_string(),
        format!("made {:.0}", key.created_at),
        state,
        key.name.clone(),
    ]
}

/// Without the hash of its secret, which is nobody's business.
fn document(key: &ApiKey) -> Value {
    json!({
        "id": key.id.as_str(),
        "name": key.name,
        "created_at": key.created_at,
        "revoked_at": key.revoked_at,
    })
}
