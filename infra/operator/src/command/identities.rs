//! `carillon identities`: what a tenant may send as.

use carillon_domain::{access::Context, transports::identity::Identity};
use clap::Subcommand;
use jiff::Timestamp;
use serde_json::json;

use super::OfTenant;
use crate::{deployment::Deployment, error::Error, said::Said};

/// `carillon identities`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  carillon identities --tenant acme
  carillon identities grant email:example.org sender:Acme --tenant acme
  carillon identities revoke email:example.org --tenant acme")]
pub(super) struct Arguments {
    #[command(flatten)]
    of: OfTenant,
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List them, which is what happens if nothing else is said
    #[command(after_help = "Example:\n  carillon identities list --tenant acme")]
    List,
    /// Let the tenant send as these
    #[command(
        after_help = "Example:\n  carillon identities grant email:example.org sender:Acme --tenant acme"
    )]
    Grant {
        /// As in email:example.org, email:news@example.org, configuration_set:NAME, ses_tenant:NAME, sender:NAME, sender:*,
        /// origination:POOL or application:GCM/NAME
        #[arg(required = true, value_name = "KIND:VALUE")]
        identities: Vec<Identity>,
    },
    /// Take these from the tenant; what is being sent stops using them within a minute
    #[command(
        after_help = "Example:\n  carillon identities revoke email:example.org --tenant acme"
    )]
    Revoke {
        #[arg(required = true, value_name = "KIND:VALUE")]
        identities: Vec<Identity>,
    },
}

impl Arguments {
    pub(super) async fn run(self, deployment: &Deployment) -> Result<Said, Error> {
        let tenant = self.of.named()?;
        let store = deployment.store_with(tenant).await?;
        let context = Context::operator(tenant, Timestamp::now());
        let identities = match self.what {
            None | Some(What::List) => store.identities(&context).await,
            Some(What::Grant { identities }) => store.grant_identities(&context, &identities).await,
            Some(What::Revoke { identities }) => {
                store.revoke_identities(&context, &identities).await
            }
        };
        let identities = identities.map_err(Error::Catalog)?;
        let lines: Vec<String> = identities.iter().map(ToString::to_string).collect();
        let document = json!({ "tenant": tenant.as_str(), "identities": &lines });
        let lines = match lines[..] {
            [] => "None: only transports with credentials of the tenant's own send anything."
                .to_owned(),
            _ => lines.join("\n"),
        };
        Ok(Said::new(lines, document))
    }
}
