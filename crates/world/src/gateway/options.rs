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
    /// JSON bytes coded per second; `None` if the backend's row costs include this.
    pub coding_rate: Option<Bytes>,
    /// Whether it passes requests through or keeps a replica.
    pub mode: Mode,
    /// How it finds changes when it serves devices.
    pub serve: Capture,
    /// Who stores a device's cursor.
    pub cursors: CursorHolder,
    /// What happens after a restore of the backend.
    pub backend_restored: Restored,
    /// What happens after a restore of the gateway itself.
    pub restored: Restored,
    /// What it does for a device when the scope of its person changes.
    pub scope_change: ScopeChange,
    /// How its replica is refreshed, if it keeps one.
    pub refresh: RefreshOptions,
    /// How long a token is valid; forever if `None`.
    pub token_life: Option<Span>,
    /// How long after its issue a token can be refreshed; forever if `None`.
    pub refresh_life: Option<Span>,
    /// The link to the backend; `None` if both run in one place.
    pub backend_link: Option<backend_link::BackendLinkOptions>,
    /// Maximum size of a request in bytes; unlimited if `None`.
    pub body_limit: Option<u64>,
    /// Maximum size of a response in bytes; unlimited if `None`.
    pub response_limit: Option<u64>,
    /// What it does with an attachment that comes again.
    pub attachment_again: AttachmentAgain,
    /// How it remembers edits that it passes through; `None` if it does not.
    pub upload_cache: Option<UploadCacheOptions>,
    /// How it works on pulls in the background; `None` if devices wait for each.
    pub job: Option<JobOptions>,
    /// How far a device's clock may be off; `None` if the gateway does not compare it.
    pub clock_tolerance: Option<Span>,
}

/// How a replica is refreshed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefreshOptions {
    /// Time from the start of one refresh to the start of the next.
    pub every: Span,
    /// Interval between attempts to empty the upload queue.
    pub upload_every: Span,
    /// How it finds changes.
    pub capture: Capture,
    /// At most this many rows per page.
    pub page: u32,
    /// Tombstones and verdicts on uploads are kept for this long.
    pub kept: Span,
    /// The number of nodes that refresh the replica, each on this schedule, without coordination.
    pub nodes: u32,
    /// True if a page is accepted only if the cursor has not moved since the page was requested:
    /// the cursor of the request serves as a fencing token.
    pub fencing: bool,
    /// When the cursor of the replica becomes durable.
    pub cursor_saved: CursorSaved,
    /// How superseded versions and tombstones are kept for first loads; `None` if they are not.
    pub history: Option<HistoryOptions>,
}

/// When the cursor of a replica becomes durable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CursorSaved {
    /// In the transaction that writes its page.
    #[default]
    WithRows,
    /// As soon as a page arrives. Rows are gathered and written together at the end of their
    /// entity. After a death in between, the gathered rows are lost.
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
        alone && self.capture().brings_once
    }

    /// The end of a claim made at `made`; `None` without claims.
    pub(crate) fn claimed_until(&self, made: Time) -> Option<Time> {
        self.capture().claimed_for.map(|lease| made + lease)
    }

    /// How changes are found in the backend.
    pub(crate) fn capture(&self) -> &Capture {
        if self.mode == Mode::Ota { &self.serve } else { &self.refresh.capture }
    }

    /// True if a device whose receipt is not its last one loads again.
    pub fn reloads_copies(&self) -> bool {
        let by_receipt = self.mode == Mode::Ota && self.serve.knows_devices;
        self.cursors == CursorHolder::Server(Advance::OnReceipt) || by_receipt
    }

    /// The reason why a device must commit a page before it sends its cursor. `None` if a cursor is
    /// only a position.
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
