//! The time and the devices of an event.

use crate::base::{DeviceId, Span, Time, words};
use crate::net::During;

/// The time and the devices of an event.
#[derive(Clone, Copy, Debug)]
pub struct When<'w> {
    pub name: &'w str,
    pub at: Time,
    pub length: Span,
    /// The devices that the event hits.
    pub chosen: &'w [DeviceId],
    /// The end of the script.
    pub end: Time,
}

impl When<'_> {
    pub fn until(&self) -> Time {
        self.at + self.length
    }
    /// The end of the event, or of the script if that is earlier.
    pub fn over(&self) -> Time {
        self.end.min(self.until())
    }
    /// The value `what` for the length of the event, at most until the end of the script.
    pub fn during<T>(&self, what: T) -> During<T> {
        During { from: self.at, until: self.over(), what }
    }

    /// A text for the devices: the name of a single device, or the number of devices.
    pub fn whom(&self) -> String {
        match self.chosen {
            [one] => one.to_string(),
            many => words::count(many.len() as u64, "device"),
        }
    }

    /// The time that lies `of` before the event.
    pub fn ago(&self, of: Span) -> Time {
        Time(self.at.0.saturating_sub(of.0))
    }
}
