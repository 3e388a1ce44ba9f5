//! JSON, really encoded and decoded.
//!
//! A row is an array: `[key, stamp, value, …]`, and `[key, stamp]` for a tombstone. Of a row that
//! the device holds in another version those columns may come that differ: `[columns, base, key,
//! stamp, value, …]`, with a bit for each column that comes and the stamp of that version.
//!
//! Most servers send rows as objects, each value with its column's name. A codec knows no names, so
//! columns are called `column1`, `column2`, …, which is about as long as names are. A row is
//! `{"key":"k","stamp":7,"column1":"a"}`; of a part `columns` and `base` come first.

use std::marker::PhantomData;

use serde_json::{from_slice, to_vec};

use super::coding::{self as costs, Costs};
use super::damaged::Damaged;
use super::format::{Facts, Format, Head, PageEnd};
use super::message::Asked;
use super::pages::write_row;
use super::raw_answer::{RawAnswer, RawError, VerdictShape};
use super::raw_request::RawRequest;
use super::weight::Frames;
use crate::base::json::{Sink, write_value};
use crate::base::{EntityId, Stamp, ValueRef};

pub(super) struct Json<R>(pub(super) PhantomData<R>);

impl<R: Shape> Facts for Json<R> {
    const CONTENT_TYPE: &'static str = R::CONTENT_TYPE;
    const COSTS: Costs = costs::JSON;
    const FRAMES: Frames =
        Frames { edit: 88, column: 5, text: 2, number: 10, null: 4, head: 120, verdict: 60 };
    const NO: &'static [u8] = b"{\"error\"";
    const AS_KEPT: bool = R::AS_KEPT;
    const RESULTS: [&'static [u8]; 2] = [b",\"results\":[", b"]"];
    const PAGES: [&'static [u8]; 2] = [b",\"pages\":[", b"]"];
    const END_OF_ROW: &'static [u8] = R::END;
    const END: &'static [u8] = b"}";
}

impl<R: Shape> Format for Json<R> {
    fn write_request(request: &RawRequest<'_>) -> Vec<u8> {
        to_vec(request).expect("a request has no value that JSON cannot hold")
    }
    fn read_request(bytes: &[u8]) -> Result<RawRequest<'_>, Damaged> {
        Ok(from_slice(bytes)?)
    }
    fn write_refusal(error: &RawError) -> Vec<u8> {
        let error = to_vec(error).expect("an error is a map of texts and a number");
        [Self::NO, b":", &error, b"}"].concat()
    }
    fn read_answer(bytes: &[u8]) -> Result<RawAnswer<'_>, Damaged> {
        Ok(from_slice(bytes)?)
    }
    fn begin<S: Sink>(out: &mut S, asked: Asked) {
        number(out, "{\"for\":", asked.0);
    }
    fn result<S: Sink>(out: &mut S, is_first: bool, id: &str, told: &VerdictShape<'_>) {
        let VerdictShape { ok, no, not_yet, row, edited } = told;
        comma(out, is_first);
        text(out, "{\"id\":", id);
        if let Some(Stamp(stamp)) = ok {
            number(out, ",\"ok\":", *stamp);
        }
        if let Some(word) = not_yet {
            out.put(format!(",\"{word}\":true").as_bytes());
        }
        if let Some((word, said)) = no {
            text(out, &format!(",\"{word}\":"), said);
        }
        if let Some(row) = row {
            out.put(b",\"row\":[");
            if let Some(row) = row {
                let values = row.values.as_deref().unwrap_or_default();
                write_row::<Json<R>, S>(out, true, (row.key.as_str(), row.stamp), values.iter());
            }
            out.put(b"]");
        }
        if let Some(Stamp(edited)) = edited {
            number(out, ",\"edited\":", *edited);
        }
        out.put(b"}");
    }
    fn begin_page<S: Sink>(out: &mut S, is_first: bool, entity: EntityId) {
        comma(out, is_first);
        number(out, "{\"e\":", i64::from(entity.0));
        out.put(b",\"rows\":[");
    }
    fn begin_row<S: Sink>(out: &mut S, head: &Head<'_>) {
        R::begin(out, head);
    }
    fn value<S: Sink>(out: &mut S, place: usize, value: ValueRef<'_>) {
        R::value(out, place, value);
    }
    fn end_page<S: Sink>(out: &mut S, end: &PageEnd) {
        let PageEnd { cursor, more, undone, unseen, withheld, ids } = end;
        text(out, "],\"cursor\":", cursor);
        if !undone.is_empty() {
            out.put(b",\"undone\":[");
            for (at, span) in undone.iter().enumerate() {
                comma(out, at == 0);
                out.put(format!("[{},{}]", span.from.0, span.until.0).as_bytes());
            }
            out.put(b"]");
        }
        if let Some(Stamp(unseen)) = unseen {
            number(out, ",\"unseen\":", *unseen);
        }
        if !withheld.is_empty() {
            out.put(b",\"withheld\":[");
            for (at, key) in withheld.iter().enumerate() {
                comma(out, at == 0);
                write_value(out, ValueRef::Text(key));
            }
            out.put(b"]");
        }
        if let Some((first, count)) = ids {
            out.put(format!(",\"ids\":[{first},{count}]").as_bytes());
        }
        out.put(if *more { b",\"more\":true}" } else { b",\"more\":false}" });
    }
}

impl From<serde_json::Error> for Damaged {
    fn from(error: serde_json::Error) -> Damaged {
        Damaged(error.to_string())
    }
}

fn number<S: Sink>(out: &mut S, name: &str, number: i64) {
    out.put(name.as_bytes());
    write_value(out, ValueRef::Int(number));
}

fn text<S: Sink>(out: &mut S, name: &str, text: &str) {
    out.put(name.as_bytes());
    write_value(out, ValueRef::Text(text));
}

fn comma<S: Sink>(out: &mut S, is_first: bool) {
    if !is_first {
        out.put(b",");
    }
}

pub(super) trait Shape: Send + Sync + 'static {
    const CONTENT_TYPE: &'static str;
    const END: &'static [u8];
    const AS_KEPT: bool = false;
    fn begin<S: Sink>(out: &mut S, head: &Head<'_>);
    fn value<S: Sink>(out: &mut S, place: usize, value: ValueRef<'_>);
}

/// `[key, stamp, value, …]`.
pub(super) struct Lists;

impl Shape for Lists {
    const CONTENT_TYPE: &'static str = "application/json";
    const END: &'static [u8] = b"]";
    const AS_KEPT: bool = true;
    fn begin<S: Sink>(out: &mut S, head: &Head<'_>) {
        comma(out, head.is_first);
        out.put(b"[");
        if let Some(part) = head.part {
            write_value(out, ValueRef::Int(part.columns as i64));
            number(out, ",", part.base.0);
            out.put(b",");
        }
        write_value(out, ValueRef::Text(head.key));
        number(out, ",", head.stamp.0);
    }
    fn value<S: Sink>(out: &mut S, _: usize, value: ValueRef<'_>) {
        out.put(b",");
        write_value(out, value);
    }
}

/// `{"key": key, "stamp": stamp, "column1": value, …}`.
pub(super) struct Named;

impl Shape for Named {
    const CONTENT_TYPE: &'static str = "application/json; rows=objects";
    const END: &'static [u8] = b"}";
    fn begin<S: Sink>(out: &mut S, head: &Head<'_>) {
        comma(out, head.is_first);
        out.put(b"{");
        if let Some(part) = head.part {
            number(out, "\"columns\":", part.columns as i64);
            number(out, ",\"base\":", part.base.0);
            out.put(b",");
        }
        text(out, "\"key\":", head.key);
        number(out, ",\"stamp\":", head.stamp.0);
    }
    fn value<S: Sink>(out: &mut S, place: usize, value: ValueRef<'_>) {
        number(out, ",\"column", place as i64 + 1);
        out.put(b"\":");
        write_value(out, value);
    }
}

#[cfg(test)]
mod tests {
    use super::super::codec::Codec;
    use super::*;

    const JSON: Codec = Codec::plain(&Json::<Lists>(PhantomData));

    #[test]
    fn damaged_answers_are_an_error() {
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
            assert!(JSON.decode_answer(bytes.as_bytes()).is_err(), "{bytes}");
        }
    }

    #[test]
    fn damaged_requests_are_an_error() {
        for bytes in ["", "{}", "{\"device\":1}", "{\"device\":1,\"push\":[{}]}", "nonsense"] {
            assert!(JSON.decode_request(bytes.as_bytes()).is_err(), "{bytes}");
        }
    }
}
