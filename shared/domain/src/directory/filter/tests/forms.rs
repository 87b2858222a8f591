//! Text, JSON and tree.

use proptest::{
    collection::vec,
    prelude::{any, prop_assert, prop_assert_eq},
    string::string_regex,
    test_runner::{Config, TestRunner},
};
use serde_json::{Value, json};

use super::{
    Tenant, document_id, entity_id,
    random::{self, Choices},
};
use crate::directory::{
    Kind,
    filter::{Draft, Filter, Mention, Node, Referent},
};

#[test]
fn trees_read_back_from_their_text_and_their_json() {
    let tenant = Tenant::new();
    let config = Config {
        cases: 5_000,
        failure_persistence: None,
        ..Config::default()
    };
    let result = TestRunner::new(config).run(&vec(any::<u8>(), 0..100), |bytes| {
        let mut choices = Choices(bytes.iter());
        let now = random::now(&mut choices);
        let filter = random::filter(&mut choices, &tenant, now);
        let text = tenant.write(&filter);
        let read = Filter::from_text(filter.kind, &text, &tenant.vocabulary());
        prop_assert!(read.is_ok(), "{}: {:?}", text, read);
        prop_assert!(read.unwrap() == filter, "{}", text);
        let json = filter.to_json(&tenant.vocabulary()).unwrap();
        let read = Filter::from_json(filter.kind, &json, &tenant.vocabulary());
        prop_assert!(read.is_ok(), "{}: {:?}", json, read);
        let read = read.unwrap();
        prop_assert!(read == filter, "{}", json);
        prop_assert_eq!(tenant.write(&read), text);
        prop_assert_eq!(filter.check(&tenant.vocabulary()), Ok(()));
        let row = serde_json::to_string(&filter).unwrap();
        prop_assert!(
            serde_json::from_str::<Filter>(&row).unwrap() == filter,
            "{}",
            row
        );
        Ok(())
    });
    result.unwrap();
}

#[test]
fn any_text_value_reads_back() {
    let tenant = Tenant::new();
    let config = Config {
        cases: 1_000,
        failure_persistence: None,
        ..Config::default()
    };
    let texts = string_regex("[^\\p{Cc}\\s][^\\p{Cc}]{0,40}[^\\p{Cc}\\s]").unwrap();
    let result = TestRunner::new(config).run(&texts, |value| {
        let json = json!({"attribute": "nickname", "equals": value});
        let filter = Filter::from_json(Kind::Member, &json, &tenant.vocabulary()).unwrap();
        let text = tenant.write(&filter);
        prop_assert!(tenant.read(Kind::Member, &text) == filter, "{}", text);
        prop_assert_eq!(filter.to_json(&tenant.vocabulary()).unwrap(), json);
        Ok(())
    });
    result.unwrap();
}

#[test]
fn every_condition_has_both_forms() {
    let tenant = Tenant::new();
    let member = Kind::Member;
    let north = entity_id("s-0", Kind::Structure);
    let status = json!({"attribute": "status", "equals": "active"});
    let of = |name: &str, test: &str, value: Value| json!({"attribute": name, test: value});
    let list = json!({"id": document_id(1).as_str(), "name": "News"});
    let named = |id: &str, name: &str| json!({"id": id, "name": name});
    for (kind, text, json) in [
        (member, "all", json!({"all": []})),
        (
            member,
            "status = \"active\" and structure under \"Campus North\" and not opted_out(sms)",
            json!({"all": [
                status, {"structure_under": named(north.as_str(), "Campus North")}, {"not": {"opted_out": "sms"}},
            ]}),
        ),
        (
            member,
            "(status = \"active\" and has sms) or not (has push or email exists)",
            json!({"any": [
                {"all": [status, {"has": "sms"}]},
                {"not": {"any": [{"has": "push"}, {"attribute": "email", "exists": true}]}},
            ]}),
        ),
        (
            member,
            "points >= 100",
            of("points", "at_least", json!(100)),
        ),
        (member, "points > -2.5", of("points", "above", json!(-2.5))),
        (member, "points <= 0", of("points", "at_most", json!(0))),
        (member, "points < 1", of("points", "below", json!(1))),
        (
            member,
            "points from above 1 to below 5",
            json!({"attribute": "points", "above": 1, "below": 5}),
        ),
        (
            member,
            "birthday from \"2000-01-01\" to \"2000-12-31\"",
            json!({"attribute": "birthday", "at_least": "2000-01-01", "at_most": "2000-12-31"}),
        ),
        (
            member,
            "tier in (\"gold\", \"silver\")",
            of("tier", "one_of", json!(["gold", "silver"])),
        ),
        (
            member,
            "given_name starts with \"An\"",
            of("given_name", "starts_with", json!("An")),
        ),
        (
            member,
            "nickname contains word \"golf\"",
            of("nickname", "contains_word", json!("golf")),
        ),
        (
            member,
            "interests contains \"golf\"",
            of("interests", "contains", json!("golf")),
        ),
        (member, "vegan = true", of("vegan", "equals", json!(true))),
        (member, "`has` = \"x\"", of("has", "equals", json!("x"))),
        (
            member,
            "birthday within next 7 days in \"Europe/Berlin\"",
            json!({"attribute": "birthday", "days": {"from": 0, "to": 7}, "zone": "Europe/Berlin"}),
        ),
        (
            member,
            "birthday is today in any year in \"Asia/Tokyo\"",
            json!({
                "attribute": "birthday", "days": {"from": 0, "to": 0}, "in_any_year": true, "zone": "Asia/Tokyo",
            }),
        ),
        (
            member,
            "created_at older than 30 days",
            of("created_at", "days", json!({"to": -31})),
        ),
        (
            member,
            "created_at within last 1 day",
            of("created_at", "days", json!({"from": -1, "to": 0})),
        ),
        (
            member,
            "birthday more than 2 days ahead",
            of("birthday", "days", json!({"from": 3})),
        ),
        (
            member,
            "birthday before today",
            of("birthday", "days", json!({"to": -1})),
        ),
        (
            member,
            "birthday after today",
            of("birthday", "days", json!({"from": 1})),
        ),
        (
            member,
            "birthday within days -2 to 5",
            of("birthday", "days", json!({"from": -2, "to": 5})),
        ),
        (
            member,
            "birthday within days from -2",
            of("birthday", "days", json!({"from": -2})),
        ),
        (
            member,
            "birthday within days to 5",
            of("birthday", "days", json!({"to": 5})),
        ),
        (
            member,
            "created_at < \"2026-11-30T09:00:00Z\"",
            of("created_at", "below", json!("2026-11-30T09:00:00Z")),
        ),
        (
            member,
            "consent(email) = not_said",
            json!({"consent": "email", "answer": "not_said"}),
        ),
        (member, "in list \"News\"", json!({ "list": list })),
        (
            member,
            "in segment \"VIP\" and in group \"Cooks\"",
            json!({"all": [
                {"segment": named(document_id(11).as_str(), "VIP")},
                {"group": named(entity_id("g-1", Kind::Group).as_str(), "Cooks")},
            ]}),
        ),
        (
            member,
            "holder_of account (tier = \"gold\" and points > 5)",
            json!({"relation": "holder_of", "to": "account", "where": {"all": [
                of("tier", "equals", json!("gold")), of("points", "above", json!(5)),
            ]}}),
        ),
        (
            member,
            "contact_of location (name = \"HQ\") in management",
            json!({
                "relation": "contact_of", "to": "location", "where": of("name", "equals", json!("HQ")),
                "in_management": true,
            }),
        ),
        (
            member,
            "traveller_at location now or traveller_at location (all) during \"2026-12-01\" to \"2026-12-05T10:00:00Z\"",
            json!({"any": [
                {"relation": "traveller_at", "to": "location", "stay": "now"},
                {
                    "relation": "traveller_at", "to": "location", "where": {"all": []},
                    "stay": {"from": "2026-12-01", "to": "2026-12-05T10:00:00Z"},
                },
            ]}),
        ),
        (
            Kind::Account,
            "has member holder_of (status = \"active\")",
            json!({"relation": "holder_of", "from": "member", "where": status}),
        ),
        (
            Kind::Structure,
            "belongs_to structure and has structure belongs_to",
            json!({"all": [
                {"relation": "belongs_to", "to": "structure"}, {"relation": "belongs_to", "from": "structure"},
            ]}),
        ),
    ] {
        let filter = tenant.read(kind, text);
        assert_eq!(tenant.write(&filter), text);
        assert_eq!(
            filter.to_json(&tenant.vocabulary()).unwrap(),
            json,
            "{text}"
        );
        let read = Filter::from_json(kind, &json, &tenant.vocabulary());
        assert_eq!(read.unwrap(), filter, "{text}");
    }
}

#[test]
fn what_is_written_otherwise_has_one_canonical_form() {
    let tenant = Tenant::new();
    for (text, canonical) in [
        ("", "all"),
        (" \n ", "all"),
        ("((status=\"active\"))", "status = \"active\""),
        (
            "STATUS = \"active\" AND Has SMS",
            "status = \"active\" and has sms",
        ),
        (
            "status = \"a\" or status = \"b\" and has sms",
            "status = \"a\" or (status = \"b\" and has sms)",
        ),
        ("status != \"active\"", "not status = \"active\""),
        ("tier not in (\"GOLD\")", "not tier in (\"gold\")"),
        ("status is \"active\"", "status = \"active\""),
        (
            "birthday before \"2000-01-01\"",
            "birthday < \"2000-01-01\"",
        ),
        ("birthday within next 0 days", "birthday is today"),
        ("birthday older than 0 days", "birthday before today"),
        ("birthday within days 0 to 3", "birthday within next 3 days"),
        ("points = 1e2", "points = 100"),
        ("points = -0", "points = 0"),
        ("vegan = yes", "vegan = true"),
        (
            "email = \" Ann@Bücher.example \"",
            "email = \"ann@xn--bcher-kva.example\"",
        ),
        (
            "mobile = \"+44 20 7946 0000\"",
            "mobile = \"+442079460000\"",
        ),
        (
            "mobile starts with \"+44 20\"",
            "mobile starts with \"+4420\"",
        ),
        ("language = \"DE_at\"", "language = \"de-AT\""),
        ("zone = \"europe/berlin\"", "zone = \"Europe/Berlin\""),
        ("`status` = \"active\"", "status = \"active\""),
    ] {
        let filter = tenant.read(Kind::Member, text);
        assert_eq!(tenant.write(&filter), canonical, "{text}");
        assert_eq!(tenant.read(Kind::Member, canonical), filter, "{text}");
    }
    let one = json!({"all": [{"any": [{"has": "sms"}]}]});
    let filter = Filter::from_json(Kind::Member, &one, &tenant.vocabulary()).unwrap();
    assert_eq!(tenant.write(&filter), "has sms");
    let nobody = Filter {
        kind: Kind::Member,
        root: Node::Any(Vec::new()),
    };
    assert_eq!(tenant.write(&nobody), "not all");
}

#[test]
fn an_ambiguous_name_is_written_as_an_id() {
    let tenant = Tenant::new();
    let id = entity_id("s-2", Kind::Structure);
    let text = format!("structure under id \"{id}\"");
    let filter = tenant.read(Kind::Member, &text);
    assert_eq!(tenant.write(&filter), text);
    let quoted = tenant.read(Kind::Member, "structure under \"He said \\\"\\\\\\\"\"");
    assert_eq!(
        tenant.write(&quoted),
        "structure under \"He said \\\"\\\\\\\"\""
    );
}

#[test]
fn a_draft_says_what_has_to_be_looked_up() {
    let text = "in list \"News\" and holder_of account (structure under id \"x\")";
    let draft = Draft::from_text(text).unwrap();
    let mentions: Vec<Mention> = draft.references().into_iter().collect();
    assert_eq!(
        mentions,
        [
            Mention::Name(Referent::List, "News".to_owned()),
            Mention::Id(Referent::Structure, "x".to_owned()),
        ]
    );
    let tenant = Tenant::new();
    let filter = tenant.read(Kind::Member, "in segment \"VIP\"");
    let vip = Mention::Id(Referent::Segment, document_id(11).as_str().to_owned());
    assert!(filter.references().contains(&vip));
}
