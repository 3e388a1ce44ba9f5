//! Counts rows that enter or leave a device's scope although nobody changed them, and how long the
//! device takes to get or remove them.
//!
//! This happens if the person of a device gets other attributes. It also happens if a row copies
//! its scope from another row, and that other row moves. The device must then get rows with old
//! stamps, or remove rows that are still on the backend.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::base::{DeviceId, EntityId, Key, Span, Time, Value};
use crate::contract::{AppliedChange, Author, CommitKind, Delivery, Entity, Schema};
use crate::oracle::model::{All, Commit, Held, History, OnMove, Places, Row, place, place_of};

type Holding = (DeviceId, EntityId, Key);

/// Rows that must come to a device, or must leave it. `open` has the rows that are not there yet,
/// or not gone yet.
#[derive(Debug, Default)]
struct Crossing {
    open: BTreeMap<Holding, Time>,
    rows: u64,
    /// Rows times nanoseconds, for all rows that have come or left.
    row_ns: u128,
    longest: Span,
    /// How many rows had not come or left by the end.
    left: u64,
}

impl Crossing {
    fn begins(&mut self, of: Holding, at: Time) {
        self.rows += 1;
        self.open.insert(of, at);
    }
    fn ends(&mut self, of: &Holding, at: Time) -> bool {
        let Some(since) = self.open.remove(of) else { return false };
        let took = at.since(since);
        self.row_ns += u128::from(took.0);
        self.longest = self.longest.max(took);
        true
    }
}

#[derive(Default)]
pub(crate) struct Sights {
    granted: Crossing,
    revoked: Crossing,
    /// By device, its earlier scopes, each with the time at which it ended.
    former: BTreeMap<DeviceId, Vec<(Time, Rc<Places>)>>,
}

/// A change of a device's scope: the scope before, the scope after, and the time.
#[derive(Clone, Copy)]
pub(crate) struct ChangeOfSight<'a> {
    pub(crate) at: Time,
    pub(crate) device: DeviceId,
    pub(crate) before: &'a Rc<Places>,
    pub(crate) after: &'a Places,
}

/// A row that changed its place at time `at`. The place decides which devices see the row; `None`:
/// no device.
#[derive(Clone, Copy)]
pub(crate) struct Moved<'a> {
    pub(crate) at: Time,
    pub(crate) entity: EntityId,
    pub(crate) key: &'a Key,
    pub(crate) from: Option<&'a [Value]>,
    pub(crate) to: Option<&'a [Value]>,
}

/// Applies `change`, which moves scopes. Returns the rows that changed their place. First adds the
/// time that each device was behind in its old scope.
pub(crate) fn move_scopes(
    at: Time,
    history: &mut History,
    held: &mut Held,
    sights: &mut Sights,
    places: &[Rc<Places>],
    change: impl FnOnce(&mut History, &mut OnMove<'_>),
) -> Vec<(EntityId, Key)> {
    for (device, places) in (0..).map(DeviceId).zip(places) {
        held.settle(All { history, places }, device, at);
    }
    let mut moved = Vec::new();
    change(history, &mut |entity, key, [from, to]| {
        sights.moved(Moved { at, entity, key, from, to }, places);
        moved.push((entity, key.clone()));
    });
    moved
}

impl Sights {
    /// The person of a device gets other attributes.
    pub(crate) fn reassigned(&mut self, history: &History, change: ChangeOfSight<'_>) {
        let ChangeOfSight { at, device, before, after } = change;
        for id in history.schema.ids() {
            let entity = history.schema.entity(id);
            let [old, new] = [before, after].map(|places| &places[usize::from(id.0)]);
            if entity.delivery != Delivery::Delta || old == new {
                continue;
            }
            history.for_each_live(id, &mut |key, values| {
                let place = place(entity, values);
                let of = || (device, id, key.clone());
                if place.as_deref() == Some(&**new) {
                    self.comes(of(), at);
                } else if place.as_deref() == Some(&**old) {
                    self.goes(of(), at);
                }
            });
        }
        self.former.entry(device).or_default().push((at, Rc::clone(before)));
    }

    /// A row changed its place, although nobody wrote the row.
    pub(crate) fn moved(&mut self, row: Moved<'_>, places: &[Rc<Places>]) {
        let Moved { at, entity, key, from, to } = row;
        for (device, places) in (0..).map(DeviceId).zip(places) {
            let own = Some(&*places[usize::from(entity.0)]);
            let of = || (device, entity, key.clone());
            match (from == own, to == own) {
                (false, true) => self.comes(of(), at),
                (true, false) => self.goes(of(), at),
                _ => {}
            }
        }
    }

    fn comes(&mut self, of: Holding, at: Time) {
        if !self.revoked.ends(&of, at) {
            self.granted.begins(of, at);
        }
    }
    fn goes(&mut self, of: Holding, at: Time) {
        if !self.granted.ends(&of, at) {
            self.revoked.begins(of, at);
        }
    }

    pub(crate) fn applied(&mut self, at: Time, device: DeviceId, change: &AppliedChange<'_>) {
        let crossing = if change.removed { &mut self.revoked } else { &mut self.granted };
        if !crossing.open.is_empty() {
            crossing.ends(&(device, change.entity, Key::new(change.key)), at);
        }
    }
    /// A row has a new version. If the backend derived the version, the row moves with the row from
    /// which it copies its scope. If the version is a delete, no device waits for the row any more.
    pub(crate) fn committed(&mut self, row: &Row, commit: Commit<'_>, places: &[Rc<Places>]) {
        let [from, to] = row.last_places();
        if commit.kind == CommitKind::Delete {
            self.deleted(row, commit.at);
        } else if commit.author == Author::Derived && from != to {
            self.moved(Moved { at: commit.at, entity: row.entity, key: &row.key, from, to }, places);
        }
    }
    /// A device has removed all its rows of an entity.
    pub(crate) fn emptied(&mut self, device: DeviceId, entity: EntityId, at: Time) {
        let of = |(of, it, _): &&Holding| (*of, *it) == (device, entity);
        let gone: Vec<Holding> = self.revoked.open.keys().filter(of).cloned().collect();
        gone.iter().for_each(|of| _ = self.revoked.ends(of, at));
    }
    fn deleted(&mut self, row: &Row, at: Time) {
        for crossing in [&mut self.granted, &mut self.revoked] {
            let of = |(_, it, of): &&Holding| (*it, of) == (row.entity, &row.key);
            let gone: Vec<Holding> = crossing.open.keys().filter(of).cloned().collect();
            gone.iter().for_each(|of| _ = crossing.ends(of, at));
        }
    }

    /// At the end, a device does not have a row of its scope. Returns since when the row is in the
    /// scope.
    pub(crate) fn lacks(&mut self, of: &Holding, at: Time) -> Time {
        let since = self.granted.open.get(of).copied();
        self.granted.left += u64::from(self.granted.ends(of, at));
        since.unwrap_or_default()
    }
    /// At the end, a device has a row outside its scope.
    pub(crate) fn keeps(&mut self, of: &Holding, at: Time) {
        self.revoked.left += u64::from(self.revoked.ends(of, at));
    }

    /// The current or an earlier scope of a device that contains the row; if there is none, the
    /// current one.
    pub(crate) fn scope_of<'p>(&'p self, device: DeviceId, row: &Row, present: &'p Places) -> &'p [Value] {
        let entity = usize::from(row.entity.0);
        let [_, place] = row.last_places();
        let former = self.former.get(&device).into_iter().flatten().rev();
        let mut former = former.map(|(_, places)| &*places[entity]);
        let is_there = |own: &&[Value]| place == Some(*own);
        Some(&*present[entity]).filter(is_there).or_else(|| former.find(is_there)).unwrap_or(&present[entity])
    }

    /// The figures. Call it after every device was compared with the backend.
    pub(crate) fn figures(&self) -> [(&'static str, u64); 8] {
        let Sights { granted, revoked, .. } = self;
        let clipped = |sum: u128| u64::try_from(sum).unwrap_or(u64::MAX);
        [
            ("oracle.granted.rows", granted.rows),
            ("oracle.granted.lacked", granted.left),
            ("oracle.granted.row_ns", clipped(granted.row_ns)),
            ("oracle.granted.longest", granted.longest.0),
            ("oracle.revoked.rows", revoked.rows),
            ("oracle.revoked.kept", revoked.left),
            ("oracle.revoked.row_ns", clipped(revoked.row_ns)),
            ("oracle.revoked.longest", revoked.longest.0),
        ]
    }
}

/// The place of the rows in each entity that a device with these attributes may see.
pub(crate) fn places_of(schema: &Schema, attributes: &[Value]) -> Rc<Places> {
    let place = |entity: &Entity| Rc::from(place_of(entity, attributes));
    schema.entities.iter().map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Stamp;

    fn of(device: u32, key: &str) -> Holding {
        (DeviceId(device), EntityId(0), Key::new(key))
    }

    fn figure(sights: &Sights, name: &str) -> u64 {
        sights.figures().iter().find(|(of, _)| *of == name).unwrap().1
    }

    #[test]
    fn a_row_that_comes_back_into_sight_is_neither_lacked_nor_kept() {
        let mut sights = Sights::default();
        sights.goes(of(0, "a"), Time(10));
        sights.comes(of(0, "a"), Time(14));
        sights.lacks(&of(0, "a"), Time(20));
        sights.keeps(&of(0, "a"), Time(20));
        assert_eq!(figure(&sights, "oracle.revoked.rows"), 1);
        assert_eq!(figure(&sights, "oracle.revoked.row_ns"), 4);
        assert_eq!(figure(&sights, "oracle.granted.rows"), 0);
        assert_eq!(figure(&sights, "oracle.revoked.kept"), 0);
    }

    #[test]
    fn what_never_came_counts_until_the_end() {
        let mut sights = Sights::default();
        for key in ["a", "b", "c"] {
            sights.comes(of(1, key), Time(10));
        }
        let applied =
            |key, removed| AppliedChange { entity: EntityId(0), key, stamp: Stamp(1), removed, values: None };
        sights.applied(Time(11), DeviceId(1), &applied("a", true));
        sights.applied(Time(13), DeviceId(1), &applied("b", false));
        sights.lacks(&of(1, "a"), Time(30));
        assert_eq!(figure(&sights, "oracle.granted.rows"), 3);
        assert_eq!(figure(&sights, "oracle.granted.lacked"), 1);
        assert_eq!(figure(&sights, "oracle.granted.row_ns"), 23, "`c` was not seen to be missing");
        assert_eq!(figure(&sights, "oracle.granted.longest"), 20);
    }

    #[test]
    fn who_follows_a_row_changes_sight_only_for_its_two_places() {
        let place = |name: &str| -> Rc<Places> { Rc::from([Rc::from([Value::text(name)])]) };
        let (all, mut sights) = ([place("n"), place("s"), place("w")], Sights::default());
        let [n, s] = ["n", "s"].map(|name| [Value::text(name)]);
        let (at, entity, key) = (Time(5), EntityId(0), &Key::new("k"));
        sights.moved(Moved { at, entity, key, from: Some(&n), to: Some(&s) }, &all);
        assert_eq!([figure(&sights, "oracle.granted.rows"), figure(&sights, "oracle.revoked.rows")], [1, 1]);
        sights.keeps(&of(0, "k"), Time(9));
        sights.lacks(&of(1, "k"), Time(9));
        sights.lacks(&of(2, "k"), Time(9));
        assert_eq!(
            [figure(&sights, "oracle.granted.lacked"), figure(&sights, "oracle.revoked.kept")],
            [1, 1]
        );
    }
}
