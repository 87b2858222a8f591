//! Suppressions and their addresses in requests and responses.

use carillon_domain::{
    address::Region, channel::Channel, channel_address::ChannelAddress, suppressions::Suppression,
};
use carillon_http::{
    body::not_null,
    failure::Failure,
    findings::Findings,
    names::{ChannelName, SuppressionSourceName},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An address on a channel.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ChannelAddress)]
pub(super) struct AddressBody {
    /// The channel.
    #[schema(value_type = ChannelName)]
    channel: String,
    /// An email address, or a phone number with its country code.
    #[schema(examples("ann@example.com"))]
    address: String,
    /// The country of a national phone number (ISO 3166-1).
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = String, required = false, examples("GB"))]
    region: Option<String>,
}

impl AddressBody {
    /// The parsed address.
    ///
    /// # Errors
    /// All errors in it.
    pub(super) fn read(&self) -> Result<ChannelAddress, Failure> {
        let mut findings = Findings::default();
        let region = read_region(&mut findings, self.region.as_deref());
        let address = read_address(&mut findings, &self.channel, &self.address, region);
        match (address, findings.is_empty()) {
            (Some(address), true) => Ok(address),
            _ => Err(findings.into()),
        }
    }
}

/// Parses the region, if given, and records errors.
pub(super) fn read_region(findings: &mut Findings, region: Option<&str>) -> Option<Region> {
    findings.keep("region", "invalid_region", region?.parse())
}

/// Parses the start of a suppression, if given, and records errors.
pub(super) fn read_time(
    findings: &mut Findings,
    field: &str,
    at: Option<&str>,
    now: Timestamp,
) -> Option<Timestamp> {
    let at: Result<Timestamp, _> = at?.parse();
    match at {
        Ok(at) if at <= now => return Some(at),
        Ok(_) => findings.add(field, "in_the_future", "a time in the past"),
        Err(_) => findings.add(
            field,
            "invalid_time",
            "a time with an offset (RFC 3339), for example 2026-11-21T09:00:00Z",
        ),
    }
    None
}

/// Parses the address and records errors.
pub(super) fn read_address(
    findings: &mut Findings,
    channel: &str,
    address: &str,
    region: Option<Region>,
) -> Option<ChannelAddress> {
    let channel: Channel = findings.keep("channel", "unknown_channel", channel.parse())?;
    ChannelAddress::parse_in(channel, address, region)
        .map_err(|error| findings.add("address", error.code(), error.to_string()))
        .ok()
}

/// A suppressed address.
#[derive(Serialize, ToSchema)]
#[schema(as = Suppression)]
pub(super) struct SuppressionBody {
    /// The channel.
    channel: ChannelName,
    /// The normalized address: an email address in lower case with its domain in ASCII (UTS 46), or a phone number in
    /// E.164.
    #[schema(examples("ann@example.com"))]
    address: String,
    /// The source.
    source: SuppressionSourceName,
    /// The start of the suppression: the time given with it, or else the time it was recorded.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
}

impl From<Suppression> for SuppressionBody {
    fn from(suppression: Suppression) -> Self {
        let Suppression {
            address,
            source,
            at,
        } = suppression;
        Self {
            channel: address.channel().into(),
            address: address.expose().to_owned(),
            source: source.into(),
            at,
        }
    }
}
