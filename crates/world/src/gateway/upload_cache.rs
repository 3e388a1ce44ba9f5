//! The upload cache: a gateway that passes requests through remembers the verdicts on their edits.
//!
//! An edit is identified by its device and idempotency key. A repeated edit gets the remembered
//! verdict. If the verdict is unknown, the request waits. After that wait, the response says "try
//! again". After a longer time, the edit goes to the backend again. The cache does not keep
//! refusals.

use std::collections::VecDeque;

use rustc_hash::FxHashMap;

use crate::backend::{Backend, Named};
use crate::base::{DeviceId, Span, Time, Value};
use crate::contract::{Mutation, Outcome, ServerError};
use crate::protocol::PushRequest;

/// How a gateway remembers edits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UploadCacheOptions {
    /// How long an entry is kept.
    pub kept: Span,
    /// How long a repeated edit without a verdict waits.
    pub wait: Span,
    /// After this time an edit without a verdict goes to the backend again.
    pub resubmit: Span,
    /// True if the cache survives the gateway's process.
    pub durable: bool,
}

impl Default for UploadCacheOptions {
    /// The values of the upload cache of HCL Volt MX Foundry: 24 h, `responseWaitTime` 30 s,
    /// `requestResubmitTime` 30 min, durable in its database.
    fn default() -> UploadCacheOptions {
        UploadCacheOptions {
            kept: Span::secs(86_400),
            wait: Span::secs(30),
            resubmit: Span::secs(30 * 60),
            durable: true,
        }
    }
}

type Sent = (DeviceId, Box<str>);

#[derive(Clone, Debug)]
struct Known {
    noted: Time,
    verdict: Option<Outcome>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// All edits have a verdict.
    Known,
    /// An edit was sent to the backend, and has no verdict yet.
    Unknown,
    /// The request goes to the backend.
    Goes,
}

#[derive(Clone, Debug)]
pub(super) struct UploadCache {
    pub(super) options: UploadCacheOptions,
    known: FxHashMap<Sent, Known>,
    noted: VecDeque<(Time, Sent)>,
}

impl UploadCache {
    pub(super) fn new(options: UploadCacheOptions) -> UploadCache {
        UploadCache { options, known: FxHashMap::default(), noted: VecDeque::new() }
    }

    pub(super) fn die(&mut self) {
        if !self.options.durable {
            *self = UploadCache::new(self.options);
        }
    }

    /// Decides what to do with this request. If it goes to the backend, its edits are noted.
    pub(super) fn look(&mut self, now: Time, push: &PushRequest) -> Look {
        self.forget(now);
        let PushRequest { device, mutations, .. } = push;
        let known: Vec<Option<&Known>> =
            mutations.iter().map(|edit| self.known.get(&sent(*device, edit))).collect();
        let open = |known: &&Known| known.verdict.is_none() && now < known.noted + self.options.resubmit;
        if known.iter().flatten().any(open) {
            return Look::Unknown;
        }
        if known.iter().all(|known| known.is_some_and(|known| known.verdict.is_some())) {
            return Look::Known;
        }
        for edit in mutations {
            if self.verdict(*device, edit).is_none() {
                self.note(now, sent(*device, edit), None);
            }
        }
        Look::Goes
    }

    pub(super) fn answered(
        &mut self,
        now: Time,
        push: &PushRequest,
        answer: Result<Vec<(String, Outcome)>, ServerError>,
    ) {
        let of = |id: &str| (push.device, Box::from(id));
        match answer {
            Ok(verdicts) => {
                for (id, verdict) in verdicts {
                    match verdict {
                        Outcome::Applied { .. } | Outcome::Named { .. } => {
                            self.note(now, of(&id), Some(verdict));
                        }
                        _ => _ = self.known.remove(&of(&id)),
                    }
                }
            }
            // The backend did not admit the request.
            Err(ServerError::Unavailable | ServerError::Throttled(_) | ServerError::BadRequest(_)) => {
                for edit in &push.mutations {
                    if self.verdict(push.device, edit).is_none() {
                        self.known.remove(&sent(push.device, edit));
                    }
                }
            }
            // The edits may have been committed.
            Err(_) => {}
        }
    }

    pub(super) fn verdict(&self, device: DeviceId, edit: &Mutation) -> Option<&Outcome> {
        self.known.get(&sent(device, edit))?.verdict.as_ref()
    }

    /// Applies the edits of a push that have no verdict yet, within the call in progress.
    pub(super) fn push(
        &self,
        backend: &mut Backend,
        attributes: &[Value],
        push: &PushRequest,
    ) -> Vec<Outcome> {
        let mut named = Named::new(backend.schema());
        let known: Vec<Option<Outcome>> =
            push.mutations.iter().map(|edit| self.verdict(push.device, edit).cloned()).collect();
        for (edit, verdict) in push.mutations.iter().zip(&known) {
            verdict.iter().for_each(|verdict| named.note(edit, verdict));
        }
        let news = push.mutations.iter().zip(&known).filter(|(_, known)| known.is_none());
        let news: Vec<Mutation> = news.map(|(edit, _)| named.follow(edit).into_owned()).collect();
        let mut judged = backend.push_in_call(attributes, &news).into_iter();
        let mut next = || judged.next().expect("each has a verdict");
        known.into_iter().map(|known| known.unwrap_or_else(&mut next)).collect()
    }

    fn note(&mut self, now: Time, sent: Sent, verdict: Option<Outcome>) {
        self.noted.push_back((now, sent.clone()));
        self.known.insert(sent, Known { noted: now, verdict });
    }

    fn forget(&mut self, now: Time) {
        while let Some((noted, _)) = self.noted.front()
            && *noted + self.options.kept <= now
        {
            let (noted, sent) = self.noted.pop_front().expect("it is there");
            // A newer entry may exist.
            if self.known.get(&sent).is_some_and(|known| known.noted == noted) {
                self.known.remove(&sent);
            }
        }
    }
}

fn sent(device: DeviceId, edit: &Mutation) -> Sent {
    (device, edit.id.as_str().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::at_secs as at;
    use crate::base::{EditId, EntityId, Stamp, UnitId};
    use crate::contract::{EditKind, Refusal};

    const PHONE: DeviceId = DeviceId(0);

    fn edit(number: u32) -> Mutation {
        let edit = EditId { device: PHONE, number };
        Mutation::new(edit, EntityId(0), "a", EditKind::Create)
    }

    fn push(numbers: &[u32]) -> PushRequest {
        let mutations = numbers.iter().map(|number| edit(*number)).collect();
        PushRequest { device: PHONE, unit: UnitId(0), mutations, clock: Stamp(0) }
    }

    fn cache() -> UploadCache {
        let (kept, resubmit) = (Span::secs(100), Span::secs(10));
        UploadCache::new(UploadCacheOptions { kept, resubmit, ..UploadCacheOptions::default() })
    }

    #[test]
    fn an_edit_that_comes_again_is_known_until_it_is_forgotten() {
        let mut cache = cache();
        assert_eq!(cache.look(at(0), &push(&[1])), Look::Goes);
        let applied = Outcome::Applied { stamp: Stamp(7) };
        cache.answered(at(5), &push(&[1]), Ok(vec![(edit(1).id, applied.clone())]));
        assert_eq!(cache.look(at(104), &push(&[1])), Look::Known);
        assert_eq!(cache.look(at(104), &push(&[1, 2])), Look::Goes, "one is new");
        assert_eq!(cache.verdict(PHONE, &edit(1)), Some(&applied));
        cache.answered(at(104), &push(&[1, 2]), Err(ServerError::Unavailable));
        assert_eq!(cache.look(at(105), &push(&[1])), Look::Goes, "it is forgotten");
    }

    #[test]
    fn what_was_not_let_in_or_refused_goes_again_at_once() {
        let refused = Outcome::Conflict { why: Refusal::Exists, current: None, edited_at: None };
        for answer in [Err(ServerError::Unavailable), Ok(vec![(edit(1).id, refused)])] {
            let mut cache = cache();
            assert_eq!(cache.look(at(0), &push(&[1])), Look::Goes);
            cache.answered(at(1), &push(&[1]), answer);
            assert_eq!(cache.look(at(1), &push(&[1])), Look::Goes);
        }
    }
}
