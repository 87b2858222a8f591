//! Renders one message for many receivers, so that the benchmark can measure one: `rendering {channel} {receivers}`.
//!
//! The content is the library's outage notice with its wrapper, in two languages; the receivers have all its values. `worst`
//! instead of a channel renders emails close to the step limit.

use std::{collections::BTreeMap, error::Error, hint::black_box};

use carillon_compose::compose;
use carillon_domain::{
    address::{EmailAddress, PhoneNumber},
    channel::Channel,
    content::{Content, EmailContent, Sender, render::Renderer, wrapper::Wrapper},
    receivers::{Receiver, Source},
};
use serde_json::{Value, json};

/// Two loops over a list of maximum length, around as many placeholders as the step limit allows.
const WORST: &str = "{{#each list}}{{#each ../list}}{{this}}{{this}}{{this}}{{/each}}{{/each}}";

const TEMPLATE: &str = include_str!("../../../functions/api/library/outage-notice.json");

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let what = arguments.next().unwrap_or_default();
    let receivers: u32 = arguments.next().unwrap_or_default().parse()?;
    if what == "worst" {
        return render_worst(receivers);
    }
    let channel: Channel = what.parse()?;
    let mut template: Value = serde_json::from_str(TEMPLATE)?;
    let content: Content = serde_json::from_value(template["content"].take())?;
    let sender = Sender {
        name: Some("Mill Lane Fibre".to_owned()),
        ..Sender::default()
    };
    let composed = compose(&content, Some(&Wrapper::default()), &sender)
        .map_err(|problems| format!("{problems:?}"))?;
    let renderer = Renderer::new("Outage", &composed)?;
    let mut receiver = receiver(&content)?;
    for number in 0..receivers {
        let tag = if number % 2 == 0 { "en" } else { "de" };
        receiver.language = Some(tag.parse()?);
        black_box(renderer.render(channel, &receiver)?);
    }
    Ok(())
}

/// Renders an email close to the step limit; one more placeholder in the inner loop would exceed it.
fn render_worst(receivers: u32) -> Result<(), Box<dyn Error>> {
    let mut content = Content::default();
    let email = EmailContent::new("Worst".to_owned(), format!("<p>{WORST}</p>"), None);
    content.default.email = Some(email);
    let composed =
        compose(&content, None, &Sender::default()).map_err(|problems| format!("{problems:?}"))?;
    let renderer = Renderer::new("Worst", &composed)?;
    let list: Vec<u32> = (0..100).collect();
    let variables = json!({ "list": list });
    let receiver = Receiver {
        variables: variables.as_object().cloned().unwrap_or_default(),
        ..receiver(&content)?
    };
    for _ in 0..receivers {
        black_box(renderer.render(Channel::Email, &receiver)?);
    }
    Ok(())
}

/// A receiver with all values of the content.
fn receiver(content: &Content) -> Result<Receiver, Box<dyn Error>> {
    Ok(Receiver {
        first_name: Some("Zoë".to_owned()),
        last_name: Some("Smith".to_owned()),
        email: Some(EmailAddress::parse("zoe@example.com")?),
        mobile: Some(PhoneNumber::parse("+447414310000", None)?),
        push: None,
        language: None,
        variables: content.samples(),
        source: Source::Manual,
        off: BTreeMap::new(),
        corrections: Vec::new(),
    })
}
