//! Serializes an assembled mail for sending: token by token, as a browser parses it, with only what the allowlist permits. Each template
//! tag is written according to its context: a value in a URL, in a style and in text is checked in different ways, and a block ends where
//! it began.
//!
//! Everything that holds for the output also holds for whatever is rendered from it: a value cannot escape its context, and an omitted
//! branch leaves the parser in the same state.

use crate::{
    clean::{LINKS, is_attribute_allowed, is_citable, is_element_allowed, is_picture},
    css,
    marks::{Bit, Kind, Marks, Tag, bits, crosses, mark_of_comment},
    tokens::{Attribute, Piece, holds_text, is_name, is_void, push_escaped, tokens, without_tags},
};

/// Permitted beginnings of a URL, besides a placeholder and `#`.
const SCHEMES: [&str; 5] = ["https://", "http://", "mailto:", "tel:", "cid:"];
/// The most bytes of a mail with its tags, which may be repeated many times.
const BYTES: usize = 1024 * 1024;
/// Elements with an optional end tag (HTML Living Standard, 13.1.2.4). A block may surround the end of one and the beginning of the next: a
/// parser adds the missing tags.
const END_BY_THEMSELVES: [&str; 13] = [
    "p", "li", "dt", "dd", "tr", "td", "th", "tbody", "thead", "tfoot", "colgroup", "caption",
    "option",
];
/// Elements that only Outlook reads, in comments, in their exact spelling
/// (<https://learn.microsoft.com/en-us/windows/win32/vml/web-workshop---specs---standards----introduction-to-vector-markup-language--vml->).
const OUTLOOK: [&str; 62] = [
    "v:rect",
    "v:roundrect",
    "v:oval",
    "v:line",
    "v:shape",
    "v:image",
    "v:imagedata",
    "v:fill",
    "v:stroke",
    "v:textbox",
    "v:background",
    "v:group",
    "v:path",
    "o:p",
    "o:OfficeDocumentSettings",
    "o:AllowPNG",
    "o:PixelsPerInch",
    "w:anchorlock",
    "w:WordDocument",
    "w:View",
    "w:Zoom",
    "w:DontUseAdvancedTypographyReadingMail",
    // Word's notes to itself about a document; all are invisible, and none fetches or runs anything.
    "o:shapedefaults",
    "o:shapelayout",
    "o:idmap",
    "w:TrackMoves",
    "w:TrackFormatting",
    "w:HyphenationZone",
    "w:PunctuationKerning",
    "w:ValidateAgainstSchemas",
    "w:SaveIfXMLInvalid",
    "w:IgnoreMixedContent",
    "w:AlwaysShowPlaceholderText",
    "w:DoNotPromoteQF",
    "w:LidThemeOther",
    "w:LidThemeAsian",
    "w:LidThemeComplexScript",
    "w:Compatibility",
    "w:BreakWrappedTables",
    "w:SnapToGridInCell",
    "w:WrapTextWithPunct",
    "w:UseAsianBreakRules",
    "w:DontGrowAutofit",
    "w:SplitPgBreakAndParaMark",
    "w:EnableOpenTypeKerning",
    "w:DontFlipMirrorIndents",
    "w:OverrideTableStyleHps",
    "w:BrowserLevel",
    "m:mathPr",
    "m:mathFont",
    "m:brkBin",
    "m:brkBinSub",
    "m:smallFrac",
    "m:dispDef",
    "m:lMargin",
    "m:rMargin",
    "m:defJc",
    "m:wrapIndent",
    "m:intLim",
    "m:naryLim",
    "xml",
    "noscript",
];
/// Attributes that these may have besides the global ones.
const OUTLOOK_ATTRIBUTES: [&str; 37] = [
    "xmlns",
    "xmlns:v",
    "xmlns:o",
    "xmlns:w",
    "arcsize",
    "fill",
    "fillcolor",
    "filled",
    "stroke",
    "stroked",
    "strokecolor",
    "strokeweight",
    "color2",
    "opacity",
    "type",
    "src",
    "href",
    "alt",
    "title",
    "inset",
    "coordsize",
    "coordorigin",
    "angle",
    "aspect",
    "position",
    "origin",
    "focus",
    "path",
    "from",
    "to",
    "v:ext",
    "o:spid",
    "joinstyle",
    "spidmax",
    "m:val",
    "xmlns:m",
    "weight",
];

/// Who fills in the placeholders of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Filled {
    /// The sending functions, with values of receivers.
    ForReceivers,
    /// Carillon itself, with its own values, when the page is used; the result is finished again.
    ByUs,
}

/// Serializes a mail with the tags hidden in it. Tags that are left out may be missing.
///
/// # Errors
/// What about it cannot be sent, for its author.
pub(crate) fn finish(
    html: &str,
    marks: &Marks,
    left_out: &[usize],
    filled: Filled,
) -> Result<String, String> {
    let mut writer = Writer {
        marks,
        filled,
        out: String::with_capacity(html.len() * 2),
        found: vec![false; marks.tags().len()],
        blocks: Vec::new(),
        elements: Vec::new(),
        places: 0,
    };
    writer.page(tokens(html))?;
    if let Some(block) = writer.blocks.pop() {
        return Err(crosses(&marks.tags()[block.tag].text));
    }
    let lost = |(place, is_found): (usize, bool)| !is_found && !left_out.contains(&place);
    let lost = writer
        .found
        .iter()
        .copied()
        .enumerate()
        .find(|it| lost(*it));
    match lost {
        Some((place, _)) => Err(marks.lost(place)),
        None => Ok(writer.out),
    }
}

/// A conditional comment, which some mail programs read as HTML
/// (<https://learn.microsoft.com/en-us/previous-versions/windows/internet-explorer/ie-developer/compatibility/ms537512(v=vs.85)>).
pub(crate) struct Condition<'a> {
    /// As in `mso` or `gte mso 9`.
    test: &'a str,
    /// The content for programs that match the condition.
    pub(crate) inner: &'a str,
    /// Whether it is downlevel-revealed: its content is HTML to all other programs, too.
    is_revealed: bool,
}

/// Parses the content of a comment; `None` if it is not a condition.
pub(crate) fn conditional(comment: &str) -> Option<Condition<'_>> {
    let (test, inner) = comment.trim_start().strip_prefix("[if")?.split_once(']')?;
    // As in `<![if !mso]>`, which is a comment to all other programs.
    let inner = match inner.trim() {
        "" => "",
        _ => inner.trim_start().strip_prefix('>')?,
    };
    let is_test = |letter: char| letter.is_ascii_alphanumeric() || " .()!&|".contains(letter);
    if !test.chars().all(is_test) {
        return None;
    }
    Some(Condition {
        test: test.trim(),
        is_revealed: matches!(inner.trim(), "" | "<!" | "<!-" | "<!--"),
        inner,
    })
}

/// Whether a comment ends a downlevel-revealed condition.
pub(crate) fn is_end_of_condition(comment: &str) -> bool {
    matches!(comment.trim(), "<![endif]" | "[endif]")
}

/// The output form of a placeholder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    Text,
    Css,
    Link,
    Host,
    Part,
}

/// An open block.
struct Block {
    tag: usize,
    /// Where it was opened.
    place: usize,
}

/// How far a URL has been determined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Reached {
    Host,
    Path,
}

struct Writer<'m> {
    marks: &'m Marks,
    filled: Filled,
    out: String,
    /// Which tags have been written.
    found: Vec<bool>,
    blocks: Vec<Block>,
    /// Open elements, each with its number.
    elements: Vec<(String, usize)>,
    /// The last number given to an element, an attribute, a comment or a style.
    places: usize,
}

impl Writer<'_> {
    fn page(&mut self, pieces: Vec<Piece>) -> Result<(), String> {
        let mut pieces = pieces.into_iter().peekable();
        while let Some(piece) = pieces.next() {
            match piece {
                Piece::Doctype => self.out.push_str("<!DOCTYPE html>"),
                Piece::Start {
                    name, attributes, ..
                } => {
                    let text = match holds_text(&name) {
                        true => pieces.next_if(|piece| matches!(piece, Piece::Text(_))),
                        false => None,
                    };
                    if !is_element_allowed(&name) {
                        continue;
                    }
                    self.start(&name, &attributes, is_attribute_allowed)?;
                    self.out.push('>');
                    if !is_void(&name) {
                        let place = self.place();
                        self.elements.push((name.clone(), place));
                    }
                    match text {
                        Some(Piece::Text(css)) if name == "style" => self.styles(&css, false)?,
                        Some(Piece::Text(text)) => {
                            let place = self.place();
                            self.text(&text, false, How::Text, place)?;
                        }
                        _ => {}
                    }
                }
                Piece::End(name) => self.end(&name),
                Piece::Text(text) => {
                    let place = self.place_of_text();
                    self.text(&text, false, How::Text, place)?;
                }
                Piece::Comment(text) => self.comment(&text)?,
            }
            if self.out.len() > BYTES {
                return Err(format!("the mail has more than {BYTES} bytes"));
            }
        }
        Ok(())
    }

    fn place(&mut self) -> usize {
        self.places += 1;
        self.places
    }

    /// The number of the element in which a block that begins here has to end.
    fn place_of_text(&self) -> usize {
        let ends = |(name, _): &&(String, usize)| !END_BY_THEMSELVES.contains(&name.as_str());
        let element = self.elements.iter().rev().find(ends);
        element.map_or(0, |(_, place)| *place)
    }

    fn start(
        &mut self,
        name: &str,
        attributes: &[Attribute],
        is_allowed: impl Fn(&str, &str) -> bool,
    ) -> Result<(), String> {
        self.out.push('<');
        self.out.push_str(name);
        for (attribute, value) in attributes {
            if !is_allowed(name, attribute) || (attribute == "cite" && !is_citable(value)) {
                continue;
            }
            self.out.push(' ');
            self.out.push_str(attribute);
            self.out.push_str("=\"");
            let own = attribute.rsplit(':').next().unwrap_or_default();
            let place = self.place();
            if attribute == "style" {
                self.styles(value, true)?;
            } else if LINKS.contains(&own) && !is_picture(name, attribute, value) {
                self.address(value, place)?;
            } else {
                self.text(value, true, How::Text, place)?;
            }
            self.out.push('"');
        }
        Ok(())
    }

    fn end(&mut self, name: &str) {
        let open = self.elements.iter().rposition(|(open, _)| open == name);
        if let Some(open) = open {
            self.elements.truncate(open);
            self.out.push_str(&format!("</{name}>"));
        }
    }

    fn comment(&mut self, text: &str) -> Result<(), String> {
        if let Some(mark) = mark_of_comment(text) {
            let place = self.place_of_text();
            return self.tag(mark, How::Text, place);
        }
        if is_end_of_condition(text) {
            self.out.push_str("<!--<![endif]-->");
            return Ok(());
        }
        match conditional(text) {
            Some(condition) if condition.is_revealed => {
                self.out
                    .push_str(&format!("<!--[if {}]><!-->", condition.test));
            }
            Some(condition) => {
                self.out.push_str(&format!("<!--[if {}]>", condition.test));
                self.for_outlook(condition.inner)?;
                self.out.push_str("<![endif]-->");
            }
            // Without `>` it cannot end early.
            None => {
                self.out.push_str("<!--");
                let place = self.place();
                let inert = text.replace('>', "&gt;").replace("[if", "[ if");
                for bit in bits(&inert)? {
                    match bit {
                        Bit::Text(text) => self.out.push_str(&without_tags(text)),
                        Bit::Mark(mark) => self.tag(mark, How::Text, place)?,
                    }
                }
                self.out.push_str("-->");
            }
        }
        Ok(())
    }

    /// The content for Outlook only. Elements need not end in it: their end tags may be in another comment. No `>` follows a hyphen, so
    /// that the comment does not end early.
    fn for_outlook(&mut self, html: &str) -> Result<(), String> {
        let around = self.place();
        let mut pieces = tokens(html).into_iter().peekable();
        while let Some(piece) = pieces.next() {
            match piece {
                Piece::Start {
                    name,
                    attributes,
                    is_closed,
                } => {
                    let text = match holds_text(&name) {
                        true => pieces.next_if(|piece| matches!(piece, Piece::Text(_))),
                        false => None,
                    };
                    let Some(name) = spelled(&name) else {
                        continue;
                    };
                    self.start(name, &attributes, |element, attribute| {
                        is_attribute_allowed(element, attribute)
                            || (is_name(attribute) && OUTLOOK_ATTRIBUTES.contains(&attribute))
                    })?;
                    self.out.push_str(if is_closed { " />" } else { ">" });
                    if let Some(Piece::Text(css)) = text
                        && name == "style"
                    {
                        self.styles(&css.replace('>', " >"), false)?;
                    }
                    // An element that does not end in the comment would continue behind it.
                    let ends = |piece: &Piece| matches!(piece, Piece::End(end) if end == name);
                    if holds_text(name) && !pieces.peek().is_some_and(ends) {
                        self.out.push_str(&format!("</{name}>"));
                    }
                }
                Piece::End(name) => {
                    if let Some(name) = spelled(&name) {
                        self.out.push_str(&format!("</{name}>"));
                    }
                }
                Piece::Text(text) => self.text(&text, false, How::Text, around)?,
                // Neither belongs in a comment.
                Piece::Doctype | Piece::Comment(_) => {}
            }
        }
        Ok(())
    }

    /// Text, or the value of an attribute, with the tags in it.
    fn text(
        &mut self,
        text: &str,
        in_attribute: bool,
        how: How,
        place: usize,
    ) -> Result<(), String> {
        for bit in bits(text)? {
            match bit {
                Bit::Text(text) => self.literal(text, in_attribute),
                Bit::Mark(mark) => self.tag(mark, how, place)?,
            }
        }
        Ok(())
    }

    /// Text without tags, written so that its braces do not become one.
    fn literal(&mut self, text: &str, in_attribute: bool) {
        let mut first = true;
        for part in text.split('{') {
            if !first {
                match self.out.ends_with('{') {
                    true => self.out.push_str("&#123;"),
                    false => self.out.push('{'),
                }
            }
            first = false;
            push_escaped(&mut self.out, part, in_attribute);
        }
    }

    /// The styles of an element, or of a page.
    fn styles(&mut self, css: &str, in_attribute: bool) -> Result<(), String> {
        if let Some(complaint) = css::complaint(css, &|mark| self.marks.kind(mark)) {
            return Err(complaint);
        }
        let place = self.place();
        if in_attribute {
            return self.text(css, true, How::Css, place);
        }
        for bit in bits(css)? {
            match bit {
                Bit::Text(text) => {
                    if text.starts_with('{') && self.out.ends_with('{') {
                        self.out.push(' ');
                    }
                    self.out.push_str(&without_tags(text));
                }
                Bit::Mark(mark) => {
                    if self.out.ends_with('{') {
                        self.out.push(' ');
                    }
                    self.tag(mark, How::Css, place)?;
                }
            }
        }
        Ok(())
    }

    /// A URL: its target is known before it is filled in, or checked then.
    fn address(&mut self, value: &str, place: usize) -> Result<(), String> {
        let value =
            value.trim_matches(|letter: char| letter.is_whitespace() || letter.is_control());
        let bits = bits(value)?;
        let mut reached = match bits.first() {
            None => return Ok(()),
            Some(Bit::Mark(mark)) if self.marks.kind(*mark) == Kind::Value => Reached::Path,
            Some(Bit::Mark(mark)) => {
                return Err(format!(
                    "a URL may begin with a placeholder, but not with {}; put the block around the whole element",
                    self.marks.tags()[*mark].text
                ));
            }
            Some(Bit::Text(text)) if text.starts_with('#') => Reached::Path,
            Some(Bit::Text(text)) => {
                let small = text.to_ascii_lowercase();
                match SCHEMES.iter().find(|scheme| small.starts_with(**scheme)) {
                    Some(scheme) if scheme.ends_with('/') => Reached::Host,
                    Some(_) => Reached::Path,
                    None => {
                        return Err("a URL must begin with https://, http://, mailto:, tel: or a placeholder".to_owned());
                    }
                }
            }
        };
        // How far each branch of the open blocks has come, and their state at the beginning.
        let mut branches: Vec<(Reached, Option<Reached>)> = Vec::new();
        for (number, bit) in bits.iter().enumerate() {
            match *bit {
                Bit::Text(text) => {
                    let scheme = match number == 0 && reached == Reached::Host {
                        true => text.find("//").map_or(0, |slashes| slashes + 2),
                        false => 0,
                    };
                    if text[scheme..].contains(['/', '?', '#', '\\']) {
                        reached = Reached::Path;
                    }
                    self.literal(text, true);
                }
                Bit::Mark(mark) => {
                    match self.marks.kind(mark) {
                        Kind::Value => {}
                        Kind::Open => branches.push((reached, None)),
                        Kind::Else => {
                            if let Some((begun, ended)) = branches.last_mut() {
                                *ended = Some(ended.map_or(reached, |ended| ended.min(reached)));
                                reached = *begun;
                            }
                        }
                        Kind::Close => {
                            if let Some((begun, ended)) = branches.pop() {
                                reached = reached.min(ended.unwrap_or(begun));
                            }
                        }
                    }
                    let how = match (number, reached) {
                        (0, _) => How::Link,
                        (_, Reached::Host) => How::Host,
                        (_, Reached::Path) => How::Part,
                    };
                    self.tag(mark, how, place)?;
                }
            }
        }
        Ok(())
    }

    fn tag(&mut self, mark: usize, how: How, place: usize) -> Result<(), String> {
        let marks = self.marks;
        let tag: &Tag = marks
            .tags()
            .get(mark)
            .ok_or("a placeholder was torn apart")?;
        match tag.kind {
            Kind::Value => {}
            Kind::Open => self.blocks.push(Block { tag: mark, place }),
            Kind::Else | Kind::Close => {
                let is_here = self.blocks.last().is_some_and(|block| block.place == place);
                if !is_here {
                    return Err(crosses(&tag.text));
                }
                if tag.kind == Kind::Close {
                    self.blocks.pop();
                }
            }
        }
        let is_trimming = tag.text.starts_with("{{~") || tag.text.ends_with("~}}");
        if how == How::Css && is_trimming {
            // Names would be joined.
            return Err(format!(
                "{} contains ~, which is not allowed in styles",
                tag.text
            ));
        }
        if let Some(found) = self.found.get_mut(mark) {
            *found = true;
        }
        // Either has a meaning before a tag.
        if self.out.ends_with('{') {
            self.out.pop();
            self.out.push_str("&#123;");
        } else if self.out.ends_with('\\') {
            self.out.pop();
            self.out.push_str("&#92;");
        }
        let helper = match how {
            How::Text => None,
            How::Css => Some("css"),
            How::Link => Some("link"),
            How::Host => Some("link_host"),
            How::Part => Some("link_part"),
        };
        let helper = helper.filter(|_| self.filled == Filled::ForReceivers);
        self.out.push_str(&tag.with_helper(helper));
        Ok(())
    }
}

/// The exact spelling of an Outlook element.
fn spelled(name: &str) -> Option<&str> {
    let own = OUTLOOK.iter().find(|own| own.eq_ignore_ascii_case(name));
    own.copied()
        .or_else(|| is_element_allowed(name).then_some(name))
}
