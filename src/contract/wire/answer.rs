//! Answers of the gateway.

use std::borrow::Cow;

use serde::Deserialize;

use super::Damaged;
use super::cells::{Part, Rows, owned_row, write_encoded_row, write_part, write_row, write_value};
use super::sink::Sink;
use crate::base::{EntityId, Span, Stamp, Value, ValueRef};
use crate::contract::{Outcome, Refusal, Row, ServerError};

/// An answer, borrowed from the bytes that came.
#[derive(Debug, Default)]
pub struct Answer<'a> {
    /// The server's clock.
    pub now: Stamp,
    /// Pages of a pull or fetch, in the order in which they were asked for; entities whose turn did not come are missing.
    pub pages: Vec<Page<'a>>,
    /// Results of a push, one for each mutation, in order.
    pub results: Vec<PushResult<'a>>,
}

/// Rows of one entity.
#[derive(Debug, Deserialize)]
pub struct Page<'a> {
    /// The entity.
    #[serde(rename = "e")]
    pub entity: EntityId,
    /// The rows.
    #[serde(borrow)]
    pub rows: Rows<'a>,
    /// Where this page ended.
    #[serde(borrow)]
    pub cursor: Cow<'a, str>,
    /// There may be more behind it.
    pub more: bool,
}

/// What became of one mutation.
#[derive(Debug)]
pub struct PushResult<'a> {
    /// The mutation's idempotency key.
    pub id: Cow<'a, str>,
    /// The verdict.
    pub outcome: Outcome,
}

/// Writes one answer, or counts what it would be.
#[derive(Debug)]
pub struct AnswerWriter<S = Vec<u8>> {
    out: S,
    rows: u32,
    first: bool,
}

/// A verdict on a mutation as the gateway has it: rows unprojected.
pub type PushVerdict<'v> = (&'v str, &'v Outcome);

impl<S: Sink + Default> AnswerWriter<S> {
    /// A pull's or fetch's answer.
    pub fn pages(now: Stamp) -> AnswerWriter<S> {
        let mut out = S::default();
        out.put(format!("{{\"now\":{},\"pages\":[", now.0).as_bytes());
        AnswerWriter { out, rows: 0, first: true }
    }
    /// Begins the page of `entity`.
    pub fn begin_page(&mut self, entity: EntityId) {
        if !std::mem::take(&mut self.first) {
            self.out.put(b",");
        }
        self.out.put(b"{\"e\":");
        write_value(&mut self.out, ValueRef::Int(i64::from(entity.0)));
        self.out.put(b",\"rows\":[");
        self.rows = 0;
    }
    /// Adds a row with its projected values; no values make a tombstone.
    pub fn row<'v>(&mut self, key: &str, stamp: Stamp, values: impl Iterator<Item = &'v Value>) {
        self.begin_row();
        write_row(&mut self.out, key, stamp, values);
    }
    /// Adds those of a row's projected values that `part` names.
    pub fn part<'v>(&mut self, part: Part, key: &str, stamp: Stamp, values: impl Iterator<Item = &'v Value>) {
        self.begin_row();
        write_part(&mut self.out, part, key, stamp, values);
    }
    /// Adds a row whose values were encoded by [`encode_cells`](super::encode_cells).
    pub fn encoded_row(&mut self, key: &str, stamp: Stamp, cells: &[u8]) {
        self.begin_row();
        write_encoded_row(&mut self.out, key, stamp, cells);
    }
    fn begin_row(&mut self) {
        if self.rows > 0 {
            self.out.put(b",");
        }
        self.rows += 1;
    }
    /// Ends the page.
    pub fn end_page(&mut self, cursor: &str, more: bool) {
        self.out.put(b"],\"cursor\":");
        write_value(&mut self.out, ValueRef::Text(cursor));
        self.out.put(if more { b",\"more\":true}" } else { b",\"more\":false}" });
    }
    /// Bytes so far.
    pub fn len(&self) -> usize {
        self.out.len()
    }
    /// Never: an answer has at least its head.
    pub fn is_empty(&self) -> bool {
        self.out.is_empty()
    }
    /// The whole answer.
    pub fn finish(mut self) -> S {
        self.out.put(b"]}");
        self.out
    }
}

impl AnswerWriter {
    /// A push's answer.
    pub fn results<'v>(now: Stamp, verdicts: impl Iterator<Item = PushVerdict<'v>>) -> Vec<u8> {
        let mut out = format!("{{\"now\":{},\"results\":[", now.0).into_bytes();
        for (index, (id, outcome)) in verdicts.enumerate() {
            if index > 0 {
                out.push(b',');
            }
            out.extend_from_slice(b"{\"id\":");
            write_value(&mut out, ValueRef::Text(id));
            write_outcome(&mut out, outcome);
            out.push(b'}');
        }
        out.extend_from_slice(b"]}");
        out
    }

    /// An answer that says no.
    pub fn error(error: &ServerError) -> Vec<u8> {
        let (kind, number, text) = match error {
            ServerError::Unavailable => ("unavailable", 0, ""),
            ServerError::Throttled(after) => ("throttled", after.0, ""),
            ServerError::CursorExpired(entity) => ("cursor-expired", u64::from(entity.0), ""),
            ServerError::GatewayTimeout => ("gateway-timeout", 0, ""),
            ServerError::Failed => ("failed", 0, ""),
            ServerError::BadRequest(text) => ("bad-request", 0, text.as_str()),
        };
        let error = serde_json::json!({"error": {"kind": kind, "number": number, "text": text}});
        error.to_string().into_bytes()
    }
}

fn write_outcome(out: &mut Vec<u8>, outcome: &Outcome) {
    let (name, text, current) = match outcome {
        Outcome::Applied { stamp } => {
            out.extend_from_slice(b",\"ok\":");
            write_value(out, ValueRef::Int(stamp.0));
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
        Outcome::Conflict { why, current } => ("conflict", refusal_name(*why), current),
        Outcome::Rejected { reason, current } => ("rejected", reason.as_str(), current),
    };
    out.extend_from_slice(format!(",\"{name}\":").as_bytes());
    write_value(out, ValueRef::Text(text));
    out.extend_from_slice(b",\"row\":[");
    if let Some(Row { key, stamp, values }) = current {
        write_row(out, key.as_str(), *stamp, values.iter().flatten());
    }
    out.push(b']');
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
    #[serde(default)]
    now: Stamp,
    #[serde(default, borrow)]
    pages: Option<Vec<Page<'a>>>,
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
}

#[derive(Deserialize)]
struct RawError {
    kind: String,
    number: u64,
    text: String,
}

impl<'a> Answer<'a> {
    /// Reads an answer; an answer that says no is the inner error.
    ///
    /// # Errors
    /// [`Damaged`] if the bytes are not an answer.
    pub fn decode(bytes: &'a [u8]) -> Result<Result<Answer<'a>, ServerError>, Damaged> {
        let raw: RawAnswer<'a> = serde_json::from_slice(bytes)?;
        if let Some(error) = raw.error {
            return Ok(Err(server_error(error)?));
        }
        if raw.pages.is_none() && raw.results.is_none() {
            return Err(Damaged("an answer is one of pages, results, error".to_owned()));
        }
        let results = raw.results.into_iter().flatten().map(push_result).collect::<Result<_, _>>()?;
        Ok(Ok(Answer { now: raw.now, pages: raw.pages.unwrap_or_default(), results }))
    }
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
        "bad-request" => ServerError::BadRequest(raw.text),
        other => return Err(Damaged(format!("unknown error {other}"))),
    })
}

fn push_result(raw: RawResult<'_>) -> Result<PushResult<'_>, Damaged> {
    if raw.row.iter().any(|row| row.part.is_some()) {
        return Err(Damaged("the row of a verdict is whole".to_owned()));
    }
    let current = owned_row(&raw.row);
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
        (Some(stamp), None, None) => Outcome::Applied { stamp },
        (None, Some(why), None) => {
            let why = match why {
                "stale" => Refusal::Stale,
                "gone" => Refusal::Gone,
                "exists" => Refusal::Exists,
                "taken" => Refusal::Taken,
                other => return Err(Damaged(format!("unknown conflict {other}"))),
            };
            Outcome::Conflict { why, current }
        }
        (None, None, Some(reason)) => Outcome::Rejected { reason, current },
        _ => return Err(Damaged("a result is one of ok, conflict, rejected, later, queued".to_owned())),
    };
    Ok(PushResult { id: raw.id, outcome })
}

#[cfg(test)]
mod tests {
    use super::super::{Cell, Counted};
    use super::*;
    use crate::base::Key;

    fn values() -> [Value; 4] {
        [Value::text("a \"quoted\"\n line, ünïcode"), Value::Int(-5), Value::Null, Value::Real(1.0)]
    }

    fn pages<S: Sink + Default>() -> S {
        let mut writer = AnswerWriter::<S>::pages(Stamp(9));
        writer.begin_page(EntityId(3));
        writer.row("k1", Stamp(7), values().iter());
        writer.row("k2", Stamp(8), [].iter());
        writer.part(Part { base: Stamp(5), columns: 0b1010 }, "k3", Stamp(6), values().iter());
        writer.end_page("7,k1", true);
        writer.begin_page(EntityId(4));
        writer.end_page("", false);
        writer.finish()
    }

    #[test]
    fn a_page_decodes_to_what_was_written() {
        let bytes: Vec<u8> = pages();
        assert_eq!(pages::<Counted>().len(), bytes.len(), "what is counted is as long as what is written");
        let answer = Answer::decode(&bytes).unwrap().unwrap();
        assert_eq!(answer.now, Stamp(9));
        let page = &answer.pages[0];
        assert_eq!((page.entity, &*page.cursor, page.more, page.rows.len()), (EntityId(3), "7,k1", true, 3));
        let first = page.rows.get(0);
        assert_eq!((first.key, first.stamp), ("k1", Stamp(7)));
        let read: Vec<Value> = first.values.unwrap().iter().map(Cell::to_value).collect();
        assert_eq!(read, values());
        assert_eq!(page.rows.get(1).values, None);
        let part = page.rows.get(2);
        assert_eq!((part.key, part.stamp), ("k3", Stamp(6)));
        assert_eq!(part.part, Some(Part { base: Stamp(5), columns: 0b1010 }));
        assert_eq!(part.values, Some(&[Cell::Int(-5), Cell::Real(1.0)][..]));
        assert!(answer.pages[1].rows.is_empty());
    }

    #[test]
    fn every_verdict_and_every_error_comes_through() {
        let current = Some(Row { key: Key::new("k"), stamp: Stamp(4), values: Some(vec![Value::Int(1)]) });
        let gone = Some(Row { key: Key::new("k"), stamp: Stamp(4), values: None });
        let outcomes = [
            Outcome::Applied { stamp: Stamp(3) },
            Outcome::Conflict { why: Refusal::Stale, current: current.clone() },
            Outcome::Conflict { why: Refusal::Gone, current: gone },
            Outcome::Conflict { why: Refusal::Taken, current: None },
            Outcome::Rejected { reason: "no \"such\" doctor".to_owned(), current },
            Outcome::Later,
            Outcome::Queued,
        ];
        let bytes = AnswerWriter::results(Stamp(1), outcomes.iter().map(|o| ("id", o)));
        let answer = Answer::decode(&bytes).unwrap().unwrap();
        let read: Vec<Outcome> = answer.results.into_iter().map(|r| r.outcome).collect();
        assert_eq!(read, outcomes);
        for error in [
            ServerError::Unavailable,
            ServerError::Throttled(Span::secs(3)),
            ServerError::CursorExpired(EntityId(2)),
            ServerError::GatewayTimeout,
            ServerError::Failed,
            ServerError::BadRequest("why".to_owned()),
        ] {
            let bytes = AnswerWriter::error(&error);
            assert_eq!(Answer::decode(&bytes).unwrap().unwrap_err(), error);
        }
    }

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
            assert!(Answer::decode(bytes.as_bytes()).is_err(), "{bytes}");
        }
    }
}
