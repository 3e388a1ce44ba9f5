//! Ends of processes that events plan and that never come: who is not told believes that they struck.

use std::cell::Cell;
use std::rc::Rc;

use crate::base::DeviceId;
use crate::base::words::{count, thousands};
use crate::contract::KillReason;
use crate::scenario::AtSync;

/// Whether a planned end came.
#[derive(Clone, Debug, Default)]
pub(super) struct Struck(Rc<Cell<bool>>);

/// An end that an event plans, and what became of it on each of its devices.
#[derive(Clone, Debug)]
pub(super) struct Awaited {
    event: String,
    why: String,
    on: Vec<(DeviceId, Struck)>,
}

/// A planned end of processes that did not come on some of its devices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missed {
    /// The event.
    pub event: String,
    /// Why it did not come there, in words.
    pub why: String,
    /// Where it did not come.
    pub devices: Vec<DeviceId>,
    /// On how many devices it was to come.
    pub of: u64,
}

impl Struck {
    pub(super) fn set(&self) {
        self.0.set(true);
    }
}

impl Awaited {
    /// What `event` plans: at the passing of a crash point, at a sync, or at once.
    pub(super) fn new(
        event: &str,
        reason: KillReason,
        point: Option<&(String, u32)>,
        at_sync: Option<AtSync>,
    ) -> Awaited {
        let why = match (point, at_sync) {
            (Some((point, 1)), _) => format!("nothing passed {point} from then on"),
            (Some((point, nth)), _) => {
                format!("{point} was passed fewer than {} from then on", count(u64::from(*nth), "time"))
            }
            (None, Some(AtSync { first, stagger: 0, .. })) => {
                let syncs = count(u64::from(first), "sync");
                format!(
                    "there were fewer than {syncs} of the disk from then on, or the power was off or no app ran at the last of them"
                )
            }
            (None, Some(AtSync { first, .. })) => {
                let first = thousands(u64::from(first));
                format!(
                    "too few syncs of the disk from then on ({first}, and more for each further device), or the power was off or no app ran at the last of them"
                )
            }
            (None, None) => match reason {
                KillReason::PowerLoss => "the power was off, or the app did not run, at the time".to_owned(),
                _ => "the app did not run at the time".to_owned(),
            },
        };
        Awaited { event: event.to_owned(), why, on: Vec::new() }
    }

    /// One more device that it is to come on.
    pub(super) fn on(&mut self, device: DeviceId) -> Struck {
        let struck = Struck::default();
        self.on.push((device, struck.clone()));
        struck
    }

    /// Where it did not come, if it did not everywhere.
    pub(super) fn missed(&self) -> Option<Missed> {
        let left = self.on.iter().filter(|(_, struck)| !struck.0.get());
        let devices: Vec<DeviceId> = left.map(|(device, _)| *device).collect();
        let (event, why) = (self.event.clone(), self.why.clone());
        (!devices.is_empty()).then_some(Missed { event, why, devices, of: self.on.len() as u64 })
    }
}
