use super::*;

fn content(subject: &str, html: &str, sms: &str) -> Content {
    Content {
        default: LocalizedContent {
            email: Some(EmailContent::new(subject.to_owned(), html.to_owned(), None)),
            sms: Some(SmsContent::new(sms.to_owned())),
            ..LocalizedContent::default()
        },
        ..Content::default()
    }
}

#[test]
fn every_problem_is_named_with_its_field() {
    let mut bad = content("", "<p>{{{member.first_name}}}</p>", &"x".repeat(1_601));
    bad.languages.insert(
        "el".parse().unwrap(),
        LocalizedContent {
            sms: Some(SmsContent::new("{{#if a}}".to_owned())),
            ..LocalizedContent::default()
        },
    );
    let fields: Vec<String> = check(&bad)
        .unwrap_err()
        .into_iter()
        .map(|problem| problem.field)
        .collect();
    assert_eq!(
        fields,
        [
            "content.email.subject",
            "content.email.html",
            "content.sms.text",
            "content.languages.el.sms.text"
        ]
    );
}

#[test]
fn limits_hold_at_the_edge() {
    assert!(check(&content(&"x".repeat(255), "<p></p>", &"x".repeat(1_600))).is_ok());
    assert!(check(&content(&"x".repeat(256), "<p></p>", "x")).is_err());
    assert!(check(&content("x\r\nBcc: y", "<p></p>", "x")).is_err());
}
