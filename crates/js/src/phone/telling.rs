//! What the bench is told of edits and rows.

use super::journal::{Line, Said};
use super::settled::Told;
use crate::contract::{
    AppliedChange, ConflictKind, Decision, DeviceId, EditId, EditKind, EngineEvent, LogKind, Ports,
    RowVersion, Sides, Span, Stamp, UnitId,
};

pub(super) fn tell(ports: &Ports, device: DeviceId, told: &Told) {
    match told {
        Told::Done(line, Said::Committed(stamp)) => {
            let (edit, entity, key) = (line.id(device), line.entity, &line.key);
            ports.emit(EngineEvent::EditAcknowledged { edit, entity, key, stamp: *stamp });
        }
        // One that went with another which is refused; else its app tells its person so.
        Told::Done(line, Said::Refused) if line.perhaps => {
            let (edit, entity, key) = (line.id(device), line.entity, &line.key);
            ports.emit(EngineEvent::EditLogged { edit, kind: LogKind::Rejected, entity, key });
        }
        Told::Done(_, Said::Refused) => {}
        Told::Done(line, Said::GaveWay(met)) => gave_way(ports, device, line, *met),
        Told::Never(lines) => {
            let Some((last, before)) = lines.split_last() else { return };
            let with: Vec<EditId> = before.iter().map(|line| line.id(device)).collect();
            let (edit, entity, key) = (last.id(device), last.entity, &last.key);
            ports.emit(EngineEvent::EditsSquashed { edit, entity, key, with: &with, stays: true });
        }
    }
}

fn gave_way(ports: &Ports, device: DeviceId, line: &Line, met: Stamp) {
    let kind = match line.kind {
        // A row that was made here is on the server, and somebody has changed it there.
        EditKind::Create | EditKind::Update => ConflictKind::UpdateUpdate,
        EditKind::Delete => ConflictKind::DeleteUpdate,
    };
    let (edit, entity, key) = (line.id(device), line.entity, &line.key);
    let sides = Sides { local: line.made, remote: met, edited: None };
    ports.emit(EngineEvent::ConflictDecided { edit, entity, key, kind, decision: Decision::Remote, sides });
}

pub(super) fn tell_applied(ports: &Ports, unit: Option<UnitId>, brought: &[RowVersion]) {
    let changes: Vec<_> =
        brought.iter().map(|it| AppliedChange::of(it.entity, &it.key, it.stamp, it.removed)).collect();
    ports.emit(EngineEvent::ChunkApplied { unit, changes: &changes, echoed: 0, took: Span::ZERO });
}
