//! Which versions each device holds, and for how long it was behind.

use super::history::{Row, RowId};
use crate::base::{DeviceId, Time, Value};

/// What one device holds of one row that was touched since the start.
#[derive(Clone, Copy, Debug)]
struct Holding {
    device: DeviceId,
    /// How many of the row's versions it has, the latest included; 0 for what it began with.
    versions: u32,
    /// It removed the row, whatever it had.
    removed: bool,
    /// How many of the row's versions it had when it last removed the row; [`NEVER`] if it never did.
    removed_with: u32,
    /// Until when its time behind is counted.
    counted: Time,
}

/// No number of versions.
const NEVER: u32 = u32::MAX;

/// Rows times time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Behind {
    /// Lost rows times nanoseconds; stays at the greatest number there is, as does the other.
    pub(super) lost: u64,
    /// Stale rows times nanoseconds.
    pub(super) stale: u64,
}

/// The holdings of all devices: only what differs from how they began, about 24 bytes for each row and device.
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
        self.find(id, device).is_some_and(|h| h.removed_with as usize == row.versions.len())
    }

    /// The device now has the first `versions` versions, or has removed the row with the last of them.
    pub(super) fn take(&mut self, id: RowId, row: &Row, at: At<'_>, versions: usize, removed: bool) {
        let behind = self.time_behind(id, row, at);
        self.behind.add(behind);
        let slots = self.slots(id);
        let versions = versions as u32;
        let removed_with = if removed { versions } else { NEVER };
        let new = Holding { device: at.device, versions, removed, removed_with, counted: at.now };
        match slots.binary_search_by_key(&at.device, |h| h.device) {
            Ok(i) if removed => slots[i] = new,
            Ok(i) => slots[i] = Holding { removed_with: slots[i].removed_with, ..new },
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
        let holding = self.find(id, at.device);
        let (held, counted) = holding.map_or((0, Time::ZERO), |h| (h.versions as usize, h.counted));
        let has = !holding.is_some_and(|h| h.removed) && row.has(held, at.place);
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
