//! Changes to the rows of the replica.
//!
//! A place is one combination of values in the columns that bind rows to devices. A load reads all
//! rows of an entity from the backend, in pages. A verdict is the backend's response to an edit,
//! with the present version of the row. That version may be ahead of the pages.

use std::sync::Arc;

use rusqlite::Params;
use rusqlite::types::FromSql;

use super::database::{Replica, sound};
use super::history;
use crate::backend::{Backend, Change};
use crate::base::json::encode_cells;
use crate::base::{EntityId, Key, Stamp, Time, Undone, Value};
use crate::contract::{Delivery, Entity};

#[derive(Clone, Debug)]
pub(crate) struct Copied {
    key: Key,
    stamp: Stamp,
    /// The bytes for devices, and their place. `None`: the row is deleted or in no device's scope.
    held: Option<Held>,
}

#[derive(Clone, Debug)]
struct Held {
    place: String,
    /// The record with which a device fetches the row; `None`: the row has no record.
    record: Option<String>,
    cells: Vec<u8>,
}

/// A page of changes from the backend.
#[derive(Clone, Debug)]
pub(crate) struct Captures {
    pub(crate) entity: EntityId,
    pub(crate) rows: Vec<Copied>,
    pub(crate) cursor: String,
    pub(crate) more: bool,
    /// Rows that exist although a load left them out: their latest versions become visible later.
    pub(crate) withheld: Vec<Key>,
    /// `Some` if a load begins with this page. The load brings each row whose last version has this
    /// stamp or an earlier one.
    pub(crate) loads_up_to: Option<Stamp>,
    /// If a load ends with this page, the rows that it did not bring are gone. Their tombstones get
    /// this stamp or a later one.
    pub(crate) as_of: Stamp,
}

#[derive(Debug, Default)]
pub(crate) struct Taken {
    /// The number of rows that got a new version.
    pub(crate) changed: u64,
    /// Rows that are newer here than in the page. The capture assumes that they were taken.
    pub(crate) passed_over: Vec<Key>,
}

impl Taken {
    pub(crate) fn and(mut self, other: Taken) -> Taken {
        self.changed += other.changed;
        self.passed_over.extend(other.passed_over);
        self
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Applied {
    Written,
    AsItWas,
    PassedOver,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Progress {
    pub(super) cursor: Option<String>,
    /// True if a first load is complete, so that devices can be served.
    pub(super) loaded: bool,
    loading: bool,
    /// Increases with each load. Rows that a load brings get its number.
    generation: i64,
    /// The load in progress does not report rows that were gone at this stamp.
    since: Option<Stamp>,
}

struct Found {
    place: i64,
    seq: i64,
    gone: bool,
    version: RowVersion,
    record: Option<String>,
    cells: Option<Vec<u8>>,
}

#[derive(Clone, Copy)]
struct RowVersion {
    stamp: Stamp,
    /// True if a device wrote the row. A device may hold it before its own first load, so that load
    /// must send its tombstone.
    ours: bool,
    ahead: bool,
    /// The number of the last load that brought the row. Negative: a device got other values after
    /// that.
    generation: i64,
}

/// A place that no device reads.
const NOWHERE: i64 = 0;

impl Copied {
    pub(crate) fn of(entity: &Entity, change: Change<'_>) -> Copied {
        let held = change.values.and_then(|values| Held::of(entity, values));
        Copied { key: change.key.clone(), stamp: change.stamp, held }
    }

    /// The row's approximate size in bytes on the link to the gateway.
    pub(crate) fn weight(&self) -> u64 {
        let held = self.held.as_ref().map_or(0, |held| held.cells.len() + held.place.len());
        (self.key.len() + held + 22) as u64
    }
}

impl Held {
    fn of(entity: &Entity, values: &[Value]) -> Option<Held> {
        let place = place_of(entity, values)?;
        let by = if let Delivery::OnOpen { by } = entity.delivery { &values[by] } else { &Value::Null };
        let record = if let Value::Text(key) = by { Some(key.to_string()) } else { None };
        let cells = encode_cells(entity.projection.iter().map(|&column| &values[column]));
        Some(Held { place, record, cells })
    }
}

/// The place of a row with these values: the encoded values of the columns that bind it to devices.
/// `None`: the row is outside a window.
fn place_of(entity: &Entity, values: &[Value]) -> Option<String> {
    entity.binding(values).map(named)
}

/// The place that a device with these attributes reads.
pub(super) fn place_for(entity: &Entity, attributes: &[Value]) -> String {
    named(entity.bound_to(attributes))
}

fn named<'v>(values: impl Iterator<Item = &'v Value>) -> String {
    String::from_utf8(encode_cells(values)).expect("JSON is text")
}

impl Replica {
    /// Fills the replica with the backend's present rows in stamp order; with `traces` also deleted
    /// ones. `cursor` gives the replica's own cursor per entity. Ends early once `stops` is true.
    pub(crate) fn fill(
        &mut self,
        backend: &Backend,
        traces: bool,
        cursor: impl Fn(EntityId) -> String,
        stops: &dyn Fn() -> bool,
    ) {
        let entities: Vec<EntityId> = self.entities().collect();
        self.transact(|replica| {
            for &entity in &entities {
                let schema = Arc::clone(&replica.schema);
                let mut records: Vec<_> = backend.rows(entity).filter(|row| traces || !row.deleted).collect();
                records.sort_by(|a, b| (a.stamp, &a.key).cmp(&(b.stamp, &b.key)));
                for record in records.into_iter().take_while(|_| !stops()) {
                    let Some(held) = Held::of(schema.entity(entity), &record.values) else { continue };
                    let place = replica.place(entity, &held.place);
                    let held = (!record.deleted).then_some(&held);
                    let version =
                        RowVersion { stamp: record.stamp, ours: false, ahead: false, generation: 1 };
                    replica.write(entity, &record.key, version, place, held);
                }
                let (cursor, loaded) = (Some(cursor(entity)), true);
                let progress = Progress { cursor, loaded, loading: false, generation: 1, since: None };
                replica.set_progress(entity, &progress);
            }
        });
        self.transact(|replica| replica.set_fresh(Time::ZERO));
    }

    pub(crate) fn cursor(&self, entity: EntityId) -> Option<String> {
        self.progress(entity).cursor
    }

    pub(crate) fn is_loading(&self) -> bool {
        self.entities().any(|entity| self.progress(entity).loading)
    }

    /// The replica's cursor has expired. The next page begins a load, and the load removes rows
    /// that it does not bring.
    pub(crate) fn load_again(&mut self, entity: EntityId) {
        self.transact(|replica| replica.begin_load(entity));
    }

    /// Begins a load after a restore of the backend. Rows known from verdicts of an undone history
    /// lose their priority. Verdicts are deleted: if a device sends the edit again, the restored
    /// backend judges it.
    pub(crate) fn begin_again(&mut self, entity: EntityId, undone: &[Undone]) {
        self.transact(|replica| {
            sound(replica.open().prepare("DELETE FROM upload WHERE verdict IS NOT NULL").execute([]));
            for Undone { from, until } in undone {
                replica.none_ahead(entity, *from, *until);
            }
            replica.begin_load(entity);
        });
    }

    fn begin_load(&self, entity: EntityId) {
        let progress = self.progress(entity);
        let generation = progress.generation + 1;
        let begun = Progress { cursor: None, loading: true, generation, since: None, ..progress };
        self.set_progress(entity, &begun);
    }

    pub(crate) fn take(&mut self, page: &Captures) -> Taken {
        let Captures { entity, rows, cursor, more, withheld, loads_up_to, as_of } = page;
        self.transact(|replica| {
            let progress = replica.progress(*entity);
            let mut taken = Taken::default();
            let since = loads_up_to.or(progress.since);
            if let Some(stamp) = loads_up_to {
                // The load brings the rows that exist, and does not report the others.
                replica.none_ahead(*entity, Stamp(i64::MIN), *stamp);
            }
            for row in rows {
                match replica.apply(*entity, row, false, progress.generation) {
                    Applied::Written => taken.changed += 1,
                    Applied::PassedOver => taken.passed_over.push(row.key.clone()),
                    Applied::AsItWas => {}
                }
            }
            // The load counts withheld rows as brought, even if a device got other values.
            let met = "UPDATE rows SET generation = iif(generation < 0, -?2, ?2) WHERE key = ?1 AND gone = 0";
            for key in withheld.iter().filter(|_| progress.loading) {
                sound(replica.on(*entity, met).execute((key.as_str(), progress.generation)));
            }
            if progress.loading && !more {
                taken.changed += replica.sweep(*entity, progress.generation, *as_of);
            }
            let (loaded, loading) = (progress.loaded || !more, progress.loading && *more);
            let cursor = Some(cursor.clone());
            replica.set_progress(*entity, &Progress { cursor, loaded, loading, since, ..progress });
            taken
        })
    }

    /// Writes the rows of a verdict at once. `took`: a row that the device holds as it wrote it;
    /// the device always gets its tombstone. A restored backend may return to a version that is
    /// already here. Then a device that got other values must get that version again.
    pub(super) fn write_through(
        &mut self,
        entity: EntityId,
        rows: &[Copied],
        took: Option<(&Key, Stamp, &[Value])>,
        went_back: bool,
    ) {
        let schema = Arc::clone(&self.schema);
        let schema = schema.entities.get(usize::from(entity.0));
        let Some(schema) = schema.filter(|schema| schema.delivery.comes_down()) else { return };
        let Progress { loading, generation, since, .. } = self.progress(entity);
        // A load in progress has not brought the row yet.
        let unmet = generation - i64::from(loading);
        for row in rows {
            // The load in progress may have passed this row's deletion without reporting it.
            let is_passed = loading && since.is_some_and(|since| row.stamp <= since);
            let is_here = !is_passed
                && (self.apply(entity, row, true, unmet) != Applied::PassedOver || self.holds(entity, row));
            if went_back && !is_here {
                let sql = "UPDATE rows SET generation = -abs(generation) WHERE key = ?1";
                sound(self.on(entity, sql).execute([row.key.as_str()]));
            }
        }
        let Some((key, stamp, attributes)) = took else { return };
        // The tombstone's stamp must not be older than the device's edit: the device would ignore
        // it.
        let left = rows.iter().filter(|row| row.key == *key).map(|row| row.stamp).max();
        let stamp = left.map_or(stamp, |left| left.max(stamp));
        self.resend_tombstone(entity, key, stamp);
        let theirs = self.place(entity, &place_for(schema, attributes));
        if self.find(entity, key).iter().all(|found| found.place != theirs) {
            let version = RowVersion { stamp, ours: true, ahead: false, generation };
            self.write(entity, key, version, theirs, None);
        }
    }

    /// True if this version is here, and no device got other values.
    fn holds(&mut self, entity: EntityId, row: &Copied) -> bool {
        let Some(held) = &row.held else { return false };
        let place = Some(self.place(entity, &held.place));
        self.find(entity, &row.key).iter().any(|found| !found.gone && found.is(place, row.stamp, held))
    }

    /// Sends the row's tombstone again, in every place, to devices that hold the row as of `stamp`.
    /// Such a device may have begun its load after the deletion. The load left out the tombstone,
    /// because no device was known to have written the row.
    fn resend_tombstone(&mut self, entity: EntityId, key: &Key, stamp: Stamp) {
        for old in self.find(entity, key).into_iter().filter(|old| old.gone) {
            self.remove(entity, &old);
            // The device ignores versions that are not newer than its edit.
            let version = RowVersion { stamp: old.version.stamp.max(stamp), ours: true, ..old.version };
            self.write(entity, key, version, old.place, None);
        }
    }

    /// Replaces the present version by one from the backend. The new version comes from a page for
    /// the replica, or from a verdict. A verdict is `ahead` of those pages.
    fn apply(&mut self, entity: EntityId, row: &Copied, ahead: bool, generation: i64) -> Applied {
        let Copied { key, stamp, held } = row;
        let found = self.find(entity, key);
        let live = found.iter().find(|found| !found.gone);
        // A page older than a device's edit says nothing about the edit.
        let is_later = |Found { version: there, .. }: &Found| {
            if ahead { there.stamp >= *stamp } else { there.ahead && there.stamp > *stamp }
        };
        if found.iter().any(is_later) {
            if ahead {
                let sql = "UPDATE rows SET ours = 1 WHERE key = ?1";
                sound(self.on(entity, sql).execute([key.as_str()]));
            }
            return Applied::PassedOver;
        }
        let place = held.as_ref().map(|held| self.place(entity, &held.place));
        match (live, held) {
            (None, None) if !found.is_empty() => {
                if ahead {
                    self.mark_tombstone_ahead(entity, row);
                }
                return Applied::AsItWas;
            }
            (Some(live), Some(held)) if live.is(place, *stamp, held) => {
                if live.version.generation != generation || live.version.ahead {
                    let sql = "UPDATE rows SET generation = ?3, ahead = 0 WHERE scope = ?1 AND seq = ?2";
                    sound(self.on(entity, sql).execute((live.place, live.seq, generation)));
                }
                return Applied::AsItWas;
            }
            _ => {}
        }
        let ours = ahead || found.iter().any(|found| found.version.ours);
        let stays = |old: &Found| old.gone && Some(old.place) != place && old.place != NOWHERE;
        for old in found.iter().filter(|old| !stays(old)) {
            self.remove(entity, old);
        }
        let version = RowVersion { stamp: *stamp, ours, ahead, generation };
        if let Some(live) = live.filter(|live| Some(live.place) != place) {
            self.write(entity, key, version, live.place, None);
        }
        match place {
            Some(place) => self.write(entity, key, version, place, held.as_ref()),
            // The tombstone is in no place. It makes the replica ignore an older version later.
            None if live.is_none() => self.write(entity, key, version, NOWHERE, None),
            None => {}
        }
        Applied::Written
    }

    /// Notes that a device deleted a row that a load had found gone. A lagging reader may still
    /// report an earlier version of the row.
    fn mark_tombstone_ahead(&self, entity: EntityId, Copied { key, stamp, .. }: &Copied) {
        let sql = "UPDATE rows SET ahead = 1, ours = 1, stamp = ?2 WHERE key = ?1 AND gone = 1";
        sound(self.on(entity, sql).execute((key.as_str(), stamp.0)));
    }

    /// Writes a row under the next number. Without `held`: a tombstone.
    fn write(&mut self, entity: EntityId, key: &Key, version: RowVersion, place: i64, held: Option<&Held>) {
        let seq = self.next();
        let RowVersion { stamp, ours, ahead, generation } = version;
        let (record, cells) = (held.and_then(|held| held.record.as_ref()), held.map(|held| &held.cells));
        let row = (place, seq, key.as_str(), stamp.0, held.is_none(), ours, ahead, generation, record, cells);
        let sql = "INSERT INTO rows VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
        sound(self.on(entity, sql).execute(row));
    }

    fn remove(&self, entity: EntityId, old: &Found) {
        history::keep(self, entity, old.place, old.seq);
        let sql = "DELETE FROM rows WHERE scope = ?1 AND seq = ?2";
        sound(self.on(entity, sql).execute((old.place, old.seq)));
    }

    /// From now on, rows with stamps in this range are not ahead of the backend's pages.
    fn none_ahead(&self, entity: EntityId, from: Stamp, until: Stamp) {
        let sql = "UPDATE rows SET ahead = 0 WHERE ahead = 1 AND stamp BETWEEN ?1 AND ?2";
        sound(self.on(entity, sql).execute([from.0, until.0]));
    }

    fn find(&self, entity: EntityId, key: &Key) -> Vec<Found> {
        let sql =
            "SELECT scope, seq, stamp, gone, ours, ahead, generation, record, cells FROM rows WHERE key = ?1";
        let mut find = self.on(entity, sql);
        let found = find.query_map([key.as_str()], |row| {
            Ok(Found {
                place: row.get(0)?,
                seq: row.get(1)?,
                gone: row.get(3)?,
                version: RowVersion {
                    stamp: Stamp(row.get(2)?),
                    ours: row.get(4)?,
                    ahead: row.get(5)?,
                    generation: row.get(6)?,
                },
                record: row.get(7)?,
                cells: row.get(8)?,
            })
        });
        sound(sound(found).collect())
    }

    /// Removes the rows that the load of this generation has not brought, and returns their number.
    /// Some device may have a later version of such a row; that version is gone as well. Earlier
    /// tombstones are sent again to devices that may have got other values.
    fn sweep(&mut self, entity: EntityId, generation: i64, as_of: Stamp) -> u64 {
        let unmet =
            "SELECT key, stamp FROM rows WHERE gone = 0 AND ahead = 0 AND abs(generation) < ?1 ORDER BY seq";
        let gone: Vec<(String, i64)> = self.pairs(entity, unmet, [generation]);
        for (key, stamp) in &gone {
            let row = Copied { key: Key::new(key), stamp: as_of.max(Stamp(*stamp)), held: None };
            self.apply(entity, &row, false, generation);
        }
        let doubted = "SELECT scope, seq FROM rows WHERE gone = 1 AND generation < 0 ORDER BY seq";
        let doubted: Vec<(i64, i64)> = self.pairs(entity, doubted, []);
        let renew = "UPDATE rows SET seq = ?3, generation = abs(generation) WHERE scope = ?1 AND seq = ?2";
        for (place, seq) in doubted {
            let next = self.next();
            sound(self.on(entity, renew).execute((place, seq, next)));
        }
        gone.len() as u64
    }

    fn pairs<A: FromSql, B: FromSql>(&self, entity: EntityId, sql: &str, by: impl Params) -> Vec<(A, B)> {
        let mut query = self.on(entity, sql);
        let rows = sound(query.query_map(by, |row| Ok((row.get(0)?, row.get(1)?))));
        sound(rows.collect())
    }

    pub(super) fn progress(&self, entity: EntityId) -> Progress {
        let mut read = self
            .open()
            .prepare("SELECT cursor, loaded, loading, generation, since FROM progress WHERE entity = ?1");
        let progress = read.query_row([entity.0], |row| {
            let (cursor, loaded, loading) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let since = row.get::<_, Option<i64>>(4)?.map(Stamp);
            Ok(Progress { cursor, loaded, loading, generation: row.get(3)?, since })
        });
        sound(progress)
    }

    fn set_progress(&self, entity: EntityId, progress: &Progress) {
        let Progress { cursor, loaded, loading, generation, since } = progress;
        let sql = "UPDATE progress SET cursor = ?2, loaded = ?3, loading = ?4, generation = ?5, since = ?6
                   WHERE entity = ?1";
        let since = since.map(|since| since.0);
        sound(self.open().prepare(sql).execute((entity.0, cursor, loaded, loading, generation, since)));
    }
}

impl Found {
    /// True if the row has this place, stamp and content, and no device got other values.
    fn is(&self, place: Option<i64>, stamp: Stamp, held: &Held) -> bool {
        self.version.generation >= 0
            && Some(self.place) == place
            && self.version.stamp == stamp
            && self.record == held.record
            && self.cells.as_ref() == Some(&held.cells)
    }
}
