//! What a persistent gateway sends to the backend of its own accord, and what comes home.

use std::collections::VecDeque;

use super::incarnation::Life;
use super::replica::{Captures, Judged, Waiting};
use crate::backend::Called;
use crate::base::{DeviceId, EntityId, Span, Time, Undone};
use crate::contract::ServerError;
use crate::protocol::{Codec, Weighed};

/// What something that the gateway wanted of the backend came to there.
#[derive(Debug)]
pub struct BackendCall<T> {
    /// What it brings home, and what it took.
    pub called: Called<T>,
    /// About its size, in bytes.
    pub bytes: u64,
}

/// A refresh under way.
#[derive(Clone, Debug)]
pub struct Refresh {
    pub(super) begun: Time,
    pub(super) left: VecDeque<EntityId>,
    /// How often on end the present page has failed.
    pub(super) failures: u32,
    /// Its pages saw all that was committed by then.
    pub(super) shown: Time,
}

/// A page that failed is asked for again after this, and after each further failure after twice as
/// long: a minute in all. What is throttled waits as it is told.
const AGAIN_AFTER: Span = Span::secs(1);
const AGAIN_AT_MOST: u32 = 6;

impl Refresh {
    /// A page failed: after how long it is asked for again, if that is still worth it.
    pub(super) fn again_after(&mut self, error: &ServerError) -> Option<Span> {
        let wait = AGAIN_AFTER * (1 << self.failures);
        let wait = match error {
            ServerError::Throttled(until_then) => *until_then,
            ServerError::Unavailable | ServerError::GatewayTimeout | ServerError::Failed => wait,
            ServerError::CursorExpired(_)
            | ServerError::Unauthorized
            | ServerError::RequestTooLarge(_)
            | ServerError::AnswerTooLarge(_)
            | ServerError::BadRequest(_) => return None,
        };
        self.failures += 1;
        (self.failures <= AGAIN_AT_MOST).then_some(wait)
    }
}

/// Asks for a page of changes for the replica.
#[derive(Clone, Debug)]
pub struct PageAsk {
    pub(super) entity: EntityId,
    pub(super) cursor: Option<String>,
    /// When the refresh that it is a page of began: its name.
    pub(super) refresh: u64,
}

/// What a refresh that asked for a page brings home.
#[derive(Debug)]
pub struct PageRead {
    /// The backend's, as it was asked.
    pub(super) life: Life,
    pub(super) undone: Vec<Undone>,
    pub(super) brought: Brought,
}

#[derive(Debug)]
pub(super) enum Brought {
    /// A page of changes on its way into the replica.
    Page {
        captures: Captures,
        scanned: u64,
        /// Readers were shown all that was committed by then.
        shown: Time,
    },
    /// The backend went back to a backup since the replica's cursor was made.
    OtherLife,
}

/// A round through the queue of uploads.
#[derive(Clone, Debug, Default)]
pub struct Upload {
    pub(super) after: i64,
    /// Devices of which something was put off: what they wrote later may depend on it.
    pub(super) put_off: Vec<DeviceId>,
}

/// Mutations on their way to the backend.
#[derive(Clone, Debug)]
pub struct Batch(pub(super) Vec<Waiting>);

/// What the backend made of a batch, on its way home.
#[derive(Debug)]
pub struct Verdicts {
    /// In which life.
    pub(super) life: Life,
    pub(super) undone: Vec<Undone>,
    pub(super) judged: Vec<Judged>,
}

impl PageAsk {
    /// About its size, in bytes.
    pub fn bytes(&self, codec: Codec) -> u64 {
        codec.weight(Weighed::Ask { cursor: self.cursor.as_deref() })
    }
}

impl Batch {
    /// About its size, in bytes.
    pub fn bytes(&self, codec: Codec) -> u64 {
        self.0.iter().map(|waiting| codec.weight(Weighed::Relayed(&waiting.mutation))).sum()
    }

    /// The devices whose mutations are in it, by their first.
    pub(super) fn devices(&self) -> Vec<DeviceId> {
        let mut devices = Vec::new();
        for waiting in &self.0 {
            if !devices.contains(&waiting.device) {
                devices.push(waiting.device);
            }
        }
        devices
    }
}
