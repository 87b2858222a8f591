//! The one table of what vendors' codes mean, for answers and for what is told afterwards alike.
//!
//! A line names a code as its vendor documents it, and the [`Cause`] that it stands for. What a cause leads to stands in
//! [`Cause::verdict`] and nowhere else. An adapter finds the code in what was said, looks it up here, and goes by the status of HTTP only
//! where the table does not know it. `docs/transports.md` shows the table; a test keeps it up to date.

mod email;
mod mail_systems;
mod push;
mod sms;
mod whatsapp;

use carillon_domain::{delivery::cause::Cause, transports::Vendor};

pub(crate) use self::mail_systems::of_mail_system;

/// How a vendor says a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SaidIn {
    /// In the answer to the call that hands a message over.
    Answers,
    /// In what it tells afterwards.
    Callbacks,
    /// In both.
    Both,
}

/// One line of the table: a code as the vendor writes it, what it stands for, and what it says in our words. A question mark in a code
/// stands for any one character.
pub(crate) type Entry = (&'static str, Cause, &'static str);

/// Lines that stand on one page of a vendor's documentation.
pub(crate) struct Page {
    vendors: &'static [Vendor],
    said_in: SaidIn,
    /// Its address; `{}` stands for the code where each code has a page of its own.
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
    /// What it stands for.
    pub cause: Cause,
    /// How it is said.
    pub said_in: SaidIn,
    /// What it says, in our words.
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
                    said_in: page.said_in,
                    says,
                    address: page.address.replace("{}", code),
                })
            })
        })
        .collect();
    lines.sort_by_key(|line| Vendor::ALL.iter().position(|vendor| *vendor == line.vendor));
    lines
}

/// The lines of a vendor that are said in one way.
#[cfg(test)]
pub(crate) fn of(vendor: Vendor, said_in: SaidIn) -> Vec<Line> {
    let lines = table().into_iter();
    lines
        .filter(|line| {
            line.vendor == vendor && (line.said_in == said_in || line.said_in == SaidIn::Both)
        })
        .collect()
}

/// What a code of a vendor stands for, if the table knows it.
pub fn cause(vendor: Vendor, code: &str) -> Option<Cause> {
    let of_vendor = pages().filter(|page| page.vendors.contains(&vendor));
    let mut entries = of_vendor.flat_map(|page| page.entries);
    let found = entries.find(|(pattern, ..)| fits(pattern, code));
    found.map(|(_, cause, _)| *cause)
}

/// Whether a code is that of a line.
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
