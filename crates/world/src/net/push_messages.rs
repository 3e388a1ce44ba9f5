//! The platform's push service: how it handles a message to a phone.

use crate::base::{Ppm, Seed, Span, word_enums};

word_enums! {
    /// The waiting messages that a later message replaces.
    pub enum Collapse {
        /// The waiting message about the same channel.
        #[default]
        Channel: "per-channel",
        /// All messages that wait for the phone.
        Phone: "per-phone",
        /// No messages.
        Nothing: "no",
    }
}

/// The push service of all phones.
#[derive(Clone, Debug, PartialEq)]
pub struct PushMessageOptions {
    /// Median time from the server to a phone that is online.
    pub delay: Span,
    /// Standard deviation of the delay's logarithm, in thousandths.
    pub delay_sigma_milli: u32,
    /// Share of the messages that are dropped.
    pub lost: Ppm,
    /// The waiting messages that a later message replaces.
    pub collapse: Collapse,
    /// How long a message waits for a phone that is offline.
    pub kept: Span,
}

impl Default for PushMessageOptions {
    /// Delay: 1 s median with a long tail (estimate). No message is dropped. A message waits up to
    /// 28 days (Firebase's maximum).
    fn default() -> PushMessageOptions {
        PushMessageOptions {
            delay: Span::secs(1),
            delay_sigma_milli: 1_000,
            lost: Ppm(0),
            collapse: Collapse::default(),
            kept: Span::secs(28 * 86_400),
        }
    }
}

impl PushMessageOptions {
    /// The time that the message with this number takes to the phone; `None` if it is dropped.
    pub fn takes(&self, seed: Seed, phone: u64, number: u64) -> Option<Span> {
        let mut stream = seed.stream("push message", phone, number);
        if stream.chance(self.lost.share()) {
            return None;
        }
        let sigma = f64::from(self.delay_sigma_milli) / 1e3;
        Some(Span(stream.log_normal(self.delay.0 as f64, sigma) as u64))
    }

    /// True if a message about channel `later` replaces a waiting message about channel `earlier`.
    pub fn replaces(&self, later: u32, earlier: u32) -> bool {
        match self.collapse {
            Collapse::Channel => later == earlier,
            Collapse::Phone => true,
            Collapse::Nothing => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(lost: u32, collapse: Collapse) -> PushMessageOptions {
        PushMessageOptions { lost: Ppm(lost), collapse, ..PushMessageOptions::default() }
    }

    #[test]
    fn a_tenth_is_dropped_and_half_of_the_rest_is_late() {
        let options = with(100_000, Collapse::default());
        let drawn: Vec<Span> = (0..10_000).filter_map(|number| options.takes(Seed(1), 3, number)).collect();
        assert!((8_900..9_100).contains(&drawn.len()), "{}", drawn.len());
        let late = drawn.iter().filter(|took| **took > options.delay).count();
        assert!((4_300..4_700).contains(&late), "{late}");
        assert_eq!(options.takes(Seed(1), 3, 7), options.takes(Seed(1), 3, 7), "a draw has a name");
    }

    #[test]
    fn one_key_for_all_channels_replaces_what_is_about_another() {
        let replaced =
            |collapse| [(1, 1), (2, 1)].map(|(later, earlier)| with(0, collapse).replaces(later, earlier));
        assert_eq!(replaced(Collapse::Channel), [true, false]);
        assert_eq!(replaced(Collapse::Phone), [true, true]);
        assert_eq!(replaced(Collapse::Nothing), [false, false]);
    }
}
