//! What can be observed of what is attached to rows.

use crate::base::{DeviceId, Span};
use crate::contract::attachment::BlobId;

/// Something about an attachment on its way.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs, reason = "said by the variant")]
pub enum BlobEvent {
    /// A request leaves with a stretch of it from `offset` on, or asks how much of it there is.
    /// `in_run` if it is a part of a unit's run, whose rows wait for its end.
    Sent { blob: BlobId, offset: u64, bytes: u64, in_run: bool },
    /// That request has ended. It was answered or not as a request that was served.
    Ended { blob: BlobId, took: Span, in_run: bool, served: bool },
    /// The device keeps it no longer.
    LetGo { blob: BlobId },
    /// The gateway: all of it is there, by a last stretch of this device, and has this hash.
    Stored { blob: BlobId, device: DeviceId, bytes: u64, hash: u64 },
}
