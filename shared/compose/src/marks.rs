//! Hides the tags of a template while HTML is read and written, because a parser of HTML moves text that it does not
//! expect, as between the rows of a table, and changes quotes.

use carillon_domain::scan::{
    attribute, end_of_element, end_of_template_tag, is_element, name_of, split_at_end_of,
};

use crate::{clean::Page, css};

/// A tag is its number between these, which are of Unicode's private use. Where text may stand, it is in a comment that ends with a
/// sign of ours, so that it is told from a comment that somebody has written.
const OPEN: char = '\u{E0F0}';
const CLOSE: char = '\u{E0F1}';
const OURS: char = '\u{E0F5}';
/// What nobody may write, because it stands for something here.
const RESERVED: std::ops::RangeInclusive<char> = '\u{E0F0}'..='\u{E0FF}';

/// Elements whose content is text and not elements.
const TEXTS: [&str; 4] = ["style", "script", "title", "textarea"];
/// Attributes that lead somewhere.
const LINKS: [&str; 3] = ["href", "src", "background"];
/// How an address may begin, besides with a placeholder and `#`.
const SCHEMES: [&str; 5] = ["https://", "http://", "mailto:", "tel:", "cid:"];
/// Elements that need no end, or may leave it out.
const WITHOUT_END: [&str; 22] = [
    "area", "br", "col", "dd", "dt", "hr", "img", "input", "li", "link", "meta", "option", "p",
    "source", "tbody", "td", "tfoot", "th", "thead", "tr", "wbr", "body",
];
/// So many elements may be open at once: what is open is begun anew in every paragraph (HTML Living Standard, 13.2.6.1), and stands on the
/// stack of whoever writes it.
const OPEN_ELEMENTS: usize = 150;

/// The tags that were hidden.
#[derive(Default)]
pub(crate) struct Marks {
    tags: Vec<Tag>,
    open: usize,
    /// Blocks that are open where we are.
    blocks: Vec<Block>,
    /// Where we are: 0 where elements may stand, else a number for each comment, element and style.
    context: usize,
    contexts: usize,
}

struct Tag {
    text: String,
    /// Whether an address begins with it.
    is_link: bool,
    /// Whether it stands in a style.
    is_style: bool,
    /// Whether names in it are those of something in the data, because a block `with` or `each` is around it.
    is_scoped: bool,
}

/// A block of the template.
struct Block {
    name: String,
    /// Where it was opened.
    context: usize,
}

impl Marks {
    /// Hides all tags of a text.
    ///
    /// # Errors
    /// If an element or a tag does not end, too many elements are open at once, or it has characters that stand for something here.
    pub(crate) fn hide(&mut self, html: &str) -> Result<String, String> {
        let mut result = String::with_capacity(html.len());
        let mut rest = html;
        self.open = 0;
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
                let end = from.find("-->").map_or(from.len(), |end| end + 3);
                let (comment, after) = from.split_at(end);
                result.push_str(&self.hide_plainly(comment)?);
                after
            } else if is_element(from) {
                let end = end_of_element(from).ok_or("an element does not end")?;
                let (element, after) = from.split_at(end);
                self.count(element)?;
                let hidden = self.hide_plainly(element)?;
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

    fn count(&mut self, element: &str) -> Result<(), String> {
        let name = name_of(element);
        if name.is_empty() || WITHOUT_END.contains(&name.as_str()) || element.ends_with("/>") {
            return Ok(());
        }
        if element.starts_with("</") {
            self.open = self.open.saturating_sub(1);
        } else {
            self.open += 1;
        }
        if self.open > OPEN_ELEMENTS {
            return Err(format!(
                "more than {OPEN_ELEMENTS} elements stand in one another, or do not end"
            ));
        }
        Ok(())
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
    fn mark(&mut self, tag: &str) -> Result<Option<String>, String> {
        if tag.starts_with("{{!") {
            return Ok(None);
        }
        push_checked(&mut String::new(), tag)?;
        self.follow_blocks(tag)?;
        let mark = format!("{OPEN}{}{CLOSE}", self.tags.len());
        self.tags.push(Tag {
            text: tag.to_owned(),
            is_link: false,
            is_style: false,
            is_scoped: self
                .blocks
                .iter()
                .any(|block| matches!(block.name.as_str(), "with" | "each")),
        });
        Ok(Some(mark))
    }

    /// A block that begins in a comment, in an element or in a style has to end there, and one around elements around whole ones:
    /// what stands between would otherwise be read in one way when it is looked at, and in another when it is sent.
    fn follow_blocks(&mut self, tag: &str) -> Result<(), String> {
        let inner = tag.trim_start_matches("{{").trim_end_matches("}}");
        let inner = inner.trim_matches('~').trim();
        let (sign, rest) = match inner.chars().next() {
            Some(sign @ ('#' | '^' | '/')) => (sign, inner[1..].trim()),
            _ if inner == "else" || inner.starts_with("else ") => ('^', ""),
            _ => return Ok(()),
        };
        let name = rest.split_whitespace().next().unwrap_or_default();
        let crosses = || {
            format!(
                "{tag} stands in another place than the beginning of its block: a block has to begin and end within the same comment, element or style, or around whole ones"
            )
        };
        match sign {
            '#' => self.blocks.push(Block {
                name: name.to_owned(),
                context: self.context,
            }),
            // `{{^name}}` begins a block, and `{{^}}` and `{{else}}` are in one.
            '^' if !name.is_empty() => self.blocks.push(Block {
                name: name.to_owned(),
                context: self.context,
            }),
            '^' => {
                let block = self.blocks.last();
                if block.is_none_or(|block| block.context != self.context) {
                    return Err(crosses());
                }
            }
            _ => {
                let block = self.blocks.pop();
                if block.is_none_or(|block| block.context != self.context) {
                    return Err(crosses());
                }
            }
        }
        Ok(())
    }

    /// Looks at all addresses of HTML that was cleaned: they lead to what a mail may lead to, or begin with a placeholder, which is
    /// looked at when it is filled in. Comments are read by some mail programs, so they are looked at, too.
    ///
    /// # Errors
    /// What an address begins with instead.
    pub(crate) fn check_links(&mut self, cleaned: &str) -> Result<(), String> {
        let mut rest = cleaned;
        while let Some(start) = rest.find('<') {
            let from = &rest[start..];
            if let Some(comment) = from.strip_prefix("<!--") {
                let (inner, after) = comment.split_once("-->").unwrap_or((comment, ""));
                self.check_links(&inner.replace("<!--", ""))?;
                rest = after;
                continue;
            }
            if !is_element(from) {
                rest = &from[1..];
                continue;
            }
            let Some(end) = end_of_element(from) else {
                return Ok(());
            };
            let (element, after) = from.split_at(end);
            for name in LINKS {
                if let Some(value) = attribute(element, name) {
                    self.check_link(value.trim())?;
                }
            }
            rest = after;
        }
        Ok(())
    }

    /// Looks at all styles of a page, and sees to it that values in them can be nothing but values.
    ///
    /// # Errors
    /// What the styles do that they may not.
    pub(crate) fn check_styles(&mut self, page: &Page) -> Result<(), String> {
        self.check_page_styles(page)?;
        let styles = page.styles.iter().cloned().chain(page.body_style.clone());
        for style in styles.chain(styles_of_elements(&page.body)) {
            self.mark_styles(&style)?;
        }
        Ok(())
    }

    /// The same, where the placeholders are filled in before anybody writes values.
    ///
    /// # Errors
    /// What the styles do that they may not.
    pub(crate) fn check_page_styles(&mut self, page: &Page) -> Result<(), String> {
        let styles = page.styles.iter().cloned().chain(page.body_style.clone());
        for style in styles.chain(styles_of_elements(&page.body)) {
            if let Some(found) = css::complaint(&style) {
                return Err(found);
            }
        }
        Ok(())
    }

    fn mark_styles(&mut self, style: &str) -> Result<(), String> {
        for part in style.split(OPEN).skip(1) {
            let place = part
                .split(CLOSE)
                .next()
                .and_then(|place| place.parse::<usize>().ok());
            if let Some(tag) = place.and_then(|place| self.tags.get_mut(place)) {
                tag.is_style = tag.is_value();
            }
        }
        Ok(())
    }

    fn check_link(&mut self, value: &str) -> Result<(), String> {
        let small = value.to_ascii_lowercase();
        if value.is_empty()
            || value.starts_with('#')
            || SCHEMES.iter().any(|scheme| small.starts_with(scheme))
        {
            return Ok(());
        }
        let place = value
            .strip_prefix(OPEN)
            .and_then(|rest| rest.split_once(CLOSE))
            .and_then(|(place, _)| place.parse::<usize>().ok());
        match place.and_then(|place| self.tags.get_mut(place)) {
            Some(tag) if tag.is_value() => {
                tag.is_link = true;
                Ok(())
            }
            Some(tag) => Err(format!(
                "an address may begin with a placeholder, and not with {}; put the block around the whole element",
                tag.text
            )),
            None => Err(
                "an address has to begin with https://, http://, mailto:, tel: or a placeholder"
                    .to_owned(),
            ),
        }
    }

    /// The text with its tags. Braces that were none of a tag are written so that they do not become one.
    ///
    /// # Errors
    /// If a tag was lost.
    pub(crate) fn restore(&self, html: &str) -> Result<String, String> {
        let (text, lost) = self.restore_found(html)?;
        match lost {
            None => Ok(text),
            Some(tag) => Err(format!(
                "{tag} stands where it would be lost: in a tag but not in the value of an attribute, or in something that has no place in a mail"
            )),
        }
    }

    /// The same, with the first tag that was lost, if one was.
    ///
    /// # Errors
    /// If what stood for a tag is not whole.
    pub(crate) fn restore_found(&self, html: &str) -> Result<(String, Option<&str>), String> {
        const TORN: &str = "a placeholder was torn apart";
        let html = html.replace("{{", "{&#123;");
        let mut found = vec![false; self.tags.len()];
        let mut result = String::with_capacity(html.len() * 2);
        let mut rest = html.as_str();
        while let Some((before, after)) = rest.split_once(OPEN) {
            let (place, after) = after.split_once(CLOSE).ok_or(TORN)?;
            let place: usize = place.parse().map_err(|_| TORN)?;
            let tag = self.tags.get(place).ok_or(TORN)?;
            match (before.strip_suffix("<!--"), after.strip_prefix(OURS)) {
                (Some(before), Some(after)) => {
                    result.push_str(before);
                    result.push_str(&tag.text);
                    rest = after.strip_prefix("-->").ok_or(TORN)?;
                }
                _ => {
                    result.push_str(before);
                    result.push_str(&tag.written());
                    rest = after;
                }
            }
            if let Some(found) = found.get_mut(place) {
                *found = true;
            }
        }
        result.push_str(rest);
        let lost = self.tags.iter().zip(found).find(|(_, is_found)| !is_found);
        Ok((result, lost.map(|(tag, _)| tag.text.as_str())))
    }
}

fn push_checked(result: &mut String, text: &str) -> Result<(), String> {
    if text.contains(|letter| RESERVED.contains(&letter)) || has_reserved_entity(text) {
        return Err("the characters U+E0F0 to U+E0FF are of private use, and not taken".to_owned());
    }
    result.push_str(text);
    Ok(())
}

/// What the attributes `style` of elements hold.
fn styles_of_elements(html: &str) -> Vec<String> {
    let mut styles = Vec::new();
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        let from = &rest[start..];
        if let Some(comment) = from.strip_prefix("<!--") {
            let (inner, after) = comment.split_once("-->").unwrap_or((comment, ""));
            styles.extend(styles_of_elements(&inner.replace("<!--", "")));
            rest = after;
            continue;
        }
        let Some(end) = end_of_element(from).filter(|_| is_element(from)) else {
            rest = &from[1..];
            continue;
        };
        let (element, after) = from.split_at(end);
        if let Some(style) = attribute(element, "style") {
            // As a parser reads it.
            let style = style.replace("&quot;", "\"").replace("&#39;", "'");
            styles.push(
                style
                    .replace("&lt;", "<")
                    .replace("&gt;", ">")
                    .replace("&amp;", "&"),
            );
        }
        rest = after;
    }
    styles
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
    fn inner(&self) -> &str {
        self.text
            .trim_start_matches("{{")
            .trim_end_matches("}}")
            .trim()
    }

    /// Whether it writes a value, and nothing else.
    fn is_value(&self) -> bool {
        let inner = self.inner();
        !inner.starts_with(['#', '/', '^', '~', '>', '&', '*', '{'])
            && !inner.ends_with('~')
            && inner != "else"
            && !inner.starts_with("else ")
    }

    /// The tag as it is written in an attribute: an address is looked at when it is filled in.
    fn written(&self) -> String {
        let inner = self.inner();
        if self.is_style && !inner.starts_with("css ") {
            return match inner.contains(char::is_whitespace) {
                true => format!("{{{{css ({inner})}}}}"),
                false => format!("{{{{css {inner}}}}}"),
            };
        }
        // Within `with` and `each` the name may be one of the receiver's values.
        let is_ours = inner == "unsubscribe_url" && !self.is_scoped;
        if !self.is_link || is_ours || inner.starts_with("link ") {
            return self.text.clone();
        }
        match inner.contains(char::is_whitespace) {
            true => format!("{{{{link ({inner})}}}}"),
            false => format!("{{{{link {inner}}}}}"),
        }
    }
}
