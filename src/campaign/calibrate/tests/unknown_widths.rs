//! Logs of tables whose rows differ in width, most of them without bytes.

use super::{few_of, said};
use crate::base::{Seed, Stream};
use crate::campaign::calibrate::calibrate;
use crate::render::calibrate::Advice;
use crate::theory::chunk::Cost;

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
    /// Seconds by which these take longer in place of that, if any.
    stall: f64,
    /// Seconds a row, without its bytes.
    row: f64,
    /// Share of the answers that are a full page of 500 rows, the others being the tail of one; none are pages if 0.
    full: f64,
    /// The log tells bytes.
    bytes: bool,
    /// After a failure another chunk is asked for, and not the same until its answer comes.
    another: bool,
}

/// Nobody knows bytes, and nothing fails or hangs.
const WORLD: World = World {
    width: Width::Mix(0.0, 0.0, 200.0),
    answers: 1_000,
    mtbf: f64::INFINITY,
    hang: 0.0,
    stall: 0.0,
    row: ROW,
    full: 0.0,
    bytes: false,
    another: false,
};
const OVERHEAD: f64 = 0.3;
const ROW: f64 = 1.5e-3;
const BYTE: f64 = 4e-6;
/// Deviation of the logarithm of a duration.
const NOISE: f64 = 0.06;
/// Tables that differ, and a table whose rows do.
const MIX: Width = Width::Mix(0.2, 1_500.0, 100.0);
const SPREAD: Width = Width::LogNormal(200.0, 0.6);

impl World {
    /// A failure is followed by the next try after 6 s on average.
    fn log(&self, seed: u64) -> String {
        let mut stream = Seed(seed).stream("log.widths", 0, 0);
        let mut text =
            "start,rows,duration_us,outcome".to_owned() + if self.bytes { ",bytes\n" } else { "\n" };
        let mut at = 1_772_438_400.0;
        let mut answers = 0;
        while answers < self.answers {
            let rows = match self.full > 0.0 {
                true if stream.chance(self.full) => 500.0,
                true => (1.0 + 499.0 * stream.unit()).floor(),
                false => (10.0 * libm::exp(stream.unit() * libm::log(200.0))).round(),
            };
            let width = self.width.draw(&mut stream);
            let cost = OVERHEAD + rows * (self.row + BYTE * width);
            loop {
                let noise = stream.log_normal(libm::exp(-NOISE * NOISE / 2.0), NOISE);
                let (hangs, stall) = match stream.chance(self.hang) {
                    true if self.stall > 0.0 => (1.0, self.stall),
                    true => (20.0 + 30.0 * stream.unit(), 0.0),
                    false => (1.0, 0.0),
                };
                let breaks = -libm::log(1.0 - stream.unit()) * self.mtbf;
                let duration = cost * noise * hangs + stall;
                let (rows, took, outcome) =
                    if duration < breaks { (rows, duration, "ok") } else { (0.0, breaks, "reset") };
                text.push_str(&format!("{at:.6},{rows},{:.0},{outcome}", took * 1e6));
                text.push_str(&if self.bytes { format!(",{:.0}\n", rows * width) } else { "\n".to_owned() });
                at += took + 0.05;
                if duration < breaks {
                    answers += 1;
                    break;
                }
                at += -libm::log(1.0 - stream.unit()) * 6.0;
                if self.another {
                    break;
                }
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
            let world = World { width, answers, mtbf, ..WORLD };
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
        let world = World { width, answers, row: 0.3e-3, ..WORLD };
        let [overhead, row, _] = world.held();
        assert!(overhead >= 90 && row >= 90, "{world:?}: {overhead} and {row} of 100");
    }
}

#[test]
fn requests_that_hang_move_no_figure_of_a_log_without_bytes() {
    for width in [SPREAD, MIX] {
        let world = World { width, hang: 0.02, ..WORLD };
        let [overhead, row, _] = world.held();
        assert!(overhead >= 90 && row >= 90, "{world:?}: {overhead} and {row} of 100");
        let calibration = calibrate("log.csv", world.log(1).as_bytes(), &[]).unwrap();
        assert!((10..40).contains(&calibration.census.outliers), "{:?}", calibration.census);
        let notes = &calibration.notes;
        assert!(said(notes, "the figures are those of the others"), "{notes:?}");
        assert!(said(notes, "which wide rows would not do: requests that hang"), "{notes:?}");
        assert!(
            !notes.iter().any(|note| note.contains("put aside are") && note.contains("bytes")),
            "{notes:?}"
        );
    }
}

/// A table whose rows are equally wide.
const EVEN: World = World { row: 1.2e-3, ..WORLD };

#[test]
fn however_many_requests_hang_a_chunk_is_told_of_a_log_without_bytes_and_its_row_is_known_well() {
    for (hang, answers) in [(0.02, 1_000), (0.04, 1_000), (0.06, 1_000), (0.08, 1_000), (0.08, 300)] {
        let world = World { hang, answers, ..EVEN };
        let [overhead, row, _] = world.held();
        let (mut chunks, mut sharp) = (0, 0);
        for seed in 0..100 {
            let calibration = calibrate("log.csv", world.log(seed).as_bytes(), &[]).unwrap();
            let row = calibration.costs.expect("sizes differ").row;
            chunks += u32::from(calibration.advice.is_some());
            sharp += u32::from(row.high - row.low < 0.3 * row.value);
            let why = said(&calibration.unknown, "took far longer than the line of the others says");
            assert!(calibration.advice.is_some() || why, "{:?}", calibration.unknown);
        }
        let case =
            format!("{world:?}: {overhead} and {row} of 100, {chunks} chunks, {sharp} rows known well");
        assert!(overhead >= 90 && row >= 90 && chunks >= 90 && sharp >= 90, "{case}");
    }
}

#[test]
fn requests_that_hang_for_as_long_whatever_their_rows_are_put_aside_where_these_are_many_too() {
    for (stall, answers) in [(10.0, 1_000), (10.0, 3_000), (5.0, 1_000)] {
        let world = World { hang: 0.05, stall, answers, ..EVEN };
        let [overhead, row, _] = world.held();
        assert!(overhead >= 90 && row >= 90, "{world:?}: {overhead} and {row} of 100");
    }
}

#[test]
fn a_row_of_pages_nearly_all_of_which_are_full_is_in_its_interval_where_requests_hang_too() {
    // Of a full page ten seconds more are no longer than wide rows take, and the few others seldom hang.
    for (full, hang, answers) in [(0.95, 0.02, 1_000), (0.95, 0.05, 300), (0.99, 0.05, 1_000)] {
        let world = World { full, hang, stall: 10.0, answers, row: 2.1e-3, ..EVEN };
        let [overhead, row, told] = world.held();
        assert!(overhead >= 90 && row >= 90, "{world:?}: {overhead} and {row} of 100");
        assert!(told >= 90, "{world:?}: {told} of 100 are told why");
    }
}

#[test]
fn no_overhead_is_longer_than_if_requests_took_all_the_time() {
    for seed in 0..600 {
        let log = World { hang: 0.03, answers: 15, row: 0.1e-3, ..EVEN }.log(seed);
        let calibration = calibrate("log.csv", log.as_bytes(), &[]).unwrap();
        let Some(costs) = calibration.costs else { continue };
        // Fifteen answers one of which hung take some three seconds each.
        assert!(costs.request.high < 400.0, "{seed}: {costs:?}");
    }
}

#[test]
fn however_few_pages_are_not_full_no_end_lies_far_beyond_what_answers_take() {
    for (full, answers) in [(0.95, 60), (0.95, 100), (0.9, 60)] {
        for (hang, width) in [(0.02, EVEN.width), (0.0, Width::Mix(0.1, 3_000.0, 100.0))] {
            let world = World { full, hang, width, stall: 10.0, answers, row: 2.1e-3, ..EVEN };
            let row = world.row + BYTE * width.mean();
            let (mut told, mut held) = (0, 0);
            for seed in 0..200 {
                let calibration = calibrate("log.csv", world.log(seed).as_bytes(), &[]).unwrap();
                // Of a few all pages are full.
                let Some(costs) = calibration.costs else { continue };
                let near = costs.request.high < 20.0 * OVERHEAD && costs.row.high < 20.0 * row;
                assert!(near, "{world:?}, {seed}: {costs:?}");
                told += 1;
                held += u32::from(costs.request.holds(OVERHEAD) && costs.row.holds(row));
            }
            assert!(told > 150 && 10 * held >= 9 * told, "{world:?}: {held} of {told}");
        }
    }
}

#[test]
fn a_few_requests_that_hang_leave_a_chunk_told_where_nothing_says_that_they_do() {
    // Of six of them, and of sizes that are near each other, none can say.
    for world in [World { answers: 300, ..EVEN }, World { answers: 100, ..EVEN }] {
        let world = World { hang: 0.02, ..world };
        let [overhead, row, _] = world.held();
        let told = |seed: &u64| {
            let calibration = calibrate("log.csv", world.log(*seed).as_bytes(), &[]).unwrap();
            calibration.advice.is_some()
        };
        let chunks = (0..100).filter(told).count();
        assert!(
            overhead >= 90 && row >= 90 && chunks >= 90,
            "{world:?}: {overhead}, {row} and {chunks} of 100"
        );
    }
}

#[test]
fn rows_that_take_eleven_to_thirty_times_as_long_as_others_are_in_the_interval_also_where_requests_hang() {
    // The bytes of a row, twice as many as elsewhere: a byte counts for more of what it takes.
    for (share, wide, answers, hang) in [
        (0.2, 3_000.0, 1_000, 0.0),
        (0.2, 3_000.0, 1_000, 0.02),
        (0.1, 6_000.0, 300, 0.0),
        (0.02, 8_000.0, 1_000, 0.0),
    ] {
        let world = World { width: Width::Mix(share, wide, 200.0), answers, hang, row: 0.3e-3, ..EVEN };
        let [overhead, row, told] = world.held();
        assert!(overhead >= 90 && row >= 90, "{world:?}: {overhead} and {row} of 100");
        assert!(told >= 90, "{world:?}: {told} of 100 are told why");
    }
}

#[test]
fn who_logs_the_same_bytes_of_every_answer_is_not_told_to_log_bytes() {
    for hang in [0.0, 0.02] {
        let log = World { width: MIX, answers: 300, hang, ..EVEN }.log(1);
        let same =
            |line: &str| format!("{line},{}\n", if line.starts_with("start") { "bytes" } else { "4096" });
        let calibration =
            calibrate("log.csv", log.lines().map(same).collect::<String>().as_bytes(), &[]).unwrap();
        let notes = &calibration.notes;
        assert!(said(notes, "`bytes`, the same of every answer, does not tell why"), "{notes:?}");
        assert!(!said(notes, "log `bytes`") && !said(&calibration.unknown, "log `bytes`"), "{calibration:?}");
    }
}

#[test]
fn of_rows_of_one_width_nothing_is_said_of_widths() {
    let told = World { mtbf: 20.0, ..WORLD }.held()[2];
    assert!(told <= 10, "{told} of 100");
}

#[test]
fn wide_rows_that_break_more_often_are_in_the_interval_whatever_is_asked_for_after_a_failure() {
    for &(mtbf, answers) in few_of(&[(2.75, 300), (20.0, 300), (2.75, 1_000), (5.0, 300)], 2) {
        for another in [false, true] {
            let world = World { width: MIX, mtbf, answers, bytes: true, another, ..EVEN };
            let [overhead, row, _] = world.held();
            assert!(overhead >= 90 && row >= 90, "{world:?}: {overhead} and {row} of 100");
        }
    }
}

#[test]
fn a_row_of_widths_of_which_a_few_make_most_of_its_bytes_is_in_the_interval() {
    const FEW: Width = Width::Mix(0.1, 3_000.0, 100.0);
    for (width, answers, bytes) in
        [(FEW, 200, true), (FEW, 60, true), (FEW, 60, false), (Width::LogNormal(200.0, 1.0), 100, true)]
    {
        let world = World { width, answers, bytes, ..EVEN };
        let [overhead, row, _] = world.held();
        assert!(overhead >= 90 && row >= 90, "{world:?}: {overhead} and {row} of 100");
    }
}

#[test]
fn a_few_wide_rows_among_sixty_answers_leave_no_end_far_beyond_what_answers_take() {
    for (share, wide) in [(0.05, 5_000.0), (0.1, 1_500.0), (0.1, 3_000.0)] {
        let width = Width::Mix(share, wide, 100.0);
        let row = World { width, answers: 60, bytes: true, mtbf: 200.0, ..EVEN }.held()[1];
        assert!(row >= 90, "{width:?}: {row} of 100");
        for seed in 0..200 {
            let log = World { width, answers: 60, bytes: true, mtbf: 200.0, ..EVEN }.log(seed);
            let calibration = calibrate("log.csv", log.as_bytes(), &[]).unwrap();
            let costs = calibration.costs.expect("sizes differ");
            for told in [costs.request, costs.row] {
                assert!(told.high < 20.0 * told.value, "{width:?}, {seed}: {costs:?}");
            }
            if let Some(Advice::Rows { best, excess, .. }) = calibration.advice {
                assert!(best.low >= 1.0 && excess.high < 1e3, "{width:?}, {seed}: {best:?}, {excess:?}");
            }
        }
    }
}

#[test]
fn a_row_with_its_bytes_takes_no_less_than_the_row_alone_so_that_a_chunk_is_told() {
    for (share, wide, answers) in [(0.1, 3_000.0, 60), (0.1, 3_000.0, 100), (0.05, 5_000.0, 200)] {
        let width = Width::Mix(share, wide, 100.0);
        let world = World { width, answers, bytes: true, mtbf: 20.0, ..EVEN };
        let row = world.row + BYTE * width.mean();
        let truth = Cost { chunk: OVERHEAD, row, mtbf: world.mtbf }.best();
        let (mut held, mut chunks, mut chunks_held) = (0, 0, 0);
        for seed in 0..100 {
            let calibration = calibrate("log.csv", world.log(seed).as_bytes(), &[]).unwrap();
            let costs = calibration.costs.expect("sizes differ");
            if let Some(split) = costs.split {
                assert!(costs.row.low > 0.999 * split.row.low, "{world:?}, {seed}: {costs:?}");
            }
            held += u32::from(costs.row.holds(row));
            let Some(Advice::Rows { best, .. }) = calibration.advice else { continue };
            chunks += 1;
            chunks_held += u32::from(best.holds(truth));
        }
        let case = format!("{world:?}: {held} of 100, {chunks_held} of {chunks} chunks");
        assert!(held >= 90 && chunks >= 95 && chunks_held >= 90, "{case}");
    }
}

#[test]
fn no_row_of_nearly_full_pages_with_bytes_takes_far_longer_than_answers_leave_for_it() {
    for (full, answers, width) in [(0.93, 60, MIX), (0.95, 60, SPREAD), (0.95, 80, SPREAD), (0.95, 100, MIX)]
    {
        let world = World { full, answers, width, bytes: true, row: 2.1e-3, ..EVEN };
        let row = world.row + BYTE * width.mean();
        let (mut told, mut held) = (0, 0);
        for seed in 0..200 {
            let calibration = calibrate("log.csv", world.log(seed).as_bytes(), &[]).unwrap();
            // Of a few all pages are full.
            let Some(costs) = calibration.costs else { continue };
            let alone = costs.split.map_or(0.0, |split| split.row.high);
            assert!(costs.row.high < 3.0 * row && alone < 3.0 * row, "{world:?}, {seed}: {costs:?}");
            told += 1;
            held += u32::from(costs.request.holds(OVERHEAD) && costs.row.holds(row));
        }
        assert!(told > 150 && 10 * held >= 9 * told, "{world:?}: {held} of {told}");
    }
}
