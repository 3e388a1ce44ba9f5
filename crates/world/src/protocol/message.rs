//! What devices ask the gateway.

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use crate::base::{DeviceId, EntityId, Key, Stamp, UnitId};
use crate::contract::{Mutation, RequestKind};

#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    Pull(PullRequest),
    Push(PushRequest),
    Fetch(FetchRequest),
    Sync(SyncRequest),
}

/// As a codec writes it; what the request around it says is left out there.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PullRequest {
    #[serde(skip)]
    pub device: DeviceId,
    #[serde(skip)]
    pub unit: UnitId,
    #[serde(skip)]
    pub clock: Stamp,
    pub rows: u32,
    /// At most about this many bytes in the answer (at least one row comes).
    pub bytes: u64,
    /// The number of the unit's run, which all requests of one pull have.
    #[serde(default)]
    pub run: u64,
    /// How far the local time that people see there is ahead of that clock, seconds.
    #[serde(default, skip_serializing_if = "is_default")]
    pub zone: i32,
    /// It is asked for by its address: its answer is one for all who ask for that.
    #[serde(default, rename = "get", skip_serializing_if = "is_default")]
    pub by_address: bool,
    pub wants: Vec<Want>,
}

/// What an answer names of its request, by which who asked knows that it is no other's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Asked(pub i64);

impl Asked {
    /// A clock that a request tells, as no other of its device does.
    fn at(clock: Stamp) -> Asked {
        Asked(clock.0)
    }
    /// A question that is the same whenever it is asked, in as many digits as a clock.
    fn of(question: &str) -> Asked {
        const LEAST: u64 = 10_u64.pow(15);
        Asked((LEAST + xxh3_64(question.as_bytes()) % (9 * LEAST)) as i64)
    }
}

impl PullRequest {
    /// The first run of unit 0 asks for these, for any number of rows and at most 1 MiB.
    pub fn new(device: DeviceId, wants: Vec<Want>) -> PullRequest {
        PullRequest { device, wants, rows: u32::MAX, bytes: 1 << 20, run: 1, ..PullRequest::default() }
    }
    /// Path and query of the request where it is asked for by an address: all that its answer
    /// depends on but the server's content. What says who asks when goes as headers.
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

    pub fn asked(&self) -> Asked {
        if self.by_address { Asked::of(&self.address()) } else { Asked::at(self.clock) }
    }
}

/// Whether it is what stands for a value that is not said.
fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl PushRequest {
    pub fn asked(&self) -> Asked {
        Asked::at(self.clock)
    }
}

impl FetchRequest {
    pub fn asked(&self) -> Asked {
        let FetchRequest { device, entity, of, rows } = self;
        Asked::of(&format!("/fetch?device={device}&rows={rows}&e{}={of}", entity.0))
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Want {
    #[serde(rename = "e")]
    pub entity: EntityId,
    /// Where the last answer ended; opaque to the engine. `None` asks for everything.
    pub cursor: Option<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub ids: u32,
}

/// Brings local edits, in the order in which they were made; at most one for each row.
#[derive(Clone, Debug, PartialEq)]
pub struct PushRequest {
    pub device: DeviceId,
    pub unit: UnitId,
    pub mutations: Vec<Mutation>,
    pub clock: Stamp,
}

/// A push and a pull of one unit in one request. The edits are dealt with first, as if they had
/// come alone. What then cannot be read is left out of the answer, whose verdicts stand.
#[derive(Clone, Debug, PartialEq)]
pub struct SyncRequest {
    pub push: PushRequest,
    /// What it asks for: of the same device, unit and clock, and by no address.
    pub pull: PullRequest,
}

#[derive(Clone, Debug, PartialEq)]
pub struct FetchRequest {
    pub device: DeviceId,
    pub entity: EntityId,
    pub of: Key,
    pub rows: u32,
}

impl Request {
    pub fn device(&self) -> DeviceId {
        match self {
            Request::Pull(pull) => pull.device,
            Request::Push(push) => push.device,
            Request::Fetch(fetch) => fetch.device,
            Request::Sync(sync) => sync.push.device,
        }
    }
    pub fn asked(&self) -> Asked {
        match self {
            Request::Pull(pull) => pull.asked(),
            Request::Push(push) => push.asked(),
            Request::Fetch(fetch) => fetch.asked(),
            Request::Sync(sync) => sync.push.asked(),
        }
    }
    pub fn kind(&self) -> RequestKind {
        match self {
            Request::Pull(_) => RequestKind::Pull,
            Request::Push(_) => RequestKind::Push,
            Request::Fetch(_) => RequestKind::Fetch,
            Request::Sync(_) => RequestKind::Sync,
        }
    }
}
