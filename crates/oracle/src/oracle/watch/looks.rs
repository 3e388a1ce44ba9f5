//! Looks: inspects the database of a phone between its syncs, while the simulation continues.
//!
//! Compares the device's reports about its rows with the rows that it shows at that moment. A row
//! that the device has must not vanish, a removed row must not return, and no row may be older than
//! before. This finds faults that the next page repairs after a second: a run that deletes rows
//! first, an acknowledgement that brings a row back, a rollback that undoes rows. Rows with waiting
//! edits are not judged, nor rows about which nothing is certain, such as after a restore.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::base::{DeviceId, EntityId, Key, Stamp, Time};
use crate::contract::{DeviceView, EditKind, EngineEvent, Event};
use crate::oracle::checks::{ShownCase, went_back};
use crate::oracle::model::{Held, History, Ledger, NamedView, Places, RowHash, RowId, compared, place};
use crate::oracle::watch::Shown;
use crate::oracle::{Findings, Harm, Matter, OracleSetup, Rule, Topic};

pub(crate) static FLICKER: Rule = Rule {
    finds: "during the run, a row on the phone was gone, back, or older than before",
    needs: |can| can.stamps && can.sessions,
    counts: |can| can.stamps && can.sight.inside,
    hears: &[Topic::Rows, Topic::Done],
    ..Rule::new("flicker", "oracle.flicker.rows", Harm::Divergent, Matter::Looks)
};

type Rows = FxHashMap<(EntityId, Key), (Stamp, u64)>;

#[derive(Debug, Default)]
pub(crate) struct Looks {
    pub(crate) taken: u64,
    /// By device, the rows that it showed at the last look, if its process has lived since.
    before: FxHashMap<DeviceId, FxHashSet<(EntityId, Key)>>,
}

impl Looks {
    pub(crate) fn on(&mut self, device: DeviceId, event: &Event<'_>) {
        match event {
            // The database may be another one, or the last actions may have no report.
            Event::ProcessKilled { .. } | Event::Restored { .. } | Event::BecameCopy { .. } => {
                self.before.remove(&device);
            }
            Event::Engine(EngineEvent::TableEmptied { entity, .. }) => {
                self.before.entry(device).or_default().retain(|(of, _)| of != entity);
            }
            _ => {}
        }
    }
}

/// The rows of a device that have edits which wait for the network or for a person.
pub(crate) fn with_waiting_edits(view: &dyn DeviceView) -> FxHashSet<(EntityId, Key)> {
    view.pending().into_iter().chain(view.held_up()).map(|edit| (edit.entity, edit.key)).collect()
}

/// A look at one device, with the model's knowledge about it.
pub(crate) struct Look<'a> {
    pub(crate) now: Time,
    pub(crate) device: DeviceId,
    pub(crate) setup: &'a OracleSetup,
    pub(crate) places: &'a Places,
    pub(crate) history: &'a History,
    pub(crate) ledger: &'a Ledger,
    pub(crate) held: &'a Held,
    pub(crate) shown: &'a Shown,
    pub(crate) findings: &'a mut Findings,
}

impl Look<'_> {
    /// Compares the shown rows with those that the device must have. Returns how many rows were
    /// read.
    pub(crate) fn at(&mut self, view: &NamedView<'_>, looks: &mut Looks) -> u64 {
        let (device, schema) = (self.device, &self.setup.labels.schema);
        let mut dirty = with_waiting_edits(view);
        dirty.extend(view.open_conflicts().into_iter().map(|open| (open.entity, open.key)));
        let (mut shown, mut hash) = (Rows::default(), RowHash::default());
        let units = &self.setup.labels.units;
        let judged: Vec<EntityId> = schema.ids().filter(|id| compared(schema, units, *id)).collect();
        for id in judged.iter().copied() {
            view.rows(id, &mut |key, stamp, values| {
                shown.insert((id, Key::new(key)), (stamp, hash.shown(values)));
            });
        }
        if view.view.damage(false).is_some() {
            return shown.len() as u64;
        }
        looks.taken += 1;
        let (history, mut read) = (self.history, shown.len() as u64);
        let before = looks.before.remove(&device).unwrap_or_default();
        for (id, row) in history.rows().filter(|(_, row)| judged.contains(&row.entity)) {
            read += 1;
            let of = (row.entity, row.key.clone());
            // A server's response may have said that the row is deleted. The phone may still keep
            // it while other rows refer to it.
            let stays = self.shown.gone_by_verdict.contains(&(id, device)) && before.contains(&of);
            if !dirty.contains(&of) && self.is_sure(id) && !(stays && shown.contains_key(&of)) {
                self.judge_shown(id, shown.get(&of).copied());
            }
        }
        for of in before {
            if !shown.contains_key(&of) && !dirty.contains(&of) && self.never_went(&of) {
                let words = &self.setup.labels;
                let concerns = (Some(device), Some((of.0, of.1.as_str())));
                self.findings.add(&FLICKER, concerns, || {
                    let record = words.record(of.0, of.1.as_str());
                    format!("{device} no longer shows {record}, which it had and to which nothing happened")
                });
            }
        }
        looks.before.insert(device, shown.into_keys().collect());
        read
    }

    /// True if the device's own reports leave no doubt about the version that it has of a row.
    fn is_sure(&self, id: RowId) -> bool {
        let device = self.device;
        let had = self.held.versions(id, device);
        let told = self.shown.knows(id, device) && self.shown.heard(id, device);
        had > 0 && told && !self.held.is_unsure(id, device)
    }

    fn judge_shown(&mut self, id: RowId, shown: Option<(Stamp, u64)>) {
        let device = self.device;
        let (row, had) = (self.history.row(id), self.held.versions(id, device));
        let place = &*self.places[usize::from(row.entity.0)];
        let last = &row.versions[had - 1];
        let first = || self.history.first_of(row, 0).map(|(_, content)| content);
        let is_on_its_way =
            |content| !last.gone && row.reads_as(content, first()).is_none_or(|like| like > had);
        let (has, stamp) = match shown {
            Some((_, content)) if !last.gone && content == last.content => return,
            // If no version has the content, or only an unreported one, parts of the row are still
            // on their way.
            Some((_, content)) if is_on_its_way(content) => return,
            Some((stamp, _)) => (row.held_with(stamp), stamp),
            None if self.held.is_removed(id, device) => return,
            None => return self.judge_missing(id),
        };
        let first = self.history.first_of(row, has);
        let (words, now) = (&self.setup.labels, self.now);
        let case = ShownCase { words, device, now, row, place, had, has, stamp, removed: false, first };
        let text = went_back(&case).map(|text| format!("seen in its database: {text}"));
        let concerns = (Some(device), Some((row.entity, row.key.as_str())));
        self.findings.found(&FLICKER, concerns, text);
    }

    /// The device has the row but does not show it. This is right only if a later version removed
    /// it.
    fn judge_missing(&mut self, id: RowId) {
        let device = self.device;
        let (row, had) = (self.history.row(id), self.held.versions(id, device));
        let place = &*self.places[usize::from(row.entity.0)];
        // Deletes by the person at this phone are not judged here.
        let mut open = self.ledger.open_on(id).filter(|edit| edit.id.device == device);
        let goes = (had..=row.versions.len()).any(|held| !row.has(held, place));
        if goes || open.any(|edit| edit.kind == EditKind::Delete) {
            return;
        }
        let (words, concerns) = (&self.setup.labels, (Some(device), Some((row.entity, row.key.as_str()))));
        self.findings.add(&FLICKER, concerns, || {
            let record = words.record(row.entity, &row.key);
            let (now, stamp) = (words.time(self.now), words.stamp(row.versions[had - 1].stamp));
            format!("{device} does not show {record} at {now}, which it has as of {stamp}")
        });
    }

    /// True if a row was in this scope at the start, and has not changed since as far as is known.
    fn never_went(&self, (entity, key): &(EntityId, Key)) -> bool {
        let own = &*self.places[usize::from(entity.0)];
        let untouched = self.history.find(*entity, key).is_none();
        let there = self.history.initial.row(*entity, key);
        let there = there.and_then(|(_, values)| place(self.history.schema.entity(*entity), &values));
        untouched && there.as_deref() == Some(own)
    }
}
