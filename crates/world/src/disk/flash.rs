//! The time that the flash memory needs for reads, writes and syncs.

use crate::base::{Bytes, Seed, Span};

/// The speed of a device's flash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flash {
    /// Time to the first byte of a page that is not in the operating system's memory.
    pub read_latency: Span,
    /// Bytes read per second.
    pub read_rate: Bytes,
    /// Bytes written per second.
    pub write_rate: Bytes,
    /// Median time of a sync.
    pub sync: Span,
    /// Factor on all times: 1, or more while the disk is slow.
    pub slowness: u32,
    /// Seed of the random variation of sync times.
    pub seed: Seed,
}

/// The standard deviation of the logarithm of a sync's time. Source: models of a mobile device.
const SIGMA: f64 = 0.5;
/// Stalls: the share of syncs that wait for the flash's own housekeeping, and the factor on their
/// time. Source: as for `SIGMA`.
const STALLS: (f64, f64) = (0.01, 20.0);

impl Flash {
    /// Time to read `pages` pages, `bytes` bytes in total, from the medium.
    pub fn read(&self, pages: u64, bytes: u64) -> Span {
        (self.read_latency * pages + Span::secs(1).scaled(bytes, self.read_rate.0)) * u64::from(self.slowness)
    }
    /// Time to write `bytes`. Their position does not matter, because file system and flash combine
    /// writes.
    pub fn write(&self, bytes: u64) -> Span {
        Span::secs(1).scaled(bytes, self.write_rate.0) * u64::from(self.slowness)
    }

    /// Time of the sync with this operation number. It is log-normal, LogN(ln T, 0.5); 1 % of the
    /// syncs take 20 times as long.
    pub fn sync(&self, number: u64) -> Span {
        if self.sync == Span::ZERO {
            return Span::ZERO;
        }
        let mut stream = self.seed.stream("disk.sync", number, 0);
        let (often, factor) = STALLS;
        let stalls = if stream.chance(often) { factor } else { 1.0 };
        let seconds = stream.log_normal(self.sync.as_secs_f64(), SIGMA) * stalls;
        Span::from_secs_f64(seconds) * u64::from(self.slowness)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flash() -> Flash {
        Flash {
            read_latency: Span::micros(100),
            read_rate: Bytes(200_000_000),
            write_rate: Bytes(50_000_000),
            sync: Span::millis(4),
            slowness: 1,
            seed: Seed(1),
        }
    }

    #[test]
    fn a_sync_has_its_median_and_its_tail_and_a_slow_disk_takes_a_multiple() {
        let mut times: Vec<Span> = (0..20_000).map(|n| flash().sync(n)).collect();
        times.sort_unstable();
        let median = times[10_000].as_secs_f64() / 0.004;
        assert!((0.98..1.04).contains(&median), "{median}");
        // E = T·exp(σ²/2)·(1 + 1 %·19).
        let mean = times.iter().map(|t| t.as_secs_f64()).sum::<f64>() / 20_000.0 / 0.004;
        assert!((1.29..1.40).contains(&mean), "{mean}");
        let stalls = times.iter().filter(|t| **t > Span::millis(36)).count();
        assert!((120..240).contains(&stalls), "{stalls}");
        assert_eq!(flash().read(3, 12_000), Span::micros(360));
        assert_eq!(flash().write(50_000), Span::millis(1));
        let slow = Flash { slowness: 5, ..flash() };
        assert_eq!(slow.write(50_000), Span::millis(5));
        assert_eq!(slow.sync(3), flash().sync(3) * 5);
    }
}
