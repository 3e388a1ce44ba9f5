//! Keeps which versions each device has, and for how long each device lacked newer versions.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::base::{DeviceId, Time, Value};
use crate::oracle::model::{History, Places, Row, RowId};

/// By device, how many versions of one row it has. This is compact, because there are as many
/// entries as rows times devices.
#[derive(Clone, Debug)]
enum Holders {
    Few(Vec<(DeviceId, u32)>),
    Many { first: DeviceId, versions: Vec<u32> },
}

/// Details of a holding (one row on one device) that is not simply up to date. There are few of
/// these.
#[derive(Clone, Copy, Debug)]
struct Beside {
    removed: bool,
    removed_with: u32,
    counted: Time,
}

#[derive(Clone, Debug, Default)]
struct Former {
    versions: Vec<(RowId, u32)>,
    beside: FxHashMap<RowId, Beside>,
}

const NEVER: u32 = u32::MAX;

impl Beside {
    /// `counted` can be zero, because every later version has a later time.
    const NOTHING: Beside = Beside { removed: false, removed_with: NEVER, counted: Time::ZERO };
}

/// Sums of rows times nanoseconds. For 1,000 devices on a busy day, 64 bits are too few.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Behind {
    pub(crate) lost: u128,
    pub(crate) stale: u128,
}

/// All holdings (one row on one device). Only differences from the start are stored.
///
/// A row is *lost* on a device from the commit of a version in its scope until the device has that
/// version or a later one. The row is *stale* instead while the device has an older version. Time
/// offline counts. The times are added when the device applies a change of the row, and at the end.
/// A device should start with its whole scope. If a row from before the start is missing or
/// outdated at the end, its time counts from the start.
#[derive(Debug, Default)]
pub(crate) struct Held {
    by_row: Vec<Holders>,
    beside: FxHashMap<(RowId, DeviceId), Beside>,
    /// The versions on a device when an earlier incarnation of its storage ended. Looked up, never
    /// iterated.
    former: FxHashMap<(DeviceId, u32), Former>,
    /// Rows of which a device may have fewer versions than the model assumes, until the device
    /// reports. Looked up, never iterated.
    perhaps_less: FxHashSet<(RowId, DeviceId)>,
    /// Rows where a commit of the device replaced versions that had not reached the device. The
    /// value is the number of versions that had reached it. Looked up, never iterated.
    unread: FxHashMap<(RowId, DeviceId), u32>,
    pub(crate) behind: Behind,
    pub(crate) odd: Odd,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Odd {
    pub(crate) phantom_deletes: u64,
    pub(crate) phantom_inserts: u64,
    pub(crate) repeated: u64,
    pub(crate) skipped: u64,
}

impl Odd {
    pub(crate) fn figures(&self) -> [(&'static str, u64); 4] {
        [
            ("oracle.skipped.versions", self.skipped),
            ("oracle.phantom_delete.rows", self.phantom_deletes),
            ("oracle.phantom_insert.rows", self.phantom_inserts),
            ("oracle.repeated.rows", self.repeated),
        ]
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct At<'a> {
    pub(crate) device: DeviceId,
    pub(crate) place: &'a [Value],
    pub(crate) now: Time,
}

#[derive(Clone, Copy)]
pub(crate) struct All<'a> {
    pub(crate) history: &'a History,
    pub(crate) places: &'a Places,
}

impl<'a> All<'a> {
    fn rows(self) -> impl Iterator<Item = (RowId, &'a Row, &'a [Value])> {
        self.history.rows().map(move |(id, row)| (id, row, &*self.places[usize::from(row.entity.0)]))
    }
}

impl Held {
    pub(crate) fn versions(&self, id: RowId, device: DeviceId) -> usize {
        self.by_row.get(id as usize).map_or(0, |holders| holders.get(device) as usize)
    }
    pub(crate) fn had_removed(&self, id: RowId, row: &Row, device: DeviceId) -> bool {
        self.beside(id, device).removed_with as usize == row.versions.len()
    }

    pub(crate) fn is_removed(&self, id: RowId, device: DeviceId) -> bool {
        self.beside(id, device).removed
    }

    /// Counts a change that is odd: a repeated version, a skipped version, a removal or a return of
    /// a row without a reason. The change brings the first `versions`, or removes the row.
    pub(crate) fn look_at(&mut self, id: RowId, row: &Row, at: At<'_>, versions: usize, removed: bool) {
        let before = self.versions(id, at.device);
        let was_removed = self.beside(id, at.device).removed;
        let nothing_happened = row.versions[before..].iter().all(|version| version.belongs(at.place));
        let phantom = removed && !was_removed && row.has(before, at.place) && nothing_happened;
        self.odd.phantom_deletes += u64::from(phantom);
        self.odd.phantom_inserts += u64::from(!removed && was_removed && versions <= before);
        self.odd.repeated += u64::from(!removed && !was_removed && versions > 0 && versions <= before);
        self.odd.skipped += versions.saturating_sub(before + 1) as u64;
    }

    /// The device now has the first `versions` of the row, or has removed the row with the last of
    /// them.
    pub(crate) fn take(&mut self, id: RowId, row: &Row, at: At<'_>, versions: usize, removed: bool) {
        let removed_with = if removed { versions as u32 } else { self.beside(id, at.device).removed_with };
        self.put_in(id, row, at, (versions, Beside { removed, removed_with, counted: at.now }));
    }

    pub(crate) fn is_unsure(&self, id: RowId, device: DeviceId) -> bool {
        self.perhaps_less.contains(&(id, device))
    }
    /// If `so` is true, the device may have fewer versions of the row than the model assumes.
    pub(crate) fn perhaps_less(&mut self, holding: (RowId, DeviceId), so: bool) {
        if so {
            self.perhaps_less.insert(holding);
        }
    }
    pub(crate) fn told(&mut self, id: RowId, device: DeviceId) {
        self.perhaps_less.remove(&(id, device));
    }
    /// How many versions have reached the device, without versions that its own commit replaced
    /// unseen.
    pub(crate) fn reached(&self, id: RowId, device: DeviceId) -> usize {
        let (held, read) = (self.versions(id, device), self.unread.get(&(id, device)));
        read.map_or(held, |read| held.min(*read as usize))
    }
    /// The backend commits an edit of the device on top of the first `before` versions.
    pub(crate) fn wrote_over(&mut self, id: RowId, device: DeviceId, before: usize) {
        let reached = self.reached(id, device);
        if reached < before {
            self.unread.insert((id, device), reached as u32);
        }
    }
    /// The backend's current version has reached the device.
    pub(crate) fn read(&mut self, id: RowId, device: DeviceId) {
        self.unread.remove(&(id, device));
    }
    fn copy_unread(&mut self, id: RowId, device: DeviceId, of: Option<DeviceId>) {
        match of.and_then(|of| self.unread.get(&(id, of)).copied()) {
            Some(read) => _ = self.unread.insert((id, device), read),
            None => self.read(id, device),
        }
    }

    /// Replaces a device's state by a backup of itself or of another device: the state at time `to`
    /// in the incarnation `life`. The device then has at most the versions of that state, perhaps
    /// fewer.
    pub(crate) fn go_back(
        &mut self,
        all: All<'_>,
        (device, over): (DeviceId, u32),
        (of, life, goes_on): (DeviceId, u32, bool),
        to: Time,
        now: Time,
    ) {
        self.end_life(all, device, over);
        if goes_on {
            for (id, row, place) in all.rows() {
                let holding = (self.versions(id, of), self.beside(id, of));
                self.put_in(id, row, At { device, place, now }, holding);
                self.copy_unread(id, device, Some(of));
            }
        } else if (of, life) != (device, over) {
            let Former { versions, beside } = self.former.get(&(of, life)).cloned().unwrap_or_default();
            let mut versions = versions.into_iter().peekable();
            for (id, row, place) in all.rows() {
                let versions =
                    versions.next_if(|(of, _)| *of == id).map_or(0, |(_, versions)| versions as usize);
                let beside = beside.get(&id).copied().unwrap_or(Beside::NOTHING);
                self.put_in(id, row, At { device, place, now }, (versions, beside));
                self.copy_unread(id, device, None);
            }
        }
        for (id, row, place) in all.rows() {
            let versions = row.versions.iter().take_while(|version| version.at <= to).count();
            if versions < self.versions(id, device) {
                self.take(id, row, At { device, place, now }, versions, false);
                if let Some(beside) = self.beside.get_mut(&(id, device)) {
                    beside.removed_with = NEVER;
                }
            }
            self.told(id, device);
            self.perhaps_less((id, device), self.versions(id, device) > 0);
        }
    }

    /// The scope of a device changes. Adds the time that it was behind in its old scope.
    pub(crate) fn settle(&mut self, all: All<'_>, device: DeviceId, now: Time) {
        for (id, row, place) in all.rows() {
            let holding = (self.versions(id, device), self.beside(id, device));
            self.put_in(id, row, At { device, place, now }, holding);
        }
    }

    pub(crate) fn copy(&mut self, all: All<'_>, from: DeviceId, (device, over): (DeviceId, u32), now: Time) {
        self.end_life(all, device, over);
        for (id, row, place) in all.rows() {
            let holding = (self.versions(id, from), self.beside(id, from));
            self.put_in(id, row, At { device, place, now }, holding);
            self.copy_unread(id, device, Some(from));
            let unsure = self.is_unsure(id, from);
            self.told(id, device);
            self.perhaps_less((id, device), unsure);
        }
    }

    fn end_life(&mut self, all: All<'_>, device: DeviceId, over: u32) {
        let mut former = Former::default();
        for (id, ..) in all.rows() {
            let (versions, beside) = (self.versions(id, device) as u32, self.beside(id, device));
            if versions > 0 {
                former.versions.push((id, versions));
            }
            if beside.removed || beside.removed_with != NEVER {
                former.beside.insert(id, beside);
            }
        }
        former.versions.shrink_to_fit();
        self.former.insert((device, over), former);
    }

    fn put_in(&mut self, id: RowId, row: &Row, at: At<'_>, (versions, beside): (usize, Beside)) {
        self.count_to_end(id, row, at);
        if versions == row.versions.len() && beside.removed_with == NEVER {
            self.beside.remove(&(id, at.device));
        } else {
            self.beside.insert((id, at.device), Beside { counted: at.now, ..beside });
        }
        self.holders(id).set(at.device, versions as u32);
    }
    /// Adds the time since the last count in which the device lacked versions of the row.
    pub(crate) fn count_to_end(&mut self, id: RowId, row: &Row, at: At<'_>) {
        let held = self.versions(id, at.device);
        let Beside { removed, counted, .. } = self.beside(id, at.device);
        let has = !removed && row.has(held, at.place);
        let behind = if has { &mut self.behind.stale } else { &mut self.behind.lost };
        for (i, version) in row.versions.iter().enumerate().skip(held) {
            let until = row.versions.get(i + 1).map_or(at.now, |next| next.at.min(at.now));
            if version.belongs(at.place) {
                *behind += u128::from(until.since(version.at.max(counted)).0);
            }
        }
    }

    fn beside(&self, id: RowId, device: DeviceId) -> Beside {
        self.beside.get(&(id, device)).copied().unwrap_or(Beside::NOTHING)
    }
    fn holders(&mut self, id: RowId) -> &mut Holders {
        let id = id as usize;
        if self.by_row.len() <= id {
            self.by_row.resize_with(id + 1, || Holders::Few(Vec::new()));
        }
        &mut self.by_row[id]
    }
}

impl Holders {
    const FEW: usize = 16;
    /// A list indexed by device number may have at most this many entries per device in it.
    const GAPS: usize = 8;

    fn get(&self, device: DeviceId) -> u32 {
        match self {
            Holders::Few(few) => few.binary_search_by_key(&device, |h| h.0).map_or(0, |i| few[i].1),
            Holders::Many { first, versions } => {
                let place = device.0.checked_sub(first.0);
                place.and_then(|place| versions.get(place as usize)).map_or(0, |&versions| versions)
            }
        }
    }

    fn set(&mut self, device: DeviceId, count: u32) {
        match self {
            Holders::Few(few) => {
                match few.binary_search_by_key(&device, |h| h.0) {
                    Ok(i) => few[i].1 = count,
                    Err(i) => few.insert(i, (device, count)),
                }
                let span = (few[few.len() - 1].0.0 - few[0].0.0) as usize + 1;
                if few.len() >= Holders::FEW && span <= few.len() * Holders::GAPS {
                    *self = Holders::many(few, span);
                }
            }
            Holders::Many { first, versions } => {
                if device < *first {
                    let new = (first.0 - device.0) as usize;
                    versions.splice(0..0, std::iter::repeat_n(0, new));
                    *first = device;
                }
                let place = (device.0 - first.0) as usize;
                if place >= versions.len() {
                    versions.resize(place + 1, 0);
                }
                versions[place] = count;
            }
        }
    }

    fn many(few: &[(DeviceId, u32)], span: usize) -> Holders {
        let first = few[0].0;
        let mut versions = vec![0; span];
        for &(device, count) in few {
            versions[(device.0 - first.0) as usize] = count;
        }
        Holders::Many { first, versions }
    }
}

impl Behind {
    pub(crate) fn add(&mut self, other: Behind) {
        self.lost += other.lost;
        self.stale += other.stale;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::base::Seed;

    #[test]
    fn holders_say_what_a_map_would_however_many_there_are() {
        let mut stream = Seed(3).stream("holders", 0, 0);
        for (devices, from) in [(10, 0), (300, 0), (300, 5_000), (40_000, 7)] {
            let (mut holders, mut map) = (Holders::Few(Vec::new()), BTreeMap::new());
            for count in 1..1_500 {
                let device = DeviceId(from + stream.below(devices) as u32);
                holders.set(device, count);
                map.insert(device, count);
            }
            let all = (0..from + devices as u32 + 9).map(DeviceId);
            assert!(all.clone().all(|d| holders.get(d) == map.get(&d).copied().unwrap_or(0)));
            assert_eq!(matches!(holders, Holders::Many { .. }), devices == 300, "{devices}");
        }
    }
}
