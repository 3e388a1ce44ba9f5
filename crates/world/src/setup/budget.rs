//! What an operating system allows apps in the background.

use crate::base::{Ppm, Span, Time};

/// Allowance of an app in the background: it runs on for a while, then only in windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// How long an app goes on after it left the foreground.
    pub stays: Span,
    /// The length of the first window in which a suspended app may run.
    pub window: Span,
    /// Limit of a window; each further one grows by `growth`.
    pub longest: Span,
    /// From the end of `stays` to the first window, and between the starts of two windows.
    pub every: Span,
    /// Factor on the next window and on the time to it, in millionths; at least one.
    pub growth: Ppm,
    /// Limit of the time between two windows.
    pub cap: Span,
    /// How long the connections of a suspended app last; for ever if `None`.
    pub sockets: Option<Span>,
}

impl Budget {
    /// Times in which an app runs that went to the background at `since`; sorted, endless.
    pub fn windows(self, since: Time) -> impl Iterator<Item = (Time, Time)> {
        let first = (since, since + self.stays);
        let (mut window, mut every, mut begins) = (self.window, self.every, first.1);
        std::iter::once(first).chain(std::iter::from_fn(move || {
            begins += every;
            let opens = (begins, begins + window);
            window = self.grown(window).min(self.longest.max(self.window));
            every = self.grown(every).min(self.cap.max(self.every));
            Some(opens)
        }))
    }

    fn grown(self, span: Span) -> Span {
        span.scaled(u64::from(self.growth.0), u64::from(Ppm::ONE.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_come_later_and_later_up_to_the_cap() {
        let (minutes, hours) = (|n: u64| Span::secs(60 * n), |n: u64| Span::secs(3_600 * n));
        let doze = Budget {
            stays: minutes(30),
            window: minutes(5),
            longest: minutes(10),
            every: hours(1),
            growth: Ppm(2_000_000),
            cap: hours(6),
            sockets: None,
        };
        let windows: Vec<(Time, Time)> = doze.windows(Time::ZERO).take(6).collect();
        let starts: Vec<u64> = windows.iter().map(|(from, _)| from.0 / minutes(1).0).collect();
        let lengths: Vec<Span> = windows.iter().map(|(from, until)| *until - *from).collect();
        assert_eq!(starts, [0, 90, 210, 450, 810, 1170], "after 1, 2, 4, 6 and 6 hours");
        assert_eq!(lengths, [30, 5, 10, 10, 10, 10].map(minutes));
    }
}
