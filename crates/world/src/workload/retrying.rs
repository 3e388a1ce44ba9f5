//! What people do about "Sync failed" where the app offers to try again.

use crate::base::{Ppm, Span, Stream};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retrying {
    /// Share of the messages after which somebody taps; 0: the app offers nothing.
    pub share: Ppm,
    /// The mean wait before a tap.
    pub after: Span,
    /// Who tapped so often without success gives up until a sync succeeds.
    pub taps: u32,
}

impl Retrying {
    /// How long after a failure somebody taps who has tapped `tapped` times; `None` if they do not.
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
