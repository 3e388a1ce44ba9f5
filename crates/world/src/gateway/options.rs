//! The options of a gateway.

use super::backend_link;
use super::blobs::AttachmentAgain;
use super::capture::Capture;
use super::held::{Advance, CursorHolder};
use super::incarnation::Restored;
use super::jobs::JobOptions;
use super::mode::{Mode, Unfit};
use super::replica::HistoryOptions;
use super::scope_change::ScopeChange;
use super::upload_cache::UploadCacheOptions;
use crate::base::{Bytes, Span, Time, in_words};
use crate::protocol::Codec;

/// A gateway's options.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GatewayOptions {
    /// The format of messages with devices.
    pub codec: Codec,
    /// JSON bytes coded per second; `None`: the backend's row costs include this.
    pub coding_rate: Option<Bytes>,
    /// The mode: pass requests through, or keep a replica.
    pub mode: Mode,
    /// The strategy to find changes for devices.
    pub serve: Capture,
    /// The side that stores a device's cursor.
    pub cursors: CursorHolder,
    /// The gateway's reaction to a restore of the backend.
    pub backend_restored: Restored,
    /// The gateway's reaction to a restore of its own data.
    pub restored: Restored,
    /// The gateway's reaction when a person's scope changes.
    pub scope_change: ScopeChange,
    /// How to refresh the replica, if there is one.
    pub refresh: RefreshOptions,
    /// How long a token is valid; `None`: forever.
    pub token_life: Option<Span>,
    /// How long after its issue a token can be refreshed; `None`: forever.
    pub refresh_life: Option<Span>,
    /// The link to the backend; `None` if both run in one place.
    pub backend_link: Option<backend_link::BackendLinkOptions>,
    /// Maximum size of a request in bytes; `None`: no limit.
    pub body_limit: Option<u64>,
    /// Maximum size of a response in bytes; `None`: no limit.
    pub response_limit: Option<u64>,
    /// The gateway's reaction to an attachment that comes again.
    pub attachment_again: AttachmentAgain,
    /// How the gateway remembers edits that it passes through; `None`: it does not remember them.
    pub upload_cache: Option<UploadCacheOptions>,
    /// How the gateway works on pulls in the background; `None`: devices wait for each pull.
    pub job: Option<JobOptions>,
    /// How far a device's clock may be off; `None`: the gateway does not check it.
    pub clock_tolerance: Option<Span>,
}

/// How to refresh a replica.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefreshOptions {
    /// Time from the start of one refresh to the start of the next.
    pub every: Span,
    /// Interval between attempts to empty the upload queue.
    pub upload_every: Span,
    /// The strategy to find changes.
    pub capture: Capture,
    /// At most this many rows per page.
    pub page: u32,
    /// Tombstones and verdicts on uploads are kept for this long.
    pub kept: Span,
    /// The number of nodes. Each refreshes the replica on this schedule, without coordination.
    pub nodes: u32,
    /// If true, the replica takes a page only if its cursor is still the cursor of the page's
    /// request. That cursor serves as a fencing token.
    pub fencing: bool,
    /// When the cursor of the replica becomes durable.
    pub cursor_saved: CursorSaved,
    /// How to keep superseded versions and tombstones for first loads; `None`: they are not kept.
    pub history: Option<HistoryOptions>,
}

/// When the cursor of a replica becomes durable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CursorSaved {
    /// In the transaction that writes its page.
    #[default]
    WithRows,
    /// As soon as a page arrives. Rows are collected and written together at the end of their
    /// entity. If the process dies before, the collected rows are lost.
    BeforeRows,
}
in_words!(CursorSaved { WithRows: "with-rows", BeforeRows: "before-rows" });

impl Default for RefreshOptions {
    fn default() -> RefreshOptions {
        RefreshOptions {
            every: Span::secs(15 * 60),
            upload_every: Span::secs(10),
            capture: Capture::default(),
            page: 1_000,
            kept: Span::secs(30 * 86_400),
            nodes: 1,
            fencing: true,
            cursor_saved: CursorSaved::default(),
            history: None,
        }
    }
}

impl GatewayOptions {
    /// True if each version of a row comes once. Flags, comparisons and logs may repeat a version.
    pub(crate) fn brings_once(&self) -> bool {
        let alone = self.mode == Mode::Ota || self.refresh.nodes == 1;
        // A backfill sends rows of the new scope. Those written after the cursor also come as
        // changes.
        alone && self.capture().brings_once && self.scope_change != ScopeChange::Backfill
    }

    /// The end of a claim made at `made`; `None`: no claims.
    pub(crate) fn claimed_until(&self, made: Time) -> Option<Time> {
        self.capture().claimed_for.map(|lease| made + lease)
    }

    /// The strategy to find changes in the backend.
    pub(crate) fn capture(&self) -> &Capture {
        if self.mode == Mode::Ota { &self.serve } else { &self.refresh.capture }
    }

    /// True if a device that sends a receipt other than its last one must load again.
    pub fn reloads_copies(&self) -> bool {
        let by_receipt = self.mode == Mode::Ota && self.serve.knows_devices;
        self.cursors == CursorHolder::Server(Advance::OnReceipt) || by_receipt
    }

    /// The reason why a device must commit a page before it sends the page's cursor. `None`: a
    /// cursor is only a position.
    pub fn takes_receipts(&self) -> Option<Unfit> {
        if let CursorHolder::Server(_) = self.cursors {
            return Some(Unfit {
                why: "the gateway holds the cursors: the next request moves them past a page that may never be committed",
                instead: "`gateway.serve.cursor_held_by = \"client\"`",
            });
        }
        let served = Some(&self.serve).filter(|_| self.mode == Mode::Ota);
        let why = served.and_then(|serve| serve.takes_receipts)?;
        Some(Unfit { why, instead: "a capture by `last_modified` or `change_log`, or a persistent gateway" })
    }
}
