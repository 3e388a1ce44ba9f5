//! What a scenario plans and what does not come: who is not told believes that it did.

use std::cell::Cell;
use std::rc::Rc;

use crate::base::DeviceId;
use crate::base::words::{count, thousands};
use crate::contract::KillReason;
use crate::setup::AtSync;

/// Whether something met whom it was to meet.
pub(super) type Struck = Rc<Cell<bool>>;

#[derive(Clone, Debug)]
pub(super) struct Awaited {
    event: String,
    why: String,
    on: On,
    /// Without any of these it cannot come, and that is told in its place.
    after: Vec<Struck>,
}

#[derive(Clone, Debug)]
enum On {
    Each(Vec<(DeviceId, Struck)>),
    /// Somewhere: it is enough that it met somebody.
    Any(Struck),
}

/// A fault that missed some of its devices, or met nobody, or a part that was not used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missed {
    /// The event, or the key of another cause or part: `chaos.kill_mtbf`, `unit.Online`.
    pub event: String,
    pub why: String,
    /// Where it did not fire; empty if it had to meet somebody and met nobody.
    pub devices: Vec<DeviceId>,
    /// On how many devices it was to fire; 0 if it had to meet somebody.
    pub of: u64,
}

impl Missed {
    pub fn is_whole(&self) -> bool {
        self.devices.len() as u64 == self.of
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
        Awaited { event: event.to_owned(), why, on: On::Each(Vec::new()), after: Vec::new() }
    }

    pub(super) fn anywhere(event: &str, why: impl Into<String>) -> Awaited {
        let on = On::Any(Struck::default());
        Awaited { event: event.to_owned(), why: why.into(), on, after: Vec::new() }
    }
    /// The same, which cannot come before one of these has.
    pub(super) fn after(self, others: &[Struck]) -> Awaited {
        Awaited { after: others.to_vec(), ..self }
    }
    pub(super) fn name(&self) -> &str {
        &self.event
    }
    pub(super) fn on(&mut self, device: DeviceId) -> Struck {
        match &mut self.on {
            On::Each(devices) => {
                let struck = Struck::default();
                devices.push((device, struck.clone()));
                struck
            }
            On::Any(struck) => struck.clone(),
        }
    }
    pub(super) fn met(&self) -> Struck {
        match &self.on {
            On::Each(_) => Struck::default(),
            On::Any(struck) => struck.clone(),
        }
    }
    pub(super) fn missed(&self) -> Option<Missed> {
        if !self.after.is_empty() && !self.after.iter().any(|met| met.get()) {
            return None;
        }
        let (event, why) = (self.event.clone(), self.why.clone());
        let on = match &self.on {
            On::Each(on) => on,
            On::Any(struck) => {
                return (!struck.get()).then_some(Missed { event, why, devices: Vec::new(), of: 0 });
            }
        };
        let left = on.iter().filter(|(_, struck)| !struck.get());
        let devices: Vec<DeviceId> = left.map(|(device, _)| *device).collect();
        (!devices.is_empty()).then_some(Missed { event, why, devices, of: on.len() as u64 })
    }
}
