//! Claim → send → record: how one delivery gets from a queue message to a provider and into the ledger.
//!
//! The same for every channel: a function calls [`run`] with its [`Providers`]. A batch shares
//! its calls: one read, one write of claims, concurrent sends, one write of records.

mod accounts;
mod attempt;
mod consumer;
mod counts;
mod decide;
mod function;
mod late;
mod numbers;
mod over_http;
mod over_smtp;
mod plan;
mod route;
mod sources;
mod tokens;

pub use consumer::Consumer;
pub use function::{Providers, run};
pub use over_http::{AdapterFor, BadEnvironment, OverHttp, SignInTo};
pub use over_smtp::OverSmtp;
