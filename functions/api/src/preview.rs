//! Seeing a message as somebody would get it: with sample values, with values that are given, or as a receiver of a campaign.

use std::collections::BTreeMap;

use carillon_domain::{
    address::{EmailAddress, PhoneNumber},
    channel::Channel,
    content::Content,
    language::LanguageTag,
    receiver::{Receiver, Source},
    render::{RenderError, Rendered, Renderer, UNSUBSCRIBE_MARK},
    sms_parts::{Alphabet, parts},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::{
    campaigns::{TemplateBody, ToolbarBody, WidgetBody},
    failure::{Failure, Members},
    findings::Findings,
    problem::Problem,
    templates::{UnknownBody, unknown},
};

/// What to see.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    /// `email`, `sms`, `whatsapp`, `push`, `toolbar` or `widget`.
    #[schema(examples("email"))]
    channel: String,
    /// The language of whoever sees it; the receiver's, or that of the default version, unless it is said.
    #[serde(default)]
    #[schema(examples("de-AT"))]
    language: Option<String>,
    /// A receiver of the campaign, as whom to see it.
    #[serde(default)]
    #[schema(pattern = "^[0-9a-f]{32}$")]
    receiver: Option<String>,
    /// Values for placeholders, as a receiver has them; they take the place of samples, or of the receiver's own.
    #[serde(default)]
    #[schema(value_type = Object)]
    values: Map<String, Value>,
}

/// What is to be seen, read.
pub(crate) struct Wanted {
    channel: Seen,
    language: Option<LanguageTag>,
    /// The receiver as whom to see it.
    pub(crate) receiver: Option<carillon_domain::id::ReceiverId>,
    values: Map<String, Value>,
}

#[derive(Clone, Copy)]
enum Seen {
    On(Channel),
    Toolbar,
    Widget,
}

impl Asked {
    /// Reads what is asked for. Only a campaign has receivers.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn read(self, has_receivers: bool) -> Result<Wanted, Failure> {
        let mut findings = Findings::default();
        let channel = match self.channel.as_str() {
            "toolbar" => Ok(Seen::Toolbar),
            "widget" => Ok(Seen::Widget),
            name => name
                .parse()
                .map(Seen::On)
                .map_err(|_| "one of email, sms, whatsapp, push, toolbar and widget"),
        };
        let channel = findings.keep("channel", "unknown_channel", channel);
        let language = self
            .language
            .and_then(|tag| findings.keep("language", "invalid_language", tag.parse()));
        let receiver = self
            .receiver
            .and_then(|id| findings.keep("receiver", "invalid_id", id.parse()));
        if receiver.is_some() && !has_receivers {
            findings.add("receiver", "no_receivers", "only a campaign has receivers");
        }
        match channel.filter(|_| findings.is_empty()) {
            Some(channel) => Ok(Wanted {
                channel,
                language,
                receiver,
                values: self.values,
            }),
            None => Err(findings.into()),
        }
    }
}

/// A message as it is seen.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = Preview)]
pub(crate) struct PreviewBody {
    /// The language of the version that is seen; `null` for the default one.
    language: Option<String>,
    /// The subject of an email.
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    /// The whole HTML of an email, in its wrapper. Its link to get no more mail leads nowhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    html: Option<String>,
    /// The text part of an email, the text message, or the text of a notification.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    /// What a text message takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    segments: Option<Segments>,
    /// The template of a message on WhatsApp, filled in.
    #[serde(skip_serializing_if = "Option::is_none")]
    template: Option<TemplateBody>,
    /// The title of a notification.
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    /// The address of a notification's picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    icon: Option<String>,
    /// What opens when somebody taps on a notification.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    /// The notification in the toolbar.
    #[serde(skip_serializing_if = "Option::is_none")]
    toolbar: Option<ToolbarBody>,
    /// The alert in the widget.
    #[serde(skip_serializing_if = "Option::is_none")]
    widget: Option<WidgetBody>,
    /// Placeholders that are neither built in nor declared.
    unknown_placeholders: Vec<UnknownBody>,
}

/// What a text message takes.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Segments {
    /// `gsm` (seven bits a character) or `ucs2` (sixteen).
    #[schema(examples("gsm"))]
    alphabet: &'static str,
    /// Septets or 16-bit units of the whole text.
    units: u32,
    /// In how many parts it is sent; each is paid for.
    count: u32,
}

impl Segments {
    fn of(text: &str) -> Self {
        let parts = parts(text);
        Self {
            alphabet: match parts.alphabet {
                Alphabet::Gsm => "gsm",
                Alphabet::Ucs2 => "ucs2",
            },
            units: parts.units,
            count: parts.count,
        }
    }
}

/// Somebody with sample values, who prefers a language.
pub(crate) fn sample_receiver(
    content: &Content,
    language: Option<&LanguageTag>,
    values: Map<String, Value>,
) -> Receiver {
    let mut variables = content.samples();
    for (name, value) in values {
        lay_over(variables.entry(name).or_insert(Value::Null), value);
    }
    let mut member = match variables.remove("member") {
        Some(Value::Object(member)) => member,
        _ => Map::new(),
    };
    let mut take = |name: &str, usual: &str| match member.remove(name) {
        Some(Value::String(text)) => text,
        _ => usual.to_owned(),
    };
    let (first_name, last_name) = (take("first_name", "Alex"), take("last_name", "Example"));
    let (email, mobile) = (
        take("email", "alex@example.com"),
        take("mobile", "+442079460000"),
    );
    if !member.is_empty() {
        variables.insert("member".to_owned(), Value::Object(member));
    }
    Receiver {
        first_name: Some(first_name).filter(|name| !name.is_empty()),
        last_name: Some(last_name).filter(|name| !name.is_empty()),
        email: EmailAddress::parse(&email).ok(),
        mobile: PhoneNumber::parse(&mobile, None).ok(),
        push: None,
        language: language.cloned(),
        variables,
        source: Source::Hand,
        off: BTreeMap::new(),
    }
}

/// A receiver with some values in the place of their own.
pub(crate) fn with_values(receiver: Receiver, values: Map<String, Value>) -> Receiver {
    let mut receiver = receiver;
    for (name, value) in values {
        if let ("member" | "receiver", Value::Object(person)) = (name.as_str(), &value) {
            let text = |name: &str| person.get(name).and_then(Value::as_str).map(str::to_owned);
            receiver.first_name = text("first_name").or(receiver.first_name);
            receiver.last_name = text("last_name").or(receiver.last_name);
        }
        let place = receiver.variables.entry(name).or_insert(Value::Null);
        lay_over(place, value);
    }
    receiver
}

/// Puts a value over another; objects are laid over part by part.
fn lay_over(place: &mut Value, value: Value) {
    match (place, value) {
        (Value::Object(place), Value::Object(values)) => {
            for (name, value) in values {
                lay_over(place.entry(name).or_insert(Value::Null), value);
            }
        }
        (place, value) => *place = value,
    }
}

/// What a composed content looks like, to a receiver or to somebody with sample values.
///
/// # Errors
/// Why it cannot be rendered.
pub(crate) fn preview(
    name: &str,
    content: &Content,
    wanted: &Wanted,
    receiver: Option<Receiver>,
) -> Result<PreviewBody, Failure> {
    let renderer = Renderer::new(name, content)
        .map_err(|error| not_renderable("template_failed", error.to_string()))?;
    let receiver = match receiver {
        Some(receiver) => Receiver {
            language: wanted
                .language
                .clone()
                .or_else(|| receiver.language.clone()),
            ..with_values(receiver, wanted.values.clone())
        },
        None => sample_receiver(content, wanted.language.as_ref(), wanted.values.clone()),
    };
    let failed = |error: RenderError| not_renderable(error.code(), error.to_string());
    let mut body = PreviewBody {
        unknown_placeholders: unknown(content),
        ..PreviewBody::default()
    };
    let channel = match wanted.channel {
        Seen::Toolbar => {
            let toolbar = renderer.render_toolbar(&receiver).map_err(failed)?;
            body.toolbar = Some(toolbar.ok_or_else(|| nothing("toolbar"))?.into());
            return Ok(body);
        }
        Seen::Widget => {
            let widget = renderer.render_widget(&receiver).map_err(failed)?;
            body.widget = Some(widget.ok_or_else(|| nothing("widget"))?.into());
            return Ok(body);
        }
        Seen::On(channel) => channel,
    };
    let language = renderer.language_for(channel, &receiver);
    body.language = language.map(ToString::to_string);
    match renderer.render(channel, &receiver).map_err(failed)? {
        Rendered::Email {
            subject,
            html,
            text,
        } => {
            body.subject = Some(subject);
            body.html = Some(html.replace(UNSUBSCRIBE_MARK, "#"));
            body.text = Some(text);
        }
        Rendered::Sms { text } => {
            body.segments = Some(Segments::of(&text));
            body.text = Some(text);
        }
        Rendered::WhatsApp { text, template } => {
            body.text = text;
            body.template = template.map(TemplateBody::from);
        }
        Rendered::Push {
            title,
            body: text,
            icon,
            url,
        } => {
            (body.title, body.text, body.icon, body.url) = (Some(title), Some(text), icon, url);
        }
    }
    Ok(body)
}

/// What a composed email looks like to somebody with sample values, in its default version.
///
/// # Errors
/// Why it cannot be rendered.
pub(crate) fn email(name: &str, content: &Content) -> Result<PreviewBody, Failure> {
    let wanted = Wanted {
        channel: Seen::On(Channel::Email),
        language: None,
        receiver: None,
        values: Map::new(),
    };
    preview(name, content, &wanted, None)
}

fn nothing(channel: &str) -> Failure {
    not_renderable("no_content", format!("nothing is written for {channel}"))
}

/// A message that cannot be rendered.
pub(crate) fn not_renderable(code: &str, detail: String) -> Failure {
    let members = Members {
        code: Some(code.to_owned()),
        ..Members::default()
    };
    Failure::new(Problem::NotRenderable, detail).with(members)
}
