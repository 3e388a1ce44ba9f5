//! Requests from devices to the gateway (the server between devices and backend).

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use crate::base::{DeviceId, EntityId, Key, Stamp, UnitId};
use crate::contract::{Mutation, RequestKind};

/// A request of a device.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// Requests changes.
    Pull(PullRequest),
    /// Sends edits.
    Push(PushRequest),
    /// Requests the details of an opened record.
    Fetch(FetchRequest),
    /// Sends edits and requests changes.
    Sync(SyncRequest),
}

/// A pull request. The codec skips fields that the surrounding message has.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PullRequest {
    /// The device that pulls.
    #[serde(skip)]
    pub device: DeviceId,
    /// The sync unit that pulls.
    #[serde(skip)]
    pub unit: UnitId,
    /// The device's wall clock.
    #[serde(skip)]
    pub clock: Stamp,
    /// The most rows in the response.
    pub rows: u32,
    /// The approximate maximum of bytes in the response; at least one row is sent.
    pub bytes: u64,
    /// The number of the unit's run; all requests of one pull have the same number.
    #[serde(default)]
    pub run: u64,
    /// Local time minus the device's clock, in seconds.
    #[serde(default, skip_serializing_if = "is_default")]
    pub zone: i32,
    /// True if the request is sent as a URL. Then HTTP caches may respond to it.
    #[serde(default, rename = "get", skip_serializing_if = "is_default")]
    pub by_address: bool,
    /// The entities to pull, in order.
    pub wants: Vec<Want>,
}

/// Identifies a request; its response has the same id.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Asked(pub i64);

impl Asked {
    /// The id of a request with a clock reading, which is unique per device.
    fn at(clock: Stamp) -> Asked {
        Asked(clock.0)
    }
    /// The id of a request that may repeat: a hash of its text, with as many digits as a clock
    /// reading.
    fn of(question: &str) -> Asked {
        const LEAST: u64 = 10_u64.pow(15);
        Asked((LEAST + xxh3_64(question.as_bytes()) % (9 * LEAST)) as i64)
    }
}

impl PullRequest {
    /// A pull of `wants` in the first run of unit 0, for any number of rows and at most 1 MiB.
    pub fn new(device: DeviceId, wants: Vec<Want>) -> PullRequest {
        PullRequest { device, wants, rows: u32::MAX, bytes: 1 << 20, run: 1, ..PullRequest::default() }
    }
    /// The path and query of the request's URL. They contain all parameters that decide the
    /// response. Headers contain the clock.
    pub fn address(&self) -> String {
        let PullRequest { device, unit, rows, bytes, .. } = self;
        let mut address = format!("/pull?device={device}&unit={}&rows={rows}&bytes={bytes}", unit.0);
        for Want { entity, cursor, ids } in &self.wants {
            address.push_str(&format!("&e{}={}", entity.0, cursor.as_deref().unwrap_or("")));
            if *ids > 0 {
                address.push_str(&format!("&ids{}={ids}", entity.0));
            }
        }
        address
    }

    /// The id of this request, which its response repeats.
    pub fn asked(&self) -> Asked {
        if self.by_address { Asked::of(&self.address()) } else { Asked::at(self.clock) }
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl PushRequest {
    /// The id of this request, which its response repeats.
    pub fn asked(&self) -> Asked {
        Asked::at(self.clock)
    }
}

impl FetchRequest {
    /// The id of this request, which its response repeats.
    pub fn asked(&self) -> Asked {
        let FetchRequest { device, entity, of, rows } = self;
        Asked::of(&format!("/fetch?device={device}&rows={rows}&e{}={of}", entity.0))
    }
}

/// An entity to pull, the cursor to begin at, and the number of keys for new rows to reserve.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Want {
    /// The entity.
    #[serde(rename = "e")]
    pub entity: EntityId,
    /// The cursor at the end of the last response. The engine does not interpret it. `None`
    /// requests all rows.
    pub cursor: Option<String>,
    /// The number of keys for new rows to reserve.
    #[serde(default, skip_serializing_if = "is_default")]
    pub ids: u32,
}

/// Local edits in the order of editing, at most one per row.
#[derive(Clone, Debug, PartialEq)]
pub struct PushRequest {
    /// The device that pushes.
    pub device: DeviceId,
    /// The unit that pushes.
    pub unit: UnitId,
    /// The edits, oldest first.
    pub mutations: Vec<Mutation>,
    /// The device's wall clock.
    pub clock: Stamp,
}

/// A push and a pull of one unit in one request. The server handles the edits first, like a
/// separate request. If it refuses the pull, the response has only the verdicts.
#[derive(Clone, Debug, PartialEq)]
pub struct SyncRequest {
    /// The push, which the server handles first.
    pub push: PushRequest,
    /// The pull, with the same device, unit and clock.
    pub pull: PullRequest,
}

/// Requests rows that belong to a record which a person opens.
#[derive(Clone, Debug, PartialEq)]
pub struct FetchRequest {
    /// The device that fetches.
    pub device: DeviceId,
    /// The entity of the rows.
    pub entity: EntityId,
    /// The key of the opened record.
    pub of: Key,
    /// The most rows in the response.
    pub rows: u32,
}

impl Request {
    /// The device that sends the request.
    pub fn device(&self) -> DeviceId {
        match self {
            Request::Pull(pull) => pull.device,
            Request::Push(push) => push.device,
            Request::Fetch(fetch) => fetch.device,
            Request::Sync(sync) => sync.push.device,
        }
    }
    /// The device's wall clock in the request; `None` for a fetch, which has no clock.
    pub fn clock(&self) -> Option<Stamp> {
        match self {
            Request::Pull(pull) => Some(pull.clock),
            Request::Push(push) | Request::Sync(SyncRequest { push, .. }) => Some(push.clock),
            Request::Fetch(_) => None,
        }
    }
    /// The id of this request, which its response repeats.
    pub fn asked(&self) -> Asked {
        match self {
            Request::Pull(pull) => pull.asked(),
            Request::Push(push) => push.asked(),
            Request::Fetch(fetch) => fetch.asked(),
            Request::Sync(sync) => sync.push.asked(),
        }
    }
    /// The edits that the request sends.
    pub fn mutations(&self) -> &[Mutation] {
        match self {
            Request::Push(push) | Request::Sync(SyncRequest { push, .. }) => &push.mutations,
            Request::Pull(_) | Request::Fetch(_) => &[],
        }
    }
    /// The kind of the request.
    pub fn kind(&self) -> RequestKind {
        match self {
            Request::Pull(_) => RequestKind::Pull,
            Request::Push(_) => RequestKind::Push,
            Request::Fetch(_) => RequestKind::Fetch,
            Request::Sync(_) => RequestKind::Sync,
        }
    }
}
