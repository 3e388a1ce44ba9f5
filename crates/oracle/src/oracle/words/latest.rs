//! Keeps the record of each device's latest edit, send or conflict. If a finding names no record,
//! people look at this one first.

use rustc_hash::FxHashMap;

use crate::base::DeviceId;
use crate::contract::{EngineEvent, Event, LogKind};
use crate::oracle::model::{History, RowId};

#[derive(Debug, Default)]
pub(crate) struct Latest(FxHashMap<DeviceId, RowId>);

impl Latest {
    pub(crate) fn note(&mut self, device: DeviceId, row: RowId) {
        self.0.insert(device, row);
    }
    pub(crate) fn on(&mut self, device: DeviceId, event: &Event<'_>, history: &mut History) {
        let (entity, key) = match event {
            Event::EditMade { edit, .. } => (edit.entity, &edit.key),
            Event::Engine(
                EngineEvent::EditSent { entity, key, .. }
                | EngineEvent::ConflictDecided { entity, key, .. }
                | EngineEvent::EditLogged { entity, key, kind: LogKind::Rejected, .. },
            ) => (*entity, *key),
            _ => return,
        };
        self.note(device, history.remember(entity, key.as_str()));
    }
    pub(crate) fn of(&self, device: DeviceId) -> Option<RowId> {
        self.0.get(&device).copied()
    }
}
