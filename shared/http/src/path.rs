//! Path parameters. An id that cannot exist gets the same response as one that does not.

use std::str::FromStr;

use axum::extract::{FromRequestParts, RawPathParams};
use http::request::Parts;

use crate::failure::Failure;

/// The path parameters by name.
#[derive(Debug)]
pub struct Segments(RawPathParams);

impl Segments {
    /// Reads them.
    ///
    /// # Errors
    /// If the path has none.
    pub async fn of<S: Send + Sync>(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        RawPathParams::from_request_parts(parts, state)
            .await
            .map(Self)
            .map_err(|_| Failure::not_found())
    }

    /// One of them.
    ///
    /// # Errors
    /// If it is missing, or cannot be what the path says.
    pub fn take<T: FromStr>(&self, name: &str) -> Result<T, Failure> {
        let given = self.0.iter().find(|(key, _)| *key == name);
        given
            .and_then(|(_, value)| value.parse().ok())
            .ok_or_else(Failure::not_found)
    }
}

/// Reads a struct from the parameters of the path that are called like its fields.
#[macro_export]
macro_rules! from_segments {
    ($path:ident { $($name:ident),* }) => {
        impl<S: Send + Sync> axum::extract::FromRequestParts<S> for $path {
            type Rejection = $crate::failure::Failure;

            async fn from_request_parts(
                parts: &mut http::request::Parts,
                state: &S,
            ) -> Result<Self, Self::Rejection> {
                let segments = $crate::path::Segments::of(parts, state).await?;
                Ok(Self {
                    $($name: segments.take(stringify!($name))?,)*
                })
            }
        }
    };
}
