//! Whether a campaign can be published or scheduled.

use carillon_domain::{
    access::Context,
    campaigns::{Campaign, NotReady},
    channel::Channel,
    content::Content,
};
use carillon_http::{
    failure::{Failure, Members},
    names::ChannelName,
    problem::Problem,
};

use crate::{found::not_a_draft, state::AppState};

/// How long to wait for receivers that are still being added.
const LOADING_SECONDS: u32 = 5;

/// Checks every requirement for publishing except the status, in a number of calls that does not grow with the
/// audience.
///
/// # Errors
/// The first requirement that is not met.
pub(crate) async fn check(
    state: &AppState,
    context: &Context,
    campaign: &Campaign,
) -> Result<Content, Failure> {
    let (content, setup) = tokio::try_join!(
        state.store.content(context, &campaign.id),
        state.store.setup(context)
    )?;
    let content = content.map(|(_, content)| content).unwrap_or_default();
    campaign
        .check_ready(&content, &setup.channels(), state.clock.now())
        .map_err(not_ready)?;
    if !state.store.has_receivers(campaign).await? {
        return Err(not_ready(NotReady::NoReceivers));
    }
    Ok(content)
}

/// Channels without a transport.
pub(super) fn no_transport(channels: Vec<Channel>) -> Failure {
    not_ready(NotReady::NoTransport(channels))
}

/// The problem of an unmet requirement.
fn not_ready(reason: NotReady) -> Failure {
    let detail = reason.to_string();
    let of = |channels: Vec<Channel>| Members {
        channels: channels.into_iter().map(ChannelName::from).collect(),
        ..Members::default()
    };
    match reason {
        NotReady::Status(status) => not_a_draft(status),
        NotReady::NoChannels => Failure::new(Problem::NoChannels, detail),
        NotReady::NoContent(channels) => {
            Failure::new(Problem::NoContent, detail).with(of(channels))
        }
        NotReady::NoTransport(channels) => {
            Failure::new(Problem::NoTransport, detail).with(of(channels))
        }
        NotReady::NoReceivers => Failure::new(Problem::NoReceivers, detail),
        NotReady::Loading => {
            let members = Members {
                retry_after_seconds: Some(LOADING_SECONDS),
                ..Members::default()
            };
            Failure::new(Problem::Loading, detail).with(members)
        }
    }
}

#[cfg(test)]
mod tests {
    use carillon_domain::campaigns::Status;

    use super::*;

    #[test]
    fn every_reason_has_a_problem_of_its_own() {
        let problems = [
            NotReady::Status(Status::Published),
            NotReady::NoChannels,
            NotReady::NoContent(vec![Channel::Sms]),
            NotReady::NoTransport(vec![Channel::Sms]),
            NotReady::NoReceivers,
            NotReady::Loading,
        ]
        .map(|reason| not_ready(reason).problem().kind().slug);
        assert_eq!(
            problems,
            [
                "not-a-draft",
                "no-channels",
                "no-content",
                "no-transport",
                "no-receivers",
                "loading"
            ]
        );
    }
}
