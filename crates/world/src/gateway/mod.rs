//! The sync server between devices and the backend.
//!
//! It knows the devices and their attributes, reads and writes the protocol's bytes, and owns the
//! cursors: what a device sends back to say how far it has come is made here and means nothing to
//! anybody else. It is a pure function of the time, the backend and the bytes.
//!
//! Invariants:
//! - A request of a device is one request to the backend, however many entities it wants.
//! - Nothing that a device sends makes the gateway panic: damaged bytes and unknown devices are bad
//!   requests, a cursor that is damaged, foreign, or from the future has expired.
//! - A page ends where its cursor says, also where it was cut by bytes. Captures that are told to,
//!   do otherwise.
//! - What a request did to the backend is reported whatever the device is told: after the gateway
//!   gave up, too, or after the way back broke.
//! - A cursor holds for one life of the backend (`incarnation`): where that goes back to a backup,
//!   everybody loads again.
//! - What a persistent gateway answered is durable there: it outlives its process, and comes to the
//!   backend once.
//!
//! How: in mode [`Mode::Ota`] requests pass through; the gateway may remember the edits in them
//! (`upload_cache`). In mode [`Mode::Persistent`] they are answered from a `replica`, whatever the
//! backend is doing: pulls and fetches read it, pushes are queued there. What the gateway itself
//! wants of the backend are calls of its own: pages for its replica and batches of its queue, each
//! asked for here, done at the backend at the instant when it comes there, and brought home here in
//! one transaction. A death in between loses a call and nothing else ([`CursorSaved`]).
//!
//! How the gateway finds out what changed is a strategy of `capture`: one file that implements its
//! traits, and one line that names it.

mod backend_call;
mod backend_link;
mod blobs;
mod capture;
mod excerpt;
mod feed;
mod half;
mod held;
mod incarnation;
mod mode;
mod options;
mod persistent;
mod recalled;
mod replica;
mod replica_side;
mod server;
#[cfg(test)]
mod tests;
mod upload_cache;
mod version;

pub(crate) use backend_call::{BackendCall, Upload};
pub(crate) use backend_link::{BackendLink, Direction, Passage};
pub use backend_link::{BackendLinkOptions, Outage, OutageMode};
pub use capture::{
    Around, Canonical, Capture, ChangeLogOptions, Choice, FlagForm, FlagOptions, FlagPer, HashOptions,
    Initial, Keep, LastModifiedBound, LastModifiedEnd, LastModifiedOptions, LastModifiedPaging,
    LastModifiedSource, LastModifiedStamps, OnUnreadable, SetFlag, Snapshot, Source,
};
pub use capture::{FORM as CAPTURE, KINDS as CAPTURES};
pub(crate) use feed::{Asking, Feed, FeedPage, FeedRow};
pub use half::{Answered, ServerHalf, answer_by, call_by};
pub use held::{Advance, CursorHolder};
pub use incarnation::Restored;
pub use mode::{Mode, Unfit};
pub use options::{CursorSaved, GatewayOptions, RefreshOptions};
pub(crate) use recalled::Recalled;
pub(crate) use server::Backup;
pub use server::Gateway;
pub use upload_cache::UploadCacheOptions;
pub(crate) use version::Versions;
