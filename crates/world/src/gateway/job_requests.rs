//! Decides which requests ask for jobs, and makes the responses to them.

use super::jobs::JobReply;
use super::server::Gateway;
use crate::base::{DeviceId, Span, Time};
use crate::contract::{JobEvent, ServerError};
use crate::protocol::{Request, readdressed};

/// The text that identifies a job: all that a pull asks for. `None` if there are no jobs, or if the
/// request is not a pull.
pub(crate) fn job_question(gateway: &Gateway, request: &[u8]) -> Option<String> {
    gateway.jobs.as_ref()?;
    match gateway.read(request).ok()?.1 {
        Request::Pull(pull) => Some(pull.address()),
        Request::Push(_) | Request::Sync(_) | Request::Fetch(_) => None,
    }
}

/// The reply to a request for a job at `now`, and the events to report.
pub(crate) fn ask_job(
    gateway: &mut Gateway,
    now: Time,
    device: DeviceId,
    question: &str,
) -> (JobReply, Option<JobEvent>) {
    let reply = gateway.jobs.as_mut().map_or(JobReply::Begins, |jobs| jobs.ask(now, question));
    let event = match &reply {
        JobReply::Begins => Some(JobEvent::Begun { device }),
        JobReply::AskAgain(_) => Some(JobEvent::Accepted { device }),
        JobReply::WaitsUntil(_) | JobReply::Given(_) => None,
    };
    (reply, event)
}

/// The time until which a device may get the result of a job that began before `since`; `None`: it
/// gets none.
pub(crate) fn gives_older(gateway: &Gateway, since: Time, now: Time) -> Option<Time> {
    gateway.jobs.as_ref()?.gives_older(since, now)
}

/// The response that tells a device to ask again after `wait`.
pub(crate) fn refuse_job(gateway: &Gateway, wait: Span) -> Vec<u8> {
    gateway.options.codec.refusal(&ServerError::Accepted(wait))
}

/// Notes the result of a job; false if the result is thrown away.
pub(crate) fn job_done(gateway: &mut Gateway, now: Time, question: &str, answer: Vec<u8>) -> bool {
    let is_refusal = gateway.options.codec.is_refusal(&answer);
    gateway.jobs.as_mut().is_some_and(|jobs| jobs.done(now, question, answer, is_refusal))
}

/// The response to `request` with a job's result. Another request may have begun the job.
pub(crate) fn job_answer(gateway: &Gateway, request: &[u8], answer: Vec<u8>) -> Vec<u8> {
    let codec = gateway.options.codec;
    let Ok((_, request)) = gateway.read(request) else { return answer };
    if codec.is_refusal(&answer) {
        return answer;
    }
    readdressed(codec, answer, request.asked()).unwrap_or_else(|_| codec.refusal(&ServerError::Failed))
}
