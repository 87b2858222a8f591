//! Tests of the composed output.

use std::collections::BTreeMap;

use carillon_domain::{
    channel::Channel,
    content::{
        EmailContent, SmsContent, Variable,
        render::{Rendered, Renderer, UNSUBSCRIBE_MARK},
    },
    receivers::{Receiver, Source},
};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;

#[expect(
    clippy::needless_pass_by_value,
    reason = "json! is written where it is called"
)]
fn receiver(variables: Value) -> Receiver {
    Receiver {
        first_name: Some("Zoë <b>".to_owned()),
        last_name: None,
        email: Some(carillon_domain::address::EmailAddress::parse("zoe@example.com").unwrap()),
        mobile: None,
        push: None,
        language: None,
        variables: variables.as_object().cloned().unwrap_or_default(),
        source: Source::Manual,
        off: BTreeMap::new(),
        corrections: Vec::new(),
    }
}

fn content(subject: &str, html: &str) -> Content {
    Content {
        default: LocalizedContent {
            email: Some(EmailContent::new(subject.to_owned(), html.to_owned(), None)),
            ..LocalizedContent::default()
        },
        ..Content::default()
    }
}

fn sender() -> Sender {
    Sender {
        name: Some("Smith & Sons".to_owned()),
        address: Some("1 High Street".to_owned()),
        privacy_url: Some("https://example.org/privacy?a=1&b=2".to_owned()),
    }
}

/// The HTML of an email without a wrapper.
fn composed(html: &str) -> Result<String, Vec<ContentProblem>> {
    let composed = compose(&content("s", html), None, &Sender::default())?;
    Ok(html_of(&composed).to_owned())
}

fn html_of(content: &Content) -> &str {
    &content.default.email.as_ref().unwrap().html
}

fn render(content: &Content, receiver: &Receiver) -> (String, String, String) {
    let renderer = Renderer::new("Spring", content).unwrap();
    match renderer.render(Channel::Email, receiver).unwrap() {
        Rendered::Email {
            subject,
            html,
            text,
            ..
        } => (subject, html, text),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_fragment_without_wrapper_stays_unchanged() {
    let html = "<p>Hello {{member.first_name}}, {{#if a}}<b>one</b>{{else}}two{{/if}}</p>";
    let composed = compose(&content("Hi", html), None, &sender()).unwrap();
    assert_eq!(html_of(&composed), html);
    assert_eq!(compose(&composed, None, &sender()).unwrap(), composed);
}

#[test]
fn a_wrapper_contains_title_content_and_sender() {
    let wrapper = Wrapper {
        header: "<p>Smith {{member.first_name}}</p>".to_owned(),
        footer: "<p>Ring <a href=\"tel:+442079460000\">us</a></p>".to_owned(),
        ..Wrapper::default()
    };
    let content = content(
        "Water & {{account.street}}",
        "<table>{{#each bills}}<tr><td>{{this.number}}</td></tr>{{/each}}</table><p><a class=\"button\" href=\"{{account.url}}\">Pay</a></p>",
    );
    let composed = compose(&content, Some(&wrapper), &sender()).unwrap();
    let receiver = receiver(json!({
        "account": { "street": "<Mill> Lane", "url": "https://pay.example/?a=1&b=2" },
        "bills": [{ "number": "B-1" }, { "number": "B-2" }],
    }));
    let (subject, html, text) = render(&composed, &receiver);
    assert_eq!(subject, "Water & <Mill> Lane");
    for part in [
        "<title>Water &amp; &lt;Mill&gt; Lane</title>",
        "Smith Zoë &lt;b&gt;",
        ">B-1</td></tr><tr><td ",
        "href=\"https://pay.example/?a&#x3D;1&amp;b&#x3D;2\"",
        "href=\"tel:+442079460000\"",
        "Smith &amp; Sons",
        "https://example.org/privacy?a",
        "prefers-color-scheme",
        "lang=\"en\"",
        UNSUBSCRIBE_MARK,
    ] {
        assert!(html.contains(part), "{part} in {html}");
    }
    // Styles are inlined.
    assert!(!html.contains("{{") && html.contains("style=\""), "{html}");
    for part in [
        "B-1",
        "B-2",
        "Pay <https://pay.example/?a=1&b=2>",
        "1 High Street",
        UNSUBSCRIBE_MARK,
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
}

#[test]
fn languages_have_their_direction_and_labels() {
    let mut content = content("Hi", "<p>Hi</p>");
    for tag in ["ar", "de-AT"] {
        let version = content.default.clone();
        content.languages.insert(tag.parse().unwrap(), version);
    }
    let composed = compose(&content, Some(&Wrapper::default()), &sender()).unwrap();
    let of = |tag: &str| {
        let tag: LanguageTag = tag.parse().unwrap();
        composed.languages[&tag]
            .email
            .as_ref()
            .unwrap()
            .html
            .clone()
    };
    let (arabic, german) = (of("ar"), of("de-AT"));
    assert!(
        arabic.contains("dir=\"rtl\"") && arabic.contains("إلغاء"),
        "{arabic}"
    );
    assert!(
        german.contains("dir=\"ltr\"") && german.contains("Abmelden"),
        "{german}"
    );
}

#[test]
fn a_whole_page_keeps_its_styles_and_loses_forbidden_elements() {
    let page = "<!doctype html><html><head><title>x</title><style>p { color: #123456 } @media (max-width: 600px) { p { color: red } }</style>\
        <meta http-equiv=refresh content=0></head><body style=\"margin:0\"><p>Hi</p></body></html>";
    let composed = compose(&content("A < B", page), None, &sender()).unwrap();
    let html = html_of(&composed);
    for part in [
        "<p style=\"color: #123456",
        "@media",
        "<body style=\"margin:0\"",
        "<title>A &lt; B</title>",
    ] {
        assert!(html.contains(part), "{part} in {html}");
    }
    assert!(!html.contains("refresh"), "{html}");
}

#[test]
fn forbidden_content_is_reported() {
    for (html, word) in [
        ("<p onclick=\"x()\">a</p>", "onclick"),
        ("<script>x</script>", "<script>"),
        (
            "<form action=\"https://x.example\"><input></form>",
            "<form>",
        ),
        ("<a href=\"javascript:alert(1)\">a</a>", "javascript:"),
        ("<a href=\"/pay\">a</a>", "absolute URL"),
        (
            "<img src=\"data:image/svg+xml;base64,AAAA\">",
            "PNG, JPEG, GIF or WebP",
        ),
        ("<img src=\"data:image/png,<svg>\">", "PNG, JPEG"),
        ("<img src=\"data:image/png;base64,{{x}}\">", "PNG, JPEG"),
        ("<a href=\"data:image/png;base64,AAAA\">a</a>", "data:"),
        (
            "<map name=a><area href=\"javascript:alert(1)\"></map>",
            "javascript:",
        ),
        ("<p {{#if a}}class=\"b\"{{/if}}>c</p>", "lost"),
    ] {
        let found = check(&content("s", html));
        assert!(
            found.iter().any(|problem| problem.reason.contains(word)),
            "{html}: {found:?}"
        );
    }
    for html in [
        "<p style=\"color:red\" class=a>Ring <a href=\"tel:+44\">us</a> or <a href='mailto:a@b.example'>write</a></p>",
        "<a href=\"{{account.url}}\">a</a> <img src=\"https://x.example/{{member.email}}.png\" alt=\"{{member.first_name}}\">",
        "<!--[if mso]><table><tr><td><![endif]--><p>a</p><!--[if mso]></td></tr></table><![endif]-->",
        "<table>{{#if a}}<tr><td>b</td></tr>{{/if}}</table> 2 < 3 & 4",
        "<a href=\"#top\">up</a>",
    ] {
        assert_eq!(check(&content("s", html)), [], "{html}");
    }
}

#[test]
fn a_url_from_a_variable_is_checked() {
    let content = content(
        "s",
        "<a href=\"{{account.url}}\">a</a><a href=\"{{default account.other \"https://x.example\"}}\">b</a>",
    );
    let composed = compose(&content, None, &sender()).unwrap();
    let (_, html, _) = render(
        &composed,
        &receiver(json!({ "account": { "url": "https://a.example" } })),
    );
    assert_eq!(
        html,
        "<a href=\"https://a.example\">a</a><a href=\"https://x.example\">b</a>"
    );
    let hostile = receiver(json!({ "account": { "url": "javascript:alert(1)" } }));
    let renderer = Renderer::new("Spring", &composed).unwrap();
    let error = renderer.render(Channel::Email, &hostile).unwrap_err();
    assert_eq!(error.code(), "invalid_value", "{error}");
}

#[test]
fn mjml_becomes_html() {
    let source = "<mjml><mj-body><mj-section><mj-column><mj-text>Hello {{member.first_name}}</mj-text>\
        <mj-button href=\"{{account.url}}\">Pay</mj-button></mj-column></mj-section></mj-body></mjml>";
    let html = mjml(source).unwrap();
    let composed = compose(&content("s", &html), None, &sender()).unwrap();
    let (_, html, text) = render(
        &composed,
        &receiver(json!({ "account": { "url": "https://a.example" } })),
    );
    assert!(
        html.contains("Hello Zoë &lt;b&gt;") && html.contains("https://a.example"),
        "{html}"
    );
    assert!(text.contains("Pay <https://a.example>"), "{text}");
    assert!(mjml("<mjml><mj-body>").is_err());
}

#[test]
fn wrappers_are_checked() {
    let wrong = |wrapper: Wrapper| -> Vec<String> {
        let found = check_wrapper(&wrapper);
        found.into_iter().map(|problem| problem.field).collect()
    };
    assert_eq!(wrong(Wrapper::default()), [""; 0]);
    let page = |page: &str| Wrapper {
        page: Some(page.to_owned()),
        ..Wrapper::default()
    };
    assert_eq!(
        wrong(page(
            "<html><body>{{header}}{{content}}<p>{{sender.name}}</p></body></html>"
        )),
        ["page"]
    );
    assert_eq!(
        wrong(page(
            "<html><body>{{header}}{{content}}{{#if sender.name}}{{sender.name}}{{/if}}</body></html>"
        )),
        [""; 0]
    );
    for bad in [
        "<p>nothing</p>",
        "{{content}}{{content}}",
        "{{content}}{{member.first_name}}",
        "{{content}}<script>x</script>",
        "{{#if content}}",
    ] {
        assert!(!wrong(page(bad)).is_empty(), "{bad}");
    }
    let mut pale = Wrapper::default();
    pale.colors.text = "#dddddd".to_owned().try_into().unwrap();
    assert_eq!(wrong(pale), ["colors.text"]);
}

#[test]
fn dates_and_amounts_are_formatted_by_language() {
    let mut content = Content {
        default: LocalizedContent {
            sms: Some(SmsContent::new("{{date due}} {{date due style=\"short\"}} {{datetime at style=\"medium\"}} {{time at}} {{number count}} {{currency sum \"EUR\"}}".to_owned())),
            ..LocalizedContent::default()
        },
        time_zone: Some("Europe/Athens".to_owned()),
        ..Content::default()
    };
    for tag in ["de", "el", "hi", "fa"] {
        let version = content.default.clone();
        content.languages.insert(tag.parse().unwrap(), version);
    }
    let composed = compose(&content, None, &sender()).unwrap();
    let renderer = Renderer::new("Spring", &composed).unwrap();
    let written = |language: Option<&str>, zone: Option<&str>| {
        let mut person = receiver(json!({
            "due": "2026-12-01", "at": "2026-11-22T19:05:00Z", "count": 1234567.5, "sum": "-1234.565",
        }));
        person.language = language.map(|tag| tag.parse().unwrap());
        if let Some(zone) = zone {
            let member = json!({ "time_zone": zone });
            person.variables.insert("member".to_owned(), member);
        }
        match renderer.render(Channel::Sms, &person).unwrap() {
            Rendered::Sms { text } => text,
            other => panic!("{other:?}"),
        }
    };
    insta::assert_snapshot!([
        written(None, None),
        written(None, Some("America/New_York")),
        written(Some("de-AT"), None),
        written(Some("el"), None),
        written(Some("hi"), Some("Asia/Kolkata")),
        written(Some("fa"), Some("Nowhere/Here")),
    ].join("\n"), @r"
    December 1, 2026 12/1/26 Nov 22, 2026, 9:05 PM 9:05 PM 1,234,567.5 -€1,234.57
    December 1, 2026 12/1/26 Nov 22, 2026, 2:05 PM 2:05 PM 1,234,567.5 -€1,234.57
    1. Dezember 2026 01.12.26 22.11.2026, 21:05 21:05 1.234.567,5 -1.234,57 €
    1 Δεκεμβρίου 2026 1/12/26 22 Νοε 2026, 9:05 μ.μ. 9:05 μ.μ. 1.234.567,5 -1.234,57 €
    1 दिसंबर 2026 1/12/26 23 नव॰ 2026, 12:35 am 12:35 am 12,34,567.5 -€1,234.57
    ۱ دسامبر ۲۰۲۶ ۲۰۲۶/۱۲/۱ ۲۲ نوامبر ۲۰۲۶، ۲۱:۰۵ ۲۱:۰۵ ۱٬۲۳۴٬۵۶۷٫۵ −€ ۱٬۲۳۴٫۵۷
    ");
}

#[test]
fn a_value_that_cannot_be_formatted_fails_the_receiver() {
    for (template, code) in [
        ("{{date due}}", "missing_value"),
        ("{{date account.name}}", "invalid_value"),
        ("{{time day}}", "invalid_value"),
        ("{{date day style=\"loud\"}}", "invalid_value"),
        ("{{number account.name}}", "invalid_value"),
        ("{{currency sum \"euro\"}}", "invalid_value"),
        ("{{number sum decimals=9}}", "invalid_value"),
    ] {
        let content = content("s", &format!("<p>{template}</p>"));
        let composed = compose(&content, None, &sender()).unwrap();
        let person = receiver(json!({ "account": { "name": "x" }, "day": "2026-11-22", "sum": 1 }));
        let error = Renderer::new("Spring", &composed)
            .unwrap()
            .render(Channel::Email, &person);
        assert_eq!(error.unwrap_err().code(), code, "{template}");
    }
}

#[test]
fn receivers_without_a_value_get_the_default() {
    let mut content = content("s", "<p>{{account.name}} {{account.street}}</p>");
    content.variables = vec![Variable {
        path: "account.name".to_owned(),
        description: None,
        sample: None,
        default: Some(json!("you")),
    }];
    let composed = compose(&content, None, &sender()).unwrap();
    let (_, html, _) = render(
        &composed,
        &receiver(json!({ "account": { "street": "Mill Lane" } })),
    );
    assert_eq!(html, "<p>you Mill Lane</p>");
    let (_, html, _) = render(
        &composed,
        &receiver(json!({ "account": { "name": "I", "street": "" } })),
    );
    assert_eq!(html, "<p>I </p>");
}

#[test]
fn unknown_names_come_with_suggestions() {
    let mut content = content(
        "{{member.frist_name}} {{campain.name}}",
        "<p>{{account.balanse}} {{location.name}} {{order.id}}</p>",
    );
    content.variables = vec![Variable {
        path: "account.balance".to_owned(),
        description: None,
        sample: None,
        default: None,
    }];
    let found: Vec<(String, Option<String>)> = unknown_names(&content)
        .into_iter()
        .map(|unknown| (unknown.path, unknown.nearest))
        .collect();
    let some = |name: &str| Some(name.to_owned());
    assert_eq!(
        found,
        [
            ("account.balanse".to_owned(), some("account.balance")),
            ("campain.name".to_owned(), some("campaign.name")),
            ("member.frist_name".to_owned(), some("member.first_name")),
            ("order.id".to_owned(), None),
        ]
    );
}

proptest! {
    /// For any input, composing neither panics nor takes the values of receivers for HTML, and is deterministic.
    #[test]
    fn hostile_html_is_harmless(
        pieces in prop::collection::vec(prop::sample::select(vec![
            "<p>", "</p>", "<table>", "<tr><td>", "</table>", "{{member.first_name}}", "{{#if a}}", "{{else}}", "{{/if}}", "{{#each b}}",
            "{{/each}}", "<a href=\"{{account.url}}\">", "</a>", "<style>p{color:red}</style>", "<!-- ", " -->", "<b", ">", "\"", "'", "&", "{", "}}",
            "<title>", "<svg>", "<math>", "\u{E0F0}", "\u{E0F1}1", "\u{E0F2}content\u{E0F3}", "text ", "<script>", "<br/>", "<html>", "<body style=\"x\">",
        ]), 0..14)
    ) {
        let html = pieces.concat();
        let content = content("{{member.first_name}}", &html);
        let wrapper = Wrapper::default();
        for wrapper in [None, Some(&wrapper)] {
            let Ok(composed) = compose(&content, wrapper, &sender()) else {
                continue;
            };
            prop_assert_eq!(&composed, &compose(&content, wrapper, &sender()).unwrap());
            let mut hostile = receiver(Value::Object(Map::new()));
            hostile.first_name = Some("\"><img src=x onerror=alert(1)>".to_owned());
            let renderer = Renderer::new("Spring", &composed).unwrap();
            if let Ok(Rendered::Email { html, .. }) = renderer.render(Channel::Email, &hostile) {
                prop_assert!(!html.contains("<img"), "{}", html);
                prop_assert!(html.len() <= carillon_domain::content::render::RENDERED_BYTES);
            }
        }
    }
}

/// Ways around the URL checks, each found by a reviewer.
#[test]
fn no_url_evades_the_checks() {
    for html in [
        "<a href=\"{{#if account.url}}{{account.url}}{{/if}}\">x</a>",
        "<a href=\"{{#if campaign.name}}javascript:alert(1){{/if}}\">x</a>",
        "<a href=\"java{{account.nothing}}script:alert(1)\">x</a>",
        "<!--[if mso]><v:roundrect href=\"javascript:x\"></v:roundrect><![endif]-->",
        "<p>\u{E0F0}0\u{E0F1}</p>",
    ] {
        assert_ne!(check(&content("s", html)), [], "{html}");
        assert!(
            compose(&content("s", html), None, &sender()).is_err(),
            "{html}"
        );
    }
    let hostile = receiver(json!({ "account": { "url": "javascript:alert(1)" } }));
    for html in [
        "<a href=\"{{~account.url}}\">x</a>",
        "<a/href=\"{{account.url}}\">x</a>",
        "<a title=\"y\"href=\"{{account.url}}\">x</a>",
        "<a href=' {{account.url}}'>x</a>",
        "<a href={{account.url}}>x</a>",
        "<!--[if mso]><v:roundrect href=\"{{account.url}}\"></v:roundrect><![endif]-->",
        "<!-- --!><a href=\"{{account.url}}\">x</a><!-- -->",
    ] {
        let mut content = content("s", html);
        content.default.email.as_mut().unwrap().text = Some("x".to_owned());
        let Ok(composed) = compose(&content, None, &sender()) else {
            continue;
        };
        let renderer = Renderer::new("Spring", &composed).unwrap();
        let error = renderer.render(Channel::Email, &hostile);
        assert!(
            error.is_err(),
            "{html} became {}: {error:?}",
            html_of(&composed)
        );
    }
}

#[test]
fn the_content_of_a_noscript_is_shown() {
    let html = composed("<noscript><p>Hi <b>there</b></p></noscript><p>x</p>").unwrap();
    assert_eq!(html, "<p>Hi <b>there</b></p><p>x</p>");
}

#[test]
fn look_alikes_of_placeholders_stay_text() {
    let html = "<p>Write &#123;&#123;member.email}} there</p><!--{{member.first_name}}-->";
    let mut content = content("s", html);
    content.default.email.as_mut().unwrap().text = Some("x".to_owned());
    let composed = compose(&content, None, &sender()).unwrap();
    let (_, html, _) = render(&composed, &receiver(json!({})));
    assert_eq!(
        html,
        "<p>Write {&#123;member.email}} there</p><!--Zoë &lt;b&gt;-->"
    );
    for name in [
        "{{member.email}}",
        "{{{member.email}}}",
        "{{{{member.email}}}}",
    ] {
        let sender = Sender {
            name: Some(name.to_owned()),
            ..Sender::default()
        };
        let composed = compose(&content, Some(&Wrapper::default()), &sender).unwrap();
        let (_, html, text) = render(&composed, &receiver(json!({})));
        assert!(!html.contains("zoe@example.com"), "{html}");
        assert!(!text.contains("zoe@example.com"), "{text}");
    }
}

#[test]
fn a_custom_page_may_link_the_privacy_policy_and_omit_the_unsubscribe_link() {
    let page = "<!doctype html><html lang=\"{{language}}\"><head><title>{{subject}}</title></head><body style='font-family:\"Segoe UI\"'>\
        {{content}}{{#if sender.privacy_url}}<a href=\"{{sender.privacy_url}}\">{{labels.privacy}}</a>{{/if}}</body></html>";
    let wrapper = Wrapper {
        page: Some(page.to_owned()),
        footer: "<style>.x { color: #010203 }</style><p class=\"x\">{{date account.due}}</p>"
            .to_owned(),
        ..Wrapper::default()
    };
    assert_eq!(check_wrapper(&wrapper), []);
    // Without a place for it the footer is left out, along with its placeholders.
    let without = compose(&content("s", "<p>x</p>"), Some(&wrapper), &sender()).unwrap();
    render(&without, &receiver(json!({})));
    let with_footer = Wrapper {
        page: Some(page.replace("{{content}}", "{{content}}{{footer}}")),
        ..wrapper
    };
    let composed = compose(&content("s", "<p>x</p>"), Some(&with_footer), &sender()).unwrap();
    let (_, html, text) = render(
        &composed,
        &receiver(json!({ "account": { "due": "2026-12-01" } })),
    );
    for part in [
        "https://example.org/privacy",
        "December 1, 2026",
        "color: #010203",
        "&quot;Segoe UI&quot;",
    ] {
        assert!(html.contains(part), "{part} in {html}");
    }
    assert!(
        html.ends_with("</html>") && !text.contains(UNSUBSCRIBE_MARK),
        "{html}"
    );
}

#[test]
fn helpers_do_not_hide_variables_and_only_mails_have_the_link() {
    let content = Content {
        default: LocalizedContent {
            email: Some(EmailContent::new(
                "{{date}}".to_owned(),
                "<p>{{date}} {{link}}</p>".to_owned(),
                None,
            )),
            sms: Some(SmsContent::new("{{unsubscribe_url}}".to_owned())),
            ..LocalizedContent::default()
        },
        ..Content::default()
    };
    let composed = compose(&content, None, &sender()).unwrap();
    let person = receiver(json!({ "date": "soon", "link": "here" }));
    let (subject, html, _) = render(&composed, &person);
    assert_eq!(
        (subject.as_str(), html.as_str()),
        ("soon", "<p>soon here</p>")
    );
    let sms = Renderer::new("Spring", &composed)
        .unwrap()
        .render(Channel::Sms, &person);
    assert_eq!(sms.unwrap_err().code(), "missing_value");
}

#[test]
fn time_zones_are_those_known_when_composed() {
    let of = |zone: &str| {
        let content = Content {
            time_zone: Some(zone.to_owned()),
            ..Content::default()
        };
        check(&content).len()
    };
    assert_eq!(["Europe/Athens", "UTC", "Japan", "EST5EDT"].map(of), [0; 4]);
    assert_eq!(["europe/athens", "Mars/Olympus", ""].map(of), [1; 3]);
}

/// The hardest input for a parser: eight times as much takes at most about eight times as long.
#[test]
fn hostile_html_takes_linear_time() {
    let took = |piece: &str, bytes: usize| {
        let mut content = content("s", &piece.repeat(bytes / piece.len()));
        content.default.email.as_mut().unwrap().text = Some("x".to_owned());
        let began = std::time::Instant::now();
        let _ = check(&content);
        let _ = compose(&content, Some(&Wrapper::default()), &sender());
        began.elapsed()
    };
    for piece in [
        "<",
        "</",
        "<b id=1>",
        "<p>x",
        "<style></",
        "<div>",
        "<a href=\"",
        "<!--",
        "{",
        "<b><p>",
        "<!--[if mso]><p>",
        "{{x}}",
        "<p style=\"color:{{x}}\">",
        "{{#if x}}a{{/if}} ",
        "<style>p{top:0}p:hover{top:1px}</style><p>",
    ] {
        let (short, long) = (took(piece, 8 * 1024), took(piece, 64 * 1024));
        let most = short * 8 * 4 + std::time::Duration::from_secs(2);
        assert!(long < most, "{piece}: {short:?}, {long:?}");
    }
    // Many selectors with many declarations, which are checked one by one.
    for (selectors, elements) in [("p:hover,.a:hover,", "<p><p class=a>"), ("p,.a,", "<p>")] {
        let css = format!(
            "p{{top:0}}{}p{{{}}}p:hover{{top:0}}",
            selectors.repeat(20_000 / selectors.len()),
            "top:0;left:0;".repeat(1_500)
        );
        let html = format!("<style>{css}</style>{}", elements.repeat(1_000));
        assert!(took(&html, html.len()) < std::time::Duration::from_secs(10));
    }
}

#[test]
fn pasted_content_is_preserved() {
    for (written, sent) in [
        (
            "<style>/*<![CDATA[*/ p{color:red} /*]]>*/</style><p>a</p>",
            "<p style=\"color: red;\">a</p>",
        ),
        (
            "<style><!-- p{color:red} --></style><p>a</p>",
            "<p style=\"color: red;\">a</p>",
        ),
        (
            "<blockquote cite=\"mid:a@b.example\">a</blockquote>",
            "<blockquote>a</blockquote>",
        ),
        (
            "<blockquote cite=\"https://example.org/a\">a</blockquote>",
            "<blockquote cite=\"https://example.org/a\">a</blockquote>",
        ),
        ("<q cite=\"javascript:alert(1)\">a</q>", "<q>a</q>"),
        (
            "<p><a name=\"t\"></a>a <a href=\"#t\">b</a></p>",
            "<p><a name=\"t\"></a>a <a href=\"#t\">b</a></p>",
        ),
        (
            "<map name=\"m\"><area shape=\"rect\" coords=\"0,0,9,9\" href=\"https://example.org/\" alt=\"a\"></map>",
            "<map name=\"m\"><area shape=\"rect\" coords=\"0,0,9,9\" href=\"https://example.org/\" alt=\"a\"></map>",
        ),
        (
            "<img src=\"data:image/png;base64,AAAA\" usemap=\"#m\" alt=\"a\">",
            "<img src=\"data:image/png;base64,AAAA\" usemap=\"#m\" alt=\"a\">",
        ),
        ("<big>a</big><hr noshade>", "<big>a</big><hr noshade=\"\">"),
        (
            "<table><tfoot><tr><td nowrap>a</td></tr></tfoot></table>",
            "<table><tfoot><tr><td nowrap=\"\">a</td></tr></tfoot></table>",
        ),
        (
            "<![if !mso]><p>a</p><![endif]>",
            "<!--[if !mso]><!--><p>a</p><!--<![endif]-->",
        ),
        (
            "<p><![if !supportLists]><span>-</span><![endif]>a</p>",
            "<p><!--[if !supportLists]><!--><span>-</span><!--<![endif]-->a</p>",
        ),
        (
            "<!--[if gte mso 9]><xml><o:shapedefaults v:ext=\"edit\" spidmax=\"1026\"/></xml><![endif]--><p>a</p>",
            "<!--[if gte mso 9]><xml><o:shapedefaults v:ext=\"edit\" spidmax=\"1026\" /></xml><![endif]--><p>a</p>",
        ),
    ] {
        let html = composed(written).unwrap();
        assert!(html.contains(sent), "{written}: {html}");
    }
}

#[test]
fn rules_keep_their_precedence() {
    for (css, body, kept) in [
        // Later, or more specific.
        (
            ".a{font-size:30px} @media (max-width:500px){.a{font-size:22px;top:0}}",
            "<p class=a>x</p>",
            "@media (max-width:500px){.a{font-size:22px !important;top:0;}}",
        ),
        (
            ".a{color:red;background:#fff}.a:hover{color:blue;background-color:#000}",
            "<p class=a>x</p>",
            ".a:hover{color:blue !important;background-color:#000 !important;}",
        ),
        (
            "a{color:red} a:hover,a::before{color:blue}",
            "<a>x</a>",
            "a:hover{color:blue !important;}a::before{color:blue}",
        ),
        (
            ".a{color:{{x}}}[data-ogsc] .a{color:{{y}}}",
            "<p class=a>x</p>",
            "[data-ogsc] .a{color:{{css y}} !important;}",
        ),
        (
            ".a{border:0}@supports (display:grid){.a{border-top-color:red}}",
            "<p class=a>x</p>",
            "{.a{border-top-color:red !important;}}",
        ),
        // Earlier, less specific, or for other elements.
        (
            "@media (max-width:500px){.a{color:red}} .a{color:blue}",
            "<p class=a>x</p>",
            "{.a{color:red}}",
        ),
        (
            "#b{color:blue} .a:hover{color:red}",
            "<p class=a id=b>x</p>",
            ".a:hover{color:red}",
        ),
        (
            ".b{color:blue} .a:hover{color:red}",
            "<p class=a>x</p><p class=b>y</p>",
            ".a:hover{color:red}",
        ),
        (
            ".a{color:blue!important} .a:hover{color:red}",
            "<p class=a>x</p>",
            ".a:hover{color:red}",
        ),
        (
            ".a{color:blue} .a:hover{color:red}",
            "<p class=a style='color:green'>x</p>",
            ".a:hover{color:red}",
        ),
        (
            "p{color:blue} @media print{p{color:#000!important}} p.a:hover{color:red}",
            "<p class=a>x</p>",
            "p.a:hover{color:red}",
        ),
        (
            "@layer b{.a{color:red}} .a{border-radius:2px} .a:hover{border:0}",
            "<p class=a>x</p>",
            "@layer b{.a{color:red}}.a:hover{border:0}",
        ),
    ] {
        let html = composed(&format!("<style>{css}</style>{body}")).unwrap();
        assert!(html.contains(kept), "{css}: {html}");
    }
}

#[test]
fn a_block_does_not_cross_contexts() {
    let attacks = [
        "<p>a</p>{{#if nothing}}<!-- {{/if}}<script>document.title=1</script> -->",
        "<p>a</p><!-- {{#if nothing}} --><form><!-- {{/if}} -->",
        "<p>a</p>{{#if nothing}}<a title=\"{{/if}}<iframe src='https://example.com'></iframe>\">",
        "<a href=\"https://example.com/{{#if a}}\">x</a><a href=\"{{/if}}\">y</a>",
        "{{#if nothing}}<style>{{/if}}<script>1</script></style>",
        "<style>a{ {{#if nothing}} }</style><base href='https://example.com'>{{/if}}",
        "<!--[if mso]>{{#if nothing}}<![endif]-->{{/if}}",
        "{{#if a}}<!-- {{else}} --><script>1</script>{{/if}}",
        "<p>{{/if}}</p>",
        "{{#if a}}<p>x</p>",
    ];
    for attack in attacks {
        assert!(composed(attack).is_err(), "{attack}");
        assert!(
            !clean::complaints(attack, finish::Filled::ForReceivers).is_empty(),
            "{attack}"
        );
    }
    for harmless in [
        "{{#if a}}<p>a</p>{{else}}<!-- b --><p>b</p>{{/if}}",
        "<a href=\"https://example.com/{{#if a}}x{{else}}y{{/if}}\">z</a>",
        "<table>{{#each rows}}<tr><td>{{this}}</td></tr>{{/each}}</table>",
        "<!--[if mso]>{{#if a}}<p>a</p>{{/if}}<![endif]--><p>b</p>",
        "{{~#if a~}}<p>a</p>{{~^~}}<p>b</p>{{~/if~}}",
    ] {
        let found = clean::complaints(harmless, finish::Filled::ForReceivers);
        assert!(found.is_empty(), "{harmless}: {found:?}");
    }
}

#[test]
fn marks_cannot_be_forged_by_character_references() {
    for attack in [
        "<p>&#xE0F0;0&#xE0F1;</p>",
        "<p title=\"&#xE0F2;footer&#xE0F3;\">a</p>",
        "<p>&#57584;0&#57585;</p>",
        "<p>&#x000E0F0;0</p>",
        "<p>&#XE0f0 0</p>",
    ] {
        assert!(composed(attack).is_err(), "{attack}");
    }
    assert!(composed("<p>&#x20AC; &#8364; &#xE000; &#x; &# &amp;#xE0</p>").is_ok());
}

#[test]
fn a_url_is_checked_whatever_its_variable_is_called() {
    let of = |html: &str| composed(html).unwrap();
    for scoped in [
        "<a href=\"{{unsubscribe_url}}\">x</a>",
        "{{#with account}}<a href=\"{{unsubscribe_url}}\">x</a>{{/with}}",
        "{{#each accounts}}<a href=\"{{unsubscribe_url}}\">x</a>{{/each}}",
        "{{#with account}}{{#if a}}<a href=\"{{unsubscribe_url}}\">x</a>{{/if}}{{/with}}",
    ] {
        let made = of(scoped);
        assert!(made.contains("{{link unsubscribe_url}}"), "{made}");
    }
}

#[test]
fn values_in_styles_stay_values() {
    for (html, filled) in [
        ("<p style=\"color:{{color}}\">a</p>", "{{css color}}"),
        ("<style>p{color:{{color}}}</style><p>a</p>", "{{css color}}"),
        (
            "<body style=\"background:{{color}}\"><p>a</p></body>",
            "{{css color}}",
        ),
        (
            "<p style=\"color:{{default color \'red\'}}\">a</p>",
            "{{css (default color",
        ),
    ] {
        let made = composed(html).unwrap();
        assert!(made.contains(filled), "{made}");
    }
    let content = content("s", "<p style=\"color:{{color}}\">a</p>");
    let made = compose(&content, None, &Sender::default()).unwrap();
    let renderer = Renderer::new("c", &made).unwrap();
    let render =
        |color: &str| renderer.render(Channel::Email, &receiver(json!({ "color": color })));
    assert!(render("#12ab9f").is_ok());
    assert!(render("rgb").is_ok());
    for attack in [
        "red;background:url(https://example.com)",
        "red}a{",
        "url(x)",
        "expression(1)",
        "",
        "\\66",
    ] {
        assert!(render(attack).is_err(), "{attack}");
    }
}

#[test]
fn styles_that_fetch_or_run_are_refused() {
    for attack in [
        "<style>@import url(https://example.com/a.css);</style><p>a</p>",
        "<p style=\"background:url(javascript:alert(1))\">a</p>",
        "<p style=\"width:expression(alert(1))\">a</p>",
        "<p style='background:url(&quot;java\\73 cript:1&quot;)'>a</p>",
        "<body style=\"-moz-binding:url(https://example.com/x)\"><p>a</p></body>",
        "<!--[if mso]><p style=\"behavior:url(https://example.com/x.htc)\">a</p><![endif]--><p>b</p>",
    ] {
        assert!(composed(attack).is_err(), "{attack}");
        assert!(
            !clean::complaints(attack, finish::Filled::ForReceivers).is_empty(),
            "{attack}"
        );
    }
}

#[test]
fn conditional_comments_are_checked_too() {
    for attack in [
        "<!--[if mso]><script>1</script><![endif]--><p>a</p>",
        "<!--[if gte mso 9]><form action='https://example.com'></form><![endif]--><p>a</p>",
        "<!--[if mso]><p onclick=\"x()\">a</p><![endif]--><p>a</p>",
        "<!-- [if mso]><iframe src='https://example.com'></iframe><![endif]--><p>a</p>",
    ] {
        assert!(
            !clean::complaints(attack, finish::Filled::ForReceivers).is_empty(),
            "{attack}"
        );
    }
    let tables = "<!--[if mso]><table><tr><td width=\"600\"><![endif]--><div>a</div><!--[if mso]></td></tr></table><![endif]-->";
    assert!(clean::complaints(tables, finish::Filled::ForReceivers).is_empty());
}

/// The email rendered for a receiver with these values, without a wrapper.
fn filled(html: &str, values: Value) -> Result<String, String> {
    let mut content = content("s", html);
    content.default.email.as_mut().unwrap().text = Some("x".to_owned());
    let composed =
        compose(&content, None, &Sender::default()).map_err(|found| format!("{found:?}"))?;
    let renderer = Renderer::new("Spring", &composed).unwrap();
    match renderer.render(Channel::Email, &receiver(values)) {
        Ok(Rendered::Email { html, .. }) => Ok(html),
        other => Err(format!("{other:?}")),
    }
}

/// The HTML of an email in the default wrapper.
fn wrapped(html: &str) -> String {
    let composed = compose(&content("s", html), Some(&Wrapper::default()), &sender());
    html_of(&composed.unwrap()).to_owned()
}

#[test]
fn attributes_of_body_and_html_move_to_their_replacements() {
    let page = "<html class=\"top\"><head><style>.bg{background-color:#fff} body{margin:1px}\
        @media (prefers-color-scheme:dark){.bg,body.bg{background-color:#000!important}}</style></head>\
        <body class=\"bg\" id=\"b\" bgcolor=\"#fefefe\" text=\"#010101\" dir=\"rtl\" onload=\"x()\"><p>Hi</p></body></html>";
    let html = composed(page).unwrap();
    for part in [
        "<html class=\"top\" lang=\"en\" dir=\"rtl\"",
        "class=\"bg\"",
        "id=\"b\"",
        "bgcolor=\"#fefefe\"",
        "text=\"#010101\"",
        "margin: 1px",
        "body.bg{background-color:#000!important}",
    ] {
        assert!(html.contains(part), "{part} in {html}");
    }
    assert!(!html.contains("onload"), "{html}");
    let html = wrapped(page);
    let (_, part) = html.split_once("<div class=\"content\"").unwrap();
    for part_of in [
        "<div class=\"top\"",
        "class=\"mail-body bg\"",
        "id=\"b\"",
        "dir=\"rtl\"",
        "margin: 1px",
        "background-color: #fff",
        "color: #010101",
    ] {
        assert!(part.contains(part_of), "{part_of} in {part}");
    }
    assert!(
        html.contains("{.bg,.mail-body.bg{background-color:#000!important}}"),
        "{html}"
    );
    let part = wrapped("<p>no page</p>");
    assert!(!part.contains("mail-body"), "{part}");
}

#[test]
fn a_page_keeps_its_own_language_and_direction() {
    for (page, said) in [
        (
            "<html lang=\"ar\" dir=\"rtl\"><body><p>x</p></body></html>",
            "<html lang=\"ar\" dir=\"rtl\">",
        ),
        (
            "<html lang=\"he\"><body><p>x</p></body></html>",
            "<html lang=\"he\" dir=\"rtl\">",
        ),
        (
            "<html dir=\"rtl\"><body><p>x</p></body></html>",
            "<html lang=\"en\" dir=\"rtl\">",
        ),
        (
            "<HTML LANG=de><body><p>x</p></body></HTML>",
            "<html lang=\"de\" dir=\"ltr\">",
        ),
        (
            "<html lang=\"{{member.language}}\"><body><p>x</p></body></html>",
            "<html lang=\"{{member.language}}\" dir=\"ltr\">",
        ),
        (
            "<html><body><p>x</p></body></html>",
            "<html lang=\"en\" dir=\"ltr\">",
        ),
    ] {
        let html = composed(page).unwrap();
        assert!(html.contains(said), "{said} in {html}");
    }
    let html = wrapped("<html lang=\"ar\" dir=\"rtl\"><body><p>x</p></body></html>");
    assert!(html.contains("<div lang=\"ar\" dir=\"rtl\"><p"), "{html}");
    let page = "<html lang=\"fr\"><body>{{header}}{{content}}</body></html>";
    let wrapper = Wrapper {
        page: Some(page.to_owned()),
        ..Wrapper::default()
    };
    assert_eq!(check_wrapper(&wrapper), []);
    let made = compose(&content("s", "<p>x</p>"), Some(&wrapper), &sender()).unwrap();
    assert!(
        html_of(&made).contains("<html lang=\"fr\" dir=\"ltr\">"),
        "{}",
        html_of(&made)
    );
}

#[test]
fn a_placeholder_works_anywhere_in_a_url() {
    let values = json!({
        "domain": "shop.example", "path": "a b/ü?x=1&y=2", "url": "https://x.example/a?b=c", "mail": "a@b.example",
        "list": [{ "host": "one.example", "url": "https://two.example" }],
    });
    for (html, written) in [
        (
            "<a href=\"https://{{domain}}/x\">a</a>",
            "https://shop.example/x",
        ),
        (
            "<a href=\"https://www.{{domain}}:8443\">a</a>",
            "https://www.shop.example:8443",
        ),
        (
            "<a href=\"https://x.example/{{path}}#{{domain}}\">a</a>",
            "https://x.example/a%20b/%C3%BC?x&#x3D;1&amp;y&#x3D;2#shop.example",
        ),
        (
            "<a href=\"{{url}}&d={{domain}}\">a</a>",
            "https://x.example/a?b&#x3D;c&amp;d=shop.example",
        ),
        ("<a href=\"mailto:{{mail}}\">a</a>", "mailto:a@b.example"),
        (
            "<img src=\"https://{{domain}}/{{path}}.png\" alt=\"{{path}}\">",
            "alt=\"a b/ü?x",
        ),
        (
            "{{#each list}}<a href=\"https://{{this.host}}/\">a</a><img src=\"{{url}}\">{{/each}}",
            "href=\"https://one.example/\"",
        ),
        (
            "<table background=\"https://{{domain}}/b.png\"><tr><td>x</td></tr></table>",
            "background=\"https://shop.example/b.png\"",
        ),
        (
            "<a href=\"https://{{#if no}}a.example/{{path}}{{else}}{{domain}}{{/if}}/{{domain}}\">a</a>",
            "https://shop.example/shop.example",
        ),
        (
            "<p style=\"background:url('https://x.example/{{domain}}.png')\">a</p>",
            "https://x.example/shop.example.png",
        ),
        (
            "<!--[if mso]><v:roundrect href=\"https://{{domain}}/x\"></v:roundrect><![endif]--><p>a</p>",
            "href=\"https://shop.example/x\"",
        ),
    ] {
        assert_eq!(check(&content("s", html)), [], "{html}");
        let made = filled(html, values.clone()).unwrap();
        assert!(made.contains(written), "{written} in {made}");
    }
    for domain in [
        "evil.example/x?",
        "a@evil.example",
        "",
        "a b",
        "x.example#",
        "x\\y",
    ] {
        let made = filled(
            "<a href=\"https://{{domain}}/x\">a</a>",
            json!({ "domain": domain }),
        );
        assert!(made.is_err(), "{domain}: {made:?}");
    }
    for (html, reason) in [
        (
            "<a href=\"{{#if a}}https://x.example{{/if}}\">x</a>",
            "put the block around the whole element",
        ),
        ("<a href=\"/{{path}}\">x</a>", "needs an absolute URL"),
        (
            "<p style=\"background:url({{url}})\">x</p>",
            "may not begin with a placeholder",
        ),
        ("<p {{name}}>x</p>", "would be lost"),
        ("<p {{name}}=\"y\">x</p>", "would be lost"),
    ] {
        let found = check(&content("s", html));
        let is_told = found.iter().any(|problem| problem.reason.contains(reason));
        assert!(is_told, "{html}: {found:?}");
    }
}

#[test]
fn mjml_may_have_many_self_closing_elements() {
    let source = format!(
        "<mjml><mj-body><mj-section><mj-column>{}</mj-column></mj-section></mj-body></mjml>",
        "<mj-divider />".repeat(200)
    );
    assert!(mjml(&source).is_ok());
    assert!(mjml(&source.replace(" />", ">")).is_err());
}

#[test]
fn mjml_that_would_expand_too_much_is_refused() {
    let of = |head: &str, body: &str| {
        mjml(&format!(
            "<mjml><mj-head>{head}</mj-head><mj-body><mj-section><mj-column>{body}</mj-column></mj-section></mj-body></mjml>"
        ))
    };
    let all = |length: usize| {
        let class = "a".repeat(length);
        format!("<mj-attributes><mj-all css-class=\"{class}\" /></mj-attributes>")
    };
    let texts = "<mj-text>a</mj-text>".repeat(1_000);
    assert!(of(&all(1_000), &texts).is_ok());
    assert!(of(&all(10_000), &texts).is_err());
    let social = |length: usize| {
        let (font, links) = ("a".repeat(length), "<mj-social-element />".repeat(1_000));
        format!("<mj-social font-family=\"{font}\">{links}</mj-social>")
    };
    assert!(of("", &social(1_000)).is_ok());
    assert!(of("", &social(10_000)).is_err());
    // A `>` in a value or a comment does not end an element.
    assert!(of("", &social(10_000).replace("family=\"a", "family=\"a>")).is_err());
    let begun = "<mj-attributes><!-- </mj-attributes> -->";
    assert!(of(&all(10_000).replace("<mj-attributes>", begun), &texts).is_err());
    let carousel = |pictures: usize| {
        let picture = "<mj-carousel-image src=\"https://example.com/a.png\" />";
        format!("<mj-carousel>{}</mj-carousel>", picture.repeat(pictures))
    };
    assert!(of("", &carousel(20)).is_ok());
    assert!(of("", &carousel(21)).is_err());
}

/// Each makes a tree many times as large as the text, or deep enough to overflow a parser's stack.
#[test]
fn html_with_too_large_a_tree_is_not_parsed() {
    let formatting = |letters: usize, paragraphs: usize| {
        let open: String = (0..letters).map(|id| format!("<i id={id}>")).collect();
        format!("<p>{open}{}", "<p>x".repeat(paragraphs))
    };
    for html in [
        formatting(147, 2_000),
        formatting(800, 800),
        format!("<mj-preview>{}x</mj-preview>", "<div>".repeat(9_000)),
        format!("<!-- --!>{}-->", "<div>".repeat(9_000)),
        format!("<!x \">{}\">", "<div>".repeat(9_000)),
        format!("<?x '>{}'>", "<div>".repeat(9_000)),
        format!("<!-->{}-->", "<div>".repeat(9_000)),
        format!("<select><title>{}</title></select>", "<div>".repeat(9_000)),
        format!("<svg>{}{}", "<td>".repeat(9_000), "</x>".repeat(9_000)),
        format!("<math>{}", "<p>".repeat(9_000)),
        "<div/>".repeat(9_000),
    ] {
        let start: String = html.chars().take(40).collect();
        assert!(composed(&html).is_err(), "{start}");
        let page = format!("<html><body>{{{{content}}}}{html}</body></html>");
        let wrapper = Wrapper {
            page: Some(page),
            ..Wrapper::default()
        };
        assert_ne!(check_wrapper(&wrapper), [], "{start}");
    }
    for inner in [
        format!("<mj-text>{}</mj-text>", "<p>".repeat(3_000)),
        format!("<mj-text>{}</mj-text>", "<td>".repeat(3_000)),
        format!("<mj-text>{}</mj-text>", "<p a=\"/>\">".repeat(3_000)),
        format!(
            "<mj-text><title>{}</title></mj-text>",
            "<div>".repeat(20_000)
        ),
        format!(
            "<mj-raw><textarea>{}</textarea></mj-raw>",
            "<b>".repeat(20_000)
        ),
    ] {
        let start: String = inner.chars().take(40).collect();
        let source = format!(
            "<mjml><mj-body><mj-section><mj-column>{inner}</mj-column></mj-section></mj-body></mjml>"
        );
        assert!(mjml(&source).is_err(), "{start}");
    }
    // Ordinary content is far from it.
    let rows =
        "<tr><td><p>a<b>b</b><br><a href=\"https://example.org\">c</a></td></tr>".repeat(1_000);
    assert!(composed(&format!("<table>{rows}</table>")).is_ok());
    assert!(composed(&formatting(5, 500)).is_ok());
}

#[test]
fn styles_that_take_long_to_inline_are_refused() {
    let breaks = |count: usize| "<br>".repeat(count);
    let siblings: String = (0..20).map(|top| format!("i~br{{top:{top}px}}")).collect();
    let last: String = (0..20)
        .map(|top| format!("br:nth-last-of-type({top}){{top:1px}}"))
        .collect();
    let many: String = (0..1_200).map(|name| format!("a{name:x}:1;")).collect();
    let long: String = (0..150).map(|name| format!("a{name:x}:1;")).collect();
    for (styles, elements) in [
        (siblings, 4_000),
        (last, 4_000),
        (format!("br{{{many}}}"), 8_000),
        (format!("br,br,br,br,br{{{long}}}"), 8_000),
    ] {
        let start: String = styles.chars().take(40).collect();
        let html = format!(
            "<style>{styles}</style><div><i>x</i></div>{}",
            breaks(elements)
        );
        assert!(composed(&html).is_err(), "{start}");
    }
    let usual = "tr:nth-child(even){background-color:#eee}h1+p{margin:0}h1~p{color:red}";
    let rows = "<tr><td><h1>a</h1><p>b</p></td></tr>".repeat(200);
    assert!(composed(&format!("<style>{usual}</style><table>{rows}</table>")).is_ok());
}

#[test]
fn a_page_contains_each_part_once() {
    let header = "<b></b>".repeat(100);
    for page in [
        format!(
            "<html><body>{{{{content}}}}{}</body></html>",
            "{{header}}".repeat(2)
        ),
        format!(
            "<html><body>{{{{content}}}}{}</body></html>",
            "{{subject}}".repeat(11)
        ),
    ] {
        let wrapper = Wrapper {
            page: Some(page),
            header: header.clone(),
            ..Wrapper::default()
        };
        assert_ne!(check_wrapper(&wrapper), []);
        assert!(compose(&content("s", "<p>x</p>"), Some(&wrapper), &sender()).is_err());
    }
}

#[test]
fn the_content_of_a_page_is_where_elements_are_allowed() {
    for around in [
        "<!-- {} -->",
        "<!--[if mso]>{}<![endif]-->",
        "<a href=\"{}\">x</a>",
        "<p title=\"{}\">x</p>",
        "<textarea>{}</textarea>",
        "<style>{}</style>",
        "{{#if sender.name}}{}{{/if}}",
    ] {
        let content = around.replace("{}", "{{content}}");
        let wrapper = Wrapper {
            page: Some(format!("<html><body><p>x</p>{content}</body></html>")),
            ..Wrapper::default()
        };
        assert_ne!(check_wrapper(&wrapper), [], "{around}");
        let header = around.replace("{}", "{{header}}");
        let wrapper = Wrapper {
            page: Some(format!("<html><body>{{{{content}}}}{header}</body></html>")),
            header: "<p>Hi</p>".to_owned(),
            ..Wrapper::default()
        };
        let is_refused = !check_wrapper(&wrapper).is_empty();
        assert_eq!(is_refused, !around.contains("#if"), "{around}");
    }
}

#[test]
fn styles_in_the_head_apply_despite_outlooks_early_end_of_it() {
    let page = "<html><head><!--[if mso]></head><style>p{color:red}</style><![endif]--><style>@media print{p{color:blue}}</style></head><body><p>hello</p>{{content}}</body></html>";
    let wrapper = Wrapper {
        page: Some(page.to_owned()),
        ..Wrapper::default()
    };
    let composed = compose(&content("s", "<p>x</p>"), Some(&wrapper), &sender()).unwrap();
    let html = html_of(&composed);
    let styles = html.find("@media print").unwrap();
    let (comment, end) = (
        html.find("<!--[if mso]>").unwrap(),
        html.find("<![endif]-->").unwrap(),
    );
    assert!(styles < comment || styles > end, "{html}");
}

#[test]
fn a_url_in_the_styles_must_be_written_out() {
    for style in [
        "--p:'//evil.example/x.png';background-image:image-set(var(--p) 1x)",
        "background:url(var(--p))",
        "filter:progid:DXImageTransform.Microsoft.AlphaImageLoader(src='\\\\evil\\x.png')",
        "background:url(data:image/svg+xml;base64,PHN2Zz4=)",
    ] {
        let html = format!("<p style=\"{style}\">a</p>");
        assert_ne!(check(&content("s", &html)), [], "{style}");
    }
    let usual = "background:url(data:image/png;base64,iVBORw0KGgo=);color:var(--c)";
    assert_eq!(
        check(&content("s", &format!("<p style=\"{usual}\">a</p>"))),
        []
    );
}

#[test]
fn unknown_names_are_compared_only_with_plausible_ones() {
    let names: String = (0..300)
        .map(|n| format!("{{{{x{n:04}{}}}}}", "y".repeat(180)))
        .collect();
    let content = content("s", &format!("<p>{names}</p>"));
    assert!(
        unknown_names(&content)
            .iter()
            .all(|unknown| unknown.nearest.is_none())
    );
}

#[test]
fn a_preview_of_mjml_may_have_placeholders() {
    let source = "<mjml><mj-head><mj-title>{{x}}</mj-title><mj-preview>Hi {{x}}{{#if y}}!{{/if}}</mj-preview>\
        <mj-style>.a{color:{{c}}}</mj-style></mj-head><mj-body><mj-section background-color=\"{{c}}\"><mj-column>\
        <mj-text css-class=\"a\">Hello {{x}}</mj-text></mj-column></mj-section></mj-body></mjml>";
    let html = mjml(source).unwrap();
    assert_eq!(check(&content("s", &html)), [], "{html}");
    let composed = compose(&content("s", &html), None, &sender()).unwrap();
    let values = json!({ "x": "<Zoë>", "y": true, "c": "#123456" });
    let (_, html, text) = render(&composed, &receiver(values));
    assert!(html.contains("Hi &lt;Zoë&gt;!"), "{html}");
    assert!(html.contains("color: #123456"), "{html}");
    assert!(html.contains("lang=\"en\" dir=\"ltr\""), "{html}");
    assert!(
        html.contains("@media screen and (min-width:480px){"),
        "{html}"
    );
    // Hidden text is not in the text part.
    assert_eq!(text, "Hello <Zoë>");
    for forged in ["&#xe0f0;0&#xe0f1;", "&#xE0F6;3c;", "&#57590;3c;"] {
        assert!(mjml(&source.replace("Hello", forged)).is_err(), "{forged}");
    }
    for plain in ["\\u{e0f0}0\\u{e0f1}", "5 € > 3", "A –> B", "→>", "\u{301}>"] {
        let html = mjml(&source.replace("Hello", plain)).unwrap();
        assert!(html.contains(plain), "{plain}: {html}");
    }
}

#[test]
fn rules_that_cannot_be_inlined_stay_in_the_head() {
    let rules = [
        "a:hover{color:red}",
        "[data-ogsc] .x{color:#fff}",
        "[data-ogsb] .x{background:#000}",
        "u+.x .y{color:red}",
        "#outlook a{padding:0}",
        ".ExternalClass{width:100%}",
        "@media (max-width:600px){.x{width:100%!important}}",
        "@font-face{font-family:A;src:url(https://example.org/a.woff2)}",
        "@supports (display:grid){.x{color:red}}",
    ];
    let page = format!(
        "<html><head><style>.x{{color:#123456}} {}</style></head><body><p class=\"x\"><a href=\"#\">a</a></p></body></html>",
        rules.join(" ")
    );
    for html in [composed(&page).unwrap(), wrapped(&page)] {
        let head = html.split("</head>").next().unwrap();
        for rule in rules {
            // A rule that overrode `.x` still does.
            let raised = format!("{} !important;}}", rule.trim_end_matches('}'));
            let is_there = head.contains(rule) || head.contains(&raised);
            assert!(is_there, "{rule} in {head}");
        }
        assert!(!head.contains("#123456"), "{head}");
        assert!(html.contains("color: #123456"), "{html}");
    }
    // The same with the page of a wrapper, and a block stays with its rules.
    let wrapper = Wrapper {
        page: Some(
            "<html><head><style>a:hover{color:{{colors.accent}}}</style></head><body>{{content}}</body></html>".to_owned(),
        ),
        ..Wrapper::default()
    };
    let html = "<style>{{#if vip}}p{color:red}{{/if}}</style><p>x</p>";
    let made = compose(&content("s", html), Some(&wrapper), &sender()).unwrap();
    let made = html_of(&made);
    for part in [
        "a:hover{color:#0b5cad}",
        "<style>{{#if vip}}p{color:red}{{/if}}</style>",
    ] {
        assert!(made.contains(part), "{part} in {made}");
    }
}

#[test]
fn comments_for_outlook_are_cleaned_and_others_are_inert() {
    for (html, kept) in [
        (
            "<!--[if mso]><v:rect onclick=\"x\" fill=\"t\" style=\"width:1px\"><blink>a</blink><v:fill type=\"tile\" src=\"https://x.example/a.png\"/><![endif]-->",
            "<!--[if mso]><v:rect fill=\"t\" style=\"width:1px\">a<v:fill type=\"tile\" src=\"https://x.example/a.png\" /><![endif]-->",
        ),
        (
            "<!--[if mso]><xml><o:OfficeDocumentSettings><o:AllowPNG/><o:PixelsPerInch>96</o:PixelsPerInch></o:OfficeDocumentSettings></xml><![endif]-->",
            "<!--[if mso]><xml><o:OfficeDocumentSettings><o:AllowPNG /><o:PixelsPerInch>96</o:PixelsPerInch></o:OfficeDocumentSettings></xml><![endif]-->",
        ),
        (
            "<!--[if !mso]><!--><p>a</p><!--<![endif]-->",
            "<!--[if !mso]><!--><p>a</p><!--<![endif]-->",
        ),
        (
            "<!--[if mso]><style>a > b{color:{{c}}}</style><td title=\"-->\"><![endif]-->",
            "<!--[if mso]><style>a  > b{color:{{css c}}}</style>",
        ),
        (
            "<!-- a -{{#if x}}y{{/if}}-> b -->",
            "<!-- a -{{#if x}}y{{/if}}-&gt; b -->",
        ),
        (
            "<!--{{#if x}}{{/if}}[if mso]><script>1</script>-->",
            "{{/if}}[ if mso]&gt;<script&gt;",
        ),
    ] {
        let made = composed(&format!("{html}<p>x</p>"));
        let made = made.unwrap_or_else(|found| panic!("{html}: {found:?}"));
        assert!(made.contains(kept), "{kept} in {made}");
    }
}

#[test]
fn template_tags_are_recognised_as_by_the_engine() {
    for attack in [
        "<p style=\"{{[a}}\">x {{b]}}<p title=\" onload=x \">",
        "<p>{{default x \"\\\"}}<script>1</script>\"}}</p>",
        "<p title=\"{{[a}}\">{{x]}}</p>",
        "<p>{{~! a }} b }}</p>",
        "<p style=\"color:{{u~}} (javascript:1)\">a</p>",
    ] {
        assert!(
            composed(attack).is_err(),
            "{attack}: {:?}",
            composed(attack)
        );
    }
    let values = json!({ "c": "red;background:url(https://x.example)" });
    for attack in [
        "color:{{~c~}}",
        "color:{{ c }}",
        "color:{{default c \"x\"}}",
        "color:{{css c}}",
    ] {
        let made = filled(&format!("<p style='{attack}'>a</p>"), values.clone());
        assert!(made.is_err(), "{attack}: {made:?}");
    }
    let values = json!({ "list": [{ "a b": "x" }, { "a b": "y" }] });
    let made = filled("<p>{{list.[0].[a b]}}</p>", values);
    assert_eq!(made.unwrap(), "<p>x</p>");
}

#[test]
fn a_block_surrounds_whole_elements() {
    for crossing in [
        "{{#if a}}<div>{{/if}}x</div>",
        "<div>{{#if a}}</div>{{/if}}",
        "{{#if a}}<div class=\"x\">{{else}}<div class=\"y\">{{/if}}z</div>",
        "<table>{{#if a}}<tr><td></table>{{/if}}",
        "{{#if a}}<style>p{color:red}</style>{{/if}}<p>x</p>",
        "<div>{{#if a}}<b>{{/if}}</b></div>",
    ] {
        assert_ne!(check(&content("s", crossing)), [], "{crossing}");
        assert!(composed(crossing).is_err(), "{crossing}");
    }
    for whole in [
        "<p>Hello {{#if a}}<ul><li>x</li></ul>{{/if}} bye</p>",
        "<table><tr><td>{{#if a}}</td><td>x{{/if}}</td></tr></table>",
        "<p>a{{#if a}}</p><p>b{{/if}}</p>",
        "<ul>{{#each l}}<li>{{this}}{{/each}}</ul>",
        "<div class=\"{{#if a}}x{{else}}y{{/if}}\">z</div>",
    ] {
        assert_eq!(check(&content("s", whole)), [], "{whole}");
        assert!(composed(whole).is_ok(), "{whole}: {:?}", composed(whole));
    }
}

/// Styles that would be repeated in every element, and declarations compared with all of them.
#[test]
fn styles_stay_within_their_limits() {
    let began = std::time::Instant::now();
    let long = format!("<style>p{{font-family:\"{}\"}}</style>", "a".repeat(60_000));
    let many = "p{top:0}".repeat(6_000);
    for (style, reason) in [
        (long, "bytes"),
        (format!("<style>{many}</style>"), "too many"),
    ] {
        let html = format!("{style}{}", "<p>".repeat(15_000));
        let found = composed(&html).unwrap_err();
        assert!(found[0].reason.contains(reason), "{found:?}");
    }
    assert!(began.elapsed().as_secs() < 60, "{:?}", began.elapsed());
}

#[test]
fn characters_of_all_languages_survive_mjml() {
    let source = "<mjml><mj-head><mj-title>Ä</mj-title><mj-preview>→> ο</mj-preview><mj-style>p::after{content:\"→\"}</mj-style></mj-head>\
        <mj-body><mj-section><mj-column><mj-text font-family=\"Ünï\">a€>b <i title=\"€\">ß</i> {{x}}</mj-text>\
        <mj-image src=\"https://example.org/{{x}}.png\" alt=\"Zoë\u{a0}5\u{301}€\"/></mj-column></mj-section></mj-body></mjml>";
    let html = mjml(source).unwrap();
    for part in [
        "<title>Ä</title>",
        "→> ο",
        "content:\"→\"",
        "font-family:Ünï",
        "a€>b <i title=\"€\">ß</i> {{x}}",
        "https://example.org/{{x}}.png",
        "alt=\"Zoë\u{a0}5\u{301}€\"",
    ] {
        assert!(html.contains(part), "{part} in {html}");
    }
    // Each of these crashed the process.
    for part in [
        "{{#if a}}<!-->{{/if}}",
        "<!-->é>",
        "€>",
        "</€>",
        "<€>",
        "<a €>",
    ] {
        drop(mjml(&source.replace("→> ο", part)));
        drop(mjml(&source.replace("a€", part)));
    }
}
