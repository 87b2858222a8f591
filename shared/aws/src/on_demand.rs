//! Clients created on first use.

use std::{
    fmt,
    sync::{Arc, OnceLock},
};

/// A client created on first use.
///
/// Creating a client takes a fifth of a cold start, and many an execution environment never uses some of its clients:
/// Lambda receives and deletes a consumer's messages itself, and a tenant uses one of several providers.
pub struct OnDemand<C> {
    make: Arc<dyn Fn() -> C + Send + Sync>,
    made: Arc<OnceLock<C>>,
}

impl<C> OnDemand<C> {
    /// A client that is created by this function.
    pub fn new(make: impl Fn() -> C + Send + Sync + 'static) -> Self {
        Self {
            make: Arc::new(make),
            made: Arc::default(),
        }
    }

    /// The client.
    pub fn get(&self) -> &C {
        self.made.get_or_init(|| (self.make)())
    }
}

impl<C> Clone for OnDemand<C> {
    fn clone(&self) -> Self {
        Self {
            make: Arc::clone(&self.make),
            made: Arc::clone(&self.made),
        }
    }
}

impl<C> fmt::Debug for OnDemand<C> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("OnDemand(…)")
    }
}
