//! Previews a message: with the campaign's values, and samples where it has none; with given values; or as one of the
//! campaign's receivers.

use std::collections::{BTreeMap, BTreeSet};

use carillon_domain::{
    address::{EmailAddress, PhoneNumber},
    channel::Channel,
    content::{
        Content, LocalizedContent, VALUES_BYTES, has_value,
        render::{UNSUBSCRIBE_MARK, placeholders},
        sms_parts::{Alphabet, parts},
    },
    language::LanguageTag,
    receivers::{LEVELS, Receiver, Source, is_too_deep},
};
use carillon_http::{failure::Failure, findings::Findings};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::content::{
    body::{TemplateBody, ToolbarBody, WidgetBody},
    rendered::{RenderedParts, not_renderable, renderer, unrendered},
    templates::{UnknownBody, unknown},
};

/// What to preview.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    /// `email`, `sms`, `whatsapp`, `push`, `toolbar` or `widget`.
    #[schema(examples("email"))]
    channel: String,
    /// The language. Default: the receiver's language, or else that of the default version.
    #[serde(default)]
    #[schema(examples("de-AT"))]
    language: Option<String>,
    /// A receiver of the campaign whose values are used.
    #[serde(default)]
    #[schema(pattern = "^[0-9a-f]{32}$")]
    receiver: Option<String>,
    /// Placeholder values, in the same form as a receiver's. They take precedence over the values of the campaign
    /// and replace those of the receiver.
    #[serde(default)]
    #[schema(value_type = Object)]
    values: Map<String, Value>,
}

/// A parsed preview request.
pub(crate) struct Wanted {
    channel: Seen,
    language: Option<LanguageTag>,
    /// The receiver whose message is previewed.
    pub(crate) receiver: Option<carillon_domain::id::ReceiverId>,
    values: Map<String, Value>,
}

#[derive(Clone, Copy)]
enum Seen {
    On(Channel),
    Toolbar,
    Widget,
}

impl Seen {
    /// Whether a version has content for it.
    fn has(self, version: &LocalizedContent) -> bool {
        match self {
            Seen::On(channel) => version.has(channel),
            Seen::Toolbar => version.toolbar.is_some(),
            Seen::Widget => version.widget.is_some(),
        }
    }

    /// Its templates in a version.
    fn templates(self, version: &LocalizedContent) -> Vec<&str> {
        match self {
            Seen::On(channel) => version.templates_of(channel),
            Seen::Toolbar => version.toolbar_templates(),
            Seen::Widget => version.widget_templates(),
        }
    }
}

impl Asked {
    /// Parses the request. Only a campaign has receivers.
    ///
    /// # Errors
    /// If it is invalid.
    pub(crate) fn read(self, has_receivers: bool) -> Result<Wanted, Failure> {
        let mut findings = Findings::default();
        let channel = match self.channel.as_str() {
            "toolbar" => Ok(Seen::Toolbar),
            "widget" => Ok(Seen::Widget),
            name => name
                .parse()
                .map(Seen::On)
                .map_err(|_| format!("one of {}, toolbar and widget", Channel::NAMES)),
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
        let size = serde_json::to_string(&self.values).map_or(0, |json| json.len());
        if size > VALUES_BYTES {
            let detail = format!("at most {VALUES_BYTES} bytes; this has {size}");
            findings.add("values", "too_long", detail);
        }
        if self.values.values().any(is_too_deep) {
            let detail = format!("at most {LEVELS} levels");
            findings.add("values", "too_deep", detail);
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

/// A rendered message.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = Preview)]
pub(crate) struct PreviewBody {
    /// The language of the version used; `null` for the default version.
    language: Option<String>,
    /// The subject of an email.
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    /// The complete HTML of an email, in its wrapper. Its unsubscribe link does not work.
    #[serde(skip_serializing_if = "Option::is_none")]
    html: Option<String>,
    /// The text part of an email, the text message, or the text of a push notification.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    /// The address for replies to an email, if it is not the sender address.
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_to: Option<String>,
    /// The size of a text message.
    #[serde(skip_serializing_if = "Option::is_none")]
    segments: Option<Segments>,
    /// The filled-in template of a WhatsApp message.
    #[serde(skip_serializing_if = "Option::is_none")]
    template: Option<TemplateBody>,
    /// The title of a push notification.
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    /// The URL of the icon of a push notification.
    #[serde(skip_serializing_if = "Option::is_none")]
    icon: Option<String>,
    /// The URL that opens when a push notification is tapped.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    /// The toolbar notification.
    #[serde(skip_serializing_if = "Option::is_none")]
    toolbar: Option<ToolbarBody>,
    /// The widget alert.
    #[serde(skip_serializing_if = "Option::is_none")]
    widget: Option<WidgetBody>,
    /// Placeholders that are neither built in nor declared.
    unknown_placeholders: Vec<UnknownBody>,
    /// Placeholders of this message that were filled with samples because they have no value. Real receivers get their
    /// own values, or no message.
    #[schema(examples(json!(["member.first_name"])))]
    samples: Vec<String>,
}

/// The size of a text message.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Segments {
    /// The alphabet: `gsm` (7 bits per character) or `ucs2` (16 bits).
    #[schema(examples("gsm"))]
    alphabet: &'static str,
    /// The length of the text in septets or 16-bit units.
    units: u32,
    /// The number of parts in which the text is sent; each part is charged.
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

/// A sample receiver with the given values, the name and addresses of a sample, and a preferred language.
///
/// The content's samples are not the receiver's: any given value takes precedence over them
/// ([`Content::with_samples`]).
pub(crate) fn sample_receiver(
    content: &Content,
    language: Option<&LanguageTag>,
    values: Map<String, Value>,
) -> Receiver {
    let mut variables = values;
    let mut member = Map::new();
    for root in PERSON {
        if let Some(Value::Object(person)) = variables.remove(root) {
            member.extend(person);
        }
    }
    let samples = content.samples();
    let sample = |name: &str| samples.get("member")?.get(name)?.as_str();
    let mut take = |name: &str, usual: &str| match member.remove(name) {
        Some(Value::String(text)) => text,
        _ => sample(name).unwrap_or(usual).to_owned(),
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
        source: Source::Manual,
        off: BTreeMap::new(),
        corrections: Vec::new(),
    }
}

/// A receiver with some values replaced.
pub(crate) fn with_values(receiver: Receiver, values: Map<String, Value>) -> Receiver {
    let mut receiver = receiver;
    for (name, value) in values {
        if let (true, Value::Object(person)) = (PERSON.contains(&name.as_str()), &value) {
            let text = |name: &str| person.get(name).and_then(Value::as_str).map(str::to_owned);
            receiver.first_name = text("first_name").or(receiver.first_name);
            receiver.last_name = text("last_name").or(receiver.last_name);
        }
        let place = receiver.variables.entry(name).or_insert(Value::Null);
        lay_over(place, value);
    }
    receiver
}

/// Merges a value into another; objects are merged member by member.
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

/// The namespaces of a receiver's own fields.
const PERSON: [&str; 2] = ["member", "receiver"];
/// What a sample receiver has, whatever the content.
const SAMPLE_PERSON: [&str; 4] = ["first_name", "last_name", "email", "mobile"];

/// The field of a sample receiver that a path names, if any.
fn of_sample_person(path: &str) -> Option<&str> {
    let (root, name) = path.split_once('.')?;
    (PERSON.contains(&root) && SAMPLE_PERSON.contains(&name)).then_some(name)
}

/// The placeholders in some texts that are filled with samples, given these values. `content` has no samples.
pub(crate) fn sampled<'t>(
    content: &Content,
    language: Option<&LanguageTag>,
    values: &Map<String, Value>,
    texts: impl IntoIterator<Item = &'t str>,
) -> BTreeSet<String> {
    let (standing, samples) = (content.defaults_for(language), content.samples());
    let texts = texts.into_iter();
    let asked = texts.flat_map(|text| placeholders(text).unwrap_or_default());
    let is_sampled = |path: &String| match of_sample_person(path) {
        Some(name) => !PERSON
            .iter()
            .any(|root| has_value(values, &format!("{root}.{name}"))),
        None => {
            !has_value(values, path) && !has_value(&standing, path) && has_value(&samples, path)
        }
    };
    asked.map(|asked| asked.path).filter(is_sampled).collect()
}

/// Renders composed content for a receiver, or with sample values.
///
/// # Errors
/// If it cannot be rendered.
pub(crate) fn preview(
    name: &str,
    content: &Content,
    wanted: &Wanted,
    receiver: Option<Receiver>,
) -> Result<PreviewBody, Failure> {
    let shown = match receiver {
        Some(_) => content.clone(),
        None => content.clone().with_samples(),
    };
    let is_sample = receiver.is_none();
    let renderer = renderer(name, &shown)?;
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
    let seen = wanted.channel;
    let language = renderer.language_where(&receiver, |version| seen.has(version));
    let samples = match is_sample {
        true => {
            let texts = seen.templates(content.version(language));
            sampled(content, language, &wanted.values, texts)
        }
        false => BTreeSet::new(),
    };
    let mut body = PreviewBody {
        language: language.map(ToString::to_string),
        unknown_placeholders: unknown(content),
        samples: samples.into_iter().collect(),
        ..PreviewBody::default()
    };
    let channel = match seen {
        Seen::Toolbar => {
            let toolbar = renderer
                .render_toolbar(&receiver)
                .map_err(|error| unrendered(&error))?;
            body.toolbar = Some(toolbar.ok_or_else(|| nothing("toolbar"))?.into());
            return Ok(body);
        }
        Seen::Widget => {
            let widget = renderer
                .render_widget(&receiver)
                .map_err(|error| unrendered(&error))?;
            body.widget = Some(widget.ok_or_else(|| nothing("widget"))?.into());
            return Ok(body);
        }
        Seen::On(channel) => channel,
    };
    let rendered = renderer
        .render(channel, &receiver)
        .map_err(|error| unrendered(&error))?;
    let parts = RenderedParts::from(rendered);
    let html = parts.html.map(|html| html.replace(UNSUBSCRIBE_MARK, "#"));
    let text_message = parts.text.as_deref().filter(|_| channel == Channel::Sms);
    Ok(PreviewBody {
        subject: parts.subject,
        html,
        segments: text_message.map(Segments::of),
        text: parts.text,
        reply_to: parts.reply_to,
        template: parts.template,
        title: parts.title,
        icon: parts.icon,
        url: parts.url,
        ..body
    })
}

/// Renders a composed email with sample values, in its default version.
///
/// # Errors
/// If it cannot be rendered.
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
    not_renderable("no_content", format!("there is no content for {channel}"))
}

#[cfg(test)]
mod tests {
    use carillon_domain::content::{SmsContent, Values, Variable};
    use serde_json::json;

    use super::*;

    fn object(value: Value) -> Map<String, Value> {
        match value {
            Value::Object(object) => object,
            other => panic!("{other}"),
        }
    }

    fn variable(path: &str, sample: &str, default: Option<&str>) -> Variable {
        Variable {
            path: path.to_owned(),
            description: None,
            sample: Some(sample.into()),
            default: default.map(Value::from),
        }
    }

    fn content() -> Content {
        let sms = |text: &str| LocalizedContent {
            sms: Some(SmsContent::new(text.to_owned())),
            ..LocalizedContent::default()
        };
        Content {
            default: sms("{{member.first_name}}: {{a.one}}, {{a.two}}, {{a.three}}"),
            languages: [("de".parse().unwrap(), sms("DE {{a.one}}, {{a.two}}"))].into(),
            variables: vec![
                variable("a.one", "sample one", None),
                variable("a.two", "sample two", Some("default two")),
                variable("a.three", "sample three", None),
            ],
            values: Values {
                all: object(json!({ "a": { "one": "value one" } })),
                languages: [(
                    "de".parse().unwrap(),
                    object(json!({ "a": { "one": "Wert eins" } })),
                )]
                .into(),
            },
            ..Content::default()
        }
    }

    fn seen(asked: Value, receiver: Option<Receiver>) -> Result<(String, Vec<String>), Failure> {
        let asked: Asked = serde_json::from_value(asked).unwrap();
        let body = preview("x", &content(), &asked.read(true)?, receiver)?;
        Ok((body.text.unwrap_or_default(), body.samples))
    }

    #[test]
    fn a_preview_prefers_values_and_defaults_and_names_its_samples() {
        let (text, samples) = seen(json!({ "channel": "sms" }), None).unwrap();
        assert_eq!(text, "Alex: value one, default two, sample three");
        assert_eq!(samples, ["a.three", "member.first_name"]);
        let (text, samples) = seen(json!({ "channel": "sms", "language": "de-AT" }), None).unwrap();
        assert_eq!(text, "DE Wert eins, default two");
        assert_eq!(samples, [""; 0]);
        let asked = json!({
            "channel": "sms",
            "values": { "a": { "one": "mine", "three": "mine too" }, "receiver": { "first_name": "Bo" } },
        });
        let (text, samples) = seen(asked, None).unwrap();
        assert_eq!(text, "Bo: mine, default two, mine too");
        assert_eq!(samples, [""; 0]);
    }

    #[test]
    fn a_preview_as_a_receiver_has_no_samples() {
        let mut receiver =
            sample_receiver(&content(), None, object(json!({ "a": { "one": "own" } })));
        let as_receiver = seen(json!({ "channel": "sms" }), Some(receiver.clone()));
        assert_eq!(
            as_receiver.unwrap_err().problem(),
            carillon_http::problem::Problem::NotRenderable
        );
        receiver.variables = object(json!({ "a": { "one": "own", "three": 3 } }));
        let (text, samples) = seen(json!({ "channel": "sms" }), Some(receiver)).unwrap();
        assert_eq!(text, "Alex: own, default two, 3");
        assert_eq!(samples, [""; 0]);
    }
}
