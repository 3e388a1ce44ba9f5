//! Requests of devices, in the form that codecs write.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::damaged::Damaged;
use super::message::{FetchRequest, PullRequest, PushRequest, Request, SyncRequest};
use crate::base::{Cell, DeviceId, EditId, EntityId, Key, Stamp, UnitId};
use crate::contract::{EditKind, Guard, Mutation};

#[derive(Default, Serialize, Deserialize)]
pub(super) struct RawRequest<'a> {
    pub(super) device: DeviceId,
    #[serde(default)]
    pub(super) clock: Stamp,
    #[serde(default)]
    pub(super) unit: UnitId,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) pull: Option<Cow<'a, PullRequest>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub(super) push: Option<Vec<RawMutation<'a>>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub(super) fetch: Option<RawFetch<'a>>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct RawFetch<'a> {
    pub(super) e: EntityId,
    #[serde(borrow)]
    pub(super) of: Cow<'a, str>,
    pub(super) rows: u32,
}

#[derive(Default, Serialize, Deserialize)]
pub(super) struct RawMutation<'a> {
    #[serde(borrow)]
    pub(super) id: Cow<'a, str>,
    pub(super) edit: u32,
    /// The device that made the edit, if it is not the sender. This happens after a copy of a
    /// device's storage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) by: Option<DeviceId>,
    pub(super) e: EntityId,
    #[serde(borrow)]
    pub(super) key: Cow<'a, str>,
    pub(super) op: char,
    pub(super) base: Option<Stamp>,
    pub(super) at: Stamp,
    #[serde(borrow)]
    pub(super) set: Vec<(usize, Cell<'a>)>,
    #[serde(default, skip_serializing_if = "Guard::is_base")]
    pub(super) guard: Guard,
}

pub(super) fn of(request: &Request) -> RawRequest<'_> {
    let empty = |device, clock, unit| RawRequest { device, clock, unit, ..RawRequest::default() };
    match request {
        Request::Pull(pull) => {
            RawRequest { pull: Some(Cow::Borrowed(pull)), ..empty(pull.device, pull.clock, pull.unit) }
        }
        Request::Push(push) => {
            RawRequest { push: Some(raw_push(push)), ..empty(push.device, push.clock, push.unit) }
        }
        Request::Sync(SyncRequest { push, pull }) => {
            let (pull, body) = (Some(Cow::Borrowed(pull)), Some(raw_push(push)));
            RawRequest { pull, push: body, ..empty(push.device, push.clock, push.unit) }
        }
        Request::Fetch(fetch) => {
            let body = RawFetch { e: fetch.entity, of: Cow::from(fetch.of.as_str()), rows: fetch.rows };
            RawRequest { fetch: Some(body), ..empty(fetch.device, Stamp(0), UnitId(0)) }
        }
    }
}

fn raw_push(push: &PushRequest) -> Vec<RawMutation<'_>> {
    push.mutations.iter().map(|mutation| raw_mutation(push.device, mutation)).collect()
}

fn raw_mutation(device: DeviceId, mutation: &Mutation) -> RawMutation<'_> {
    RawMutation {
        id: Cow::from(mutation.id.as_str()),
        edit: mutation.edit.number,
        by: (mutation.edit.device != device).then_some(mutation.edit.device),
        e: mutation.entity,
        key: Cow::from(mutation.key.as_str()),
        op: match mutation.kind {
            EditKind::Create => 'c',
            EditKind::Update => 'u',
            EditKind::Delete => 'd',
        },
        base: mutation.base,
        at: mutation.made_at,
        set: mutation.values.iter().map(|(column, value)| (*column, Cell::of(value))).collect(),
        guard: mutation.guard,
    }
}

pub(super) fn read(raw: RawRequest<'_>) -> Result<Request, Damaged> {
    let (device, clock, unit) = (raw.device, raw.clock, raw.unit);
    let pull = raw.pull.map(|pull| PullRequest { device, unit, clock, ..pull.into_owned() });
    let push = |push: Vec<RawMutation<'_>>| {
        let mutations = push.into_iter().map(|m| mutation(device, m)).collect::<Result<_, Damaged>>()?;
        Ok::<_, Damaged>(PushRequest { device, unit, mutations, clock })
    };
    match (pull, raw.push.map(push).transpose()?, raw.fetch) {
        (Some(pull), None, None) => Ok(Request::Pull(pull)),
        (None, Some(push), None) => Ok(Request::Push(push)),
        (Some(pull), Some(push), None) if !pull.by_address => Ok(Request::Sync(SyncRequest { push, pull })),
        (None, None, Some(RawFetch { e: entity, of, rows })) => {
            Ok(Request::Fetch(FetchRequest { device, entity, of: Key::new(&of), rows }))
        }
        _ => Err(Damaged("a request is one of pull, push, both, fetch".to_owned())),
    }
}

fn mutation(device: DeviceId, raw: RawMutation<'_>) -> Result<Mutation, Damaged> {
    Ok(Mutation {
        id: raw.id.into_owned(),
        edit: EditId { device: raw.by.unwrap_or(device), number: raw.edit },
        entity: raw.e,
        key: Key::new(&raw.key),
        kind: match raw.op {
            'c' => EditKind::Create,
            'u' => EditKind::Update,
            'd' => EditKind::Delete,
            other => return Err(Damaged(format!("unknown operation {other}"))),
        },
        values: raw.set.iter().map(|(column, cell)| (*column, cell.to_value())).collect(),
        base: raw.base,
        made_at: raw.at,
        guard: raw.guard,
    })
}
