//! Options of live pull: which changes a phone listens for, and how.

use crate::base::{EntityId, Span, UnitId, word_enums};
use crate::contract::SyncUnit;

word_enums! {
    /// How a server announces changes.
    pub enum Medium {
        /// The server announces nothing.
        #[default]
        None: "none",
        /// One request per unit, which the server holds open until there is a change. Then the
        /// phone pulls and sends the request again.
        LongPoll: "long-poll",
        /// Server-sent events: one request per unit. Its response stays open, and each announcement
        /// is a piece of it.
        ServerSentEvents: "sse",
        /// One WebSocket connection for all units.
        WebSocket: "websocket",
        /// Messages of the platform's push service.
        PushMessage: "push-message",
    }

    /// What a server sends on a held request or connection.
    pub enum LiveSends {
        /// That there are changes. The phone pulls them.
        #[default]
        Changes: "changes",
        /// The changed rows, if they fit into one page of a pull.
        Rows: "rows",
    }

    /// What a phone does with sent rows that do not begin where its own cursor stands.
    pub enum LiveGap {
        /// It drops them and pulls.
        #[default]
        Pull: "pull",
        /// It applies them and moves its cursor to their end. The rows between are lost.
        Ignore: "ignore",
    }
}

impl Medium {
    /// Whether the phone holds a request or a connection open for this medium.
    pub fn is_held(self) -> bool {
        !matches!(self, Medium::None | Medium::PushMessage)
    }
}

/// How a phone listens for announcements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveOptions {
    /// How the server announces changes.
    pub medium: Medium,
    /// Whether the phone requests missed announcements each time it listens again.
    pub check: bool,
    /// The interval at which phone and server check that the other side is alive; zero: no checks.
    pub beat: Span,
    /// What the server sends on a held request or connection.
    pub sends: LiveSends,
    /// What the phone does with sent rows that do not begin where its own cursor stands.
    pub gap: LiveGap,
    /// The channels that the phone listens for.
    pub channels: Vec<Channel>,
}

impl Default for LiveOptions {
    fn default() -> LiveOptions {
        // CouchDB's clients expect a message every 10 s, many WebSocket servers every 30 s.
        let beat = Span::secs(30);
        LiveOptions {
            medium: Medium::default(),
            check: true,
            beat,
            sends: LiveSends::default(),
            gap: LiveGap::default(),
            channels: Vec::new(),
        }
    }
}

/// Entities that a phone listens for, and the unit to run when they have changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Channel {
    /// The unit.
    pub unit: UnitId,
    /// The entities.
    pub entities: Vec<EntityId>,
}

/// The channels of an app with these units. Each entity that a `live` unit pulls in full belongs to
/// the channel of exactly one `live` unit. If several units pull the entity, units that block no
/// screen are preferred. Then units that discard no waiting units, then the unit with the fewest
/// entities, then the first in the list.
pub fn channels(units: &[SyncUnit], live: impl Fn(UnitId) -> bool) -> Vec<Channel> {
    let candidates = || units.iter().zip((0..).map(UnitId)).filter(|(_, id)| live(*id));
    let mut channels: Vec<Channel> =
        candidates().map(|(_, unit)| Channel { unit, entities: Vec::new() }).collect();
    let mut entities: Vec<EntityId> = candidates().flat_map(|(unit, _)| unit.pull.clone()).collect();
    entities.sort_unstable();
    entities.dedup();
    for entity in entities {
        let pulling = candidates().filter(|(unit, _)| unit.brings_whole(entity));
        let best =
            pulling.min_by_key(|(unit, id)| (unit.blocking, unit.discard_pending, unit.pull.len(), *id));
        let of_best = best.and_then(|(_, id)| channels.iter_mut().find(|channel| channel.unit == id));
        of_best.into_iter().for_each(|channel| channel.entities.push(entity));
    }
    channels.retain(|channel| !channel.entities.is_empty());
    channels
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(pull: &[u16], blocking: bool) -> SyncUnit {
        let pull = pull.iter().map(|&entity| EntityId(entity)).collect();
        SyncUnit { pull, blocking, ..SyncUnit::default() }
    }

    fn of(units: &[SyncUnit], live: impl Fn(u16) -> bool) -> Vec<(u16, Vec<u16>)> {
        let plain =
            |channel: Channel| (channel.unit.0, channel.entities.iter().map(|entity| entity.0).collect());
        channels(units, |unit| live(unit.0)).into_iter().map(plain).collect()
    }

    #[test]
    fn an_announcement_blocks_nobodys_screen_if_it_need_not() {
        let units = [unit(&[0, 1], true), unit(&[0, 1, 2], false)];
        assert_eq!(of(&units, |_| true), [(1, vec![0, 1, 2])]);
        assert_eq!(of(&units[..1], |_| true), [(0, vec![0, 1])]);
    }

    #[test]
    fn each_entity_is_pulled_by_the_smallest_live_unit() {
        let units = [unit(&[0, 1, 2], false), unit(&[1], false), unit(&[], false)];
        assert_eq!(of(&units, |_| true), [(0, vec![0, 2]), (1, vec![1])]);
        assert_eq!(of(&units, |unit| unit != 1), [(0, vec![0, 1, 2])]);
        assert_eq!(of(&units, |unit| unit == 2), [], "it pulls nothing");
    }
}
