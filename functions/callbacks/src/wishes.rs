//! What people write to get no more messages, or to get them again.

use carillon_domain::{channel::Channel, channel_address::ChannelAddress, id::TenantId, suppressions::{Suppression, SuppressionSource, keyword::Keyword}};
use carillon_store::Once;
use jiff::Timestamp;

use crate::{Callbacks, Refused};

/// What somebody written.
pub(crate) struct Written {
    /// What it asks for, if for anything.
    pub(crate) wish: Option<Keyword>,
    /// The vendor's id of it.
    pub(crate) id: String,
    pub(crate) at: Timestamp,
    /// A vendor's own switch opens no window.
    pub(crate) opens_window: bool,
}

impl Callbacks {
    /// Does what somebody asks for, and says what it comes to. What comes again changes nothing.
    pub(crate) async fn heed(
        &self,
        tenant: &TenantId,
        channel: Channel,
        address: &ChannelAddress,
        written: &Written,
    ) -> Result<Option<&'static str>, Refused> {
        match written.wish {
            None => Ok(None),
            Some(Keyword::Stop) => {
                let suppression = Suppression {
                    address: address.clone(),
                    source: SuppressionSource::Unsubscribed,
                    at: Timestamp::now(),
                };
                self.store.suppress(tenant, &suppression).await?;
                Ok(Some("stopped"))
            }
            Some(Keyword::Start) => {
                let token = format!("start/{channel}/{}", written.id);
                let begun = self.store.begin(tenant, &token, Timestamp::now()).await?;
                let Once::Open { since } = begun else {
                    return Ok(None);
                };
                // One that is told again may be older than a wish to stop that came since.
                let before = written.at.min(since);
                let back = self.store.take_back(tenant, address, before).await?;
                self.store.finish(tenant, &token, Timestamp::now()).await?;
                Ok(back.then_some("started"))
            }
            // Who asks for help is answered by the provider, or by a person who reads what comes in.
            Some(Keyword::Help) => Ok(Some("asked_for_help")),
        }
    }
}
