//! A small in-memory cache with expiry.

use std::{
    borrow::Borrow,
    collections::HashMap,
    hash::Hash,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// How long a value is used; a change takes effect after this time.
const LIFETIME: Duration = Duration::from_secs(60);
/// Maximum number of values; beyond it, all are read again.
const MOST: usize = 1_000;

/// Values read less than a minute ago, by key.
#[derive(Debug)]
pub struct Recent<K, V> {
    read: Mutex<HashMap<K, (Instant, V)>>,
}

impl<K, V> Default for Recent<K, V> {
    fn default() -> Self {
        Self {
            read: Mutex::default(),
        }
    }
}

impl<K: Eq + Hash, V: Clone> Recent<K, V> {
    /// The value under a key, if it was read recently.
    pub fn get<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        self.get_within(key, LIFETIME)
    }

    /// The same, if it was read within this time.
    pub fn get_within<Q: Eq + Hash + ?Sized>(&self, key: &Q, time: Duration) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, value) = read.get(key)?;
        (at.elapsed() < time).then(|| value.clone())
    }

    /// The value under a key, read if it is not cached.
    ///
    /// # Errors
    /// If reading fails.
    pub async fn get_or_read<E>(
        &self,
        key: K,
        read: impl AsyncFnOnce() -> Result<V, E>,
    ) -> Result<V, E> {
        if let Some(value) = self.get(&key) {
            return Ok(value);
        }
        let value = read().await?;
        self.keep(key, value.clone());
        Ok(value)
    }

    /// Caches a value that was just read.
    pub fn keep(&self, key: K, value: V) {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if read.len() >= MOST {
            read.clear();
        }
        read.insert(key, (Instant::now(), value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_reused_and_bounded_in_number() {
        let recent = Recent::default();
        assert_eq!(recent.get("a"), None);
        recent.keep("a".to_owned(), 1);
        assert_eq!(recent.get("a"), Some(1));
        for number in 0..MOST {
            recent.keep(number.to_string(), 2);
        }
        assert_eq!(recent.get("a"), None);
        assert!(recent.read.lock().unwrap().len() <= MOST);
    }
}
