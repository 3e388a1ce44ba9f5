//! Counts how often waiting edits were sent, and keeps the errors of their last requests.

use std::collections::BTreeMap;

use crate::base::{EditId, Span};
use crate::contract::{EngineEvent, Event, TransportError};

/// At most this many different errors are kept.
const ERRORS: usize = 3;

#[derive(Debug, Default)]
pub(crate) struct Sends {
    edits: BTreeMap<EditId, u32>,
    under_way: Vec<(u64, EditId)>,
    /// Different errors of pushes since the last successful response, the latest last.
    pub(crate) errors: Vec<String>,
}

impl Sends {
    pub(crate) fn of(&self, edit: EditId) -> u32 {
        self.edits.get(&edit).copied().unwrap_or(0)
    }

    pub(crate) fn on(&mut self, event: &Event<'_>) {
        match event {
            Event::Engine(EngineEvent::EditSent { edit, request, .. }) => {
                *self.edits.entry(*edit).or_default() += 1;
                self.under_way.push((*request, *edit));
            }
            Event::Engine(
                EngineEvent::EditAcknowledged { edit, .. } | EngineEvent::EditLogged { edit, .. },
            ) => _ = self.edits.remove(edit),
            Event::Engine(EngineEvent::ResponseReceived { request, kind, .. }) if kind.pushes() => {
                self.ended(*request, false);
                self.errors.clear();
            }
            Event::Engine(EngineEvent::RequestFailed { request, kind, error, took, .. }) if kind.pushes() => {
                self.ended(*request, *error == TransportError::Offline);
                self.failed(failure(*error, *took));
            }
            Event::Engine(EngineEvent::RequestRefused { request, kind, error, .. }) if kind.pushes() => {
                self.ended(*request, false);
                self.failed(error.to_string());
            }
            Event::ProcessKilled { .. } => self.under_way.clear(),
            _ => {}
        }
    }

    /// If a request failed because there was no network (`stayed`), the edits in it were not sent.
    fn ended(&mut self, request: u64, stayed: bool) {
        for (_, edit) in self.under_way.extract_if(.., |(of, _)| *of == request) {
            if let Some(sends) = self.edits.get_mut(&edit).filter(|_| stayed) {
                *sends -= 1;
            }
        }
    }

    fn failed(&mut self, error: String) {
        self.errors.retain(|other| *other != error);
        self.errors.push(error);
        if self.errors.len() > ERRORS {
            self.errors.remove(0);
        }
    }
}

/// Why a request failed, as text.
pub fn failure(error: TransportError, took: Span) -> String {
    match error {
        TransportError::Timeout => format!("no response in {}", apart(took)),
        other => other.to_string(),
    }
}

/// Puts a space before a single unit: `15 s`; spans with several units stay as they are.
fn apart(span: Span) -> String {
    let text = span.to_string();
    match text.find(|c: char| c.is_ascii_alphabetic()) {
        Some(at) if !text[at..].contains(|c: char| c.is_ascii_digit()) => {
            format!("{} {}", &text[..at], &text[at..])
        }
        _ => text,
    }
}
