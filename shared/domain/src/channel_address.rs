//! Addresses, alone and together with their channel.

use serde::{Deserialize, Serialize};

use crate::{
    address::{EmailAddress, InvalidAddress, PhoneNumber, Region},
    channel::{AddressKind, Channel},
    id::{AddressHash, TenantId},
    push_address::PushAddress,
};

/// An address of a receiver, which several channels may use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Address {
    /// For email.
    Email(EmailAddress),
    /// For text and WhatsApp messages.
    Mobile(PhoneNumber),
    /// For push notifications.
    Push(PushAddress),
}

impl Address {
    /// The address on a channel, if the channel uses this kind of address.
    pub fn on(self, channel: Channel) -> Option<ChannelAddress> {
        Some(match (channel, self) {
            (Channel::Email, Self::Email(address)) => ChannelAddress::Email(address),
            (Channel::Sms, Self::Mobile(number)) => ChannelAddress::Sms(number),
            (Channel::WhatsApp, Self::Mobile(number)) => ChannelAddress::WhatsApp(number),
            (Channel::Push, Self::Push(address)) => ChannelAddress::Push(address),
            (Channel::Email | Channel::Sms | Channel::WhatsApp | Channel::Push, _) => return None,
        })
    }
}

impl From<ChannelAddress> for Address {
    fn from(address: ChannelAddress) -> Self {
        match address {
            ChannelAddress::Email(address) => Self::Email(address),
            ChannelAddress::Sms(number) | ChannelAddress::WhatsApp(number) => Self::Mobile(number),
            ChannelAddress::Push(address) => Self::Push(address),
        }
    }
}

/// An address together with its channel.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "channel", content = "address", rename_all = "snake_case")]
pub enum ChannelAddress {
    /// Email.
    Email(EmailAddress),
    /// SMS.
    Sms(PhoneNumber),
    /// WhatsApp.
    #[serde(rename = "whatsapp")]
    WhatsApp(PhoneNumber),
    /// Push.
    Push(PushAddress),
}

impl ChannelAddress {
    /// Reads the address of a channel. A phone number needs its country code.
    ///
    /// # Errors
    /// If it is not an address of this channel.
    pub fn parse(channel: Channel, text: &str) -> Result<Self, InvalidAddress> {
        Self::parse_in(channel, text, None)
    }

    /// Like [`ChannelAddress::parse`]; a region completes a national phone number.
    ///
    /// # Errors
    /// If it is not an address of this channel.
    pub fn parse_in(
        channel: Channel,
        text: &str,
        region: Option<Region>,
    ) -> Result<Self, InvalidAddress> {
        match channel {
            Channel::Email => EmailAddress::parse(text).map(Self::Email),
            Channel::Sms => PhoneNumber::parse(text, region).map(Self::Sms),
            Channel::WhatsApp => PhoneNumber::parse(text, region).map(Self::WhatsApp),
            Channel::Push => PushAddress::parse(text).map(Self::Push),
        }
    }

    /// The address of somebody who wrote to us. A number that a network delivers from is accepted even if the numbering plans
    /// do not know it: an opt-out must not be lost because a plan is older than the number.
    ///
    /// # Errors
    /// If it is not an address of this channel, such as an alphanumeric sender, which cannot be answered.
    pub fn of_writer(channel: Channel, text: &str) -> Result<Self, InvalidAddress> {
        Self::parse(channel, text).or_else(|error| match channel.properties().address {
            AddressKind::Mobile => {
                let number = PhoneNumber::try_from(text.to_owned())?;
                Address::Mobile(number).on(channel).ok_or(error)
            }
            AddressKind::Email | AddressKind::Push => Err(error),
        })
    }

    /// The channel.
    pub fn channel(&self) -> Channel {
        match self {
            Self::Email(_) => Channel::Email,
            Self::Sms(_) => Channel::Sms,
            Self::WhatsApp(_) => Channel::WhatsApp,
            Self::Push(_) => Channel::Push,
        }
    }

    /// The address itself, for the catalog and the caller who owns it.
    pub fn expose(&self) -> &str {
        match self {
            Self::Email(address) => address.expose(),
            Self::Sms(number) | Self::WhatsApp(number) => number.expose(),
            Self::Push(address) => address.expose(),
        }
    }

    /// The hash that stands in for this address at a tenant where the address itself must not appear.
    pub fn hash(&self, tenant: &TenantId) -> AddressHash {
        AddressHash::of(tenant, self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenant(id: &str) -> TenantId {
        id.parse().unwrap()
    }

    #[test]
    fn a_writer_with_a_number_outside_all_plans_is_accepted() {
        for number in ["+999123456789", "+44123"] {
            assert!(ChannelAddress::parse(Channel::Sms, number).is_err());
            let writer = ChannelAddress::of_writer(Channel::Sms, number).unwrap();
            assert_eq!(writer.expose(), number);
        }
        let spaced = ChannelAddress::of_writer(Channel::WhatsApp, "+44 7400 123456").unwrap();
        assert_eq!(spaced.expose(), "+447400123456");
        assert!(ChannelAddress::of_writer(Channel::Sms, "PARCELS").is_err());
    }

    #[test]
    fn an_address_has_one_hash_on_a_channel_at_a_tenant() {
        let hash = |at: &str, channel, text| {
            ChannelAddress::parse(channel, text)
                .unwrap()
                .hash(&tenant(at))
        };
        let ann = hash("demo", Channel::Email, "ann@example.com");
        assert_eq!(hash("demo", Channel::Email, " Ann@Example.COM "), ann);
        assert_ne!(hash("other", Channel::Email, "ann@example.com"), ann);
        assert_ne!(hash("demo", Channel::Email, "bo@example.com"), ann);
        assert_eq!(
            hash("demo", Channel::Sms, "+44 20 7946 0000"),
            hash("demo", Channel::Sms, "00442079460000")
        );
        assert_eq!(
            hash("demo", Channel::Email, "ann@bücher.example"),
            hash("demo", Channel::Email, "ann@xn--bcher-kva.example")
        );
        let national = ChannelAddress::parse_in(Channel::Sms, "020 7946 0000", "GB".parse().ok());
        assert_eq!(
            national.unwrap().hash(&tenant("demo")),
            hash("demo", Channel::Sms, "+442079460000")
        );
        assert_eq!(ann.as_str().parse(), Ok(ann));
    }

    #[test]
    fn an_address_is_used_by_the_channels_of_its_kind_alone() {
        let address = |kind| match kind {
            AddressKind::Email => ChannelAddress::parse(Channel::Email, "ann@example.com"),
            AddressKind::Mobile => ChannelAddress::parse(Channel::Sms, "+442079460000"),
            AddressKind::Push => ChannelAddress::parse(Channel::Push, "fcm:token"),
        };
        for kind in AddressKind::ALL {
            let address = Address::from(address(kind).unwrap());
            for channel in Channel::ALL {
                let on = address.clone().on(channel);
                let is_used = channel.properties().address == kind;
                assert_eq!(on.is_some(), is_used, "{kind:?} on {channel}");
                assert!(on.is_none_or(|on| on.channel() == channel));
            }
        }
    }

    #[test]
    fn an_address_belongs_to_its_channel() {
        for (channel, text, error) in [
            (Channel::Email, "+442079460000", InvalidAddress::Email),
            (Channel::Sms, "ann@example.com", InvalidAddress::Phone),
            (
                Channel::Sms,
                "020 7946 0000",
                InvalidAddress::PhoneWithoutRegion,
            ),
        ] {
            assert_eq!(ChannelAddress::parse(channel, text), Err(error), "{text}");
        }
    }
}
