//! What a device shows goes forward: rows that went back, and for how long.
//!
//! At each commit of its database: its own writes stay (read your writes), no row goes back to an
//! older version (monotonic reads), what was gone does not come back. What the backend took back
//! may be shown. Of a device whose state was put in or lost, and of a row removed without an end,
//! it is not known what it has until it is told again; two phones of one name are not judged.

use rustc_hash::{FxHashMap, FxHashSet};

use super::history::RowId;
use crate::base::{DeviceId, Time};

#[derive(Clone, Copy, Debug)]
struct Back {
    had: usize,
    since: Time,
}

#[derive(Debug, Default)]
pub(super) struct Shown {
    back: FxHashMap<(RowId, DeviceId), Back>,
    /// Of devices of which it is not known what they have: the rows that were told since.
    unsure: FxHashMap<DeviceId, FxHashSet<RowId>>,
    copied: FxHashSet<DeviceId>,
    vague: FxHashSet<(RowId, DeviceId)>,
    /// Rows that the backend has from the device itself in so many versions, which it was not told.
    unheard: FxHashMap<(RowId, DeviceId), usize>,
    /// A verdict said that they are gone. The phone may keep them until what refers to them goes.
    gone_by_verdict: FxHashSet<(RowId, DeviceId)>,
    row_ns: u128,
}

impl Shown {
    pub(super) fn knows(&self, id: RowId, device: DeviceId) -> bool {
        let told = self.unsure.get(&device).is_none_or(|told| told.contains(&id));
        told && !self.copied.contains(&device) && !self.vague.contains(&(id, device))
    }
    /// Whether the device was told of all that it has committed of the row itself.
    pub(super) fn heard(&self, id: RowId, device: DeviceId) -> bool {
        !self.unheard.contains_key(&(id, device))
    }
    pub(super) fn is_gone_by_verdict(&self, id: RowId, device: DeviceId) -> bool {
        self.gone_by_verdict.contains(&(id, device))
    }
    pub(super) fn went_back(&mut self, id: RowId, device: DeviceId, had: usize, now: Time) {
        self.back.entry((id, device)).or_insert(Back { had, since: now });
    }
    pub(super) fn removed_vaguely(&mut self, id: RowId, device: DeviceId) {
        self.vague.insert((id, device));
    }

    pub(super) fn gone_by_verdict(&mut self, id: RowId, device: DeviceId) {
        self.gone_by_verdict.insert((id, device));
    }

    pub(super) fn told(&mut self, id: RowId, device: DeviceId, versions: usize, now: Time) {
        self.unsure.get_mut(&device).map(|told| told.insert(id));
        self.vague.remove(&(id, device));
        self.gone_by_verdict.remove(&(id, device));
        if self.unheard.get(&(id, device)).is_some_and(|committed| *committed <= versions) {
            self.unheard.remove(&(id, device));
        }
        self.caught_up(id, device, versions, now);
    }

    pub(super) fn committed(&mut self, id: RowId, device: DeviceId, versions: usize, now: Time) {
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
    pub(super) fn became_copy(&mut self, device: DeviceId, of: DeviceId, now: Time) {
        for device in [device, of] {
            self.forget(device, now);
            self.copied.insert(device);
        }
    }
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
