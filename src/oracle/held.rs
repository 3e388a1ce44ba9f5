//! Which versions each device holds, and for how long it was behind.

use rustc_hash::FxHashMap;

use super::history::{Row, RowId};
use crate::base::{DeviceId, Time, Value};

/// What one device holds of one row that was touched since the start. There are as many as rows times devices, so it is as
/// small as can be.
#[derive(Clone, Copy, Debug)]
struct Holding {
    device: DeviceId,
    /// How many of the row's versions it has, the latest included; 0 for what it began with.
    versions: u32,
}

/// What there is to say besides of the few holdings that are not simply up to date.
#[derive(Clone, Copy, Debug)]
struct Beside {
    /// The device removed the row, whatever it had.
    removed: bool,
    /// How many of the row's versions it had when it last removed the row; [`NEVER`] if it never did.
    removed_with: u32,
    /// Until when its time behind is counted.
    counted: Time,
}

/// No number of versions.
const NEVER: u32 = u32::MAX;

impl Beside {
    /// Of a holding of which nothing else was said: later versions are later than the last count too.
    const NOTHING: Beside = Beside { removed: false, removed_with: NEVER, counted: Time::ZERO };
}

/// Rows times time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Behind {
    /// Lost rows times nanoseconds; stays at the greatest number there is, as does the other.
    pub(super) lost: u64,
    /// Stale rows times nanoseconds.
    pub(super) stale: u64,
}

/// The holdings of all devices: only what differs from how they began, 8 bytes for each row and device.
///
/// **Lost and stale over time.** A device is behind with a row from the commit of a version that belongs in its scope until
/// it makes that version or a later one durable; offline time counts. While it is behind it is *stale* if it holds an
/// older version of the row, else *lost*. A device's own edit is with it from its commit on. The time is added up when the
/// device applies a change of that row, and at the end for what is then still wrong. A version from before the start
/// counts only if it is still missing or older at the end, and then from the start on. A device is taken to begin with its
/// whole scope as it was at the start; one that begins empty is stale where it is lost until its first load.
#[derive(Debug, Default)]
pub(super) struct Held {
    /// By row, each sorted by device.
    by_row: Vec<Vec<Holding>>,
    /// Looked up only, never iterated.
    beside: FxHashMap<(RowId, DeviceId), Beside>,
    pub(super) behind: Behind,
}

/// A device as this page needs it.
#[derive(Clone, Copy, Debug)]
pub(super) struct At<'a> {
    pub(super) device: DeviceId,
    /// The place of the rows of this entity that it should hold.
    pub(super) place: &'a [Value],
    pub(super) now: Time,
}

impl Held {
    /// How many of the row's versions the device has.
    pub(super) fn versions(&self, id: RowId, device: DeviceId) -> usize {
        self.find(id, device).map_or(0, |h| h.versions as usize)
    }

    /// Whether the device once removed the row in the knowledge of its last version.
    pub(super) fn had_removed(&self, id: RowId, row: &Row, device: DeviceId) -> bool {
        self.beside(id, device).removed_with as usize == row.versions.len()
    }

    /// The device now has the first `versions` versions, or has removed the row with the last of them.
    pub(super) fn take(&mut self, id: RowId, row: &Row, at: At<'_>, versions: usize, removed: bool) {
        let behind = self.time_behind(id, row, at);
        self.behind.add(behind);
        let up_to_date = versions == row.versions.len();
        let versions = versions as u32;
        let removed_with = if removed { versions } else { self.beside(id, at.device).removed_with };
        if up_to_date && removed_with == NEVER {
            self.beside.remove(&(id, at.device));
        } else {
            self.beside.insert((id, at.device), Beside { removed, removed_with, counted: at.now });
        }
        let new = Holding { device: at.device, versions };
        let slots = self.slots(id);
        match slots.binary_search_by_key(&at.device, |h| h.device) {
            Ok(i) => slots[i] = new,
            Err(i) => slots.insert(i, new),
        }
    }

    /// The end has come, and the device still does not hold the row's last version.
    pub(super) fn count_to_end(&mut self, id: RowId, row: &Row, at: At<'_>) {
        let behind = self.time_behind(id, row, at);
        self.behind.add(behind);
    }

    /// The time for which the device was behind with the row and that is not counted yet.
    fn time_behind(&self, id: RowId, row: &Row, at: At<'_>) -> Behind {
        let held = self.versions(id, at.device);
        let Beside { removed, counted, .. } = self.beside(id, at.device);
        let has = !removed && row.has(held, at.place);
        let mut behind = Behind::default();
        for (i, version) in row.versions.iter().enumerate().skip(held) {
            let until = row.versions.get(i + 1).map_or(at.now, |next| next.at.min(at.now));
            let span = until.since(version.at.max(counted)).0;
            if version.belongs(at.place) {
                *(if has { &mut behind.stale } else { &mut behind.lost }) += span;
            }
        }
        behind
    }

    fn find(&self, id: RowId, device: DeviceId) -> Option<&Holding> {
        let slots = self.by_row.get(id as usize)?;
        slots.binary_search_by_key(&device, |h| h.device).ok().map(|i| &slots[i])
    }

    fn beside(&self, id: RowId, device: DeviceId) -> Beside {
        self.beside.get(&(id, device)).copied().unwrap_or(Beside::NOTHING)
    }

    fn slots(&mut self, id: RowId) -> &mut Vec<Holding> {
        let id = id as usize;
        if self.by_row.len() <= id {
            self.by_row.resize_with(id + 1, Vec::new);
        }
        &mut self.by_row[id]
    }
}

impl Behind {
    pub(super) fn add(&mut self, other: Behind) {
        self.lost = self.lost.saturating_add(other.lost);
        self.stale = self.stale.saturating_add(other.stale);
    }
}
