//! Makes the values of a scenario smaller: fewer devices and rows, shorter times, rounder numbers.
//!
//! Each function returns candidates, which are smaller versions of the scenario.

use std::collections::BTreeSet;

use toml::Value;

use super::script::Script;
use crate::base::{Span, Time};

/// Times are rounded to multiples of these, the largest first.
const ROUND: [Span; 6] =
    [Span::secs(60), Span::secs(10), Span::secs(1), Span::millis(100), Span::millis(10), Span::millis(1)];

/// Writes a time without rounding. The text of a [`Span`] from 1 minute on has only two units.
fn exact(span: Span) -> String {
    let shown = span.to_string();
    let millis = span.0 / 1_000_000;
    match shown.parse() {
        Ok(read) if span == read => shown,
        _ if span.0.is_multiple_of(1_000_000) => {
            let text = format!("{}.{:03}", millis / 1_000, millis % 1_000);
            format!("{}s", text.trim_end_matches('0').trim_end_matches('.'))
        }
        _ => format!("{}ns", span.0),
    }
}

fn text(span: Span) -> Value {
    Value::String(exact(span))
}

fn span(value: Option<&Value>) -> Option<Span> {
    value?.as_str()?.parse().ok()
}

/// The time of an event since the start; `None` if the event has another form of time.
fn since_start(value: &Value) -> Option<Span> {
    value.as_str()?.strip_prefix('+')?.parse().ok()
}

/// Candidates with a shorter script. It ends right after the failure, or after a fraction of its
/// time. Events after the new end are removed.
pub(super) fn shorter(script: &Script, ended: Time) -> Vec<Script> {
    let Some(whole) = span(script.get(&["duration"])) else { return Vec::new() };
    let parts = [(1, 16), (1, 8), (1, 4), (1, 2), (3, 4), (7, 8)];
    let cut = parts.into_iter().map(|(n, of)| whole.scaled(n, of));
    let cut = cut.chain([ended.since(Time::ZERO)]).filter(|span| *span < whole);
    let cut = cut.map(|span| Span(span.0.div_ceil(1_000_000_000) * 1_000_000_000));
    let cut = cut.filter(|span| *span < whole && *span > Span::ZERO);
    let mut script_cut: Vec<Script> = cut.map(|span| lasting(script, span)).collect();
    if let Some(drain) = span(script.get(&["drain"])) {
        let shorter = [Span::secs(60), drain.scaled(1, 4), drain.scaled(1, 2)];
        let shorter = shorter.into_iter().filter(|span| *span < drain && *span >= Span::secs(10));
        script_cut.extend(shorter.map(|span| script.clone().with(&["drain".to_owned()], text(span))));
    }
    script_cut
}

fn lasting(script: &Script, length: Span) -> Script {
    let late = |table: &toml::Table| table.get("at").and_then(since_start).is_some_and(|at| at >= length);
    let late = script.named("event").filter(|(_, table)| late(table)).map(|(name, _)| name.clone());
    let late: Vec<_> = late.map(|name| super::script::Part::Named { kind: "event", name }).collect();
    script.without(&late).with(&["duration".to_owned()], text(length))
}

/// Candidates with fewer devices in a fleet. Devices that events name are renumbered in order.
pub(super) fn fewer_devices(script: &Script) -> Vec<Script> {
    let mut all = Vec::new();
    let is_only = script.named("fleet").count() == 1;
    for (fleet, table) in script.named("fleet") {
        let Some(devices) = table.get("devices").and_then(Value::as_integer) else { continue };
        let fewer: BTreeSet<i64> = [1, 2, 3, 4, devices / 2, devices - 1].into_iter().collect();
        for n in fewer.into_iter().filter(|n| (1..devices).contains(n)) {
            let path = ["fleet".to_owned(), fleet.clone(), "devices".to_owned()];
            let less = script.clone().with(&path, Value::Integer(n));
            all.push(if is_only { renumbered(&less, n) } else { less });
        }
    }
    all
}

/// The script with `devices` devices. Devices that events name are renumbered from 0.
fn renumbered(script: &Script, devices: i64) -> Script {
    let numbers =
        |value: &Value| value.as_array().into_iter().flatten().filter_map(Value::as_integer).collect();
    let lists: Vec<(Vec<String>, Vec<i64>)> = script
        .leaves()
        .into_iter()
        .filter(|(path, _)| path.first().is_some_and(|kind| kind == "event"))
        .filter(|(path, _)| path.last().is_some_and(|key| key == "devices"))
        .map(|(path, value)| (path, numbers(&value)))
        .collect();
    let named: BTreeSet<i64> = lists.iter().flat_map(|(_, list)| list.iter().copied()).collect();
    let place = |device: i64| named.iter().position(|other| *other == device).unwrap_or(0) as i64 % devices;
    let mut less = script.clone();
    for (path, list) in lists {
        let list: BTreeSet<i64> = list.into_iter().map(place).collect();
        less = less.with(&path, Value::Array(list.into_iter().map(Value::Integer).collect()));
    }
    less
}

/// Candidates with a seed from 1 to 5, if the present seed is larger.
pub(super) fn small_seeds(script: &Script) -> Vec<Script> {
    (1..=5).filter(|seed| *seed < script.seed).map(|seed| Script { seed, ..script.clone() }).collect()
}

/// Candidates in which one value is smaller or rounder. The best guesses come first.
pub(super) fn rounder(script: &Script) -> Vec<Script> {
    let mut all = Vec::new();
    for (path, value) in script.leaves() {
        let other = others(&path, &value).into_iter();
        all.extend(other.map(|value| script.clone().with(&path, value)));
    }
    all.extend(narrower(script));
    all
}

fn others(path: &[String], value: &Value) -> Vec<Value> {
    match value {
        Value::Integer(n) if *n > 1 => {
            let less: BTreeSet<i64> = [1, 2, 3, n / 10, n / 4, n / 2, n - 1].into_iter().collect();
            less.into_iter().filter(|less| (1..*n).contains(less)).map(Value::Integer).collect()
        }
        Value::Float(x) if x.fract() != 0.0 => {
            let whole = [libm::ceil(*x), libm::round(x * 10.0) / 10.0].map(Value::Float);
            whole.into_iter().filter(|round| round != value).collect()
        }
        Value::String(text) if path.first().is_some_and(|kind| kind != "entity") => {
            // The time of an event may become a little later. A duration must not grow, because a
            // longer one may cause another failure.
            let sign = if text.starts_with('+') { "+" } else { "" };
            let Ok(span) = text.trim_start_matches('+').parse::<Span>() else { return Vec::new() };
            let is_rounder = |step: &&Span| !span.0.is_multiple_of(step.0);
            let near = |step: &Span| [span.0 / step.0, span.0.div_ceil(step.0)].map(|n| Span(n * step.0));
            let rounded = ROUND.iter().take_while(is_rounder).flat_map(near);
            let is_allowed = |rounded: &Span| !sign.is_empty() || (Span::ZERO < *rounded && *rounded < span);
            let texts = rounded.filter(is_allowed).map(|span| format!("{sign}{}", exact(span)));
            texts.map(Value::String).collect()
        }
        _ => Vec::new(),
    }
}

/// For each event with a duration, candidates with only the first or the second half of it.
fn narrower(script: &Script) -> Vec<Script> {
    let mut all = Vec::new();
    for (name, table) in script.named("event") {
        let Some(at) = table.get("at").and_then(since_start) else { continue };
        for (kind, value) in table.iter().filter(|(kind, _)| *kind != "at") {
            let Some(length) = span(value.get("for")).filter(|length| *length > Span::millis(500)) else {
                continue;
            };
            let half = Span(length.0 / 2);
            let of = |key: &[&str]| {
                [&["event", name], key].concat().into_iter().map(str::to_owned).collect::<Vec<_>>()
            };
            let first = script.clone().with(&of(&[kind, "for"]), text(half));
            let second = first.clone().with(&of(&["at"]), Value::String(format!("+{}", exact(at + half))));
            all.extend([first, second]);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::super::script::script;
    use super::*;

    #[test]
    fn a_shorter_script_has_no_event_after_its_end() {
        let long = script("duration = \"16m\"\nevent.a = { at = \"+50s\" }\nevent.b = { at = \"+90s\" }");
        let shortest = shorter(&long, Time::FAR).remove(0);
        assert_eq!(shortest.get(&["duration"]), Some(&Value::String("1m".to_owned())));
        assert_eq!(shortest.named("event").map(|(name, _)| name).collect::<Vec<_>>(), ["a"]);
    }

    #[test]
    fn named_devices_stay_apart_in_a_smaller_fleet() {
        let eight = "fleet.a.devices = 8\nevent.a.kill.devices = [7]\nevent.b.kill.devices = [3, 7]";
        let two = fewer_devices(&script(eight)).remove(1);
        assert_eq!(two.get(&["event", "a", "kill", "devices"]).expect("it stays").to_string(), "[1]");
        assert_eq!(two.get(&["event", "b", "kill", "devices"]).expect("it stays").to_string(), "[0, 1]");
    }

    #[test]
    fn a_time_is_rounded_to_the_roundest_first() {
        let path = ["event".to_owned(), "a".to_owned(), "at".to_owned()];
        let all = others(&path, &Value::String("+61234567891ns".to_owned()));
        assert_eq!(all[0], Value::String("+1m".to_owned()));
        assert!(all.contains(&Value::String("+1m1s".to_owned())), "{all:?}");
        assert!(others(&path, &Value::String("+1m".to_owned())).is_empty(), "it is round");
    }

    #[test]
    fn a_length_is_never_rounded_up() {
        let path = ["link".to_owned(), "a".to_owned(), "rtt".to_owned()];
        let of = |text: &str| others(&path, &Value::String(text.to_owned()));
        assert_eq!(of("350ms"), ["300ms"].map(|text| Value::String(text.to_owned())));
        assert_eq!(of("1s"), []);
    }
}
