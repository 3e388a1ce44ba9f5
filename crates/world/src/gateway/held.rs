//! Cursors that the gateway holds for its devices, by unit and entity.
//!
//! It can take the answer's leaving for the page's arrival ([`Advance::OnAnswer`]): after an answer
//! that is lost, or a device that went back, rows are missing. Or each page has a receipt, which
//! the device sends with its next request ([`Advance::OnReceipt`]); one that is not known, or of
//! another epoch of the gateway, has expired, and everything comes again.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::base::{DeviceId, EntityId, UnitId, in_words};
use crate::contract::ServerError;

/// Who remembers where a device is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CursorHolder {
    /// The device sends its cursor.
    #[default]
    Client,
    /// The gateway knows it.
    Server(Advance),
}

/// When a cursor that the gateway holds moves on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Advance {
    /// When the answer leaves; what the device sends is not looked at.
    OnAnswer,
    /// When the device's next request brings the receipt for the page.
    #[default]
    OnReceipt,
}
in_words!(Advance { OnAnswer: "on-answer", OnReceipt: "on-receipt" });

/// Bytes that a line takes in a database, about: who, two receipts and two cursors.
const LINE: u64 = 160;

/// Whose cursor it is; receipts are looked for over all units of an entity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct CursorLine {
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
    /// What the device has.
    settled: Option<HeldCursor>,
    /// What it was sent after that.
    sent: Option<HeldCursor>,
}

/// Where devices are; nothing is kept of it where they hold their cursors themselves.
#[derive(Clone, Debug, Default)]
pub(super) struct Cursors {
    holder: CursorHolder,
    epoch: u64,
    given: u64,
    /// Those of devices that were synced before the start, for all units.
    begun: BTreeMap<(DeviceId, EntityId), String>,
    lines: BTreeMap<CursorLine, Kept>,
    /// Of the answer that is being written.
    leaving: Vec<(CursorLine, HeldCursor)>,
}

impl Cursors {
    pub(super) fn new(holder: CursorHolder) -> Cursors {
        Cursors { holder, ..Cursors::default() }
    }

    /// Those of a gateway that knows nothing of what went before; it does know that it is another.
    pub(super) fn reloaded(&self) -> Cursors {
        Cursors { epoch: self.epoch + 1, ..Cursors::new(self.holder) }
    }

    pub(super) fn begin(&mut self, device: DeviceId, entity: EntityId, cursor: String) {
        if self.holder != CursorHolder::Client {
            self.begun.insert((device, entity), cursor);
        }
    }

    /// From now on its receipts are unlike any that another may have given.
    pub(super) fn begin_epoch(&mut self, epoch: u64) {
        (self.epoch, self.given) = (epoch, 0);
    }

    pub(super) fn bytes(&self) -> u64 {
        LINE * (self.lines.len() + self.begun.len()) as u64
    }

    /// Where the next page of a line begins, given what the device sent.
    pub(super) fn next<'t>(
        &mut self,
        line: CursorLine,
        told: Option<&'t str>,
    ) -> Result<Option<Cow<'t, str>>, ServerError> {
        let advance = match self.holder {
            CursorHolder::Client => return Ok(told.map(Cow::Borrowed)),
            CursorHolder::Server(advance) => advance,
        };
        let cursor = match (advance, told) {
            (Advance::OnAnswer, _) => {
                let kept = self.lines.get(&line).and_then(|kept| kept.settled.as_ref());
                let begun = self.begun.get(&(line.device, line.entity));
                kept.map(|place| &place.cursor).or(begun).cloned()
            }
            (Advance::OnReceipt, None) => {
                self.lines.remove(&line);
                None
            }
            (Advance::OnReceipt, Some(told)) => {
                let place = self.place(line, told).ok_or(ServerError::CursorExpired(line.entity))?;
                let cursor = place.cursor.clone();
                self.lines.insert(line, Kept { settled: Some(place), sent: None });
                Some(cursor)
            }
        };
        Ok(cursor.map(Cow::Owned))
    }

    fn place(&self, line: CursorLine, receipt: &str) -> Option<HeldCursor> {
        let units = CursorLine { unit: UnitId(0), ..line }..=CursorLine { unit: UnitId(u16::MAX), ..line };
        let mut kept = self.lines.range(units).flat_map(|(_, kept)| kept.sent.iter().chain(&kept.settled));
        let begun = self.begun.get(&(line.device, line.entity)).filter(|begun| *begun == receipt);
        let begun = begun.map(|begun| HeldCursor { receipt: begun.clone(), cursor: begun.clone() });
        kept.find(|place| place.receipt == receipt).cloned().or(begun)
    }

    /// A page with this cursor goes into the answer; gives what the device is told instead.
    pub(super) fn sends(&mut self, line: CursorLine, cursor: String) -> String {
        let receipt = match self.holder {
            CursorHolder::Client => return cursor,
            CursorHolder::Server(Advance::OnAnswer) => cursor.clone(),
            CursorHolder::Server(Advance::OnReceipt) => {
                self.given += 1;
                format!("{}.{}", self.epoch, self.given)
            }
        };
        self.leaving.push((line, HeldCursor { receipt: receipt.clone(), cursor }));
        receipt
    }

    pub(super) fn answered(&mut self, leaves: bool) {
        for (line, place) in std::mem::take(&mut self.leaving).into_iter().filter(|_| leaves) {
            let kept = self.lines.entry(line).or_default();
            match self.holder {
                CursorHolder::Server(Advance::OnReceipt) => kept.sent = Some(place),
                _ => kept.settled = Some(place),
            }
        }
    }

    /// A page failed; after a cursor that has expired the next is the first of a load.
    pub(super) fn failed(&mut self, line: CursorLine, error: &ServerError) {
        if matches!(error, ServerError::CursorExpired(_)) {
            self.lines.remove(&line);
            self.begun.remove(&(line.device, line.entity));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: CursorLine = CursorLine { device: DeviceId(3), entity: EntityId(1), unit: UnitId(2) };

    #[test]
    fn a_receipt_of_one_unit_holds_for_another_of_the_same_device() {
        let mut cursors = Cursors::new(CursorHolder::Server(Advance::OnReceipt));
        let first = cursors.sends(LINE, "a".to_owned());
        cursors.answered(true);
        let other = CursorLine { unit: UnitId(7), ..LINE };
        assert_eq!(cursors.next(other, Some(&first)), Ok(Some("a".into())));
        let stranger = CursorLine { device: DeviceId(4), ..LINE };
        assert!(cursors.next(stranger, Some(&first)).is_err());
    }
}
