//! Responses of the gateway, in the form that codecs write.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::answer::{Answer, Page, PushResult, Rows};
use super::damaged::Damaged;
use super::message::Asked;
use crate::base::{EntityId, Span, Stamp, Word as _};
use crate::contract::{Outcome, Refusal, Row, ServerError};

/// A verdict in the form that codecs write. Unset fields are not written.
#[derive(Default)]
pub(super) struct VerdictShape<'o> {
    pub(super) ok: Option<Stamp>,
    pub(super) no: Option<(&'static str, &'o str)>,
    pub(super) not_yet: Option<&'static str>,
    /// `None` for verdicts that never have a row. `Some(None)` for a verdict that could have a row
    /// but has none.
    pub(super) row: Option<Option<&'o Row>>,
    pub(super) edited: Option<Stamp>,
}

impl<'o> VerdictShape<'o> {
    pub(super) fn of(outcome: &'o Outcome) -> VerdictShape<'o> {
        let nothing = VerdictShape::default();
        match outcome {
            Outcome::Applied { stamp } => VerdictShape { ok: Some(*stamp), ..nothing },
            Outcome::Named { stamp, row } => {
                VerdictShape { ok: Some(*stamp), row: Some(Some(row)), ..nothing }
            }
            Outcome::Later => VerdictShape { not_yet: Some("later"), ..nothing },
            Outcome::Queued => VerdictShape { not_yet: Some("queued"), ..nothing },
            Outcome::Conflict { why, current, edited_at } => {
                let no = Some(("conflict", why.word()));
                VerdictShape { no, row: Some(current.as_ref()), edited: *edited_at, ..nothing }
            }
            Outcome::Rejected { reason, current } => {
                VerdictShape { no: Some(("rejected", reason)), row: Some(current.as_ref()), ..nothing }
            }
        }
    }
}

#[derive(Default, Deserialize)]
pub(super) struct RawAnswer<'a> {
    #[serde(default, rename = "for")]
    pub(super) asked: Asked,
    #[serde(default, borrow)]
    pub(super) pages: Option<Vec<Page<'a>>>,
    #[serde(default, borrow)]
    pub(super) results: Option<Vec<RawResult<'a>>>,
    #[serde(default)]
    pub(super) error: Option<RawError>,
}

#[derive(Default, Deserialize)]
pub(super) struct RawResult<'a> {
    #[serde(borrow)]
    pub(super) id: Cow<'a, str>,
    pub(super) ok: Option<Stamp>,
    pub(super) conflict: Option<String>,
    pub(super) rejected: Option<String>,
    #[serde(default)]
    pub(super) later: bool,
    #[serde(default)]
    pub(super) queued: bool,
    #[serde(default, borrow)]
    pub(super) row: Rows<'a>,
    pub(super) edited: Option<Stamp>,
}

#[derive(Default, Deserialize, Serialize)]
pub(super) struct RawError {
    pub(super) kind: String,
    pub(super) number: u64,
    pub(super) text: String,
}

/// Converts a raw response. The inner error is the server's error response.
pub(super) fn read(raw: RawAnswer<'_>) -> Result<Result<Answer<'_>, ServerError>, Damaged> {
    if let Some(error) = raw.error {
        return Ok(Err(server_error(error)?));
    }
    if raw.pages.is_none() && raw.results.is_none() {
        return Err(Damaged("an answer is one of pages, results, error".to_owned()));
    }
    let results = raw.results.into_iter().flatten().map(push_result).collect::<Result<_, _>>()?;
    Ok(Ok(Answer { asked: raw.asked, pages: raw.pages.unwrap_or_default(), results }))
}

fn server_error(RawError { kind, number, text }: RawError) -> Result<ServerError, Damaged> {
    Ok(match kind.as_str() {
        "unavailable" => ServerError::Unavailable,
        "throttled" => ServerError::Throttled(Span(number)),
        "cursor-expired" if number <= u64::from(u16::MAX) => {
            ServerError::CursorExpired(EntityId(number as u16))
        }
        "gateway-timeout" => ServerError::GatewayTimeout,
        "failed" => ServerError::Failed,
        "unauthorized" => ServerError::Unauthorized,
        "request-too-large" => ServerError::RequestTooLarge(number),
        "answer-too-large" => ServerError::AnswerTooLarge(number),
        "already-there" => ServerError::AlreadyThere,
        "must-reset" => ServerError::MustReset,
        "accepted" => ServerError::Accepted(Span(number)),
        "clock-off" => ServerError::ClockOff(Stamp(number.cast_signed())),
        "bad-request" => ServerError::BadRequest(text),
        _ => return Err(Damaged(format!("unknown error {kind}"))),
    })
}

fn push_result(raw: RawResult<'_>) -> Result<PushResult<'_>, Damaged> {
    if raw.row.iter().any(|row| row.part.is_some()) {
        return Err(Damaged("the row of a verdict is whole".to_owned()));
    }
    let current = raw.row.owned();
    let outcome = match (raw.ok, raw.conflict.as_deref(), raw.rejected) {
        (None, None, None) if raw.later && !raw.queued => Outcome::Later,
        (None, None, None) if raw.queued && !raw.later => Outcome::Queued,
        _ if raw.later || raw.queued => {
            return Err(Damaged("what is put off or queued has no verdict".to_owned()));
        }
        (Some(stamp), None, None) => {
            current.map_or(Outcome::Applied { stamp }, |row| Outcome::Named { stamp, row })
        }
        (None, Some(why), None) => {
            let why = Refusal::of_word(why).ok_or_else(|| Damaged(format!("unknown conflict {why}")))?;
            Outcome::Conflict { why, current, edited_at: raw.edited }
        }
        (None, None, Some(reason)) => Outcome::Rejected { reason, current },
        _ => return Err(Damaged("a result is one of ok, conflict, rejected, later, queued".to_owned())),
    };
    Ok(PushResult { id: raw.id, outcome })
}

pub(super) fn refusal(error: &ServerError) -> RawError {
    let (kind, number, text) = match error {
        ServerError::Unavailable => ("unavailable", 0, ""),
        ServerError::Throttled(after) => ("throttled", after.0, ""),
        ServerError::CursorExpired(entity) => ("cursor-expired", u64::from(entity.0), ""),
        ServerError::GatewayTimeout => ("gateway-timeout", 0, ""),
        ServerError::Failed => ("failed", 0, ""),
        ServerError::Unauthorized => ("unauthorized", 0, ""),
        ServerError::RequestTooLarge(limit) => ("request-too-large", *limit, ""),
        ServerError::AnswerTooLarge(limit) => ("answer-too-large", *limit, ""),
        ServerError::AlreadyThere => ("already-there", 0, ""),
        ServerError::MustReset => ("must-reset", 0, ""),
        ServerError::Accepted(wait) => ("accepted", wait.0, ""),
        ServerError::ClockOff(now) => ("clock-off", now.0.cast_unsigned(), ""),
        ServerError::BadRequest(text) => ("bad-request", 0, text.as_str()),
    };
    RawError { kind: kind.to_owned(), number, text: text.to_owned() }
}
