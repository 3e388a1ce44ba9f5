//! The digest of a world's events, and of what its devices and its backend hold at the end.

use std::cell::RefCell;

use super::narrow::as_the_view_says;
use super::watch::{ASKED_EVERY, Wanted};
use crate::backend::Backend;
use crate::base::{DeviceId, Digest, EditId, EntityId, Key, Span, Stamp, Time, UnitId, Value, ValueRef};
use crate::contract::{
    AppEvent, AppliedChange, Author, BlobEvent, BlobId, CallEvent, CommitKind, ConflictKind, Decision,
    DeviceView, DropReason, EditError, EditKind, EngineEvent, Event, HeldEvent, Hook, HookEnd,
    IntegrationEvent, KillReason, LocalEdit, LogEntry, LogKind, Node, Occurrence, OpenConflict, Overtaken,
    PageEvent, PendingEdit, PhoneEvent, Refusal, RequestKind, RowWait, ServerError, Sides, StoredBlob,
    SyncError, TransportError, UnitEvent,
};
use crate::metrics::Figures;

/// Adds an event to the chain: its time, its place, its kind, and what tells it from others of its
/// kind. Names of figures and the wording of messages are not of it.
pub(super) fn add(digest: &mut Digest, occurrence: &Occurrence<'_>) {
    if let Event::Engine(EngineEvent::Status(_)) | Event::Phone(PhoneEvent::LogoutAsked) = occurrence.event {
        return;
    }
    // The numbers of devices are of 32 bits.
    let node = match occurrence.node {
        Node::Device(device) => u64::from(device.0),
        Node::Gateway => 1 << 40,
        Node::Backend => 2 << 40,
        Node::World => 3 << 40,
    };
    digest.numbers([occurrence.at.0, node]);
    event(digest, &occurrence.event);
}

trait Digestible {
    fn tell(&self, digest: &mut Digest);
}

/// Writes `event` with the kinds and fields of a table: a line an event, its number, and its fields
/// in order. What stands behind a semicolon is left out, as what stands before says it already.
macro_rules! events {
    (
        $name:ident: $of:ident;
        $(by $told:ident: $whole:ident;)?
        $(not $shown:ident;)?
        $($kind:literal $event:ident $({ $($field:ident),* $(; $($left_out:ident),*)? })? $(($value:ident))?,)*
    ) => {
        fn $name(digest: &mut Digest, event: &$of<'_>) {
            match event {
                $($of::$whole(event) => $told(digest, event),)?
                $($of::$event $({ $($field,)* $($($left_out: _,)*)? })? $(($value))? => {
                    digest.number($kind);
                    $($($field.tell(digest);)*)?
                    $($value.tell(digest);)?
                })*
                // What is shown changes nothing that happens.
                $($of::$shown(_) => {})?
            }
        }
    };
}

// A number belongs to its event for good: with another all digests change.
events! {
    event: Event;
    by told: Engine;
    1 ProcessStarted { incarnation },
    2 ProcessKilled { reason },
    3 App(app),
    4 LinkDown,
    5 LinkUp,
    6 MessageDropped { reason, bytes },
    7 BackendAvailable(up),
    14 Usable { since_login; again },
    23 EditMade { edit, made_at },
    24 EditRefused { edit, error },
    29 Committed { entity, key, stamp, kind, values, author, replaced },
    30 MutationRefused { edit, conflict; entity, key, kind, holder },
    31 MutationReplayed { edit },
    32 BackendServed { device, kind, queued, locked, service, scanned, rows },
    33 RowServed { device, entity, key, stamp, removed },
    34 MutationPutOff { edit },
    35 CommitDelayed { entity, key, stamp, until },
    38 Captured { writes, written, handled, cpu, state; kinds },
    40 RefreshAsked { scanned, changed, bytes, cpu, failed, overtaken },
    41 Refreshed { took },
    42 ReplicaServed { device, age, cpu },
    43 UploadQueued { edit },
    44 UploadDecided { edit, waited },
    45 Restored { to, life },
    47 BecameCopy { of, unseen; then },
    48 EditMissed { edit, waited },
    60 ConnectionOpened { took },
    61 PacketsSent { up, packets, retransmitted, bytes; held },
    70 CutShort,
    71 Decoded { peak, tight },
    72 AppQueried { took, waited },
    73 AppWrote { took, waited },
    75 UploadWaits { edit },
    79 EditPrevented { edit, waited },
    95 RowUnreadable { entity },
    96 CacheAnswered { bytes, stale, asked },
    111 MutationIgnored { edit; entity, key },
    160 Suspended,
    161 Continued { after },
    151 Listed { rows, steps, pages, took, waited },
    170 Phone(phone),
    150 Call(call),
    180 BlobStored(stored),
    190 Integration(event),
    200 Held(event),
    210 EditsCarried { edit, others },
}

events! {
    told: EngineEvent;
    not Status;
    8 UnitQueued { unit, depth },
    9 UnitDiscarded { unit },
    10 UnitCoalesced { unit },
    11 SyncStart { unit, run, waited },
    12 SyncComplete { unit, run, took, blocking },
    13 SyncError { unit, run, error },
    15 CursorSaved { unit, entity },
    16 CursorReset { unit, entity },
    17 RequestSent { request, kind, unit, bytes, rows, attempt },
    18 ResponseReceived { request, bytes, rows, took; kind, unit },
    19 RequestFailed { request, error, took, wasted; kind },
    20 RequestRefused { request, error, took; kind },
    21 RetryScheduled { attempt, wait, in_run },
    22 ChunkApplied { unit, changes, echoed, took },
    25 EditSent { edit, request; entity, key },
    163 EditUnchanged { edit; entity, key },
    26 EditAcknowledged { edit, stamp; entity, key },
    27 ConflictDecided { edit, kind, decision, sides; entity, key },
    28 EditLogged { edit, kind; entity, key },
    36 ChunkSized { kind, rows },
    46 RowsFailed { skipped, listed },
    74 StorageFull,
    76 HookStarted { hook, run },
    77 HookEnded { hook, run, ended, took },
    78 HookTriggered { hook, run, unit },
    80 RowsRetried { left },
    110 EditsSquashed { edit, with, stays; entity, key },
    140 Renamed { entity, from, to },
    141 ApplyAborted,
    142 Dangling { rows },
    162 TableEmptied { entity, edits },
    150 Unit(unit),
    143 NetworkAsked,
    110 Page(page),
    180 Blob(blob),
}

impl Digestible for BlobEvent {
    fn tell(&self, digest: &mut Digest) {
        let (kind, blob, numbers) = match *self {
            BlobEvent::Sent { blob, offset, bytes, in_run } => (0, blob, [offset, bytes, u64::from(in_run)]),
            BlobEvent::Ended { blob, took, in_run, served } => {
                (1, blob, [took.0, u64::from(in_run), u64::from(served)])
            }
            BlobEvent::LetGo { blob } => (2, blob, [0; 3]),
        };
        digest.numbers([kind, u64::from(blob.entity.0), blob.row, blob.part as u64]);
        digest.numbers(numbers);
    }
}

impl Digestible for StoredBlob {
    fn tell(&self, digest: &mut Digest) {
        let StoredBlob { blob, device, bytes, hash } = *self;
        digest.numbers([3, u64::from(blob.entity.0), blob.row, blob.part as u64]);
        digest.numbers([u64::from(device.0), bytes, hash]);
    }
}

/// Writes each variant as its number, if it has one, and these of its fields.
macro_rules! variants {
    ($($enum:ident $(<$life:lifetime>)? {
        $($($kind:literal)? $variant:ident $({ $($field:ident),* })? $(($value:ident))?,)*
    })*) => {
        $(impl Digestible for $enum $(<$life>)? {
            fn tell(&self, digest: &mut Digest) {
                match self {
                    $($enum::$variant $({ $($field,)* .. })? $(($value))? => {
                        $(digest.number($kind);)?
                        $($($field.tell(digest);)*)?
                        $($value.tell(digest);)?
                    })*
                }
            }
        })*
    };
}

// As for events, a number belongs to its variant for good.
variants! {
    CallEvent {
        1 Called { unit },
        2 CameBack { unit },
    }
    HeldEvent {
        0 Opened { took },
        1 Refused {},
        2 Arrived { up, bytes },
        3 Ended { after, lost },
    }
    UnitEvent<'_> {
        Excerpt { unit, rows, took },
        3 SetAside { unit, rows, took },
        4 ThrownAway { unit, rows },
        // Where cursors stand others have told.
        Cursors {},
    }
    PhoneEvent {
        0 TokenRenewed { took },
        1 Upgraded {},
        2 LogoutRefused { edits },
        3 LoggedOut {},
        4 LoggedIn { person },
        5 Reinstalled {},
        6 LoginEnded {},
        7 RetryTapped {},
        LogoutAsked {},
    }
    PageEvent<'_> {
        0 Open { edit },
        1 Resolved { edit, on_top, kind, decision, sides },
        2 Held { unit, edits },
    }
    IntegrationEvent<'_> {
        0 Called { worker, records, again, took, failed },
        1 Delivered { entity, key, stamp, removed },
        2 Rejected { entity, key },
        3 Killed { worker },
        4 Read { worker, entity, key, stamp },
        5 Remembered { worker, entity },
    }
    Overtaken {
        0 Written { rows },
        1 Refused { rows },
    }
    Decision<'_> {
        0 Local {},
        1 Remote {},
        2 Same {},
        3 Merged { columns },
        4 Both { key },
        5 Parked {},
    }
    // The words of errors may change.
    SyncError {
        1 Offline {}, 2 Throttled {}, 3 Rejected {}, 4 Interrupted {}, 5 StorageFull {},
        6 Corrupt {}, 7 Aborted {}, 8 Cancelled {}, 9 Held {},
    }
    EditError {
        1 NoSuchRow {}, 2 Exists {}, 3 StorageFull {}, 4 Storage {}, 5 NoKey {}, 6 Referred {},
        7 InConflict {}, 8 Locked {}, 9 NotOffline {}, 10 NoLease {}, 11 NotOwner {},
    }
    ServerError {
        1 Unavailable {}, 2 Throttled(wait), 3 CursorExpired(entity), 4 GatewayTimeout {}, 5 Failed {},
        6 BadRequest {}, 7 Unauthorized {}, 8 RequestTooLarge(limit), 9 AnswerTooLarge(limit),
    }
}

macro_rules! told_as {
    ($($what:ty: $it:ident => $number:expr,)*) => {
        $(impl Digestible for $what {
            #[inline]
            fn tell(&self, digest: &mut Digest) {
                let $it = self;
                digest.number($number);
            }
        })*
    };
}

told_as! {
    bool: it => u64::from(*it),
    u32: it => u64::from(*it),
    u64: it => *it,
    usize: it => *it as u64,
    Time: it => it.0,
    Span: it => it.0,
    Stamp: it => it.0 as u64,
    DeviceId: it => u64::from(it.0),
    EntityId: it => u64::from(it.0),
    UnitId: it => u64::from(it.0),
    // Both halves are of 32 bits.
    EditId: it => u64::from(it.device.0) << 32 | u64::from(it.number),
}

macro_rules! told_by_place {
    ($($kind:ty),*) => { told_as! { $($kind: it => *it as u64,)* } };
}
told_by_place!(AppEvent, CommitKind, ConflictKind, DropReason, EditKind, Hook, HookEnd);
told_by_place!(KillReason, LogKind, Refusal, RequestKind, TransportError);

impl<T: Digestible + ?Sized> Digestible for &T {
    #[inline]
    fn tell(&self, digest: &mut Digest) {
        (**self).tell(digest);
    }
}

impl<T: Digestible> Digestible for Option<T> {
    fn tell(&self, digest: &mut Digest) {
        digest.number(self.is_some().into());
        if let Some(it) = self {
            it.tell(digest);
        }
    }
}

impl<T: Digestible> Digestible for [T] {
    fn tell(&self, digest: &mut Digest) {
        digest.number(self.len() as u64);
        self.iter().for_each(|it| it.tell(digest));
    }
}

impl<A: Digestible, B: Digestible> Digestible for (A, B) {
    fn tell(&self, digest: &mut Digest) {
        self.0.tell(digest);
        self.1.tell(digest);
    }
}

impl Digestible for str {
    fn tell(&self, digest: &mut Digest) {
        digest.text(self);
    }
}

impl Digestible for Key {
    fn tell(&self, digest: &mut Digest) {
        digest.text(self.as_str());
    }
}

/// A fat text is told by its seed and length: its bytes would cost more than the whole event.
impl Digestible for Value {
    fn tell(&self, digest: &mut Digest) {
        match self {
            // No kind of value that a digest writes has this number.
            Value::Fat(fat) => digest.numbers([4, fat.seed, fat.len.into()]),
            other => other.with_ref(|value| digest.value(value)),
        }
    }
}

impl Digestible for Author {
    fn tell(&self, digest: &mut Digest) {
        let (kind, edit) = match self {
            Author::Device(edit) => (0, Some(edit)),
            Author::Office => (1, None),
            Author::Import => (2, None),
            Author::Derived => (3, None),
            Author::Backup => (4, None),
        };
        digest.number(kind);
        if let Some(edit) = edit {
            edit.tell(digest);
        }
    }
}

impl Digestible for Sides {
    fn tell(&self, digest: &mut Digest) {
        digest.numbers([self.local, self.remote].map(|stamp| stamp.0 as u64));
        self.edited.tell(digest);
    }
}

impl Digestible for AppliedChange<'_> {
    fn tell(&self, digest: &mut Digest) {
        digest.text(self.key);
        digest.numbers([u64::from(self.entity.0), self.stamp.0 as u64, self.removed.into()]);
    }
}

impl Digestible for LocalEdit {
    fn tell(&self, digest: &mut Digest) {
        self.id.tell(digest);
        self.entity.tell(digest);
        self.key.tell(digest);
        self.kind.tell(digest);
        self.values[..].tell(digest);
    }
}

/// The digest of figures with their names, which may change where nothing that happens does.
pub(super) fn of_figures(figures: &Figures) -> String {
    let mut digest = Digest::new();
    for (name, figure) in figures {
        digest.text(name);
        // A figure of which everything came has the digest that builds gave it which knew no other.
        digest.text(&format!("{figure:?}").replace(", never: 0, waited: 0", ""));
    }
    digest.hex()
}

#[derive(Default)]
pub(super) struct RowDigests {
    /// What people see: keys and values.
    pub(super) content: Digest,
    /// The stamps that go with them: they depend on when things happened.
    pub(super) stamps: Digest,
}

impl RowDigests {
    /// Adds both to a digest; gives that of what people see.
    pub(super) fn finish(self, digest: &mut Digest) -> String {
        let content = self.content.hex();
        [&content, &self.stamps.hex()].into_iter().for_each(|hex| digest.text(hex));
        content
    }
}

/// A device whose rows go into the digests as they are read for the check.
pub(super) struct Digested<'d> {
    view: &'d dyn DeviceView,
    digests: RefCell<&'d mut RowDigests>,
    stops: &'d dyn Fn() -> bool,
}

impl<'d> Digested<'d> {
    pub(super) fn new(
        view: &'d dyn DeviceView,
        digests: &'d mut RowDigests,
        stops: &'d dyn Fn() -> bool,
    ) -> Digested<'d> {
        Digested { view, digests: RefCell::new(digests), stops }
    }
}

impl DeviceView for Digested<'_> {
    fn rows(&self, entity: EntityId, f: &mut dyn FnMut(&str, Stamp, &[ValueRef<'_>])) {
        let mut digests = self.digests.borrow_mut();
        digests.content.number(u64::from(entity.0));
        let (mut read, mut stopped) = (0_u64, false);
        self.view.rows(entity, &mut |key, stamp, values| {
            stopped = stopped || read.is_multiple_of(ASKED_EVERY) && (self.stops)();
            read += 1;
            if stopped {
                return;
            }
            digests.stamps.number(stamp.0 as u64);
            digests.content.text(key);
            values.iter().for_each(|value| digests.content.value(*value));
            f(key, stamp, values);
        });
    }
    as_the_view_says! {}
}

/// Adds all rows of the backend, tombstones among them, until it `stops`.
pub(super) fn add_backend(digests: &mut RowDigests, backend: &Backend, stops: &dyn Fn() -> bool) {
    for entity in backend.schema().ids().take_while(|_| !stops()) {
        for record in Wanted::new(backend.rows(entity), stops) {
            digests.stamps.number(record.stamp.0 as u64);
            digests.content.text(record.key.as_str());
            digests.content.number(u64::from(record.deleted));
            record.values.iter().for_each(|value| value.tell(&mut digests.content));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{Figure, Unit};

    fn told(event: Event<'_>) -> String {
        let mut digest = Digest::new();
        add(&mut digest, &Occurrence { at: Time(7), node: Node::World, event });
        digest.hex()
    }

    #[test]
    fn the_words_of_an_error_are_in_no_digest_and_its_kind_is() {
        let failed = |error: &SyncError| {
            told(Event::Engine(EngineEvent::SyncError { unit: UnitId(1), run: 2, error }))
        };
        let offline = |words: &str| failed(&SyncError::Offline(words.to_owned()));
        assert_eq!(offline("timed out"), offline("no answer came in time"));
        assert_ne!(offline("asked too often"), failed(&SyncError::Throttled("asked too often".to_owned())));

        let refused = |error: &ServerError| {
            told(Event::Engine(EngineEvent::RequestRefused {
                request: 1,
                kind: RequestKind::Pull,
                error,
                took: Span(3),
            }))
        };
        let bad = |words: &str| refused(&ServerError::BadRequest(words.to_owned()));
        assert_eq!(bad("no such entity"), bad("?"));
        assert_ne!(bad("?"), refused(&ServerError::Failed));
        let wait = |span| refused(&ServerError::Throttled(span));
        assert_ne!(wait(Span(1)), wait(Span(2)));
    }

    #[test]
    fn a_failed_edit_is_told_by_all_that_it_wanted() {
        let edit = |column, value: &str| LocalEdit {
            id: EditId { device: DeviceId(1), number: 2 },
            entity: EntityId(3),
            key: Key::new("k"),
            kind: EditKind::Update,
            values: vec![(column, Value::text(value))],
        };
        let missed = |edit: &LocalEdit| told(Event::EditMissed { edit, waited: Span(0) });
        let digests = [edit(0, "a"), edit(1, "a"), edit(0, "b")].map(|edit| missed(&edit));
        assert!(digests[0] != digests[1] && digests[0] != digests[2] && digests[1] != digests[2]);
        let storage = |words: &str| {
            told(Event::EditRefused { edit: &edit(0, "a"), error: &EditError::Storage(words.to_owned()) })
        };
        assert_eq!(storage("disk I/O error"), storage("the disk failed"));
        assert_ne!(
            storage("it is full"),
            told(Event::EditRefused { edit: &edit(0, "a"), error: &EditError::StorageFull })
        );
    }

    #[test]
    fn a_name_of_a_figure_changes_the_digest_of_figures() {
        let of = |name: &str, value| {
            let figure = Figure::Value { unit: Unit::Count, value };
            of_figures(&[(name.to_owned(), figure)].into())
        };
        assert_ne!(of("engine.requests.count", 1), of("engine.requests.number", 1));
        assert_ne!(of("engine.requests.count", 1), of("engine.requests.count", 2));
    }
}
