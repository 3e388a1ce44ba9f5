use std::collections::BTreeSet;

use super::*;
use crate::metrics::Unit;
use crate::record::StepRecord;

fn point(x: f64, y: f64) -> Point {
    Point { x, y, interval: Some((y * 0.9, y * 1.1)), candidate: true, seeds: None }
}

fn curves() -> Curves {
    let sizes = [16.0, 64.0, 256.0, 1_024.0, 4_096.0];
    let curve = |name: &str, rates: [f64; 5], best: f64, flat| Curve {
        name: name.to_owned(),
        points: sizes.iter().zip(rates).map(|(x, y)| point(*x, y)).collect(),
        best: Some(best),
        flat: Some(flat),
        between: Some([Some(64.0), None]),
    };
    let mut edge = curve("edge & co", [9e3, 12e3, 11e3, 7e3, 3e3], 64.0, (64.0, 256.0));
    edge.points[4].candidate = false;
    Curves {
        title: "Rows a second by chunk size".to_owned(),
        about: "On edge 64 rows are best.".to_owned(),
        x: "engine.pull.chunk_rows".to_owned(),
        settings: sizes.iter().map(|x| (*x, format!("{x}"))).collect(),
        y: "engine.rows.rate".to_owned(),
        unit: Some(Unit::MilliRowsPerSecond),
        curves: vec![
            edge,
            curve("lte-good", [80e3, 200e3, 390e3, 400e3, 380e3], 1_024.0, (256.0, 1_024.0)),
            curve("wifi-good", [81e3, 201e3, 391e3, 401e3, 381e3], 1_024.0, (256.0, 1_024.0)),
        ],
        marks: vec![(100.0, "PouchDB".to_owned()), (120.0, "yours".to_owned())],
    }
}

fn heat() -> HeatMap {
    let cell = |cost: f64| Heat { cost: Some(cost), told: "9.1 rows/s".to_owned(), trouble: false };
    let row = |name: &str, costs: [f64; 3]| HeatRow { name: name.to_owned(), cells: costs.map(cell).into() };
    let mut rows = vec![row("edge", [1.0, 1.02, 3.4]), row("lte-good", [12.0, 1.3, 1.0])];
    rows[0].cells[2] = Heat { cost: None, told: "lost (3 rows)".to_owned(), trouble: true };
    let columns = ["64", "256", "1 024"].map(str::to_owned).into();
    HeatMap {
        title: "Cost by chunk and link".to_owned(),
        about: "The best of each row.".to_owned(),
        x: "engine.pull.chunk_rows".to_owned(),
        columns,
        y: "fleet.phones.link".to_owned(),
        rows,
    }
}

fn timeline() -> Timeline {
    let hour = 3_600_000_000_000;
    let panel = |name: &str, values: [u64; 5]| Panel {
        name: name.to_owned(),
        unit: Unit::Rows,
        points: values.iter().zip(0..).map(|(value, i)| (i * hour, *value)).collect(),
    };
    Timeline {
        title: "The fleet over time".to_owned(),
        about: "It came to rest.".to_owned(),
        end: 5 * hour,
        clock: Clock::parse("2026-03-02T07:50:00Z"),
        phase: Some((4 * hour, "script ends".to_owned())),
        panels: vec![
            panel("applied", [0, 1_200, 90_000, 120_000, 120_000]),
            panel("waiting", [0, 3, 17, 9, 0]),
        ],
        strips: vec![
            Strip {
                name: "offline".to_owned(),
                spans: vec![(hour, 2 * hour, 0.4, "8 of 20".to_owned())],
                ticks: Vec::new(),
            },
            Strip { name: "switch-fails".to_owned(), spans: Vec::new(), ticks: vec![hour, 3 * hour] },
        ],
    }
}

fn spacetime() -> SpaceTime {
    let moment = |clock: &str, place: &str, to: Option<&str>, from: Option<&str>, text: &str| StepRecord {
        at_ns: 0,
        clock: clock.to_owned(),
        place: place.to_owned(),
        to: to.map(str::to_owned),
        from: from.map(str::to_owned),
        text: text.to_owned(),
    };
    SpaceTime {
        title: "The life of visit a1".to_owned(),
        about: "d3 never got it.".to_owned(),
        lanes: vec!["d9".to_owned()],
        moments: vec![
            moment("08:00:01.000", "d17", None, None, "edit d17.e0 update visit a1 status=\"done\""),
            moment("08:00:03.000", "d17", Some("backend"), None, "edit d17.e0 of visit a1 sent in request 1"),
            moment(
                "08:00:03.200",
                "backend",
                None,
                Some("d17"),
                "visit a1 committed by edit d17.e0: clinic=\"a\", status=\"done\", doctor=\"dr-a\", remark=\"a text that goes on and on\"",
            ),
            moment("08:00:04.000", "gateway", Some("d3"), None, "visit a1 leaves for d3"),
            moment("08:00:05.000", "d3", None, None, "process killed"),
        ],
        ending: Some(
            "in short: it was sent to d3 at 08:00:04.000, d3 never stored it, and its cursor moved on"
                .to_owned(),
        ),
    }
}

fn bars() -> Bars {
    let bar = |name: &str, value| Bar { name: name.to_owned(), value, told: format!("{value} rows") };
    let group = |head: &str| (head.to_owned(), vec![bar("as-is", 0), bar("a variant of a long name", 1_234)]);
    Bars {
        title: "Variants".to_owned(),
        about: String::new(),
        alike: false,
        groups: vec![group("lost"), group("sent")],
    }
}

/// The texts of a drawing, each with the largest box that it can take.
fn labels(svg: &str) -> Vec<(String, [f64; 4])> {
    let attribute = |tag: &str, name: &str| -> Option<f64> {
        let rest = &tag[tag.find(&format!(" {name}=\""))? + name.len() + 3..];
        rest[..rest.find('"')?].parse().ok()
    };
    let texts = svg.lines().filter(|line| line.starts_with("<text"));
    let boxed = texts.map(|line| {
        let (tag, rest) = line.split_once('>').expect("a tag has an end");
        let text = rest.trim_end_matches("</text>").replace("&quot;", "\"").replace("&amp;", "&");
        let (x, y) = (attribute(tag, "x").unwrap(), attribute(tag, "y").unwrap());
        let letters = if tag.contains("\"b") { 12.5 } else { 11.0 };
        let wide = ink::width(&text, letters) * 0.95;
        let left = match tag {
            tag if tag.contains(" z\"") || tag.contains("\"z\"") => x - wide / 2.0,
            tag if tag.contains(" e\"") || tag.contains("\"e\"") => x - wide,
            _ => x,
        };
        (text, [left, y - 9.0, left + wide, y + 2.0])
    });
    boxed.collect()
}

/// Checks that no label overlaps another one or leaves the drawing.
pub(in crate::render) fn assert_legible(svg: &Svg) {
    let text = svg.inline();
    let view = text.split_once("viewBox=\"").unwrap().1.split_once('"').unwrap().0;
    let view: Vec<f64> = view.split(' ').map(|n| n.parse().unwrap()).collect();
    let labels = labels(&text);
    for (i, (a, [left, top, right, bottom])) in labels.iter().enumerate() {
        let inside = *left >= -1.0 && *right <= view[2] + 1.0 && *bottom <= view[3] + 1.0;
        assert!(inside, "{a:?} leaves {}", svg.title);
        for (b, [l, t, r, m]) in &labels[i + 1..] {
            let apart = right <= l || r <= left || bottom <= t || m <= top;
            assert!(apart, "{a:?} meets {b:?} in {}", svg.title);
        }
    }
}

/// A plot for a desktop and for a phone. Both must be legible.
fn legible(draw: impl Fn(Size) -> Svg) -> [String; 2] {
    Size::BOTH.map(|size| {
        let drawn = draw(size);
        assert_legible(&drawn);
        drawn.inline()
    })
}

#[test]
fn plots_look_like_this_on_a_desk_and_on_a_phone() {
    let [curve, _] = legible(|size| curves().draw(size));
    let [_, map] = legible(|size| heat().draw(size));
    let [time, _] = legible(|size| timeline().draw(size));
    let [bars, _] = legible(|size| bars().draw(size));
    for plot in [curve, map, time, bars].into_iter().chain(legible(|size| spacetime().draw(size))) {
        insta::assert_snapshot!(plot);
    }
}

/// The dashed lines of marks, each as x and both ends of y.
fn lines_of_marks(svg: &str) -> Vec<[f64; 3]> {
    let number = |line: &str, name: &str| -> f64 {
        let rest = line.split_once(&format!(" {name}=\"")).unwrap().1;
        rest.split_once('"').unwrap().0.parse().unwrap()
    };
    let lines = svg.lines().filter(|line| line.starts_with("<line class=\"mark\""));
    lines.map(|line| [number(line, "x1"), number(line, "y1"), number(line, "y2")]).collect()
}

#[test]
fn no_line_of_a_mark_strikes_through_a_name_and_each_has_a_letter_and_a_tick() {
    let names = [
        "PouchDB, Datasync, LiveStore",
        "present, PowerSync, Amplify DataStore, SymmetricDS, Mobile Sync, Couchbase Lite",
    ];
    let places = [100.0, 200.0, 500.0, 1_000.0, 2_000.0, 10_000.0];
    let mut plot = curves();
    plot.settings.extend(places.map(|x| (x, format!("{x}"))));
    plot.settings.sort_by(|a, b| a.0.total_cmp(&b.0));
    plot.marks =
        places.into_iter().zip(names.into_iter().cycle()).map(|(x, name)| (x, name.to_owned())).collect();
    for svg in legible(|size| plot.draw(size)) {
        let (labels, lines) = (labels(&svg), lines_of_marks(&svg));
        assert_eq!(lines.len(), 6);
        for [x, top, bottom] in lines {
            for (text, [left, above, right, below]) in &labels {
                let meets = *left < x && x < *right && *above < bottom && top < *below;
                assert!(!meets, "a line strikes through {text:?}");
            }
        }
        for letter in ["A", "B", "C", "D", "E", "F"] {
            let count = labels.iter().filter(|(text, _)| text == letter).count();
            assert_eq!(count, 2, "above its line and in the legend");
        }
        assert!(labels.iter().any(|(text, _)| text == "100"), "the first that somebody ships has its tick");
        assert!(labels.iter().all(|(text, _)| !text.contains('…')), "the legend names all: {labels:?}");
    }
}

#[test]
fn long_names_are_cut_and_stay_apart() {
    let names: Vec<String> = (10..30).map(|i| format!("low a-very-long-link-name-{i}")).collect();
    let one = curves().curves.remove(1);
    let named = |name: &String| Curve { name: name.clone(), ..one.clone() };
    let plot = Curves { curves: names.iter().map(named).collect(), ..curves() };
    let cost = Heat { cost: Some(1.0), ..Heat::default() };
    let row = |name: &String| HeatRow { name: name.clone(), cells: vec![cost.clone(); 3] };
    let map = HeatMap { rows: names.iter().map(row).collect(), ..heat() };
    let cut = |svg: &String| {
        let texts = labels(svg).into_iter().map(|(text, _)| text);
        texts.filter(|text| text.contains('…')).collect::<BTreeSet<_>>().len()
    };
    assert_eq!(legible(|size| plot.draw(size)).each_ref().map(cut), [Curves::MOST; 2]);
    assert_eq!(legible(|size| map.draw(size)).each_ref().map(cut), [names.len(); 2]);
}

#[test]
fn curves_without_any_figure_are_an_empty_frame_and_no_panic() {
    let empty = Curves { curves: vec![Curve::default()], ..Curves::default() };
    assert!(empty.draw(Size::Wide).inline().contains("<line class=\"axis\""));
    assert!(HeatMap::default().draw(Size::Narrow).inline().starts_with("<svg"));
}

/// A map with this many columns. `bests` has the best column of each row.
fn wide_map(columns: usize, bests: &[usize]) -> HeatMap {
    let cell = |best: usize, i: usize| Heat {
        cost: Some(1.0 + 0.01 * best.abs_diff(i) as f64),
        told: format!("cell {i}"),
        trouble: false,
    };
    let row = |best: &usize| HeatRow {
        name: format!("best-at-{best}"),
        cells: (0..columns).map(|i| cell(*best, i)).collect(),
    };
    HeatMap {
        columns: (1..=columns).map(|i| format!("{i}ms")).collect(),
        rows: bests.iter().map(row).collect(),
        ..heat()
    }
}

#[test]
fn a_map_of_many_columns_shows_both_ends_and_the_best_of_each_row() {
    for svg in legible(|size| wide_map(60, &[59, 37, 41]).draw(size)) {
        assert_eq!(svg.matches("class=\"best\"").count(), 3, "each row has its frame");
        for column in ["1ms", "60ms"] {
            assert!(svg.contains(&format!("<title>best-at-37, {column}: ")), "{column}");
        }
        let columns = svg.matches("<title>best-at-37, ").count();
        assert!((9..=16).contains(&columns), "{columns}");
        assert!(svg.contains(&format!(">{columns} of 60 values of engine.pull.chunk_rows<")), "{svg}");
    }
    // More rows with different best columns than there are drawn columns.
    let crowd: Vec<usize> = (0..24).map(|i| i * 2 + 3).collect();
    assert!(wide_map(60, &crowd).draw(Size::Narrow).inline().contains("<title>best-at-3, 60ms: "));
    assert!(!heat().draw(Size::Narrow).inline().contains(" values of "), "a whole map is not called thinned");
}

#[test]
fn a_cost_has_the_digits_that_there_is_room_for() {
    let costs = |map: HeatMap, size| {
        let drawn = map.draw(size);
        assert_legible(&drawn);
        labels(&drawn.inline()).into_iter().map(|(text, _)| text).collect::<BTreeSet<_>>()
    };
    let narrow = costs(wide_map(16, &[3, 12]), Size::Narrow);
    assert!(narrow.contains("1.1") && !narrow.contains("1"), "{narrow:?}");
    let mut map = wide_map(9, &[0]);
    map.rows[0].cells.iter_mut().for_each(|cell| cell.cost = Some(11.2));
    assert!(costs(map, Size::Wide).contains("11×"), "ten times is told with its sign");
}
