//! A tenant in responses.

use carillon_domain::{
    campaigns::preflight::{PriceList, TARIFFS, Tariff},
    channel::{AddressKind, Channel},
    content::{LINK_CHARACTERS, Sender, is_link_with},
    transports::{identity::Identities, routing::Price},
};
use carillon_http::{body::Object, findings::Findings, names::ChannelName};
use carillon_store::{MAXIMUM_LATENESS_MINUTES, Tenant};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The organization that the API key belongs to.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Tenant)]
pub(super) struct TenantBody {
    /// The tenant id.
    id: String,
    /// The name.
    name: String,
    /// When the tenant was created.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// How many minutes late a scheduled campaign can still be released automatically. A campaign that is later than
    /// that, because of a failure, stays scheduled until someone decides what to do.
    maximum_lateness_minutes: u32,
    /// The sender identity shown to recipients.
    sender: SenderBody,
    /// The id of the wrapper for emails that do not specify one; `null` if there is none.
    #[schema(value_type = Option<String>, format = "uuid")]
    default_wrapper: Option<String>,
    /// The price list, if one is set.
    prices: Option<PriceListBody>,
    /// The identities that the tenant can send as through the platform's AWS accounts, as granted by the platform
    /// operator.
    #[schema(examples(json!(["email:globex.example", "sender:Globex"])))]
    identities: Vec<String>,
    /// The language of content that does not specify one; `null` for English.
    #[schema(examples("en"))]
    default_language: Option<String>,
    /// The region of the tenant's receivers; `null` if it is not set.
    #[schema(examples("GB"))]
    default_region: Option<String>,
    /// The time zone of content that does not specify one; `null` for UTC.
    #[schema(examples("Europe/London"))]
    default_time_zone: Option<String>,
}

/// The sender shown in messages: `{{sender.name}}`, `{{sender.address}}`, `{{sender.privacy_url}}`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Sender)]
pub(super) struct SenderBody {
    /// The name of the organization: up to 200 characters. Default: the name of the tenant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(examples("Mill Lane Fibre"))]
    name: Option<String>,
    /// The postal address: up to 500 characters, with line breaks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(examples("1 Mill Lane\nCambridge CB2 1RX"))]
    address: Option<String>,
    /// The https URL of the privacy policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(examples("https://example.org/privacy"))]
    privacy_url: Option<String>,
}

impl SenderBody {
    /// Validates it and records errors.
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
                "a URL that begins with https://",
            );
        }
        Sender {
            name: self.name,
            address: self.address,
            privacy_url: self.privacy_url,
        }
    }
}

/// A price list.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PriceList)]
pub(super) struct PriceListBody {
    /// The currency (ISO 4217).
    #[schema(examples("EUR"))]
    currency: String,
    /// The tariffs: at most 500. If several match a number, the one with the longest prefix is used.
    #[schema(value_type = Vec<TariffBody>, max_items = 500)]
    tariffs: Vec<Object<TariffBody>>,
}

/// The price of a message on a channel, or of one part of a text message.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Tariff)]
pub(super) struct TariffBody {
    /// The channel.
    #[schema(value_type = ChannelName)]
    channel: String,
    /// The prefix of phone numbers, for example `+44`. Default: all numbers. Only for channels with phone numbers.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schema(examples("+44"))]
    prefix: String,
    /// The minimum price, with up to six decimals.
    #[schema(examples("0.0320"))]
    least: String,
    /// The maximum price. Default: the same as the minimum.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(examples("0.0450"))]
    most: Option<String>,
}

impl PriceListBody {
    /// Validates it and records errors.
    pub(super) fn read(self, findings: &mut Findings) -> PriceList {
        if self.currency.len() != 3 || !self.currency.bytes().all(|byte| byte.is_ascii_uppercase())
        {
            findings.add(
                "prices.currency",
                "invalid_currency",
                "three capital letters (ISO 4217), for example EUR",
            );
        }
        if self.tariffs.len() > TARIFFS {
            findings.add(
                "prices.tariffs",
                "too_many",
                format!("at most {TARIFFS} tariffs"),
            );
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
                    "an earlier tariff applies to the same numbers",
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
            channel.is_some_and(|channel| channel.properties().address == AddressKind::Mobile);
        // Tariffs match numbers by digits, so the plus sign is optional.
        let digits = self.prefix.strip_prefix('+').unwrap_or(&self.prefix);
        let is_prefix = digits.len() <= 15
            && digits.bytes().all(|byte| byte.is_ascii_digit())
            && digits.is_empty() == self.prefix.is_empty();
        if !is_prefix || (!self.prefix.is_empty() && !has_numbers) {
            let detail = "a plus sign and up to 15 digits of a number with its country code, for example +44; only for sms and whatsapp";
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
                "at least as much as least",
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
    /// A tenant with the identities it may send as.
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
    fn a_prefix_is_returned_with_its_plus() {
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
