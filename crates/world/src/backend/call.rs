//! A backend call that is under way, and its result.

use super::commit::Fact;
use super::service::{Admitted, Load, Served};
use crate::base::Time;
use crate::contract::{Event, RequestKind, ServerError};

#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) now: Time,
    /// When the gateway gives up on it.
    pub(crate) deadline: Time,
    /// A push as soon as anything was written.
    pub(crate) kind: RequestKind,
    pub(crate) load: Load,
    /// What the backend did, in order.
    pub(super) facts: Vec<Fact>,
    pub(crate) found: Option<Event<'static>>,
    pub(super) admitted: Option<Admitted>,
}

/// The result of a call.
#[derive(Debug)]
pub struct Called<T> {
    /// The response.
    pub answer: Result<T, ServerError>,
    /// When the response leaves the backend; the deadline if the gateway times out.
    pub done_at: Time,
    /// What the backend did, in order. All of it took effect when the call arrived.
    pub(crate) facts: Vec<Fact>,
    /// The backend's work; `None` if the call was refused.
    pub work: Option<Served>,
    /// The work that the gateway did to find changes.
    pub found: Option<Event<'static>>,
}

impl Call {
    pub(super) fn new(now: Time, deadline: Time) -> Call {
        let (kind, load, facts) = (RequestKind::Pull, Load::default(), Vec::new());
        Call { now, deadline, kind, load, facts, found: None, admitted: None }
    }

    pub(crate) fn is_admitted(&self) -> bool {
        self.admitted.is_some()
    }
}
