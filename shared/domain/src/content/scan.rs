//! Finding where HTML elements and template tags begin and end, in a text that contains both.

/// The lower-case name of an element.
pub fn name_of(element: &str) -> String {
    let inner = element.strip_prefix('<').unwrap_or(element);
    let letters = inner.strip_prefix('/').unwrap_or(inner).chars();
    let is_of_name = |letter: &char| letter.is_ascii_alphanumeric() || "-:_.".contains(*letter);
    let name: String = letters.take_while(is_of_name).collect();
    name.to_ascii_lowercase()
}

/// The content before an element's end tag, and the text after it.
pub fn split_at_end_of<'a>(name: &str, content: &'a str) -> (&'a str, &'a str) {
    let mut from = 0;
    while let Some(start) = content[from..].find("</") {
        let start = from + start;
        if name_of(&content[start..]) == name {
            let end = content[start..]
                .find('>')
                .map_or(content.len(), |end| start + end + 1);
            return (&content[..start], &content[end..]);
        }
        from = start + 2;
    }
    (content, "")
}

/// Whether a tag or something like it begins here, rather than a literal `<`.
pub fn is_element(from: &str) -> bool {
    from.strip_prefix('<').is_some_and(|rest| {
        rest.starts_with(|next: char| next.is_ascii_alphabetic() || matches!(next, '/' | '!' | '?'))
    })
}

/// Where a template tag ends, as the engine parses it: braces in a quoted string or a bracketed name belong to it, and a backslash in
/// a string escapes the quote after it.
pub fn end_of_template_tag(from: &str) -> Option<usize> {
    if from.starts_with("{{!--") {
        return from.find("--}}").map(|end| end + 4);
    }
    let is_comment = from.starts_with("{{!");
    let mut within = None;
    let mut letters = from.char_indices().skip(2);
    while let Some((place, letter)) = letters.next() {
        match (within, letter) {
            (Some('"' | '\''), '\\') => {
                letters.next();
            }
            (Some(end), letter) if letter == end => within = None,
            (None, '"' | '\'') if !is_comment => within = Some(letter),
            (None, '[') if !is_comment => within = Some(']'),
            (None, '}') if from[place..].starts_with("}}") => return Some(place + 2),
            _ => {}
        }
    }
    None
}

/// Where a tag ends. A `>` within quotes or a template tag belongs to it.
pub fn end_of_element(from: &str) -> Option<usize> {
    let (mut quote, mut place) = (None, 1);
    // Browsers treat these as comments, in which quotes mean nothing (HTML Living Standard, 13.2.5.41).
    let is_comment = from.starts_with("<!") || from.starts_with("<?");
    while let Some(letter) = from[place..].chars().next() {
        if from[place..].starts_with("{{") {
            place += end_of_template_tag(&from[place..])?;
            continue;
        }
        match (quote, letter) {
            (Some(open), letter) if letter == open => quote = None,
            (None, '"' | '\'') if !is_comment => quote = Some(letter),
            (None, '>') => return Some(place + 1),
            _ => {}
        }
        place += letter.len_utf8();
    }
    None
}

/// The raw value of an attribute.
pub fn attribute<'a>(element: &'a str, name: &str) -> Option<&'a str> {
    let mut from = 0;
    loop {
        let mut windows = element.as_bytes()[from..].windows(name.len());
        let start = from + windows.position(|it| it.eq_ignore_ascii_case(name.as_bytes()))?;
        let after = element[start + name.len()..].trim_start();
        let is_whole = element[..start].ends_with(|before: char| before.is_ascii_whitespace());
        if let Some(value) = after.strip_prefix('=').filter(|_| is_whole) {
            let value = value.trim_start();
            let quote = value.chars().next().filter(|it| matches!(it, '"' | '\''));
            let inner = quote.map_or(value, |_| &value[1..]);
            return Some(&inner[..end_of_value(inner, quote)]);
        }
        from = start + name.len();
    }
}

/// Where the value of an attribute ends. Characters within a template tag belong to it.
fn end_of_value(value: &str, quote: Option<char>) -> usize {
    let mut place = 0;
    while let Some(letter) = value[place..].chars().next() {
        if value[place..].starts_with("{{")
            && let Some(length) = end_of_template_tag(&value[place..])
        {
            place += length;
            continue;
        }
        let is_end = match quote {
            Some(quote) => letter == quote,
            None => letter.is_ascii_whitespace() || letter == '>',
        };
        if is_end {
            break;
        }
        place += letter.len_utf8();
    }
    place
}
