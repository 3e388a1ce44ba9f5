//! The backend as a server of somebody's own uses it.

use std::ops::ControlFlow;
use std::sync::Arc;

use super::commit::Fact;
use super::delta::Query;
use super::machine::Backend;
use super::partition::Scope;
use super::pool::Load;
use super::position::{Position, Upto};
use crate::base::{EntityId, Key, Stamp, Time, Value};
use crate::contract::{EachChange, Mutation, Outcome, RequestKind, Row, Schema, ServerError, SystemOfRecord};

/// The backend while one request is answered, and what was done for that.
pub struct Consulted<'b> {
    backend: &'b mut Backend,
    now: Time,
    /// What it did, in order.
    pub facts: Vec<Fact>,
    /// What that asks of it.
    pub load: Load,
    /// A push, if anything was written.
    pub kind: RequestKind,
}

impl<'b> Consulted<'b> {
    /// For a request that has come at `now`.
    pub fn new(backend: &'b mut Backend, now: Time) -> Consulted<'b> {
        Consulted { backend, now, facts: Vec::new(), load: Load::default(), kind: RequestKind::Pull }
    }
}

impl SystemOfRecord for Consulted<'_> {
    fn schema(&self) -> Arc<Schema> {
        Arc::clone(self.backend.schema())
    }
    fn clock(&self) -> Stamp {
        self.backend.clock(self.backend.service.begins(self.now))
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
        let page = self.backend.changes(self.now, query, |change| {
            f(change.key.as_str(), change.stamp, change.values);
            ControlFlow::Continue(())
        })?;
        self.load.scanned += page.scanned;
        self.load.rows += page.delivered;
        Ok(())
    }
    fn get(&mut self, entity: EntityId, key: &Key) -> Option<Row> {
        self.load.scanned += 1;
        let record = self.backend.row(entity, key)?;
        let values = (!record.deleted).then(|| record.values.to_vec());
        Some(Row { key: key.clone(), stamp: record.stamp, values })
    }
    fn write(&mut self, attributes: &[Value], mutations: &[Mutation]) -> Vec<Outcome> {
        self.kind = RequestKind::Push;
        self.load.scanned += mutations.len() as u64;
        self.load.rows += mutations.len() as u64;
        self.backend.push(self.now, attributes, mutations, &mut self.facts)
    }
}
