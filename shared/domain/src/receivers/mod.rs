//! Receivers: one person in one campaign, as a snapshot taken when they were added.

pub mod import;
pub mod search;

use std::{collections::BTreeMap, fmt, str::FromStr};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    address::{EmailAddress, InvalidAddress, PhoneNumber, Region},
    channel::{AddressKind, Channel},
    channel_address::{Address, ChannelAddress},
    field_problem::{FieldProblem, control_character, one_line, present},
    id::{AddressHash, CampaignId, ImportId, ReceiverId, TenantId},
    language::{InvalidLanguageTag, LanguageTag},
    push_address::PushAddress,
};

/// The longest first or last name, in characters.
pub const NAME_CHARACTERS: usize = 100;
/// The most bytes of a receiver's variables, as JSON; a row of up to 1 KB costs one write unit.
pub const VARIABLES_BYTES: usize = 4_096;
/// The most entries of the variables and of any list or object among them, so that loops are bounded.
pub const LIST_ENTRIES: usize = 100;

/// The origin of a receiver.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Source {
    /// Entered manually or sent by an API client.
    Manual,
    /// A line of an imported file, counted from 1.
    Import {
        /// The import.
        import: ImportId,
        /// The line on which the row begins.
        line: u64,
    },
}

/// Not a source.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a receiver source")]
pub struct InvalidSource;

impl FromStr for Source {
    type Err = InvalidSource;

    fn from_str(text: &str) -> Result<Self, InvalidSource> {
        if text == "hand" {
            return Ok(Source::Manual);
        }
        let (import, line) = text
            .strip_prefix("import:")
            .and_then(|rest| rest.split_once(':'))
            .ok_or(InvalidSource)?;
        Ok(Source::Import {
            import: import.parse().map_err(|_| InvalidSource)?,
            line: line.parse().map_err(|_| InvalidSource)?,
        })
    }
}

impl TryFrom<String> for Source {
    type Error = InvalidSource;

    fn try_from(text: String) -> Result<Self, InvalidSource> {
        text.parse()
    }
}

impl From<Source> for String {
    fn from(source: Source) -> String {
        source.to_string()
    }
}

impl fmt::Display for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Manual => formatter.write_str("hand"),
            Source::Import { import, line } => write!(formatter, "import:{import}:{line}"),
        }
    }
}

/// Why a channel is off for one receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OffReason {
    /// An admin switched it off.
    SwitchedOff,
    /// Another receiver of the campaign has the same address, and gets the message there.
    DuplicateAddress,
    /// The number is certainly a fixed line, which gets no text messages. An admin who knows better can switch it on.
    FixedLine,
}

/// Whether a receiver gets a message on a channel, before anything is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reach {
    /// The message is sent.
    On,
    /// The receiver has no address for the channel.
    NoAddress,
    /// The channel is off.
    Off(OffReason),
}

impl Reach {
    /// The reason code in the API, if the channel is skipped.
    pub fn skip_reason(self) -> Option<&'static str> {
        match self {
            Reach::On => None,
            Reach::NoAddress => Some("no_address"),
            Reach::Off(OffReason::SwitchedOff) => Some("switched_off"),
            Reach::Off(OffReason::DuplicateAddress) => Some("duplicate_address"),
            Reach::Off(OffReason::FixedLine) => Some("fixed_line"),
        }
    }
}

/// A receiver's address that was corrected after messages had been sent to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Correction {
    /// The address before.
    pub was: Address,
    /// When it was corrected.
    pub at: Timestamp,
    /// The id of the API key that corrected it.
    pub by: String,
    /// The last resend that went to it, by channel.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub until: BTreeMap<Channel, u32>,
}

/// The most corrections of one receiver, so that its row stays small.
pub const CORRECTIONS: usize = 10;

/// A receiver's snapshot. `Debug` shows no personal data.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Receiver {
    /// The first name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// The last name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    /// For email.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<EmailAddress>,
    /// For text and WhatsApp messages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mobile: Option<PhoneNumber>,
    /// For push notifications.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub push: Option<PushAddress>,
    /// The preferred language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<LanguageTag>,
    /// Further values for placeholders, by dotted path.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub variables: Map<String, Value>,
    /// The origin of the receiver.
    pub source: Source,
    /// The channels that are off, and why.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub off: BTreeMap<Channel, OffReason>,
    /// Addresses that were corrected after messages had been sent to them, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub corrections: Vec<Correction>,
}

impl fmt::Debug for Receiver {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Receiver")
            .field("source", &self.source)
            .field("off", &self.off)
            .finish_non_exhaustive()
    }
}

impl Receiver {
    /// Whether the other may be the same person with more complete addresses: no address differs.
    pub fn agrees_with(&self, other: &Receiver) -> bool {
        fn agree<T: PartialEq>(one: Option<&T>, other: Option<&T>) -> bool {
            one.zip(other).is_none_or(|(one, other)| one == other)
        }
        agree(self.email.as_ref(), other.email.as_ref())
            && agree(self.mobile.as_ref(), other.mobile.as_ref())
            && agree(self.push.as_ref(), other.push.as_ref())
    }

    /// This receiver updated with new data about the same person: name, language, values, and missing addresses. Fields without new data
    /// stay. `None` if nothing changes.
    pub fn corrected(&self, by: &Receiver) -> Option<Receiver> {
        let mut corrected = self.clone();
        if corrected.mobile.is_none() && by.mobile.is_some() {
            corrected.mobile.clone_from(&by.mobile);
            corrected.off.extend(&by.off);
        }
        if corrected.push.is_none() {
            corrected.push.clone_from(&by.push);
        }
        let keep = |new: &Option<String>, old: &mut Option<String>| {
            if new.is_some() {
                old.clone_from(new);
            }
        };
        keep(&by.first_name, &mut corrected.first_name);
        keep(&by.last_name, &mut corrected.last_name);
        if by.language.is_some() {
            corrected.language.clone_from(&by.language);
        }
        for (name, value) in &by.variables {
            corrected.variables.insert(name.clone(), value.clone());
        }
        (corrected != *self).then_some(corrected)
    }

    /// The address of a kind, if there is one.
    pub fn address_of(&self, kind: AddressKind) -> Option<Address> {
        match kind {
            AddressKind::Email => self.email.clone().map(Address::Email),
            AddressKind::Mobile => self.mobile.clone().map(Address::Mobile),
            AddressKind::Push => self.push.clone().map(Address::Push),
        }
    }

    /// Sets the address of its kind.
    pub fn set_address(&mut self, address: Address) {
        match address {
            Address::Email(address) => self.email = Some(address),
            Address::Mobile(number) => self.mobile = Some(number),
            Address::Push(address) => self.push = Some(address),
        }
    }

    /// The address on a channel, if there is one.
    pub fn address(&self, channel: Channel) -> Option<ChannelAddress> {
        self.address_of(channel.properties().address)?.on(channel)
    }

    /// The address on a channel to which a resend went.
    pub fn address_of_resend(&self, channel: Channel, resend: u32) -> Option<ChannelAddress> {
        let went_there = |correction: &&Correction| {
            let until = correction.until.get(&channel);
            until.is_some_and(|until| resend <= *until)
        };
        let former = self.corrections.iter().find(went_there);
        match former {
            Some(correction) => correction.was.clone().on(channel),
            None => self.address(channel),
        }
    }

    /// The hash of the address on a channel at a tenant, if there is one.
    pub fn address_hash(&self, tenant: &TenantId, channel: Channel) -> Option<AddressHash> {
        self.address(channel).map(|address| address.hash(tenant))
    }

    /// Whether this receiver gets a message on a channel.
    pub fn reach(&self, channel: Channel) -> Reach {
        let has_address = match channel.properties().address {
            AddressKind::Email => self.email.is_some(),
            AddressKind::Mobile => self.mobile.is_some(),
            AddressKind::Push => self.push.is_some(),
        };
        if !has_address {
            return Reach::NoAddress;
        }
        self.off
            .get(&channel)
            .map_or(Reach::On, |reason| Reach::Off(*reason))
    }

    /// The receiver's id in this campaign, from the email address, else the phone number, else the push address.
    ///
    /// `None` for a receiver without any address, which [`NewReceiver::parse`] never makes.
    pub fn id(&self, campaign: &CampaignId) -> Option<ReceiverId> {
        let (id, _) = self.places(campaign).into_iter().next()?;
        Some(id)
    }

    /// The ids that this receiver's other addresses occupy, so that no other receiver gets a message there, each with its channels.
    ///
    /// Each is the id of a receiver with only that address. A receiver whose address was corrected keeps their id.
    pub fn other_places(
        &self,
        campaign: &CampaignId,
        own: &ReceiverId,
    ) -> Vec<(ReceiverId, &'static [Channel])> {
        let mut places = self.places(campaign);
        places.retain(|(place, _)| place != own);
        places
    }

    fn places(&self, campaign: &CampaignId) -> Vec<(ReceiverId, &'static [Channel])> {
        let place = |kind: AddressKind| {
            let id = match kind {
                AddressKind::Email => ReceiverId::of_email(campaign, self.email.as_ref()?),
                AddressKind::Mobile => ReceiverId::of_mobile(campaign, self.mobile.as_ref()?),
                AddressKind::Push => ReceiverId::of_push(campaign, self.push.as_ref()?),
            };
            Some((id, kind.channels()))
        };
        AddressKind::ALL.into_iter().filter_map(place).collect()
    }

    /// The addresses that differ in the corrected receiver: the channels that use each, and the address before; `None`
    /// if there was none.
    pub fn changed_addresses(
        &self,
        after: &Receiver,
    ) -> Vec<(&'static [Channel], Option<Address>)> {
        let changed = AddressKind::ALL.into_iter().filter_map(|kind| {
            let was = self.address_of(kind);
            (was != after.address_of(kind)).then(|| (kind.channels(), was))
        });
        changed.collect()
    }

    /// Whether another receiver of the campaign has the address of a channel and gets the message there.
    pub fn has_duplicate_address(&self, channel: Channel) -> bool {
        self.off.get(&channel) == Some(&OffReason::DuplicateAddress)
    }
}

/// A receiver as given by a client or a file, unchecked.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NewReceiver {
    /// The first name.
    pub first_name: Option<String>,
    /// The last name.
    pub last_name: Option<String>,
    /// An email address.
    pub email: Option<String>,
    /// A phone number, in E.164 or national with the campaign's default region.
    pub mobile: Option<String>,
    /// A push address with its push service in front, as in `fcm:…`.
    pub push: Option<String>,
    /// A BCP 47 language tag.
    pub language: Option<String>,
    /// The country of a national phone number: two letters, or its name.
    pub region: Option<String>,
    /// Values for placeholders.
    pub variables: Map<String, Value>,
}

/// How a receiver with both valid and invalid addresses is handled.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnBadAddress {
    /// The valid ones are kept, and the invalid ones reported.
    #[default]
    Keep,
    /// The receiver is refused.
    Refuse,
}

impl NewReceiver {
    /// Checks all fields.
    ///
    /// # Errors
    /// Every problem, not only the first.
    pub fn parse(
        self,
        region: Option<Region>,
        source: Source,
    ) -> Result<Receiver, Vec<FieldProblem>> {
        self.read(region, source, OnBadAddress::Refuse)
            .map(|(receiver, _)| receiver)
    }

    /// Checks all fields. Depending on `on_bad_address`, invalid addresses and an invalid language are left out and reported.
    ///
    /// # Errors
    /// Every problem, not only the first, if no valid address is left or another field is invalid.
    pub fn read(
        self,
        region: Option<Region>,
        source: Source,
        on_bad_address: OnBadAddress,
    ) -> Result<(Receiver, Vec<FieldProblem>), Vec<FieldProblem>> {
        let mut problems = Vec::new();
        let mut unreadable = Vec::new();
        let first_name = one_line(
            "first_name",
            self.first_name,
            NAME_CHARACTERS,
            &mut problems,
        );
        let last_name = one_line("last_name", self.last_name, NAME_CHARACTERS, &mut problems);
        let email = present(self.email).and_then(|text| {
            EmailAddress::parse(&text)
                .map_err(|error| unreadable.push(FieldProblem::of_address("email", &error)))
                .ok()
        });
        let own_region = present(self.region).map(|text| Region::named(&text));
        let mobile = present(self.mobile).and_then(|text| {
            let region = match &own_region {
                Some(Ok(region)) => Some(*region),
                Some(Err(_)) => None,
                None => region,
            };
            PhoneNumber::parse(&text, region)
                .map_err(|error| {
                    // The missing region was given, but is not known.
                    let problem = match (&own_region, &error) {
                        (Some(Err(unknown)), InvalidAddress::PhoneWithoutRegion) => {
                            FieldProblem::of_address("region", unknown)
                        }
                        _ => FieldProblem::of_address("mobile", &error),
                    };
                    unreadable.push(problem);
                })
                .ok()
        });
        let push = present(self.push).and_then(|text| {
            PushAddress::parse(&text)
                .map_err(|error| unreadable.push(FieldProblem::of_address("push", &error)))
                .ok()
        });
        let language = present(self.language).and_then(|text| {
            text.parse()
                .map_err(|error: InvalidLanguageTag| {
                    unreadable.push(FieldProblem::new(
                        "language",
                        "invalid_language",
                        error.to_string(),
                    ));
                })
                .ok()
        });
        let size = serde_json::to_string(&self.variables).map_or(0, |json| json.len());
        if size > VARIABLES_BYTES {
            let reason = format!("at most {VARIABLES_BYTES} bytes; this has {size}");
            problems.push(FieldProblem::new("variables", "too_long", reason));
        }
        if self.variables.len() > LIST_ENTRIES || self.variables.values().any(has_too_many) {
            let reason = format!("at most {LIST_ENTRIES} entries in a list or an object");
            problems.push(FieldProblem::new("variables", "too_long", reason));
        }
        for (name, value) in &self.variables {
            find_control_characters(&format!("variables.{name}"), name, value, &mut problems);
        }
        let has_address = email.is_some() || mobile.is_some() || push.is_some();
        if on_bad_address == OnBadAddress::Refuse || !has_address {
            problems.append(&mut unreadable);
        }
        if problems.is_empty() && !has_address {
            let reason = "an email address, a mobile number or a push address is required";
            problems.push(FieldProblem::new("email", "no_address", reason.to_owned()));
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let is_fixed_line = mobile.as_ref().is_some_and(PhoneNumber::is_fixed_line);
        let off = is_fixed_line.then_some((Channel::Sms, OffReason::FixedLine));
        let receiver = Receiver {
            first_name,
            last_name,
            email,
            mobile,
            push,
            language,
            variables: self.variables,
            source,
            off: off.into_iter().collect(),
            corrections: Vec::new(),
        };
        Ok((receiver, unreadable))
    }
}

/// Reports control characters in a value and in its names: they would get into a mail's body and headers.
fn find_control_characters(
    field: &str,
    name: &str,
    value: &Value,
    problems: &mut Vec<FieldProblem>,
) {
    let mut note = |found: Option<char>| {
        if let Some(character) = found {
            problems.push(FieldProblem::control_character(field, character));
        }
    };
    note(control_character(name, false));
    match value {
        Value::String(text) => note(control_character(text, true)),
        Value::Array(values) => {
            for (index, value) in values.iter().enumerate() {
                find_control_characters(&format!("{field}[{index}]"), "", value, problems);
            }
        }
        Value::Object(fields) => {
            for (name, value) in fields {
                find_control_characters(&format!("{field}.{name}"), name, value, problems);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The maximum nesting of values. DynamoDB allows 32 levels, of which the row itself uses some ("Constraints in Amazon DynamoDB", Amazon
/// DynamoDB Developer Guide).
pub const LEVELS: usize = 8;

/// Whether a value is nested deeper than [`LEVELS`].
pub fn is_too_deep(value: &Value) -> bool {
    fn is_deeper(value: &Value, left: usize) -> bool {
        let is_inner_deeper = |inner| is_deeper(inner, left - 1);
        match value {
            Value::Array(entries) => left == 0 || entries.iter().any(is_inner_deeper),
            Value::Object(fields) => left == 0 || fields.values().any(is_inner_deeper),
            _ => false,
        }
    }
    is_deeper(value, LEVELS)
}

/// Whether a list or an object in a value has more entries than [`LIST_ENTRIES`].
pub(crate) fn has_too_many(value: &Value) -> bool {
    match value {
        Value::Array(entries) => entries.len() > LIST_ENTRIES || entries.iter().any(has_too_many),
        Value::Object(fields) => fields.len() > LIST_ENTRIES || fields.values().any(has_too_many),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new(email: &str, mobile: &str, language: &str) -> NewReceiver {
        NewReceiver {
            email: Some(email.to_owned()),
            mobile: Some(mobile.to_owned()),
            language: Some(language.to_owned()),
            ..NewReceiver::default()
        }
    }

    #[test]
    fn one_address_is_enough_and_every_problem_is_reported() {
        assert!(
            new("ann@example.com", "", "")
                .parse(None, Source::Manual)
                .is_ok()
        );
        assert!(
            new("", "+442079460000", "en")
                .parse(None, Source::Manual)
                .is_ok()
        );
        let codes = |new: NewReceiver| -> Vec<&str> {
            new.parse(None, Source::Manual)
                .unwrap_err()
                .iter()
                .map(|problem| problem.code)
                .collect()
        };
        assert_eq!(codes(new(" ", "", "")), ["no_address"]);
        assert_eq!(
            codes(new("nobody", "020 7946 0000", "no such")),
            ["invalid_email", "phone_without_region", "invalid_language"]
        );
    }

    #[test]
    fn control_characters_are_refused_with_their_field() {
        let mut person = new("ann@example.com", "", "");
        person.first_name = Some("An\u{0}n".to_owned());
        person.last_name = Some("Lee\u{7}".to_owned());
        let variables = serde_json::json!({
            "note": "two\r\nlines\tand a tab",
            "bad": "\u{1b}[31m",
            "deep": { "list": ["a", "b\u{85}"], "na\u{7}me": 1 },
        });
        person.variables = variables.as_object().unwrap().clone();
        let problems = person.parse(None, Source::Manual).unwrap_err();
        let found: Vec<(&str, &str)> = problems
            .iter()
            .map(|problem| (problem.field.as_str(), problem.code))
            .collect();
        let expected = [
            "first_name",
            "last_name",
            "variables.bad",
            "variables.deep.list[1]",
            "variables.deep.name",
        ];
        assert_eq!(found, expected.map(|field| (field, "control_character")));
        assert!(problems[0].reason.contains("U+0000"));
        let mut person = new("ann@example.com", "", "");
        person.last_name = Some("Lee \r\n Smith\tBcc: x\n".to_owned());
        let read = person.parse(None, Source::Manual).unwrap();
        assert_eq!(read.last_name.as_deref(), Some("Lee Smith Bcc: x"));
        let mut person = new("an\u{0}n@example.com", "", "");
        person.email = Some("ann@exam\u{0}ple.com".to_owned());
        let problems = person.parse(None, Source::Manual).unwrap_err();
        assert_eq!(
            (problems[0].field.as_str(), problems[0].code),
            ("email", "invalid_email")
        );
    }

    #[test]
    fn valid_addresses_are_kept_and_invalid_ones_reported() {
        let read = |email: &str, mobile: &str, on_bad_address| {
            new(email, mobile, "")
                .read(None, Source::Manual, on_bad_address)
                .map(|(_, left_out)| left_out.len())
                .map_err(|problems| problems.len())
        };
        let (keep, refuse) = (OnBadAddress::Keep, OnBadAddress::Refuse);
        assert_eq!(read("ann@example.com", "12", keep), Ok(1));
        assert_eq!(read("nobody", "+447414310001", keep), Ok(1));
        assert_eq!(read("ann@example.com", "12", refuse), Err(1));
        assert_eq!(read("nobody", "12", keep), Err(2));
        assert_eq!(read("", "", keep), Err(1));
    }

    #[test]
    fn a_fixed_line_gets_no_text_messages_unless_switched_on() {
        let landline = new("ann@example.com", "+442079460000", "");
        let mut landline = landline.parse(None, Source::Manual).unwrap();
        assert_eq!(
            landline.reach(Channel::Sms).skip_reason(),
            Some("fixed_line")
        );
        assert_eq!(landline.reach(Channel::WhatsApp), Reach::On);
        assert_eq!(landline.reach(Channel::Email), Reach::On);
        landline.off.remove(&Channel::Sms);
        assert_eq!(landline.reach(Channel::Sms), Reach::On);
        let mobile = new("", "+447414310001", "").parse(None, Source::Manual);
        assert_eq!(mobile.unwrap().reach(Channel::Sms), Reach::On);
    }

    #[test]
    fn a_receiver_is_updated_with_new_data() {
        let mut before = new("ann@example.com", "", "el");
        before.variables.insert("price".to_owned(), "49,90".into());
        let before = before.parse(None, Source::Manual).unwrap();
        let mut by = new("ann@example.com", "+442079460000", "");
        by.variables.insert("price".to_owned(), "49.90".into());
        let by = by.parse(None, Source::Manual).unwrap();
        assert!(before.agrees_with(&by));
        let after = before.corrected(&by).unwrap();
        assert_eq!(after.variables["price"], "49.90");
        assert_eq!(after.language, before.language);
        assert_eq!(after.mobile, by.mobile);
        assert_eq!(after.reach(Channel::Sms), Reach::Off(OffReason::FixedLine));
        assert_eq!(after.corrected(&by), None);
        let other = new("ann@example.com", "+447414310001", "");
        assert!(!after.agrees_with(&other.parse(None, Source::Manual).unwrap()));
    }

    #[test]
    fn a_channel_without_address_is_skipped_with_its_reason() {
        let mut receiver = new("ann@example.com", "", "")
            .parse(None, Source::Manual)
            .unwrap();
        assert_eq!(receiver.reach(Channel::Email), Reach::On);
        assert_eq!(
            receiver.reach(Channel::Sms).skip_reason(),
            Some("no_address")
        );
        receiver.off.insert(Channel::Email, OffReason::SwitchedOff);
        assert_eq!(
            receiver.reach(Channel::Email).skip_reason(),
            Some("switched_off")
        );
    }

    #[test]
    fn sources_survive_a_round_trip() {
        let source = Source::Import {
            import: "019a0000-0000-7000-8000-000000000000".parse().unwrap(),
            line: 7,
        };
        assert_eq!(source.to_string().parse(), Ok(source));
        assert_eq!("hand".parse(), Ok(Source::Manual));
        assert_eq!("import:x:1".parse::<Source>(), Err(InvalidSource));
    }

    #[test]
    fn debug_output_has_no_personal_data() {
        let mut person = new("ann@example.com", "", "");
        person.first_name = Some("Ann".to_owned());
        let printed = format!("{:?}", person.parse(None, Source::Manual).unwrap());
        assert!(!printed.to_lowercase().contains("ann"), "{printed}");
    }
}
