//! A call to the backend that is under way, and what it comes to.

use super::commit::Fact;
use super::service::{Admitted, Failing, Load, Served, Service};
use crate::base::{DeviceId, Time};
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
    admitted: Option<Admitted>,
}

/// What a call came to.
#[derive(Debug)]
pub struct Called<T> {
    /// What goes back.
    pub answer: Result<T, ServerError>,
    /// When it leaves the backend; at the deadline if the gateway gives up.
    pub done_at: Time,
    /// What the backend did, in order; all of it when the call came.
    pub facts: Vec<Fact>,
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

    pub(super) fn admit(&mut self, service: &mut Service, device: DeviceId) -> Result<(), ServerError> {
        let admitted = service.admit(self.now, device)?;
        self.admitted = Some(admitted);
        match admitted.fails {
            Some(Failing::Before) => Err(ServerError::Failed),
            Some(Failing::After) | None => Ok(()),
        }
    }

    /// The backend has done its work, for an answer that the gateway may no longer wait for.
    pub(super) fn end<T>(&mut self, service: &mut Service, answer: Result<T, ServerError>) -> Called<T> {
        let (facts, found) = (std::mem::take(&mut self.facts), self.found.take());
        let Some(admitted) = self.admitted else {
            return Called { answer, done_at: self.now, facts, work: None, found };
        };
        let work = service.serve(admitted, self.kind, self.load);
        // Who wrote is answered when the transaction has committed.
        let committed = facts.iter().filter_map(|fact| fact.commit()?.visible_at).max();
        let done_at = committed.map_or(work.done_at, |at| at.max(work.done_at));
        let answer = match admitted.fails {
            _ if done_at > self.deadline => Err(ServerError::GatewayTimeout),
            Some(_) => Err(ServerError::Failed),
            None => answer,
        };
        Called { answer, done_at: done_at.min(self.deadline), facts, work: Some(work), found }
    }
}
