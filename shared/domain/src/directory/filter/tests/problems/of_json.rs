//! The same in JSON.

use serde_json::{Value, json};

use crate::directory::{
    Kind,
    filter::{
        Filter, Place, Problem,
        tests::{Tenant, document_id, entity_id, problems_of},
    },
};

fn of_json(tenant: &Tenant, kind: Kind, json: &Value) -> Vec<Problem> {
    let read = Filter::from_json(kind, json, &tenant.vocabulary());
    problems_of(read)
}

#[test]
fn a_problem_in_json_has_its_path() {
    let tenant = Tenant::new();
    let member = Kind::Member;
    let two = |second: Value| json!({"all": [{"has": "sms"}, second]});
    for (json, code, path) in [
        (json!(7), "wrong_type", ""),
        (json!({}), "unknown_condition", ""),
        (json!({"atribute": "status"}), "unknown_condition", ""),
        (json!({"all": {"has": "sms"}}), "wrong_type", "all"),
        (json!({"any": []}), "empty", ""),
        (two(json!({"any": []})), "empty", "all[1]"),
        (
            two(json!({"not": {"attribute": "size", "exists": true}})),
            "unknown_attribute",
            "all[1].not.attribute",
        ),
        (two(json!({"not": 3})), "wrong_type", "all[1].not"),
        (
            two(json!({"has": "sms", "all": []})),
            "two_conditions",
            "all[1]",
        ),
        (
            two(json!({"has": "sms", "is": 1})),
            "unknown_key",
            "all[1].is",
        ),
        (two(json!({"has": 1})), "wrong_type", "all[1].has"),
        (two(json!({"has": "fax"})), "unknown_channel", "all[1].has"),
        (two(json!({"attribute": "status"})), "missing", "all[1]"),
        (
            two(json!({"attribute": "status", "equals": "a", "exists": true})),
            "two_tests",
            "all[1]",
        ),
        (
            two(json!({"attribute": "points", "above": 1, "at_least": 1})),
            "two_tests",
            "all[1].above",
        ),
        (
            two(json!({"attribute": "points", "above": "1"})),
            "wrong_type",
            "all[1].above",
        ),
        (
            two(json!({"attribute": "points", "equals": null})),
            "wrong_type",
            "all[1].equals",
        ),
        (
            two(json!({"attribute": "points", "at_least": 5, "below": 5})),
            "empty_range",
            "all[1].at_least",
        ),
        (
            two(json!({"attribute": "status", "above": "a", "zone": "UTC"})),
            "unknown_key",
            "all[1].zone",
        ),
        (
            two(json!({"attribute": "email", "exists": false})),
            "wrong_type",
            "all[1].exists",
        ),
        (
            two(json!({"attribute": "tier", "one_of": ["gold", "bronze"]})),
            "not_an_option",
            "all[1].one_of[1]",
        ),
        (
            two(json!({"attribute": "tier", "one_of": "gold"})),
            "wrong_type",
            "all[1].one_of",
        ),
        (
            two(json!({"attribute": "tier", "one_of": []})),
            "empty",
            "all[1].one_of",
        ),
        (
            two(json!({"attribute": "tier", "starts_with": "g"})),
            "wrong_operator",
            "all[1].starts_with",
        ),
        (
            two(json!({"attribute": "birthday", "days": 7})),
            "wrong_type",
            "all[1].days",
        ),
        (
            two(json!({"attribute": "birthday", "days": {}})),
            "invalid_days",
            "all[1].days",
        ),
        (
            two(json!({"attribute": "birthday", "days": {"to": 0.5}})),
            "invalid_days",
            "all[1].days.to",
        ),
        (
            two(json!({"attribute": "birthday", "days": {"until": 5}})),
            "unknown_key",
            "all[1].days.until",
        ),
        (
            two(json!({"attribute": "birthday", "days": {"to": 5}, "zone": "Mars"})),
            "unknown_zone",
            "all[1].zone",
        ),
        (two(json!({"relation": "holder_of"})), "missing", "all[1]"),
        (
            two(json!({"relation": "holder_of", "to": "account", "from": "member"})),
            "missing",
            "all[1]",
        ),
        (
            two(json!({"relation": "owns", "to": "account"})),
            "unknown_relation",
            "all[1].relation",
        ),
        (
            two(json!({"relation": "heads", "to": "account"})),
            "wrong_kinds",
            "all[1].relation",
        ),
        (
            two(json!({"relation": "heads", "to": "company"})),
            "unknown_kind",
            "all[1].to",
        ),
        (
            two(json!({"relation": "holder_of", "to": "account", "where": {"has": "fax"}})),
            "unknown_channel",
            "all[1].where.has",
        ),
        (
            two(json!({"relation": "holder_of", "to": "account", "in_management": true})),
            "not_a_contact",
            "all[1].in_management",
        ),
        (
            two(json!({"relation": "holder_of", "to": "account", "stay": "now"})),
            "not_a_stay",
            "all[1].stay",
        ),
        (
            two(json!({"relation": "traveller_at", "to": "location", "stay": "soon"})),
            "wrong_type",
            "all[1].stay",
        ),
        (
            two(
                json!({"relation": "traveller_at", "to": "location", "stay": {"from": "2026-12-01"}}),
            ),
            "missing",
            "all[1].stay.to",
        ),
        (
            two(json!({"structure_under": "Lab"})),
            "ambiguous_structure",
            "all[1].structure_under",
        ),
        (two(json!({"group": 5})), "wrong_type", "all[1].group"),
        (
            two(json!({"list": {"id": "x"}})),
            "no_such_list",
            "all[1].list",
        ),
        (
            two(json!({"segment": {"of": "x", "name": "VIP"}})),
            "unknown_key",
            "all[1].segment.of",
        ),
        (two(json!({"consent": "email"})), "missing", "all[1].answer"),
        (
            two(json!({"consent": "email", "answer": "yes"})),
            "unknown_answer",
            "all[1].answer",
        ),
        (
            two(json!({"opted_out": "fax"})),
            "unknown_channel",
            "all[1].opted_out",
        ),
    ] {
        let problems = of_json(&tenant, member, &json);
        assert_eq!(problems.len(), 1, "{json}: {problems:?}");
        assert_eq!(problems[0].code, code, "{json}: {}", problems[0].reason);
        assert_eq!(problems[0].place, Place::Json(path.to_owned()), "{json}");
    }
}

#[test]
fn what_a_filter_refers_to_may_be_given_by_name_or_id() {
    let tenant = Tenant::new();
    let lab = entity_id("s-1", Kind::Structure);
    let read = |json: Value| Filter::from_json(Kind::Member, &json, &tenant.vocabulary());
    // The id decides, whatever the name says.
    let by_id = read(json!({"structure_under": {"id": lab.as_str(), "name": "Old name"}}));
    let text = format!("structure under id \"{lab}\"");
    assert_eq!(tenant.write(&by_id.unwrap()), text);
    let by_name = read(json!({"list": {"name": "News"}}));
    let plain = read(json!({"list": "News"}));
    assert_eq!(by_name, plain);
    let id = document_id(1);
    assert_eq!(read(json!({"list": {"id": id.as_str()}})), plain);
}
