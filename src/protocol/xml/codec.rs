//! The format, and how its answers are written.

use super::super::costs::{self, Costs};
use super::super::damaged::Damaged;
use super::super::format::Format;
use super::super::message::Asked;
use super::super::raw::answer::{RawAnswer, RawError, VerdictShape};
use super::super::raw::pages::{Head, PageEnd, Style, write_row};
use super::super::raw::request::RawRequest;
use super::super::weight::Frames;
use super::element::{put_number, put_some, put_text, put_value};
use super::{answer, request};
use crate::base::json::Sink;
use crate::base::{EntityId, ValueRef};

pub(in super::super) struct Xml;

impl Format for Xml {
    const CONTENT_TYPE: &'static str = "application/xml";
    const COSTS: Costs = costs::XML;
    const FRAMES: Frames =
        Frames { edit: 95, column: 22, text: 13, number: 18, null: 7, head: 140, verdict: 60 };
    const NO: &'static [u8] = b"<error ";

    fn write_request(request: &RawRequest<'_>) -> Vec<u8> {
        request::encode(request)
    }
    fn read_request(bytes: &[u8]) -> Result<RawRequest<'_>, Damaged> {
        request::decode(bytes)
    }
    fn write_refusal(error: &RawError) -> Vec<u8> {
        let mut out = b"<error".to_vec();
        put_text(&mut out, "kind", &error.kind);
        put_text(&mut out, "number", &error.number.to_string());
        put_text(&mut out, "text", &error.text);
        out.put(b"/>");
        out
    }
    fn read_answer(bytes: &[u8]) -> Result<RawAnswer<'_>, Damaged> {
        answer::decode(bytes)
    }
}

impl Style for Xml {
    const RESULTS: [&'static [u8]; 2] = [b"<results>", b"</results>"];
    const PAGES: [&'static [u8]; 2] = [b"<pages>", b"</pages>"];
    const END_OF_ROW: &'static [u8] = b"</row>";
    const END: &'static [u8] = b"</answer>";
    fn begin<S: Sink>(out: &mut S, asked: Asked) {
        out.put(b"<answer");
        put_number(out, "for", asked.0);
        out.put(b">");
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
            write_row::<Xml, S>(out, true, (row.key.as_str(), row.stamp), values.iter());
        }
        out.put(b"</result>");
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
}
