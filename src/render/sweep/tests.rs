//! A sweep whose cells are worked out by hand: chunks that outages cut, on two links.

mod queues;
mod refused;
mod theory;
mod without;

use super::*;
use crate::analysis::judge;
use crate::analysis::sweep::{Objective, Sweep};
use crate::base::Seed;
use crate::metrics::{Figure, Unit};
use crate::record::{CellRecord, Reason, RunRecord, Verdict, assemble, fixture};
use crate::theory::chunk::Cost;

const SIZES: [u32; 7] = [32, 64, 128, 256, 512, 1_024, 2_048];
const LINKS: [(&str, Cost); 2] = [
    ("edge", Cost { chunk: 0.8, row: 0.02, mtbf: 45.0 }),
    ("lte", Cost { chunk: 0.2, row: 0.004, mtbf: 30.0 }),
];
const ROWS: f64 = 2_048_000.0;

fn axes() -> Vec<(String, Vec<String>)> {
    let sizes = SIZES.map(|size| size.to_string()).to_vec();
    let links = LINKS.map(|(name, _)| name.to_owned()).to_vec();
    vec![("engine.pull.chunk_rows".to_owned(), sizes), ("fleet.phones.link".to_owned(), links)]
}

/// One cell as the closed form has it. A seed makes all settings slower or faster alike, by up to a
/// third, and each a little more.
fn cell(size: u32, link: &str, cost: Cost, seed: u64) -> CellRecord {
    let mut cell = judge(&fixture::plan(None, seed), "cell", &fixture::outcome()).cell;
    let own = |n: u64| Seed(seed).stream("noise", n, 0).unit();
    let luck = 1.0 + own(0) / 3.0 + own(u64::from(size)) / 200.0;
    let chunks = ROWS / f64::from(size);
    let moving = chunks * (cost.chunk + cost.row * f64::from(size));
    let whole = chunks * cost.time(f64::from(size), 0.0) * luck;
    let failures = chunks * libm::expm1((cost.chunk + cost.row * f64::from(size)) / cost.mtbf);
    let ns = |s: f64| (s * 1e9) as u64;
    let numbers = [
        ("engine.rows.rate", Unit::MilliRowsPerSecond, (ROWS * 1e3 / whole) as u64),
        ("engine.session.time", Unit::Ns, ns(whole)),
        ("engine.pull.time", Unit::Ns, ns(moving)),
        ("engine.requests.lost_time", Unit::Ns, ns(chunks * cost.time(f64::from(size), 0.0) - moving)),
        ("engine.apply.time", Unit::Ns, ns(0.001 * chunks)),
        ("engine.pull.rows", Unit::Rows, ROWS as u64),
        ("engine.requests.cut", Unit::Count, failures as u64),
        // Of an answer that is cut half has crossed the wire, though all of it is dropped.
        ("net.down.bytes", Unit::Bytes, ((ROWS + failures * f64::from(size) / 2.0) * 100.0) as u64),
        ("net.dropped.bytes", Unit::Bytes, (failures * f64::from(size) * 100.0) as u64),
        ("engine.down.bytes", Unit::Bytes, (ROWS * 100.0) as u64),
    ];
    for (name, unit, value) in numbers {
        cell.metrics.insert(name.into(), Figure::Value { unit, value });
    }
    let (count, max) = (chunks as u64, u64::from(size));
    let sizes = Figure::Distribution {
        unit: Unit::Rows,
        count,
        min: 1,
        p50: max,
        p95: max,
        p99: max,
        max,
        mean: None,
    };
    cell.metrics.insert("engine.pull.chunk_rows".into(), sizes);
    cell.axes =
        [("engine.pull.chunk_rows".to_owned(), size.into()), ("fleet.phones.link".to_owned(), link.into())]
            .into();
    cell
}

fn record(seeds: u64, alter: impl Fn(&mut CellRecord)) -> RunRecord {
    let mut record = assemble("reports/x", &[], Vec::new(), &[]);
    for size in SIZES {
        for (link, cost) in LINKS {
            for seed in 1..=seeds {
                let mut cell = cell(size, link, cost, seed);
                alter(&mut cell);
                record.cells.push(cell);
            }
        }
    }
    record
}

fn json(record: &RunRecord) -> serde_json::Value {
    serde_json::from_str(&Sweep::new(record, &axes(), Objective::default()).to_json()).unwrap()
}

/// A number written as a text.
fn number(value: &serde_json::Value) -> f64 {
    value.as_str().unwrap().parse().unwrap()
}

#[test]
fn the_best_of_each_series_is_found_and_luck_that_all_settings_share_does_not_hide_it() {
    let written = json(&record(8, |_| {}));
    assert_eq!(written["across"][0], "fleet.phones.link");
    for ((name, cost), series) in LINKS.iter().zip(written["series"].as_array().unwrap()) {
        assert_eq!(series["name"], *name);
        let best = cost.best();
        let (low, high) = (number(&series["optimum_between"][0]), number(&series["optimum_between"][1]));
        assert!(low < best && best < high && high / low <= 8.0, "{name}: {low} to {high}, not around {best}");
        let closed = series["closed_form"]["rows"].as_f64().unwrap();
        assert!((closed / best - 1.0).abs() < 0.05, "{name}: fitted {closed}, not {best}");
    }
}

#[test]
fn the_closed_form_is_told_where_settings_are_compared_by_the_time_of_a_row_alone() {
    let record = record(8, |_| {});
    for (metric, told) in [("engine.rows.rate", true), ("engine.pull.time", false)] {
        let sweep = Sweep::new(&record, &axes(), metric.parse().unwrap());
        let written: serde_json::Value = serde_json::from_str(&sweep.to_json()).unwrap();
        assert_eq!(written["series"][0]["closed_form"].is_object(), told, "{metric}: {written}");
        assert_eq!(sweep.story().contains("closed form"), told, "{metric}: {}", sweep.story());
    }
}

#[test]
fn a_sweep_that_was_cut_short_is_told_so_far_and_what_did_not_run_bounds_nothing() {
    let whole = record(8, |_| {});
    let best = |text: &str| text.lines().find(|line| line.starts_with("edge: ")).unwrap().to_owned();
    let told = best(&Sweep::new(&whole, &axes(), Objective::default()).story());
    assert!(told.starts_with("edge: best at ") && told.contains("the optimum lies between"), "{told}");
    for (ran, said) in [
        (1, "where the optimum lies, too few settings ran to tell"),
        (2, "the optimum lies above 32 (95 %)"),
        (SIZES.len(), "the optimum lies between"),
    ] {
        let mut cut = whole.clone();
        cut.complete = false;
        cut.cells.truncate(ran * LINKS.len() * 8);
        let sweep = Sweep::new(&cut, &axes(), Objective::default());
        let story = sweep.story();
        assert!(story.starts_with("engine.rows.rate so far: harmonic mean of up to 8 seeds\n"), "{story}");
        let told = best(&story);
        assert!(told.starts_with("edge: so far best at ") && told.contains(said), "{ran} settings: {told}");
        assert!(!story.contains("– ~"), "{story}");
    }
}

#[test]
fn in_which_order_settings_were_asked_for_changes_nothing() {
    let record = record(8, |_| {});
    let told = |order: &[usize]| {
        let mut axes = axes();
        axes[0].1 = order.iter().map(|i| SIZES[*i].to_string()).collect();
        Sweep::new(&record, &axes, Objective::default()).story()
    };
    let ascending = told(&[0, 1, 2, 3, 4, 5, 6]);
    for order in [[6, 5, 4, 3, 2, 1, 0], [6, 0, 3, 5, 1, 4, 2]] {
        assert_eq!(told(&order), ascending, "{order:?}");
    }
}

#[test]
fn the_sides_are_told_by_what_limits_them() {
    let written = json(&record(8, |_| {}));
    let limits = written["series"][0]["limits"].as_array().unwrap();
    let told = |n: usize| limits[n].as_str().unwrap();
    assert!(told(0).starts_with("below ") && told(0).contains("round trips: at 32, "), "{}", told(0));
    assert!(
        told(1).starts_with("above ") && told(1).contains("outages restart chunks: at 2\u{2009}048, "),
        "{}",
        told(1)
    );
}

#[test]
fn what_explains_less_than_half_of_a_cost_is_not_named_as_its_cause() {
    // It costs four times as much, though waiting before retries takes three points more of the
    // time.
    let waits = record(8, |cell| {
        let size = cell.axes["engine.pull.chunk_rows"].as_u64().unwrap();
        let value = if size == 32 { 4_000_000_000_000 } else { 1_000_000_000 * (1_000 + size) };
        // The sessions take about as long.
        for (name, value) in
            [("engine.session.time", 1_000_000_000_000), ("engine.pull.time", 70_000_000_000)]
        {
            cell.metrics.insert(name.into(), Figure::Value { unit: Unit::Ns, value });
        }
        cell.metrics.insert(
            "engine.rows.rate".into(),
            Figure::Value { unit: Unit::MilliRowsPerSecond, value: 1_000_000_000_000_000 / value },
        );
        let retries = if size == 32 { 30_000_000_000 } else { 0 };
        cell.metrics.insert("engine.retry.time".into(), Figure::Value { unit: Unit::Ns, value: retries });
    });
    let limits = json(&waits)["series"][0]["limits"].clone();
    let below = limits[0].as_str().unwrap();
    assert!(
        below.starts_with("below ") && below.contains("nothing that was measured explains the cost: at 32, "),
        "{limits}"
    );
}

#[test]
fn the_bytes_in_vain_are_those_that_crossed_the_wire() {
    let written = json(&record(8, |_| {}));
    let told = written["series"][0]["limits"][1].as_str().unwrap();
    let (_, cost) = LINKS[0];
    // Half of each cut answer, of all that was sent.
    let cut = libm::expm1((cost.chunk + cost.row * 2_048.0) / cost.mtbf) / 2.0;
    let share = format!("{:.0} % of the bytes on the wire", 100.0 * cut / (1.0 + cut));
    assert!(told.contains(&share), "{share}: {told}");
}

#[test]
fn bytes_in_vain_that_are_next_to_none_are_not_told() {
    // A link without a rate to speak of: what is cut had brought nothing yet.
    let fast = record(8, |cell| {
        let useful = cell.metrics["engine.down.bytes"].clone();
        cell.metrics.insert("net.down.bytes".into(), useful);
    });
    let told = json(&fast)["series"][0]["limits"][1].as_str().unwrap().to_owned();
    assert!(told.contains("outages restart chunks: at 2\u{2009}048, "), "{told}");
    assert!(told.contains(" of the time is lost (") && !told.contains("bytes on the wire"), "{told}");
}

#[test]
fn failures_of_the_fit_are_not_called_those_of_the_link() {
    let told = Sweep::new(&record(8, |_| {}), &axes(), Objective::default()).story();
    assert!(told.contains("), as if a failure every "), "{told}");
}

#[test]
fn a_setting_that_loses_a_row_is_marked_and_is_no_candidate() {
    let best = |record: &RunRecord| json(record)["series"][0]["best"].as_str().unwrap().to_owned();
    let sound = record(3, |_| {});
    let bad = best(&sound);
    let size: u32 = bad.parse().unwrap();
    let lossy = record(3, |cell| {
        if cell.seed == "2" && cell.axes["engine.pull.chunk_rows"] == size {
            cell.verdict = Verdict::Fail;
            cell.reasons.push(Reason { exit_code: 11, text: "lost (1 row): d1 never got k1".to_owned() });
        }
    });
    assert_ne!(best(&lossy), bad);
    let axes = axes();
    let story = Sweep::new(&lossy, &axes, Objective::default()).story();
    assert!(
        story.contains(&format!("{bad} is no candidate: lost (1 row): d1 never got k1 (1 of 3 seeds)")),
        "{story}"
    );
    let row = story.lines().find(|line| line.trim_start().starts_with(&bad)).unwrap();
    assert!(row.contains('!'), "{row}");
}

#[test]
fn without_seeds_nothing_is_said_of_the_noise() {
    let record = record(2, |_| {});
    assert!(json(&record)["series"][0]["within_noise"].is_null());
    let axes = axes();
    assert!(Sweep::new(&record, &axes, Objective::default()).story().contains("too few seeds"));
}

#[test]
fn the_story_fits_into_eighty_columns_and_has_no_colours() {
    let record = record(4, |_| {});
    let axes = axes();
    let story = Sweep::new(&record, &axes, Objective::default()).story();
    let chart: Vec<&str> = story.lines().skip_while(|line| !line.starts_with("cost relative")).collect();
    let chart = &chart[..chart.iter().position(|line| line.starts_with("edge:")).unwrap()];
    assert!(
        chart.iter().any(|line| line.contains(|c: char| ('\u{2801}'..='\u{28ff}').contains(&c))),
        "{story}"
    );
    assert!(chart.iter().all(|line| line.chars().count() <= 80), "{story}");
    assert!(chart.iter().any(|line| line.contains("a edge") && line.contains("b lte")), "{story}");
    assert!(!story.contains('\u{1b}'));
    for size in SIZES {
        let label = crate::metrics::human::thousands(u64::from(size));
        assert!(story.lines().any(|line| line.trim_start().starts_with(&label)), "a row for {size}: {story}");
    }
}

#[test]
fn a_lucky_seeds_rate_does_not_make_up_for_an_unlucky_ones_wait() {
    // 10 rows/s and 1 000 rows/s: the same rows take as long as at 19.8 rows/s, not at 505.
    let record = record(2, |cell| {
        let value = if cell.seed == "1" { 10_000 } else { 1_000_000 };
        let figure = Figure::Value { unit: Unit::MilliRowsPerSecond, value };
        cell.metrics.insert("engine.rows.rate".into(), figure);
    });
    let point = json(&record)["series"][0]["points"][0].clone();
    assert_eq!([&point["mean"], &point["min"], &point["max"]], [19_802, 10_000, 1_000_000], "{point}");
}

#[test]
fn nothing_at_all_is_the_best_of_what_is_better_lower() {
    let record = record(3, |cell| {
        let value = if cell.axes["engine.pull.chunk_rows"] == 64 { 0 } else { 7 };
        cell.metrics.insert("engine.retries.count".into(), Figure::Value { unit: Unit::Count, value });
    });
    let axes = axes();
    let sweep = Sweep::new(&record, &axes, "engine.retries.count".parse().unwrap());
    let written: serde_json::Value = serde_json::from_str(&sweep.to_json()).unwrap();
    assert_eq!(written["series"][0]["best"], "64");
    assert!(sweep.story().contains("best at 64 (0)"));
}

#[test]
fn the_csv_has_a_row_a_setting() {
    let record = record(3, |_| {});
    let axes = axes();
    let csv = Sweep::new(&record, &axes, Objective::default()).to_csv();
    let mut lines = csv.lines();
    let header = "variant,fleet.phones.link,engine.pull.chunk_rows,seeds,mean,min,max,cost_ppm,trouble";
    assert_eq!(lines.next(), Some(header));
    assert_eq!(lines.clone().count(), SIZES.len() * LINKS.len());
    assert!(lines.all(|line| line.split(',').nth(3) == Some("3")), "{csv}");
}

#[test]
fn a_sweep_that_was_cut_short_tells_what_it_has() {
    let mut record = record(3, |_| {});
    record.cells.truncate(10);
    let axes = axes();
    let story = Sweep::new(&record, &axes, Objective::default()).story();
    assert!(story.contains('–'), "{story}");
    record.cells.clear();
    let story = Sweep::new(&record, &axes, Objective::default()).story();
    assert!(!story.contains("best at"), "{story}");
}

#[test]
fn an_axis_of_names_has_a_table_and_no_chart() {
    let record = record(3, |_| {});
    let mut axes = axes();
    axes.reverse();
    let story = Sweep::new(&record, &axes, Objective::default()).story();
    assert!(!story.contains("cost relative"), "{story}");
    assert!(story.contains("best at lte"), "{story}");
}

/// The sizes of [`record`], and three controllers: one that is always at the best size of the grid,
/// one that is always at the smallest, and one that loses rows.
fn with_controllers(seeds: u64) -> (RunRecord, Vec<(String, Vec<String>)>) {
    let mut record = record(seeds, |_| {});
    let names = ["good", "small", "lossy"];
    for (name, size) in names.into_iter().zip([None, Some(32), None]) {
        for (link, cost) in LINKS {
            for seed in 1..=seeds {
                let best = SIZES
                    .into_iter()
                    .min_by(|a, b| cost.time_a_row(f64::from(*a)).total_cmp(&cost.time_a_row(f64::from(*b))));
                let size = size.or(best).unwrap();
                let mut cell = cell(size, link, cost, seed);
                cell.axes.remove("engine.pull.chunk_rows");
                cell.axes.insert("engine.pull.controller".to_owned(), name.into());
                if name == "lossy" {
                    cell.verdict = Verdict::Fail;
                    cell.reasons.push(Reason { exit_code: 11, text: "lost (1 row)".to_owned() });
                }
                let (unit, n) = (Unit::Ns, 1);
                let [min, p50, p95, p99, max] = [seed * 1_000; 5];
                let reached = Figure::Distribution { unit, count: n, min, p50, p95, p99, max, mean: None };
                cell.metrics.insert(format!("engine.control.reached/pull-{size}").into(), reached);
                record.cells.push(cell);
            }
        }
    }
    let mut axes = axes();
    axes[0] = ("engine.pull.controller".to_owned(), names.map(str::to_owned).to_vec());
    (record, axes)
}

#[test]
fn regret_is_what_a_setting_costs_more_than_the_best_of_the_reference() {
    let (record, ours) = with_controllers(3);
    let swept = |axes: &[(String, Vec<String>)]| Sweep::new(&record, axes, Objective::default());
    let regret = Regret::new(&swept(&ours), &swept(&axes()));
    let written: serde_json::Value = serde_json::from_str(&regret.to_json()).unwrap();
    for ((link, cost), series) in LINKS.iter().zip(written["series"].as_array().unwrap()) {
        assert_eq!(series["name"], *link);
        let paid = |n: usize| series["costs"][n]["regret_ppm"].as_i64();
        assert_eq!(paid(0), Some(0), "{series}");
        let best: f64 = series["best"].as_str().unwrap().replace('\u{2009}', "").parse().unwrap();
        let more = cost.time_a_row(32.0) / cost.time_a_row(best) - 1.0;
        assert!((paid(1).unwrap() as f64 / 1e6 / more - 1.0).abs() < 0.05, "{more}: {series}");
        assert_eq!((paid(2), &series["costs"][2]["trouble"]), (None, &"lost (1 row) (3 of 3 seeds)".into()));
    }
    let settings = &written["settings"];
    assert_eq!(
        (&settings[0]["reached"], &settings[0]["reached_ns"]),
        (&2.into(), &2_000.into()),
        "the median of 1, 2 and 3 µs: {settings}"
    );
    assert!(settings[1]["reached_ns"].is_null(), "32 rows lie outside of both flat regions");
    assert_eq!(settings[2]["failed"], 2);
    let story = regret.story();
    let worst = story.lines().find(|line| line.trim_start().starts_with("worst")).unwrap();
    assert!(
        worst.contains("+0.0 %") && story.lines().any(|line| line.starts_with("small: at worst +")),
        "{story}"
    );
    assert!(story.lines().all(|line| line.chars().count() <= 120), "{story}");
    assert_eq!(regret.to_csv().lines().count(), 1 + 3 * LINKS.len());
}

#[test]
fn the_plots_show_what_the_words_say() {
    let record = record(8, |_| {});
    let sweep = Sweep::new(&record, &axes(), Objective::default());
    let curves = curves(&sweep).unwrap();
    let best: Vec<Option<f64>> = curves.curves.iter().map(|curve| curve.best).collect();
    let told =
        json(&record)["series"].as_array().unwrap().iter().map(|s| number(&s["best"])).collect::<Vec<_>>();
    assert_eq!(best, told.iter().copied().map(Some).collect::<Vec<_>>());
    for curve in &curves.curves {
        let (first, last) = curve.flat.unwrap();
        assert!(first <= curve.best.unwrap() && curve.best.unwrap() <= last);
        for point in &curve.points {
            let (low, high) = point.interval.unwrap();
            assert!(low < point.y && point.y < high, "the mean lies within its interval");
        }
    }
    let map = heat_map(&sweep).unwrap();
    for row in &map.rows {
        let bests = row.cells.iter().filter(|heat| heat.cost == Some(1.0)).count();
        assert_eq!((bests, row.cells.len()), (1, SIZES.len()));
    }
}

#[test]
fn a_setting_that_lost_a_row_is_drawn_as_no_candidate() {
    let record = record(3, |cell| {
        if cell.axes["engine.pull.chunk_rows"] == 512 {
            cell.verdict = Verdict::Fail;
            cell.reasons.push(Reason { exit_code: 11, text: "lost (1 row): gone".to_owned() });
        }
    });
    let sweep = Sweep::new(&record, &axes(), Objective::default());
    let curves = curves(&sweep).unwrap();
    let fallen = |x: f64| curves.curves.iter().all(|c| c.points.iter().any(|p| p.x == x && !p.candidate));
    assert!(fallen(512.0) && !fallen(256.0));
    let map = heat_map(&sweep).unwrap();
    assert!(map.rows.iter().all(|row| row.cells[4].trouble && row.cells[4].cost.is_none()));
}

#[test]
fn without_numbers_or_figures_there_is_no_plot_that_lies() {
    let record = record(1, |cell| cell.metrics.clear());
    let sweep = Sweep::new(&record, &axes(), Objective::default());
    assert_eq!((curves(&sweep), heat_map(&sweep)), (None, None));
}

/// Two modes over shares of time in which a backend is up, and over two refresh intervals.
fn modes(seeds: u64, useful: impl Fn(&str, u64, &str) -> u64) -> RunRecord {
    let mut record = assemble("reports/x", &[], Vec::new(), &[]);
    for (mode, hourly) in [("ota", 40), ("persistent", 9)] {
        for share in [50, 90, 99] {
            for every in ["5m", "1h"] {
                for seed in 1..=seeds {
                    let mut cell = judge(&fixture::plan(None, seed), "cell", &fixture::outcome()).cell;
                    let useful = useful(mode, share, every) + 1_000 * seed;
                    let figures = [
                        ("engine.syncs.useful_share", Unit::Ppm, useful),
                        ("backend.requests.hourly", Unit::Count, hourly),
                    ];
                    for (name, unit, value) in figures {
                        cell.metrics.insert(name.into(), Figure::Value { unit, value });
                    }
                    let axis = |key: &str, value: String| (key.to_owned(), value.into());
                    cell.axes = [
                        axis("gateway.mode", mode.to_owned()),
                        axis("backend.availability.share", format!("{share}%")),
                        axis("gateway.refresh.every", every.to_owned()),
                    ]
                    .into();
                    record.cells.push(cell);
                }
            }
        }
    }
    record
}

fn crossing(record: &RunRecord) -> String {
    let values = |values: &[&str]| values.iter().map(|v| (*v).to_owned()).collect();
    let axes = [
        ("gateway.mode".to_owned(), values(&["ota", "persistent"])),
        ("backend.availability.share".to_owned(), values(&["50%", "90%", "99%"])),
        ("gateway.refresh.every".to_owned(), values(&["5m", "1h"])),
    ];
    Sweep::new(record, &axes, "engine.syncs.useful_share".parse().unwrap()).story()
}

#[test]
fn of_two_modes_it_is_told_where_each_wins() {
    let story = crossing(&modes(3, |mode, share, every| match (mode, every) {
        ("ota", _) => share * 10_000,
        (_, "5m") => 950_000,
        _ => 600_000,
    }));
    for part in [
        "of 6 places, ota wins in 3, persistent wins in 3\n",
        "as backend.availability.share goes: persistent up to 90%, ota at 99% (every 5m)",
        "as backend.availability.share goes: persistent at 50%, ota from 90% on (every 1h)",
        "persistent 60.2% : 50.2%",
        "backend.requests.hourly: ota / persistent",
        "40 / 9",
    ] {
        assert!(story.contains(part), "{part} is not in\n{story}");
    }
}

#[test]
fn where_two_modes_do_not_differ_neither_wins() {
    let story = crossing(&modes(3, |_, share, _| share * 10_000));
    let told = "of 6 places, ota wins in 0, persistent wins in 0, neither beyond the noise in 6\n  \
                as backend.availability.share goes: neither throughout (every 5m; every 1h)\n";
    assert!(story.ends_with(told), "{story}");
    let story = crossing(&modes(1, |mode, _, _| 100_000 + mode.len() as u64 * 10_000));
    assert!(story.contains("persistent throughout"), "{story}");
    assert!(story.contains("too few seeds to tell the noise"), "{story}");
}

/// Ways of doing something that are no numbers, each with how many of its requests are refused and
/// why; the second is the best.
fn of_words(seeds: u64) -> RunRecord {
    let mut record = assemble("reports/x", &[], Vec::new(), &[]);
    for (mode, whole, refused) in [("eager", 300, 40), ("lazy", 100, 0), ("steady", 101, 0)] {
        for seed in 1..=seeds {
            let mut cell = judge(&fixture::plan(None, seed), "cell", &fixture::outcome()).cell;
            let second = 1_000_000_000;
            let luck = Seed(seed).stream("noise", whole, 0).below(5 * second);
            let figures = [
                ("engine.session.time", Unit::Ns, whole * second + luck),
                ("engine.pull.time", Unit::Ns, 90 * second),
                ("engine.requests.lost_time", Unit::Ns, 4 * refused * second),
                ("engine.requests.refused_time", Unit::Ns, 4 * refused * second),
                ("engine.requests.refused", Unit::Count, refused),
                ("engine.requests.unavailable", Unit::Count, refused),
                ("engine.pull.rows", Unit::Rows, 1_000),
            ];
            for (name, unit, value) in figures {
                cell.metrics.insert(name.into(), Figure::Value { unit, value });
            }
            cell.axes = [("gateway.serve.capture".to_owned(), mode.into())].into();
            record.cells.push(cell);
        }
    }
    record
}

#[test]
fn of_words_there_is_no_interval_but_which_are_as_good() {
    let axes =
        [("gateway.serve.capture".to_owned(), ["eager", "lazy", "steady"].map(str::to_owned).to_vec())];
    let record = of_words(5);
    let sweep = Sweep::new(&record, &axes, "engine.session.time".parse().unwrap());
    let story = sweep.story();
    for part in [
        "best at lazy (",
        "as good within the noise (95 %): steady; within 3 %: steady\n",
        "\n  the server is down or its queue is full: at eager, ",
    ] {
        assert!(story.contains(part), "{part:?} is not in\n{story}");
    }
    for part in ["optimum", "between", "above", "below", "quota"] {
        assert!(!story.contains(part), "{part:?} is in\n{story}");
    }
    let json: serde_json::Value = serde_json::from_str(&sweep.to_json()).unwrap();
    assert_eq!(json["series"][0]["optimum_between"], serde_json::Value::Null);
    let curves = curves(&sweep).unwrap();
    assert!(curves.curves.iter().all(|curve| curve.flat.is_none() && curve.between.is_none()));
    let few = of_words(1);
    let story = Sweep::new(&few, &axes, "engine.session.time".parse().unwrap()).story();
    assert!(story.contains("too few seeds"), "{story}");
}

#[test]
fn settings_within_three_percent_beyond_one_that_is_dearer_are_told_beside_the_region() {
    // A row takes so long at 64, 128 and so on: 128 is in the flat region of 512, and something
    // dearer lies between.
    let mut record = record(3, |_| {});
    let times = [(64, 2_000), (128, 1_010), (256, 1_100), (512, 1_000), (1_024, 1_020)];
    record.cells.retain(|cell| times.iter().any(|(rows, _)| cell.axes["engine.pull.chunk_rows"] == *rows));
    for cell in &mut record.cells {
        let (_, time) = times.iter().find(|(rows, _)| cell.axes["engine.pull.chunk_rows"] == *rows).unwrap();
        let value = Figure::Value { unit: Unit::Ns, value: *time * 1_000_000 };
        cell.metrics.insert("engine.session.time".into(), value);
    }
    let sizes: Vec<String> = times.iter().map(|(rows, _)| rows.to_string()).collect();
    let mut axes = axes();
    axes.iter_mut().find(|(key, _)| key == "engine.pull.chunk_rows").unwrap().1 = sizes;
    let story = Sweep::new(&record, &axes, "engine.session.time".parse().unwrap()).story();
    assert!(story.contains("within 3 %: 512 to 1\u{2009}024, and 128\n"), "{story}");
}
