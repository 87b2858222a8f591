//! Authentication: the tenant comes from the API key and nothing else.

use std::marker::PhantomData;

use axum::{
    extract::{FromRequestParts, Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use carillon_domain::{
    access::{Actor, Context, permission::Required},
    id::KeyId,
};
use carillon_store::{Secret, Store};
use http::{HeaderMap, header, request::Parts};
use subtle::ConstantTimeEq;

use crate::{
    Clock, envelope,
    failure::{Failure, Members},
    problem::Problem,
    share,
};

/// What authentication and idempotency keys need. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Gate {
    /// The tables.
    pub store: Store,
    /// The time.
    pub clock: Clock,
}

/// Lets a request in only if the caller has the permission `P`. This is the only way for a handler to get at its [`Context`], so every
/// route declares its permission in its signature.
#[derive(Debug)]
pub struct Allowed<P>(pub Context, pub PhantomData<P>);

/// Compared with when a key is unknown, so that the answer takes as long as for a wrong secret.
const NO_HASH: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Lets a request in whose key is valid, and whose tenant has not made too many.
pub async fn authenticate(State(gate): State<Gate>, mut request: Request, next: Next) -> Response {
    let context = match identify(&gate, request.headers()).await {
        Ok(context) => context,
        Err(failure) => return failure.into_response(),
    };
    if let Err(failure) = share::count(&gate, &context).await {
        return failure.into_response();
    }
    let tenant = context.tenant.clone();
    request.extensions_mut().insert(context);
    let mut response = next.run(request).await;
    response.extensions_mut().insert(tenant);
    response
}

async fn identify(gate: &Gate, headers: &HeaderMap) -> Result<Context, Failure> {
    let (id, secret) = read_key(headers)?;
    let kept = gate.store.api_key(&id).await?;
    let expected = kept
        .as_ref()
        .map_or(NO_HASH, |key| key.secret_hash.as_str());
    let same: bool = secret.hash().as_bytes().ct_eq(expected.as_bytes()).into();
    match kept {
        Some(key) if same && key.revoked_at.is_none() => Ok(Context {
            request_id: envelope::request_id(),
            ..Context::new(key.tenant, Actor::Key(key.id), gate.clock.now())
        }),
        _ => Err(Failure::new(
            Problem::Unauthorized,
            "the API key is invalid",
        )),
    }
}

fn read_key(headers: &HeaderMap) -> Result<(KeyId, Secret), Failure> {
    let refused = |detail: &str| Failure::new(Problem::Unauthorized, detail);
    let mut given = headers.get_all(header::AUTHORIZATION).iter();
    let value = given
        .next()
        .ok_or_else(|| refused("send the header Authorization: Bearer <API key>"))?;
    if given.next().is_some() {
        return Err(refused("send the header Authorization only once"));
    }
    let value = value
        .to_str()
        .map_err(|_| refused("the header Authorization cannot be read"))?;
    let (scheme, key) = value
        .split_once(' ')
        .ok_or_else(|| refused("the header Authorization must be Bearer <API key>"))?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(refused("the header Authorization must be Bearer <API key>"));
    }
    Secret::read(key.trim())
        .ok_or_else(|| refused("this is not an API key; API keys begin with carillon_"))
}

impl<S: Sync, P: Required> FromRequestParts<S> for Allowed<P> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let context = context_of(parts)?;
        if context.permissions.allow(P::PERMISSION) {
            return Ok(Self(context.clone(), PhantomData));
        }
        let members = Members {
            permission: Some(P::PERMISSION.to_string()),
            ..Members::default()
        };
        let detail = format!("the permission {} is missing", P::PERMISSION);
        Err(Failure::new(Problem::Forbidden, detail).with(members))
    }
}

/// The context of an authenticated request.
///
/// # Errors
/// If the route is not behind authentication.
pub fn context_of(parts: &Parts) -> Result<&Context, Failure> {
    parts.extensions.get::<Context>().ok_or_else(|| {
        Failure::internal("a route that needs a caller is not behind authentication")
    })
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn read(values: &[&str]) -> Result<KeyId, Failure> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::AUTHORIZATION, HeaderValue::from_str(value).unwrap());
        }
        read_key(&headers).map(|(id, _)| id)
    }

    #[test]
    fn only_well_formed_keys_are_looked_up() {
        let key = format!("carillon_0000000000000001_{}", "0".repeat(64));
        for scheme in ["Bearer", "bearer", "BEARER"] {
            assert_eq!(
                read(&[&format!("{scheme} {key}")]).unwrap().as_str(),
                "0000000000000001"
            );
        }
        let twice = format!("Bearer {key}");
        for bad in [
            &[][..],
            &["Bearer"],
            &["Bearer x"],
            &[key.as_str()],
            &["Basic YTpi"],
            &[&twice, &twice],
        ] {
            assert_eq!(
                read(bad).unwrap_err().problem(),
                Problem::Unauthorized,
                "{bad:?}"
            );
        }
    }
}
