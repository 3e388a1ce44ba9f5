//! Pages and verdicts, written in the shape that codecs have in common.

use std::marker::PhantomData;

use super::super::answer::{Part, Projected};
use super::super::codec::{PageWriter, PushVerdict};
use super::super::coding::{BytesCount, Coding, Packing};
use super::super::message::Asked;
use super::super::packed::Sent;
use super::answer::VerdictShape;
use crate::base::json::{Counted, Sink};
use crate::base::{Cell, EntityId, Stamp, Undone, ValueRef};

/// How the parts of an answer are written.
pub(in super::super) trait Style {
    /// Values are written as a database keeps them.
    const AS_KEPT: bool = false;
    /// What stands before and behind all verdicts, and all pages.
    const RESULTS: [&'static [u8]; 2];
    const PAGES: [&'static [u8]; 2];
    /// What stands behind a row, and behind all.
    const END_OF_ROW: &'static [u8];
    const END: &'static [u8];
    fn begin<S: Sink>(out: &mut S, asked: Asked);
    fn result<S: Sink>(out: &mut S, is_first: bool, id: &str, told: &VerdictShape<'_>);
    fn begin_page<S: Sink>(out: &mut S, is_first: bool, entity: EntityId);
    fn begin_row<S: Sink>(out: &mut S, head: &Head<'_>);
    /// The value of the column at this place.
    fn value<S: Sink>(out: &mut S, place: usize, value: ValueRef<'_>);
    fn end_page<S: Sink>(out: &mut S, end: &PageEnd<'_>);
}

/// What comes before the values of a row.
pub(in super::super) struct Head<'r> {
    /// No row comes before it in its page.
    pub(in super::super) is_first: bool,
    pub(in super::super) part: Option<Part>,
    pub(in super::super) key: &'r str,
    pub(in super::super) stamp: Stamp,
    /// How many values come; not known of those that are written as they were kept.
    pub(in super::super) values: usize,
}

/// What comes after the rows of a page.
pub(in super::super) struct PageEnd<'e> {
    pub(in super::super) cursor: &'e str,
    pub(in super::super) more: bool,
    pub(in super::super) undone: &'e [Undone],
    pub(in super::super) unseen: Option<Stamp>,
    pub(in super::super) withheld: &'e [String],
    pub(in super::super) ids: Option<(u64, u32)>,
}

/// What a sink has taken, if it has kept it.
pub(in super::super) trait IntoBytes {
    fn into_bytes(self) -> Vec<u8>;
    fn kept(&self) -> &[u8];
}

impl IntoBytes for Vec<u8> {
    fn into_bytes(self) -> Vec<u8> {
        self
    }
    fn kept(&self) -> &[u8] {
        self
    }
}

impl IntoBytes for Counted {
    fn into_bytes(self) -> Vec<u8> {
        Vec::new()
    }
    fn kept(&self) -> &[u8] {
        &[]
    }
}

pub(in super::super) struct Pages<W, S> {
    out: S,
    /// What packs it at its end; `None` of what nobody will read.
    packing: Option<Packing>,
    /// How long it will be once packed, where its limit counts that.
    sent: Option<Sent>,
    /// Pages that were begun, and rows of the last.
    begun: (u32, u32),
    undone: Vec<Undone>,
    unseen: Option<Stamp>,
    withheld: Vec<String>,
    ids: Option<(u64, u32)>,
    style: PhantomData<W>,
}

impl<W: Style + 'static> Pages<W, Vec<u8>> {
    /// Begins an answer with these verdicts, if there are some; one that is not `kept` is only
    /// counted.
    pub(in super::super) fn begin(
        asked: Asked,
        verdicts: Option<&mut dyn Iterator<Item = PushVerdict<'_>>>,
        kept: bool,
        coding: Coding,
    ) -> Box<dyn PageWriter> {
        // What is not written cannot be packed to see how long it will be.
        match kept || coding.counts == BytesCount::Sent {
            true => Box::new(Pages::<W, Vec<u8>>::new(asked, verdicts, kept, coding)),
            false => Box::new(Pages::<W, Counted>::new(asked, verdicts, kept, coding)),
        }
    }
}

impl<W: Style, S: Sink + Default> Pages<W, S> {
    fn new(
        asked: Asked,
        verdicts: Option<&mut dyn Iterator<Item = PushVerdict<'_>>>,
        kept: bool,
        Coding { packing, counts, .. }: Coding,
    ) -> Pages<W, S> {
        let mut out = S::default();
        W::begin(&mut out, asked);
        if let Some(verdicts) = verdicts {
            write_results::<W, S>(&mut out, verdicts);
        }
        out.put(W::PAGES[0]);
        Pages {
            out,
            packing: kept.then_some(packing),
            sent: (counts == BytesCount::Sent).then(|| Sent::new(packing)),
            begun: (0, 0),
            undone: Vec::new(),
            unseen: None,
            withheld: Vec::new(),
            ids: None,
            style: PhantomData,
        }
    }
}

impl<W, S> Pages<W, S> {
    fn begins_row(&mut self) -> bool {
        self.begun.1 += 1;
        self.begun.1 == 1
    }
}

pub(in super::super) fn results<W: Style>(
    asked: Asked,
    verdicts: &mut dyn Iterator<Item = PushVerdict<'_>>,
) -> Vec<u8> {
    let mut out = Vec::new();
    W::begin(&mut out, asked);
    write_results::<W, Vec<u8>>(&mut out, verdicts);
    out.put(W::END);
    out
}

fn write_results<W: Style, S: Sink>(out: &mut S, verdicts: &mut dyn Iterator<Item = PushVerdict<'_>>) {
    out.put(W::RESULTS[0]);
    for (place, (id, outcome)) in verdicts.enumerate() {
        W::result(out, place == 0, id, &VerdictShape::of(outcome));
    }
    out.put(W::RESULTS[1]);
}

pub(in super::super) fn write_row<'v, W: Style, S: Sink>(
    out: &mut S,
    is_first: bool,
    (key, stamp): (&str, Stamp),
    values: impl ExactSizeIterator<Item = &'v crate::base::Value>,
) {
    W::begin_row(out, &Head { is_first, part: None, key, stamp, values: values.len() });
    for (place, value) in values.enumerate() {
        value.with_ref(|value| W::value(out, place, value));
    }
    out.put(W::END_OF_ROW);
}

impl<W: Style, S: Sink + Default + IntoBytes> PageWriter for Pages<W, S> {
    fn begin_page(&mut self, entity: EntityId) {
        W::begin_page(&mut self.out, self.begun.0 == 0, entity);
        self.begun = (self.begun.0 + 1, 0);
    }
    fn row(&mut self, key: &str, stamp: Stamp, values: Option<Projected<'_>>) {
        let none = Projected { values: &[], columns: &[] };
        let Projected { values, columns } = values.unwrap_or(none);
        let (is_first, values) = (self.begins_row(), columns.iter().map(|column| &values[*column]));
        write_row::<W, S>(&mut self.out, is_first, (key, stamp), values);
    }
    fn part(&mut self, part: Part, key: &str, stamp: Stamp, values: Projected<'_>) {
        let (is_first, values_sent) = (self.begins_row(), part.columns.count_ones() as usize);
        let head = Head { is_first, part: Some(part), key, stamp, values: values_sent };
        W::begin_row(&mut self.out, &head);
        for (place, value) in values.iter().enumerate().filter(|(place, _)| part.has(*place)) {
            value.with_ref(|value| W::value(&mut self.out, place, value));
        }
        self.out.put(W::END_OF_ROW);
    }
    fn kept_row(&mut self, key: &str, stamp: Stamp, cells: &[u8]) {
        if W::AS_KEPT {
            let is_first = self.begins_row();
            W::begin_row(&mut self.out, &Head { is_first, part: None, key, stamp, values: 0 });
            self.out.put(cells);
            return self.out.put(W::END_OF_ROW);
        }
        // What a database keeps are the items of a list after its first ones.
        let list = [b"[", cells.get(1..).unwrap_or_default(), b"]"].concat();
        let cells: Vec<Cell<'_>> = serde_json::from_slice(&list).expect("a database keeps what was written");
        let is_first = self.begins_row();
        W::begin_row(&mut self.out, &Head { is_first, part: None, key, stamp, values: cells.len() });
        for (place, cell) in cells.iter().enumerate() {
            W::value(&mut self.out, place, cell.as_ref());
        }
        self.out.put(W::END_OF_ROW);
    }
    fn undone(&mut self, undone: &[Undone]) {
        self.undone = undone.to_vec();
    }
    fn withheld(&mut self, key: &str) {
        self.withheld.push(key.to_owned());
    }
    fn unseen_from(&mut self, stamp: Stamp) {
        self.unseen = Some(stamp);
    }
    fn ids(&mut self, first: u64, count: u32) {
        self.ids = Some((first, count));
    }
    fn end_page(&mut self, cursor: &str, more: bool) {
        let (undone, withheld) = (std::mem::take(&mut self.undone), std::mem::take(&mut self.withheld));
        let (unseen, ids) = (self.unseen.take(), self.ids.take());
        let end = PageEnd { cursor, more, undone: &undone, unseen, withheld: &withheld, ids };
        W::end_page(&mut self.out, &end);
    }
    fn bytes(&self) -> u64 {
        self.sent.as_ref().map_or(self.out.len() as u64, |sent| sent.of(self.out.kept()))
    }
    fn finish(mut self: Box<Self>) -> Vec<u8> {
        self.out.put(W::PAGES[1]);
        self.out.put(W::END);
        let Some(packing) = self.packing else { return Vec::new() };
        packing.packed(self.out.into_bytes())
    }
}
