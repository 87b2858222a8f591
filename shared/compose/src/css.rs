//! Checks the styles of a mail, which must not fetch other rules, run anything, or link where a mail may not; and decides which rules can
//! be inlined.

use std::collections::HashSet;

use cssparser::{ParseError, Parser, SourcePosition, Token};

use crate::{
    cascade::Cascade,
    clean::SCHEMES,
    marks::{Bit, Kind, bits, is_of_a_mark},
    tokens::{Piece, tokens},
};

/// Properties for which some programs run code, or that make an element a link (`-o-link`, of old versions of Opera,
/// <https://cheatsheetseries.owasp.org/cheatsheets/XSS_Filter_Evasion_Cheat_Sheet.html>).
const RUNS: [&str; 5] = [
    "-moz-binding",
    "behavior",
    "-ms-behavior",
    "-o-link",
    "-o-link-source",
];
/// Functions that take a URL.
const ADDRESSES: [&str; 7] = [
    "url",
    "src",
    "image",
    "image-set",
    "-webkit-image-set",
    "cross-fade",
    "-webkit-cross-fade",
];
/// The maximum nesting of blocks and functions; the parser is recursive.
const DEPTH: usize = 16;
/// At-rules that contain rules.
pub(crate) const GROUPS: [&str; 5] = ["media", "supports", "layer", "container", "-moz-document"];
/// Pseudo-classes that depend only on an element's position, which does not change when the mail is read.
const FIXED: [&str; 15] = [
    "first-child",
    "last-child",
    "only-child",
    "nth-child",
    "nth-last-child",
    "first-of-type",
    "last-of-type",
    "only-of-type",
    "nth-of-type",
    "nth-last-of-type",
    "root",
    "empty",
    "not",
    "link",
    "any-link",
];

/// What a style sheet or a style attribute does that is not allowed, if anything. It is parsed like a program parses it (CSS Syntax Module
/// Level 3), so comments and escapes hide nothing, and with the same result for every branch of a block.
pub(crate) fn complaint(css: &str, kind: &dyn Fn(usize) -> Kind) -> Option<String> {
    let found = check_signs(css)
        .and_then(|()| check_blocks(css, kind))
        .and_then(|()| look(&mut Parser::new(css), false, 0))
        .and_then(|()| match css.contains("/*") {
            true => look(&mut Parser::new(&without_comments(css)), false, 0),
            false => Ok(()),
        });
    found.err()
}

/// Styles as read by programs that remove comments before they parse names, so that `exp/**/ression(` is a function.
fn without_comments(css: &str) -> String {
    let (mut rest, mut bare) = (css, String::with_capacity(css.len()));
    while let Some((before, comment)) = rest.split_once("/*") {
        bare.push_str(before);
        rest = comment.split_once("*/").map_or("", |(_, after)| after);
    }
    bare.push_str(rest);
    bare
}

/// Characters that could end the surrounding element: CSS uses `<` only in range comparisons such as `<=` (Media Queries Level 4, 2.4.3).
fn check_signs(css: &str) -> Result<(), String> {
    let is_wrong = |(place, _): (usize, &str)| {
        !css[place + 1..].starts_with(|next: char| {
            next == '=' || next.is_ascii_digit() || next.is_ascii_whitespace()
        })
    };
    match css.match_indices('<').any(is_wrong) {
        true => Err("the styles contain <, which could end them".to_owned()),
        false => Ok(()),
    }
}

/// The state of a CSS reader.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct State {
    /// The open quote.
    quote: Option<char>,
    is_comment: bool,
    /// The closing characters of the open brackets.
    brackets: Vec<char>,
}

/// The reason for a block whose branches would be parsed in different ways.
const CROSSES: &str = "a block in the styles must contain whole declarations, rules or values, with their quotes, brackets and semicolons, and no comments may stand at its ends";

/// An open block.
struct Block {
    state: State,
    /// Whether a name may end before it, at its end, or before its other branch.
    joins: bool,
    ends: bool,
    has_else: bool,
}

/// Ensures that the branches of a block leave the reader in the same state, and that no names are joined across their ends, so that the
/// text after them is parsed the same.
fn check_blocks(css: &str, kind: &dyn Fn(usize) -> Kind) -> Result<(), String> {
    let bits = bits(css)?;
    let (mut state, mut blocks): (State, Vec<Block>) = (State::default(), Vec::new());
    // Whether the last output may be the beginning of a name.
    let mut joins = false;
    for (place, bit) in bits.iter().enumerate() {
        let next = bits.get(place + 1);
        let mark = match *bit {
            Bit::Text(text) => {
                let is_after_mark = place > 0 && state.quote.is_none();
                if is_after_mark && joins && may_end_name(text, next.is_some()) {
                    return Err(CROSSES.to_owned());
                }
                // An escape takes up to six digits and a space (CSS Syntax Module Level 3, 4.3.7).
                let escape = text.rfind('\\').map(|escape| text.len() - escape);
                if next.is_some() && escape.is_some_and(|length| length <= 8) {
                    return Err("a placeholder in the styles follows an escape".to_owned());
                }
                state.read(text).ok_or(CROSSES)?;
                joins = text.ends_with(|last: char| is_of_name(last) || last == '@');
                continue;
            }
            Bit::Mark(mark) => mark,
        };
        let kind = kind(mark);
        if state.is_comment && kind != Kind::Value {
            return Err("a comment in the styles contains a block".to_owned());
        }
        let has_ended = match kind {
            Kind::Value => {
                joins = true;
                continue;
            }
            Kind::Open => {
                blocks.push(Block {
                    state: state.clone(),
                    joins,
                    ends: false,
                    has_else: false,
                });
                false
            }
            Kind::Else | Kind::Close => true,
        };
        if has_ended {
            let block = blocks.last_mut().filter(|block| block.state == state);
            let block = block.ok_or(CROSSES)?;
            block.ends |= joins;
            if kind == Kind::Else {
                (block.has_else, joins) = (true, block.joins);
            } else {
                joins = block.ends || (block.joins && !block.has_else);
                blocks.pop();
            }
        }
        // Half of a comment delimiter, or a name that is followed by its value.
        let is_half = |bit: Option<&Bit<'_>>, at_end: bool| match bit {
            Some(Bit::Text(text)) if at_end => text.ends_with(['/', '*', '@']),
            Some(Bit::Text(text)) => {
                text.starts_with(['/', '*']) || text.trim_start().starts_with(':')
            }
            _ => false,
        };
        let before = place.checked_sub(1).and_then(|before| bits.get(before));
        if state.quote.is_none() && (is_half(before, true) || is_half(next, false)) {
            return Err(CROSSES.to_owned());
        }
    }
    Ok(())
}

/// Whether a character may be part of a name with a meaning here; none of these has digits.
fn is_of_name(letter: char) -> bool {
    letter.is_ascii_alphabetic() || matches!(letter, '-' | '_' | '\\') || !letter.is_ascii()
}

/// Whether a text begins with the rest of the name of a property or a function.
fn may_end_name(text: &str, has_next: bool) -> bool {
    let rest =
        text.trim_start_matches(|letter: char| is_of_name(letter) || letter.is_ascii_digit());
    let has_name = rest.len() < text.len();
    rest.starts_with('(')
        || rest.trim_start().starts_with(':')
        || has_name && (rest.trim_start().starts_with("/*") || rest.is_empty() && has_next)
}

impl State {
    /// Continues through a text; `None` if a string or an escape is not properly terminated.
    fn read(&mut self, text: &str) -> Option<()> {
        let mut letters = text.chars().peekable();
        while let Some(letter) = letters.next() {
            if self.is_comment {
                self.is_comment = !(letter == '*' && letters.next_if_eq(&'/').is_some());
                continue;
            }
            if letter == '\\' {
                letters.next();
                continue;
            }
            if let Some(quote) = self.quote {
                match letter {
                    '\n' | '\r' | '\u{c}' => return None,
                    letter if letter == quote => self.quote = None,
                    _ => {}
                }
                continue;
            }
            match letter {
                '"' | '\'' => self.quote = Some(letter),
                '/' if letters.next_if_eq(&'*').is_some() => self.is_comment = true,
                '(' => self.brackets.push(')'),
                '[' => self.brackets.push(']'),
                '{' => self.brackets.push('}'),
                ')' | ']' | '}' if self.brackets.last() == Some(&letter) => {
                    self.brackets.pop();
                }
                _ => {}
            }
            if self.brackets.len() > DEPTH {
                return None;
            }
        }
        Some(())
    }
}

/// The part of a name behind the last tag in it.
fn last_part(name: &str) -> String {
    let bits = bits(name).unwrap_or_default();
    match bits.last() {
        Some(Bit::Text(text)) => (*text).to_owned(),
        _ => plain(name),
    }
}

fn look(parser: &mut Parser<'_>, in_address: bool, depth: usize) -> Result<(), String> {
    if depth > DEPTH {
        return Err(format!("blocks in styles may be nested {DEPTH} deep"));
    }
    // The name that may turn out to be a property.
    let mut ident: Option<cssparser::CowRcStr<'_>> = None;
    while let Ok(token) = parser.next().cloned() {
        let mut opens = None;
        let before = ident.take();
        match &token {
            Token::AtKeyword(name) => {
                if name.contains(is_of_a_mark) {
                    return Err(
                        "the name of an at-rule in the styles contains a placeholder".to_owned(),
                    );
                }
                if name.eq_ignore_ascii_case("import") {
                    return Err(
                        "@import is not allowed in a mail, because it fetches other styles"
                            .to_owned(),
                    );
                }
            }
            Token::UnquotedUrl(url) => check(url)?,
            Token::QuotedString(text) if in_address => check(text)?,
            Token::Ident(name) => {
                check_filter(name)?;
                ident = Some(name.clone());
            }
            Token::Colon => {
                let name = before.map_or_else(String::new, |name| name.to_string());
                // For each branch.
                let parts = bits(&name)?.into_iter().filter_map(|bit| match bit {
                    Bit::Text(text) => Some(text.to_owned()),
                    Bit::Mark(_) => None,
                });
                let found = parts.chain([plain(&name)]).find(|name| is_any(name, &RUNS));
                if let Some(name) = found {
                    return Err(format!("{name} is not allowed in a mail"));
                }
            }
            Token::Function(name) => {
                if let Some(Bit::Mark(_)) = bits(name)?.last() {
                    return Err(
                        "the name of a function in the styles contains a placeholder".to_owned(),
                    );
                }
                let name = last_part(name);
                check_function(&name)?;
                check_filter(&name)?;
                if in_address && is_any(&name, &["var", "env", "attr"]) {
                    return Err(format!(
                        "a URL in the styles must be written out, not given by {name}()"
                    ));
                }
                opens = Some(is_any(&name, &ADDRESSES));
            }
            Token::ParenthesisBlock => {
                // Some programs ignore a space before the parenthesis.
                before.map_or(Ok(()), |name| check_function(&last_part(&name)))?;
                opens = Some(in_address);
            }
            Token::SquareBracketBlock => opens = Some(in_address),
            Token::CurlyBracketBlock => opens = Some(false),
            // As in `</style`, which always ends the element.
            Token::BadUrl(_) => return Err("a URL in the styles is unterminated".to_owned()),
            Token::BadString(_) => return Err("a string in the styles is unterminated".to_owned()),
            _ => {}
        }
        if let Some(in_address) = opens {
            let looked = parser.parse_nested_block(|inner| {
                look(inner, in_address, depth + 1).map_err(ParseError::<String>::custom)
            });
            looked.map_err(|error: ParseError<String>| match error.kind {
                cssparser::ParseErrorKind::Custom(found) => found,
                cssparser::ParseErrorKind::Basic(_) => "the styles cannot be parsed".to_owned(),
            })?;
        }
    }
    Ok(())
}

/// Refuses an old filter that loads whatever its text says.
fn check_filter(name: &str) -> Result<(), String> {
    match name.to_ascii_lowercase().contains("alphaimageloader") {
        true => Err(format!("{name} is not allowed in a mail")),
        false => Ok(()),
    }
}

fn check_function(name: &str) -> Result<(), String> {
    match name.eq_ignore_ascii_case("expression") {
        true => Err("expression() is not allowed in a mail".to_owned()),
        false => Ok(()),
    }
}

/// The name without any tags.
fn plain(name: &str) -> String {
    let bits = bits(name).unwrap_or_default();
    let texts = bits.into_iter().map(|bit| match bit {
        Bit::Text(text) => text,
        Bit::Mark(_) => "",
    });
    texts.collect()
}

pub(crate) fn is_any(name: &str, known: &[&str]) -> bool {
    known.iter().any(|it| name.eq_ignore_ascii_case(it))
}

fn check(url: &str) -> Result<(), String> {
    if url.trim_start().starts_with(is_of_a_mark) {
        return Err("a URL in the styles may not begin with a placeholder; write https:// before it, or use <img> or the attribute background".to_owned());
    }
    let scheme = url
        .trim()
        .split_once(':')
        .map(|(scheme, _)| scheme.to_ascii_lowercase());
    match scheme {
        Some(scheme) if SCHEMES.contains(&scheme.as_str()) => Ok(()),
        // A picture embedded in the styles.
        Some(scheme) if scheme == "data" && is_data_of_a_picture(&url.trim()[5..]) => Ok(()),
        _ => Err(format!(
            "a URL in the styles must begin with https:// or http://, not with {:?}",
            plain(&url.chars().take(40).collect::<String>())
        )),
    }
}

/// Whether a `data:` URL is a picture. An SVG is a document that may contain URLs.
fn is_data_of_a_picture(data: &str) -> bool {
    let data = data.to_ascii_lowercase();
    data.starts_with("image/") && !data.starts_with("image/svg")
}

/// The names in a page that selectors can match.
pub(crate) struct Vocabulary {
    elements: HashSet<String>,
    attributes: HashSet<String>,
    classes: HashSet<String>,
    ids: HashSet<String>,
    /// The number of elements.
    pub(crate) count: usize,
}

impl Vocabulary {
    /// Reads a page.
    pub(crate) fn of(page: &str) -> Self {
        // A parser adds these where they are omitted.
        let implied = ["html", "head", "body", "tbody", "colgroup"].map(str::to_owned);
        let mut known = Self {
            elements: implied.into(),
            attributes: HashSet::new(),
            classes: HashSet::new(),
            ids: HashSet::new(),
            count: 0,
        };
        for piece in tokens(page) {
            let Piece::Start {
                name, attributes, ..
            } = piece
            else {
                continue;
            };
            known.count += 1;
            known.elements.insert(name);
            for (name, value) in attributes {
                match name.as_str() {
                    "class" => known
                        .classes
                        .extend(value.split_ascii_whitespace().map(str::to_owned)),
                    "id" => drop(known.ids.insert(value.clone())),
                    _ => {}
                }
                known.attributes.insert(name);
            }
        }
        known
    }
}

/// A style sheet divided into two parts.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Sheet {
    /// Rules that can be inlined.
    pub(crate) inlined: String,
    /// Rules that stay in the head: those that depend on the device, the program or the reader, and those for elements that only a mail
    /// program adds around the mail.
    pub(crate) kept: String,
    /// The number of selectors in the inlined part.
    pub(crate) selectors: usize,
}

/// Whether a style sheet stays in the head as a whole, because it is known only at rendering which of its rules apply.
pub(crate) fn stays_whole(css: &str, kind: &dyn Fn(usize) -> Kind) -> bool {
    let has_block = |bit: &Bit<'_>| matches!(bit, Bit::Mark(mark) if kind(*mark) != Kind::Value);
    bits(css).is_ok_and(|bits| bits.iter().any(has_block))
}

/// Divides a style sheet; `first` is the position of its first character among all.
pub(crate) fn divide(
    css: &str,
    order: usize,
    known: &Vocabulary,
    cascade: &Cascade,
    kind: &dyn Fn(usize) -> Kind,
) -> Sheet {
    let mut sheet = Sheet::default();
    if stays_whole(css, kind) {
        sheet.kept = css.to_owned();
        return sheet;
    }
    let mut parser = Parser::new(css);
    let begin = parser.position();
    for rule in rules(&mut parser) {
        let order = order + css_of(&parser, begin, rule.start).len();
        let block = css_of(&parser, rule.block_start, rule.end);
        let prelude = css_of(&parser, rule.start, rule.block_start);
        // Nested rules (CSS Nesting Module) are not inlined.
        let is_nested = block.get(1..).is_some_and(|inner| inner.contains('{'));
        if rule.is_at {
            cascade.push_kept(&mut sheet.kept, order, &rule, prelude, block);
            continue;
        }
        if !rule.has_block || is_nested {
            sheet.kept.push_str(prelude);
            sheet.kept.push_str(block);
            continue;
        }
        let (kept, inlined): (Vec<&str>, Vec<&str>) = selectors(prelude)
            .into_iter()
            .partition(|selector| has_to_stay(selector, known));
        sheet.selectors += inlined.len();
        if !kept.is_empty() {
            cascade.push_rule(&mut sheet.kept, order, &rule, &kept, block);
        }
        if !inlined.is_empty() {
            sheet.inlined.push_str(&inlined.join(","));
            sheet.inlined.push_str(block);
        }
    }
    sheet
}

/// The position of a rule.
pub(crate) struct Rule {
    pub(crate) start: SourcePosition,
    /// The beginning of its block, or its end.
    pub(crate) block_start: SourcePosition,
    pub(crate) end: SourcePosition,
    pub(crate) is_at: bool,
    pub(crate) has_block: bool,
}

pub(crate) fn css_of<'i>(parser: &Parser<'i>, from: SourcePosition, to: SourcePosition) -> &'i str {
    parser.slice(from..to)
}

pub(crate) fn rules(parser: &mut Parser<'_>) -> Vec<Rule> {
    let mut rules = Vec::new();
    loop {
        parser.skip_whitespace();
        let start = parser.position();
        let mut is_at = None;
        let rule = loop {
            let before = parser.position();
            let token = parser.next_including_whitespace_and_comments().cloned();
            let Ok(token) = token else {
                // Without a block it is not a rule.
                return rules;
            };
            is_at = is_at.or(match &token {
                Token::WhiteSpace(_) | Token::Comment(_) => None,
                token => Some(matches!(token, Token::AtKeyword(_))),
            });
            let is_at = is_at.unwrap_or_default();
            let has_block = match token {
                Token::CurlyBracketBlock => true,
                Token::Semicolon if is_at => false,
                Token::Function(_) | Token::ParenthesisBlock | Token::SquareBracketBlock => {
                    skip_block(parser);
                    continue;
                }
                _ => continue,
            };
            if has_block {
                skip_block(parser);
            }
            break Rule {
                start,
                block_start: if has_block { before } else { parser.position() },
                end: parser.position(),
                is_at,
                has_block,
            };
        };
        rules.push(rule);
    }
}

pub(crate) fn skip_block(parser: &mut Parser<'_>) {
    let skipped: Result<(), ParseError<()>> = parser.parse_nested_block(|inner| {
        while inner.next().is_ok() {}
        Ok(())
    });
    drop(skipped);
}

/// The selectors of a rule.
pub(crate) fn selectors(prelude: &str) -> Vec<&str> {
    let mut parser = Parser::new(prelude);
    let (mut found, mut start) = (Vec::new(), parser.position());
    loop {
        let before = parser.position();
        let token = parser.next_including_whitespace_and_comments().cloned();
        match token {
            Ok(Token::Function(_) | Token::ParenthesisBlock | Token::SquareBracketBlock) => {
                skip_block(&mut parser);
            }
            Ok(Token::Comma) => {
                found.push(parser.slice(start..before).trim());
                start = parser.position();
            }
            Ok(_) => {}
            Err(_) => {
                found.push(parser.slice(start..before).trim());
                return found;
            }
        }
    }
}

/// Whether a selector depends on something known only when the mail is read: a pseudo-class or pseudo-element, or an element, a class, an
/// id or an attribute that is not in this mail but that a mail program may add.
pub(crate) fn has_to_stay(selector: &str, known: &Vocabulary) -> bool {
    let mut parser = Parser::new(selector);
    let mut before = None;
    while let Ok(token) = parser.next_including_whitespace().cloned() {
        let is_after = |sign: &Token<'_>| before.as_ref() == Some(sign);
        let stays = match &token {
            Token::Ident(name) if is_after(&Token::Colon) => !is_any(name, &FIXED),
            Token::Function(name) => !is_any(name, &FIXED),
            Token::Colon => is_after(&Token::Colon),
            Token::Ident(name) if is_after(&Token::Delim('.')) => !known.classes.contains(&**name),
            Token::Ident(name) => !known.elements.contains(&name.to_ascii_lowercase()),
            Token::IDHash(name) | Token::Hash(name) => !known.ids.contains(&**name),
            _ => false,
        };
        if stays {
            return true;
        }
        match &token {
            Token::SquareBracketBlock => {
                let named: Result<bool, ParseError<()>> = parser.parse_nested_block(|inner| {
                    let name = inner.expect_ident().map(|name| name.to_ascii_lowercase());
                    while inner.next().is_ok() {}
                    Ok(name.is_ok_and(|name| known.attributes.contains(&name)))
                });
                if !named.unwrap_or_default() {
                    return true;
                }
            }
            Token::Function(_) | Token::ParenthesisBlock => {
                let changes: Result<bool, ParseError<()>> =
                    parser.parse_nested_block(|inner| Ok(names_what_changes(inner)));
                if changes.unwrap_or(true) {
                    return true;
                }
            }
            _ => {}
        }
        before = Some(token);
    }
    false
}

/// Whether a dynamic pseudo-class is nested in another one, as in `:not(:hover)`.
fn names_what_changes(parser: &mut Parser<'_>) -> bool {
    let (mut is_after_colon, mut changes) = (false, false);
    while let Ok(token) = parser.next_including_whitespace().cloned() {
        changes |= match &token {
            Token::Ident(name) | Token::Function(name) => is_after_colon && !is_any(name, &FIXED),
            _ => false,
        };
        is_after_colon = token == Token::Colon;
    }
    changes
}

/// A style sheet in which a class replaces the element `body`, for a mail in the page of a wrapper.
pub(crate) fn without_body(css: &str, class: &str) -> String {
    let mut renamed = String::with_capacity(css.len());
    rename_body(&mut Parser::new(css), class, &mut renamed, 0);
    renamed
}

fn rename_body(parser: &mut Parser<'_>, class: &str, out: &mut String, depth: usize) {
    let mut copied = parser.position();
    let (mut is_at, mut is_group) = (None, false);
    let mut before = None;
    loop {
        let start = parser.position();
        let Ok(token) = parser.next_including_whitespace_and_comments().cloned() else {
            break;
        };
        match &token {
            Token::WhiteSpace(_) | Token::Comment(_) => {}
            Token::AtKeyword(name) if is_at.is_none() => {
                is_at = Some(true);
                is_group = is_any(name, &GROUPS);
            }
            Token::Semicolon => (is_at, is_group) = (None, false),
            Token::CurlyBracketBlock => {
                if is_group && depth < DEPTH {
                    out.push_str(parser.slice(copied..parser.position()));
                    let renamed: Result<(), ParseError<()>> = parser.parse_nested_block(|inner| {
                        rename_body(inner, class, out, depth + 1);
                        Ok(())
                    });
                    drop(renamed);
                    copied = parser.position();
                    out.push('}');
                } else {
                    skip_block(parser);
                }
                (is_at, is_group) = (None, false);
            }
            Token::Function(_) | Token::ParenthesisBlock | Token::SquareBracketBlock => {
                skip_block(parser);
            }
            Token::Ident(name)
                if is_at != Some(true)
                    && name.eq_ignore_ascii_case("body")
                    && !matches!(before, Some(Token::Delim('.') | Token::Colon)) =>
            {
                out.push_str(parser.slice(copied..start));
                out.push('.');
                out.push_str(class);
                copied = parser.position();
                is_at = Some(false);
            }
            _ => is_at = is_at.or(Some(false)),
        }
        before = Some(token);
    }
    out.push_str(parser.slice(copied..parser.position()));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn none(_: usize) -> Kind {
        Kind::Value
    }

    /// The tags are `{{#if}}`, `{{else}}`, `{{/if}}` and values, by number.
    fn blocks(place: usize) -> Kind {
        [Kind::Open, Kind::Else, Kind::Close]
            .get(place)
            .copied()
            .unwrap_or(Kind::Value)
    }

    fn marked(css: &str) -> String {
        let marks = [("IF", 0), ("ELSE", 1), ("FI", 2), ("VALUE", 3)];
        marks
            .into_iter()
            .fold(css.to_owned(), |css, (word, number)| {
                css.replace(word, &format!("\u{E0F0}{number}\u{E0F1}"))
            })
    }

    #[test]
    fn styles_parse_the_same_for_every_branch() {
        for attack in [
            "x:IF\"FI;background:url(javascript:1);y:\"z\"",
            "IF/*FI@import 'https://example.com';IF*/FI",
            "/IF*FI a{} /* */",
            "a{IF}FI b{color:red}",
            "a{color:IF\"red\"ELSE\"FI;x:\"}",
            "beIFxELSEhaviorFI:url(https://example.com)",
            "beIFFIhavior:url(https://example.com)",
            "VALUEhavior:url(https://example.com)",
            "beIFz;c:rELSEhavior:url(https://example.com)FI",
            "IFx:1;beELSE;FIhavior:url(https://example.com)",
            "IF@ELSExFIimport 'https://example.com'",
            "background:\\7IFFI5rl(javascript:1)",
            "background:IFurlFI(javascript:1)",
            "VALUE: url(https://example.com)",
            "beIF1FIhavior IF:xFI",
            "IFcolorELSEbackgroundFI:red",
            "background:uIFFIrl(javascript:1)",
            "background:VALUE(javascript:1)",
            "background:urIFl(javascript:1)FI",
            "@VALUE 'https://example.com'",
            "@imIFFIport 'https://example.com'",
            "@IFimportFI 'https://example.com'",
            "IFIF@import 'https://example.com';FIFI",
            "background:url(VALUE)",
            "background:url('VALUE')",
            "background:url(IFjavascript:1FI)",
            "x:\\VALUE",
            "/* IF */ a{} /* FI */",
            "</styIFFIle",
            "a{content:'</styVALUEle'}",
        ] {
            let attack = marked(attack);
            assert!(complaint(&attack, &blocks).is_some(), "{attack}");
        }
        for harmless in [
            "IFcolor:redELSEcolor:blueFI;margin:0",
            "IFcolor:red;FImargin:0",
            "font-size:IFVALUEELSE14FIpx",
            "width:IF50ELSE100FI%",
            "font-size:1IF8ELSE4FIpx",
            "a{color:VALUE;margin:VALUEpx VALUE%}",
            "IFa{color:red}ELSEb{color:rgb(1,2,3)}FI",
            "color:IFrgb(1,2,3)ELSE#VALUEFI",
            "background:url('https://example.com/IFaELSEbFI.png')",
            "background:url(https://example.com/VALUE.png)",
            "font:VALUE/VALUE Arial",
            "font:VALUEpx/1.5 Arial",
            "margin:VALUEpx IF1ELSE2FIpx",
            "@media (width <= 600px){a{color:VALUE}}",
        ] {
            let harmless = marked(harmless);
            assert_eq!(complaint(&harmless, &blocks), None, "{harmless}");
        }
    }

    #[test]
    fn rules_that_cannot_be_inlined_stay() {
        let known = Vocabulary::of("<p class=\"a b\" id=c><a href=x>y</a></p>");
        for stays in [
            "a:hover{color:red}",
            "a:focus-visible{x:y}",
            "p::before{content:'x'}",
            "[data-ogsc] .a{color:#fff}",
            "[data-ogsb] p{color:#fff}",
            "u + .a{color:red}",
            ".ExternalClass{width:100%}",
            "#outlook a{padding:0}",
            "@media print{p{color:red}}",
            "@font-face{font-family:x;src:url(https://example.com/x.woff2)}",
            "@supports (display:grid){p{color:red}}",
            "a[x-apple-data-detectors]{color:inherit}",
            ".a:not(p):hover{color:red}",
            "a:not(:hover){color:red}",
            "p:is(.a){color:red}",
            "p{color:red;&:hover{color:blue}}",
        ] {
            let sheet = divide(stays, 0, &known, &Cascade::default(), &none);
            assert_eq!((sheet.inlined.as_str(), sheet.kept.as_str()), ("", stays));
        }
        for inlined in [
            "p{color:red}",
            "p.a.b > a[href]{color:red}",
            "#c a:first-child{color:red}",
            "*{margin:0}",
            "a:link{color:red}",
            "p:not(.x){color:red}",
            "p:not(:first-child){color:red}",
            "body{margin:0}",
        ] {
            let sheet = divide(inlined, 0, &known, &Cascade::default(), &none);
            assert_eq!((sheet.inlined.as_str(), sheet.kept.as_str()), (inlined, ""));
        }
        let sheet = divide(
            "/* x */ a, a:hover, .x{color:red} @charset 'utf-8'; p{top:0}",
            0,
            &known,
            &Cascade::default(),
            &none,
        );
        assert_eq!(sheet.inlined, "a{color:red}p{top:0}");
        assert_eq!(sheet.kept, "a:hover,.x{color:red}@charset 'utf-8';");
    }

    #[test]
    fn a_class_replaces_the_body() {
        for (css, renamed) in [
            ("body{margin:0}", ".m{margin:0}"),
            (
                "html, BODY.x > p, .body, #body, p:body{a:body}",
                "html, .m.x > p, .body, #body, p:body{a:body}",
            ),
            (
                "@media print{body .x{a:b} p{c:d}} body{e:f}",
                "@media print{.m .x{a:b} p{c:d}} .m{e:f}",
            ),
            (
                "@font-face{font-family:body}",
                "@font-face{font-family:body}",
            ),
        ] {
            assert_eq!(without_body(css, "m"), renamed);
        }
    }

    #[test]
    fn forbidden_styles_are_found_in_any_spelling() {
        for attack in [
            "@import url(https://example.com/a.css);",
            "@\\69mport 'https://example.com/a.css';",
            "a{background:url(javascript:alert(1))}",
            "a{background:url( 'java\\73 cript:alert(1)' )}",
            "a{background:u\\72l(javascript:1)}",
            "a{width:expression(alert(1))}",
            "a{width:exp/**/ression(1)}",
            "a{width:EXPRESSION/**/(1)}",
            "a{width:expression (1)}",
            "a{width:exp/* /* */ress/**/ion(1)}",
            "a{be/**/havior:url(https://example.com/x.htc)}",
            "@imp/**/ort 'https://example.com/a.css'",
            "a{-o-link:'https://example.com/';-o-link-source:current}",
            "a{-O-LINK-source:current}",
            "background:u/**/rl(javascript:1)",
            "a{-moz-binding:url(https://example.com/x.xml#y)}",
            "a{behavior:url(https://example.com/x.htc)}",
            "@media print{a{background:url(vbscript:1)}}",
            "background:url(/x.png)",
            "background:image-set('javascript:1' 1x)",
            "background:url(data:text/html,x)",
        ] {
            assert!(complaint(attack, &none).is_some(), "{attack}");
        }
        assert!(complaint(&"a{".repeat(10_000), &none).is_some());
        for harmless in [
            "a:hover{color:red} @media (prefers-color-scheme:dark){.bg{background:#000!important}}",
            "[data-ogsc] .x{color:#fff} a[href^='mailto:']{color:inherit}",
            "background:url(https://example.com/x.png) no-repeat; font:14px/1.5 Arial,'Open Sans',sans-serif",
            "background:url(\"cid:logo\")",
            "background:url(data:image/png;base64,AAAA)",
            "scroll-behavior:smooth; width:calc(100% - (2 * 10px))",
            "@font-face{font-family:x;src:url(https://example.com/x.woff2) format('woff2')}",
            "/* @import url(x) */ a{color:red}",
            "a{color:red /* it's */} b{content:'/*';margin:0} /* an expression (as here) */",
            "mso-line-height-rule:exactly; mso-table-lspace:0pt",
        ] {
            assert_eq!(complaint(harmless, &none), None, "{harmless}");
        }
    }
}
