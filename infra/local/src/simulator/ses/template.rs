//! Inline templates; the simulator stores none.

use handlebars::{Handlebars, no_escape};
use serde_json::{Map, Value};

use super::wire::{Template, TemplateContent};
use crate::simulator::refusal::Refusal;

/// A rendered template, or the original if a value is missing.
pub(super) struct Rendered {
    pub(super) subject: String,
    pub(super) text: Option<String>,
    pub(super) html: Option<String>,
    pub(super) failure: Option<String>,
}

/// Reads the values of a template, a JSON object.
pub(super) fn read_values(data: Option<&str>) -> Result<Map<String, Value>, Refusal> {
    match data {
        None | Some("") => Ok(Map::new()),
        Some(data) => serde_json::from_str(data)
            .map_err(|_| Refusal::bad_request("Template data must be a valid JSON object.")),
    }
}

/// The content of an inline template; a stored one does not exist.
pub(super) fn content(template: &Template) -> Result<&TemplateContent, Refusal> {
    if let Some(content) = &template.template_content {
        return Ok(content);
    }
    match template
        .template_name
        .as_ref()
        .or(template.template_arn.as_ref())
    {
        Some(name) => Err(Refusal::new(
            404,
            "NotFoundException",
            format!("Template {name} does not exist."),
        )),
        None => Err(Refusal::bad_request(
            "A template needs TemplateName, TemplateArn or TemplateContent.",
        )),
    }
}

/// Renders the values. SES escapes nothing, and reports a missing value only by an event.
pub(super) fn render(content: &TemplateContent, values: &Map<String, Value>) -> Rendered {
    let mut handlebars = Handlebars::new();
    handlebars.register_escape_fn(no_escape);
    handlebars.set_strict_mode(true);
    let mut failure = None;
    let mut fill = |part: Option<&String>| {
        part.map(|part| {
            handlebars
                .render_template(part, values)
                .unwrap_or_else(|error| {
                    failure = Some(error.to_string());
                    part.clone()
                })
        })
    };
    let subject = fill(content.subject.as_ref()).unwrap_or_default();
    let text = fill(content.text.as_ref());
    let html = fill(content.html.as_ref());
    Rendered {
        subject,
        text,
        html,
        failure,
    }
}
