//! What people write to get no more messages, or to get them again.

use carillon_domain::{
    channel::Channel,
    id::TenantId,
    keyword::Keyword,
    suppression::{ChannelAddress, Suppression, SuppressionSource},
};
use carillon_store::Once;
use carillon_telemetry::Line;
use jiff::Timestamp;

use crate::{Callbacks, Refused};

/// Something that somebody wrote.
pub(crate) struct Wrote<'a> {
    pub(crate) from: &'a str,
    /// What it asks for.
    pub(crate) wish: Keyword,
    /// The vendor's id of it.
    pub(crate) id: &'a str,
    pub(crate) at: Timestamp,
}

impl Callbacks {
    /// Does what somebody asks for. What comes again changes nothing.
    pub(crate) async fn heed(
        &self,
        tenant: &TenantId,
        channel: Channel,
        wrote: &Wrote<'_>,
        line: &mut Line,
    ) -> Result<(), Refused> {
        let Ok(address) = ChannelAddress::of_writer(channel, wrote.from) else {
            return Ok(());
        };
        match wrote.wish {
            Keyword::Stop => {
                let suppression = Suppression {
                    address,
                    source: SuppressionSource::Unsubscribed,
                    at: Timestamp::now(),
                };
                self.store.suppress(tenant, &suppression).await?;
                line.note("stopped", 1);
            }
            Keyword::Start => {
                let token = format!("start/{channel}/{}", wrote.id);
                let begun = self.store.begin(tenant, &token, Timestamp::now()).await?;
                // One that is told again may be older than a wish to stop that came since.
                if let Once::Open { since } = begun {
                    if self
                        .take_back(tenant, &address, wrote.at.min(since))
                        .await?
                    {
                        line.note("started", 1);
                    }
                    self.store.finish(tenant, &token, Timestamp::now()).await?;
                }
            }
            // Who asks for help is answered by the provider, or by a person who reads what comes in.
            Keyword::Help => line.note("asked_for_help", 1),
        }
        Ok(())
    }

    /// Lets somebody who left before this time come back, and says whether they had. What bounced, and what an operator
    /// suppressed, stays away.
    pub(crate) async fn take_back(
        &self,
        tenant: &TenantId,
        address: &ChannelAddress,
        before: Timestamp,
    ) -> Result<bool, Refused> {
        let standing = self.store.suppression(tenant, address).await?;
        let left = standing.filter(|standing| {
            standing.source == SuppressionSource::Unsubscribed && standing.at <= before
        });
        match left {
            Some(standing) => Ok(self.store.lift(tenant, &standing).await?),
            None => Ok(false),
        }
    }
}
