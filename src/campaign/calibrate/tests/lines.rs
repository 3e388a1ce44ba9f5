//! Lines that say the same.

use super::{MODEL, said};
use crate::campaign::calibrate::calibrate;

#[test]
fn a_log_that_was_joined_twice_is_told_where_devices_begin_at_one_instant_too() {
    let log = |devices: u32| -> String {
        let line = |n: u32| {
            let (at, rows) = (1_772_434_800 + n / devices * 10, 10 + n * 7 % 90);
            format!("{at},d{},{rows},{},ok\n", n % devices, 300 + 3 * rows + n % 13)
        };
        (0..120).map(line).collect()
    };
    let notes = |lines: &str| {
        let text = format!("start,device,rows,duration_ms,outcome\n{lines}");
        calibrate("log.csv", text.as_bytes(), &[]).unwrap().notes
    };
    for devices in [1, 2, 5] {
        let once = log(devices);
        assert!(!said(&notes(&once), "in every field"), "{devices}: {:?}", notes(&once));
        let twice = notes(&once.repeat(2));
        assert!(said(&twice, "120 lines equal to another in every field"), "{devices}: {twice:?}");
        assert!(said(&twice, "remove them"), "{devices}: {twice:?}");
    }
}

#[test]
fn a_column_without_a_unit_is_one_mistake_and_not_one_of_each_line() {
    let read = |lines: &str| {
        let text = format!("start,rows,latency,outcome\n{lines}");
        calibrate("log.csv", text.as_bytes(), &[]).unwrap_err()
    };
    let told = |lines: &str| -> Vec<String> { read(lines).told().map(ToString::to_string).collect() };
    let remedy = "`120` has no unit; call the column latency_ms or latency_s, or write 120ms";
    let line = "1,1,120,ok\n";
    assert_eq!(told(&line.repeat(4_000)), [format!("line 2, column latency: {remedy}")]);
    assert_eq!(read(&line.repeat(4_000)).untold, 0);
    let among = told(&format!("{line}1,-1,120,ok\n{line}1,1,120,oks\n"));
    assert!(among.len() == 3 && among[1].contains("`-1`") && among[2].contains("`oks`"), "{among:?}");
    // Where others have one it is the lines that lack it.
    assert_eq!(told(&format!("{line}1,1,120ms,ok\n{line}")).len(), 2);
}

#[test]
fn lines_of_requests_that_were_never_sent_are_counted_and_explained() {
    let log = |every: u64| {
        let line = |n: u64| {
            let (at, rows) = (1_772_434_800 + n * 10, 10 + n * 7 % 90);
            let end = if n % every == every - 1 {
                ",,offline".to_owned()
            } else {
                format!("{rows},{},ok", 300 + 3 * rows)
            };
            format!("{at},{end}\n")
        };
        let lines: String = (0..200).map(line).collect();
        calibrate("log.csv", format!("start,rows,duration_ms,outcome\n{lines}").as_bytes(), &[]).unwrap()
    };
    let (twenty, one, none) = (log(10), log(200), log(u64::MAX));
    assert!(said(&twenty.notes, "20 requests `offline`, as never sent"), "{:?}", twenty.notes);
    assert!(said(&one.notes, "1 request `offline`, as never sent"), "{:?}", one.notes);
    assert!(!said(&none.notes, "`offline`"), "{:?}", none.notes);
}

#[test]
fn bytes_that_an_answer_has_whatever_its_rows_are_told_with_the_overhead_that_holds_them() {
    let around = |bytes: u64| {
        let text = MODEL.log(1);
        let with = |line: &str| match line.split(',').collect::<Vec<_>>()[..] {
            [start, rows, of_rows, took, "ok"] => {
                let all = of_rows.parse::<u64>().unwrap() + bytes;
                format!("{start},{rows},{all},{took},ok\n")
            }
            _ => format!("{line}\n"),
        };
        let log: String = text.lines().map(with).collect();
        calibrate("log.csv", log.as_bytes(), &[]).unwrap()
    };
    let told = around(20_000);
    let bytes = told.census.bytes_around.expect("there are many");
    assert!(
        (0.8..1.2).contains(&(bytes / 2e4)) && told.story().contains("KiB around its rows"),
        "{}",
        told.story()
    );
    let untold = around(0);
    assert_eq!(untold.census.bytes_around, None);
    assert!(!untold.story().contains("around its rows"), "{}", untold.story());
}
