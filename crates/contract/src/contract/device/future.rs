//! Futures of a world (a simulation), which has one thread.

use std::future::Future;
use std::pin::Pin;

/// A boxed future that stays on its thread.
pub type LocalBoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;
