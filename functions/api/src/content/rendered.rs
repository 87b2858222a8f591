//! A rendered message in the parts that responses show, whatever its channel.

use carillon_domain::content::{
    Content,
    render::{RenderError, Rendered, Renderer},
};
use carillon_http::{
    failure::{Failure, Members},
    problem::Problem,
};

use super::body::TemplateBody;

/// The parts of a rendered message. A part that its channel does not have is `None`.
///
/// The bodies that show a message repeat these fields instead of flattening this type: they describe some of them
/// differently, and a flattened type is a schema of its own in the OpenAPI document.
#[derive(Debug, Default)]
pub(crate) struct RenderedParts {
    /// The subject of an email.
    pub(crate) subject: Option<String>,
    /// The HTML part of an email.
    pub(crate) html: Option<String>,
    /// The text part of an email, the text message, or the text of a push notification.
    pub(crate) text: Option<String>,
    /// The address for replies to an email, if it is not the sender address.
    pub(crate) reply_to: Option<String>,
    /// The filled-in template of a WhatsApp message.
    pub(crate) template: Option<TemplateBody>,
    /// The title of a push notification.
    pub(crate) title: Option<String>,
    /// The URL of the icon of a push notification.
    pub(crate) icon: Option<String>,
    /// The URL that opens when a push notification is tapped.
    pub(crate) url: Option<String>,
}

impl From<Rendered> for RenderedParts {
    fn from(rendered: Rendered) -> Self {
        match rendered {
            Rendered::Email {
                subject,
                html,
                text,
                reply_to,
            } => Self {
                subject: Some(subject),
                html: Some(html),
                text: Some(text),
                reply_to: reply_to.map(String::from),
                ..Self::default()
            },
            Rendered::Sms { text } => Self {
                text: Some(text),
                ..Self::default()
            },
            Rendered::WhatsApp { text, template } => Self {
                text,
                template: template.map(TemplateBody::from),
                ..Self::default()
            },
            Rendered::Push {
                title,
                body,
                icon,
                url,
            } => Self {
                title: Some(title),
                text: Some(body),
                icon,
                url,
                ..Self::default()
            },
        }
    }
}

/// The renderer of composed content.
///
/// # Errors
/// If a template cannot be parsed.
pub(crate) fn renderer(name: &str, content: &Content) -> Result<Renderer, Failure> {
    Renderer::new(name, content)
        .map_err(|error| not_renderable("template_failed", error.to_string()))
}

/// A message that cannot be rendered for a receiver.
pub(crate) fn unrendered(error: &RenderError) -> Failure {
    not_renderable(error.code(), error.to_string())
}

/// A message that cannot be rendered.
pub(crate) fn not_renderable(code: &str, detail: String) -> Failure {
    let members = Members {
        code: Some(code.to_owned()),
        ..Members::default()
    };
    Failure::new(Problem::NotRenderable, detail).with(members)
}
