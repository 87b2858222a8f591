//! What a template can do besides naming values.

use std::sync::Arc;

use handlebars::{
    Context, Handlebars, Helper, HelperDef, RenderContext, RenderErrorReason, ScopedJson,
};
use serde_json::Value;

use crate::{
    content::is_address_with,
    formats::{Formats, Style, Unwritable},
    language::LanguageTag,
};

/// A value that a helper cannot write.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {why}")]
pub(super) struct BadValue {
    /// The placeholder.
    pub(super) path: String,
    /// Why not.
    pub(super) why: Unwritable,
}

/// `{{default path "text"}}`: the value, or the text where there is none; escaped like any placeholder.
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
        Ok(ScopedJson::Derived(chosen.value().clone()))
    }
}

/// Where the data of a message says in which language's version it is written, for helpers only.
pub(super) const LANGUAGE: &str = "@language";

/// What a helper writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Date,
    Time,
    DateAndTime,
    Number,
    Currency,
    Link,
    Css,
}

/// `{{date path}}`, `{{time path}}`, `{{datetime path style="short"}}`, `{{number path decimals=2}}`,
/// `{{currency path "EUR"}}`, `{{link path}}`, which writes nothing but an address that may be followed, and `{{css path}}`, which writes nothing but the value
/// of a property in a style.
struct FormatHelper {
    kind: Kind,
    formats: Option<Arc<Formats>>,
    /// Whether spaces that are not broken would be of no use: text messages with them have half the room.
    is_plain: bool,
}

/// Lets templates of an engine write dates, numbers and amounts.
pub(super) fn register(
    engine: &mut Handlebars<'_>,
    formats: Option<&Arc<Formats>>,
    is_plain: bool,
) {
    engine.register_helper("default", Box::new(DefaultHelper));
    for (name, kind) in [
        ("date", Kind::Date),
        ("time", Kind::Time),
        ("datetime", Kind::DateAndTime),
        ("number", Kind::Number),
        ("currency", Kind::Currency),
        ("link", Kind::Link),
        ("css", Kind::Css),
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
        if self.kind == Kind::Css {
            let text = match value {
                Value::String(text) => text.clone(),
                Value::Number(number) => number.to_string(),
                _ => return Err(Unwritable::Css),
            };
            return is_css_value(&text).then_some(text).ok_or(Unwritable::Css);
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
            Kind::Link | Kind::Css | Kind::Currency => {
                let currency = helper.param(1).and_then(|given| given.value().as_str());
                locale.amount(value, currency.unwrap_or_default())
            }
        }
    }
}

/// Whether a text can be nothing but the value of a property: a color, a length, a name. No function, and nothing that ends the
/// value or begins a rule.
fn is_css_value(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b" #.,%+-".contains(&byte))
}

/// The zone of whoever gets the message.
fn zone(data: &Value) -> Option<&str> {
    data.get("member")?.get("time_zone")?.as_str()
}

impl HelperDef for FormatHelper {
    fn call_inner<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        context: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
    ) -> Result<ScopedJson<'rc>, handlebars::RenderError> {
        // By itself it is the name of a variable, which may be called so.
        let Some(value) = helper.param(0) else {
            let named = context.data().get(helper.name());
            let path = || Some(helper.name().to_owned());
            let named = named.ok_or_else(|| RenderErrorReason::MissingVariable(path()))?;
            return Ok(ScopedJson::Derived(named.clone()));
        };
        if value.is_value_missing() || value.value().is_null() {
            let path = value.relative_path().cloned();
            return Err(RenderErrorReason::MissingVariable(path).into());
        }
        let written = self.write(helper, value.value(), context.data());
        let text = written.map_err(|why| {
            let path = value.relative_path().cloned().unwrap_or_default();
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
