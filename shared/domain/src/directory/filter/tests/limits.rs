//! How large filters may be, and hostile input.

use std::collections::HashMap;

use proptest::{
    collection::vec,
    prelude::{any, prop_assert, prop_assert_eq},
    sample::select,
    test_runner::{Config, TestRunner},
};
use serde_json::{Value, json};

use super::{Tenant, document_id, problems_of};
use crate::{
    directory::{
        Kind,
        filter::{
            CONDITIONS, Condition, DEPTH, Draft, Filter, Node, Place, Problem, Saved, TEXT_BYTES,
            VALUES,
        },
    },
    id::DocumentId,
};

fn problems(tenant: &Tenant, text: &str) -> Vec<Problem> {
    let read = Filter::from_text(Kind::Member, text, &tenant.vocabulary());
    problems_of(read)
}

#[test]
fn it_has_at_most_250_conditions() {
    let tenant = Tenant::new();
    let text = |count: usize| vec!["has sms"; count].join(" or ");
    assert_eq!(problems(&tenant, &text(CONDITIONS)), []);
    let too_many = problems(&tenant, &text(CONDITIONS + 2));
    assert_eq!(too_many.len(), 1);
    assert_eq!(too_many[0].code, "too_many_conditions");
    let offset = CONDITIONS * "has sms or ".len();
    assert_eq!(too_many[0].place.to_string(), format!("at byte {offset}"));
    let parts: Vec<Value> = vec![json!({"has": "sms"}); CONDITIONS + 1];
    let read = Filter::from_json(Kind::Member, &json!({ "any": parts }), &tenant.vocabulary());
    assert_eq!(read.unwrap_err()[0].place.to_string(), "any[250]");
}

#[test]
fn it_has_at_most_8_levels() {
    let tenant = Tenant::new();
    let nested = |levels: usize| format!("{}has sms", "not ".repeat(levels - 1));
    assert_eq!(problems(&tenant, &nested(DEPTH)), []);
    let too_deep = problems(&tenant, &nested(DEPTH + 1));
    assert_eq!(too_deep.len(), 1);
    assert_eq!(too_deep[0].code, "too_deep");
    assert_eq!(too_deep[0].place.to_string(), "at byte 32");
    let json =
        |levels: usize| (1..levels).fold(json!({"has": "sms"}), |inner, _| json!({ "not": inner }));
    let read = |json: &Value| Filter::from_json(Kind::Member, json, &tenant.vocabulary());
    assert!(read(&json(DEPTH)).is_ok());
    let problems = read(&json(DEPTH + 1)).unwrap_err();
    assert_eq!(problems[0].place.to_string(), ["not"; DEPTH].join("."));
    // The nested node of a relation is a level, and parentheses that change nothing are none.
    let related = |levels: usize| {
        let pairs = (levels - 1) / 2;
        let open = "holder_of account (has member holder_of (".repeat(pairs);
        format!("{open}has sms{}", "))".repeat(pairs))
    };
    assert_eq!(self::problems(&tenant, &related(7)), []);
    assert_eq!(self::problems(&tenant, &related(9))[0].code, "too_deep");
    let parentheses = format!("{}has sms{}", "(".repeat(20), ")".repeat(20));
    assert_eq!(self::problems(&tenant, &parentheses), []);
}

#[test]
fn it_has_at_most_200_values_and_60_000_bytes_of_them() {
    let tenant = Tenant::new();
    let values = |count: usize, length: usize| {
        let value = format!("\"{}\"", "x".repeat(length));
        format!("nickname in ({})", vec![value; count].join(", "))
    };
    assert_eq!(problems(&tenant, &values(VALUES, 300)), []);
    assert_eq!(
        problems(&tenant, &values(VALUES + 1, 1))[0].code,
        "too_many_values"
    );
    let large = problems(&tenant, &values(VALUES, 301));
    assert_eq!((large.len(), large[0].code), (1, "too_long"));
    // The text of the largest filter can be read: each of its characters is escaped.
    let quotes = format!("\"{}\"", "\\\"".repeat(300));
    let text = format!("nickname in ({})", vec![quotes; VALUES].join(", "));
    let filter = tenant.read(Kind::Member, &text);
    assert!(tenant.write(&filter).len() < TEXT_BYTES);
}

#[test]
fn hostile_texts_are_refused_without_a_stack_overflow() {
    let tenant = Tenant::new();
    for (unit, count) in [
        ("(", 10_000),
        ("not ", 10_000),
        ("holder_of account (", 10_000),
        ("has sms and (", 10_000),
        ("all or ", 10_000),
        ("\"", 10_001),
        ("`", 10_000),
        ("\\", 10_000),
        ("x", 10_000),
        ("9", 10_000),
        ("-", 10_000),
        ("1e9", 10_000),
        ("=", 10_000),
        ("status = ", 10_000),
        ("🦀", 10_000),
        ("ß\u{301}", 10_000),
        ("\u{0}", 10_000),
        ("a in (1,", 10_000),
        ("a", TEXT_BYTES + 1),
    ] {
        let text = unit.repeat(count);
        let problems = problems(&tenant, &text);
        assert!(!problems.is_empty(), "{unit}");
        assert!(!problems[0].reason.is_empty() && problems[0].reason.len() < 500);
    }
    // The same on the little stack of a thread.
    let thread = std::thread::Builder::new().stack_size(256 * 1_024);
    let small = thread.spawn(|| {
        let text = "not (".repeat(10_000);
        Draft::from_text(&text).err().map(|problem| problem.code)
    });
    assert_eq!(small.unwrap().join().unwrap(), Some("too_deep"));
    let mut json = json!({"has": "sms"});
    for _ in 0..100 {
        json = json!({ "not": json });
    }
    let read = Filter::from_json(Kind::Member, &json, &tenant.vocabulary());
    assert_eq!(read.unwrap_err()[0].code, "too_deep");
}

#[test]
fn whatever_is_written_is_read_or_refused_with_a_place_in_it() {
    const WORDS: [&str; 48] = [
        "(",
        ")",
        ",",
        "=",
        "!=",
        ">=",
        "<",
        "and",
        "or",
        "not",
        "in",
        "has",
        "all",
        "any",
        "status",
        "points",
        "birthday",
        "interests",
        "tier",
        "`has`",
        "\"active\"",
        "\"gold\"",
        "\"2026-11-30\"",
        "7",
        "-1.5",
        "true",
        "within",
        "next",
        "last",
        "days",
        "older",
        "than",
        "today",
        "is",
        "exists",
        "starts with",
        "contains",
        "word",
        "from",
        "to",
        "below",
        "year",
        "holder_of account",
        "member",
        "sms",
        "consent(email) = given",
        "opted_out(sms)",
        "structure under \"Campus North\"",
    ];
    let tenant = Tenant::new();
    let config = || Config {
        cases: 4_000,
        failure_persistence: None,
        ..Config::default()
    };
    let check = |text: &str| {
        match Filter::from_text(Kind::Member, text, &tenant.vocabulary()) {
            Ok(filter) => {
                let canonical = tenant.write(&filter);
                prop_assert!(tenant.read(Kind::Member, &canonical) == filter, "{}", text);
                prop_assert_eq!(
                    tenant.write(&tenant.read(Kind::Member, &canonical)),
                    canonical
                );
            }
            Err(problems) => {
                prop_assert!(!problems.is_empty(), "{}", text);
                for problem in problems {
                    let Place::Text { offset, .. } = problem.place else {
                        panic!("{text}");
                    };
                    prop_assert!(text.is_char_boundary(offset), "{}", text);
                }
            }
        }
        Ok(())
    };
    let words = vec(select(&WORDS[..]), 0..12);
    let result = TestRunner::new(config()).run(&words, |words| check(&words.join(" ")));
    result.unwrap();
    let result = TestRunner::new(config()).run(&any::<String>(), |text| check(&text));
    result.unwrap();
}

#[test]
fn segments_include_one_another_neither_in_circles_nor_without_end() {
    let mut tenant = Tenant::new();
    let member = Kind::Member;
    // "Reachable VIP" includes "VIP", so "VIP" may include neither it nor itself.
    let vip = document_id(11);
    let mut vocabulary = tenant.vocabulary();
    vocabulary.own = Some(&vip);
    for text in [
        "in segment \"Reachable VIP\"",
        "has sms and in segment \"VIP\"",
    ] {
        let problems = Filter::from_text(member, text, &vocabulary).unwrap_err();
        assert_eq!((problems.len(), problems[0].code), (1, "circle"), "{text}");
    }
    let nested = "holder_of account (in segment \"Held\")";
    let problems = Filter::from_text(member, nested, &vocabulary).unwrap_err();
    assert_eq!(problems[0].code, "circle");
    assert_eq!(problems[0].place.to_string(), "at byte 30");

    // A chain of eight is allowed and one of nine is not.
    let names = ["c0", "c1", "c2", "c3", "c4", "c5", "c6", "c7"];
    tenant.save(100, names[0], member, "has sms");
    for (place, pair) in names.windows(2).enumerate() {
        let number = 101 + u128::try_from(place).unwrap();
        tenant.save(
            number,
            pair[1],
            member,
            &format!("in segment \"{}\"", pair[0]),
        );
    }
    let chain = tenant.read(member, "in segment \"c7\"");
    assert!(chain.needs(&tenant).is_ok());
    assert_eq!(chain.inclusions(&tenant).len(), 8);
    let ninth = document_id(200);
    tenant.saved.push((Saved::Segment, "c8", ninth.clone()));
    tenant.segments.insert(ninth, chain);
    let problems = self::problems(&tenant, "in segment \"c8\"");
    assert_eq!(problems[0].code, "too_many_inclusions");

    // "c4" is short where it is met first, and too long at the end of another chain.
    let include = |name: u128| Node::Condition(Condition::InSegment(document_id(name)));
    let chain = [
        (300, include(104)),
        (301, include(300)),
        (302, include(301)),
        (303, include(302)),
    ];
    let both = Node::Any(vec![include(104), include(303)]);
    for (number, root) in chain.into_iter().chain([(304, both)]) {
        let filter = Filter { kind: member, root };
        tenant.segments.insert(document_id(number), filter);
    }
    tenant
        .saved
        .push((Saved::Segment, "both", document_id(304)));
    let problems = self::problems(&tenant, "in segment \"both\"");
    assert_eq!(problems[0].code, "too_many_inclusions");
}

#[test]
fn segments_that_grow_or_close_a_circle_later_are_found_when_they_are_used() {
    let mut tenant = Tenant::new();
    let member = Kind::Member;
    let ten = ["has sms"; 10].join(" or ");
    tenant.save(100, "d0", member, &ten);
    let doubled = |tenant: &Tenant, name: &str| {
        tenant.read(
            member,
            &format!("in segment \"{name}\" or in segment \"{name}\""),
        )
    };
    // Each of these includes the one before twice.
    let names = ["d0", "d1", "d2", "d3", "d4", "d5", "d6", "d7"];
    for (place, pair) in names.windows(2).enumerate() {
        let filter = doubled(&tenant, pair[0]);
        let id = document_id(101 + u128::try_from(place).unwrap());
        tenant.saved.push((Saved::Segment, pair[1], id.clone()));
        tenant.segments.insert(id, filter);
    }
    let d7 = tenant.read(member, "in segment \"d7\"");
    assert!(d7.needs(&tenant).is_ok());
    let more = ["has sms"; 30].join(" or ");
    let filter = tenant.read(member, &more);
    tenant.segments.insert(document_id(100), filter);
    assert_eq!(d7.needs(&tenant).unwrap_err().code(), "too_many_conditions");
    assert_eq!(
        problems(&tenant, "in segment \"d7\"")[0].code,
        "too_many_conditions"
    );
    tenant.segments.insert(document_id(100), d7.clone());
    assert_eq!(d7.needs(&tenant).unwrap_err().code(), "circle");
    let empty: HashMap<DocumentId, Filter> = HashMap::new();
    tenant.segments = empty;
    assert_eq!(d7.needs(&tenant).unwrap_err().code(), "no_such_segment");
}
