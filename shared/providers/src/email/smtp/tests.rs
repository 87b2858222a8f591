use std::collections::BTreeMap;

use carillon_domain::address::EmailAddress;
use jiff::Timestamp;

use super::*;

const GOOD: &str = r#"{ "username": "apikey", "password": "pass word" }"#;

fn settings(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    pairs.iter().map(owned).collect()
}

fn account<'a>(
    from: &'a EmailSender,
    settings: &'a BTreeMap<String, String>,
    secret: &'a str,
) -> Account<'a> {
    Account {
        from: Some(from),
        sender_id: None,
        settings,
        secret,
        access_token: None,
        callback_url: None,
        now: Timestamp::UNIX_EPOCH,
    }
}

fn sender() -> EmailSender {
    EmailSender {
        address: EmailAddress::parse("news@example.org").unwrap(),
        name: None,
    }
}

#[test]
fn the_port_determines_the_encryption() {
    let from = sender();
    for (more, expected) in [
        (&[][..], (587, Security::StartTls)),
        (&[("port", "465")], (465, Security::Tls)),
        (&[("port", "2465")], (2465, Security::Tls)),
        (&[("port", "25")], (25, Security::StartTls)),
        (&[("port", "2525")], (2525, Security::StartTls)),
        (
            &[("port", "465"), ("security", "starttls")],
            (465, Security::StartTls),
        ),
        (
            &[("port", "2525"), ("security", "tls")],
            (2525, Security::Tls),
        ),
    ] {
        let mut settings = settings(more);
        settings.insert("host".to_owned(), "smtp.example.org".to_owned());
        let smtp = Smtp::new(&account(&from, &settings, GOOD)).unwrap();
        assert_eq!((smtp.port, smtp.security), expected, "{more:?}");
        assert_eq!(smtp.host, "smtp.example.org");
        let shown = format!("{smtp:?}");
        assert!(
            !shown.contains("apikey") && !shown.contains("pass"),
            "{shown}"
        );
    }
}

#[test]
fn malformed_accounts_are_rejected() {
    let from = sender();
    let settings_of = settings;
    let settings = settings_of(&[("host", "smtp.example.org")]);
    for secret in [
        "",
        "{}",
        r#"{ "username": "", "password": "p" }"#,
        r#"{ "username": "u", "password": "" }"#,
        r#"{ "username": "u", "password": "p\u0000" }"#,
        r#"{ "username": "u", "password": "p", "more": "" }"#,
    ] {
        let unusable = Smtp::new(&account(&from, &settings, secret)).unwrap_err();
        assert!(matches!(unusable, Unusable::Secret { .. }), "{secret}");
    }
    for wrong in [
        &[][..],
        &[("host", "smtp.example.org"), ("port", "0")],
        &[("host", "smtp.example.org"), ("security", "none")],
    ] {
        let settings = settings_of(wrong);
        let unusable = Smtp::new(&account(&from, &settings, GOOD)).unwrap_err();
        assert!(matches!(unusable, Unusable::Setting { .. }), "{wrong:?}");
    }
}

#[test]
fn invalid_settings_are_rejected() {
    let accepts = |name: &str, value: &str| {
        let setting = SETUP.settings.iter().find(|it| it.name == name).unwrap();
        setting.accepts(value)
    };
    for (name, value, is_right) in [
        ("host", "smtp.example.org", true),
        ("host", "email-smtp.us-east-1.amazonaws.com", true),
        ("host", "localhost", false),
        ("host", "127.0.0.1", false),
        ("host", "[::1]", false),
        ("host", "smtp.example.org:25", false),
        ("host", "user@smtp.example.org", false),
        ("host", "smtp.example.org\r\n", false),
        ("port", "587", true),
        ("port", "65535", true),
        ("port", "65536", false),
        ("port", "+587", false),
        ("port", "", false),
        ("security", "starttls", true),
        ("security", "tls", true),
        ("security", "none", false),
    ] {
        assert_eq!(accepts(name, value), is_right, "{name} {value}");
    }
}

#[test]
fn private_hosts_are_rejected() {
    let sender = sender();
    for host in [
        // Addresses in inet_aton notation, which resolvers accept too.
        "127.1",
        "0x7f.1",
        "0x7f.0.0.1",
        "0177.0.0.1",
        "169.254.43518",
        "2130706433",
        "1.1.1.1",
        // Names that resolve inside the local network.
        "localhost.localdomain.local",
        "mail.local",
        "MAIL.LOCAL",
        "metadata.google.internal",
        "ip-10-0-0-1.ec2.internal",
        "a.localhost",
        "relay.home.arpa",
        // No certificate is issued to these.
        "smtp.example.org.",
        "-smtp.example.org",
        "smtp_1.example.org",
    ] {
        let setting = SETUP.settings.iter().find(|it| it.name == HOST).unwrap();
        assert!(!setting.accepts(host), "{host}");
        // Values stored before this validation existed are rejected too.
        let settings = settings(&[("host", host)]);
        let refused = Smtp::new(&account(&sender, &settings, GOOD)).unwrap_err();
        assert!(matches!(refused, Unusable::Setting { .. }), "{host}");
    }
}
