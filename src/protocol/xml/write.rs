//! Answers.

use super::super::message::Asked;
use super::super::raw::answer::{RawError, VerdictShape};
use super::super::raw::pages::{self, Head, PageEnd, write_row};
use super::element::{put_number, put_some, put_text, put_value};
use crate::base::json::Sink;
use crate::base::{EntityId, ValueRef};

pub(super) fn refusal(error: &RawError) -> Vec<u8> {
    let mut out = b"<error".to_vec();
    put_text(&mut out, "kind", &error.kind);
    put_text(&mut out, "number", &error.number.to_string());
    put_text(&mut out, "text", &error.text);
    out.put(b"/>");
    out
}

/// How answers are written.
pub(in super::super) struct Style;

impl pages::Style for Style {
    fn begin<S: Sink>(out: &mut S, asked: Asked) {
        out.put(b"<answer");
        put_number(out, "for", asked.0);
        out.put(b">");
    }
    fn begin_results<S: Sink>(out: &mut S) {
        out.put(b"<results>");
    }
    fn result<S: Sink>(out: &mut S, _: bool, id: &str, told: &VerdictShape<'_>) {
        let VerdictShape { ok, no, not_yet, row, edited } = told;
        out.put(b"<result");
        put_text(out, "id", id);
        put_some(out, "ok", *ok);
        if let Some(word) = not_yet {
            put_text(out, word, "true");
        }
        if let Some((word, text)) = no {
            put_text(out, word, text);
        }
        put_some(out, "edited", *edited);
        out.put(b">");
        if let Some(row) = row.flatten() {
            let values = row.values.as_deref().unwrap_or_default();
            write_row::<Style, S>(out, true, (row.key.as_str(), row.stamp), values.iter());
        }
        out.put(b"</result>");
    }
    fn end_results<S: Sink>(out: &mut S) {
        out.put(b"</results>");
    }
    fn begin_pages<S: Sink>(out: &mut S) {
        out.put(b"<pages>");
    }
    fn begin_page<S: Sink>(out: &mut S, _: bool, entity: EntityId) {
        out.put(b"<page");
        put_number(out, "e", i64::from(entity.0));
        out.put(b">");
    }
    fn begin_row<S: Sink>(out: &mut S, head: &Head<'_>) {
        out.put(b"<row");
        if let Some(part) = head.part {
            put_number(out, "columns", part.columns as i64);
            put_number(out, "base", part.base.0);
        }
        put_text(out, "key", head.key);
        put_number(out, "stamp", head.stamp.0);
        out.put(b">");
    }
    fn value<S: Sink>(out: &mut S, _: usize, value: ValueRef<'_>) {
        put_value(out, value);
    }
    fn end_row<S: Sink>(out: &mut S) {
        out.put(b"</row>");
    }
    fn end_page<S: Sink>(out: &mut S, end: &PageEnd<'_>) {
        let PageEnd { cursor, more, undone, unseen, withheld, ids } = end;
        for span in *undone {
            out.put(b"<undone");
            put_number(out, "from", span.from.0);
            put_number(out, "until", span.until.0);
            out.put(b"/>");
        }
        for key in *withheld {
            out.put(b"<withheld");
            put_text(out, "key", key);
            out.put(b"/>");
        }
        out.put(b"<end");
        put_text(out, "cursor", cursor);
        put_some(out, "unseen", *unseen);
        if let Some((first, count)) = ids {
            put_text(out, "first", &first.to_string());
            put_number(out, "count", i64::from(*count));
        }
        put_text(out, "more", if *more { "true" } else { "false" });
        out.put(b"/></page>");
    }
    fn end_pages<S: Sink>(out: &mut S) {
        out.put(b"</pages>");
    }
    fn end<S: Sink>(out: &mut S) {
        out.put(b"</answer>");
    }
}
