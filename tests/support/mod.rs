//! Support code for tests.

pub(crate) mod counts;
pub(crate) mod function;
pub(crate) mod policies;
pub(crate) mod proxy;
pub(crate) mod world;

pub(crate) use world::{World, eventually};
