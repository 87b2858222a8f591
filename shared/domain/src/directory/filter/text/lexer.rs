//! Splits the text of a filter into words, values and signs.

use crate::directory::filter::problem::{Problem, Source, Spot};

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    /// A word in lower case.
    Word(String),
    /// An attribute's name in backticks.
    Name(String),
    /// A text in double quotes.
    Text(String),
    Number(f64),
    Sign(&'static str),
    End,
}

/// The longest word. Names are shorter, and reasons repeat words.
const WORD_BYTES: usize = 60;
/// Signs; the longer first.
const SIGNS: [&str; 10] = ["!=", ">=", "<=", "=", ">", "<", "(", ")", ",", ";"];

/// Splits a text. The last token is [`Token::End`].
pub(super) fn split(source: &Source, text: &str) -> Result<Vec<(Token, Spot)>, Box<Problem>> {
    let mut tokens = Vec::new();
    let mut start = 0;
    while let Some(rest) = text.get(start..) {
        let Some(first) = rest.chars().next() else {
            break;
        };
        if first.is_whitespace() {
            start += first.len_utf8();
            continue;
        }
        let (token, length) = token(rest, first).map_err(|(length, code, reason)| {
            let spot = Spot {
                start,
                end: start + length,
            };
            Box::new(source.problem(spot, code, reason))
        })?;
        let end = start + length;
        tokens.push((token, Spot { start, end }));
        start = end;
    }
    let end = text.len();
    tokens.push((Token::End, Spot { start: end, end }));
    Ok(tokens)
}

type Failure = (usize, &'static str, &'static str);

fn token(rest: &str, first: char) -> Result<(Token, usize), Failure> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let length_while = |fits: &dyn Fn(char) -> bool| {
        let end = rest.find(|c: char| !fits(c));
        end.unwrap_or(rest.len())
    };
    if first.is_ascii_alphabetic() || first == '_' {
        let length = length_while(&is_word);
        if length > WORD_BYTES {
            return Err((length, "too_long", "no name is as long as this word"));
        }
        let word = rest.get(..length).unwrap_or_default();
        return Ok((Token::Word(word.to_ascii_lowercase()), length));
    }
    if first == '"' {
        return quoted(rest);
    }
    if first == '`' {
        let inner = rest.get(1..).unwrap_or_default();
        let name = inner.split_once('`').map(|(name, _)| name);
        let name =
            name.filter(|name| (1..=WORD_BYTES).contains(&name.len()) && name.chars().all(is_word));
        let reason = "an attribute's name between two backticks, as in `has`";
        return match name {
            Some(name) => Ok((Token::Name(name.to_ascii_lowercase()), name.len() + 2)),
            None => Err((1, "unexpected_character", reason)),
        };
    }
    let second = rest.chars().nth(1);
    if first.is_ascii_digit() || (first == '-' && second.is_some_and(|c| c.is_ascii_digit())) {
        return number(rest);
    }
    if let Some(sign) = SIGNS.into_iter().find(|sign| rest.starts_with(sign)) {
        return Ok((Token::Sign(sign), sign.len()));
    }
    let reason = match first {
        '\'' | '“' | '”' | '„' | '‘' | '’' | '«' | '»' => {
            "texts are in straight double quotes, as in \"active\""
        }
        _ => "this character has no meaning here; texts are in double quotes, as in \"active\"",
    };
    Err((first.len_utf8(), "unexpected_character", reason))
}

/// A text: `\"` is a quote in it and `\\` a backslash.
fn quoted(rest: &str) -> Result<(Token, usize), Failure> {
    let mut text = String::new();
    let mut characters = rest.char_indices().skip(1);
    while let Some((place, character)) = characters.next() {
        match character {
            '"' => return Ok((Token::Text(text), place + 1)),
            '\\' => match characters.next() {
                Some((_, escaped @ ('"' | '\\'))) => text.push(escaped),
                _ => {
                    let reason = "after a backslash, a quote or another backslash";
                    return Err((place + 1, "bad_escape", reason));
                }
            },
            character => text.push(character),
        }
    }
    let reason = "the text has no end; put a double quote after it";
    Err((rest.len(), "unfinished_text", reason))
}

fn number(rest: &str) -> Result<(Token, usize), Failure> {
    let mut before = ' ';
    let mut length = 0;
    for character in rest.chars() {
        let is_sign = matches!(character, '-' | '+');
        let is_part = character.is_ascii_alphanumeric()
            || matches!(character, '.' | '_')
            || (is_sign && matches!(before, ' ' | 'e' | 'E'))
            // A day without its quotes is one word.
            || (character == '-' && before.is_ascii_digit());
        if !is_part {
            break;
        }
        length += character.len_utf8();
        before = character;
    }
    let word = rest.get(..length).unwrap_or_default();
    let is_plain = word
        .bytes()
        .all(|byte| !byte.is_ascii_alphabetic() || matches!(byte, b'e' | b'E'));
    let number = word
        .parse()
        .ok()
        .filter(|number: &f64| number.is_finite() && is_plain);
    match number {
        Some(number) => Ok((Token::Number(number + 0.0), length)),
        None => {
            let reason = "not a number, as in 12.5; dates and texts are in double quotes, as in \"2026-11-30\"";
            Err((length, "invalid_number", reason))
        }
    }
}
