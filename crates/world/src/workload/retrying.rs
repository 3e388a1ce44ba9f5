//! People's reaction to "Sync failed" if the app offers a retry.

use crate::base::{Ppm, Span, Stream};

/// How people tap "retry".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retrying {
    /// Share of the "Sync failed" messages after which a person taps. 0: the app offers no retry.
    pub share: Ppm,
    /// Mean wait before a tap.
    pub after: Span,
    /// After this many taps without success, a person stops tapping until a sync succeeds.
    pub taps: u32,
}

impl Retrying {
    /// The wait until the next tap of a person who has tapped `tapped` times; `None`: no more taps.
    pub fn wait(&self, tapped: u32, stream: &mut Stream) -> Option<Span> {
        let taps = tapped < self.taps && stream.chance(f64::from(self.share.0) / 1e6);
        taps.then(|| if self.after == Span::ZERO { Span::ZERO } else { stream.exponential(self.after) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Seed;

    #[test]
    fn people_give_up_after_so_many_taps_in_a_row() {
        let always = Retrying { share: Ppm::ONE, after: Span::secs(5), taps: 3 };
        let mut stream = Seed(1).stream("retrying", 0, 0);
        let waits: Vec<bool> = (0..5).map(|tapped| always.wait(tapped, &mut stream).is_some()).collect();
        assert_eq!(waits, [true, true, true, false, false]);
        assert_eq!(Retrying { share: Ppm(0), ..always }.wait(0, &mut stream), None);
    }
}
