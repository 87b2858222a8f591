//! Tests of the real binaries, deployed from the template, against the provider simulator.

mod campaigns;
mod content;
mod delivery;
mod directory;
mod operations;
mod receivers;
mod suppressions;
mod transports;
