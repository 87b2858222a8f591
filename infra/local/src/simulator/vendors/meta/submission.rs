//! One submission and its validation.

use serde::Deserialize;
use serde_json::Value;

use crate::simulator::calls::{Message, SmsMessage};
use crate::simulator::state::Named;

/// Maximum length of a text.
const TEXT_CHARACTERS: usize = 4096;
/// Maximum length of a template's name.
const NAME_CHARACTERS: usize = 512;
/// Maximum length of the echoed callback data.
const CALLBACK_DATA_CHARACTERS: usize = 512;

/// The body, limited to the fields used here.
#[derive(Deserialize)]
pub(super) struct Submission {
    #[serde(default)]
    messaging_product: String,
    #[serde(default)]
    pub(super) to: String,
    #[serde(default, rename = "type")]
    kind: String,
    #[serde(default)]
    text: Text,
    #[serde(default)]
    template: Template,
    biz_opaque_callback_data: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Text {
    body: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Template {
    name: String,
    language: Language,
    components: Vec<Value>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Language {
    code: String,
}

impl Submission {
    /// The receiver's number, with its plus sign.
    pub(super) fn number(&self) -> String {
        format!("+{}", self.to.trim_start_matches('+'))
    }

    pub(super) fn is_free_text(&self) -> bool {
        self.kind != "template"
    }

    pub(super) fn shown(&self) -> Message {
        let text = match self.is_free_text() {
            true => self.text.body.clone(),
            false => {
                let components = Value::from(self.template.components.clone());
                format!("{} {components}", self.template.name)
            }
        };
        let mut attributes = Named::from([("type".to_owned(), self.kind.clone())]);
        let data = self.biz_opaque_callback_data.clone();
        attributes.extend(data.map(|data| ("biz_opaque_callback_data".to_owned(), data)));
        if !self.is_free_text() {
            attributes.insert("template".to_owned(), self.template.name.clone());
            attributes.insert("language".to_owned(), self.template.language.code.clone());
        }
        Message::Sms(SmsMessage {
            phone_number: self.number(),
            text,
            attributes,
        })
    }

    /// Returns the code with which Meta rejects it.
    pub(super) fn check(&self) -> Result<(), &'static str> {
        let digits = self.to.trim_start_matches('+');
        let is_number = (7..=15).contains(&digits.len())
            && !digits.starts_with('0')
            && digits.bytes().all(|byte| byte.is_ascii_digit());
        let data = self.biz_opaque_callback_data.as_deref().unwrap_or_default();
        if self.messaging_product != "whatsapp" || digits.is_empty() {
            Err("100")
        } else if !is_number || data.chars().count() > CALLBACK_DATA_CHARACTERS {
            Err("131009")
        } else {
            match self.kind.as_str() {
                "text" => self.text.check(),
                "template" => self.template.check(),
                _ => Err("131009"),
            }
        }
    }
}

impl Text {
    fn check(&self) -> Result<(), &'static str> {
        match self.body.chars().count() {
            0 => Err("131008"),
            1..=TEXT_CHARACTERS => Ok(()),
            _ => Err("131009"),
        }
    }
}

impl Template {
    /// Rejects impossible template names; the existing templates are not known here.
    fn check(&self) -> Result<(), &'static str> {
        let is_name = (1..=NAME_CHARACTERS).contains(&self.name.len())
            && self
                .name
                .bytes()
                .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'));
        let is_component = |component: &Value| {
            let kind = component["type"].as_str();
            let is_button = component["sub_type"].is_string() && component["index"].is_string();
            component["parameters"].is_array()
                && match kind {
                    Some("header" | "body") => true,
                    Some("button") => is_button,
                    _ => false,
                }
        };
        if self.language.code.is_empty() {
            Err("131008")
        } else if !is_name {
            Err("132001")
        } else if !self.components.iter().all(is_component) {
            Err("131009")
        } else {
            Ok(())
        }
    }
}
