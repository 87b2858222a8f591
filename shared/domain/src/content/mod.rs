//! The content of a campaign, per channel and language.

pub mod formats;
pub mod render;
pub mod scan;
pub mod sms_parts;
pub mod text_part;
pub mod wrapper;

mod check;
mod foreign;
mod values;

use std::collections::BTreeMap;

pub use check::{ContentProblem, check, is_address_with, is_link_with};
pub use foreign::{Foreign, foreign_placeholders};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
pub(crate) use values::insert_at;
pub use values::{VALUES_BYTES, Values, check_values, has_value, leaf_paths, nested};
pub(crate) use values::{fill_gaps, fill_gaps_of};

use crate::{
    address::{EmailAddress, Region},
    channel::Channel,
    content::formats::Formats,
    id::DocumentId,
    language::{LanguageTag, best_match},
};

/// The longest subject, in characters; RFC 5322 (2.1.1) limits a header line to 998.
pub const SUBJECT_CHARACTERS: usize = 255;
/// The longest HTML or text body of an email, in bytes, so that every version fits one DynamoDB item of 400 KB.
pub const EMAIL_BODY_BYTES: usize = 128 * 1024;
/// The longest SMS, in characters; SNS refuses more than 1,600 (its `Publish` reference).
pub const SMS_CHARACTERS: usize = 1_600;
/// The largest content of a campaign, in bytes of JSON, so that it fits one DynamoDB item of 400 KB.
pub const CONTENT_BYTES: usize = 350 * 1024;
/// The most language versions besides the default.
pub const LANGUAGES: usize = 30;

/// An email as written, with placeholders.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmailContent {
    /// One line; plain text.
    pub subject: String,
    /// The HTML part.
    pub html: String,
    /// The MJML source of the HTML, if it was written in MJML.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mjml: Option<String>,
    /// The plain-text part, if the author wrote one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The Reply-To address, if it is not the sender address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<EmailAddress>,
    /// The plain-text part derived from the HTML if none was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_text: Option<String>,
}

impl EmailContent {
    /// An email; unless its text part is given, it is derived from the HTML. If none can be derived, it stays without one and
    /// [`check`] reports that.
    pub fn new(subject: String, html: String, text: Option<String>) -> Self {
        let made_text = match text {
            Some(_) => None,
            // HTML that is too long is refused anyway and need not be parsed.
            None if html.len() > EMAIL_BODY_BYTES => Some(String::new()),
            None => text_part::from_html(&html),
        };
        Self {
            subject,
            html,
            mjml: None,
            text,
            reply_to: None,
            made_text,
        }
    }

    /// The plain-text part.
    pub fn text_part(&self) -> Option<&str> {
        self.text.as_deref().or(self.made_text.as_deref())
    }
}

/// A text message as written, with placeholders.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmsContent {
    /// Plain text.
    pub text: String,
    /// Whether typographic quotes, dashes and dots are replaced by plain ones, so that they do not turn the text into Unicode
    /// ([`crate::content::sms_parts::plain_punctuation`]).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub plain_punctuation: bool,
}

impl SmsContent {
    /// A text message whose punctuation stays as written.
    pub fn new(text: String) -> Self {
        Self {
            text,
            plain_punctuation: false,
        }
    }
}

/// The longest text on WhatsApp, in characters (Cloud API reference, "Messages": `text.body`).
pub const WHATSAPP_CHARACTERS: usize = 4_096;
/// The longest value of a template's placeholder, in characters; all values of a body together may have 1,024 ("Message templates").
pub const PARAMETER_CHARACTERS: usize = 1_024;
/// The most placeholders in a template's body, and the most buttons.
pub const PARAMETERS: usize = 30;
/// The longest title of a notification, in characters; devices show fewer.
pub const PUSH_TITLE_CHARACTERS: usize = 120;
/// The longest text of a notification, in characters; with its envelope it has to fit into 4 KB.
pub const PUSH_BODY_CHARACTERS: usize = 800;
/// The longest URL of a link or a picture, in characters.
pub const LINK_CHARACTERS: usize = 1_000;

/// A WhatsApp message as written, with placeholders: a text for people who wrote to us within the last day, a template approved by
/// WhatsApp for all others, or both.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WhatsAppContent {
    /// Plain text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// A template with the values of its placeholders.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<WhatsAppTemplate>,
}

/// A template approved by WhatsApp, with the values of its placeholders.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WhatsAppTemplate {
    /// Its name; at Twilio its content SID.
    pub name: String,
    /// Its language in the vendor's notation, as in `en_US`.
    pub language: String,
    /// The value of its header, if that has a placeholder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<TemplateHeader>,
    /// The values of its body's placeholders, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub body: Vec<String>,
    /// The placeholder values of its buttons, in order: the end of a link, `payload:` and the payload of a quick reply, or empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub buttons: Vec<String>,
}

/// The value of a template's header.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TemplateHeader {
    /// Text.
    Text(String),
    /// The https URL of a picture.
    Image(String),
    /// The https URL of a video.
    Video(String),
    /// The https URL of a document.
    Document(String),
}

impl TemplateHeader {
    /// The text or URL in it.
    pub fn value(&self) -> &str {
        match self {
            Self::Text(value) | Self::Image(value) | Self::Video(value) | Self::Document(value) => {
                value
            }
        }
    }

    /// The same kind of header with another value.
    #[must_use]
    pub fn with(&self, value: String) -> Self {
        match self {
            Self::Text(_) => Self::Text(value),
            Self::Image(_) => Self::Image(value),
            Self::Video(_) => Self::Video(value),
            Self::Document(_) => Self::Document(value),
        }
    }
}

/// A push notification as written, with placeholders.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PushContent {
    /// One line.
    pub title: String,
    /// Plain text.
    pub body: String,
    /// The https URL of a picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub icon: Option<String>,
    /// The https URL that opens on tap.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// A notification in a portal's toolbar as written, with placeholders.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToolbarContent {
    /// One line.
    pub title: String,
    /// One line.
    pub description: String,
    /// The URL of its link: https, mailto or tel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The name of an icon, or the https URL of a picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub icon: Option<String>,
}

/// An alert in a portal's widget as written, with placeholders.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WidgetContent {
    /// One line.
    pub title: String,
    /// Plain text.
    pub description: String,
    /// Its appearance.
    #[serde(rename = "type")]
    pub kind: WidgetKind,
    /// When it disappears.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

/// The appearance of an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WidgetKind {
    /// Information.
    Info,
    /// A possible problem.
    Warning,
    /// A problem.
    Danger,
    /// A problem that is resolved.
    Success,
}

/// The longest title of a toolbar notification, in user-perceived characters, as below.
pub const TOOLBAR_TITLE_CHARACTERS: usize = 45;
/// The longest description of a toolbar notification.
pub const TOOLBAR_DESCRIPTION_CHARACTERS: usize = 65;
/// The longest title of a widget alert.
pub const WIDGET_TITLE_CHARACTERS: usize = 255;
/// The longest description of a widget alert.
pub const WIDGET_DESCRIPTION_CHARACTERS: usize = 750;
/// The longest name of an icon.
pub const ICON_CHARACTERS: usize = 64;

/// The content of every channel in one language.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LocalizedContent {
    /// The email.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<EmailContent>,
    /// The text message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sms: Option<SmsContent>,
    /// The WhatsApp message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub whatsapp: Option<WhatsAppContent>,
    /// The push notification.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub push: Option<PushContent>,
    /// The toolbar notification.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub toolbar: Option<ToolbarContent>,
    /// The widget alert.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub widget: Option<WidgetContent>,
}

impl LocalizedContent {
    /// Whether this language has content for a channel.
    pub fn has(&self, channel: Channel) -> bool {
        match channel {
            Channel::Email => self.email.is_some(),
            Channel::Sms => self.sms.is_some(),
            Channel::WhatsApp => self.whatsapp.is_some(),
            Channel::Push => self.push.is_some(),
        }
    }
}

impl LocalizedContent {
    /// Every text with placeholders.
    pub fn templates(&self) -> impl Iterator<Item = &str> {
        let mut texts: Vec<&str> = Channel::ALL
            .into_iter()
            .flat_map(|channel| self.templates_of(channel))
            .collect();
        texts.extend(self.toolbar_templates());
        texts.extend(self.widget_templates());
        texts.into_iter()
    }

    /// Every text with placeholders in the toolbar notification.
    pub fn toolbar_templates(&self) -> Vec<&str> {
        let toolbar = self.toolbar.iter();
        let texts = toolbar.flat_map(|toolbar| {
            [
                Some(&toolbar.title),
                Some(&toolbar.description),
                toolbar.url.as_ref(),
            ]
        });
        texts.flatten().map(String::as_str).collect()
    }

    /// Every text with placeholders in the widget alert.
    pub fn widget_templates(&self) -> Vec<&str> {
        let widget = self.widget.iter();
        let texts = widget.flat_map(|widget| [&widget.title, &widget.description]);
        texts.map(String::as_str).collect()
    }

    /// Every text with placeholders of a channel.
    pub fn templates_of(&self, channel: Channel) -> Vec<&str> {
        let mut texts: Vec<&str> = Vec::new();
        match channel {
            Channel::Email => {
                if let Some(email) = &self.email {
                    texts.extend([email.subject.as_str(), &email.html]);
                    texts.extend(email.text.as_deref());
                }
            }
            Channel::Sms => texts.extend(self.sms.as_ref().map(|sms| sms.text.as_str())),
            Channel::WhatsApp => {
                if let Some(whatsapp) = &self.whatsapp {
                    texts.extend(whatsapp.text.as_deref());
                    if let Some(template) = &whatsapp.template {
                        texts.extend(template.header.as_ref().map(TemplateHeader::value));
                        let values = template.body.iter().chain(&template.buttons);
                        texts.extend(values.map(String::as_str));
                    }
                }
            }
            Channel::Push => {
                if let Some(push) = &self.push {
                    texts.extend([push.title.as_str(), &push.body]);
                    texts.extend(push.icon.as_deref().into_iter().chain(push.url.as_deref()));
                }
            }
        }
        texts
    }
}

/// The wrapper around an email.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WrapperChoice {
    /// The tenant's default wrapper, if it has one.
    #[default]
    Default,
    /// No wrapper.
    None,
    /// This wrapper.
    Id(DocumentId),
}

impl WrapperChoice {
    fn is_usual(&self) -> bool {
        *self == Self::Default
    }
}

/// A name that placeholders use, with its sample for previews and its default.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variable {
    /// The dotted path, as in `account.balance`.
    pub path: String,
    /// Its description, for whoever supplies the values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Its sample, shown in previews.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample: Option<Value>,
    /// Its default, for receivers without a value of their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Value>,
}

/// The most variables.
pub const VARIABLES: usize = 100;
/// The longest path of a variable, in bytes; also the most names in it.
pub const PATH_BYTES: usize = 200;

/// The sender identity shown to recipients.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sender {
    /// The organisation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its postal address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The https URL of its privacy policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub privacy_url: Option<String>,
}

/// The content of a campaign: the default version at the top, other languages beside it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Content {
    /// For receivers whose language has no version of its own.
    #[serde(flatten)]
    pub default: LocalizedContent,
    /// Versions in other languages.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub languages: BTreeMap<LanguageTag, LocalizedContent>,
    /// The language of the default version. Default: the tenant's, else English.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<LanguageTag>,
    /// The IANA time zone used to format dates for receivers without one. Default: UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// The wrapper of emails.
    #[serde(default, skip_serializing_if = "WrapperChoice::is_usual")]
    pub wrapper: WrapperChoice,
    /// The variables that placeholders may use.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub variables: Vec<Variable>,
    /// Values for all receivers without one of their own.
    #[serde(default, skip_serializing_if = "Values::is_empty")]
    pub values: Values,
    /// The region assumed for a language that names none; set when the content is composed for sending.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<Region>,
    /// The sender identity; set when the content is composed for sending.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sender: Option<Sender>,
    /// The formats of dates, numbers and amounts; set when the content is composed, if it has any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub formats: Option<Formats>,
}

impl Content {
    /// The defaults of the variables, by name.
    pub fn defaults(&self) -> Map<String, Value> {
        self.variables_by(|variable| variable.default.as_ref())
    }

    /// The samples of the variables, by name.
    pub fn samples(&self) -> Map<String, Value> {
        self.variables_by(|variable| variable.sample.as_ref())
    }

    /// The values that apply in a language version to receivers without their own: the campaign's values for that language, its values
    /// for all languages, and the defaults of the variables, in this order.
    pub fn defaults_for(&self, language: Option<&LanguageTag>) -> Map<String, Value> {
        let language = language.or(self.language.as_ref());
        let own = language.and_then(|language| {
            let written = best_match(language, self.values.languages.keys())?;
            self.values.languages.get(written)
        });
        let mut defaults_for = own.cloned().unwrap_or_default();
        fill_gaps_of(&mut defaults_for, &self.values.all);
        fill_gaps_of(&mut defaults_for, &self.defaults());
        defaults_for
    }

    /// The content with samples for all values that are not given, for previews.
    #[must_use]
    pub fn with_samples(mut self) -> Self {
        for variable in &mut self.variables {
            variable.default = variable.default.take().or(variable.sample.clone());
        }
        self
    }

    fn variables_by(&self, of: impl Fn(&Variable) -> Option<&Value>) -> Map<String, Value> {
        let mut root = Map::new();
        for variable in &self.variables {
            let Some(value) = of(variable) else {
                continue;
            };
            insert_at(&mut root, variable.path.split('.'), value.clone());
        }
        root
    }

    /// Whether a channel can be sent to every receiver, whatever their language.
    pub fn has(&self, channel: Channel) -> bool {
        self.default.has(channel)
    }

    /// The version in a language, or else the default one.
    pub fn version(&self, language: Option<&LanguageTag>) -> &LocalizedContent {
        let own = language.and_then(|language| self.languages.get(language));
        own.unwrap_or(&self.default)
    }

    /// The path of a version in the request body.
    pub fn path_of_version(language: Option<&LanguageTag>) -> String {
        match language {
            None => "content".to_owned(),
            Some(language) => format!("content.languages.{language}"),
        }
    }

    /// Every version, to change it, with its language, the default first.
    pub fn versions_mut(
        &mut self,
    ) -> impl Iterator<Item = (Option<&LanguageTag>, &mut LocalizedContent)> {
        std::iter::once((None, &mut self.default)).chain(
            self.languages
                .iter_mut()
                .map(|(language, version)| (Some(language), version)),
        )
    }

    /// Every version with its language, the default first.
    pub fn versions(&self) -> impl Iterator<Item = (Option<&LanguageTag>, &LocalizedContent)> {
        std::iter::once((None, &self.default)).chain(
            self.languages
                .iter()
                .map(|(language, version)| (Some(language), version)),
        )
    }
}

#[cfg(test)]
mod tests;
