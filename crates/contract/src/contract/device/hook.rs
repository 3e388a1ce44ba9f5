//! Hooks: code of the app that an engine calls during a sync. Models OnSyncStart, OnSyncComplete
//! and OnSyncError of OutSystems (`OfflineDataSyncEvents`) with its NetworkStatusChanged, and the
//! callbacks of Volt MX (`startSync`).
//!
//! - `on_sync_start` is called when the run's start is on disk, and the run waits for it. If the
//!   hook fails, the run fails before its first request. Like any failed run, it is tried again.
//! - `on_sync_complete` is called when the end of a successful run is on disk and was reported. The
//!   next unit of the queue waits for the hook, and so does a person who logs in. If the hook
//!   fails, the stored rows stay.
//! - `on_sync_error` is called in the same way after a failed run. If a kill interrupted the run,
//!   the next start of the app calls it.
//! - `network_status_changed` is called when the network appeared, disappeared or changed its kind.
//!   Nothing waits for it.
//!
//! A *slow* hook delays only the work that waits for it. A hook *fails* if it throws or takes
//! longer than `engine.hook_timeout`. Its earlier effects are not undone. A hook that *calls out*
//! sends its own request over the link of the sync, and throws if no response comes. A hook that
//! *triggers* a sync adds a unit to the queue, by the queue's rules. A hook is called *at most
//! once* per run: a kill ends it with its process. A direct sync (outside the queue) calls no hook.
//!
//! All this describes the built-in engine. A third-party stack may call hooks at other places, or
//! never.

use super::app::SyncError;
use super::future::LocalBoxFuture;
use super::transport::NetworkKind;
use crate::base::{Span, UnitId, Word, digested_by_place, word_enums};

word_enums! {
    derive (Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)
    /// A hook of the app.
    pub enum Hook {
        /// Called as a unit starts.
        SyncStart: "on_sync_start",
        /// Called after a unit ended well.
        SyncComplete: "on_sync_complete",
        /// Called after a unit failed.
        SyncError: "on_sync_error",
        /// Called when the network appeared, disappeared or changed its kind.
        NetworkStatusChanged: "network_status_changed",
    }
}

/// Why a hook is called. If a run is the reason, it has the unit and the run's number.
#[derive(Clone, Copy, Debug)]
pub enum Occasion<'a> {
    /// A run of the unit starts.
    SyncStart(UnitId, u64),
    /// A run of the unit ended well.
    SyncComplete(UnitId, u64),
    /// A run of the unit failed with this error.
    SyncError(UnitId, u64, &'a SyncError),
    /// The network appeared, disappeared or changed to this kind.
    NetworkStatusChanged(NetworkKind),
}

impl Occasion<'_> {
    /// The hook that is called.
    pub fn hook(&self) -> Hook {
        match self {
            Occasion::SyncStart(..) => Hook::SyncStart,
            Occasion::SyncComplete(..) => Hook::SyncComplete,
            Occasion::SyncError(..) => Hook::SyncError,
            Occasion::NetworkStatusChanged(_) => Hook::NetworkStatusChanged,
        }
    }
    /// The unit and the run's number, if a run is the reason.
    pub fn run(&self) -> Option<(UnitId, u64)> {
        match *self {
            Occasion::SyncStart(unit, run)
            | Occasion::SyncComplete(unit, run)
            | Occasion::SyncError(unit, run, _) => Some((unit, run)),
            Occasion::NetworkStatusChanged(_) => None,
        }
    }
}

/// An exception that a hook did not handle, as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Threw(pub String);

/// How a hook ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HookEnd {
    /// The hook returned.
    Well,
    /// The hook threw an exception.
    Threw,
    /// The engine stopped waiting for the hook.
    TimedOut,
}

digested_by_place!(Hook, HookEnd);

/// Why a hook failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HookError {
    /// The hook threw an exception.
    #[error("{} threw: {text}", of.word())]
    Threw {
        /// The hook.
        of: Hook,
        /// The message of the exception.
        text: String,
    },
    /// The engine stopped waiting.
    #[error("{} took longer than {limit}", of.word())]
    TimedOut {
        /// The hook.
        of: Hook,
        /// How long the engine waited.
        limit: Span,
    },
}

/// The hooks of the app.
pub trait Hooks {
    /// Calls the hook for `occasion`; `None` if the app has no hook for it.
    fn call(&self, occasion: Occasion<'_>) -> Option<LocalBoxFuture<'static, Result<(), Threw>>>;
}
