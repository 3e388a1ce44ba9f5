//! Calibrations of logs whose parameters are known.

mod apart;
mod curved;
mod few;
mod hung;
mod left_out;
mod lines;
mod neighbours;
mod outliers;
mod refused;
mod sizes;
mod steps;
mod timeouts;
mod tries;
mod unknown_widths;
mod widths;

use super::calibrate;
use crate::base::{Seed, Span, Stream};
use crate::render::calibrate::{Advice, Calibration, Estimate, Outages, Rate};
use crate::theory::chunk::Cost;

/// The model of which a log is drawn: answers take (overhead + rows × row + bytes × byte) × log-normal noise of mean 1; transfers break
/// as a Poisson process, and the device then waits for an exponential time.
#[derive(Clone, Copy)]
struct Model {
    overhead: f64,
    row: f64,
    byte: f64,
    /// Bytes of a row, the same for all rows of a request: from, to.
    width: (f64, f64),
    /// Rows of a request: from, to, on a log scale.
    rows: (f64, f64),
    /// Coefficient of variation.
    noise: f64,
    /// Seconds; none fail if infinite.
    mtbf: f64,
    repair: f64,
    answers: u32,
    /// After a failure another chunk is asked for, and not the same until its answer comes.
    another: bool,
}

const MODEL: Model = Model {
    overhead: 0.4,
    row: 2e-3,
    byte: 8e-6,
    width: (100.0, 800.0),
    rows: (20.0, 1_000.0),
    noise: 0.15,
    mtbf: 40.0,
    repair: 6.0,
    answers: 500,
    another: false,
};

impl Model {
    fn log(&self, seed: u64) -> String {
        let span = (libm::log(self.rows.0), libm::log(self.rows.1));
        self.log_of(seed, |stream| libm::exp(span.0 + (span.1 - span.0) * stream.unit()).round())
    }

    /// The log of answers whose rows are drawn so.
    fn log_of(&self, seed: u64, rows: impl Fn(&mut Stream) -> f64) -> String {
        let mut stream = Seed(seed).stream("log", 0, 0);
        let mut text = "start,rows,bytes,duration_us,outcome\n".to_owned();
        let mut at = 1_772_438_400.0;
        let variance = libm::log(1.0 + self.noise * self.noise);
        let mut answers = 0;
        while answers < self.answers {
            let rows = rows(&mut stream);
            let width = self.width.0 + (self.width.1 - self.width.0) * stream.unit();
            let bytes = (rows * width).round();
            loop {
                let noise = stream.log_normal(libm::exp(-variance / 2.0), libm::sqrt(variance));
                let duration = (self.overhead + rows * self.row + bytes * self.byte) * noise;
                let breaks = -libm::log(1.0 - stream.unit()) * self.mtbf;
                let whole = duration < breaks;
                let took = Span::from_secs_f64(duration.min(breaks)).as_micros();
                let ended =
                    if whole { format!("{rows},{bytes},{took},ok") } else { format!("0,0,{took},reset") };
                text.push_str(&format!("{at:.6},{ended}\n"));
                at += took as f64 / 1e6;
                if whole {
                    answers += 1;
                    break;
                }
                at += -libm::log(1.0 - stream.unit()) * self.repair;
                if self.another {
                    break;
                }
            }
            at += 0.05;
        }
        text
    }

    fn calibration(&self, seed: u64) -> Calibration {
        calibrate("log.csv", self.log(seed).as_bytes(), &[]).unwrap()
    }
}

/// Of the worlds that a test makes a hundred logs of, the first few; all by `SYNCDYNO_EVERY=1`.
fn few_of<T>(worlds: &[T], few: usize) -> &[T] {
    if std::env::var_os("SYNCDYNO_EVERY").is_some() { worlds } else { &worlds[..few] }
}

fn said(lines: &[String], what: &str) -> bool {
    lines.iter().any(|line| line.contains(what))
}

#[test]
fn each_parameter_lies_in_its_interval_in_at_least_ninety_of_a_hundred_logs() {
    let with_bytes = MODEL.row + MODEL.byte * (MODEL.width.0 + MODEL.width.1) / 2.0;
    let chunk = Cost { chunk: MODEL.overhead, row: with_bytes, mtbf: MODEL.mtbf }.best();
    let names = ["overhead", "row with bytes", "row", "byte", "noise", "rate", "repair", "chunk"];
    let mut held = [0; 8];
    for seed in 0..100 {
        let calibration = MODEL.calibration(seed);
        let costs = calibration.costs.expect("sizes differ");
        let split = costs.split.expect("bytes are not in step with rows");
        let outages = calibration.outages.expect("requests take time");
        let Rate::Known(rate) = outages.rate else { panic!("seed {seed}: no failure") };
        let Some(Advice::Rows { best, .. }) = calibration.advice else { panic!("seed {seed}: no advice") };
        let holds = [
            costs.request.holds(MODEL.overhead),
            costs.row.holds(with_bytes),
            split.row.holds(MODEL.row),
            split.byte.holds(MODEL.byte),
            costs.noise.holds(MODEL.noise),
            rate.holds(1.0 / MODEL.mtbf),
            outages.repair.is_some_and(|repair| repair.holds(MODEL.repair)),
            best.holds(chunk),
        ];
        for (count, holds) in held.iter_mut().zip(holds) {
            *count += u32::from(holds);
        }
    }
    let told: Vec<String> = names.iter().zip(held).map(|(name, n)| format!("{name} {n}")).collect();
    assert!(held.iter().all(|n| *n >= 90), "{}", told.join(", "));
    // An interval that always holds is wider than it says.
    assert!(held.iter().sum::<u32>() < 8 * 100, "{}", told.join(", "));
}

#[test]
fn repairs_after_which_the_next_try_breaks_too_are_told_one_by_one() {
    let model = Model { mtbf: 5.0, ..MODEL };
    let holds = |seed: &u64| {
        let outages = model.calibration(*seed).outages.expect("requests take time");
        outages.repair.is_some_and(|repair| repair.holds(model.repair))
    };
    let held = (0..100).filter(holds).count();
    assert!((88..100).contains(&held), "{held} of 100");
}

/// The log without what its failures took.
fn untimed(log: &str) -> String {
    let blank = |line: &str| match line.strip_suffix(",reset").and_then(|head| head.split_once(',')) {
        Some((start, _)) => format!("{start},,,,reset\n"),
        None => format!("{line}\n"),
    };
    log.lines().map(blank).collect()
}

#[test]
fn failures_that_do_not_say_how_long_they_took_make_repairs_no_longer() {
    for mtbf in [3.0, 5.0, 40.0] {
        let model = Model { mtbf, ..MODEL };
        let (mut repairs, mut rates, mut held) = (0.0, 0.0, 0);
        for seed in 0..100 {
            let log = untimed(&model.log(seed));
            let outages =
                calibrate("log.csv", log.as_bytes(), &[]).unwrap().outages.expect("answers take time");
            let (repair, Rate::Known(rate)) = (outages.repair.expect("there were failures"), outages.rate)
            else {
                panic!("there were failures");
            };
            repairs += repair.value / model.repair / 100.0;
            rates += rate.value * mtbf / 100.0;
            held += u32::from(repair.holds(model.repair));
        }
        assert!((0.93..1.07).contains(&repairs), "mtbf {mtbf}: repairs are {repairs} of what they were");
        assert!((0.9..1.1).contains(&rates), "mtbf {mtbf}: failures are {rates} of what they were");
        assert!(held >= 90, "mtbf {mtbf}: {held} of 100");
    }
}

#[test]
fn the_pause_of_an_app_that_tries_again_and_again_is_no_repair() {
    // The link is back after 6 s on average; the app looks every 4 s.
    let pause = 4.0;
    let (mut mean, mut held) = (0.0, 0);
    for seed in 0..100 {
        let mut stream = Seed(seed).stream("probes", 0, 0);
        let mut text = "start,rows,bytes,duration_ms,outcome\n".to_owned();
        let mut at = 1_772_438_400.0;
        for n in 0..60 {
            text.push_str(&format!(
                "{at:.3},{0},{0},{0},ok\n{1:.3},0,0,400,reset\n",
                200 + n % 7 * 90,
                at + 1.0
            ));
            let back = at + 1.4 - libm::log(1.0 - stream.unit()) * 6.0;
            at += 1.4 + pause * stream.unit();
            while at < back {
                text.push_str(&format!("{at:.3},,,,offline\n"));
                at += pause;
            }
        }
        text.push_str(&format!("{at:.3},300,300,300,ok\n"));
        let calibration = calibrate("log.csv", text.as_bytes(), &[]).unwrap();
        let repair = calibration.outages.unwrap().repair.unwrap();
        mean += repair.value / 100.0;
        held += u32::from(repair.holds(6.0));
        assert!(said(&calibration.notes, "half of that pause"), "{:?}", calibration.notes);
        assert!(said(&calibration.unknown, "the app's own pause"), "{:?}", calibration.unknown);
    }
    assert!((5.4..6.9).contains(&mean) && held >= 90, "{mean} s on average, {held} of 100 hold");
}

#[test]
fn a_line_that_would_have_a_byte_take_less_than_no_time_does_not_tell_rows_and_bytes_apart() {
    let mut log = "start,rows,bytes,duration_ms,outcome\n".to_owned();
    for n in 0..100 {
        let rows = 50 + n * 10;
        let bytes = 5_000 + n * 990 + n % 3 * 100;
        log.push_str(&format!("{},{rows},{bytes},{},ok\n", 1_772_434_800 + n * 10, rows * rows / 100 + 50));
    }
    let calibration = calibrate("log.csv", log.as_bytes(), &[]).unwrap();
    assert_eq!(calibration.costs.unwrap().split, None);
    assert!(said(&calibration.unknown, "take less than no time"), "{:?}", calibration.unknown);
}

#[test]
fn timeouts_that_answers_come_near_may_be_slow_answers_and_that_is_said() {
    let mut log = "start,rows,duration_ms,outcome\n".to_owned();
    for n in 0..200 {
        let took = 200 + n * 41 % 9_000;
        let (took, outcome) = if took > 8_000 { (8_000, "timeout") } else { (took, "ok") };
        log.push_str(&format!("{},{},{took},{outcome}\n", 1_772_434_800 + n * 10, 10 + n * 41 % 9_000));
    }
    let calibration = calibrate("log.csv", log.as_bytes(), &[]).unwrap();
    assert!(said(&calibration.unknown, "only slow answers"), "{:?}", calibration.unknown);
}

#[test]
fn intervals_are_as_narrow_as_their_figures_are_worth() {
    let calibration = MODEL.calibration(1);
    let costs = calibration.costs.unwrap();
    for (name, estimate, share) in
        [("overhead", costs.request, 0.15), ("row", costs.row, 0.15), ("noise", costs.noise, 0.2)]
    {
        assert!(estimate.high - estimate.low < share * estimate.value, "{name}: {estimate:?}");
    }
}

#[test]
fn the_same_log_gives_the_same_figures() {
    assert_eq!(MODEL.calibration(5), MODEL.calibration(5));
    assert_ne!(MODEL.calibration(5), MODEL.calibration(6));
}

#[test]
fn outliers_move_no_figure_far() {
    let clean = MODEL.calibration(3);
    let mut n = 0;
    let dirty: String = MODEL
        .log(3)
        .lines()
        .map(|line| {
            n += 1;
            let hung = n % 40 == 0 && line.ends_with(",ok");
            let (head, _) = line.rsplit_once(',').unwrap();
            let (head, _) = head.rsplit_once(',').unwrap();
            if hung { format!("{head},290000000,ok\n") } else { format!("{line}\n") }
        })
        .collect();
    let dirty = calibrate("log.csv", dirty.as_bytes(), &[]).unwrap();
    assert!(dirty.census.outliers >= 10, "{:?}", dirty.census);
    let (clean, dirty) = (clean.costs.unwrap(), dirty.costs.unwrap());
    assert!(clean.request.holds(dirty.request.value) && clean.row.holds(dirty.row.value));
}

#[test]
fn rows_and_bytes_in_step_are_not_told_apart() {
    let calibration = Model { width: (300.0, 300.0), ..MODEL }.calibration(1);
    let costs = calibration.costs.unwrap();
    assert_eq!(costs.split, None);
    assert!(costs.row.holds(2e-3 + 300.0 * 8e-6), "{costs:?}");
    assert!(
        said(&calibration.unknown, "the two grow in step (300 bytes a row)"),
        "{:?}",
        calibration.unknown
    );
}

#[test]
fn answers_of_one_size_are_not_split_into_overhead_and_rows() {
    let calibration = Model { rows: (500.0, 500.0), width: (90.0, 90.0), ..MODEL }.calibration(1);
    assert_eq!((calibration.costs, calibration.advice), (None, None));
    assert!(said(&calibration.unknown, "all answers have one size (500 rows)"), "{:?}", calibration.unknown);
    assert!(calibration.outages.is_some(), "failures are told all the same");
}

#[test]
fn without_a_failure_there_is_a_bound_and_no_optimum() {
    let calibration = Model { mtbf: f64::INFINITY, ..MODEL }.calibration(1);
    let outages = calibration.outages.unwrap();
    let Rate::AtMost(rate) = outages.rate else { panic!("{outages:?}") };
    assert!((rate * outages.exposed - 2.996).abs() < 0.01, "{rate}");
    let Some(Advice::AtLeast(rows)) = calibration.advice else { panic!("{:?}", calibration.advice) };
    assert!(rows > 1_000.0, "{rows}");
    // No less sure than that nothing broke: of the least overhead and the dearest row.
    let costs = calibration.costs.unwrap();
    let least = Cost { chunk: costs.request.low, row: costs.row.high, mtbf: 1.0 / rate };
    assert!((rows / least.best() - 1.0).abs() < 1e-9, "{rows} and {}", least.best());
    assert!(said(&calibration.unknown, "no failure in"), "{:?}", calibration.unknown);
}

#[test]
fn failures_alone_tell_nothing() {
    let log: String = (0..40).map(|n| format!("{},,,400,reset\n", n * 10)).collect();
    let log = format!("start,rows,bytes,duration_ms,outcome\n{log}");
    let calibration = calibrate("log.csv", log.as_bytes(), &[]).unwrap();
    assert_eq!((calibration.census.cut, &calibration.costs, &calibration.outages), (40, &None, &None));
    assert!(
        calibration.unknown.len() == 1 && said(&calibration.unknown, "anything: no request was answered")
    );
    assert!(!calibration.story().contains("transfer between failures"), "{}", calibration.story());
}

#[test]
fn the_caps_that_no_log_knows_are_named_with_a_limit_that_its_answers_have_room_in() {
    for (overhead, limit) in [(0.4, 15), (20.0, 60)] {
        for answers in [9, 50] {
            let calibration = Model { overhead, answers, mtbf: f64::INFINITY, ..MODEL }.calibration(1);
            let limit = if answers < 10 { 15 } else { limit };
            let told = format!("--limit chunk={limit}s (half of a timeout of {} s)", 2 * limit);
            let unknown = &calibration.unknown;
            assert!(said(unknown, "page cap") && said(unknown, &told), "{unknown:?}");
        }
    }
}

#[test]
fn too_few_answers_give_no_costs() {
    let calibration = Model { answers: 9, ..MODEL }.calibration(1);
    assert_eq!(calibration.costs, None);
    assert!(
        said(&calibration.unknown, "9 answers with a duration, at least 10"),
        "{:?}",
        calibration.unknown
    );
}

#[test]
fn requests_that_overlap_have_no_repair_time() {
    let two: String = MODEL.log(1) + MODEL.log(2).split_once('\n').unwrap().1;
    let calibration = calibrate("log.csv", two.as_bytes(), &[]).unwrap();
    assert_eq!(calibration.outages.unwrap().repair, None);
    assert!(said(&calibration.unknown, "name them in a column `device`"), "{:?}", calibration.unknown);
    assert!(said(&calibration.notes, "not in the order of their starts"), "{:?}", calibration.notes);
}

#[test]
fn a_log_with_pauses_counts_only_time_under_way() {
    let later =
        MODEL.log(2).lines().skip(1).map(|line| line.replacen("1772", "1779", 1) + "\n").collect::<String>();
    let calibration = calibrate("log.csv", (MODEL.log(1) + &later).as_bytes(), &[]).unwrap();
    assert!(calibration.census.lasted > 1e6);
    assert!(calibration.outages.unwrap().exposed < 4_000.0);
    assert!(said(&calibration.notes, "1 pause of more than an hour"), "{:?}", calibration.notes);
}

#[test]
fn starts_by_a_coarse_clock_are_told() {
    let coarse = |line: &str| {
        let (start, rest) = line.split_once(',').unwrap();
        let start =
            start.parse::<f64>().map_or(start.to_owned(), |s| format!("{}", (s / 60.0).floor() * 60.0));
        format!("{start},{rest}\n")
    };
    let text: String = MODEL.log(1).lines().map(coarse).collect();
    let calibration = calibrate("log.csv", text.as_bytes(), &[]).unwrap();
    assert!(said(&calibration.notes, "the clock of `start` is coarse"), "{:?}", calibration.notes);
}

#[test]
fn a_line_that_bends_is_told() {
    // A request of more than 300 rows is served from a slower shelf.
    let model = Model { width: (300.0, 300.0), noise: 0.05, mtbf: 1e6, ..MODEL };
    let bent = |line: &str| {
        let fields: Vec<&str> = line.split(',').collect();
        match (fields[1].parse::<u64>(), fields[3].parse::<u64>()) {
            (Ok(rows), Ok(took)) if rows > 300 => {
                format!("{},{rows},{},{},{}\n", fields[0], fields[2], took * 17 / 10, fields[4])
            }
            _ => format!("{line}\n"),
        }
    };
    let text: String = model.log(1).lines().map(bent).collect();
    let calibration = calibrate("log.csv", text.as_bytes(), &[]).unwrap();
    assert!(said(&calibration.notes, "of what a straight line says"), "{:?}", calibration.notes);
    assert!(!said(&model.calibration(1).notes, "straight line"));
}

#[test]
fn failures_far_sooner_than_any_answer_with_a_generic_word_are_not_sent() {
    let clean = MODEL.calibration(4);
    let with = |word: &str, every: usize| {
        let lines = MODEL.log(4);
        let add = |(n, line): (usize, &str)| match line.split_once(',') {
            Some((start, _)) if n > 0 && n % every == 0 => format!("{line}\n{start},,,3000,{word}\n"),
            _ => format!("{line}\n"),
        };
        let text: String = lines.lines().enumerate().map(add).collect();
        calibrate("log.csv", text.as_bytes(), &[]).unwrap()
    };
    // A word that says more is not believed of so many: transfers that are cut at random have fewer that end so soon.
    for word in ["error", "Failed", "0", "reset"] {
        let calibration = with(word, 5);
        assert!(calibration.census.not_sent > 50, "{word}: {:?}", calibration.census);
        assert_eq!(calibration.census.cut, clean.census.cut, "{word}");
        assert_eq!(calibration.outages.unwrap().failures, clean.outages.unwrap().failures, "{word}");
        assert!(
            said(&calibration.notes, "counted as not sent, not as cut"),
            "{word}: {:?}",
            calibration.notes
        );
    }
    let reset = with("reset", 400);
    assert_eq!(reset.census.cut, clean.census.cut + 1, "a word that says more is believed of one");
    assert!(!said(&reset.notes, "not sent"), "{:?}", reset.notes);
}

#[test]
fn only_the_lines_that_were_asked_for_count() {
    let mixed: String = MODEL
        .log(1)
        .lines()
        .enumerate()
        .map(|(n, line)| match n {
            0 => format!("{line},kind\n"),
            _ => format!("{line},pull\n1772438400,1,1,5,ok,push\n"),
        })
        .collect();
    let only = ["kind=pull".parse().unwrap()];
    let calibration = calibrate("log.csv", mixed.as_bytes(), &only).unwrap();
    assert_eq!(calibration, MODEL.calibration(1));
}

/// A log of an app that tries again every so often while the link is down, with what it notes of that after the start.
fn with_tries(log: &str, pause: f64, noted: &str) -> String {
    let starts: Vec<f64> =
        log.lines().skip(1).map(|line| line.split(',').next().unwrap().parse().unwrap()).collect();
    let lasts = noted.split(',').nth(2).unwrap().parse().unwrap_or(0.0) / 1e6;
    let mut text = "start,rows,bytes,duration_us,outcome\n".to_owned();
    for (n, line) in log.lines().skip(1).enumerate() {
        text.push_str(&format!("{line}\n"));
        let took = line.split(',').nth(3).unwrap().parse().unwrap_or(0.0) / 1e6;
        // The link is back when the next request begins.
        let mut at = starts[n] + took + pause;
        while line.ends_with("reset") && starts.get(n + 1).is_some_and(|next| at + lasts < *next) {
            text.push_str(&format!("{at:.6},{noted}\n"));
            at += pause;
        }
    }
    text
}

#[test]
fn tries_on_a_dead_link_are_not_taken_for_cuts_whatever_is_noted_of_them() {
    let with_bytes = MODEL.row + MODEL.byte * (MODEL.width.0 + MODEL.width.1) / 2.0;
    let worlds = [
        (40.0, false, ",,,error"),
        (10.0, false, ",,,error"),
        (40.0, true, ",,,reset"),
        (40.0, true, ",,1400000,timeout"),
        (40.0, true, ",,150000,reset"),
        (10.0, true, ",,150000,error"),
        (40.0, false, ",,10000,reset"),
        (40.0, false, ",,150000,error"),
    ];
    for &(mtbf, timed, noted) in few_of(&worlds, 3) {
        let model = Model { mtbf, ..MODEL };
        let chunk = Cost { chunk: MODEL.overhead, row: with_bytes, mtbf }.best();
        let (mut rates, mut held, mut off) = (0, 0, Vec::new());
        for seed in 0..100 {
            let log = model.log(seed);
            let log = with_tries(&if timed { log } else { untimed(&log) }, 1.5, noted);
            let calibration = calibrate("log.csv", log.as_bytes(), &[]).unwrap();
            let notes = &calibration.notes;
            assert!(said(notes, "counted as tries") || said(notes, "as not sent"), "seed {seed}: {notes:?}");
            let Rate::Known(rate) = calibration.outages.unwrap().rate else { panic!("there were failures") };
            let Some(Advice::Rows { best, .. }) = calibration.advice else {
                panic!("seed {seed}: no advice")
            };
            rates += u32::from(rate.holds(1.0 / mtbf));
            held += u32::from(best.holds(chunk));
            off.push(rate.value * mtbf);
        }
        off.sort_by(f64::total_cmp);
        let case =
            format!("mtbf {mtbf}, {timed}, {noted}: {rates} rates, {held} chunks of 100, {} times", off[50]);
        assert!(rates >= 90 && held >= 90 && (0.9..1.1).contains(&off[50]), "{case}");
    }
}

#[test]
fn devices_that_do_not_share_their_failures_are_told() {
    let log = |mtbf: [f64; 2]| {
        let of = |n: usize| {
            let log = Model { mtbf: mtbf[n], answers: 200, ..MODEL }.log(n as u64);
            log.lines().skip(1).map(|line| format!("{line},d{n}\n")).collect::<String>()
        };
        format!("start,rows,bytes,duration_us,outcome,device\n{}{}", of(0), of(1))
    };
    let notes = |mtbf| calibrate("log.csv", log(mtbf).as_bytes(), &[]).unwrap().notes;
    assert!(said(&notes([3.0, 80.0]), "the figures are those of no device"), "{:?}", notes([3.0, 80.0]));
    assert!(said(&notes([3.0, 80.0]), "`d1` has 5 of "), "{:?}", notes([3.0, 80.0]));
    assert!(said(&notes([3.0, 80.0]), "look at one with --only device=d1"), "{:?}", notes([3.0, 80.0]));
    assert!(!said(&notes([20.0, 20.0]), "no device"), "{:?}", notes([20.0, 20.0]));
    // Each breaks at a rate of its own, and no failure in a row is a try.
    assert!(!said(&notes([1.5, 80.0]), "counted as tries"), "{:?}", notes([1.5, 80.0]));
}

#[test]
fn devices_whose_answers_cost_unlike_much_are_told() {
    let notes_of = |costs: &[f64], seed: u64, answers: u32| {
        let mut text = "start,rows,bytes,duration_us,outcome,device\n".to_owned();
        for (n, times) in costs.iter().enumerate() {
            let own =
                Model { overhead: times * 0.4, row: times * 2e-3, byte: times * 8e-6, answers, ..MODEL };
            let log = own.log(100 * seed + n as u64);
            log.lines().skip(1).for_each(|line| text.push_str(&format!("{line},d{n}\n")));
        }
        calibrate("log.csv", text.as_bytes(), &[]).unwrap().notes
    };
    let notes = |costs: &[f64], seed: u64| notes_of(costs, seed, 60);
    for seed in 0..20 {
        let alike = notes(&[1.0; 10], seed);
        assert!(!said(&alike, "devices are unlike"), "{seed}: {alike:?}");
        // Of many with few answers each some are far from the mean by chance.
        let many = notes_of(&[1.0; 200], seed, 8);
        assert!(!said(&many, "devices are unlike"), "{seed}: {many:?}");
        let unlike = notes(&[1.0, 1.0, 1.0, 1.0, 1.6], seed);
        assert!(
            said(&unlike, "devices are unlike: by the line of all, answers of one take -"),
            "{seed}: {unlike:?}"
        );
        assert!(said(&unlike, "the farthest: `d4` (+"), "{seed}: {unlike:?}");
        assert!(said(&unlike, "look at one with --only device=d4"), "{seed}: {unlike:?}");
    }
}

#[test]
fn where_chance_may_have_put_failures_in_a_row_the_interval_holds_both_readings() {
    let with_bytes = MODEL.row + MODEL.byte * (MODEL.width.0 + MODEL.width.1) / 2.0;
    let model = Model { mtbf: 8.0, answers: 30, ..MODEL };
    let chunk = Cost { chunk: MODEL.overhead, row: with_bytes, mtbf: model.mtbf }.best();
    // Those that are in a row broke under way; or they are tries.
    for pause in [f64::INFINITY, 4.0] {
        let (mut open, mut held) = (0, 0);
        for seed in 0..100 {
            let log = with_tries(&untimed(&model.log(seed)), pause, ",,,error");
            let calibration = calibrate("log.csv", log.as_bytes(), &[]).unwrap();
            if let Some(Advice::Rows { best, .. }) = calibration.advice
                && said(&calibration.unknown, "the intervals hold both")
            {
                open += 1;
                held += u32::from(best.holds(chunk));
            }
        }
        assert!(open >= 20 && 10 * held >= 9 * open, "pause {pause}: {held} of {open}");
    }
}

#[test]
fn of_failures_without_a_duration_in_a_row_nobody_can_tell_what_they_are() {
    let log = |tries: u32| {
        let mut text = "start,rows,bytes,duration_ms,outcome\n".to_owned();
        for n in 0..40 {
            let at = 1_772_438_400 + n * 60;
            text.push_str(&format!("{at},{0},{0},{0},ok\n", 200 + n % 7 * 90));
            (1..=tries).for_each(|second| text.push_str(&format!("{},,,,error\n", at + u64::from(second))));
        }
        text
    };
    let told = |tries| {
        let unknown = calibrate("log.csv", log(tries).as_bytes(), &[]).unwrap().unknown;
        unknown.into_iter().find(|line| line.contains("right after another of the device"))
    };
    assert_eq!(told(1), None);
    assert!(told(3).is_some_and(|line| line.starts_with("80 failures without a duration")), "{:?}", told(3));
}
