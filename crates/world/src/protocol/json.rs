//! JSON. The simulator really encodes and decodes messages.
//!
//! A row is an array: `[key, stamp, value, …]`. A tombstone (a deletion) is `[key, stamp]`. A
//! partial row has only the columns that differ from a version on the device: `[columns, base, key,
//! stamp, value, …]`. `columns` has a bit per sent column, and `base` is the stamp of the version
//! on the device.
//!
//! Most servers send rows as objects with column names. A codec does not know the names, so it uses
//! `column1`, `column2`, …. They are about as long as real names. A row is
//! `{"key":"k","stamp":7,"column1":"a"}`; a partial row begins with `columns` and `base`.

use serde::{Deserialize, Serialize};

use super::coding;
use super::damaged::Damaged;
use super::format::{Facts, Head};
use super::mapped::{Marks, Notation};
use super::weight::Frames;
use crate::base::ValueRef;
use crate::base::json::write_value;

/// JSON with rows as arrays, or as objects with column names.
pub(super) struct Json<const NAMED: bool>;

impl<const NAMED: bool> Notation for Json<NAMED> {
    const FACTS: Facts = Facts {
        name: if NAMED { "json-objects" } else { "json" },
        about: if NAMED { "rows as objects with column names" } else { "rows as arrays" },
        content_type: if NAMED { "application/json; rows=objects" } else { "application/json" },
        costs: coding::JSON,
        frames: Frames { edit: 88, column: 5, text: 2, number: 10, null: 4, head: 120, verdict: 60 },
        no: b"{\"error\"",
        as_kept: !NAMED,
        results: [b",\"results\":[", b"]"],
        pages: [b",\"pages\":[", b"]"],
        end_of_row: if NAMED { b"}" } else { b"]" },
        end: b"}",
    };
    const MARKS: Marks = Marks {
        open: b"{",
        close: b"}",
        comma: b",",
        colon: b":",
        rows: [b",\"rows\":[", b"]"],
        row: [b",\"row\":[", b",\"row\":[", b"]"],
        row_is_last: false,
        refused: b"}",
    };
    fn put<T: Serialize + ?Sized>(out: &mut Vec<u8>, what: &T) {
        serde_json::to_writer(out, what).expect("no message has what JSON cannot hold");
    }
    fn read<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, Damaged> {
        serde_json::from_slice(bytes).map_err(|error| Damaged(error.to_string()))
    }
    fn begin_row(out: &mut Vec<u8>, head: &Head<'_>) {
        let [open, columns, base, key, stamp] = match NAMED {
            true => ["{", "\"columns\":", ",\"base\":", "\"key\":", ",\"stamp\":"],
            false => ["[", "", ",", "", ","],
        };
        if !head.is_first {
            out.extend(b",");
        }
        out.extend(open.as_bytes());
        if let Some(part) = head.part {
            number(out, columns, part.columns as i64);
            number(out, base, part.base.0);
            out.extend(b",");
        }
        out.extend(key.as_bytes());
        write_value(out, ValueRef::Text(head.key));
        number(out, stamp, head.stamp.0);
    }
    fn value(out: &mut Vec<u8>, place: usize, value: ValueRef<'_>) {
        if NAMED {
            number(out, ",\"column", place as i64 + 1);
            out.extend(b"\":");
        } else {
            out.extend(b",");
        }
        write_value(out, value);
    }
}

fn number(out: &mut Vec<u8>, name: &str, number: i64) {
    out.extend(name.as_bytes());
    write_value(out, ValueRef::Int(number));
}
