//! The relay, used as by the email function.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use carillon_domain::address::EmailAddress;
use carillon_domain::channel::Channel;
use carillon_domain::delivery;
use carillon_domain::transports::EmailSender;
use carillon_providers::Reference;
use carillon_providers::email::Email;
use carillon_providers::email::smtp::Smtp;
use carillon_providers::smtp::{self, Relays};
use carillon_providers::vendor::Account;
use jiff::Timestamp;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

use super::{all_calls, only_call, start};
use crate::simulator::{
    Fault, FaultKind, Outcome, Provider, SMTP_CERTIFICATE, SMTP_PASSWORD, Simulator,
};

/// A simulator, counting proxies in front of it, and the client that sends through it.
struct Stage {
    simulator: Simulator,
    connections: Arc<AtomicUsize>,
    when_asked: SocketAddr,
    relays: Relays,
}

impl Stage {
    async fn set() -> Self {
        let mut simulator = start().await;
        let connections = Arc::new(AtomicUsize::new(0));
        let listeners = [listen().await, listen().await];
        let [when_asked, always] = listeners.each_ref().map(|it| it.local_addr().unwrap());
        let [first, second] = listeners;
        simulator.serve_smtp(first, second).unwrap();
        let counted = [
            counting(when_asked, &connections).await,
            counting(always, &connections).await,
        ];
        let [first, second] = counted.map(|address| address.to_string());
        let relay = smtp::Simulator::new(&first, &second, SMTP_CERTIFICATE).unwrap();
        Self {
            simulator,
            connections,
            when_asked,
            relays: Relays::new(Some(relay)),
        }
    }

    /// Sends an email to an address.
    async fn send(&self, port: &str, password: &str, to: &str) -> delivery::Outcome {
        let from = EmailSender {
            address: EmailAddress::parse("news@example.org").unwrap(),
            name: Some("Καμπάνα".to_owned()),
        };
        let to = EmailAddress::parse(to).unwrap();
        let tenant = "demo".parse().unwrap();
        let campaign = "019a0000-0000-7000-8000-000000000000".parse().unwrap();
        let receiver = "0123456789abcdef0123456789abcdef".parse().unwrap();
        let email = Email {
            to: &to,
            to_name: Some("Zoë"),
            subject: "Γεια σου, Zoë",
            html: "<p>Γεια</p>",
            text: "One\n.\n..two\nthree",
            unsubscribe_url: Some("https://example.org/unsubscribe/x"),
            reply_to: None,
            reference: Reference {
                tenant: &tenant,
                campaign: &campaign,
                receiver: &receiver,
                channel: Channel::Email,
                resend: 0,
                number: None,
            },
        };
        let settings = BTreeMap::from([
            ("host".to_owned(), "smtp.relay.example".to_owned()),
            ("port".to_owned(), port.to_owned()),
        ]);
        let secret = serde_json::json!({ "username": "carillon", "password": password });
        let secret = secret.to_string();
        let account = Account {
            from: Some(&from),
            sender_id: None,
            settings: &settings,
            secret: &secret,
            access_token: None,
            callback_url: None,
            now: Timestamp::UNIX_EPOCH,
        };
        let account = Smtp::new(&account).unwrap();
        let name = format!("demo/{port}/{password}");
        self.relays.send(&name, &account, &email).await
    }

    async fn send_well(&self, to: &str) -> delivery::Outcome {
        self.send("587", SMTP_PASSWORD, to).await
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }
}

async fn listen() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.unwrap()
}

/// A proxy to another address that counts connections.
async fn counting(to: SocketAddr, connections: &Arc<AtomicUsize>) -> SocketAddr {
    let listener = listen().await;
    let address = listener.local_addr().unwrap();
    let connections = Arc::clone(connections);
    tokio::spawn(async move {
        loop {
            let (mut here, _) = listener.accept().await.unwrap();
            connections.fetch_add(1, Ordering::Relaxed);
            let mut there = TcpStream::connect(to).await.unwrap();
            tokio::spawn(async move {
                // Either side may hang up.
                let _ = tokio::io::copy_bidirectional(&mut here, &mut there).await;
            });
        }
    });
    address
}

fn code(outcome: &delivery::Outcome) -> &str {
    outcome.reason().map_or("accepted", |it| it.code.as_str())
}

#[tokio::test]
async fn email_is_accepted_over_both_kinds_of_tls_and_recorded_unchanged() {
    for port in ["587", "465"] {
        let stage = Stage::set().await;
        let outcome = stage.send(port, SMTP_PASSWORD, "zoe@example.com").await;
        let call = only_call(&stage.simulator);
        let delivery::Outcome::Accepted { provider_id } = outcome else {
            panic!("{port}: {outcome:?}");
        };
        assert_eq!(Some(provider_id), call.message_id);
        assert_eq!((call.provider, call.status), (Provider::Smtp, Some(250)));
        assert_eq!((call.account.as_str(), call.accepted), ("carillon", true));
        assert_eq!(call.recipients, ["zoe@example.com"]);
        let mail = call.email().unwrap();
        assert_eq!(mail.subject, "Γεια σου, Zoë");
        assert_eq!(mail.from, "Καμπάνα <news@example.org>");
        let text = mail.text.as_deref().unwrap().replace("\r\n", "\n");
        assert_eq!(text.trim_end(), "One\n.\n..two\nthree");
        assert!(mail.header("List-Unsubscribe").is_some());
        assert!(mail.header("List-Unsubscribe-Post").is_some());
    }
}

#[tokio::test]
async fn a_connection_is_reused_for_the_same_account_within_its_idle_time() {
    let stage = Stage::set().await;
    for _ in 0..3 {
        assert_eq!(code(&stage.send_well("a@example.com").await), "accepted");
    }
    assert_eq!(stage.connections(), 1);
    let other = stage.send("465", SMTP_PASSWORD, "a@example.com").await;
    assert_eq!(code(&other), "accepted");
    assert_eq!(stage.connections(), 2);

    let (one, two) = tokio::join!(
        stage.send_well("b@example.com"),
        stage.send_well("c@example.com"),
    );
    assert_eq!((code(&one), code(&two)), ("accepted", "accepted"));
    assert_eq!(stage.connections(), 3, "two at once need two");
    tokio::time::sleep(Duration::from_millis(2_100)).await;
    assert_eq!(code(&stage.send_well("d@example.com").await), "accepted");
    assert_eq!(stage.connections(), 4, "it was idle for too long");
    assert!(all_calls(&stage.simulator).iter().all(|call| call.accepted));
}

#[tokio::test]
async fn faults_happen_and_are_classified() {
    let throttle = FaultKind::Throttle {
        retry_after_seconds: None,
        status: None,
    };
    let reject = |code: Option<&str>| FaultKind::Reject {
        code: code.map(str::to_owned),
        message: None,
    };
    for (fault, expected, kept, status) in [
        (throttle, "4.7.0", Outcome::Throttled, Some(451)),
        (reject(None), "5.1.1", Outcome::Rejected, Some(550)),
        (reject(Some("5.7.1")), "5.7.1", Outcome::Rejected, Some(550)),
        (
            reject(Some("554")),
            "smtp_554",
            Outcome::Rejected,
            Some(554),
        ),
        (
            FaultKind::ServerError { status: 500 },
            "4.3.0",
            Outcome::Failed,
            Some(451),
        ),
        (
            FaultKind::ServerError { status: 503 },
            "4.3.2",
            Outcome::Failed,
            Some(421),
        ),
        (
            FaultKind::DropBefore,
            "connection_lost",
            Outcome::DroppedBefore,
            None,
        ),
        (
            FaultKind::DropAfter,
            "connection_lost",
            Outcome::DroppedAfter,
            None,
        ),
        (
            FaultKind::Slow { milliseconds: 100 },
            "accepted",
            Outcome::Accepted,
            Some(250),
        ),
    ] {
        let stage = Stage::set().await;
        let fault = Fault::new(fault).provider(Provider::Smtp);
        stage.simulator.add_fault(fault.clone()).unwrap();
        let outcome = stage.send_well("zoe@example.com").await;
        let call = only_call(&stage.simulator);
        assert_eq!(code(&outcome), expected, "{fault:?}");
        assert_eq!((call.outcome, call.status), (kept, status), "{fault:?}");
        let is_unknown = matches!(outcome, delivery::Outcome::Unknown(_));
        assert_eq!(is_unknown, kept == Outcome::DroppedAfter, "{fault:?}");
        let is_unreachable = matches!(outcome, delivery::Outcome::Unreachable { .. });
        assert_eq!(is_unreachable, expected == "5.1.1", "{fault:?}");
    }
}

#[tokio::test]
async fn an_unknown_account_is_not_blamed_on_the_receiver() {
    let stage = Stage::set().await;
    let outcome = stage.send("587", "wrong", "zoe@example.com").await;
    assert_eq!(code(&outcome), "not_signed_in");
    assert!(outcome.blames_the_account());
    assert!(all_calls(&stage.simulator).is_empty());
}

#[tokio::test]
async fn a_relay_without_the_configured_encryption_gets_nothing() {
    let mut stage = Stage::set().await;
    let address = stage.when_asked.to_string();
    let relay = smtp::Simulator::new(&address, &address, SMTP_CERTIFICATE).unwrap();
    stage.relays = Relays::new(Some(relay));
    let outcome = stage.send("465", SMTP_PASSWORD, "zoe@example.com").await;
    assert_eq!(code(&outcome), "not_trusted");
    assert!(outcome.blames_the_account());
    assert!(all_calls(&stage.simulator).is_empty());
    let no_certificate = include_str!("../smtp/key.pem");
    assert!(smtp::Simulator::new(&address, &address, no_certificate).is_err());
}

/// Sends lines to the relay in plain text, and returns the code of each reply.
async fn codes(stage: &Stage, lines: &[&str]) -> Vec<String> {
    let stream = TcpStream::connect(stage.when_asked).await.unwrap();
    let mut stream = BufReader::new(stream);
    let mut codes = Vec::new();
    let mut lines = lines.iter();
    loop {
        let mut reply = String::new();
        while reply.as_bytes().get(3) != Some(&b' ') {
            reply.clear();
            if stream.read_line(&mut reply).await.unwrap() == 0 {
                return codes;
            }
        }
        codes.push(reply.split_whitespace().next().unwrap().to_owned());
        let Some(line) = lines.next() else {
            return codes;
        };
        let line = format!("{line}\r\n");
        stream.write_all(line.as_bytes()).await.unwrap();
    }
}

#[tokio::test]
async fn plain_text_allows_neither_authentication_nor_email() {
    let stage = Stage::set().await;
    let lines = [
        "STARTTLS",
        "EHLO me.example",
        "AUTH PLAIN AHUAcA==",
        "MAIL FROM:<a@example.org>",
        "RCPT TO:<a@example.org>",
        "DATA",
        "NOOP",
        "RSET",
        "WHAT",
        "QUIT",
    ];
    let expected = [
        "220", "503", "250", "538", "530", "503", "503", "250", "250", "500", "221",
    ];
    assert_eq!(codes(&stage, &lines).await, expected);
    let mut stream = TcpStream::connect(stage.when_asked).await.unwrap();
    stream
        .write_all(b"EHLO me.example\r\nSTARTTLS\r\n")
        .await
        .unwrap();
    stream.write_all(b"this is no TLS\r\n").await.unwrap();
    // Data sent along with the command is discarded, so none of it may be answered.
    stream.shutdown().await.unwrap();
    let mut rest = Vec::new();
    // It disconnects or rejects.
    let _ = stream.read_to_end(&mut rest).await;
    assert!(all_calls(&stage.simulator).is_empty());
}
