//! A device's request at a gateway with an upload cache, before and after the backend.

use super::half::Answered;
use super::server::Gateway;
use super::upload_cache::Look;
use crate::base::{Span, Time};
use crate::contract::{Event, ServerError};
use crate::protocol::{PushRequest, Request, SyncRequest};

/// The result of looking up a request's edits.
#[derive(Debug)]
pub(crate) enum Recalled {
    /// The request goes to the backend. The events report edits whose verdict is known.
    Goes(Vec<Event<'static>>),
    /// The response is known.
    Answered(Answered),
    /// At least one edit's verdict is unknown.
    Unknown,
}

impl Gateway {
    /// How long a request waits for the response to an earlier one; `None`: no upload cache.
    pub(crate) fn waits_for_answers(&self) -> Option<Span> {
        self.uploads.as_ref().map(|uploads| uploads.options.wait)
    }

    /// Looks up the edits of a request that arrives at `now`.
    pub(crate) fn recall(&mut self, now: Time, request: &[u8]) -> Recalled {
        let goes = Recalled::Goes(Vec::new());
        let Some((push, alone)) = self.edits_in(request) else { return goes };
        let Some(uploads) = &mut self.uploads else { return goes };
        let look = uploads.look(now, &push);
        if look == Look::Unknown {
            return Recalled::Unknown;
        }
        let known =
            || push.mutations.iter().filter_map(|edit| Some((edit, uploads.verdict(push.device, edit)?)));
        let events = known().map(|(edit, _)| Event::MutationReplayed { edit: edit.edit }).collect();
        if look == Look::Goes || !alone {
            return Recalled::Goes(events);
        }
        let mut verdicts = known().map(|(edit, verdict)| (edit.id.as_str(), verdict));
        let answer = self.options.codec.results(push.asked(), &mut verdicts);
        Recalled::Answered(Answered { answer, done_at: now, events })
    }

    /// Remembers the backend's response, which arrives at `now`.
    pub(crate) fn remember(&mut self, now: Time, request: &[u8], answer: Result<&[u8], &ServerError>) {
        let Some((push, _)) = self.edits_in(request) else { return };
        let verdicts = answer.map_err(Clone::clone).and_then(|answer| {
            let opened = self.options.codec.open(answer.to_vec()).map_err(|_| ServerError::Failed)?;
            let answer = self.options.codec.decode_answer(&opened).map_err(|_| ServerError::Failed)??;
            let verdict = |result: crate::protocol::PushResult<'_>| (result.id.into_owned(), result.outcome);
            Ok(answer.results.into_iter().map(verdict).collect())
        });
        self.uploads.iter_mut().for_each(|uploads| uploads.answered(now, &push, verdicts.clone()));
    }

    fn edits_in(&self, request: &[u8]) -> Option<(PushRequest, bool)> {
        let (push, alone) = match self.read(request).ok()?.1 {
            Request::Push(push) => (push, true),
            Request::Sync(SyncRequest { push, .. }) => (push, false),
            Request::Pull(_) | Request::Fetch(_) => return None,
        };
        (!push.mutations.is_empty()).then_some((push, alone))
    }
}
