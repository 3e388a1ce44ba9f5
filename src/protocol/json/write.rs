//! Answers.

use std::marker::PhantomData;

use super::super::message::Asked;
use super::super::raw::answer::VerdictShape;
use super::super::raw::pages::{self, Head, PageEnd, write_row};
use super::rows::{Shape, comma, number, text};
use crate::base::json::{Sink, write_value};
use crate::base::{EntityId, Stamp, ValueRef};

/// How answers are written whose rows have this shape.
pub(in super::super) struct Style<R>(PhantomData<R>);

impl<R: Shape> pages::Style for Style<R> {
    const AS_KEPT: bool = R::AS_KEPT;
    fn begin<S: Sink>(out: &mut S, asked: Asked) {
        number(out, "{\"for\":", asked.0);
    }
    fn begin_results<S: Sink>(out: &mut S) {
        out.put(b",\"results\":[");
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
                write_row::<Style<R>, S>(out, true, (row.key.as_str(), row.stamp), values.iter());
            }
            out.put(b"]");
        }
        if let Some(Stamp(edited)) = edited {
            number(out, ",\"edited\":", *edited);
        }
        out.put(b"}");
    }
    fn end_results<S: Sink>(out: &mut S) {
        out.put(b"]");
    }
    fn begin_pages<S: Sink>(out: &mut S) {
        out.put(b",\"pages\":[");
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
    fn end_row<S: Sink>(out: &mut S) {
        out.put(R::END);
    }
    fn end_page<S: Sink>(out: &mut S, end: &PageEnd<'_>) {
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
    fn end_pages<S: Sink>(out: &mut S) {
        out.put(b"]");
    }
    fn end<S: Sink>(out: &mut S) {
        out.put(b"}");
    }
}
