//! Writes a comparison of two sides (base and candidate) as text.
//!
//! A group has the cells (single simulations) that are compared with each other.

use std::collections::{BTreeMap, BTreeSet};

use super::words::{self, called, figures, of};
use crate::analysis::compare::{Basis, Comparison, Difference, Finding, Group};
use crate::analysis::grouped;
use crate::metrics::{self, Unit, human};
use crate::oracle::is_of_check;
use crate::record::{Exit, is_gated, is_loss, weight};
use crate::render::grid::{code, plain};
use crate::render::lines::{self, joined};
use crate::render::reasons::reasons_of;
use crate::render::story::annotated;
use crate::render::{Grid, Paint};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Shown {
    Worse,
    /// Figures that are worse or better, and other headline figures that changed.
    Usual,
    All,
}

/// The text for people: figures that are worse, better or changed. With `all`, also equal figures.
pub fn human(comparison: &Comparison, paint: Paint, all: bool) -> String {
    told(comparison, paint, if all { Shown::All } else { Shown::Usual })
}

/// The short text: the verdict, worse figures, and figures that could not be compared.
pub fn in_short(comparison: &Comparison, paint: Paint) -> String {
    told(comparison, paint, Shown::Worse)
}

fn told(comparison: &Comparison, paint: Paint, shown: Shown) -> String {
    let (base, candidate) = &comparison.sides;
    let mut text = format!("{candidate} against {base}: {}\n", verdict(comparison, paint));
    let scenarios = comparison.scenarios.as_ref();
    let builds = comparison.builds.as_ref();
    let choice = "a difference is a choice, not a regression";
    text.extend(scenarios.map(|(was, is)| format!("{is} and {was} are different scenarios: {choice}\n")));
    text.extend(builds.map(|(was, is)| format!("another build: {base} is of {was}, {candidate} of {is}\n")));
    let wrong = |group: &Group| {
        let worse = group.differences.iter().any(|d| d.finding == Finding::Worse);
        worse || !group.missing.is_empty() || !group.unlike.is_empty() || !group.copies.is_empty()
    };
    let (alike, others) = match shown {
        Shown::All => (String::new(), comparison.groups.iter().collect()),
        Shown::Usual | Shown::Worse => apart(comparison),
    };
    for group in gravest_first(others).into_iter().filter(|group| shown != Shown::Worse || wrong(group)) {
        text.push_str(&heading(group));
        let lines = lacks(group, candidate, shown == Shown::All).into_iter().chain(trade(group));
        text.extend(lines.map(|line| format!("  {line}\n")));
        text.push_str(&differences(group, paint, shown, most(comparison)));
    }
    text.push_str(if shown == Shown::Usual { &alike } else { "" });
    text.push_str(if shown == Shown::Worse { "" } else { legend(comparison) });
    let only = [(base, candidate, &comparison.unmatched.0), (candidate, base, &comparison.unmatched.1)];
    let only = only.into_iter().filter_map(|(side, other, of)| Some((side, other, joined(of, "; ")?)));
    text.extend(only.map(|(side, other, titles)| format!("only in {side}, not in {other}: {titles}\n")));
    text
}

/// A sentence about all groups without a difference, and a list of the other groups.
fn apart(comparison: &Comparison) -> (String, Vec<&Group>) {
    let is_alike = |group: &&Group| {
        let same = group.differences.iter().all(is_equal);
        let is_whole = lacks(group, "", false).is_empty() && group.new_failing.is_none();
        same && group.basis == Basis::Exact && is_whole && group.other_digests == 0
    };
    let (alike, others): (Vec<&Group>, Vec<&Group>) = comparison.groups.iter().partition(is_alike);
    if alike.len() < 2 {
        return (String::new(), comparison.groups.iter().collect());
    }
    let titles: Vec<&str> = alike.iter().map(|group| group.title.as_str()).take(NAMED).collect();
    let titles = titles.join(", ") + if alike.len() > NAMED { ", …" } else { "" };
    let none_differs = none_differs(alike.iter().flat_map(|group| &group.differences));
    let some = alike.len();
    let all = comparison.groups.len();
    (format!("\n{none_differs} in {some} of {all} variants: {titles}\n"), others)
}

/// Sorts groups: new failures first (the gravest at the start), then losses, then others.
fn gravest_first(mut groups: Vec<&Group>) -> Vec<&Group> {
    let loses = |group: &Group| {
        group.differences.iter().any(|d| d.finding == Finding::Worse && is_of_check(&d.metric))
    };
    groups.sort_by_key(|group| {
        let severity = group.new_failing.as_ref().and_then(|cell| cell.severity());
        (severity.is_none(), severity, !loses(group))
    });
    groups
}

/// True if the sides are equal, or differ too little to mention.
fn is_equal(d: &Difference) -> bool {
    matches!(d.finding, Finding::Same | Finding::Equal)
}

/// A phrase for figures that are all equal, exactly or in practice.
fn none_differs<'d>(mut all: impl Iterator<Item = &'d Difference>) -> &'static str {
    if all.any(|d| d.finding == Finding::Equal) { "no figure differs by 1 %" } else { "no figure differs" }
}

fn lacks(group: &Group, candidate: &str, all: bool) -> Vec<String> {
    let otherwise = (group.counted_otherwise > 0).then(|| {
        let cells = human::count(group.counted_otherwise as u64, "cell");
        format!("the events of {cells} are the same, but figures differ: another program computed them")
    });
    let missing = joined(words::lacks_of(group, all), "; ");
    let missing = missing.map(|missing| format!("not in {candidate}: {missing}"));
    let unlike = group.unlike.iter().map(|one| format!("not compared: {}", words::unlike_shapes_text(one)));
    let copies = joined(&group.copies, ", ");
    let copies = copies.map(|of| format!("one side has several cells with different results: seed {of}"));
    let size = words::other_size(group);
    otherwise.into_iter().chain(missing).chain(size).chain(unlike).chain(copies).collect()
}

fn verdict(comparison: &Comparison, paint: Paint) -> String {
    let count = |finding| comparison.count(finding) as u64;
    let figures = |n| human::count(n, "figure");
    let mut parts = Vec::new();
    let (base, candidate) = comparison.failed();
    if base + candidate > 0 {
        let cells = human::count(candidate as u64, "cell");
        let new = match comparison.new_failure() {
            Exit::Success => String::new(),
            exit => {
                let why = match exit {
                    Exit::Threshold => " (a missed gate or expectation)",
                    Exit::Correctness => " (lost or wrong data)",
                    Exit::Stuck => " (a stuck sync)",
                    _ => "",
                };
                let chance = |group: &Group| group.new_failure == exit && group.basis == Basis::Samples;
                let how = match comparison.groups.iter().any(chance) {
                    _ if base == 0 => format!("occurs only in {}", comparison.sides.1),
                    true => "is more frequent".to_owned(),
                    false => format!("is new in {} under some seeds", comparison.sides.1),
                };
                format!("; exit {}{why} {how}", exit.code())
            }
        };
        let told = format!("{cells} failed, and {base} in {}{new}", comparison.sides.0);
        parts.push(if candidate > base || !new.is_empty() { paint.bad(&told) } else { told });
    }
    let told = |n, words: &dyn Fn(u64) -> String| (n > 0).then(|| words(n));
    parts.extend(told(count(Finding::Worse), &|n| paint.bad(&format!("{} worse", figures(n)))));
    parts.extend(told(count(Finding::Tolerated), &|n| format!("{} worse within the tolerance", figures(n))));
    parts.extend(told(count(Finding::Better), &|n| paint.good(&format!("{n} better"))));
    parts.extend(told(count(Finding::Changed), &|n| format!("{n} changed, neither better nor worse")));
    let unclear = count(Finding::Unclear);
    let s = if unclear == 1 { "s" } else { "" };
    // With too few seeds, chance can explain the difference.
    let unjudged = words::unjudged(comparison).map(|why| paint.bad(&why));
    match (parts.is_empty(), unclear, unjudged) {
        (true, 0, _) => match (count(Finding::Equal), comparison.other_digests() as u64) {
            (0, 0) => "no difference".to_owned(),
            (0, n) => format!("no figure differs, but digests do ({})", human::count(n, "cell")),
            (1, _) => "no difference of 1 % (1 figure differs by less: --tolerance 0)".to_owned(),
            (n, _) => format!("no difference of 1 % ({} differ by less: --tolerance 0)", figures(n)),
        },
        (true, n, Some(why)) => format!("{} differ{s}, {why}", figures(n)),
        (true, n, None) => {
            let vary = if n == 1 { "varies" } else { "vary" };
            format!("no difference beyond chance ({} {vary})", figures(n))
        }
        (false, _, Some(why)) => format!("{}; the rest is {why}", parts.join(", ")),
        (false, _, None) => parts.join(", "),
    }
}

fn heading(group: &Group) -> String {
    let (base, candidate) = group.seeds;
    let seeds = human::count(base as u64, "seed");
    let basis = match group.basis {
        Basis::Exact if group.differences.iter().all(is_equal) => {
            format!("same scenario, {seeds} in common: {}", none_differs(group.differences.iter()))
        }
        Basis::Exact => format!("same scenario, {seeds} in common: no difference is chance"),
        Basis::Paired if base == 1 => "one seed in common: no interval, and it may be chance".to_owned(),
        Basis::Paired => format!("{seeds} in both"),
        Basis::Samples => format!("no seed in common ({base} against {candidate})"),
    };
    if group.title.is_empty() {
        return format!("\n{basis}\n");
    }
    let failed = (group.failed.1 > 0).then(|| format!("{} of {candidate} FAIL", group.failed.1));
    let found = [Finding::Worse, Finding::Better].map(|of| (group.count(of), word(of))).into_iter();
    let found = found.filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}"));
    let parts: Vec<String> = failed.into_iter().chain(found).chain([basis]).collect();
    format!("\n{}: {}\n", group.title, parts.join(", "))
}

/// Explains once the terms that several seeds need.
fn legend(comparison: &Comparison) -> &'static str {
    let of_chance = |group: &Group| group.basis != Basis::Exact && group.seeds.0 > 1;
    if !comparison.groups.iter().any(of_chance) {
        return "";
    }
    "\nfigures are means over the seeds (geometric means if no value is zero); `run` shows medians\n\
     in 100 comparisons of equal engines, about one shows a difference of the summary by chance,\n\
     and one a difference of other figures\n"
}

const UNJUDGED: usize = 8;
const FEW_GROUPS: usize = 4;
/// The number of figures per finding that a group shows, unless all are requested.
fn most(comparison: &Comparison) -> usize {
    if comparison.groups.len() > FEW_GROUPS { 3 } else { 8 }
}

/// A figure is called equal if its 95 % interval is within this many millionths.
const EQUAL_MAX: u64 = 50_000;
const NAMED: usize = 4;

/// One line with the figure that improved most and the figure that worsened most.
fn trade(group: &Group) -> Option<String> {
    let [better, worse] = group.trade()?;
    let by = |d: &Difference| {
        let change = d.change_ppm.filter(|_| !d.lopsided).map(|ppm| human::percent(ppm.saturating_abs()));
        change.map(|change| format!(" by {}", change.trim_start_matches('+'))).unwrap_or_default()
    };
    Some(format!("trade: {} better{}, {} worse{}", called(better), by(better), called(worse), by(worse)))
}

/// The figures to show, the most important first, and a text with the number of further ones. The
/// number leaves out figures that may differ by chance, and parts of a shown figure.
fn chosen(group: &Group, amount: Shown, most: usize) -> (Vec<&Difference>, String) {
    if amount == Shown::All {
        return (group.differences.iter().collect(), String::new());
    }
    let mut shown: Vec<&Difference> = group.differences.iter().filter(|d| !is_equal(d)).collect();
    // Shows one statistic per metric. It has the gravest finding, and is p95 if possible.
    let gravest = group.metrics();
    let mut said = BTreeSet::new();
    let mut of_each = BTreeMap::new();
    shown.retain(|d| {
        let is_told = match d.finding {
            Finding::Worse => true,
            Finding::Better | Finding::Tolerated => amount == Shown::Usual,
            Finding::Changed => amount == Shown::Usual && is_gated(&d.metric),
            Finding::Unclear | Finding::Equal | Finding::Same => false,
        };
        let is_told = is_told && gravest[d.metric.as_str()] == d.finding && said.insert(d.metric.as_str());
        let count = of_each.entry(d.finding).or_insert(0);
        *count += usize::from(is_told);
        is_told && *count <= most
    });
    let stem = |metric| metrics::parts(metric).0;
    let told: BTreeSet<&str> = shown.iter().map(|d| stem(&d.metric)).collect();
    let others = |counts: &dyn Fn(Finding) -> bool| {
        let others = gravest.iter().filter(|(_, finding)| counts(**finding)).map(|(metric, _)| stem(metric));
        others.filter(|metric| !told.contains(metric)).collect::<BTreeSet<_>>().len() as u64
    };
    let worse = others(&|finding| finding == Finding::Worse);
    let more = others(&|finding| match amount {
        Shown::Worse => finding == Finding::Worse,
        Shown::Usual | Shown::All => finding < Finding::Unclear,
    });
    let figures = if more == 1 { "figure differs" } else { "figures differ" };
    let more = match more {
        0 => String::new(),
        more if worse > 0 && amount == Shown::Usual => {
            format!("{} more {figures}, {worse} of them worse", human::thousands(more))
        }
        more => format!("{} more {figures}", human::thousands(more)),
    };
    let unjudged = if amount == Shown::Usual { unjudged(group) } else { Vec::new() };
    let open = group.count(Finding::Unclear);
    let more = match (more.is_empty(), unjudged.len()) {
        (true, first) if first > 0 && first < open => {
            format!("the first {first} of {open} figures that differ and are not judged")
        }
        _ => more,
    };
    shown.extend(unjudged);
    (shown, more)
}

fn differences(group: &Group, paint: Paint, amount: Shown, most: usize) -> String {
    let (shown, more) = chosen(group, amount, most);
    let rest = if amount == Shown::Usual { equal_and_open(group) } else { Vec::new() };
    let rest: String = rest.iter().map(|line| format!("  {line}\n")).collect();
    if shown.is_empty() {
        return match amount {
            Shown::Worse => String::new(),
            _ if rest.is_empty() => nothing_shown(group),
            _ => rest,
        };
    }
    let more = if more.is_empty() { more } else { format!("  … {more}: -v\n") };
    painted(&table_of(&shown).terminal("  "), paint) + &more + &rest
}

/// Headline figures that have too few seeds for a finding.
fn unjudged(group: &Group) -> Vec<&Difference> {
    if group.basis != Basis::Paired || group.lacks().is_none() {
        return Vec::new();
    }
    let mut open = headlines(group, |d| d.finding == Finding::Unclear && !d.is_part());
    open.truncate(UNJUDGED);
    open
}

/// The headline figures that `asked` accepts, the most important first.
fn headlines(group: &Group, asked: impl Fn(&Difference) -> bool) -> Vec<&Difference> {
    let gated = group.differences.iter().filter(|d| is_gated(&d.metric));
    let mut chosen: Vec<&Difference> = gated.filter(|d| asked(d)).collect();
    chosen.sort_by_key(|d| (weight(&d.metric), &d.metric));
    chosen
}

/// The largest possible difference at 95 % confidence; `None` if unknown.
fn bound(d: &Difference) -> Option<u64> {
    let ends = |(low, high): (i64, i64)| low.unsigned_abs().max(high.unsigned_abs());
    if d.finding == Finding::Same { Some(0) } else { d.interval_ppm.map(ends) }
}

/// Lists the headline figures that are equal within a bound, and the undecided ones.
fn equal_and_open(group: &Group) -> Vec<String> {
    if group.basis == Basis::Exact || group.lacks().is_some() {
        return Vec::new();
    }
    let within = |d: &Difference| bound(d).filter(|bound| *bound <= EQUAL_MAX);
    // A figure that is 0 on both sides needs no line.
    let moves = |d: &Difference| d.means.iter().any(|mean| mean.is_some_and(|mean| mean > 0.0));
    let quiet = headlines(group, |d| (d.finding == Finding::Unclear || is_equal(d)) && moves(d));
    let (equal, open): (Vec<&Difference>, Vec<&Difference>) =
        quiet.into_iter().partition(|d| group.basis == Basis::Paired && within(d).is_some());
    let most = equal.iter().filter_map(|d| within(d)).max();
    let most = most.map(|most| match most {
        0 => "equal".to_owned(),
        ppm => format!("equal within {} (95 %)", human::percent(ppm as i64).trim_start_matches('+')),
    });
    let equal = most.map(|within| format!("{within}: {}", listed(&equal)));
    let mut open: Vec<&Difference> = open.into_iter().filter(|d| within(d).is_none()).collect();
    open.sort_by_key(|d| !leans(d));
    let open =
        (!open.is_empty()).then(|| format!("not decided (more --seeds would decide): {}", listed(&open)));
    equal.into_iter().chain(open).collect()
}

/// True if the difference would be significant alone, but is not significant among all figures.
fn leans(d: &Difference) -> bool {
    let leans = |(low, high): (i64, i64)| low > 0 || high < 0;
    d.finding == Finding::Unclear && d.interval_ppm.is_some_and(leans)
}

/// The metrics of these figures. If a metric has only one figure, its statistic is added. If the
/// change would be significant alone, the change is added.
fn listed(figures: &[&Difference]) -> String {
    let of = grouped(figures.iter().copied(), |d| d.metric.as_str());
    let name = |(metric, all): &(&str, Vec<&Difference>)| match all.as_slice() {
        [one, ..] if leans(one) => format!("{} ({})", called(one), change(one)),
        [one] => called(one),
        _ => (*metric).to_owned(),
    };
    let first = of.iter().take(NAMED).map(name).collect::<Vec<_>>().join(", ");
    match of.len().saturating_sub(NAMED) {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}

fn table_of(shown: &[&Difference]) -> Grid {
    let with_interval = shown.iter().any(|d| d.interval_ppm.is_some());
    let header = ["", "metric", "stat", "base", "candidate", "change"].into_iter();
    let mut grid = Grid::new(3, header.chain(with_interval.then_some("95 % interval")));
    for d in shown {
        let [base, candidate] = figures(d);
        let mut row =
            vec![word(d.finding).to_owned(), d.metric.clone(), d.stat.to_owned(), base, candidate, change(d)];
        row.extend(d.interval_ppm.map(|(low, high)| format!("{} … {}", end(d, low), end(d, high))));
        grid.row(row);
    }
    grid
}

fn change(d: &Difference) -> String {
    match (d.change_ppm, d.base, d.candidate) {
        _ if d.lopsided => "not in all".to_owned(),
        (_, None, _) => "in neither".to_owned(),
        // If a wait never ended on one side, its change has no size.
        (None, ..) if d.censored != [None; 2] && d.unit == Unit::Ns => "–".to_owned(),
        // A change must not be rounded to 0.
        (Some(0), Some(base), Some(candidate)) if base != candidate => {
            human::percent(if candidate > base { 1 } else { -1 })
        }
        (Some(ppm), ..) => human::percent(ppm),
        (None, ..) => "from zero".to_owned(),
    }
}

/// An end of an interval as text. If the change is significant, the end is not rounded to 0.
fn end(d: &Difference, ppm: i64) -> String {
    let is_judged = matches!(d.finding, Finding::Worse | Finding::Better);
    let least = if d.means[1] > d.means[0] { 1 } else { -1 };
    human::percent(if ppm == 0 && is_judged { least } else { ppm })
}

fn nothing_shown(group: &Group) -> String {
    let all = group.differences.len();
    match group.differences.iter().filter(|d| !is_equal(d)).count() {
        0 if group.other_digests > 0 => {
            let cells = human::count(group.other_digests as u64, "cell");
            format!("  none of {all} statistics differs, but the digests of {cells} do\n")
        }
        0 => format!("  nothing to report among {all} statistics\n"),
        n => format!("  {n} of {all} statistics differ, but none is a finding: use -v\n"),
    }
}

fn painted(grid: &str, paint: Paint) -> String {
    let line = |line: &str| match line.trim_start() {
        rest if rest.starts_with("worse ") => line.replacen("worse", &paint.bad("worse"), 1),
        rest if rest.starts_with("better ") => line.replacen("better", &paint.good("better"), 1),
        _ => line.to_owned(),
    };
    grid.lines().map(|text| line(text) + "\n").collect()
}

fn word(finding: Finding) -> &'static str {
    match finding {
        Finding::Worse => "worse",
        Finding::Better => "better",
        Finding::Tolerated => "within the tolerance",
        Finding::Changed => "changed",
        Finding::Unclear => "open",
        Finding::Equal => "equal",
        Finding::Same => "same",
    }
}

pub fn markdown(comparison: &Comparison) -> String {
    let (base, candidate) = &comparison.sides;
    let verdict = plain(&verdict(comparison, Paint(false)));
    let mut text = format!("### {} against {}: {verdict}\n", code(candidate), code(base));
    let (alike, others) = apart(comparison);
    for group in gravest_first(others) {
        let (shown, more) = chosen(group, Shown::Usual, most(comparison));
        text.push_str(&format!("\n{}\n", plain(heading(group).trim())));
        text.extend(trade(group).map(|trade| format!("\n- {}\n", plain(&trade))));
        if !shown.is_empty() {
            text.push_str(&format!("\n{}", table_of(&shown).markdown()));
        }
        let more = (!more.is_empty()).then(|| format!("{more} (`syncdyno compare -v`)"));
        let failing = failing(group).into_iter().map(|line| code(&line));
        let said = lacks(group, candidate, false).into_iter().chain(equal_and_open(group));
        let lines: Vec<String> = failing.chain(said.map(|line| plain(&line))).chain(more).collect();
        text.push_str(if lines.is_empty() { "" } else { "\n" });
        lines.iter().for_each(|line| text.push_str(&format!("- {line}\n")));
    }
    if !alike.is_empty() {
        text.push_str(&format!("\n{}\n", plain(alike.trim())));
    }
    text.push_str(legend(comparison));
    let only = [(base, &comparison.unmatched.0), (candidate, &comparison.unmatched.1)].into_iter();
    let only = only.filter_map(|(side, titles)| Some((side, joined(titles, "; ")?)));
    text.extend(only.map(|(side, titles)| format!("\nonly in {}: {}\n", code(side), plain(&titles))));
    text
}

/// The worst cell with a new failure: its reasons, and the command that repeats it.
fn failing(group: &Group) -> Vec<String> {
    let Some(cell) = &group.new_failing else { return Vec::new() };
    let reasons = reasons_of(cell).into_iter().take(REASONS);
    let replay = Some(cell.replay.clone()).filter(|replay| !replay.is_empty());
    reasons.map(|reason| format!("{}: {reason}", cell.id)).chain(replay).collect()
}

const REASONS: usize = 3;
/// GitHub shows at most this many annotations per kind and step.
const ANNOTATIONS: usize = 10;

/// Annotations for a GitHub job: errors for a new failure and for losses, then a warning for each
/// other worse figure, the most important first.
pub fn annotations(comparison: &Comparison) -> String {
    let failure = match comparison.new_failure() {
        Exit::Success => String::new(),
        exit => {
            let head = format!("cells of the candidate end with exit {}", exit.code());
            let groups = gravest_first(comparison.groups.iter().collect());
            let lines = groups.into_iter().flat_map(failing);
            let text = std::iter::once(head).chain(lines).collect::<Vec<_>>().join("\n");
            format!("::error title=new failure::{}\n", annotated(&text))
        }
    };
    let mut worse: Vec<(&Group, &Difference)> = comparison.found(Finding::Worse).collect();
    worse.sort_by_cached_key(|(_, d)| d.place());
    let mut said = BTreeSet::new();
    worse.retain(|(group, d)| said.insert((&group.title, &d.metric)));
    let line = |(group, d): (&Group, &Difference)| {
        let [base, candidate] = figures(d);
        let text =
            format!("{} {}{}: {base} → {candidate} ({})", d.metric, d.stat, of(&group.title), change(d));
        let level = if is_loss(&d.metric) { "error" } else { "warning" };
        format!("::{level} title=worse::{}\n", annotated(&text))
    };
    let most = ANNOTATIONS - usize::from(!failure.is_empty());
    failure + &worse.into_iter().take(most).map(line).collect::<String>()
}

pub fn json(comparison: &Comparison) -> String {
    let group = |g: &Group| {
        serde_json::json!({
            "cells": g.title, "basis": g.basis, "base_seeds": g.seeds.0, "candidate_seeds": g.seeds.1,
            "base_failed": g.failed.0, "candidate_failed": g.failed.1, "new_failure": g.new_failure.code(),
            "missing_seeds": g.missing.iter().map(words::missing).collect::<Vec<_>>(),
            "not_compared": g.unlike.iter().map(words::unlike_shapes_text).collect::<Vec<_>>(), "copies": g.copies, "other_digests": g.other_digests,
            "counted_otherwise": g.counted_otherwise, "differences": g.differences,
        })
    };
    let count = |finding| comparison.count(finding);
    let groups: Vec<_> = comparison.groups.iter().map(group).collect();
    let value = serde_json::json!({
        "schema_version": "1.0.0",
        "base": comparison.sides.0,
        "candidate": comparison.sides.1,
        "scenarios": comparison.scenarios.as_ref().map(|(base, candidate)| [base, candidate]),
        "builds": comparison.builds.as_ref().map(|(base, candidate)| [base, candidate]),
        "worse": count(Finding::Worse),
        "tolerated": count(Finding::Tolerated),
        "better": count(Finding::Better),
        "changed": count(Finding::Changed),
        "unjudged": words::unjudged(comparison),
        "groups": groups,
        "only_in_base": comparison.unmatched.0,
        "only_in_candidate": comparison.unmatched.1,
    });
    lines::to_json(&value)
}
