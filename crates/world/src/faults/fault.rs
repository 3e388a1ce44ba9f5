//! The definition of a kind of fault.

use std::fmt;
use std::sync::Arc;

use super::drawn::{Faults, OnDevice};
use super::reassignment::Reassignment;
use super::sign::Sign;
use super::when::When;
use crate::base::{DeviceId, EntityId, Span, Time, Value};
use crate::config::form::{Form, Key, Needs, optional};
use crate::config::view::{Mistakes, View};
use crate::config::written::signed;
use crate::contract::Need;
use crate::net::Profile;

/// A fault as a scenario plans it.
pub struct Fault {
    pub(super) plan: Box<Plan>,
    pub(super) shown: Option<Shown>,
    /// True if the fault takes a link away, once or in each period.
    pub(super) cuts_links: bool,
    /// Time between two changes of a link; `None`: the fault does not change links repeatedly.
    pub period: Option<Span>,
    /// The link to which the fault moves devices.
    pub link: Option<Arc<Profile>>,
    /// The factor by which the fault slows disks.
    pub slows: u32,
    /// The device that is copied, and the device that gets the copy.
    pub copies: Option<(DeviceId, DeviceId)>,
    /// The attributes that the fault gives to people.
    pub reassigns: Option<Reassignment>,
}

type Plan = dyn Fn(&When<'_>, &mut Faults) -> Option<String> + Send + Sync;

/// The sign that a fault hit somebody, and the reason to report if it hit nobody. Without a sign,
/// the fault's own code reports whether it hit somebody.
type Shown = (Option<(Sign, Within)>, &'static str);

/// Like `Shown`, for one event: the sign with the start and end of its period, and the reason.
pub(crate) type Meets = (Option<(Sign, Time, Time)>, &'static str);

/// The period in which a sign counts.
#[derive(Clone, Copy)]
pub(super) enum Within {
    /// While the fault lasts.
    Length,
    /// For this long after the fault began.
    Span(Span),
    /// At any time after the fault began.
    Rest,
    /// The period that is missing in a backup of this age. It ends before the restore, because the
    /// restore itself must not count as a sign.
    Lacking(Span),
}

impl Fault {
    /// A fault whose effects `plan` writes into `Faults`. `plan` returns a description; `None` if a
    /// mistake was reported already.
    pub(super) fn new<D: Into<Option<String>>>(
        plan: impl Fn(&When<'_>, &mut Faults) -> D + Send + Sync + 'static,
    ) -> Fault {
        Fault {
            plan: Box::new(move |when, faults| plan(when, faults).into()),
            shown: None,
            cuts_links: false,
            period: None,
            link: None,
            slows: 1,
            copies: None,
            reassigns: None,
        }
    }
    /// Like `new`. The fault hit somebody if `sign` occurs; if not, `otherwise` is the reason to
    /// report.
    pub(super) fn shown_by(
        sign: Sign,
        within: Within,
        otherwise: &'static str,
        plan: impl Fn(&When<'_>, &mut Faults) -> String + Send + Sync + 'static,
    ) -> Fault {
        Fault { shown: Some((Some((sign, within)), otherwise)), ..Fault::new(plan) }
    }
    /// Like `new`. The fault's own code reports whether it hit somebody.
    pub(super) fn shown_by_its_act(
        otherwise: &'static str,
        plan: impl Fn(&When<'_>, &mut Faults) -> String + Send + Sync + 'static,
    ) -> Fault {
        Fault { shown: Some((None, otherwise)), ..Fault::new(plan) }
    }

    /// Writes the effects on the devices into `faults`; returns a description. `None` if a mistake
    /// was reported already.
    pub fn plan(&self, when: &When<'_>, faults: &mut Faults) -> Option<String> {
        (self.plan)(when, faults)
    }

    /// The sign that the fault hit somebody. `None`: this is reported in another way, for example
    /// per device.
    pub fn meets(&self, when: &When<'_>) -> Option<Meets> {
        let (sign, otherwise) = self.shown.as_ref()?;
        let window = |(sign, within): &(Sign, Within)| {
            let (from, until) = match *within {
                Within::Length => (when.at, when.until()),
                Within::Span(span) => (when.at, when.at + span),
                Within::Rest => (when.at, Time::FAR),
                Within::Lacking(of) => (when.ago(of), Time(when.at.0.saturating_sub(1))),
            };
            (sign.clone(), from, until)
        };
        Some((sign.as_ref().map(window), otherwise))
    }

    /// The number of link changes that the fault makes in this time.
    pub fn link_changes(&self, length: Span) -> u64 {
        self.period.map_or(u64::from(self.cuts_links), |period| length.0 / period.0.max(1))
    }
}

/// Shows the effect on device 0 at time 0, and the link. A clone shows its two devices.
impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(copies) = &self.copies {
            return write!(f, "{copies:?}");
        }
        if let Some(reassigns) = &self.reassigns {
            return write!(f, "{reassigns:?}");
        }
        let when =
            When { name: "", at: Time::ZERO, length: Span::ZERO, chosen: &[DeviceId(0)], end: Time::FAR };
        let mut faults = Faults { devices: vec![OnDevice::default()], ..Faults::default() };
        write!(f, "{:?}", self.plan(&when, &mut faults))?;
        self.link.iter().try_for_each(|link| write!(f, " {link:?}"))
    }
}

/// The questions that a fault kind can ask about its scenario file.
pub trait Asks {
    /// The table of the event, which has its time.
    fn event(&self) -> View<'_>;
    /// The time of the event.
    fn at(&self) -> Time;
    /// The collector for mistakes in the keys of the kind.
    fn wrong(&self) -> &Mistakes;
    /// The link profile of this name; an unknown name is a mistake.
    fn link(&self, name: View<'_>) -> Option<Arc<Profile>>;
    /// The entity of this name; an unknown name is a mistake.
    fn entity(&self, name: View<'_>) -> Option<EntityId>;
    /// The device of this number; a number that is too large is a mistake.
    fn device(&self, number: View<'_>) -> DeviceId;
    /// The stack's crash points; empty if the stack does not name them.
    fn crash_points(&self) -> Vec<&str>;
    /// Reports a mistake if a clock that jumps by `micros` shows an impossible date.
    fn dated(&self, by: View<'_>, micros: i64);
    /// Reports a mistake if more faults would be drawn than allowed.
    fn not_too_many(&self, key: View<'_>, faults: u128);
    /// The position and the value of the attribute with this name; an unknown attribute is a
    /// mistake.
    fn attribute(&self, of: (&str, View<'_>)) -> Option<(usize, Value)>;
    /// True if the file uses the built-in stack.
    fn is_builtin(&self) -> bool;
    /// True if rows on the backend have flags.
    fn has_flags(&self) -> bool;
    /// True if the replica is the gateway's only state.
    fn is_its_replica(&self) -> bool;
}

/// A kind of fault in a file: its key, and how it is read.
#[derive(Clone, Copy)]
pub struct Kind {
    pub key: Key,
    pub read: Read,
    /// True if the fault has no effect with the values in the file.
    pub is_nothing: fn(View<'_>) -> bool,
    /// True if `by` is the size of a jump, and not the name of an attribute.
    pub jumps: bool,
    /// True if the event adds columns. A scenario writes them like the columns of a schema.
    pub adds_a_column: bool,
    /// The capability that a stack needs to run the fault; `None`: every stack can run it.
    pub needs: Option<Need>,
}

type Read = fn(View<'_>, &dyn Asks) -> Option<Fault>;

impl Kind {
    pub const fn new(name: &'static str, form: Form, about: &'static str, read: Read) -> Kind {
        Kind {
            key: optional(name, form).about(about),
            read,
            is_nothing: lasts_no_time,
            jumps: false,
            adds_a_column: false,
            needs: None,
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

    pub(super) const fn of_stack(self, need: Need) -> Kind {
        Kind { needs: Some(need), ..self }
    }

    /// Marks a kind that jumps by the written time; a jump by 0 has no effect.
    pub const fn jumping(self) -> Kind {
        Kind { jumps: true, is_nothing: is_no_step, ..self }
    }
}

pub(super) fn lasts_no_time(own: View<'_>) -> bool {
    own.at("for").is_itself_sound() && own.at("for").span() == Span::ZERO
}

fn is_no_step(own: View<'_>) -> bool {
    own.at("by").is_itself_sound() && signed(own.at("by").text()) == Some(0)
}
