//! Pages of a sync unit that pulls an excerpt of an entity: some columns of some rows.
//!
//! Excerpts are stored in separate tables beside the full rows, and do not change the full rows.
//! The app shows the excerpt of a row if it is newer than the full row. So no row mixes columns of
//! 2 versions, and each row that a person edits is a full row.

use crate::base::{EntityId, UnitId};
use crate::contract::Excerpt;
use crate::engine::apply::chunks::Segment;
use crate::engine::process::Process;
use crate::engine::rules::Part;
use crate::protocol::Page;
use crate::store::{self, Progress, Stored, Tx};

impl Process {
    pub(crate) fn excerpt(&self, unit: UnitId, entity: EntityId) -> Option<&Excerpt> {
        self.unit(unit).excerpt(entity)
    }

    pub(crate) fn has_excerpts(&self, entity: EntityId) -> bool {
        self.setup.units.iter().any(|unit| unit.excerpt(entity).is_some())
    }
}

impl Part<'_> {
    /// The progress of the excerpt when a page begins or continues. A response to a request without
    /// a cursor begins a full load.
    pub(crate) fn begin(&self, tx: &Tx<'_>, book: UnitId, segment: Segment) -> Stored<Progress> {
        let mut progress = tx.progress(book, self.of.entity)?;
        if segment.from == 0 && progress.cursor.is_none() {
            progress.loading = true;
            store::excerpts::begin_load(tx, self.unit, self.of.entity)?;
        }
        Ok(progress)
    }

    /// Ends an applied segment. Returns true if this saved the page's cursor.
    pub(crate) fn end(
        &self,
        tx: &Tx<'_>,
        book: UnitId,
        page: &Page<'_>,
        segment: Segment,
        progress: &mut Progress,
    ) -> Stored<bool> {
        let before = tx.progress(book, self.of.entity)?;
        if segment.ends_page {
            progress.cursor = Some(page.cursor.clone().into_owned());
            if progress.loading && !page.more {
                progress.loading = false;
                let withheld = page.withheld.iter().map(|key| &**key);
                store::excerpts::end_load(tx, (self.unit, self.of.entity), withheld)?;
            }
        }
        if *progress == before && segment.from == segment.until {
            return Ok(false);
        }
        tx.save_progress(book, self.of.entity, progress)?;
        Ok(segment.ends_page)
    }
}

/// Removes outdated excerpts after a unit pulled full rows of an entity. `loaded` says that the
/// pull was a full load.
pub(crate) fn pass_by(tx: &Tx<'_>, page: &Page<'_>, loaded: bool) -> Stored<()> {
    let withheld: Vec<&str> = page.withheld.iter().map(|key| &**key).collect();
    store::excerpts::pass_by(tx, page.entity, loaded.then_some(&*withheld))
}
