//! Pages of a unit that brings a part of an entity: some columns, of some rows.
//!
//! What comes lies beside the rows that are held in full, and changes none of them: the app shows
//! it where it is newer, until a unit that brings all has come as far. So there is no row of which
//! some columns are of one version and some of another, nothing that was brought is blanked, and
//! what a person edits is a row that is there in full, as of its own stamp.

use super::passed::is_undone;
use super::process::Process;
use super::rules::{ApplyRule, Part, Place};
use super::segments::Segment;
use crate::base::{EntityId, Undone, UnitId};
use crate::contract::Excerpt;
use crate::protocol::{Page, WireRow};
use crate::store::{Excerpts, Progress, StoreError, Tx};

impl Process {
    pub(super) fn excerpt(&self, unit: UnitId, entity: EntityId) -> Option<&Excerpt> {
        self.setup.units[usize::from(unit.0)].excerpt(entity)
    }

    pub(super) fn has_excerpts(&self, entity: EntityId) -> bool {
        self.setup.units.iter().any(|unit| unit.excerpt(entity).is_some())
    }
}

impl Part<'_> {
    /// How far it has come as a page begins or goes on; what is answered to no cursor begins a
    /// load.
    pub(super) fn begin(&self, tx: &Tx<'_>, book: UnitId, segment: Segment) -> Result<Progress, StoreError> {
        let mut progress = tx.progress(book, self.of.entity)?;
        if segment.from == 0 && progress.cursor.is_none() {
            progress.loading = true;
            Excerpts::of(tx).begin_load(self.unit, self.of.entity)?;
        }
        Ok(progress)
    }

    /// Applies a row by the rule, in place of any version that may be `undone`; what is gone is no
    /// longer among them.
    pub(super) fn apply(
        &self,
        tx: &Tx<'_>,
        rule: &dyn ApplyRule,
        place: Place,
        row: WireRow<'_>,
        undone: &[Undone],
    ) -> Result<(), StoreError> {
        if row.values.is_none() {
            return Excerpts::of(tx).remove((self.unit, place.id), row.key);
        }
        let held = if undone.is_empty() { None } else { tx.row(place.id, row.key)?.map(|held| held.stamp) };
        let over = held.filter(|stamp| is_undone(undone, *stamp)).unwrap_or(place.over);
        rule.apply_part(tx, self, Place { over, ..place }, row)
    }

    /// The segment was applied; true if that moved the cursor.
    pub(super) fn end(
        &self,
        tx: &Tx<'_>,
        book: UnitId,
        page: &Page<'_>,
        segment: Segment,
        progress: &mut Progress,
    ) -> Result<bool, StoreError> {
        let before = tx.progress(book, self.of.entity)?;
        if segment.ends_page {
            progress.cursor = Some(page.cursor.clone().into_owned());
            if progress.loading && !page.more {
                progress.loading = false;
                let withheld = page.withheld.iter().map(|key| &**key);
                Excerpts::of(tx).end_load((self.unit, self.of.entity), withheld)?;
            }
        }
        if *progress == before && segment.from == segment.until {
            return Ok(false);
        }
        tx.save_progress(book, self.of.entity, progress)?;
        Ok(segment.ends_page)
    }
}

/// A unit that brings all of an entity has come to its end, by a load or not.
pub(super) fn pass_by(tx: &Tx<'_>, page: &Page<'_>, loaded: bool) -> Result<(), StoreError> {
    let withheld: Vec<&str> = page.withheld.iter().map(|key| &**key).collect();
    Excerpts::of(tx).pass_by(page.entity, loaded.then_some(&*withheld))
}
