//! The requests of the SES v2 API, limited to fields that affect a message; unknown fields are ignored, as by SES.

use serde::Deserialize;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct SendEmail {
    pub(super) from_email_address: Option<String>,
    pub(super) destination: Option<Destination>,
    pub(super) reply_to_addresses: Vec<String>,
    pub(super) content: EmailContent,
    pub(super) email_tags: Vec<Tag>,
    pub(super) configuration_set_name: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Destination {
    pub(super) to_addresses: Vec<String>,
    pub(super) cc_addresses: Vec<String>,
    pub(super) bcc_addresses: Vec<String>,
}

impl Destination {
    pub(super) fn len(&self) -> usize {
        self.to_addresses.len() + self.cc_addresses.len() + self.bcc_addresses.len()
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct EmailContent {
    pub(super) simple: Option<Simple>,
    pub(super) raw: Option<Raw>,
    pub(super) template: Option<Template>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Simple {
    pub(super) subject: Option<Text>,
    pub(super) body: Option<Body>,
    pub(super) headers: Vec<MessageHeader>,
    pub(super) attachments: Vec<Attachment>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Body {
    pub(super) text: Option<Text>,
    pub(super) html: Option<Text>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Text {
    pub(super) data: String,
    pub(super) charset: Option<String>,
}

impl Text {
    /// Without a charset SES writes 7-bit ASCII, and receivers see a question mark for any other character.
    pub(super) fn into_delivered(self) -> String {
        match self.charset {
            Some(charset) if !charset.eq_ignore_ascii_case("US-ASCII") => self.data,
            _ => self
                .data
                .chars()
                .map(|character| if character.is_ascii() { character } else { '?' })
                .collect(),
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Raw {
    pub(super) data: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Template {
    pub(super) template_name: Option<String>,
    pub(super) template_arn: Option<String>,
    pub(super) template_content: Option<TemplateContent>,
    pub(super) template_data: Option<String>,
    pub(super) headers: Vec<MessageHeader>,
    pub(super) attachments: Vec<Attachment>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct TemplateContent {
    pub(super) subject: Option<String>,
    pub(super) text: Option<String>,
    pub(super) html: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct MessageHeader {
    pub(super) name: String,
    pub(super) value: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Attachment {
    pub(super) raw_content: String,
    pub(super) file_name: String,
    pub(super) content_type: Option<String>,
    pub(super) content_disposition: Option<String>,
    pub(super) content_id: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Tag {
    pub(super) name: String,
    pub(super) value: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct SendBulkEmail {
    pub(super) from_email_address: Option<String>,
    pub(super) reply_to_addresses: Vec<String>,
    pub(super) default_content: BulkContent,
    pub(super) default_email_tags: Vec<Tag>,
    pub(super) bulk_email_entries: Vec<BulkEntry>,
    pub(super) configuration_set_name: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct BulkContent {
    pub(super) template: Option<Template>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct BulkEntry {
    pub(super) destination: Option<Destination>,
    pub(super) replacement_tags: Vec<Tag>,
    pub(super) replacement_email_content: ReplacementContent,
    pub(super) replacement_headers: Vec<MessageHeader>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct ReplacementContent {
    pub(super) replacement_template: ReplacementTemplate,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct ReplacementTemplate {
    pub(super) replacement_template_data: Option<String>,
}
