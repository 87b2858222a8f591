//! What people write to get no more messages, or to get them again.

use carillon_domain::{
    channel::Channel,
    id::TenantId,
    keyword::Keyword,
    suppression::{ChannelAddress, Suppression, SuppressionSource},
};
use carillon_telemetry::Line;
use jiff::Timestamp;

use crate::{Callbacks, Refused};

impl Callbacks {
    /// Does what somebody asks for, if a text asks for it. Doing it again changes nothing.
    pub(crate) async fn heed(
        &self,
        tenant: &TenantId,
        channel: Channel,
        from: &str,
        text: &str,
        line: &mut Line,
    ) -> Result<(), Refused> {
        let (Some(keyword), Ok(address)) =
            (Keyword::of(text), ChannelAddress::parse(channel, from))
        else {
            return Ok(());
        };
        match keyword {
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
                if self.take_back(tenant, &address).await? {
                    line.note("started", 1);
                }
            }
            // Who asks for help is answered by the provider, or by a person who reads what comes in.
            Keyword::Help => line.note("asked_for_help", 1),
        }
        Ok(())
    }

    /// Lets somebody who left come back, and says whether they had left. What bounced, and what an operator suppressed,
    /// stays away.
    pub(crate) async fn take_back(
        &self,
        tenant: &TenantId,
        address: &ChannelAddress,
    ) -> Result<bool, Refused> {
        let standing = self.store.suppression(tenant, address).await?;
        let has_left =
            standing.is_some_and(|standing| standing.source == SuppressionSource::Unsubscribed);
        if has_left {
            self.store.unsuppress(tenant, address).await?;
        }
        Ok(has_left)
    }
}
