//! Reports outcomes of edits and applied rows to the bench (the simulator).

use super::journal::Said;
use super::settled::Told;
use crate::contract::{
    AppliedChange, ConflictKind, Decision, DeviceId, EditId, EditKind, EngineEvent, LogKind, Ports,
    RowVersion, Sides, Span, UnitId,
};

pub(super) fn tell(ports: &Ports, device: DeviceId, told: &Told) {
    let (line, said, before) = match told {
        Told::Done(line, said) => (line, Some(*said), &[][..]),
        Told::Never(lines) => {
            let Some((last, before)) = lines.split_last() else { return };
            (last, None, before)
        }
    };
    let (edit, entity, key) = (line.id(device), line.entity, &line.key);
    let with: Vec<EditId> = before.iter().map(|line| line.id(device)).collect();
    ports.emit(match said {
        None => EngineEvent::EditsSquashed { edit, entity, key, with: &with, stays: true },
        Some(Said::Committed(stamp)) => EngineEvent::EditAcknowledged { edit, entity, key, stamp },
        // The app itself reports a refusal. The bench reports it only for an edit that was sent
        // with a refused one.
        Some(Said::Refused) if !line.perhaps => return,
        Some(Said::Refused) => EngineEvent::EditLogged { edit, kind: LogKind::Rejected, entity, key },
        Some(Said::GaveWay(met)) => {
            let kind = match line.kind {
                // The created row is already on the server, and somebody has changed it there.
                EditKind::Create | EditKind::Update => ConflictKind::UpdateUpdate,
                EditKind::Delete => ConflictKind::DeleteUpdate,
            };
            let sides = Sides { local: line.made, remote: met, edited: None };
            EngineEvent::ConflictDecided { edit, entity, key, kind, decision: Decision::Remote, sides }
        }
    });
}

pub(super) fn tell_applied(ports: &Ports, unit: Option<UnitId>, brought: &[RowVersion]) {
    let changes: Vec<_> =
        brought.iter().map(|it| AppliedChange::of(it.entity, &it.key, it.stamp, it.removed)).collect();
    ports.emit(EngineEvent::ChunkApplied { unit, changes: &changes, echoed: 0, took: Span::ZERO });
}
