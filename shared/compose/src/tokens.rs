//! HTML tokens as a browser reads them (HTML Living Standard, 13.2.5), and writing them so that every parser reads the same.

use std::cell::RefCell;

use html5ever::{
    TokenizerResult,
    buffer_queue::BufferQueue,
    tendril::StrTendril,
    tokenizer::{
        Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts, states::RawKind,
    },
};

/// An attribute: its lower-case name, and its value without character references.
pub(crate) type Attribute = (String, String);

/// One token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece {
    Doctype,
    Start {
        name: String,
        attributes: Vec<Attribute>,
        /// Whether it is self-closing.
        is_closed: bool,
    },
    End(String),
    /// Text without character references; raw text in elements that contain only text.
    Text(String),
    Comment(String),
}

/// The tokens of a text.
pub(crate) fn tokens(html: &str) -> Vec<Piece> {
    let tokenizer = Tokenizer::new(Sink::default(), TokenizerOpts::default());
    let input = BufferQueue::default();
    input.push_back(StrTendril::from_slice(html));
    // Scripts are no reason to stop: nothing runs them.
    while let TokenizerResult::Script(()) = tokenizer.feed(&input) {}
    tokenizer.end();
    tokenizer.sink.pieces.take()
}

#[derive(Default)]
struct Sink {
    pieces: RefCell<Vec<Piece>>,
}

impl TokenSink for Sink {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let mut pieces = self.pieces.borrow_mut();
        match token {
            Token::DoctypeToken(_) => pieces.push(Piece::Doctype),
            Token::TagToken(tag) => {
                let next = state_after(&tag);
                pieces.push(piece_of(&tag));
                return next;
            }
            Token::CommentToken(text) => pieces.push(Piece::Comment(text.to_string())),
            Token::CharacterTokens(text) => match pieces.last_mut() {
                Some(Piece::Text(before)) => before.push_str(&text),
                _ => pieces.push(Piece::Text(text.to_string())),
            },
            // U+0000 is dropped everywhere.
            Token::NullCharacterToken | Token::EOFToken | Token::ParseError(_) => {}
        }
        TokenSinkResult::Continue
    }
}

fn piece_of(tag: &Tag) -> Piece {
    let name = tag.name.to_string();
    match tag.kind {
        TagKind::EndTag => Piece::End(name),
        TagKind::StartTag => Piece::Start {
            name,
            attributes: tag
                .attrs
                .iter()
                .map(|attribute| {
                    let value = attribute.value.replace('\0', "");
                    (attribute.name.local.to_string(), value)
                })
                .collect(),
            is_closed: tag.self_closing,
        },
    }
}

/// The tokenizer state inside elements that contain only text (HTML Living Standard, 13.2.6.4).
fn state_after(tag: &Tag) -> TokenSinkResult<()> {
    if tag.kind == TagKind::EndTag {
        return TokenSinkResult::Continue;
    }
    match &*tag.name {
        "title" | "textarea" => TokenSinkResult::RawData(RawKind::Rcdata),
        "style" | "xmp" | "iframe" | "noembed" | "noframes" => {
            TokenSinkResult::RawData(RawKind::Rawtext)
        }
        "script" => TokenSinkResult::RawData(RawKind::ScriptData),
        "plaintext" => TokenSinkResult::Plaintext,
        _ => TokenSinkResult::Continue,
    }
}

/// Whether an element contains only text.
pub(crate) fn holds_text(name: &str) -> bool {
    matches!(
        name,
        "title"
            | "textarea"
            | "style"
            | "xmp"
            | "iframe"
            | "noembed"
            | "noframes"
            | "script"
            | "plaintext"
    )
}

/// Whether an element is void, so that it has no end tag.
pub(crate) fn is_void(name: &str) -> bool {
    matches!(
        name,
        "area"
            | "base"
            | "br"
            | "col"
            | "embed"
            | "hr"
            | "img"
            | "input"
            | "link"
            | "meta"
            | "param"
            | "source"
            | "track"
            | "wbr"
    )
}

/// Whether the name of an element or an attribute consists of ordinary characters.
pub(crate) fn is_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.bytes().all(|byte| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-:_.".contains(&byte)
        })
}

/// Writes text, or the value of a double-quoted attribute.
pub(crate) fn push_escaped(out: &mut String, text: &str, in_attribute: bool) {
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' if in_attribute => out.push_str("&quot;"),
            '\u{a0}' => out.push_str("&nbsp;"),
            letter => out.push(letter),
        }
    }
}

/// Writes an attribute.
pub(crate) fn push_attribute(out: &mut String, name: &str, value: &str) {
    out.push(' ');
    out.push_str(name);
    out.push_str("=\"");
    push_escaped(out, value, true);
    out.push('"');
}

/// The text with template tags made inert.
pub(crate) fn without_tags(text: &str) -> String {
    // Twice, because of three braces in a row.
    text.replace("{{", "{ {").replace("{{", "{ {")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_tokens_read_back_the_same() {
        for html in [
            "<p title=\"a &gt; &quot;b&quot;\">1 &lt; 2 &amp; 3&nbsp;</p>",
            "<!--[if mso]><p>x</p><![endif]-->",
            "<a href='x' HREF=y b=\"c\">",
        ] {
            let mut written = String::new();
            for piece in tokens(html) {
                match piece {
                    Piece::Start {
                        name, attributes, ..
                    } => {
                        written.push_str(&format!("<{name}"));
                        for (name, value) in attributes {
                            push_attribute(&mut written, &name, &value);
                        }
                        written.push('>');
                    }
                    Piece::End(name) => written.push_str(&format!("</{name}>")),
                    Piece::Text(text) => push_escaped(&mut written, &text, false),
                    Piece::Comment(text) => written.push_str(&format!("<!--{text}-->")),
                    Piece::Doctype => {}
                }
            }
            assert_eq!(tokens(&written), tokens(html), "{html}");
        }
    }

    #[test]
    fn text_only_elements_contain_text() {
        let pieces = tokens("<style>a<b></style><title>&amp;<i></title><!-- x --!><p\0>\0");
        let texts: Vec<&Piece> = pieces
            .iter()
            .filter(|piece| matches!(piece, Piece::Text(_) | Piece::Comment(_)))
            .collect();
        assert_eq!(
            texts,
            [
                &Piece::Text("a<b>".to_owned()),
                &Piece::Text("&<i>".to_owned()),
                &Piece::Comment(" x ".to_owned()),
            ]
        );
    }
}
