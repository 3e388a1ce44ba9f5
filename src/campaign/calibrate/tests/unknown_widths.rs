//! Logs without bytes, of tables whose rows differ in width.

use super::said;
use crate::base::{Seed, Stream};
use crate::campaign::calibrate::calibrate;

/// Bytes of a request's rows.
#[derive(Clone, Copy, Debug)]
enum Width {
    /// The median, and the deviation of the logarithm.
    LogNormal(f64, f64),
    /// How many are wide, and the bytes of these and of the others.
    Mix(f64, f64, f64),
}

impl Width {
    fn draw(self, stream: &mut Stream) -> f64 {
        match self {
            Width::LogNormal(median, deviation) => stream.log_normal(median, deviation),
            Width::Mix(share, wide, narrow) => {
                if stream.chance(share) {
                    wide
                } else {
                    narrow
                }
            }
        }
    }

    fn mean(self) -> f64 {
        match self {
            Width::LogNormal(median, deviation) => median * libm::exp(deviation * deviation / 2.0),
            Width::Mix(share, wide, narrow) => share * wide + (1.0 - share) * narrow,
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct World {
    width: Width,
    answers: u32,
    /// Seconds; none fail if infinite.
    mtbf: f64,
    /// Share of the requests that hang, and take 20 to 50 times as long.
    hang: f64,
    /// Seconds a row, without its bytes.
    row: f64,
}

const OVERHEAD: f64 = 0.3;
const ROW: f64 = 1.5e-3;
const BYTE: f64 = 4e-6;
/// Deviation of the logarithm of a duration.
const NOISE: f64 = 0.06;
/// Tables that differ, and a table whose rows do.
const MIX: Width = Width::Mix(0.2, 1_500.0, 100.0);
const SPREAD: Width = Width::LogNormal(200.0, 0.6);

impl World {
    /// A chunk is tried until its answer comes, 6 s after a failure on average.
    fn log(&self, seed: u64) -> String {
        let mut stream = Seed(seed).stream("log.widths", 0, 0);
        let mut text = "start,rows,duration_us,outcome\n".to_owned();
        let mut at = 1_772_438_400.0;
        for _ in 0..self.answers {
            let rows = (10.0 * libm::exp(stream.unit() * libm::log(200.0))).round();
            let cost = OVERHEAD + rows * (self.row + BYTE * self.width.draw(&mut stream));
            loop {
                let noise = stream.log_normal(libm::exp(-NOISE * NOISE / 2.0), NOISE);
                let hangs = if stream.chance(self.hang) { 20.0 + 30.0 * stream.unit() } else { 1.0 };
                let breaks = -libm::log(1.0 - stream.unit()) * self.mtbf;
                let duration = cost * noise * hangs;
                let (rows, took, outcome) =
                    if duration < breaks { (rows, duration, "ok") } else { (0.0, breaks, "reset") };
                text.push_str(&format!("{at:.6},{rows},{:.0},{outcome}\n", took * 1e6));
                at += took + 0.05;
                if duration < breaks {
                    break;
                }
                at += -libm::log(1.0 - stream.unit()) * 6.0;
            }
        }
        text
    }

    /// Of a hundred logs, how many hold the overhead, and a row with its bytes, and how many were told of what lies far from the line.
    fn held(&self) -> [u32; 3] {
        let row = self.row + BYTE * self.width.mean();
        let mut held = [0; 3];
        for seed in 0..100 {
            let calibration = calibrate("log.csv", self.log(seed).as_bytes(), &[]).unwrap();
            let costs = calibration.costs.expect("sizes differ");
            let told = said(&calibration.notes, "as rows may differ in width");
            let holds = [costs.request.holds(OVERHEAD), costs.row.holds(row), told];
            held.iter_mut().zip(holds).for_each(|(held, holds)| *held += u32::from(holds));
        }
        held
    }
}

#[test]
fn a_row_of_tables_whose_bytes_are_unknown_lies_in_its_interval_however_wide_its_rows_are() {
    let mut rows = 0;
    for width in [SPREAD, MIX] {
        for (answers, mtbf) in [(100, f64::INFINITY), (100, 20.0), (1_000, f64::INFINITY), (1_000, 20.0)] {
            let world = World { width, answers, mtbf, hang: 0.0, row: ROW };
            let [overhead, row, told] = world.held();
            assert!(overhead >= 90 && row >= 90, "{world:?}: {overhead} and {row} of 100");
            assert!(answers < 1_000 || told >= 90, "{world:?}: {told} of 100 are told why");
            rows += row;
        }
    }
    // An interval that always holds is wider than it says.
    assert!(rows < 800);
}

#[test]
fn wide_rows_that_take_ten_times_as_long_as_others_are_in_the_interval_too() {
    // Of rows that take little but for their bytes a wide one is farther from the line than anything but a request that hangs.
    for (share, wide, answers) in [(0.2, 1_500.0, 1_000), (0.1, 3_000.0, 300), (0.02, 4_000.0, 1_000)] {
        let width = Width::Mix(share, wide, 100.0);
        let world = World { width, answers, mtbf: f64::INFINITY, hang: 0.0, row: 0.3e-3 };
        let [overhead, row, _] = world.held();
        assert!(overhead >= 90 && row >= 90, "{world:?}: {overhead} and {row} of 100");
    }
}

#[test]
fn requests_that_hang_move_no_figure_of_a_log_without_bytes() {
    for width in [SPREAD, MIX] {
        let world = World { width, answers: 1_000, mtbf: f64::INFINITY, hang: 0.02, row: ROW };
        let [overhead, row, _] = world.held();
        assert!(overhead >= 90 && row >= 90, "{world:?}: {overhead} and {row} of 100");
        let calibration = calibrate("log.csv", world.log(1).as_bytes(), &[]).unwrap();
        assert!((10..40).contains(&calibration.census.outliers), "{:?}", calibration.census);
        let notes = &calibration.notes;
        assert!(said(notes, "the figures are those of the others"), "{notes:?}");
        assert!(said(notes, "the intervals hold the line with them, too"), "{notes:?}");
    }
}

#[test]
fn of_rows_of_one_width_nothing_is_said_of_widths() {
    let told = World { width: Width::Mix(0.0, 0.0, 200.0), answers: 1_000, mtbf: 20.0, hang: 0.0, row: ROW }
        .held()[2];
    assert!(told <= 10, "{told} of 100");
}
