//! Handles the unsubscribe links in mails (RFC 8058).
//!
//! Anybody can call this function; a link's signature shows whose it is. Link scanners follow every link in a mail, so
//! a GET changes nothing: it shows a confirmation page. A mailbox provider posts on behalf of the receiver, without
//! cookies and without a confirmation.

mod page;

use aws_config::SdkConfig;
use carillon_domain::{
    access::{Actor, Context},
    channel::Channel,
    channel_address::ChannelAddress,
    suppressions::{Suppression, SuppressionSource},
};
use carillon_http::UnknownCallers;
use carillon_secrets::{InvalidLink, Link, Links};
use carillon_store::{Error as StoreError, MissingVariable, Store, environment::variable};
use carillon_telemetry::Line;
use http::Method;
use jiff::Timestamp;
use lambda_http::{Body, Request, RequestExt, Response};

use self::page::Page;

/// Where a link's path begins; locally, the stage's path precedes it.
const PREFIX: &str = "/unsubscribe/";
/// The form body that resubscribes.
const AGAIN: &[u8] = b"again=1";

/// The function's dependencies.
pub struct Unsubscribe {
    store: Store,
    links: Links,
    unknown_callers: UnknownCallers,
}

/// Why a link is refused.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error("the link is not one of ours")]
    Foreign,
    #[error("could not read the link-signing key: {0}")]
    Key(String),
    #[error("could not record an opt-out")]
    Store(#[from] StoreError),
}

/// Handles one request.
///
/// # Errors
/// None: errors are in the response.
pub async fn handle(
    unsubscribe: &Unsubscribe,
    request: Request,
) -> Result<Response<Body>, lambda_http::Error> {
    let context = request.lambda_context();
    let mut line = Line::begin("unsubscribe", &context);
    let page = match unsubscribe.act(&request, &mut line).await {
        Ok(page) => page,
        Err(Refused::Foreign) => &page::FOREIGN,
        Err(error) => {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "could not handle a link"
            );
            &page::LATER
        }
    };
    unsubscribe.unknown_callers.end(line, page.status);
    page.response(request.method())
}

impl Unsubscribe {
    /// The function configured from the environment.
    ///
    /// # Errors
    /// If a variable is not set.
    pub fn from_environment(config: &SdkConfig) -> Result<Self, MissingVariable> {
        Ok(Self {
            store: Store::from_environment(config)?,
            links: Links::new(config, variable("LINK_KEY")?, variable("LINKS_URL")?),
            unknown_callers: UnknownCallers::default(),
        })
    }

    async fn act(&self, request: &Request, line: &mut Line) -> Result<&'static Page, Refused> {
        let rest = request.uri().path().split_once(PREFIX);
        let (_, rest) = rest.ok_or(Refused::Foreign)?;
        let link = self.links.check(&format!("{PREFIX}{rest}")).await;
        let link = link.map_err(|error| match error {
            InvalidLink::Foreign => Refused::Foreign,
            InvalidLink::Unknown(code) => Refused::Key(code),
        })?;
        if *request.method() != Method::POST {
            return Ok(&page::ASK);
        }
        let address = self.address_of(&link).await?;
        let (tenant, now) = (&link.tenant, Timestamp::now());
        let context = Context::new(tenant.clone(), Actor::Recipient, Timestamp::now());
        if request.body().as_ref() == AGAIN {
            if self.store.resubscribe(&context, &address, now).await? {
                line.note("started", 1);
            }
            let stands = self.store.suppression(&context, &address).await?;
            return Ok(match stands {
                Some(_) => &page::STILL_AWAY,
                None => &page::BACK,
            });
        }
        let suppression = Suppression {
            address,
            source: SuppressionSource::Unsubscribed,
            at: now,
        };
        self.store.suppress(&context, &suppression).await?;
        line.note("stopped", 1);
        Ok(&page::DONE)
    }

    /// The address that the mail with the link was sent to.
    async fn address_of(&self, link: &Link) -> Result<ChannelAddress, Refused> {
        let context = Context::new(link.tenant.clone(), Actor::Recipient, Timestamp::now());
        let campaign = self.store.campaign(&context, &link.campaign).await?;
        let campaign = campaign.ok_or(Refused::Foreign)?;
        let row = self.store.receiver(&campaign, &link.receiver).await?;
        row.and_then(|receiver| receiver.address_of_resend(Channel::Email, link.resend))
            .ok_or(Refused::Foreign)
    }
}
