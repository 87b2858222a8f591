//! The form of a submission: `multipart/form-data` (RFC 7578), with the mail as a file.

use std::collections::BTreeSet;

/// The prefix of boundaries. A number of [`DIGITS`] digits follows.
const BOUNDARY: &[u8] = b"carillon-";
const DIGITS: usize = 8;

/// The content of a submission.
pub(super) struct Form<'a> {
    pub(super) to: &'a str,
    /// Returned in webhooks among the user variables.
    pub(super) delivery: &'a str,
    /// The mail as MIME.
    pub(super) message: &'a [u8],
}

impl Form<'_> {
    /// Its content type and its bytes.
    pub(super) fn write(&self) -> (String, Vec<u8>) {
        let contents = [self.to.as_bytes(), self.delivery.as_bytes(), self.message];
        let boundary = boundary(&contents);
        let mut body = Vec::new();
        for (name, value) in [("to", self.to), ("v:delivery", self.delivery)] {
            let part = format!(
                "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            );
            body.extend_from_slice(part.as_bytes());
        }
        let head = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"message\"; filename=\"message.eml\"\r\n\
             Content-Type: message/rfc822\r\n\r\n"
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(self.message);
        body.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
        (format!("multipart/form-data; boundary={boundary}"), body)
    }
}

/// A boundary that does not occur in the content: the first unused numbered one. There are more of them than any mail
/// has room for.
pub(super) fn boundary(contents: &[&[u8]]) -> String {
    let taken: BTreeSet<u32> = contents
        .iter()
        .flat_map(|content| content.windows(BOUNDARY.len() + DIGITS))
        .filter_map(|window| {
            let number = window.strip_prefix(BOUNDARY)?;
            std::str::from_utf8(number).ok()?.parse().ok()
        })
        .collect();
    let free = (0..u32::MAX).find(|number| !taken.contains(number));
    format!("carillon-{:0DIGITS$}", free.unwrap_or_default())
}
