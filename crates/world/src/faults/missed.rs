//! Faults that a scenario plans and that do not fire. Without a report, users believe that they
//! did.

use std::cell::Cell;
use std::rc::Rc;

use crate::base::DeviceId;

/// Whether a fault met one that it was to meet.
pub(crate) type Struck = Rc<Cell<bool>>;

/// A fault that should meet somebody, and whether it did.
#[derive(Clone, Debug)]
pub struct Awaited {
    event: String,
    why: String,
    /// Where it is to be met; `None`: it is enough that it meets somebody.
    devices: Option<Vec<(DeviceId, Struck)>>,
    met: Struck,
    /// It cannot come before one of these; if none came, only they are reported.
    after: Vec<Struck>,
}

/// A fault that missed some of its devices or met nobody, or a part that was not used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missed {
    /// The event, or the key of another cause or part: `chaos.kill_mtbf`, `unit.Online`.
    pub event: String,
    /// Why it did not fire.
    pub why: String,
    /// Where it did not fire; empty if it had to meet somebody and met nobody.
    pub devices: Vec<DeviceId>,
    /// On how many devices it was to fire; 0 if it only had to meet somebody.
    pub of: u64,
}

impl Missed {
    /// Whether it fired on none of its devices.
    pub fn is_whole(&self) -> bool {
        self.devices.len() as u64 == self.of
    }
}

impl Awaited {
    /// To be met on each of its devices, which `on` adds one by one.
    pub fn each(event: &str, why: String) -> Awaited {
        Awaited { devices: Some(Vec::new()), ..Awaited::anywhere(event, why) }
    }

    /// To be met by anybody.
    pub fn anywhere(event: &str, why: impl Into<String>) -> Awaited {
        let (devices, met, after) = Default::default();
        Awaited { event: event.to_owned(), why: why.into(), devices, met, after }
    }
    /// The same, which cannot come before one of these has.
    pub fn after(self, others: &[Struck]) -> Awaited {
        Awaited { after: others.to_vec(), ..self }
    }
    pub fn name(&self) -> &str {
        &self.event
    }
    /// Adds a device; returns the flag to set when it is met there.
    pub fn on(&mut self, device: DeviceId) -> Struck {
        let struck = Struck::default();
        self.devices.get_or_insert_default().push((device, struck.clone()));
        struck
    }
    /// The flag to set when it is met by anybody.
    pub fn met(&self) -> Struck {
        self.met.clone()
    }
    /// What to report at the end; `None` if it met all that it should.
    pub fn missed(&self) -> Option<Missed> {
        if !self.after.is_empty() && !self.after.iter().any(|met| met.get()) {
            return None;
        }
        let (event, why) = (self.event.clone(), self.why.clone());
        let Some(on) = &self.devices else {
            return (!self.met.get()).then_some(Missed { event, why, devices: Vec::new(), of: 0 });
        };
        let left = on.iter().filter(|(_, struck)| !struck.get());
        let devices: Vec<DeviceId> = left.map(|(device, _)| *device).collect();
        (!devices.is_empty()).then_some(Missed { event, why, devices, of: on.len() as u64 })
    }
}
