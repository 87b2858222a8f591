//! Renders one message for many receivers, so that the benchmark can count what one takes: `rendering {channel} {receivers}`.
//!
//! The content is that of the library's outage notice with its wrapper, in two languages; the receivers have what it asks for.

use std::{collections::BTreeMap, error::Error, hint::black_box};

use carillon_compose::compose;
use carillon_domain::{
    address::{EmailAddress, PhoneNumber},
    channel::Channel,
    content::{Content, Sender},
    receiver::{Receiver, Source},
    render::Renderer,
    wrapper::Wrapper,
};
use serde_json::Value;

const TEMPLATE: &str = include_str!("../../../functions/api/library/outage-notice.json");

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let channel: Channel = arguments.next().unwrap_or_default().parse()?;
    let receivers: u32 = arguments.next().unwrap_or_default().parse()?;
    let mut template: Value = serde_json::from_str(TEMPLATE)?;
    let content: Content = serde_json::from_value(template["content"].take())?;
    let sender = Sender {
        name: Some("Mill Lane Fibre".to_owned()),
        ..Sender::default()
    };
    let composed = compose(&content, Some(&Wrapper::default()), &sender)
        .map_err(|problems| format!("{problems:?}"))?;
    let renderer = Renderer::new("Outage", &composed)?;
    let mut receiver = Receiver {
        first_name: Some("Zoë".to_owned()),
        last_name: Some("Smith".to_owned()),
        email: Some(EmailAddress::parse("zoe@example.com")?),
        mobile: Some(PhoneNumber::parse("+442079460000", None)?),
        push: None,
        language: None,
        variables: content.samples(),
        source: Source::Hand,
        off: BTreeMap::new(),
        corrections: Vec::new(),
    };
    for number in 0..receivers {
        let tag = if number % 2 == 0 { "en" } else { "de" };
        receiver.language = Some(tag.parse()?);
        black_box(renderer.render(channel, &receiver)?);
    }
    Ok(())
}
