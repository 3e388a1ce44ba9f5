//! The limits that an operating system sets for an app in the background.

use crate::base::{Ppm, Span, Time, word_enums};

word_enums! {
    /// The action of the operating system at the end of an app's time in the background.
    pub enum AtEnd {
        /// The system suspends the app. Later the app continues at the same point.
        #[default]
        Suspend: "suspend",
        /// The system warns the app a few seconds before the end. The app stops its sync and is
        /// then suspended.
        Warn: "warn",
        /// The system kills the app. The app starts again in the next window, or when its person
        /// opens it.
        Kill: "kill",
    }
}

/// The time from the warning to the end of the window. Source: an estimate of "shortly before the
/// time expires" (Apple, `beginBackgroundTask`).
const WARNED_BEFORE: Span = Span::secs(5);

/// The limits for an app in the background. It runs for a while, and later only in time windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// How long an app may run after it leaves the foreground.
    pub stays: Span,
    /// The length of the first window in which a suspended app may run.
    pub window: Span,
    /// The maximum length of a window. Each window is longer than the previous one by the factor
    /// `growth`.
    pub longest: Span,
    /// The time from the end of `stays` to the first window. Later, the time between the starts of
    /// two windows.
    pub every: Span,
    /// The factor on the length of the next window and on the time until it, in millionths; at
    /// least 1.
    pub growth: Ppm,
    /// The maximum time between two windows.
    pub cap: Span,
    /// How long the connections of a suspended app stay open; `None`: without limit.
    pub sockets: Option<Span>,
    /// The action of the operating system at the end of a window.
    pub at_end: AtEnd,
}

impl Budget {
    /// The time intervals in which an app runs after it goes to the background at `since`. They are
    /// sorted, and the iterator does not end.
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

    /// The time at which an app is warned about the end of a window.
    pub fn warns_at(window: (Time, Time)) -> Time {
        let length = window.1.since(window.0);
        Time(window.1.0 - WARNED_BEFORE.min(length.scaled(1, 2)).0)
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
            at_end: AtEnd::Suspend,
        };
        let windows: Vec<(Time, Time)> = doze.windows(Time::ZERO).take(6).collect();
        let starts: Vec<u64> = windows.iter().map(|(from, _)| from.0 / minutes(1).0).collect();
        let lengths: Vec<Span> = windows.iter().map(|(from, until)| *until - *from).collect();
        assert_eq!(starts, [0, 90, 210, 450, 810, 1170], "after 1, 2, 4, 6 and 6 hours");
        assert_eq!(lengths, [30, 5, 10, 10, 10, 10].map(minutes));
    }

    #[test]
    fn an_app_is_warned_before_the_end_and_not_before_the_window() {
        let warned = |secs| Budget::warns_at((Time::ZERO, Time::ZERO + Span::secs(secs)));
        assert_eq!([30, 4].map(warned), [25, 2].map(|secs| Time::ZERO + Span::secs(secs)));
    }
}
