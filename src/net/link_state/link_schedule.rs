//! Which link a device is on at which time.

use std::sync::Arc;

use super::super::options::Profile;
use crate::base::Time;

/// The links of a device and when it is on which.
#[derive(Clone, Debug)]
pub struct LinkSchedule {
    pub(super) links: Vec<Arc<Profile>>,
    /// By start; the first starts with the world. Neighbours are on different links.
    pub(super) stays: Vec<Stay>,
    pub(super) dead_zones: Vec<(Time, Time)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stay {
    pub(super) from: Time,
    pub(super) link: usize,
}

impl LinkSchedule {
    /// A device that stays where it is.
    pub fn settled(link: Arc<Profile>) -> LinkSchedule {
        LinkSchedule {
            links: vec![link],
            stays: vec![Stay { from: Time::ZERO, link: 0 }],
            dead_zones: Vec::new(),
        }
    }

    /// The device is on `link` in this time, wherever it would have been.
    pub fn detour(&mut self, from: Time, until: Time, link: &Arc<Profile>) {
        let link = self.position(link);
        let back = self.stays[self.stays.partition_point(|stay| stay.from <= until) - 1].link;
        let outside = |stay: &Stay| stay.from < from || stay.from > until;
        let mut stays: Vec<Stay> = self.stays.iter().copied().filter(outside).collect();
        stays.extend([Stay { from, link }, Stay { from: until, link: back }]);
        stays.sort_by_key(|stay| stay.from);
        self.stays = stays;
        self.join();
    }

    fn position(&mut self, link: &Arc<Profile>) -> usize {
        self.links.iter().position(|known| known == link).unwrap_or_else(|| {
            self.links.push(link.clone());
            self.links.len() - 1
        })
    }

    /// A stay that goes on is no change.
    pub(super) fn join(&mut self) {
        self.stays.dedup_by(|next, before| next.link == before.link);
    }
}
