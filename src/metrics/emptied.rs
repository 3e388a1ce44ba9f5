//! Tables that people see empty, since what was in them is to come again.

use std::collections::BTreeMap;

use super::board::Board;
use super::table::Id;
use crate::base::{DeviceId, EntityId, Time};
use crate::contract::Event;

#[derive(Debug, Default)]
pub(super) struct Emptied(BTreeMap<(DeviceId, EntityId), Time>);

impl Emptied {
    pub(super) fn on(&mut self, at: Time, device: DeviceId, event: &Event<'_>, board: &mut Board) {
        match event {
            Event::TableEmptied { entity, edits } => {
                board.add(Id::EmptyTableEdits, *edits);
                self.0.entry((device, *entity)).or_insert(at);
            }
            Event::ChunkApplied { changes, .. } if !self.0.is_empty() => {
                for change in changes.iter().filter(|change| !change.removed) {
                    if let Some(since) = self.0.remove(&(device, change.entity)) {
                        board.observe(Id::EmptyTable, at.since(since).0);
                    }
                }
            }
            _ => {}
        }
    }
}
