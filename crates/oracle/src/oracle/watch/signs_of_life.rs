//! Recognises events that show that an engine works for a run, or waits to continue it.

use crate::base::{Span, UnitId};
use crate::contract::{BlobEvent, EngineEvent, Event, RequestKind, UnitEvent};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sign {
    pub(crate) unit: Option<UnitId>,
    pub(crate) wait: Span,
    pub(crate) failed: bool,
}

impl Sign {
    pub(crate) fn of(event: &Event<'_>) -> Option<Sign> {
        match *event {
            Event::Engine(
                EngineEvent::RequestSent { unit: Some(unit), .. }
                | EngineEvent::ResponseReceived { unit: Some(unit), .. }
                | EngineEvent::ChunkApplied { unit: Some(unit), .. }
                | EngineEvent::Unit(UnitEvent::Excerpt { unit, .. } | UnitEvent::SetAside { unit, .. }),
            ) => Some(Sign { unit: Some(unit), ..Sign::default() }),
            Event::Engine(
                EngineEvent::RequestFailed { kind, .. } | EngineEvent::RequestRefused { kind, .. },
            ) if kind != RequestKind::Fetch => Some(Sign { failed: true, ..Sign::default() }),
            Event::Engine(EngineEvent::Blob(BlobEvent::Ended { in_run: true, served: false, .. })) => {
                Some(Sign { failed: true, ..Sign::default() })
            }
            Event::Engine(EngineEvent::RetryScheduled { wait, in_run: true, .. }) => {
                Some(Sign { wait, ..Sign::default() })
            }
            Event::Engine(
                EngineEvent::Blob(
                    BlobEvent::Sent { in_run: true, .. } | BlobEvent::Ended { in_run: true, .. },
                )
                | EngineEvent::StorageFull,
            ) => Some(Sign::default()),
            _ => None,
        }
    }
}
