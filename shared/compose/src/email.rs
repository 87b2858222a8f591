//! An email in its wrapper.

use carillon_domain::{
    content::{EmailContent, Sender},
    language::LanguageTag,
    render::check_template,
    scan::end_of_template_tag,
    text_part,
    wrapper::Wrapper,
};
use css_inline::{CSSInliner, InlineOptions};
use handlebars::Handlebars;
use serde_json::json;

use crate::{clean::clean, locales, marks::Marks};

/// What stands for the parts of a page until they are put in; of Unicode's private use.
const HEADER: &str = "\u{E0F2}header\u{E0F3}";
const CONTENT: &str = "\u{E0F2}content\u{E0F3}";
const FOOTER: &str = "\u{E0F2}footer\u{E0F3}";
const SUBJECT: &str = "\u{E0F2}subject\u{E0F3}";
const UNSUBSCRIBE: &str = "\u{E0F2}unsubscribe\u{E0F3}";

/// An email as it is sent, still with what differs from receiver to receiver.
pub(crate) fn compose(
    email: &EmailContent,
    language: &LanguageTag,
    wrapper: Option<&Wrapper>,
    sender: &Sender,
) -> Result<EmailContent, String> {
    let mut marks = Marks::default();
    let written = clean(&marks.hide(&email.html)?);
    let html = match wrapper {
        Some(wrapper) => {
            let title = escaped_outside_of_tags(&email.subject);
            let title = marks.hide_plainly(&title)?;
            let mut part = |html: &str| Ok::<_, String>(clean(&marks.hide(html)?).body);
            let (header, footer) = (part(&wrapper.header)?, part(&wrapper.footer)?);
            let unsubscribe = marks.hide_plainly("{{unsubscribe_url}}")?;
            let page = page(wrapper, language, sender)?;
            let styles = written
                .styles
                .iter()
                .map(|style| format!("<style>{style}</style>"));
            let page = page.replacen(
                "</head>",
                &format!("{}</head>", styles.collect::<String>()),
                1,
            );
            let page = page
                .replace(HEADER, &header)
                .replace(CONTENT, &written.body)
                .replace(FOOTER, &footer)
                .replace(SUBJECT, &title);
            match page.contains(UNSUBSCRIBE) {
                true => inline(&page.replace(UNSUBSCRIBE, &unsubscribe))?,
                // What is hidden has to come back.
                false => inline(&page)? + &format!("<!--{unsubscribe}-->"),
            }
        }
        None if written.is_whole || !written.styles.is_empty() => {
            let title = marks.hide_plainly(&escaped_outside_of_tags(&email.subject))?;
            let style = written
                .body_style
                .map(|style| format!(" style=\"{style}\""));
            let styles = written
                .styles
                .iter()
                .map(|style| format!("<style>{style}</style>"));
            inline(&format!(
                "<!DOCTYPE html><html lang=\"{language}\" dir=\"{}\"><head><meta charset=\"utf-8\">\
                 <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>{title}</title>{}</head>\
                 <body{}>{}</body></html>",
                locales::direction(language),
                styles.collect::<String>(),
                style.unwrap_or_default(),
                written.body,
            ))?
        }
        None => written.body,
    };
    let html = marks.restore(&html)?;
    let html = html
        .strip_suffix("<!--{{unsubscribe_url}}-->")
        .map_or(html.clone(), str::to_owned);
    check_template(&html).map_err(|error| error.to_string())?;
    let text = match (&email.text, wrapper) {
        (Some(text), Some(_)) => Some(format!("{text}\n\n{}", signature(language, sender))),
        (Some(text), None) => Some(text.clone()),
        (None, _) => None,
    };
    let made_text = match text {
        Some(_) => None,
        None => {
            Some(text_part::from_html(&html).ok_or("no text part can be made of it; write one")?)
        }
    };
    Ok(EmailContent {
        subject: email.subject.clone(),
        html,
        mjml: None,
        text,
        made_text,
    })
}

/// Whether a page can be used, without an email in it.
pub(crate) fn try_page(wrapper: &Wrapper) -> Result<(), String> {
    let page = page(wrapper, &locales::english(), &Sender::default())?;
    inline(&page).map(drop)
}

/// The page of a wrapper, with marks where its parts stand.
fn page(wrapper: &Wrapper, language: &LanguageTag, sender: &Sender) -> Result<String, String> {
    let cleaned;
    let template = match &wrapper.page {
        None => wrapper.page(),
        Some(page) => {
            cleaned = clean_page(page)?;
            &cleaned
        }
    };
    let labels = locales::labels(language);
    let data = json!({
        "header": HEADER,
        "content": CONTENT,
        "footer": FOOTER,
        "subject": SUBJECT,
        "unsubscribe_url": UNSUBSCRIBE,
        "language": language,
        "direction": locales::direction(language),
        "colors": wrapper.colors,
        "sender": sender,
        "labels": labels,
    });
    let mut engine = Handlebars::new();
    engine.set_strict_mode(true);
    engine.render_template(template, &data).map_err(|error| {
        let reason = error.reason().to_string();
        format!(
            "{reason}; a page may name header, content, footer, subject, language, direction, colors, sender, labels and unsubscribe_url"
        )
    })
}

/// A page that an operator has written, without what has no place in a mail.
fn clean_page(page: &str) -> Result<String, String> {
    let mut marks = Marks::default();
    let page = clean(&marks.hide(page)?);
    let styles = page
        .styles
        .iter()
        .map(|style| format!("<style>{style}</style>"));
    let style = page.body_style.map(|style| format!(" style=\"{style}\""));
    let body = marks.restore(&format!(
        "{}\u{E0F4}<body{}>{}</body></html>",
        styles.collect::<String>(),
        style.unwrap_or_default(),
        page.body
    ))?;
    Ok(format!(
        "<!DOCTYPE html><html lang=\"{{{{language}}}}\" dir=\"{{{{direction}}}}\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>{{{{subject}}}}</title>{}",
        body.replacen('\u{E0F4}', "</head>", 1)
    ))
}

/// Puts styles where every mail program reads them, and leaves those that depend on the device.
fn inline(html: &str) -> Result<String, String> {
    let options = InlineOptions::default()
        .keep_at_rules(true)
        .load_remote_stylesheets(false);
    let inlined = CSSInliner::new(options).inline(html);
    inlined.map_err(|error| format!("the styles cannot be read: {error}"))
}

/// Text as HTML, around the tags of the template in it.
fn escaped_outside_of_tags(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("{{") {
        let (before, from) = rest.split_at(start);
        result.push_str(&handlebars::html_escape(before));
        let (tag, after) = from.split_at(end_of_template_tag(from).unwrap_or(from.len()));
        result.push_str(tag);
        rest = after;
    }
    result.push_str(&handlebars::html_escape(rest));
    result
}

/// What a wrapper says at the end of a text part that somebody has written.
fn signature(language: &LanguageTag, sender: &Sender) -> String {
    let labels = locales::labels(language);
    let mut lines = vec!["-- ".to_owned()];
    // What an organisation calls itself is no template.
    let plain = |text: &String| text.replace("{{", "{ {");
    lines.extend(sender.name.as_ref().map(plain));
    lines.extend(sender.address.as_ref().map(plain));
    let privacy = sender.privacy_url.as_ref().map(plain);
    lines.extend(privacy.map(|url| format!("{} <{url}>", labels.privacy)));
    lines.push(format!("{} <{{{{unsubscribe_url}}}}>", labels.unsubscribe));
    lines.join("\n")
}
