//! What a run tried at all. An action without any edit made, or without any on phones, tested
//! nothing there. Nor did a run without a request, or one in which nothing changed.

use crate::contract::{EngineEvent, Event};
use crate::workload::{ActionCount, Script};

#[derive(Debug, Default)]
pub(in crate::world) struct Tried {
    /// Per device and edit number, the action of the edit.
    edits: Vec<Vec<u16>>,
    on_phones: Vec<Made>,
    in_office: Vec<Made>,
    pub(in crate::world) asked: bool,
    changed: bool,
}

#[derive(Clone, Copy, Debug, Default)]
struct Made {
    wanted: u64,
    made: u64,
    prevented: u64,
}

/// The text for something that was to make edits and made none.
pub const NO_EDIT: &str = "none of its edits was made";

/// An action without any edit made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InVain {
    /// The action's name.
    pub action: String,
    /// True if only phones made none, while the office made its own.
    pub on_phones: bool,
    /// How many edits were planned.
    pub wanted: u64,
    /// Edits that people gave up because of a blocking sync.
    pub prevented: u64,
    /// Edits for which the script had no row or no free natural key.
    pub unplaced: u64,
}

impl Tried {
    /// Takes the actions of edits out of a script; `actions` is their number.
    pub(in crate::world) fn new(script: &mut Script, actions: usize) -> Tried {
        let edits = std::mem::take(&mut script.edits);
        let none = vec![Made::default(); actions];
        let (mut on_phones, in_office) = (none.clone(), none);
        edits.iter().flatten().for_each(|action| on_phones[usize::from(*action)].wanted += 1);
        Tried { edits, on_phones, in_office, ..Tried::default() }
    }
    pub(in crate::world) fn on(&mut self, event: &Event<'_>) {
        let (edit, made, prevented) = match event {
            Event::EditMade { edit, .. } => (edit, 1, 0),
            Event::EditPrevented { edit, .. } => (edit, 0, 1),
            Event::Committed { .. } => return self.changed = true,
            Event::Engine(EngineEvent::ChunkApplied { changes, .. }) => {
                return self.changed |= !changes.is_empty();
            }
            // A third-party engine may not report its requests, nor the rows they bring.
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

    pub(in crate::world) fn has_changed(&self) -> bool {
        self.changed || self.on_phones.iter().chain(&self.in_office).any(|of| of.wanted > 0)
    }
    pub(in crate::world) fn by_office(&mut self, action: u16, made: bool) {
        let of = &mut self.in_office[usize::from(action)];
        of.wanted += 1;
        of.made += u64::from(made);
    }
    pub(in crate::world) fn office_missed(&self) -> u64 {
        self.in_office.iter().map(|of| of.wanted - of.made).sum()
    }
    /// The actions without any edit made, though some were wanted; `placed` is the script's count.
    pub(in crate::world) fn in_vain(&self, placed: &[ActionCount]) -> Vec<InVain> {
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
