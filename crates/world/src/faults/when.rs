//! An event as its fault sees it, and the sign that it met somebody.

use super::sign::Sign;
use crate::base::{DeviceId, Span, Time, words};

/// The sign that a fault met somebody, from when until when; nothing if the code that makes it
/// happen reports that. With it, in words, the reason why it did not.
pub(crate) type Meets = (Option<(Sign, Time, Time)>, &'static str);

/// An event as its fault sees it.
#[derive(Clone, Copy, Debug)]
pub struct When<'w> {
    pub name: &'w str,
    pub at: Time,
    pub length: Span,
    /// All devices that it concerns.
    pub chosen: &'w [DeviceId],
    /// The end of the script.
    pub end: Time,
}

impl When<'_> {
    pub fn until(&self) -> Time {
        self.at + self.length
    }

    pub fn whom(&self) -> String {
        count(self.chosen)
    }

    /// It is met if this sign shows while it lasts.
    pub fn while_it_lasts(&self, sign: Sign, otherwise: &'static str) -> Option<Meets> {
        Some((Some((sign, self.at, self.until())), otherwise))
    }

    /// It is met if this sign shows at any time after it.
    pub fn afterwards(&self, sign: Sign, otherwise: &'static str) -> Option<Meets> {
        Some((Some((sign, self.at, Time::FAR)), otherwise))
    }

    /// It is met if this sign shows in the time that a backup of this age lacks. The time ends
    /// before the restore, whose own acts are no sign.
    pub fn since(&self, of: Span, sign: Sign, otherwise: &'static str) -> Option<Meets> {
        let before = Time(self.at.0.saturating_sub(1));
        Some((Some((sign, self.ago(of), before)), otherwise))
    }

    /// The time this long before the event.
    pub fn ago(&self, of: Span) -> Time {
        Time(self.at.0.saturating_sub(of.0))
    }
}

/// The only device by name, or the number of devices.
pub(crate) fn count(devices: &[DeviceId]) -> String {
    match devices {
        [one] => one.to_string(),
        many => words::count(many.len() as u64, "device"),
    }
}
