//! How calls to AWS go out.

use std::time::Duration;

use aws_smithy_http_client::{
    Builder,
    tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::client::http::{HttpClient, SharedHttpClient, http_client_fn};

/// The authorities that sign for the endpoints of AWS: all that Amazon Trust Services has, which are those that AWS asks
/// its clients to trust (<https://www.amazontrust.com/repository/>).
const ROOTS: &[u8] = include_bytes!("roots.pem");

/// A transport that trusts the authorities of AWS, and reads their certificates when the first call is made.
///
/// Regions of other partitions than `aws` may have other authorities; there, the roots of the system count.
///
/// A connection that was idle for longer than `idle` is not used again.
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
    // The SDK has a transport make a first connector for each client that is made, so that it is ready. That is what
    // takes most of a start, and half of it is thrown away.
    http_client_fn(move |settings, components| client.http_connector(settings, components))
}

#[cfg(test)]
mod tests;
