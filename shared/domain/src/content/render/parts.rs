//! The renderable parts of a content, by template name.

use crate::content::LocalizedContent;

/// Parts that are URLs: their placeholders are encoded accordingly.
pub(super) const ADDRESSES: [&str; 3] = ["push.icon", "push.url", "toolbar.url"];

/// The parts for WhatsApp and push, by name.
pub(super) fn other_parts(version: &LocalizedContent) -> Vec<(String, &str)> {
    let mut parts = Vec::new();
    if let Some(whatsapp) = &version.whatsapp {
        let text = whatsapp.text.iter();
        parts.extend(text.map(|text| ("whatsapp.text".to_owned(), text.as_str())));
        if let Some(template) = &whatsapp.template {
            if let Some(header) = &template.header {
                parts.push(("whatsapp.header".to_owned(), header.value()));
            }
            for (kind, values) in [("body", &template.body), ("buttons", &template.buttons)] {
                let values = values.iter().enumerate();
                let named =
                    values.map(|(place, text)| (format!("whatsapp.{kind}.{place}"), text.as_str()));
                parts.extend(named);
            }
        }
    }
    if let Some(push) = &version.push {
        parts.push(("push.title".to_owned(), &push.title));
        parts.push(("push.body".to_owned(), &push.body));
        let icon = push
            .icon
            .iter()
            .map(|text| ("push.icon".to_owned(), text.as_str()));
        let url = push
            .url
            .iter()
            .map(|text| ("push.url".to_owned(), text.as_str()));
        parts.extend(icon.chain(url));
    }
    if let Some(toolbar) = &version.toolbar {
        parts.push(("toolbar.title".to_owned(), &toolbar.title));
        parts.push(("toolbar.description".to_owned(), &toolbar.description));
        let url = toolbar.url.iter();
        parts.extend(url.map(|text| ("toolbar.url".to_owned(), text.as_str())));
    }
    if let Some(widget) = &version.widget {
        parts.push(("widget.title".to_owned(), &widget.title));
        parts.push(("widget.description".to_owned(), &widget.description));
    }
    parts
}
