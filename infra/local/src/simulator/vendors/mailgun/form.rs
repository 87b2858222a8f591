//! Reads `multipart/form-data` (RFC 7578).

/// A field of a form.
pub(super) struct Part<'a> {
    pub(super) name: String,
    pub(super) is_file: bool,
    pub(super) content: &'a [u8],
}

impl Part<'_> {
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(self.content).into_owned()
    }

    /// Whether it is an option, a header, a variable or a template field.
    pub(super) fn is_option(&self) -> bool {
        ["o:", "h:", "v:", "t:"]
            .iter()
            .any(|prefix| self.name.starts_with(prefix))
    }
}

/// The fields of a form; `None` if it is malformed or truncated.
pub(super) fn read<'a>(content_type: &str, body: &'a [u8]) -> Option<Vec<Part<'a>>> {
    let parameters = content_type.strip_prefix("multipart/form-data")?;
    let (_, boundary) = parameters.split_once("boundary=")?;
    let boundary = boundary.trim_matches('"');
    let delimiter = format!("\r\n--{boundary}");
    let mut rest = body.strip_prefix(format!("--{boundary}").as_bytes())?;
    let mut parts = Vec::new();
    while !rest.starts_with(b"--") {
        let (part, after) = split(rest.strip_prefix(b"\r\n")?, delimiter.as_bytes())?;
        parts.push(read_part(part)?);
        rest = after;
    }
    Some(parts)
}

fn read_part(part: &[u8]) -> Option<Part<'_>> {
    let (head, content) = split(part, b"\r\n\r\n")?;
    let head = std::str::from_utf8(head).ok()?;
    let name = head
        .split(';')
        .find_map(|parameter| parameter.trim().strip_prefix("name=\""))?;
    let (name, _) = name.split_once('"')?;
    Some(Part {
        name: name.to_owned(),
        is_file: head.contains("filename="),
        content,
    })
}

/// The parts before and after the first separator.
fn split<'a>(bytes: &'a [u8], separator: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = bytes
        .windows(separator.len())
        .position(|window| window == separator)?;
    Some((bytes.get(..at)?, bytes.get(at + separator.len()..)?))
}
