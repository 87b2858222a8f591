//! Reads `infra/template.yaml` as AWS does: resolves it like CloudFormation, and evaluates its policies like IAM.
//!
//! The local AWS enforces no policies. The tests put an [`authorizer::Authorizer`] in front of it, which denies calls that
//! the calling function's role does not allow, and keeps a [`recording`] of every kind of call.
//! `cargo policies` reads the recordings; the tests in `rules` check the template itself.

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
