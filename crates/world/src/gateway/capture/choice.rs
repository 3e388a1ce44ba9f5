//! What every strategy says of itself, and how a scenario chooses one.

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

/// The options of a strategy, and what follows from them for others. What is not said is what holds
/// of one that keeps nothing and asks for all rows.
pub trait Choice: Comparable + fmt::Debug + Send + Sync {
    /// Whether a backend of this provisioning has what the strategy asks it for. That it finds
    /// everything is another matter: where rows are deleted for good, most miss that.
    ///
    /// # Errors
    /// [`Unfit`] if it cannot even ask.
    fn fits(&self, _: Provisioning) -> Result<(), Unfit> {
        Ok(())
    }

    /// Whether it tells of rows that are gone and left no trace.
    fn finds_absence(&self) -> bool;

    /// What a cursor that comes back does to the page that it came with, beyond telling where to go
    /// on.
    fn takes_receipts(&self) -> Option<&'static str> {
        None
    }

    /// From when on, at the latest, who asks finds a change that can be seen from `shown` on.
    fn found_by(&self, shown: Time) -> Time {
        shown
    }

    /// How far behind the backend's clock rows are read, if not all that is there.
    fn reads_behind(&self) -> Option<Span> {
        None
    }

    /// For how long a row is claimed that is delivered, if rows are.
    fn claimed_for(&self) -> Option<Span> {
        None
    }

    /// Whether each version of a row comes once.
    fn brings_once(&self) -> bool {
        false
    }

    /// Whether it is noted in the source, on each row, who has it.
    fn marks_source(&self) -> bool {
        false
    }

    /// Whether it reads the backend's log of changes, or flags that are kept with it.
    fn reads_log(&self) -> bool {
        self.marks_source()
    }

    /// Whether it asks the backend for what changed since a time.
    fn asks_since(&self) -> bool {
        false
    }

    /// The files that the backend drops for it.
    fn files(&self) -> Option<FileDrop> {
        None
    }

    /// Whether a device that shows another receipt than its last loads again.
    fn knows_devices(&self) -> bool {
        false
    }

    /// Why several workers cannot share it.
    fn works_alone(&self) -> Option<&'static str> {
        None
    }

    /// Whether a reader may have a place for each part of an entity.
    fn reads_parts(&self) -> bool {
        false
    }

    /// Whether it serves one version of an app only.
    fn knows_one_app(&self) -> bool {
        false
    }
}

/// Options of one type can be told from those of another.
pub trait Comparable: Any {
    /// Whether these are the same options of the same strategy.
    fn is(&self, other: &dyn Any) -> bool;
}

impl<T: Any + PartialEq> Comparable for T {
    fn is(&self, other: &dyn Any) -> bool {
        other.downcast_ref() == Some(self)
    }
}

/// Options of which a strategy is made.
pub(in crate::gateway) trait Makes: Choice {
    fn strategy(&self) -> Box<dyn Strategy>;
}

/// A way to find out what changed.
#[derive(Clone)]
pub struct Capture(Arc<dyn Makes>);

impl Capture {
    pub(super) fn new(options: impl Makes) -> Capture {
        Capture(Arc::new(options))
    }

    pub(in crate::gateway) fn strategy(&self) -> Box<dyn Strategy> {
        self.0.strategy()
    }

    /// Its options, if they are of this type.
    pub fn of<T: Choice>(&self) -> Option<&T> {
        (&*self.0 as &dyn Any).downcast_ref()
    }

    /// Whether it never hears of some rows that are no longer there for who holds them.
    pub(super) fn leaves_orphans(&self, provisioning: Provisioning, mode: Mode) -> bool {
        // A device asks in its own scope, which rows leave by moving; a replica asks anywhere.
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

/// What a kind of strategy asks of the file that it stands in.
#[derive(Clone, Copy)]
pub struct Around<'a> {
    /// Where mistakes go.
    pub wrong: &'a Mistakes,
    /// For how long the backend remembers what was deleted.
    pub tombstones_kept: View<'a>,
}

/// A kind of strategy in a file: its key, and how it is read.
pub struct Kind {
    /// Its name, its options and what it does.
    pub key: Key,
    /// Makes what is written there; a mistake where options do not go together.
    pub read: fn(View<'_>, Around<'_>) -> Capture,
    /// What may be written and what that comes to, the cheapest first, for who has to choose
    /// another.
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
