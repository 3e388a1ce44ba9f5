//! The properties that each strategy declares, and how a scenario chooses a strategy.

use std::any::Any;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use super::seam::Strategy;
use crate::backend::{FileDrop, Provisioning};
use crate::base::{Span, Time};
use crate::config::form::Key;
use crate::config::view::{Mistakes, View};
use crate::gateway::mode::{Mode, Unfit};

/// The options of a strategy.
pub(crate) trait Choice: Comparable + fmt::Debug + Send + Sync {
    /// Checks that a backend with these columns has what the strategy needs. The strategy may still
    /// miss changes: most miss deletions if deletes remove rows physically.
    ///
    /// # Errors
    /// [`Unfit`] if the strategy cannot work at all.
    fn fits(&self, _: Provisioning) -> Result<(), Unfit> {
        Ok(())
    }
    /// The facts about the strategy that other code needs.
    fn properties(&self) -> Properties;
    fn strategy(&self) -> Box<dyn Strategy>;
}

/// The facts about a strategy that other code needs. The defaults are right for a strategy that
/// keeps nothing and asks for all rows.
#[derive(Clone, Copy, Debug, Default)]
pub struct Properties {
    /// True if the strategy finds rows that are gone without a trace.
    pub finds_absence: bool,
    /// The reason why a returned cursor counts as a receipt for its page. `None`: a cursor is only
    /// a position.
    pub takes_receipts: Option<&'static str>,
    /// How far the strategy reads behind the backend's clock; `None`: it reads everything visible.
    pub reads_behind: Option<Span>,
    /// How often the strategy looks for rows that are gone; `None`: each pull finds them, or none
    /// does.
    pub looks_every: Option<Span>,
    /// How long a delivered row is claimed; `None`: no claims.
    pub claimed_for: Option<Span>,
    /// True if the strategy brings each version of a row once.
    pub brings_once: bool,
    /// True if the source records on each row which readers have it.
    pub marks_source: bool,
    /// True if the strategy reads the backend's change log, or flags that belong to the log.
    pub reads_log: bool,
    /// True if the strategy asks the backend for changes since a time.
    pub asks_since: bool,
    /// The files that the backend writes for the strategy; `None`: no files.
    pub files: Option<FileDrop>,
    /// True if a device that sends a receipt other than its last one must load again.
    pub knows_devices: bool,
    /// The reason why several workers cannot share the strategy; `None`: they can.
    pub works_alone: Option<&'static str>,
    /// True if a reader may have a position for each part of an entity.
    pub reads_parts: bool,
    /// True if the strategy supports one app version only.
    pub knows_one_app: bool,
}

/// Options that can be compared with options of any type.
pub(crate) trait Comparable: Any {
    /// True if both belong to the same strategy and are equal.
    fn is(&self, other: &dyn Any) -> bool;
}

impl<T: Any + PartialEq> Comparable for T {
    fn is(&self, other: &dyn Any) -> bool {
        other.downcast_ref() == Some(self)
    }
}

/// A chosen strategy to find changes, with its options and properties.
#[derive(Clone)]
pub struct Capture {
    options: Arc<dyn Choice>,
    properties: Properties,
}

impl<O: Choice> From<O> for Capture {
    fn from(options: O) -> Capture {
        Capture { properties: options.properties(), options: Arc::new(options) }
    }
}

impl Capture {
    pub(crate) fn strategy(&self) -> Box<dyn Strategy> {
        self.options.strategy()
    }
    /// Checks that a backend with these columns has what the strategy needs.
    ///
    /// # Errors
    /// [`Unfit`] if the strategy cannot work at all.
    pub fn fits(&self, provisioning: Provisioning) -> Result<(), Unfit> {
        self.options.fits(provisioning)
    }
    /// From the returned time on, every pull finds a change that became visible at `shown`.
    pub fn found_by(&self, shown: Time) -> Time {
        let complete = self.files.map_or(shown, |drop| drop.complete_after(shown));
        complete + self.reads_behind.unwrap_or(Span::ZERO) + self.looks_every.unwrap_or(Span::ZERO)
    }
    /// The strategy's options, if they have this type; otherwise `None`.
    pub fn of<T: Any>(&self) -> Option<&T> {
        (&*self.options as &dyn Any).downcast_ref()
    }
    /// True if the strategy misses some rows that are gone. Readers then keep these rows forever.
    pub(super) fn leaves_orphans(&self, provisioning: Provisioning, mode: Mode) -> bool {
        // A device asks only within its scope, and a moved row leaves that scope. A replica asks
        // for all rows.
        let traceless =
            !provisioning.tracks_deletes() || mode == Mode::Ota && !provisioning.tracks_scope_moves();
        traceless && !self.finds_absence
    }
}

impl Deref for Capture {
    type Target = Properties;
    fn deref(&self) -> &Properties {
        &self.properties
    }
}

impl PartialEq for Capture {
    fn eq(&self, other: &Capture) -> bool {
        self.options.is(&*other.options)
    }
}

impl Eq for Capture {}

impl fmt::Debug for Capture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.options.fmt(f)
    }
}

/// Parts of the scenario file that a kind of strategy needs.
#[derive(Clone, Copy)]
pub struct Around<'a> {
    /// Collects mistakes.
    pub wrong: &'a Mistakes,
    /// The setting for how long the backend remembers deletions.
    pub tombstones_kept: View<'a>,
}

/// A kind of strategy in a scenario file: its key, and how to read it.
pub struct Kind {
    /// The name, the options and the description.
    pub key: Key,
    /// Reads the written options; reports a mistake if they contradict each other.
    pub read: fn(View<'_>, Around<'_>) -> Capture,
    /// (written form, constructor): suggestions for scenario authors, the cheapest first.
    pub examples: &'static [Example],
}

/// (how a scenario writes the strategy, how to create it).
pub(crate) type Example = (&'static str, fn() -> Capture);
