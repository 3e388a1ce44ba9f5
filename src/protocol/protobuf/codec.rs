//! The format, and how its messages are written.

use super::super::costs::{self, Costs};
use super::super::damaged::Damaged;
use super::super::format::Format;
use super::super::message::{Asked, Want};
use super::super::raw::answer::{RawAnswer, RawError, VerdictShape};
use super::super::raw::pages::{Head, PageEnd, Style, write_row};
use super::super::raw::request::{RawFetch, RawMutation, RawPull, RawRequest};
use super::super::weight::Frames;
use super::read;
use super::wire::{
    ANSWER, ERROR, REQUEST, begin, end, put_number, put_signed, put_some, put_stamp, put_text, put_value,
};
use crate::base::json::Sink;
use crate::base::{EntityId, ValueRef};
use crate::contract::Guard;

pub(in super::super) struct Protobuf;

impl Format for Protobuf {
    const CONTENT_TYPE: &'static str = "application/x-protobuf";
    const COSTS: Costs = costs::PROTOBUF;
    const FRAMES: Frames = Frames { edit: 32, column: 1, text: 2, number: 4, null: 1, head: 60, verdict: 25 };
    // The field 3, a message.
    const NO: &'static [u8] = b"\x1b";

    fn write_request(request: &RawRequest<'_>) -> Vec<u8> {
        let mut out = Vec::new();
        begin(&mut out, REQUEST);
        put_some(&mut out, 1, request.device.0);
        put_signed(&mut out, 2, request.clock.0);
        put_some(&mut out, 3, request.unit.0);
        if let Some(pull) = &request.pull {
            put_pull(&mut out, pull);
        }
        if let Some(push) = &request.push {
            begin(&mut out, 5);
            push.iter().for_each(|mutation| put_edit(&mut out, mutation));
            end(&mut out, 5);
        }
        if let Some(RawFetch { e, of, rows }) = &request.fetch {
            put_wanted(&mut out, *e, Some(of), *rows);
        }
        end(&mut out, REQUEST);
        out
    }
    fn read_request(bytes: &[u8]) -> Result<RawRequest<'_>, Damaged> {
        read::request(bytes)
    }
    fn write_refusal(error: &RawError) -> Vec<u8> {
        let mut out = Vec::new();
        begin(&mut out, ERROR);
        put_text(&mut out, 1, &error.kind);
        put_some(&mut out, 2, error.number);
        put_text(&mut out, 3, &error.text);
        end(&mut out, ERROR);
        out
    }
    fn read_answer(bytes: &[u8]) -> Result<RawAnswer<'_>, Damaged> {
        read::answer(bytes)
    }
}

fn put_pull(out: &mut Vec<u8>, pull: &RawPull<'_>) {
    let RawPull { rows, bytes, run, zone, get, wants } = pull;
    begin(out, 4);
    put_some(out, 1, *rows);
    put_some(out, 2, *bytes);
    put_some(out, 3, *run);
    put_signed(out, 4, i64::from(*zone));
    put_some(out, 5, *get);
    for Want { entity, cursor, ids } in wants.iter() {
        put_wanted(out, *entity, cursor.as_deref(), *ids);
    }
    end(out, 4);
}

fn put_wanted(out: &mut Vec<u8>, entity: EntityId, text: Option<&str>, count: u32) {
    begin(out, 6);
    put_some(out, 1, entity.0);
    if let Some(text) = text {
        put_text(out, 2, text);
    }
    put_some(out, 3, count);
    end(out, 6);
}

fn put_edit(out: &mut Vec<u8>, edit: &RawMutation<'_>) {
    let RawMutation { id, edit, by, e, key, op, base, at, set, guard } = edit;
    begin(out, 1);
    put_text(out, 1, id);
    put_some(out, 2, *edit);
    if let Some(by) = by {
        put_number(out, 3, u64::from(by.0));
    }
    put_some(out, 4, e.0);
    put_text(out, 5, key);
    put_number(out, 6, u64::from(*op));
    put_stamp(out, 7, *base);
    put_signed(out, 8, at.0);
    match guard {
        Guard::Base => {}
        Guard::Since => put_number(out, 9, 1),
        Guard::Image(image) => put_number(out, 10, *image),
    }
    begin(out, 11);
    for (column, cell) in set {
        put_value(out, *column, cell.as_ref());
    }
    end(out, 11);
    end(out, 1);
}

// A message in a message begins and ends with a key: eight times its field, and 3 or 4.
impl Style for Protobuf {
    const RESULTS: [&'static [u8]; 2] = [b"\x13", b"\x14"];
    const PAGES: [&'static [u8]; 2] = [b"", b""];
    const END_OF_ROW: &'static [u8] = b"\x3c";
    const END: &'static [u8] = b"\x14";
    fn begin<S: Sink>(out: &mut S, asked: Asked) {
        begin(out, ANSWER);
        put_signed(out, 1, asked.0);
    }
    fn result<S: Sink>(out: &mut S, _: bool, id: &str, told: &VerdictShape<'_>) {
        let VerdictShape { ok, no, not_yet, row, edited } = told;
        begin(out, 1);
        put_text(out, 1, id);
        put_stamp(out, 2, *ok);
        if let Some((word, text)) = no {
            put_text(out, if *word == "conflict" { 3 } else { 4 }, text);
        }
        if let Some(word) = not_yet {
            put_number(out, if *word == "later" { 5 } else { 6 }, 1);
        }
        if let Some(row) = row.flatten() {
            let values = row.values.as_deref().unwrap_or_default();
            write_row::<Protobuf, S>(out, true, (row.key.as_str(), row.stamp), values.iter());
        }
        put_stamp(out, 8, *edited);
        end(out, 1);
    }
    fn begin_page<S: Sink>(out: &mut S, _: bool, entity: EntityId) {
        begin(out, 3);
        put_some(out, 1, entity.0);
    }
    fn begin_row<S: Sink>(out: &mut S, head: &Head<'_>) {
        begin(out, 7);
        if let Some(part) = head.part {
            put_signed(out, 1, part.columns as i64);
            put_signed(out, 2, part.base.0);
        }
        put_text(out, 3, head.key);
        put_signed(out, 4, head.stamp.0);
    }
    fn value<S: Sink>(out: &mut S, place: usize, value: ValueRef<'_>) {
        put_value(out, place, value);
    }
    fn end_page<S: Sink>(out: &mut S, end_of: &PageEnd<'_>) {
        let PageEnd { cursor, more, undone, unseen, withheld, ids } = end_of;
        put_text(out, 2, cursor);
        put_some(out, 3, *more);
        for span in *undone {
            put_signed(out, 4, span.from.0);
            put_signed(out, 4, span.until.0);
        }
        put_stamp(out, 5, *unseen);
        for key in *withheld {
            put_text(out, 6, key);
        }
        if let Some((first, count)) = ids {
            put_number(out, 8, *first);
            put_number(out, 9, u64::from(*count));
        }
        end(out, 3);
    }
}
