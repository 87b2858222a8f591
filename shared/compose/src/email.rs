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

use crate::{
    clean::{Page, clean},
    locales,
    marks::Marks,
};

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
    let mut part = |html: &str| -> Result<Page, String> {
        let page = clean(&marks.hide(html)?);
        marks.check_links(&page.body)?;
        marks.check_styles(&page)?;
        Ok(page)
    };
    let written = part(&email.html)?;
    let html = match wrapper {
        Some(wrapper) => {
            let mut page = page(wrapper, language, sender)?;
            // A page of one's own need not have a place for everything.
            let mut part_of = |mark: &str, html: &str| match page.contains(mark) {
                true => part(html),
                false => Ok(clean("")),
            };
            let header = part_of(HEADER, &wrapper.header)?;
            let footer = part_of(FOOTER, &wrapper.footer)?;
            let title = marks.hide_plainly(&escaped_outside_of_tags(&email.subject))?;
            let all = [&header.styles, &footer.styles, &written.styles];
            let styles = styles(all.into_iter().flatten());
            page = page.replacen("</head>", &format!("{styles}</head>"), 1);
            for (mark, part) in [
                (HEADER, &header.body),
                (CONTENT, &written.body),
                (FOOTER, &footer.body),
                (SUBJECT, &title),
            ] {
                page = page.replace(mark, part);
            }
            if page.contains(UNSUBSCRIBE) {
                let unsubscribe = marks.hide_plainly("{{unsubscribe_url}}")?;
                page = page.replace(UNSUBSCRIBE, &unsubscribe);
            }
            inline(&page)?
        }
        None if written.is_whole || !written.styles.is_empty() => {
            let title = marks.hide_plainly(&escaped_outside_of_tags(&email.subject))?;
            let style = written
                .body_style
                .map(|style| format!(" style=\"{style}\""));
            inline(&format!(
                "<!DOCTYPE html><html lang=\"{language}\" dir=\"{}\"><head><meta charset=\"utf-8\">\
                 <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>{title}</title>{}</head>\
                 <body{}>{}</body></html>",
                locales::direction(language),
                styles(&written.styles),
                style.unwrap_or_default(),
                written.body,
            ))?
        }
        None => written.body,
    };
    let html = marks.restore(&html)?;
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
        reply_to: email.reply_to.clone(),
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

/// A page that an operator has written, without what has no place in a mail. Its own title and language take the place of ours.
fn clean_page(page: &str) -> Result<String, String> {
    let mut marks = Marks::default();
    let page = clean(&marks.hide(page)?);
    marks.check_page_styles(&page)?;
    let style = page.body_style.map(|style| format!(" style=\"{style}\""));
    let styles = styles(&page.styles);
    let body = format!(
        "{styles}\u{E0F4}<body{}>{}</body></html>",
        style.unwrap_or_default(),
        page.body
    );
    let (body, _) = marks.restore_found(&body)?;
    Ok(format!(
        "<!DOCTYPE html><html lang=\"{{{{language}}}}\" dir=\"{{{{direction}}}}\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>{{{{subject}}}}</title>{}",
        body.replacen('\u{E0F4}', "</head>", 1)
    ))
}

fn styles<'a>(styles: impl IntoIterator<Item = &'a String>) -> String {
    let styles = styles.into_iter();
    styles
        .map(|style| format!("<style>{style}</style>"))
        .collect()
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
