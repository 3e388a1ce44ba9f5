//! Hooks: code of the app that an engine calls, and what it may do to a run.
//!
//! In the products these are OnSyncStart, OnSyncComplete and OnSyncError of OutSystems
//! (`OfflineDataSyncEvents`) with its NetworkStatusChanged, and the progress, success and failure
//! callbacks of Volt MX (`startSync`): code of the app in the middle of the sync.
//!
//! - `on_sync_start` is called when the run's start is on disk, and the run waits. If it fails, the
//!   run ends as an error before its first request, and is tried again as any run that failed.
//! - `on_sync_complete` is called when the end of a good run is on disk and was told. The next unit
//!   of the queue waits, and so does the person at the login. If it fails, what was stored stays.
//! - `on_sync_error` is the same after a bad run. The next start of the app calls it for a run that
//!   a kill interrupted.
//! - `network_status_changed` is called when the network came or went. Nothing waits for it.
//!
//! A hook that is *slow* delays what waits for it and nothing else. It *fails* where it throws, or
//! takes longer than `engine.hook_timeout`; what it began before is not taken back. One that *calls
//! out* shares the link with the sync, and a call without a response throws. One that *triggers* a
//! sync puts a unit into the queue by the rules of the queue; runs that trigger each other for ever
//! are told by the check `sync-loop`. A hook is called *at most once* for a run: a kill ends it
//! with its process. The direct sync ([`SyncEngine::sync`](super::SyncEngine::sync)) calls none.
//!
//! That is how the built-in engine does it. A stack of one's own calls hooks through
//! [`Ports::hook`](super::Ports::hook), where and if it likes.

use super::app::SyncError;
use super::future::LocalBoxFuture;
use super::transport::NetworkKind;
use crate::base::{Span, UnitId, Word, in_words};

/// A hook of the app.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Hook {
    SyncStart,
    SyncComplete,
    SyncError,
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
    Threw,
    /// The engine did not wait any longer.
    TimedOut,
}

/// Why a hook failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
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
