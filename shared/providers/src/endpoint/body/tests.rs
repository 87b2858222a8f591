use serde_json::json;

use super::*;

/// Texts that would escape a string or be expanded if templates were filled in textually.
const PARTS: [&str; 26] = [
    "\"",
    "\\",
    "\\\"",
    "\n",
    "\r\n",
    "\t",
    "\0",
    "\u{1b}",
    "\u{7f}",
    "\u{2028}",
    "\u{feff}",
    "{",
    "}",
    "{{",
    "}}",
    "{{to}}",
    "{{ text }}",
    "{{key}}",
    "{{unknown}}",
    "\",\"to\":\"+1\",\"x\":\"",
    "\"}],\"admin\":true,\"x\":[{\"y\":\"",
    "\\u0022",
    "/*",
    "</script>",
    "Γειά",
    "🔔",
];

/// Reproducible pseudorandom numbers (Knuth's MMIX).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }

    fn text(&mut self) -> String {
        let parts = self.below(8);
        (0..parts).map(|_| PARTS[self.below(PARTS.len())]).collect()
    }
}

#[test]
fn message_content_never_becomes_json_or_a_placeholder() {
    let template = Template::parse(
        r#"{
            "to": "{{to}}",
            "list": ["{{text}}", "a {{text}} b {{ text }}{{html}}", {"name": "{{to_name}}|{{subject}}"}, 7, -0.5, null, true],
            "fixed": "\"}",
            "nothing": "{{callback_url}}"
        }"#,
    )
    .unwrap();
    let mut numbers = Numbers(1);
    for _ in 0..2_000 {
        let [to, to_name, subject, text, html] = std::array::from_fn(|_| numbers.text());
        let fields = Fields {
            to: &to,
            to_name: Some(&to_name),
            subject: Some(&subject),
            text: &text,
            html: Some(&html),
            key: "k".to_owned(),
            ..Fields::default()
        };
        let filled: Value = serde_json::from_slice(&template.write(&fields).unwrap()).unwrap();
        let expected = json!({
            "to": to,
            "list": [
                text,
                format!("a {text} b {text}{html}"),
                { "name": format!("{to_name}|{subject}") },
                7,
                -0.5,
                null,
                true,
            ],
            "fixed": "\"}",
            "nothing": "",
        });
        assert_eq!(filled, expected);

        let usual: Value = serde_json::to_value(&fields).unwrap();
        let read: Value = serde_json::from_slice(&serde_json::to_vec(&fields).unwrap()).unwrap();
        assert_eq!(read, usual);
        assert_eq!((&read["text"], &read["html"]), (&json!(text), &json!(html)));
    }
}

#[test]
fn a_template_is_json_with_known_placeholders() {
    for good in [
        "{}",
        "[]",
        "null",
        "7",
        "\"{{to}}\"",
        "\"{{to}}{{text}}\"",
        "\"{{  to  }}\"",
        r#"{"a": {"b": ["{{text}}"]}, "c": "}} is closed, { is not opened"}"#,
        r#"{"a}}": "{{callback_url}}"}"#,
    ] {
        assert!(Template::parse(good).is_some(), "{good}");
    }
    for bad in [
        "",
        "{{to}}",
        "{\"to\": {{to}}}",
        "{\"to\": \"{{to}}\"",
        "{\"to\": \"{{to}}\"} {}",
        "\"{{unknown}}\"",
        "\"{{}}\"",
        "\"{{TO}}\"",
        "\"{{to\"",
        "\"{{to}\"",
        "\"{{{to}}}\"",
        "\"{{to {{text}}\"",
        "\"{{#to}}\"",
        "{\"{{to}}\": 1}",
        "{\"a\": [{\"b\": \"{{to}} {{other}}\"}]}",
    ] {
        assert!(Template::parse(bad).is_none(), "{bad}");
    }
    let of_length = |length: usize| format!("\"{}\"", "x".repeat(length - 2));
    assert!(Template::parse(&of_length(MAXIMUM_BYTES)).is_some());
    assert!(Template::parse(&of_length(MAXIMUM_BYTES + 1)).is_none());
    let deep = format!("{}{}", "[".repeat(2_000), "]".repeat(2_000));
    assert!(Template::parse(&deep).is_none());
}
