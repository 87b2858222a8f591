//! Access tokens of accounts that require signing in: fetched before a claim, and cached while they are
//! valid.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use carillon_domain::reason::Reason;
use carillon_providers::vendor::AccessToken;

/// A token is renewed when it is valid for less than this: a batch has to be sent with it.
const SPARE: Duration = Duration::from_secs(120);
/// Pause before signing in again after a failure.
const PAUSE: Duration = Duration::from_secs(10);

/// The state of an account's token.
#[derive(Debug, Clone)]
struct Known {
    token: Result<String, Reason>,
    /// When to sign in again.
    until: Instant,
    /// When the token expires.
    good_until: Instant,
}

/// The tokens of an execution environment, by account. Redacted in `Debug`.
#[derive(Default)]
pub(crate) struct Tokens {
    known: Mutex<HashMap<String, Known>>,
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Tokens(…)")
    }
}

impl Tokens {
    /// Whether no sign-in is needed now: there is a token, or a sign-in has just failed.
    pub(crate) fn is_known(&self, account: &str) -> bool {
        let known = self.known();
        known
            .get(account)
            .is_some_and(|known| Instant::now() < known.until)
    }

    /// Stores the result of signing in.
    pub(crate) fn keep(&self, account: String, result: Result<AccessToken, Reason>) {
        let now = Instant::now();
        let mut all = self.known();
        let known = match result {
            Ok(token) => Known {
                until: now + token.lifetime.saturating_sub(SPARE).max(PAUSE),
                good_until: now + token.lifetime,
                token: Ok(token.text),
            },
            Err(reason) => match all.remove(&account) {
                // A token that is still valid is used until it expires.
                Some(old) if old.token.is_ok() && now + PAUSE < old.good_until => Known {
                    until: now + PAUSE,
                    ..old
                },
                _ => Known {
                    until: now + PAUSE,
                    good_until: now,
                    token: Err(reason),
                },
            },
        };
        all.insert(account, known);
    }

    /// The token of an account, or why there is none; `None` if no sign-in was tried.
    pub(crate) fn get(&self, account: &str) -> Option<Result<String, Reason>> {
        self.known().get(account).map(|known| known.token.clone())
    }

    /// Invalidates an account's token after it was rejected, so that the account signs in again soon.
    pub(crate) fn invalidate(&self, account: &str) {
        if let Some(known) = self.known().get_mut(account) {
            known.until = known.until.min(Instant::now() + PAUSE);
        }
    }

    fn known(&self) -> MutexGuard<'_, HashMap<String, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_cached_while_valid_and_a_failure_briefly() {
        let tokens = Tokens::default();
        assert!(!tokens.is_known("a"));
        assert!(tokens.get("a").is_none());
        let token = |seconds| AccessToken {
            text: "t".to_owned(),
            lifetime: Duration::from_secs(seconds),
        };
        tokens.keep("a".to_owned(), Ok(token(3_600)));
        assert!(tokens.is_known("a"));
        assert_eq!(tokens.get("a"), Some(Ok("t".to_owned())));
        let reason = Reason::new("invalid_grant", "It was revoked.");
        tokens.keep("b".to_owned(), Err(reason.clone()));
        assert!(tokens.is_known("b"));
        assert_eq!(tokens.get("b"), Some(Err(reason.clone())));
        tokens.keep("a".to_owned(), Err(reason));
        assert_eq!(
            tokens.get("a"),
            Some(Ok("t".to_owned())),
            "it is still valid"
        );
        assert!(!format!("{tokens:?}").contains('t'.to_string().repeat(2).as_str()));
    }
}
