//! What a setting came to, in five sentences: the same for the terminal, the page and the page of a
//! CI job.

use super::lines::filled;
use crate::analysis::{Phase, phases};
use crate::metrics::{Unit, human};
use crate::oracle::{self, metric_of};
use crate::record::{CellRecord, Verdict};

/// One of the sentences.
pub(super) struct Sentence {
    /// What it is about.
    pub(super) topic: &'static str,
    /// What it says.
    pub(super) text: String,
    /// Whether something is wrong by it.
    pub(super) is_bad: bool,
}

/// A figure to be seen at first sight; less of each is better.
#[derive(Clone)]
pub(super) struct Glance {
    /// What it is.
    pub(super) what: &'static str,
    pub(super) unit: Unit,
    pub(super) value: u64,
    /// Whether it is right or wrong, of what must not be.
    pub(super) sound: Option<bool>,
}

/// What is seen at first sight of cells that differ in their seed alone: waits, what was lost
/// beside what was overwritten, bytes each way; the figures of the sentences.
pub(super) fn glance(cells: &[&CellRecord]) -> Vec<Glance> {
    let of = Setting(cells);
    let devices = of.devices();
    let plain = |what, unit, value: Option<u64>| Some(Glance { what, unit, value: value?, sound: None });
    let within = |metric, what| plain(what, Unit::Ns, of.typical(metric, "p95"));
    let each =
        |metric, what| plain(what, Unit::Bytes, of.typical(metric, "value").map(|bytes| bytes / devices));
    let found = |metric: &str| (!of.values(metric, "value").is_empty()).then(|| of.most(metric));
    let lost = plain("rows lost", Unit::Count, found("oracle.lost.rows"));
    [
        lost.map(|lost| Glance { sound: Some(lost.value == 0), ..lost }),
        plain("values overwritten unseen", Unit::Count, found("oracle.overwritten.columns")),
        within("engine.usable_after_login.duration", "usable after login, 95 of 100"),
        within("engine.session.duration", "sync done, 95 of 100"),
        within("engine.write_acknowledged.duration", "edit safe, 95 of 100"),
        plain("screen blocked by syncs, a day", Unit::Ns, of.typical("device.screen.blocked_a_day", "value")),
        each("net.down.bytes", "down a person"),
        each("net.up.bytes", "up a person"),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A share of the syncs' time that is worth a word.
const PHASE_MIN: u64 = 50_000;

/// The sentences of cells that differ in their seed alone. Of several a figure is the median, of
/// what the oracle found the most.
pub(super) fn brief(cells: &[&CellRecord]) -> Vec<Sentence> {
    let of = Setting(cells);
    let good = |topic, text: String| Sentence { topic, text, is_bad: false };
    let all = [good("waiting", of.waiting()), of.data(), good("cost", of.cost()), good("limit", of.limit())];
    all.into_iter().filter(|sentence| !sentence.text.is_empty()).collect()
}

/// The sentences for a terminal of so many columns.
pub(super) fn told(cells: &[&CellRecord], columns: usize) -> String {
    let lines = brief(cells).into_iter().map(|sentence| {
        let (head, indent) = (format!("  {:<9}", sentence.topic), " ".repeat(11));
        filled(&head, &indent, sentence.text.split(' '), columns.saturating_sub(1))
    });
    let text: String = lines.collect();
    let seeds = match cells.len() {
        1 => String::new(),
        n => {
            let text = format!("figures are medians of {n} seeds, of data the most; -v shows their range");
            filled("  ", "  ", text.split(' '), columns.saturating_sub(1))
        }
    };
    if text.is_empty() { text } else { text + &seeds + "\n" }
}

/// A figure of each cell that has it, the least first.
pub(super) fn values(cells: &[&CellRecord], metric: &str, stat: &str) -> Vec<u64> {
    let of = |cell: &&CellRecord| cell.metrics.get(metric)?.stat(stat);
    let mut values: Vec<u64> = cells.iter().filter_map(of).collect();
    values.sort_unstable();
    values
}

/// Cells that differ in their seed alone.
struct Setting<'a>(&'a [&'a CellRecord]);

impl Setting<'_> {
    fn values(&self, metric: &str, stat: &str) -> Vec<u64> {
        values(self.0, metric, stat)
    }

    /// The median over the seeds.
    fn typical(&self, metric: &str, stat: &str) -> Option<u64> {
        let values = self.values(metric, stat);
        values.get(values.len().saturating_sub(1) / 2).copied()
    }

    fn devices(&self) -> u64 {
        self.0.iter().map(|cell| cell.devices).max().unwrap_or(0).max(1)
    }

    fn most(&self, metric: &str) -> u64 {
        self.values(metric, "value").last().copied().unwrap_or(0)
    }

    /// What people waited for.
    fn waiting(&self) -> String {
        let within = [
            ("engine.usable_after_login.duration", "people could work after login"),
            ("engine.session.duration", "syncs were done"),
            ("engine.write_acknowledged.duration", "edits were safe on the backend"),
            ("engine.write_visible.duration", "edits were seen by others"),
        ];
        let part = |(metric, what): (&str, &str)| {
            let [half, most] = ["p50", "p95"].map(|stat| self.typical(metric, stat));
            Some(format!("{what} within {} (half within {})", human::span(most?), human::span(half?)))
        };
        let mut parts: Vec<String> = within.into_iter().filter_map(part).collect();
        if let Some(first) = parts.first_mut() {
            *first = format!("95 of 100 {first}");
        }
        let never = self.most("engine.never_usable.devices");
        parts.extend((never > 0).then(|| format!("{} could never be used", human::count(never, "device"))));
        let blocked = self.typical("device.screen.blocked_a_day", "value").filter(|ns| *ns > 0);
        parts.extend(blocked.map(|ns| format!("a sync blocked each screen for {} a day", human::span(ns))));
        parts.join("; ")
    }

    /// What was lost or overwritten.
    fn data(&self) -> Sentence {
        let checks: Vec<(&str, Unit, u64)> = oracle::check_names()
            .filter_map(|check| {
                let metric = metric_of(check)?;
                let unit = self.0.iter().find_map(|cell| cell.metrics.get(metric))?.unit();
                Some((check, unit, self.most(metric)))
            })
            .collect();
        let (found, quiet): (Vec<_>, Vec<_>) = checks.into_iter().partition(|(.., value)| *value > 0);
        let untried = |check: &str| self.0.iter().all(|cell| cell.untried.iter().any(|one| one == check));
        let (hollow, passed): (Vec<_>, Vec<_>) = quiet.into_iter().partition(|(check, ..)| untried(check));
        let fails = self.0.iter().any(|cell| cell.verdict == Verdict::Fail);
        let mut parts = Vec::new();
        if found.is_empty() && !passed.is_empty() {
            parts.push("nothing was lost".to_owned());
        } else if !found.is_empty() {
            let of = |(check, unit, value): &(&str, Unit, u64)| {
                format!("{check} {}", human::figure(*unit, *value))
            };
            let found: Vec<String> = found.iter().map(of).collect();
            let expected = if fails { "" } else { " (as expected)" };
            parts.push(format!("found: {}{expected}", found.join(", ")));
        }
        let values = self.most("oracle.overwritten.columns");
        let conflicts = self.most("engine.conflicts.found");
        let conflicts = match conflicts {
            0 => String::new(),
            n => format!("in {} ", human::count(n, "conflict")),
        };
        parts.extend((values > 0).then(|| {
            format!("{conflicts}people overwrote {} that they had not seen", human::count(values, "value"))
        }));
        if !passed.is_empty() {
            parts.push(format!("{} passed", human::count(passed.len() as u64, "check")));
        }
        if !hollow.is_empty() {
            let names: Vec<&str> = hollow.iter().map(|(check, ..)| *check).collect();
            parts.push(format!("{} had nothing to check ({})", names.len(), names.join(", ")));
        }
        Sentence { topic: "data", text: parts.join("; "), is_bad: fails && !found.is_empty() }
    }

    /// What it cost.
    fn cost(&self) -> String {
        let devices = self.devices();
        let each = if devices > 1 { " a person" } else { "" };
        let sum = |metric: &str| self.typical(metric, "value");
        let (Some(down), Some(up)) = (sum("net.down.bytes"), sum("net.up.bytes")) else {
            return String::new();
        };
        let mut text =
            format!("{} down and {} up{each}", human::bytes(down / devices), human::bytes(up / devices));
        if let Some(requests) = sum("engine.requests.count").filter(|n| *n > 0) {
            let failed = sum("engine.requests.failed").unwrap_or(0);
            text.push_str(&format!(" in {}", human::count(requests.div_ceil(devices), "request")));
            if failed > 0 {
                let failed = human::count(failed.div_ceil(devices), "try").replace("trys", "tries");
                text.push_str(&format!(" and {failed} without a response"));
            }
        }
        let wasted = sum("engine.wasted.bytes").unwrap_or(0);
        if wasted > 0 {
            text.push_str(&format!("; {} of the bytes came to nothing", share(wasted, down + up)));
        }
        text
    }

    /// What limits.
    fn limit(&self) -> String {
        let Some(phases) = phases(self.0) else { return String::new() };
        let told = phases.iter().filter(|(_, share)| *share >= PHASE_MIN).take(3);
        let told = told.map(|(phase, ppm)| ((ppm + 5_000) / 10_000, word(*phase)));
        let mut told: Vec<(u64, &str)> = told.collect();
        let rest = 100_u64.saturating_sub(told.iter().map(|(percent, _)| percent).sum());
        told.extend((rest > 0).then_some((rest, "rest")));
        let told: Vec<String> = told.iter().map(|(percent, what)| format!("{percent} % {what}")).collect();
        format!("of sync time: {}", told.join(", "))
    }
}

fn share(part: u64, whole: u64) -> String {
    let thousandths = u128::from(part) * 1_000 / u128::from(whole.max(1));
    match thousandths {
        0 => "< 0.1 %".to_owned(),
        1..100 => format!("{}.{} %", thousandths / 10, thousandths % 10),
        _ => format!("{} %", thousandths / 10),
    }
}

/// What a phase is called.
pub(super) fn word(phase: Phase) -> &'static str {
    match phase {
        Phase::Network => "on the network",
        Phase::Server => "at the backend",
        Phase::Attachments => "sending attachments",
        Phase::Failed => "on requests that failed",
        Phase::Wait => "waiting before another try",
        Phase::Decode => "decoding",
        Phase::Apply => "writing on the phone",
        Phase::Other => "elsewhere (hooks, locks)",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::judge;
    use crate::metrics::Figure;
    use crate::record::fixture;

    fn cell(bytes: u64) -> CellRecord {
        let mut outcome = fixture::outcome();
        for metric in ["net.down.bytes", "net.up.bytes", "engine.wasted.bytes"] {
            outcome.figures.insert(metric.to_owned(), Figure::number(Unit::Bytes, bytes));
        }
        judge(&fixture::plan(None, 1), "c", &outcome).cell
    }

    #[test]
    fn bytes_are_told_for_each_person_and_as_the_median_of_seeds() {
        let cells = [cell(3_000), cell(30_000), cell(6_000)];
        let text = told(&cells.iter().collect::<Vec<_>>(), 60);
        assert!(text.lines().all(|line| line.chars().count() <= 60), "sentences end where the terminal does");
        insta::assert_snapshot!(text);
    }
}
