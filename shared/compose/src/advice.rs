//! Warnings about content that can be sent.

use carillon_domain::{
    channel::Channel,
    content::{
        Content, foreign_placeholders,
        render::placeholders,
        scan::{attribute, end_of_element, is_element},
    },
};

use crate::{unknown_names, unused_values};

/// Link shorteners, which hide the target; spam filters and carriers distrust them.
const SHORTENERS: [&str; 16] = [
    "bit.ly",
    "buff.ly",
    "cutt.ly",
    "goo.gl",
    "is.gd",
    "lnkd.in",
    "ow.ly",
    "rb.gy",
    "rebrand.ly",
    "s.id",
    "shorturl.at",
    "t.co",
    "t.ly",
    "tiny.cc",
    "tinyurl.com",
    "v.gd",
];
/// Words in subjects that spam filters look for, in lower case.
const SPAMMY: [&str; 14] = [
    "100%",
    "act now",
    "cash",
    "click here",
    "congratulations",
    "earn money",
    "free!",
    "guarantee",
    "limited time",
    "no obligation",
    "risk free",
    "winner",
    "$$",
    "urgent!!",
];

/// The most foreign placeholders reported per channel; whoever sees so many will check all.
const FOREIGN: usize = 10;

/// A warning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advice {
    /// A stable code.
    pub code: &'static str,
    /// The field, as in `content.email.subject`.
    pub field: String,
    /// The text for admins.
    pub detail: String,
}

/// The warnings about a content: `written` is the content as written, `composed` the same as it is sent.
pub fn advice(written: &Content, composed: &Content) -> Vec<Advice> {
    let mut found = Vec::new();
    let mut add = |code, field: String, detail: String| {
        found.push(Advice {
            code,
            field,
            detail,
        });
    };
    for unknown in unknown_names(written) {
        let meant = unknown
            .nearest
            .map(|name| format!(" (did you mean {name}?)"));
        let detail = format!(
            "unknown placeholder {}{}: receivers without a value for it do not get the message",
            unknown.path,
            meant.unwrap_or_default()
        );
        add("unknown_placeholder", "content".to_owned(), detail);
    }
    let declared: Vec<&str> = written
        .variables
        .iter()
        .map(|variable| variable.path.as_str())
        .collect();
    for path in unused_values(composed) {
        let detail = format!("no text uses {path}, so its value has no effect");
        add("unused_value", format!("values.{path}"), detail);
    }
    for (language, version) in composed.versions() {
        let prefix = Content::path_of_version(language);
        if let Some(email) = &version.email {
            let subject = format!("{prefix}.email.subject");
            if let Some(why) = spammy(&email.subject) {
                let detail = format!("spam filters may block it: {why}");
                add("spammy_subject", subject, detail);
            }
            let asks = placeholders(&email.html).unwrap_or_default();
            if !asks.iter().any(|asked| asked.path == "unsubscribe_url") {
                let detail = "the email shows no link to unsubscribe; choose a wrapper that has one, or put {{unsubscribe_url}} into the text";
                add(
                    "missing_unsubscribe",
                    format!("{prefix}.email.html"),
                    detail.to_owned(),
                );
            }
            for address in insecure(&email.html) {
                let detail = format!("{address} is not encrypted; use https://");
                add("insecure_link", format!("{prefix}.email.html"), detail);
            }
            let small = email.html.to_ascii_lowercase();
            let pictures = small.matches("data:image/").count();
            if pictures > 0 {
                let detail = format!(
                    "{pictures} of its pictures are embedded (data:); Gmail and many versions of Outlook do not show these; host them on a server and use their https:// URLs"
                );
                add("inline_picture", format!("{prefix}.email.html"), detail);
            }
        }
        for channel in Channel::ALL {
            let mut foreign: Vec<_> = version
                .templates_of(channel)
                .into_iter()
                .flat_map(|text| foreign_placeholders(text, &declared))
                .collect();
            foreign.dedup();
            for found in foreign.into_iter().take(FOREIGN) {
                let detail = format!(
                    "{} is a placeholder of another system and would be sent literally; use {} instead",
                    found.written, found.ours
                );
                add("foreign_placeholder", format!("{prefix}.{channel}"), detail);
            }
        }
        let texts = version.templates();
        let mut shortened: Vec<&str> = texts.flat_map(shorteners).collect();
        shortened.sort_unstable();
        shortened.dedup();
        for service in shortened {
            let detail = format!("links of {service} hide their target and are often blocked");
            add("link_shortener", prefix.clone(), detail);
        }
    }
    found
}

fn spammy(subject: &str) -> Option<String> {
    let small = subject.to_lowercase();
    if let Some(word) = SPAMMY.into_iter().find(|word| small.contains(word)) {
        return Some(format!("\"{word}\""));
    }
    let letters: Vec<char> = subject
        .chars()
        .filter(|letter| letter.is_alphabetic())
        .collect();
    let capitals = letters
        .iter()
        .filter(|letter| letter.is_uppercase())
        .count();
    if letters.len() >= 10 && capitals * 10 > letters.len() * 7 {
        return Some("mostly capital letters".to_owned());
    }
    (subject.matches('!').count() > 1).then(|| "several exclamation marks".to_owned())
}

/// The link shorteners in a text.
fn shorteners(text: &str) -> Vec<&'static str> {
    let after = |start: usize| {
        let rest = &text[start..];
        let end = rest
            .find(|letter: char| !(letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-')));
        rest[..end.unwrap_or(rest.len())].to_ascii_lowercase()
    };
    let hosts = text.match_indices("//").map(|(place, _)| after(place + 2));
    let mut bare: Vec<String> = text
        .split_whitespace()
        .map(|word| {
            let host = word.split('/').next().unwrap_or_default();
            host.to_ascii_lowercase()
        })
        .collect();
    bare.extend(hosts);
    SHORTENERS
        .into_iter()
        .filter(|service| {
            bare.iter()
                .any(|host| host == service || host.strip_prefix("www.") == Some(service))
        })
        .collect()
}

/// Unencrypted URLs of links and pictures.
fn insecure(html: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        let from = &rest[start..];
        if !is_element(from) {
            rest = &from[1..];
            continue;
        }
        let Some(end) = end_of_element(from) else {
            break;
        };
        let (element, after) = from.split_at(end);
        rest = after;
        let addresses = ["href", "src"]
            .into_iter()
            .filter_map(|name| attribute(element, name));
        found.extend(
            addresses
                .filter(|address| address.starts_with("http://"))
                .map(str::to_owned),
        );
    }
    found.sort();
    found.dedup();
    found.truncate(5);
    found
}

#[cfg(test)]
mod tests {
    use carillon_domain::content::{EmailContent, LocalizedContent, SmsContent};

    use super::*;

    fn codes(subject: &str, html: &str, sms: &str) -> Vec<&'static str> {
        let content = Content {
            default: LocalizedContent {
                email: Some(EmailContent::new(subject.to_owned(), html.to_owned(), None)),
                sms: Some(SmsContent::new(sms.to_owned())),
                ..LocalizedContent::default()
            },
            ..Content::default()
        };
        advice(&content, &content)
            .into_iter()
            .map(|advice| advice.code)
            .collect()
    }

    #[test]
    fn good_content_gets_no_warnings() {
        let html = "<p>Hello {{member.first_name}}</p><a href=\"{{unsubscribe_url}}\">No more</a><a href=\"https://example.org\">x</a>";
        assert_eq!(
            codes(
                "Water is off on Mill Lane!",
                html,
                "See https://example.org/tiny"
            ),
            [""; 0]
        );
    }

    #[test]
    fn foreign_placeholders_are_reported_with_ours() {
        let content = |subject: &str, html: &str, sms: &str| Content {
            default: LocalizedContent {
                email: Some(EmailContent::new(subject.to_owned(), html.to_owned(), None)),
                sms: Some(SmsContent::new(sms.to_owned())),
                ..LocalizedContent::default()
            },
            ..Content::default()
        };
        let content = content(
            "Hi *|FNAME|*",
            "<p>Dear {{member.first_name}} {% if vip %}, %%last_name%%{% endif %} {SAVE10}</p>{{unsubscribe_url}}",
            "Hi ${name}, [[plan]]",
        );
        let found = advice(&content, &content);
        let found: Vec<(&str, &str)> = found
            .iter()
            .filter(|advice| advice.code == "foreign_placeholder")
            .map(|advice| {
                let (written, _) = advice.detail.split_once(" is a placeholder of").unwrap();
                (advice.field.as_str(), written)
            })
            .collect();
        assert_eq!(
            found,
            [
                ("content.email", "*|FNAME|*"),
                ("content.email", "{% if vip %}"),
                ("content.email", "%%last_name%%"),
                ("content.email", "{% endif %}"),
                ("content.sms", "${name}"),
                ("content.sms", "[[plan]]"),
            ]
        );
    }

    #[test]
    fn every_warning_is_reported() {
        for (subject, html, sms, code) in [
            ("ACT NOW", "{{unsubscribe_url}}", "x", "spammy_subject"),
            (
                "WATER IS OFF ON MILL LANE",
                "{{unsubscribe_url}}",
                "x",
                "spammy_subject",
            ),
            ("Hurry!!", "{{unsubscribe_url}}", "x", "spammy_subject"),
            ("a", "<p>b</p>", "x", "missing_unsubscribe"),
            (
                "a",
                "{{unsubscribe_url}}",
                "Read https://bit.ly/3x",
                "link_shortener",
            ),
            (
                "a",
                "{{unsubscribe_url}}",
                "Read tinyurl.com/3x now",
                "link_shortener",
            ),
            (
                "a",
                "{{unsubscribe_url}}<img src=\"http://x.example/a.png\">",
                "x",
                "insecure_link",
            ),
            (
                "a",
                "{{unsubscribe_url}}<img src=\"data:image/png;base64,AAAA\">",
                "x",
                "inline_picture",
            ),
            (
                "{{member.name}}",
                "{{unsubscribe_url}}",
                "x",
                "unknown_placeholder",
            ),
        ] {
            assert_eq!(codes(subject, html, sms), [code], "{subject} {html} {sms}");
        }
    }
}
