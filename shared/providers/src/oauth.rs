//! Requesting and parsing OAuth 2.0 tokens (RFC 6749), for vendors that issue them.

use std::time::Duration;

use carillon_domain::reason::Reason;
use http::{HeaderValue, Request, Response, header};
use serde::Deserialize;

use crate::{http::BadRequest, vendor::AccessToken};

/// The longest lifetime that is believed: a day. Issued tokens usually last an hour.
const MOST_SECONDS: u64 = 24 * 60 * 60;

/// A request to a token endpoint. Its body holds secrets.
pub(crate) fn token_request(
    url: &str,
    fields: &[(&str, &str)],
) -> Result<Request<Vec<u8>>, BadRequest> {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(fields);
    Ok(Request::post(url)
        .header(header::ACCEPT, "application/json")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(form.finish().into_bytes())?)
}

/// The Authorization header (RFC 6750, 2.1), marked as sensitive; `None` if the token is not a valid header value.
pub(crate) fn bearer(token: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::try_from(format!("Bearer {token}")).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// A successful response of a token endpoint (RFC 6749, 5.1).
#[derive(Deserialize)]
struct Granted {
    access_token: String,
    token_type: String,
    expires_in: u64,
}

/// An error response (RFC 6749, 5.2).
#[derive(Default, Deserialize)]
struct Refused {
    #[serde(default)]
    error: String,
    #[serde(default)]
    error_description: String,
}

/// The token in a response. `advise` says what to do about an error, by its code.
pub(crate) fn read_token(
    answer: &Response<Vec<u8>>,
    advise: impl Fn(&str) -> Option<&'static str>,
) -> Result<AccessToken, Reason> {
    if !answer.status().is_success() {
        return Err(why(answer, advise));
    }
    let granted: Option<Granted> = serde_json::from_slice(answer.body()).ok();
    granted
        .filter(|granted| {
            // Other token types are sent differently.
            granted.token_type.eq_ignore_ascii_case("bearer")
                && !granted.access_token.is_empty()
                && bearer(&granted.access_token).is_some()
        })
        .map(|granted| AccessToken {
            text: granted.access_token,
            lifetime: Duration::from_secs(granted.expires_in.min(MOST_SECONDS)),
        })
        .ok_or_else(|| {
            Reason::new(
                "unreadable_token",
                "The token endpoint's response contains no valid token.",
            )
        })
}

fn why(answer: &Response<Vec<u8>>, advise: impl Fn(&str) -> Option<&'static str>) -> Reason {
    let status = answer.status();
    let refused: Refused = serde_json::from_slice(answer.body()).unwrap_or_default();
    let advice = if status.is_server_error() || status.as_u16() == 429 {
        "The provider's sign-in is unavailable; no action is needed unless this persists."
    } else {
        advise(&refused.error).unwrap_or("The provider refused to sign the account in.")
    };
    // Microsoft appends diagnostic ids for its support, one per line.
    let words = refused.error_description.lines().next();
    let text = match words.unwrap_or_default().trim() {
        "" => advice.to_owned(),
        words => format!("{advice} ({words})"),
    };
    match refused.error.as_str() {
        "" => Reason::new(format!("http_{}", status.as_u16()), text),
        code => Reason::new(code, text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(status: u16, body: &str) -> Result<AccessToken, Reason> {
        let answer = Response::builder()
            .status(status)
            .body(body.as_bytes().to_vec())
            .unwrap();
        read_token(&answer, |code| {
            (code == "invalid_grant").then_some("Sign in again.")
        })
    }

    #[test]
    fn a_token_must_be_a_valid_header_value() {
        let good = r#"{"access_token": "abc", "token_type": "bearer", "expires_in": 3599}"#;
        let expected = AccessToken {
            text: "abc".to_owned(),
            lifetime: Duration::from_secs(3599),
        };
        assert_eq!(read(200, good), Ok(expected));
        for bad in [
            "",
            "<html>",
            "{}",
            r#"{"access_token": "", "token_type": "Bearer", "expires_in": 3599}"#,
            r#"{"access_token": "a\nb", "token_type": "Bearer", "expires_in": 3599}"#,
            r#"{"access_token": "abc", "token_type": "mac", "expires_in": 3599}"#,
            r#"{"access_token": "abc", "token_type": "Bearer", "expires_in": -1}"#,
            r#"{"access_token": "abc", "token_type": "Bearer"}"#,
        ] {
            assert_eq!(read(200, bad).unwrap_err().code, "unreadable_token");
        }
    }

    #[test]
    fn an_error_has_a_code_and_advice() {
        let revoked = r#"{"error": "invalid_grant", "error_description": "Revoked.\r\nTrace: 1"}"#;
        let busy =
            "The provider's sign-in is unavailable; no action is needed unless this persists.";
        let refused = "The provider refused to sign the account in.";
        for (status, body, code, text) in [
            (400, revoked, "invalid_grant", "Sign in again. (Revoked.)"),
            (
                400,
                r#"{"error": "invalid_grant"}"#,
                "invalid_grant",
                "Sign in again.",
            ),
            (401, r#"{"error": "other"}"#, "other", refused),
            (403, "<html>", "http_403", refused),
            (302, "", "http_302", refused),
            (429, "", "http_429", busy),
            (503, "<html>", "http_503", busy),
            (
                500,
                r#"{"error": "internal_failure"}"#,
                "internal_failure",
                busy,
            ),
        ] {
            assert_eq!(
                read(status, body),
                Err(Reason::new(code, text)),
                "{status} {body}"
            );
        }
    }

    #[test]
    fn a_token_is_not_printed() {
        let value = bearer("abc").unwrap();
        assert!(value.is_sensitive());
        assert_eq!(value, "Bearer abc");
        assert_eq!(bearer("a\nb"), None);
    }
}
