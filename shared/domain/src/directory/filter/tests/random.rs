//! Random filters and directories, made from the choices that bytes stand for. Fewer and smaller bytes make simpler ones, so that a
//! failure shrinks.

use jiff::{Timestamp, ToSpan, civil::Date};

use super::{Tenant, document_id, entity_id, world::Directory};
use crate::{
    address::{EmailAddress, PhoneNumber},
    channel::Channel,
    directory::{
        AttributeValue, Consent, Fields, GroupScope, Kind, Relation, RelationKind,
        filter::{
            AttributeRef, Bound, Condition, ConsentAnswer, Constant, Days, Direction, Field,
            Filter, Moment, Node, OwnField, Range, Related, Stay, Test, vocabulary::Values,
        },
    },
};

pub(super) struct Choices<'a>(pub(super) std::slice::Iter<'a, u8>);

impl Choices<'_> {
    fn below(&mut self, most: usize) -> usize {
        usize::from(*self.0.next().unwrap_or(&0)) % most
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())].clone()
    }

    fn happens(&mut self, one_in: usize) -> bool {
        self.below(one_in) == 1
    }

    fn maybe<T: Clone>(&mut self, from: &[T]) -> Option<T> {
        match self.below(from.len() + 1) {
            0 => None,
            place => Some(from[place - 1].clone()),
        }
    }
}

/// Instants at which days begin or end somewhere, clocks change, or nothing happens.
const NOWS: [&str; 6] = [
    "2026-11-30T12:00:00Z",
    "2026-11-30T23:00:00Z",
    "2026-03-29T00:59:59Z",
    "2026-10-25T01:30:00Z",
    "2028-02-29T10:15:00Z",
    "2027-02-28T22:59:59Z",
];
pub(super) const ZONES: [&str; 3] = ["Europe/Berlin", "America/New_York", "Pacific/Kiritimati"];
const TEXTS: [&str; 10] = [
    "ann",
    "Ann Lee",
    "ANNA",
    "Zoë",
    "zoe\u{308} smith-lee",
    "ΠΑΠΑΔΌΠΟΥΛΟΣ",
    "Παπαδόπουλος",
    "say \"\\\" (and) or",
    "O'Brien",
    "張 偉",
];
const WORDS: [&str; 8] = [
    "lee",
    "ANN",
    "zoë",
    "smith lee",
    "O'BRIEN",
    "偉",
    "say",
    "παπαδόπουλοσ",
];
const STATUSES: [&str; 3] = ["active", "Active", "left"];
const NUMBERS: [f64; 6] = [0.0, 1.0, 2.5, 3.0, -4.0, 9_007_199_254_740_991.0];
const EMAILS: [&str; 3] = [
    "ann@example.com",
    "zoë@example.org",
    "bo@xn--bcher-kva.example",
];
const MOBILES: [&str; 2] = ["+442079460000", "+33142685300"];
const LANGUAGES: [&str; 3] = ["de", "de-AT", "el"];
const ENTRIES: [&str; 4] = ["golf", "Golf", "area_manager", "tennis"];
const DAYS_AWAY: [i32; 10] = [0, -1, 1, 7, 8, -7, -30, -31, 30, 365];
const HOURS_AWAY: [i64; 10] = [0, -1, 1, -12, -24, -25, -49, 24, -24 * 30, -24 * 31];

pub(super) fn now(choices: &mut Choices<'_>) -> Timestamp {
    choices.pick(&NOWS).parse().unwrap()
}

fn day(choices: &mut Choices<'_>, now: Timestamp) -> Date {
    let today = now.to_zoned_datetime(jiff::tz::TimeZone::UTC).date();
    match choices.below(6) {
        0 => "2000-02-29".parse().unwrap(),
        1 => "1990-02-28".parse().unwrap(),
        2 => {
            let years = choices.pick(&[-1, -20, -26]);
            let same = today.checked_add(years.years()).unwrap();
            same.checked_add(choices.pick(&[0, 1, -1, 7]).days())
                .unwrap()
        }
        _ => today.checked_add(choices.pick(&DAYS_AWAY).days()).unwrap(),
    }
}

fn instant(choices: &mut Choices<'_>, now: Timestamp) -> Timestamp {
    let hours = choices.pick(&HOURS_AWAY);
    let second = choices.pick(&[0, -1, 1]);
    now.checked_add(hours.hours().seconds(second)).unwrap()
}

/// A directory. Structures may go round in circles, and relations may lead to nothing.
pub(super) fn directory(choices: &mut Choices<'_>, tenant: &Tenant, now: Timestamp) -> Directory {
    let mut directory = Directory::default();
    let counts = [
        (Kind::Member, "m", 9),
        (Kind::Account, "a", 3),
        (Kind::Location, "l", 3),
        (Kind::Transaction, "t", 2),
        (Kind::Structure, "s", 4),
        (Kind::Group, "g", 2),
    ];
    let mut all = Vec::new();
    for (kind, prefix, count) in counts {
        for number in 0..count {
            let external = format!("{prefix}-{number}");
            let id = entity_id(&external, kind);
            let mut fields = fields(choices, tenant, kind, now);
            fields.external_id = Some(external.parse().unwrap());
            all.push((kind, id.clone()));
            let at = instant(choices, now);
            directory.add(kind, id, at, fields);
        }
    }
    for _ in 0..10 + choices.below(24) {
        let relation = choices.pick(&RelationKind::ALL);
        let (from_kind, to_kind) = choices.pick(relation.ends());
        let of = |kind: Kind| -> Vec<_> {
            let own = all.iter().filter(|(its, _)| *its == kind);
            own.map(|(_, id)| id.clone()).collect()
        };
        let from = choices.pick(&of(from_kind));
        let mut to = choices.pick(&of(to_kind));
        if choices.happens(20) && to_kind != Kind::Structure {
            to = entity_id("deleted", to_kind);
        }
        let is_stay = relation == RelationKind::TravellerAt;
        let starts = choices.maybe(&[now - 3.hours(), now, now + 1.hour()]);
        let ends = choices.maybe(&[now, now + 3.hours()]);
        directory.relate(Relation {
            relation,
            from_kind,
            from,
            to_kind,
            to,
            in_management: relation == RelationKind::ContactOf && choices.happens(2),
            starts: starts.filter(|_| is_stay),
            ends: ends.filter(|ends| is_stay && starts.is_none_or(|starts| starts < *ends)),
        });
    }
    for (_, id) in &all {
        if choices.happens(4) {
            let list = document_id(1 + u128::from(choices.happens(2)));
            directory.lists.insert((id.clone(), list));
        }
        if choices.happens(4) {
            let channel = choices.pick(&Channel::ALL);
            directory.opted_out.insert((id.clone(), channel));
        }
    }
    directory
}

fn fields(choices: &mut Choices<'_>, tenant: &Tenant, kind: Kind, now: Timestamp) -> Fields {
    let text = |text: &str| text.to_owned();
    let mut fields = Fields {
        email: choices
            .maybe(&EMAILS)
            .map(|email| EmailAddress::try_from(email.to_owned()).unwrap()),
        mobile: choices
            .maybe(&MOBILES)
            .map(|mobile| PhoneNumber::try_from(mobile.to_owned()).unwrap()),
        language: choices.maybe(&LANGUAGES).map(|tag| tag.parse().unwrap()),
        zone: choices.maybe(&ZONES).map(text),
        status: choices.maybe(&STATUSES).map(text),
        ..Fields::default()
    };
    match kind {
        Kind::Member => {
            fields.given_name = choices.maybe(&TEXTS).map(text);
            fields.family_name = choices.maybe(&TEXTS).map(text);
            for _ in 0..choices.below(3) {
                fields.categories.insert(choices.pick(&ENTRIES).to_owned());
                fields.channels.insert(choices.pick(&Channel::ALL));
                let given = choices.happens(2);
                let consent = Consent { given, at: now };
                fields.consents.insert(choices.pick(&Channel::ALL), consent);
            }
        }
        _ => fields.name = choices.maybe(&TEXTS).map(text),
    }
    if kind == Kind::Group {
        fields.scope = choices.maybe(&[GroupScope::Internal, GroupScope::External]);
    }
    for attribute in tenant
        .schemas
        .of(kind)
        .into_iter()
        .flat_map(|it| &it.attributes)
    {
        if choices.happens(3) {
            continue;
        }
        let value = match Values::of_attribute(&attribute.values) {
            Values::Number => AttributeValue::Number(choices.pick(&NUMBERS)),
            Values::YesNo => AttributeValue::YesNo(choices.happens(2)),
            Values::Day => AttributeValue::Text(day(choices, now).to_string()),
            Values::Choice(options) => AttributeValue::Text(choices.pick(options)),
            Values::List => {
                let entries = choices.pick(&[&ENTRIES[..1], &ENTRIES[1..3], &ENTRIES[3..]]);
                AttributeValue::List(entries.iter().map(|it| (*it).to_owned()).collect())
            }
            _ => AttributeValue::Text(choices.pick(&TEXTS).to_owned()),
        };
        fields.attributes.insert(attribute.id, value);
    }
    fields
}

/// A filter as it could have been read.
pub(super) fn filter(choices: &mut Choices<'_>, tenant: &Tenant, now: Timestamp) -> Filter {
    let kind = match choices.below(12) {
        place @ 7.. => Kind::ALL[place - 6],
        _ => Kind::Member,
    };
    let mut maker = Maker {
        choices,
        tenant,
        now,
    };
    let root = maker.node(kind, 4);
    Filter { kind, root }
}

struct Maker<'a, 'b> {
    choices: &'a mut Choices<'b>,
    tenant: &'a Tenant,
    now: Timestamp,
}

impl Maker<'_, '_> {
    fn node(&mut self, kind: Kind, levels: usize) -> Node {
        let shape = if levels == 0 {
            0
        } else {
            self.choices.below(8)
        };
        match shape {
            4 | 5 => Node::All(self.nodes(kind, levels - 1)),
            6 => Node::Any(self.nodes(kind, levels - 1)),
            7 => Node::Not(Box::new(self.node(kind, levels - 1))),
            3 if self.choices.happens(20) => Node::All(Vec::new()),
            _ => Node::Condition(self.condition(kind, levels)),
        }
    }

    fn nodes(&mut self, kind: Kind, levels: usize) -> Vec<Node> {
        let count = 2 + self.choices.below(3);
        (0..count).map(|_| self.node(kind, levels)).collect()
    }

    fn condition(&mut self, kind: Kind, levels: usize) -> Condition {
        let channels = match kind {
            Kind::Member => &Channel::ALL[..],
            _ => &[Channel::Email, Channel::Sms, Channel::WhatsApp],
        };
        let structure = |choices: &mut Choices<'_>| {
            let unit = choices.pick(&["s-0", "s-1", "s-2", "s-3"]);
            Condition::StructureUnder(entity_id(unit, Kind::Structure))
        };
        match self.choices.below(16) {
            8..=10 if levels > 0 => self.related(kind, levels),
            11 if RelationKind::BelongsTo.connects(kind, Kind::Structure) => {
                structure(self.choices)
            }
            12 => match (kind, self.choices.below(3)) {
                (Kind::Member, 0) => {
                    let group = self.choices.pick(&["g-0", "g-1"]);
                    Condition::InGroup(entity_id(group, Kind::Group))
                }
                (Kind::Member, 1) => Condition::InSegment(document_id(11)),
                (Kind::Member, _) => Condition::InSegment(document_id(12)),
                (Kind::Account, _) => Condition::InSegment(document_id(13)),
                _ => Condition::InList(document_id(1)),
            },
            13 => Condition::HasAddress(self.choices.pick(channels)),
            14 if kind == Kind::Member => Condition::Consent {
                channel: self.choices.pick(channels),
                answer: self.choices.pick(&ConsentAnswer::ALL),
            },
            14 => Condition::InList(document_id(2)),
            15 => Condition::OptedOut(self.choices.pick(channels)),
            _ => self.field(kind),
        }
    }

    fn related(&mut self, kind: Kind, levels: usize) -> Condition {
        let mut possible = Vec::new();
        for relation in RelationKind::ALL {
            for (from, to) in relation.ends() {
                if *from == kind {
                    possible.push((relation, Direction::Outgoing, *to));
                }
                if *to == kind {
                    possible.push((relation, Direction::Incoming, *from));
                }
            }
        }
        let (relation, direction, other) = self.choices.pick(&possible);
        let is_contact = relation == RelationKind::ContactOf;
        let stay = match relation == RelationKind::TravellerAt {
            true => self.stay(),
            false => None,
        };
        let has_more = !self.choices.happens(3);
        Condition::Related(Related {
            relation,
            direction,
            other,
            in_management: is_contact && self.choices.happens(2),
            stay,
            with: has_more.then(|| Box::new(self.node(other, levels - 1))),
        })
    }

    fn stay(&mut self) -> Option<Stay> {
        let now = self.now;
        let day = |away: i32| now.to_zoned_datetime(jiff::tz::TimeZone::UTC).date() + away.days();
        Some(match self.choices.below(5) {
            0 => return None,
            1 => Stay::Now,
            2 => Stay::During {
                from: Moment::Day(day(-1)),
                to: Moment::Day(day(-1)),
            },
            3 => Stay::During {
                from: Moment::Day(day(0)),
                to: Moment::Day(day(1)),
            },
            _ => Stay::During {
                from: Moment::Instant(now),
                to: Moment::Instant(now + 1.hour()),
            },
        })
    }

    fn field(&mut self, kind: Kind) -> Condition {
        let own = OwnField::ALL.iter().filter(|field| field.is_of(kind));
        let mut fields: Vec<(Field, Values<'_>)> = own
            .map(|field| (Field::Own(*field), Values::of_own(*field)))
            .collect();
        let tenant = self.tenant;
        for attribute in tenant
            .schemas
            .of(kind)
            .into_iter()
            .flat_map(|it| &it.attributes)
        {
            let attribute_ref = AttributeRef {
                id: attribute.id,
                name: attribute.name.clone(),
            };
            let values = Values::of_attribute(&attribute.values);
            fields.push((Field::Attribute(attribute_ref), values));
        }
        let (field, values) = self.choices.pick(&fields);
        let test = self.test(&field, values);
        Condition::Field { field, test }
    }

    fn text(&mut self, field: &Field, values: Values<'_>) -> String {
        let pool: &[&str] = match (values, field) {
            (Values::Email, _) => &EMAILS,
            (Values::Mobile, _) => &MOBILES,
            (Values::Language, _) => &LANGUAGES,
            (Values::Zone, _) => &ZONES,
            (Values::Choice(_), _) => &["gold", "silver"],
            (Values::Scope, _) => &["internal", "external"],
            (Values::Channels, _) => &["email", "sms", "whatsapp", "push"],
            (Values::List, _) => &ENTRIES,
            (_, Field::Own(OwnField::ExternalId)) => &["m-1", "M-2", "a-0", "l-1", "s-3"],
            (_, Field::Own(OwnField::Status)) => &STATUSES,
            _ => &TEXTS,
        };
        self.choices.pick(pool).to_owned()
    }

    fn constant(&mut self, field: &Field, values: Values<'_>) -> Constant {
        match values {
            Values::Number => Constant::Number(self.choices.pick(&NUMBERS)),
            Values::YesNo => Constant::YesNo(self.choices.happens(2)),
            Values::Day => Constant::Day(day(self.choices, self.now)),
            Values::Instant => match self.choices.happens(2) {
                true => Constant::Day(day(self.choices, self.now)),
                false => Constant::Instant(instant(self.choices, self.now)),
            },
            _ => Constant::Text(self.text(field, values)),
        }
    }

    fn test(&mut self, field: &Field, values: Values<'_>) -> Test {
        let is_list = matches!(values, Values::List | Values::Channels);
        let is_text = matches!(values, Values::Text | Values::Email | Values::Mobile);
        let has_days = matches!(values, Values::Day | Values::Instant);
        match self.choices.below(8) {
            1 => Test::Exists,
            _ if is_list => Test::Contains(self.text(field, values)),
            2 if values != Values::YesNo => {
                let count = 1 + self.choices.below(3);
                Test::OneOf((0..count).map(|_| self.constant(field, values)).collect())
            }
            3 if is_text || values == Values::Language => {
                let whole = self.text(field, values);
                let length = 1 + self.choices.below(4);
                let beginning: String = whole.chars().take(length).collect();
                Test::StartsWith(beginning)
            }
            4 if is_text => Test::ContainsWord(self.choices.pick(&WORDS).to_owned()),
            5 | 6 if has_days => Test::Days(self.days()),
            3..=7 if is_text || has_days || values == Values::Number => {
                Test::Range(self.range(field, values))
            }
            _ => Test::Equals(self.constant(field, values)),
        }
    }

    fn range(&mut self, field: &Field, values: Values<'_>) -> Range {
        let mut bound = || Bound {
            value: self.constant(field, values),
            is_inclusive: !self.choices.happens(2),
        };
        let (one, other) = (bound(), bound());
        let is_ordered = match (&one.value, &other.value) {
            (Constant::Number(one), Constant::Number(other)) => one < other,
            (Constant::Day(one), Constant::Day(other)) => one < other,
            (Constant::Instant(one), Constant::Instant(other)) => one < other,
            _ => true,
        };
        match self.choices.below(3) {
            0 => Range {
                from: Some(one),
                to: None,
            },
            1 if is_ordered => Range {
                from: Some(one),
                to: Some(other),
            },
            _ => Range {
                from: None,
                to: Some(other),
            },
        }
    }

    fn days(&mut self) -> Days {
        let (from, to) = self.choices.pick(&[
            (Some(0), Some(0)),
            (Some(0), Some(7)),
            (Some(-7), Some(0)),
            (Some(-3), Some(2)),
            (Some(1), Some(9)),
            (Some(0), Some(364)),
            (Some(1), None),
            (Some(31), None),
            (Some(0), None),
            (Some(-5), None),
            (None, Some(-1)),
            (None, Some(-31)),
            (None, Some(0)),
            (None, Some(4)),
        ]);
        Days {
            from,
            to,
            in_any_year: from.is_some() && to.is_some() && self.choices.happens(2),
            zone: self.choices.maybe(&ZONES).map(str::to_owned),
        }
    }
}
