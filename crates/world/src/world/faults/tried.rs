//! Finds the parts of a plan that a run never used. An action (a kind of edit in the scenario)
//! tested nothing if none of its edits was made, or none on phones. A run tested nothing if no
//! request was sent, or if nothing changed.

use crate::contract::{EngineEvent, Event};
use crate::faults::{Awaited, Faults, Missed};
use crate::setup::{Planned, Setup};
use crate::workload::{ActionCount, Script};

#[derive(Debug, Default)]
pub(crate) struct Tried {
    /// For each device and edit number, the action of the edit.
    edits: Vec<Vec<u16>>,
    on_phones: Vec<Made>,
    in_office: Vec<Made>,
    pub(crate) asked: bool,
    changed: bool,
}

#[derive(Clone, Copy, Debug, Default)]
struct Made {
    wanted: u64,
    made: u64,
    prevented: u64,
}

/// The message for an event or action if none of its edits was made.
pub const NO_EDIT: &str = "none of its edits was made";

/// An action (a kind of edit in the scenario) that made no edit in the run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InVain {
    /// The action's name.
    pub action: String,
    /// True if the action's edits failed only on phones, while the office made some.
    pub on_phones: bool,
    /// The number of planned edits.
    pub wanted: u64,
    /// The number of edits that people gave up because of a blocking sync.
    pub prevented: u64,
    /// The number of edits for which the script found no row or no free natural key.
    pub unplaced: u64,
}

impl Tried {
    /// Takes the action of each edit from a script. `actions` is the number of actions.
    pub(crate) fn new(script: &mut Script, actions: usize) -> Tried {
        let edits = std::mem::take(&mut script.edits);
        let none = vec![Made::default(); actions];
        let (mut on_phones, in_office) = (none.clone(), none);
        edits.iter().flatten().for_each(|action| on_phones[usize::from(*action)].wanted += 1);
        Tried { edits, on_phones, in_office, ..Tried::default() }
    }
    pub(crate) fn on(&mut self, event: &Event<'_>) {
        let (edit, made, prevented) = match event {
            Event::EditMade { edit, .. } => (edit, 1, 0),
            Event::EditPrevented { edit, .. } => (edit, 0, 1),
            Event::Committed { .. } => return self.changed = true,
            Event::Engine(EngineEvent::ChunkApplied { changes, .. }) => {
                return self.changed |= !changes.is_empty();
            }
            // A third-party engine may not report its requests or the rows in their responses.
            Event::BackendServed { device: Some(_), rows, .. } => {
                self.changed |= *rows > 0;
                return self.asked = true;
            }
            Event::Engine(EngineEvent::RequestSent { .. })
            | Event::ConnectionOpened { .. }
            | Event::MessageDropped { .. } => {
                return self.asked = true;
            }
            _ => return,
        };
        let edits = self.edits.get(edit.id.device.0 as usize);
        if let Some(action) = edits.and_then(|edits| edits.get(edit.id.number as usize)) {
            let of = &mut self.on_phones[usize::from(*action)];
            of.made += made;
            of.prevented += prevented;
        }
    }

    pub(crate) fn has_changed(&self) -> bool {
        self.changed || self.on_phones.iter().chain(&self.in_office).any(|of| of.wanted > 0)
    }
    pub(crate) fn by_office(&mut self, action: u16, made: bool) {
        let of = &mut self.in_office[usize::from(action)];
        of.wanted += 1;
        of.made += u64::from(made);
    }
    pub(crate) fn office_missed(&self) -> u64 {
        self.in_office.iter().map(|of| of.wanted - of.made).sum()
    }
    /// The actions without any edit made, although some were planned. `placed` has the script's
    /// counts.
    pub(crate) fn in_vain(&self, placed: &[ActionCount]) -> Vec<InVain> {
        let in_vain = |(at, count): (usize, &ActionCount)| {
            let (phones, office) = (self.on_phones[at], self.in_office[at]);
            let all = phones.wanted + office.wanted + count.left_out;
            let on_phones = office.made > 0;
            let (wanted, unplaced) = if on_phones { (phones.wanted, 0) } else { (all, count.left_out) };
            if wanted == 0 || phones.made > 0 {
                return None;
            }
            let (action, prevented) = (count.name.clone(), phones.prevented);
            Some(InVain { action, on_phones, wanted, prevented, unplaced })
        };
        placed.iter().enumerate().filter_map(in_vain).collect()
    }
}

#[derive(Debug, Default)]
pub(crate) struct Untested {
    /// Faults and parts that had no effect. If no edit of an event was made, only this list reports
    /// it.
    pub(crate) missed: Vec<Missed>,
    pub(crate) in_vain: Vec<InVain>,
    pub(crate) is_silent: bool,
    pub(crate) is_still: bool,
}

impl Untested {
    /// Collects the parts that were not used. Empty for a run that is not `whole` (it was
    /// interrupted or stalled), because its rest is unknown.
    pub(crate) fn of(
        whole: bool,
        faults: &Faults,
        plan: &Setup,
        (tried, placed): (&Tried, &[ActionCount]),
    ) -> Untested {
        if !whole {
            return Untested::default();
        }
        let in_vain = tried.in_vain(placed);
        let is_told = |missed: &Missed| {
            let planned = plan.events.iter().find(|planned| planned.name == missed.event);
            let name = planned.and_then(Planned::action).map(|action| &plan.workload.actions[action].name);
            name.is_some_and(|name| in_vain.iter().any(|one| one.action == *name))
        };
        let awaited = faults.awaited.iter().chain(faults.fired.values());
        let missed = awaited.filter_map(Awaited::missed).filter(|missed| !is_told(missed)).collect();
        Untested { missed, in_vain, is_silent: !tried.asked, is_still: !tried.has_changed() }
    }

    /// The number of parts of the plan that had no effect at all. A run without any effect counts
    /// as one more part.
    pub(crate) fn count(&self) -> u64 {
        let faults = self.missed.iter().filter(|missed| missed.is_whole()).count();
        (faults + self.in_vain.len()) as u64 + u64::from(self.is_silent || self.is_still)
    }
}
