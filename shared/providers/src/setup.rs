//! What an account of a vendor consists of: the one description from which the API checks a transport, the console
//! draws a form, and docs/transports.md gets its table of vendors. Each vendor's is in its own file (`SETUP`).

#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, fmt};

use carillon_domain::transports::sender::SenderId;

/// Maximum length of a setting, in bytes: the body of an endpoint's request.
const SETTING_BYTES: usize = 4_096;

/// What a transport of a vendor needs.
#[derive(Debug)]
pub struct Setup {
    /// The vendor's name, as it writes it itself.
    pub name: &'static str,
    /// The fields of the sender: `from` and `from_name` of emails, `sender_id` of text messages.
    pub sender: &'static [Field],
    /// The settings.
    pub settings: &'static [Field],
    /// The credentials; none if the account belongs to the platform.
    pub credentials: &'static [Field],
    /// Which fields belong together, or replace each other.
    pub combinations: &'static [Combination],
    /// Whether the vendor reports by calling us.
    pub callbacks: Callbacks,
}

/// A value that a transport is set up with.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// What the vendor calls it.
    pub label: &'static str,
    /// Where to find it, or what it does.
    pub help: &'static str,
    /// An example, to show where nothing has been entered.
    pub example: &'static str,
    /// Whether it is required. A field of a [`Combination`] may be required because of another one.
    pub is_required: bool,
    /// How it is entered.
    pub input: Input,
    /// Valid values.
    pub values: Values,
    /// A description of valid values, such as "the domain that is verified at Mailgun".
    pub expected: &'static str,
    /// The error code for an invalid value.
    pub invalid: &'static str,
}

/// How a value is entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// On one line.
    Line,
    /// On several lines.
    Lines,
    /// On one line that nobody else should see.
    Secret,
    /// On several lines that nobody else should see.
    SecretLines,
    /// Any number of entries, whose names begin with the name of this field. Nobody else should see their values.
    Named,
}

/// Valid values.
#[derive(Debug, Clone, Copy)]
pub enum Values {
    /// A text that passes a check.
    Text(fn(&str) -> bool),
    /// One of a few.
    Choice(&'static [Choice]),
}

/// A valid value of a field that has only a few.
#[derive(Debug, Clone, Copy)]
pub struct Choice {
    /// The value.
    pub value: &'static str,
    /// What it means.
    pub label: &'static str,
}

/// Groups of fields. Whoever fills in one field of a group has to fill in all of them.
#[derive(Debug)]
pub struct Combination {
    /// The groups, with each field's place in the request, such as `credentials.api_key`.
    pub groups: &'static [&'static [&'static str]],
    /// Whether at least one group has to be filled in.
    pub is_required: bool,
    /// Whether only one may be.
    pub is_exclusive: bool,
}

/// Whether and how a vendor reports by calling the transport's callback address.
#[derive(Debug, Clone, Copy)]
pub enum Callbacks {
    /// It does not.
    None,
    /// It does; somebody has to do this at the vendor.
    Always(&'static str),
    /// It does if this setting is set.
    With {
        /// The name of the setting.
        setting: &'static str,
        /// What somebody has to do at the vendor.
        setup: &'static str,
    },
}

/// What a request sets up.
#[derive(Clone, Copy)]
pub struct Given<'a> {
    /// The fields of the sender, by name.
    pub sender: &'a [(&'static str, Option<&'a str>)],
    /// The settings.
    pub settings: &'a BTreeMap<String, String>,
    /// The credentials, if they are known.
    pub credentials: Option<&'a BTreeMap<String, String>>,
}

/// What is wrong with a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Its place in the request.
    pub field: String,
    /// A stable code.
    pub code: &'static str,
    /// What would be valid. It never quotes a credential.
    pub detail: String,
}

/// The place of a sender's field, which is the request itself.
const SENDER: &str = "";
const SETTINGS: &str = "settings.";
const CREDENTIALS: &str = "credentials.";

/// Whether this is a key or a token as it may stand in a header: ASCII without spaces.
pub(crate) fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn is_there(text: &str) -> bool {
    !text.trim().is_empty()
}

impl Field {
    /// A required setting.
    pub(crate) const fn setting(name: &'static str, label: &'static str) -> Self {
        Self {
            name,
            label,
            help: "",
            example: "",
            is_required: true,
            input: Input::Line,
            values: Values::Text(is_there),
            expected: "",
            invalid: "invalid_setting",
        }
    }

    /// A required credential that is not secret by itself, such as the name of an account.
    pub(crate) const fn credential(name: &'static str, label: &'static str) -> Self {
        Self {
            expected: "not empty",
            invalid: "malformed",
            ..Self::setting(name, label)
        }
    }

    /// A required secret.
    pub(crate) const fn secret(name: &'static str, label: &'static str) -> Self {
        Self {
            input: Input::Secret,
            ..Self::credential(name, label)
        }
    }

    /// An optional sender id.
    pub(crate) const fn sender_id(help: &'static str) -> Self {
        Self {
            help,
            example: "Carillon",
            is_required: false,
            values: Values::Text(|text| text.parse::<SenderId>().is_ok()),
            expected: "up to 11 letters and digits, a phone number with its country code, or a short code",
            invalid: "invalid_sender_id",
            ..Self::setting("sender_id", "Sender ID")
        }
    }

    /// The same field, but not required.
    pub(crate) const fn optional(self) -> Self {
        Self {
            is_required: false,
            ..self
        }
    }

    /// Whether a value is valid.
    pub fn accepts(&self, value: &str) -> bool {
        match self.values {
            Values::Text(accepts) => accepts(value),
            Values::Choice(choices) => choices.iter().any(|choice| choice.value == value),
        }
    }

    fn is_named(&self, name: &str) -> bool {
        match self.input {
            Input::Named => name.strip_prefix(self.name).is_some_and(is_there),
            _ => name == self.name,
        }
    }
}

impl Setup {
    /// Whether an account with these settings calls us.
    pub fn calls_back(&self, settings: &BTreeMap<String, String>) -> bool {
        match self.callbacks {
            Callbacks::None => false,
            Callbacks::Always(_) => true,
            Callbacks::With { setting, .. } => settings.contains_key(setting),
        }
    }

    /// What is wrong with an account: what is unknown, missing or invalid, and what does not fit together.
    pub fn check(&self, given: &Given<'_>) -> Vec<Finding> {
        let mut findings = Vec::new();
        for (name, value) in given.sender {
            match (self.sender.iter().find(|it| it.name == *name), value) {
                (None, Some(_)) => findings.push(Finding {
                    field: (*name).to_owned(),
                    code: "wrong_channel",
                    detail: match *name {
                        "sender_id" => "only for text messages",
                        _ => "only for email",
                    }
                    .to_owned(),
                }),
                (Some(field), Some(value)) if !field.accepts(value) => {
                    findings.push(wrong(SENDER, field.name, field.invalid, field.expected));
                }
                (Some(field), None) if field.is_required => {
                    findings.push(wrong(SENDER, field.name, "missing", field.expected));
                }
                _ => {}
            }
        }
        self.check_fields(SETTINGS, self.settings, given.settings, &mut findings);
        if let Some(credentials) = given.credentials {
            self.check_fields(CREDENTIALS, self.credentials, credentials, &mut findings);
        }
        for combination in self.combinations {
            combination.check(given, &mut findings);
        }
        findings
    }

    fn check_fields(
        &self,
        place: &str,
        known: &[Field],
        given: &BTreeMap<String, String>,
        findings: &mut Vec<Finding>,
    ) {
        for (name, value) in given {
            match known.iter().find(|field| field.is_named(name)) {
                None => {
                    let names: Vec<&str> = known.iter().map(|field| field.name).collect();
                    let (code, word) = match place {
                        SETTINGS => ("unknown_setting", "settings"),
                        _ => ("unknown_credential", "credentials"),
                    };
                    let detail = match names[..] {
                        [] => format!("{} has no {word}", self.name),
                        _ => format!("{} has the {word} {}", self.name, names.join(", ")),
                    };
                    findings.push(wrong(place, name, code, &detail));
                }
                // An empty field of a form is a missing one.
                Some(field) if field.is_required && value.is_empty() => {
                    findings.push(wrong(place, name, "missing", field.expected));
                }
                Some(field) => {
                    let is_long = place == SETTINGS && value.len() > SETTING_BYTES;
                    if is_long || !field.accepts(value) {
                        findings.push(wrong(place, name, field.invalid, field.expected));
                    }
                }
            }
        }
        let missing = known
            .iter()
            .filter(|field| field.is_required && !given.contains_key(field.name));
        findings.extend(missing.map(|field| wrong(place, field.name, "missing", field.expected)));
    }

    /// The credentials in words, as in "account_sid, and auth_token or api_key_sid with api_key_secret".
    fn credentials_in_words(&self) -> String {
        let required = self.credentials.iter().filter(|field| field.is_required);
        let mut parts: Vec<String> = required.map(|field| field.name.to_owned()).collect();
        for combination in self.combinations.iter().filter(|it| it.is_required) {
            let groups = combination.groups.iter().map(|group| {
                let names = group.iter().filter_map(|at| at.strip_prefix(CREDENTIALS));
                names.collect::<Vec<_>>().join(" with ")
            });
            let groups: Vec<String> = groups.filter(|group| !group.is_empty()).collect();
            if !groups.is_empty() {
                parts.push(groups.join(" or "));
            }
        }
        parts.join(", ")
    }
}

impl fmt::Display for Setup {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.name, self.credentials_in_words())
    }
}

impl Combination {
    fn check(&self, given: &Given<'_>, findings: &mut Vec<Finding>) {
        let mut places = self.groups.iter().flat_map(|group| group.iter());
        if given.credentials.is_none() && places.any(|at| at.starts_with(CREDENTIALS)) {
            return;
        }
        // Each group of which a field is given, with that field.
        let mut begun = Vec::new();
        for group in self.groups {
            let first = group.iter().find(|at| given.value(at).is_some());
            begun.extend(first.map(|first| (first, group)));
        }
        let first_of_all = self.groups.first().and_then(|group| group.first());
        match (&begun[..], first_of_all) {
            ([], Some(at)) if self.is_required => {
                findings.push(wrong(SENDER, at, "missing", &self.in_words()));
            }
            ([_, (at, _), ..], _) if self.is_exclusive => {
                findings.push(wrong(SENDER, at, "conflicting", &self.in_words()));
            }
            _ => {
                for (first, group) in begun {
                    let missing = group.iter().filter(|at| given.value(at).is_none());
                    findings.extend(
                        missing.map(|at| {
                            wrong(SENDER, at, "missing", &format!("required with {first}"))
                        }),
                    );
                }
            }
        }
    }

    /// As in "either `sender_id` or `settings.messaging_service`".
    fn in_words(&self) -> String {
        let groups: Vec<String> = self
            .groups
            .iter()
            .map(|group| group.join(" with "))
            .collect();
        match self.is_exclusive {
            true => format!("either {}", groups.join(", or ")),
            false => groups.join(", or "),
        }
    }
}

impl<'a> Given<'a> {
    /// The value at a place of the request, if there is one.
    fn value(&self, at: &str) -> Option<&'a str> {
        let value = if let Some(name) = at.strip_prefix(SETTINGS) {
            self.settings.get(name).map(String::as_str)
        } else if let Some(name) = at.strip_prefix(CREDENTIALS) {
            self.credentials?.get(name).map(String::as_str)
        } else {
            self.sender.iter().find(|(name, _)| *name == at)?.1
        };
        value.filter(|value| !value.is_empty())
    }
}

fn wrong(place: &str, name: &str, code: &'static str, detail: &str) -> Finding {
    Finding {
        field: format!("{place}{name}"),
        code,
        detail: detail.to_owned(),
    }
}
