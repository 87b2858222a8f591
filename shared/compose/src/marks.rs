//! Hides the tags of a template while HTML is read and written, because a parser of HTML moves text that it does not
//! expect, as between the rows of a table, and changes quotes.

use carillon_domain::content::{
    render::check_tag,
    scan::{end_of_element, end_of_template_tag, is_element, name_of, split_at_end_of},
};

/// A tag is its number between these, which are of Unicode's private use. Where text may stand, it is in a comment that ends with a
/// sign of ours, so that it is told from a comment that somebody has written.
const OPEN: char = '\u{E0F0}';
const CLOSE: char = '\u{E0F1}';
const OURS: char = '\u{E0F5}';
/// What nobody may write, because it stands for something here.
const RESERVED: std::ops::RangeInclusive<char> = '\u{E0F0}'..='\u{E0FF}';

/// Elements whose content is text and not elements.
const TEXTS: [&str; 4] = ["style", "script", "title", "textarea"];
/// Those of MJML.
const MJML_TEXTS: [&str; 3] = ["mj-preview", "mj-title", "mj-style"];
/// The tags that were hidden.
#[derive(Default)]
pub(crate) struct Marks {
    tags: Vec<Tag>,
    /// Blocks that are open where we are.
    blocks: Vec<Block>,
    /// Where we are: 0 where elements may stand, else a number for each comment, element and style.
    context: usize,
    contexts: usize,
    is_mjml: bool,
}

/// A tag of the template.
pub(crate) struct Tag {
    pub(crate) text: String,
    pub(crate) kind: Kind,
}

/// A block of the template.
struct Block {
    name: String,
    /// Where it was opened.
    context: usize,
}

impl Marks {
    /// For MJML, which has elements of its own whose content is text.
    pub(crate) fn of_mjml() -> Self {
        Self {
            is_mjml: true,
            ..Self::default()
        }
    }

    /// Hides all tags of a text.
    ///
    /// # Errors
    /// If an element or a tag does not end, or it has characters that stand for something here.
    pub(crate) fn hide(&mut self, html: &str) -> Result<String, String> {
        let mut result = String::with_capacity(html.len());
        let mut rest = html;
        self.blocks.clear();
        self.context = 0;
        while let Some(start) = rest.find(['<', '{']) {
            let (text, from) = rest.split_at(start);
            push_checked(&mut result, text)?;
            rest = if from.starts_with("{{") {
                let end = end_of_template_tag(from).ok_or("a placeholder does not end")?;
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
                let end = end_of_element(from).ok_or("an element does not end")?;
                let (element, after) = from.split_at(end);
                let hidden = self.hide_plainly(element)?;
                result.push_str(&hidden);
                let name = name_of(element);
                if name == "table" && begins_with_tags_and_a_row(after) {
                    // A parser would begin the rows' group after the tag and end it behind another one.
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
            Some(block) => Err(format!("{{{{#{}}}}} does not end", block.name)),
            None => Ok(result),
        }
    }

    /// Hides all tags where no comment can stand.
    ///
    /// # Errors
    /// If a tag does not end, or the text has characters that stand for something here.
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
            let end = end_of_template_tag(from).ok_or("a placeholder does not end")?;
            let (tag, after) = from.split_at(end);
            push_checked(&mut result, before)?;
            result.extend(self.mark(tag)?);
            rest = after;
        }
        push_checked(&mut result, rest)?;
        Ok(result)
    }

    /// What stands for a tag; nothing for a comment of the template.
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

    /// A block that begins in a comment, in an element or in a style has to end there, and one around elements around whole ones:
    /// what stands between would otherwise be read in one way when it is looked at, and in another when it is sent.
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

    /// What a tag does.
    pub(crate) fn kind(&self, place: usize) -> Kind {
        self.tags.get(place).map_or(Kind::Value, |tag| tag.kind)
    }

    /// The tags, in the order in which they were hidden.
    pub(crate) fn tags(&self) -> &[Tag] {
        &self.tags
    }

    /// The text with its tags as they were written.
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

    /// What to say of a tag that was lost.
    pub(crate) fn lost(&self, place: usize) -> String {
        let text = self.tags.get(place).map_or("", |tag| tag.text.as_str());
        format!(
            "{text} stands where it would be lost: in a tag but not in the value of an attribute, or in something that has no place in a mail"
        )
    }
}

/// What is said of a mark that is not whole.
const TORN: &str = "a placeholder was torn apart";

/// A part of a text in which tags are hidden.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bit<'a> {
    Text(&'a str),
    /// The tag of this number.
    Mark(usize),
}

/// The parts of a text in which tags are hidden, where no comment can stand.
///
/// # Errors
/// If a mark is not whole, or stands in a comment, so that a parser has read it otherwise than we do.
pub(crate) fn bits(text: &str) -> Result<Vec<Bit<'_>>, String> {
    let mut bits = Vec::new();
    let mut rest = text;
    if text.contains(OURS) {
        return Err("a placeholder stands where a browser reads no text: close the quotes, comments and elements before it".to_owned());
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

/// Whether a character is one of those of a mark.
pub(crate) fn is_of_a_mark(letter: char) -> bool {
    letter == OPEN
}

/// What to say of a block that does not end where it begins.
pub(crate) fn crosses(tag: &str) -> String {
    format!(
        "{tag} stands in another place than the beginning of its block: a block has to begin and end within the same comment, attribute or style, or around whole elements"
    )
}

/// Whether a character stands for something here.
pub(crate) fn is_reserved(letter: char) -> bool {
    RESERVED.contains(&letter)
}

fn push_checked(result: &mut String, text: &str) -> Result<(), String> {
    if text.contains(is_reserved) || has_reserved_entity(text) {
        return Err("the characters U+E0F0 to U+E0FF are of private use, and not taken".to_owned());
    }
    result.push_str(text);
    Ok(())
}

/// Whether a text has one of the reserved characters as a numeric character reference (HTML Living Standard, 13.2.5.80), which a
/// parser turns into the character itself. More digits than a character has are no other one.
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

/// What stands before the number of a character that is not ASCII, while mrml reads it; nobody else may write it.
const NUMBER: &str = "&#xe0f6;";

/// A text in ASCII alone, for mrml: its parser panics at some texts that have `>` behind other characters (htmlparser 0.2.1,
/// `parse_text_impl`), and it writes others in attributes as Rust does for debugging.
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

/// The text that was put into ASCII.
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

/// What a tag of the template does.
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
            false => Err(format!("{text} cannot be read")),
        }
    }

    /// Whether the template engine takes it for one tag, as we do: where a quote or a bracket does not end, it would take what follows
    /// for a part of it.
    fn is_one_to_the_engine(&self) -> bool {
        let inner = inner_of(&self.text);
        // In a text in quotes they would be part of it, but who can tell what is one?
        if inner.contains("{{") || inner.contains("}}") || check_tag(&self.text).is_err() {
            return false;
        }
        // Nothing in it could take more than it is.
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

    /// The tag as it is written where a helper has to look at the value.
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

/// What stands between the braces of a tag.
fn inner_of(text: &str) -> &str {
    let inner = text.strip_prefix("{{").unwrap_or(text);
    let inner = inner.strip_suffix("}}").unwrap_or(inner);
    let inner = inner.strip_prefix('~').unwrap_or(inner);
    inner.strip_suffix('~').unwrap_or(inner).trim()
}
