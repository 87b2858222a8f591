//! Suppressions and their addresses, as they stand in requests and answers.

use carillon_domain::{
    channel::Channel,
    suppression::{ChannelAddress, Suppression},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    failure::Failure,
    findings::Findings,
    names::{ChannelName, SuppressionSourceName},
};

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
}

impl AddressBody {
    /// The address that is meant.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub(super) fn read(&self) -> Result<ChannelAddress, Failure> {
        let mut findings = Findings::default();
        read_address(&mut findings, &self.channel, &self.address).ok_or_else(|| findings.into())
    }
}

/// The address that is meant; notes what is wrong with it.
pub(super) fn read_address(
    findings: &mut Findings,
    channel: &str,
    address: &str,
) -> Option<ChannelAddress> {
    let channel: Channel = findings.keep("channel", "unknown_channel", channel.parse())?;
    ChannelAddress::parse(channel, address)
        .map_err(|error| findings.add("address", error.code(), error.to_string()))
        .ok()
}

/// An address that gets nothing any more.
#[derive(Serialize, ToSchema)]
#[schema(as = Suppression)]
pub(super) struct SuppressionBody {
    /// The channel.
    channel: ChannelName,
    /// The address, as it is compared: an email address in lower case, a phone number in E.164.
    #[schema(examples("ann@example.com"))]
    address: String,
    /// How it came about.
    source: SuppressionSourceName,
    /// Since when.
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
