//! What a gateway can be told to be.

use super::backend_link;
use super::capture::Capture;
use super::held::{Advance, CursorHolder};
use super::incarnation::Restored;
use super::mode::{Mode, Unfit};
use super::upload_cache::UploadCacheOptions;
use crate::base::{Bytes, Span, Time, in_words};
use crate::protocol::Codec;

/// A gateway's options.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GatewayOptions {
    /// What devices write messages with.
    pub codec: Codec,
    /// Bytes of JSON that it codes a second; `None` if that is in the backend's costs of rows.
    pub coding_rate: Option<Bytes>,
    /// Whether it passes requests through or keeps a replica.
    pub mode: Mode,
    /// How it finds out what changed when it serves devices.
    pub serve: Capture,
    /// Who remembers where a device is.
    pub cursors: CursorHolder,
    /// What is done where the backend went back to a backup.
    pub backend_restored: Restored,
    /// What is done where the gateway itself did.
    pub restored: Restored,
    /// How its replica is fed, if it keeps one.
    pub refresh: RefreshOptions,
    /// So long a token is taken; for ever if `None`.
    pub token_life: Option<Span>,
    /// So long after a token was given out another is given for it; for ever if `None`.
    pub refresh_life: Option<Span>,
    /// The way to the backend; `None` if both stand in one place.
    pub backend_link: Option<backend_link::BackendLinkOptions>,
    /// The bytes of the largest request that it takes, if there is a limit.
    pub body_limit: Option<u64>,
    /// Those of the largest answer that it sends.
    pub response_limit: Option<u64>,
    /// What it remembers of edits that it passes through, if it does.
    pub upload_cache: Option<UploadCacheOptions>,
}

/// How a replica is fed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefreshOptions {
    /// From the start of one refresh to that of the next.
    pub every: Span,
    /// How often the queue of uploads is tried.
    pub upload_every: Span,
    /// How it finds out what changed.
    pub capture: Capture,
    /// At most this many rows are asked for at once.
    pub page: u32,
    /// Tombstones, and verdicts on uploads, are remembered for this long.
    pub kept: Span,
    /// So many nodes refresh it, each on the schedule and none knowing of the others.
    pub nodes: u32,
    /// Whether a page is taken only if nobody has moved the cursor since it was asked for: the
    /// cursor that a node asked with is its token.
    pub fencing: bool,
    /// When its cursor becomes durable.
    pub cursor_saved: CursorSaved,
}

/// When the cursor of a replica becomes durable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CursorSaved {
    /// In the transaction that writes its page.
    #[default]
    WithRows,
    /// As soon as a page has come; rows are gathered, and written together at the end of their
    /// entity. Who dies in between asks for what comes after them.
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
        }
    }
}

impl GatewayOptions {
    /// From when on, at the latest, who asks finds a change that can be seen from `shown` on.
    pub(crate) fn found_by(&self, shown: Time) -> Time {
        self.capture().found_by(shown)
    }

    /// How far behind the backend's clock rows are read, if not all that is there.
    pub(crate) fn reads_behind(&self) -> Option<Span> {
        self.capture().reads_behind()
    }

    /// Whether each version of a row comes once: flags, comparisons and logs may say it twice.
    pub(crate) fn brings_once(&self) -> bool {
        let alone = self.mode == Mode::Ota || self.refresh.nodes == 1;
        alone && self.capture().brings_once()
    }

    /// When a claim on a row ends that was made at `made`, if rows are claimed.
    pub(crate) fn claimed_until(&self, made: Time) -> Option<Time> {
        self.capture().claimed_for().map(|lease| made + lease)
    }

    pub(super) fn capture(&self) -> &Capture {
        match self.mode {
            Mode::Ota => &self.serve,
            Mode::Persistent => &self.refresh.capture,
        }
    }

    /// Whether a device whose receipt is not its last one loads again.
    pub fn reloads_namesakes(&self) -> bool {
        let by_receipt = self.mode == Mode::Ota && self.serve.knows_devices();
        self.cursors == CursorHolder::Server(Advance::OnReceipt) || by_receipt
    }

    /// Why a device must have committed a page before it sends its cursor; `None` if that is a
    /// place to go on from and nothing else.
    pub fn takes_receipts(&self) -> Option<Unfit> {
        if let CursorHolder::Server(_) = self.cursors {
            return Some(Unfit {
                why: "the gateway holds the cursors: asking on moves them past a page that may never be committed",
                instead: "`gateway.serve.cursor_held_by = \"client\"`",
            });
        }
        let served = Some(&self.serve).filter(|_| self.mode == Mode::Ota);
        let why = served.and_then(|serve| serve.takes_receipts())?;
        Some(Unfit { why, instead: "a capture by `last_modified` or `change_log`, a persistent gateway" })
    }
}
