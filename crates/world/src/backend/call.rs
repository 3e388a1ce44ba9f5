//! A call to the backend that is under way, and what it comes to.

use super::commit::Fact;
use super::service::{Admitted, Load, Served};
use crate::base::Time;
use crate::contract::{Event, RequestKind, ServerError};

#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) now: Time,
    /// When the gateway gives up on it.
    pub(crate) deadline: Time,
    /// What kind of request it is; a push as soon as something was written.
    pub(crate) kind: RequestKind,
    pub(crate) load: Load,
    /// What the backend did, in order.
    pub(super) facts: Vec<Fact>,
    pub(crate) found: Option<Event<'static>>,
    pub(super) admitted: Option<Admitted>,
}

/// What a call came to.
#[derive(Debug)]
pub struct Called<T> {
    /// What goes back.
    pub answer: Result<T, ServerError>,
    /// When it leaves the backend; at the deadline if the gateway gives up.
    pub done_at: Time,
    /// What the backend did, in order; all of it when the call came.
    pub(crate) facts: Vec<Fact>,
    /// The backend's work; `None` if the call was not let in.
    pub work: Option<Served>,
    /// What finding changes took the gateway.
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
