//! Answers of the gateway.

use super::super::answer::{Answer, Part, Projected};
use super::super::codec::{PageWriter, PushVerdict};
use super::super::damaged::Damaged;
use super::super::message::Asked;
use super::super::raw;
use super::super::raw::answer::Told;
use super::super::raw::pages::IntoBytes;
use super::rows::{write_kept_row, write_part, write_row};
use crate::base::json::{Sink, write_value};
use crate::base::{EntityId, Stamp, Undone, ValueRef};
use crate::contract::{Outcome, Row, ServerError};

/// Writes the pages of one answer, or counts what they would be.
pub(super) struct Writer<S> {
    out: S,
    rows: u32,
    first: bool,
    undone: Vec<Undone>,
    unseen: Option<Stamp>,
    withheld: Vec<u8>,
    ids: Option<(u64, u32)>,
}

impl<S: Sink + Default> Writer<S> {
    pub(super) fn new(asked: Asked) -> Writer<S> {
        let mut out = S::default();
        out.put(format!("{{\"for\":{},\"pages\":[", asked.0).as_bytes());
        Writer::on(out)
    }
    fn on(out: S) -> Writer<S> {
        let (undone, withheld) = (Vec::new(), Vec::new());
        Writer { out, rows: 0, first: true, undone, unseen: None, withheld, ids: None }
    }
    fn begin_row(&mut self) {
        if self.rows > 0 {
            self.out.put(b",");
        }
        self.rows += 1;
    }
}

impl Writer<Vec<u8>> {
    /// Goes on with an answer of which the verdicts are written.
    pub(super) fn after(mut verdicts: Vec<u8>) -> Writer<Vec<u8>> {
        verdicts.put(b",\"pages\":[");
        Writer::on(verdicts)
    }
}

impl<S: Sink + Default + IntoBytes> PageWriter for Writer<S> {
    fn begin_page(&mut self, entity: EntityId) {
        if !std::mem::take(&mut self.first) {
            self.out.put(b",");
        }
        self.out.put(b"{\"e\":");
        write_value(&mut self.out, ValueRef::Int(i64::from(entity.0)));
        self.out.put(b",\"rows\":[");
        self.rows = 0;
    }
    fn row(&mut self, key: &str, stamp: Stamp, values: Option<Projected<'_>>) {
        self.begin_row();
        write_row(&mut self.out, key, stamp, values.into_iter().flat_map(Projected::iter));
    }
    fn part(&mut self, part: Part, key: &str, stamp: Stamp, values: Projected<'_>) {
        self.begin_row();
        write_part(&mut self.out, part, key, stamp, values.iter());
    }
    fn kept_row(&mut self, key: &str, stamp: Stamp, cells: &[u8]) {
        self.begin_row();
        write_kept_row(&mut self.out, key, stamp, cells);
    }
    fn undone(&mut self, undone: &[Undone]) {
        self.undone = undone.to_vec();
    }
    fn withheld(&mut self, key: &str) {
        if !self.withheld.is_empty() {
            self.withheld.put(b",");
        }
        write_value(&mut self.withheld, ValueRef::Text(key));
    }
    fn unseen_from(&mut self, stamp: Stamp) {
        self.unseen = Some(stamp);
    }
    fn ids(&mut self, first: u64, count: u32) {
        self.ids = Some((first, count));
    }
    fn end_page(&mut self, cursor: &str, more: bool) {
        self.out.put(b"],\"cursor\":");
        write_value(&mut self.out, ValueRef::Text(cursor));
        let is_undone = !self.undone.is_empty();
        for (index, Undone { from, until }) in std::mem::take(&mut self.undone).into_iter().enumerate() {
            let before = if index == 0 { ",\"undone\":[" } else { "," };
            self.out.put(format!("{before}[{},{}]", from.0, until.0).as_bytes());
        }
        if is_undone {
            self.out.put(b"]");
        }
        if let Some(Stamp(unseen)) = self.unseen.take() {
            self.out.put(format!(",\"unseen\":{unseen}").as_bytes());
        }
        let withheld = std::mem::take(&mut self.withheld);
        if !withheld.is_empty() {
            self.out.put(b",\"withheld\":[");
            self.out.put(&withheld);
            self.out.put(b"]");
        }
        if let Some((first, count)) = self.ids.take() {
            self.out.put(format!(",\"ids\":[{first},{count}]").as_bytes());
        }
        self.out.put(if more { b",\"more\":true}" } else { b",\"more\":false}" });
    }
    fn bytes(&self) -> u64 {
        self.out.len() as u64
    }
    fn so_far(&self) -> &[u8] {
        self.out.kept()
    }
    fn finish(mut self: Box<Self>) -> Vec<u8> {
        self.out.put(b"]}");
        self.out.into_bytes()
    }
}

/// A push's answer.
pub(super) fn results(asked: Asked, of: &mut dyn Iterator<Item = PushVerdict<'_>>) -> Vec<u8> {
    let mut out = verdicts(asked, of);
    out.push(b'}');
    out
}

/// An answer with its verdicts, and without its end.
pub(super) fn verdicts(asked: Asked, verdicts: &mut dyn Iterator<Item = PushVerdict<'_>>) -> Vec<u8> {
    let mut out = format!("{{\"for\":{},\"results\":[", asked.0).into_bytes();
    for (index, (id, outcome)) in verdicts.enumerate() {
        if index > 0 {
            out.push(b',');
        }
        out.extend_from_slice(b"{\"id\":");
        write_value(&mut out, ValueRef::Text(id));
        write_outcome(&mut out, outcome);
        out.push(b'}');
    }
    out.push(b']');
    out
}

/// How an answer begins that says no.
const NO: &[u8] = b"{\"error\"";

/// An answer that says no.
pub(super) fn refusal(error: &ServerError) -> Vec<u8> {
    let error = serde_json::json!({"error": raw::answer::refusal(error)});
    error.to_string().into_bytes()
}

/// Whether an answer says no, by its beginning.
pub(super) fn is_refusal(bytes: &[u8]) -> bool {
    bytes.starts_with(NO)
}

fn write_outcome(out: &mut Vec<u8>, outcome: &Outcome) {
    let Told { ok, no, not_yet, row, edited } = Told::of(outcome);
    if let Some(Stamp(stamp)) = ok {
        out.extend_from_slice(b",\"ok\":");
        write_value(out, ValueRef::Int(stamp));
    }
    if let Some(word) = not_yet {
        out.extend_from_slice(format!(",\"{word}\":true").as_bytes());
    }
    if let Some((word, text)) = no {
        out.extend_from_slice(format!(",\"{word}\":").as_bytes());
        write_value(out, ValueRef::Text(text));
    }
    if let Some(row) = row {
        out.extend_from_slice(b",\"row\":[");
        if let Some(Row { key, stamp, values }) = row {
            write_row(out, key.as_str(), *stamp, values.iter().flatten());
        }
        out.push(b']');
    }
    if let Some(Stamp(edited)) = edited {
        out.extend_from_slice(b",\"edited\":");
        write_value(out, ValueRef::Int(edited));
    }
}

/// Reads an answer.
pub(super) fn decode(bytes: &[u8]) -> Result<Result<Answer<'_>, ServerError>, Damaged> {
    raw::answer::read(serde_json::from_slice(bytes)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damaged_bytes_are_an_error() {
        for bytes in [
            "",
            "{",
            "[]",
            "{\"pages\":[{\"e\":1}]}",
            "{\"pages\":[{\"e\":1,\"rows\":[[1,2]],\"cursor\":\"\",\"more\":false}]}",
            "{\"pages\":[{\"e\":1,\"rows\":[[0,7,\"k\",8]],\"cursor\":\"\",\"more\":false}]}",
            "{\"pages\":[{\"e\":1,\"rows\":[[5,7,\"k\",8,1]],\"cursor\":\"\",\"more\":false}]}",
            "{\"results\":[{\"id\":\"a\",\"conflict\":\"stale\",\"row\":[[1,7,\"k\",8,1]]}]}",
        ] {
            assert!(decode(bytes.as_bytes()).is_err(), "{bytes}");
        }
    }
}
