//! The backend as a server uses it while it answers one request.

use std::ops::ControlFlow;
use std::sync::Arc;

use super::call::{Call, Called};
use super::delta::Query;
use super::machine::Backend;
use super::partition::Scope;
use super::position::{Position, Upto};
use crate::base::{DeviceId, EntityId, Key, Stamp, Time, Value};
use crate::contract::{
    EachChange, Guard, Mutation, Outcome, RequestKind, Row, Schema, ServerError, SyncServer, SystemOfRecord,
};

impl Backend {
    /// Has a server answer a request of a device that comes at `now` and is given up on at
    /// `deadline`; to be called in the order in which requests come.
    pub fn answer_by<S: SyncServer<Backend> + ?Sized>(
        &mut self,
        server: &mut S,
        (now, deadline): (Time, Time),
        from: DeviceId,
        request: &[u8],
    ) -> Called<Vec<u8>> {
        self.begin_call(now, deadline);
        let answer = server.serve(from, request, self);
        let called = self.end_call(answer);
        server.ended(self, called.answer.is_ok());
        called
    }

    /// A call comes at `now`, and is given up on at `deadline`.
    pub fn begin_call(&mut self, now: Time, deadline: Time) {
        self.call = Call::new(now, deadline);
    }

    /// Lets the call in for this device; to be asked once for each, before it does anything.
    ///
    /// # Errors
    /// As [`Service::admit`](super::Service::admit), and [`ServerError::Failed`] where the call
    /// fails before it has had any effect.
    pub fn admit(&mut self, device: DeviceId) -> Result<(), ServerError> {
        self.call.admit(&mut self.service, device)
    }

    /// The call ends with this answer, which may come too late.
    pub fn end_call<T>(&mut self, answer: Result<T, ServerError>) -> Called<T> {
        self.call.end(&mut self.service, answer)
    }

    /// Applies mutations for the call that is under way.
    pub fn push_in_call(&mut self, attributes: &[Value], mutations: &[Mutation]) -> Vec<Outcome> {
        let reads = |mutation: &&Mutation| matches!(mutation.guard, Guard::Image(_));
        self.call.load.read += mutations.iter().filter(reads).count() as u64;
        let mut facts = std::mem::take(&mut self.call.facts);
        let outcomes = self.push(self.call.now, attributes, mutations, &mut facts);
        self.call.facts = facts;
        outcomes
    }
}

impl SystemOfRecord for Backend {
    fn schema(&self) -> Arc<Schema> {
        Arc::clone(Backend::schema(self))
    }
    fn clock(&self) -> Stamp {
        Backend::clock(self, self.service.begins(self.call.now))
    }
    fn changes(
        &mut self,
        entity: EntityId,
        attributes: &[Value],
        since: Option<Stamp>,
        f: &mut EachChange<'_>,
    ) -> Result<(), ServerError> {
        let position = since.map(Position::at);
        let query = Query {
            entity,
            scope: Scope::Of(attributes),
            after: position.as_ref(),
            limit: usize::MAX,
            upto: Upto::Settled,
        };
        let page = Backend::changes(self, self.call.now, query, |change| {
            f(change.key.as_str(), change.stamp, change.values);
            ControlFlow::Continue(())
        })?;
        self.call.load.scanned += page.scanned;
        self.call.load.rows += page.delivered;
        Ok(())
    }
    fn get(&mut self, entity: EntityId, key: &Key) -> Option<Row> {
        self.call.load.scanned += 1;
        let record = self.row(entity, key)?;
        let values = (!record.deleted).then(|| record.values.to_vec());
        Some(Row { key: key.clone(), stamp: record.stamp, values })
    }
    fn write(&mut self, attributes: &[Value], mutations: &[Mutation]) -> Vec<Outcome> {
        self.call.kind = RequestKind::Push;
        self.call.load.scanned += mutations.len() as u64;
        self.call.load.rows += mutations.len() as u64;
        self.push_in_call(attributes, mutations)
    }
}
