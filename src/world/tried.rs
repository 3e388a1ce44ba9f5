//! What became of the edits of each action: one of which none came to be tested nothing.

use crate::contract::Event;
use crate::workload::{Action, Script};

/// How many edits of each action were to be made, and how many were.
#[derive(Debug, Default)]
pub(super) struct Tried {
    /// By device, in the order of its edits' numbers: the action that each is of.
    edits: Vec<Vec<u16>>,
    /// By action.
    wanted: Vec<u64>,
    made: Vec<u64>,
}

/// An action of which no edit came to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InVain {
    /// Its name.
    pub action: String,
    /// How many were to be made.
    pub wanted: u64,
}

impl Tried {
    /// Of a script, from which it takes what each edit is of, with so many actions.
    pub(super) fn new(script: &mut Script, actions: usize) -> Tried {
        let edits = std::mem::take(&mut script.edits);
        let (mut wanted, made) = (vec![0; actions], vec![0; actions]);
        edits.iter().flatten().for_each(|action| wanted[usize::from(*action)] += 1);
        Tried { edits, wanted, made }
    }

    pub(super) fn on(&mut self, event: &Event<'_>) {
        let Event::EditMade { edit, .. } = event else { return };
        let edits = self.edits.get(edit.id.device.0 as usize);
        if let Some(action) = edits.and_then(|edits| edits.get(edit.id.number as usize)) {
            self.made[usize::from(*action)] += 1;
        }
    }

    /// The office has tried an edit of `action`.
    pub(super) fn by_office(&mut self, action: u16, made: bool) {
        self.wanted[usize::from(action)] += 1;
        self.made[usize::from(action)] += u64::from(made);
    }

    /// The actions of which no edit came to be, though some were to be made.
    pub(super) fn in_vain(&self, actions: &[Action]) -> Vec<InVain> {
        let counts = self.wanted.iter().zip(&self.made).zip(actions);
        let none = counts.filter(|((wanted, made), _)| **wanted > 0 && **made == 0);
        none.map(|((wanted, _), action)| InVain { action: action.name.clone(), wanted: *wanted }).collect()
    }
}
