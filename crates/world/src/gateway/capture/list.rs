//! The list of strategies.

use super::choice::{Around, Capture, Kind};
use super::last_modified::LastModifiedOptions;
use super::{change_log, flag, hash, last_modified};
use crate::backend::Provisioning;
use crate::config::form::{Form, Key};
use crate::config::view::{Mistakes, View};
use crate::gateway::mode::Mode;

/// All strategies. The first is the default.
pub const CAPTURES: &[Kind] = &[last_modified::KIND, flag::KIND, change_log::KIND, hash::KIND];

const KEYS: [Key; CAPTURES.len()] = [CAPTURES[0].key, CAPTURES[1].key, CAPTURES[2].key, CAPTURES[3].key];

/// How a scenario writes a strategy.
pub const CAPTURE: Form = Form::Table { keys: &[], kinds: &KEYS };

impl Default for Capture {
    fn default() -> Capture {
        LastModifiedOptions::default().into()
    }
}

impl Capture {
    /// Reads the strategy written at this place; `None` if there is none.
    pub fn read(at: View<'_>, around: Around<'_>) -> Option<Capture> {
        let written = |kind: &Kind| Some((kind.read)(at.at(kind.key.name).present()?, around));
        CAPTURES.iter().find_map(written)
    }

    /// Like [`Capture::read`], for a value that other code checks.
    pub fn written(at: View<'_>) -> Option<Capture> {
        Capture::read(at, Around { wrong: &Mistakes::default(), tombstones_kept: View::default() })
    }

    /// The names of the kinds whose first example satisfies `is`: "`flag` or `hash`".
    pub fn such(is: fn(&Capture) -> bool) -> String {
        let kinds = CAPTURES.iter().filter(|kind| is(&(kind.examples[0].1)()));
        let names: Vec<String> = kinds.map(|kind| format!("`{}`", kind.key.name)).collect();
        match &names[..] {
            [others @ .., last] if !others.is_empty() => format!("{} or {last}", others.join(", ")),
            _ => names.concat(),
        }
    }

    /// The strategies that work with this backend and miss nothing, as a scenario writes them: the
    /// cheapest of each kind.
    pub fn fitting(provisioning: Provisioning, mode: Mode) -> impl Iterator<Item = &'static str> {
        let does = move |capture: &Capture| {
            capture.fits(provisioning).is_ok() && !capture.leaves_orphans(provisioning, mode)
        };
        CAPTURES.iter().filter_map(move |kind| {
            kind.examples.iter().find(|(_, capture)| does(&capture())).map(|(written, _)| *written)
        })
    }
}
