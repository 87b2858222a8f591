//! Calls to the local AWS.

use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};

use crate::error::Error;

/// The region of the local AWS.
pub const REGION: &str = "us-east-1";
/// The name of the CloudFormation stack, which its queues and functions begin with.
pub const STACK_NAME: &str = "carillon";
/// Both halves of the key that the local AWS is called with. It takes any.
pub const ACCESS_KEY: &str = "test";

/// The configuration for SDK clients that call the local AWS at `endpoint`.
#[must_use]
pub fn sdk_config(endpoint: &str) -> SdkConfig {
    sdk_config_of_account(endpoint, ACCESS_KEY)
}

/// The same for an account of twelve digits. Accounts are isolated from each other, so each test can have its own.
#[must_use]
pub fn sdk_config_of_account(endpoint: &str, account: &str) -> SdkConfig {
    let credentials = Credentials::new(account, ACCESS_KEY, None, None, "carillon-local");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static(REGION))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .endpoint_url(endpoint)
        .build()
}

/// A client for the few calls made without an SDK.
pub(crate) fn http() -> Result<reqwest::Client, Error> {
    // The machine's internet proxy cannot reach its loopback.
    reqwest::Client::builder()
        .no_proxy()
        .timeout(Duration::from_mins(1))
        .build()
        .map_err(|source| Error::Http {
            what: "the local AWS".to_owned(),
            source,
        })
}

/// The header that tells the local AWS which service a call is for. Signatures are not checked, so this one is a dummy.
pub(crate) fn authorization(service: &str) -> String {
    format!(
        "AWS4-HMAC-SHA256 Credential={ACCESS_KEY}/20260101/{REGION}/{service}/aws4_request, SignedHeaders=host, Signature=none"
    )
}

/// Whether anything answers at the address.
pub(crate) async fn answers(http: &reqwest::Client, url: &str) -> bool {
    http.get(url)
        .timeout(Duration::from_secs(2))
        .send()
        .await
        .is_ok_and(|response| response.status().is_success())
}
