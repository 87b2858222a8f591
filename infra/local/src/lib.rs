//! The local stack: everything in `infra/template.yaml` on one machine, for developers and tests.
//!
//! Tests use [`stack::Stack::start`]. The program `local` keeps a stack running between commands:
//! `cargo local up`, `status`, `env`, `logs`, `down`, `reset`. Both start ministack (the AWS) and the
//! [provider simulator](simulator) on loopback, and deploy the template with the binaries of the functions.

pub mod audit;
pub mod aws;
pub mod client;
pub mod command;
pub mod deploy;
pub mod details;
pub mod error;
pub mod function_process;
pub mod functions;
pub mod logs;
pub mod outputs;
pub mod process;
pub mod progress;
pub mod python;
pub mod server;
pub mod simulator;
pub mod stack;
pub mod tenant;
pub mod workspace;

mod demo;
mod lock;
mod port;
mod services;
mod simulator_thread;
mod state;
mod template;
