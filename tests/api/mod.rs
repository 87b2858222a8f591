//! Requests to the deployed API as a client makes them: rejected ones write nothing, and repeated ones take effect once.

mod access;
mod answers;
mod campaigns;
mod content;
mod delivery;
mod directory;
mod http;
mod operations;
mod receivers;
mod suppressions;
mod transports;
