//! Pages and verdicts, written in the shape that codecs have in common.

use std::marker::PhantomData;

use super::answer::{Part, Projected};
use super::codec::{PageWriter, Spoken, Verdicts};
use super::coding::{BytesCount, Coding, Packing};
use super::format::{Format, Head, PageEnd};
use super::message::Asked;
use super::packed::Sent;
use super::raw_answer::VerdictShape;
use crate::base::{Cell, EntityId, Stamp, Undone};

pub(super) struct Pages<F> {
    out: Vec<u8>,
    packing: Packing,
    sent: Option<Sent>,
    /// Pages that were begun, and rows of the last.
    begun: (u32, u32),
    /// What is to be said at the end of the page under way.
    end: PageEnd,
    format: PhantomData<F>,
}

impl<F: Format> Pages<F> {
    fn begun(
        asked: Asked,
        verdicts: Option<Verdicts<'_, '_>>,
        Coding { packing, counts, .. }: Coding,
    ) -> Box<dyn PageWriter> {
        let mut out = Vec::new();
        F::begin(&mut out, asked);
        if let Some(verdicts) = verdicts {
            write_results::<F>(&mut out, verdicts);
        }
        out.extend(F::FACTS.pages[0]);
        let sent = (counts == BytesCount::Sent).then(|| Sent::new(packing));
        let (begun, end) = Default::default();
        Box::new(Pages::<F> { out, packing, sent, begun, end, format: PhantomData })
    }
    fn begins_row(&mut self) -> bool {
        self.begun.1 += 1;
        self.begun.1 == 1
    }
}

fn write_results<F: Format>(out: &mut Vec<u8>, verdicts: Verdicts<'_, '_>) {
    out.extend(F::FACTS.results[0]);
    for (place, (id, outcome)) in verdicts.enumerate() {
        F::result(out, place == 0, id, &VerdictShape::of(outcome));
    }
    out.extend(F::FACTS.results[1]);
}

pub(super) fn write_row<'v, F: Format>(
    out: &mut Vec<u8>,
    is_first: bool,
    (key, stamp): (&str, Stamp),
    values: impl ExactSizeIterator<Item = &'v crate::base::Value>,
) {
    F::begin_row(out, &Head { is_first, part: None, key, stamp, values: values.len() });
    for (place, value) in values.enumerate() {
        value.with_ref(|value| F::value(out, place, value));
    }
    out.extend(F::FACTS.end_of_row);
}

impl<F: Format> PageWriter for Pages<F> {
    fn begin_page(&mut self, entity: EntityId) {
        F::begin_page(&mut self.out, self.begun.0 == 0, entity);
        self.begun = (self.begun.0 + 1, 0);
    }
    fn row(&mut self, key: &str, stamp: Stamp, values: Option<Projected<'_>>) {
        let none = Projected { values: &[], columns: &[] };
        let Projected { values, columns } = values.unwrap_or(none);
        let (is_first, values) = (self.begins_row(), columns.iter().map(|column| &values[*column]));
        write_row::<F>(&mut self.out, is_first, (key, stamp), values);
    }
    fn part(&mut self, part: Part, key: &str, stamp: Stamp, values: Projected<'_>) {
        let (is_first, values_sent) = (self.begins_row(), part.columns.count_ones() as usize);
        let head = Head { is_first, part: Some(part), key, stamp, values: values_sent };
        F::begin_row(&mut self.out, &head);
        for (place, value) in values.iter().enumerate().filter(|(place, _)| part.has(*place)) {
            value.with_ref(|value| F::value(&mut self.out, place, value));
        }
        self.out.extend(F::FACTS.end_of_row);
    }
    fn kept_row(&mut self, key: &str, stamp: Stamp, cells: &[u8]) {
        if F::FACTS.as_kept {
            let is_first = self.begins_row();
            F::begin_row(&mut self.out, &Head { is_first, part: None, key, stamp, values: 0 });
            self.out.extend(cells);
            return self.out.extend(F::FACTS.end_of_row);
        }
        // What a database keeps are the items of a list after its first ones.
        let list = [b"[", cells.get(1..).unwrap_or_default(), b"]"].concat();
        let cells: Vec<Cell<'_>> = serde_json::from_slice(&list).expect("a database keeps what was written");
        let is_first = self.begins_row();
        F::begin_row(&mut self.out, &Head { is_first, part: None, key, stamp, values: cells.len() });
        for (place, cell) in cells.iter().enumerate() {
            F::value(&mut self.out, place, cell.as_ref());
        }
        self.out.extend(F::FACTS.end_of_row);
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
        F::end_page(&mut self.out, &end);
    }
    fn bytes(&self) -> u64 {
        self.sent.as_ref().map_or(self.out.len() as u64, |sent| sent.of(&self.out))
    }
    fn finish(mut self: Box<Self>) -> Vec<u8> {
        self.out.extend(F::FACTS.pages[1]);
        self.out.extend(F::FACTS.end);
        self.packing.packed(self.out)
    }
}

impl Spoken {
    pub(super) const fn of<F: Format>() -> Spoken {
        Spoken {
            facts: F::FACTS,
            write_request: F::write_request,
            read_request: F::read_request,
            write_refusal: F::write_refusal,
            read_answer: F::read_answer,
            begin: Pages::<F>::begun,
            results: results::<F>,
        }
    }
}

fn results<F: Format>(asked: Asked, verdicts: Verdicts<'_, '_>) -> Vec<u8> {
    let mut out = Vec::new();
    F::begin(&mut out, asked);
    write_results::<F>(&mut out, verdicts);
    out.extend(F::FACTS.end);
    out
}
