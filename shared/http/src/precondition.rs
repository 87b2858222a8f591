//! `If-Match` (RFC 9110, 13.1.1): a change names the version that it is based on.

use axum::extract::FromRequestParts;
use carillon_domain::campaigns::Campaign;
use http::{HeaderMap, HeaderValue, header, request::Parts};

use crate::{
    failure::{Failure, Members},
    problem::Problem,
};

/// The version in `If-Match`, if present.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IfMatch(pub Option<u64>);

/// A version that no campaign has, for entity tags that we never issued.
const NEVER: u64 = 0;

impl IfMatch {
    fn read(headers: &HeaderMap) -> Result<Self, Failure> {
        let mut given = headers.get_all(header::IF_MATCH).iter();
        let Some(value) = given.next() else {
            return Ok(Self(None));
        };
        let value = value.to_str().unwrap_or_default().trim();
        if value == "*" {
            return Err(Failure::new(
                Problem::PreconditionRequired,
                "* is not accepted; send the ETag that you read",
            ));
        }
        let quoted = value
            .strip_prefix('"')
            .and_then(|rest| rest.strip_suffix('"'));
        match quoted {
            Some(tag) if given.next().is_none() && !tag.contains('"') => {
                // The tag of a GET also has a hash of its body.
                let version = tag.split_once('.').map_or(tag, |(version, _)| version);
                Ok(Self(Some(version.parse().unwrap_or(NEVER))))
            }
            _ => Err(Failure::header(
                "If-Match",
                "one entity tag in quotes, for example \"3\"",
            )),
        }
    }

    /// The version, which must be present.
    ///
    /// # Errors
    /// If it is absent.
    pub fn required(self) -> Result<u64, Failure> {
        self.0.ok_or_else(|| {
            Failure::new(
                Problem::PreconditionRequired,
                "send If-Match with the ETag that you read",
            )
        })
    }

    /// Checks a campaign's version, if one is given.
    ///
    /// # Errors
    /// If the version differs.
    pub fn check(self, campaign: &Campaign) -> Result<(), Failure> {
        if self.0.is_some_and(|version| version != campaign.version) {
            Err(stale(campaign))
        } else {
            Ok(())
        }
    }
}

impl<S: Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        Self::read(&parts.headers)
    }
}

/// The campaign's version differs from the given one.
pub fn stale(campaign: &Campaign) -> Failure {
    let members = Members {
        current_version: Some(campaign.version),
        ..Members::default()
    };
    Failure::new(
        Problem::StaleVersion,
        format!(
            "the current version of the campaign is {}",
            campaign.version
        ),
    )
    .with(members)
}

/// The entity tag of a version. In the response to a GET, [`crate::conditional`] adds a hash of the body.
pub fn entity_tag(version: u64) -> Option<HeaderValue> {
    HeaderValue::from_str(&format!("\"{version}\"")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &str) -> Result<Option<u64>, Problem> {
        let mut headers = HeaderMap::new();
        headers.insert(header::IF_MATCH, HeaderValue::from_str(value).unwrap());
        IfMatch::read(&headers)
            .map(|given| given.0)
            .map_err(|failure| failure.problem())
    }

    #[test]
    fn entity_tags_are_read_strictly() {
        assert_eq!(IfMatch::read(&HeaderMap::new()).unwrap(), IfMatch(None));
        assert_eq!(read("\"3\""), Ok(Some(3)));
        assert_eq!(read("\"3.0123456789abcdef\""), Ok(Some(3)));
        assert_eq!(read("\"abc\""), Ok(Some(NEVER)));
        assert_eq!(read("\"abc.3\""), Ok(Some(NEVER)));
        assert_eq!(read("*"), Err(Problem::PreconditionRequired));
        for bad in ["3", "W/\"3\"", "\"3\", \"4\"", ""] {
            assert_eq!(read(bad), Err(Problem::InvalidHeader), "{bad}");
        }
    }

    #[test]
    fn a_tag_reads_back() {
        let tag = entity_tag(12).unwrap();
        assert_eq!(read(tag.to_str().unwrap()), Ok(Some(12)));
    }
}
