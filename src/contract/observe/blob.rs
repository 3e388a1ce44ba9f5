//! What can be observed of what is attached to rows.

use crate::base::{DeviceId, Span};
use crate::contract::attachment::BlobId;

/// Something about an attachment on its way.
#[derive(Clone, Copy, Debug)]
pub enum BlobEvent {
    /// A request leaves with a stretch of it, or asks how much of it there is.
    Sent {
        /// Which.
        blob: BlobId,
        /// Where the stretch begins.
        offset: u64,
        /// Its bytes; none in a question.
        bytes: u64,
        /// Whether that is a part of a unit's run, whose rows wait for its end.
        in_run: bool,
    },
    /// That request has ended.
    Ended {
        /// Which.
        blob: BlobId,
        /// Since it was sent.
        took: Span,
        /// As in [`BlobEvent::Sent`].
        in_run: bool,
        /// It was answered as a request that was served.
        served: bool,
    },
    /// The device keeps it no longer.
    LetGo {
        /// Which.
        blob: BlobId,
    },
    /// The gateway: all of it is there.
    Stored {
        /// Which.
        blob: BlobId,
        /// By whom its last stretch came.
        device: DeviceId,
        /// Its bytes.
        bytes: u64,
        /// Their hash.
        hash: u64,
    },
}
