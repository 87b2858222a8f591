//! Content as it stands in requests and answers.

mod conversions;

use std::collections::BTreeMap;

use carillon_domain::{
    address::EmailAddress,
    content::{Content, EMAIL_BODY_BYTES, EmailContent, LocalizedContent, WrapperChoice},
    language::LanguageTag,
    render::{EFFORT, effort},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize, de::IgnoredAny};
use serde_json::Value;
use utoipa::ToSchema;

use crate::{body::Object, findings::Findings};

/// An email with placeholders, as in `{{member.first_name}}` or `{{default account.balance "0"}}`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = EmailContent)]
pub(crate) struct EmailBody {
    /// One line of plain text, at most 255 characters.
    #[schema(examples("Hello {{member.first_name}}"))]
    pub(crate) subject: String,
    /// The HTML part, at most 128 KiB: what stands in the wrapper, or a whole page. Values are escaped. Either this or `mjml`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(examples("<p>Hello {{member.first_name}}</p>"))]
    pub(crate) html: Option<String>,
    /// The same in MJML (<https://documentation.mjml.io>), from which the HTML is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) mjml: Option<String>,
    /// The plain-text part, at most 128 KiB; made from the HTML, with its placeholders, when it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) text: Option<String>,
    /// The email address to which answers go; the one that it is sent from unless it is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(examples("service@example.org"))]
    pub(crate) reply_to: Option<String>,
    /// Not supported: mails carry no files. A mail with one is slow to send, is often blocked, and cannot be taken back; put the file where
    /// people can fetch it, and link to it.
    #[serde(default, skip_serializing)]
    #[schema(ignore)]
    pub(crate) attachments: Option<IgnoredAny>,
}

/// A text message with placeholders.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SmsContent)]
pub(crate) struct SmsBody {
    /// Plain text, at most 1,600 characters.
    #[schema(examples("Hello {{member.first_name}}"))]
    pub(crate) text: String,
    /// `true` writes typographic quotes, dashes and dots (`“ ’ – …`) as plain ones: one of them makes a text Unicode, of which 70
    /// characters are a message and not 160. The look before publishing says what it would save.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) plain_punctuation: bool,
}

/// A message on WhatsApp: a text for people who wrote to you within a day, a template that WhatsApp has approved for all
/// others, or both. Which of the two goes out is looked up for each receiver when it is sent.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WhatsAppContent)]
pub(crate) struct WhatsAppBody {
    /// Plain text, at most 4,096 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(examples("Hello {{member.first_name}}"))]
    pub(crate) text: Option<String>,
    /// An approved template, and what stands in its placeholders.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<TemplateBody>)]
    pub(crate) template: Option<Object<TemplateBody>>,
}

/// A template that WhatsApp has approved, and what stands in its placeholders.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WhatsAppTemplate)]
pub(crate) struct TemplateBody {
    /// Its name; at Twilio its content SID.
    #[schema(examples("outage_notice"))]
    pub(crate) name: String,
    /// Its language as the vendor knows it.
    #[schema(examples("en_US"))]
    pub(crate) language: String,
    /// What stands in its header, if that has a placeholder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) header: Option<HeaderBody>,
    /// What stands in the placeholders of its body, in their order: at most 30, of at most 1,024 characters.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(examples(json!(["{{member.first_name}}"])))]
    pub(crate) body: Vec<String>,
    /// What stands in the placeholder of each of its buttons, in their order: the end of a link, `payload:` and what a
    /// quick reply says, or an empty text for a button without a placeholder.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) buttons: Vec<String>,
}

/// What stands in the header of a template.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = WhatsAppTemplateHeader)]
pub(crate) enum HeaderBody {
    /// Text.
    Text(String),
    /// The https address of a picture.
    Image(String),
    /// The https address of a film.
    Video(String),
    /// The https address of a document.
    Document(String),
}

/// A notification with placeholders.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PushContent)]
pub(crate) struct PushBody {
    /// One line of at most 120 characters.
    #[schema(examples("Spring is here"))]
    pub(crate) title: String,
    /// Plain text, at most 800 characters.
    #[schema(examples("Hello {{member.first_name}}"))]
    pub(crate) body: String,
    /// The https address of a picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) icon: Option<String>,
    /// The https address that opens when somebody taps on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) url: Option<String>,
}

/// A notification in the toolbar of a portal, with placeholders.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ToolbarContent)]
pub(crate) struct ToolbarBody {
    /// One line of at most 45 characters.
    #[schema(examples("Maintenance tonight"))]
    pub(crate) title: String,
    /// One line of at most 65 characters.
    #[schema(examples("Fibre is down from 01:00 to 03:00"))]
    pub(crate) description: String,
    /// What opens when somebody follows it: an address of https, mailto or tel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) url: Option<String>,
    /// The name of an icon (`a-z`, `0-9` and `-`), or the https address of a picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(examples("wrench"))]
    pub(crate) icon: Option<String>,
}

/// An alert in a widget of a portal, with placeholders.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WidgetContent)]
pub(crate) struct WidgetBody {
    /// One line of at most 255 characters.
    pub(crate) title: String,
    /// Plain text of at most 750 characters.
    pub(crate) description: String,
    /// How it looks.
    #[serde(rename = "type")]
    pub(crate) kind: WidgetType,
    /// When it disappears; it must lie ahead when it is written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) expires_at: Option<Timestamp>,
}

/// How an alert looks.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum WidgetType {
    /// For one's information.
    Info,
    /// Something may go wrong.
    Warning,
    /// Something is wrong.
    Danger,
    /// Something is right again.
    Success,
}

/// A name that placeholders use.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Variable)]
pub(crate) struct VariableBody {
    /// The dotted path.
    #[schema(examples("account.balance"))]
    pub(crate) path: String,
    /// What it is, for whoever fills it in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    /// What a preview shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) sample: Option<Value>,
    /// What those get who have no value of their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) default: Option<Value>,
}

/// The content of every channel in one language.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = LocalizedContent)]
pub(crate) struct LocalizedBody {
    /// The email.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<EmailBody>)]
    pub(crate) email: Option<Object<EmailBody>>,
    /// The text message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<SmsBody>)]
    pub(crate) sms: Option<Object<SmsBody>>,
    /// The message on WhatsApp.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<WhatsAppBody>)]
    pub(crate) whatsapp: Option<Object<WhatsAppBody>>,
    /// The notification.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<PushBody>)]
    pub(crate) push: Option<Object<PushBody>>,
    /// The notification in the toolbar of a portal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<ToolbarBody>)]
    pub(crate) toolbar: Option<Object<ToolbarBody>>,
    /// The alert in a widget of a portal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<WidgetBody>)]
    pub(crate) widget: Option<Object<WidgetBody>>,
}

/// What a campaign says. The top level is for everybody whose language has no version of its own.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Content)]
pub(crate) struct ContentBody {
    /// The email.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<EmailBody>)]
    pub(crate) email: Option<Object<EmailBody>>,
    /// The text message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<SmsBody>)]
    pub(crate) sms: Option<Object<SmsBody>>,
    /// The message on WhatsApp.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<WhatsAppBody>)]
    pub(crate) whatsapp: Option<Object<WhatsAppBody>>,
    /// The notification.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<PushBody>)]
    pub(crate) push: Option<Object<PushBody>>,
    /// The notification in the toolbar of a portal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<ToolbarBody>)]
    pub(crate) toolbar: Option<Object<ToolbarBody>>,
    /// The alert in a widget of a portal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<WidgetBody>)]
    pub(crate) widget: Option<Object<WidgetBody>>,
    /// Versions in other languages, by their tag (BCP 47, as in `el` or `pt-BR`); at most 30.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = BTreeMap<String, LocalizedBody>)]
    pub(crate) languages: BTreeMap<String, Object<LocalizedBody>>,
    /// The language of the top level, in which its dates and amounts are written; the tenant's `default_language`, or else `en`, unless
    /// it is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(examples("de"))]
    pub(crate) language: Option<String>,
    /// The zone (IANA) whose clock times are written by for those who have no `member.time_zone`; the tenant's `default_time_zone`, or
    /// else UTC, unless it is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(examples("Europe/Athens"))]
    pub(crate) time_zone: Option<String>,
    /// What stands around emails: the id of a wrapper, `default` for the tenant's default (unless it is said), or `none`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(examples("none"))]
    pub(crate) wrapper: Option<String>,
    /// Names that placeholders use, with samples for previews and values for those who have none; at most 100.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<VariableBody>)]
    pub(crate) variables: Vec<Object<VariableBody>>,
}

impl ContentBody {
    /// Checks everything and notes what is wrong.
    pub(crate) fn read(self, findings: &mut Findings) -> Content {
        // It is read several times below, and whoever writes it waits.
        let effort = serde_json::to_value(&self).map_or(0, |body| effort_of(&body));
        if effort > EFFORT {
            findings.add(
                "content",
                "too_much",
                "the placeholders of all channels and languages together take too long to read; have fewer of them, or shorter blocks",
            );
            return Content::default();
        }
        let default = LocalizedBody {
            email: self.email,
            sms: self.sms,
            whatsapp: self.whatsapp,
            push: self.push,
            toolbar: self.toolbar,
            widget: self.widget,
        };
        let language = self
            .language
            .and_then(|tag| findings.keep("content.language", "invalid_language", tag.parse()));
        let wrapper = self.wrapper.and_then(|text| read_wrapper(&text, findings));
        let mut content = Content {
            default: default.read("content", findings),
            language,
            time_zone: self.time_zone,
            wrapper: wrapper.unwrap_or_default(),
            variables: self
                .variables
                .into_iter()
                .map(|Object(body)| body.into())
                .collect(),
            ..Content::default()
        };
        for (tag, Object(version)) in self.languages {
            let field = format!("content.languages.{tag}");
            let Some(language) =
                findings.keep::<LanguageTag, _>(&field, "invalid_language", tag.parse())
            else {
                continue;
            };
            let version = version.read(&field, findings);
            if content.languages.insert(language, version).is_some() {
                findings.add(
                    field,
                    "duplicate_language",
                    "this language stands here under another spelling",
                );
            }
        }
        if let Err(problems) = carillon_domain::content::check(&content) {
            findings.add_content(problems);
        } else {
            findings.add_content(carillon_compose::check(&content));
        }
        content
    }
}

/// What reading all templates takes.
fn effort_of(body: &Value) -> usize {
    match body {
        Value::String(text) => effort(text),
        Value::Array(entries) => entries.iter().map(effort_of).sum(),
        Value::Object(entries) => entries.values().map(effort_of).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
    }
}

fn read_wrapper(text: &str, findings: &mut Findings) -> Option<WrapperChoice> {
    match text {
        "default" => Some(WrapperChoice::Default),
        "none" => Some(WrapperChoice::None),
        id => {
            let id = id.parse().map(WrapperChoice::Id);
            let id = id.map_err(|_| "the id of a wrapper, default, or none");
            findings.keep("content.wrapper", "invalid_wrapper", id)
        }
    }
}

impl EmailBody {
    fn read(self, field: &str, findings: &mut Findings) -> EmailContent {
        let Self {
            subject,
            html,
            mjml,
            text,
            reply_to,
            attachments,
        } = self;
        if attachments.is_some() {
            findings.add(
                format!("{field}.attachments"),
                "not_supported",
                "mails carry no files; put the file where people can fetch it, and link to it",
            );
        }
        let reply_to = reply_to.and_then(|text| {
            findings.keep(
                &format!("{field}.reply_to"),
                "invalid_address",
                EmailAddress::parse(&text),
            )
        });
        let made = match (html, &mjml) {
            (Some(html), None) => Some(html),
            (None, Some(source)) if source.len() > EMAIL_BODY_BYTES => {
                let detail = format!(
                    "at most {EMAIL_BODY_BYTES} bytes; this has {}",
                    source.len()
                );
                findings.add(format!("{field}.mjml"), "too_long", detail);
                None
            }
            (None, Some(source)) => {
                let made = carillon_compose::mjml(source);
                findings.keep(&format!("{field}.mjml"), "invalid_mjml", made)
            }
            (None, None) => {
                findings.add(format!("{field}.html"), "missing", "html, or mjml");
                None
            }
            (Some(_), Some(_)) => {
                findings.add(format!("{field}.mjml"), "ambiguous", "either html or mjml");
                None
            }
        };
        // What is wrong was found; something stands in its place, so that nothing is found twice.
        let html = made.unwrap_or_else(|| "-".to_owned());
        let email = EmailContent::new(subject, html, text);
        EmailContent {
            mjml,
            reply_to,
            ..email
        }
    }
}

impl LocalizedBody {
    fn read(self, field: &str, findings: &mut Findings) -> LocalizedContent {
        let expiry = self
            .widget
            .as_ref()
            .and_then(|Object(widget)| widget.expires_at);
        if expiry.is_some_and(|expiry| expiry <= Timestamp::now()) {
            let detail = "a time that lies ahead";
            findings.add(format!("{field}.widget.expires_at"), "in_the_past", detail);
        }
        let field = format!("{field}.email");
        LocalizedContent {
            email: self.email.map(|Object(body)| body.read(&field, findings)),
            sms: self.sms.map(|Object(body)| body.into()),
            whatsapp: self.whatsapp.map(|Object(body)| body.into()),
            push: self.push.map(|Object(body)| body.into()),
            toolbar: self.toolbar.map(|Object(body)| body.into()),
            widget: self.widget.map(|Object(body)| body.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn content_reads_back() {
        let json = json!({
            "email": { "subject": "Hi", "html": "<p>{{member.first_name}}</p>" },
            "sms": { "text": "Hi" },
            "languages": { "el": { "sms": { "text": "Γεια" } } },
        });
        let mut findings = Findings::default();
        let content = serde_json::from_value::<ContentBody>(json.clone())
            .unwrap()
            .read(&mut findings);
        assert!(findings.is_empty());
        assert_eq!(
            serde_json::to_value(ContentBody::from(content)).unwrap(),
            json
        );
    }

    #[test]
    fn what_takes_too_long_to_read_in_all_languages_is_not_read() {
        let body = |languages: usize| {
            let html = format!("{{{{#if a}}}}{}{{{{/if}}}}", "{{a}}<br>".repeat(1_500));
            let version = json!({ "email": { "subject": "Hi", "html": html } });
            let tags = ["de", "fr", "it", "es", "el", "nl", "pl", "pt", "sv", "fi"];
            let languages: serde_json::Map<String, Value> = tags[..languages]
                .iter()
                .map(|tag| ((*tag).to_owned(), version.clone()))
                .collect();
            let body = json!({ "sms": { "text": "Hi" }, "languages": languages });
            serde_json::from_value::<ContentBody>(body).unwrap()
        };
        let mut findings = Findings::default();
        body(1).read(&mut findings);
        assert!(findings.is_empty(), "{findings:?}");
        body(10).read(&mut findings);
        let failure = format!("{:?}", findings.finish().unwrap_err());
        assert!(failure.contains("too_much"), "{failure}");
    }

    #[test]
    fn everything_wrong_is_found_at_once() {
        let json = json!({
            "sms": { "text": "" },
            "languages": { "not a tag": {}, "el": { "sms": { "text": "{{#if}}" } }, "EL": {} },
        });
        let mut findings = Findings::default();
        serde_json::from_value::<ContentBody>(json)
            .unwrap()
            .read(&mut findings);
        let failure = format!("{:?}", findings.finish().unwrap_err());
        for field in [
            "content.sms.text",
            "content.languages.not a tag",
            "content.languages.el",
        ] {
            assert!(failure.contains(field), "{field} in {failure}");
        }
    }
}
