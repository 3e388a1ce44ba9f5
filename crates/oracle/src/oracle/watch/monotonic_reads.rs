//! Finds rows that reverted on a device, and measures for how long.
//!
//! Checked at each commit of the device's database: its own writes stay (read your writes), no row
//! reverts to an older version (monotonic reads), and deleted rows do not come back. A version that
//! the backend undid may be shown. If the state was replaced or lost, or a row was removed without
//! a version, nobody knows what the device has until the next report. Two phones with one name are
//! not judged.

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
    /// Devices whose rows are unknown, each with the rows reported since then.
    unsure: FxHashMap<DeviceId, FxHashSet<RowId>>,
    copied: FxHashSet<DeviceId>,
    pub(crate) vague: FxHashSet<(RowId, DeviceId)>,
    /// By row and device, the number of the device's own versions of which it was not told yet.
    unheard: FxHashMap<(RowId, DeviceId), usize>,
    /// Rows that a server's verdict declared deleted. A phone may keep one while others refer to
    /// it.
    pub(crate) gone_by_verdict: FxHashSet<(RowId, DeviceId)>,
    row_ns: u128,
}

impl Shown {
    pub(crate) fn knows(&self, id: RowId, device: DeviceId) -> bool {
        let told = self.unsure.get(&device).is_none_or(|told| told.contains(&id));
        told && !self.copied.contains(&device) && !self.vague.contains(&(id, device))
    }
    /// True if the device was told of all its own commits of the row.
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
    /// Rows times nanoseconds of being reverted, including rows that still are.
    pub(crate) fn row_ns(&self, now: Time) -> u128 {
        let still = self.back.values().map(|back| u128::from(now.since(back.since).0));
        self.row_ns + still.sum::<u128>()
    }
}
