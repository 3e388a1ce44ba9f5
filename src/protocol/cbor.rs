//! CBOR (RFC 8949): the same shape as JSON in a binary form. Lists whose length is not known when
//! they begin are of indefinite length.

use minicbor::Encoder;
use minicbor::encode::Write;
use minicbor_serde::Deserializer;
use serde::Deserialize;

use super::coding::{self as costs, Costs};
use super::damaged::Damaged;
use super::format::{Facts, Format, Head, PageEnd};
use super::message::Asked;
use super::pages::write_row;
use super::raw_answer::{RawAnswer, RawError, VerdictShape};
use super::raw_request::RawRequest;
use super::weight::Frames;
use crate::base::json::Sink;
use crate::base::{EntityId, Stamp, Undone, ValueRef};

pub(super) struct Cbor;

impl Facts for Cbor {
    const CONTENT_TYPE: &'static str = "application/cbor";
    const COSTS: Costs = costs::CBOR;
    const FRAMES: Frames =
        Frames { edit: 56, column: 2, text: 2, number: 5, null: 1, head: 100, verdict: 45 };
    // A map of one item.
    const NO: &'static [u8] = b"\xa1\x65error";
    const RESULTS: [&'static [u8]; 2] = [b"\x67results\x9f", b"\xff"];
    const PAGES: [&'static [u8]; 2] = [b"\x65pages\x9f", b"\xff"];
    const END_OF_ROW: &'static [u8] = b"";
    const END: &'static [u8] = b"\xff";
}

impl Format for Cbor {
    fn write_request(request: &RawRequest<'_>) -> Vec<u8> {
        minicbor_serde::to_vec(request).expect("a request has no value that CBOR cannot hold")
    }
    fn read_request(bytes: &[u8]) -> Result<RawRequest<'_>, Damaged> {
        whole(bytes)
    }
    fn write_refusal(error: &RawError) -> Vec<u8> {
        let error = minicbor_serde::to_vec(error).expect("an error is a map of texts and a number");
        [Cbor::NO, &error].concat()
    }
    fn read_answer(bytes: &[u8]) -> Result<RawAnswer<'_>, Damaged> {
        whole(bytes)
    }
    fn begin<S: Sink>(out: &mut S, asked: Asked) {
        put(out, |e| e.begin_map()?.str("for")?.i64(asked.0).map(|_| ()));
    }
    fn result<S: Sink>(out: &mut S, _: bool, id: &str, told: &VerdictShape<'_>) {
        let VerdictShape { ok, no, not_yet, row, edited } = told;
        put(out, |e| {
            e.begin_map()?.str("id")?.str(id)?;
            if let Some(Stamp(stamp)) = ok {
                e.str("ok")?.i64(*stamp)?;
            }
            if let Some(word) = not_yet {
                e.str(word)?.bool(true)?;
            }
            if let Some((word, text)) = no {
                e.str(word)?.str(text)?;
            }
            if let Some(Stamp(edited)) = edited {
                e.str("edited")?.i64(*edited)?;
            }
            Ok(())
        });
        if let Some(row) = row {
            put(out, |e| e.str("row")?.array(u64::from(row.is_some())).map(|_| ()));
            if let Some(row) = row {
                let values = row.values.as_deref().unwrap_or_default();
                write_row::<Cbor, S>(out, true, (row.key.as_str(), row.stamp), values.iter());
            }
        }
        put(out, |e| e.end().map(|_| ()));
    }
    fn begin_page<S: Sink>(out: &mut S, _: bool, entity: EntityId) {
        put(out, |e| e.begin_map()?.str("e")?.u16(entity.0)?.str("rows")?.begin_array().map(|_| ()));
    }
    fn begin_row<S: Sink>(out: &mut S, head: &Head<'_>) {
        let Head { part, key, stamp, values, .. } = head;
        put(out, |e| {
            e.array(*values as u64 + if part.is_some() { 4 } else { 2 })?;
            if let Some(part) = part {
                e.i64(part.columns as i64)?.i64(part.base.0)?;
            }
            e.str(key)?.i64(stamp.0).map(|_| ())
        });
    }
    fn value<S: Sink>(out: &mut S, _: usize, value: ValueRef<'_>) {
        put(out, |e| match value {
            ValueRef::Null => e.null().map(|_| ()),
            ValueRef::Int(n) => e.i64(n).map(|_| ()),
            ValueRef::Real(x) => e.f64(x).map(|_| ()),
            ValueRef::Text(t) => e.str(t).map(|_| ()),
        });
    }
    fn end_page<S: Sink>(out: &mut S, end: &PageEnd) {
        let PageEnd { cursor, more, undone, unseen, withheld, ids } = end;
        put(out, |e| {
            e.end()?.str("cursor")?.str(cursor)?;
            if !undone.is_empty() {
                e.str("undone")?.array(undone.len() as u64)?;
                for Undone { from, until } in undone {
                    e.array(2)?.i64(from.0)?.i64(until.0)?;
                }
            }
            if let Some(Stamp(unseen)) = unseen {
                e.str("unseen")?.i64(*unseen)?;
            }
            if !withheld.is_empty() {
                e.str("withheld")?.array(withheld.len() as u64)?;
                for key in withheld {
                    e.str(key)?;
                }
            }
            if let Some((first, count)) = ids {
                e.str("ids")?.array(2)?.u64(*first)?.u32(*count)?;
            }
            e.str("more")?.bool(*more)?.end().map(|_| ())
        });
    }
}

fn whole<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, Damaged> {
    let mut deserializer = Deserializer::new(bytes);
    let read = T::deserialize(&mut deserializer).map_err(|error| Damaged(error.to_string()))?;
    if deserializer.decoder().position() < bytes.len() {
        return Err(Damaged("bytes after its end".to_owned()));
    }
    Ok(read)
}

struct Out<'s, S>(&'s mut S);

impl<S: Sink> Write for Out<'_, S> {
    type Error = std::convert::Infallible;
    #[inline]
    fn write_all(&mut self, bytes: &[u8]) -> Result<(), Self::Error> {
        self.0.put(bytes);
        Ok(())
    }
}

/// Writes into a sink, which takes all.
#[inline]
fn put<S: Sink, T>(
    out: &mut S,
    write: impl FnOnce(&mut Encoder<Out<'_, S>>) -> Result<T, minicbor::encode::Error<std::convert::Infallible>>,
) {
    if write(&mut Encoder::new(Out(out))).is_err() {
        unreachable!("a sink takes all");
    }
}

// A text is one byte and its length before it; lists and maps whose length is not known end in FF.
