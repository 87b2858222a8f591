//! What a campaign would do if it were published now: whom it reaches, who is left out and why, what it costs, and which
//! placeholders have no value.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use crate::{
    campaigns::Campaign,
    channel::Channel,
    channel_address::ChannelAddress,
    content::{
        render::{RenderError, Rendered, Renderer},
        sms_parts::{Alphabet, parts, plain, plain_punctuation},
    },
    id::ReceiverId,
    language::LanguageTag,
    receivers::{Reach, Receiver},
    transports::routing::Price,
};

/// The number of example receivers per problem.
pub const EXAMPLES: usize = 3;
/// The number of missing placeholders that are named; the rest are counted under `other`.
pub const MISSING_NAMES: usize = 50;
/// The most tariffs in a price list.
pub const TARIFFS: usize = 500;
/// Gmail clips mails beyond this size ("[Message clipped]").
pub const CLIPPED_BYTES: usize = 102 * 1024;

/// The price of one message on a channel, or of one part of a text message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tariff {
    /// The channel.
    pub channel: Channel,
    /// The prefix of the number, without the plus sign; empty for all numbers, and for channels without numbers.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub prefix: String,
    /// The lowest price.
    pub least: Price,
    /// The highest price.
    pub most: Price,
}

/// A price list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriceList {
    /// The currency (ISO 4217).
    pub currency: String,
    /// The tariffs.
    pub tariffs: Vec<Tariff>,
}

impl PriceList {
    /// The tariff of an address, by the longest matching prefix.
    pub fn tariff(&self, address: &ChannelAddress) -> Option<&Tariff> {
        let channel = address.channel();
        let number = address.expose().trim_start_matches('+');
        self.tariffs
            .iter()
            .filter(|price| price.channel == channel)
            .filter(|price| number.starts_with(&price.prefix) || price.prefix.is_empty())
            .max_by_key(|price| price.prefix.len())
    }
}

/// The findings for one channel.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelView {
    /// Receivers who get the message.
    pub receivers: u64,
    /// The same by language version; empty for the default version.
    #[serde(default)]
    pub languages: BTreeMap<String, u64>,
    /// Receivers who do not get it, by reason.
    #[serde(default)]
    pub excluded: BTreeMap<String, u64>,
    /// Receivers for whom the message cannot be rendered, by reason; missing placeholders are named below.
    #[serde(default)]
    pub not_renderable: BTreeMap<String, Fault>,
    /// Placeholders without a value.
    #[serde(default)]
    pub missing: BTreeMap<String, Fault>,
    /// Values that the message cannot format, by placeholder, with the reason.
    #[serde(default)]
    pub unwritable: BTreeMap<String, Unwritten>,
    /// Text messages by number of parts.
    #[serde(default)]
    pub parts: BTreeMap<u32, u64>,
    /// Text messages that need Unicode instead of the GSM alphabet.
    #[serde(default)]
    pub unicode: u64,
    /// Parts that plain punctuation would save ([`plain_punctuation`]).
    #[serde(default)]
    pub saved_parts: u64,
    /// Text messages that plain punctuation would shorten.
    #[serde(default)]
    pub saving: u64,
    /// The size of the largest mail's HTML, in bytes.
    #[serde(default)]
    pub largest: usize,
    /// WhatsApp messages without an approved template, which reach only receivers who wrote within the last day.
    #[serde(default)]
    pub window_only: u64,
    /// Mails that Gmail clips.
    #[serde(default)]
    pub clipped: u64,
    /// The lowest total cost, in millionths.
    #[serde(default)]
    pub least: u64,
    /// The highest total cost, in millionths.
    #[serde(default)]
    pub most: u64,
    /// Messages without a price.
    #[serde(default)]
    pub unpriced: u64,
}

/// How many receivers have a problem, and some of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// How many.
    pub count: u64,
    /// The first of them.
    pub examples: Vec<ReceiverId>,
}

/// Values of a placeholder that cannot be formatted, and some of the receivers who have them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unwritten {
    /// Why the first of them cannot be formatted.
    pub why: String,
    /// The receivers who have them.
    pub fault: Fault,
}

impl Fault {
    fn add(&mut self, receiver: &ReceiverId) {
        self.count += 1;
        if self.examples.len() < EXAMPLES {
            self.examples.push(receiver.clone());
        }
    }
}

/// The findings for a campaign so far.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct View {
    /// Receivers checked.
    pub receivers: u64,
    /// The findings by channel.
    #[serde(default)]
    pub channels: BTreeMap<Channel, ChannelView>,
}

impl View {
    /// Checks one receiver. `excluded` returns why a channel that is on would still not be sent.
    pub fn look(
        &mut self,
        campaign: &Campaign,
        means: &mut Means<'_>,
        (id, receiver): (&ReceiverId, &Receiver),
        excluded: impl Fn(Channel) -> Option<&'static str>,
    ) {
        self.receivers += 1;
        for channel in &campaign.channels {
            let view = self.channels.entry(*channel).or_default();
            let reason = match receiver.reach(*channel) {
                Reach::On => excluded(*channel),
                other => other.skip_reason(),
            };
            if let Some(reason) = reason {
                *view.excluded.entry(reason.to_owned()).or_default() += 1;
                continue;
            }
            match means.renderer.render(*channel, receiver) {
                Ok(rendered) => view.count(means, *channel, receiver, &rendered),
                Err(error) => view.note(means, *channel, (id, receiver), &error),
            }
        }
    }
}

/// What a preflight run needs: the templates and the prices.
pub struct Means<'a> {
    renderer: &'a Renderer,
    prices: Option<&'a PriceList>,
    /// The values that receivers must have, by channel and version; computed once.
    needed: HashMap<(Channel, Option<LanguageTag>), Vec<String>>,
}

impl<'a> Means<'a> {
    /// From the templates of a campaign and the price list.
    pub fn new(renderer: &'a Renderer, prices: Option<&'a PriceList>) -> Self {
        Self {
            renderer,
            prices,
            needed: HashMap::new(),
        }
    }

    /// The values that a receiver lacks on a channel.
    fn missing(&mut self, channel: Channel, receiver: &Receiver) -> Vec<&str> {
        let language = self.renderer.language_for(channel, receiver);
        let key = (channel, language.cloned());
        let needed = self
            .needed
            .entry(key)
            .or_insert_with(|| self.renderer.needed(channel, language));
        self.renderer.missing(receiver, language, needed)
    }
}

impl ChannelView {
    fn count(
        &mut self,
        means: &Means<'_>,
        channel: Channel,
        receiver: &Receiver,
        rendered: &Rendered,
    ) {
        self.receivers += 1;
        let language = means.renderer.language_for(channel, receiver);
        let language = language.map_or_else(String::new, ToString::to_string);
        *self.languages.entry(language).or_default() += 1;
        let mut messages = 1;
        match rendered {
            Rendered::Sms { text } => {
                let parts = parts(text);
                *self.parts.entry(parts.count).or_default() += 1;
                if parts.alphabet == Alphabet::Ucs2 {
                    self.unicode += 1;
                    let least =
                        crate::content::sms_parts::parts(&plain(&plain_punctuation(text))).count;
                    let saved = u64::from(parts.count.saturating_sub(least));
                    self.saved_parts += saved;
                    self.saving += u64::from(saved > 0);
                }
                messages = u64::from(parts.count);
            }
            Rendered::Email { html, .. } => {
                self.largest = self.largest.max(html.len());
                self.clipped += u64::from(html.len() > CLIPPED_BYTES);
            }
            Rendered::WhatsApp { template, .. } => {
                self.window_only += u64::from(template.is_none());
            }
            Rendered::Push { .. } => {}
        }
        let address = receiver.address(channel);
        let price = means
            .prices
            .zip(address.as_ref())
            .and_then(|(prices, address)| prices.tariff(address));
        match price {
            Some(price) => {
                self.least += price.least.millionths().saturating_mul(messages);
                self.most += price.most.millionths().saturating_mul(messages);
            }
            None => self.unpriced += 1,
        }
    }

    fn note(
        &mut self,
        means: &mut Means<'_>,
        channel: Channel,
        (id, receiver): (&ReceiverId, &Receiver),
        error: &RenderError,
    ) {
        let code = error.code().to_owned();
        self.not_renderable.entry(code).or_default().add(id);
        if let RenderError::BadValue { path, why } = error {
            let is_known = self.unwritable.contains_key(path);
            let name = match is_known || self.unwritable.len() < MISSING_NAMES {
                true => path.as_str(),
                false => "other",
            };
            let unwritten = self.unwritable.entry(name.to_owned()).or_default();
            if unwritten.why.is_empty() {
                unwritten.why = why.to_string();
            }
            unwritten.fault.add(id);
        }
        let RenderError::MissingValue(first) = error else {
            return;
        };
        let mut missing = means.missing(channel, receiver);
        // Placeholders inside list entries are not among the required values.
        if missing.is_empty() {
            missing.push(first);
        }
        for path in missing {
            let is_known = self.missing.contains_key(path);
            let name = if is_known || self.missing.len() < MISSING_NAMES {
                path
            } else {
                "other"
            };
            self.missing.entry(name.to_owned()).or_default().add(id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        address::PhoneNumber,
        content::{Content, SmsContent},
        receivers::{NewReceiver, Source},
    };

    #[test]
    fn a_value_that_cannot_be_formatted_is_counted_by_placeholder() {
        let mut content = Content::default();
        content.default.sms = Some(SmsContent::new("See {{link account.url}}".to_owned()));
        let renderer = Renderer::new("x", &content).unwrap();
        let mut means = Means::new(&renderer, None);
        let mut view = ChannelView::default();
        let id: ReceiverId = "0123456789abcdef0123456789abcdef".parse().unwrap();
        for url in ["https://good.example", "example.com", "49,90"] {
            let variables = serde_json::json!({ "account": { "url": url } });
            let receiver = NewReceiver {
                mobile: Some("+442079460000".to_owned()),
                variables: variables.as_object().unwrap().clone(),
                ..NewReceiver::default()
            };
            let receiver = receiver.parse(None, Source::Manual).unwrap();
            if let Err(error) = renderer.render(Channel::Sms, &receiver) {
                view.note(&mut means, Channel::Sms, (&id, &receiver), &error);
            }
        }
        let unwritten = &view.unwritable["account.url"];
        assert_eq!(unwritten.fault.count, 2);
        assert!(unwritten.why.contains("https://"), "{}", unwritten.why);
        assert_eq!(view.not_renderable["invalid_value"].count, 2);
    }

    #[test]
    fn savings_by_plain_punctuation_are_counted_in_parts() {
        let mut content = Content::default();
        let text = format!("{{{{member.first_name}}}}{}", "x".repeat(100));
        content.default.sms = Some(SmsContent::new(text));
        let renderer = Renderer::new("Spring", &content).unwrap();
        let means = Means::new(&renderer, None);
        let mut view = ChannelView::default();
        for name in ["It’s", "Ann", "Жанна", "“A” – B…"] {
            let receiver = Receiver {
                first_name: Some(name.to_owned()),
                last_name: None,
                email: None,
                mobile: None,
                push: None,
                language: None,
                variables: serde_json::Map::new(),
                source: Source::Manual,
                off: BTreeMap::new(),
                corrections: Vec::new(),
            };
            let rendered = renderer.render(Channel::Sms, &receiver).unwrap();
            view.count(&means, Channel::Sms, &receiver, &rendered);
        }
        assert_eq!((view.unicode, view.saving, view.saved_parts), (3, 2, 2));
    }

    #[test]
    fn the_longest_prefix_wins() {
        let price = |prefix: &str, least: u64| Tariff {
            channel: Channel::Sms,
            prefix: prefix.to_owned(),
            least: Price::of_millionths(least),
            most: Price::of_millionths(least),
        };
        let list = PriceList {
            currency: "EUR".to_owned(),
            tariffs: vec![price("", 9), price("44", 4), price("447", 7)],
        };
        let of = |number: &str| {
            let number = PhoneNumber::parse(number, None).unwrap();
            let tariff = list.tariff(&ChannelAddress::Sms(number));
            tariff.map(|tariff| tariff.least.millionths())
        };
        assert_eq!(of("+447414310001"), Some(7));
        assert_eq!(of("+442079460000"), Some(4));
        assert_eq!(of("+302101234567"), Some(9));
    }
}
