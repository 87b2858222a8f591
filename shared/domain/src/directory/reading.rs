//! Reading the fields of entities from requests and files.

use std::collections::BTreeSet;

use jiff::{Timestamp, tz::TimeZone};
use serde_json::{Map, Value};

use super::{
    attribute::Schema,
    entity::{
        CATEGORIES, Consent, ExternalId, Fields, GroupScope, NAME_CHARACTERS, PUSH_ADDRESSES,
        WORD_CHARACTERS,
    },
    kind::Kind,
};
use crate::{
    address::{EmailAddress, PhoneNumber, Region},
    channel::Channel,
    field_problem::{FieldProblem, one_line, present},
    language::InvalidLanguageTag,
    push_address::PushAddress,
};

impl Fields {
    /// These fields with a client's or a file's changes: absent fields stay, `null` and empty ones are removed. A text is read as what
    /// its field holds, so that JSON and cells are given alike. `now` is the time of a consent that has none.
    ///
    /// # Errors
    /// Every problem, not only the first.
    pub fn changed(
        &self,
        schema: &Schema,
        changes: &Map<String, Value>,
        region: Option<Region>,
        now: Timestamp,
    ) -> Result<Fields, Vec<FieldProblem>> {
        let mut reader = Reader {
            kind: schema.kind,
            schema,
            region,
            now,
            fields: self.clone(),
            problems: Vec::new(),
        };
        let own = changes.get("region").and_then(Value::as_str).map(str::trim);
        if let Some(text) = own.filter(|text| !text.is_empty()) {
            match Region::named(text) {
                Ok(region) => reader.region = Some(region),
                Err(error) => reader
                    .problems
                    .push(FieldProblem::of_address("region", &error)),
            }
        }
        for (field, value) in changes {
            reader.read(field, value);
        }
        if reader.problems.is_empty() {
            reader.check_whole();
        }
        match reader.problems.is_empty() {
            true => Ok(reader.fields),
            false => Err(reader.problems),
        }
    }
}

/// Reads the fields of one entity.
struct Reader<'a> {
    kind: Kind,
    schema: &'a Schema,
    region: Option<Region>,
    now: Timestamp,
    fields: Fields,
    problems: Vec<FieldProblem>,
}

impl Reader<'_> {
    fn problem(&mut self, field: &str, code: &'static str, reason: impl Into<String>) {
        self.problems.push(FieldProblem::new(field, code, reason));
    }

    /// The text of a field; `None` if it is to be removed. Something else than a text is a problem.
    fn text(&mut self, field: &str, value: &Value) -> Option<String> {
        match value {
            Value::Null => None,
            Value::String(text) => present(Some(text.clone())),
            _ => {
                self.problem(field, "wrong_type", "a text");
                None
            }
        }
    }

    fn line(&mut self, field: &str, value: &Value, most: usize) -> Option<String> {
        let text = self.text(field, value);
        one_line(field, text, most, &mut self.problems)
    }

    /// The texts of a JSON array, or of a cell in which semicolons part them.
    fn texts(&mut self, field: &str, value: &Value) -> Vec<String> {
        let texts: Option<Vec<String>> = match value {
            Value::Null => Some(Vec::new()),
            Value::String(text) => Some(text.split(';').map(str::to_owned).collect()),
            Value::Array(values) => {
                let texts = values.iter().map(|value| value.as_str().map(str::to_owned));
                texts.collect()
            }
            _ => None,
        };
        if texts.is_none() {
            self.problem(field, "wrong_type", "a list of texts");
        }
        let texts = texts.unwrap_or_default().into_iter();
        texts.filter_map(|text| present(Some(text))).collect()
    }

    fn read(&mut self, field: &str, value: &Value) {
        let is_member = self.kind == Kind::Member;
        match field {
            "external_id" => self.external_id(value),
            "name" if !is_member => self.fields.name = self.line(field, value, NAME_CHARACTERS),
            "given_name" if is_member => {
                self.fields.given_name = self.line(field, value, NAME_CHARACTERS);
            }
            "family_name" if is_member => {
                self.fields.family_name = self.line(field, value, NAME_CHARACTERS);
            }
            "email" => self.email(value),
            "mobile" => self.mobile(value),
            "push" if is_member => self.push(value),
            "language" => self.language(value),
            "zone" => self.zone(value),
            "region" => {
                self.text(field, value);
            }
            "status" => self.fields.status = self.line(field, value, WORD_CHARACTERS),
            "categories" if is_member => self.categories(value),
            "channels" if is_member => self.channels(value),
            "consents" if is_member => self.consents(value),
            "scope" if self.kind == Kind::Group => self.scope(value),
            "attributes" => match value {
                Value::Object(values) => {
                    for (name, value) in values {
                        self.attribute(name, value);
                    }
                }
                _ => self.problem(field, "wrong_type", "an object of values by name"),
            },
            _ => {
                let shown: String = field
                    .chars()
                    .filter(|c| !c.is_control())
                    .take(100)
                    .collect();
                let reason = format!("a {} has no such field", self.kind);
                self.problem(&shown, "unknown_field", reason);
            }
        }
    }

    fn external_id(&mut self, value: &Value) {
        let Some(text) = self.text("external_id", value) else {
            // It stays, like anything that a file leaves empty.
            return;
        };
        match text.parse::<ExternalId>() {
            Err(error) => self.problem("external_id", "invalid_external_id", error.to_string()),
            Ok(id)
                if self
                    .fields
                    .external_id
                    .as_ref()
                    .is_some_and(|own| *own != id) =>
            {
                let reason = "the external id of an entity stays as it is; create another entity";
                self.problem("external_id", "fixed", reason);
            }
            Ok(id) => self.fields.external_id = Some(id),
        }
    }

    fn email(&mut self, value: &Value) {
        let text = self.text("email", value);
        let read = text.map(|text| EmailAddress::parse(&text)).transpose();
        match read {
            Ok(email) => self.fields.email = email,
            Err(error) => self
                .problems
                .push(FieldProblem::of_address("email", &error)),
        }
    }

    fn mobile(&mut self, value: &Value) {
        let text = self.text("mobile", value);
        let region = self.region;
        let read = text.map(|text| PhoneNumber::parse(&text, region));
        match read.transpose() {
            Ok(mobile) => self.fields.mobile = mobile,
            Err(error) => self
                .problems
                .push(FieldProblem::of_address("mobile", &error)),
        }
    }

    /// Devices. A browser's address contains semicolons, so a cell holds only one.
    fn push(&mut self, value: &Value) {
        let texts = match value {
            Value::String(text) => present(Some(text.clone())).into_iter().collect(),
            value => self.texts("push", value),
        };
        let mut addresses: Vec<PushAddress> = Vec::new();
        for (place, text) in texts.iter().enumerate() {
            match PushAddress::parse(text) {
                Ok(address) if addresses.contains(&address) => {}
                Ok(address) => addresses.push(address),
                Err(error) => {
                    let field = format!("push[{place}]");
                    self.problems.push(FieldProblem::of_address(&field, &error));
                }
            }
        }
        if addresses.len() > PUSH_ADDRESSES {
            self.problem("push", "too_many", format!("at most {PUSH_ADDRESSES}"));
        }
        self.fields.push = addresses;
    }

    fn language(&mut self, value: &Value) {
        let text = self.text("language", value);
        match text.map(|text| text.parse()).transpose() {
            Ok(language) => self.fields.language = language,
            Err(error) => {
                let error: InvalidLanguageTag = error;
                self.problem("language", "invalid_language", error.to_string());
            }
        }
    }

    fn zone(&mut self, value: &Value) {
        let text = self.text("zone", value);
        let read =
            text.map(|text| TimeZone::get(&text).map(|zone| zone.iana_name().map(str::to_owned)));
        match read.transpose() {
            Ok(zone) => self.fields.zone = zone.flatten(),
            Err(_) => {
                let reason = "a time zone of the IANA database, as in Europe/Paris";
                self.problem("zone", "unknown_zone", reason);
            }
        }
    }

    fn categories(&mut self, value: &Value) {
        let mut categories = BTreeSet::new();
        for text in self.texts("categories", value) {
            categories.extend(one_line(
                "categories",
                Some(text),
                WORD_CHARACTERS,
                &mut self.problems,
            ));
        }
        if categories.len() > CATEGORIES {
            self.problem("categories", "too_many", format!("at most {CATEGORIES}"));
        }
        self.fields.categories = categories;
    }

    fn channels(&mut self, value: &Value) {
        let mut channels = BTreeSet::new();
        for text in self.texts("channels", value) {
            channels.extend(self.channel("channels", &text));
        }
        self.fields.channels = channels;
    }

    fn channel(&mut self, field: &str, text: &str) -> Option<Channel> {
        let channel = text.parse().ok();
        if channel.is_none() {
            let reason = format!("one of {}", Channel::NAMES);
            self.problem(field, "unknown_channel", reason);
        }
        channel
    }

    /// Consents by channel, each true, false, or an object with the time; those of other channels stay.
    fn consents(&mut self, value: &Value) {
        let Value::Object(consents) = value else {
            let reason = "an object, as in {\"email\": true}";
            return self.problem("consents", "wrong_type", reason);
        };
        for (name, value) in consents {
            let field = format!("consents.{name}");
            let Some(channel) = self.channel(&field, name) else {
                continue;
            };
            let consent = match value {
                Value::Null => {
                    self.fields.consents.remove(&channel);
                    continue;
                }
                Value::Bool(given) => {
                    // Saying again what stands does not make it newer.
                    let stands = self.fields.consents.get(&channel);
                    if stands.is_some_and(|stands| stands.given == *given) {
                        continue;
                    }
                    Some(Consent {
                        given: *given,
                        at: self.now,
                    })
                }
                value => serde_json::from_value(value.clone()).ok(),
            };
            match consent {
                Some(consent) => {
                    self.fields.consents.insert(channel, consent);
                }
                None => {
                    let reason = "true, false, or an object as in {\"given\": true, \"at\": \"2026-11-30T09:00:00Z\"}";
                    self.problem(&field, "wrong_type", reason);
                }
            }
        }
    }

    fn scope(&mut self, value: &Value) {
        let text = self.text("scope", value);
        self.fields.scope = match text.as_deref() {
            None => None,
            Some("internal") => Some(GroupScope::Internal),
            Some("external") => Some(GroupScope::External),
            Some(_) => return self.problem("scope", "unknown_scope", "internal or external"),
        };
    }

    fn attribute(&mut self, name: &str, value: &Value) {
        let shown: String = name.chars().filter(|c| !c.is_control()).take(100).collect();
        let field = format!("attributes.{shown}");
        let Some(attribute) = self.schema.named(name) else {
            let reason = "no attribute of this name; add it to the attributes of this kind first";
            return self.problem(&field, "unknown_attribute", reason);
        };
        match attribute.read(&field, value) {
            Ok(Some(value)) => {
                self.fields.attributes.insert(attribute.id, value);
            }
            Ok(None) => {
                self.fields.attributes.remove(&attribute.id);
            }
            Err(problem) => self.problems.push(problem),
        }
    }

    /// What holds for all fields together.
    fn check_whole(&mut self) {
        if self.fields.display_name().is_empty() {
            let (field, reason) = match self.kind {
                Kind::Member => (
                    "family_name",
                    "a name, an email address, a mobile number or an external id",
                ),
                _ => (
                    "name",
                    "a name, an email address, a mobile number or an external id",
                ),
            };
            self.problem(field, "missing", reason);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::directory::AttributeType;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn schema(kind: Kind) -> Schema {
        let mut schema = Schema::empty(kind);
        let name = "points".parse().unwrap();
        schema.add(name, "Points", AttributeType::Number).unwrap();
        schema
    }

    fn changed(fields: &Fields, kind: Kind, changes: &Value) -> Result<Fields, Vec<&'static str>> {
        let changes = changes.as_object().unwrap();
        let read = fields.changed(&schema(kind), changes, None, NOW);
        read.map_err(|problems| problems.iter().map(|it| it.code).collect())
    }

    fn ann() -> Fields {
        let given = json!({
            "external_id": "m-1", "given_name": "Ann", "family_name": "Lee", "email": "ann@example.com",
            "mobile": "020 7946 0000", "region": "GB", "push": ["fcm:bk3RNwTe3H0:CI2k_HHwgIpoDKCIZvvDMExUdFQ3P1"],
            "language": "de-at", "zone": "europe/vienna", "status": "active", "categories": "area_manager; head",
            "channels": ["email", "sms"], "consents": {"email": true}, "attributes": {"points": "12.5"},
        });
        changed(&Fields::default(), Kind::Member, &given).unwrap()
    }

    #[test]
    fn everything_is_read_and_comes_back_from_its_row() {
        let ann = ann();
        assert_eq!(ann.display_name(), "Ann Lee");
        assert_eq!(ann.mobile.as_ref().unwrap().expose(), "+442079460000");
        assert_eq!(ann.zone.as_deref(), Some("Europe/Vienna"));
        assert_eq!(ann.categories.len(), 2);
        let row = serde_json::to_value(&ann).unwrap();
        assert_eq!(row["attributes"], json!({"a1": 12.5}));
        assert_eq!(serde_json::from_value::<Fields>(row).unwrap(), ann);
    }

    #[test]
    fn absent_fields_stay_and_empty_ones_are_removed() {
        let ann = ann();
        assert_eq!(changed(&ann, Kind::Member, &json!({})).as_ref(), Ok(&ann));
        let gone = json!({
            "mobile": null, "push": null, "categories": "", "attributes": {"points": ""}, "consents": {"email": null},
            "channels": [],
        });
        let without = changed(&ann, Kind::Member, &gone).unwrap();
        assert_eq!(without.mobile, None);
        assert!(without.attributes.is_empty() && without.categories.is_empty());
        assert!(without.consents.is_empty() && without.channels.is_empty());
        assert_eq!(without.email, ann.email);
    }

    #[test]
    fn a_consent_that_stands_keeps_its_time() {
        let ann = ann();
        let later = NOW + jiff::SignedDuration::from_hours(1);
        let changes = json!({"consents": {"email": true, "sms": false}});
        let changes = changes.as_object().unwrap();
        let now = ann.changed(&schema(Kind::Member), changes, None, later);
        let consents = now.unwrap().consents;
        assert_eq!(consents[&Channel::Email].at, NOW);
        assert_eq!(
            consents[&Channel::Sms],
            Consent {
                given: false,
                at: later
            }
        );
    }

    #[test]
    fn every_problem_is_reported_and_nothing_is_taken() {
        let wrong = json!({
            "email": "nobody", "mobile": "12", "zone": "Mars/Olympus", "channels": ["fax"], "language": "no such",
            "attributes": {"points": "many", "size": 1}, "name": "Ann", "external_id": "m-2",
        });
        let codes = changed(&ann(), Kind::Member, &wrong).unwrap_err();
        for code in [
            "invalid_email",
            "unknown_zone",
            "unknown_channel",
            "invalid_language",
            "wrong_type",
            "unknown_attribute",
            "unknown_field",
            "fixed",
        ] {
            assert!(codes.contains(&code), "{code}: {codes:?}");
        }
        let nobody = changed(
            &Fields::default(),
            Kind::Member,
            &json!({"status": "active"}),
        );
        assert_eq!(nobody.unwrap_err(), ["missing"]);
        let place = changed(
            &Fields::default(),
            Kind::Location,
            &json!({"name": "Hall", "scope": "internal"}),
        );
        assert_eq!(place.unwrap_err(), ["unknown_field"]);
    }

    #[test]
    fn an_entity_is_not_printed() {
        let shown = format!("{:?}", ann());
        assert!(!shown.contains("Ann") && !shown.contains("7946"), "{shown}");
    }
}
