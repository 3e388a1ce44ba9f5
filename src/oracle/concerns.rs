//! Which events say something of what devices owe.

use super::signs::Sign;
use crate::contract::Event;

pub(super) fn concerns(event: &Event<'_>) -> bool {
    let changes = matches!(
        event,
        Event::ProcessStarted { .. }
            | Event::ProcessKilled { .. }
            | Event::Restored { .. }
            | Event::BecameCopy { .. }
            | Event::App(_)
            | Event::Suspended
            | Event::Continued { .. }
            | Event::LinkDown
            | Event::LinkUp
            | Event::AppWrote { .. }
            | Event::AppQueried { .. }
            | Event::Listed { .. }
            | Event::UnitQueued { .. }
            | Event::UnitDiscarded { .. }
            | Event::SyncStart { .. }
            | Event::SyncComplete { .. }
            | Event::SyncError { .. }
            | Event::HookStarted { .. }
            | Event::HookEnded { .. }
            | Event::RequestSent { .. }
            | Event::RequestFailed { .. }
            | Event::RequestRefused { .. }
            | Event::ResponseReceived { .. }
            | Event::RetryScheduled { .. }
            | Event::ChunkApplied { .. }
            | Event::Unit(_)
            | Event::RowsFailed { .. }
            | Event::RowsRetried { .. }
            | Event::CursorReset { .. }
            | Event::EditMade { .. }
            | Event::EditSent { .. }
            | Event::EditAcknowledged { .. }
            | Event::EditLogged { .. }
            | Event::ConflictDecided { .. }
            | Event::Page(_)
            | Event::Phone(_)
    );
    changes || Sign::of(event).is_some()
}
