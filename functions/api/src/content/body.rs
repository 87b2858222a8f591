//! Content in requests and responses.

mod conversions;

use std::collections::BTreeMap;

use carillon_domain::{
    address::EmailAddress,
    content::{
        Content, EMAIL_BODY_BYTES, EmailContent, LocalizedContent, WrapperChoice,
        render::{EFFORT, effort},
    },
    language::LanguageTag,
};
use carillon_http::{body::Object, findings::Findings};
use jiff::Timestamp;
use serde::{Deserialize, Serialize, de::IgnoredAny};
use serde_json::Value;
use utoipa::ToSchema;

/// An email. Placeholders are written as `{{member.first_name}}` or `{{default account.balance "0"}}`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = EmailContent)]
pub(crate) struct EmailBody {
    /// One line of plain text, at most 255 characters.
    #[schema(examples("Hello {{member.first_name}}"))]
    pub(crate) subject: String,
    /// The HTML part, at most 128 KiB: the content of the wrapper, or a complete page. Values are escaped. Set either
    /// this or `mjml`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(examples("<p>Hello {{member.first_name}}</p>"))]
    pub(crate) html: Option<String>,
    /// The HTML part in MJML (<https://documentation.mjml.io>), which is converted to HTML.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) mjml: Option<String>,
    /// The plain-text part, at most 128 KiB. Default: generated from the HTML, with its placeholders.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) text: Option<String>,
    /// The email address for replies. Default: the sender address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(examples("service@example.org"))]
    pub(crate) reply_to: Option<String>,
    /// Not supported: emails have no attachments. An email with one is slow to send, often blocked, and cannot be recalled;
    /// put the file online and link to it.
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
    /// `true` replaces typographic quotes, dashes and dots (`“ ’ – …`) with plain ones. A single typographic character
    /// makes a text Unicode, which allows 70 characters per message instead of 160. Preflight reports how much this
    /// would save.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) plain_punctuation: bool,
}

/// A WhatsApp message: a text for receivers who wrote to you within the last day, a template approved by WhatsApp for
/// all others, or both. Which of the two is sent is decided for each receiver at the time of sending.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WhatsAppContent)]
pub(crate) struct WhatsAppBody {
    /// Plain text, at most 4,096 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(examples("Hello {{member.first_name}}"))]
    pub(crate) text: Option<String>,
    /// An approved template and the values of its placeholders.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<TemplateBody>)]
    pub(crate) template: Option<Object<TemplateBody>>,
}

/// A template approved by WhatsApp and the values of its placeholders.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WhatsAppTemplate)]
pub(crate) struct TemplateBody {
    /// The name of the template; for Twilio, its content SID.
    #[schema(examples("outage_notice"))]
    pub(crate) name: String,
    /// The language of the template, as the vendor names it.
    #[schema(examples("en_US"))]
    pub(crate) language: String,
    /// The value of the header, if the header has a placeholder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) header: Option<HeaderBody>,
    /// The values of the placeholders in the body, in order: at most 30, of at most 1,024 characters each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(examples(json!(["{{member.first_name}}"])))]
    pub(crate) body: Vec<String>,
    /// The value of the placeholder of each button, in order: the end of a link, `payload:` followed by the payload of
    /// a quick reply, or an empty string for a button without a placeholder.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) buttons: Vec<String>,
}

/// The header of a template.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = WhatsAppTemplateHeader)]
pub(crate) enum HeaderBody {
    /// A text.
    Text(String),
    /// The https URL of an image.
    Image(String),
    /// The https URL of a video.
    Video(String),
    /// The https URL of a document.
    Document(String),
}

/// A push notification with placeholders.
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
    /// The https URL of an image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) icon: Option<String>,
    /// The https URL that opens when the notification is tapped.
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
    /// The URL that the notification opens: https, mailto or tel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) url: Option<String>,
    /// The name of an icon (`a-z`, `0-9` and `-`), or the https URL of an image.
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
    /// The style of the alert.
    #[serde(rename = "type")]
    pub(crate) kind: WidgetType,
    /// When the alert disappears. Must be in the future when it is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) expires_at: Option<Timestamp>,
}

/// The style of an alert.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum WidgetType {
    /// Information.
    Info,
    /// A possible problem.
    Warning,
    /// A problem.
    Danger,
    /// A problem was resolved.
    Success,
}

/// A variable for placeholders.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Variable)]
pub(crate) struct VariableBody {
    /// The dotted path.
    #[schema(examples("account.balance"))]
    pub(crate) path: String,
    /// A description for the people who fill in the value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    /// The sample value for previews.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) sample: Option<Value>,
    /// The value for receivers who have no value of their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) default: Option<Value>,
}

/// Defines a body with the content of all channels in one language, and with further fields. serde cannot refuse unknown
/// fields of a type that flattens another.
macro_rules! body_of_all_channels {
    ($(#[$about:meta])* pub(crate) struct $Body:ident { $($more:tt)* }) => {
        #[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
        #[serde(deny_unknown_fields)]
        $(#[$about])*
        pub(crate) struct $Body {
            /// The email.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            #[schema(value_type = Option<EmailBody>)]
            pub(crate) email: Option<Object<EmailBody>>,
            /// The text message.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            #[schema(value_type = Option<SmsBody>)]
            pub(crate) sms: Option<Object<SmsBody>>,
            /// The WhatsApp message.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            #[schema(value_type = Option<WhatsAppBody>)]
            pub(crate) whatsapp: Option<Object<WhatsAppBody>>,
            /// The push notification.
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
            $($more)*
        }
    };
}

body_of_all_channels! {
    /// The content of all channels in one language.
    #[schema(as = LocalizedContent)]
    pub(crate) struct LocalizedBody {}
}

body_of_all_channels! {
    /// The content of a campaign. The top level is for everyone whose language has no version of its own.
    #[schema(as = Content)]
    pub(crate) struct ContentBody {
        /// Versions in other languages, by language tag (BCP 47, for example `el` or `pt-BR`); at most 30.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        #[schema(value_type = BTreeMap<String, LocalizedBody>)]
        pub(crate) languages: BTreeMap<String, Object<LocalizedBody>>,
        /// The language of the top level, which determines the format of its dates and amounts. Default: the
        /// `default_language` of the tenant, or `en` if it has none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(examples("de"))]
        pub(crate) language: Option<String>,
        /// The time zone (IANA) for times shown to receivers without `member.time_zone`. Default: the `default_time_zone`
        /// of the tenant, or UTC if it has none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(examples("Europe/Athens"))]
        pub(crate) time_zone: Option<String>,
        /// The wrapper of emails: the id of a wrapper, `default` for the default wrapper of the tenant, or `none`. Default
        /// `default`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(examples("none"))]
        pub(crate) wrapper: Option<String>,
        /// Variables for placeholders, with samples for previews and values for receivers who have none; at most 100.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        #[schema(value_type = Vec<VariableBody>)]
        pub(crate) variables: Vec<Object<VariableBody>>,
    }
}

impl ContentBody {
    /// Validates everything and records findings.
    pub(crate) fn read(self, findings: &mut Findings) -> Content {
        // Parsing is repeated below while the caller waits.
        let effort = serde_json::to_value(&self).map_or(0, |body| effort_of(&body));
        if effort > EFFORT {
            findings.add(
                "content",
                "too_much",
                "the placeholders of all channels and languages together take too long to process; use fewer placeholders, or shorter blocks",
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
                    "this language is already listed with a different spelling",
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

/// The effort of parsing all templates.
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
                "emails cannot have attachments; put the file online and link to it",
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
                findings.add(format!("{field}.html"), "missing", "html or mjml");
                None
            }
            (Some(_), Some(_)) => {
                findings.add(format!("{field}.mjml"), "ambiguous", "either html or mjml");
                None
            }
        };
        // The errors have been recorded; a placeholder avoids recording them again.
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
            let detail = "a time in the future";
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
    fn content_too_expensive_to_parse_is_refused() {
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
    fn all_errors_are_reported_at_once() {
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
