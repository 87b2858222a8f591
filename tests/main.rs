//! Rings 2 and 3 of the tests: the store against a real table, and the real binaries, deployed from
//! the template, against the provider simulator.
//!
//! They share one local stack. Each test has its own tenant.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on should say where"
)]

mod api;
mod costs;
mod docs;
mod events;
mod flow;
mod readme;
mod store;
mod support;
