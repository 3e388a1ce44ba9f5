//! What every kind of fault defines.

use std::fmt;
use std::sync::Arc;

use super::drawn::Faults;
use super::when::{Meets, When};
use crate::base::{DeviceId, EntityId, Span, Time};
use crate::config::form::{Form, Key, Needs, optional};
use crate::config::view::{Mistakes, View};
use crate::contract::Need;
use crate::net::Profile;

/// A fault as a scenario plans it.
pub trait Fault: fmt::Debug + Send + Sync {
    /// Plans what happens to whom and when, and returns a description; `None` if it was reported
    /// already.
    fn plan(&self, when: &When<'_>, faults: &mut Faults) -> Option<String>;

    /// The sign that it met somebody; `None` if that is reported otherwise, such as per device.
    fn meets(&self, _: &When<'_>) -> Option<Meets> {
        None
    }

    /// What a stack must support to meet it.
    fn needs(&self) -> Option<Need> {
        None
    }

    /// How often it changes a link in this time.
    fn link_changes(&self, _: Span) -> u64 {
        0
    }

    /// Time from one such change to the next, if there are many.
    fn period(&self) -> Option<Span> {
        None
    }

    /// The link that it puts devices on.
    fn link(&self) -> Option<&Arc<Profile>> {
        None
    }

    /// By which factor it slows disks.
    fn slows(&self) -> u32 {
        1
    }

    /// The device that it copies, and the one that gets the copy.
    fn copies(&self) -> Option<(DeviceId, DeviceId)> {
        None
    }
}

/// What a kind of fault can ask of the file that names it.
pub trait Asks {
    /// The table of the event, which has its time.
    fn event(&self) -> View<'_>;
    /// The time of the event.
    fn at(&self) -> Time;
    /// Where the kind reports mistakes in its keys.
    fn wrong(&self) -> &Mistakes;
    /// The link profile of this name; an unknown name is a mistake.
    fn link(&self, name: View<'_>) -> Option<Arc<Profile>>;
    /// The entity of this name; an unknown name is a mistake.
    fn entity(&self, name: View<'_>) -> Option<EntityId>;
    /// The device of this number; a number that is too large is a mistake.
    fn device(&self, number: View<'_>) -> DeviceId;
    /// The stack's crash points; empty if it does not name them.
    fn crash_points(&self) -> Vec<&str>;
    /// Reports a mistake if a clock that jumps by `micros` shows an impossible date.
    fn dated(&self, by: View<'_>, micros: i64);
    /// Reports a mistake if this many faults would be drawn.
    fn not_too_many(&self, key: View<'_>, faults: u128);
    /// True if rows on the backend have flags.
    fn has_flags(&self) -> bool;
    /// Whether the gateway knows only what its replica holds.
    fn is_its_replica(&self) -> bool;
}

/// A kind of fault in a file: its key, and how it is read.
#[derive(Clone, Copy)]
pub struct Kind {
    pub key: Key,
    pub read: Read,
    /// Whether the written values have no effect.
    pub is_nothing: fn(View<'_>) -> bool,
    /// Whether `by` says how far something jumps, and does not name an attribute.
    pub jumps: bool,
    /// Whether it adds a column. Columns are written in the language of schemas, so the grammar has
    /// their form.
    pub adds_a_column: bool,
}

type Read = fn(View<'_>, &dyn Asks) -> Option<Arc<dyn Fault>>;

impl Kind {
    pub const fn new(name: &'static str, form: Form, about: &'static str, read: Read) -> Kind {
        Kind {
            key: optional(name, form).about(about),
            read,
            is_nothing: lasts_no_time,
            jumps: false,
            adds_a_column: false,
        }
    }

    pub const fn needing(self, needs: &'static Needs) -> Kind {
        Kind { key: self.key.needs(needs), ..self }
    }

    pub const fn nothing_if(self, is_nothing: fn(View<'_>) -> bool) -> Kind {
        Kind { is_nothing, ..self }
    }

    pub(super) const fn adding_a_column(self) -> Kind {
        Kind { adds_a_column: true, ..self }
    }

    pub const fn jumping(self) -> Kind {
        Kind { jumps: true, ..self }
    }
}

fn lasts_no_time(own: View<'_>) -> bool {
    own.at("for").is_itself_sound() && own.at("for").span() == Span::ZERO
}
