//! Rows on their way to another system: how long that took, and what it cost.

use std::collections::BTreeMap;

use super::board::Board;
use super::distribution::Wait;
use super::table::Id;
use crate::base::{EntityId, Key, Stamp, Time};
use crate::contract::{Event, IntegrationEvent};

#[derive(Debug, Default)]
pub(super) struct Delivery {
    /// The entities that are carried there.
    entities: Vec<EntityId>,
    /// Versions that are not there yet, and when each was committed.
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
                board.add(Id::DestinationCalls, 1);
                board.add(Id::DestinationFailed, u64::from(*failed));
                board.add(Id::DestinationWritten, u64::from(*records));
                board.add(Id::DestinationRetried, u64::from(*again));
            }
            Event::Integration(IntegrationEvent::Delivered { entity, key, stamp, .. }) => {
                // Who has a version needs none that was before it.
                let Some(versions) = self.waiting.get_mut(&(*entity, (*key).clone())) else { return };
                for (_, since) in versions.extract_if(.., |(version, _)| *version <= *stamp) {
                    board.observe(Id::DestinationDelivery, at.since(since).0);
                }
            }
            Event::Integration(IntegrationEvent::Rejected { .. }) => board.add(Id::DestinationRejected, 1),
            Event::Integration(IntegrationEvent::Killed { .. }) => board.add(Id::DestinationKills, 1),
            _ => {}
        }
    }

    /// The end. A version that said nothing new, or was taken back before anybody read it, need not
    /// come: it is not waited for if the destination has the row as it is.
    pub(super) fn finish(&self, at: Time, is_carried: &dyn Fn(EntityId, &Key) -> bool, board: &mut Board) {
        let lacking = self.waiting.iter().filter(|((entity, key), _)| !is_carried(*entity, key));
        for (_, since) in lacking.flat_map(|(_, versions)| versions) {
            board.observe(Id::DestinationDelivery, Wait::Never(at.since(*since).0));
        }
    }
}
