//! Cursors that the gateway holds for its devices, by unit and entity.
//!
//! Who holds them must know when a page has arrived. It can take the answer's leaving for that
//! ([`Advance::OnAnswer`]): an answer that is lost, or a device that went back to an older state,
//! then lacks rows, and nobody will know. Or each page has a receipt, which the device keeps with
//! the page's rows and sends with its next request ([`Advance::OnReceipt`]). The gateway goes on
//! from the page whose receipt comes; a receipt that it does not know has expired, and everything
//! comes again. So do all of another epoch: a gateway that went back to an older state might give a
//! number twice.

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

/// Whose cursor it is. Receipts are looked for over all units of an entity: devices may keep one
/// for all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct CursorLine {
    pub(super) device: DeviceId,
    pub(super) entity: EntityId,
    pub(super) unit: UnitId,
}

/// A cursor, and what the device has to show for it.
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

#[derive(Clone, Debug)]
pub(super) struct Cursors {
    advance: Advance,
    epoch: u64,
    /// Receipts given in it.
    given: u64,
    /// Those of devices that were synced before the start, for all units.
    begun: BTreeMap<(DeviceId, EntityId), String>,
    lines: BTreeMap<CursorLine, Kept>,
    /// Of the answer that is being written.
    leaving: Vec<(CursorLine, HeldCursor)>,
}

impl Cursors {
    pub(super) fn new(advance: Advance) -> Cursors {
        let (begun, lines) = (BTreeMap::new(), BTreeMap::new());
        Cursors { advance, epoch: 0, given: 0, begun, lines, leaving: Vec::new() }
    }

    /// Those of a gateway that knows nothing of what went before; it does know that it is another.
    pub(super) fn reloaded(&self) -> Cursors {
        Cursors { epoch: self.epoch + 1, ..Cursors::new(self.advance) }
    }

    pub(super) fn begin(&mut self, device: DeviceId, entity: EntityId, cursor: String) {
        self.begun.insert((device, entity), cursor);
    }

    /// From now on its receipts are unlike any that another may have given.
    pub(super) fn begin_epoch(&mut self, epoch: u64) {
        (self.epoch, self.given) = (epoch, 0);
    }

    pub(super) fn bytes(&self) -> u64 {
        LINE * (self.lines.len() + self.begun.len()) as u64
    }

    /// Where the next page of a line begins, given what the device sent.
    ///
    /// # Errors
    /// [`ServerError::CursorExpired`] for a receipt that is not known.
    pub(super) fn next(
        &mut self,
        line: CursorLine,
        told: Option<&str>,
    ) -> Result<Option<String>, ServerError> {
        let begun = self.begun.get(&(line.device, line.entity));
        match (self.advance, told) {
            (Advance::OnAnswer, _) => {
                let kept = self.lines.get(&line).and_then(|kept| kept.settled.as_ref());
                Ok(kept.map(|place| &place.cursor).or(begun).cloned())
            }
            (Advance::OnReceipt, None) => {
                self.lines.remove(&line);
                Ok(None)
            }
            (Advance::OnReceipt, Some(told)) => {
                let place = self.place(line, told).ok_or(ServerError::CursorExpired(line.entity))?;
                let cursor = place.cursor.clone();
                self.lines.insert(line, Kept { settled: Some(place), sent: None });
                Ok(Some(cursor))
            }
        }
    }

    /// The place that a receipt is for.
    fn place(&self, line: CursorLine, receipt: &str) -> Option<HeldCursor> {
        let units = CursorLine { unit: UnitId(0), ..line }..=CursorLine { unit: UnitId(u16::MAX), ..line };
        let mut kept = self.lines.range(units).flat_map(|(_, kept)| kept.sent.iter().chain(&kept.settled));
        let begun = self.begun.get(&(line.device, line.entity)).filter(|begun| *begun == receipt);
        let begun = begun.map(|begun| HeldCursor { receipt: begun.clone(), cursor: begun.clone() });
        kept.find(|place| place.receipt == receipt).cloned().or(begun)
    }

    /// A page with this cursor goes into the answer; gives what the device is told instead.
    pub(super) fn sends(&mut self, line: CursorLine, cursor: String) -> String {
        let receipt = match self.advance {
            Advance::OnAnswer => cursor.clone(),
            Advance::OnReceipt => {
                self.given += 1;
                format!("{}.{}", self.epoch, self.given)
            }
        };
        self.leaving.push((line, HeldCursor { receipt: receipt.clone(), cursor }));
        receipt
    }

    /// The answer leaves, or it does not.
    pub(super) fn answered(&mut self, leaves: bool) {
        for (line, place) in std::mem::take(&mut self.leaving).into_iter().filter(|_| leaves) {
            let kept = self.lines.entry(line).or_default();
            match self.advance {
                Advance::OnAnswer => kept.settled = Some(place),
                Advance::OnReceipt => kept.sent = Some(place),
            }
        }
    }

    /// The cursor of a line is good for nothing any more: the next page is the first of a load.
    pub(super) fn expired(&mut self, line: CursorLine) {
        self.lines.remove(&line);
        self.begun.remove(&(line.device, line.entity));
    }
}

pub(super) trait Keeping {
    /// Where the next page of a line begins, given what the device sent.
    ///
    /// # Errors
    /// [`ServerError::CursorExpired`] for a receipt that is not known.
    fn next<'t>(
        &mut self,
        line: CursorLine,
        told: Option<&'t str>,
    ) -> Result<Option<Cow<'t, str>>, ServerError>;

    /// A page with this cursor goes into the answer; gives what the device is told instead.
    fn sends(&mut self, line: CursorLine, cursor: String) -> String;

    fn failed(&mut self, line: CursorLine, error: &ServerError);
}

/// Without anybody, the device does.
impl Keeping for Option<&mut Cursors> {
    fn next<'t>(
        &mut self,
        line: CursorLine,
        told: Option<&'t str>,
    ) -> Result<Option<Cow<'t, str>>, ServerError> {
        match self {
            Some(cursors) => Ok(cursors.next(line, told)?.map(Cow::Owned)),
            None => Ok(told.map(Cow::Borrowed)),
        }
    }

    fn sends(&mut self, line: CursorLine, cursor: String) -> String {
        match self {
            Some(cursors) => cursors.sends(line, cursor),
            None => cursor,
        }
    }

    fn failed(&mut self, line: CursorLine, error: &ServerError) {
        if let (Some(cursors), ServerError::CursorExpired(_)) = (self, error) {
            cursors.expired(line);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: CursorLine = CursorLine { device: DeviceId(3), entity: EntityId(1), unit: UnitId(2) };

    fn page(
        cursors: &mut Cursors,
        told: Option<&str>,
        cursor: &str,
        leaves: bool,
    ) -> (Option<String>, String) {
        let from = cursors.next(LINE, told).expect("a known receipt");
        let receipt = cursors.sends(LINE, cursor.to_owned());
        cursors.answered(leaves);
        (from, receipt)
    }

    #[test]
    fn on_answer_a_lost_answer_is_taken_for_delivered() {
        let mut cursors = Cursors::new(Advance::OnAnswer);
        assert_eq!(page(&mut cursors, None, "a", true).0, None);
        // The device never got it, and sends nothing again.
        assert_eq!(page(&mut cursors, None, "b", false).0.as_deref(), Some("a"));
        // What never left is told again.
        assert_eq!(page(&mut cursors, None, "b", true).0.as_deref(), Some("a"));
    }

    #[test]
    fn on_receipt_a_lost_answer_comes_again() {
        let mut cursors = Cursors::new(Advance::OnReceipt);
        let (_, first) = page(&mut cursors, None, "a", true);
        let (_, lost) = page(&mut cursors, Some(&first), "b", true);
        let (from, second) = page(&mut cursors, Some(&first), "b", true);
        assert_eq!(from.as_deref(), Some("a"));
        assert_ne!(lost, second);
        assert_eq!(page(&mut cursors, Some(&second), "c", true).0.as_deref(), Some("b"));
    }

    #[test]
    fn on_receipt_a_device_that_went_back_loads_again() {
        let mut cursors = Cursors::new(Advance::OnReceipt);
        let (_, first) = page(&mut cursors, None, "a", true);
        let (_, second) = page(&mut cursors, Some(&first), "b", true);
        page(&mut cursors, Some(&second), "c", true);
        assert_eq!(cursors.next(LINE, Some(&first)), Err(ServerError::CursorExpired(EntityId(1))));
        assert_eq!(cursors.next(LINE, None), Ok(None));
    }

    #[test]
    fn a_receipt_of_one_unit_holds_for_another_of_the_same_device() {
        let mut cursors = Cursors::new(Advance::OnReceipt);
        let (_, first) = page(&mut cursors, None, "a", true);
        let other = CursorLine { unit: UnitId(7), ..LINE };
        assert_eq!(cursors.next(other, Some(&first)), Ok(Some("a".to_owned())));
        let stranger = CursorLine { device: DeviceId(4), ..LINE };
        assert!(cursors.next(stranger, Some(&first)).is_err());
    }

    #[test]
    fn a_gateway_put_back_gives_no_receipt_twice() {
        let mut cursors = Cursors::new(Advance::OnReceipt);
        let (_, first) = page(&mut cursors, None, "a", true);
        let mut restored = cursors.clone();
        let (_, then) = page(&mut cursors, Some(&first), "b", true);
        restored.begin_epoch(9);
        let (_, now) = page(&mut restored, Some(&first), "b", true);
        assert_ne!(then, now);
        assert!(restored.next(LINE, Some(&then)).is_err());
    }
}
