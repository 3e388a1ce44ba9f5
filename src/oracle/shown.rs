//! What a device shows goes forward: rows that went back, and for how long.
//!
//! The guarantees of a session, at each commit of a device's database: its own writes stay (read
//! your writes), a row that was seen in a version is not shown in an older one (monotonic reads),
//! and a row that was gone does not come back as it was before. A device has a version from the
//! moment at which it tells so, or at which the backend commits its own edit. What the backend
//! itself took back it may show again.
//!
//! Of a device whose state was put in, or that lost what it had committed, it is not known what it
//! has: a row of it counts again once it was told again. So it is with a row that was removed
//! without an end that the device could have heard of. Two phones of one name bring each other's
//! edits: what either has of them nobody can tell, and neither is judged from then on.

use rustc_hash::{FxHashMap, FxHashSet};

use super::history::RowId;
use crate::base::{DeviceId, Time};

#[derive(Clone, Copy, Debug)]
struct Back {
    had: usize,
    since: Time,
}

/// Which rows are back on which devices.
#[derive(Debug, Default)]
pub(super) struct Shown {
    back: FxHashMap<(RowId, DeviceId), Back>,
    /// Of devices of which it is not known what they have: the rows that were told since.
    unsure: FxHashMap<DeviceId, FxHashSet<RowId>>,
    copied: FxHashSet<DeviceId>,
    /// Rows that were removed though no version of them ends, as of the word that removed them.
    vague: FxHashSet<(RowId, DeviceId)>,
    /// Rows times the time for which they were back.
    row_ns: u128,
}

impl Shown {
    /// Whether it is known which version of the row the device has.
    pub(super) fn knows(&self, id: RowId, device: DeviceId) -> bool {
        if !self.copied.is_empty() && self.copied.contains(&device) {
            return false;
        }
        let told = self.unsure.get(&device).is_none_or(|told| told.contains(&id));
        told && (self.vague.is_empty() || !self.vague.contains(&(id, device)))
    }

    /// The row went back on the device, which had so many versions of it.
    pub(super) fn went_back(&mut self, id: RowId, device: DeviceId, had: usize, now: Time) {
        self.back.entry((id, device)).or_insert(Back { had, since: now });
    }

    /// The row was removed, and no version of it says so.
    pub(super) fn removed_vaguely(&mut self, id: RowId, device: DeviceId) {
        self.vague.insert((id, device));
    }

    /// The device says that it has so many versions of the row.
    pub(super) fn told(&mut self, id: RowId, device: DeviceId, versions: usize, now: Time) {
        if !self.unsure.is_empty()
            && let Some(told) = self.unsure.get_mut(&device)
        {
            told.insert(id);
        }
        if !self.vague.is_empty() {
            self.vague.remove(&(id, device));
        }
        self.caught_up(id, device, versions, now);
    }

    /// The backend committed an edit that was made on the device, as its version of this number.
    pub(super) fn committed(&mut self, id: RowId, device: DeviceId, versions: usize, now: Time) {
        // It may have gone with the device's state.
        if !self.unsure.is_empty()
            && let Some(told) = self.unsure.get_mut(&device)
        {
            told.remove(&id);
        }
        self.caught_up(id, device, versions, now);
    }

    fn caught_up(&mut self, id: RowId, device: DeviceId, versions: usize, now: Time) {
        if !self.back.is_empty()
            && let Some(back) = self.back.get(&(id, device)).filter(|back| back.had <= versions)
        {
            self.row_ns += u128::from(now.since(back.since).0);
            self.back.remove(&(id, device));
        }
    }

    pub(super) fn became_copy(&mut self, device: DeviceId, of: DeviceId, now: Time) {
        for device in [device, of] {
            self.forget(device, now);
            self.copied.insert(device);
        }
    }

    /// From `now` on it is not known what the device has.
    pub(super) fn forget(&mut self, device: DeviceId, now: Time) {
        self.unsure.insert(device, FxHashSet::default());
        let row_ns = &mut self.row_ns;
        self.back.retain(|(_, of), back| {
            let stays = *of != device;
            *row_ns += if stays { 0 } else { u128::from(now.since(back.since).0) };
            stays
        });
    }

    /// Rows times the nanoseconds for which they were back, those that still are included.
    pub(super) fn row_ns(&self, now: Time) -> u128 {
        let still = self.back.values().map(|back| u128::from(now.since(back.since).0));
        self.row_ns + still.sum::<u128>()
    }
}
