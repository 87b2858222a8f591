//! What styles may not do in a mail: fetch rules from elsewhere, run something, or lead where a mail may not lead.

use cssparser::{ParseError, Parser, Token};

use crate::clean::SCHEMES;

/// Properties that some programs run code for.
const RUNS: [&str; 2] = ["-moz-binding", "behavior"];
/// Functions that name an address.
const ADDRESSES: [&str; 3] = ["url", "src", "image-set"];
/// How deep blocks and functions may stand in one another; the parser calls itself for each.
const DEPTH: usize = 16;

/// What a style sheet, or the style of an element, does that it may not, if anything. It is read as a program reads it
/// (CSS Syntax Module Level 3), so comments and escapes hide nothing.
pub(crate) fn complaint(css: &str) -> Option<String> {
    look(&mut Parser::new(css), false, 0).err()
}

fn look(parser: &mut Parser<'_>, in_address: bool, depth: usize) -> Result<(), String> {
    if depth > DEPTH {
        return Err(format!("blocks of styles may stand {DEPTH} deep"));
    }
    while let Ok(token) = parser.next().cloned() {
        let mut opens = None;
        match &token {
            Token::AtKeyword(name) if name.eq_ignore_ascii_case("import") => {
                return Err(
                    "@import fetches styles from elsewhere, which a mail may not".to_owned(),
                );
            }
            Token::UnquotedUrl(url) => check(url)?,
            Token::QuotedString(text) if in_address => check(text)?,
            Token::Ident(name) if is_any(name, &RUNS) => {
                return Err(format!("{name} has no place in a mail"));
            }
            Token::Function(name) if name.eq_ignore_ascii_case("expression") => {
                return Err("expression() has no place in a mail".to_owned());
            }
            Token::Function(name) => opens = Some(is_any(name, &ADDRESSES)),
            Token::ParenthesisBlock | Token::SquareBracketBlock => opens = Some(in_address),
            Token::CurlyBracketBlock => opens = Some(false),
            // As in `</style`, which ends the element wherever it stands.
            Token::BadUrl(_) => return Err("an address in the styles does not end".to_owned()),
            _ => {}
        }
        if let Some(in_address) = opens {
            let looked = parser.parse_nested_block(|inner| {
                look(inner, in_address, depth + 1).map_err(ParseError::<String>::custom)
            });
            looked.map_err(|error: ParseError<String>| match error.kind {
                cssparser::ParseErrorKind::Custom(found) => found,
                cssparser::ParseErrorKind::Basic(_) => "the styles cannot be read".to_owned(),
            })?;
        }
    }
    Ok(())
}

fn is_any(name: &str, known: &[&str]) -> bool {
    known.iter().any(|it| name.eq_ignore_ascii_case(it))
}

fn check(url: &str) -> Result<(), String> {
    let scheme = url
        .trim()
        .split_once(':')
        .map(|(scheme, _)| scheme.to_ascii_lowercase());
    match scheme {
        Some(scheme) if SCHEMES.contains(&scheme.as_str()) => Ok(()),
        // A picture that stands in the styles itself.
        Some(scheme)
            if scheme == "data" && url.trim()[5..].to_ascii_lowercase().starts_with("image/") =>
        {
            Ok(())
        }
        _ => Err(format!(
            "an address in the styles has to begin with https:// or http://, and not with {:?}",
            url.chars().take(40).collect::<String>()
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_styles_may_not_do_is_found_however_it_is_written() {
        for attack in [
            "@import url(https://example.com/a.css);",
            "@\\69mport 'https://example.com/a.css';",
            "a{background:url(javascript:alert(1))}",
            "a{background:url( 'java\\73 cript:alert(1)' )}",
            "a{background:u\\72l(javascript:1)}",
            "a{width:expression(alert(1))}",
            "a{width:exp/**/ression(1);width:EXPRESSION(1)}",
            "a{-moz-binding:url(https://example.com/x.xml#y)}",
            "a{behavior:url(https://example.com/x.htc)}",
            "@media print{a{background:url(vbscript:1)}}",
            "background:url(/x.png)",
            "background:image-set('javascript:1' 1x)",
            "background:url(data:text/html,x)",
        ] {
            assert!(complaint(attack).is_some(), "{attack}");
        }
        assert!(complaint(&"a{".repeat(10_000)).is_some());
        for harmless in [
            "a:hover{color:red} @media (prefers-color-scheme:dark){.bg{background:#000!important}}",
            "[data-ogsc] .x{color:#fff} a[href^='mailto:']{color:inherit}",
            "background:url(https://example.com/x.png) no-repeat; font:14px/1.5 Arial,'Open Sans',sans-serif",
            "background:url(\"cid:logo\")",
            "background:url(data:image/png;base64,AAAA)",
            "scroll-behavior:smooth; width:calc(100% - (2 * 10px))",
            "@font-face{font-family:x;src:url(https://example.com/x.woff2) format('woff2')}",
            "/* @import url(x) */ a{color:red}",
            "mso-line-height-rule:exactly; mso-table-lspace:0pt",
        ] {
            assert_eq!(complaint(harmless), None, "{harmless}");
        }
    }
}
