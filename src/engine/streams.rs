//! Entities pulled at the same time.
//!
//! Each stream takes the next entity that is left and pulls it to its end, by the entity's own cursor. They share the link, the
//! controller of chunk sizes and the database: one transaction at a time, each in its turn as its page came. What a reader may see
//! meanwhile: a row before the one of another entity that it refers to, until the run ends. One stream pulls entities in the order
//! in which the unit names them, so who names what is referred to first sees that only across runs.

use std::cell::RefCell;
use std::collections::VecDeque;

use super::beside::all;
use super::builtin::Builtin;
use super::exchange::RunError;
use crate::base::{EntityId, UnitId};
use crate::contract::LocalBoxFuture;

impl Builtin {
    /// Pulls `left` up to the server's head, several entities at a time. A stream that fails takes no further entity, and no other
    /// stream does; what they are at they bring to its end.
    ///
    /// # Errors
    /// The first.
    pub(super) async fn pull_side_by_side(&self, unit: UnitId, left: Vec<EntityId>) -> Result<(), RunError> {
        let streams = left.len().min(self.options.pull.streams as usize);
        let (left, failed) = (RefCell::new(VecDeque::from(left)), RefCell::new(None));
        let next = || if failed.borrow().is_none() { left.borrow_mut().pop_front() } else { None };
        let stream = || -> LocalBoxFuture<'_, ()> {
            Box::pin(async {
                while let Some(entity) = next() {
                    if let Err(error) = self.pull_all(unit, vec![entity]).await {
                        failed.borrow_mut().get_or_insert(error);
                    }
                }
            })
        };
        all(&self.dead, (0..streams).map(|_| stream()).collect()).await;
        failed.into_inner().map_or(Ok(()), Err)
    }
}
