//! Why somebody is meant.

use std::collections::BTreeSet;

use jiff::{Timestamp, tz::TimeZone};
use serde_json::json;

use super::{Tenant, document_id, entity_id, world::Directory};
use crate::{
    channel::Channel,
    directory::{
        Fields, Kind, RelationKind,
        filter::{Direction, Explained, Explanation, Setting},
    },
};

fn explain(tenant: &Tenant, directory: &Directory, text: &str) -> Explanation {
    let entity = &directory.entities[0];
    let filter = tenant.read(entity.kind, text);
    let structures = directory.structures();
    let setting = Setting {
        now: Timestamp::UNIX_EPOCH,
        zone: &TimeZone::UTC,
        schemas: &tenant.schemas,
        structures: &structures,
        segments: tenant,
    };
    let prepared = filter.prepare(&setting).unwrap();
    prepared.explain(entity, directory, &tenant.vocabulary())
}

fn directory(tenant: &Tenant) -> Directory {
    let schema = tenant.schemas.of(Kind::Member).unwrap();
    let mut directory = Directory::default();
    let fields = |kind: Kind, json: serde_json::Value| {
        let empty = crate::directory::Schema::empty(kind);
        let schema = tenant.schemas.of(kind).unwrap_or(&empty);
        let none = Fields::default();
        none.changed(
            schema,
            json.as_object().unwrap(),
            None,
            Timestamp::UNIX_EPOCH,
        )
        .unwrap()
    };
    let ann = json!({
        "given_name": "Ann", "status": "left", "consents": {"email": false}, "categories": ["a", "b", "c"],
        "attributes": {"points": 2.5, "tier": "silver"},
    });
    assert!(schema.named("points").is_some());
    for (kind, external, json) in [
        (Kind::Member, "m-0", ann),
        (
            Kind::Account,
            "a-0",
            json!({"name": "Main", "status": "gold"}),
        ),
        (
            Kind::Account,
            "a-1",
            json!({"name": "Side", "status": "old"}),
        ),
        (Kind::Structure, "s-0", json!({"name": "Campus North"})),
    ] {
        let id = entity_id(external, kind);
        directory.add(kind, id, Timestamp::UNIX_EPOCH, fields(kind, json));
    }
    directory.connect(RelationKind::HolderOf, 0, 1);
    directory.connect(RelationKind::HolderOf, 0, 2);
    directory.connect(RelationKind::BelongsTo, 0, 3);
    directory
}

#[test]
fn a_reason_says_what_the_person_has() {
    let tenant = Tenant::new();
    let directory = directory(&tenant);
    for (text, is_met, reason) in [
        (
            "status = \"active\"",
            false,
            "status is \"left\", not \"active\"",
        ),
        ("status = \"LEFT\"", true, "status is \"left\""),
        (
            "tier in (\"gold\")",
            false,
            "tier is \"silver\", not \"gold\"",
        ),
        ("points >= 3", false, "points is 2.5"),
        ("nickname exists", false, "has no nickname"),
        (
            "categories contains \"d\"",
            false,
            "categories is \"a\", \"b\" and \"c\"",
        ),
        (
            "created_at is today",
            true,
            "created_at is 1970-01-01T00:00:00Z",
        ),
        (
            "structure under \"Campus North\"",
            true,
            "belongs to \"Campus North\"",
        ),
        ("in group \"Cooks\"", false, "is in no group"),
        ("in list \"News\"", false, "is not on the list"),
        ("has sms", false, "has no address for sms"),
        ("consent(email) = given", false, "refused email"),
        (
            "consent(sms) = not_said",
            true,
            "has said nothing about sms",
        ),
        ("opted_out(sms)", false, "has not opted out of sms"),
        ("heads structure", false, "heads no structure"),
        ("holder_of account", true, "holder_of 2 accounts"),
        (
            "holder_of account (status = \"gold\")",
            true,
            "holder_of 2 accounts, 1 of which fits",
        ),
        ("in segment \"VIP\"", false, "is not in the segment"),
    ] {
        let explanation = explain(&tenant, &directory, text);
        assert_eq!(explanation.is_met, is_met, "{text}");
        let Explained::Condition {
            text: own_text,
            reason: own_reason,
        } = explanation.part
        else {
            panic!("{text}");
        };
        assert_eq!((own_text.as_str(), own_reason.as_str()), (text, reason));
    }
}

#[test]
fn an_explanation_has_every_part_and_every_entity_at_the_other_end() {
    let tenant = Tenant::new();
    let directory = directory(&tenant);
    let text =
        "not (status = \"left\" and in segment \"VIP\") or holder_of account (status = \"gold\")";
    let explanation = explain(&tenant, &directory, text);
    let json = serde_json::to_value(&explanation).unwrap();
    assert_eq!(json["is_met"], true);
    assert_eq!(json["part"], "any");
    let both = &json["parts"][0]["parts"][0];
    assert_eq!(
        (&both["part"], &both["is_met"]),
        (&json!("all"), &json!(false))
    );
    let segment = &both["parts"][1];
    assert_eq!(segment["text"], "in segment \"VIP\"");
    assert_eq!(
        segment["parts"][0]["parts"][1]["reason"],
        "tier is \"silver\", not \"gold\""
    );
    let accounts = &json["parts"][1]["parts"];
    assert_eq!(accounts[0]["name"], "Main");
    assert_eq!(accounts[0]["is_met"], true);
    assert_eq!(accounts[1]["name"], "Side");
    assert_eq!(
        accounts[1]["parts"][0]["reason"],
        "status is \"old\", not \"gold\""
    );
    let shown = format!("{explanation:?}");
    assert!(
        !shown.contains("Main") && !shown.contains("left"),
        "{shown}"
    );
}

#[test]
fn needs_are_what_has_to_be_read() {
    let tenant = Tenant::new();
    let filter = tenant.read(
        Kind::Member,
        "status = \"a\" and holder_of account (has member holder_of (in list \"News\")) and holder_of account and in segment \"Reachable VIP\"",
    );
    let needs = filter.needs(&tenant).unwrap();
    assert!(!needs.structures && needs.lists.is_empty());
    assert_eq!(needs.suppressions, BTreeSet::from([Channel::Sms]));
    assert_eq!(needs.relations.len(), 1);
    let key = (Direction::Outgoing, RelationKind::HolderOf, Kind::Account);
    let accounts = needs.relations[&key].as_ref().unwrap();
    let key = (Direction::Incoming, RelationKind::HolderOf, Kind::Member);
    let members = accounts.relations[&key].as_ref().unwrap();
    assert_eq!(members.lists, BTreeSet::from([document_id(1)]));
    let filter = tenant.read(
        Kind::Member,
        "in group \"Cooks\" and heads structure (structure under \"Campus North\")",
    );
    let needs = filter.needs(&tenant).unwrap();
    assert!(needs.structures);
    let group = (Direction::Outgoing, RelationKind::MemberOf, Kind::Group);
    assert_eq!(needs.relations[&group], None);
}
