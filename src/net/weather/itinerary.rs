//! Which link a device is on at which time.

use std::sync::Arc;

use super::super::options::Profile;
use crate::base::Time;

/// The links of a device and when it is on which.
#[derive(Clone, Debug)]
pub struct Itinerary {
    pub(super) links: Vec<Arc<Profile>>,
    /// By start; the first starts with the world. Neighbours are on different links.
    pub(super) stays: Vec<Stay>,
}

/// A time on one link, until the next begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stay {
    pub(super) from: Time,
    /// Position among the links.
    pub(super) link: usize,
}

impl Itinerary {
    /// A device that stays where it is.
    pub fn settled(link: Arc<Profile>) -> Itinerary {
        Itinerary { links: vec![link], stays: vec![Stay { from: Time::ZERO, link: 0 }] }
    }
}
