//! The plain-text part of an email, derived from its HTML when the email is written.
//!
//! It is derived from the template, not from each rendered email: once instead of a million times, and functions that send contain no
//! HTML parser.
//!
//! Tables, lists, links and formatting are turned into paragraphs and words before the HTML is parsed, and attributes are dropped. The
//! rest is processed in order, so all text stays in its block, and the effort is linear in the length of the HTML.

use crate::content::{
    render::check_template,
    scan::{attribute, end_of_element, end_of_template_tag, is_element, name_of, split_at_end_of},
};

/// Lines are not wrapped: mail programs do that, and a wrapped link is broken.
const WIDTH: usize = 100_000;
/// The maximum depth of nested blocks: parsing them takes quadratic time.
const DEPTH: usize = 200;
/// A placeholder or block becomes a word between these while the HTML is parsed. They are private-use characters of Unicode, so no
/// text contains them.
const OPEN: char = '\u{E0F0}';
const CLOSE: char = '\u{E0F1}';
/// Void elements.
const VOID: [&str; 8] = ["area", "br", "col", "hr", "img", "input", "source", "wbr"];
/// Elements whose content is not displayed.
const UNSEEN: [&str; 6] = ["head", "script", "style", "template", "title", "noscript"];

/// The text of HTML with placeholders, as a template of its own; `None` if it cannot be determined whether a block that begins or ends
/// here, as in a comment, affects the text, or if the result could not be parsed.
pub fn from_html(html: &str) -> Option<String> {
    let mut reader = Reader::default();
    reader.read(html)?;
    let text = html2text::config::plain_no_decorate()
        .string_from_read(reader.html.as_bytes(), WIDTH)
        .ok()?;
    let text = restore(&text, &reader.tags)?;
    check_template(&text).is_ok().then_some(text)
}

/// The text with its stand-in words replaced by the tags. Braces of the text itself stay text.
fn restore(text: &str, tags: &[&str]) -> Option<String> {
    let mut result = String::with_capacity(text.len());
    let (mut rest, mut next) = (text, tags.iter());
    while let Some((before, after)) = rest.split_once(OPEN) {
        push_text(&mut result, before, true);
        result.push_str(next.next()?);
        rest = after.strip_prefix(CLOSE)?;
    }
    push_text(&mut result, rest, false);
    let lines: Vec<&str> = result.lines().map(str::trim_end).collect();
    next.next()
        .is_none()
        .then(|| lines.join("\n").trim().to_owned())
}

/// Writes literal text. Two braces, or a brace or backslash directly before a tag, would be parsed as the start of a tag, so they are
/// written as the text of a `default` tag without a value.
fn push_text(result: &mut String, text: &str, is_before_tag: bool) {
    let mut rest = text;
    while let Some(start) = rest.find(['{', '\\']) {
        let (before, from) = rest.split_at(start);
        let end = from.find(|letter| !matches!(letter, '{' | '\\'));
        let (signs, after) = from.split_at(end.unwrap_or(from.len()));
        result.push_str(before);
        if signs.contains("{{") || (is_before_tag && after.is_empty()) {
            // Quoted so that no search for tags finds a brace.
            let quoted = signs.replace('\\', "\\u005c").replace('{', "\\u007b");
            result.push_str(&format!("{{{{default null \"{quoted}\"}}}}"));
        } else {
            result.push_str(signs);
        }
        rest = after;
    }
    result.push_str(rest);
}

/// The output so far: HTML of paragraphs and words, and the template's tags in order.
#[derive(Default)]
struct Reader<'a> {
    html: String,
    tags: Vec<&'a str>,
    /// The targets of open links.
    links: Vec<&'a str>,
    /// The number of open blocks.
    depth: usize,
}

impl<'a> Reader<'a> {
    fn read(&mut self, source: &'a str) -> Option<()> {
        let mut rest = source;
        while let Some(start) = rest.find(['<', '{']) {
            let (text, from) = rest.split_at(start);
            self.html.push_str(text);
            rest = if from.starts_with("{{") {
                let (tag, after) = from.split_at(end_of_template_tag(from)?);
                self.mark(tag);
                after
            } else if let Some(comment) = from.strip_prefix("<!--") {
                let (comment, after) = comment.split_once("-->").unwrap_or((comment, ""));
                are_blocks_whole(comment)?;
                after
            } else if is_element(from) {
                let (element, after) = from.split_at(end_of_element(from)?);
                self.element(element, after)?
            } else {
                // A lone `<` is text.
                self.html
                    .push_str(if from.starts_with('<') { "&lt;" } else { "{" });
                &from[1..]
            };
        }
        self.html.push_str(rest);
        Some(())
    }

    fn mark(&mut self, tag: &'a str) {
        if !tag.starts_with("{{!") {
            self.tags.push(tag);
            self.html.push(OPEN);
            self.html.push(CLOSE);
        }
    }

    /// Writes an element, and returns the text after it.
    fn element(&mut self, element: &'a str, after: &'a str) -> Option<&'a str> {
        let is_end = element.starts_with("</");
        let name = name_of(element);
        match (name.as_str(), is_end) {
            (unseen, false) if UNSEEN.contains(&unseen) && !element.ends_with("/>") => {
                let (content, after) = split_at_end_of(unseen, after);
                are_blocks_whole(content)?;
                return Some(after);
            }
            // Such as the preheader, which mail programs show beside the subject.
            (_, false) if is_hidden(element) && !VOID.contains(&name.as_str()) => {
                let (content, after) = split_at_own_end(&name, after)?;
                are_blocks_whole(content)?;
                return Some(after);
            }
            (_, false) if is_hidden(element) => {}
            ("a", false) => self
                .links
                .push(attribute(element, "href").unwrap_or_default()),
            ("a", true) => {
                let url = self.links.pop().unwrap_or_default();
                if !url.is_empty() && !url.starts_with('#') {
                    self.html.push_str(" &lt;");
                    self.value(url)?;
                    self.html.push_str("&gt;");
                }
            }
            ("img", false) => self.value(attribute(element, "alt").unwrap_or_default())?,
            ("br", _) => self.html.push_str("<br>"),
            ("hr", _) => self.html.push_str("<p>---</p>"),
            ("li", false) => {
                self.block(false);
                self.html.push_str("* ");
            }
            ("td" | "th", true) => self.html.push(' '),
            (
                "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "blockquote" | "pre" | "table"
                | "ul" | "ol",
                false,
            ) => {
                self.html.push_str("<p>");
            }
            (
                "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "blockquote" | "pre" | "table"
                | "ul" | "ol",
                true,
            ) => {
                self.html.push_str("</p>");
            }
            (
                "li" | "tr" | "div" | "section" | "article" | "header" | "footer" | "main"
                | "center" | "caption" | "dt" | "dd",
                _,
            ) => self.block(is_end),
            // All other elements only affect the appearance.
            _ => {}
        }
        Some(after)
    }

    /// Begins or ends a block. Blocks nested too deeply are dropped.
    fn block(&mut self, is_end: bool) {
        if is_end {
            self.depth = self.depth.saturating_sub(1);
        }
        if self.depth < DEPTH {
            self.html.push_str(if is_end { "</div>" } else { "<div>" });
        }
        if !is_end {
            self.depth += 1;
        }
    }

    /// The value of an attribute as text.
    fn value(&mut self, value: &'a str) -> Option<()> {
        let mut rest = value;
        while let Some(start) = rest.find("{{") {
            let (text, from) = rest.split_at(start);
            self.text(text);
            let (tag, after) = from.split_at(end_of_template_tag(from)?);
            self.mark(tag);
            rest = after;
        }
        self.text(rest);
        are_blocks_whole(value)
    }

    fn text(&mut self, text: &str) {
        self.html
            .push_str(&text.replace('<', "&lt;").replace('>', "&gt;"));
    }
}

/// Whether an element is always hidden. If a block decides, it may be visible.
fn is_hidden(element: &str) -> bool {
    if element.contains("{{#") || element.contains("{{^") {
        return false;
    }
    let style = attribute(element, "style").unwrap_or_default();
    let style: String = style
        .chars()
        .filter(|letter| !letter.is_whitespace())
        .collect();
    let style = style.to_ascii_lowercase();
    let says = |wanted: &[&str]| {
        style.split(';').any(|declaration| {
            let declaration = declaration
                .strip_suffix("!important")
                .unwrap_or(declaration);
            wanted.contains(&declaration)
        })
    };
    let is_flat = says(&["max-height:0", "max-height:0px", "height:0", "height:0px"]);
    says(&[
        "display:none",
        "visibility:hidden",
        "mso-hide:all",
        "opacity:0",
    ]) || (is_flat && says(&["overflow:hidden"]))
        || element
            .trim_end_matches(['>', '/'])
            .split_ascii_whitespace()
            .skip(1)
            .any(|word| word.eq_ignore_ascii_case("hidden"))
}

/// The content of an element and the text after its end tag; `None` if it does not end.
fn split_at_own_end<'a>(name: &str, content: &'a str) -> Option<(&'a str, &'a str)> {
    let (mut from, mut open) = (0, 1_usize);
    loop {
        let start = from + content[from..].find(['<', '{'])?;
        let rest = &content[start..];
        if rest.starts_with("{{") {
            from = start + end_of_template_tag(rest)?;
        } else if rest.starts_with("<!--") {
            from = start + rest.find("-->")? + 3;
        } else if is_element(rest) {
            let end = start + end_of_element(rest)?;
            if name_of(rest) == name {
                open = match rest.starts_with("</") {
                    true => open - 1,
                    false if content[..end].ends_with("/>") => open,
                    false => open + 1,
                };
            }
            if open == 0 {
                return Some((&content[..start], &content[end..]));
            }
            from = end;
        } else {
            from = start + 1;
        }
    }
}

/// Whether every block that begins here also ends here.
fn are_blocks_whole(text: &str) -> Option<()> {
    let (mut rest, mut depth) = (text, 0_usize);
    while let Some(start) = rest.find("{{") {
        let from = &rest[start..];
        let (tag, after) = from.split_at(end_of_template_tag(from)?);
        match tag.trim_start_matches(['{', '~']).chars().next() {
            Some('#') => depth += 1,
            Some('/') => depth = depth.checked_sub(1)?,
            _ if depth == 0 && tag.contains("else") && !tag.contains('"') => return None,
            _ => {}
        }
        rest = after;
    }
    (depth == 0).then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> String {
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn placeholders_and_blocks_keep_their_positions() {
        for (html, text) in [
            (
                "<p>Hello {{member.first_name}},</p>",
                "Hello {{member.first_name}},",
            ),
            (
                "<p>Hi {{default member.first_name \"dear }} friend\"}}!</p>",
                "Hi {{default member.first_name \"dear }} friend\"}}!",
            ),
            (
                "<p>Hi {{#if a}}<b>One</b>{{else}}Two{{/if}} there</p>",
                "Hi {{#if a}}One{{else}}Two{{/if}} there",
            ),
            (
                "<ul>{{#each items}}<li>{{this.name}}</li>{{/each}}</ul>",
                "{{#each items}} * {{this.name}} {{/each}}",
            ),
            (
                "<a class=x href=\"https://x.example/{{member.id}}?a=1&amp;b=2\">Pay {{amount}}</a> now",
                "Pay {{amount}} <https://x.example/{{member.id}}?a=1&b=2> now",
            ),
            (
                "<p>a{{!-- <b>nothing</b> }} --}}b{{! c }}<!-- {{d}} --></p>",
                "ab",
            ),
            ("<p class=\"{{#if a}}b{{/if}}\">c</p>", "c"),
            (
                "<style>p { color: {{c}} }</style><p>2 < 3 &amp; &euro;</p>",
                "2 < 3 & €",
            ),
            ("<img src=x alt=\"A bell\"><hr>", "A bell ---"),
            (
                "<div {{#if hide}}style=\"display:none\"{{/if}}>d</div>",
                "d",
            ),
        ] {
            let made = from_html(html).unwrap_or_else(|| panic!("{html}"));
            assert_eq!(words(&made), text, "{html}");
        }
    }

    #[test]
    fn a_hidden_preheader_is_not_in_the_text_part() {
        for hidden in [
            "<div style=\"display:none;max-height:0px\"><div>Look &nbsp;</div> inside {{x}}</div>",
            "<span style=\"DISPLAY : none !important\">Look</span>",
            "<div style='max-height: 0; overflow: hidden'>Look</div>",
            "<div style=\"opacity:0;font-size:1px\">{{#if a}}<div>Look</div>{{/if}}</div>",
            "<p style=\"mso-hide:all\">Look</p>",
            "<div hidden>Look</div>",
            "<img style=\"display:none\" alt=\"Look\">",
        ] {
            let html = format!("<body>{hidden}<p>Hello {{{{name}}}}</p></body>");
            assert_eq!(from_html(&html).unwrap(), "Hello {{name}}", "{hidden}");
        }
        for seen in [
            "<div style=\"max-height:0\">Look</div>",
            "<div style=\"{{#if a}}display:none{{/if}}\">Look</div>",
            "<div style=\"opacity:0.5;overflow:hidden\">Look</div>",
            "<p class=\"hidden\">Look</p>",
        ] {
            assert_eq!(from_html(seen).unwrap(), "Look", "{seen}");
        }
        assert_eq!(
            from_html("<div style=\"display:none\">{{#if a}}</div>x{{/if}}"),
            None
        );
    }

    #[test]
    fn blocks_between_table_rows_stay_there() {
        let html = "<table>{{#if paid}}<tr><td>Thank</td><td>you</td></tr>{{else}}<tr><td>Blocked</td></tr>{{/if}}\
            {{#each items}}<tr><td>{{this.name}}</td><td>{{this.price}}</td></tr>{{/each}}</table>";
        assert_eq!(
            words(&from_html(html).unwrap()),
            "{{#if paid}} Thank you {{else}} Blocked {{/if}}{{#each items}} {{this.name}} {{this.price}} {{/each}}"
        );
    }

    #[test]
    fn a_long_link_in_a_button_stays_whole() {
        let url = format!("https://shop.example/pay?utm_source={}", "x".repeat(200));
        let html = format!("<table><tr><td><a href='{url}'>Pay now</a></td></tr></table>");
        assert_eq!(from_html(&html).unwrap(), format!("Pay now <{url}>"));
    }

    #[test]
    fn ambiguous_blocks_yield_no_text_part() {
        for html in [
            "<!-- {{#if vip}} --><p>Code 123</p><!-- {{/if}} -->",
            "<a href=\"{{#if a}}https://x.example\">b{{/if}}</a>",
            "<style>{{#if a}}</style><p>b</p>{{/if}}",
        ] {
            assert_eq!(from_html(html), None, "{html}");
        }
    }

    #[test]
    fn single_braces_are_text() {
        for (html, read) in [
            (
                "<p>Use code {SAVE10} today, {{x}}.</p>",
                "Use code {SAVE10} today, 7.",
            ),
            ("<p>{a} { b } {}</p><p>}{ {{x}}</p>", "{a} { b } {} }{ 7"),
            ("<td>{<b>{{x}}</b>}</td>", "{7}"),
            ("<p>&#123;&#123;x}} is {{x}}</p>", "{{x}} is 7"),
            ("<p>&lbrace;&lbrace;&lbrace;x}}}</p>", "{{{x}}}"),
            ("<p>C:\\<span>{{x}}</span>\\{</p>", "C:\\7\\{"),
            ("<p>\\&#123;&#123;x}}</p>", "\\{{x}}"),
            (
                "<a href=\"https://x.example/{id}?a={{x}}\">{link}</a>",
                "{link} <https://x.example/{id}?a=7>",
            ),
            (
                "<p>Say &quot;{{default y \"{n/a}\"}}&quot;</p>",
                "Say \"{n/a}\"",
            ),
        ] {
            let made = from_html(html).unwrap_or_else(|| panic!("{html}"));
            assert_eq!(words(&filled(&made)), read, "{html}: {made}");
        }
    }

    /// The rendered text for a receiver who has only an `x`.
    fn filled(template: &str) -> String {
        use crate::{
            channel::Channel,
            content::{
                Content, LocalizedContent, SmsContent,
                render::{Rendered, Renderer},
            },
            receivers::{Receiver, Source},
        };
        let content = Content {
            default: LocalizedContent {
                sms: Some(SmsContent::new(template.to_owned())),
                ..LocalizedContent::default()
            },
            ..Content::default()
        };
        let receiver = Receiver {
            first_name: None,
            last_name: None,
            email: None,
            mobile: None,
            push: None,
            language: None,
            variables: serde_json::Map::from_iter([("x".to_owned(), 7.into())]),
            source: Source::Manual,
            off: std::collections::BTreeMap::new(),
            corrections: Vec::new(),
        };
        let renderer = Renderer::new("x", &content).unwrap();
        match renderer.render(Channel::Sms, &receiver).unwrap() {
            Rendered::Sms { text } => text,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn hostile_html_takes_linear_time() {
        let took = |length: usize| {
            let began = std::time::Instant::now();
            for piece in [
                "<p><b a=1>",
                "<td colspan=\"18446744073709551615\">a</td>",
                "<div>",
                "<a href=x>",
                "<a ",
                "<!--",
                "{",
                "<script>",
            ] {
                from_html(&piece.repeat(length / piece.len()));
            }
            began.elapsed()
        };
        // Four times the length takes four times as long; quadratic time would be sixteen times.
        let (short, long) = (took(32 * 1024), took(128 * 1024));
        assert!(long < short * 10, "{short:?}, {long:?}");
    }
}
