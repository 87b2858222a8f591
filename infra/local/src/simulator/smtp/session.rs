//! An SMTP session.

use std::io;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncWrite, AsyncWriteExt as _};

use super::command::{Command, Path};
use super::{MAXIMUM_MESSAGE_BYTES, NAME, SMTP_PASSWORD};
use crate::simulator::calls::{Message, Outcome, Provider};
use crate::simulator::faults::Reach;
use crate::simulator::mime;
use crate::simulator::refusal::Refusal;
use crate::simulator::state::{Draft, SharedState, Verdict};

const NOT_NOW: &str = "503 5.5.1 Bad sequence of commands";
const NOT_READ: &str = "501 5.5.2 Cannot decode this";

/// The result of a command loop.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// The session is over.
    Conversation,
    /// The session continues with TLS.
    PlainText,
}

/// Whether the session continues after a command.
type GoesOn = bool;

/// The state of a session.
pub(super) struct Session {
    state: SharedState,
    is_encrypted: bool,
    has_greeted: bool,
    account: Option<String>,
    from: Option<Path>,
    /// The mail once its recipient is known, and its outcome.
    mail: Option<(Draft, Verdict)>,
}

impl Session {
    pub(super) fn new(state: SharedState) -> Self {
        Self {
            state,
            is_encrypted: false,
            has_greeted: false,
            account: None,
            from: None,
            mail: None,
        }
    }

    /// Resets the session: everything from before TLS is discarded (RFC 3207, 4.2).
    pub(super) fn begin_encrypted(&mut self) {
        *self = Self {
            is_encrypted: true,
            ..Self::new(Arc::clone(&self.state))
        };
    }

    pub(super) async fn greet<S>(&self, stream: &mut S) -> io::Result<()>
    where
        S: AsyncWrite + Unpin,
    {
        reply(stream, &format!("220 {NAME} ESMTP")).await
    }

    /// Replies to commands until the client disconnects or starts TLS.
    pub(super) async fn hold<S>(&mut self, stream: &mut S) -> io::Result<Ended>
    where
        S: AsyncBufRead + AsyncWrite + Unpin,
    {
        while let Some(line) = read_line(stream).await? {
            let command = Command::read(String::from_utf8_lossy(&line).trim_end());
            let goes_on = match command {
                Command::StartTls if self.has_greeted && !self.is_encrypted => {
                    reply(stream, "220 2.0.0 Ready to start TLS").await?;
                    return Ok(Ended::PlainText);
                }
                Command::Quit => {
                    reply(stream, "221 2.0.0 Bye").await?;
                    false
                }
                Command::Auth(mechanism, initial) => {
                    self.sign_in(stream, &mechanism, initial).await?
                }
                Command::Rcpt(path) => self.hear_recipient(stream, path).await?,
                Command::Data => self.take(stream).await?,
                other => {
                    let text = self.answer(other);
                    reply(stream, &text).await?;
                    true
                }
            };
            if !goes_on {
                break;
            }
        }
        Ok(Ended::Conversation)
    }

    /// The reply to commands that only change the session's state.
    fn answer(&mut self, command: Command) -> String {
        let answer = match command {
            Command::Hello { is_extended } => {
                self.has_greeted = true;
                self.forget_mail();
                if is_extended {
                    return self.extensions();
                }
                return format!("250 {NAME}");
            }
            Command::Mail(path) => self.hear_sender(path),
            Command::Reset => {
                self.forget_mail();
                "250 2.0.0 Ok"
            }
            Command::Nothing => "250 2.0.0 Ok",
            Command::Wrong(answer) => answer,
            _ => NOT_NOW,
        };
        answer.to_owned()
    }

    fn extensions(&self) -> String {
        let more = if self.is_encrypted {
            "AUTH PLAIN LOGIN"
        } else {
            "STARTTLS"
        };
        let always = [
            NAME,
            "PIPELINING",
            "8BITMIME",
            "SMTPUTF8",
            "ENHANCEDSTATUSCODES",
        ];
        let always = always.join("\r\n250-");
        format!("250-{always}\r\n250-SIZE {MAXIMUM_MESSAGE_BYTES}\r\n250 {more}")
    }

    fn forget_mail(&mut self) {
        self.from = None;
        self.mail = None;
    }

    /// AUTH PLAIN (RFC 4616), and AUTH LOGIN, which has no RFC.
    async fn sign_in<S>(
        &mut self,
        stream: &mut S,
        mechanism: &str,
        initial: Option<String>,
    ) -> io::Result<GoesOn>
    where
        S: AsyncBufRead + AsyncWrite + Unpin,
    {
        if !self.is_encrypted {
            reply(stream, "538 5.7.11 Encryption required").await?;
            return Ok(true);
        }
        if !self.has_greeted || self.account.is_some() {
            reply(stream, NOT_NOW).await?;
            return Ok(true);
        }
        let pair = match mechanism {
            "PLAIN" => {
                let text = match initial {
                    Some(text) => decode(&text),
                    None => ask(stream, "").await?,
                };
                // Authorization identity, authentication identity and password, separated by NUL.
                text.and_then(|text| {
                    let mut parts = text.splitn(3, '\0').skip(1).map(str::to_owned);
                    Some((parts.next()?, parts.next()?))
                })
            }
            "LOGIN" => {
                let username = match initial {
                    Some(text) => decode(&text),
                    None => ask(stream, "Username:").await?,
                };
                match username {
                    Some(username) => ask(stream, "Password:")
                        .await?
                        .map(|password| (username, password)),
                    None => None,
                }
            }
            _ => {
                reply(stream, "504 5.5.4 Unrecognized authentication type").await?;
                return Ok(true);
            }
        };
        let answer = match pair {
            None => NOT_READ,
            Some((username, password)) if password == SMTP_PASSWORD && !username.is_empty() => {
                self.account = Some(username);
                "235 2.7.0 Authentication successful"
            }
            Some(_) => "535 5.7.8 Error: authentication failed",
        };
        reply(stream, answer).await?;
        Ok(true)
    }

    fn hear_sender(&mut self, path: Path) -> &'static str {
        if !self.is_encrypted {
            return "530 5.7.0 Must issue a STARTTLS command first";
        }
        if self.account.is_none() {
            return "530 5.7.0 Authentication required";
        }
        if !self.has_greeted || self.from.is_some() {
            return NOT_NOW;
        }
        let size = path.parameter("SIZE").map(str::parse::<usize>);
        match size {
            Some(Err(_)) => return "501 5.5.4 Bad message size syntax",
            Some(Ok(size)) if size > MAXIMUM_MESSAGE_BYTES => {
                return "552 5.3.4 Message size exceeds fixed limit";
            }
            _ => {}
        }
        if !path.address.is_ascii() && path.parameter("SMTPUTF8").is_none() {
            return "553 5.6.7 Address has non-ASCII characters";
        }
        self.from = Some(path);
        "250 2.1.0 Ok"
    }

    /// Faults strike here, where relays refuse most: the recipient is known, and the message was not read.
    async fn hear_recipient<S>(&mut self, stream: &mut S, path: Path) -> io::Result<GoesOn>
    where
        S: AsyncWrite + Unpin,
    {
        let (Some(from), Some(account)) = (&self.from, &self.account) else {
            reply(stream, NOT_NOW).await?;
            return Ok(true);
        };
        if !path.address.is_ascii() && from.parameter("SMTPUTF8").is_none() {
            reply(stream, "553 5.6.7 Address has non-ASCII characters").await?;
            return Ok(true);
        }
        if let Some((draft, _)) = &mut self.mail {
            draft.recipients.push(path.address);
            reply(stream, "250 2.1.5 Ok").await?;
            return Ok(true);
        }
        let mut draft = Draft::new(Provider::Smtp, "DATA");
        draft.account.clone_from(account);
        draft.recipients.push(path.address);
        let mut verdict = self.state.judge(&draft, Reach::Call);
        verdict.outcome = match &verdict.refusal {
            Some(refusal) => outcome(refusal),
            None => verdict.outcome,
        };
        if verdict.is_accepted() {
            self.mail = Some((draft, verdict));
            reply(stream, "250 2.1.5 Ok").await?;
            return Ok(true);
        }
        self.conclude(stream, draft, verdict).await
    }

    /// Reads the message. It is taken, or not, before the answer is written.
    async fn take<S>(&mut self, stream: &mut S) -> io::Result<GoesOn>
    where
        S: AsyncBufRead + AsyncWrite + Unpin,
    {
        let Some((mut draft, verdict)) = self.mail.take() else {
            reply(stream, NOT_NOW).await?;
            return Ok(true);
        };
        reply(stream, "354 End data with <CR><LF>.<CR><LF>").await?;
        let Some(read) = read_message(stream).await? else {
            return Ok(false);
        };
        draft.raw = Some(Bytes::from(read.bytes));
        let parsed = draft.raw.as_deref().and_then(mime::read);
        let refusal = if draft.raw.as_ref().map_or(0, Bytes::len) > MAXIMUM_MESSAGE_BYTES {
            Some(Refusal::new(
                552,
                "5.3.4",
                "Message size exceeds fixed limit",
            ))
        } else if read.has_loose_line_ends {
            Some(Refusal::new(550, "5.5.2", "Error: bare <LF> received"))
        } else if parsed.is_none() {
            Some(Refusal::new(554, "5.6.0", "Message has no header"))
        } else {
            None
        };
        draft.message = parsed.map(|parsed| Message::Email(Box::new(parsed.email)));
        let verdict = match refusal {
            None => verdict,
            Some(refusal) => {
                let outcome = outcome(&refusal);
                let mut verdict = Verdict::refused(refusal);
                verdict.outcome = outcome;
                verdict
            }
        };
        self.conclude(stream, draft, verdict).await
    }

    /// Keeps the mail as a call, and says what became of it.
    async fn conclude<S>(
        &mut self,
        stream: &mut S,
        draft: Draft,
        verdict: Verdict,
    ) -> io::Result<GoesOn>
    where
        S: AsyncWrite + Unpin,
    {
        let id = draft.message_id.clone();
        let code = verdict.refusal.as_ref().map_or(250, |it| it.status);
        let status = (!verdict.is_dropped()).then_some(code);
        self.state.keep(draft, &verdict, status);
        self.forget_mail();
        tokio::time::sleep(verdict.delay).await;
        if verdict.is_dropped() {
            return Ok(false);
        }
        let text = match &verdict.refusal {
            None => format!("250 2.0.0 Ok: queued as {id}"),
            Some(refusal) => words_of(refusal),
        };
        reply(stream, &text).await?;
        // After 421, a relay hangs up (RFC 5321, 3.8).
        Ok(code != 421)
    }
}

/// The reply that refuses. A code of three digits stands for itself.
fn words_of(refusal: &Refusal) -> String {
    let Refusal {
        status,
        code,
        message,
        ..
    } = refusal;
    if code.contains('.') {
        format!("{status} {code} {message}")
    } else {
        format!("{status} {message}")
    }
}

fn outcome(refusal: &Refusal) -> Outcome {
    match refusal.status {
        421 | 450..=452 if refusal.code.starts_with("4.7") => Outcome::Throttled,
        400..=499 => Outcome::Failed,
        _ => Outcome::Rejected,
    }
}

async fn reply<S>(stream: &mut S, text: &str) -> io::Result<()>
where
    S: AsyncWrite + Unpin,
{
    stream.write_all(format!("{text}\r\n").as_bytes()).await?;
    stream.flush().await
}

/// A line with its end; none if there is no more.
async fn read_line<S>(stream: &mut S) -> io::Result<Option<Vec<u8>>>
where
    S: AsyncBufRead + Unpin,
{
    let mut line = Vec::new();
    stream.read_until(b'\n', &mut line).await?;
    Ok(line.ends_with(b"\n").then_some(line))
}

/// What a client answers to a question; none if it cannot be read.
async fn ask<S>(stream: &mut S, question: &str) -> io::Result<Option<String>>
where
    S: AsyncBufRead + AsyncWrite + Unpin,
{
    reply(stream, &format!("334 {}", STANDARD.encode(question))).await?;
    let line = read_line(stream).await?.unwrap_or_default();
    Ok(decode(String::from_utf8_lossy(&line).trim_end()))
}

fn decode(text: &str) -> Option<String> {
    String::from_utf8(STANDARD.decode(text).ok()?).ok()
}

/// A message as it came.
struct ReadMessage {
    bytes: Vec<u8>,
    /// Whether a CR or an LF stood alone somewhere (RFC 5321, 2.3.8).
    has_loose_line_ends: bool,
}

/// Reads lines until the one with nothing but a dot, and takes away the dots that were put before others (RFC 5321, 4.5.2). None if
/// the connection ends first.
async fn read_message<S>(stream: &mut S) -> io::Result<Option<ReadMessage>>
where
    S: AsyncBufRead + Unpin,
{
    let mut message = ReadMessage {
        bytes: Vec::new(),
        has_loose_line_ends: false,
    };
    while let Some(line) = read_line(stream).await? {
        if line == b".\r\n" {
            return Ok(Some(message));
        }
        let words = line.strip_suffix(b"\r\n");
        message.has_loose_line_ends |= words.is_none_or(|words| words.contains(&b'\r'));
        // What is too long is read to its end and not kept.
        if message.bytes.len() <= MAXIMUM_MESSAGE_BYTES {
            let line = line.strip_prefix(b".").unwrap_or(&line);
            message.bytes.extend_from_slice(line);
        }
    }
    Ok(None)
}
