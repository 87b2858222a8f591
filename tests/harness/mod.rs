//! What the fault harness and the benchmark stand on: the local stack with a clock that can be set, and a Lambda that they
//! play themselves.

#![allow(
    dead_code,
    reason = "the fault harness and the benchmark each use a part of this"
)]

pub(crate) mod clock;
pub(crate) mod feed;
pub(crate) mod functions;
pub(crate) mod lambda;
pub(crate) mod scene;
pub(crate) mod stage;
