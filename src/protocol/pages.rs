//! Pages and verdicts, written in the shape that codecs have in common.

use std::marker::PhantomData;

use super::answer::{Answer, Part, Projected};
use super::codec::{PageWriter, Spoken, Verdicts};
use super::coding::{BytesCount, Coding, Costs, Packing};
use super::damaged::Damaged;
use super::format::{Format, Head, PageEnd};
use super::message::{Asked, Request};
use super::packed::Sent;
use super::raw_answer::{self as answer, VerdictShape};
use super::raw_request as request;
use super::weight::Frames;
use crate::base::json::{Counted, Sink};
use crate::base::{Cell, EntityId, Stamp, Undone};
use crate::contract::ServerError;

pub(super) trait IntoBytes {
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

pub(super) struct Pages<W, S> {
    out: S,
    /// What packs it at its end; `None` of what nobody will read.
    packing: Option<Packing>,
    sent: Option<Sent>,
    /// Pages that were begun, and rows of the last.
    begun: (u32, u32),
    /// What is to be said at the end of the page under way.
    end: PageEnd,
    style: PhantomData<W>,
}

impl<W: Format, S: Sink + Default> Pages<W, S> {
    fn new(
        asked: Asked,
        verdicts: Option<Verdicts<'_, '_>>,
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
            end: PageEnd::default(),
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

fn write_results<W: Format, S: Sink>(out: &mut S, verdicts: Verdicts<'_, '_>) {
    out.put(W::RESULTS[0]);
    for (place, (id, outcome)) in verdicts.enumerate() {
        W::result(out, place == 0, id, &VerdictShape::of(outcome));
    }
    out.put(W::RESULTS[1]);
}

pub(super) fn write_row<'v, W: Format, S: Sink>(
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

impl<W: Format, S: Sink + Default + IntoBytes> PageWriter for Pages<W, S> {
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
        self.end.undone = undone.to_vec();
    }
    fn withheld(&mut self, key: &str) {
        self.end.withheld.push(key.to_owned());
    }
    fn unseen_from(&mut self, stamp: Stamp) {
        self.end.unseen = Some(stamp);
    }
    fn ids(&mut self, first: u64, count: u32) {
        self.end.ids = Some((first, count));
    }
    fn end_page(&mut self, cursor: &str, more: bool) {
        let end = PageEnd { cursor: cursor.to_owned(), more, ..std::mem::take(&mut self.end) };
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

impl<F: Format> Spoken for F {
    fn content_type(&self) -> &'static str {
        F::CONTENT_TYPE
    }
    fn costs(&self) -> Costs {
        F::COSTS
    }
    fn frames(&self) -> Frames {
        F::FRAMES
    }
    fn encode_request(&self, asked: &Request) -> Vec<u8> {
        F::write_request(&request::of(asked))
    }
    fn decode_request(&self, bytes: &[u8]) -> Result<Request, Damaged> {
        request::read(F::read_request(bytes)?)
    }
    fn begin(
        &self,
        asked: Asked,
        verdicts: Option<Verdicts<'_, '_>>,
        kept: bool,
        coding: Coding,
    ) -> Box<dyn PageWriter> {
        // What is not written cannot be packed to see how long it will be.
        match kept || coding.counts == BytesCount::Sent {
            true => Box::new(Pages::<F, Vec<u8>>::new(asked, verdicts, kept, coding)),
            false => Box::new(Pages::<F, Counted>::new(asked, verdicts, kept, coding)),
        }
    }
    fn results(&self, asked: Asked, verdicts: Verdicts<'_, '_>) -> Vec<u8> {
        let mut out = Vec::new();
        F::begin(&mut out, asked);
        write_results::<F, Vec<u8>>(&mut out, verdicts);
        out.put(F::END);
        out
    }
    fn refusal(&self, error: &ServerError) -> Vec<u8> {
        F::write_refusal(&answer::refusal(error))
    }
    fn is_refusal(&self, opened: &[u8]) -> bool {
        opened.starts_with(F::NO)
    }
    fn decode_answer<'a>(&self, opened: &'a [u8]) -> Result<Result<Answer<'a>, ServerError>, Damaged> {
        answer::read(F::read_answer(opened)?)
    }
}
