//! The digests of a world's events, and of the final rows on its devices and its backend.

use std::cell::RefCell;

use super::watch::{ASKED_EVERY, Wanted};
use crate::backend::Backend;
use crate::base::{Digest, Digestible, EntityId, Stamp, ValueRef};
use crate::contract::{BlobId, DeviceView, LogEntry, Node, Occurrence, OpenConflict, PendingEdit, RowWait};
use crate::metrics::Figures;
use crate::world::device::older_version::as_the_view_says;

/// Adds an event to the digest: its time, node, kind and distinguishing fields. Leaves out the
/// names of figures and the texts of messages.
pub(super) fn add(digest: &mut Digest, occurrence: &Occurrence<'_>) {
    if occurrence.event.is_shown_alone() {
        return;
    }
    // A device number has 32 bits, so the other nodes use higher bits.
    let node = match occurrence.node {
        Node::Device(device) => u64::from(device.0),
        Node::Gateway => 1 << 40,
        Node::Backend => 2 << 40,
        Node::World => 3 << 40,
    };
    digest.numbers([occurrence.at.0, node]);
    occurrence.event.digest(digest);
}

/// The digest of figures with their names. It is separate because names may change while the events
/// stay the same.
pub(super) fn of_figures(figures: &Figures) -> String {
    let mut digest = Digest::new();
    for (name, figure) in figures {
        digest.text(name);
        // Removes default values of fields that did not exist when older digests were made.
        digest.text(&format!("{figure:?}").replace(", never: 0, waited: 0", ""));
    }
    digest.hex()
}

#[derive(Default)]
pub(super) struct RowDigests {
    /// The visible content: keys and values.
    pub(super) content: Digest,
    /// The stamps of the rows, which depend on timing.
    pub(super) stamps: Digest,
}

impl RowDigests {
    /// Adds both digests to another one; returns the digest of the visible content.
    pub(super) fn finish(self, digest: &mut Digest) -> String {
        let content = self.content.hex();
        [&content, &self.stamps.hex()].into_iter().for_each(|hex| digest.text(hex));
        content
    }
}

/// A device view that also adds the rows to the digests while the oracle reads them.
pub(super) struct Digested<'d> {
    pub(super) view: &'d dyn DeviceView,
    pub(super) digests: RefCell<&'d mut RowDigests>,
    pub(super) stops: &'d dyn Fn() -> bool,
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

/// Adds all rows of the backend, including tombstones, until `stops` returns true.
pub(super) fn add_backend(digests: &mut RowDigests, backend: &Backend, stops: &dyn Fn() -> bool) {
    for entity in backend.schema().ids().take_while(|_| !stops()) {
        for record in (Wanted { rows: backend.rows(entity), given: 0, stops }) {
            digests.stamps.number(record.stamp.0 as u64);
            digests.content.text(record.key.as_str());
            digests.content.number(u64::from(record.deleted));
            record.values.iter().for_each(|value| value.digest(&mut digests.content));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{DeviceId, EditId, Key, Span, Time, UnitId, Value};
    use crate::contract::{
        EditError, EditKind, EngineEvent, Event, LocalEdit, RequestKind, ServerError, SyncError,
    };
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
