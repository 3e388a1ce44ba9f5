//! Hooks: code of the app that an engine calls, and what it may do to a run.
//!
//! In the products these are OnSyncStart, OnSyncComplete and OnSyncError of OutSystems
//! (`OfflineDataSyncEvents`) with its NetworkStatusChanged, and the progress, success and failure
//! callbacks of Volt MX (`startSync`). Both are code of the app in the middle of the sync. The
//! advice of OutSystems is to put no external call, no server call and no unhandled exception
//! there, as each of them slows the app down or freezes it. Here is what each does:
//!
//! - `on_sync_start` is called when the run's start is on disk, before its first request. The run
//!   waits. If the hook fails, the run ends as an error before its first request, and is tried
//!   again as any run that failed.
//! - `on_sync_complete` is called when the end of a good run is on disk and was told. The next unit
//!   of the queue waits, and so does the person at the login. If the hook fails, what was stored
//!   stays.
//! - `on_sync_error` is the same after a bad run. The next start of the app calls it for a run that
//!   a kill interrupted.
//! - `network_status_changed` is called when the network came or went. Nothing waits for it.
//!
//! What it does to the run:
//!
//! - A hook that is *slow* delays what waits for it, and nothing else: the disk and the link are
//!   free, and other hooks may run.
//! - A hook *fails* where it throws, or where it takes longer than the limit of the engine
//!   (`engine.hook_timeout`; without one it is waited for as long as it takes). What it began
//!   before is not taken back.
//! - A hook that *calls out* shares the link, its connections and its outages with the sync. A
//!   call without a response throws.
//! - A hook that *triggers* a sync puts a unit into the queue by the rules of the queue. The unit
//!   starts when the hook has ended and the units before it have run, so that no unit runs twice
//!   at once. If runs go on to trigger each other, with no person and no network in between, the
//!   check `sync-loop` tells.
//! - A hook is called *at most once* for a run. A kill ends it with its process; the next process
//!   does not call it again, but calls `on_sync_error` for a run that had no end on disk.
//! - `OfflineDataSync`, the direct sync ([`SyncEngine::sync`](super::SyncEngine::sync)), has no
//!   events in the product, and calls no hooks here.
//!
//! That is how the built-in engine does it. A stack of one's own calls hooks through
//! [`Ports::hook`](super::Ports::hook), where and if it likes;
//! whatever it does is told and measured alike.

use super::app::SyncError;
use super::future::LocalBoxFuture;
use super::transport::NetworkKind;
use crate::base::{Span, UnitId, Word, in_words};

/// A hook of the app.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Hook {
    /// A run starts.
    SyncStart,
    /// A run ended well.
    SyncComplete,
    /// A run ended badly.
    SyncError,
    /// The network came or went.
    NetworkStatusChanged,
}
in_words!(Hook {
    SyncStart: "on_sync_start",
    SyncComplete: "on_sync_complete",
    SyncError: "on_sync_error",
    NetworkStatusChanged: "network_status_changed",
});

/// What a hook is called for.
#[derive(Clone, Copy, Debug)]
pub enum Occasion<'a> {
    /// A run of a unit starts.
    SyncStart(UnitId, u64),
    /// A run of a unit ended well.
    SyncComplete(UnitId, u64),
    /// A run of a unit ended badly.
    SyncError(UnitId, u64, &'a SyncError),
    /// The network came or went: this is there now.
    NetworkStatusChanged(NetworkKind),
}

impl Occasion<'_> {
    /// The hook that is called for it.
    pub fn hook(&self) -> Hook {
        match self {
            Occasion::SyncStart(..) => Hook::SyncStart,
            Occasion::SyncComplete(..) => Hook::SyncComplete,
            Occasion::SyncError(..) => Hook::SyncError,
            Occasion::NetworkStatusChanged(_) => Hook::NetworkStatusChanged,
        }
    }

    /// The unit and its run, if it is about one.
    pub fn run(&self) -> Option<(UnitId, u64)> {
        match *self {
            Occasion::SyncStart(unit, run)
            | Occasion::SyncComplete(unit, run)
            | Occasion::SyncError(unit, run, _) => Some((unit, run)),
            Occasion::NetworkStatusChanged(_) => None,
        }
    }
}

/// An exception that a hook did not handle, in its words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Threw(pub String);

/// How a hook ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HookEnd {
    /// It came to its end.
    Well,
    /// It threw.
    Threw,
    /// The engine did not wait any longer.
    TimedOut,
}

/// Why a hook failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "said by the variant")]
pub enum HookError {
    /// It threw.
    #[error("{} threw: {text}", of.word())]
    Threw { of: Hook, text: String },
    /// The engine did not wait any longer.
    #[error("{} took longer than {limit}", of.word())]
    TimedOut { of: Hook, limit: Span },
}

/// The app's own code that an engine calls.
pub trait Hooks {
    /// Calls the hook for `occasion`; `None` if the app has none there.
    fn call(&self, occasion: Occasion<'_>) -> Option<LocalBoxFuture<'static, Result<(), Threw>>>;
}
