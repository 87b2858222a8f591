//! What a relay's reply means, depending on how far the session had come.
//!
//! Until the final dot of the message is sent, the relay has accepted nothing, whatever happens (RFC 5321, 4.1.1.4).
//! After that, only a reply says whether it did. Reply codes: RFC 5321, 4.2; enhanced codes such as 5.1.1: RFC 3463 and
//! the registry at <https://www.iana.org/assignments/smtp-enhanced-status-codes/>.

use carillon_domain::{
    delivery::{Outcome, cause::Cause},
    reason::Reason,
    transports::Vendor,
};

use crate::{
    answer::{NO_REASON, unreadable},
    codes,
};

/// The reason code of a message that waits because the relay rejected the credentials.
pub const NOT_SIGNED_IN: &str = "not_signed_in";

/// How far a session has come, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stage {
    /// Connecting to the relay.
    Connect,
    /// The greeting and EHLO.
    Greeting,
    /// The TLS handshake.
    Secure,
    /// Authentication (RFC 4954).
    SignIn,
    /// MAIL FROM.
    Sender,
    /// RCPT TO.
    Recipient,
    /// DATA.
    Data,
    /// The message has been sent.
    Message,
}

impl Stage {
    /// Whether a reply means that the session continues or ends well. A client goes by the first digit (RFC 5321,
    /// 4.2.1).
    pub(crate) fn goes_on(self, code: u16) -> bool {
        match self {
            Stage::Data => (300..400).contains(&code),
            _ => (200..300).contains(&code),
        }
    }
}

/// A relay's reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reply {
    /// The three-digit code.
    pub(crate) code: u16,
    /// The text.
    pub(crate) text: String,
}

/// The result of a step in a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The relay replied.
    Reply(Reply),
    /// No connection could be made.
    NotReached,
    /// The host resolves to no public address.
    NotPublic,
    /// TLS cannot be initialized in this function.
    NoClient,
    /// The relay does not offer STARTTLS.
    NoStartTls,
    /// Its certificate is not valid for the host, or the TLS handshake failed.
    NotTrusted(String),
    /// It offers no password authentication on this connection.
    NoMechanism,
    /// It does not support addresses beyond ASCII (RFC 6531).
    NoUtf8,
    /// It did not reply in time.
    TimedOut,
    /// The connection ended, or the reply could not be parsed.
    Lost,
}

/// What a reply means for the message. `message_id` is used if the relay returns no id.
pub(crate) fn judge(stage: Stage, answer: &Answer, message_id: &str) -> Outcome {
    let Answer::Reply(reply) = answer else {
        return without_reply(stage, answer);
    };
    match reply.code {
        400..=499 => for_now(stage, reply),
        500..=599 => for_good(stage, reply),
        code if stage == Stage::Message && stage.goes_on(code) => Outcome::Accepted {
            provider_id: queue_id(&reply.text).unwrap_or(message_id).to_owned(),
        },
        _ if stage == Stage::Message => Outcome::Unknown(unreadable()),
        _ => Outcome::Transient(reply.reason()),
    }
}

fn without_reply(stage: Stage, answer: &Answer) -> Outcome {
    let throttled = |code: &str, text: &str| Outcome::Throttled {
        after: None,
        reason: Reason::new(code, text),
    };
    let (code, text) = match answer {
        Answer::NotPublic => {
            return throttled(
                "forbidden_address",
                "The provider's address is not a public one.",
            );
        }
        Answer::NoStartTls => {
            return throttled("no_starttls", "The relay does not offer STARTTLS.");
        }
        Answer::NotTrusted(why) => return throttled("not_trusted", why),
        Answer::NoMechanism => {
            return throttled(
                "no_password",
                "The relay offers neither AUTH PLAIN nor AUTH LOGIN.",
            );
        }
        Answer::NoUtf8 => {
            let text = "The relay does not support addresses beyond ASCII (SMTPUTF8).";
            return match stage {
                Stage::Recipient => Outcome::Rejected(Reason::new("no_smtputf8", text)),
                _ => throttled("no_smtputf8", text),
            };
        }
        Answer::NoClient => ("no_client", "TLS cannot be initialized in this function."),
        Answer::NotReached => ("not_reached", "The provider could not be reached."),
        Answer::TimedOut => ("timed_out", "The provider did not respond in time."),
        Answer::Lost | Answer::Reply(_) => (
            "connection_lost",
            "The connection ended before the provider responded.",
        ),
    };
    let reason = Reason::new(code, text);
    match stage {
        Stage::Message => Outcome::Unknown(reason),
        _ => Outcome::Transient(reason),
    }
}

/// A temporary refusal. The enhanced code tells whether it concerns the receiver or the account: x.1 is the address,
/// x.2 its mailbox, x.4 the route, x.6 the message; x.3 is the relay, x.5 the session, x.7 policy (RFC 3463, 3).
fn for_now(stage: Stage, reply: &Reply) -> Outcome {
    let reason = reply.reason();
    let is_the_account = match (reply.code, reply.enhanced()) {
        // Before RCPT TO, it cannot be about a recipient; 421: "service not available, closing".
        (code, _) if stage < Stage::Recipient || code == 421 => true,
        // 4.4.5: congestion.
        (_, Some((4, 5))) => true,
        (_, Some((1 | 2 | 4 | 6, _))) => false,
        // After DATA a refusal may be about the content; Amazon SES reports its limits with 454:
        // https://docs.aws.amazon.com/ses/latest/dg/manage-sending-quotas-errors.html
        (code, _) if stage == Stage::Message => code == 454 || is_about_a_limit(&reply.text),
        (_, Some((3 | 5 | 7, _))) | (451 | 452 | 454, _) => true,
        // On its own, 450 is about the mailbox.
        _ => is_about_a_limit(&reply.text),
    };
    if is_the_account {
        return Outcome::Throttled {
            after: None,
            reason,
        };
    }
    Outcome::Transient(reason)
}

/// A permanent refusal.
fn for_good(stage: Stage, reply: &Reply) -> Outcome {
    let reason = reply.reason();
    let enhanced = reply.enhanced();
    // The size may be rejected as soon as it is known (RFC 1870, 6).
    let is_too_large = reply.code == 552 || matches!(enhanced, Some((3, 4) | (2, 3)));
    if stage == Stage::SignIn {
        return Outcome::Throttled {
            after: None,
            reason: Reason::new(NOT_SIGNED_IN, reply.whole()),
        };
    }
    let is_the_account = match stage {
        Stage::Recipient | Stage::Data | Stage::Message => is_about_the_account(reply),
        Stage::Sender => !is_too_large,
        _ => true,
    };
    if is_the_account {
        return Outcome::Throttled {
            after: None,
            reason,
        };
    }
    // There is one recipient, so it concerns them at any step.
    match enhanced.and_then(|_| codes::cause(Vendor::Smtp, &reason.code)) {
        Some(cause) => cause.outcome(None, reason),
        None => Outcome::Rejected(reason),
    }
}

/// Whether a refusal of a recipient or a message concerns the account. Postfix, for one, reports objections to the
/// sender only after RCPT TO (`smtpd_delay_reject`).
fn is_about_the_account(reply: &Reply) -> bool {
    /// In lower case: Postfix, Exim, Sendmail; Amazon SES, Exchange Online, Google and cPanel for limits and pauses.
    const WORDS: [&str; 9] = [
        "sender address rejected",
        "relay access denied",
        "relay not permitted",
        "relaying denied",
        "sending paused",
        "storedrv.submission",
        "access denied",
        "exceeded the max",
        "quota exceeded",
    ];
    let text = reply.text.to_lowercase();
    // A "full" or "too large" refers to the receiver's mailbox or the message.
    let is_about_a_size =
        reply.code == 552 || matches!(reply.enhanced(), Some((3, 4) | (2, 2 | 3)));
    let has_words = || WORDS.iter().any(|words| text.contains(words)) || is_about_a_limit(&text);
    let is_of_the_account = |code: &str| codes::cause(Vendor::Smtp, code) == Some(Cause::Account);
    is_of_the_account(&reply.code.to_string())
        || (reply.enhanced().is_some() && is_of_the_account(&reply.reason().code))
        // The sender's own mailbox can be full too, and only these words tell.
        || text.contains("storedrv.submission")
        || (!is_about_a_size && has_words())
}

/// Replaces words that contain an at sign with an ellipsis.
fn without_addresses(text: &str) -> String {
    let words = text.split(' ').map(|word| match word.contains('@') {
        true => "…",
        false => word,
    });
    words.collect::<Vec<_>>().join(" ")
}

fn is_about_a_limit(text: &str) -> bool {
    const WORDS: [&str; 6] = [
        "limit",
        "too many",
        "too fast",
        "throttl",
        "sending rate",
        "rate exceeded",
    ];
    let text = text.to_lowercase();
    WORDS.iter().any(|words| text.contains(words))
}

impl Reply {
    /// The subject and detail of an enhanced status code: (1, 1) for 5.1.1. `None` if it does not match the reply code
    /// (RFC 2034, 4).
    fn enhanced(&self) -> Option<(u16, u16)> {
        let mut parts = self.text.split_whitespace().next()?.split('.');
        let mut number = || parts.next()?.parse::<u16>().ok();
        let (class, subject, detail) = (number()?, number()?, number()?);
        (class == self.code / 100 && parts.next().is_none()).then_some((subject, detail))
    }

    /// Under the enhanced status code if there is one, because the reply code alone says little.
    fn reason(&self) -> Reason {
        let first = self.text.split_whitespace().next();
        let code = match (self.enhanced(), first) {
            (Some(_), Some(code)) => code.to_owned(),
            _ => format!("smtp_{}", self.code),
        };
        Reason::new(code, self.whole())
    }

    /// The code and the text, without the address that relays like to repeat: a reason may be shown where the address
    /// must not appear, such as an account's last error.
    fn whole(&self) -> String {
        match self.text.trim() {
            "" => format!("{}: {NO_REASON}", self.code),
            text => format!("{} {}", self.code, without_addresses(text)),
        }
    }
}

/// The relay's id of an accepted message, in one of these formats: Postfix ("queued as 4F9A1B2C3D"), Exim
/// ("id=1rXyZa-0001AB-2C"), Sendmail and OpenSMTPD ("… Message accepted for delivery"), Gmail ("… - gsmtp"), Amazon SES
/// ("Ok …").
fn queue_id(text: &str) -> Option<&str> {
    /// Longer than any of them.
    const LONGEST: usize = 128;

    let is_code = |word: &&str| word.starts_with("2.");
    let words: Vec<&str> = text.split_whitespace().skip_while(is_code).collect();
    let in_the_middle = words.windows(3).find_map(|three| match three {
        ["queued" | "Queued", "as", id] | [id, "Message", "accepted"] | [id, "-", "gsmtp"] => {
            Some(*id)
        }
        _ => None,
    });
    let of_exim = || words.iter().find_map(|word| word.strip_prefix("id="));
    let of_ses = || match words.as_slice() {
        ["Ok" | "OK", id] => Some(*id),
        _ => None,
    };
    in_the_middle
        .or_else(of_exim)
        .or_else(of_ses)
        .map(|id| id.trim_matches(|sign: char| !sign.is_ascii_alphanumeric()))
        // An ordinary word has no digit.
        .filter(|id| id.len() <= LONGEST && id.bytes().any(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests;
