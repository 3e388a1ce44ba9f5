//! Explains why two sides, or cells and a baseline, cannot be compared, and how cells differ from a
//! baseline.
//!
//! A cell is one simulation. A baseline is a file of figures that a run must reproduce. The sides
//! of a comparison are called base and candidate.

use crate::analysis::compare::{
    Basis, Comparison, Difference, Finding, Group, Lacks, Missing, Shift, Unlike, Unmeasured, Worst,
};
use crate::analysis::{Standard, distinct, grouped};
use crate::metrics::{Unit, human};
use crate::render::lines::joined;
use crate::stats::PAIRS_MIN;

/// The reason why a group cannot be judged, and what would help; `None` if all can be judged.
pub fn unjudged(comparison: &Comparison) -> Option<String> {
    let (group, least) = comparison.unjudged()?;
    let (whose, of_each) =
        if group.basis == Basis::Samples { ("", " on each side") } else { ("common ", "") };
    let seeds = human::count(group.seeds.0.min(group.seeds.1) as u64, &format!("{whose}seed"));
    Some(format!("not judged: {seeds}{of_each}, but {least} are needed: run both with --seeds 1..={least}"))
}

/// The seeds and metrics of the base that are missing in the candidate; `None` if none is missing.
pub fn lacking(comparison: &Comparison) -> Option<String> {
    let groups = comparison.groups.iter().filter(|group| !group.missing.is_empty());
    let seeds = groups.map(|group| lacks_of(group, false).join("; ") + &of(&group.title));
    joined(distinct(comparison.unmatched.0.iter().cloned().chain(seeds)), "; ")
}

/// The metrics whose units or shapes differ between the sides; `None` if there are none.
pub fn unlike(comparison: &Comparison) -> Option<String> {
    joined(distinct(comparison.groups.iter().flat_map(|group| &group.unlike).map(unlike_shapes_text)), "; ")
}

/// The seeds for which one side has several different results; `None` if there are none.
pub fn copies(comparison: &Comparison) -> Option<String> {
    let groups = comparison.groups.iter().filter(|group| !group.copies.is_empty());
    let seeds = joined(distinct(groups.map(|group| group.copies.join(", ") + &of(&group.title))), "; ")?;
    Some(format!("one side has several cells of seed {seeds} with different results"))
}

/// The metrics that only one side measured, or that too few seeds have.
pub fn unmeasured(comparison: &Comparison, asked: &[String]) -> Option<String> {
    let (base, candidate) = &comparison.sides;
    let told = |Unmeasured { metric, group, lacks }: Unmeasured<'_>| match lacks {
        Lacks::All { in_base } => {
            let (with, without) = if in_base { (candidate, base) } else { (base, candidate) };
            format!("{metric}{} was measured in {with}, but not in {without}", of(group))
        }
        Lacks::Seeds { cells, least } => {
            let measured = human::count(cells as u64, "seed");
            format!(
                "{metric}{} was measured under {measured} of both sides, but {least} are needed",
                of(group)
            )
        }
    };
    joined(distinct(comparison.unmeasured(asked).into_iter().map(told)), "; ")
}

/// The difference between cells and a baseline as text.
pub fn shift(shift: &Shift, standard: Standard<'_>) -> String {
    let name = standard.name;
    let over = |figure: &Difference| {
        let seeds = human::count(figure.cells as u64, "seed");
        format!("{} over {seeds}", moved(figure))
    };
    let cannot = |why: String| format!("not comparable with baseline {name}: {why}{}", standard.accept(""));
    match shift {
        Shift::Missing(one) => cannot(format!("this run has no seed {}", missing(one))),
        Shift::Unlike(one) => cannot(unlike_shapes_text(one)),
        Shift::OneSided(figure) => {
            let why = format!("baseline {name} or this run has no {}", figure.metric);
            format!("not comparable: {why}{}", standard.accept(""))
        }
        Shift::Worse(figure, Worst { seeds, seed, .. }) => {
            let (moved, of) = (moved(figure), human::count(figure.cells as u64, "seed"));
            format!("baseline {name}: {moved} in {seeds} of {of}, worst seed {seed}")
        }
        Shift::TooFew(figure) => {
            let why =
                format!("fewer than {PAIRS_MIN} do not rule out chance: --seeds 1..={PAIRS_MIN} in both");
            format!("baseline {name}: {}; {why}", over(figure))
        }
        Shift::Otherwise(figure) if figure.finding == Finding::Worse => {
            format!("tolerated: {}", over(figure))
        }
        Shift::Perhaps(figure) => {
            format!("may be worse, so it fails nothing: {}; more --seeds would decide", over(figure))
        }
        Shift::Otherwise(figure) => format!("no failure: {}", over(figure)),
    }
}

/// `engine.rows.rate is worse: 27.8 rows/s → 26.1 rows/s on average (−7.0 % to −5.1 %)`.
fn moved(figure: &Difference) -> String {
    let word = match figure.finding {
        Finding::Better => "better",
        Finding::Changed => "changed",
        _ => "worse",
    };
    let [was, is] = figures(figure);
    let change = match (figure.interval_ppm, figure.change_ppm) {
        (Some((low, high)), _) if low != high => {
            format!(" ({} to {})", human::percent(low), human::percent(high))
        }
        (_, Some(change)) => format!(" ({})", human::percent(change)),
        _ => String::new(),
    };
    let mean = if figure.cells > 1 { " on average" } else { "" };
    format!("{} is {word}: {was} → {is}{mean}{change}", called(figure))
}

pub(super) fn called(d: &Difference) -> String {
    if d.stat == "value" { d.metric.clone() } else { format!("{} {}", d.metric, d.stat) }
}

/// The figures of both sides. If they differ, they get enough digits to show the difference.
pub(super) fn figures(d: &Difference) -> [String; 2] {
    let about = if d.unit == Unit::Uj { "≈ " } else { "" };
    let shown = numbers(d).map(|text| format!("{about}{text}"));
    let Some(of) = d.of else { return shown };
    // If waits never ended, the text already has the count.
    [0, 1].map(|side| match d.censored[side] {
        Some(_) => shown[side].clone(),
        None => format!("{} (of {})", shown[side], human::thousands(of[side])),
    })
}

fn numbers(d: &Difference) -> [String; 2] {
    let none = || "–".to_owned();
    if d.censored != [None; 2] && d.unit == Unit::Ns {
        let sides = [(d.base, d.censored[0]), (d.candidate, d.censored[1])];
        return sides.map(|(n, never)| n.map_or_else(none, |n| human::of_waits(d.unit, n, never)));
    }
    let (Some(base), Some(candidate)) = (d.base, d.candidate) else {
        return [d.base, d.candidate].map(|n| n.map_or_else(none, |n| human::figure(d.unit, n)));
    };
    let [low, high] = d.means.map(|mean| mean.unwrap_or_default());
    let told = [low, high].map(|mean| human::mean(d.unit, mean));
    // Means of rare events can differ although their rounded values are equal.
    let is_rare = base.min(candidate) < 10 && told != [base, candidate].map(|n| human::figure(d.unit, n));
    let shown = if is_rare { told } else { human::pair(d.unit, base, candidate) };
    match shown[0] == shown[1] {
        true if low != high => human::means_apart(d.unit, low, high),
        true => human::apart(d.unit, base, candidate),
        _ => shown,
    }
}

/// A seed with its missing metrics: `2 (without engine.rows.rate and 1 more)`.
pub(super) fn missing(Missing { seed, without }: &Missing) -> String {
    match without.as_slice() {
        [] => seed.clone(),
        [only] => format!("{seed} (without {only})"),
        [first, more @ ..] => format!("{seed} (without {first} and {} more)", more.len()),
    }
}

/// The missing seeds, and the missing metrics of other seeds. With `all`, nothing is shortened.
pub(super) fn lacks_of(group: &Group, all: bool) -> Vec<String> {
    const NAMED: usize = 3;
    let (gone, partly): (Vec<&Missing>, Vec<&Missing>) =
        group.missing.iter().partition(|one| one.without.is_empty());
    let seeds_of = |of: &[&Missing]| joined(of.iter().map(|one| &one.seed), ", ").unwrap_or_default();
    let seeds = (!gone.is_empty()).then(|| format!("seed {}", seeds_of(&gone)));
    let metrics = grouped(partly, |one| &one.without).into_iter().map(|(names, of)| {
        let most = if all { names.len() } else { names.len().min(NAMED) };
        let more = names.len() - most;
        let more = if more > 0 { format!(" and {more} more (-v)") } else { String::new() };
        let seeds = match of.len() == group.seeds.0 {
            true => "in every seed".to_owned(),
            false => format!("in seed {}", seeds_of(&of)),
        };
        format!("{}{more} {seeds}", names[..most].join(", "))
    });
    seeds.into_iter().chain(metrics).collect()
}

pub(super) fn unlike_shapes_text(of: &Unlike) -> String {
    let [here, there] = of.shapes.map(|(unit, is_distribution): (Unit, bool)| {
        let unit = serde_json::to_string(&unit).unwrap_or_default().replace('"', "");
        format!("a {} in {unit}", if is_distribution { "distribution" } else { "number" })
    });
    format!("{} is {here} in one cell and {there} in another", of.metric)
}

/// The title as the end of a phrase; empty if there is only one group.
pub(super) fn of(title: &str) -> String {
    if title.is_empty() { String::new() } else { format!(" of {title}") }
}

/// The sums that have no better direction, because one side has more devices or hours.
pub(super) fn other_size(group: &Group) -> Option<String> {
    let devices = group.devices.map(|[base, candidate]| {
        format!("{} against {} in the base", human::count(candidate, "device"), base)
    });
    let script = group.script_ns.map(|sides| {
        let [base, candidate] = sides.map(human::span);
        format!("a script of {candidate} against {base} in the base")
    });
    let size = joined(devices.into_iter().chain(script), ", ")?;
    Some(format!("{size}: sums change with that, and none is called better or worse"))
}
