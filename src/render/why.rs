//! Says what repairs a cell (one simulation), and why it misses a time: which part of the fleet is
//! slow, and which part of a sync.

use super::brief::{awaited, word};
use super::lines::joined;
use super::reasons::main_reasons;
use super::remedies::remedy;
use crate::analysis::{Phase, Wait, phases, waits};
use crate::metrics::{Unit, human};
use crate::record::{CellRecord, GateRecord, Reason, SlowRecord, replay_record};

pub(super) fn why(cell: &CellRecord, gates: &[&GateRecord]) -> Vec<String> {
    let of_gates = gates.iter().filter(|gate| !gate.pass && gate.start.is_none());
    let missed = of_gates.map(|gate| (gate.metric.clone(), gate.stat.clone()));
    let expected = cell.expectations.iter().filter(|one| !one.pass).filter_map(|one| cell.named(&one.what));
    let expected = expected.map(|(metric, stat)| (metric, stat.to_owned()));
    let is_time = |(metric, _): &(String, String)| {
        cell.metrics.get(metric.as_str()).is_some_and(|figure| figure.unit() == Unit::Ns)
    };
    let mut missed: Vec<(String, String)> = missed.chain(expected).filter(is_time).collect();
    missed.dedup();
    let mut lines: Vec<String> = cell.remedies.iter().map(remedy).collect();
    lines.extend(missed.iter().filter_map(|(metric, stat)| slowest(cell, metric, stat)));
    let mut missed = missed.iter().map(|(metric, _)| metric.split(['@', '/']).next().unwrap_or(metric));
    let of_edits = |metric: &str| OF_EDITS.contains(&metric);
    let outside = missed.clone().any(of_edits).then(|| outside_syncs(cell)).flatten();
    if missed.any(|metric| metric.starts_with("engine.") && (outside.is_none() || !of_edits(metric))) {
        lines.extend(in_syncs(cell));
        lines.extend(devices(cell));
    }
    lines.extend(outside);
    lines
}

/// Waits until edits are safe or visible. Such a wait may be outside of syncs.
const OF_EDITS: [&str; 3] =
    ["engine.write_acknowledged.duration", "engine.write_visible.duration", "engine.edits.unsent"];

/// The longest part of the time that edits waited; `None` if it was a running sync.
fn outside_syncs(cell: &CellRecord) -> Option<String> {
    let (wait, ppm) = *waits(&[cell])?.first()?;
    let moves = match wait {
        Wait::Network => "the fleet's `link` and outages",
        Wait::Start => "`unit.NAME.on` (what starts a sync), `engine.debounce`",
        Wait::Again => "`unit.NAME.on` (what starts a sync), `engine.retry`, the backend's outages",
        Wait::Nothing => "the cause of their loss, or of giving them up",
        Wait::Sync => return None,
    };
    let share = ppm / 10_000;
    Some(format!("edits waited {share} % of their time {}; look at: {moves}", awaited(wait)))
}

fn in_syncs(cell: &CellRecord) -> Option<String> {
    let parts = phases(&[cell])?;
    let known = parts.iter().find(|(phase, _)| *phase != Phase::Other);
    let (phase, ppm) = *known.unwrap_or(&parts[0]);
    let share = ppm / 10_000;
    Some(format!("syncs spent {share} % of their time {}; look at: {}", word(phase), moves(phase)))
}

const TRACE: &str = " --trace slow.json";

fn devices(cell: &CellRecord) -> Option<String> {
    let told = |one: &SlowRecord| format!("{} ({})", one.device, human::span(one.sync_ns));
    joined(cell.slowest.iter().map(told), ", ").map(|told| format!("longest syncs: {told}"))
}

/// The command that shows more: the record of the first failure, or the longest syncs.
pub(super) fn closer(cell: &CellRecord) -> String {
    let check = match main_reasons(cell).first() {
        Some(Reason::Violation { check }) => check,
        Some(Reason::Gate { .. }) if !cell.slowest.is_empty() => return cell.replay.clone() + TRACE,
        _ => "stuck",
    };
    let first = cell.violations.iter().find(|violation| violation.check == check);
    let record = first.and_then(|first| first.record.as_ref().or(first.beside.as_ref()));
    record.map_or_else(|| cell.replay.clone(), |record| replay_record(&cell.replay, record))
}

fn slowest(cell: &CellRecord, metric: &str, stat: &str) -> Option<String> {
    let parts = cell.metrics.iter().filter_map(|(name, figure)| {
        let part = name.strip_prefix(metric)?;
        let of = part.strip_prefix('@').map(|state| format!("devices that start as `{state}`"));
        let of = of.or_else(|| part.strip_prefix('/').map(|unit| format!("unit `{unit}`")))?;
        Some((of, figure.stat(stat).filter(|_| figure.observed() > 0)?))
    });
    let mut parts: Vec<(String, u64)> = parts.collect();
    parts.sort_by_key(|(_, value)| std::cmp::Reverse(*value));
    let [(slow, most), .., (fast, least)] = parts.as_slice() else { return None };
    (most > least).then(|| {
        let [most, least] = human::pair(Unit::Ns, *most, *least);
        format!("{slow} took {most} ({metric} {stat}), {fast} {least}")
    })
}

fn moves(phase: Phase) -> &'static str {
    match phase {
        Phase::Network => "`engine.pull.chunk_rows`, `engine.codec`, what a unit pulls, the fleet's `link`",
        Phase::Server => "`backend.workers`, `backend.fixed_cost`, `backend.row_cost`, the times of units",
        Phase::Attachments => {
            "`engine.attachments`, `unit.NAME.when`, `entity.NAME.attachment`, the fleet's `link`"
        }
        Phase::Failed => {
            "`engine.pull.chunk_rows` (an interrupted small chunk loses less), the fleet's `link`"
        }
        Phase::Wait => "`engine.retry`",
        Phase::Decode => "`engine.codec`, `engine.pull.chunk_bytes`",
        Phase::Apply => "`engine.pull.apply_rows`, `entity.NAME.indexes`, the fleet's `class`",
        Phase::Other => "`hooks`, `query`, the causes of kills",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::judge;
    use crate::metrics::Figure;
    use crate::record::fixture;

    #[test]
    fn a_missed_time_names_the_slow_part_of_the_fleet() {
        let mut plan = fixture::plan(None, 1);
        plan.judged_mut().gates.push(fixture::gate("engine.session.duration", "p95", 1));
        let mut outcome = fixture::outcome();
        outcome
            .figures
            .insert("engine.session.duration@new".to_owned(), fixture::durations(4, 9_000_000_000));
        let judged = judge(&plan, "c", &outcome);
        let gates: Vec<&GateRecord> = judged.gates.iter().collect();
        assert!(why(&judged.cell, &[]).is_empty());
        let slow = SlowRecord { device: "d17".to_owned(), sync_ns: 90_000_000_000 };
        let replay = "syncdyno replay out#c".to_owned();
        let mut cell = CellRecord { slowest: vec![slow], replay, ..judged.cell };
        let ran = Figure::number(Unit::Ns, 1_000);
        cell.metrics.insert("engine.session.time".into(), ran);
        insta::assert_snapshot!(why(&cell, &gates).join("\n"));
    }

    #[test]
    fn an_edit_that_waited_for_no_sync_is_not_told_of_syncs() {
        let mut plan = fixture::plan(None, 1);
        plan.judged_mut().gates.push(fixture::gate("engine.write_acknowledged.duration", "p95", 1));
        let mut outcome = fixture::outcome();
        let mut put = |name: &str, figure| outcome.figures.insert(name.to_owned(), figure);
        put("engine.write_acknowledged.duration", fixture::durations(4, 9_000_000_000));
        put("engine.session.time", Figure::number(Unit::Ns, 1_000));
        put("engine.edits.unsent", Figure::number(Unit::RowNs, 1_000));
        let mut lines = |offline, in_sync| {
            let mut put = |name: &str, n| {
                outcome.figures.insert(format!("engine.edits.{name}"), Figure::number(Unit::RowNs, n));
            };
            put("unsent_offline", offline);
            put("unsent_in_sync", in_sync);
            let judged = judge(&plan, "c", &outcome);
            let gates: Vec<&GateRecord> = judged.gates.iter().collect();
            why(&judged.cell, &gates)
                .iter()
                .map(|line| line.split(" % ").next().unwrap().to_owned())
                .collect()
        };
        let told: Vec<String> = lines(700, 200);
        assert_eq!(told, ["edits waited 70"]);
        let told: Vec<String> = lines(200, 700);
        assert_eq!(told, ["syncs spent 0"]);
    }
}
