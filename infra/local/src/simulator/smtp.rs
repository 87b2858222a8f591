//! A relay: mail that is handed over by SMTP (RFC 5321), to be sent on (RFC 6409). It encrypts when it is asked to (RFC 3207) or from
//! the first byte on (RFC 8314, 3.3), and takes mail only from whoever signed in over an encrypted connection (RFC 4954).
//!
//! It stands in for all relays, so its certificate is made out to none of them. Its key is no secret, and nothing but a function that
//! was told so on the local stack believes it.

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

/// Every user name signs in with this password, and with no other.
pub const SMTP_PASSWORD: &str = "simulated-password";

/// The certificate of the relay, in PEM. It is made out to `simulator.invalid`.
pub const SMTP_CERTIFICATE: &str = include_str!("smtp/certificate.pem");
const KEY: &str = include_str!("smtp/key.pem");

/// What the relay calls itself.
const NAME: &str = "simulator.invalid";
/// More than one message of any kind that we send.
const MAXIMUM_MESSAGE_BYTES: usize = 2 * 1024 * 1024;

/// How the relay encrypts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Encryption {
    WhenAsked,
    Always,
}

/// What encrypts connections.
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
                            tracing::debug!(%error, "a conversation with the simulator ended early");
                        }
                    });
                }
                Err(error) => {
                    // Most often the process is out of file descriptors, which closing connections cures.
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
        // Whatever was sent ahead of the encryption is gone with the buffer (RFC 3207, 6).
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

/// The words of the relay for a fault that somebody asked for; none for one that has no words.
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

/// The reply code that goes with an enhanced status code; a reply code goes with itself.
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

/// An id as Postfix makes them.
pub(super) fn queue_id() -> String {
    format!("4{:010X}", Uuid::new_v4().as_u64_pair().0 >> 24)
}
