//! The gateway: the sync server between devices and the backend (the system of record).
//!
//! The gateway knows the devices and their attributes, and reads and writes the protocol's bytes.
//! Only the gateway makes and reads cursors (positions in the changes). Its responses depend only
//! on the time, the backend, and the bytes that it receives.
//!
//! Invariants:
//! - A request that passes through is one request to the backend, for any number of entities.
//! - Nothing that a device sends makes the gateway panic. Damaged bytes and unknown devices are bad
//!   requests. A cursor that is damaged, foreign, or from the future counts as expired.
//! - A page ends at its cursor, even if the byte limit cuts the page. A capture breaks this rule
//!   only if its options say so.
//! - The gateway always reports the effects of a request on the backend, even after a timeout or a
//!   broken connection.
//! - A cursor is valid in one incarnation of the backend (until its next restore; see
//!   `incarnation`). After a restore, all readers load again.
//! - Edits that a persistent gateway confirms are durable: they survive its process, and reach the
//!   backend once.
//!
//! In [`Mode::Ota`], requests pass through, and the gateway may remember their edits
//! (`upload_cache`). In [`Mode::Persistent`], a `replica` responds, even while the backend is down:
//! pulls and fetches read it, and pushes wait there in a queue. The gateway makes its own backend
//! calls: pages for its replica and batches of its queue. Each call takes effect when it arrives at
//! the backend. The gateway records the result of a call in one transaction. If the process dies
//! before, only that call is lost (for an exception see [`CursorSaved`]).
//!
//! A strategy of `capture` finds the changes in the backend. A new strategy is one file that
//! implements the traits of `capture`, and one line in its list.
//!
//! Read `server` first, then `capture`, `persistent` and `replica`.

mod backend_call;
mod backend_link;
mod blobs;
mod capture;
mod demands;
mod excerpt;
mod feed;
mod half;
mod held;
mod incarnation;
mod job_requests;
mod jobs;
mod mode;
mod options;
mod persistent;
mod recalled;
mod replica;
mod replica_side;
mod scope_change;
mod server;
#[cfg(test)]
mod tests;
mod upload_cache;
mod version;

pub(crate) use backend_call::{BackendCall, Upload};
pub(crate) use backend_link::{BackendLink, Direction, Passage};
pub use backend_link::{BackendLinkOptions, Outage, OutageMode};
pub use blobs::AttachmentAgain;
pub use capture::{
    Around, CAPTURE, CAPTURES, Canonical, Capture, ChangeLogOptions, FlagForm, FlagOptions, FlagPer,
    HashOptions, Initial, Keep, LastModifiedBound, LastModifiedEnd, LastModifiedOptions, LastModifiedPaging,
    LastModifiedSource, LastModifiedStamps, OnUnreadable, Properties, SetFlag, Snapshot, Source,
};
pub(crate) use feed::{Asking, Feed, FeedPage, FeedRow};
pub use half::{Answered, ServerHalf, call_by};
pub use held::{Advance, CursorHolder};
pub use incarnation::Restored;
pub(crate) use job_requests::{ask_job, gives_older, job_answer, job_done, job_question, refuse_job};
pub(crate) use jobs::JobReply;
pub use jobs::{JobOptions, JobResult};
pub use mode::{Mode, Unfit};
pub use options::{CursorSaved, GatewayOptions, RefreshOptions};
pub(crate) use recalled::Recalled;
pub use replica::HistoryOptions;
pub use scope_change::ScopeChange;
pub(crate) use server::Backup;
pub use server::Gateway;
pub use upload_cache::UploadCacheOptions;
pub(crate) use version::Versions;
