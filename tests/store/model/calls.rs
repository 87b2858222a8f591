//! The provider calls of a campaign, and the promises about them.

use carillon_domain::{campaigns::OnUnknown, delivery::Delivery};

use super::operations::{Answer, Place};

/// A call that the winner of a claim may make, at any time.
struct Call {
    place: Place,
    resends: u32,
    owner: Option<String>,
    attempt: u32,
    /// The provider's outcome, if it was made.
    made: Option<(Answer, String)>,
    /// Whether the ledger was updated.
    is_recorded: bool,
}

impl Call {
    fn is_of(&self, place: Place, claim: &Delivery) -> bool {
        self.place == place && self.attempt == claim.attempt && self.owner == claim.owner
    }

    /// Whether another one may follow without a resend.
    fn may_be_repeated(&self, on_unknown: OnUnknown) -> bool {
        let answer = self.made.as_ref().map(|(answer, _)| *answer);
        match answer {
            Some(Answer::Throttled) if self.is_recorded => true,
            Some(Answer::Accepted | Answer::Rejected) if self.is_recorded => false,
            _ => on_unknown == OnUnknown::Resend,
        }
    }
}

/// All calls, in the order of their claims.
#[derive(Default)]
pub(super) struct Calls(Vec<Call>);

impl Calls {
    /// Records a won claim, which permits a call. Returns whether it is new; a repeated response is not.
    ///
    /// # Errors
    /// If the claim should not have been won: the promise is one call per receiver, channel and request
    /// to send, unless the previous one was definitely rejected or the campaign wants it repeated.
    pub(super) fn permit(
        &mut self,
        place: Place,
        claim: &Delivery,
        on_unknown: OnUnknown,
    ) -> Result<bool, String> {
        if self.0.iter().any(|call| call.is_of(place, claim)) {
            return Ok(false);
        }
        let of_same_request = |call: &&Call| call.place == place && call.resends == claim.resends;
        if self
            .0
            .iter()
            .filter(of_same_request)
            .any(|call| !call.may_be_repeated(on_unknown))
        {
            return Err(format!(
                "{place:?} may be called a second time, as attempt {} of request {}",
                claim.attempt, claim.resends
            ));
        }
        self.0.push(Call {
            place,
            resends: claim.resends,
            owner: claim.owner.clone(),
            attempt: claim.attempt,
            made: None,
            is_recorded: false,
        });
        Ok(true)
    }

    /// Makes the call. Returns the provider's message id.
    pub(super) fn make(&mut self, place: Place, claim: &Delivery, answer: Answer) -> String {
        let number = self.0.iter().filter(|call| call.made.is_some()).count();
        let message = format!("message-{number}");
        if let Some(call) = self.find(place, claim) {
            call.made = Some((answer, message.clone()));
        }
        message
    }

    /// Whether it was made.
    pub(super) fn is_made(&self, place: Place, claim: &Delivery) -> bool {
        self.0
            .iter()
            .any(|call| call.is_of(place, claim) && call.made.is_some())
    }

    /// The outcome is recorded in the ledger.
    pub(super) fn record(&mut self, place: Place, claim: &Delivery) {
        if let Some(call) = self.find(place, claim) {
            call.is_recorded = true;
        }
    }

    /// It will never be made, and that is recorded in the ledger.
    pub(super) fn withdraw(&mut self, place: Place, claim: &Delivery) {
        self.0.retain(|call| !call.is_of(place, claim));
    }

    /// The provider's message ids for a place.
    pub(super) fn messages(&self, place: Place) -> Vec<&str> {
        self.0
            .iter()
            .filter(|call| call.place == place)
            .filter_map(|call| call.made.as_ref())
            .map(|(_, message)| message.as_str())
            .collect()
    }

    /// The number of calls made.
    pub(super) fn count(&self) -> usize {
        self.0.iter().filter(|call| call.made.is_some()).count()
    }

    fn find(&mut self, place: Place, claim: &Delivery) -> Option<&mut Call> {
        self.0.iter_mut().find(|call| call.is_of(place, claim))
    }
}
