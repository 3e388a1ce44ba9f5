//! Answers of the gateway.

use std::borrow::Cow;

use serde::Deserialize;

use super::super::answer::{Answer, Page, Part, Projected, PushResult, Rows};
use super::super::codec::{PageWriter, PushVerdict};
use super::super::damaged::Damaged;
use super::super::message::Asked;
use super::rows::{write_kept_row, write_part, write_row};
use crate::base::json::{Counted, Sink, write_value};
use crate::base::{EntityId, Span, Stamp, Undone, ValueRef};
use crate::contract::{Outcome, Refusal, Row, ServerError};

/// Writes the pages of one answer, or counts what they would be.
pub(super) struct Writer<S> {
    out: S,
    rows: u32,
    first: bool,
    undone: Vec<Undone>,
    unseen: Option<Stamp>,
    withheld: Vec<u8>,
    ids: Option<(u64, u32)>,
}

impl<S: Sink + Default> Writer<S> {
    pub(super) fn new(asked: Asked) -> Writer<S> {
        let mut out = S::default();
        out.put(format!("{{\"for\":{},\"pages\":[", asked.0).as_bytes());
        Writer::on(out)
    }
    fn on(out: S) -> Writer<S> {
        let (undone, withheld) = (Vec::new(), Vec::new());
        Writer { out, rows: 0, first: true, undone, unseen: None, withheld, ids: None }
    }
    fn begin_row(&mut self) {
        if self.rows > 0 {
            self.out.put(b",");
        }
        self.rows += 1;
    }
}

impl Writer<Vec<u8>> {
    /// Goes on with an answer of which the verdicts are written.
    pub(super) fn after(mut verdicts: Vec<u8>) -> Writer<Vec<u8>> {
        verdicts.put(b",\"pages\":[");
        Writer::on(verdicts)
    }
}

impl<S: Sink + Default + IntoBytes> PageWriter for Writer<S> {
    fn begin_page(&mut self, entity: EntityId) {
        if !std::mem::take(&mut self.first) {
            self.out.put(b",");
        }
        self.out.put(b"{\"e\":");
        write_value(&mut self.out, ValueRef::Int(i64::from(entity.0)));
        self.out.put(b",\"rows\":[");
        self.rows = 0;
    }
    fn row(&mut self, key: &str, stamp: Stamp, values: Option<Projected<'_>>) {
        self.begin_row();
        write_row(&mut self.out, key, stamp, values.into_iter().flat_map(Projected::iter));
    }
    fn part(&mut self, part: Part, key: &str, stamp: Stamp, values: Projected<'_>) {
        self.begin_row();
        write_part(&mut self.out, part, key, stamp, values.iter());
    }
    fn kept_row(&mut self, key: &str, stamp: Stamp, cells: &[u8]) {
        self.begin_row();
        write_kept_row(&mut self.out, key, stamp, cells);
    }
    fn undone(&mut self, undone: &[Undone]) {
        self.undone = undone.to_vec();
    }
    fn withheld(&mut self, key: &str) {
        if !self.withheld.is_empty() {
            self.withheld.put(b",");
        }
        write_value(&mut self.withheld, ValueRef::Text(key));
    }
    fn unseen_from(&mut self, stamp: Stamp) {
        self.unseen = Some(stamp);
    }
    fn ids(&mut self, first: u64, count: u32) {
        self.ids = Some((first, count));
    }
    fn end_page(&mut self, cursor: &str, more: bool) {
        self.out.put(b"],\"cursor\":");
        write_value(&mut self.out, ValueRef::Text(cursor));
        let is_undone = !self.undone.is_empty();
        for (index, Undone { from, until }) in std::mem::take(&mut self.undone).into_iter().enumerate() {
            let before = if index == 0 { ",\"undone\":[" } else { "," };
            self.out.put(format!("{before}[{},{}]", from.0, until.0).as_bytes());
        }
        if is_undone {
            self.out.put(b"]");
        }
        if let Some(Stamp(unseen)) = self.unseen.take() {
            self.out.put(format!(",\"unseen\":{unseen}").as_bytes());
        }
        let withheld = std::mem::take(&mut self.withheld);
        if !withheld.is_empty() {
            self.out.put(b",\"withheld\":[");
            self.out.put(&withheld);
            self.out.put(b"]");
        }
        if let Some((first, count)) = self.ids.take() {
            self.out.put(format!(",\"ids\":[{first},{count}]").as_bytes());
        }
        self.out.put(if more { b",\"more\":true}" } else { b",\"more\":false}" });
    }
    fn bytes(&self) -> u64 {
        self.out.len() as u64
    }
    fn finish(mut self: Box<Self>) -> Vec<u8> {
        self.out.put(b"]}");
        self.out.into_bytes()
    }
}

/// What a sink has taken, if it has kept it.
pub(super) trait IntoBytes {
    fn into_bytes(self) -> Vec<u8>;
}

impl IntoBytes for Vec<u8> {
    fn into_bytes(self) -> Vec<u8> {
        self
    }
}

impl IntoBytes for Counted {
    fn into_bytes(self) -> Vec<u8> {
        Vec::new()
    }
}

/// A push's answer.
pub(super) fn results(asked: Asked, of: &mut dyn Iterator<Item = PushVerdict<'_>>) -> Vec<u8> {
    let mut out = verdicts(asked, of);
    out.push(b'}');
    out
}

/// An answer with its verdicts, and without its end.
pub(super) fn verdicts(asked: Asked, verdicts: &mut dyn Iterator<Item = PushVerdict<'_>>) -> Vec<u8> {
    let mut out = format!("{{\"for\":{},\"results\":[", asked.0).into_bytes();
    for (index, (id, outcome)) in verdicts.enumerate() {
        if index > 0 {
            out.push(b',');
        }
        out.extend_from_slice(b"{\"id\":");
        write_value(&mut out, ValueRef::Text(id));
        write_outcome(&mut out, outcome);
        out.push(b'}');
    }
    out.push(b']');
    out
}

/// How an answer begins that says no.
const NO: &[u8] = b"{\"error\"";

/// An answer that says no.
pub(super) fn refusal(error: &ServerError) -> Vec<u8> {
    let (kind, number, text) = match error {
        ServerError::Unavailable => ("unavailable", 0, ""),
        ServerError::Throttled(after) => ("throttled", after.0, ""),
        ServerError::CursorExpired(entity) => ("cursor-expired", u64::from(entity.0), ""),
        ServerError::GatewayTimeout => ("gateway-timeout", 0, ""),
        ServerError::Failed => ("failed", 0, ""),
        ServerError::Unauthorized => ("unauthorized", 0, ""),
        ServerError::BadRequest(text) => ("bad-request", 0, text.as_str()),
        ServerError::RequestTooLarge(limit) => ("request-too-large", *limit, ""),
        ServerError::AnswerTooLarge(limit) => ("answer-too-large", *limit, ""),
    };
    let error = serde_json::json!({"error": {"kind": kind, "number": number, "text": text}});
    error.to_string().into_bytes()
}

/// Whether an answer says no, by its beginning.
pub(super) fn is_refusal(bytes: &[u8]) -> bool {
    bytes.starts_with(NO)
}

fn write_outcome(out: &mut Vec<u8>, outcome: &Outcome) {
    let mut made_at = None;
    let (name, text, current) = match outcome {
        Outcome::Applied { stamp } => {
            out.extend_from_slice(b",\"ok\":");
            write_value(out, ValueRef::Int(stamp.0));
            return;
        }
        Outcome::Named { stamp, row: Row { key, stamp: now, values } } => {
            out.extend_from_slice(b",\"ok\":");
            write_value(out, ValueRef::Int(stamp.0));
            out.extend_from_slice(b",\"row\":[");
            write_row(out, key.as_str(), *now, values.iter().flatten());
            out.push(b']');
            return;
        }
        Outcome::Later => {
            out.extend_from_slice(b",\"later\":true");
            return;
        }
        Outcome::Queued => {
            out.extend_from_slice(b",\"queued\":true");
            return;
        }
        Outcome::Conflict { why, current, edited_at } => {
            made_at = *edited_at;
            ("conflict", refusal_name(*why), current)
        }
        Outcome::Rejected { reason, current } => ("rejected", reason.as_str(), current),
    };
    out.extend_from_slice(format!(",\"{name}\":").as_bytes());
    write_value(out, ValueRef::Text(text));
    out.extend_from_slice(b",\"row\":[");
    if let Some(Row { key, stamp, values }) = current {
        write_row(out, key.as_str(), *stamp, values.iter().flatten());
    }
    out.push(b']');
    if let Some(Stamp(made_at)) = made_at {
        out.extend_from_slice(b",\"edited\":");
        write_value(out, ValueRef::Int(made_at));
    }
}

fn refusal_name(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::Stale => "stale",
        Refusal::Gone => "gone",
        Refusal::Exists => "exists",
        Refusal::Taken => "taken",
    }
}

#[derive(Deserialize)]
struct RawAnswer<'a> {
    #[serde(default, rename = "for")]
    asked: Asked,
    #[serde(default, borrow)]
    pages: Option<Vec<RawPage<'a>>>,
    #[serde(default, borrow)]
    results: Option<Vec<RawResult<'a>>>,
    #[serde(default)]
    error: Option<RawError>,
}

#[derive(Deserialize)]
struct RawResult<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    ok: Option<Stamp>,
    conflict: Option<String>,
    rejected: Option<String>,
    #[serde(default)]
    later: bool,
    #[serde(default)]
    queued: bool,
    #[serde(default, borrow)]
    row: Rows<'a>,
    edited: Option<Stamp>,
}

#[derive(Deserialize)]
struct RawError {
    kind: String,
    number: u64,
    text: String,
}

#[derive(Deserialize)]
struct RawPage<'a> {
    e: EntityId,
    #[serde(borrow)]
    rows: Rows<'a>,
    #[serde(borrow)]
    cursor: Cow<'a, str>,
    more: bool,
    #[serde(default)]
    undone: Vec<(Stamp, Stamp)>,
    unseen: Option<Stamp>,
    #[serde(default, borrow)]
    withheld: Vec<Cow<'a, str>>,
    ids: Option<(u64, u32)>,
}

/// Reads an answer.
pub(super) fn decode(bytes: &[u8]) -> Result<Result<Answer<'_>, ServerError>, Damaged> {
    let raw: RawAnswer<'_> = serde_json::from_slice(bytes)?;
    if let Some(error) = raw.error {
        return Ok(Err(server_error(error)?));
    }
    if raw.pages.is_none() && raw.results.is_none() {
        return Err(Damaged("an answer is one of pages, results, error".to_owned()));
    }
    let page = |RawPage { e, rows, cursor, more, undone, unseen, withheld, ids }| Page {
        entity: e,
        rows,
        cursor,
        more,
        undone: undone.into_iter().map(|(from, until)| Undone { from, until }).collect(),
        unseen,
        withheld,
        ids,
    };
    let pages = raw.pages.into_iter().flatten().map(page).collect();
    let results = raw.results.into_iter().flatten().map(push_result).collect::<Result<_, _>>()?;
    Ok(Ok(Answer { asked: raw.asked, pages, results }))
}

fn server_error(raw: RawError) -> Result<ServerError, Damaged> {
    Ok(match raw.kind.as_str() {
        "unavailable" => ServerError::Unavailable,
        "throttled" => ServerError::Throttled(Span(raw.number)),
        "cursor-expired" => {
            let entity = u16::try_from(raw.number).map_err(|_| Damaged("an entity beyond all".to_owned()))?;
            ServerError::CursorExpired(EntityId(entity))
        }
        "gateway-timeout" => ServerError::GatewayTimeout,
        "failed" => ServerError::Failed,
        "unauthorized" => ServerError::Unauthorized,
        "bad-request" => ServerError::BadRequest(raw.text),
        "request-too-large" => ServerError::RequestTooLarge(raw.number),
        "answer-too-large" => ServerError::AnswerTooLarge(raw.number),
        other => return Err(Damaged(format!("unknown error {other}"))),
    })
}

fn push_result(raw: RawResult<'_>) -> Result<PushResult<'_>, Damaged> {
    if raw.row.iter().any(|row| row.part.is_some()) {
        return Err(Damaged("the row of a verdict is whole".to_owned()));
    }
    let current = raw.row.owned();
    let outcome = match (raw.ok, raw.conflict.as_deref(), raw.rejected) {
        (None, None, None) if raw.later != raw.queued => {
            if raw.later {
                Outcome::Later
            } else {
                Outcome::Queued
            }
        }
        _ if raw.later || raw.queued => {
            return Err(Damaged("what is put off or queued has no verdict".to_owned()));
        }
        (Some(stamp), None, None) => match current {
            Some(row) => Outcome::Named { stamp, row },
            None => Outcome::Applied { stamp },
        },
        (None, Some(why), None) => {
            let why = match why {
                "stale" => Refusal::Stale,
                "gone" => Refusal::Gone,
                "exists" => Refusal::Exists,
                "taken" => Refusal::Taken,
                other => return Err(Damaged(format!("unknown conflict {other}"))),
            };
            Outcome::Conflict { why, current, edited_at: raw.edited }
        }
        (None, None, Some(reason)) => Outcome::Rejected { reason, current },
        _ => return Err(Damaged("a result is one of ok, conflict, rejected, later, queued".to_owned())),
    };
    Ok(PushResult { id: raw.id, outcome })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damaged_bytes_are_an_error() {
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
            assert!(decode(bytes.as_bytes()).is_err(), "{bytes}");
        }
    }
}
