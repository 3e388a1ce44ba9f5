//! Rows as JSON, as lists or as objects, and what all of an answer is made of.

use super::super::raw::pages::Head;
use crate::base::ValueRef;
use crate::base::json::{Sink, write_value};

pub(super) fn number<S: Sink>(out: &mut S, name: &str, number: i64) {
    out.put(name.as_bytes());
    write_value(out, ValueRef::Int(number));
}

pub(super) fn text<S: Sink>(out: &mut S, name: &str, text: &str) {
    out.put(name.as_bytes());
    write_value(out, ValueRef::Text(text));
}

/// Appends what parts items of a list.
pub(super) fn comma<S: Sink>(out: &mut S, is_first: bool) {
    if !is_first {
        out.put(b",");
    }
}

/// How a row is written.
pub(super) trait Shape {
    const END: &'static [u8];
    /// Values are written as a database keeps them.
    const AS_KEPT: bool = false;
    /// What comes before its values.
    fn begin<S: Sink>(out: &mut S, head: &Head<'_>);
    /// The value of the column at this place.
    fn value<S: Sink>(out: &mut S, place: usize, value: ValueRef<'_>);
}

/// `[key, stamp, value, …]`.
pub(in super::super) struct Lists;

impl Shape for Lists {
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
pub(in super::super) struct Named;

impl Shape for Named {
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
