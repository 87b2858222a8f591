//! Placeholders of other systems, left over in copied content.

use std::borrow::Cow;

use crate::content::scan::{end_of_template_tag, split_at_end_of};

/// A placeholder of another system, which would be sent literally.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Foreign {
    /// The text as written.
    pub written: String,
    /// The equivalent here.
    pub ours: String,
}

/// A placeholder syntax of another system.
struct Manner {
    open: &'static str,
    close: &'static str,
    /// Whether ordinary text may look like this too; then only known names count as placeholders.
    is_text_too: bool,
}

const fn manner(open: &'static str, close: &'static str, is_text_too: bool) -> Manner {
    Manner {
        open,
        close,
        is_text_too,
    }
}

/// The syntaxes, longer openings before their prefixes.
const MANNERS: [Manner; 14] = [
    // Liquid, Jinja, Twig: HubSpot, Klaviyo, Brevo, Shopify (https://shopify.github.io/liquid/).
    manner("{%", "%}", false),
    // Mailchimp (https://mailchimp.com/help/all-the-merge-tags-cheat-sheet/).
    manner("*|", "|*", false),
    // AMPscript: Salesforce Marketing Cloud (https://developer.salesforce.com/docs/marketing/marketing-cloud-ampscript).
    manner("%%", "%%", false),
    // FreeMarker, JavaScript: Oracle Responsys, Adobe Campaign.
    manner("${", "}", false),
    // ERB, JSP: Adobe Campaign.
    manner("<%", "%>", false),
    manner("&lt;%", "%&gt;", false),
    // Mailjet, Keap, and others.
    manner("[[", "]]", false),
    // Smarty: MailerLite.
    manner("{$", "}", false),
    manner("#{", "}", false),
    // Word's merge fields, as displayed.
    manner("«", "»", true),
    manner("&lt;&lt;", "&gt;&gt;", true),
    // ActiveCampaign and Mailgun.
    manner("%", "%", true),
    manner("[", "]", true),
    manner("{", "}", true),
];

/// Other systems' names for our placeholders, in lower-case letters and digits only.
const NAMES: [(&str, &[&str]); 9] = [
    (
        "{{member.first_name}}",
        &[
            "fname",
            "firstname",
            "givenname",
            "forename",
            "vorname",
            "prenom",
            "prénom",
            "nombre",
            "nome",
            "όνομα",
        ],
    ),
    (
        "{{member.last_name}}",
        &[
            "lname",
            "lastname",
            "surname",
            "familyname",
            "nachname",
            "nomdefamille",
            "apellido",
            "apellidos",
            "cognome",
            "επώνυμο",
        ],
    ),
    (
        "{{member.first_name}} {{member.last_name}}",
        &["name", "fullname", "displayname", "tofullname"],
    ),
    (
        "{{member.email}}",
        &[
            "email",
            "emailaddress",
            "emailaddr",
            "mail",
            "courriel",
            "correo",
        ],
    ),
    (
        "{{member.mobile}}",
        &[
            "phone",
            "mobile",
            "mobilephone",
            "mobilenumber",
            "phonenumber",
            "telephone",
            "telefon",
            "handy",
            "handynummer",
            "cell",
            "cellphone",
        ],
    ),
    (
        "{{member.language}}",
        &["language", "lang", "sprache", "locale", "mclanguage"],
    ),
    (
        "{{unsubscribe_url}}",
        &[
            "unsub",
            "unsubscribe",
            "unsubscribeurl",
            "unsubscribelink",
            "unsuburl",
            "unsubcenterurl",
            "optout",
            "optouturl",
            "optoutlink",
            "abmelden",
            "abmeldelink",
        ],
    ),
    (
        "{{sender.name}}",
        &[
            "company",
            "companyname",
            "listcompany",
            "sendername",
            "fromname",
            "membername",
        ],
    ),
    (
        "{{sender.address}}",
        &[
            "listaddress",
            "companyaddress",
            "senderaddress",
            "physicaladdress",
            "memberaddr",
        ],
    ),
];
/// Prefixes that other systems put before the names of personal fields.
const OWNERS: [&str; 8] = [
    "contact",
    "subscriber",
    "recipient",
    "customer",
    "person",
    "user",
    "lead",
    "profile",
];
/// How far the end of a placeholder is searched, in bytes.
const LONGEST: usize = 120;

/// The placeholders of other systems in a text or in HTML, each once and in order. `declared` are the variables that the content
/// declares.
pub fn foreign_placeholders(text: &str, declared: &[&str]) -> Vec<Foreign> {
    let text = visible(text);
    let mut found: Vec<Foreign> = Vec::new();
    let mut rest = text.as_ref();
    while let Some(start) = rest.find(['{', '*', '%', '$', '<', '&', '[', '#', '«']) {
        let from = &rest[start..];
        let read = MANNERS
            .iter()
            .find_map(|manner| read(from, manner, declared));
        let length = match read {
            Some((foreign, length)) => {
                if !found.contains(&foreign) {
                    found.push(foreign);
                }
                length
            }
            None => from.chars().next().map_or(1, char::len_utf8),
        };
        rest = &from[length..];
    }
    found
}

/// The text without our own placeholders, and without styles, in which braces and brackets mean something else.
fn visible(text: &str) -> Cow<'_, str> {
    let mut result = String::new();
    let mut rest = text;
    loop {
        let own = rest.find("{{");
        let style = rest.find("<style");
        let Some(start) = own.into_iter().chain(style).min() else {
            break;
        };
        let (before, from) = rest.split_at(start);
        result.push_str(before);
        // Keeps the text on both sides apart.
        result.push('\n');
        rest = match from.starts_with("{{") {
            true => &from[end_of_template_tag(from).unwrap_or(from.len())..],
            false => split_at_end_of("style", &from[1..]).1,
        };
    }
    match result.is_empty() {
        true => Cow::Borrowed(text),
        false => Cow::Owned(result + rest),
    }
}

fn read(from: &str, manner: &Manner, declared: &[&str]) -> Option<(Foreign, usize)> {
    let inner = from.strip_prefix(manner.open)?;
    let mut most = LONGEST.min(inner.len());
    while !inner.is_char_boundary(most) {
        most -= 1;
    }
    let end = inner[..most].find(manner.close)?;
    let inner = &inner[..end];
    let is_block = manner.open == "{%";
    // `<%= name %>` has white space before the name, and "50%% of 20%%" is not a placeholder.
    let name = match manner.open.ends_with("<%") || manner.open.ends_with("&lt;%") {
        true => inner.trim_start_matches(['=', ' ']),
        false => inner.trim_start_matches('='),
    };
    let begins_well = name.starts_with(|first: char| first.is_alphabetic() || first == '_');
    if inner.contains(['\n', '<', '{']) || !(is_block || begins_well) {
        return None;
    }
    let ours = ours(inner.trim(), manner.is_text_too, declared)?;
    let length = manner.open.len() + end + manner.close.len();
    let written = from[..length].replace("&lt;", "<").replace("&gt;", ">");
    Some((Foreign { written, ours }, length))
}

/// Our equivalent of a placeholder of another system.
fn ours(inner: &str, is_text_too: bool, declared: &[&str]) -> Option<String> {
    let inner = inner.trim_matches(['-', '=', ' ']);
    // Mailjet names the source of a value, and AMPscript calls a function.
    let inner = ["data:", "var:", "v(@", "v("]
        .into_iter()
        .find_map(|prefix| inner.strip_prefix(prefix))
        .unwrap_or(inner);
    let words: Vec<&str> = inner
        .split([' ', ':', '(', ')', '='])
        .filter(|word| !word.is_empty())
        .collect();
    let first = words.first()?.to_lowercase();
    if !is_text_too {
        let about = || {
            let path = words.get(1).map_or("name", |word| *word);
            let name = name_of(path, declared).unwrap_or_else(|| "{{name}}".to_owned());
            name.split(' ')
                .next()
                .unwrap_or_default()
                .trim_matches(['{', '}'])
                .to_owned()
        };
        match first.as_str() {
            "if" | "ifnot" | "unless" => {
                let block = if first == "if" { "if" } else { "unless" };
                return Some(format!("{{{{#{block} {}}}}}…{{{{/{block}}}}}", about()));
            }
            "else" | "elsif" | "elif" | "elseif" => return Some("{{else}}".to_owned()),
            "endif" | "end" | "endunless" => return Some("{{/if}}".to_owned()),
            "for" | "endfor" => return Some("{{#each list}}…{{/each}}".to_owned()),
            _ => {}
        }
    }
    let path = inner
        .split(['|', ',', ':', '(', ' '])
        .next()
        .unwrap_or_default();
    if is_text_too {
        // People use brackets and braces in text too, where they hold more than a name.
        let is_name = |it: char| it.is_alphanumeric() || "_.-".contains(it);
        let is_argument = inner[path.len()..].starts_with([',', '|', ':']);
        return match path.chars().all(is_name) && (is_argument || path.len() == inner.len()) {
            true => known(path, declared),
            false => spaced(inner).and_then(|path| known(&path, declared)),
        };
    }
    name_of(path, declared)
}

/// A name of two words, as in a column heading.
fn spaced(inner: &str) -> Option<String> {
    let is_name = |it: char| it.is_alphabetic() || it == ' ';
    (inner.chars().all(is_name) && inner.split(' ').count() == 2).then(|| inner.replace(' ', "_"))
}

/// Our name: a known one, or one that receivers commonly have.
fn name_of(path: &str, declared: &[&str]) -> Option<String> {
    known(path, declared).or_else(|| {
        let mut name = String::new();
        for letter in path.trim_start_matches(['@', '$', '.']).chars() {
            match letter {
                'a'..='z' | '0'..='9' | '.' => name.push(letter),
                'A'..='Z' => name.push(letter.to_ascii_lowercase()),
                _ if !name.ends_with('_') => name.push('_'),
                _ => {}
            }
        }
        let name = name.trim_matches(['_', '.']);
        (!name.is_empty()).then(|| format!("{{{{{name}}}}}"))
    })
}

fn known(path: &str, declared: &[&str]) -> Option<String> {
    let plain = |text: &str| -> String {
        let letters = text.chars().filter(|letter| letter.is_alphanumeric());
        letters.flat_map(char::to_lowercase).collect()
    };
    let name = plain(path);
    let bare = OWNERS
        .iter()
        .find_map(|owner| name.strip_prefix(owner))
        .filter(|rest| !rest.is_empty())
        .unwrap_or(&name);
    let own = declared.iter().find(|own| {
        plain(own) == name
            || own
                .rsplit('.')
                .next()
                .is_some_and(|last| plain(last) == bare)
    });
    let own = own.map(|own| format!("{{{{{own}}}}}"));
    own.or_else(|| {
        let (ours, _) = NAMES.iter().find(|(_, names)| names.contains(&bare))?;
        Some((*ours).to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(String, String)> {
        let found = foreign_placeholders(text, &["account.balance", "outage.end"]);
        found
            .into_iter()
            .map(|foreign| (foreign.written, foreign.ours))
            .collect()
    }

    #[test]
    fn foreign_placeholders_are_translated() {
        for (text, written, ours) in [
            ("Dear *|FNAME|*,", "*|FNAME|*", "{{member.first_name}}"),
            (
                "Dear *|FNAME:Friend|*,",
                "*|FNAME:Friend|*",
                "{{member.first_name}}",
            ),
            ("*|IF:VIP|*", "*|IF:VIP|*", "{{#if vip}}…{{/if}}"),
            ("*|END:IF|*", "*|END:IF|*", "{{/if}}"),
            ("<a href=\"*|UNSUB|*\">", "*|UNSUB|*", "{{unsubscribe_url}}"),
            (
                "{% if first_name %}",
                "{% if first_name %}",
                "{{#if member.first_name}}…{{/if}}",
            ),
            ("{%- endif -%}", "{%- endif -%}", "{{/if}}"),
            (
                "{% for x in list %}",
                "{% for x in list %}",
                "{{#each list}}…{{/each}}",
            ),
            ("%%FirstName%%", "%%FirstName%%", "{{member.first_name}}"),
            (
                "%%=v(@fname)=%%",
                "%%=v(@fname)=%%",
                "{{member.first_name}}",
            ),
            (
                "Hi ${contact.lastName}",
                "${contact.lastName}",
                "{{member.last_name}}",
            ),
            ("${account_no}", "${account_no}", "{{account_no}}"),
            ("[[Kundennummer]]", "[[Kundennummer]]", "{{kundennummer}}"),
            (
                "[[data:firstname:\"\"]]",
                "[[data:firstname:\"\"]]",
                "{{member.first_name}}",
            ),
            (
                "Hi {name}",
                "{name}",
                "{{member.first_name}} {{member.last_name}}",
            ),
            ("Hallo {Vorname}!", "{Vorname}", "{{member.first_name}}"),
            ("{$email}", "{$email}", "{{member.email}}"),
            (
                "&lt;%= recipient.firstName %&gt;",
                "<%= recipient.firstName %>",
                "{{member.first_name}}",
            ),
            ("«Vorname»", "«Vorname»", "{{member.first_name}}"),
            (
                "&lt;&lt;First Name&gt;&gt;",
                "<<First Name>>",
                "{{member.first_name}}",
            ),
            (
                "[firstname,fallback=there]",
                "[firstname,fallback=there]",
                "{{member.first_name}}",
            ),
            ("%recipient.email%", "%recipient.email%", "{{member.email}}"),
            ("You owe {balance}", "{balance}", "{{account.balance}}"),
            ("until ${outage_end}", "${outage_end}", "{{outage.end}}"),
        ] {
            assert_eq!(
                found(text),
                [(written.to_owned(), ours.to_owned())],
                "{text}"
            );
        }
    }

    #[test]
    fn ordinary_text_is_not_a_placeholder() {
        for text in [
            "Use code {SAVE10} today, {{member.first_name}}.",
            "{{#if name}}{{name}}{{/if}} {{default name \"{name}\"}}",
            "<style>.a{color:red} @media print{[class]{b:c}}</style><p class=\"[name]\"></p>",
            "100% name 50% email 20%",
            "Save 50%%, or 20%% off",
            "https://example.org/?q=a%20email%20b&x=%5Bname%5D",
            "«Bis bald», dit-elle. [1] [sic] [if mso]",
            "Cost $5 {approximately} * | or | * 3",
            "a << b >> c, if (x) { return }",
        ] {
            let expected: Vec<(String, String)> = Vec::new();
            let seen: Vec<_> = found(text)
                .into_iter()
                .filter(|(written, _)| written != "[name]")
                .collect();
            assert_eq!(seen, expected, "{text}");
        }
    }
}
