//! Rows as JSON.

use super::super::answer::Part;
use crate::base::json::{Sink, write_value};
use crate::base::{Stamp, Value, ValueRef};

/// Appends a row as JSON.
pub(super) fn write_row<'v, S: Sink>(
    out: &mut S,
    key: &str,
    stamp: Stamp,
    values: impl Iterator<Item = &'v Value>,
) {
    out.put(b"[");
    write_value(out, ValueRef::Text(key));
    out.put(b",");
    write_value(out, ValueRef::Int(stamp.0));
    for value in values {
        out.put(b",");
        value.with_ref(|v| write_value(out, v));
    }
    out.put(b"]");
}

/// Appends as JSON those of a row's values that `part` names.
pub(super) fn write_part<'v, S: Sink>(
    out: &mut S,
    part: Part,
    key: &str,
    stamp: Stamp,
    values: impl Iterator<Item = &'v Value>,
) {
    out.put(b"[");
    write_value(out, ValueRef::Int(part.columns as i64));
    out.put(b",");
    write_value(out, ValueRef::Int(part.base.0));
    out.put(b",");
    write_value(out, ValueRef::Text(key));
    out.put(b",");
    write_value(out, ValueRef::Int(stamp.0));
    for (_, value) in values.enumerate().filter(|(place, _)| part.has(*place)) {
        out.put(b",");
        value.with_ref(|v| write_value(out, v));
    }
    out.put(b"]");
}

/// Appends a row whose values a database kept.
pub(super) fn write_kept_row<S: Sink>(out: &mut S, key: &str, stamp: Stamp, cells: &[u8]) {
    out.put(b"[");
    write_value(out, ValueRef::Text(key));
    out.put(b",");
    write_value(out, ValueRef::Int(stamp.0));
    out.put(cells);
    out.put(b"]");
}
