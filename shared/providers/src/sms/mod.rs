//! Text message providers.

pub mod sns;
