//! Measures how an integration delivers rows to another system: times and costs.

use std::collections::BTreeMap;

use super::{Board, Id, Wait};
use crate::base::{EntityId, Key, Stamp, Time};
use crate::contract::{Event, IntegrationEvent};

#[derive(Debug, Default)]
pub(super) struct Delivery {
    /// The entities whose rows are sent to the other system.
    entities: Vec<EntityId>,
    /// By row, the stamps and commit times of versions that are not delivered yet.
    waiting: BTreeMap<(EntityId, Key), Vec<(Stamp, Time)>>,
}

impl Delivery {
    pub(super) fn new(entities: Vec<EntityId>) -> Delivery {
        Delivery { entities, waiting: BTreeMap::new() }
    }

    pub(super) fn on(&mut self, at: Time, event: &Event<'_>, board: &mut Board) {
        if self.entities.is_empty() {
            return;
        }
        match event {
            Event::Committed { entity, key, stamp, .. } if self.entities.contains(entity) => {
                self.waiting.entry((*entity, (*key).clone())).or_default().push((*stamp, at));
            }
            Event::Integration(IntegrationEvent::Called { records, again, failed, .. }) => {
                board.count(Id::DestinationCalls);
                board.add(Id::DestinationFailed, *failed);
                board.add(Id::DestinationWritten, *records);
                board.add(Id::DestinationRetried, *again);
            }
            Event::Integration(IntegrationEvent::Delivered { entity, key, stamp, .. }) => {
                // A delivered version also replaces all earlier versions.
                let Some(versions) = self.waiting.get_mut(&(*entity, (*key).clone())) else { return };
                for (_, since) in versions.extract_if(.., |(version, _)| *version <= *stamp) {
                    board.observe(Id::DestinationDelivery, at.since(since).0);
                }
            }
            Event::Integration(IntegrationEvent::Rejected { .. }) => board.count(Id::DestinationRejected),
            Event::Integration(IntegrationEvent::Killed { .. }) => board.count(Id::DestinationKills),
            _ => {}
        }
    }

    /// Counts versions that were never delivered. A version that changed nothing, or was undone
    /// before anyone read it, need not be delivered. So no version counts if the other system has
    /// the row's current values.
    pub(super) fn finish(&self, at: Time, is_carried: &dyn Fn(EntityId, &Key) -> bool, board: &mut Board) {
        let lacking = self.waiting.iter().filter(|((entity, key), _)| !is_carried(*entity, key));
        for (_, since) in lacking.flat_map(|(_, versions)| versions) {
            board.observe(Id::DestinationDelivery, Wait::Never(at.since(*since).0));
        }
    }
}
