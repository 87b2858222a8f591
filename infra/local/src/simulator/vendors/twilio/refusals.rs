//! What Twilio refuses, and how it words that (<https://www.twilio.com/docs/api/errors>).

use crate::simulator::refusal::Refusal;
use crate::simulator::state::Named;

/// Maximum length of a text.
pub(super) const TEXT_CHARACTERS: usize = 1600;

/// Validates like Twilio.
pub(super) fn check(to: &str, text: &str, attributes: &Named) -> Result<(), Refusal> {
    let from = attributes.get("From").map(String::as_str);
    let code = if to.is_empty() {
        Some("21604")
    } else if from.is_none() && !attributes.contains_key("MessagingServiceSid") {
        Some("21603")
    } else if text.is_empty() {
        Some("21602")
    } else if text.chars().count() > TEXT_CHARACTERS {
        Some("21617")
    } else {
        refusal_of_receiver(to)
            .or_else(|| from.and_then(refusal_of_sender))
            .or_else(|| refusal_of_callback(attributes))
    };
    match code {
        Some("21212") => Err(refused("21212", &[from.unwrap_or_default().to_owned()])),
        Some(code) => Err(refused(code, &[to.to_owned()])),
        None => Ok(()),
    }
}

pub(super) fn refusal_of_receiver(to: &str) -> Option<&'static str> {
    match to {
        "+15005550002" => Some("21612"),
        "+15005550003" => Some("21408"),
        "+15005550004" => Some("21610"),
        "+15005550009" => Some("21614"),
        "+15005550001" => Some("21211"),
        _ => (!is_e164(to)).then_some("21211"),
    }
}

fn refusal_of_sender(from: &str) -> Option<&'static str> {
    let is_name = (1..=11).contains(&from.len())
        && from.bytes().any(|byte| byte.is_ascii_alphabetic())
        && from
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b' ');
    let is_short_code =
        (3..=6).contains(&from.len()) && from.bytes().all(|byte| byte.is_ascii_digit());
    match from {
        "+15005550001" => Some("21212"),
        "+15005550007" => Some("21606"),
        "+15005550008" => Some("21611"),
        _ => (!is_name && !is_short_code && !is_e164(from)).then_some("21212"),
    }
}

pub(super) fn refusal_of_callback(attributes: &Named) -> Option<&'static str> {
    let url = attributes.get("StatusCallback")?;
    let is_url = url.starts_with("https://") || url.starts_with("http://");
    (!is_url).then_some("21609")
}

pub(super) fn is_e164(number: &str) -> bool {
    number.strip_prefix('+').is_some_and(|digits| {
        (7..=15).contains(&digits.len())
            && !digits.starts_with('0')
            && digits.bytes().all(|byte| byte.is_ascii_digit())
    })
}

pub(super) fn refused(code: &str, recipients: &[String]) -> Refusal {
    Refusal::new(status(code), code, message(code, recipients))
}

pub(super) fn status(code: &str) -> u16 {
    match code {
        "20003" => 401,
        "20404" => 404,
        "20429" | "21611" => 429,
        _ => 400,
    }
}

pub(super) fn message(code: &str, recipients: &[String]) -> String {
    let number = recipients.first().map_or("", String::as_str);
    match code {
        "20003" => "Authentication Error - invalid username".to_owned(),
        "21211" => format!("The 'To' number {number} is not a valid phone number."),
        "21212" => format!(
            "The 'From' number {number} is not a valid phone number, shortcode, or alphanumeric sender ID."
        ),
        "21408" => format!(
            "Permission to send an SMS has not been enabled for the region indicated by the 'To' number: {number}"
        ),
        "21602" => "Message body is required.".to_owned(),
        "21603" => "A 'From' phone number is required.".to_owned(),
        "21604" => "A 'To' phone number is required.".to_owned(),
        "21606" => "The 'From' phone number provided is not a valid message-capable Twilio phone number for this destination/account".to_owned(),
        "21609" => "The 'StatusCallback' URL is not a valid URL.".to_owned(),
        "21610" => "Attempt to send to unsubscribed recipient".to_owned(),
        "21611" => "SMS queue is full.".to_owned(),
        "21612" => "Message cannot be sent with the current combination of 'To' and/or 'From' parameters".to_owned(),
        "21614" => format!("To number: {number}, is not a mobile number"),
        "21617" => "The concatenated message body exceeds the 1600 character limit".to_owned(),
        "21619" => "A text message body or media urls must be specified.".to_owned(),
        "21655" => "The ContentSid is Invalid".to_owned(),
        "21656" => "The ContentVariables Parameter is invalid".to_owned(),
        "21910" => "Invalid 'From' and 'To' pair. 'From' and 'To' should be of the same channel".to_owned(),
        "30002" => "Account suspended".to_owned(),
        "63016" => "Failed to send freeform message because you are outside the allowed window. If you are using WhatsApp, please use a Message Template.".to_owned(),
        "63024" => "Invalid message recipient".to_owned(),
        _ => "The request was refused.".to_owned(),
    }
}
