//! Content as it stands in requests and answers.

use std::collections::BTreeMap;

use carillon_domain::{
    content::{
        Content, EmailContent, LocalizedContent, PushContent, SmsContent, TemplateHeader,
        WhatsAppContent, WhatsAppTemplate,
    },
    language::LanguageTag,
};
use serde::{Deserialize, Serialize};
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
    /// The HTML part, at most 128 KiB. Values are escaped.
    #[schema(examples("<p>Hello {{member.first_name}}</p>"))]
    pub(crate) html: String,
    /// The plain-text part, at most 128 KiB; made from the HTML, with its placeholders, when it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) text: Option<String>,
}

/// A text message with placeholders.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SmsContent)]
pub(crate) struct SmsBody {
    /// Plain text, at most 1,600 characters.
    #[schema(examples("Hello {{member.first_name}}"))]
    pub(crate) text: String,
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
    /// Versions in other languages, by their tag (BCP 47, as in `el` or `pt-BR`); at most 30.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = BTreeMap<String, LocalizedBody>)]
    pub(crate) languages: BTreeMap<String, Object<LocalizedBody>>,
}

impl ContentBody {
    /// Checks everything and notes what is wrong.
    pub(crate) fn read(self, findings: &mut Findings) -> Content {
        let default = LocalizedBody {
            email: self.email,
            sms: self.sms,
            whatsapp: self.whatsapp,
            push: self.push,
        };
        let mut content = Content {
            default: default.into(),
            languages: BTreeMap::new(),
        };
        for (tag, Object(version)) in self.languages {
            let field = format!("content.languages.{tag}");
            let Some(language) =
                findings.keep::<LanguageTag, _>(&field, "invalid_language", tag.parse())
            else {
                continue;
            };
            if content.languages.insert(language, version.into()).is_some() {
                findings.add(
                    field,
                    "duplicate_language",
                    "this language stands here under another spelling",
                );
            }
        }
        if let Err(problems) = carillon_domain::content::check(&content) {
            findings.add_content(problems);
        }
        content
    }
}

impl From<EmailBody> for EmailContent {
    fn from(
        EmailBody {
            subject,
            html,
            text,
        }: EmailBody,
    ) -> Self {
        Self::new(subject, html, text)
    }
}

impl From<SmsBody> for SmsContent {
    fn from(SmsBody { text }: SmsBody) -> Self {
        Self { text }
    }
}

impl From<EmailContent> for EmailBody {
    fn from(
        EmailContent {
            subject,
            html,
            text,
            made_text: _,
        }: EmailContent,
    ) -> Self {
        Self {
            subject,
            html,
            text,
        }
    }
}

impl From<SmsContent> for SmsBody {
    fn from(SmsContent { text }: SmsContent) -> Self {
        Self { text }
    }
}

impl From<WhatsAppBody> for WhatsAppContent {
    fn from(WhatsAppBody { text, template }: WhatsAppBody) -> Self {
        Self {
            text,
            template: template.map(|Object(body)| body.into()),
        }
    }
}

impl From<WhatsAppContent> for WhatsAppBody {
    fn from(WhatsAppContent { text, template }: WhatsAppContent) -> Self {
        Self {
            text,
            template: template.map(|template| Object(template.into())),
        }
    }
}

impl From<TemplateBody> for WhatsAppTemplate {
    fn from(body: TemplateBody) -> Self {
        let header = body.header.map(|header| match header {
            HeaderBody::Text(value) => TemplateHeader::Text(value),
            HeaderBody::Image(value) => TemplateHeader::Image(value),
            HeaderBody::Video(value) => TemplateHeader::Video(value),
            HeaderBody::Document(value) => TemplateHeader::Document(value),
        });
        Self {
            name: body.name,
            language: body.language,
            header,
            body: body.body,
            buttons: body.buttons,
        }
    }
}

impl From<WhatsAppTemplate> for TemplateBody {
    fn from(template: WhatsAppTemplate) -> Self {
        let header = template.header.map(|header| match header {
            TemplateHeader::Text(value) => HeaderBody::Text(value),
            TemplateHeader::Image(value) => HeaderBody::Image(value),
            TemplateHeader::Video(value) => HeaderBody::Video(value),
            TemplateHeader::Document(value) => HeaderBody::Document(value),
        });
        Self {
            name: template.name,
            language: template.language,
            header,
            body: template.body,
            buttons: template.buttons,
        }
    }
}

impl From<PushBody> for PushContent {
    fn from(
        PushBody {
            title,
            body,
            icon,
            url,
        }: PushBody,
    ) -> Self {
        Self {
            title,
            body,
            icon,
            url,
        }
    }
}

impl From<PushContent> for PushBody {
    fn from(
        PushContent {
            title,
            body,
            icon,
            url,
        }: PushContent,
    ) -> Self {
        Self {
            title,
            body,
            icon,
            url,
        }
    }
}

impl From<LocalizedBody> for LocalizedContent {
    fn from(body: LocalizedBody) -> Self {
        Self {
            email: body.email.map(|Object(body)| body.into()),
            sms: body.sms.map(|Object(body)| body.into()),
            whatsapp: body.whatsapp.map(|Object(body)| body.into()),
            push: body.push.map(|Object(body)| body.into()),
        }
    }
}

impl From<LocalizedContent> for LocalizedBody {
    fn from(content: LocalizedContent) -> Self {
        Self {
            email: content.email.map(|content| Object(content.into())),
            sms: content.sms.map(|content| Object(content.into())),
            whatsapp: content.whatsapp.map(|content| Object(content.into())),
            push: content.push.map(|content| Object(content.into())),
        }
    }
}

impl From<Content> for ContentBody {
    fn from(content: Content) -> Self {
        let languages = content
            .languages
            .into_iter()
            .map(|(language, version)| (language.to_string(), Object(version.into())));
        let LocalizedBody {
            email,
            sms,
            whatsapp,
            push,
        } = content.default.into();
        Self {
            languages: languages.collect(),
            email,
            sms,
            whatsapp,
            push,
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
