//! What a run tried at all: an action of which no edit came to be tested nothing, and neither did a
//! run without a request.

use crate::contract::Event;
use crate::workload::{ActionCount, Script};

/// How many edits of each action were to be made, and how many were.
#[derive(Debug, Default)]
pub(super) struct Tried {
    /// By device, in the order of its edits' numbers: the action that each is of.
    edits: Vec<Vec<u16>>,
    /// By action.
    wanted: Vec<u64>,
    made: Vec<u64>,
    prevented: Vec<u64>,
    /// Edits that the office tried and that came to nothing.
    office_missed: u64,
    /// Whether a device asked a server for anything.
    asked: bool,
}

/// An action of which no edit came to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InVain {
    /// Its name.
    pub action: String,
    /// How many were to be made.
    pub wanted: u64,
    /// From how many of them a blocking sync kept their people.
    pub prevented: u64,
    /// How many of them the script had no row or no free natural key for.
    pub unplaced: u64,
}

impl Tried {
    /// Of a script, from which it takes what each edit is of, with so many actions.
    pub(super) fn new(script: &mut Script, actions: usize) -> Tried {
        let edits = std::mem::take(&mut script.edits);
        let none = vec![0; actions];
        let (mut wanted, made, prevented) = (none.clone(), none.clone(), none);
        edits.iter().flatten().for_each(|action| wanted[usize::from(*action)] += 1);
        Tried { edits, wanted, made, prevented, office_missed: 0, asked: false }
    }

    pub(super) fn on(&mut self, event: &Event<'_>) {
        let (edit, counts) = match event {
            Event::EditMade { edit, .. } => (edit, &mut self.made),
            Event::EditPrevented { edit, .. } => (edit, &mut self.prevented),
            // An engine that was brought may not tell of its requests.
            Event::RequestSent { .. }
            | Event::ConnectionOpened { .. }
            | Event::MessageDropped { .. }
            | Event::BackendServed { device: Some(_), .. } => {
                self.asked = true;
                return;
            }
            _ => return,
        };
        let edits = self.edits.get(edit.id.device.0 as usize);
        if let Some(action) = edits.and_then(|edits| edits.get(edit.id.number as usize)) {
            counts[usize::from(*action)] += 1;
        }
    }

    /// Whether a device asked a server for anything, or tried to.
    pub(super) fn has_asked(&self) -> bool {
        self.asked
    }

    /// The office has tried an edit of `action`.
    pub(super) fn by_office(&mut self, action: u16, made: bool) {
        self.wanted[usize::from(action)] += 1;
        self.made[usize::from(action)] += u64::from(made);
        self.office_missed += u64::from(!made);
    }

    /// How many edits the office tried that came to nothing.
    pub(super) fn office_missed(&self) -> u64 {
        self.office_missed
    }

    /// The actions of which no edit came to be, though some were to be made; `placed` says of each
    /// what the script made of it.
    pub(super) fn in_vain(&self, placed: &[ActionCount]) -> Vec<InVain> {
        let in_vain = |(at, count): (usize, &ActionCount)| {
            let (wanted, unplaced) = (self.wanted[at] + count.left_out, count.left_out);
            let (action, prevented) = (count.name.clone(), self.prevented[at]);
            let is_in_vain = wanted > 0 && self.made[at] == 0;
            is_in_vain.then_some(InVain { action, wanted, unplaced, prevented })
        };
        placed.iter().enumerate().filter_map(in_vain).collect()
    }
}
