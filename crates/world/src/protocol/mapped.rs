//! Formats whose messages are maps with named entries: JSON and CBOR.

use std::marker::PhantomData;

use serde::{Deserialize, Serialize};

use super::damaged::Damaged;
use super::format::{Facts, Format, Head, PageEnd};
use super::message::Asked;
use super::raw_answer::{RawAnswer, RawError, VerdictShape};
use super::raw_request::RawRequest;
use crate::base::{EntityId, Stamp, Undone, ValueRef};

pub(super) struct Mapped<N>(pub(super) PhantomData<N>);

/// The parts that differ between JSON and CBOR.
pub(super) trait Notation: Sync {
    const FACTS: Facts;
    const MARKS: Marks;
    fn put<T: Serialize + ?Sized>(out: &mut Vec<u8>, what: &T);
    fn read<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, Damaged>;
    fn begin_row(out: &mut Vec<u8>, head: &Head<'_>);
    /// Writes the value of the column at `place`.
    fn value(out: &mut Vec<u8>, place: usize, value: ValueRef<'_>);
}

/// The delimiters of maps and lists.
pub(super) struct Marks {
    pub(super) open: &'static [u8],
    pub(super) close: &'static [u8],
    pub(super) comma: &'static [u8],
    /// The bytes between a name and its value.
    pub(super) colon: &'static [u8],
    /// The bytes before and after the rows of a page.
    pub(super) rows: [&'static [u8]; 2],
    /// The bytes before the row of a verdict, the bytes that replace a missing row, and the bytes
    /// after either.
    pub(super) row: [&'static [u8]; 3],
    /// True if a verdict's row is its last entry.
    pub(super) row_is_last: bool,
    /// The bytes after an error response.
    pub(super) refused: &'static [u8],
}

fn entry<N: Notation>(out: &mut Vec<u8>, name: &str, what: &(impl Serialize + ?Sized)) {
    out.extend(N::MARKS.comma);
    first::<N>(out, name, what);
}

fn first<N: Notation>(out: &mut Vec<u8>, name: &str, what: &(impl Serialize + ?Sized)) {
    N::put(out, name);
    out.extend(N::MARKS.colon);
    N::put(out, what);
}

/// Begins a map in a list, and writes its first entry.
fn open<N: Notation>(out: &mut Vec<u8>, is_first: bool, name: &str, what: &(impl Serialize + ?Sized)) {
    if !is_first {
        out.extend(N::MARKS.comma);
    }
    out.extend(N::MARKS.open);
    first::<N>(out, name, what);
}

impl<N: Notation> Format for Mapped<N> {
    fn facts(&self) -> Facts {
        N::FACTS
    }
    fn write_request(&self, request: &RawRequest<'_>) -> Vec<u8> {
        let mut out = Vec::new();
        N::put(&mut out, request);
        out
    }
    fn read_request<'a>(&self, bytes: &'a [u8]) -> Result<RawRequest<'a>, Damaged> {
        N::read(bytes)
    }
    fn write_refusal(&self, error: &RawError) -> Vec<u8> {
        let mut out = [N::FACTS.no, N::MARKS.colon].concat();
        N::put(&mut out, error);
        out.extend(N::MARKS.refused);
        out
    }
    fn read_answer<'a>(&self, bytes: &'a [u8]) -> Result<RawAnswer<'a>, Damaged> {
        N::read(bytes)
    }
    fn begin(&self, out: &mut Vec<u8>, asked: Asked) {
        open::<N>(out, true, "for", &asked);
    }
    fn result(&self, out: &mut Vec<u8>, is_first: bool, id: &str, told: &VerdictShape<'_>) {
        let VerdictShape { ok, no, not_yet, row, edited } = told;
        open::<N>(out, is_first, "id", id);
        ok.iter().for_each(|stamp| entry::<N>(out, "ok", stamp));
        not_yet.iter().for_each(|word| entry::<N>(out, word, &true));
        no.iter().for_each(|(word, text)| entry::<N>(out, word, text));
        let edited = |out: &mut Vec<u8>| edited.iter().for_each(|at| entry::<N>(out, "edited", at));
        if N::MARKS.row_is_last {
            edited(out);
        }
        if let Some(row) = row {
            let [some, none, end] = N::MARKS.row;
            out.extend(if row.is_some() { some } else { none });
            row.iter().for_each(|row| self.row_of_verdict(out, row));
            out.extend(end);
        }
        if !N::MARKS.row_is_last {
            edited(out);
        }
        out.extend(N::MARKS.close);
    }
    fn begin_page(&self, out: &mut Vec<u8>, is_first: bool, entity: EntityId) {
        open::<N>(out, is_first, "e", &entity);
        out.extend(N::MARKS.rows[0]);
    }
    fn begin_row(&self, out: &mut Vec<u8>, head: &Head<'_>) {
        N::begin_row(out, head);
    }
    fn value(&self, out: &mut Vec<u8>, place: usize, value: ValueRef<'_>) {
        N::value(out, place, value);
    }
    fn end_page(&self, out: &mut Vec<u8>, end: &PageEnd) {
        let PageEnd { cursor, more, undone, unseen, withheld, ids } = end;
        out.extend(N::MARKS.rows[1]);
        entry::<N>(out, "cursor", cursor);
        if !undone.is_empty() {
            let ends: Vec<(Stamp, Stamp)> =
                undone.iter().map(|&Undone { from, until }| (from, until)).collect();
            entry::<N>(out, "undone", &ends);
        }
        unseen.iter().for_each(|unseen| entry::<N>(out, "unseen", unseen));
        if !withheld.is_empty() {
            entry::<N>(out, "withheld", withheld);
        }
        ids.iter().for_each(|ids| entry::<N>(out, "ids", ids));
        entry::<N>(out, "more", more);
        out.extend(N::MARKS.close);
    }
}
