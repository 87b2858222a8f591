//! The single SMTP client (RFC 5321) for relays.
//!
//! A message is submitted once, without retries. The connection is encrypted before anything sensitive is sent, and
//! goes to a public address, whatever a name resolves to. How far the session had come determines the outcome
//! ([`crate::email::smtp`]). lettre implements the protocol; addresses, encryption and connections are handled here.

mod guarded;

use std::{
    fmt, io,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::{Duration, Instant},
};

use carillon_domain::{address::EmailAddress, delivery::Outcome, reason::Reason};
use guarded::Guarded;
use hyper_rustls::ConfigBuilderExt;
use lettre::{
    Address,
    transport::smtp::{
        Error,
        authentication::{Credentials, Mechanism},
        client::AsyncSmtpConnection,
        commands::{Data, Mail, Rcpt, Starttls},
        extension::{ClientId, Extension, MailBodyParameter, MailParameter},
        response::Response,
    },
};
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use tokio::{net::TcpStream, time::timeout};
use tokio_rustls::TlsConnector;

use crate::{
    aws::{CALL, CONNECT},
    email::{
        Email,
        smtp::{
            Security, Smtp,
            replies::{Answer, Reply, Stage, judge},
        },
    },
    http::{IDLE, resolve},
};

/// How many connections are kept: one per message of a batch, whose messages are sent concurrently.
const CONNECTIONS: usize = 10;
/// Messages per connection. Many relays hang up after some number.
const MESSAGES: u32 = 50;
/// Password mechanisms, best first (RFC 4616; older relays offer AUTH LOGIN).
const MECHANISMS: &[Mechanism] = &[Mechanism::Plain, Mechanism::Login];
/// The name in the simulator's certificate.
const SIMULATED_HOST: &str = "simulator.invalid";

/// Submits mail to relays and keeps connections for a short time.
pub struct Relays {
    /// Created for the first connection: it loads all root certificates of the system, and many an execution
    /// environment never needs them.
    tls: OnceLock<Option<Arc<ClientConfig>>>,
    time: Duration,
    simulator: Option<Simulator>,
    idle: Mutex<Vec<Line>>,
}

impl fmt::Debug for Relays {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Relays")
            .field("simulator", &self.simulator)
            .finish_non_exhaustive()
    }
}

/// The simulator that replaces all relays.
#[derive(Debug, Clone)]
pub struct Simulator {
    start_tls: SocketAddr,
    tls: SocketAddr,
    certificate: CertificateDer<'static>,
}

/// The simulator's configuration is invalid.
#[derive(Debug, thiserror::Error)]
#[error(
    "PROVIDER_SIMULATOR_SMTP, PROVIDER_SIMULATOR_SMTPS and PROVIDER_SIMULATOR_SMTP_CERTIFICATE must be the simulator's addresses and its certificate"
)]
pub struct BadSimulator;

impl Simulator {
    /// A simulator that listens at these addresses: with STARTTLS at the first, with implicit TLS at the second. Its
    /// certificate, in PEM, is the only one trusted.
    ///
    /// # Errors
    /// If a value is invalid.
    pub fn new(start_tls: &str, tls: &str, certificate: &str) -> Result<Self, BadSimulator> {
        Ok(Self {
            start_tls: start_tls.parse().map_err(|_| BadSimulator)?,
            tls: tls.parse().map_err(|_| BadSimulator)?,
            certificate: CertificateDer::from_pem_slice(certificate.as_bytes())
                .map_err(|_| BadSimulator)?,
        })
    }
}

/// An authenticated connection.
struct Line {
    /// The account it belongs to.
    account: String,
    connection: AsyncSmtpConnection,
    /// Messages sent so far.
    messages: u32,
    idle_since: Instant,
}

/// The message to submit.
struct Submission {
    from: Address,
    to: Address,
    message: Vec<u8>,
}

impl Relays {
    /// Relays are where their accounts say, unless there is a simulator. That is for the local stack only: it receives
    /// all mail.
    pub fn new(simulator: Option<Simulator>) -> Self {
        Self::within(simulator, CALL)
    }

    fn within(simulator: Option<Simulator>, time: Duration) -> Self {
        Self {
            tls: OnceLock::new(),
            time,
            simulator,
            idle: Mutex::default(),
        }
    }

    /// Submits a mail and returns the outcome. `name` identifies the account: a connection is reused only for the
    /// account it was opened for.
    pub async fn send(&self, name: &str, account: &Smtp<'_>, email: &Email<'_>) -> Outcome {
        let invalid = |text: String| Outcome::Rejected(Reason::new("invalid_message", text));
        let message = match email.write(account.from) {
            Ok(message) => with_line_ends(&message),
            Err(error) => return invalid(error.to_string()),
        };
        let (Some(from), Some(to)) = (address(&account.from.address), address(email.to)) else {
            return invalid("An address has no domain.".to_owned());
        };
        let parcel = Submission { from, to, message };
        let mut stage = Stage::Connect;
        let conversation = self.hand_over(name, account, &parcel, &mut stage);
        let answer = match timeout(self.time, conversation).await {
            Ok(Ok(reply)) => Answer::Reply(reply),
            Ok(Err(answer)) => answer,
            Err(_) => Answer::TimedOut,
        };
        judge(stage, &answer, &email.message_id(account.from))
    }

    /// The last reply, or how the session ended before one.
    async fn hand_over(
        &self,
        name: &str,
        account: &Smtp<'_>,
        parcel: &Submission,
        stage: &mut Stage,
    ) -> Result<Reply, Answer> {
        let mut line = match self.kept(name).await {
            Some(line) => line,
            None => Box::pin(self.open(name, account, stage)).await?,
        };
        *stage = Stage::Sender;
        if !parcel.is_ascii() && !line.takes_utf8() {
            // A sender beyond ASCII concerns the account, a recipient beyond ASCII the receiver.
            if is_ascii(&parcel.from) {
                *stage = Stage::Recipient;
            }
            return Err(Answer::NoUtf8);
        }
        let mail = Mail::new(Some(parcel.from.clone()), parcel.parameters());
        let reply = line.connection.command(mail).await;
        expected(*stage, reply)?;

        *stage = Stage::Recipient;
        let recipient = Rcpt::new(parcel.to.clone(), Vec::new());
        let reply = line.connection.command(recipient).await;
        expected(*stage, reply)?;

        *stage = Stage::Data;
        let reply = line.connection.command(Data).await;
        expected(*stage, reply)?;

        *stage = Stage::Message;
        let reply = line.connection.message(&parcel.message).await;
        let reply = expected(*stage, reply)?;
        self.keep(line);
        Ok(reply)
    }

    /// A recently used connection of the account that still responds. If one does not, nothing has been submitted yet.
    async fn kept(&self, name: &str) -> Option<Line> {
        let mut line = {
            let mut idle = self.idle();
            idle.retain(|line| line.idle_since.elapsed() < IDLE);
            let place = idle.iter().position(|line| line.account == name)?;
            idle.swap_remove(place)
        };
        let answers = timeout(CONNECT, line.connection.test_connected()).await;
        answers.unwrap_or(false).then_some(line)
    }

    /// Keeps a connection for a short time. Others are closed without QUIT: the execution environment may be frozen
    /// before a reply.
    fn keep(&self, mut line: Line) {
        line.messages += 1;
        line.idle_since = Instant::now();
        let mut idle = self.idle();
        if line.messages < MESSAGES && idle.len() < CONNECTIONS {
            idle.push(line);
        }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Line>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Connects, encrypts and authenticates.
    async fn open(
        &self,
        name: &str,
        account: &Smtp<'_>,
        stage: &mut Stage,
    ) -> Result<Line, Answer> {
        let stream = timeout(CONNECT, self.connect(account)).await;
        let stream = stream.map_err(|_| Answer::NotReached)??;
        let peer = stream.peer_addr().map_err(|_| Answer::Lost)?;
        let tls = self
            .tls
            .get_or_init(|| client_config(self.simulator.as_ref()));
        let tls = tls.as_ref().ok_or(Answer::NoClient)?;
        let host = match &self.simulator {
            Some(_) => SIMULATED_HOST,
            None => account.host,
        };
        let host = ServerName::try_from(host.to_owned()).map_err(|_| Answer::NotReached)?;
        let hello = hello(account);

        let stream = match account.security {
            Security::Tls => stream,
            Security::StartTls => {
                *stage = Stage::Greeting;
                ask_to_encrypt(stream, peer, &hello, stage).await?
            }
        };
        *stage = Stage::Secure;
        let connector = TlsConnector::from(Arc::clone(tls));
        let stream = connector.connect(host, stream).await;
        let stream = stream.map_err(|error| why(&error))?;
        let stream = match account.security {
            Security::Tls => Guarded::new(stream, peer),
            Security::StartTls => Guarded::greeted(stream, peer),
        };
        *stage = Stage::Greeting;
        let connection = AsyncSmtpConnection::connect_with_transport(Box::new(stream), &hello);
        let mut connection = connection.await.map_err(|error| ended(&error))?;

        *stage = Stage::SignIn;
        let offered = connection.server_info().get_auth_mechanism(MECHANISMS);
        if offered.is_none() {
            return Err(Answer::NoMechanism);
        }
        let credentials = Credentials::new(account.username.clone(), account.password.clone());
        let reply = connection.auth(MECHANISMS, &credentials).await;
        expected(*stage, reply)?;
        Ok(Line {
            account: name.to_owned(),
            connection,
            messages: 0,
            idle_since: Instant::now(),
        })
    }

    /// Connects to one of the addresses that were checked, so a name that resolves differently a moment later changes
    /// nothing.
    async fn connect(&self, account: &Smtp<'_>) -> Result<TcpStream, Answer> {
        let addresses = match (&self.simulator, account.security) {
            (Some(simulator), Security::StartTls) => vec![simulator.start_tls],
            (Some(simulator), Security::Tls) => vec![simulator.tls],
            (None, _) => resolve(account.host, account.port, true)
                .await
                .map_err(|error| match error.kind() {
                    io::ErrorKind::AddrNotAvailable => Answer::NotPublic,
                    _ => Answer::NotReached,
                })?,
        };
        let stream = TcpStream::connect(addresses.as_slice()).await;
        let stream = stream.map_err(|_| Answer::NotReached)?;
        stream.set_nodelay(true).map_err(|_| Answer::Lost)?;
        Ok(stream)
    }
}

impl Line {
    fn takes_utf8(&self) -> bool {
        let relay = self.connection.server_info();
        relay.supports_feature(Extension::SmtpUtfEight)
            && relay.supports_feature(Extension::EightBitMime)
    }
}

impl Submission {
    fn is_ascii(&self) -> bool {
        self.message.is_ascii() && is_ascii(&self.from) && is_ascii(&self.to)
    }

    /// The parameters of MAIL FROM. Texts are encoded in ASCII, so only addresses can require SMTPUTF8 (RFC 6531, 3.4).
    /// SIZE is not sent, because lettre does not say whether the relay offers it (RFC 1870).
    fn parameters(&self) -> Vec<MailParameter> {
        if self.is_ascii() {
            return Vec::new();
        }
        vec![
            MailParameter::Body(MailBodyParameter::EightBitMime),
            MailParameter::SmtpUtfEight,
        ]
    }
}

/// lettre's address type. The address was validated before; lettre's own validation would pull in Unicode tables.
fn address(address: &EmailAddress) -> Option<Address> {
    let (local, domain) = address.expose().rsplit_once('@')?;
    Some(Address::new_dangerous(local, domain))
}

fn is_ascii(address: &Address) -> bool {
    let text: &str = address.as_ref();
    text.is_ascii()
}

/// Our EHLO name: the domain of the sender address. Some relays require one, and a function has no host name (RFC 5321,
/// 4.1.4).
fn hello(account: &Smtp<'_>) -> ClientId {
    let domain = account.from.address.expose().rsplit('@').next();
    match domain.filter(|domain| domain.is_ascii()) {
        Some(domain) => ClientId::Domain(domain.to_owned()),
        None => ClientId::default(),
    }
}

/// Sends STARTTLS (RFC 3207). Plain text received after the reply is discarded with the reader: an attacker could have
/// injected it to be taken for a later reply (RFC 3207, 6).
async fn ask_to_encrypt(
    stream: TcpStream,
    peer: SocketAddr,
    hello: &ClientId,
    stage: &mut Stage,
) -> Result<TcpStream, Answer> {
    // lettre does not return the stream, so it gets a second handle of the same connection.
    let lost = |_: io::Error| Answer::Lost;
    let stream = stream.into_std().map_err(lost)?;
    let same = stream.try_clone().map_err(lost)?;
    let stream = TcpStream::from_std(stream).map_err(lost)?;
    let plain = Box::new(Guarded::new(stream, peer));
    let connection = AsyncSmtpConnection::connect_with_transport(plain, hello);
    let mut connection = connection.await.map_err(|error| ended(&error))?;
    if !connection.can_starttls() {
        return Err(Answer::NoStartTls);
    }
    *stage = Stage::Secure;
    let reply = connection.command(Starttls).await;
    expected(*stage, reply)?;
    drop(connection);
    TcpStream::from_std(same).map_err(lost)
}

/// The reply, if the session continues after it.
fn expected(stage: Stage, result: Result<Response, Error>) -> Result<Reply, Answer> {
    let response = result.map_err(|error| ended(&error))?;
    let text: Vec<&str> = response.message().collect();
    let reply = Reply {
        code: response.code().into(),
        text: text.join(" "),
    };
    if stage.goes_on(reply.code) {
        Ok(reply)
    } else {
        Err(Answer::Reply(reply))
    }
}

/// Maps lettre's error: the relay refused, or the connection failed.
fn ended(error: &Error) -> Answer {
    let Some(code) = error.status() else {
        return Answer::Lost;
    };
    let text = std::error::Error::source(error);
    Answer::Reply(Reply {
        code: code.into(),
        text: text.map(ToString::to_string).unwrap_or_default(),
    })
}

/// Why a connection could not be encrypted.
fn why(error: &io::Error) -> Answer {
    let inside = error.get_ref();
    match inside.and_then(|inside| inside.downcast_ref::<rustls::Error>()) {
        Some(error) => Answer::NotTrusted(error.to_string()),
        None => Answer::Lost,
    }
}

/// TLS 1.2 and 1.3 (RFC 8314, 4.1), with the system's root certificates or the simulator's certificate.
fn client_config(simulator: Option<&Simulator>) -> Option<Arc<ClientConfig>> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .ok()?;
    let builder = match simulator {
        Some(simulator) => {
            let mut roots = RootCertStore::empty();
            roots.add(simulator.certificate.clone()).ok()?;
            builder.with_root_certificates(roots)
        }
        None => builder.with_native_roots().ok()?,
    };
    Some(Arc::new(builder.with_no_client_auth()))
}

/// The message in SMTP format: every line ends with CR LF, and neither character occurs alone, because relays differ in
/// what they take for the end of a message (RFC 5321, 2.3.8). lettre adds the final dot to the last line.
fn with_line_ends(message: &[u8]) -> Vec<u8> {
    let mut written = Vec::with_capacity(message.len());
    let mut bytes = message.iter().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\r' => {
                bytes.next_if(|next| **next == b'\n');
                written.extend_from_slice(b"\r\n");
            }
            b'\n' => written.extend_from_slice(b"\r\n"),
            _ => written.push(*byte),
        }
    }
    if written.ends_with(b"\r\n") {
        written.truncate(written.len() - 2);
    }
    written
}

#[cfg(test)]
mod tests;
