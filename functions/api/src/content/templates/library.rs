//! The templates that come with the product.

use std::sync::LazyLock;

use axum::Json;
use carillon_domain::access::permission::require;
use carillon_http::{
    authentication::Allowed,
    body::Object,
    failure::Failure,
    findings::Findings,
    names::{self, PriorityName},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    content::{
        body::ContentBody,
        documents::{TemplateDocument, channels},
    },
    path::LibraryPath,
};

/// The files of the library, in listing order.
const FILES: [&str; 6] = [
    include_str!("../../../library/outage-notice.json"),
    include_str!("../../../library/maintenance-window.json"),
    include_str!("../../../library/emergency.json"),
    include_str!("../../../library/payment-reminder.json"),
    include_str!("../../../library/event-invitation.json"),
    include_str!("../../../library/policy-change.json"),
];

/// A template of the library.
#[derive(Debug, Clone)]
pub(crate) struct StartingTemplate {
    /// Its id.
    pub(crate) id: String,
    /// Its name.
    pub(crate) name: String,
    /// The template.
    pub(crate) document: TemplateDocument,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    id: String,
    name: String,
    description: String,
    priority: String,
    content: Object<ContentBody>,
}

static LIBRARY: LazyLock<Vec<StartingTemplate>> = LazyLock::new(|| {
    FILES
        .into_iter()
        .filter_map(|file| read(file).ok())
        .collect()
});

/// Parses a file; a test parses them all.
fn read(file: &str) -> Result<StartingTemplate, String> {
    let file: File = serde_json::from_str(file).map_err(|error| error.to_string())?;
    let mut findings = Findings::default();
    let content = file.content.0.read(&mut findings);
    findings
        .finish()
        .map_err(|failure| format!("{}: {failure:?}", file.id))?;
    let priority = names::read(&file.priority).map_err(|error| error.to_string())?;
    Ok(StartingTemplate {
        id: file.id,
        name: file.name,
        document: TemplateDocument {
            description: Some(file.description),
            priority,
            active: true,
            content,
        },
    })
}

/// The library template with this id.
pub(crate) fn starting_template(id: &str) -> Option<StartingTemplate> {
    LIBRARY.iter().find(|template| template.id == id).cloned()
}

/// A library template without its content.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LibraryEntry {
    /// The id.
    #[schema(examples("outage-notice"))]
    id: String,
    /// The name.
    name: String,
    /// The purpose of the template.
    description: Option<String>,
    /// The priority of campaigns that start from the template.
    priority: PriorityName,
    /// The channels for which it has content.
    channels: Vec<String>,
    /// The languages other than English for which it has content.
    languages: Vec<String>,
}

impl From<&StartingTemplate> for LibraryEntry {
    fn from(template: &StartingTemplate) -> Self {
        let StartingTemplate { id, name, document } = template;
        Self {
            id: id.clone(),
            name: name.clone(),
            description: document.description.clone(),
            priority: document.priority.into(),
            channels: channels(&document.content),
            languages: document
                .content
                .languages
                .keys()
                .map(ToString::to_string)
                .collect(),
        }
    }
}

/// The library.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LibraryList {
    /// The templates.
    templates: Vec<LibraryEntry>,
}

/// A library template.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LibraryTemplate)]
pub(super) struct LibraryBody {
    #[serde(flatten)]
    entry: LibraryEntry,
    /// The content.
    content: ContentBody,
}

/// List the library
///
/// The built-in templates. To start from one, use `library` in `POST /v1/templates` or `POST
/// /v1/campaigns`.
#[utoipa::path(
    get,
    path = "/v1/library",
    operation_id = "list_library",
    tag = "templates",
    responses((status = OK, description = "The library templates.", body = LibraryList)),
)]
pub(crate) async fn list(_: Allowed<require::ReadTemplates>) -> Json<LibraryList> {
    Json(LibraryList {
        templates: LIBRARY.iter().map(LibraryEntry::from).collect(),
    })
}

/// Show a library template
#[utoipa::path(
    get,
    path = "/v1/library/{template}",
    operation_id = "show_library_template",
    tag = "templates",
    params(LibraryPath),
    responses((status = OK, description = "The template.", body = LibraryBody)),
)]
pub(crate) async fn show(
    _: Allowed<require::ReadTemplates>,
    path: LibraryPath,
) -> Result<Json<LibraryBody>, Failure> {
    let template = starting_template(&path.template).ok_or_else(Failure::not_found)?;
    Ok(Json(LibraryBody {
        entry: LibraryEntry::from(&template),
        content: template.document.content.into(),
    }))
}

#[cfg(test)]
mod tests {
    use carillon_compose::{compose, unknown_names};
    use carillon_domain::{
        channel::Channel,
        content::{Sender, render::Renderer, sms_parts::parts, wrapper::Wrapper},
    };

    use super::*;
    use crate::content::preview::sample_receiver;

    /// Each template parses, has no unknown placeholders, and renders with its samples in all its languages and
    /// channels.
    #[test]
    fn every_template_can_be_sent() {
        for file in FILES {
            let template = read(file).unwrap_or_else(|error| panic!("{error}"));
            let content = &template.document.content;
            assert_eq!(unknown_names(content), [], "{}", template.id);
            let wrapper = Wrapper::default();
            let sender = Sender {
                name: Some("Mill Lane Fibre".to_owned()),
                ..Sender::default()
            };
            let composed = compose(content, Some(&wrapper), &sender).unwrap();
            let renderer = Renderer::new(&template.name, &composed).unwrap();
            let languages = content.languages.keys().map(Some).chain([None]);
            for language in languages {
                for values in [content.samples(), content.defaults()] {
                    let is_sample = values == content.samples();
                    let receiver = sample_receiver(content, language, values);
                    for channel in Channel::ALL {
                        let rendered = renderer.render(channel, &receiver);
                        if !is_sample {
                            continue;
                        }
                        let rendered = rendered
                            .unwrap_or_else(|error| panic!("{} {channel}: {error}", template.id));
                        if let carillon_domain::content::render::Rendered::Sms { text } = rendered {
                            assert!(parts(&text).count <= 2, "{}: {text}", template.id);
                        }
                    }
                    if is_sample {
                        assert!(
                            renderer.render_toolbar(&receiver).unwrap().is_some(),
                            "{}",
                            template.id
                        );
                        assert!(
                            renderer.render_widget(&receiver).unwrap().is_some(),
                            "{}",
                            template.id
                        );
                    }
                }
            }
        }
        assert_eq!(LIBRARY.len(), FILES.len());
    }
}
