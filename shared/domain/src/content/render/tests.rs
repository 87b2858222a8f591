use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::{
    content::{EmailContent, PushContent, SmsContent, TemplateHeader, WhatsAppContent},
    receivers::Source,
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
        source: Source::Manual,
        off: BTreeMap::new(),
        corrections: Vec::new(),
    }
}

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

fn sms(template: &str, receiver: &Receiver) -> Result<String, RenderError> {
    match Renderer::new("Spring", &content("s", "<p>h</p>", template))
        .unwrap()
        .render(Channel::Sms, receiver)?
    {
        Rendered::Sms { text } => Ok(text),
        other => unreachable!("expected an SMS: {other:?}"),
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
        unreachable!("expected an email")
    };
    assert_eq!(subject, "Spring for Zoë <b>");
    assert_eq!(html, "<p>Hi Zoë &lt;b&gt;</p>");
    assert_eq!(text.trim(), "Hi Zoë <b>");
}

#[test]
fn a_placeholder_without_a_value_fails_unless_it_has_a_default() {
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
            unreachable!("expected an email")
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
            sms: Some(SmsContent::new("Γεια".to_owned())),
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
            "no Greek email: the default is used"
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
        unreachable!("expected an email")
    };
    assert_eq!(subject, "Hi Ann Bcc: x@example.com");
}

proptest! {
    #[test]
    fn rendering_never_panics_and_is_deterministic(template in ".{0,200}", first_name in ".{0,40}") {
        if check_template(&template).is_ok() && !template.trim().is_empty() {
            let renderer = Renderer::new("Spring", &content("s", &template, "x")).unwrap();
            let mut receiver = receiver();
            receiver.first_name = Some(first_name);
            let first = renderer.render(Channel::Email, &receiver);
            prop_assert_eq!(&first, &renderer.render(Channel::Email, &receiver));
        }
    }

    #[test]
    fn a_derived_text_part_is_a_template_too(pieces in prop::collection::vec(prop::sample::select(vec![
        "{{a}}", "{{#if a}}", "{{else}}", "{{/if}}", "{{#each a}}", "{{/each}}", "{{default a \"b c\"}}", "{{!-- }} --}}", "<p>", "</p>",
        "<table>", "</table>", "<tr>", "</tr>", "<td>", "</td>", "<ul>", "<li>", "</li>", "</ul>", "<a href=\"", "\">", "</a>", "\\", "{", "}",
        "&#123;", "<!--", "-->", "<span>", "</span>", "word ", "\n",
    ]), 0..14)) {
        let html: String = pieces.concat();
        if check_template(&html).is_ok() && let Some(text) = crate::content::text_part::from_html(&html) {
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
fn whatsapp_uses_text_within_the_window_and_a_template_outside() {
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
fn a_push_notification_is_rendered() {
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
fn templates_that_need_too_much_time_or_stack_are_refused() {
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
    let quoted = |depth: usize| {
        let (open, close) = ("(if ".repeat(depth), ")".repeat(depth));
        format!("{{{{default x \"\\\"\" {open}x{close} \"\\\"\"}}}}")
    };
    for depth in [9, 1_600] {
        assert_eq!(check_template(&quoted(depth)), Err(TemplateError::TooDeep));
    }
    assert_eq!(check_template(&nested(8)), Ok(()));
    assert_eq!(check_template(&nested(9)), Err(TemplateError::TooDeep));
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
    // Templates that cannot be divided are parsed as a whole, in quadratic time.
    for long in [
        format!("{{{{#if a}}}}{}{{{{/if}}}}", "{{x}}".repeat(10_000)),
        format!("{{{{{}}}}}", "a.".repeat(50_000)),
        "{{~x~}}".repeat(10_000),
    ] {
        let found = check_template(&long);
        assert!(
            matches!(found, Err(TemplateError::TooMany { .. })),
            "{found:?}"
        );
    }
    let usual = format!("{{{{#if a}}}}{}{{{{/if}}}}", "<p>{{x}}</p>".repeat(1_000));
    assert_eq!(check_template(&usual), Ok(()));
}

proptest! {
    #[test]
    fn a_template_parsed_in_pieces_renders_the_same(
        pieces in proptest::collection::vec(
            prop_oneof![
                Just("{{x}}"), Just("{{~x}}"), Just("{{x~}}"), Just("{{#if x}}"), Just("{{#if no}}"), Just("{{else}}"), Just("{{^}}"),
                Just("{{~else~}}"), Just("{{/if}}"), Just("{{~/if~}}"), Just("{{! a }}"), Just("{{!-- a --}}"), Just("{{default no \"b\"}}"), Just(" "),
                Just("\n"), Just("\r\n"), Just("a"), Just("é b"), Just("{"), Just("}"), Just("\\"), Just("  \n c"),
            ],
            0..24,
        ),
    ) {
        let source = pieces.concat();
        let Ok(whole) = handlebars::Template::compile(&source) else {
            return Ok(());
        };
        let Ok(divided) = template::read(&source, 0) else {
            prop_assert!(source.contains("\\{{"), "{source:?}");
            return Ok(());
        };
        let mut engine = Handlebars::new();
        engine.register_helper("default", Box::new(|helper: &handlebars::Helper<'_>, _: &Handlebars<'_>, _: &handlebars::Context,
            _: &mut handlebars::RenderContext<'_, '_>, out: &mut dyn handlebars::Output| {
                out.write(helper.param(1).map_or("", |it| it.value().as_str().unwrap_or_default()))?;
                Ok(())
            }));
        engine.register_template("whole", whole);
        engine.register_template("divided", divided);
        let data = serde_json::json!({ "x": " x " });
        let said = ["whole", "divided"].map(|name| engine.render(name, &data).unwrap());
        prop_assert_eq!(&said[0], &said[1], "{:?}", source);
    }
}

#[test]
fn escaped_braces_are_refused() {
    for template in ["\\{{default x \"<script>1</script>\"}}", "a \\\\{{x}}"] {
        assert_eq!(
            check_template(template),
            Err(TemplateError::Escaped),
            "{template}"
        );
    }
}

#[test]
fn a_value_that_cannot_be_formatted_is_named_but_not_quoted() {
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

#[test]
fn text_messages_use_plain_look_alikes() {
    let mut person = receiver();
    person
        .variables
        .insert("price".to_owned(), json!("10\u{a0}000\u{202f}€"));
    person
        .variables
        .insert("cut".to_owned(), json!("Glas\u{ad}faser 0171\u{2011}1"));
    let text = sms("Pay {{price}}\u{a0}now: {{cut}}", &person).unwrap();
    assert_eq!(text, "Pay 10 000 € now: Glasfaser 0171-1");
    let mut content = content("s", "<p>h</p>", "");
    content.default.sms = Some(SmsContent {
        text: "It’s {{price}} – “{{member.first_name}}”…".to_owned(),
        plain_punctuation: true,
    });
    let rendered = Renderer::new("Spring", &content)
        .unwrap()
        .render(Channel::Sms, &person);
    let Ok(Rendered::Sms { text }) = rendered else {
        panic!("{rendered:?}")
    };
    assert_eq!(text, "It's 10 000 € - \"Zoë <b>\"...");
}

#[test]
fn control_characters_in_values_are_removed() {
    let mut person = receiver();
    let nasty = "A\u{0}B\u{1b}[31m\u{7f}C\u{9b}\r\nD\tE\u{b}F";
    person.first_name = Some(nasty.to_owned());
    person.last_name = Some("\u{0}Ro\u{1}e\r\nBcc: x@example.com".to_owned());
    person.variables.insert("x".to_owned(), json!(nasty));
    let mut content = content("{{x}}", "<p title=\"{{x}}\">{{x}}</p>", "{{x}}");
    content.default.whatsapp = Some(WhatsAppContent {
        text: Some("{{x}}".to_owned()),
        template: Some(WhatsAppTemplate {
            name: "outage".to_owned(),
            language: "en".to_owned(),
            header: Some(TemplateHeader::Text("{{x}}".to_owned())),
            body: vec!["{{x}}".to_owned()],
            buttons: vec!["{{x}}".to_owned()],
        }),
    });
    content.default.push = Some(PushContent {
        title: "{{x}}".to_owned(),
        body: "{{x}}".to_owned(),
        icon: None,
        url: None,
    });
    let renderer = Renderer::new("Spring", &content).unwrap();
    for channel in Channel::ALL {
        let rendered = renderer.render(channel, &person).unwrap();
        if let Rendered::Email { subject, html, .. } = &rendered {
            assert_eq!(subject, "AB[31mC D EF");
            assert!(html.contains("AB[31mC\r\nD\tEF"), "{html:?}");
        }
        let shown = format!("{rendered:?}");
        for sign in ["\\0", "\\u{", "\\x"] {
            assert!(!shown.contains(sign), "{shown}");
        }
    }
    assert_eq!(
        addressee(&person).as_deref(),
        Some("AB[31mC D EF Roe Bcc: x@example.com")
    );
    person.first_name = Some("\u{0}\u{1}".to_owned());
    person.last_name = None;
    assert_eq!(addressee(&person), None);
}

#[test]
fn values_in_urls_are_encoded() {
    let mut content = content("s", "<p>h</p>", "x");
    content.default.push = Some(PushContent {
        title: "Hi".to_owned(),
        body: "Hi".to_owned(),
        icon: Some("{{x}}".to_owned()),
        url: Some("https://example.org/{{url x}}?name={{member.first_name}}".to_owned()),
    });
    let renderer = Renderer::new("Spring", &content).unwrap();
    let mut person = receiver();
    let whole = "https://example.org/a%20b?c=d&e=f";
    person.variables.insert("x".to_owned(), json!(whole));
    let Rendered::Push { icon, url, .. } = renderer.render(Channel::Push, &person).unwrap() else {
        panic!("expected a push notification");
    };
    assert_eq!(icon.as_deref(), Some(whole));
    assert_eq!(
        url.as_deref(),
        Some(
            "https://example.org/https%3A%2F%2Fexample.org%2Fa%2520b%3Fc%3Dd%26e%3Df?name=Zo%C3%AB%20%3Cb%3E"
        )
    );
}

#[test]
fn values_cannot_reverse_the_reading_direction() {
    let mut person = receiver();
    person.first_name = Some("Ann\u{202e}gnp.exe\u{202d} \u{2067}שלום\u{2069}".to_owned());
    let text = sms("{{member.first_name}}", &person).unwrap();
    assert_eq!(text, "Anngnp.exe \u{2067}שלום\u{2069}");
    assert_eq!(addressee(&person), Some(text));
}

#[test]
fn a_value_containing_the_unsubscribe_mark_is_not_the_link() {
    let mut person = receiver();
    person.first_name = Some(UNSUBSCRIBE_MARK.to_owned());
    person
        .variables
        .insert("list".to_owned(), json!([UNSUBSCRIBE_MARK]));
    let html =
        "<a href=\"{{unsubscribe_url}}\">{{member.first_name}}{{#each list}}{{this}}{{/each}}</a>";
    let renderer = Renderer::new("Spring", &content("s", html, "x")).unwrap();
    let Rendered::Email { html, text, .. } = renderer.render(Channel::Email, &person).unwrap()
    else {
        panic!("expected an email");
    };
    assert_eq!(html.matches(UNSUBSCRIBE_MARK).count(), 1, "{html}");
    assert!(text.matches(UNSUBSCRIBE_MARK).count() <= 1, "{text}");
}

#[test]
fn an_object_is_not_rendered() {
    let mut person = receiver();
    let list = json!([{ "a": 1 }, { "a": 2 }]);
    person.variables.insert("list".to_owned(), list);
    person
        .variables
        .insert("tags".to_owned(), json!(["a", "b"]));
    person
        .variables
        .insert("odd".to_owned(), json!("see [object]"));
    for template in ["{{account}}", "{{list}}", "{{default list \"none\"}}"] {
        assert_eq!(
            sms(template, &person),
            Err(RenderError::Object),
            "{template}"
        );
    }
    assert_eq!(
        sms("{{tags}} {{odd}} [object]", &person).unwrap(),
        "[a, b] see [object] [object]"
    );
    assert_eq!(sms("{{#each list}}{{a}}{{/each}}", &person).unwrap(), "12");
}

#[test]
fn a_helper_needs_its_arguments() {
    for template in [
        "{{#if}}a{{/if}}",
        "{{#unless}}a{{/unless}}",
        "{{#each}}a{{/each}}",
        "{{#with}}a{{/with}}",
        "{{default}}",
        "{{default a}}",
        "{{lookup}}",
        "{{lookup a}}",
        "{{date style=\"short\"}}",
        "{{#if (lookup a)}}a{{/if}}",
    ] {
        let error = check_template(template).unwrap_err();
        assert!(
            matches!(error, TemplateError::TooFewArguments { .. }),
            "{template}: {error}"
        );
    }
    // Alone it is the name of a variable.
    assert_eq!(check_template("{{date}} {{#if url}}{{url}}{{/if}}"), Ok(()));
    assert_eq!(
        check_template("{{#if a}}b{{else if c}}d{{else}}e{{/if}}"),
        Ok(())
    );
}

#[test]
fn an_empty_value_fails_a_whatsapp_template() {
    let whole = || WhatsAppTemplate {
        name: "outage".to_owned(),
        language: "en".to_owned(),
        header: Some(TemplateHeader::Text("Hi".to_owned())),
        body: vec!["Hi".to_owned()],
        buttons: vec![String::new(), "x".to_owned()],
    };
    let render = |template: WhatsAppTemplate, value: Value| {
        let mut person = receiver();
        person.variables.insert("x".to_owned(), value);
        let mut content = Content::default();
        content.default.whatsapp = Some(WhatsAppContent {
            text: None,
            template: Some(template),
        });
        let renderer = Renderer::new("Spring", &content).unwrap();
        renderer.render(Channel::WhatsApp, &person)
    };
    for value in ["", " ", "\n", "\u{0}"] {
        let value = json!(value);
        let mut template = whole();
        template.header = Some(TemplateHeader::Text("{{x}}".to_owned()));
        let empty = Err(RenderError::Empty("header of the template"));
        assert_eq!(render(template, value.clone()), empty);
        let mut template = whole();
        template.body.push("{{x}}".to_owned());
        let empty = Err(RenderError::Empty("placeholder of the template"));
        assert_eq!(render(template, value.clone()), empty);
        for written in ["{{x}}", "payload:{{x}}", "{{#if x}}a{{/if}}"] {
            let mut template = whole();
            template.buttons.push(written.to_owned());
            let empty = Err(RenderError::Empty("button of the template"));
            assert_eq!(render(template, value.clone()), empty, "{written}");
        }
        for header in [
            TemplateHeader::Image,
            TemplateHeader::Video,
            TemplateHeader::Document,
        ] {
            let mut template = whole();
            template.header = Some(header("{{x}}".to_owned()));
            assert!(render(template, value.clone()).is_err());
        }
    }
    // An invalid URL is as useless for a picture as none.
    let mut template = whole();
    template.header = Some(TemplateHeader::Image("{{x}}".to_owned()));
    let bad = Err(RenderError::BadLink("whatsapp.header".to_owned()));
    assert_eq!(render(template.clone(), json!("javascript:1")), bad);
    assert!(render(template, json!("https://example.com/a.png")).is_ok());
    // A button without a placeholder has no value.
    let sent = render(whole(), json!("")).unwrap();
    assert_eq!(
        sent,
        Rendered::WhatsApp {
            text: None,
            template: Some(whole())
        }
    );
}

#[test]
fn a_text_that_means_no_is_false() {
    let says = |template: &str, value: Value| {
        let mut person = receiver();
        person.variables.insert("x".to_owned(), value);
        sms(template, &person).unwrap()
    };
    for no in [
        json!(false),
        json!(0),
        json!(""),
        json!(null),
        json!([]),
        json!("FALSE"),
        json!("False"),
        json!("no"),
        json!(" No "),
        json!("0"),
        json!("0.00"),
        json!("0,0"),
        json!("off"),
        json!("FALSCH"),
        json!("nein"),
        json!("faux"),
        json!("FALSO"),
        json!("ΨΕΥΔΉΣ"),
        json!("όχι"),
        json!(" "),
    ] {
        assert_eq!(says("{{#if x}}a{{else}}b{{/if}}", no.clone()), "b", "{no}");
        assert_eq!(
            says("{{#unless x}}b{{else}}a{{/unless}}", no.clone()),
            "b",
            "{no}"
        );
        assert_eq!(
            says(
                "{{#if member.last_name}}c{{else if x}}a{{else}}b{{/if}}",
                no.clone()
            ),
            "b",
            "{no}"
        );
    }
    for yes in [
        json!(true),
        json!(1),
        json!("TRUE"),
        json!("yes"),
        json!("1"),
        json!("0.5"),
        json!("00"),
        json!("007"),
        json!("N"),
        json!("none"),
        json!("Nowhere"),
        json!("0 km"),
        json!([0]),
    ] {
        assert_eq!(
            says("{{#if x}}a{{else}}b{{/if}}", yes.clone()),
            "a",
            "{yes}"
        );
        assert_eq!(
            says("{{#unless x}}b{{else}}a{{/unless}}", yes.clone()),
            "a",
            "{yes}"
        );
    }
    assert_eq!(
        says("{{#if x includeZero=true}}a{{else}}b{{/if}}", json!("0")),
        "a"
    );
    // Somebody may be called No, or prefer Norwegian.
    let mut person = receiver();
    person.last_name = Some("No".to_owned());
    person.language = Some("no".parse().unwrap());
    let template = "{{#if member.last_name}}a{{/if}}{{#if receiver.language}}b{{/if}}";
    assert_eq!(sms(template, &person).unwrap(), "ab");
}

#[test]
fn a_value_becomes_one_part_of_a_url() {
    let mut person = receiver();
    for (name, value) in [
        ("x", json!("a b&c=d/é?#%")),
        ("n", json!(7.5)),
        ("l", json!([1])),
        ("url", json!("https://example.com")),
    ] {
        person.variables.insert(name.to_owned(), value);
    }
    let template = "https://example.com/{{url n}}?q={{url x}}&u={{url}}";
    assert_eq!(
        sms(template, &person).unwrap(),
        "https://example.com/7.5?q=a%20b%26c%3Dd%2F%C3%A9%3F%23%25&u=https://example.com"
    );
    let error = sms("{{url l}}", &person).unwrap_err();
    assert_eq!(error.code(), "invalid_value");
    let missing = Err(RenderError::MissingValue("nobody".to_owned()));
    assert_eq!(sms("{{url nobody}}", &person), missing);
}

#[test]
fn a_variable_may_share_its_name_with_a_helper_anywhere() {
    let mut person = receiver();
    let lines = json!([{ "date": "1 May", "number": 7 }, { "date": "2 May", "number": 8 }]);
    person.variables.insert("lines".to_owned(), lines);
    person
        .variables
        .insert("owner".to_owned(), json!({ "url": "u", "time": null }));
    let template = "{{#each lines}}{{date}} {{number}};{{/each}}{{#with owner}}{{url}}{{/with}}";
    assert_eq!(sms(template, &person).unwrap(), "1 May 7;2 May 8;u");
    let missing = Err(RenderError::MissingValue("time".to_owned()));
    assert_eq!(sms("{{#with owner}}{{time}}{{/with}}", &person), missing);
}

#[test]
fn helper_input_and_output_count_as_steps() {
    let mut person = receiver();
    person.variables = json!({ "l": vec![0; 100], "b": "é".repeat(1_750), "o": { "a": "b" } })
        .as_object()
        .unwrap()
        .clone();
    for inner in [
        "{{#if (url (url @root.b))}}{{/if}}",
        "{{#if (link_part @root.b)}}{{/if}}",
        "{{#if (default @root.b 1)}}{{/if}}",
    ] {
        let template =
            format!("{{{{#each l}}}}{{{{#each @root.l}}}}{inner}{{{{/each}}}}{{{{/each}}}}");
        assert_eq!(check_template(&template), Ok(()), "{inner}");
        assert_eq!(
            sms(&template, &person),
            Err(RenderError::TooMuch),
            "{inner}"
        );
    }
    let dates = "{{#each l}}{{#each @root.l}}{{date this}}{{/each}}{{/each}}";
    let refused = check_template(dates);
    assert!(
        matches!(refused, Err(TemplateError::TooMuch { .. })),
        "{refused:?}"
    );
    let table = "{{#each l}}{{url this}}{{url this}}{{/each}}";
    assert_eq!(sms(table, &person).map(|text| text.len()), Ok(200));
}

#[test]
fn only_helpers_without_output_of_their_own_are_blocks() {
    for (template, name) in [
        ("{{#default x \"\"}}{{/default}}", "default"),
        ("{{#lookup o \"k\"}}{{/lookup}}", "lookup"),
        ("{{#if a}}b{{else default x \"y\"}}{{/if}}", "default"),
    ] {
        let refused = Err(TemplateError::NoBlock(name.to_owned()));
        assert_eq!(check_template(template), refused, "{template}");
    }
    let list = check_template("{{#each [\"}}\"]}}x{{/each}}");
    assert!(matches!(list, Err(TemplateError::Syntax(_))), "{list:?}");
}

#[test]
fn an_overlong_list_in_a_default_fails_only_for_its_receiver() {
    // Only the bytes of a default are limited, not its number of entries.
    let long: Map<String, Value> = (0..560)
        .map(|number| (number.to_string(), Value::Null))
        .collect();
    let template = "{{#each a}}{{#each @root.a}}.{{/each}}{{/each}}";
    let mut content = content("s", "<p>x</p>", template);
    content.variables = vec![crate::content::Variable {
        path: "a".to_owned(),
        description: None,
        sample: None,
        default: Some(Value::Object(long)),
    }];
    let renderer = Renderer::new("c", &content).unwrap();
    let error = renderer.render(Channel::Sms, &receiver()).unwrap_err();
    assert_eq!((error.code(), error), ("too_much", RenderError::TooMuch));
    let mut other = receiver();
    other.variables.insert("a".to_owned(), json!([1, 2]));
    let rendered = renderer.render(Channel::Sms, &other).unwrap();
    assert_eq!(
        rendered,
        Rendered::Sms {
            text: "....".to_owned()
        }
    );
}

#[test]
fn loops_behave_as_in_handlebars() {
    let mut person = receiver();
    let values = json!({
        "list": [{ "n": "a" }, { "n": "b" }], "object": { "x": 1, "y": 2 }, "none": [], "text": "t",
        "nested": [["1", "2"], ["3"]],
    });
    person
        .variables
        .extend(values.as_object().cloned().unwrap());
    for template in [
        "{{#each list}}{{@index}}{{this.n}}{{n}}{{#if @first}}f{{/if}}{{#if @last}}l{{/if}}{{../text}};{{/each}}",
        "{{#each object}}{{@key}}={{this}}{{@index}};{{/each}}",
        "{{#each list as |entry|}}{{entry.n}}{{/each}}",
        "{{#each list as |entry place|}}{{entry.n}}{{place}}{{/each}}",
        "{{#each object as |entry key|}}{{key}}{{entry}}{{/each}}",
        "{{#each none}}x{{else}}nothing{{/each}}.",
        "{{#each none}}x{{/each}}.",
        "{{#each text}}x{{else}}no list{{/each}}",
        "{{#each nested}}{{#each this}}{{this}}{{@../index}}{{@index}}{{/each}};{{/each}}",
        "{{#each nested}}{{#each this}}{{@root.text}}{{../text}}{{/each}}{{/each}}",
        "{{#each (lookup nested 0)}}{{this}}{{/each}}",
        "{{#each (lookup nested 0) as |one|}}{{one}}{{/each}}",
        "{{#with object}}{{#each ../list}}{{n}}{{/each}}{{/with}}",
    ] {
        let mut engine = Handlebars::new();
        engine.set_strict_mode(true);
        let own = sms(template, &person);
        let data = Value::Object(person.variables.clone());
        let theirs = engine.render_template(template, &data);
        assert_eq!(own.ok(), theirs.ok(), "{template}");
    }
    let error = sms("{{#each text}}x{{/each}}", &person).unwrap_err();
    assert_eq!(error.code(), "missing_value");
}

#[test]
fn url_parts_cannot_become_anything_else() {
    let with = |value: &str, template: &str| {
        let mut person = receiver();
        person.variables.insert("x".to_owned(), value.into());
        sms(template, &person)
    };
    for (value, written) in [
        ("a b&c=d/e?f#g%20", "a%20b&c=d/e?f#g%20"),
        ("Zoë \"<>'", "Zo%C3%AB%20%22%3C%3E%27"),
        ("\u{0}\r\n\t", "%00%0D%0A%09"),
    ] {
        assert_eq!(with(value, "{{link_part x}}").unwrap(), written);
    }
    for host in ["example.org", "bücher.example", "example.org:8443", "a-b_c"] {
        assert_eq!(with(host, "{{link_host x}}").unwrap(), host);
    }
    for wrong in [
        "", "a/b", "a@b", "a b", "a?b", "a#b", "a\\b", "a\nb", "a%2fb",
    ] {
        let error = with(wrong, "x{{link_host x}}").unwrap_err();
        assert_eq!(error.code(), "invalid_value", "{wrong}");
    }
}
