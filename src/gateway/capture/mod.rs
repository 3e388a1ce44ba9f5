//! Ways to find out what changed, behind one seam.

mod last_modified;

use std::ops::ControlFlow;

use super::options::Capture;
use crate::backend::{Backend, Change};
use crate::base::{EntityId, Stamp, Time, Value};
use crate::contract::ServerError;

/// Asks for a page of one entity.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ask<'q> {
    /// Of which entity.
    pub(super) entity: EntityId,
    /// For a device with these attributes.
    pub(super) attributes: &'q [Value],
    /// The device's cursor; `None` begins a first load.
    pub(super) cursor: Option<&'q str>,
    /// At most this many rows, at least 1.
    pub(super) limit: usize,
}

/// The end of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Captured {
    /// Rows that the backend looked at.
    pub(super) scanned: u64,
    /// Changes delivered.
    pub(super) delivered: u64,
    /// Where the next page begins.
    pub(super) cursor: String,
    /// There may be more.
    pub(super) more: bool,
}

/// A way to find out what changed. It makes its own cursors and reads them again.
pub(super) trait Strategy {
    /// Gives the next page of changes to `take`, which breaks after the last that it wants.
    ///
    /// # Errors
    /// [`ServerError::CursorExpired`] for a cursor that this strategy did not make or can no longer serve, and what the
    /// backend says.
    fn page(
        &self,
        backend: &mut Backend,
        now: Time,
        ask: Ask<'_>,
        take: &mut dyn FnMut(Change<'_>) -> ControlFlow<()>,
    ) -> Result<Captured, ServerError>;

    /// The cursor of a device that has seen everything of `entity` up to and including `stamp`.
    fn cursor_at(&self, entity: EntityId, stamp: Stamp) -> String;
}

/// The strategy of this name.
pub(super) fn strategy(capture: Capture) -> Box<dyn Strategy> {
    match capture {
        Capture::LastModifiedKeyset { upto } => Box::new(last_modified::LastModified { upto }),
    }
}
