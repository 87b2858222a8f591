//! Inbound opt-outs and resubscriptions.

use carillon_domain::{
    access::{Actor, Context},
    channel::Channel,
    channel_address::ChannelAddress,
    id::TenantId,
    suppressions::{Suppression, SuppressionSource, keyword::Keyword},
};
use carillon_store::RequestProgress;
use jiff::Timestamp;

use crate::{Callbacks, Refused};

/// An inbound message.
pub(crate) struct Written {
    /// The keyword in it, if any.
    pub(crate) keyword: Option<Keyword>,
    /// The vendor's id of it.
    pub(crate) id: String,
    pub(crate) at: Timestamp,
    /// Whether it opens a window; a vendor's own opt-out switch does not.
    pub(crate) opens_window: bool,
}

impl Callbacks {
    /// Applies a keyword and returns the result. Idempotent.
    pub(crate) async fn apply_keyword(
        &self,
        tenant: &TenantId,
        channel: Channel,
        address: &ChannelAddress,
        written: &Written,
    ) -> Result<Option<&'static str>, Refused> {
        let context = Context::new(tenant.clone(), Actor::Provider, Timestamp::now());
        match written.keyword {
            None => Ok(None),
            Some(Keyword::Stop) => {
                let suppression = Suppression {
                    address: address.clone(),
                    source: SuppressionSource::Unsubscribed,
                    at: context.now,
                };
                self.store.suppress(&context, &suppression).await?;
                Ok(Some("stopped"))
            }
            Some(Keyword::Start) => {
                let token = format!("start/{channel}/{}", written.id);
                let begun = self.store.begin(tenant, &token, context.now).await?;
                let RequestProgress::Open { since } = begun else {
                    return Ok(None);
                };
                // A repeated message may be older than an opt-out that came since.
                let before = written.at.min(since);
                let back = self.store.resubscribe(&context, address, before).await?;
                self.store.finish(tenant, &token, context.now).await?;
                Ok(back.then_some("started"))
            }
            // The provider answers a request for help, or an operator who reads inbound messages.
            Some(Keyword::Help) => Ok(Some("asked_for_help")),
        }
    }
}
