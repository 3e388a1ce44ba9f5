//! Compares the best chunk of the closed form with the runs, and explains differences.
//!
//! A chunk is the rows of one response. The closed form is a formula for its best size.

use super::limits::{percent, value};
use crate::analysis::sweep::{Finding, Fit, Point, Shares, Side, held};
use crate::metrics::human;
use crate::render::lines::joined;

/// A part of the time explains a difference only if its share is at least this large.
const LEFT_OUT: f64 = 0.1;
/// The closed form needs responses with at least this share of the requested rows.
const FULL: f64 = 0.7;
const NOTHING: f64 = 0.005;

/// True if the best chunk of the closed form is outside the interval from the runs.
pub(super) fn contradicted(best: f64, between: [Option<f64>; 2]) -> bool {
    let [low, high] = between;
    low.is_some_and(|low| best < low) || high.is_some_and(|high| best > high)
}

/// Names the best chunk by the closed form. If this chunk costs over 3 % more in the runs, the text
/// gives a reason: large parts of the time that the closed form leaves out.
pub fn closed_form(
    fit: Option<Fit>,
    (side, points, finding): (Side, &[Point<'_>], &Finding),
    between: Option<[Option<f64>; 2]>,
) -> Option<String> {
    let fit = fit?;
    let cost = fit.cost()?;
    let best = cost.best();
    let rows = human::count(best as u64, "row");
    let measured = value(&points[finding.best]);
    let sound = |i: usize| points.get(i).filter(|p| p.trouble.is_none())?.number();
    let (first, last) = finding.flat;
    let below = first.checked_sub(1).and_then(sound).is_some_and(|low| best <= low);
    let above = sound(last + 1).is_some_and(|high| best >= high);
    if below || above || between.is_some_and(|between| contradicted(best, between)) {
        let left_out = joined(left_out(fit, side, &points[finding.best]), ", ")?;
        return Some(format!("closed form: {rows}, not {measured} as in the runs: {left_out}"));
    }
    let [chunk, row, mtbf] = [cost.chunk, cost.row, cost.mtbf].map(|s| human::span((s * 1e9) as u64));
    Some(format!(
        "closed form: {rows}, as good as {measured} ({chunk} per chunk, {row} per row, a failure every {mtbf}; responses fit within {})",
        percent(fit.misfit),
    ))
}

fn left_out(fit: Fit, side: Side, point: &Point<'_>) -> Vec<String> {
    let Some(shares) = Shares::of(side, point, Some(fit), true) else { return Vec::new() };
    let held = held(side, point);
    let short = point.number().is_some_and(|asked| held < FULL * asked);
    let answers = short.then(|| format!("responses hold {} on average", human::count(held as u64, "row")));
    let takes = |share: f64, what: &str| {
        (share >= LEFT_OUT).then(|| format!("it leaves out {what} ({} of the time)", percent(share)))
    };
    let writing = takes(shares.writing, "writing");
    let reconnects = takes(shares.backing_off, "waits for a connection");
    [answers, writing, reconnects].into_iter().flatten().collect()
}

/// A text about the page cap, which is the largest setting. It names the defaults that exceed the
/// cap, and the time that more rows would save.
pub fn capped(fit: Option<Fit>, cap: f64, clamps: &[String]) -> String {
    let rows = human::thousands(cap as u64);
    let is_cap = match clamps {
        [] => format!("{rows} is the backend's page cap"),
        names => format!("the backend's page cap of {rows} also cuts {} to {rows}", names.join(", ")),
    };
    let buys = match fit.and_then(|fit| fit.beyond(cap)) {
        Some((_, saved)) if saved < NOTHING => {
            "by the closed form a larger one would gain almost nothing".to_owned()
        }
        Some((best, saved)) => {
            let by = best.map_or("", |_| "by the closed form ");
            let at =
                best.map(|best| format!(", at {}", human::count(best as u64, "row"))).unwrap_or_default();
            format!("{by}a larger one would save {} of the time at most{at}", percent(saved))
        }
        None => format!("`--set backend.page_cap={}` shows what a larger one would gain", 10.0 * cap),
    };
    format!("{is_cap}; {buys}")
}
