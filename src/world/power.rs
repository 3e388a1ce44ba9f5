//! Power that fails at the syncs of a disk.

use std::cell::RefCell;

use super::missed::Struck;
use crate::base::{DeviceId, Span, Time};

/// The power of a device fails at a sync.
#[derive(Clone, Debug)]
pub(super) struct SyncLoss {
    pub(super) device: DeviceId,
    /// Syncs that end from here on count, and none at or after `until`.
    pub(super) from: Time,
    pub(super) until: Time,
    /// At the nth of them, from 1.
    pub(super) nth: u32,
    /// Once the sync is done, rather than right before.
    pub(super) after: bool,
    pub(super) restart_after: Span,
    /// Whether it failed.
    pub(super) struck: Struck,
}

#[derive(Debug, Default)]
pub(super) struct SyncLosses(RefCell<Vec<SyncLoss>>);

impl SyncLosses {
    pub(super) fn arm(&self, loss: SyncLoss) {
        self.0.borrow_mut().push(loss);
    }

    pub(super) fn is_armed(&self) -> bool {
        !self.0.borrow().is_empty()
    }

    /// Syncs end at these times: when the power fails, and which loss that is.
    pub(super) fn due(&self, ends: &[Time]) -> Vec<(Time, SyncLoss)> {
        let mut due = Vec::new();
        self.0.borrow_mut().retain_mut(|loss| {
            let counted = ends.iter().filter(|end| (loss.from..loss.until).contains(end));
            match counted.clone().nth(loss.nth as usize - 1) {
                Some(end) => {
                    let at = if loss.after { *end } else { Time(end.0 - 1) };
                    due.push((at, loss.clone()));
                    false
                }
                None => {
                    loss.nth -= counted.count() as u32;
                    true
                }
            }
        });
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::at_ms as at;

    #[test]
    fn the_power_fails_at_the_sync_that_was_asked_for() {
        let (device, restart_after) = (DeviceId(0), Span::secs(5));
        for (nth, after, expected) in [
            (1, false, Some(Time(at(20).0 - 1))),
            (1, true, Some(at(20))),
            (3, false, Some(Time(at(40).0 - 1))),
            (4, true, None),
        ] {
            let losses = SyncLosses::default();
            losses.arm(SyncLoss {
                device,
                from: at(15),
                until: at(45),
                nth,
                after,
                restart_after,
                struck: Struck::default(),
            });
            let mut due = losses.due(&[at(10), at(20), at(30)]);
            due.extend(losses.due(&[at(40), at(50), at(60)]));
            let due: Vec<Time> = due.into_iter().map(|(at, _)| at).collect();
            assert_eq!(due, Vec::from_iter(expected), "{nth}");
            assert_eq!(losses.is_armed(), expected.is_none());
        }
    }
}
