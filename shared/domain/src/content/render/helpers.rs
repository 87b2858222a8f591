//! Template helpers.

use std::sync::Arc;

use handlebars::{
    Context, Handlebars, Helper, HelperDef, HelperResult, JsonTruthy, Output, RenderContext,
    RenderErrorReason, Renderable, ScopedJson,
};
use serde_json::Value;

use super::{
    budget::{take, take_for},
    template::{FORMAT_STEPS, FORMATS},
};
use crate::{
    content::{
        formats::{Formats, Style, Unwritable},
        is_address_with,
    },
    language::LanguageTag,
};

/// A value that a helper cannot format.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {why}")]
pub(super) struct BadValue {
    /// The placeholder.
    pub(super) path: String,
    /// Why not.
    pub(super) why: Unwritable,
}

/// `{{default path "text"}}`: the value, or the text if there is none; escaped like any placeholder.
pub(super) struct DefaultHelper;

impl HelperDef for DefaultHelper {
    fn call_inner<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        _: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
    ) -> Result<ScopedJson<'rc>, handlebars::RenderError> {
        let value = helper
            .param(0)
            .ok_or(RenderErrorReason::ParamNotFoundForIndex("default", 0))?;
        let fallback = helper
            .param(1)
            .ok_or(RenderErrorReason::ParamNotFoundForIndex("default", 1))?;
        let chosen = if value.is_value_missing() || value.value().is_null() {
            fallback
        } else {
            value
        };
        take_for(chosen.value())?;
        Ok(ScopedJson::Derived(chosen.value().clone()))
    }
}

/// `{{#if path}}` and `{{#unless path}}`: yes and no in files are texts, so a text that means no counts as `false`.
struct IfHelper {
    is_positive: bool,
}

/// Texts that mean no, in lower case: what spreadsheets write for `FALSE` in various languages, and what people write. A single letter,
/// such as `N`, may mean anything.
const NO: [&str; 18] = [
    "0",
    "false",
    "no",
    "off",
    "falsch",
    "nein",
    "faux",
    "non",
    "falso",
    "onwaar",
    "nee",
    "não",
    "nej",
    "falskt",
    "ψευδής",
    "όχι",
    "нет",
    "ложь",
];

/// Whether a condition holds for a value.
///
/// A receiver's own fields are names and addresses, not answers: somebody may be called No, and `no` is Norwegian.
fn holds(value: &Value, path: Option<&str>, includes_zero: bool) -> bool {
    let is_own = path.is_some_and(|path| {
        ["member.", "receiver."]
            .iter()
            .any(|root| path.trim_start_matches("@root.").starts_with(root))
    });
    match value {
        Value::String(text) if !is_own => {
            let small = text
                .trim_matches(|it: char| it.is_whitespace() || it.is_control())
                .to_lowercase();
            let is_zero = small.starts_with('0')
                && small.bytes().all(|byte| matches!(byte, b'0' | b'.' | b','))
                && small.matches(['.', ',']).count() <= 1
                && !small.starts_with("00");
            match is_zero {
                true => includes_zero,
                false => !small.is_empty() && !NO.contains(&small.as_str()),
            }
        }
        other => other.is_truthy(includes_zero),
    }
}

impl HelperDef for IfHelper {
    fn call<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        engine: &'reg Handlebars<'reg>,
        context: &'rc Context,
        state: &mut RenderContext<'reg, 'rc>,
        output: &mut dyn Output,
    ) -> HelperResult {
        let condition = helper
            .param(0)
            .ok_or(RenderErrorReason::ParamNotFoundForIndex("if", 0))?;
        let includes_zero = helper
            .hash_get("includeZero")
            .and_then(|given| given.value().as_bool())
            .unwrap_or(false);
        let path = condition.relative_path().map(String::as_str);
        let holds = holds(condition.value(), path, includes_zero);
        let chosen = match holds == self.is_positive {
            true => helper.template(),
            false => helper.inverse(),
        };
        chosen.map_or(Ok(()), |chosen| {
            chosen.render(engine, context, state, output)
        })
    }
}

/// The key of the version's language in the data of a message, for helpers only.
pub(super) const LANGUAGE: &str = "@language";

/// What a helper formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Date,
    Time,
    DateAndTime,
    Number,
    Currency,
    Link,
    LinkHost,
    LinkPart,
    Css,
    Url,
}

/// `{{date path}}`, `{{time path}}`, `{{datetime path style="short"}}`, `{{number path decimals=2}}`, `{{currency path "EUR"}}`; `{{link
/// path}}`, which writes only URLs that may be followed; `{{link_host path}}` and `{{link_part path}}`, which write only parts of a URL;
/// `{{css path}}`, which writes only the value of a CSS property; and `{{url path}}`, which encodes a value as one part of a URL.
struct FormatHelper {
    kind: Kind,
    formats: Option<Arc<Formats>>,
    /// Whether non-breaking spaces are replaced: text messages with them have half the room.
    is_plain: bool,
}

/// Registers the formatting helpers of an engine.
pub(super) fn register(
    engine: &mut Handlebars<'_>,
    formats: Option<&Arc<Formats>>,
    is_plain: bool,
) {
    engine.register_helper("default", Box::new(DefaultHelper));
    for (name, is_positive) in [("if", true), ("unless", false)] {
        engine.register_helper(name, Box::new(IfHelper { is_positive }));
    }
    for (name, kind) in [
        ("date", Kind::Date),
        ("time", Kind::Time),
        ("datetime", Kind::DateAndTime),
        ("number", Kind::Number),
        ("currency", Kind::Currency),
        ("link", Kind::Link),
        ("link_host", Kind::LinkHost),
        ("link_part", Kind::LinkPart),
        ("css", Kind::Css),
        ("url", Kind::Url),
    ] {
        let formats = formats.cloned();
        let helper = FormatHelper {
            kind,
            formats,
            is_plain,
        };
        engine.register_helper(name, Box::new(helper));
    }
}

impl FormatHelper {
    fn write(
        &self,
        helper: &Helper<'_>,
        value: &Value,
        data: &Value,
    ) -> Result<String, Unwritable> {
        if self.kind == Kind::Link {
            let text = value.as_str().unwrap_or_default();
            let is_right = is_address_with(&["https://", "http://", "mailto:", "tel:"], text);
            return is_right.then(|| text.to_owned()).ok_or(Unwritable::Link);
        }
        if matches!(self.kind, Kind::LinkHost | Kind::LinkPart) {
            let text = match value {
                Value::String(text) => text.clone(),
                Value::Number(_) | Value::Bool(_) => value.to_string(),
                _ => return Err(Unwritable::LinkPart),
            };
            return match self.kind {
                Kind::LinkPart => Ok(encode(&text)),
                _ if is_host(&text) => Ok(text),
                _ => Err(Unwritable::Host),
            };
        }
        if self.kind == Kind::Css {
            let text = match value {
                Value::String(text) => text.clone(),
                Value::Number(number) => number.to_string(),
                _ => return Err(Unwritable::Css),
            };
            return is_css_value(&text).then_some(text).ok_or(Unwritable::Css);
        }
        if self.kind == Kind::Url {
            return match value {
                Value::String(text) => Ok(percent_encoded(text)),
                Value::Number(number) => Ok(percent_encoded(&number.to_string())),
                Value::Bool(answer) => Ok(answer.to_string()),
                _ => Err(Unwritable::Url),
            };
        }
        let formats = self.formats.as_ref().ok_or(Unwritable::Unknown)?;
        let language = data.get(LANGUAGE).and_then(Value::as_str);
        let language: Option<LanguageTag> = language.and_then(|tag| tag.parse().ok());
        let locale = formats.locale(language.as_ref());
        let moment = || formats.read(value, zone(data));
        let style = || {
            let given = helper.hash_get("style").map(|given| given.value().as_str());
            given.map_or(Ok(Style::Long), |name| name.unwrap_or_default().parse())
        };
        match self.kind {
            Kind::Date => Ok(locale.date(moment()?, style()?)),
            Kind::Time => locale.time(moment()?),
            Kind::DateAndTime => locale.date_and_time(moment()?, style()?),
            Kind::Number => {
                let given = helper
                    .hash_get("decimals")
                    .map(|given| given.value().as_u64());
                let decimals = given.map(|given| {
                    given
                        .and_then(|given| usize::try_from(given).ok())
                        .ok_or(Unwritable::Decimals)
                });
                locale.number(value, decimals.transpose()?)
            }
            Kind::Link
            | Kind::LinkHost
            | Kind::LinkPart
            | Kind::Css
            | Kind::Url
            | Kind::Currency => {
                let currency = helper.param(1).and_then(|given| given.value().as_str());
                locale.amount(value, currency.unwrap_or_default())
            }
        }
    }
}

/// Whether a text is only a host or a part of a host name, optionally with a port: nothing that ends the name or changes it.
fn is_host(text: &str) -> bool {
    (1..=253).contains(&text.len())
        && text
            .chars()
            .all(|letter| letter.is_alphanumeric() || matches!(letter, '-' | '.' | '_' | ':'))
}

/// Percent-encodes what is not allowed in a URL (URL Standard, 1.3: the query percent-encode set, and characters that end a URL in text).
/// Characters with a meaning in URLs stay.
pub(super) fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_ascii_graphic() && !"\"'<>\\^`{|}".contains(letter) {
            encoded.push(letter);
            continue;
        }
        for byte in letter.encode_utf8(&mut [0; 4]).bytes() {
            push_encoded(&mut encoded, byte);
        }
    }
    encoded
}

fn push_encoded(text: &mut String, byte: u8) {
    const DIGITS: [u8; 16] = *b"0123456789ABCDEF";
    text.push('%');
    text.push(char::from(DIGITS[usize::from(byte >> 4)]));
    text.push(char::from(DIGITS[usize::from(byte & 15)]));
}

/// Whether a text is only the value of a CSS property: a color, a length, a name. No function, and nothing that ends the value or begins a
/// rule.
fn is_css_value(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b" #.,%+-".contains(&byte))
}

/// Percent-encodes everything except unreserved characters (RFC 3986, 2.1 and 2.3).
fn percent_encoded(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                result.push(char::from(byte));
            }
            _ => push_encoded(&mut result, byte),
        }
    }
    result
}

/// The receiver's time zone.
fn zone(data: &Value) -> Option<&str> {
    data.get("member")?.get("time_zone")?.as_str()
}

impl HelperDef for FormatHelper {
    fn call_inner<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        context: &'rc Context,
        state: &mut RenderContext<'reg, 'rc>,
    ) -> Result<ScopedJson<'rc>, handlebars::RenderError> {
        // Without arguments it is the name of a variable, even of a list entry.
        let Some(value) = helper.param(0) else {
            let named = state.evaluate(context, helper.name())?;
            if named.is_missing() || named.as_json().is_null() {
                let path = Some(helper.name().to_owned());
                return Err(RenderErrorReason::MissingVariable(path).into());
            }
            return Ok(named);
        };
        if value.is_value_missing() || value.value().is_null() {
            let path = value.relative_path().cloned();
            return Err(RenderErrorReason::MissingVariable(path).into());
        }
        take_for(value.value())?;
        if FORMATS.contains(&helper.name()) {
            take(FORMAT_STEPS)?;
        }
        let written = self.write(helper, value.value(), context.data());
        let text = written.map_err(|why| {
            let path = value.relative_path().cloned();
            let path = path.unwrap_or_else(|| format!("the argument of {}", helper.name()));
            RenderErrorReason::NestedError(Box::new(BadValue { path, why }))
        })?;
        let text = if self.is_plain {
            text.replace('\u{a0}', " ")
                .replace(['\u{200e}', '\u{200f}'], "")
        } else {
            text
        };
        Ok(ScopedJson::Derived(Value::String(text)))
    }
}
