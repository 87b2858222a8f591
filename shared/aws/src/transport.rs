//! The HTTP transport of AWS calls.

use std::time::Duration;

use aws_smithy_http_client::{
    Builder,
    tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::client::http::{HttpClient, SharedHttpClient, http_client_fn};

/// The authorities that sign for AWS endpoints: all of Amazon Trust Services, which is what AWS asks its clients to
/// trust (<https://www.amazontrust.com/repository/>).
const ROOTS: &[u8] = include_bytes!("roots.pem");

/// A transport that trusts the AWS authorities and parses their certificates on the first call.
///
/// Regions of partitions other than `aws` may have other authorities; there the system's roots apply.
///
/// A connection that was idle for longer than `idle` is not reused.
pub(crate) fn transport(region: Option<&str>, idle: Duration) -> SharedHttpClient {
    let is_elsewhere = region.is_some_and(|region| {
        ["cn-", "us-iso", "eu-iso", "eusc-"]
            .iter()
            .any(|partition| region.starts_with(partition))
    });
    let roots = match is_elsewhere {
        true => TrustStore::default(),
        false => TrustStore::empty().with_pem_certificate(ROOTS),
    };
    let mut client = Builder::new()
        .pool_idle_timeout(idle)
        .tls_provider(Provider::Rustls(CryptoMode::AwsLc));
    if let Ok(context) = TlsContext::builder().with_trust_store(roots).build() {
        client = client.tls_context(context);
    }
    let client = client.build_https();
    // The SDK makes a transport build a connector for every client in advance. That takes most of a cold start, and
    // half of them are never used.
    http_client_fn(move |settings, components| client.http_connector(settings, components))
}

#[cfg(test)]
mod tests;
