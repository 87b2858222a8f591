//! Hides the tags of a template while HTML is read and written, because a parser of HTML moves text that it does not
//! expect, as between the rows of a table, and changes quotes.

use carillon_domain::scan::{end_of_element, end_of_template_tag, name_of, split_at_end_of};

/// A tag is its number between these, which are of Unicode's private use; where text may stand, it is in a comment.
const OPEN: char = '\u{E0F0}';
const CLOSE: char = '\u{E0F1}';

/// Elements whose content is text and not elements.
const TEXTS: [&str; 4] = ["style", "script", "title", "textarea"];
/// Attributes that lead somewhere.
const LINKS: [&str; 3] = ["href", "src", "background"];

/// The tags that were hidden.
#[derive(Default)]
pub(crate) struct Marks {
    tags: Vec<Tag>,
}

struct Tag {
    text: String,
    /// Whether an address begins with it.
    is_link: bool,
}

impl Marks {
    /// Hides all tags of a text.
    ///
    /// # Errors
    /// If an element or a tag does not end.
    pub(crate) fn hide(&mut self, html: &str) -> Result<String, String> {
        let mut result = String::with_capacity(html.len());
        let mut rest = html;
        while let Some(start) = rest.find(['<', '{']) {
            let (text, from) = rest.split_at(start);
            result.push_str(text);
            rest = if from.starts_with("{{") {
                let end = end_of_template_tag(from).ok_or("a placeholder does not end")?;
                let (tag, after) = from.split_at(end);
                if let Some(mark) = self.mark(tag) {
                    result.push_str(&format!("<!--{mark}-->"));
                }
                after
            } else if from.starts_with("<!--") {
                let end = from.find("-->").map_or(from.len(), |end| end + 3);
                let (comment, after) = from.split_at(end);
                result.push_str(&self.hide_plainly(comment)?);
                after
            } else if from[1..].starts_with(|next: char| next.is_ascii_alphabetic() || next == '/')
                && from.starts_with('<')
            {
                let end = end_of_element(from).ok_or("an element does not end")?;
                let (element, after) = from.split_at(end);
                let first = self.tags.len();
                let hidden = self.hide_plainly(element)?;
                self.find_links(&hidden, first);
                result.push_str(&hidden);
                let name = name_of(element);
                if name == "table" && begins_with_tags_and_a_row(after) {
                    // A parser would begin the rows' group after the tag and end it behind another one.
                    result.push_str("<tbody>");
                }
                if TEXTS.contains(&name.as_str()) && !element.starts_with("</") {
                    let (content, _) = split_at_end_of(&name, after);
                    result.push_str(&self.hide_plainly(content)?);
                    &after[content.len()..]
                } else {
                    after
                }
            } else {
                result.push_str(&from[..1]);
                &from[1..]
            };
        }
        result.push_str(rest);
        Ok(result)
    }

    /// Hides all tags where no comment can stand.
    ///
    /// # Errors
    /// If a tag does not end.
    pub(crate) fn hide_plainly(&mut self, text: &str) -> Result<String, String> {
        let mut result = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = rest.find("{{") {
            let (before, from) = rest.split_at(start);
            let end = end_of_template_tag(from).ok_or("a placeholder does not end")?;
            let (tag, after) = from.split_at(end);
            result.push_str(before);
            result.extend(self.mark(tag));
            rest = after;
        }
        result.push_str(rest);
        Ok(result)
    }

    /// What stands for a tag; nothing for a comment of the template.
    fn mark(&mut self, tag: &str) -> Option<String> {
        if tag.starts_with("{{!") {
            return None;
        }
        let mark = format!("{OPEN}{}{CLOSE}", self.tags.len());
        self.tags.push(Tag {
            text: tag.to_owned(),
            is_link: false,
        });
        Some(mark)
    }

    /// Finds the addresses in an element that begin with a tag.
    fn find_links(&mut self, element: &str, first: usize) {
        for name in LINKS {
            let value = carillon_domain::scan::attribute(element, name);
            let place = value
                .and_then(|value| value.trim_start().strip_prefix(OPEN))
                .and_then(|rest| rest.split_once(CLOSE))
                .and_then(|(place, _)| place.parse::<usize>().ok());
            if let Some(tag) = place
                .filter(|place| *place >= first)
                .and_then(|place| self.tags.get_mut(place))
            {
                tag.is_link = true;
            }
        }
    }

    /// The text with its tags.
    ///
    /// # Errors
    /// If one of them was lost.
    pub(crate) fn restore(&self, html: &str) -> Result<String, String> {
        let mut found = vec![false; self.tags.len()];
        let mut result = String::with_capacity(html.len() * 2);
        let mut rest = html;
        while let Some((before, after)) = rest.split_once(OPEN) {
            let (place, after) = after
                .split_once(CLOSE)
                .ok_or("a placeholder was torn apart")?;
            let place: usize = place.parse().map_err(|_| "a placeholder was torn apart")?;
            let tag = self.tags.get(place).ok_or("a placeholder was torn apart")?;
            match (before.strip_suffix("<!--"), after.strip_prefix("-->")) {
                (Some(before), Some(after)) => {
                    result.push_str(before);
                    result.push_str(&tag.text);
                    rest = after;
                }
                _ => {
                    result.push_str(before);
                    result.push_str(&tag.written());
                    rest = after;
                }
            }
            found[place] = true;
        }
        result.push_str(rest);
        let lost = self.tags.iter().zip(found).find(|(_, is_found)| !is_found);
        match lost {
            None => Ok(result),
            Some((tag, _)) => Err(format!(
                "{} stands where it would be lost: in a tag but not in the value of an attribute, or in something that has no place in a mail",
                tag.text
            )),
        }
    }
}

/// Text in which the marks were written as Rust writes characters for debugging, as `mrml` does in attributes.
pub(crate) fn unescaped(html: &str) -> String {
    html.replace("\\u{e0f0}", "\u{E0F0}")
        .replace("\\u{e0f1}", "\u{E0F1}")
}

/// Whether a table goes on with tags of the template, and then a row.
fn begins_with_tags_and_a_row(after: &str) -> bool {
    let (mut rest, mut tags) = (after.trim_start(), 0);
    while rest.starts_with("{{") {
        let Some(end) = end_of_template_tag(rest) else {
            return false;
        };
        (rest, tags) = (rest[end..].trim_start(), tags + 1);
    }
    tags > 0 && rest.starts_with('<') && name_of(rest) == "tr"
}

impl Tag {
    /// The tag as it is written in an attribute: an address is looked at when it is filled in.
    fn written(&self) -> String {
        let inner = self
            .text
            .trim_start_matches("{{")
            .trim_end_matches("}}")
            .trim();
        let is_value = !inner.starts_with(['#', '/', '^', '~', '>', '&', '*'])
            && inner != "else"
            && !inner.starts_with("else ");
        if !self.is_link || !is_value || inner == "unsubscribe_url" || inner.starts_with("link ") {
            return self.text.clone();
        }
        match inner.contains(char::is_whitespace) {
            true => format!("{{{{link ({inner})}}}}"),
            false => format!("{{{{link {inner}}}}}"),
        }
    }
}
