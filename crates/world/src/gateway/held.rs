//! Cursors that the gateway stores for its devices, per unit and entity.
//!
//! With [`Advance::OnAnswer`], the cursor advances when the response leaves. If the response is
//! lost, or the device is restored, the device misses rows. With [`Advance::OnReceipt`], each page
//! has a receipt that the device sends with its next request. An unknown receipt has expired: the
//! device loads again. Receipts from before a noticed restore of the gateway (an earlier epoch) are
//! unknown.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::base::{DeviceId, EntityId, UnitId, in_words};
use crate::contract::ServerError;

/// The side that stores a device's cursor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CursorHolder {
    /// The device stores and sends it.
    #[default]
    Client,
    /// The gateway stores it.
    Server(Advance),
}

/// When a cursor stored by the gateway advances.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Advance {
    /// When the response leaves. The gateway ignores the cursor that the device sends.
    OnAnswer,
    /// When the device's next request brings the receipt of the page.
    #[default]
    OnReceipt,
}
in_words!(Advance { OnAnswer: "on-answer", OnReceipt: "on-receipt" });

/// Approximate bytes of a database record: device, unit, entity, two receipts and two cursors.
const RECORD_BYTES: u64 = 160;

/// The owner of a cursor. Receipts are looked up across all units of an entity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct CursorKey {
    pub(super) device: DeviceId,
    pub(super) entity: EntityId,
    pub(super) unit: UnitId,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct HeldCursor {
    receipt: String,
    cursor: String,
}

#[derive(Clone, Debug, Default)]
struct Kept {
    /// The cursor of the last page that the device confirmed.
    settled: Option<HeldCursor>,
    /// The cursor of the page sent after the settled one.
    sent: Option<HeldCursor>,
}

/// The cursors of all devices. Empty if devices store their own.
#[derive(Clone, Debug, Default)]
pub(super) struct Cursors {
    holder: CursorHolder,
    epoch: u64,
    given: u64,
    /// Cursors of devices that synced before the start. They hold for all units.
    initial_cursors: BTreeMap<(DeviceId, EntityId), String>,
    records: BTreeMap<CursorKey, Kept>,
    /// (device, entity) pairs whose device-stored cursor has expired, because the server forgot the
    /// device.
    forgotten: BTreeSet<(DeviceId, EntityId)>,
    /// Cursors in the response that is being written.
    leaving: Vec<(CursorKey, HeldCursor)>,
}

impl Cursors {
    pub(super) fn new(holder: CursorHolder) -> Cursors {
        Cursors { holder, ..Cursors::default() }
    }

    /// The cursors after a restart that lost all state. The epoch is the next one.
    pub(super) fn reloaded(&self) -> Cursors {
        Cursors { epoch: self.epoch + 1, ..Cursors::new(self.holder) }
    }

    pub(super) fn begin(&mut self, device: DeviceId, entity: EntityId, cursor: String) {
        if self.holder != CursorHolder::Client {
            self.initial_cursors.insert((device, entity), cursor);
        }
    }

    /// Forgets a device. A cursor that the server stores is gone; a cursor that the device stores
    /// expires.
    pub(super) fn forget(&mut self, device: DeviceId, entities: impl Iterator<Item = EntityId>) {
        self.records.retain(|key, _| key.device != device);
        self.initial_cursors.retain(|(of, _), _| *of != device);
        if self.holder == CursorHolder::Client {
            self.forgotten.extend(entities.map(|entity| (device, entity)));
        }
    }

    /// True if the server forgot the device, and the device does not know this yet.
    pub(super) fn has_forgotten(&self, device: DeviceId) -> bool {
        self.forgotten.iter().any(|(of, _)| *of == device)
    }

    /// From now on, receipts differ from all earlier receipts.
    pub(super) fn begin_epoch(&mut self, epoch: u64) {
        (self.epoch, self.given) = (epoch, 0);
    }

    pub(super) fn bytes(&self) -> u64 {
        RECORD_BYTES * (self.records.len() + self.initial_cursors.len()) as u64
    }

    /// The cursor after which the next page begins. It depends on the cursor that the device sent.
    pub(super) fn next<'t>(
        &mut self,
        key: CursorKey,
        told: Option<&'t str>,
    ) -> Result<Option<Cow<'t, str>>, ServerError> {
        if self.forgotten.remove(&(key.device, key.entity)) && told.is_some() {
            return Err(ServerError::CursorExpired(key.entity));
        }
        let CursorHolder::Server(advance) = self.holder else { return Ok(told.map(Cow::Borrowed)) };
        let cursor = match (advance, told) {
            (Advance::OnAnswer, _) => {
                let kept = self.records.get(&key).and_then(|kept| kept.settled.as_ref());
                let begun = self.initial_cursors.get(&(key.device, key.entity));
                kept.map(|held| &held.cursor).or(begun).cloned()
            }
            (Advance::OnReceipt, None) => {
                self.records.remove(&key);
                None
            }
            (Advance::OnReceipt, Some(told)) => {
                let held = self.find(key, told).ok_or(ServerError::CursorExpired(key.entity))?;
                let cursor = held.cursor.clone();
                self.records.insert(key, Kept { settled: Some(held), sent: None });
                Some(cursor)
            }
        };
        Ok(cursor.map(Cow::Owned))
    }

    fn find(&self, key: CursorKey, receipt: &str) -> Option<HeldCursor> {
        let units = CursorKey { unit: UnitId(0), ..key }..=CursorKey { unit: UnitId(u16::MAX), ..key };
        let mut kept = self.records.range(units).flat_map(|(_, kept)| kept.sent.iter().chain(&kept.settled));
        let begun = self.initial_cursors.get(&(key.device, key.entity)).filter(|begun| *begun == receipt);
        let begun = begun.map(|begun| HeldCursor { receipt: begun.clone(), cursor: begun.clone() });
        kept.find(|held| held.receipt == receipt).cloned().or(begun)
    }

    /// Notes the cursor of a page in the response. Returns the cursor or receipt to send.
    pub(super) fn sends(&mut self, key: CursorKey, cursor: String) -> String {
        let receipt = match self.holder {
            CursorHolder::Client => return cursor,
            CursorHolder::Server(Advance::OnAnswer) => cursor.clone(),
            CursorHolder::Server(Advance::OnReceipt) => {
                self.given += 1;
                format!("{}.{}", self.epoch, self.given)
            }
        };
        self.leaving.push((key, HeldCursor { receipt: receipt.clone(), cursor }));
        receipt
    }

    /// Ends the response. Its cursors take effect only if the response was sent.
    pub(super) fn response_done(&mut self, was_sent: bool) {
        for (key, held) in std::mem::take(&mut self.leaving).into_iter().filter(|_| was_sent) {
            let kept = self.records.entry(key).or_default();
            match self.holder {
                CursorHolder::Server(Advance::OnReceipt) => kept.sent = Some(held),
                _ => kept.settled = Some(held),
            }
        }
    }

    /// Handles a page that failed. If its cursor has expired, the next page starts a load.
    pub(super) fn failed(&mut self, key: CursorKey, error: &ServerError) {
        if matches!(error, ServerError::CursorExpired(_)) {
            self.records.remove(&key);
            self.initial_cursors.remove(&(key.device, key.entity));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: CursorKey = CursorKey { device: DeviceId(3), entity: EntityId(1), unit: UnitId(2) };

    #[test]
    fn a_forgotten_device_begins_again_once_with_any_holder() {
        let mut own = Cursors::new(CursorHolder::Client);
        own.forget(KEY.device, [KEY.entity].into_iter());
        let stranger = CursorKey { device: DeviceId(4), ..KEY };
        assert_eq!(own.next(stranger, Some("a")), Ok(Some("a".into())));
        assert!(own.has_forgotten(KEY.device) && !own.has_forgotten(stranger.device));
        assert!(own.next(KEY, Some("a")).is_err(), "its cursor has expired");
        assert!(!own.has_forgotten(KEY.device), "it has been told");
        assert_eq!(own.next(KEY, Some("b")), Ok(Some("b".into())), "and no later one");
        let mut held = Cursors::new(CursorHolder::Server(Advance::OnReceipt));
        let receipt = held.sends(KEY, "a".to_owned());
        held.response_done(true);
        held.forget(KEY.device, [KEY.entity].into_iter());
        assert!(held.next(KEY, Some(&receipt)).is_err(), "its receipt is unknown");
    }

    #[test]
    fn a_receipt_of_one_unit_holds_for_another_of_the_same_device() {
        let mut cursors = Cursors::new(CursorHolder::Server(Advance::OnReceipt));
        let first = cursors.sends(KEY, "a".to_owned());
        cursors.response_done(true);
        let other = CursorKey { unit: UnitId(7), ..KEY };
        assert_eq!(cursors.next(other, Some(&first)), Ok(Some("a".into())));
        let stranger = CursorKey { device: DeviceId(4), ..KEY };
        assert!(cursors.next(stranger, Some(&first)).is_err());
    }
}
