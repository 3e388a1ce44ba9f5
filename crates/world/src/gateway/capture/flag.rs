//! Capture by a flag on each row that says whether the row is synced.
//!
//! Rows with the flag "not synced" are delivered; then the source sets their flags. The cursor is
//! the number of a page. It comes back when the reader has committed the page. Until then the
//! gateway remembers the rows of the page. If it forgets them, they come again.
//!
//! A device's own flags describe the rows that it held at its last receipt. The source notes that
//! receipt with the flags. A device that sends an older receipt, or a receipt of another device,
//! was restored or is a copy. It loads again. With one flag for all devices, this check is
//! impossible.

use std::collections::{BTreeMap, BTreeSet};

use xxhash_rust::xxh3::xxh3_64;

use super::choice::{Around, Capture, Choice, Kind, Properties};
use super::seam::{Ask, Captured, Cursor, Effort, Paged, Reader, Strategy, Take};
use crate::backend::{Backend, Change, Consumer, Flagged, FlagsOf, Has, Mark, Provisioning, Reset, Upto};
use crate::base::{EntityId, Key, Ppm, Span, Stamp, Time, word_enums};
use crate::config::form::{Form, Needs, SOME_SPAN, key, optional, table, word};
use crate::config::view::{View, read};
use crate::contract::ServerError;
use crate::gateway::mode::Unfit;

/// The form of the flag, and when it is set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FlagOptions {
    /// The data that forms the flag.
    pub form: FlagForm,
    /// The flag's value for rows that are older than the flag.
    pub initial: Initial,
    /// When the flag is set.
    pub set: SetFlag,
    /// How the flag is set.
    pub reset: Reset,
    /// The owner of a flag: each device, or all together.
    pub per: FlagPer,
    /// How long a delivered row is claimed for its reader (others do not get it); `None`: no
    /// claims.
    pub lease: Option<Span>,
    /// Share of rows that the capture cannot read, chosen by the hash of their keys.
    pub unreadable: Ppm,
    /// The treatment of a page with such a row.
    pub on_unreadable: OnUnreadable,
}

word_enums! {
    /// The data that shows that a row is synced.
    pub enum FlagForm {
        /// A text, such as "new" and "synced".
        Status: "status",
        /// A boolean.
        #[default]
        Boolean: "boolean",
        /// An id that the consumer assigned; without an id the row is not synced.
        ExternalId: "external-id",
        /// The status, and the version of the row that it describes.
        Combination: "combination",
    }

    /// The flags of existing rows at the start.
    pub enum Initial {
        /// The real state: a device that was provisioned has its initial rows.
        #[default]
        AsHeld: "as-held",
        /// Nobody has the rows.
        Unsynced: "unsynced",
        /// Everybody has the rows.
        Synced: "synced",
    }

    /// When a flag is set.
    pub enum SetFlag {
        /// When the reader reports that it has committed the page.
        #[default]
        AfterCommit: "after-commit",
        /// When the gateway has read the rows.
        AfterCapture: "after-capture",
        /// Before the gateway reads the rows.
        BeforeCapture: "before-capture",
    }

    /// The owner of a flag.
    pub enum FlagPer {
        /// Each device has its own.
        #[default]
        Device: "device",
        /// All devices share one.
        All: "all",
    }

    /// The treatment of a page with a row that the capture cannot read.
    pub enum OnUnreadable {
        /// The page leaves out that row.
        #[default]
        Skip: "skip",
        /// The page fails as a whole.
        Stop: "stop",
    }
}

impl FlagForm {
    fn bytes(self) -> u64 {
        match self {
            FlagForm::Status => "synced".len() as u64,
            FlagForm::Boolean => 1,
            // A UUID in text form.
            FlagForm::ExternalId => 36,
            FlagForm::Combination => "synced".len() as u64 + 8,
        }
    }

    /// True if the form has room for the worker's claim.
    fn holds_claims(self) -> bool {
        matches!(self, FlagForm::Status | FlagForm::Combination)
    }
}

const OPTIONS: Form = table(&[
    word::<FlagForm>("form")
        .about("The form of the flag in the row. Claims (`lease`) need \"status\" or \"combination\"."),
    word::<Initial>("initial")
        .about("The flags of existing rows at the start."),
    word::<SetFlag>("set")
        .about("When the flag of a row is set to \"synced\"."),
    word::<Reset>("reset")
        .about("Whether the flag is set only if the row still has the delivered version, or always (\"naive\"). \"naive\" hides a change that was made meanwhile."),
    word::<FlagPer>("per").about("Whether each device has its own flag on a row, or all devices share one flag."),
    optional("lease", SOME_SPAN)
        .about("How long a worker claims a row that it delivers. Without this key there are no claims, and two workers may deliver the same row."),
    key("unreadable", Form::Share, "0")
        .about("Share of the rows that cannot be captured, chosen by the hash of their keys."),
    word::<OnUnreadable>("on_unreadable")
        .about("What happens to a page with a row that cannot be captured: the page leaves the row out, or the page fails.")
        .needs(&Needs {
            of: &[".unreadable"],
            holds: |of| of[0].share() > Ppm(0),
            why: "every row can be captured",
            help: "remove the key, or set unreadable, the share of rows that cannot be captured, such as 0.01",
        }),
]);

pub(super) const KIND: Kind = Kind {
    key: optional("flag", OPTIONS)
        .about("Finds changes by a flag on each row: \"synced\" or \"not synced\"."),
    read: chosen,
    examples: &[("{ flag = {} }", || FlagOptions::default().into())],
};

fn chosen(view: View<'_>, around: Around<'_>) -> Capture {
    let form: FlagForm = view.at("form").word();
    let lease = view.at("lease");
    if lease.present().is_some() && !form.holds_claims() {
        let help = "form = \"status\" or \"combination\" can record a claim on a row";
        let given = around.wrong.given(&[view.at("form")]);
        given.at(lease, "this flag has no room for a claim", help);
    }
    let options = read!(view, FlagOptions {
        initial set reset per unreadable on_unreadable
    } with {
        form,
        lease: lease.present().map(View::span),
    });
    options.into()
}

impl Choice for FlagOptions {
    fn fits(&self, provisioning: Provisioning) -> Result<(), Unfit> {
        let (why, instead) = match provisioning {
            Provisioning::ReadOnlySchema => (
                "a flag is a column of the source, and nobody can add one to this schema",
                "a backend that allows a new column and marks deleted rows (full; under a replica also soft-delete-only, three-stamps)",
            ),
            Provisioning::Nothing => (
                "it asks for rows by their flag, and this backend can only be asked for all of its rows",
                "a backend that can be queried and marks deleted rows (full; under a replica also soft-delete-only, three-stamps)",
            ),
            _ => return Ok(()),
        };
        Err(Unfit { why, instead })
    }

    fn properties(&self) -> Properties {
        let receipts = "the next request sets the flags of its page, and that page may never be committed";
        Properties {
            takes_receipts: Some(receipts),
            claimed_for: self.lease,
            marks_source: true,
            reads_log: true,
            knows_devices: self.per == FlagPer::Device,
            ..Properties::default()
        }
    }

    fn strategy(&self) -> Box<dyn Strategy> {
        Box::new(ByFlag::new(*self))
    }
}

/// Bytes of a claim: its owner and its end.
const CLAIM: u64 = 16;

#[derive(Clone, Default)]
struct ByFlag {
    options: FlagOptions,
    /// Per reader, the last page that the reader may not have committed yet.
    open: BTreeMap<(Consumer, EntityId), (u64, Vec<Mark>)>,
    open_rows: u64,
    captured: Vec<(Consumer, EntityId, Vec<Mark>)>,
    /// Rows that the reader rejected in this pull. The pull does not deliver them again.
    set_aside: (u64, BTreeSet<(EntityId, Key)>),
    last: u64,
}

impl ByFlag {
    fn new(options: FlagOptions) -> ByFlag {
        ByFlag { options, ..ByFlag::default() }
    }

    fn consumer(&self, reader: Reader<'_>) -> Consumer {
        match (reader, self.options.per) {
            (Reader::Device(..), FlagPer::All) => Consumer::Anybody,
            _ => reader.name(),
        }
    }

    fn of<'q>(&self, ask: &Ask<'q>) -> FlagsOf<'q> {
        FlagsOf { consumer: self.consumer(ask.reader), entity: ask.entity, scope: ask.reader.scope() }
    }

    /// Creates flags. A reader without a cursor gets everything again, except with a shared flag.
    fn enrol(&self, backend: &mut Backend, now: Time, ask: &Ask<'_>) -> Result<u64, ServerError> {
        let of = self.of(ask);
        let receipt = backend.flags().receipt(now, of)?;
        let expired = Err(ServerError::CursorExpired(of.entity));
        let has = match (ask.cursor.map(|text| read(of.consumer, text)), self.options.initial) {
            (Some(None), _) => return expired,
            (Some(Some(cursor)), _) if receipt.is_some_and(|last| lacks(cursor, last)) => return expired,
            (None, _) if receipt.is_some() && !is_shared(of.consumer) => Has::Nothing,
            _ if receipt.is_some() => return Ok(0),
            // The cursor names a page, but its flags no longer exist.
            (Some(Some(Cursor::Page(_))), _) => return expired,
            (_, Initial::Synced) => Has::All,
            (Some(Some(Cursor::At(stamp))), Initial::AsHeld) => Has::AllUntil(stamp),
            // Deleted rows are also "not synced" here.
            (Some(Some(Cursor::At(_))), Initial::Unsynced) => Has::AllUntil(Stamp(i64::MIN)),
            (_, Initial::AsHeld | Initial::Unsynced) => Has::Nothing,
        };
        let written = backend.flags().enrol(now, of, has)?;
        if ask.cursor.is_none() && tells_apart(of.consumer) {
            // A reader that later sends a page from before this load holds other data.
            backend.flags().note_receipt(now, of, self.last.max(now.0.saturating_sub(1)))?;
        }
        Ok(written)
    }

    /// Treats a cursor as the receipt for its page. Returns the number of flags written.
    fn settle(&mut self, backend: &mut Backend, now: Time, ask: &Ask<'_>) -> Result<u64, ServerError> {
        let of @ FlagsOf { consumer, entity, .. } = self.of(ask);
        let shown = match ask.cursor.and_then(|text| read(consumer, text)) {
            Some(Cursor::Page(number)) => Some(number),
            _ => None,
        };
        if let Some(number) = shown.filter(|_| tells_apart(consumer)) {
            backend.flags().note_receipt(now, of, number)?;
        }
        let Some((page, marks)) = self.open.remove(&(ask.reader.name(), entity)) else { return Ok(0) };
        self.open_rows -= marks.len() as u64;
        if shown == Some(page) {
            return Ok(backend.flags().reset(now, consumer, entity, &marks, self.options.reset));
        }
        backend.flags().release(consumer, entity, &marks);
        Ok(0)
    }

    /// Notes a delivered page. Returns the number of flags written, now or later.
    fn delivered(&mut self, backend: &mut Backend, now: Time, ask: &Ask<'_>, marks: Vec<Mark>) -> u64 {
        let FlagsOf { consumer, entity, .. } = self.of(ask);
        match self.options.set {
            SetFlag::AfterCommit => {
                self.open_rows += marks.len() as u64;
                self.open.insert((ask.reader.name(), entity), (self.last, marks));
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

/// True if several readers share one flag. A reader without a cursor may be any of them.
fn is_shared(consumer: Consumer) -> bool {
    matches!(consumer, Consumer::Anybody | Consumer::Workers)
}

/// True if all receipts of a consumer come from one device. Nodes of a gateway may share a replica.
fn tells_apart(consumer: Consumer) -> bool {
    matches!(consumer, Consumer::Device(_))
}

impl Strategy for ByFlag {
    fn copy(&self) -> Box<dyn Strategy> {
        Box::new(self.clone())
    }

    fn page(&mut self, backend: &mut Backend, now: Time, ask: Ask<'_>, take: Take<'_>) -> Paged {
        let FlagOptions { form, unreadable, on_unreadable, lease, .. } = self.options;
        let mut set = self.enrol(backend, now, &ask)?;
        set += self.settle(backend, now, &ask)?;
        let of = self.of(&ask);
        if self.set_aside.0 != ask.pull.1 {
            self.set_aside = (ask.pull.1, BTreeSet::new());
        }
        let aside = &self.set_aside.1;
        let is_aside = |key: &Key| !aside.is_empty() && aside.contains(&(ask.entity, key.clone()));
        let draw = |key: &Key| xxh3_64(key.as_str().as_bytes()) % 1_000_000;
        let passes_over = |key: &Key| draw(key) < u64::from(unreadable.0) || is_aside(key);
        let take = &mut |change: Change<'_>| take(change, None);
        let found = backend.flags().flagged(now, of, (ask.limit, lease), &passes_over, take)?;
        if found.passed > 0 && on_unreadable == OnUnreadable::Stop {
            backend.flags().release(of.consumer, of.entity, &found.marks);
            return Err(ServerError::Failed);
        }
        let Flagged { scanned, again, claimed, more, marks, .. } = found;
        let delivered = marks.len() as u64;
        let cursor = match ask.cursor {
            // Without new rows the reader's cursor stays.
            Some(cursor) if marks.is_empty() => cursor.to_owned(),
            _ => {
                // A gateway that replaces this one must use new numbers, above every receipt that
                // this one got.
                let noted = backend.flags().receipt(now, of)?.unwrap_or(0);
                self.last = now.0.max(self.last.max(noted) + 1);
                written(of.consumer, self.last)
            }
        };
        if !marks.is_empty() {
            set += self.delivered(backend, now, &ask, marks);
        }
        let written = set * form.bytes() + claimed * CLAIM;
        let effort = Effort { scanned, writes: set + claimed, written, handled: again, ..Effort::default() };
        Ok(Captured { delivered, cursor, more, withheld: Vec::new(), effort })
    }

    fn received(&mut self, backend: &mut Backend, now: Time, ask: Ask<'_>) -> Result<u64, ServerError> {
        self.settle(backend, now, &ask)
    }

    fn rejected(
        &mut self,
        backend: &mut Backend,
        reader: Reader<'_>,
        (entity, key): (EntityId, &Key),
    ) -> bool {
        if self.options.set != SetFlag::AfterCommit {
            return false;
        }
        let consumer = self.consumer(reader);
        if let Some((_, marks)) = self.open.get_mut(&(reader.name(), entity)) {
            let own: Vec<Mark> =
                marks.extract_if(.., |mark| backend.flags().is_of(entity, *mark, key)).collect();
            self.open_rows -= own.len() as u64;
            backend.flags().release(consumer, entity, &own);
        }
        self.set_aside.1.insert((entity, key.clone()));
        true
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

    /// A load brings the rows that are visible when it starts.
    fn loads_up_to(&self) -> Option<Upto> {
        Some(Upto::Settled)
    }

    fn state(&self) -> u64 {
        self.open_rows * size_of::<Mark>() as u64
    }
}

/// True if the cursor's owner lacks the page that this receipt confirms.
fn lacks(cursor: Cursor, receipt: u64) -> bool {
    match cursor {
        Cursor::At(_) => receipt > 0,
        Cursor::Page(number) => number < receipt,
    }
}

/// The cursor of a page. For a device it names the device.
fn written(consumer: Consumer, page: u64) -> String {
    match consumer {
        Consumer::Device(device) => format!("{}.{page}", device.0),
        Consumer::Replica | Consumer::Workers | Consumer::Anybody => page.to_string(),
    }
}

/// The cursor that a consumer sent; `None` if it belongs to another consumer.
fn read(consumer: Consumer, cursor: &str) -> Option<Cursor> {
    let Consumer::Device(device) = consumer else { return Cursor::read(cursor) };
    match cursor.split_once('.') {
        Some((named, page)) if named.parse() == Ok(device.0) => Some(Cursor::Page(page.parse().ok()?)),
        Some(_) => None,
        None => Cursor::read(cursor).filter(|cursor| matches!(cursor, Cursor::At(_))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::DeviceId;

    #[test]
    fn only_a_page_and_an_instant_are_cursors_and_a_device_s_page_is_nobody_else_s() {
        let device = |n| Consumer::Device(DeviceId(n));
        let theirs = written(device(3), 7);
        for (who, text, cursor) in [
            (Consumer::Anybody, "7", Some(Cursor::Page(7))),
            (Consumer::Anybody, "@-7", Some(Cursor::At(Stamp(-7)))),
            (device(3), &theirs, Some(Cursor::Page(7))),
            (device(4), &theirs, None),
            (Consumer::Replica, &theirs, None),
        ] {
            assert_eq!(read(who, text), cursor, "{who:?} {text}");
        }
        for text in ["", "@", "-7", "7,k", "@@7", " 7", "1.7", &theirs] {
            assert_eq!(read(Consumer::Anybody, text), None, "{text:?}");
        }
    }
}
