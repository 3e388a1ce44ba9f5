//! The backend's clock, and the stamps that it gives.

use super::options::BackendOptions;
use super::stamps::Stamps;
use crate::base::{Stamp, Time};

#[derive(Debug)]
pub(super) struct Clock {
    /// What it showed, or would have shown by the steps since, at time 0.
    start: Stamp,
    pub(super) stamps: Stamps,
}

impl Clock {
    pub(super) fn new(options: &BackendOptions, start: Stamp) -> Clock {
        let BackendOptions { stamp_precision, monotonic, ticks, .. } = *options;
        Clock { start, stamps: Stamps::new(stamp_precision, monotonic, ticks, start) }
    }

    pub(super) fn at(&self, now: Time) -> Stamp {
        self.start.plus(now.since(Time::ZERO))
    }

    /// When it shows `stamp`; the beginning if that was before.
    pub(super) fn when(&self, stamp: Stamp) -> Time {
        Time::ZERO + stamp.since(self.start)
    }

    /// Sets it forward by so many microseconds at `now`, or back.
    pub(super) fn step(&mut self, now: Time, micros: i64) {
        if micros < 0 {
            self.stamps.stepped_back(self.at(now));
        }
        self.start = Stamp(self.start.0 + micros);
    }
}
