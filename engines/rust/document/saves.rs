//! What a phone is saving: nobody may hear of it yet, since the process may die before it is saved.

use std::cell::Cell;

use syncdyno::contract::{Ports, Span, Time, Work};

/// When the last edit will be saved.
#[derive(Default)]
pub(crate) struct Saves(Cell<Time>);

impl Saves {
    /// Takes on what an edit has just done to the disk.
    pub(crate) fn take_on(&self, ports: &Ports) {
        let until = ports.machine.take_on(Work::default());
        if until > ports.clock.now() {
            // Its person is told at that instant, and the server after it.
            self.0.set(until + Span(1));
        }
    }
    /// Waits until all edits are saved, also those that are made meanwhile.
    pub(crate) async fn done(&self, ports: &Ports) {
        while ports.clock.now() < self.0.get() {
            ports.sleep(self.0.get() - ports.clock.now()).await;
        }
    }
}
