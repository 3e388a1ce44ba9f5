//! Reports planned faults that did not fire. Without such a report, users believe that the faults
//! fired.

use std::cell::Cell;
use std::rc::Rc;

use crate::base::DeviceId;

/// True once a fault has hit what it was planned for.
pub(crate) type Struck = Rc<Cell<bool>>;

/// A fault that must hit somebody, and whether it did.
#[derive(Clone, Debug)]
pub struct Awaited {
    event: String,
    why: String,
    /// The devices that it must hit, each with its flag; `None`: any device is enough.
    devices: Option<Vec<(DeviceId, Struck)>>,
    met: Struck,
    /// Faults that must come before this one. If none of them fired, only they are reported.
    after: Vec<Struck>,
}

/// A fault that missed some or all of its devices, or an unused part of the scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missed {
    /// The event, or the key of another cause or part: `chaos.kill_mtbf`, `unit.Online`.
    pub event: String,
    /// Why it did not fire.
    pub why: String,
    /// The devices where it did not fire; empty if any device would be enough.
    pub devices: Vec<DeviceId>,
    /// The number of devices that it was planned for; 0 if any device would be enough.
    pub of: u64,
}

impl Missed {
    /// True if it fired on none of its devices.
    pub fn is_whole(&self) -> bool {
        self.devices.len() as u64 == self.of
    }
}

impl Awaited {
    /// A fault that must hit each of its devices; add the devices with `on`.
    pub fn each(event: &str, why: String) -> Awaited {
        Awaited { devices: Some(Vec::new()), ..Awaited::anywhere(event, why) }
    }

    /// A fault that must hit at least one device or person.
    pub fn anywhere(event: &str, why: impl Into<String>) -> Awaited {
        let (devices, met, after) = Default::default();
        Awaited { event: event.to_owned(), why: why.into(), devices, met, after }
    }
    /// The same fault, which can fire only after one of these has fired.
    pub fn after(self, others: &[Struck]) -> Awaited {
        Awaited { after: others.to_vec(), ..self }
    }
    pub fn name(&self) -> &str {
        &self.event
    }
    /// Adds a device; returns the flag to set when the fault hits it.
    pub fn on(&mut self, device: DeviceId) -> Struck {
        let struck = Struck::default();
        self.devices.get_or_insert_default().push((device, struck.clone()));
        struck
    }
    /// The flag to set when the fault hits anybody.
    pub fn met(&self) -> Struck {
        self.met.clone()
    }
    /// The report for the end of the run; `None` if nothing was missed.
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
