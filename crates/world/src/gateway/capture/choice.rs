//! What each strategy declares about itself, and how a scenario chooses one.

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
    /// Checks that a backend with this provisioning has what the strategy asks for. That does not
    /// mean that it finds everything: most miss deletions if rows are deleted physically.
    ///
    /// # Errors
    /// [`Unfit`] if the strategy cannot work at all.
    fn fits(&self, _: Provisioning) -> Result<(), Unfit> {
        Ok(())
    }
    /// What others must know of the strategy.
    fn properties(&self) -> Properties;
    fn strategy(&self) -> Box<dyn Strategy>;
}

/// What others must know of a strategy. The defaults hold for one that keeps nothing and asks for
/// all rows.
#[derive(Clone, Copy, Debug, Default)]
pub struct Properties {
    /// True if it reports rows that are gone without a trace.
    pub finds_absence: bool,
    /// The effect of a returned cursor on the page that it came with, besides the next position.
    /// `None` if there is no effect.
    pub takes_receipts: Option<&'static str>,
    /// How far behind the backend's clock rows are read; `None` if everything visible is read.
    pub reads_behind: Option<Span>,
    /// How often it looks for rows that are gone; `None` if each pull finds them, or none does.
    pub looks_every: Option<Span>,
    /// How long a delivered row is claimed; `None` without claims.
    pub claimed_for: Option<Span>,
    /// True if each version of a row comes once.
    pub brings_once: bool,
    /// True if the source notes on each row who has it.
    pub marks_source: bool,
    /// True if it reads the backend's change log, or flags that are kept with it.
    pub reads_log: bool,
    /// True if it asks the backend for changes since a time.
    pub asks_since: bool,
    /// The files that the backend drops for it.
    pub files: Option<FileDrop>,
    /// True if a device that shows a receipt other than its last one loads again.
    pub knows_devices: bool,
    /// The reason why several workers cannot share it.
    pub works_alone: Option<&'static str>,
    /// True if a reader may have a position for each part of an entity.
    pub reads_parts: bool,
    /// True if it supports one app version only.
    pub knows_one_app: bool,
}

/// Options that can be compared with those of any type.
pub(crate) trait Comparable: Any {
    /// True if both are the same options of the same strategy.
    fn is(&self, other: &dyn Any) -> bool;
}

impl<T: Any + PartialEq> Comparable for T {
    fn is(&self, other: &dyn Any) -> bool {
        other.downcast_ref() == Some(self)
    }
}

/// A chosen strategy for finding changes, with its options and properties.
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
    /// Checks that a backend with this provisioning has what the strategy asks for.
    ///
    /// # Errors
    /// [`Unfit`] if the strategy cannot work at all.
    pub fn fits(&self, provisioning: Provisioning) -> Result<(), Unfit> {
        self.options.fits(provisioning)
    }
    /// The time from which every pull finds a change that became visible at `shown`.
    pub fn found_by(&self, shown: Time) -> Time {
        let complete = self.files.map_or(shown, |drop| drop.complete_after(shown));
        complete + self.reads_behind.unwrap_or(Span::ZERO) + self.looks_every.unwrap_or(Span::ZERO)
    }
    /// Its options, if they have this type.
    pub fn of<T: Any>(&self) -> Option<&T> {
        (&*self.options as &dyn Any).downcast_ref()
    }
    /// True if it misses some rows that are gone, so that readers keep them forever.
    pub(super) fn leaves_orphans(&self, provisioning: Provisioning, mode: Mode) -> bool {
        // A device asks within its scope, which moved rows leave; a replica asks everywhere.
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

/// What a kind of strategy needs from the rest of the file.
#[derive(Clone, Copy)]
pub struct Around<'a> {
    /// Collects mistakes.
    pub wrong: &'a Mistakes,
    /// How long the backend remembers deletions.
    pub tombstones_kept: View<'a>,
}

/// A kind of strategy in a scenario file: its key, and how to read it.
pub struct Kind {
    /// The name, the options and the description.
    pub key: Key,
    /// Reads the written options; reports a mistake if they contradict each other.
    pub read: fn(View<'_>, Around<'_>) -> Capture,
    /// Suggestions for authors: how they are written and what they create, the cheapest first.
    pub examples: &'static [Example],
}

/// How a strategy is written, and what that creates.
pub(crate) type Example = (&'static str, fn() -> Capture);
