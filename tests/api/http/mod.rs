//! What all routes share: bodies, fields, lists, `Idempotency-Key`, the description.

mod bodies;
mod conditional;
mod console;
mod description;
mod fields;
mod idempotency;
mod lists;
