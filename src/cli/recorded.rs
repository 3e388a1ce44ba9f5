//! Writes a simulation as a history, with the events that its apps could have recorded.

use std::cell::RefCell;
use std::rc::Rc;

use super::refusal::Refusal;
use crate::base::{DeviceId, Time};
use crate::campaign::Runner;
use crate::contract::{Attributes, DeviceView, Occurrence};
use crate::history::Writer;
use crate::oracle::Truth;
use crate::record::Exit;
use crate::scenario::Plan;
use crate::world::{Ear, Unwatched};

/// Listens to a simulation and writes the events that its apps could have recorded.
struct Recorder(Option<Writer<Vec<u8>>>);

impl Recorder {
    fn with(&mut self, f: impl FnOnce(&mut Writer<Vec<u8>>)) {
        _ = self.0.as_mut().map(f);
    }
}

impl Ear for Recorder {
    fn begins(&mut self, rows: &dyn Truth) {
        self.with(|writer| writer.begins(rows));
    }
    fn on(&mut self, occurrence: &Occurrence<'_>) {
        self.with(|writer| writer.on(occurrence));
    }
    fn rests(&mut self, device: DeviceId, view: &dyn DeviceView) {
        self.with(|writer| writer.rests(device, view));
    }
    fn ends(&mut self, at: Time, settled: bool) {
        self.with(|writer| writer.ends(at, settled));
    }
}

/// The history that the apps of a cell could have recorded, and a note about facts that it cannot
/// express.
pub(super) fn recorded(plan: &Plan, runner: &dyn Runner) -> anyhow::Result<(Vec<u8>, Option<&'static str>)> {
    let devices: Vec<Attributes> = plan.devices().into_iter().map(|device| device.attributes).collect();
    let names: Vec<String> = plan.attributes.iter().map(|attribute| attribute.name.clone()).collect();
    let of = (plan.first_schema().clone(), plan.units.clone());
    let writer = Writer::new(Vec::new(), of, plan.start, (&names, &devices));
    let recorder = Rc::new(RefCell::new(Recorder(Some(writer))));
    runner
        .heard(plan, recorder.clone(), &Unwatched)
        .map_err(|error| Refusal::because(Exit::Invalid, error.to_string()))?;
    let writer = recorder.borrow_mut().0.take().expect("it is taken once");
    writer.finish().map_err(|error| Refusal::environment(error.to_string()))
}
