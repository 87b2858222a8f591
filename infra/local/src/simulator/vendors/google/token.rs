//! `POST /token` of Google's authorization server: for a refresh token
//! (<https://developers.google.com/identity/protocols/oauth2/web-server#offline>), and for the assertion of a service
//! account (<https://developers.google.com/identity/protocols/oauth2/service-account>), which requests mail on a user's
//! behalf, or messaging for itself.

use std::collections::BTreeMap;

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use axum::body::Bytes;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use super::{GOOGLE_CLIENT_SECRET, GOOGLE_REFRESH_TOKEN, TOKEN};
use crate::simulator::vendors::{Answer, fcm};

/// The public key (SubjectPublicKeyInfo) of `simulated-service-account.pem` in the fixtures of `shared/providers`, with which
/// every simulated service account signs.
const PUBLIC_KEY: &str = "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAoUOnxGPK1kXWZS2stZYzTtr/D9HU5kjLQ6+EoVD3jwKPVzWCAkZDbg7h9k8vkttiyzrPDWgkmCmrH4imySq16HoDmCSz9vgNa51r8beJJCLvChMyEIcndAcpSIvtKl6fCudCP3PXC5m2MJarxOBm2zzKr9UELcWZCJ7fBtNpyyJ808qXO2Oel8SIRb9sHKagKMSfRpI6PevI/xMBt1aVwnMcRqm3JoMghBrgBvrRe5TwPeArqRFfkNM5poFlafSJw/mPSN7USzMfZpXQUiHlYqRsPrCw2+XTTR9o+S8l/w5KfgzaA3GL4XYKk0I7pQSGEeFxWM3t2emH0zlQ9zpQzwIDAQAB";

const AUDIENCE: &str = "https://oauth2.googleapis.com/token";
const SCOPE: &str = "https://www.googleapis.com/auth/gmail.send";
const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/// Lifetime of assertions and tokens.
const LIFETIME_SECONDS: i64 = 3600;
/// Clock tolerance.
const TOLERANCE_SECONDS: i64 = 300;

/// Why no token is issued: status, code and message.
type Refused = (u16, &'static str, &'static str);

const INVALID_SIGNATURE: Refused = (400, "invalid_grant", "Invalid JWT Signature.");
const INVALID_TIMES: Refused = (
    400,
    "invalid_grant",
    "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim.",
);
const UNAUTHORIZED: Refused = (
    401,
    "unauthorized_client",
    "Client is unauthorized to retrieve access tokens using this method, or client not authorized for any of the scopes requested.",
);

pub(super) async fn token(body: Bytes) -> Response {
    let form: BTreeMap<String, String> = form_urlencoded::parse(&body).into_owned().collect();
    let field = |name: &str| form.get(name).map_or("", String::as_str);
    let token = match field("grant_type") {
        "refresh_token" => refresh(
            field("client_id"),
            field("client_secret"),
            field("refresh_token"),
        )
        .map(|client| (format!("{TOKEN}{client}"), SCOPE.to_owned())),
        JWT_BEARER => delegate(field("assertion"), Timestamp::now()),
        _ => Err((
            400,
            "unsupported_grant_type",
            "Invalid grant_type: simulated",
        )),
    };
    let answer = match token {
        Ok((token, scope)) => Answer::json(
            200,
            &json!({
                "access_token": token,
                "expires_in": LIFETIME_SECONDS - 1,
                "scope": scope,
                "token_type": "Bearer",
            }),
        ),
        Err((status, code, words)) => Answer::json(
            status,
            &json!({ "error": code, "error_description": words }),
        ),
    };
    answer.into_response()
}

/// The client, which identifies the account.
fn refresh(client_id: &str, client_secret: &str, refresh_token: &str) -> Result<String, Refused> {
    if client_id.is_empty() {
        return Err((
            400,
            "invalid_request",
            "Could not determine client ID from request.",
        ));
    }
    if client_secret != GOOGLE_CLIENT_SECRET {
        return Err((401, "invalid_client", "Unauthorized"));
    }
    if refresh_token != GOOGLE_REFRESH_TOKEN {
        return Err((400, "invalid_grant", "Token has been expired or revoked."));
    }
    Ok(client_id.to_owned())
}

#[derive(Deserialize)]
struct Header {
    alg: String,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    #[serde(default)]
    sub: String,
    #[serde(default)]
    scope: String,
    aud: String,
    exp: i64,
    iat: i64,
}

/// A token that identifies the service account, and its scope.
fn delegate(assertion: &str, now: Timestamp) -> Result<(String, String), Refused> {
    let malformed = || (400, "invalid_grant", "Bad Request");
    let (signed, signature) = assertion.rsplit_once('.').ok_or_else(malformed)?;
    let (header, claims) = signed.split_once('.').ok_or_else(malformed)?;
    let header: Header = part(header).ok_or_else(malformed)?;
    let claims: Claims = part(claims).ok_or_else(malformed)?;
    if header.alg != "RS256" || !is_signed(signed, signature) {
        return Err(INVALID_SIGNATURE);
    }
    if claims.aud != AUDIENCE {
        return Err((400, "invalid_grant", "Invalid JWT: Failed audience check."));
    }
    let now = now.as_second();
    let is_timely = claims.iat <= now.saturating_add(TOLERANCE_SECONDS)
        && claims.exp > now
        && claims.exp.saturating_sub(claims.iat) <= LIFETIME_SECONDS;
    if !is_timely {
        return Err(INVALID_TIMES);
    }
    if !claims.iss.contains('@') {
        return Err((400, "invalid_grant", "Invalid grant: account not found"));
    }
    let prefix = match claims.scope.as_str() {
        // Without a user it would act for the service account itself, which has no mailbox.
        SCOPE if claims.sub.contains('@') => TOKEN,
        fcm::SCOPE if claims.sub.is_empty() => fcm::TOKEN,
        _ => return Err(UNAUTHORIZED),
    };
    Ok((format!("{prefix}{}", claims.iss), claims.scope))
}

fn part<T: DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
}

fn is_signed(signed: &str, signature: &str) -> bool {
    let (Ok(key), Ok(signature)) = (
        STANDARD.decode(PUBLIC_KEY),
        URL_SAFE_NO_PAD.decode(signature),
    ) else {
        return false;
    };
    UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key)
        .verify(signed.as_bytes(), &signature)
        .is_ok()
}
