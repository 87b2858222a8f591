//! `infra/template.yaml` as AWS reads it: resolved as CloudFormation resolves it, and its policies evaluated as IAM
//! evaluates them.
//!
//! The local AWS enforces no policy. The tests put an [`authorizer::Authorizer`] in front of it, which refuses what the
//! role of the calling function does not allow, and keeps a [`recording`] of every kind of call that was made.
//! `cargo policies` reads the recordings; the tests in `rules` hold for the template as it is.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a template that cannot be understood has to stop the tests, and say where"
)]

pub mod authorizer;
pub mod call;
pub mod forbidden;
pub mod policy;
pub mod recording;
pub mod resolve;
pub mod roles;
pub mod services;

#[cfg(test)]
mod rules;
