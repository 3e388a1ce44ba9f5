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
