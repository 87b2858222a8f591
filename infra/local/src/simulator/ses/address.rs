//! Mailboxes as SES reads them.

use mail_builder::headers::address::Address;
use mail_parser::MessageParser;

use crate::simulator::refusal::Refusal;

/// An address and the name before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mailbox {
    pub(super) name: Option<String>,
    pub(super) address: String,
}

impl Mailbox {
    /// Reads `a@example.com` or `Name <a@example.com>`, the name in encoded words if need be.
    pub(super) fn parse(text: &str) -> Result<Self, Refusal> {
        if text.chars().any(char::is_control) {
            return Err(Refusal::bad_request(
                "Local address contains control or whitespace",
            ));
        }
        let illegal = || Refusal::bad_request("Illegal address");
        let (name, address) = match text.rsplit_once('<') {
            Some((name, rest)) => (
                name.trim(),
                rest.trim_end().strip_suffix('>').ok_or_else(illegal)?,
            ),
            None => ("", text.trim()),
        };
        let is_quoted = name.len() > 1 && name.starts_with('"') && name.ends_with('"');
        let separates = |character: char| matches!(character, ',' | ';' | '<' | '>');
        if address.is_empty()
            || address.contains(separates)
            || (!is_quoted && name.contains(separates))
        {
            return Err(illegal());
        }
        check_address(address)?;
        Ok(Self {
            name: decode_name(name),
            address: address.to_owned(),
        })
    }

    pub(super) fn parse_all(texts: &[String]) -> Result<Vec<Self>, Refusal> {
        texts.iter().map(|text| Self::parse(text)).collect()
    }

    pub(super) fn to_header(&self) -> Address<'static> {
        Address::new_address(self.name.clone(), self.address.clone())
    }

    pub(super) fn list_to_header(mailboxes: &[Self]) -> Address<'static> {
        Address::new_list(mailboxes.iter().map(Self::to_header).collect())
    }
}

/// Decodes quotes and encoded words of a display name.
fn decode_name(name: &str) -> Option<String> {
    let header = format!("To: {name} <name@example.com>\r\n\r\n");
    let message = MessageParser::default().parse(header.as_bytes())?;
    let name = message.to()?.first()?.name()?;
    (!name.is_empty()).then(|| name.to_owned())
}

/// Rejects addresses like SES, with its messages.
pub(super) fn check_address(address: &str) -> Result<(), Refusal> {
    let refuse = |message: &str| Err(Refusal::bad_request(message));
    let Some((local, domain)) = address.rsplit_once('@') else {
        return refuse("Missing final '@domain'");
    };
    if local.is_empty() {
        return refuse("User name is missing");
    }
    if local
        .chars()
        .any(|character| character.is_control() || character.is_whitespace())
    {
        return refuse("Local address contains control or whitespace");
    }
    if !local.is_ascii() || local.contains('@') {
        return refuse("Local address contains illegal characters");
    }
    if local.len() > 64 {
        return refuse("Local address is longer than 64 characters");
    }
    if local.starts_with('.') {
        return refuse("Local address starts with dot");
    }
    if local.ends_with('.') {
        return refuse("Local address ends with dot");
    }
    if local.contains("..") {
        return refuse("Local address contains dot-dot");
    }
    if domain.is_empty() {
        return refuse("Missing final '@domain'");
    }
    if domain.starts_with('.') {
        return refuse("Domain starts with dot");
    }
    if domain.ends_with('.') {
        return refuse("Domain ends with dot");
    }
    if domain.contains("..") {
        return refuse("Domain contains dot-dot");
    }
    if domain
        .bytes()
        .any(|byte| !byte.is_ascii_alphanumeric() && byte != b'.' && byte != b'-')
    {
        return refuse("Domain contains illegal character");
    }
    let is_malformed = !domain.contains('.')
        || domain.len() > 255
        || domain
            .split('.')
            .any(|label| label.len() > 63 || label.starts_with('-') || label.ends_with('-'));
    if is_malformed {
        return Err(Refusal::bad_request(format!(
            "Invalid domain name: '{domain}'."
        )));
    }
    Ok(())
}
