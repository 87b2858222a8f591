//! Clients that are made when they are needed.

use std::{
    fmt,
    sync::{Arc, OnceLock},
};

/// A client that is made when it is first asked for.
///
/// What a client reads when it is made is a fifth of a start, and many a sandbox never asks for some of its clients: a
/// consumer's messages come and go with the answers to its invocations, and a tenant has one provider of several.
pub struct OnDemand<C> {
    make: Arc<dyn Fn() -> C + Send + Sync>,
    made: Arc<OnceLock<C>>,
}

impl<C> OnDemand<C> {
    /// A client that is made so.
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
