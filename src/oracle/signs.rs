//! Signs of life: that an engine does something for a run, or waits to.

use crate::base::{Span, UnitId};
use crate::contract::{BlobEvent, Event, RequestKind, UnitEvent};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sign {
    pub(super) unit: Option<UnitId>,
    pub(super) wait: Span,
    pub(super) failed: bool,
}

impl Sign {
    /// What an event shows, if it does.
    pub(super) fn of(event: &Event<'_>) -> Option<Sign> {
        match *event {
            Event::RequestSent { unit: Some(unit), .. }
            | Event::ResponseReceived { unit: Some(unit), .. }
            | Event::ChunkApplied { unit: Some(unit), .. }
            | Event::Unit(UnitEvent::Excerpt { unit, .. } | UnitEvent::SetAside { unit, .. }) => {
                Some(Sign { unit: Some(unit), ..Sign::default() })
            }
            Event::RequestFailed { kind, .. } | Event::RequestRefused { kind, .. }
                if kind != RequestKind::Fetch =>
            {
                Some(Sign { failed: true, ..Sign::default() })
            }
            Event::Blob(BlobEvent::Ended { in_run: true, served: false, .. }) => {
                Some(Sign { failed: true, ..Sign::default() })
            }
            Event::RetryScheduled { wait, in_run: true, .. } => Some(Sign { wait, ..Sign::default() }),
            Event::Blob(BlobEvent::Sent { in_run: true, .. } | BlobEvent::Ended { in_run: true, .. })
            | Event::StorageFull => Some(Sign::default()),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_done_for_a_run_is_a_sign() {
        let sent = |unit| {
            let (request, kind, bytes, rows, attempt) = (1, RequestKind::Pull, 9, 0, 0);
            Sign::of(&Event::RequestSent { request, kind, unit, bytes, rows, attempt })
        };
        assert_eq!(sent(Some(UnitId(3))), Some(Sign { unit: Some(UnitId(3)), ..Sign::default() }));
        assert_eq!(sent(None), None);
        let waits = |in_run| Sign::of(&Event::RetryScheduled { attempt: 1, wait: Span::secs(5), in_run });
        assert_eq!(waits(true), Some(Sign { wait: Span::secs(5), ..Sign::default() }));
        assert_eq!(waits(false), None);
    }
}
