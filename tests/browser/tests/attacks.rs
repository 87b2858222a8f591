//! Malicious content reaches nobody: each line of `tests/attacks/payloads.txt`, in every field that takes content, is composed
//! and rendered as for an email; whatever is accepted is opened in Chromium.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on should say where"
)]

use std::collections::{BTreeMap, BTreeSet};

use carillon_browser::{Suspect, harms, payloads};
use carillon_compose::{check, check_wrapper, compose, mjml};
use carillon_domain::{
    address::EmailAddress,
    channel::Channel,
    content::{
        self, Content, EmailContent, LocalizedContent, Sender,
        render::{Rendered, Renderer},
        wrapper::Wrapper,
    },
    receivers::{Receiver, Source},
};
use serde_json::{Value, json};

/// The contexts of a value in content.
const PLACES: [&str; 16] = [
    "<p>{{x}}</p>",
    "<p>{{default nobody x}}</p>",
    "<p title=\"{{x}}\">x</p>",
    "<p title='{{x}}'>x</p>",
    "<p title={{x}}>x</p>",
    "<p class=\"a {{x}} b\" id=\"{{x}}\">x</p>",
    "<p style=\"color:{{x}}\">x</p>",
    "<style>.a{color:{{x}}}</style><p class=a>x</p>",
    "<table bgcolor=\"{{x}}\"><tr><td width=\"{{x}}\">x</td></tr></table>",
    "<a href=\"{{x}}\">x</a>",
    "<a href=\"https://example.org/{{x}}\">x</a>",
    "<a href=\"https://example.org/?q={{url x}}\">x</a>",
    "<img src=\"{{x}}\" alt=\"{{x}}\">",
    "<!--[if mso]><p>{{x}}</p><![endif]--><p>x</p>",
    "<!-- {{x}} --><p>x</p>",
    "{{#each list}}<p title=\"{{this}}\">{{this}}</p>{{/each}}{{#with account}}<a href=\"{{unsubscribe_url}}\">x</a>{{/with}}",
];

fn receiver(value: &str) -> Receiver {
    let variables = json!({
        "x": value,
        "list": [value],
        "account": { "unsubscribe_url": value },
        "member": { "time_zone": value },
    });
    let Value::Object(variables) = variables else {
        unreachable!("it is written as one")
    };
    Receiver {
        first_name: Some(value.to_owned()),
        last_name: None,
        email: Some(EmailAddress::parse("zoe@example.com").unwrap()),
        mobile: None,
        push: None,
        language: None,
        variables,
        source: Source::Manual,
        off: BTreeMap::new(),
        corrections: Vec::new(),
    }
}

fn written(subject: &str, html: String) -> Content {
    Content {
        default: LocalizedContent {
            email: Some(EmailContent::new(subject.to_owned(), html, None)),
            ..LocalizedContent::default()
        },
        ..Content::default()
    }
}

/// The composed content; `None` if any step rejects it, as in the API.
fn composed(written: &Content, wrapper: Option<&Wrapper>, sender: &Sender) -> Option<Content> {
    let is_good = content::check(written).is_ok()
        && check(written).is_empty()
        && wrapper.is_none_or(|wrapper| check_wrapper(wrapper).is_empty());
    is_good.then(|| compose(written, wrapper, sender).ok())?
}

/// The email for a receiver with a value; `None` if it cannot be rendered.
fn filled(composed: &Content, value: &str) -> Option<String> {
    let renderer = Renderer::new("Attack", composed).unwrap();
    match renderer.render(Channel::Email, &receiver(value)).ok()? {
        Rendered::Email { html, .. } => Some(html),
        other => panic!("{other:?}"),
    }
}

/// All accepted payloads, without duplicates.
struct Accepted {
    suspects: Vec<Suspect>,
    known: BTreeSet<String>,
}

impl Accepted {
    fn add(&mut self, name: String, html: Option<String>) {
        if let Some(html) = html.filter(|html| self.known.insert(html.clone())) {
            self.suspects.push(Suspect { name, html });
        }
    }
}

#[test]
fn known_attacks_do_not_run_in_an_email() {
    let payloads = payloads();
    assert!(payloads.len() >= 200, "{}", payloads.len());
    let mut accepted = Accepted {
        suspects: Vec::new(),
        known: BTreeSet::new(),
    };
    let nobody = Sender::default();
    for payload in &payloads {
        let values = ["plain", payload];
        let mut write =
            |place: &str, content: &Content, wrapper: Option<&Wrapper>, sender: &Sender| {
                let Some(composed) = composed(content, wrapper, sender) else {
                    return;
                };
                for value in values {
                    accepted.add(format!("{place}: {payload}"), filled(&composed, value));
                }
            };
        write("a body", &written("s", payload.clone()), None, &nobody);
        let around = Wrapper {
            header: payload.clone(),
            footer: payload.clone(),
            ..Wrapper::default()
        };
        let part = format!("<p>Before</p><table><tr><td>{payload}</td></tr></table><p>After</p>");
        write(
            "a part, a header and a footer",
            &written("s", part),
            Some(&around),
            &nobody,
        );
        if let Ok(html) = mjml(&format!(
            "<mjml><mj-body><mj-section><mj-column><mj-text>{payload}</mj-text></mj-column></mj-section></mj-body></mjml>"
        )) {
            write("MJML", &written("s", html), None, &nobody);
        }
        let page = Wrapper {
            page: Some(format!(
                "<html><body>{payload}<div>{{{{content}}}}</div></body></html>"
            )),
            ..Wrapper::default()
        };
        let plain = || "<p>Hello</p>".to_owned();
        write("a page", &written("s", plain()), Some(&page), &nobody);
        let sender = Sender {
            name: Some(payload.clone()),
            address: Some(payload.clone()),
            privacy_url: Some(format!("https://example.org/{payload}")),
        };
        let titled = written(payload, plain());
        let usual = Wrapper::default();
        write("a subject and who sends", &titled, Some(&usual), &sender);
    }
    for place in PLACES {
        let composed = compose(&written("{{x}}", place.to_owned()), None, &nobody)
            .unwrap_or_else(|problems| panic!("{place}: {problems:?}"));
        for payload in &payloads {
            accepted.add(
                format!("a value in {place}: {payload}"),
                filled(&composed, payload),
            );
        }
    }
    let count = accepted.suspects.len();
    // Rejected payloads are not tried, so enough must remain.
    assert!(count > payloads.len(), "{count}");
    let seen = harms(&accepted.suspects).unwrap_or_else(|error| panic!("{error}"));
    assert!(seen.is_empty(), "{} of {count}: {seen:#?}", seen.len());
}

/// Tests the detection itself.
#[test]
fn running_scripts_are_detected() {
    let suspect = |html: &str| Suspect {
        name: html.to_owned(),
        html: html.to_owned(),
    };
    let harmful = [
        ("<script>alert(1)</script>", "a script ran: alert"),
        ("<img src=x onerror=alert(1)>", "a script ran: alert"),
        ("<script>document.title='x'</script>", "a script ran: title"),
        (
            "<script>fetch('https://a.example/')</script>",
            "a script ran: fetch",
        ),
        (
            "<link rel=stylesheet href=https://a.example/x.css>",
            "asked for style-src",
        ),
        ("<iframe srcdoc='<p>x</p>'></iframe>", "srcdoc on <iframe>"),
        (
            "<meta http-equiv=refresh content='0;url=https://a.example/'>",
            "<meta>",
        ),
        (
            "<a href=' java&Tab;script:x'>x</a>",
            "a link that runs a script",
        ),
        (
            "<p style='wid\\74h:exp/**/ression(1)'>x</p>",
            "a style with expression(",
        ),
        (
            "<!--[if mso]><script>x</script><![endif]-->",
            "for Outlook: <script>",
        ),
        (
            "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
            "a script ran: alert",
        ),
        ("<a href='//a.example/'>x</a>", "whatever scheme"),
        ("<form action=https://a.example/></form>", "<form>"),
    ];
    let harmless = [
        "<title>x</title><p style='color:red'>&lt;script&gt;alert(1)&lt;/script&gt;</p>",
        "<a href='https://example.org/'>x</a><img src='https://example.org/a.png'><img src='cid:a'>",
        "<style>a:hover{scroll-behavior:smooth;background:url(https://example.org/a.png)}</style><a href='tel:1'>x</a>",
        "<!--[if mso]><table><tr><td><![endif]--><p>x</p>",
    ];
    let suspects: Vec<Suspect> = harmful
        .iter()
        .map(|(html, _)| *html)
        .chain(harmless)
        .map(suspect)
        .collect();
    let seen = harms(&suspects).unwrap_or_else(|error| panic!("{error}"));
    for (html, expected) in harmful {
        let harm = seen.iter().find(|harm| harm.name == html);
        let is_found =
            harm.is_some_and(|harm| harm.found.iter().any(|found| found.contains(expected)));
        assert!(is_found, "{html}: {expected} not in {harm:?}");
    }
    // Most payloads are harmful as they are; others only in an attribute, a style or a template.
    let raw: Vec<Suspect> = payloads().iter().map(|payload| suspect(payload)).collect();
    let noticed = harms(&raw).unwrap_or_else(|error| panic!("{error}"));
    assert!(
        noticed.len() > raw.len() * 3 / 4,
        "{} of {}",
        noticed.len(),
        raw.len()
    );
    for html in harmless {
        assert!(!seen.iter().any(|harm| harm.name == html), "{seen:#?}");
    }
}
