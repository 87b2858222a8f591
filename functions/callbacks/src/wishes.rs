//! What people write to get no more messages, or to get them again.

use carillon_domain::{
    channel::Channel,
    id::TenantId,
    keyword::Keyword,
    suppression::{ChannelAddress, Suppression, SuppressionSource},
};
use carillon_store::Once;
use jiff::Timestamp;

use crate::{Callbacks, Refused};

/// Something that somebody wrote.
pub(crate) struct Wrote<'a> {
    pub(crate) address: &'a ChannelAddress,
    /// What it asks for.
    pub(crate) wish: Keyword,
    /// The vendor's id of it.
    pub(crate) id: &'a str,
    pub(crate) at: Timestamp,
}

impl Callbacks {
    /// Does what somebody asks for, and says what it comes to. What comes again changes nothing.
    pub(crate) async fn heed(
        &self,
        tenant: &TenantId,
        channel: Channel,
        wrote: &Wrote<'_>,
    ) -> Result<Option<&'static str>, Refused> {
        match wrote.wish {
            Keyword::Stop => {
                let suppression = Suppression {
                    address: wrote.address.clone(),
                    source: SuppressionSource::Unsubscribed,
                    at: Timestamp::now(),
                };
                self.store.suppress(tenant, &suppression).await?;
                Ok(Some("stopped"))
            }
            Keyword::Start => {
                let token = format!("start/{channel}/{}", wrote.id);
                let begun = self.store.begin(tenant, &token, Timestamp::now()).await?;
                let Once::Open { since } = begun else {
                    return Ok(None);
                };
                // One that is told again may be older than a wish to stop that came since.
                let before = wrote.at.min(since);
                let back = self.store.take_back(tenant, wrote.address, before).await?;
                self.store.finish(tenant, &token, Timestamp::now()).await?;
                Ok(back.then_some("started"))
            }
            // Who asks for help is answered by the provider, or by a person who reads what comes in.
            Keyword::Help => Ok(Some("asked_for_help")),
        }
    }
}
