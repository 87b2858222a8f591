//! Content as it stands in requests and answers.

use std::collections::BTreeMap;

use carillon_domain::{
    content::{Content, EmailContent, LocalizedContent, SmsContent},
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
    /// Versions in other languages, by their tag (BCP 47, as in `el` or `pt-BR`); at most 30.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = BTreeMap<String, LocalizedBody>)]
    pub(crate) languages: BTreeMap<String, Object<LocalizedBody>>,
}

impl ContentBody {
    /// Checks everything and notes what is wrong.
    pub(crate) fn read(self, findings: &mut Findings) -> Content {
        let mut content = Content {
            email: self.email.map(|Object(body)| body.into()),
            sms: self.sms.map(|Object(body)| body.into()),
            languages: BTreeMap::new(),
        };
        for (tag, Object(version)) in self.languages {
            let field = format!("content.languages.{tag}");
            let Some(language) =
                findings.keep::<LanguageTag, _>(&field, "invalid_language", tag.parse())
            else {
                continue;
            };
            let version = LocalizedContent {
                email: version.email.map(|Object(body)| body.into()),
                sms: version.sms.map(|Object(body)| body.into()),
            };
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

impl From<Content> for ContentBody {
    fn from(content: Content) -> Self {
        let languages = content.languages.into_iter().map(|(language, version)| {
            let version = LocalizedBody {
                email: version.email.map(|content| Object(content.into())),
                sms: version.sms.map(|content| Object(content.into())),
            };
            (language.to_string(), Object(version))
        });
        Self {
            languages: languages.collect(),
            email: content.email.map(|content| Object(content.into())),
            sms: content.sms.map(|content| Object(content.into())),
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
