//! By a flag on each row that says whether it is synced.
//!
//! Rows whose flag says "not synced" are delivered, and then their flags are set in the source.
//! When that is, is an option. The cursor is the number of a page: it comes back from who has
//! committed the page. The gateway remembers which rows lay in it until then. If it forgets that,
//! their flags stay as they are and the rows come again.
//!
//! A device's own flags say what it held when it showed its last receipt, and the source notes that
//! receipt beside them. Who shows an older one, or that of another device, holds something else: it
//! was put back or is a copy, and loads again. Where each unit has its own cursors, each change of
//! units is a load. One flag for all cannot tell.

use std::collections::BTreeMap;

use xxhash_rust::xxh3::xxh3_64;

use super::super::mode::{Mode, Unfit};
use super::seam::{Ask, Captured, Effort, Fits, Paged, Reader, Strategy, Take, leaves_no_trace};
use crate::backend::{Backend, Consumer, FlagQuery, Flagged, Has, Lease, Mark, Provisioning, Reset, Upto};
use crate::base::{EntityId, Key, Ppm, Span, Stamp, Time, in_words};
use crate::contract::ServerError;

/// What the flag is, and when it is set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FlagOptions {
    /// What the flag is.
    pub form: FlagForm,
    /// What it says of rows that were there before it.
    pub initial: Initial,
    /// When it is set.
    pub set: SetFlag,
    /// How it is set.
    pub reset: Reset,
    /// Whose it is.
    pub per: FlagPer,
    /// Rows are claimed for this long by who delivers them.
    pub lease: Option<Span>,
    /// Share of the rows that cannot be captured, by the hash of their keys.
    pub unreadable: Ppm,
    /// What becomes of the others on their page.
    pub on_unreadable: OnUnreadable,
}

/// What says that a row is synced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FlagForm {
    /// A text, such as "new" and "synced".
    Status,
    /// A yes or no.
    #[default]
    Boolean,
    /// An id that the consumer gave it, if there is one.
    ExternalId,
    /// The status and the version that it is of.
    Combination,
}
in_words!(FlagForm {
    Status: "status",
    Boolean: "boolean",
    ExternalId: "external-id",
    Combination: "combination"
});

/// What flags say of rows that were there before them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Initial {
    /// What is true: a device that was provisioned has what it was provisioned with.
    #[default]
    AsHeld,
    /// Nobody has them.
    Unsynced,
    /// Everybody has them.
    Synced,
}
in_words!(Initial { AsHeld: "as-held", Unsynced: "unsynced", Synced: "synced" });

/// When a flag is set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SetFlag {
    /// When the reader says that it has committed the page.
    #[default]
    AfterCommit,
    /// When the gateway has the rows.
    AfterCapture,
    /// As they are read.
    BeforeCapture,
}
in_words!(SetFlag {
    AfterCommit: "after-commit",
    AfterCapture: "after-capture",
    BeforeCapture: "before-capture"
});

/// Whose flag it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FlagPer {
    /// Each device has its own.
    #[default]
    Device,
    /// There is one.
    All,
}
in_words!(FlagPer { Device: "device", All: "all" });

/// What becomes of a page with a row that cannot be captured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnUnreadable {
    /// That row is passed over.
    #[default]
    Skip,
    /// The page fails as a whole.
    Stop,
}
in_words!(OnUnreadable { Skip: "skip", Stop: "stop" });

impl FlagForm {
    /// Bytes written in the source to set it.
    fn bytes(self) -> u64 {
        match self {
            FlagForm::Status => "synced".len() as u64,
            FlagForm::Boolean => 1,
            // A UUID as text.
            FlagForm::ExternalId => 36,
            FlagForm::Combination => "synced".len() as u64 + 8,
        }
    }

    /// Whether there is room in it to say who is at work on the row.
    pub fn holds_claims(self) -> bool {
        matches!(self, FlagForm::Status | FlagForm::Combination)
    }
}

/// Bytes of a claim: by whom, and until when.
const CLAIM: u64 = 16;

/// Rows that were delivered together.
#[derive(Clone, Debug)]
struct Page {
    number: u64,
    marks: Vec<Mark>,
}

#[derive(Clone)]
pub(super) struct ByFlag {
    options: FlagOptions,
    /// The page of each reader of which it is not known whether it was committed.
    open: BTreeMap<(Consumer, EntityId), Page>,
    /// Rows in those.
    open_rows: u64,
    /// What the answer under way has read.
    captured: Vec<(Consumer, EntityId, Vec<Mark>)>,
    last: u64,
}

impl ByFlag {
    pub(super) fn new(options: FlagOptions) -> ByFlag {
        ByFlag { options, open: BTreeMap::new(), open_rows: 0, captured: Vec::new(), last: 0 }
    }

    /// Whose flags a reader's are.
    fn consumer(&self, reader: Reader<'_>) -> Consumer {
        match (reader, self.options.per) {
            (Reader::Device(device, _), FlagPer::Device) => Consumer::Device(device),
            (Reader::Device(..), FlagPer::All) => Consumer::Anybody,
            (Reader::Replica, _) => Consumer::Replica,
        }
    }

    /// Sees to it that the reader has flags. Who has nothing gets everything again; but one flag
    /// for all cannot tell who that is.
    fn enrol(&self, backend: &mut Backend, now: Time, ask: &Ask<'_>) -> Result<u64, ServerError> {
        let (consumer, scope, entity) = (self.consumer(ask.reader), ask.reader.scope(), ask.entity);
        let receipt = backend.flags().receipt(now, consumer, entity, scope)?;
        let has = match (ask.cursor.map(|text| read(consumer, text)), self.options.initial) {
            (Some(None), _) => return Err(ServerError::CursorExpired(entity)),
            (Some(Some(cursor)), _) if receipt.is_some_and(|last| cursor.is_before(last)) => {
                return Err(ServerError::CursorExpired(entity));
            }
            (None, _) if receipt.is_some() && consumer != Consumer::Anybody => Has::Nothing,
            _ if receipt.is_some() => return Ok(0),
            // A page of flags that are not there any more.
            (Some(Some(Cursor::Page(_))), _) => return Err(ServerError::CursorExpired(entity)),
            (_, Initial::Synced) => Has::All,
            (Some(Some(Cursor::At(stamp))), Initial::AsHeld) => Has::AllUntil(stamp),
            // The deleted ones among them are not synced either.
            (Some(Some(Cursor::At(_))), Initial::Unsynced) => Has::AllUntil(Stamp(i64::MIN)),
            (_, Initial::AsHeld | Initial::Unsynced) => Has::Nothing,
        };
        let written = backend.flags().enrol(now, consumer, entity, scope, has)?;
        if ask.cursor.is_none() && tells_apart(consumer) {
            // A reader that comes with a page from before this load holds something else.
            let last = self.last.max(now.0.saturating_sub(1));
            backend.flags().note_receipt(now, consumer, entity, scope, last)?;
        }
        Ok(written)
    }

    /// Takes a cursor as the receipt for its page; gives the flags written.
    fn settle(&mut self, backend: &mut Backend, now: Time, ask: &Ask<'_>) -> Result<u64, ServerError> {
        let (consumer, scope, entity) = (self.consumer(ask.reader), ask.reader.scope(), ask.entity);
        let shown = match ask.cursor.and_then(|text| read(consumer, text)) {
            Some(Cursor::Page(number)) => Some(number),
            _ => None,
        };
        if let Some(number) = shown.filter(|_| tells_apart(consumer)) {
            backend.flags().note_receipt(now, consumer, entity, scope, number)?;
        }
        let Some(page) = self.open.remove(&(name(ask.reader), entity)) else { return Ok(0) };
        self.open_rows -= page.marks.len() as u64;
        if shown == Some(page.number) {
            return Ok(backend.flags().reset(now, consumer, entity, &page.marks, self.options.reset));
        }
        backend.flags().release(consumer, entity, &page.marks);
        Ok(0)
    }

    /// Keeps in mind what was delivered, or sets its flags; gives the flags written or to be
    /// written.
    fn delivered(&mut self, backend: &mut Backend, now: Time, ask: &Ask<'_>, marks: Vec<Mark>) -> u64 {
        let (consumer, entity) = (self.consumer(ask.reader), ask.entity);
        match self.options.set {
            SetFlag::AfterCommit => {
                self.open_rows += marks.len() as u64;
                self.open.insert((name(ask.reader), entity), Page { number: self.last, marks });
                0
            }
            SetFlag::AfterCapture => {
                let rows = marks.len() as u64;
                self.captured.push((consumer, entity, marks));
                rows
            }
            SetFlag::BeforeCapture => {
                backend.flags().reset(now, consumer, entity, &marks, self.options.reset)
            }
        }
    }
}

/// Whether a consumer's receipts are those of one device, one after the other: nodes of a gateway
/// may share a replica.
fn tells_apart(consumer: Consumer) -> bool {
    matches!(consumer, Consumer::Device(_))
}

/// A row that cannot be captured.
pub(super) fn is_unreadable(share: Ppm, key: &Key) -> bool {
    xxh3_64(key.as_str().as_bytes()) % 1_000_000 < u64::from(share.0)
}

/// A reader's name, whosever flags it reads.
fn name(reader: Reader<'_>) -> Consumer {
    match reader {
        Reader::Device(device, _) => Consumer::Device(device),
        Reader::Replica => Consumer::Replica,
    }
}

impl Fits for FlagOptions {
    fn fits(&self, provisioning: Provisioning) -> Result<(), Unfit> {
        match provisioning {
            Provisioning::ReadOnlySchema => Err(Unfit {
                why: "a flag is a column of the source, and nobody can add one to this schema",
                instead: "a backend to which a column can be added and that marks what it deletes (full; under a replica also soft-delete-only, three-stamps)",
            }),
            Provisioning::Nothing => Err(Unfit {
                why: "rows are asked for by their flag, and this backend can only be asked for all of them",
                instead: "a backend that can be asked for less and marks what it deletes (full; under a replica also soft-delete-only, three-stamps)",
            }),
            _ => Ok(()),
        }
    }

    fn leaves_orphans(&self, provisioning: Provisioning, mode: Mode) -> bool {
        leaves_no_trace(provisioning, mode)
    }
}

impl Strategy for ByFlag {
    fn copy(&self) -> Box<dyn Strategy> {
        Box::new(self.clone())
    }

    fn page(&mut self, backend: &mut Backend, now: Time, ask: Ask<'_>, take: Take<'_>) -> Paged {
        let FlagOptions { form, unreadable, on_unreadable, lease, .. } = self.options;
        let mut set = self.enrol(backend, now, &ask)?;
        set += self.settle(backend, now, &ask)?;
        let Ask { reader, entity, limit, .. } = ask;
        let (consumer, scope) = (self.consumer(reader), reader.scope());
        let query = FlagQuery { consumer, entity, scope, limit, lease: lease.map(Lease) };
        let passes_over = |key: &Key| is_unreadable(unreadable, key);
        let found = backend.flags().flagged(now, query, &passes_over, &mut |change| take(change, None))?;
        if found.passed > 0 && on_unreadable == OnUnreadable::Stop {
            backend.flags().release(consumer, entity, &found.marks);
            return Err(ServerError::Failed);
        }
        let Flagged { scanned, again, claimed, more, marks, .. } = found;
        let delivered = marks.len() as u64;
        let cursor = match ask.cursor {
            // Who has nothing new keeps what it has.
            Some(cursor) if marks.is_empty() => cursor.to_owned(),
            _ => {
                // Another gateway after this one must not use a number again, nor one before a
                // receipt that its predecessor got.
                let noted = backend.flags().receipt(now, consumer, entity, scope)?.unwrap_or(0);
                self.last = now.0.max(self.last.max(noted) + 1);
                written(consumer, self.last)
            }
        };
        if !marks.is_empty() {
            set += self.delivered(backend, now, &ask, marks);
        }
        let written = set * form.bytes() + claimed * CLAIM;
        let effort = Effort { scanned, writes: set + claimed, written, handled: again, ..Effort::default() };
        Ok(Captured { delivered, cursor, more, withheld: Vec::new(), effort })
    }

    fn answered(&mut self, backend: &mut Backend, now: Time, leaves: bool) {
        for (consumer, entity, marks) in std::mem::take(&mut self.captured) {
            if leaves {
                backend.flags().reset(now, consumer, entity, &marks, self.options.reset);
            }
        }
    }

    fn forget(&mut self) {
        *self = ByFlag::new(self.options);
    }

    fn cursor_at(&self, _: EntityId, stamp: Stamp) -> String {
        format!("@{}", stamp.0)
    }

    /// A load is armed with the rows that can be seen as it begins.
    fn loads_up_to(&self) -> Option<Upto> {
        Some(Upto::Settled)
    }

    fn state(&self) -> u64 {
        self.open_rows * size_of::<Mark>() as u64
    }
}

/// What a reader has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cursor {
    /// Everything up to this instant.
    At(Stamp),
    /// The page of this number.
    Page(u64),
}

impl Cursor {
    /// Whether who holds it lacks what this receipt was for.
    fn is_before(self, receipt: u64) -> bool {
        match self {
            Cursor::At(_) => receipt > 0,
            Cursor::Page(number) => number < receipt,
        }
    }
}

/// The cursor of a page; a device's names the device.
fn written(consumer: Consumer, page: u64) -> String {
    match consumer {
        Consumer::Device(device) => format!("{}.{page}", device.0),
        Consumer::Replica | Consumer::Anybody => page.to_string(),
    }
}

/// The cursor that a consumer shows, if it is one of its own.
fn read(consumer: Consumer, cursor: &str) -> Option<Cursor> {
    if let Some(stamp) = cursor.strip_prefix('@') {
        return Some(Cursor::At(Stamp(stamp.parse().ok()?)));
    }
    let page = match (consumer, cursor.split_once('.')) {
        (Consumer::Device(device), Some((named, page))) if named.parse() == Ok(device.0) => page,
        (Consumer::Device(_), _) => return None,
        (Consumer::Replica | Consumer::Anybody, _) => cursor,
    };
    Some(Cursor::Page(page.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::DeviceId;

    #[test]
    fn only_a_page_and_an_instant_are_cursors() {
        assert_eq!(read(Consumer::Anybody, "7"), Some(Cursor::Page(7)));
        assert_eq!(read(Consumer::Anybody, "@-7"), Some(Cursor::At(Stamp(-7))));
        for text in ["", "@", "-7", "7,k", "@@7", " 7", "1.7"] {
            assert_eq!(read(Consumer::Anybody, text), None, "{text:?}");
        }
    }

    #[test]
    fn a_device_s_page_is_nobody_else_s() {
        let device = |n| Consumer::Device(DeviceId(n));
        let cursor = written(device(3), 7);
        assert_eq!(read(device(3), &cursor), Some(Cursor::Page(7)));
        for other in [device(4), Consumer::Anybody, Consumer::Replica] {
            assert_eq!(read(other, &cursor), None, "{other:?}");
        }
    }
}
