//! The demo tenant of a fresh local stack.

use carillon_domain::{address::EmailAddress, id::KeyId};
use carillon_store::{NewKey, NewTenant, Secret, Store};
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::stack::outputs::Outputs;

/// A tenant that can use the API of the local stack.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DemoTenant {
    /// The id of the tenant.
    pub tenant: String,
    /// A key of its admin for the API.
    pub api_key: String,
}

/// The key of the demo tenant is the same on every laptop, so that the events in `events/api` work
/// with `cargo lambda invoke`. It exists on local stacks only.
fn demo_key() -> NewKey {
    NewKey {
        id: KeyId::from_bytes([0, 0, 0, 0, 0, 0, 0, 1]),
        secret: Secret::from_bytes([0; 32]),
    }
}

/// Creates the demo tenant with an API key in the catalog of a stack that was just deployed.
pub async fn create_demo_tenant(
    dynamodb: aws_sdk_dynamodb::Client,
    outputs: &Outputs,
) -> Result<DemoTenant, Error> {
    let store = Store::new(
        dynamodb,
        &outputs.catalog_table,
        &outputs.directory_table,
        &outputs.ledger_table,
    );
    let tenant = NewTenant {
        id: "demo".parse().map_err(tenant_error)?,
        name: "Demo".to_owned(),
        from: EmailAddress::parse("news@carillon.example").map_err(tenant_error)?,
        sender_id: Some("Carillon".parse().map_err(tenant_error)?),
        configuration_set: Some(outputs.email_configuration_set.clone()),
        // So that a newcomer's transports work too; the simulator is all that they reach.
        identities: ["email:carillon.example", "sender:*"]
            .into_iter()
            .map(|text| text.parse().map_err(tenant_error))
            .collect::<Result<_, _>>()?,
    };
    let id = tenant.id.to_string();
    let key = demo_key();
    let made = store.make_tenant(tenant, &key, "made by cargo local up");
    made.await.map_err(tenant_error)?;
    Ok(DemoTenant {
        tenant: id,
        api_key: key.written(),
    })
}

fn tenant_error(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::Tenant {
        source: source.into(),
    }
}
