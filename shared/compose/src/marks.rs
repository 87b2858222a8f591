//! Hides template tags while HTML is parsed and written, because HTML parsers move unexpected text, for example between table rows,
//! and change quotes.

use carillon_domain::content::{
    render::check_tag,
    scan::{end_of_element, end_of_template_tag, is_element, name_of, split_at_end_of},
};

/// A tag is replaced by its number between these private-use characters. Where text is allowed, it is in a comment that ends with a
/// marker of ours, to distinguish it from the author's comments.
const OPEN: char = '\u{E0F0}';
const CLOSE: char = '\u{E0F1}';
const OURS: char = '\u{E0F5}';
/// Reserved characters, which nobody may write.
const RESERVED: std::ops::RangeInclusive<char> = '\u{E0F0}'..='\u{E0FF}';

/// Elements that contain only text.
const TEXTS: [&str; 4] = ["style", "script", "title", "textarea"];
/// Those of MJML.
const MJML_TEXTS: [&str; 3] = ["mj-preview", "mj-title", "mj-style"];
/// The hidden tags.
#[derive(Default)]
pub(crate) struct Marks {
    tags: Vec<Tag>,
    /// Currently open blocks.
    blocks: Vec<Block>,
    /// The current context: 0 where elements are allowed, else a number for each comment, element and style.
    context: usize,
    contexts: usize,
    is_mjml: bool,
}

/// A template tag.
pub(crate) struct Tag {
    pub(crate) text: String,
    pub(crate) kind: Kind,
}

/// A template block.
struct Block {
    name: String,
    /// Where it was opened.
    context: usize,
}

impl Marks {
    /// For MJML, which has text-only elements of its own.
    pub(crate) fn of_mjml() -> Self {
        Self {
            is_mjml: true,
            ..Self::default()
        }
    }

    /// Hides all tags of a text.
    ///
    /// # Errors
    /// If an element or a tag is not closed, or the text has reserved characters.
    pub(crate) fn hide(&mut self, html: &str) -> Result<String, String> {
        let mut result = String::with_capacity(html.len());
        let mut rest = html;
        self.blocks.clear();
        self.context = 0;
        while let Some(start) = rest.find(['<', '{']) {
            let (text, from) = rest.split_at(start);
            push_checked(&mut result, text)?;
            rest = if from.starts_with("{{") {
                let end = end_of_template_tag(from).ok_or("a placeholder is not closed")?;
                let (tag, after) = from.split_at(end);
                if let Some(mark) = self.mark(tag)? {
                    result.push_str(&format!("<!--{mark}{OURS}-->"));
                }
                after
            } else if from.starts_with("<!--") {
                let end = end_of_comment(from);
                let (comment, after) = from.split_at(end);
                result.push_str(&self.hide_plainly(comment)?);
                after
            } else if is_element(from) {
                let end = end_of_element(from).ok_or("an element is not closed")?;
                let (element, after) = from.split_at(end);
                let hidden = self.hide_plainly(element)?;
                result.push_str(&hidden);
                let name = name_of(element);
                if name == "table" && begins_with_tags_and_a_row(after) {
                    // Otherwise a parser would begin the `tbody` after this tag and end it after another one.
                    result.push_str("<tbody>");
                }
                let name = name.as_str();
                let is_text = TEXTS.contains(&name) || (self.is_mjml && MJML_TEXTS.contains(&name));
                if is_text && !element.starts_with("</") {
                    let (content, _) = split_at_end_of(name, after);
                    result.push_str(&self.hide_plainly(content)?);
                    &after[content.len()..]
                } else {
                    after
                }
            } else {
                result.push_str(if from.starts_with('<') { "&lt;" } else { "{" });
                &from[1..]
            };
        }
        push_checked(&mut result, rest)?;
        match self.blocks.pop() {
            Some(block) => Err(format!("{{{{#{}}}}} is not closed", block.name)),
            None => Ok(result),
        }
    }

    /// Hides all tags where comments are not possible.
    ///
    /// # Errors
    /// If a tag is not closed, or the text has reserved characters.
    pub(crate) fn hide_plainly(&mut self, text: &str) -> Result<String, String> {
        self.contexts += 1;
        let outside = std::mem::replace(&mut self.context, self.contexts);
        let hidden = self.hide_in_context(text);
        self.context = outside;
        hidden
    }

    fn hide_in_context(&mut self, text: &str) -> Result<String, String> {
        let mut result = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = rest.find("{{") {
            let (before, from) = rest.split_at(start);
            let end = end_of_template_tag(from).ok_or("a placeholder is not closed")?;
            let (tag, after) = from.split_at(end);
            push_checked(&mut result, before)?;
            result.extend(self.mark(tag)?);
            rest = after;
        }
        push_checked(&mut result, rest)?;
        Ok(result)
    }

    /// The stand-in for a tag; `None` for a template comment.
    fn mark(&mut self, text: &str) -> Result<Option<String>, String> {
        if text.starts_with("{{!") {
            return Ok(None);
        }
        push_checked(&mut String::new(), text)?;
        let tag = Tag::read(text)?;
        self.follow_blocks(&tag)?;
        let mark = format!("{OPEN}{}{CLOSE}", self.tags.len());
        self.tags.push(tag);
        Ok(Some(mark))
    }

    /// A block that begins in a comment, an element or a style has to end there, and a block outside them has to surround whole
    /// elements: otherwise its content would be parsed differently when it is checked and when it is sent.
    fn follow_blocks(&mut self, tag: &Tag) -> Result<(), String> {
        let is_here = |block: Option<&Block>| match block {
            Some(block) if block.context == self.context => Ok(()),
            _ => Err(crosses(&tag.text)),
        };
        match tag.kind {
            Kind::Value => {}
            Kind::Open => {
                let name = inner_of(&tag.text)[1..].split_whitespace().next();
                self.blocks.push(Block {
                    name: name.unwrap_or_default().to_owned(),
                    context: self.context,
                });
            }
            Kind::Else => is_here(self.blocks.last())?,
            Kind::Close => {
                is_here(self.blocks.last())?;
                self.blocks.pop();
            }
        }
        Ok(())
    }

    /// The kind of a tag.
    pub(crate) fn kind(&self, place: usize) -> Kind {
        self.tags.get(place).map_or(Kind::Value, |tag| tag.kind)
    }

    /// The tags, in the order in which they were hidden.
    pub(crate) fn tags(&self) -> &[Tag] {
        &self.tags
    }

    /// Restores the tags as they were written.
    ///
    /// # Errors
    /// If a tag was lost or torn apart.
    pub(crate) fn restore(&self, html: &str) -> Result<String, String> {
        let html = html.replace("{{", "{&#123;");
        let mut found = vec![false; self.tags.len()];
        let mut result = String::with_capacity(html.len() * 2);
        let mut rest = html.as_str();
        while let Some((before, after)) = rest.split_once(OPEN) {
            let (place, after) = after.split_once(CLOSE).ok_or(TORN)?;
            let place: usize = place.parse().map_err(|_| TORN)?;
            let tag = self.tags.get(place).ok_or(TORN)?;
            rest = match (before.strip_suffix("<!--"), after.strip_prefix(OURS)) {
                (Some(before), Some(after)) => {
                    result.push_str(before);
                    after.strip_prefix("-->").ok_or(TORN)?
                }
                _ => {
                    result.push_str(before);
                    after
                }
            };
            result.push_str(&tag.text);
            if let Some(found) = found.get_mut(place) {
                *found = true;
            }
        }
        result.push_str(rest);
        let lost = found.iter().position(|is_found| !is_found);
        lost.map_or(Ok(result), |place| Err(self.lost(place)))
    }

    /// The message for a lost tag.
    pub(crate) fn lost(&self, place: usize) -> String {
        let text = self.tags.get(place).map_or("", |tag| tag.text.as_str());
        format!(
            "{text} would be lost here: it is in a tag but not in the value of an attribute, or in something that is not allowed in a mail"
        )
    }
}

/// The message for an incomplete mark.
const TORN: &str = "a placeholder was torn apart";

/// A part of a text with hidden tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bit<'a> {
    Text(&'a str),
    /// The tag of this number.
    Mark(usize),
}

/// The parts of a text with hidden tags, where comments are not possible.
///
/// # Errors
/// If a mark is incomplete, or in a comment, so that a parser has read it differently than we do.
pub(crate) fn bits(text: &str) -> Result<Vec<Bit<'_>>, String> {
    let mut bits = Vec::new();
    let mut rest = text;
    if text.contains(OURS) {
        return Err("a placeholder is where a browser reads no text; close the quotes, comments and elements before it".to_owned());
    }
    while let Some((before, after)) = rest.split_once(OPEN) {
        let (place, after) = after.split_once(CLOSE).ok_or(TORN)?;
        if !before.is_empty() {
            bits.push(Bit::Text(before));
        }
        bits.push(Bit::Mark(place.parse().map_err(|_| TORN)?));
        rest = after;
    }
    if rest.contains(CLOSE) {
        return Err(TORN.to_owned());
    }
    if !rest.is_empty() {
        bits.push(Bit::Text(rest));
    }
    Ok(bits)
}

/// Where a comment ends, as a browser reads it (HTML Living Standard, 13.2.5.43 to 13.2.5.52).
fn end_of_comment(from: &str) -> usize {
    for (sign, length) in [("<!-->", 5), ("<!--->", 6)] {
        if from.starts_with(sign) {
            return length;
        }
    }
    let ends = ["-->", "--!>"].iter();
    let ends = ends.filter_map(|end| from.find(end).map(|place| place + end.len()));
    ends.min().unwrap_or(from.len())
}

/// The tag that a comment of ours stands for.
pub(crate) fn mark_of_comment(comment: &str) -> Option<usize> {
    let inner = comment.strip_prefix(OPEN)?.strip_suffix(OURS)?;
    inner.strip_suffix(CLOSE)?.parse().ok()
}

/// Whether a character belongs to a mark.
pub(crate) fn is_of_a_mark(letter: char) -> bool {
    letter == OPEN
}

/// The message for a block that does not end where it begins.
pub(crate) fn crosses(tag: &str) -> String {
    format!(
        "{tag} does not match the place where its block begins: a block must begin and end within the same comment, attribute or style, or around whole elements"
    )
}

/// Whether a character is reserved.
pub(crate) fn is_reserved(letter: char) -> bool {
    RESERVED.contains(&letter)
}

fn push_checked(result: &mut String, text: &str) -> Result<(), String> {
    if text.contains(is_reserved) || has_reserved_entity(text) {
        return Err("the characters U+E0F0 to U+E0FF are reserved and not allowed".to_owned());
    }
    result.push_str(text);
    Ok(())
}

/// Whether a text has one of the reserved characters as a numeric character reference (HTML Living Standard, 13.2.5.80), which a
/// parser turns into the character itself. More digits than a character can have denote no other one.
fn has_reserved_entity(text: &str) -> bool {
    text.match_indices("&#").any(|(place, _)| {
        let reference = &text[place + 2..];
        let (digits, radix) = match reference.strip_prefix(['x', 'X']) {
            Some(hex) => (hex, 16),
            None => (reference, 10),
        };
        let length = digits.find(|digit: char| !digit.is_digit(radix));
        let digits = digits[..length.unwrap_or(digits.len())].trim_start_matches('0');
        let number = u32::from_str_radix(digits, radix).ok();
        let letter = number.and_then(char::from_u32);
        letter.is_some_and(|letter| RESERVED.contains(&letter))
    })
}

/// The prefix of a non-ASCII character's number while mrml parses it; nobody else may write it.
const NUMBER: &str = "&#xe0f6;";

/// A text in pure ASCII, for mrml: its parser panics on some texts with `>` behind non-ASCII characters (htmlparser 0.2.1,
/// `parse_text_impl`), and it writes others in attributes in Rust's debug format.
pub(crate) fn in_ascii(text: &str) -> String {
    let mut ascii = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter.is_ascii() {
            true => ascii.push(letter),
            false => ascii.push_str(&format!("{NUMBER}{:x};", u32::from(letter))),
        }
    }
    ascii
}

/// Reverses [`in_ascii`].
pub(crate) fn out_of_ascii(ascii: &str) -> String {
    let mut parts = ascii.split(NUMBER);
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let number = part.split_once(';');
        let read = number.and_then(|(number, rest)| {
            let letter = char::from_u32(u32::from_str_radix(number, 16).ok()?)?;
            Some((letter, rest))
        });
        match read {
            Some((letter, rest)) => {
                text.push(letter);
                text.push_str(rest);
            }
            None => text.push_str(part),
        }
    }
    text
}

/// Whether a table continues with template tags and then a row.
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

/// The kinds of template tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Writes a value.
    Value,
    /// Begins a block.
    Open,
    /// Begins the other branch of a block.
    Else,
    /// Ends a block.
    Close,
}

impl Tag {
    fn read(text: &str) -> Result<Self, String> {
        let inner = inner_of(text);
        let kind = match inner.chars().next() {
            Some('#') => Kind::Open,
            Some('^') if !inner[1..].trim().is_empty() => Kind::Open,
            Some('^') => Kind::Else,
            Some('/') => Kind::Close,
            _ if inner == "else" || inner.starts_with("else ") => Kind::Else,
            _ => Kind::Value,
        };
        let tag = Self {
            text: text.to_owned(),
            kind,
        };
        match tag.is_one_to_the_engine() {
            true => Ok(tag),
            false => Err(format!("{text} cannot be parsed")),
        }
    }

    /// Whether the template engine reads it as a single tag, as we do: with an unclosed quote or bracket, it would include the text
    /// after it.
    fn is_one_to_the_engine(&self) -> bool {
        let inner = inner_of(&self.text);
        // In a quoted string they would be part of it, but strings cannot be recognised reliably.
        if inner.contains("{{") || inner.contains("}}") || check_tag(&self.text).is_err() {
            return false;
        }
        // A plain name cannot be longer than the tag.
        let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "_.@/#^ ".contains(letter);
        if !inner.is_empty() && inner.chars().all(is_plain) {
            return true;
        }
        let name = |sign: usize| {
            let name = inner[sign..].split_whitespace().next();
            name.unwrap_or_default().to_owned()
        };
        let whole = match self.kind {
            Kind::Value => self.text.clone(),
            Kind::Open => format!("{}{{{{/{}}}}}", self.text, name(1)),
            Kind::Else => format!("{{{{#if a}}}}{}{{{{/if}}}}", self.text),
            Kind::Close => format!("{{{{#{} a}}}}{}", inner[1..].trim(), self.text),
        };
        handlebars::Template::compile(&whole).is_ok_and(|template| template.elements.len() == 1)
    }

    /// The tag with a helper that checks the value in this context.
    pub(crate) fn with_helper(&self, helper: Option<&str>) -> String {
        let Some(helper) = helper.filter(|_| self.kind == Kind::Value) else {
            return self.text.clone();
        };
        let inner = inner_of(&self.text);
        let is_called = inner
            .strip_prefix(helper)
            .is_some_and(|rest| rest.starts_with(' '));
        if is_called {
            return self.text.clone();
        }
        let [open, close] = [self.text.starts_with("{{~"), self.text.ends_with("~}}")]
            .map(|is_trimmed| if is_trimmed { "~" } else { "" });
        match inner.contains(char::is_whitespace) {
            true => format!("{{{{{open}{helper} ({inner}){close}}}}}"),
            false => format!("{{{{{open}{helper} {inner}{close}}}}}"),
        }
    }
}

/// The content between the braces of a tag.
fn inner_of(text: &str) -> &str {
    let inner = text.strip_prefix("{{").unwrap_or(text);
    let inner = inner.strip_suffix("}}").unwrap_or(inner);
    let inner = inner.strip_prefix('~').unwrap_or(inner);
    inner.strip_suffix('~').unwrap_or(inner).trim()
}
