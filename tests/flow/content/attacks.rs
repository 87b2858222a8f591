//! Malicious content through the running stack: previews, and emails as the provider gets them, opened in Chromium.

use std::collections::BTreeMap;

use carillon_browser::{Suspect, harms, payloads};
use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::support::World;

/// The maximum number of language variants, so that one campaign carries as many attacks as possible.
const LANGUAGES: [&str; 30] = [
    "ar", "bg", "cs", "da", "de", "el", "es", "et", "fa", "fi", "fr", "he", "hi", "hr", "hu", "it",
    "ja", "ko", "lt", "lv", "nl", "pl", "pt", "ro", "ru", "sk", "sl", "sv", "tr", "uk",
];

/// Posts content that may be rejected; returns the invalid fields if it is.
async fn offer(world: &World, path: &str, body: &Value) -> Result<Value, Vec<String>> {
    let bytes = Some(body.to_string().into_bytes());
    let answer = world
        .api
        .call(Method::POST, path, &[], bytes)
        .await
        .unwrap();
    if answer.status.is_success() {
        return Ok(answer.body);
    }
    assert!(
        answer.status.is_client_error(),
        "{path}: {} {} for {body}",
        answer.status,
        answer.body
    );
    let fields = answer.body["errors"].as_array().into_iter().flatten();
    Err(fields
        .filter_map(|error| error["field"].as_str().map(str::to_owned))
        .collect())
}

/// Adds receivers with their own values, skipping those that the API rejects.
async fn add(world: &World, campaign: &str, people: Vec<Value>) {
    let path = format!("/v1/campaigns/{campaign}/receivers");
    for chunk in people.chunks(25) {
        if offer(world, &path, &json!({ "receivers": chunk }))
            .await
            .is_ok()
        {
            continue;
        }
        for person in chunk {
            // Rejected content is skipped; accepted content is examined.
            drop(offer(world, &path, &json!({ "receivers": [person] })).await);
        }
    }
}

/// The HTML of a preview, unless it cannot be rendered.
async fn preview(world: &World, campaign: &str, language: Option<&str>) -> Option<String> {
    let mut asked = json!({ "channel": "email", "values": { "x": "plain" } });
    if let Some(language) = language {
        asked["language"] = language.into();
    }
    let path = format!("/v1/campaigns/{campaign}/preview");
    let seen = offer(world, &path, &asked).await.ok()?;
    seen["html"].as_str().map(str::to_owned)
}

/// This test's emails by address.
fn mails(world: &World) -> BTreeMap<String, String> {
    let calls = world.calls();
    let mails = calls.iter().filter_map(|call| {
        let html = call.email()?.html.clone()?;
        Some((call.recipients[0].clone(), html))
    });
    mails.collect()
}

async fn look(suspects: Vec<Suspect>) {
    let count = suspects.len();
    let seen = tokio::task::spawn_blocking(move || harms(&suspects))
        .await
        .unwrap()
        .unwrap_or_else(|error| panic!("{error}"));
    assert!(seen.is_empty(), "{} of {count}: {seen:#?}", seen.len());
}

#[tokio::test]
async fn malicious_content_does_not_run_in_previews_or_emails() {
    let world = World::new().await;
    let payloads = payloads();
    assert!(payloads.len() >= 200, "{}", payloads.len());
    let mut suspects = Vec::new();
    let mut names = BTreeMap::new();
    for (round, chunk) in payloads.chunks(LANGUAGES.len()).enumerate() {
        let mut versions: Vec<(&str, &String)> = LANGUAGES.into_iter().zip(chunk).collect();
        // Rejected ones are identified by their field; the others continue.
        let published = loop {
            if versions.is_empty() {
                break None;
            }
            let languages: Map<String, Value> = versions
                .iter()
                .map(|(tag, payload)| {
                    let version = json!({ "email": { "subject": "Hello", "html": payload } });
                    ((*tag).to_owned(), version)
                })
                .collect();
            let body = json!({
                "name": "Attack",
                "channels": ["email"],
                "content": {
                    "email": { "subject": "Hello", "html": "<p>Hello</p>" },
                    "languages": languages,
                },
            });
            let refused = match offer(&world, "/v1/campaigns", &body).await {
                Ok(made) => {
                    let campaign = made["id"].as_str().unwrap().to_owned();
                    let people = versions
                        .iter()
                        .enumerate()
                        .map(|(place, (tag, _))| {
                            let number = round * LANGUAGES.len() + place;
                            json!({ "email": world.address(number), "language": tag, "variables": { "x": "plain" } })
                        })
                        .collect();
                    add(&world, &campaign, people).await;
                    let path = format!("/v1/campaigns/{campaign}/publish");
                    match offer(&world, &path, &json!({})).await {
                        Ok(_) => break Some(campaign),
                        Err(fields) => fields,
                    }
                }
                Err(fields) => fields,
            };
            let before = versions.len();
            versions.retain(|(tag, _)| {
                let prefix = format!("content.languages.{tag}.");
                !refused.iter().any(|field| field.starts_with(&prefix))
            });
            assert!(versions.len() < before, "{refused:?}");
        };
        let Some(campaign) = published else {
            continue;
        };
        for (place, (tag, payload)) in versions.iter().enumerate() {
            names.insert(
                world.address(round * LANGUAGES.len() + place),
                (*payload).clone(),
            );
            if let Some(html) = preview(&world, &campaign, Some(tag)).await {
                suspects.push(Suspect {
                    name: format!("a preview of {payload}"),
                    html,
                });
            }
        }
        world.completed(&campaign).await;
    }
    let mails = mails(&world);
    assert!(mails.len() > 20, "{} mails", mails.len());
    suspects.extend(mails.into_iter().map(|(address, html)| Suspect {
        name: format!("a mail of {}", names[&address]),
        html,
    }));
    look(suspects).await;
}

#[tokio::test]
async fn malicious_wrappers_do_not_run() {
    let world = World::new().await;
    let mut suspects = Vec::new();
    for payload in payloads() {
        for part in ["header", "footer"] {
            let wrapper = json!({ "name": "Attack", part: payload });
            let Ok(made) = offer(&world, "/v1/wrappers", &wrapper).await else {
                continue;
            };
            let body = json!({
                "name": "Attack",
                "channels": ["email"],
                "content": { "email": { "subject": "Hello", "html": "<p>Hello</p>" }, "wrapper": made["id"] },
            });
            let Ok(made) = offer(&world, "/v1/campaigns", &body).await else {
                continue;
            };
            let campaign = made["id"].as_str().unwrap();
            if let Some(html) = preview(&world, campaign, None).await {
                suspects.push(Suspect {
                    name: format!("a {part} of {payload}"),
                    html,
                });
            }
        }
    }
    assert!(suspects.len() > 20, "{} wrappers", suspects.len());
    look(suspects).await;
}

#[tokio::test]
async fn malicious_values_do_not_run_in_emails() {
    let world = World::new().await;
    let payloads = payloads();
    let mut names = BTreeMap::new();
    let places = [
        "<p title=\"{{x}}\">{{x}}</p><p title='{{x}}' class=\"{{x}}\">x</p><!--[if mso]><p>{{x}}</p><![endif]-->",
        "<a href=\"{{x}}\">x</a>",
        "<a href=\"https://example.org/{{x}}?q={{url x}}\">x</a><img src=\"https://example.org/{{x}}\" alt=\"{{x}}\">",
        "<p style=\"color:{{x}}\">x</p><style>.a{color:{{x}}}</style>",
    ];
    for (place, html) in places.into_iter().enumerate() {
        let body = json!({
            "name": "Attack",
            "channels": ["email"],
            "content": { "email": { "subject": "{{x}}", "html": html } },
        });
        let made = world.api.post("/v1/campaigns", &body).await.unwrap();
        let campaign = made.text("/id").to_owned();
        let mut people = Vec::new();
        for (number, payload) in payloads.iter().enumerate() {
            let address = world.address(place * payloads.len() + number);
            people.push(json!({ "email": address, "variables": { "x": payload } }));
            names.insert(address, format!("{payload} in {html}"));
        }
        add(&world, &campaign, people).await;
        world.publish(&campaign).await;
        world.completed(&campaign).await;
    }
    let mails = mails(&world);
    assert!(mails.len() > payloads.len(), "{} mails", mails.len());
    let suspects = mails.into_iter().map(|(address, html)| Suspect {
        name: names[&address].clone(),
        html,
    });
    look(suspects.collect()).await;
}
