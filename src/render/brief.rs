//! Describes the result of a setting in at most 4 sentences.
//!
//! A setting is a scenario with fixed values. It has one cell (one simulation) per seed.

use super::lines::{filled, whole_figures};
use super::lost::{in_numbers, lost_how};
use crate::analysis::{Phase, Wait, distinct, phases, waits};
use crate::base::Span;
use crate::metrics::{Censored, NEVER, Unit, human};
use crate::oracle::{self, Harm, harm_of, metric_of};
use crate::record::{ATTACHMENT_REQUESTS, CellRecord, Exit, Headline, Reason, SUMMARY, Verdict, censored};

pub(super) struct Sentence {
    pub(super) topic: &'static str,
    pub(super) text: String,
    pub(super) is_bad: bool,
}

#[derive(Clone)]
pub(super) struct HeadlineFigure {
    pub(super) of: [&'static str; 2],
    pub(super) what: &'static str,
    pub(super) unit: Unit,
    /// The value for all people together.
    pub(super) value: u64,
    people: u64,
    /// The number of seeds. The value is the median over the seeds.
    seeds: usize,
    /// The waits that never ended, over all seeds; `None` if all waits ended.
    pub(super) censored: Option<Censored>,
    /// For a figure that must be 0, true if it is 0. `None` for other figures.
    pub(super) sound: Option<bool>,
}

const LOST: &str = "oracle.saved_edits.lost";
const SAFE: &str = "engine.write_acknowledged.duration";
const SEEN: &str = "engine.write_visible.duration";
const OVERWRITTEN: &str = "oracle.overwritten.columns";
const ATTACHMENT_ONLY: &str = "oracle.saved_edits.attachment_only";
/// The metrics in the sentence about data, without the metrics of checks.
pub(super) const OF_DATA: [&str; 6] = [
    LOST,
    "oracle.saved_edits.waiting",
    OVERWRITTEN,
    "oracle.doubled.rows",
    "oracle.kept_both.rows",
    "oracle.stale_copies.rows",
];

impl HeadlineFigure {
    pub(super) fn told(&self) -> String {
        let HeadlineFigure { unit, value, seeds, .. } = *self;
        match (self.people, self.censored) {
            (1, None) => human::of_waits(unit, value, None),
            (1, Some(of)) => format!("{} ({})", human::known(unit, value, of), never(of, seeds)),
            _ => human::mean(unit, self.each()),
        }
    }
    pub(super) fn each(&self) -> f64 {
        self.value as f64 / self.people as f64
    }
}

pub(super) fn first(cells: &[&CellRecord]) -> Vec<HeadlineFigure> {
    SUMMARY.iter().filter_map(|of| Setting(cells).glance(of)).collect()
}

pub(super) fn glance(cells: &[&CellRecord]) -> Vec<HeadlineFigure> {
    let of = Setting(cells);
    let found = |metric, what| {
        let value = (!values(cells, metric, "value").is_empty()).then(|| of.most(metric))?;
        let (unit, people, seeds, censored) = (Unit::Count, 1, cells.len(), None);
        Some(HeadlineFigure {
            of: [metric, "value"],
            what,
            unit,
            value,
            people,
            seeds,
            censored,
            sound: None,
        })
    };
    // If the scenario allows a loss, the loss is not marked as wrong.
    let sound = |value: u64| (value == 0 || of.is_wrong()).then_some(value == 0);
    let lost = [found(LOST, "saved edits lost"), found("oracle.lost.rows", "rows lost")];
    let lost = lost.into_iter().flatten().map(|lost| HeadlineFigure { sound: sound(lost.value), ..lost });
    let replaced = of.most_beyond(OVERWRITTEN, "oracle.gave_way.columns");
    let overwritten = found(OVERWRITTEN, "values overwritten unseen");
    let overwritten = overwritten.map(|one| HeadlineFigure { value: replaced, ..one });
    lost.chain(overwritten).chain(first(cells)).collect()
}

/// The fates of edits that never become safe. The metrics add up to all these edits.
const NEVER_SAFE: [(&str, &str); 6] = [
    ("engine.never_safe.lost", "lost"),
    ("engine.never_safe.gave_way", "superseded by another edit"),
    ("engine.never_safe.refused", "refused"),
    ("engine.never_safe.lost_since", "lost after they counted as safe"),
    ("engine.never_safe.waiting", "still waiting"),
    ("engine.never_safe.unconfirmed", "stored, but not confirmed to their phones"),
];

const PHASE_MIN: u64 = 50_000;

pub(super) fn by_headline(
    settings: &[Vec<HeadlineFigure>],
) -> Vec<(&'static str, Vec<Option<&HeadlineFigure>>)> {
    let of = |what| settings.iter().map(|of| of.iter().find(|one| one.what == what)).collect();
    let whats = distinct(settings.iter().flatten().map(|one| one.what));
    whats.into_iter().map(|what| (what, of(what))).collect()
}

/// The sentences for a setting. They give medians over its seeds, and maxima for the oracle's
/// findings. (The oracle is the judge that knows all true values.)
pub(super) fn brief(cells: &[&CellRecord]) -> Vec<Sentence> {
    let of = Setting(cells);
    let all = [("waiting", of.waiting()), ("data", of.data()), ("cost", of.cost()), ("limit", of.limit())];
    let all = all.into_iter().filter(|(_, text)| !text.is_empty()).map(|(topic, text)| {
        let is_bad = topic == "data" && of.is_wrong();
        Sentence { topic, text: whole_figures(&text), is_bad }
    });
    let mut all: Vec<Sentence> = all.collect();
    all.sort_by_key(|sentence| !sentence.is_bad);
    all
}

pub(super) fn told(cells: &[&CellRecord], columns: usize) -> String {
    let lines = brief(cells).into_iter().map(|sentence| {
        let (head, indent) = (format!("  {:<9}", sentence.topic), " ".repeat(11));
        filled(&head, &indent, sentence.text.split(' '), columns.saturating_sub(1))
    });
    let text: String = lines.collect();
    match cells.len() {
        _ if text.is_empty() => text,
        1 => text + "\n",
        n => text + &noted(&population(n), columns) + "\n",
    }
}

/// The note for several seeds: sentences give medians.
pub(super) fn population(seeds: usize) -> String {
    format!("medians of {seeds} seeds; `data` shows the worst seed, `limit` all seeds together")
}

pub(super) fn noted(text: &str, columns: usize) -> String {
    let text = format!("{text}; -v shows all");
    filled("  ", "  ", text.split(' '), columns.saturating_sub(1))
}

pub(super) fn values(cells: &[&CellRecord], metric: &str, stat: &str) -> Vec<u64> {
    let mut values: Vec<u64> = cells.iter().filter_map(|cell| cell.stat(metric, stat)).collect();
    values.sort_unstable();
    values
}

fn median(mut values: Vec<u64>) -> Option<u64> {
    values.sort_unstable();
    values.get(values.len().saturating_sub(1) / 2).copied()
}

pub(super) fn never(censored: Censored, seeds: usize) -> String {
    let all = if seeds > 1 { format!(", in all {seeds} seeds") } else { String::new() };
    human::never(censored) + &all
}

pub(super) struct Checks {
    /// The checks that failed, with their highest counts.
    pub(super) found: Vec<(&'static str, Unit, u64)>,
    pub(super) passed: Vec<&'static str>,
    /// The checks that had nothing to check.
    pub(super) hollow: Vec<&'static str>,
}

pub(super) fn checks(cells: &[&CellRecord]) -> Checks {
    let of = |check| {
        let metric = metric_of(check)?;
        let unit = cells.iter().find_map(|cell| cell.metrics.get(metric))?.unit();
        Some((check, unit, Setting(cells).most(metric)))
    };
    let (found, quiet): (Vec<_>, Vec<_>) =
        oracle::check_names().filter_map(of).partition(|(.., value)| *value > 0);
    let untried = |check: &&str| cells.iter().all(|cell| cell.untried.iter().any(|one| one == check));
    let (hollow, passed) = quiet.into_iter().map(|(check, ..)| check).partition(untried);
    Checks { found, passed, hollow }
}

struct Setting<'a>(&'a [&'a CellRecord]);

impl Setting<'_> {
    fn typical(&self, metric: &str, stat: &str) -> Option<u64> {
        median(values(self.0, metric, stat))
    }
    fn glance(&self, of: &Headline) -> Option<HeadlineFigure> {
        let &Headline { metric, stat, each, name: what } = of;
        let sum = |cell: &&CellRecord| {
            let own = cell.stat(metric, stat)?;
            let others = of.metrics().skip(1).filter_map(|other| cell.stat(other, stat));
            Some(others.fold(own, u64::saturating_add))
        };
        let value = median(self.0.iter().filter_map(sum).collect())?;
        let people = if each { self.devices() } else { 1 };
        let unit = self.0.iter().find_map(|cell| cell.metrics.get(metric))?.unit();
        let (seeds, censored) = (self.0.len(), censored(self.0, metric));
        Some(HeadlineFigure { of: [metric, stat], what, unit, value, people, seeds, censored, sound: None })
    }
    fn devices(&self) -> u64 {
        self.0.iter().map(|cell| cell.devices).max().unwrap_or(0).max(1)
    }
    fn most(&self, metric: &str) -> u64 {
        values(self.0, metric, "value").last().copied().unwrap_or(0)
    }
    fn waiting(&self) -> String {
        let waits = [
            ("engine.usable_after_login.duration", "people with a network could work after login"),
            ("engine.session.duration", "syncs completed"),
            (SAFE, "edits were safe on the backend"),
            (SEEN, "apps that were open and online showed others' edits"),
        ];
        let part = |(metric, what): (&str, &str)| {
            let [half, most] = ["p50", "p95"].map(|stat| self.typical(metric, stat));
            let never = censored(self.0, metric).map(|of| (of, self.never(metric, of)));
            Some(format!("{what} {}", within(most?, half?, never)))
        };
        let mut parts: Vec<String> = waits.into_iter().filter_map(part).collect();
        if let Some(first) = parts.first_mut() {
            *first = format!("95 of 100 {first}");
        }
        let blocked = self.typical("device.screen.blocked_a_day", "value").filter(|ns| *ns > 0);
        // For a script of less than a day, the total is shown.
        let long = self.0.iter().all(|cell| cell.virtual_ns >= Span::secs(86_400).0);
        let of = if long { "per day" } else { "in total" };
        parts.extend(
            blocked.map(|ns| format!("syncs blocked each phone's screen for {} {of}", human::span(ns))),
        );
        parts.join("; ")
    }

    /// The waits that never ended. For edits, it also says what happened to the edits.
    fn never(&self, metric: &str, censored: Censored) -> String {
        let of_edits = NEVER_SAFE.iter().filter(|_| metric == SAFE);
        let sum = |metric| values(self.0, metric, "value").iter().sum::<u64>();
        let ends = of_edits.map(|(metric, end)| (sum(metric), *end)).filter(|(edits, _)| *edits > 0);
        let ends = Some(in_numbers(&ends.collect::<Vec<_>>())).filter(|ends| !ends.is_empty());
        never(censored, self.0.len()) + &ends.map(|ends| format!(": {ends}")).unwrap_or_default()
    }

    fn data(&self) -> String {
        let Checks { found, passed, hollow } = checks(self.0);
        let of = |(check, unit, value): &(&str, Unit, u64)| {
            let expected = if self.fails_by(check) { "" } else { " (expected)" };
            format!("{check} {}{expected}", human::figure(*unit, *value))
        };
        let lost = self.lost();
        // A loss that a check found also counts, even if no saved edit was lost.
        let is_kept = lost.is_none() && !passed.is_empty();
        let is_kept = is_kept && !found.iter().any(|(check, ..)| harm_of(check) == Some(Harm::Lost));
        let mut parts: Vec<String> = lost.into_iter().collect();
        parts.extend(self.some("oracle.saved_edits.waiting", |edits| match edits {
            1 => "1 saved edit still waits on its phone".to_owned(),
            _ => format!("{} saved edits still wait on their phones", human::thousands(edits)),
        }));
        parts.extend(self.unread());
        let twice = ["oracle.doubled.rows", "oracle.kept_both.rows"].map(|metric| self.most(metric));
        let exist = |rows: u64, exists: &str, exist: &str| {
            (rows > 0)
                .then(|| format!("{} {}", human::count(rows, "row"), if rows == 1 { exists } else { exist }))
        };
        parts.extend(exist(twice[0].max(twice[1]), "exists twice", "exist twice"));
        // Other rows without an attachment are already counted as lost saved edits.
        let bare = self.most_beyond("attachment.bare.rows", ATTACHMENT_ONLY);
        let without = "reached the backend without the attachment";
        parts.extend(exist(bare, without, without));
        let stale = ["holds a stale copy of another row", "hold stale copies of other rows"];
        parts.extend(exist(self.most("oracle.stale_copies.rows"), stale[0], stale[1]));
        if !found.is_empty() {
            let found: Vec<String> = found.iter().map(of).collect();
            parts.push(format!("found: {}", found.join(", ")));
        }
        if is_kept && parts.is_empty() {
            parts.push("nothing was lost".to_owned());
        } else if is_kept && self.most("workload.edits.made") > 0 && !values(self.0, LOST, "value").is_empty()
        {
            parts.insert(0, "no saved edit was lost".to_owned());
        }
        if !passed.is_empty() {
            parts.push(format!("{} passed", human::count(passed.len() as u64, "check")));
        }
        if !hollow.is_empty() {
            parts.push(format!("{} had nothing to check ({})", hollow.len(), hollow.join(", ")));
        }
        let open = |left| format!("nobody decided {}", human::count(left, "conflict"));
        parts.extend(self.some("engine.page.left", open));
        parts.join("; ")
    }

    /// The largest difference between a metric and its part `part`, over all cells.
    fn most_beyond(&self, metric: &str, part: &str) -> u64 {
        self.0.iter().map(|cell| cell.number(metric).saturating_sub(cell.number(part))).max().unwrap_or(0)
    }
    /// The values that a person overwrote without having seen them, and the values that edits gave
    /// up in conflicts. An edit that gave up all its values counts as lost instead.
    fn unread(&self) -> Option<String> {
        let gave_way = self.most_beyond("oracle.gave_way.columns", "oracle.gave_way.lost");
        let over = self.most_beyond(OVERWRITTEN, "oracle.gave_way.columns");
        let values = |n| human::count(n, "value");
        let over = (over > 0).then(|| format!("people overwrote {} that they had not seen", values(over)));
        let gave_way = (gave_way > 0).then(|| format!("{} superseded in conflicts", values(gave_way)));
        let parts: Vec<String> = over.into_iter().chain(gave_way).collect();
        let found =
            self.some("engine.conflicts.found", |n| format!(" ({} found)", human::count(n, "conflict")));
        (!parts.is_empty()).then(|| parts.join("; ") + &found.unwrap_or_default())
    }

    /// The losses of the cell with the most losses; `None` if nothing was lost.
    fn lost(&self) -> Option<String> {
        let most = self.most(LOST);
        let worst = self.0.iter().find(|cell| most > 0 && cell.number(LOST) == most)?;
        let told = match worst.number("oracle.saved_edits.untold") {
            0 => "their authors were notified".to_owned(),
            untold if untold == most => "nobody was notified".to_owned(),
            untold => format!("the authors of {} were notified", human::thousands(most - untold)),
        };
        let saved = human::count(worst.number("workload.edits.made"), "saved edit");
        let lost = human::thousands(most);
        let what = match (worst.number(ATTACHMENT_ONLY), most) {
            (0, 1) => "was lost".to_owned(),
            (0, _) => "were lost".to_owned(),
            (1, 1) => "lost its attachment".to_owned(),
            (only, _) if only == most => "lost their attachments".to_owned(),
            (only, _) => format!("were lost, {} of them only the attachment", human::thousands(only)),
        };
        let how = match lost_how(worst, |_| true).as_slice() {
            [(_, how)] => (*how).to_owned(),
            several => in_numbers(several),
        };
        Some(format!("{lost} of {saved} {what} ({how}; {told})"))
    }
    fn fails_by(&self, check: &str) -> bool {
        self.0.iter().flat_map(|cell| &cell.reasons).any(|reason| match reason {
            Reason::Violation { check: of } => of == check,
            reason => check == "stuck" && reason.exit() == Exit::Stuck,
        })
    }
    fn some(&self, metric: &str, told: impl Fn(u64) -> String) -> Option<String> {
        Some(self.most(metric)).filter(|value| *value > 0).map(told)
    }
    /// True if a cell fails because its data is wrong.
    fn is_wrong(&self) -> bool {
        let of_data = |reason: &Reason| matches!(reason.exit(), Exit::Correctness | Exit::Stuck);
        self.0.iter().any(|cell| cell.verdict == Verdict::Fail && cell.reasons.iter().any(of_data))
    }

    fn cost(&self) -> String {
        let of = |metric| SUMMARY.iter().find(|of| of.metric == metric).and_then(|of| self.glance(of));
        let (Some(down), Some(up)) = (of("net.down.bytes"), of("net.up.bytes")) else {
            return String::new();
        };
        let each = if down.people > 1 { " per person" } else { "" };
        let mut text = format!("{} down and {} up{each} over the links", down.told(), up.told());
        if let Some(requests) = of("engine.requests.count").filter(|of| of.value > 0) {
            let attachments = self.typical(ATTACHMENT_REQUESTS, "value").unwrap_or(0);
            let attachments = HeadlineFigure { value: attachments, ..requests.clone() };
            text.push_str(&format!(" in {}", counted(&requests, ["request", "requests"])));
            let mut of_rows = "";
            if attachments.value > 0 {
                text.push_str(&format!(" ({} for attachments)", attachments.told()));
                of_rows = " for rows";
            }
            if let Some(failed) = of("engine.requests.failed").filter(|of| of.value > 0) {
                let failed = counted(&failed, ["try", "tries"]);
                text.push_str(&format!(" and {failed}{of_rows} without a response"));
            }
        }
        match self.typical("net.wasted.bytes", "value").unwrap_or(0) {
            0 => text,
            wasted => format!("{text}; {} of these bytes were wasted", share(wasted, down.value + up.value)),
        }
    }

    /// The reasons why edits waited, if there were edits, and the parts of sync time.
    fn limit(&self) -> String {
        let edits = waits(self.0).map(|waits| format!("edits waited: {}", shares(&waits, awaited)));
        let syncs = phases(self.0).map(|phases| format!("of sync time: {}", shares(&phases, word)));
        edits.into_iter().chain(syncs).collect::<Vec<_>>().join("; ")
    }
}

fn counted(of: &HeadlineFigure, [one, several]: [&str; 2]) -> String {
    let told = of.told();
    format!("{told} {}", if told == "1" { one } else { several })
}

fn shares<T: Copy>(parts: &[(T, u64)], word: fn(T) -> &'static str) -> String {
    let told = parts.iter().filter(|(_, share)| *share >= PHASE_MIN).take(3);
    let told = told.map(|(part, ppm)| ((ppm + 5_000) / 10_000, word(*part)));
    let mut told: Vec<(u64, &str)> = told.collect();
    let rest = 100_u64.saturating_sub(told.iter().map(|(percent, _)| percent).sum());
    told.extend((rest > 0).then_some((rest, "rest")));
    let told: Vec<String> = told.iter().map(|(percent, what)| format!("{percent} % {what}")).collect();
    told.join(", ")
}

pub(super) fn awaited(wait: Wait) -> &'static str {
    match wait {
        Wait::Network => "for a network",
        Wait::Start => "for a sync to start",
        Wait::Sync => "in a sync",
        Wait::Again => "for the next sync after one that failed",
        Wait::Nothing => "for nothing (lost or given up)",
    }
}

fn within(most: u64, half: u64, never: Option<(Censored, String)>) -> String {
    let Some((censored, never)) = never else {
        return format!("within {} (half within {})", human::span(most), human::span(half));
    };
    let known = |n| human::known(Unit::Ns, n, censored);
    let half = if half == NEVER { String::new() } else { format!("; half within {}", known(half)) };
    let late = || format!("only after more than {}", human::figure(Unit::Ns, censored.waited));
    let most = if most == NEVER { late() } else { format!("within {}", known(most)) };
    format!("{most} ({never}{half})")
}

fn share(part: u64, whole: u64) -> String {
    let thousandths = u128::from(part) * 1_000 / u128::from(whole.max(1));
    match thousandths {
        0 => "< 0.1 %".to_owned(),
        1..100 => format!("{}.{} %", thousandths / 10, thousandths % 10),
        _ => format!("{} %", thousandths / 10),
    }
}

pub(super) fn word(phase: Phase) -> &'static str {
    match phase {
        Phase::Network => "on the network",
        Phase::Server => "at the backend",
        Phase::Attachments => "sending attachments",
        Phase::Failed => "on failed requests",
        Phase::Wait => "waiting before a retry",
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
    use crate::record::headline_of;

    fn cell(bytes: u64) -> CellRecord {
        let mut outcome = fixture::outcome();
        for metric in ["net.down.bytes", "net.up.bytes", "net.wasted.bytes"] {
            outcome.figures.insert(metric.to_owned(), Figure::number(Unit::Bytes, bytes));
        }
        judge(&fixture::plan(None, 1), "c", &outcome).cell
    }
    fn of(devices: u64, figures: &[(&str, u64)]) -> CellRecord {
        let mut cell = CellRecord { devices, ..CellRecord::default() };
        for &(name, value) in figures {
            let unit = crate::metrics::find(name).expect("a metric").unit;
            cell.metrics.insert(name.to_owned().into(), Figure::number(unit, value));
        }
        cell
    }
    fn sentence(cells: &[&CellRecord], topic: &str) -> String {
        brief(cells).into_iter().find(|one| one.topic == topic).map_or_else(String::new, |one| one.text)
    }

    #[test]
    fn the_line_and_the_table_round_alike_and_count_attachments() {
        let cost = [
            ("net.down.bytes", 93 << 10),
            ("net.up.bytes", 2 << 10),
            ("engine.requests.count", 93),
            ("engine.requests.failed", 1),
        ];
        let cell = of(2, &cost);
        let row = |cell: &CellRecord, what| {
            first(&[cell]).iter().find(|one| one.what == what).map(HeadlineFigure::told)
        };
        let line = sentence(&[&cell], "cost").replace('\u{a0}', " ");
        assert_eq!(
            line,
            "46.5 KiB down and 1.00 KiB up per person over the links in 47 requests and 0.50 tries without a response"
        );
        assert_eq!(row(&cell, "requests per person").as_deref(), Some("47"));
        assert_eq!(row(&cell, "tries without a response per person").as_deref(), Some("0.50"));
        assert_eq!(row(&cell, "down per person").as_deref(), Some("46.5 KiB"));
        let cell = of(2, &[cost.as_slice(), &[(ATTACHMENT_REQUESTS, 63)]].concat());
        let line = sentence(&[&cell], "cost").replace('\u{a0}', " ");
        assert!(
            line.contains("in 78 requests (32 for attachments) and 0.50 tries for rows without"),
            "{line}"
        );
        assert_eq!(row(&cell, "requests per person").as_deref(), Some("78"));
    }

    #[test]
    fn a_sum_of_two_figures_is_called_by_both() {
        let name = headline_of(OVERWRITTEN).map_or("", |headline| headline.name);
        assert!(name.contains("overwritten") && name.contains("superseded"), "{name}");
    }

    #[test]
    fn what_was_overwritten_hides_not_that_no_edit_was_lost() {
        let none = [("oracle.lost.rows", 0), ("workload.edits.made", 480), (LOST, 0)];
        let with = |more: &[(&str, u64)]| sentence(&[&of(1, &[&none, more].concat())], "data");
        for (more, told) in [
            (&[][..], "nothing was lost; 1 check passed"),
            (
                &[(OVERWRITTEN, 5)],
                "no saved edit was lost; people overwrote 5 values that they had not seen; 1 check passed",
            ),
            // Values that count in both metrics are subtracted, so each counts once.
            (
                &[(OVERWRITTEN, 9), ("oracle.gave_way.columns", 6), ("oracle.gave_way.lost", 4)],
                "no saved edit was lost; people overwrote 3 values that they had not seen; \
                 2 values superseded in conflicts; 1 check passed",
            ),
            (
                &[(OVERWRITTEN, 5), ("oracle.gave_way.columns", 5), ("oracle.gave_way.lost", 5)],
                "nothing was lost; 1 check passed",
            ),
            (
                &[("oracle.orphan.rows", 3)],
                "no saved edit was lost; found: orphan 3 rows (expected); 1 check passed",
            ),
            (
                &[("attachment.bare.rows", 3)],
                "no saved edit was lost; 3 rows reached the backend without the attachment; 1 check passed",
            ),
            (&[("oracle.lost_edit.count", 3)], "found: lost-edit 3 (expected); 1 check passed"),
        ] {
            assert_eq!(with(more).replace('\u{a0}', " "), told);
        }
    }

    #[test]
    fn a_finding_is_expected_unless_a_cell_fails_by_it() {
        let reason = |check: &str| Reason::Violation { check: check.to_owned() };
        let found = [("oracle.orphan.rows", 3), ("oracle.stale.rows", 2)];
        for (reasons, told) in [
            (vec![Reason::NoChange {}], "found: stale 2 rows (expected), orphan 3 rows (expected)"),
            (vec![reason("orphan")], "found: stale 2 rows (expected), orphan 3 rows"),
            (vec![reason("orphan"), reason("stale")], "found: stale 2 rows, orphan 3 rows"),
        ] {
            let cell = CellRecord { verdict: Verdict::Fail, reasons, ..of(1, &found) };
            assert_eq!(sentence(&[&cell], "data").replace('\u{a0}', " "), told);
        }
    }
    #[test]
    fn the_limit_is_what_edits_waited_for() {
        let syncs = [("engine.session.time", 100), ("attachment.run.time", 54), ("engine.pull.time", 46)];
        let edits = [
            ("engine.edits.unsent", 1_000),
            ("engine.edits.unsent_offline", 710),
            ("engine.edits.unsent_in_sync", 40),
        ];
        let line = |figures: &[(&str, u64)]| sentence(&[&of(1, figures)], "limit").replace('\u{a0}', " ");
        let of_syncs = "of sync time: 54 % sending attachments, 46 % on the network";
        assert_eq!(line(&syncs), of_syncs);
        let of_edits = "edits waited: 71 % for a network, 25 % for a sync to start, 4 % rest";
        assert_eq!(line(&[syncs, edits].concat()), format!("{of_edits}; {of_syncs}"));
    }
    #[test]
    fn what_is_never_safe_stands_with_its_ends() {
        let cell = |never, waited, ends: [u64; 6]| {
            let mut outcome = fixture::outcome();
            let (count, p95) = (4_100 - never, Span::secs(60).0);
            let (min, p50, p99, max) = (1, 2_000_000_000, NEVER, NEVER);
            let (unit, mean) = (Unit::Ns, Some(NEVER));
            let safe = Figure::Distribution { unit, count, min, p50, p95, p99, max, mean, never, waited };
            outcome.figures.insert("engine.write_acknowledged.duration".to_owned(), safe);
            for ((metric, _), edits) in NEVER_SAFE.iter().zip(ends) {
                outcome.figures.insert((*metric).to_owned(), Figure::number(Unit::Count, edits));
            }
            judge(&fixture::plan(None, 1), "c", &outcome).cell
        };
        let cells = [cell(30, 3_600, [12, 5, 3, 0, 10, 0]), cell(18, 3_600, [4, 0, 0, 1, 13, 0])];
        insta::assert_snapshot!(told(&cells.iter().collect::<Vec<_>>(), 100));
        let open = (Censored { never: 2, of: 19, waited: 346_000_000_000 }, "2 of 19 never".to_owned());
        let late = "only after more than 5 min 46 s (2 of 19 never)";
        assert_eq!(within(NEVER, NEVER, Some(open)).replace('\u{a0}', " "), late);
    }
    #[test]
    fn bytes_are_told_for_each_person_and_as_the_median_of_seeds() {
        let cells = [cell(3_000), cell(30_000), cell(6_000)];
        let text = told(&cells.iter().collect::<Vec<_>>(), 60);
        assert!(text.lines().all(|line| line.chars().count() <= 60), "sentences end where the terminal does");
        insta::assert_snapshot!(text);
    }
}
