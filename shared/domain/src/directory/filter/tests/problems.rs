//! What is wrong with a filter, where, and what would be right.

mod of_json;

use super::{Tenant, problems_of};
use crate::directory::{
    Kind,
    filter::{Filter, Place, Problem},
};

fn of_text(tenant: &Tenant, kind: Kind, text: &str) -> Vec<Problem> {
    let read = Filter::from_text(kind, text, &tenant.vocabulary());
    problems_of(read)
}

#[test]
fn a_problem_in_a_text_has_its_byte_its_snippet_and_a_remedy() {
    let tenant = Tenant::new();
    let member = Kind::Member;
    for (kind, text, code, snippet, remedy) in [
        (
            member,
            "é",
            "unexpected_character",
            "é",
            "texts are in double quotes",
        ),
        (
            member,
            "status = “active”",
            "unexpected_character",
            "“",
            "straight double quotes",
        ),
        (
            member,
            "status = \"active",
            "unfinished_text",
            "\"active",
            "double quote after it",
        ),
        (
            member,
            "status = \"a\\n\"",
            "bad_escape",
            "\"a\\",
            "after a backslash",
        ),
        (
            member,
            "points > 12abc",
            "invalid_number",
            "12abc",
            "as in 12.5",
        ),
        (
            member,
            "birthday > 2026-11-30",
            "invalid_number",
            "2026-11-30",
            "double quotes",
        ),
        (
            member,
            "`has = 1",
            "unexpected_character",
            "`",
            "two backticks",
        ),
        (member, "status =", "unfinished", "", "a value"),
        (member, "has sms and", "unfinished", "", "a condition"),
        (
            member,
            "has sms has email",
            "unexpected",
            "has",
            "and or or",
        ),
        (member, "has sms)", "unexpected", ")", "closes nothing"),
        (member, "(has sms", "unfinished", "(", "not closed"),
        (
            member,
            "and has sms",
            "unexpected",
            "and",
            "a condition instead of and",
        ),
        (
            member,
            "\"active\"",
            "unexpected",
            "\"active\"",
            "a condition, as in",
        ),
        (
            member,
            "status active",
            "unknown_operator",
            "active",
            "an operator after status",
        ),
        (
            member,
            "points betwen 1",
            "unknown_operator",
            "betwen",
            "as in =",
        ),
        (
            member,
            "status strts with \"a\"",
            "unknown_operator",
            "strts",
            "did you mean starts?",
        ),
        (
            member,
            "status starts \"a\"",
            "unexpected",
            "\"a\"",
            "starts with",
        ),
        (
            member,
            "tier in \"gold\"",
            "unexpected",
            "\"gold\"",
            "in parentheses",
        ),
        (
            member,
            "tier in (\"gold\" \"silver\")",
            "unexpected",
            "\"silver\"",
            "a comma",
        ),
        (
            member,
            "tier not = \"gold\"",
            "unexpected",
            "=",
            "in after not",
        ),
        (
            member,
            "structure \"North\"",
            "unexpected",
            "\"North\"",
            "under",
        ),
        (
            member,
            "in \"Pilots\"",
            "unexpected",
            "\"Pilots\"",
            "group, list or segment",
        ),
        (
            member,
            "in list News",
            "unexpected",
            "News",
            "double quotes",
        ),
        (
            member,
            "consent(email)",
            "unfinished",
            "",
            "consent(email) = given",
        ),
        (
            member,
            "consent email = given",
            "unexpected",
            "email",
            "in parentheses",
        ),
        (
            member,
            "holder_of (has sms)",
            "unexpected",
            "(",
            "account or transaction",
        ),
        (member, "has member", "unfinished", "", "a relation"),
        (
            member,
            "birthday within 7 days",
            "unexpected",
            "7",
            "next, last or days",
        ),
        (
            member,
            "birthday within next week",
            "unexpected",
            "week",
            "7 days",
        ),
        (
            member,
            "birthday within next -1 days",
            "invalid_days",
            "-1",
            "from 0 on",
        ),
        (member, "birthday within next 7", "unfinished", "", "days"),
        (
            member,
            "traveller_at location during \"2026-12-01\"",
            "unfinished",
            "",
            "to",
        ),
        (
            member,
            "stauts = \"active\"",
            "unknown_attribute",
            "stauts",
            "did you mean status?",
        ),
        (
            member,
            "size = 3",
            "unknown_attribute",
            "size",
            "add it to the attributes",
        ),
        (
            member,
            "first_name = \"Ann\"",
            "unknown_attribute",
            "first_name",
            "given_name?",
        ),
        (
            member,
            "name = \"Ann\"",
            "unknown_field",
            "name",
            "given_name and family_name",
        ),
        (
            Kind::Account,
            "given_name = \"A\"",
            "unknown_field",
            "given_name",
            "it has name",
        ),
        (
            member,
            "tier = \"bronze\"",
            "not_an_option",
            "\"bronze\"",
            "tier has the options gold and silver",
        ),
        (
            member,
            "channels contains \"fax\"",
            "not_an_option",
            "\"fax\"",
            "whatsapp",
        ),
        (
            member,
            "points = \"5\"",
            "wrong_type",
            "\"5\"",
            "without quotes",
        ),
        (
            member,
            "nickname = 5",
            "wrong_type",
            "5",
            "in double quotes",
        ),
        (
            member,
            "vegan = \"no\"",
            "wrong_type",
            "\"no\"",
            "true or false",
        ),
        (
            member,
            "points starts with \"5\"",
            "wrong_operator",
            "starts with \"5\"",
            "points is a number: ask with =",
        ),
        (
            member,
            "interests = \"golf\"",
            "wrong_operator",
            "= \"golf\"",
            "did you mean contains?",
        ),
        (
            member,
            "nickname contains \"golf\"",
            "wrong_operator",
            "contains \"golf\"",
            "contains word?",
        ),
        (
            member,
            "tier > \"gold\"",
            "wrong_operator",
            "> \"gold\"",
            "=, in and exists",
        ),
        (
            member,
            "status is today",
            "wrong_operator",
            "is today",
            "status is a text",
        ),
        (
            member,
            "points > 1e300",
            "number_too_large",
            "1e300",
            "9007199254740991",
        ),
        (
            member,
            "birthday > \"30.11.2026\"",
            "invalid_date",
            "\"30.11.2026\"",
            "2026-11-30",
        ),
        (
            member,
            "birthday > \"2026-11-30T09:00\"",
            "invalid_date",
            "\"2026-11-30T09:00\"",
            "is a date",
        ),
        (
            member,
            "created_at > \"2026-11-30T09:00\"",
            "invalid_time",
            "\"2026-11-30T09:00\"",
            "its offset",
        ),
        (
            member,
            "status = \" \"",
            "empty",
            "\" \"",
            "not status exists",
        ),
        (
            member,
            "nickname contains word \"--\"",
            "no_word",
            "\"--\"",
            "letter or digit",
        ),
        (
            member,
            "status = \"a\u{7}\"",
            "control_character",
            "\"a\u{7}\"",
            "U+0007",
        ),
        (
            member,
            "email = \"nobody\"",
            "invalid_email",
            "\"nobody\"",
            "not an email address",
        ),
        (
            member,
            "mobile = \"020 7946 0000\"",
            "phone_without_region",
            "\"020 7946 0000\"",
            "country code",
        ),
        (
            member,
            "language = \"no such\"",
            "invalid_language",
            "\"no such\"",
            "BCP 47",
        ),
        (
            member,
            "zone = \"Mars/Olympus\"",
            "unknown_zone",
            "\"Mars/Olympus\"",
            "Europe/Paris",
        ),
        (
            member,
            "birthday is today in \"Mars\"",
            "unknown_zone",
            "\"Mars\"",
            "Europe/Paris",
        ),
        (
            member,
            "points from 5 to 1",
            "empty_range",
            "from 5 to 1",
            "lower end first",
        ),
        (
            member,
            "points from above 5 to 5",
            "empty_range",
            "from above 5 to 5",
            "lower end first",
        ),
        (
            member,
            "birthday within next 1.5 days",
            "invalid_days",
            "1.5",
            "a whole number",
        ),
        (
            member,
            "birthday within last 99999 days",
            "invalid_days",
            "99999",
            "at most 36525",
        ),
        (
            member,
            "birthday within next 365 days in any year",
            "invalid_days",
            "within next 365 days in any year",
            "less than a year",
        ),
        (
            member,
            "birthday before today in any year",
            "invalid_days",
            "before today in any year",
            "a first and a last day",
        ),
        (
            member,
            "birthday within days 5 to 1",
            "invalid_days",
            "within days 5 to 1",
            "first day before the last",
        ),
        (
            member,
            "has fax",
            "unknown_channel",
            "fax",
            "email, sms, whatsapp, push",
        ),
        (
            member,
            "has emial",
            "unknown_channel",
            "emial",
            "did you mean email?",
        ),
        (
            Kind::Account,
            "has push",
            "wrong_kind",
            "push",
            "only members have devices",
        ),
        (
            Kind::Account,
            "consent(email) = given",
            "wrong_kind",
            "consent(email) = given",
            "only members",
        ),
        (
            member,
            "consent(email) = maybe",
            "unknown_answer",
            "maybe",
            "given, refused or not_said",
        ),
        (
            member,
            "heads account",
            "wrong_kinds",
            "heads account",
            "from member to structure",
        ),
        (
            member,
            "holder_of company",
            "unknown_kind",
            "company",
            "one of member",
        ),
        (
            member,
            "has account owns",
            "unknown_relation",
            "owns",
            "holder_of",
        ),
        (
            member,
            "holder_of account in management",
            "not_a_contact",
            "in management",
            "only contact_of",
        ),
        (
            member,
            "holder_of account now",
            "not_a_stay",
            "now",
            "only traveller_at",
        ),
        (
            member,
            "traveller_at location during \"2026-12-05\" to \"2026-12-01\"",
            "ends_before_start",
            "during \"2026-12-05\" to \"2026-12-01\"",
            "end after the start",
        ),
        (
            member,
            "traveller_at location during \"soon\" to \"2026-12-01\"",
            "invalid_time",
            "\"soon\"",
            "2026-11-30",
        ),
        (
            member,
            "holder_of account (size = 3)",
            "unknown_attribute",
            "size",
            "an account has no",
        ),
        (
            Kind::Transaction,
            "structure under \"Lab\"",
            "wrong_kind",
            "structure under \"Lab\"",
            "belongs to no structure",
        ),
        (
            Kind::Account,
            "in group \"Cooks\"",
            "wrong_kind",
            "in group \"Cooks\"",
            "is in no group",
        ),
        (
            member,
            "structure under \"Lab\"",
            "ambiguous_structure",
            "\"Lab\"",
            "2 structures of this name",
        ),
        (
            member,
            "structure under \"South\"",
            "no_such_structure",
            "\"South\"",
            "of this name",
        ),
        (
            member,
            "structure under id \"no id\"",
            "no_such_structure",
            "id \"no id\"",
            "of this id",
        ),
        (
            member,
            "in group \"Lab\"",
            "no_such_group",
            "\"Lab\"",
            "no group",
        ),
        (
            member,
            "in list \"Lab\"",
            "no_such_list",
            "\"Lab\"",
            "no list",
        ),
        (
            member,
            "in segment \"Lab\"",
            "no_such_segment",
            "\"Lab\"",
            "no segment",
        ),
        (
            member,
            "in segment \"Held\"",
            "wrong_kind",
            "\"Held\"",
            "accounts, not members",
        ),
    ] {
        let problems = of_text(&tenant, kind, text);
        assert_eq!(problems.len(), 1, "{text}: {problems:?}");
        let problem = &problems[0];
        assert_eq!(problem.code, code, "{text}: {}", problem.reason);
        assert!(
            problem.reason.contains(remedy),
            "{text}: {}",
            problem.reason
        );
        let Place::Text {
            offset,
            snippet: own,
        } = &problem.place
        else {
            panic!("{text}");
        };
        // The place is the last one of that text; the end, if nothing is there.
        assert_eq!(text.rfind(own), Some(*offset), "{text}");
        assert_eq!(own, snippet, "{text}");
    }
}

#[test]
fn every_problem_of_the_meaning_is_reported() {
    let tenant = Tenant::new();
    let text =
        "size = 3 and (tier = \"bronze\" or not has fax) and holder_of account (points = \"1\")";
    let problems = of_text(&tenant, Kind::Member, text);
    let codes: Vec<&str> = problems.iter().map(|problem| problem.code).collect();
    let expected = [
        "unknown_attribute",
        "not_an_option",
        "unknown_channel",
        "wrong_type",
    ];
    assert_eq!(codes, expected);
    let shown = format!("{problems:?}");
    assert!(!shown.contains("bronze"), "values are not printed: {shown}");
}
