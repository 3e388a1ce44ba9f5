//! Finds rows on a device that went back to an older version, and measures for how long.
//!
//! Three rules hold after each commit of the device's database. The device's own writes stay (read
//! your writes). No row goes back to an older version (monotonic reads). Deleted rows do not
//! return. A version that the backend undid may still be shown. After a replaced or lost state, the
//! rows of a device are unknown until it reports them again. The same holds for a row that was
//! removed without a version. Two phones with one name (a copy and its original) are not judged.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::base::{DeviceId, Time};
use crate::oracle::model::RowId;

#[derive(Clone, Copy, Debug)]
struct Back {
    had: usize,
    since: Time,
}

#[derive(Debug, Default)]
pub(crate) struct Shown {
    back: FxHashMap<(RowId, DeviceId), Back>,
    /// Devices whose rows are unknown, each with the rows that it has reported since.
    unsure: FxHashMap<DeviceId, FxHashSet<RowId>>,
    copied: FxHashSet<DeviceId>,
    pub(crate) vague: FxHashSet<(RowId, DeviceId)>,
    /// By row and device: the version that the device itself last committed, if the device has not
    /// yet got its response.
    unheard: FxHashMap<(RowId, DeviceId), usize>,
    /// Rows that a server's response called deleted. A phone may keep such a row while other rows
    /// refer to it.
    pub(crate) gone_by_verdict: FxHashSet<(RowId, DeviceId)>,
    row_ns: u128,
}

impl Shown {
    pub(crate) fn knows(&self, id: RowId, device: DeviceId) -> bool {
        let told = self.unsure.get(&device).is_none_or(|told| told.contains(&id));
        told && !self.copied.contains(&device) && !self.vague.contains(&(id, device))
    }
    /// True if the device knows all its own commits of the row.
    pub(crate) fn heard(&self, id: RowId, device: DeviceId) -> bool {
        !self.unheard.contains_key(&(id, device))
    }
    pub(crate) fn went_back(&mut self, id: RowId, device: DeviceId, had: usize, now: Time) {
        self.back.entry((id, device)).or_insert(Back { had, since: now });
    }

    pub(crate) fn told(&mut self, id: RowId, device: DeviceId, versions: usize, now: Time) {
        self.unsure.get_mut(&device).map(|told| told.insert(id));
        self.vague.remove(&(id, device));
        self.gone_by_verdict.remove(&(id, device));
        if self.unheard.get(&(id, device)).is_some_and(|committed| *committed <= versions) {
            self.unheard.remove(&(id, device));
        }
        self.caught_up(id, device, versions, now);
    }

    pub(crate) fn committed(&mut self, id: RowId, device: DeviceId, versions: usize, now: Time) {
        self.unsure.get_mut(&device).map(|told| told.remove(&id));
        self.unheard.insert((id, device), versions);
        self.caught_up(id, device, versions, now);
    }
    fn caught_up(&mut self, id: RowId, device: DeviceId, versions: usize, now: Time) {
        if let Some(back) = self.back.get(&(id, device)).filter(|back| back.had <= versions) {
            self.row_ns += u128::from(now.since(back.since).0);
            self.back.remove(&(id, device));
        }
    }
    pub(crate) fn became_copy(&mut self, device: DeviceId, of: DeviceId, now: Time) {
        for device in [device, of] {
            self.forget(device, now);
            self.copied.insert(device);
        }
    }
    pub(crate) fn forget(&mut self, device: DeviceId, now: Time) {
        self.unsure.insert(device, FxHashSet::default());
        let row_ns = &mut self.row_ns;
        self.back.retain(|(_, of), back| {
            let stays = *of != device;
            *row_ns += if stays { 0 } else { u128::from(now.since(back.since).0) };
            stays
        });
    }
    /// Rows times nanoseconds in an older version, including rows that still are in one.
    pub(crate) fn row_ns(&self, now: Time) -> u128 {
        let still = self.back.values().map(|back| u128::from(now.since(back.since).0));
        self.row_ns + still.sum::<u128>()
    }
}
