//! What runs Carillon on one machine, for people and for tests. Three parts, each of which knows only those before it:
//!
//! - [`simulator`]: stands in for the providers, and keeps every call that they get.
//! - [`stack`]: the whole cloud of `infra/template.yaml` on the local AWS (ministack), with the simulator beside it.
//!   [`stack::Stack::start`] is what tests use.
//! - [`demo`]: the main job on a running stack, and the comparison of the ledger with the simulator's calls.
//!
//! [`command`] is the program `local`, which keeps a stack running between `cargo local up`, `status`, `env`, `logs`,
//! `down` and `reset`. What operates a deployment, this one or any other, is the program `carillon` in `infra/operator`.

pub mod aws;
pub mod command;
pub mod demo;
pub mod error;
pub mod simulator;
pub mod stack;
