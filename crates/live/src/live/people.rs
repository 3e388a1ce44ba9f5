//! The edits that apps report for their users. Finds the edits in a request.

use std::collections::BTreeMap;

use super::wire::Asking;
use crate::contract::{DeviceId, EditId, EntityId, Key, RowEdits, Slip};

/// The first number of edits that no app reported.
const UNNAMED: u32 = 1 << 31;
/// The range of numbers for such edits in one request.
const IN_A_REQUEST: u32 = 4_096;

#[derive(Default)]
struct Made {
    /// The edits of a row, in order. The server has decided on the first `answered` of them.
    edits: Vec<EditId>,
    answered: usize,
}

/// The edits of one device.
#[derive(Default)]
pub(super) struct People {
    rows: BTreeMap<(EntityId, Key), Made>,
    made: u32,
    requests: u32,
}

impl People {
    pub(super) fn makes(&mut self, device: DeviceId, entity: EntityId, key: &str) {
        let number = self.made;
        self.made = self.made.saturating_add(1).min(UNNAMED - 1);
        self.rows.entry((entity, Key::new(key))).or_default().edits.push(EditId { device, number });
    }
    /// The number of edits made, and the number of edits on which no response has decided yet.
    pub(super) fn counts(&self) -> (u64, u64) {
        let waits = self.rows.values().map(|made| (made.edits.len() - made.answered) as u64).sum();
        (u64::from(self.made), waits)
    }
    /// The slip (the bench's hidden note) of a request. It has the undecided edits of each row
    /// whose key is in the request. If a row has none, it has the row's last edit, because the app
    /// may repeat it.
    pub(super) fn slip(&mut self, device: DeviceId, asking: &Asking) -> Slip {
        if asking.method == "GET" {
            return Slip::default();
        }
        let named = self.rows.iter().filter(|((_, key), _)| asking.names(key.as_str()));
        let row = |((entity, key), made): (&(EntityId, Key), &Made)| {
            let from = made.answered.min(made.edits.len() - 1);
            RowEdits { entity: *entity, key: key.clone(), edits: made.edits[from..].to_vec(), stamp: None }
        };
        let number = UNNAMED.checked_add(self.requests.saturating_mul(IN_A_REQUEST));
        self.requests += 1;
        let unnamed = number.map(|number| EditId { device, number });
        Slip { edits: named.map(row).collect(), unnamed, ..Slip::default() }
    }
    /// The device received a response that decides on edits.
    pub(super) fn hears(&mut self, slip: &Slip) {
        for row in slip.edits.iter().filter(|row| row.stamp.is_some()) {
            let Some(made) = self.rows.get_mut(&(row.entity, row.key.clone())) else { continue };
            let last = row.edits.last().and_then(|last| made.edits.iter().position(|edit| edit == last));
            made.answered = made.answered.max(last.map_or(0, |last| last + 1));
        }
    }
}
