//! Writes figures as text for people.

use crate::base::Ppm;
pub use crate::base::words::{count, thousands};
use crate::metrics::{Censored, NEVER, Unit};

/// A figure with its unit: `1.24 s`, `3.30 MiB`, `12 345 rows`. It has 3 significant digits, unless
/// it is a count.
pub fn figure(unit: Unit, value: u64) -> String {
    match unit {
        Unit::Ns if value == NEVER => "never".to_owned(),
        Unit::Ns => span(value),
        Unit::Bytes => bytes(value),
        Unit::BytesPerSecond => scaled(unit, value),
        Unit::Rows => count(value, "row"),
        Unit::Devices => count(value, "device"),
        Unit::Count => thousands(value),
        Unit::Ppm => share(value),
        Unit::MilliRowsPerSecond if value < 100_000 => format!("{} rows/s", three(value, 1_000)),
        Unit::MilliRowsPerSecond => format!("{} rows/s", thousands(value.saturating_add(500) / 1_000)),
        Unit::RowNs => row_time(value),
        Unit::Uj => energy(value),
    }
}

/// A statistic of waits, with the share of waits that never ended: `400 ms (2 of 30 never)`. If the
/// statistic itself is [`NEVER`], the text has the known part: `> 53 min 20 s (20 of 30 never)`.
pub fn of_waits(unit: Unit, value: u64, censored: Option<Censored>) -> String {
    match censored {
        // `NEVER` here is a sum beyond 64 bits, not a wait.
        None if unit == Unit::Ns && value == NEVER => format!("≥ {}", span(value)),
        None => figure(unit, value),
        Some(censored) => format!("{} ({})", known(unit, value, censored), never(censored)),
    }
}

/// A statistic of waits without that share: `> 53 min 20 s`.
pub fn known(unit: Unit, value: u64, censored: Censored) -> String {
    if value == NEVER { format!("> {}", figure(unit, censored.waited)) } else { figure(unit, value) }
}

/// The share of waits that never ended: `20 of 30 never`.
pub fn never(Censored { never, of, .. }: Censored) -> String {
    format!("{} of {} never", thousands(never), thousands(of))
}

/// The name of a statistic for people; `None` for a single number.
pub fn statistic(stat: &str) -> Option<&'static str> {
    Some(match stat {
        "p50" => "median",
        "p95" => "95 %",
        "p99" => "99 %",
        "min" => "minimum",
        "max" => "maximum",
        "mean" => "mean",
        _ => return None,
    })
}

/// A share as a percentage with 3 significant digits. Above 99 % it has 2 decimals, and only 100 %
/// itself is shown as 100 %.
fn share(ppm: u64) -> String {
    let step = match ppm {
        0..10_000 => 1,
        10_000..100_000 | 990_000..1_000_000 => 100,
        100_000..1_000_000 => 1_000,
        _ => 10_000,
    };
    let rounded = ppm.saturating_add(step / 2) / step * step;
    let rounded = if ppm < 1_000_000 { rounded.min(999_900) } else { rounded };
    u32::try_from(rounded).map_or_else(|_| format!("{}%", rounded / 10_000), |n| Ppm(n).to_string())
}

/// How many cells (simulations with one seed) completed. For a single cell, whether it completed.
pub fn ended(ended: u64, planned: u64) -> String {
    match (ended, planned) {
        (0, 1) => "the only cell did not complete".to_owned(),
        (1, 1) => "the only cell completed".to_owned(),
        _ => format!("{ended} of {planned} cells completed"),
    }
}

/// A unit for display: the smallest value that is shown in it, its size, its name.
type Scale = (u64, u64, &'static str);

/// The units for display, the smallest first. An empty name stands for a mixed form such as `2 min
/// 05 s`.
fn scales(unit: Unit) -> &'static [Scale] {
    const S: u64 = 1_000_000_000;
    const H: u64 = 3_600 * S;
    const KIB: u64 = 1 << 10;
    const MIB: u64 = 1 << 20;
    const GIB: u64 = 1 << 30;
    match unit {
        Unit::Ns => &[(0, 1_000, "µs"), (1_000_000, 1_000_000, "ms"), (S, S, "s"), (60 * S, H, "")],
        Unit::Bytes => &[(0, 1, "B"), (KIB, KIB, "KiB"), (MIB, MIB, "MiB"), (GIB, GIB, "GiB")],
        Unit::BytesPerSecond => {
            &[(0, 1, "B/s"), (KIB, KIB, "KiB/s"), (MIB, MIB, "MiB/s"), (GIB, GIB, "GiB/s")]
        }
        Unit::RowNs => &[(0, S, "row·s"), (100_000 * S, H, "row·h")],
        Unit::Uj => &[(0, 1, "µJ"), (1_000, 1_000, "mJ"), (1_000_000, 1_000_000, "J")],
        Unit::Rows | Unit::Devices | Unit::Count | Unit::Ppm | Unit::MilliRowsPerSecond => &[],
    }
}

/// Two figures in the same unit, so that people can compare them. This is the smaller figure's unit
/// if the larger figure is still readable in it, else the larger figure's unit. If neither is
/// readable, each figure has its own unit.
pub fn pair(unit: Unit, a: u64, b: u64) -> [String; 2] {
    let (low, high) = (a.min(b), a.max(b));
    if unit == Unit::Ns && high == NEVER {
        return [a, b].map(|n| figure(unit, n));
    }
    let own =
        |n: u64| scales(unit).iter().rfind(|(from, ..)| *from <= n).filter(|(.., name)| !name.is_empty());
    let readable = if unit == Unit::RowNs { 1_000_000 } else { 10_000 };
    let one = match (own(if low == 0 { high } else { low }), own(high)) {
        (fine, coarse) if fine == coarse && low > 0 => None,
        (Some(fine), _) if high / fine.1 < readable => Some(fine),
        (_, Some(coarse)) if low == 0 || low / coarse.1 >= 10 => Some(coarse),
        _ => None,
    };
    [a, b].map(|n| match one {
        Some((_, size, name)) if n == 0 || *size == 1 => format!("{} {name}", thousands(n)),
        Some((_, size, name)) if n > 0 && n < size / 200 => format!("< 0.01 {name}"),
        Some((_, size, name)) if unit == Unit::RowNs && n >= *size && n < u64::MAX => {
            format!("{} {name}", thousands(n / size))
        }
        Some((_, size, name)) if unit != Unit::RowNs => format!("{} {name}", three(n, *size)),
        _ => figure(unit, n),
    })
}

/// Two different figures with enough digits to show the difference. Times that differ only by
/// nanoseconds look equal.
pub fn apart(unit: Unit, a: u64, b: u64) -> [String; 2] {
    let shown = [a, b].map(|n| figure(unit, n));
    if a == b || shown[0] != shown[1] {
        return shown;
    }
    let of = |(from, size, name): &&Scale| *from <= a.min(b) && *size > 1 && !name.is_empty();
    let scale = scales(unit).iter().rfind(of);
    let with = |decimals| {
        let (_, size, name) = scale?;
        let shown = [a, b].map(|n| format!("{} {name}", decimal(n as f64 / *size as f64, decimals)));
        (shown[0] != shown[1]).then_some(shown)
    };
    if let Some(shown) = (1..=3).find_map(with) {
        return shown;
    }
    let name = match unit {
        Unit::Ns | Unit::RowNs => return shown,
        Unit::Ppm if b.max(a) <= u64::from(u32::MAX) => return [a, b].map(|n| Ppm(n as u32).to_string()),
        Unit::Ppm => "ppm",
        _ => scales(unit).first().map_or("", |(.., name)| name),
    };
    [a, b].map(|n| match unit {
        Unit::MilliRowsPerSecond => format!("{}.{:03} rows/s", thousands(n / 1_000), n % 1_000),
        _ if name.is_empty() => figure(unit, n),
        _ => format!("{} {name}", thousands(n)),
    })
}

fn decimal(x: f64, decimals: u32) -> String {
    let scale = 10_u64.pow(decimals);
    let steps = libm::round(x * scale as f64) as u64;
    format!("{}.{:02$}", thousands(steps / scale), steps % scale, decimals as usize)
}

fn scaled(unit: Unit, n: u64) -> String {
    match scales(unit).iter().rfind(|(from, ..)| *from <= n) {
        Some((_, 1, name)) => format!("{n} {name}"),
        Some((_, size, name)) if n < size / 200 => format!("< 0.01 {name}"),
        Some((_, size, name)) => format!("{} {name}", three(n, *size)),
        None => thousands(n),
    }
}

fn energy(uj: u64) -> String {
    match uj {
        0 => "0 J".to_owned(),
        1..100_000_000 => scaled(Unit::Uj, uj),
        _ => format!("{} J", thousands(uj / 1_000_000)),
    }
}

/// A length of virtual time: `950 µs`, `1.24 s`, `2 min 05 s`, `3 h 12 min`, `2 d 04 h`.
pub fn span(ns: u64) -> String {
    match ns / 1_000_000_000 {
        0 if ns == 0 => "0 s".to_owned(),
        0..60 => scaled(Unit::Ns, ns),
        s @ 60..3_600 => format!("{} min {:02} s", s / 60, s % 60),
        s @ 3_600..86_400 => format!("{} h {:02} min", s / 3_600, s / 60 % 60),
        s => days_and_hours(s),
    }
}

/// Like [`span`], for a total of many cells, which may be longer than 584 years.
pub fn total_span(ns: u128) -> String {
    u64::try_from(ns).map_or_else(|_| days_and_hours((ns / 1_000_000_000) as u64), span)
}

fn days_and_hours(s: u64) -> String {
    format!("{} d {:02} h", s / 86_400, s / 3_600 % 24)
}

/// A size: `512 B`, `64.0 KiB`, `1.24 MiB`.
pub fn bytes(n: u64) -> String {
    scaled(Unit::Bytes, n)
}

/// The change from one figure to another: ` (+2.0 %)`. Empty if one of them is [`NEVER`].
pub fn change(was: u64, is: u64) -> String {
    if was.max(is) == NEVER {
        return String::new();
    }
    let moved = i128::from(is) - i128::from(was);
    // A change is never rounded to zero.
    let ppm = match moved * 1_000_000 / i128::from(was.max(1)) {
        0 => moved.signum(),
        ppm => ppm,
    };
    format!(" ({})", percent(i64::try_from(ppm).unwrap_or(i64::MAX)))
}

/// Parts per million as a signed percentage, rounded half away from zero: `+2.0 %`, `−12 %`.
pub fn percent(ppm: i64) -> String {
    let sign = if ppm < 0 { '−' } else { '+' };
    let size = ppm.unsigned_abs();
    let steps_of = |step: u64| size.saturating_add(step / 2) / step;
    let (hundredths, tenths) = (steps_of(100), steps_of(1_000));
    match size {
        0 => "0 %".to_owned(),
        1..100 => format!("{sign}< 0.01 %"),
        _ if hundredths < 100 => format!("{sign}0.{hundredths:02} %"),
        _ if tenths < 1_000 => format!("{sign}{}.{} %", tenths / 10, tenths % 10),
        _ => format!("{sign}{} %", thousands(steps_of(10_000))),
    }
}

/// A mean with its unit. A small count has 2 decimals. A mean above zero is never shown as zero.
pub fn mean(unit: Unit, mean: f64) -> String {
    let whole = libm::round(mean) as u64;
    let counted = matches!(unit, Unit::Rows | Unit::Devices | Unit::Count);
    let hundredths = libm::round(100.0 * mean) as u64;
    let exact = mean == whole as f64;
    match whole {
        0 if mean > 0.0 && (!counted || hundredths == 0) => {
            format!("< {}", if counted { named(unit, "0.01") } else { figure(unit, 1) })
        }
        0..10 if counted && !exact => named(unit, &format!("{}.{:02}", hundredths / 100, hundredths % 100)),
        _ => figure(unit, whole),
    }
}

/// Two different means, with more decimals if they would look equal.
pub fn means_apart(unit: Unit, a: f64, b: f64) -> [String; 2] {
    let shown = [a, b].map(|n| mean(unit, n));
    if shown[0] != shown[1] {
        return shown;
    }
    let counted = matches!(unit, Unit::Rows | Unit::Devices | Unit::Count);
    let [low, high] = [a, b].map(|n| libm::round(n) as u64);
    if !counted && low != high {
        return apart(unit, low, high);
    }
    let (size, name) = match unit {
        Unit::Ns | Unit::RowNs => return shown,
        Unit::MilliRowsPerSecond => (1_000.0, "rows/s"),
        Unit::Ppm => (1.0, "ppm"),
        _ => (1.0, scales(unit).first().map_or("", |(.., name)| name)),
    };
    let with = |decimals| {
        let shown = [a, b].map(|n| match decimal(n / size, decimals) {
            number if counted => named(unit, &number),
            number => format!("{number} {name}"),
        });
        (shown[0] != shown[1]).then_some(shown)
    };
    (1..=6).find_map(with).unwrap_or(shown)
}

fn named(unit: Unit, number: &str) -> String {
    match unit {
        Unit::Rows => format!("{number} rows"),
        Unit::Devices => format!("{number} devices"),
        _ => number.to_owned(),
    }
}

/// Bounds as a condition, such as `≤ 5.00 s`, `= 0 rows`, `1 … 9 rows`.
pub fn bound(unit: Unit, min: Option<u64>, max: Option<u64>) -> String {
    condition(|n| figure(unit, n), min, max)
}

fn condition(show: impl Fn(u64) -> String, min: Option<u64>, max: Option<u64>) -> String {
    match (min, max) {
        (Some(min), Some(max)) if min == max => format!("= {}", show(min)),
        (Some(min), Some(max)) => format!("{} … {}", show(min), show(max)),
        (Some(min), None) => format!("≥ {}", show(min)),
        (None, Some(0)) => show(0),
        (None, Some(max)) => format!("≤ {}", show(max)),
        (None, None) => "any".to_owned(),
    }
}

/// A figure and the condition that it must meet. If it misses the condition, there are enough
/// digits to show this. The share of waits that never ended follows the figure.
pub fn held(
    (unit, value): (Unit, u64),
    censored: Option<Censored>,
    min: Option<u64>,
    max: Option<u64>,
) -> [String; 2] {
    let missed = min.filter(|min| value < *min).or(max.filter(|max| value > *max));
    let (is, must) = match missed.filter(|_| value != NEVER) {
        None => (of_waits(unit, value, censored), bound(unit, min, max)),
        Some(missed) => {
            let [is, end] = apart(unit, value, missed);
            let just = if value < missed { "just under" } else { "just over" };
            let is = if is == end { format!("{just} {is}") } else { is };
            let show = |n: u64| if n == missed { end.clone() } else { figure(unit, n) };
            let beside = censored.map_or_else(String::new, |censored| format!(" ({})", never(censored)));
            (is + &beside, condition(show, min, max))
        }
    };
    [is, must]
}

/// Row-seconds or row-hours. The largest `u64` stands for all larger numbers.
fn row_time(row_ns: u64) -> String {
    const SECOND: u64 = 1_000_000_000;
    match row_ns / SECOND {
        0 if row_ns > 0 => "< 1 row·s".to_owned(),
        _ if row_ns == u64::MAX => format!("≥ {} row·h", thousands(u64::MAX / SECOND / 3_600)),
        s @ 0..100_000 => format!("{} row·s", thousands(s)),
        s => format!("{} row·h", thousands(s / 3_600)),
    }
}

/// `n / unit` with 3 significant digits, rounded half up. From 100 on, a whole number.
fn three(n: u64, unit: u64) -> String {
    let decimals = |scale: u64| {
        let wide = (u128::from(n) * u128::from(scale) * 2 + u128::from(unit)) / (u128::from(unit) * 2);
        u64::try_from(wide).unwrap_or(u64::MAX)
    };
    let (hundredths, tenths) = (decimals(100), decimals(10));
    if hundredths < 1_000 {
        format!("{}.{:02}", hundredths / 100, hundredths % 100)
    } else if tenths < 1_000 {
        format!("{}.{}", tenths / 10, tenths % 10)
    } else {
        thousands(decimals(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cells_last_together_may_be_longer_than_what_one_can() {
        assert_eq!(total_span(3 * u128::from(u64::MAX)), "640511 d 22 h");
        assert_eq!(total_span(1_240_000_000), span(1_240_000_000));
    }

    #[test]
    fn figures_that_differ_in_the_last_digit_are_shown_apart() {
        for (unit, a, b, shown) in [
            (Unit::Ns, 1_240_000_000, 1_350_000_000, ["1.24 s", "1.35 s"]),
            (Unit::Ns, 1_240_000_001, 1_241_000_002, ["1.240 s", "1.241 s"]),
            (Unit::Ns, 1_240_000_001, 1_240_000_002, ["1.24 s", "1.24 s"]),
            (Unit::Bytes, 10_485_760, 10_485_761, ["10 485 760 B", "10 485 761 B"]),
            (Unit::BytesPerSecond, 10_485_760, 10_485_761, ["10 485 760 B/s", "10 485 761 B/s"]),
            (Unit::MilliRowsPerSecond, 1_234_567, 1_234_568, ["1 234.567 rows/s", "1 234.568 rows/s"]),
            (Unit::RowNs, 5_000_000_000, 5_000_000_001, ["5 row·s", "5 row·s"]),
            (Unit::Uj, 2_000_000, 2_000_001, ["2 000 000 µJ", "2 000 001 µJ"]),
            (Unit::Ppm, 5_000_000_000, 5_000_000_001, ["5 000 000 000 ppm", "5 000 000 001 ppm"]),
            (Unit::Ppm, 123_401, 123_402, ["12.3401%", "12.3402%"]),
            (Unit::Rows, 12, 13, ["12 rows", "13 rows"]),
        ] {
            assert_eq!(apart(unit, a, b).map(|text| text.replace('\u{2009}', " ")), shown, "{unit:?}");
        }
    }

    #[test]
    fn figures_are_shown_with_three_digits_and_their_unit() {
        for (unit, value, shown) in [
            (Unit::Ns, 0, "0 s"),
            (Unit::Ns, 4, "< 0.01 µs"),
            (Unit::Ns, 950, "0.95 µs"),
            (Unit::Ns, 95_000, "95.0 µs"),
            (Unit::Ns, 1_240_000_000, "1.24 s"),
            (Unit::Ns, 12_350_000, "12.4 ms"),
            (Unit::Ns, 9_996_000_000, "10.0 s"),
            (Unit::Ns, 125_000_000_000, "2 min 05 s"),
            (Unit::Ns, 11_520_000_000_000, "3 h 12 min"),
            (Unit::Ns, 187_200_000_000_000, "2 d 04 h"),
            (Unit::Bytes, 512, "512 B"),
            (Unit::Bytes, 65_536, "64.0 KiB"),
            (Unit::BytesPerSecond, 3_460_301, "3.30 MiB/s"),
            (Unit::Rows, 12_345, "12\u{2009}345 rows"),
            (Unit::Count, 1_234_567, "1\u{2009}234\u{2009}567"),
            (Unit::Ppm, 25_000, "2.5%"),
            (Unit::Ppm, 123_456, "12.3%"),
            (Unit::Ppm, 123, "0.0123%"),
            (Unit::Ppm, 999_999, "99.99%"),
            (Unit::Ppm, 5_000_000_000, "500000%"),
            (Unit::MilliRowsPerSecond, 12_345, "12.3 rows/s"),
            (Unit::MilliRowsPerSecond, 1_234_567, "1\u{2009}235 rows/s"),
            (Unit::Uj, 12_500_000, "12.5 J"),
            (Unit::Uj, 7_600, "7.60 mJ"),
            (Unit::RowNs, 7_200_000_000_000, "7\u{2009}200 row·s"),
            (Unit::RowNs, u64::MAX, "≥ 5\u{2009}124\u{2009}095 row·h"),
        ] {
            assert_eq!(figure(unit, value), shown);
        }
    }

    #[test]
    fn a_wait_that_never_ended_is_longer_than_what_is_known_of_it() {
        const S: u64 = 1_000_000_000;
        let censored = Censored { never: 20, of: 30, waited: 3_200 * S };
        for (value, shown) in
            [(NEVER, "> 53 min 20 s (20 of 30 never)"), (400_000_000, "400 ms (20 of 30 never)")]
        {
            assert_eq!(of_waits(Unit::Ns, value, Some(censored)), shown);
        }
        assert_eq!(of_waits(Unit::Ns, S, None), "1.00 s");
        assert_eq!(figure(Unit::Ns, NEVER), "never");
        assert_eq!(pair(Unit::Ns, S, NEVER), ["1.00 s", "never"]);
        assert_eq!(apart(Unit::Ns, NEVER, S), ["never", "1.00 s"]);
        assert_eq!([change(S, NEVER), change(NEVER, S)], [""; 2]);
        let bound = |value| held((Unit::Ns, value), Some(censored), None, Some(5 * S));
        assert_eq!(bound(NEVER), ["> 53 min 20 s (20 of 30 never)", "≤ 5.00 s"]);
        assert_eq!(bound(6 * S), ["6.00 s (20 of 30 never)", "≤ 5.00 s"]);
        assert_eq!(of_waits(Unit::Ns, NEVER, None), "≥ 213503 d 23 h", "a sum");
        assert_eq!(mean(Unit::Ns, NEVER as f64), "never");
        assert_eq!(means_apart(Unit::Ns, S as f64, NEVER as f64), ["1.00 s", "never"]);
    }

    #[test]
    fn two_figures_to_be_compared_have_one_unit() {
        const S: u64 = 1_000_000_000;
        for (unit, a, b, shown) in [
            (Unit::RowNs, 99_033 * S, 107_054 * S, ["99\u{2009}033 row·s", "107\u{2009}054 row·s"]),
            (Unit::RowNs, 90_000 * S, 2_000_000 * S, ["25 row·h", "555 row·h"]),
            (Unit::RowNs, 0, 9_000_000 * S, ["0 row·h", "2\u{2009}500 row·h"]),
            (Unit::RowNs, u64::MAX, 200_000 * S, ["≥ 5\u{2009}124\u{2009}095 row·h", "55 row·h"]),
            (Unit::Ns, 950_000_000, 1_240_000_000, ["950 ms", "1\u{2009}240 ms"]),
            (Unit::Ns, 59_900_000_000, 65 * S, ["59.9 s", "65.0 s"]),
            (Unit::Ns, 125 * S, 4_000 * S, ["2 min 05 s", "1 h 06 min"]),
            (Unit::Ns, 12_000_000, 7_200 * S, ["12.0 ms", "2 h 00 min"]),
            (Unit::Ns, 0, 12_400_000, ["0 ms", "12.4 ms"]),
            (Unit::Bytes, 1_000, 2_048, ["1\u{2009}000 B", "2\u{2009}048 B"]),
            (Unit::Bytes, 1_047_552, 1_258_291, ["1\u{2009}023 KiB", "1\u{2009}229 KiB"]),
            (Unit::Bytes, 4_096, 8_192, ["4.00 KiB", "8.00 KiB"]),
            (Unit::Rows, 1, 12_345, ["1 row", "12\u{2009}345 rows"]),
        ] {
            assert_eq!(pair(unit, a, b), shown);
            let [first, second] = shown;
            assert_eq!(pair(unit, b, a), [second, first]);
        }
    }

    #[test]
    fn percentages_are_rounded_and_never_to_nothing() {
        for (ppm, shown) in [
            (0, "0 %"),
            (49, "+< 0.01 %"),
            (149, "+0.01 %"),
            (150, "+0.02 %"),
            (9_949, "+0.99 %"),
            (9_950, "+1.0 %"),
            (142_800, "+14.3 %"),
            (-142_800, "−14.3 %"),
            (142_400, "+14.2 %"),
            (999_499, "+99.9 %"),
            (999_500, "+100 %"),
            (1_235_000, "+124 %"),
            (i64::MIN, "−922\u{2009}337\u{2009}203\u{2009}685\u{2009}478 %"),
        ] {
            assert_eq!(percent(ppm), shown, "{ppm}");
        }
    }

    #[test]
    fn a_mean_of_what_is_counted_is_never_rounded_to_nothing() {
        for (unit, value, shown) in [
            (Unit::Rows, 0.0, "0 rows"),
            (Unit::Rows, 0.125, "0.13 rows"),
            (Unit::Rows, 0.001, "< 0.01 rows"),
            (Unit::Rows, 1.0, "1 row"),
            (Unit::Devices, 2.375, "2.38 devices"),
            (Unit::Count, 12.5, "13"),
            (Unit::Bytes, 0.125, "< 1 B"),
            (Unit::Ns, 1_240_000_000.4, "1.24 s"),
        ] {
            assert_eq!(mean(unit, value), shown);
        }
    }

    #[test]
    fn a_figure_that_misses_a_bound_never_reads_as_the_bound() {
        let ms = 1_000_000;
        for (value, min, max, shown) in [
            (225_017_000, None, Some(225 * ms), ["225.02 ms", "≤ 225.00 ms"]),
            (224_999_999, Some(225 * ms), None, ["just under 225 ms", "≥ 225 ms"]),
            (225_017_000, Some(ms), Some(225 * ms), ["225.02 ms", "1.00 ms … 225.00 ms"]),
            (7_200_400_000_000, None, Some(7_200_000 * ms), ["7 200.4 s", "≤ 7 200.0 s"]),
            (225_017_000, None, Some(226 * ms), ["225 ms", "≤ 226 ms"]),
            (225 * ms, None, Some(225 * ms), ["225 ms", "≤ 225 ms"]),
        ] {
            let told = held((Unit::Ns, value), None, min, max).map(|text| text.replace('\u{2009}', " "));
            assert_eq!(told, shown);
        }
    }

    #[test]
    fn means_that_differ_are_never_told_alike() {
        for (unit, a, b, shown) in [
            (Unit::Count, 25.026, 25.0, ["25.03", "25.00"]),
            (Unit::Rows, 2.501, 2.503, ["2.501 rows", "2.503 rows"]),
            (Unit::Ns, 225_017_000.0, 225_017_000.25, ["225 ms", "225 ms"]),
            (Unit::Bytes, 2_048.0, 2_049.0, ["2.000 KiB", "2.001 KiB"]),
            (
                Unit::MilliRowsPerSecond,
                127_800_400.0,
                127_800_300.0,
                ["127 800.400 rows/s", "127 800.300 rows/s"],
            ),
            (Unit::Count, 25.0, 31.4, ["25", "31"]),
            (Unit::Count, 25.0, 25.0, ["25", "25"]),
        ] {
            assert_eq!(means_apart(unit, a, b).map(|text| text.replace('\u{2009}', " ")), shown, "{unit:?}");
        }
    }

    #[test]
    fn bounds_read_as_conditions() {
        assert_eq!(bound(Unit::Ns, None, Some(5_000_000_000)), "≤ 5.00 s");
        assert_eq!(bound(Unit::Rows, Some(0), Some(0)), "= 0 rows");
        assert_eq!(bound(Unit::Count, Some(1), None), "≥ 1");
        assert_eq!(bound(Unit::Count, Some(1), Some(9)), "1 … 9");
    }
}
