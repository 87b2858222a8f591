//! The one table of vendors' codes, for responses and callbacks alike.
//!
//! A line maps a code, as its vendor documents it, to a [`Cause`]. What follows from a cause is defined in
//! [`Cause::verdict`] and nowhere else. An adapter extracts the code, looks it up here, and falls back to the HTTP
//! status only if the table does not list it. `docs/transports.md` shows the table; a test keeps it up to date.

mod email;
mod mail_systems;
mod push;
mod sms;
mod whatsapp;

use carillon_domain::{delivery::cause::Cause, transports::Vendor};

pub(crate) use self::mail_systems::of_mail_system;

/// Where a vendor uses a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeSource {
    /// In the response to a submission.
    Answers,
    /// In a callback.
    Callbacks,
    /// In both.
    Both,
}

/// One line of the table: a code as the vendor writes it, its cause, and our description. A question mark in a code
/// matches any one character.
pub(crate) type Entry = (&'static str, Cause, &'static str);

/// Lines documented on one page.
pub(crate) struct Page {
    vendors: &'static [Vendor],
    source: CodeSource,
    /// Its address; `{}` is replaced by the code if each code has its own page.
    address: &'static str,
    entries: &'static [Entry],
}

/// A line of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The vendor.
    pub vendor: Vendor,
    /// The code, as the vendor writes it.
    pub code: &'static str,
    /// Its cause.
    pub cause: Cause,
    /// Where it is used.
    pub source: CodeSource,
    /// Our description.
    pub says: &'static str,
    /// Where the vendor documents it.
    pub address: String,
}

fn pages() -> impl Iterator<Item = &'static Page> {
    let lists: [&[Page]; 5] = [
        email::PAGES,
        mail_systems::PAGES,
        sms::PAGES,
        whatsapp::PAGES,
        push::PAGES,
    ];
    lists.into_iter().flatten()
}

/// Every line, by vendor.
pub fn table() -> Vec<Line> {
    let mut lines: Vec<Line> = pages()
        .flat_map(|page| {
            page.vendors.iter().flat_map(move |vendor| {
                page.entries.iter().map(move |(code, cause, says)| Line {
                    vendor: *vendor,
                    code,
                    cause: *cause,
                    source: page.source,
                    says,
                    address: page.address.replace("{}", code),
                })
            })
        })
        .collect();
    lines.sort_by_key(|line| Vendor::ALL.iter().position(|vendor| *vendor == line.vendor));
    lines
}

/// A vendor's lines for one use.
#[cfg(test)]
pub(crate) fn of(vendor: Vendor, source: CodeSource) -> Vec<Line> {
    let lines = table().into_iter();
    lines
        .filter(|line| {
            line.vendor == vendor && (line.source == source || line.source == CodeSource::Both)
        })
        .collect()
}

/// The cause of a vendor's code, if the table lists it.
pub fn cause(vendor: Vendor, code: &str) -> Option<Cause> {
    let of_vendor = pages().filter(|page| page.vendors.contains(&vendor));
    let mut entries = of_vendor.flat_map(|page| page.entries);
    let found = entries.find(|(pattern, ..)| fits(pattern, code));
    found.map(|(_, cause, _)| *cause)
}

/// Whether a code matches a line.
fn fits(pattern: &str, code: &str) -> bool {
    pattern == code
        || pattern.contains('?')
            && pattern.len() == code.len()
            && pattern
                .bytes()
                .zip(code.bytes())
                .all(|(wanted, is)| wanted == b'?' || wanted == is)
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod walk;
