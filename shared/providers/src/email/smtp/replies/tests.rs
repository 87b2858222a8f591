use carillon_domain::suppressions::SuppressionSource;

use super::*;

const OURS: &str = "0123.019a@example.org";

fn replied(code: u16, text: &str) -> Answer {
    let text = text.to_owned();
    Answer::Reply(Reply { code, text })
}

/// An outcome and the code of its reason, or the id.
fn judged(stage: Stage, answer: &Answer) -> String {
    let outcome = judge(stage, answer, OURS);
    let code = outcome.reason().map(|reason| reason.code.clone());
    let name = match outcome {
        Outcome::Accepted { provider_id } => return format!("accepted {provider_id}"),
        Outcome::Rejected(_) => "rejected",
        Outcome::Throttled { after: None, .. } => "throttled",
        Outcome::Throttled { .. } => "throttled for a time",
        Outcome::Transient(_) => "transient",
        Outcome::Unknown(_) => "unknown",
        Outcome::Unreachable {
            source: SuppressionSource::Bounced,
            ..
        } => "unreachable",
        Outcome::Unreachable { .. } => "unreachable for another reason",
    };
    format!("{name} {}", code.unwrap_or_default())
}

#[test]
fn replies_are_classified_as_documented() {
    use Stage::{Connect, Data, Greeting, Message, Recipient, Secure, Sender, SignIn};

    for (stage, code, text, expected) in [
        // The relay accepts no mail at all.
        (
            Greeting,
            421,
            "4.3.2 Too many connections",
            "throttled 4.3.2",
        ),
        (Greeting, 554, "No SMTP service here", "throttled smtp_554"),
        (
            Greeting,
            521,
            "5.3.2 Host does not accept mail",
            "throttled 5.3.2",
        ),
        (
            Greeting,
            502,
            "Command not implemented",
            "throttled smtp_502",
        ),
        (Secure, 454, "4.7.0 TLS not available", "throttled 4.7.0"),
        (Secure, 501, "Syntax error", "throttled smtp_501"),
        // It rejects the account.
        (
            SignIn,
            454,
            "4.7.0 Temporary authentication failure",
            "throttled 4.7.0",
        ),
        (
            SignIn,
            535,
            "5.7.8 Credentials invalid",
            "throttled not_signed_in",
        ),
        (SignIn, 534, "5.7.9 Too weak", "throttled not_signed_in"),
        (SignIn, 500, "What?", "throttled not_signed_in"),
        // It rejects the sender.
        (Sender, 451, "4.3.0 Try later", "throttled 4.3.0"),
        (Sender, 550, "5.7.1 Not allowed", "throttled 5.7.1"),
        (Sender, 553, "5.1.8 Bad sender", "throttled 5.1.8"),
        (
            Sender,
            530,
            "5.7.0 Authentication required",
            "throttled 5.7.0",
        ),
        (
            Sender,
            552,
            "5.3.4 Message size exceeds fixed limit",
            "rejected 5.3.4",
        ),
        // The account is at its limit or suspended: Google, Amazon SES, Exchange Online, cPanel.
        (
            Recipient,
            550,
            "5.7.1 Daily SMTP relay limit exceeded for customer",
            "throttled 5.7.1",
        ),
        (
            Message,
            554,
            "Message rejected: Sending paused for this account.",
            "throttled smtp_554",
        ),
        (
            Recipient,
            550,
            "5.2.252 SendAsDenied; Sender throttled",
            "throttled 5.2.252",
        ),
        (
            Message,
            554,
            "5.2.2 mailbox full; STOREDRV.Submission.Exception",
            "throttled 5.2.2",
        ),
        (
            Recipient,
            550,
            "Domain example.org has exceeded the max emails per hour (100) allowed.",
            "throttled smtp_550",
        ),
        // These concern the receiver: a full mailbox, and a mail that is too large for it.
        (Recipient, 552, "5.2.2 Quota exceeded", "rejected 5.2.2"),
        (
            Message,
            550,
            "5.2.3 Message exceeds the size limit of the mailbox",
            "rejected 5.2.3",
        ),
        // It rejects the recipient.
        (
            Recipient,
            550,
            "5.1.1 <zoe@example.com>: User unknown",
            "unreachable 5.1.1",
        ),
        (Recipient, 550, "5.1.10 Null MX", "unreachable 5.1.10"),
        (Recipient, 550, "No such user", "rejected smtp_550"),
        (
            Recipient,
            550,
            "4.1.1 Not a class of this code",
            "rejected smtp_550",
        ),
        (Recipient, 550, "5.1.1.1 Not a code", "rejected smtp_550"),
        (Recipient, 550, "5.1.2 No such domain", "unreachable 5.1.2"),
        (Recipient, 552, "5.2.2 Mailbox full", "rejected 5.2.2"),
        (Recipient, 554, "5.7.1 Blocked", "rejected 5.7.1"),
        (Recipient, 501, "5.1.3 Bad syntax", "unreachable 5.1.3"),
        (Recipient, 450, "4.2.0 Greylisted", "transient 4.2.0"),
        (Recipient, 450, "4.2.1 Mailbox busy", "transient 4.2.1"),
        (
            Recipient,
            451,
            "4.4.1 No answer from host",
            "transient 4.4.1",
        ),
        (Recipient, 450, "Mailbox unavailable", "transient smtp_450"),
        (Recipient, 452, "4.2.2 Over quota", "transient 4.2.2"),
        // The same, temporarily.
        (
            Recipient,
            450,
            "4.7.1 Error: too much mail",
            "throttled 4.7.1",
        ),
        (Recipient, 450, "Daily limit reached", "throttled smtp_450"),
        (Recipient, 451, "Local error", "throttled smtp_451"),
        (
            Recipient,
            452,
            "4.5.3 Too many recipients",
            "throttled 4.5.3",
        ),
        (Recipient, 451, "4.4.5 Congested", "throttled 4.4.5"),
        (Recipient, 421, "4.2.1 Closing", "throttled 4.2.1"),
        // It rejects a recipient because of the account.
        (
            Recipient,
            553,
            "5.7.1 <n@x.org>: Sender address rejected: not owned by user",
            "throttled 5.7.1",
        ),
        (
            Recipient,
            554,
            "5.7.1 <z@x.org>: Relay access denied",
            "throttled 5.7.1",
        ),
        (
            Recipient,
            550,
            "5.4.5 Daily sending quota exceeded",
            "throttled 5.4.5",
        ),
        (
            Recipient,
            530,
            "Must issue a STARTTLS command first",
            "throttled smtp_530",
        ),
        // It rejects the message.
        (Data, 354, "never judged", "transient smtp_354"),
        (Data, 250, "OK?", "transient smtp_250"),
        (Data, 451, "Local error", "throttled smtp_451"),
        (Data, 554, "No valid recipients", "rejected smtp_554"),
        (Message, 552, "5.3.4 Too big", "rejected 5.3.4"),
        (Message, 554, "5.6.0 Bad content", "rejected 5.6.0"),
        (
            Message,
            554,
            "Message rejected: Email address is not verified",
            "rejected smtp_554",
        ),
        (Message, 550, "5.1.1 No such mailbox", "unreachable 5.1.1"),
        (
            Message,
            550,
            "5.7.60 Client may not send as this sender",
            "throttled 5.7.60",
        ),
        (
            Message,
            454,
            "Throttling failure: Maximum sending rate exceeded",
            "throttled smtp_454",
        ),
        (Message, 451, "4.7.1 Suspicious", "transient 4.7.1"),
        (
            Message,
            451,
            "Temporary service failure",
            "transient smtp_451",
        ),
        (
            Message,
            452,
            "4.3.1 Sending limit reached",
            "throttled 4.3.1",
        ),
        (Message, 421, "4.3.0 Closing", "throttled 4.3.0"),
        // It accepted the message, or the outcome is unknown.
        (
            Message,
            250,
            "2.0.0 Ok: queued as 4F9A1B2C3D",
            "accepted 4F9A1B2C3D",
        ),
        (Message, 250, "OK", "accepted 0123.019a@example.org"),
        (Message, 354, "Go on", "unknown unreadable_answer"),
        (Connect, 220, "never judged", "transient smtp_220"),
    ] {
        assert_eq!(
            judged(stage, &replied(code, text)),
            expected,
            "{stage:?} {code} {text}"
        );
    }
}

#[test]
fn without_a_reply_only_a_sent_message_is_unknown() {
    use Stage::{Connect, Data, Greeting, Message, Recipient, Secure, Sender, SignIn};

    for stage in [Connect, Greeting, Secure, SignIn, Sender, Recipient, Data] {
        assert_eq!(judged(stage, &Answer::Lost), "transient connection_lost");
        assert_eq!(judged(stage, &Answer::TimedOut), "transient timed_out");
    }
    assert_eq!(judged(Message, &Answer::Lost), "unknown connection_lost");
    assert_eq!(judged(Message, &Answer::TimedOut), "unknown timed_out");
    for (stage, answer, expected) in [
        (Connect, Answer::NotReached, "transient not_reached"),
        (Connect, Answer::NoClient, "transient no_client"),
        (Connect, Answer::NotPublic, "throttled forbidden_address"),
        (Greeting, Answer::NoStartTls, "throttled no_starttls"),
        (
            Secure,
            Answer::NotTrusted("expired".to_owned()),
            "throttled not_trusted",
        ),
        (SignIn, Answer::NoMechanism, "throttled no_password"),
        (Sender, Answer::NoUtf8, "throttled no_smtputf8"),
        (Recipient, Answer::NoUtf8, "rejected no_smtputf8"),
    ] {
        assert_eq!(judged(stage, &answer), expected, "{answer:?}");
    }
}

#[test]
fn the_text_of_a_refusal_is_kept_with_its_code() {
    let reply = |code, text: &str| Reply {
        code,
        text: text.to_owned(),
    };
    let reason = reply(550, "5.1.1 No such user ").reason();
    assert_eq!(reason.text, "550 5.1.1 No such user");
    assert_eq!(
        reply(550, " ").reason().text,
        "550: The provider gave no reason."
    );
}

#[test]
fn the_relays_message_id_is_parsed() {
    for (text, id) in [
        ("2.0.0 Ok: queued as 4F9A1B2C3D", Some("4F9A1B2C3D")),
        ("Ok: queued as 4XnqhB5ctmz1qZ2.", Some("4XnqhB5ctmz1qZ2")),
        ("OK id=1rXyZa-0001AB-2C", Some("1rXyZa-0001AB-2C")),
        (
            "2.0.0 3AMAbCdE012345 Message accepted for delivery",
            Some("3AMAbCdE012345"),
        ),
        (
            "2.0.0 OK  1700000000 d9443c01a7336-1d9fe8e7a0bsm1.2 - gsmtp",
            Some("d9443c01a7336-1d9fe8e7a0bsm1.2"),
        ),
        (
            "Ok 0100018c1f2e3d4c-1a2b3c4d-5e6f-000000",
            Some("0100018c1f2e3d4c-1a2b3c4d-5e6f-000000"),
        ),
        ("Great success", None),
        ("2.0.0 Ok", None),
        ("Queued. Thank you.", None),
        ("Ok: queued as soon", None),
        ("", None),
    ] {
        assert_eq!(queue_id(text), id, "{text}");
    }
    let long = format!("queued as {}", "1".repeat(200));
    assert_eq!(queue_id(&long), None);
}

#[test]
fn every_line_of_the_table_is_recognized_in_a_reply() {
    for line in codes::of(Vendor::Smtp, codes::CodeSource::Answers) {
        let enhanced = line.code.replace('?', "1");
        let reply = match enhanced.contains('.') {
            true => replied(550, &format!("{enhanced} Words")),
            false => replied(enhanced.parse().unwrap(), "Words"),
        };
        let outcome = judge(Stage::Recipient, &reply, OURS);
        let reason = outcome.reason().unwrap().clone();
        assert_eq!(outcome, line.cause.outcome(None, reason), "{}", line.code);
    }
}
