//! Writes the events of a world (one whole simulation) in the form in which an app and its tests
//! would record them.
//!
//! The lines have edits, syncs, acknowledgements, messages to users, and commits with their
//! authors. At the end come the rows that devices show, and the edits that still wait there.
//! Internal events of an engine are left out.

use std::io::{self, Write};
use std::sync::Arc;

use serde_json::{Map, Value as Json};

use super::line::{Author as By_, By, Change, Instant, Line, Other, Recorded, Says, VERSION, When};
use super::value::{instant, to_json};
use crate::base::{DeviceId, EntityId, Key, Span, Stamp, Time, UnitId, Value};
use crate::contract::{
    Attributes, Author, CommitKind, Delivery, DeviceView, EditError, EditKind, EngineEvent, Event, LocalEdit,
    LogKind, Node, Occurrence, PhoneEvent, Schema, SyncUnit,
};
use crate::oracle::Truth;

/// Writes a history line by line.
pub struct Writer<W> {
    out: W,
    schema: Arc<Schema>,
    units: Arc<[SyncUnit]>,
    /// The wall clock at virtual time zero.
    start: Stamp,
    /// The number of lines written for each device. The last entry is the backend's.
    told: Vec<u64>,
    failed: Option<io::Error>,
    /// The first event that the format cannot express, if any.
    unsaid: Option<&'static str>,
}

impl<W: Write> Writer<W> {
    /// Makes a writer for a world with these devices; `names` are the names of their attributes.
    pub fn new(
        out: W,
        (schema, units): (Arc<Schema>, Arc<[SyncUnit]>),
        start: Stamp,
        (names, devices): (&[String], &[Attributes]),
    ) -> Writer<W> {
        let (told, failed, unsaid) = (vec![0; devices.len() + 1], None, None);
        let mut writer = Writer { out, schema, units, start, told, failed, unsaid };
        let attributes = |of: &Attributes| -> Map<String, Json> {
            let named = names.iter().zip(of);
            named.map(|(name, value)| (name.clone(), plain(value))).collect()
        };
        let device = |(at, of): (usize, &Attributes)| (DeviceId(at as u32).to_string(), attributes(of));
        writer.write(&Line::History {
            wall_clock: None,
            version: VERSION,
            clock_tolerance: Some("1ms".to_owned()),
            devices: devices.iter().enumerate().map(device).collect(),
            records: vec![Recorded::Acknowledged, Recorded::Told, Recorded::Commit],
            unrecorded_writers: false,
        });
        writer
    }

    /// Returns the output, and the first event that the format cannot express, if any.
    ///
    /// # Errors
    /// The output could not be written.
    pub fn finish(self) -> io::Result<(W, Option<&'static str>)> {
        match self.failed {
            Some(failed) => Err(failed),
            None => Ok((self.out, self.unsaid)),
        }
    }

    fn write(&mut self, line: &Line) {
        if self.failed.is_some() {
            return;
        }
        let text = serde_json::to_string(line).expect("a line is JSON");
        self.failed = writeln!(self.out, "{text}").err();
    }
    fn at(&self, at: Time) -> Stamp {
        self.start.plus(Span(at.0))
    }
    fn when(&mut self, at: Time, device: Option<DeviceId>) -> When {
        let place = device.map_or(self.told.len() - 1, |device| device.0 as usize);
        self.told[place] += 1;
        When { at: Some(Instant::Text(instant(self.at(at)))), seq: Some(self.told[place]), ..When::default() }
    }
    fn values<'v>(
        &self,
        entity: EntityId,
        values: impl Iterator<Item = (usize, &'v Value)>,
    ) -> Map<String, Json> {
        let columns = &self.schema.entity(entity).columns;
        let named =
            |(at, value): (usize, &Value)| (columns[at].name.clone(), to_json(value, &columns[at].kind));
        values.map(named).collect()
    }
    fn name(&self, entity: EntityId) -> String {
        self.schema.entity(entity).name.clone()
    }
    fn unit(&self, unit: UnitId) -> Option<String> {
        self.units.get(usize::from(unit.0)).map(|unit| unit.name.clone())
    }

    /// Writes the backend's rows at the start.
    pub fn begins(&mut self, rows: &dyn Truth) {
        for entity in self.schema.clone().ids() {
            rows.for_each(entity, &mut |key, _, values| {
                let values = self.values(entity, values.iter().enumerate());
                self.write(&Line::Row { entity: self.name(entity), key: key.to_string(), values });
            });
        }
    }

    /// Writes the line of an event, if the format has one.
    pub fn on(&mut self, occurrence: &Occurrence<'_>) {
        let Occurrence { at, node, event } = *occurrence;
        match (node, event) {
            (Node::Backend, Event::Committed { entity, key, kind, values, author, .. }) => {
                let values = if kind == CommitKind::Delete { &[][..] } else { values };
                self.commit(at, entity, key, kind, values, author);
            }
            (Node::Backend, Event::Restored { .. }) => {
                self.unsaid = Some("a return of the backend to a backup")
            }
            (Node::Device(device), event) => self.on_device(at, device, event),
            _ => {}
        }
    }

    fn commit(
        &mut self,
        at: Time,
        entity: EntityId,
        key: &Key,
        kind: CommitKind,
        values: &[Value],
        author: Author,
    ) {
        let kind = match kind {
            CommitKind::Insert => Change::Create,
            CommitKind::Update => Change::Update,
            CommitKind::Delete => Change::Delete,
        };
        let by = match author {
            Author::Device(edit) => {
                By::Device(By_ { device: edit.device.to_string(), edit: Some(edit.to_string()) })
            }
            _ => By::Other(Other::Other),
        };
        let line = Line::Commit {
            entity: self.name(entity),
            key: key.to_string(),
            kind: Some(kind),
            values: self.values(entity, values.iter().enumerate()),
            by: Some(by),
            when: self.when(at, None),
        };
        self.write(&line);
    }

    fn on_device(&mut self, at: Time, id: DeviceId, event: Event<'_>) {
        let device = id.to_string();
        let line = match event {
            Event::ProcessStarted { .. } => Line::AppStarted { device, when: self.when(at, Some(id)) },
            Event::ProcessKilled { .. } => Line::AppKilled { device, when: self.when(at, Some(id)) },
            Event::EditMade { edit, .. } => self.edit(at, id, edit, false),
            // An empty key means that no row was chosen yet, so there is no edit to write.
            Event::EditMissed { edit, .. }
            | Event::EditRefused { edit, error: EditError::Storage(_) | EditError::StorageFull }
                if !edit.key.as_str().is_empty() =>
            {
                self.edit(at, id, edit, true)
            }
            Event::Engine(event) => match self.of_engine(at, id, event) {
                Some(line) => line,
                None => return,
            },
            Event::Restored { .. } | Event::BecameCopy { .. } => {
                return self.unsaid = Some("a phone that went back to a backup, or became another's copy");
            }
            Event::Phone(PhoneEvent::LoggedOut | PhoneEvent::LoggedIn { .. } | PhoneEvent::Reinstalled) => {
                return self.unsaid = Some("a phone that went to another person, or was installed again");
            }
            _ => return,
        };
        self.write(&line);
    }

    fn edit(&mut self, at: Time, id: DeviceId, edit: &LocalEdit, unsure: bool) -> Line {
        Line::Edit {
            device: id.to_string(),
            id: Some(edit.id.to_string()),
            entity: self.name(edit.entity),
            key: edit.key.to_string(),
            kind: match edit.kind {
                EditKind::Create => Change::Create,
                EditKind::Update => Change::Update,
                EditKind::Delete => Change::Delete,
            },
            values: self.values(edit.entity, edit.values.iter().map(|(at, value)| (*at, value))),
            unsure,
            when: self.when(at, Some(id)),
        }
    }

    fn of_engine(&mut self, at: Time, id: DeviceId, event: EngineEvent<'_>) -> Option<Line> {
        let device = id.to_string();
        Some(match event {
            EngineEvent::SyncStart { unit, run, .. } => {
                let unit = self.unit(unit);
                Line::SyncStart { device, unit, run: Some(run), when: self.when(at, Some(id)) }
            }
            EngineEvent::SyncComplete { unit, run, .. } => {
                let unit = self.unit(unit);
                Line::SyncComplete { device, unit, run: Some(run), when: self.when(at, Some(id)) }
            }
            EngineEvent::SyncError { unit, run, error } => {
                let unit = self.unit(unit);
                let error = Some(error.to_string());
                Line::SyncError { device, unit, run: Some(run), error, when: self.when(at, Some(id)) }
            }
            EngineEvent::EditAcknowledged { edit, .. } | EngineEvent::EditLogged { edit, .. }
                if edit.device != id =>
            {
                self.unsaid = Some("a report about an edit of another phone");
                return None;
            }
            EngineEvent::EditAcknowledged { edit, .. } => {
                let edit = Some(edit.to_string());
                Line::Acknowledged { device, edit, entity: None, key: None, when: self.when(at, Some(id)) }
            }
            EngineEvent::EditLogged { edit, kind, .. } => {
                let edit = Some(edit.to_string());
                let when = self.when(at, Some(id));
                Line::Told { device, edit, entity: None, key: None, says: says(kind), when }
            }
            _ => return None,
        })
    }

    /// Writes the rows that a device shows at the end, and the edits that wait there.
    pub fn rests(&mut self, id: DeviceId, view: &dyn DeviceView) {
        for entity in self.schema.clone().ids() {
            let form = self.schema.entity(entity);
            if form.delivery != Delivery::Delta {
                continue;
            }
            let mut rows = Vec::new();
            view.rows(entity, &mut |key, _, values| {
                let columns = form.projected().zip(values);
                let cell = |(column, value): (&crate::contract::Column, &crate::base::ValueRef<'_>)| {
                    (column.name.clone(), to_json(&value.to_value(), &column.kind))
                };
                let mut row: Map<String, Json> = columns.map(cell).collect();
                row.insert(form.key.clone(), key.into());
                rows.push(row);
            });
            let shows = Line::Shows {
                device: id.to_string(),
                entity: form.name.clone(),
                rows: Some(rows),
                key: None,
                values: None,
                gone: false,
                when: When::default(),
            };
            self.write(&shows);
        }
        let named = |waits: Vec<crate::contract::PendingEdit>| -> Vec<String> {
            let edits = waits.iter().map(|pending| pending.edit).filter(|edit| edit.device == id);
            edits.map(|edit| edit.to_string()).collect()
        };
        self.write(&Line::Waits {
            device: id.to_string(),
            edits: Some(named(view.pending())),
            undecided: named(view.held_up()),
            rows: None,
            when: When::default(),
        });
    }

    /// Writes the end of the world. `settled` means that no work was left.
    pub fn ends(&mut self, at: Time, settled: bool) {
        let at = Some(Instant::Text(instant(self.at(at))));
        self.write(&Line::End { settled: Some(settled), when: When { at, ..When::default() } });
    }
}

fn says(kind: LogKind) -> Says {
    match kind {
        LogKind::Superseded => Says::Superseded,
        LogKind::Merged => Says::Merged,
        LogKind::Overwrote => Says::Overwrote,
        LogKind::Rejected => Says::Rejected,
        LogKind::KeptBoth => Says::KeptBoth,
    }
}

fn plain(value: &Value) -> Json {
    match value {
        Value::Int(n) => (*n).into(),
        Value::Text(text) => text.as_ref().into(),
        other => other.to_string().into(),
    }
}
