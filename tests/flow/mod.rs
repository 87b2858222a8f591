//! Tests of the real binaries, deployed from the template, against the provider simulator.

mod accounts;
mod attacks;
mod boundaries;
mod bounded;
mod content;
mod corrections;
mod dead_letters;
mod deduplicating;
mod doctor;
mod everyone;
mod failures;
mod identities;
mod kills;
mod large;
mod logs;
mod operator;
mod permissions;
mod pressure;
mod receipts;
mod routes;
mod schedule;
mod suppressions;
mod vendors;
