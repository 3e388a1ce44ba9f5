//! Capture by comparing all rows with those sent before.
//!
//! The capture works with any backend, because it asks for all rows. Per reader and entity, the
//! gateway keeps a hash or a copy of each row that the reader holds. Pages bring the differences. A
//! page also has each row's stamp, because edits name their base version by it. No comparison uses
//! the stamp.
//!
//! The cursor is the number of a page. If it comes back, the reader holds the rows of the page.
//! Until then these rows are unsure, and are sent again. The previous cursor starts a new
//! comparison. A request without a cursor starts a first load. Any other cursor has expired. A
//! comparison shows one instant within its pull. A reading by offset has no single instant
//! ([`Snapshot::Torn`]).

mod book;
mod canonical;
mod choice;
mod options;
mod source;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::seam::{Ask, Captured, Cursor, Effort, Paged, Reader, Strategy, Take};
use crate::backend::{Backend, Consumer, Scope};
use crate::base::{EntityId, Key, Stamp, Time};
use crate::contract::{Carried, CarriedRows, Delivery, Entity, Schema, ServerError};

use book::{Book, ComparedColumns, Comparison, Kept, List, not_seen};
use source::{Reading, Sheet, Whole};

pub use canonical::Canonical;
pub(super) use choice::KIND;
pub use options::{HashOptions, Keep, Snapshot, Source};

#[derive(Clone, Default)]
pub(super) struct Hash {
    options: HashOptions,
    books: BTreeMap<(Consumer, EntityId), Book>,
    kept: u64,
    pages: u64,
    /// The last file read of each entity. A killed gateway must read them again.
    sheets: BTreeMap<EntityId, Option<Sheet>>,
    canonical: Canonical,
}

impl Hash {
    pub(super) fn new(options: HashOptions) -> Hash {
        Hash { options, ..Hash::default() }
    }

    fn with_book<T>(
        &mut self,
        line: (Consumer, EntityId),
        change: impl FnOnce(&mut Hash, &mut Book) -> T,
    ) -> T {
        let mut book = self.books.remove(&line).unwrap_or_default();
        let before = book.rows.bytes;
        let result = change(self, &mut book);
        self.kept = self.kept - before + book.rows.bytes;
        self.books.insert(line, book);
        result
    }

    /// Compares the present rows with the book (the rows that the reader is known to hold). `None`
    /// if the comparison needs another request.
    fn compare(
        &mut self,
        book: &mut Book,
        (backend, now): (&mut Backend, Time),
        ask: &Ask<'_>,
        effort: &mut Effort,
    ) -> Result<Option<List>, ServerError> {
        let schema = Arc::clone(backend.schema());
        let entity = schema.entity(ask.entity);
        let lens = ComparedColumns::new(entity, ask.reader.name(), self.options.keep == Keep::Copy);
        let Hash { options, sheets, canonical, .. } = self;
        if let Source::File { trailer, .. } = options.source {
            let sheet = sheets.entry(ask.entity).or_default();
            let sheet = Sheet::fetch(sheet, trailer, (backend, now), ask.entity, effort);
            // Without a file, an error is better than an empty list of rows.
            let Sheet { rows, at, head, .. } = sheet.ok_or(ServerError::Unavailable)?;
            // A row that the file lacks was gone at the file's instant, but may exist again.
            let mut comparison = Comparison::new(lens, &book.rows, *head);
            for row in rows.iter().filter(|row| ask.reader.scope().holds(entity, &row.values)) {
                comparison.see(row.change(), row.raw.filter(|_| !options.canonical), (canonical, effort));
            }
            return Ok(Some(comparison.end(&not_seen(&mut book.touched, Some(*at)), &[])));
        }
        // Stamps may be ahead of the clock, because ticks are coarse or the clock was set back. The
        // tombstone of a row found gone now needs a stamp after all of them.
        let head = backend.sight(backend.service.begins(now)).head();
        let mut comparison = Comparison::new(lens, &book.rows, head);
        if options.snapshot == Snapshot::Isolated {
            effort.scanned += backend.shown(now).all(ask.entity, ask.reader.scope(), |row| {
                let raw = source::raw(options, entity, now, row, (canonical, effort));
                comparison.see(row, raw, (canonical, effort));
            })?;
            return Ok(Some(comparison.end(&not_seen(&mut book.touched, backend.unseen_since(now)), &[])));
        }
        let unseen = backend.unseen_since(now);
        // A row invisible at the start of the reading may be missing in it, even if it becomes
        // visible before the end.
        let begun = || Reading::beside(not_seen(&mut book.touched, unseen));
        let reading = book.reading.get_or_insert_with(begun);
        let whole = reading.go_on(options, (backend, now), ask, (canonical, effort))?;
        let Some(Whole { rows, touched, gaps }) = whole else { return Ok(None) };
        book.reading = None;
        for row in &rows {
            comparison.see(row.change(), row.raw, (canonical, effort));
        }
        let not = &touched | &not_seen(&mut book.touched, backend.unseen_since(now));
        Ok(Some(comparison.end(&not, &gaps)))
    }

    fn answer(
        &mut self,
        book: &mut Book,
        (backend, now): (&mut Backend, Time),
        ask: &Ask<'_>,
        take: Take<'_>,
    ) -> Paged {
        let mut effort = Effort::default();
        if book.list.as_ref().is_none_or(List::is_told) {
            book.list = self.compare(book, (backend, now), ask, &mut effort)?;
        }
        let (told, delivered) = book.tell(ask.limit, take);
        let more = book.list.as_ref().is_none_or(|list| !list.is_told());
        let told_all = book.list.as_ref().filter(|_| !more);
        let withheld = told_all.map_or(Vec::new(), List::withheld);
        let cursor = book.answer(told, more, || {
            // A gateway that replaces this one must not reuse a number with another meaning.
            self.pages = (self.pages + 1).max(now.0 / 1_000);
            self.pages
        });
        Ok(Captured { delivered, cursor: cursor.write(), more, withheld, effort })
    }
}

impl Strategy for Hash {
    fn copy(&self) -> Box<dyn Strategy> {
        Box::new(self.clone())
    }

    fn page(&mut self, backend: &mut Backend, now: Time, ask: Ask<'_>, take: Take<'_>) -> Paged {
        let entity = backend.schema().entities.get(usize::from(ask.entity.0));
        let pulled =
            |entity: &Entity| entity.delivery == Delivery::Delta || ask.reader.scope() == Scope::Whole;
        if !entity.is_some_and(pulled) {
            return Err(ServerError::BadRequest(format!("entity {} is not pulled", ask.entity.0)));
        }
        let expired = || ServerError::CursorExpired(ask.entity);
        let cursor = ask.cursor.map(|text| Cursor::read(text).ok_or_else(expired)).transpose()?;
        self.with_book((ask.reader.name(), ask.entity), |this, book| {
            if !book.receive(cursor, ask.pull, this.reads_in_pages()) {
                return Err(expired());
            }
            this.answer(book, (backend, now), &ask, take)
        })
    }

    fn received(&mut self, _: &mut Backend, _: Time, ask: Ask<'_>) -> Result<u64, ServerError> {
        let expired = || ServerError::CursorExpired(ask.entity);
        let cursor = ask.cursor.map(|text| Cursor::read(text).ok_or_else(expired)).transpose()?;
        self.with_book((ask.reader.name(), ask.entity), |this, book| {
            if book.receive(cursor, ask.pull, this.reads_in_pages()) { Ok(0) } else { Err(expired()) }
        })
    }

    fn state(&self) -> u64 {
        self.kept
    }

    fn files_as_of(&self) -> Option<Time> {
        self.sheets.values().map(|sheet| sheet.as_ref().map_or(Time::ZERO, |sheet| sheet.at)).min()
    }

    fn fetch_files(&mut self, backend: &mut Backend, now: Time) {
        let Source::File { trailer, .. } = self.options.source else { return };
        let schema = Arc::clone(backend.schema());
        for entity in schema.ids() {
            let sheet = self.sheets.entry(entity).or_default();
            Sheet::fetch(sheet, trailer, (backend, now), entity, &mut Effort::default());
        }
    }

    fn reads_in_pages(&self) -> bool {
        self.options.source == Source::Api && self.options.snapshot != Snapshot::Isolated
    }

    fn touched(&mut self, now: Time, reader: Reader<'_>, entity: EntityId, key: &Key) {
        self.with_book((reader.name(), entity), |_, book| book.touch(key, now));
    }

    fn begin_with(&mut self, schema: &Schema, reader: Reader<'_>, stamp: Stamp, rows: &mut CarriedRows<'_>) {
        let who = reader.name();
        for entity in schema.ids() {
            self.books.entry((who, entity)).or_insert_with(|| Book::begun(Cursor::At(stamp)));
        }
        rows(&mut |Carried { entity, key, stamp, values }| {
            let own = schema.entity(entity);
            let copies = self.options.keep == Keep::Copy;
            let lens = ComparedColumns::new(own, who, copies);
            // The source's own text at that time is unknown.
            let kept = match self.options.canonical || copies {
                true => Kept::of(stamp, lens.print(values, &mut self.canonical, &mut 0)),
                false => Kept::Unsure,
            };
            self.with_book((who, entity), |_, book| book.rows.set(&Key::new(key), Some(kept)));
        });
    }

    fn put_back(&mut self) {
        let of_devices = self.books.iter_mut().filter(|((who, _), _)| *who != Consumer::Replica);
        of_devices.for_each(|(_, book)| book.expire());
    }

    fn forget(&mut self) {
        self.books.values_mut().for_each(Book::forget);
        self.sheets.clear();
    }
}
