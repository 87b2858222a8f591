//! Fuzz test: for any content and any values, a browser finds nothing in the mail except what is allowed.
//!
//! Templates are built from fragments used in attacks, composed, rendered in every branch with hostile values, and parsed by a browser's
//! parser (html5ever). `CARILLON_HOSTILE_CASES` sets the number of cases, with a new seed each time; without it a fixed set is used.

use std::{cell::Cell, collections::BTreeMap};

use carillon_domain::{
    channel::Channel,
    content::{
        EmailContent, Sender,
        render::{Rendered, Renderer},
    },
    receivers::{Receiver, Source},
};
use html5ever::{
    ParseOpts, ns, parse_document, tendril::TendrilSink, tree_builder::TreeBuilderOpts,
};
use markup5ever_rcdom::{Handle, NodeData, RcDom};
use proptest::{
    prelude::*,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use serde_json::{Value, json};

use super::*;

/// The elements allowed in a mail, listed again independently of the code under test.
const ELEMENTS: &[&str] = &[
    "html",
    "head",
    "body",
    "meta",
    "title",
    "style",
    "a",
    "abbr",
    "acronym",
    "address",
    "area",
    "article",
    "aside",
    "b",
    "bdi",
    "bdo",
    "big",
    "blockquote",
    "br",
    "caption",
    "center",
    "cite",
    "code",
    "col",
    "colgroup",
    "data",
    "dd",
    "del",
    "details",
    "dfn",
    "div",
    "dl",
    "dt",
    "em",
    "figcaption",
    "figure",
    "font",
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hgroup",
    "hr",
    "i",
    "img",
    "ins",
    "kbd",
    "li",
    "main",
    "map",
    "mark",
    "nav",
    "nobr",
    "ol",
    "p",
    "pre",
    "q",
    "rp",
    "rt",
    "rtc",
    "ruby",
    "s",
    "samp",
    "section",
    "small",
    "span",
    "strike",
    "strong",
    "sub",
    "summary",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "time",
    "tr",
    "tt",
    "u",
    "ul",
    "var",
    "wbr",
];
const ATTRIBUTES: &[&str] = &[
    "lang",
    "title",
    "style",
    "class",
    "id",
    "align",
    "valign",
    "bgcolor",
    "background",
    "width",
    "height",
    "border",
    "cellpadding",
    "cellspacing",
    "dir",
    "role",
    "color",
    "face",
    "size",
    "charset",
    "name",
    "content",
    "text",
    "link",
    "href",
    "hreflang",
    "src",
    "alt",
    "colspan",
    "rowspan",
    "headers",
    "scope",
    "axis",
    "char",
    "charoff",
    "span",
    "start",
    "cite",
    "datetime",
    "summary",
    "rules",
    "frame",
    "abbr",
    "compact",
    "type",
    "value",
    "reversed",
    "open",
    "vlink",
    "alink",
    "xmlns",
    "xmlns:v",
    "xmlns:o",
    "xmlns:w",
    "nowrap",
    "noshade",
    "clear",
    "bordercolor",
    "shape",
    "coords",
    "usemap",
    "hspace",
    "vspace",
    "wrap",
];
const OUTLOOK: &[&str] = &[
    "v:rect",
    "v:roundrect",
    "v:fill",
    "v:textbox",
    "w:anchorlock",
    "o:p",
    "xml",
    "noscript",
    "o:shapedefaults",
    "w:zoom",
];
const OUTLOOK_ATTRIBUTES: &[&str] = &[
    "fill",
    "fillcolor",
    "arcsize",
    "stroke",
    "inset",
    "type",
    "src",
    "href",
    "spidmax",
    "m:val",
];

/// Fragments of templates.
const PIECES: &[&str] = &[
    "text ",
    "{{x}}",
    "{{y}}",
    "{{~x~}}",
    "{{default x \"y\"}}",
    "{{l.[0]}}",
    "{{#if \"\\\"\"}}",
    "{{else if \"\\\"\"}}",
    "{{#if '\\''}}",
    "{{#if [\"]}}",
    "{{else if [']}}",
    "{{default x \"\\\"\"}}",
    "{{#default x \"\"}}",
    "{{/default}}",
    "{{[x}}",
    "{{x]}}",
    "{{! a }}",
    "{{!-- }} --}}",
    "\\{{x}}",
    "{",
    "}}",
    "{{#if a}}",
    "{{else}}",
    "{{/if}}",
    "{{#if b}}",
    "{{#each l}}",
    "{{/each}}",
    "{{#unless c}}",
    "{{/unless}}",
    "{{#with o}}",
    "{{/with}}",
    "{{x",
    "&#xE0F0;0&#xE0F1;",
    "&#57584;",
    "\u{E0F0}0\u{E0F1}",
    "\u{E0F2}content\u{E0F3}",
    "\0",
    "&lt;script&gt;",
    "&amp;",
    "&#123;&#123;x}}",
    "<!--",
    "-->",
    "--!>",
    "<!-->",
    "<!--[if mso]>",
    "<![endif]-->",
    "<!--[if !mso]><!-->",
    "<!--<![endif]-->",
    "<![CDATA[",
    "]]>",
    "<?xml x?>",
    "<script>",
    "</script>",
    "<zq>",
    "<svg>",
    "</svg>",
    "<math><mtext>",
    "<style>",
    "</style>",
    "<title>",
    "</title>",
    "<textarea>",
    "<xmp>",
    "<noscript>",
    "<template>",
    "<iframe>",
    "<plaintext>",
    "<base href='https://example.com'>",
    "<form action=x>",
    "<select>",
    "<p>",
    "</p>",
    "<div>",
    "</div>",
    "<table>",
    "<tr>",
    "<td>",
    "</td>",
    "</tr>",
    "</table>",
    "<b>",
    "</b>",
    "<br/>",
    "<li>",
    "</body>",
    "<p title=\"",
    "<a href='",
    "<a href=",
    "<img src=x onerror=y",
    "\"",
    "'",
    ">",
    "<",
    "/",
    "=",
    " onload=\"x\"",
    " style=\"",
    "`",
    "javascript:1",
    "https://",
    "data:text/html,x",
    "//example.com",
    "java\tscript:1",
    "@import 'https://example.com';",
    "color:red",
    ";",
    ":",
    "(",
    ")",
    "url(",
    "expression(1)",
    "/*",
    "*/",
    "\\",
    "behavior:url(x)",
    "-moz-binding:url(x)",
    "u\\72l(javascript:1)",
    "@media print{",
    "<v:rect",
    "<v:fill src=\"",
    "<html>",
    "<body class=\"x\" ",
    "<![if !mso]>",
    "<![endif]>",
    "<!--[if !mso]-->",
    "<!--[endif]-->",
    "<![if",
    "[endif]",
    "<map name=\"",
    "<area href=\"",
    "<a name=\"",
    "<img src=\"data:image/png;base64,",
    "data:image/svg+xml;base64,AAAA",
    "data:image/png;base64,AAAA",
    "<blockquote cite=\"",
    "<!--[if mso]><xml><o:shapedefaults spidmax=\"",
    "<big>",
    "<pre wrap",
    "exp/**/ression(1)",
    "-o-link:",
    "p:hover{",
    " !important",
    "{{/*",
];

/// Values that could become something other than text.
const VALUES: &[&str] = &[
    "<zq onload=\"x\">",
    "\"><script>1</script>",
    "' onload='x",
    "javascript:1",
    "JaVaScRiPt:1",
    " javascript:1",
    "red;background:url(javascript:1)",
    "}</style><script>1</script>",
    "-->",
    "--!><zq>",
    "{{x}}",
    "{{{y}}}",
    "\u{E0F0}0\u{E0F1}",
    "\0<zq>",
    "&lt;zq&gt;",
    "url",
    "import",
    "beha",
    "u",
    "75",
    "behavior",
    "expression",
    "https://example.com/",
    "https://\"onload=x",
    "example.com",
    "#fff",
    "<!--",
    "*/",
    "/*",
    "@import",
    "",
    "mailto:x",
    "data:text/html,<zq>",
    "[if mso]><script>1</script>",
    "script",
    "style",
];

fn receiver(values: &Value) -> Receiver {
    Receiver {
        first_name: None,
        last_name: None,
        email: None,
        mobile: None,
        push: None,
        language: None,
        variables: values.as_object().cloned().unwrap_or_default(),
        source: Source::Manual,
        off: BTreeMap::new(),
        corrections: Vec::new(),
    }
}

/// Composes and renders in every branch, and checks each result. Returns the number of results.
fn try_all(html: &str, wrapper: Option<&Wrapper>, first: usize) -> Result<usize, String> {
    let content = Content {
        default: LocalizedContent {
            email: Some(EmailContent::new(
                "{{x}}".to_owned(),
                html.to_owned(),
                Some("text".to_owned()),
            )),
            ..LocalizedContent::default()
        },
        ..Content::default()
    };
    let Ok(composed) = compose(&content, wrapper, &Sender::default()) else {
        return Ok(0);
    };
    let renderer = Renderer::new("c", &composed).map_err(|error| error.to_string())?;
    let mut rendered = 0;
    for number in 0..16 {
        let of = |number: usize| VALUES[number % VALUES.len()];
        let is = |bit: usize| number >> bit & 1 == 1;
        let (x, y) = (of(first + number), of(first / 7 + 3 * number));
        let list = match is(3) {
            true => json!([x, { "x": y, "y": x }]),
            false => json!([]),
        };
        let values = json!({
            "x": x, "y": y, "a": is(0), "b": is(1), "c": is(2), "l": list, "o": { "x": y, "y": x, "unsubscribe_url": x },
        });
        let filled = renderer.render(Channel::Email, &receiver(&values));
        let Ok(Rendered::Email { html: mail, .. }) = filled else {
            continue;
        };
        rendered += 1;
        look(&mail).map_err(|found| {
            let written = &composed
                .default
                .email
                .as_ref()
                .map(|email| email.html.clone());
            format!("{found}\nwritten: {html}\ncomposed: {written:?}\nrendered: {mail}")
        })?;
    }
    Ok(rendered)
}

/// What a browser finds that is not allowed, with and without scripting.
fn look(mail: &str) -> Result<(), String> {
    for scripting_enabled in [true, false] {
        let options = ParseOpts {
            tree_builder: TreeBuilderOpts {
                scripting_enabled,
                ..TreeBuilderOpts::default()
            },
            ..ParseOpts::default()
        };
        let page = parse_document(RcDom::default(), options).one(mail);
        look_at(&page.document, false)?;
    }
    Ok(())
}

fn look_at(node: &Handle, for_outlook: bool) -> Result<(), String> {
    match &node.data {
        NodeData::Element { name, attrs, .. } => {
            let element = &*name.local;
            let is_known = ELEMENTS.contains(&element) && name.ns == ns!(html)
                || (for_outlook && OUTLOOK.contains(&element));
            if !is_known {
                return Err(format!("<{element}> in {:?}", name.ns));
            }
            for attribute in attrs.borrow().iter() {
                let (name, value) = (&*attribute.name.local, &*attribute.value);
                let is_known = ATTRIBUTES.contains(&name)
                    || name.starts_with("data-")
                    || name.starts_with("aria-")
                    || (for_outlook && OUTLOOK_ATTRIBUTES.contains(&name));
                if !is_known {
                    return Err(format!("{name} on <{element}>"));
                }
                match name {
                    "src" if element == "img" && value.starts_with("data:image/png;base64,") => {
                        let data = &value["data:image/png;base64,".len()..];
                        let is_one = |letter: char| {
                            letter.is_ascii_alphanumeric() || " \t\r\n\u{c}+/=".contains(letter)
                        };
                        if !data.chars().all(is_one) {
                            return Err(format!("embedded picture {value:?}"));
                        }
                    }
                    "href" | "src" | "background" | "cite" => leads_well(value)?,
                    "style" => styles_well(value)?,
                    _ => {}
                }
            }
            if element == "style" {
                let children = node.children.borrow();
                for child in children.iter() {
                    if let NodeData::Text { contents } = &child.data {
                        styles_well(&contents.borrow())?;
                    }
                }
            }
        }
        // As Outlook reads it.
        NodeData::Comment { contents } if contents.starts_with("[if") => {
            let inner = contents.split_once(']').map_or("", |(_, inner)| inner);
            let page = parse_document(RcDom::default(), ParseOpts::default()).one(inner);
            look_at(&page.document, true)?;
        }
        _ => {}
    }
    node.children
        .borrow()
        .iter()
        .try_for_each(|child| look_at(child, for_outlook))
}

/// Whether a URL is allowed in a mail, as a browser reads it (URL Standard, 4.4: controls and spaces around it are dropped, and tabs and
/// line breaks within).
fn leads_well(address: &str) -> Result<(), String> {
    let read: String = address
        .trim_matches(|letter: char| letter <= ' ')
        .replace(['\t', '\n', '\r'], "");
    let small = read.to_ascii_lowercase();
    let is_right = small.is_empty()
        || small.starts_with('#')
        || ["https://", "http://", "mailto:", "tel:", "cid:"]
            .iter()
            .any(|scheme| small.starts_with(scheme));
    is_right.then_some(()).ok_or(format!("URL {address:?}"))
}

fn styles_well(css: &str) -> Result<(), String> {
    match css::complaint(css, &|_| marks::Kind::Value) {
        Some(found) => Err(format!("{found}: {css}")),
        None => Ok(()),
    }
}

/// A template of fragments, often inside well-formed markup.
fn template() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(PIECES).prop_map(str::to_owned);
    let value = prop::sample::select(vec![
        "{{x}}",
        "{{y}}",
        "text",
        "red",
        "https://example.com/",
    ])
    .prop_map(str::to_owned);
    let leaf = prop_oneof![3 => value, 4 => piece];
    leaf.prop_recursive(5, 40, 5, |inner| {
        let some = prop::collection::vec(inner, 1..5).prop_map(|parts| parts.concat());
        (some, 0..32_usize).prop_map(|(inner, kind)| match kind {
            0 => format!("{{{{#if a}}}}{inner}{{{{/if}}}}"),
            1 => format!("{{{{#if b}}}}{inner}{{{{else}}}}{inner}{{{{/if}}}}"),
            2 => format!("{{{{#unless c}}}}{{{{else}}}}{inner}{{{{/unless}}}}"),
            3 => format!("{{{{#each l}}}}{inner}{{{{this}}}}{{{{/each}}}}"),
            4 => format!("{{{{#with o}}}}{inner}{{{{/with}}}}"),
            5 => format!("<p>{inner}</p>"),
            6 => format!("<div title=\"{inner}\">x</div>"),
            7 => format!("<a href=\"{inner}\">x</a>"),
            8 => format!("<a href=\"https://{inner}/x\">x</a>"),
            9 => format!("<img src='https://example.com/{inner}' alt=\"{inner}\">"),
            10 => format!("<p style=\"color:{inner}\">x</p>"),
            11 => format!("<p style='{inner}'>x</p>"),
            12 => format!("<style>{inner}</style>"),
            13 => format!("<style>p{{color:{inner}}}</style><p>x</p>"),
            14 => format!("<!-- {inner} -->"),
            15 => format!("<!--[if mso]>{inner}<![endif]-->"),
            16 => format!("<!--[if mso]><style>p{{{inner}}}</style><v:fill src=\"{inner}\"/><![endif]-->"),
            17 => format!("<table><tr><td>{inner}</td></tr></table>"),
            18 => format!("<table>{inner}</table>"),
            19 => format!("<svg>{inner}</svg>"),
            20 => format!("<html lang=\"{inner}\"><body class=\"{inner}\" bgcolor=\"{inner}\">{inner}</body></html>"),
            21 => format!("<html><head><title>{inner}</title><style>{inner}</style></head><body style=\"{inner}\">{inner}</body></html>"),
            22 => format!("<math><mtext>{inner}</mtext></math>"),
            23 => format!("<td background={inner}>x</td>"),
            24 => format!("<p style=\"background:url('https://example.com/{inner}')\">x</p>"),
            25 => format!("<style>p{{top:0}}p:hover,p{{top:{inner}}}@media print{{p{{left:0}}{inner}}}</style><p>x</p>"),
            26 => format!("<![if !mso]>{inner}<![endif]>"),
            27 => format!("<map name=\"{inner}\"><area href=\"{inner}\" alt=\"{inner}\"></map>"),
            28 => format!("<img src=\"data:image/png;base64,{inner}\" usemap=\"{inner}\">"),
            _ => inner,
        })
    })
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "set by whoever runs the test; no function reads this"
)]
fn a_browser_finds_nothing_that_a_mail_may_not_hold() {
    let cases = std::env::var("CARILLON_HOSTILE_CASES").ok();
    let cases = cases.map(|cases| cases.parse::<u32>().unwrap());
    let config = Config {
        failure_persistence: None,
        max_shrink_iters: 4_000,
        ..Config::with_cases(cases.unwrap_or(600))
    };
    let mut runner = match cases {
        Some(_) => TestRunner::new(config),
        None => TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha)),
    };
    let rendered = Cell::new(0);
    let tried = runner.run(
        &(template(), template(), 0..VALUES.len(), 0..8_usize),
        |(html, other, first, kind)| {
            let wrapper = |header: &str, page: Option<String>| Wrapper {
                header: header.to_owned(),
                footer: other.clone(),
                page,
                ..Wrapper::default()
            };
            let tried = match kind {
                0 => try_all(&html, Some(&wrapper(&other, None)), first),
                1 => {
                    let page = format!("<html><body {other}>{{{{header}}}}{other}{{{{content}}}}{{{{footer}}}}</body></html>");
                    let wrapper = wrapper("", Some(page));
                    match check_wrapper(&wrapper).is_empty() {
                        true => try_all(&html, Some(&wrapper), first),
                        false => Ok(0),
                    }
                }
                2 => {
                    let source = format!("<mjml><mj-head><mj-preview>{other}</mj-preview></mj-head><mj-body><mj-section background-color=\"{other}\"><mj-column><mj-text>{html}</mj-text></mj-column></mj-section></mj-body></mjml>");
                    mjml(&source).map_or(Ok(0), |html| try_all(&html, None, first))
                }
                _ => try_all(&html, None, first),
            };
            rendered.set(rendered.get() + tried.map_err(TestCaseError::fail)?);
            Ok(())
        },
    );
    tried.unwrap_or_else(|error| panic!("{error}"));
    // Most are refused, but not all.
    let least = cases.unwrap_or(600) as usize / 4;
    assert!(
        rendered.get() > least,
        "{} mails were checked",
        rendered.get()
    );
}

/// Attacks found by reviewers and by this test, and variants.
#[test]
fn what_was_found_once_is_not_found_again() {
    for html in [
        "<p>{{#if \"\\\"\"}}<script>1</script>{{else if \"\\\"\"}}{{/if}}</p>",
        "<p>{{#if '\\''}}<img src=x onerror=1>{{else if '\\''}}{{/if}}</p>",
        "<p>{{#if [\"]}}<iframe></iframe>{{else if \"\\\"\"}}{{/if}}</p>",
        "<p>{{#if \"\\\"\"}}<iframe></iframe>{{else if [\"]}}{{/if}}</p>",
        "<p style=\"color:{{#default x \"\"}}{{/default}}\">a</p>",
        "<style>{{#default y \"\"}}{{/default}} p{color:red}</style>",
        "<a href=\"https://{{#default x \"\"}}{{/default}}/q\">a</a>",
        "<style>p{color:{{#lookup o \"k\"}}{{/lookup}}}</style>",
        "<p style=\"-ms-behavior:url(https://example.com/x.htc)\">a</p>",
        "<p style='background:-webkit-image-set(\"javascript:1\" 1x)'>a</p>",
        "<p style='background:cross-fade(\"javascript:1\",2)'>a</p>",
        "{{#if a}}<!-- {{/if}}<script>1</script> -->",
        "<!-- {{#if a}} --!><script>1</script>{{/if}} -->",
        "<!-- -{{#if a}}x{{/if}}-> <script>1</script> -->",
        "<!-- -{{#if a}}x{{/if}}-!> <script>1</script> -->",
        "<!--[if mso]><p>-{{#if a}}x{{/if}}-><script>1</script><![endif]-->",
        "<!--[if mso]><style>a{} --{{#if a}}x{{/if}}> <script>1</script></style><![endif]-->",
        "<style>a{} </sty{{#if a}}x{{/if}}le><script>1</script></style>",
        "<style>@{{x}} 'https://example.com';</style>",
        "<style>@im{{#if a}}x{{/if}}port 'https://example.com';</style>",
        "<p style=\"x:{{#if a}}&quot;{{/if}};background:url(javascript:1);y:&quot;z&quot;\">a</p>",
        "<p style=\"{{x}}havior:url(https://example.com)\">a</p>",
        "<p style=\"background:{{x}}(javascript:1)\">a</p>",
        "<p style=\"background:{{x~}} (javascript:1)\">a</p>",
        "<p style=\"background:\\{{x}}rl(javascript:1)\">a</p>",
        "<p style=\"background:\\7{{#if a}}{{/if}}5rl(javascript:1)\">a</p>",
        "<p style=\"{{[x}}\">x {{y]}}<p title=\" onload=x \">",
        "<p style=\"color:{{~x~}}\">a</p>",
        "<a href=\"java{{#if a}}x{{/if}}script:1\">a</a>",
        "<a href=\"{{#with o}}{{unsubscribe_url}}{{/with}}\">a</a>",
        "{{#with o}}<a href=\"{{unsubscribe_url}}\">a</a>{{/with}}",
        "<a href=\"{{x}}\">a</a><img src=\"{{x}}{{y}}\"><td background={{x}}>",
        "<a href=https://{{x}} title={{y}}>a</a>",
        "<p title=\"&#xE0F2;footer&#xE0F3;\">a</p>",
        "<svg><style><img src=x onerror=1></style></svg>",
        "<math><mtext><table><mglyph><style><!--</style><img title=\"--><img src=x onerror=1>\">",
        "<noscript><p title=\"</noscript><img src=x onerror=1>\"></noscript>",
        "<form><math><mtext></form><form><mglyph><style></math><img src onerror=1>",
        "<p {{#if a}}title=\"{{/if}}x\" onload=1>",
        "<body {{x}}><p>a</p></body>",
        "<body style=\"color:{{x}}\" class=\"{{y}}\" bgcolor=\"{{x}}\"><p>a</p></body>",
        "<title>{{#if a}}</title><script>1</script>{{/if}}",
        "<textarea>{{x}}</textarea><xmp>{{x}}</xmp><plaintext>{{x}}",
        "<p style=\"width:exp/**/ression(1)\">a</p>",
        "<map name=\"{{x}}\"><area href=\"{{x}}\" alt=\"{{y}}\"></map><img usemap=\"{{x}}\" src=\"{{y}}\">",
        "<img src=\"data:image/png;base64,{{x}}\">",
        "<img src=\"data:image/png;base64,A&quot;onload=1\">",
        "<!--[if mso]><style>p{color:red<![endif]--><p>{{x}}</p>",
        "<![if {{x}}]><p>{{x}}</p><![endif]>",
        "<![if !mso]>{{#if a}}<![endif]>{{/if}}<script>1</script>",
        "<style>p{top:0}p:hover{top:{{x}}}</style><p>a</p>",
        "<blockquote cite=\"{{x}}\">a</blockquote><q cite='javascript:1'>b</q>",
    ] {
        let wrapper = Wrapper {
            header: "<p>{{x}}</p>".to_owned(),
            footer: html.to_owned(),
            ..Wrapper::default()
        };
        for first in 0..VALUES.len() {
            for wrapper in [None, Some(&wrapper)] {
                let tried = try_all(html, wrapper, first);
                tried.unwrap_or_else(|found| panic!("{found}"));
            }
        }
    }
    // The check itself finds what it should.
    for wrong in [
        "<script>1</script>",
        "<p onload=1>",
        "<a href='java\nscript:1'>",
        "<svg></svg>",
        "<p style='background:url(javascript:1)'>",
        "<style>@import 'x';</style>",
        "<!--[if mso]><script>1</script><![endif]-->",
        "<!--[if mso]><p onload=1><![endif]-->",
    ] {
        assert!(look(wrong).is_err(), "{wrong}");
    }
}
