//! CBOR (RFC 8949): the structure of JSON in binary form. Lists whose length is not known at their
//! start have indefinite length.

use minicbor::Encoder;
use minicbor_serde::{Deserializer, Serializer};
use serde::{Deserialize, Serialize};

use super::coding::Costs;
use super::damaged::Damaged;
use super::format::{Facts, Head};
use super::mapped::{Marks, Notation};
use super::weight::Frames;
use crate::base::ValueRef;

pub(super) struct Cbor;

impl Notation for Cbor {
    const FACTS: Facts = Facts {
        name: "cbor",
        about: "binary",
        content_type: "application/cbor",
        costs: Costs { written: 304, read: 671 },
        frames: Frames { edit: 56, column: 2, text: 2, number: 5, null: 1, head: 100, verdict: 45 },
        // A map of one item.
        no: b"\xa1\x65error",
        as_kept: false,
        results: [b"\x67results\x9f", b"\xff"],
        pages: [b"\x65pages\x9f", b"\xff"],
        end_of_row: b"",
        end: b"\xff",
    };
    // The byte before a short text is its length. Lists and maps of indefinite length end with the
    // byte FF.
    const MARKS: Marks = Marks {
        open: b"\xbf",
        close: b"\xff",
        comma: b"",
        colon: b"",
        rows: [b"\x64rows\x9f", b"\xff"],
        row: [b"\x63row\x81", b"\x63row\x80", b""],
        row_is_last: true,
        refused: b"",
    };
    fn put<T: Serialize + ?Sized>(out: &mut Vec<u8>, what: &T) {
        what.serialize(&mut Serializer::new(out)).expect("no message has what CBOR cannot hold");
    }
    fn read<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, Damaged> {
        let mut deserializer = Deserializer::new(bytes);
        let read = T::deserialize(&mut deserializer).map_err(|error| Damaged(error.to_string()))?;
        if deserializer.decoder().position() < bytes.len() {
            return Err(Damaged("bytes after its end".to_owned()));
        }
        Ok(read)
    }
    fn begin_row(out: &mut Vec<u8>, head: &Head<'_>) {
        let Head { part, key, stamp, values, .. } = head;
        let mut e = Encoder::new(out);
        _ = e.array(*values as u64 + if part.is_some() { 4 } else { 2 });
        if let Some(part) = part {
            _ = e.i64(part.columns as i64).and_then(|e| e.i64(part.base.0));
        }
        _ = e.str(key).and_then(|e| e.i64(stamp.0));
    }
    fn value(out: &mut Vec<u8>, _: usize, value: ValueRef<'_>) {
        let mut e = Encoder::new(out);
        // Writing to a vector cannot fail.
        _ = match value {
            ValueRef::Null => e.null(),
            ValueRef::Int(n) => e.i64(n),
            ValueRef::Real(x) => e.f64(x),
            ValueRef::Text(t) => e.str(t),
        };
    }
}
