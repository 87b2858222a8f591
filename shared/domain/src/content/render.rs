//! Filling in placeholders. Only the content and the receiver's snapshot are stored; the same function renders for the provider and for
//! reading a message back, so both get the same bytes.

mod budget;
mod helpers;
mod parts;
mod rendered;
mod template;

use std::{collections::BTreeMap, io, sync::Arc};

use handlebars::{Context, Handlebars, RenderContext, RenderErrorReason, Renderable, WriteOutput};
use helpers::BadValue;
use parts::{ADDRESSES, other_parts};
pub use rendered::Rendered;
use serde_json::{Map, Value, json};
pub use template::{
    EFFORT, Placeholder, TemplateError, check_tag, check_template, compile, effort, placeholders,
    placeholders_format,
};

use crate::{
    channel::Channel,
    content::{
        Content, LocalizedContent, TemplateHeader, ToolbarContent, WHATSAPP_CHARACTERS,
        WhatsAppTemplate, WidgetContent, fill_gaps, fill_gaps_of,
        formats::{Formats, Unwritable},
        is_address_with, sms_parts,
    },
    language::{LanguageTag, best_match},
    receivers::Receiver,
};

/// The most bytes of one rendered part. Gmail clips a message over 102 KB; this is a bound against runaway loops, not a recommendation.
pub const RENDERED_BYTES: usize = 512 * 1024;
/// The stand-in for `{{unsubscribe_url}}` in a rendered email until it is sent. The link is the receiver's secret, so it appears only in
/// the mail itself; this one leads nowhere (RFC 2606, 2).
pub const UNSUBSCRIBE_MARK: &str = "https://unsubscribe.invalid/";

/// Why a message could not be rendered for one receiver.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// A placeholder has no value for this receiver, and no default.
    #[error("no value for the placeholder {0}")]
    MissingValue(String),
    /// The rendered part is longer than [`RENDERED_BYTES`] or than the channel allows.
    #[error("the rendered message is longer than {0}")]
    TooLong(&'static str),
    /// The rendered text is empty.
    #[error("the rendered {0} is empty")]
    Empty(&'static str),
    /// The campaign has no content for the channel.
    #[error("the campaign has no content for {0}")]
    NoContent(Channel),
    /// The receiver has not written to us within the last day, and there is no approved template.
    #[error(
        "WhatsApp accepts only approved templates for a receiver who has not written within the last day"
    )]
    OutsideWindow,
    /// The rendered value of a URL is not one.
    #[error("{0} is not a URL that begins with https://")]
    BadLink(String),
    /// A value cannot be formatted as the template requires.
    #[error("{path}: {why}")]
    BadValue {
        /// The placeholder.
        path: String,
        /// The reason, without the value, which may be personal.
        why: Unwritable,
    },
    /// A placeholder refers to an object, or to a list containing one.
    #[error("a placeholder refers to an object or a list of objects; refer to a value inside it")]
    Object,
    /// The template takes too long with the values of this receiver.
    #[error(
        "with this receiver's values the template takes more than {} steps: a list or an object in a loop has too many entries",
        template::STEPS
    )]
    TooMuch,
    /// The template failed in another way.
    #[error("the template failed: {0}")]
    Failed(String),
}

impl RenderError {
    /// The stable code of this reason in the ledger and the API.
    pub fn code(&self) -> &'static str {
        match self {
            RenderError::MissingValue(_) => "missing_value",
            RenderError::TooLong(_) => "too_long",
            RenderError::Empty(_) => "empty",
            RenderError::NoContent(_) => "no_content",
            RenderError::OutsideWindow => "outside_window",
            RenderError::BadLink(_) => "bad_link",
            RenderError::BadValue { .. } | RenderError::Object => "invalid_value",
            RenderError::TooMuch => "too_much",
            RenderError::Failed(_) => "template_failed",
        }
    }
}

#[derive(Clone, Copy)]
enum Escaping {
    Html,
    Address,
    None,
}

/// The templates of one content, parsed once and used for many receivers.
pub struct Renderer {
    html: Handlebars<'static>,
    /// For URLs outside of HTML, listed in [`parts::ADDRESSES`].
    address: Handlebars<'static>,
    plain: Handlebars<'static>,
    versions: BTreeMap<LanguageTag, LocalizedContent>,
    default: LocalizedContent,
    campaign: Value,
    sender: Option<Value>,
    /// Values for receivers without their own, in the default version.
    defaults_for: Map<String, Value>,
    /// The same in other language versions, where they may differ.
    standing_in: BTreeMap<LanguageTag, Map<String, Value>>,
    formats: Option<Arc<Formats>>,
}

impl Renderer {
    /// Parses all templates of a campaign.
    ///
    /// # Errors
    /// A template that [`check_template`] would refuse; the API accepts none.
    pub fn new(campaign_name: &str, content: &Content) -> Result<Self, TemplateError> {
        let formats = content.formats.clone().map(Arc::new);
        let engine = |escape: fn(&str) -> String, is_plain: bool| {
            let mut engine = Handlebars::new();
            engine.set_strict_mode(true);
            engine.register_escape_fn(escape);
            helpers::register(&mut engine, formats.as_ref(), is_plain);
            engine
        };
        let mut html = engine(html_escape, false);
        let mut address = engine(encoded, true);
        let mut plain = engine(no_escape, true);
        let mut versions = BTreeMap::new();
        let mut default = LocalizedContent::default();
        for (language, version) in content.versions() {
            if let Some(email) = &version.email {
                plain.register_template(&name(language, "email.subject"), compile(&email.subject)?);
                html.register_template(&name(language, "email.html"), compile(&email.html)?);
                if let Some(text) = email.text_part() {
                    plain.register_template(&name(language, "email.text"), compile(text)?);
                }
            }
            if let Some(sms) = &version.sms {
                plain.register_template(&name(language, "sms.text"), compile(&sms.text)?);
            }
            for (part, text) in other_parts(version) {
                let engine = match ADDRESSES.contains(&part.as_str()) {
                    true => &mut address,
                    false => &mut plain,
                };
                engine.register_template(&name(language, &part), compile(text)?);
            }
            match language {
                None => default = version.clone(),
                Some(language) => {
                    versions.insert(language.clone(), version.clone());
                }
            }
        }
        let standing_in = match content.values.languages.is_empty() {
            true => BTreeMap::new(),
            false => {
                let languages = content.languages.keys();
                let defaults_for =
                    languages.map(|tag| (tag.clone(), content.defaults_for(Some(tag))));
                defaults_for.collect()
            }
        };
        Ok(Self {
            html,
            address,
            plain,
            versions,
            default,
            campaign: json!({ "name": campaign_name }),
            sender: content.sender.as_ref().map(|sender| json!(sender)),
            defaults_for: content.defaults_for(None),
            standing_in,
            formats,
        })
    }

    /// Renders the message for a receiver on a channel.
    ///
    /// # Errors
    /// What this receiver lacks, or why the result cannot be sent.
    // Inlined, so that a consumer, whose channel is known at compile time, contains no code for the others.
    #[inline(always)]
    pub fn render(&self, channel: Channel, receiver: &Receiver) -> Result<Rendered, RenderError> {
        match channel {
            Channel::Email => self.render_email(receiver),
            Channel::Sms => self.render_sms(receiver),
            Channel::WhatsApp => self.render_whatsapp(receiver),
            Channel::Push => self.render_push(receiver),
        }
    }

    /// The language of the version for a receiver on a channel; none for the default version.
    pub fn language_for(&self, channel: Channel, receiver: &Receiver) -> Option<&LanguageTag> {
        self.version(channel, receiver).0
    }

    /// The same among the versions for which `has` is true.
    pub fn language_where(
        &self,
        receiver: &Receiver,
        has: impl Fn(&LocalizedContent) -> bool,
    ) -> Option<&LanguageTag> {
        self.version_with(receiver, has).0
    }

    /// The values that a receiver must have on a channel in a language version, each path once.
    pub fn needed(&self, channel: Channel, language: Option<&LanguageTag>) -> Vec<String> {
        let own = language.and_then(|language| self.versions.get(language));
        let templates = own.unwrap_or(&self.default).templates_of(channel);
        let asked = templates
            .into_iter()
            .flat_map(|template| placeholders(template).unwrap_or_default());
        let needed = asked.filter(|asked| !asked.is_optional && asked.path != "unsubscribe_url");
        let mut needed: Vec<String> = needed.map(|asked| asked.path).collect();
        needed.sort_unstable();
        needed.dedup();
        needed
    }

    /// The required values that a receiver does not have in a language version.
    pub fn missing<'p>(
        &self,
        receiver: &Receiver,
        language: Option<&LanguageTag>,
        needed: &'p [String],
    ) -> Vec<&'p str> {
        let data = self.data(receiver, language);
        let has = |path: &str| {
            let mut names = path.split('.');
            names
                .try_fold(data.data(), |place, name| place.get(name))
                .is_some()
        };
        needed
            .iter()
            .map(String::as_str)
            .filter(|path| !has(path))
            .collect()
    }

    /// The language of a receiver's version, as used in template names, and its content.
    fn version(
        &self,
        channel: Channel,
        receiver: &Receiver,
    ) -> (Option<&LanguageTag>, &LocalizedContent) {
        self.version_with(receiver, |version| version.has(channel))
    }

    /// The same among the versions for which `has` is true.
    fn version_with(
        &self,
        receiver: &Receiver,
        has: impl Fn(&LocalizedContent) -> bool,
    ) -> (Option<&LanguageTag>, &LocalizedContent) {
        let language = receiver.language.as_ref().and_then(|wanted| {
            let written = self
                .versions
                .iter()
                .filter(|(_, version)| has(version))
                .map(|(tag, _)| tag);
            best_match(wanted, written)
        });
        let version = language
            .and_then(|language| self.versions.get(language))
            .unwrap_or(&self.default);
        (language, version)
    }

    fn render_email(&self, receiver: &Receiver) -> Result<Rendered, RenderError> {
        let (language, version) = self.version(Channel::Email, receiver);
        let mut data = self.data(receiver, language);
        let email = version
            .email
            .as_ref()
            .ok_or(RenderError::NoContent(Channel::Email))?;
        let subject = self.fill(Escaping::None, &name(language, "email.subject"), &data)?;
        let subject = one_line(&subject);
        // Only the mail itself gets the link; it is inserted nowhere else.
        if let Some(root) = data.data_mut().as_object_mut() {
            // A value that contains the mark is not the link.
            root.values_mut().for_each(without_the_mark);
            root.insert("unsubscribe_url".to_owned(), UNSUBSCRIBE_MARK.into());
        }
        let html = self.fill(Escaping::Html, &name(language, "email.html"), &data)?;
        let text = match email.text_part() {
            Some(_) => self.fill(Escaping::None, &name(language, "email.text"), &data)?,
            None => String::new(),
        };
        if subject.is_empty() {
            return Err(RenderError::Empty("subject"));
        }
        Ok(Rendered::Email {
            subject,
            html,
            text,
            reply_to: email.reply_to.clone(),
        })
    }

    fn render_sms(&self, receiver: &Receiver) -> Result<Rendered, RenderError> {
        let (language, version) = self.version(Channel::Sms, receiver);
        let sms = version.sms.as_ref();
        let sms = sms.ok_or(RenderError::NoContent(Channel::Sms))?;
        let data = self.data(receiver, language);
        let text = self.fill(Escaping::None, &name(language, "sms.text"), &data)?;
        let text = match sms.plain_punctuation {
            true => sms_parts::plain(&sms_parts::plain_punctuation(&text)),
            false => sms_parts::plain(&text),
        };
        if text.trim().is_empty() {
            return Err(RenderError::Empty("text"));
        }
        if text.chars().count() > crate::content::SMS_CHARACTERS {
            return Err(RenderError::TooLong("1,600 characters"));
        }
        Ok(Rendered::Sms { text })
    }

    fn render_whatsapp(&self, receiver: &Receiver) -> Result<Rendered, RenderError> {
        let (language, version) = self.version(Channel::WhatsApp, receiver);
        let content = version.whatsapp.as_ref();
        let content = content.ok_or(RenderError::NoContent(Channel::WhatsApp))?;
        let data = self.data(receiver, language);
        let fill = |part: &str| self.fill(Escaping::None, &name(language, part), &data);
        let text = content.text.as_ref().map(|_| fill("whatsapp.text"));
        let text = text.transpose()?;
        if text.as_ref().is_some_and(|text| text.trim().is_empty()) {
            return Err(RenderError::Empty("text"));
        }
        let is_long = |text: &String| text.chars().count() > WHATSAPP_CHARACTERS;
        if text.as_ref().is_some_and(is_long) {
            return Err(RenderError::TooLong("4,096 characters"));
        }
        // Template parameters must not be empty: WhatsApp refuses a parameter without text (Cloud API, error 131008,
        // <https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes/>).
        let parameter = |part: &str, what: &'static str| {
            // Line breaks are not allowed in parameters (error 132018).
            let value = one_line(&fill(part)?);
            let text = value.strip_prefix("payload:").unwrap_or(&value);
            match text.trim().is_empty() {
                true => Err(RenderError::Empty(what)),
                false => Ok(value),
            }
        };
        let all = |kind: &str, what: &'static str, values: &[String]| {
            let places = values.iter().enumerate();
            places
                .map(|(place, value)| match value.as_str() {
                    // A button without a placeholder has no value.
                    "" if kind == "buttons" => Ok(String::new()),
                    _ => parameter(&format!("whatsapp.{kind}.{place}"), what),
                })
                .collect::<Result<Vec<String>, RenderError>>()
        };
        let template = content.template.as_ref().map(|template| {
            let header = template.header.as_ref().map(|header| {
                let value = parameter("whatsapp.header", "header of the template")?;
                let is_text = matches!(header, TemplateHeader::Text(_));
                match is_text || is_address_with(&["https://"], &value) {
                    true => Ok(header.with(value)),
                    false => Err(RenderError::BadLink("whatsapp.header".to_owned())),
                }
            });
            Ok::<_, RenderError>(WhatsAppTemplate {
                header: header.transpose()?,
                body: all("body", "placeholder of the template", &template.body)?,
                buttons: all("buttons", "button of the template", &template.buttons)?,
                ..template.clone()
            })
        });
        let template = template.transpose()?;
        Ok(Rendered::WhatsApp { text, template })
    }

    fn render_push(&self, receiver: &Receiver) -> Result<Rendered, RenderError> {
        let (language, version) = self.version(Channel::Push, receiver);
        let content = version.push.as_ref();
        let content = content.ok_or(RenderError::NoContent(Channel::Push))?;
        let data = self.data(receiver, language);
        let fill = |part: &str| self.fill(Escaping::None, &name(language, part), &data);
        let title = one_line(&fill("push.title")?);
        let body = fill("push.body")?;
        if title.is_empty() || body.trim().is_empty() {
            return Err(RenderError::Empty("notification"));
        }
        let link = |part: &str| {
            let link = self.fill(Escaping::Address, &name(language, part), &data)?;
            let is_right = is_address_with(&["https://"], &link);
            is_right
                .then_some(link)
                .ok_or(RenderError::BadLink(part.to_owned()))
        };
        let icon = content.icon.as_ref().map(|_| link("push.icon"));
        let url = content.url.as_ref().map(|_| link("push.url"));
        Ok(Rendered::Push {
            title,
            body,
            icon: icon.transpose()?,
            url: url.transpose()?,
        })
    }

    /// The toolbar notification for a receiver; none if there is no content for it.
    ///
    /// # Errors
    /// What this receiver lacks.
    pub fn render_toolbar(
        &self,
        receiver: &Receiver,
    ) -> Result<Option<ToolbarContent>, RenderError> {
        let (language, version) = self.version_with(receiver, |version| version.toolbar.is_some());
        let Some(toolbar) = &version.toolbar else {
            return Ok(None);
        };
        let data = self.data(receiver, language);
        let fill = |part: &str| self.fill(Escaping::None, &name(language, part), &data);
        let url = toolbar.url.as_ref().map(|_| {
            let url = self.fill(Escaping::Address, &name(language, "toolbar.url"), &data)?;
            let is_right = is_address_with(&["https://", "mailto:", "tel:"], &url);
            is_right
                .then_some(url)
                .ok_or_else(|| RenderError::BadLink("toolbar.url".to_owned()))
        });
        Ok(Some(ToolbarContent {
            title: one_line(&fill("toolbar.title")?),
            description: one_line(&fill("toolbar.description")?),
            url: url.transpose()?,
            icon: toolbar.icon.clone(),
        }))
    }

    /// The widget alert for a receiver; none if there is no content for it.
    ///
    /// # Errors
    /// What this receiver lacks.
    pub fn render_widget(&self, receiver: &Receiver) -> Result<Option<WidgetContent>, RenderError> {
        let (language, version) = self.version_with(receiver, |version| version.widget.is_some());
        let Some(widget) = &version.widget else {
            return Ok(None);
        };
        let data = self.data(receiver, language);
        let fill = |part: &str| self.fill(Escaping::None, &name(language, part), &data);
        Ok(Some(WidgetContent {
            title: one_line(&fill("widget.title")?),
            description: fill("widget.description")?,
            ..widget.clone()
        }))
    }

    fn fill(
        &self,
        escaping: Escaping,
        template: &str,
        data: &Context,
    ) -> Result<String, RenderError> {
        let engine = match escaping {
            Escaping::Html => &self.html,
            Escaping::Address => &self.address,
            Escaping::None => &self.plain,
        };
        let named = engine.get_template(template);
        let template =
            named.ok_or_else(|| RenderError::Failed(format!("there is no template {template}")))?;
        budget::begin();
        let mut rendering = RenderContext::new(None);
        budget::watch(&mut rendering);
        let mut output = CappedBuffer::default();
        let mut writer = WriteOutput::new(&mut output);
        match template.render(engine, data, &mut rendering, &mut writer) {
            Ok(()) if budget::has_object() => Err(RenderError::Object),
            Ok(()) => String::from_utf8(output.bytes)
                .map(without_controls)
                .map_err(|error| RenderError::Failed(error.to_string())),
            Err(_) if output.overflowed => Err(RenderError::TooLong("512 KiB")),
            Err(_) if budget::is_used_up() => Err(RenderError::TooMuch),
            Err(error) => Err(match error.reason() {
                RenderErrorReason::MissingVariable(path) => RenderError::MissingValue(
                    path.clone().unwrap_or_else(|| "(unnamed)".to_owned()),
                ),
                RenderErrorReason::NestedError(error) => match error.downcast_ref::<BadValue>() {
                    Some(BadValue { path, why }) => RenderError::BadValue {
                        path: path.clone(),
                        why: *why,
                    },
                    None => RenderError::Failed(error.to_string()),
                },
                reason => RenderError::Failed(reason.to_string()),
            }),
        }
    }

    /// The values that placeholders can use. Empty values are left out, so that strict mode reports them.
    fn data(&self, receiver: &Receiver, language: Option<&LanguageTag>) -> Context {
        let mut root = receiver.variables.clone();
        let defaults_for = language.and_then(|language| self.standing_in.get(language));
        fill_gaps_of(&mut root, defaults_for.unwrap_or(&self.defaults_for));
        let receiver_defaults = root.remove("receiver");
        let mut member = match root.remove("member") {
            Some(Value::Object(member)) => member,
            _ => Map::new(),
        };
        let mut set = |key: &str, value: Option<String>| {
            if let Some(value) = value {
                member.insert(key.to_owned(), Value::String(value));
            }
        };
        set("first_name", receiver.first_name.clone());
        set("last_name", receiver.last_name.clone());
        set(
            "email",
            receiver
                .email
                .as_ref()
                .map(|address| address.expose().to_owned()),
        );
        set(
            "mobile",
            receiver
                .mobile
                .as_ref()
                .map(|number| number.expose().to_owned()),
        );
        set(
            "language",
            receiver.language.as_ref().map(ToString::to_string),
        );
        let mut member = Value::Object(member);
        if let Some(defaults) = &receiver_defaults {
            fill_gaps(&mut member, defaults);
        }
        root.insert("receiver".to_owned(), member.clone());
        root.insert("member".to_owned(), member);
        root.insert("campaign".to_owned(), self.campaign.clone());
        if let Some(sender) = &self.sender {
            root.insert("sender".to_owned(), sender.clone());
        }
        if let Some(language) = language.filter(|_| self.formats.is_some()) {
            root.insert(helpers::LANGUAGE.to_owned(), language.to_string().into());
        }
        Context::from(Value::Object(root))
    }
}

fn name(language: Option<&LanguageTag>, part: &str) -> String {
    language.map_or_else(|| part.to_owned(), |language| format!("{part}@{language}"))
}

/// The host of [`UNSUBSCRIBE_MARK`].
const MARK_HOST: &str = "unsubscribe.invalid";

fn without_the_mark(value: &mut Value) {
    match value {
        Value::String(text) if text.contains(MARK_HOST) => {
            *text = text.replace(MARK_HOST, "unsubscribe.example");
        }
        Value::Array(entries) => entries.iter_mut().for_each(without_the_mark),
        Value::Object(entries) => entries.values_mut().for_each(without_the_mark),
        _ => {}
    }
}

fn html_escape(text: &str) -> String {
    budget::look_at(text);
    handlebars::html_escape(text)
}

/// Encodes characters that are not allowed in a URL; a complete URL stays unchanged.
fn encoded(text: &str) -> String {
    budget::look_at(text);
    helpers::encode(text)
}

fn no_escape(text: &str) -> String {
    budget::look_at(text);
    text.to_owned()
}

/// The text without control characters other than tabs and line ends. No channel carries them: mail forbids NUL (RFC 5322, 4), HTML all of
/// them but white space (HTML Living Standard, 13.2.3.5), and a phone shows a gap. Direction overrides (U+202D, U+202E) go too, because a
/// value could make the text around it read backwards ("Bidirectional text spoofing", UTR 36, 2.5).
fn without_controls(text: String) -> String {
    let is_control = |letter: char| {
        (letter.is_control() && !matches!(letter, '\t' | '\n' | '\r'))
            || matches!(letter, '\u{202d}' | '\u{202e}')
    };
    match text.contains(is_control) {
        true => text.replace(is_control, ""),
        false => text,
    }
}

/// The receiver's name for the To header of a mail; none if they have no name.
pub fn addressee(receiver: &Receiver) -> Option<String> {
    let names = [&receiver.first_name, &receiver.last_name];
    let names: Vec<&str> = names.into_iter().flatten().map(String::as_str).collect();
    Some(one_line(&without_controls(names.join(" ")))).filter(|name| !name.is_empty())
}

/// Removes line breaks, so that a value cannot add a header to the email.
fn one_line(text: &str) -> String {
    text.split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

#[derive(Default)]
struct CappedBuffer {
    bytes: Vec<u8>,
    overflowed: bool,
}

impl io::Write for CappedBuffer {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + buffer.len() > RENDERED_BYTES {
            self.overflowed = true;
            return Err(io::Error::other("the rendered part is too long"));
        }
        self.bytes.extend_from_slice(buffer);
        Ok(buffer.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
