//! Lines that say the same.

use super::said;
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
