//! Hooks: code of the app that an engine calls in the middle of a sync, as OnSyncStart,
//! OnSyncComplete and OnSyncError of OutSystems (`OfflineDataSyncEvents`) with its
//! NetworkStatusChanged, and the callbacks of Volt MX (`startSync`).
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
//! sync puts a unit into the queue by the rules of the queue. A hook is called *at most once* for a
//! run: a kill ends it with its process. The direct sync calls none.
//!
//! That is the built-in engine; a stack of one's own calls hooks where and if it likes.

use super::app::SyncError;
use super::future::LocalBoxFuture;
use super::transport::NetworkKind;
use crate::base::{Span, UnitId, Word, digested_by_place, word_enums};

word_enums! {
    derive (Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)
    pub enum Hook {
        SyncStart: "on_sync_start",
        SyncComplete: "on_sync_complete",
        SyncError: "on_sync_error",
        NetworkStatusChanged: "network_status_changed",
    }
}

#[derive(Clone, Copy, Debug)]
pub enum Occasion<'a> {
    SyncStart(UnitId, u64),
    SyncComplete(UnitId, u64),
    SyncError(UnitId, u64, &'a SyncError),
    /// The network came or went: this is there now.
    NetworkStatusChanged(NetworkKind),
}

impl Occasion<'_> {
    pub fn hook(&self) -> Hook {
        match self {
            Occasion::SyncStart(..) => Hook::SyncStart,
            Occasion::SyncComplete(..) => Hook::SyncComplete,
            Occasion::SyncError(..) => Hook::SyncError,
            Occasion::NetworkStatusChanged(_) => Hook::NetworkStatusChanged,
        }
    }
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

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HookEnd {
    Well,
    Threw,
    TimedOut,
}

digested_by_place!(Hook, HookEnd);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HookError {
    #[error("{} threw: {text}", of.word())]
    Threw { of: Hook, text: String },
    /// The engine did not wait any longer.
    #[error("{} took longer than {limit}", of.word())]
    TimedOut { of: Hook, limit: Span },
}

pub trait Hooks {
    /// Calls the hook for `occasion`; `None` if the app has none there.
    fn call(&self, occasion: Occasion<'_>) -> Option<LocalBoxFuture<'static, Result<(), Threw>>>;
}
