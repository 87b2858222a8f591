//! A relay: accepts mail by SMTP (RFC 5321) for submission (RFC 6409), with STARTTLS (RFC 3207) or implicit TLS
//! (RFC 8314, 3.3), and only after authentication over an encrypted connection (RFC 4954).
//!
//! It simulates all relays, so its certificate is issued to none of them. Its key is not secret; only functions configured by
//! the local stack trust it.

mod command;
mod session;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::BufStream;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use uuid::Uuid;

use super::faults::FaultKind;
use super::refusal::Refusal;
use super::state::SharedState;
use session::{Ended, Session};

/// The password of every user.
pub const SMTP_PASSWORD: &str = "simulated-password";

/// The certificate of the relay, in PEM, issued to `simulator.invalid`.
pub const SMTP_CERTIFICATE: &str = include_str!("smtp/certificate.pem");
const KEY: &str = include_str!("smtp/key.pem");

/// The relay's host name.
const NAME: &str = "simulator.invalid";
/// Larger than any message that we send.
const MAXIMUM_MESSAGE_BYTES: usize = 2 * 1024 * 1024;

/// How the relay encrypts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Encryption {
    WhenAsked,
    Always,
}

/// The TLS acceptor.
pub(super) fn acceptor() -> io::Result<TlsAcceptor> {
    let certificate = CertificateDer::from_pem_slice(SMTP_CERTIFICATE.as_bytes());
    let key = PrivateKeyDer::from_pem_slice(KEY.as_bytes());
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.map_err(io::Error::other)?],
            key.map_err(io::Error::other)?,
        )
        .map_err(io::Error::other)?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// Serves until it is aborted; its connections end with it.
pub(super) async fn serve(
    listener: TcpListener,
    encryption: Encryption,
    acceptor: TlsAcceptor,
    state: SharedState,
) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    let session = Session::new(Arc::clone(&state));
                    let acceptor = acceptor.clone();
                    connections.spawn(async move {
                        if let Err(error) = converse(stream, encryption, &acceptor, session).await {
                            tracing::debug!(%error, "a connection to the simulator ended early");
                        }
                    });
                }
                Err(error) => {
                    // Usually the process is out of file descriptors, which recovers when connections close.
                    tracing::warn!(%error, "the simulator could not accept a connection");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn converse(
    stream: TcpStream,
    encryption: Encryption,
    acceptor: &TlsAcceptor,
    mut session: Session,
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = stream;
    if encryption == Encryption::WhenAsked {
        let mut plain = BufStream::new(stream);
        session.greet(&mut plain).await?;
        if session.hold(&mut plain).await? == Ended::Conversation {
            return Ok(());
        }
        // Anything sent before the handshake is discarded with the buffer (RFC 3207, 6).
        stream = plain.into_inner();
    }
    let mut encrypted = BufStream::new(acceptor.accept(stream).await?);
    session.begin_encrypted();
    if encryption == Encryption::Always {
        session.greet(&mut encrypted).await?;
    }
    session.hold(&mut encrypted).await?;
    Ok(())
}

/// The relay's reply for a fault; `None` for faults without a response.
pub(super) fn words(fault: &FaultKind, recipients: &[String]) -> Option<Refusal> {
    Some(match fault {
        FaultKind::Throttle { status, .. } => Refusal::new(
            status.unwrap_or(451),
            "4.7.0",
            "Too many messages, slow down",
        ),
        FaultKind::Reject { code, message } => {
            let code = code.as_deref().unwrap_or("5.1.1");
            let recipient = recipients.first().map_or("", String::as_str);
            let usual = || match code {
                "5.1.1" => {
                    format!("<{recipient}>: Recipient address rejected: User unknown")
                }
                _ => "The message was refused".to_owned(),
            };
            let message = message.clone().unwrap_or_else(usual);
            Refusal::new(status(code), code, message)
        }
        FaultKind::ServerError { status: 503 } => {
            Refusal::new(421, "4.3.2", "Service shutting down")
        }
        FaultKind::ServerError { .. } => Refusal::new(451, "4.3.0", "Local error in processing"),
        FaultKind::Slow { .. } | FaultKind::DropBefore | FaultKind::DropAfter => return None,
    })
}

/// The reply code for an enhanced status code; a reply code stays itself.
fn status(code: &str) -> u16 {
    match code {
        "5.2.2" | "5.3.4" => 552,
        "5.7.8" => 535,
        _ if code.starts_with("4.") => 450,
        _ => code
            .parse()
            .ok()
            .filter(|code| (400..600).contains(code))
            .unwrap_or(550),
    }
}

/// An id in Postfix's format.
pub(super) fn queue_id() -> String {
    format!("4{:010X}", Uuid::new_v4().as_u64_pair().0 >> 24)
}
