//! An event as its fault sees it.

use crate::base::{DeviceId, Span, Time, words};
use crate::net::During;

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
    /// When it is over: at the latest with the script.
    pub fn over(&self) -> Time {
        self.end.min(self.until())
    }
    /// This value while it lasts, at the latest until the end of the script.
    pub fn during<T>(&self, what: T) -> During<T> {
        During { from: self.at, until: self.over(), what }
    }

    /// The only device by name, or the number of devices.
    pub fn whom(&self) -> String {
        match self.chosen {
            [one] => one.to_string(),
            many => words::count(many.len() as u64, "device"),
        }
    }

    /// The time this long before the event.
    pub fn ago(&self, of: Span) -> Time {
        Time(self.at.0.saturating_sub(of.0))
    }
}
