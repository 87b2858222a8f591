use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::{
    content::{EmailContent, PushContent, SmsContent, TemplateHeader, WhatsAppContent},
    receiver::Source,
};

fn receiver() -> Receiver {
    let mut variables = Map::new();
    variables.insert(
        "account".to_owned(),
        json!({ "account_name": "A-1", "balance": "10" }),
    );
    Receiver {
        first_name: Some("Zoë <b>".to_owned()),
        last_name: None,
        email: Some(crate::address::EmailAddress::parse("zoe@example.com").unwrap()),
        mobile: None,
        push: None,
        language: None,
        variables,
        source: Source::Hand,
        off: BTreeMap::new(),
        corrections: Vec::new(),
    }
}

fn content(subject: &str, html: &str, sms: &str) -> Content {
    Content {
        default: LocalizedContent {
            email: Some(EmailContent::new(subject.to_owned(), html.to_owned(), None)),
            sms: Some(SmsContent {
                text: sms.to_owned(),
            }),
            ..LocalizedContent::default()
        },
        ..Content::default()
    }
}

fn sms(template: &str, receiver: &Receiver) -> Result<String, RenderError> {
    match Renderer::new("Spring", &content("s", "<p>h</p>", template))
        .unwrap()
        .render(Channel::Sms, receiver)?
    {
        Rendered::Sms { text } => Ok(text),
        other => unreachable!("an SMS was asked for: {other:?}"),
    }
}

#[test]
fn html_is_escaped_and_text_is_not() {
    let renderer = Renderer::new(
        "Spring",
        &content(
            "{{campaign.name}} for {{member.first_name}}",
            "<p>Hi {{member.first_name}}</p>",
            "x",
        ),
    )
    .unwrap();
    let Rendered::Email {
        subject,
        html,
        text,
        ..
    } = renderer.render(Channel::Email, &receiver()).unwrap()
    else {
        unreachable!("an email was asked for")
    };
    assert_eq!(subject, "Spring for Zoë <b>");
    assert_eq!(html, "<p>Hi Zoë &lt;b&gt;</p>");
    assert_eq!(text.trim(), "Hi Zoë <b>");
}

#[test]
fn a_placeholder_without_value_fails_unless_it_has_a_default() {
    let receiver = receiver();
    assert_eq!(sms("{{account.balance}}", &receiver).unwrap(), "10");
    assert_eq!(
        sms("Dear {{member.last_name}}", &receiver),
        Err(RenderError::MissingValue("member.last_name".to_owned()))
    );
    assert_eq!(
        sms("{{default member.last_name \"friend\"}}", &receiver).unwrap(),
        "friend"
    );
    assert_eq!(
        sms("{{default member.first_name \"friend\"}}", &receiver).unwrap(),
        "Zoë <b>"
    );
    assert_eq!(
        sms("{{#if member.last_name}}a{{else}}b{{/if}}", &receiver).unwrap(),
        "b"
    );
    assert_eq!(
        sms("{{default account.balance \"0\"}}", &receiver).unwrap(),
        "10"
    );
}

#[test]
fn a_default_is_escaped_in_html() {
    let renderer = Renderer::new(
        "Spring",
        &content("s", "<p>{{default member.last_name \"<i>\"}}</p>", "x"),
    )
    .unwrap();
    let mut hostile = receiver();
    hostile.last_name = Some("<script>".to_owned());
    for (receiver, expected) in [
        (receiver(), "<p>&lt;i&gt;</p>"),
        (hostile, "<p>&lt;script&gt;</p>"),
    ] {
        let Rendered::Email { html, .. } = renderer.render(Channel::Email, &receiver).unwrap()
        else {
            unreachable!("an email was asked for")
        };
        assert_eq!(html, expected);
    }
}

#[test]
fn everyone_gets_their_language_or_the_default() {
    let mut content = content("Hello", "<p>Hello</p>", "Hello");
    content.languages.insert(
        "el".parse().unwrap(),
        LocalizedContent {
            sms: Some(SmsContent {
                text: "Γεια".to_owned(),
            }),
            ..LocalizedContent::default()
        },
    );
    let renderer = Renderer::new("Spring", &content).unwrap();
    for (language, expected) in [
        (Some("el-CY"), "Γεια"),
        (Some("fr"), "Hello"),
        (None, "Hello"),
    ] {
        let mut receiver = receiver();
        receiver.language = language.map(|tag| tag.parse().unwrap());
        assert_eq!(
            renderer.render(Channel::Sms, &receiver).unwrap(),
            Rendered::Sms {
                text: expected.to_owned()
            },
            "{language:?}"
        );
        assert!(
            renderer.render(Channel::Email, &receiver).is_ok(),
            "no Greek email: the default has to do"
        );
    }
}

#[test]
fn unsafe_templates_are_refused() {
    for (template, expected) in [
        ("{{{member.first_name}}}", TemplateError::Unescaped),
        ("{{&member.first_name}}", TemplateError::Unescaped),
        ("{{> header}}", TemplateError::Partial),
        ("{{#*inline \"a\"}}x{{/inline}}", TemplateError::Partial),
        (
            "{{exec member.first_name}}",
            TemplateError::UnknownHelper("exec".to_owned()),
        ),
        ("{{#if a}}{{{b}}}{{/if}}", TemplateError::Unescaped),
        (
            "{{#log a}}{{/log}}",
            TemplateError::UnknownHelper("log".to_owned()),
        ),
    ] {
        assert_eq!(check_template(template), Err(expected), "{template}");
    }
    assert!(matches!(
        check_template("{{#if a}}"),
        Err(TemplateError::Syntax(_))
    ));
}

#[test]
fn the_output_is_capped() {
    let mut receiver = receiver();
    receiver.variables.insert(
        "many".to_owned(),
        Value::Array(vec![json!("x".repeat(1_000)); 1_000]),
    );
    assert_eq!(
        sms("{{#each many}}{{this}}{{/each}}", &receiver),
        Err(RenderError::TooLong("512 KiB"))
    );
    assert_eq!(
        sms("{{many.[0]}}{{many.[1]}}", &receiver),
        Err(RenderError::TooLong("1,600 characters"))
    );
}

#[test]
fn a_line_break_in_a_name_adds_no_header() {
    let renderer = Renderer::new(
        "Spring",
        &content("Hi {{member.first_name}}", "<p></p>", "x"),
    )
    .unwrap();
    let mut receiver = receiver();
    receiver.first_name = Some("Ann\r\nBcc: x@example.com".to_owned());
    let Rendered::Email { subject, .. } = renderer.render(Channel::Email, &receiver).unwrap()
    else {
        unreachable!("an email was asked for")
    };
    assert_eq!(subject, "Hi Ann Bcc: x@example.com");
}

proptest! {
    #[test]
    fn rendering_never_panics_and_is_the_same_twice(template in ".{0,200}", first_name in ".{0,40}") {
        if check_template(&template).is_ok() && !template.trim().is_empty() {
            let renderer = Renderer::new("Spring", &content("s", &template, "x")).unwrap();
            let mut receiver = receiver();
            receiver.first_name = Some(first_name);
            let first = renderer.render(Channel::Email, &receiver);
            prop_assert_eq!(&first, &renderer.render(Channel::Email, &receiver));
        }
    }

    #[test]
    fn a_text_part_that_is_made_is_a_template_too(pieces in prop::collection::vec(prop::sample::select(vec![
        "{{a}}", "{{#if a}}", "{{else}}", "{{/if}}", "{{#each a}}", "{{/each}}", "{{default a \"b c\"}}", "{{!-- }} --}}", "<p>", "</p>",
        "<table>", "</table>", "<tr>", "</tr>", "<td>", "</td>", "<ul>", "<li>", "</li>", "</ul>", "<a href=\"", "\">", "</a>", "\\", "{", "}",
        "&#123;", "<!--", "-->", "<span>", "</span>", "word ", "\n",
    ]), 0..14)) {
        let html: String = pieces.concat();
        if check_template(&html).is_ok() && let Some(text) = crate::text_part::from_html(&html) {
            prop_assert_eq!(check_template(&text), Ok(()), "{:?} of {:?}", text, html);
        }
    }

    #[test]
    fn a_value_never_leaks_unescaped_into_html(first_name in ".{0,80}") {
        let renderer = Renderer::new("Spring", &content("s", "{{member.first_name}}", "x")).unwrap();
        let mut receiver = receiver();
        receiver.first_name = Some(first_name);
        if let Ok(Rendered::Email { html, .. }) = renderer.render(Channel::Email, &receiver) {
            prop_assert!(!html.contains(['<', '>', '"']));
        }
    }
}

#[test]
fn whatsapp_has_a_text_within_the_window_and_a_template_outside_of_it() {
    let template = WhatsAppTemplate {
        name: "outage".to_owned(),
        language: "en_US".to_owned(),
        header: Some(TemplateHeader::Image(
            "https://example.com/{{account.account_name}}".to_owned(),
        )),
        body: vec!["{{member.first_name}}\nand\tall".to_owned(), "x".to_owned()],
        buttons: vec![String::new(), "{{account.account_name}}".to_owned()],
    };
    let render = |whatsapp: WhatsAppContent| {
        let mut content = Content::default();
        content.default.whatsapp = Some(whatsapp);
        let renderer = Renderer::new("Spring", &content).unwrap();
        renderer.render(Channel::WhatsApp, &receiver())
    };
    let both = render(WhatsAppContent {
        text: Some("Hello {{member.first_name}}".to_owned()),
        template: Some(template.clone()),
    })
    .unwrap();
    let filled = WhatsAppTemplate {
        header: Some(TemplateHeader::Image("https://example.com/A-1".to_owned())),
        body: vec!["Zoë <b> and all".to_owned(), "x".to_owned()],
        buttons: vec![String::new(), "A-1".to_owned()],
        ..template.clone()
    };
    let said = |text: Option<&str>, template: Option<&WhatsAppTemplate>| Rendered::WhatsApp {
        text: text.map(str::to_owned),
        template: template.cloned(),
    };
    assert_eq!(both, said(Some("Hello Zoë <b>"), Some(&filled)));
    let inside = both.clone().within_window(true).unwrap();
    let outside = both.within_window(false).unwrap();
    assert_eq!(inside, said(Some("Hello Zoë <b>"), None));
    assert_eq!(outside, said(None, Some(&filled)));
    assert_ne!(inside.digest(), outside.digest());

    let only_text = render(WhatsAppContent {
        text: Some("Hello".to_owned()),
        template: None,
    });
    let only_text = only_text.unwrap();
    assert!(only_text.clone().within_window(true).is_ok());
    assert_eq!(
        only_text.within_window(false),
        Err(RenderError::OutsideWindow)
    );
    let missing = render(WhatsAppContent {
        text: None,
        template: Some(WhatsAppTemplate {
            body: vec!["{{account.owner}}".to_owned()],
            ..template
        }),
    });
    assert!(
        matches!(missing, Err(RenderError::MissingValue(_))),
        "{missing:?}"
    );
}

#[test]
fn a_notification_is_filled_in() {
    let mut content = Content::default();
    content.default.push = Some(PushContent {
        title: "Hi\n{{member.first_name}}".to_owned(),
        body: "{{account.balance}}".to_owned(),
        icon: None,
        url: Some("https://example.com/{{account.account_name}}".to_owned()),
    });
    let renderer = Renderer::new("Spring", &content).unwrap();
    assert_eq!(
        renderer.render(Channel::Push, &receiver()),
        Ok(Rendered::Push {
            title: "Hi Zoë <b>".to_owned(),
            body: "10".to_owned(),
            icon: None,
            url: Some("https://example.com/A-1".to_owned()),
        })
    );
}

#[test]
fn what_would_take_too_long_or_too_much_of_the_stack_is_refused_when_it_is_written() {
    let nested = |depth: usize| {
        let (open, close) = ("(default ".repeat(depth), " \"a\")".repeat(depth));
        format!("{{{{default {open}x{close} \"a\"}}}}")
    };
    assert_eq!(check_template(&nested(3)), Ok(()));
    for depth in [30, 1_308, 1_500, 100_000] {
        assert_eq!(
            check_template(&nested(depth)),
            Err(TemplateError::TooDeep),
            "{depth}"
        );
    }
    let blocks = |depth: usize| format!("{}{}", "{{#if a}}".repeat(depth), "{{/if}}".repeat(depth));
    for depth in [9, 40, 100_000] {
        assert_eq!(
            check_template(&blocks(depth)),
            Err(TemplateError::TooDeep),
            "{depth}"
        );
    }
    let loops = |inner: usize| {
        let inner = "{{#if x}}{{/if}}".repeat(inner);
        format!("{{{{#each a}}}}{{{{#each @root.b}}}}{inner}{{{{/each}}}}{{{{/each}}}}")
    };
    assert_eq!(check_template(&loops(3)), Ok(()));
    let too_much = check_template(&loops(700));
    assert!(
        matches!(too_much, Err(TemplateError::TooMuch { steps }) if steps > 7_000_000),
        "{too_much:?}"
    );
    let long = "{{x}}".repeat(10_000);
    assert_eq!(check_template(&long), Ok(()));
}

#[test]
fn braces_that_are_written_with_a_backslash_are_refused() {
    for template in ["\\{{default x \"<script>1</script>\"}}", "a \\\\{{x}}"] {
        assert_eq!(
            check_template(template),
            Err(TemplateError::Escaped),
            "{template}"
        );
    }
}

#[test]
fn a_value_that_cannot_be_written_is_named_and_not_quoted() {
    let content = content("x", "<p>x</p>", "See {{link account.url}}");
    let renderer = Renderer::new("x", &content).unwrap();
    let mut receiver = receiver();
    receiver.variables = json!({ "account": { "url": "javascript:alert(1)" } })
        .as_object()
        .unwrap()
        .clone();
    let error = renderer.render(Channel::Sms, &receiver).unwrap_err();
    assert_eq!(error.code(), "invalid_value");
    let RenderError::BadValue { path, .. } = &error else {
        panic!("{error:?}");
    };
    assert_eq!(path, "account.url");
    assert!(!error.to_string().contains("alert"), "{error}");
}
