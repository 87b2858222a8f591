//! Looks at how much there is of a page before a parser makes a tree of it. Parsers call themselves for what stands in one another, and open
//! formatting elements are begun anew in each paragraph, so a short text can make a very large tree.

use carillon_domain::content::scan::{end_of_element, is_element, name_of};

use crate::tokens::{Piece, holds_text, is_void};

/// So many elements may be open at once.
const OPEN_ELEMENTS: usize = 150;
/// Elements that may leave out their end in HTML: the next one of them ends them (HTML Living Standard, 13.1.2.4), so they stand in one
/// another only if other elements are between.
const WITHOUT_END: [&str; 14] = [
    "body", "dd", "dt", "head", "html", "li", "option", "p", "tbody", "td", "tfoot", "th", "thead",
    "tr",
];
/// What a parser begins anew wherever it was left open (HTML Living Standard, 13.2.4.3: the list of active formatting elements).
const FORMATTING: [&str; 14] = [
    "a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u",
];
/// So often may formatting elements be begun anew.
const BEGUN_ANEW: usize = 100_000;

/// Looks at HTML as a browser reads it, in its tokens.
///
/// # Errors
/// What there is too much of.
pub(crate) fn check(pieces: &[Piece]) -> Result<(), String> {
    let (mut open, mut formatting, mut begun_anew) = (Vec::new(), 0_usize, 0_usize);
    let mut holds = false;
    for piece in pieces {
        match piece {
            // They have rules of their own, by which nothing here could be counted.
            Piece::Start { name, .. } if matches!(name.as_str(), "svg" | "math") => {
                return Err(format!("<{name}> has no place in a mail"));
            }
            Piece::Start { name, .. } => {
                begun_anew += formatting;
                if begun_anew > BEGUN_ANEW {
                    return Err(
                        "formatting elements such as <b> and <font> are left open over too many others; end them"
                            .to_owned(),
                    );
                }
                let name = name.as_str();
                holds = holds_text(name) && !matches!(name, "style" | "script");
                if is_void(name) || WITHOUT_END.contains(&name) {
                    continue;
                }
                formatting += usize::from(FORMATTING.contains(&name));
                open.push(name);
            }
            Piece::End(name) => {
                // The end of what is not open ends nothing, and what stands in what ends may begin anew behind it.
                if let Some(place) = open.iter().rposition(|it| it == name) {
                    open.remove(place);
                    formatting -= usize::from(FORMATTING.contains(&name.as_str()));
                }
            }
            // A parser that does not take it for text would have elements here.
            Piece::Text(text) if holds && text.matches('<').count() > OPEN_ELEMENTS => {
                return Err(too_many());
            }
            Piece::Text(_) | Piece::Comment(_) | Piece::Doctype => {}
        }
        if open.len() > OPEN_ELEMENTS {
            return Err(too_many());
        }
    }
    Ok(())
}

/// Looks at MJML, which is XML: whatever begins and does not end stands around all that follows.
///
/// # Errors
/// What there is too much of.
pub(crate) fn check_mjml(source: &str) -> Result<(), String> {
    let (mut open, mut rest) = (0_usize, source);
    while let Some(start) = rest.find('<') {
        let from = &rest[start..];
        if from.starts_with("<!--") {
            rest = from.split_once("-->").map_or("", |(_, after)| after);
            continue;
        }
        if !is_element(from) {
            rest = &from[1..];
            continue;
        }
        let (element, after) = from.split_at(end_of_element(from).unwrap_or(from.len()));
        rest = after;
        if element.starts_with("</") {
            open = open.saturating_sub(1);
        } else if !element[1..].starts_with(['!', '?'])
            && !element.ends_with("/>")
            && !is_void(&name_of(element))
        {
            open += 1;
        }
        if open > OPEN_ELEMENTS {
            return Err(too_many());
        }
    }
    Ok(())
}

fn too_many() -> String {
    format!("more than {OPEN_ELEMENTS} elements stand in one another, or do not end")
}
