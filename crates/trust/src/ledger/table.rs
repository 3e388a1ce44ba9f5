//! Writes the page of the ledger.

use std::fmt::Write;

use syncdyno::base::Span;

use super::trial::{START, Trial, Way};

/// Writes the page: an introduction, a line per bug, and the medians.
pub(super) fn page(trials: &[Trial], ranges: u64, most: u64) -> String {
    let mut text = head(ranges, most);
    for trial in trials {
        text.push_str(&line(trial));
        text.push('\n');
    }
    text.push_str(&foot(trials, most));
    text
}

fn head(ranges: u64, most: u64) -> String {
    format!(
        "# The ledger of hunts

<!-- written by a program: cargo run --release -p syncdyno-trust -- ledger -->

How many worlds it takes until each planted bug fails by its own check, from each of {ranges} first
seeds, and the processor time of these worlds in seconds; the median of both. Both ways start from
`{START}`, which was written before them and for none of these bugs, and end after {most} worlds.
Bugs in parts that this file does not have, such as photos, are left out.

- by chaos: random faults of every kind of `[chaos]`, people on one row and refused edits, switched
  and sized by `[swarm]`, one seed after another; rates are those of `scenarios/chaos.toml`, scaled
  to the length of the file
- by hunt: `syncdyno hunt` on the file

A world counts only if the correct engine passes the check in it.

| bug | what it does wrong | a public report | chaos, worlds | s | hunt, worlds | s |
|---|---|---|---:|---:|---:|---:|
"
    )
}

pub(super) fn line(trial: &Trial) -> String {
    let bug = trial.bug;
    let reports: Vec<&str> = bug.reports().iter().map(|report| report.name).collect();
    let report = if reports.is_empty() { "made up".to_owned() } else { reports.join(", ") };
    let [chaos, hunt] = [&trial.chaos, &trial.hunt].map(|ways| told(ways));
    format!("| `{}` | {} | {report} | {chaos} | {hunt} |", bug.id, bug.mechanism)
}

/// The median number of worlds, and the median seconds.
fn told(ways: &[Way]) -> String {
    let Some(way) = median(ways) else { return "– | –".to_owned() };
    let worlds = way.worlds.map_or_else(|| "not found".to_owned(), |worlds| worlds.to_string());
    format!("{worlds} | {:.1}", seconds(way.time))
}

fn seconds(time: Span) -> f64 {
    time.0 as f64 / 1e9
}

/// The median of the searches, by their number of worlds. A search that found nothing counts as the
/// longest.
fn median(ways: &[Way]) -> Option<Way> {
    let mut sorted = ways.to_vec();
    sorted.sort_by_key(|way| (way.worlds.unwrap_or(u64::MAX), way.time));
    // If 3 of 5 searches found nothing, the median is known, and the others are not run.
    sorted.get(sorted.len() / 2).copied()
}

fn foot(trials: &[Trial], most: u64) -> String {
    let mut text = String::new();
    let pairs: Vec<(Way, Way)> =
        trials.iter().filter_map(|trial| Some((median(&trial.chaos)?, median(&trial.hunt)?))).collect();
    let found = |way: &Way| way.worlds.is_some();
    let both: Vec<&(Way, Way)> = pairs.iter().filter(|(c, h)| found(c) && found(h)).collect();
    let chaos = pairs.iter().filter(|(c, _)| found(c)).count();
    let hunt = pairs.iter().filter(|(_, h)| found(h)).count();
    let only_chaos: Vec<&str> =
        trials.iter().filter(|t| is_only(&t.chaos, &t.hunt)).map(|t| t.bug.id).collect();
    let only_hunt: Vec<&str> =
        trials.iter().filter(|t| is_only(&t.hunt, &t.chaos)).map(|t| t.bug.id).collect();
    let alarms: u64 = trials.iter().map(|trial| trial.false_alarms).sum();
    let mut say = |line: String| writeln!(text, "{line}").expect("a text takes what is written");
    say(String::new());
    say(format!("Of {} bugs, chaos found {chaos} within {most} worlds, and hunt {hunt}.", trials.len()));
    say(format!("Only by chaos: {}.", names(&only_chaos)));
    say(format!("Only by hunt: {}.", names(&only_hunt)));
    say(format!("Worlds in which the correct engine failed by the same check: {alarms}."));
    say(String::new());
    say("| over the bugs that | bugs | chaos, worlds | hunt, worlds | ratio | chaos, s | hunt, s |"
        .to_owned());
    say("|---|---:|---:|---:|---:|---:|---:|".to_owned());
    let hard = |least: u64| {
        let hard = both.iter().filter(move |(c, _)| c.worlds.unwrap_or(0) >= least);
        hard.map(|pair| **pair).collect::<Vec<_>>()
    };
    for (name, least) in [
        ("both found", 0),
        ("both found, chaos not in its first 3 worlds", 4),
        ("both found, chaos not in its first 10 worlds", 11),
    ] {
        say(summary(name, &hard(least)));
    }
    let any: Vec<(Way, Way)> = pairs.iter().filter(|(c, h)| found(c) || found(h)).copied().collect();
    say(summary("either found, as if the other needed one world more than the limit", &capped(&any, most)));
    text
}

fn capped(pairs: &[(Way, Way)], most: u64) -> Vec<(Way, Way)> {
    let full = |way: Way| Way { worlds: way.worlds.or(Some(most + 1)), ..way };
    pairs.iter().map(|(chaos, hunt)| (full(*chaos), full(*hunt))).collect()
}

fn is_only(one: &[Way], other: &[Way]) -> bool {
    let found = |ways: &[Way]| median(ways).is_some_and(|way| way.worlds.is_some());
    found(one) && !found(other)
}

fn names(names: &[&str]) -> String {
    if names.is_empty() {
        return "none".to_owned();
    }
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// A line of medians over the bugs. The ratio is the median of each bug's own ratio, hunt to chaos.
fn summary(name: &str, pairs: &[(Way, Way)]) -> String {
    let middle = |mut values: Vec<f64>| {
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied().unwrap_or(0.0)
    };
    let worlds = |way: &Way| way.worlds.unwrap_or(0) as f64;
    let chaos = middle(pairs.iter().map(|(c, _)| worlds(c)).collect());
    let hunt = middle(pairs.iter().map(|(_, h)| worlds(h)).collect());
    let ratio = middle(pairs.iter().map(|(c, h)| worlds(h) / worlds(c).max(1.0)).collect());
    let [chaos_time, hunt_time] = [
        middle(pairs.iter().map(|(c, _)| seconds(c.time)).collect()),
        middle(pairs.iter().map(|(_, h)| seconds(h.time)).collect()),
    ];
    let bugs = pairs.len();
    format!("| {name} | {bugs} | {chaos} | {hunt} | {ratio:.2} | {chaos_time:.1} | {hunt_time:.1} |")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn way(worlds: Option<u64>) -> Way {
        Way { worlds, time: Span::secs(1) }
    }

    #[test]
    fn a_median_is_beyond_the_limit_if_most_ways_are() {
        let median = |worlds: &[Option<u64>]| {
            let ways: Vec<Way> = worlds.iter().map(|worlds| way(*worlds)).collect();
            median(&ways).and_then(|way| way.worlds)
        };
        assert_eq!(median(&[Some(9), None, Some(2), Some(4), None]), Some(9));
        assert_eq!(median(&[Some(9), None, None, None]), None);
        assert_eq!(median(&[]), None);
    }

    #[test]
    fn a_ratio_is_the_median_of_those_of_the_bugs() {
        let pairs = [(6, 3), (10, 10), (8, 2)].map(|(c, h)| (way(Some(c)), way(Some(h))));
        assert_eq!(summary("some", &pairs), "| some | 3 | 8 | 3 | 0.50 | 1.0 | 1.0 |");
    }
}
