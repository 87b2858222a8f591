use std::collections::BTreeMap;

use carillon_domain::{channel::Channel, transports::EmailSender};
use jiff::Timestamp;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::*;
use crate::{Reference, vendor::Account};

const SECRET: &str = r#"{ "username": "u", "password": "p" }"#;

/// Sends a mail through a relay at a host and a port.
async fn send(relays: &Relays, host: &str, port: u16) -> Outcome {
    let from = EmailSender {
        address: EmailAddress::parse("news@example.org").unwrap(),
        name: None,
    };
    let to = EmailAddress::parse("zoe@example.com").unwrap();
    let tenant = "demo".parse().unwrap();
    let campaign = "019a0000-0000-7000-8000-000000000000".parse().unwrap();
    let receiver = "0123456789abcdef0123456789abcdef".parse().unwrap();
    let email = Email {
        to: &to,
        to_name: None,
        subject: "Hello",
        html: "<p>Hello</p>",
        text: "Hello",
        unsubscribe_url: None,
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
        ("host".to_owned(), "smtp.example.org".to_owned()),
        ("port".to_owned(), port.to_string()),
    ]);
    let account = Account {
        from: Some(&from),
        sender_id: None,
        settings: &settings,
        secret: SECRET,
        access_token: None,
        callback_url: None,
        now: Timestamp::UNIX_EPOCH,
    };
    // Such names are rejected as settings. What a public name resolves to is checked nevertheless.
    let mut account = Smtp::new(&account).unwrap();
    account.host = host;
    relays.send("demo/smtp", &account, &email).await
}

fn code(outcome: &Outcome) -> &str {
    outcome.reason().map_or("accepted", |it| it.code.as_str())
}

#[tokio::test]
async fn a_relay_on_a_private_address_is_not_called() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let relays = Relays::within(None, Duration::from_secs(5));
    for host in ["localhost", "127.0.0.1", "127.1", "169.254.169.254"] {
        let outcome = send(&relays, host, port).await;
        assert_eq!(code(&outcome), "forbidden_address", "{host}");
        assert!(outcome.blames_the_account(), "{host}");
    }
    let connected = timeout(Duration::from_millis(100), listener.accept()).await;
    assert!(connected.is_err(), "{connected:?}");
}

/// A relay with this greeting and this reply to every command.
async fn relay(greeting: &'static str, then: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                stream.write_all(greeting.as_bytes()).await.unwrap();
                let mut read = [0; 1024];
                while stream.read(&mut read).await.unwrap_or(0) > 0 {
                    // The other side may have hung up.
                    let _ = stream.write_all(then.as_bytes()).await;
                }
            });
        }
    });
    address
}

/// How the plain-text session ends.
async fn asked(greeting: &'static str, then: &'static str) -> (Stage, Result<(), Answer>) {
    let address = relay(greeting, then).await;
    let stream = TcpStream::connect(address).await.unwrap();
    let hello = ClientId::Domain("example.org".to_owned());
    let mut stage = Stage::Greeting;
    let asking = ask_to_encrypt(stream, address, &hello, &mut stage);
    let result = timeout(Duration::from_secs(5), asking).await.unwrap();
    (stage, result.map(|_| ()))
}

#[tokio::test]
async fn nothing_is_sent_without_starttls() {
    let reply = |code, text: &str| {
        Err(Answer::Reply(Reply {
            code,
            text: text.to_owned(),
        }))
    };
    for (greeting, then, expected) in [
        (
            "220 relay\r\n",
            "250-relay\r\n250 STARTTLS\r\n",
            (Stage::Secure, Ok(())),
        ),
        (
            "220 relay\r\n",
            "250 relay\r\n",
            (Stage::Greeting, Err(Answer::NoStartTls)),
        ),
        // lettre itself would panic here.
        (
            "220 relay\r\n",
            "250-relay\r\n250- \r\n250 STARTTLS\r\n",
            (Stage::Secure, Ok(())),
        ),
        ("554 No\r\n", "", (Stage::Greeting, reply(554, "No"))),
        (
            "220 relay\r\n",
            "421 4.3.2 Busy\r\n",
            (Stage::Greeting, reply(421, "4.3.2 Busy")),
        ),
        ("what?\r\n", "", (Stage::Greeting, Err(Answer::Lost))),
    ] {
        assert_eq!(asked(greeting, then).await, expected, "{greeting}{then}");
    }
}

#[tokio::test]
async fn injected_plain_text_after_starttls_is_discarded() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let relay = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(b"220 relay\r\n").await.unwrap();
        let mut read = [0; 1024];
        let _ehlo = stream.read(&mut read).await.unwrap();
        stream.write_all(b"250 STARTTLS\r\n").await.unwrap();
        let _starttls = stream.read(&mut read).await.unwrap();
        stream
            .write_all(b"220 go ahead\r\n235 believe me\r\n")
            .await
            .unwrap();
        tokio::time::sleep(Duration::from_millis(50)).await;
        stream.write_all(b"encrypted").await.unwrap();
    });
    let stream = TcpStream::connect(address).await.unwrap();
    let hello = ClientId::Domain("example.org".to_owned());
    let mut stream = ask_to_encrypt(stream, address, &hello, &mut Stage::Greeting)
        .await
        .unwrap();
    relay.await.unwrap();
    let mut rest = String::new();
    stream.read_to_string(&mut rest).await.unwrap();
    assert_eq!(rest, "encrypted");
}

#[test]
fn lines_end_with_cr_lf() {
    for (message, expected) in [
        ("a\r\nb\r\n", "a\r\nb"),
        ("a\nb\rc\n\rd", "a\r\nb\r\nc\r\n\r\nd"),
        ("a\n.\nb", "a\r\n.\r\nb"),
        ("a\r\r\nb", "a\r\n\r\nb"),
        ("", ""),
    ] {
        let written = with_line_ends(message.as_bytes());
        assert_eq!(String::from_utf8(written).unwrap(), expected, "{message:?}");
    }
}
