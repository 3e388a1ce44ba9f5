//! What each strategy declares about itself, and how a scenario chooses one.

use std::any::Any;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use super::seam::Strategy;
use crate::backend::{FileDrop, Provisioning};
use crate::base::{Span, Time};
use crate::config::form::{Form, Key, optional};
use crate::config::view::{Mistakes, View};
use crate::gateway::mode::{Mode, Unfit};

/// The options of a strategy, and the properties that others need. The defaults hold for a strategy
/// that keeps nothing and asks for all rows.
pub trait Choice: Comparable + fmt::Debug + Send + Sync {
    /// Checks that a backend with this provisioning has what the strategy asks for. That does not
    /// mean that it finds everything: most miss deletions if rows are deleted physically.
    ///
    /// # Errors
    /// [`Unfit`] if the strategy cannot work at all.
    fn fits(&self, _: Provisioning) -> Result<(), Unfit> {
        Ok(())
    }

    /// True if it reports rows that are gone without a trace.
    fn finds_absence(&self) -> bool;

    /// The effect of a returned cursor on the page that it came with, besides the next position.
    /// `None` if there is no effect.
    fn takes_receipts(&self) -> Option<&'static str> {
        None
    }

    /// The time from which every pull finds a change that became visible at `shown`.
    fn found_by(&self, shown: Time) -> Time {
        shown
    }

    /// How far behind the backend's clock rows are read; `None` if everything visible is read.
    fn reads_behind(&self) -> Option<Span> {
        None
    }

    /// How long a delivered row is claimed; `None` without claims.
    fn claimed_for(&self) -> Option<Span> {
        None
    }

    /// True if each version of a row comes once.
    fn brings_once(&self) -> bool {
        false
    }

    /// True if the source notes on each row who has it.
    fn marks_source(&self) -> bool {
        false
    }

    /// True if it reads the backend's change log, or flags that are kept with it.
    fn reads_log(&self) -> bool {
        self.marks_source()
    }

    /// True if it asks the backend for changes since a time.
    fn asks_since(&self) -> bool {
        false
    }

    /// The files that the backend drops for it.
    fn files(&self) -> Option<FileDrop> {
        None
    }

    /// True if a device that shows a receipt other than its last one loads again.
    fn knows_devices(&self) -> bool {
        false
    }

    /// The reason why several workers cannot share it.
    fn works_alone(&self) -> Option<&'static str> {
        None
    }

    /// True if a reader may have a position for each part of an entity.
    fn reads_parts(&self) -> bool {
        false
    }

    /// True if it supports one app version only.
    fn knows_one_app(&self) -> bool {
        false
    }
}

/// Options that can be compared with those of any type.
pub trait Comparable: Any {
    /// True if both are the same options of the same strategy.
    fn is(&self, other: &dyn Any) -> bool;
}

impl<T: Any + PartialEq> Comparable for T {
    fn is(&self, other: &dyn Any) -> bool {
        other.downcast_ref() == Some(self)
    }
}

/// Options that create their strategy.
pub(in crate::gateway) trait Makes: Choice {
    fn strategy(&self) -> Box<dyn Strategy>;
}

/// A chosen strategy for finding changes, with its options.
#[derive(Clone)]
pub struct Capture(Arc<dyn Makes>);

impl Capture {
    pub(super) fn new(options: impl Makes) -> Capture {
        Capture(Arc::new(options))
    }

    pub(in crate::gateway) fn strategy(&self) -> Box<dyn Strategy> {
        self.0.strategy()
    }

    /// Its options, if they have this type.
    pub fn of<T: Choice>(&self) -> Option<&T> {
        (&*self.0 as &dyn Any).downcast_ref()
    }

    /// True if it misses some rows that are gone, so that readers keep them forever.
    pub(super) fn leaves_orphans(&self, provisioning: Provisioning, mode: Mode) -> bool {
        // A device asks within its scope, which moved rows leave; a replica asks everywhere.
        let traceless = !provisioning.deletes() || mode == Mode::Ota && !provisioning.moves();
        traceless && !self.finds_absence()
    }
}

impl Deref for Capture {
    type Target = dyn Choice;

    fn deref(&self) -> &Self::Target {
        &*self.0
    }
}

impl PartialEq for Capture {
    fn eq(&self, other: &Capture) -> bool {
        self.0.is(&*other.0)
    }
}

impl Eq for Capture {}

impl fmt::Debug for Capture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
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
    pub examples: Examples,
}

type Examples = &'static [(&'static str, fn() -> Capture)];

impl Kind {
    pub(super) const fn new(
        name: &'static str,
        form: Form,
        about: &'static str,
        read: fn(View<'_>, Around<'_>) -> Capture,
        examples: Examples,
    ) -> Kind {
        Kind { key: optional(name, form).about(about), read, examples }
    }
}
