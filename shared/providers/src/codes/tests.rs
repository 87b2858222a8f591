use std::{collections::BTreeSet, env, fmt::Write as _, fs, path::Path};

use carillon_domain::{
    delivery::cause::{Blame, Verdict},
    suppressions::SuppressionSource,
};

use super::*;

#[test]
fn every_vendor_has_lines() {
    let known: BTreeSet<Vendor> = table().iter().map(|line| line.vendor).collect();
    for vendor in Vendor::ALL {
        assert!(known.contains(vendor), "{vendor}");
    }
}

#[test]
fn every_code_of_a_vendor_has_one_line() {
    let mut seen = BTreeSet::new();
    for line in table() {
        assert!(
            seen.insert((line.vendor, line.code)),
            "{} {}",
            line.vendor,
            line.code
        );
    }
}

#[test]
fn every_line_links_its_documentation_and_is_found() {
    for line in table() {
        let is_address =
            line.address.starts_with("https://") || line.address.starts_with("transports/");
        assert!(is_address, "{}", line.address);
        let found = cause(line.vendor, line.code);
        assert_eq!(found, Some(line.cause), "{} {}", line.vendor, line.code);
    }
    assert_eq!(cause(Vendor::Twilio, "99999"), None);
    assert_eq!(cause(Vendor::Meta, "133010"), Some(Cause::Account));
    assert_eq!(cause(Vendor::Meta, "13301"), None);
}

const BEGIN: &str = "<!-- The table of codes; `UPDATE=1 cargo test -p carillon-providers --lib codes` writes it. -->\n";
const END: &str = "<!-- The end of the table of codes. -->";

/// The table as `docs/transports.md` shows it.
fn shown() -> String {
    let mut text = String::from(
        "\n| cause | whose fault | the delivery | the address is suppressed as | another transport |\n|---|---|---|---|---|\n",
    );
    for cause in Cause::ALL {
        let whose = match cause.blame() {
            Blame::Receiver => "the receiver's side, or the message",
            Blame::Wish => "nobody's (the receiver's choice)",
            Blame::Account => "the sender's or the account's",
            Blame::Passing => "nobody's (temporary)",
            Blame::Unknown => "unknown",
        };
        let verdict = cause.verdict();
        let delivery = match verdict {
            Verdict::Suppress(_) | Verdict::Fail => "fails",
            Verdict::Wait => "waits for the account; the operator sees why",
            Verdict::Retry => "is retried",
            Verdict::Unknown => "unknown",
        };
        let source = verdict.suppresses().map_or("", SuppressionSource::as_str);
        let elsewhere = match verdict {
            Verdict::Suppress(_) => "never",
            Verdict::Fail => "if the campaign says so",
            Verdict::Wait => "while this one's breaker is open",
            Verdict::Retry | Verdict::Unknown => "",
        };
        let _ = writeln!(
            text,
            "| **{cause}** | {whose} | {delivery} | {source} | {elsewhere} |"
        );
    }
    for page in pages() {
        let vendors: Vec<String> = page.vendors.iter().map(|it| format!("`{it}`")).collect();
        let found_in = match page.source {
            CodeSource::Answers => "in responses",
            CodeSource::Callbacks => "in callbacks",
            CodeSource::Both => "in responses and callbacks",
        };
        let has_pages = page.address.contains("{}");
        let source = match has_pages {
            true => String::new(),
            false => format!(" ([documentation]({}))", page.address),
        };
        let _ = write!(
            text,
            "\n{}, {found_in}{source}:\n\n| code | cause | |\n|---|---|---|\n",
            vendors.join(", ")
        );
        for (code, cause, says) in page.entries {
            let code = match has_pages {
                true => format!("[`{code}`]({})", page.address.replace("{}", code)),
                false => format!("`{code}`"),
            };
            let _ = writeln!(text, "| {code} | {cause} | {says} |");
        }
    }
    text.push('\n');
    text
}

/// `UPDATE=1` writes the page.
#[test]
fn the_transports_page_shows_the_table() {
    // Cargo runs tests in their package's directory, wherever they were compiled.
    let path = Path::new("../../docs/transports.md");
    let page = fs::read_to_string(path).unwrap();
    let (before, rest) = page.split_once(BEGIN).unwrap();
    let (table, after) = rest.split_once(END).unwrap();
    if env::var_os("UPDATE").is_some() {
        fs::write(path, format!("{before}{BEGIN}{}{END}{after}", shown())).unwrap();
        return;
    }
    assert!(
        table == shown(),
        "docs/transports.md is out of date; UPDATE=1 writes it"
    );
}
