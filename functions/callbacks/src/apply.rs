//! Applies callbacks. A callback may hold thousands of events, and its sender waits only seconds.

use std::collections::BTreeMap;

use carillon_domain::{
    channel_address::ChannelAddress,
    delivery::receipt::{Receipt, StatusUpdate},
    id::{CampaignId, ReceiverId},
    suppressions::keyword::Keyword,
};
use carillon_providers::vendor::ProviderEvent;
use carillon_telemetry::Line;
use futures::{StreamExt, TryStreamExt, stream};
use jiff::{SignedDuration, Timestamp};

use crate::{Callbacks, Place, Refused, opt_outs::Written};

/// Maximum number of events per callback. Meta documents the most, 1,000 ("Webhooks", Graph API: "Event Notifications
/// are aggregated and sent in a batch with a maximum of 1000 updates").
const MOST: usize = 5_000;
/// Events looked up or written concurrently.
const AT_A_TIME: usize = 32;
/// Maximum length of a provider's message id.
const ID_BYTES: usize = 256;
/// The owner of a message that a vendor reports by its own id is recorded after the message was accepted. An early
/// report may come before that; a later report on an unknown message is somebody else's.
const NOTED_WITHIN: SignedDuration = SignedDuration::from_mins(1);

/// A delivery report.
struct Became {
    about: About,
    provider_id: String,
    at: Timestamp,
    news: StatusUpdate,
}

/// The message that a report is about.
enum About {
    Delivery(CampaignId, ReceiverId),
    /// The one with this name. It may be recorded after the vendor's report, where the name is the vendor's own id.
    Named {
        name: String,
        may_be_early: bool,
    },
}

/// Whose message it is, if anybody's.
enum Found {
    Delivery(Box<Receipt>),
    Nobody,
    /// Unknown, but it may not have been recorded yet.
    TooEarly,
}

impl Callbacks {
    /// Applies a callback. If it fails, the vendor retries, and repeating what was done has no effect.
    pub(crate) async fn apply(
        &self,
        place: &Place,
        told: Vec<ProviderEvent>,
        now: Timestamp,
        line: &mut Line,
    ) -> Result<(), Refused> {
        if told.len() > MOST {
            return Err(Refused::TooMany);
        }
        let mut became = Vec::new();
        let mut writers: BTreeMap<String, Vec<Written>> = BTreeMap::new();
        for told in told {
            match told {
                ProviderEvent::Receipt {
                    delivery,
                    provider_id,
                    at,
                    news,
                } => became.push(Became {
                    about: About::Delivery(delivery.campaign, delivery.receiver),
                    provider_id,
                    at,
                    news,
                }),
                ProviderEvent::ReceiptOfMessage {
                    provider_id,
                    at,
                    news,
                } => became.push(Became {
                    about: About::Named {
                        name: provider_id.clone(),
                        may_be_early: true,
                    },
                    provider_id,
                    at,
                    news,
                }),
                ProviderEvent::ReceiptOfNamed {
                    name,
                    provider_id,
                    at,
                    news,
                } => became.push(Became {
                    about: About::Named {
                        name,
                        may_be_early: false,
                    },
                    provider_id,
                    at,
                    news,
                }),
                ProviderEvent::Inbound {
                    from,
                    text,
                    provider_id,
                    at,
                    ..
                } => {
                    line.note("inbound", 1);
                    writers.entry(from).or_default().push(Written {
                        keyword: Keyword::of(&text),
                        id: provider_id,
                        at,
                        opens_window: place.transport.channel().properties().has_windows,
                    });
                }
                ProviderEvent::Asked {
                    from,
                    keyword,
                    provider_id,
                    at,
                } => writers.entry(from).or_default().push(Written {
                    keyword: Some(keyword),
                    id: provider_id,
                    at,
                    opens_window: false,
                }),
                ProviderEvent::Irrelevant => line.note("irrelevant", 1),
            }
        }

        let heeded = writers
            .into_iter()
            .map(|(from, written)| Box::pin(self.read(place, from, written, now)));
        let mut heeded = stream::iter(heeded).buffer_unordered(AT_A_TIME);
        while let Some(counted) = heeded.try_next().await? {
            for name in counted {
                line.note(name, 1);
            }
        }

        let found = became
            .into_iter()
            .map(|became| Box::pin(self.find(place, became, now)));
        let found: Vec<Found> = stream::iter(found)
            .buffered(AT_A_TIME)
            .try_collect()
            .await?;
        let mut receipts = Vec::new();
        let mut is_too_early = false;
        for found in found {
            match found {
                Found::Delivery(receipt) => receipts.push(*receipt),
                Found::Nobody => line.note("irrelevant", 1),
                Found::TooEarly => {
                    is_too_early = true;
                    line.note("irrelevant", 1);
                }
            }
        }
        self.enqueue_receipts(&receipts, line).await?;
        match is_too_early {
            true => Err(Refused::TooEarly),
            false => Ok(()),
        }
    }

    /// Finds whose message a report is about.
    async fn find(&self, place: &Place, became: Became, now: Timestamp) -> Result<Found, Refused> {
        let Place { tenant, transport } = place;
        let Became {
            about,
            provider_id,
            at,
            news,
        } = became;
        if provider_id.len() > ID_BYTES {
            return Ok(Found::Nobody);
        }
        let (campaign, receiver) = match about {
            About::Delivery(campaign, receiver) => (campaign, receiver),
            About::Named { name, .. } if name.len() > ID_BYTES => return Ok(Found::Nobody),
            About::Named { name, may_be_early } => match self.store.named(tenant, &name).await? {
                Some(delivery) => (delivery.campaign, delivery.receiver),
                None if may_be_early && now.duration_since(at) < NOTED_WITHIN => {
                    return Ok(Found::TooEarly);
                }
                None => return Ok(Found::Nobody),
            },
        };
        Ok(Found::Delivery(Box::new(Receipt {
            tenant: tenant.clone(),
            campaign,
            receiver,
            channel: transport.channel(),
            transport: Some(transport.id.clone()),
            provider_id,
            at,
            news,
        })))
    }

    /// Processes inbound messages in order and returns the results.
    async fn read(
        &self,
        place: &Place,
        from: String,
        written: Vec<Written>,
        now: Timestamp,
    ) -> Result<Vec<&'static str>, Refused> {
        let Place { tenant, transport } = place;
        let channel = transport.channel();
        let Ok(address) = ChannelAddress::of_writer(channel, &from) else {
            return Ok(Vec::new());
        };
        // Nobody writes in the future, whatever the vendor's clock says.
        let opened = written.iter().filter(|written| written.opens_window);
        if let Some(wrote_at) = opened.map(|written| written.at.min(now)).max() {
            let hash = address.hash(tenant);
            let (store, id) = (&self.store, &transport.id);
            store.open_window(tenant, id, &hash, wrote_at).await?;
        }
        let mut counted = Vec::new();
        for written in &written {
            counted.extend(
                self.apply_keyword(tenant, channel, &address, written)
                    .await?,
            );
        }
        Ok(counted)
    }
}
