//! Writes complete distributions to `hist/*.hlog`, in the log format of `HdrHistogram`.
//!
//! A cell is one simulation: one variant and one seed.

use std::io::{self, Write};
use std::time::Duration;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use hdrhistogram::serialization::interval_log::{IntervalLogWriterBuilder, Tag};
use hdrhistogram::serialization::{Serializer, V2Serializer};
use hdrhistogram::{Counter, Histogram};

use crate::base::Span;

/// Significant digits: the file is exact to 0.1 %. The run's record has exact percentiles.
const DIGITS: u8 = 3;

pub const HEAD: &str = "#[Histogram log format version 1.3]\n#[StartTime: 0.000 (seconds since epoch)]\n\
    \"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"\n";

/// The number that marks a compressed histogram. The length of the compressed data follows it.
const COMPRESSED: u32 = 0x1c84_9314;

/// Writes log lines. It reuses one compressor, because creating one is slower than compressing.
pub struct Lines {
    plain: V2Serializer,
    bytes: Vec<u8>,
    zlib: ZlibEncoder<Vec<u8>>,
}

impl Default for Lines {
    fn default() -> Lines {
        let zlib = ZlibEncoder::new(Vec::new(), Compression::default());
        Lines { plain: V2Serializer::new(), bytes: Vec::new(), zlib }
    }
}

impl Lines {
    /// The log line of a metric in a cell. `observed` has pairs of value and count, in ascending
    /// order.
    pub fn line(&mut self, cell: &str, length: Span, observed: &[(u64, u64)]) -> String {
        let mut histogram = Histogram::<u64>::new(DIGITS).expect("so many digits can be kept");
        // The largest value first, so that the histogram grows only once.
        for &(value, times) in observed.iter().rev() {
            // The smallest bucket of a histogram is 1.
            histogram.record_n(value.min(i64::MAX as u64), times).expect("it grows as wanted");
        }
        // A tag ends at a comma or a blank.
        let plain: String =
            cell.chars().map(|c| if c == ',' || c.is_whitespace() { '_' } else { c }).collect();
        let mut line = Vec::new();
        let mut log = IntervalLogWriterBuilder::new()
            .begin_log_with(&mut line, self)
            .expect("writing to memory does not fail");
        log.write_histogram(&histogram, Duration::ZERO, Duration::from_nanos(length.0), Tag::new(&plain))
            .expect("a histogram is written to memory");
        String::from_utf8(line).expect("a log is text")
    }
}

impl Serializer for Lines {
    type SerializeError = io::Error;

    fn serialize<T: Counter, W: Write>(
        &mut self,
        histogram: &Histogram<T>,
        writer: &mut W,
    ) -> io::Result<usize> {
        self.bytes.clear();
        self.plain.serialize(histogram, &mut self.bytes).map_err(io::Error::other)?;
        self.zlib.write_all(&self.bytes)?;
        let packed = self.zlib.reset(Vec::new())?;
        writer.write_all(&COMPRESSED.to_be_bytes())?;
        writer.write_all(&(packed.len() as u32).to_be_bytes())?;
        writer.write_all(&packed)?;
        Ok(8 + packed.len())
    }
}

#[cfg(test)]
mod tests {
    use hdrhistogram::serialization::Deserializer;
    use hdrhistogram::serialization::interval_log::{IntervalLogIterator, LogEntry};

    use super::*;
    use crate::base::from_base64;

    #[test]
    fn another_reader_finds_the_cells_and_their_percentiles() {
        let observed: Vec<(u64, u64)> = (1..=1_000).map(|n| (n * 1_000_000, 1)).collect();
        let (mut log, mut lines) = (HEAD.as_bytes().to_vec(), Lines::default());
        log.extend(lines.line("a, b", Span::secs(60), &observed).bytes());
        log.extend(lines.line("c", Span::secs(60), &[(0, 5)]).bytes());
        let mut found = Vec::new();
        for entry in IntervalLogIterator::new(&log) {
            let LogEntry::Interval(interval) = entry.expect("a log") else { continue };
            let bytes = from_base64(interval.encoded_histogram()).unwrap();
            let histogram: Histogram<u64> = Deserializer::new().deserialize(&mut bytes.as_slice()).unwrap();
            let tag = interval.tag().unwrap().as_str().to_owned();
            found.push((tag, histogram.len(), histogram.value_at_percentile(95.0) / 1_000_000));
        }
        assert_eq!(found, [("a__b".to_owned(), 1_000, 950), ("c".to_owned(), 5, 0)]);
    }
}
