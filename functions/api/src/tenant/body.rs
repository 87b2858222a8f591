//! A tenant as it stands in answers.

use carillon_domain::{
    channel::Channel,
    content::{LINK_CHARACTERS, Sender, is_link_with},
    identity::Identities,
    preflight::{PriceList, TARIFFS, Tariff},
    routing::Price,
};
use carillon_store::{MAXIMUM_LATENESS_MINUTES, Tenant};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{body::Object, findings::Findings, names::ChannelName};

/// The organisation that the key belongs to.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Tenant)]
pub(super) struct TenantBody {
    /// Its id.
    id: String,
    /// What it is called.
    name: String,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// How many minutes after its time a scheduled campaign is still released by itself. One that
    /// is later, because something did not work, stays scheduled until somebody decides.
    maximum_lateness_minutes: u32,
    /// Who it is towards those who get messages.
    sender: SenderBody,
    /// The id of the wrapper in which emails stand that name none; `null` for none.
    #[schema(value_type = Option<String>, format = "uuid")]
    default_wrapper: Option<String>,
    /// What messages cost, if it has been said.
    prices: Option<PriceListBody>,
    /// What it may send as through the platform's accounts at AWS, as the platform's operator has granted it.
    #[schema(examples(json!(["email:globex.example", "sender:Globex"])))]
    identities: Vec<String>,
    /// The language of content that names none; `null` for English.
    #[schema(examples("en"))]
    default_language: Option<String>,
    /// Where its people are; `null` if it has not been said.
    #[schema(examples("GB"))]
    default_region: Option<String>,
    /// The time zone of content that names none; `null` for UTC.
    #[schema(examples("Europe/London"))]
    default_time_zone: Option<String>,
}

/// Who sends, as messages name them: `{{sender.name}}`, `{{sender.address}}`, `{{sender.privacy_url}}`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Sender)]
pub(super) struct SenderBody {
    /// The organisation: up to 200 characters; the tenant's name unless it is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(examples("Mill Lane Fibre"))]
    name: Option<String>,
    /// Its postal address: up to 500 characters, in lines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(examples("1 Mill Lane\nCambridge CB2 1RX"))]
    address: Option<String>,
    /// The https address of what it says about privacy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(examples("https://example.org/privacy"))]
    privacy_url: Option<String>,
}

impl SenderBody {
    /// Reads it; notes what is wrong with it.
    pub(super) fn read(self, findings: &mut Findings) -> Sender {
        for (field, text, most) in [
            ("sender.name", &self.name, 200),
            ("sender.address", &self.address, 500),
        ] {
            let is_right = |text: &String| {
                (1..=most).contains(&text.chars().count())
                    && !text.contains(|it: char| {
                        let is_private = ('\u{E000}'..='\u{F8FF}').contains(&it);
                        is_private || (it.is_control() && (it != '\n' || field == "sender.name"))
                    })
            };
            if text.as_ref().is_some_and(|text| !is_right(text)) {
                findings.add(field, "invalid_text", format!("1 to {most} characters"));
            }
        }
        let is_link = |url: &String| {
            url.len() <= LINK_CHARACTERS && is_link_with(&["https://"], url) && !url.contains("{{")
        };
        if self.privacy_url.as_ref().is_some_and(|url| !is_link(url)) {
            findings.add(
                "sender.privacy_url",
                "invalid_link",
                "an address that begins with https://",
            );
        }
        Sender {
            name: self.name,
            address: self.address,
            privacy_url: self.privacy_url,
        }
    }
}

/// What messages cost.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PriceList)]
pub(super) struct PriceListBody {
    /// The currency (ISO 4217).
    #[schema(examples("EUR"))]
    currency: String,
    /// What messages cost where: at most 500. Of several that fit a number, the one with the longest prefix counts.
    #[schema(value_type = Vec<TariffBody>, max_items = 500)]
    tariffs: Vec<Object<TariffBody>>,
}

/// What a message costs on a channel, or one part of a text message.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Tariff)]
pub(super) struct TariffBody {
    /// The channel.
    #[schema(value_type = ChannelName)]
    channel: String,
    /// What numbers begin with, as in `+44`; all of them unless it is said. Only channels with numbers have it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schema(examples("+44"))]
    prefix: String,
    /// The least that it costs, with up to six decimals.
    #[schema(examples("0.0320"))]
    least: String,
    /// The most; the same unless it is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(examples("0.0450"))]
    most: Option<String>,
}

impl PriceListBody {
    /// Reads it; notes what is wrong with it.
    pub(super) fn read(self, findings: &mut Findings) -> PriceList {
        if self.currency.len() != 3 || !self.currency.bytes().all(|byte| byte.is_ascii_uppercase())
        {
            findings.add(
                "prices.currency",
                "invalid_currency",
                "three capital letters (ISO 4217), as in EUR",
            );
        }
        if self.tariffs.len() > TARIFFS {
            findings.add("prices.tariffs", "too_many", format!("at most {TARIFFS}"));
        }
        let mut tariffs: Vec<Tariff> = Vec::new();
        for (place, Object(body)) in self.tariffs.into_iter().take(TARIFFS).enumerate() {
            let field = format!("prices.tariffs[{place}]");
            let Some(tariff) = body.read(&field, findings) else {
                continue;
            };
            let is_same =
                |other: &Tariff| other.channel == tariff.channel && other.prefix == tariff.prefix;
            if tariffs.iter().any(is_same) {
                findings.add(
                    field,
                    "duplicate_tariff",
                    "there is one before it for the same numbers",
                );
            }
            tariffs.push(tariff);
        }
        PriceList {
            currency: self.currency,
            tariffs,
        }
    }
}

impl TariffBody {
    fn read(self, field: &str, findings: &mut Findings) -> Option<Tariff> {
        let channel = findings.keep::<Channel, _>(
            &format!("{field}.channel"),
            "unknown_channel",
            self.channel.parse(),
        );
        let has_numbers =
            channel.is_some_and(|channel| matches!(channel, Channel::Sms | Channel::WhatsApp));
        // Prices know numbers by their digits; the sign may be left out.
        let digits = self.prefix.strip_prefix('+').unwrap_or(&self.prefix);
        let is_prefix = digits.len() <= 15
            && digits.bytes().all(|byte| byte.is_ascii_digit())
            && digits.is_empty() == self.prefix.is_empty();
        if !is_prefix || (!self.prefix.is_empty() && !has_numbers) {
            let detail = "a plus sign and up to 15 digits of a number with its country code, as in +44, on sms and whatsapp";
            findings.add(format!("{field}.prefix"), "invalid_prefix", detail);
        }
        let mut price = |name: &str, text: &str| {
            findings.keep::<Price, _>(&format!("{field}.{name}"), "invalid_price", text.parse())
        };
        let least = price("least", &self.least);
        let most = price("most", self.most.as_deref().unwrap_or(&self.least));
        let (least, most) = (least?, most?);
        if most < least {
            findings.add(
                format!("{field}.most"),
                "out_of_range",
                "no less than the least",
            );
        }
        Some(Tariff {
            channel: channel?,
            prefix: digits.to_owned(),
            least,
            most,
        })
    }
}

impl From<PriceList> for PriceListBody {
    fn from(prices: PriceList) -> Self {
        let tariffs = prices.tariffs.into_iter().map(|tariff| {
            Object(TariffBody {
                channel: tariff.channel.to_string(),
                prefix: match tariff.prefix.as_str() {
                    "" => String::new(),
                    digits => format!("+{digits}"),
                },
                most: (tariff.most != tariff.least).then(|| tariff.most.to_string()),
                least: tariff.least.to_string(),
            })
        });
        Self {
            currency: prices.currency,
            tariffs: tariffs.collect(),
        }
    }
}

impl TenantBody {
    /// A tenant with what it may send as.
    pub(super) fn new(tenant: Tenant, identities: &Identities) -> Self {
        let Sender {
            name,
            address,
            privacy_url,
        } = tenant.sender();
        Self {
            sender: SenderBody {
                name,
                address,
                privacy_url,
            },
            default_wrapper: tenant.default_wrapper.map(String::from),
            prices: tenant.prices.map(PriceListBody::from),
            identities: identities.iter().map(ToString::to_string).collect(),
            default_language: tenant.default_language.map(String::from),
            default_region: tenant.default_region.map(String::from),
            default_time_zone: tenant.default_time_zone,
            id: tenant.id.to_string(),
            name: tenant.name,
            created_at: tenant.created_at,
            maximum_lateness_minutes: tenant
                .maximum_lateness_minutes
                .unwrap_or(MAXIMUM_LATENESS_MINUTES),
        }
    }
}

#[cfg(test)]
mod prefix_tests {
    use super::*;

    fn shown(prefix: &str) -> Result<String, ()> {
        let mut findings = Findings::default();
        let body = TariffBody {
            channel: "sms".to_owned(),
            prefix: prefix.to_owned(),
            least: "0.01".to_owned(),
            most: None,
        };
        let tariff = body.read("prices.tariffs[0]", &mut findings);
        findings.finish().map_err(|_| ())?;
        let prices = PriceList {
            currency: "EUR".to_owned(),
            tariffs: tariff.into_iter().collect(),
        };
        let Object(body) = PriceListBody::from(prices).tariffs.remove(0);
        Ok(body.prefix)
    }

    #[test]
    fn a_prefix_comes_back_with_its_plus() {
        for (given, expected) in [
            ("+306940000000", Ok("+306940000000")),
            ("30", Ok("+30")),
            ("", Ok("")),
            ("+", Err(())),
            ("++30", Err(())),
            ("+30 694", Err(())),
            ("+1234567890123456", Err(())),
        ] {
            assert_eq!(shown(given), expected.map(str::to_owned), "{given}");
        }
    }
}
