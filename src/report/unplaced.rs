//! Edits and imports that a scenario asks for and that its script could not make as asked: who is not told believes that they were tried.
//! With them goes what was planned to break and did not (`missed`).

use std::collections::BTreeMap;

use super::human::{count, thousands};
use super::missed::NOTHING;
use super::record::{CellRecord, RunRecord, UnplacedRecord};
use super::{applicable, missed, occurrences};
use crate::world::{ActionCount, Placed};

/// A line for each action and each event of each scenario, over all cells.
pub(super) fn unplaced(record: &RunRecord) -> Vec<String> {
    let mut actions: BTreeMap<(&str, bool, &str), UnplacedRecord> = BTreeMap::new();
    let told = record.cells.iter().flat_map(|cell| cell.unplaced.iter().map(move |one| (cell, one)));
    // Of an action of which nothing came to be the reasons of the failing cell speak.
    for (cell, one) in told.filter(|(cell, one)| !fails_in_vain(cell, &one.action)) {
        let sum = actions.entry((&cell.scenario, one.import, &one.action));
        let sum = sum.or_insert_with(|| UnplacedRecord { asked: 0, left_out: 0, astray: 0, ..one.clone() });
        sum.asked = sum.asked.saturating_add(one.asked);
        sum.left_out = sum.left_out.saturating_add(one.left_out);
        sum.astray = sum.astray.saturating_add(one.astray);
    }
    let several = record.cells.iter().any(|cell| cell.scenario != record.cells[0].scenario);
    let lines = actions.iter().flat_map(|((scenario, _, action), sum)| {
        let whose = if several { format!("{scenario}: ") } else { String::new() };
        lines(action, sum).into_iter().map(move |line| format!("{whose}{line}"))
    });
    let looked = applicable::told(record).into_iter().chain(applicable::hollow(record));
    let planned = missed::told(record).into_iter().chain(occurrences::awaited(record));
    lines.chain(planned).chain(looked).collect()
}

/// How the reason of a cell begins in which no edit of an action was made.
pub(super) fn in_vain_subject(action: &str) -> String {
    format!("action {action}{NOTHING}")
}

/// Whether the reason of a cell is that it tried nothing: then no figure has missed its bounds.
pub(super) fn tested_nothing(reason: &str) -> bool {
    let subject = reason.split_once(NOTHING).map(|(subject, _)| subject);
    subject.is_some_and(|subject| {
        subject == "the run" || ["action ", "event "].iter().any(|of| subject.starts_with(of))
    })
}

/// Whether a cell fails as no edit of this action was made.
fn fails_in_vain(cell: &CellRecord, action: &str) -> bool {
    let subject = in_vain_subject(action);
    cell.reasons.iter().any(|reason| reason.text.starts_with(&subject))
}

/// The same of one script.
pub fn unplaced_in(placed: &Placed) -> Vec<String> {
    recorded(placed).iter().flat_map(|one| lines(&one.action, one)).collect()
}

/// The actions and imports of a script that could not all be made as asked.
pub(super) fn recorded(placed: &Placed) -> Vec<UnplacedRecord> {
    let unplaced = placed.actions.iter().filter(|count| count.left_out + count.astray > 0);
    let record = |count: &ActionCount| UnplacedRecord {
        action: count.name.clone(),
        asked: count.on_devices + count.in_office + count.in_bursts + count.left_out,
        left_out: count.left_out,
        astray: count.astray,
        import: false,
    };
    let short = placed.short.iter().map(|short| UnplacedRecord {
        action: short.entity.clone(),
        asked: short.asked,
        left_out: short.asked - short.made,
        astray: 0,
        import: true,
    });
    unplaced.map(record).chain(short).collect()
}

fn lines(action: &str, of: &UnplacedRecord) -> Vec<String> {
    let UnplacedRecord { asked, left_out, astray, import, .. } = *of;
    if import {
        let (made, all) = (thousands(asked.saturating_sub(left_out)), count(asked, "row"));
        return vec![format!("{made} of {all} of {action} imported: no free natural key was left for more")];
    }
    let all = count(asked, "edit");
    let made = thousands(asked.saturating_sub(left_out));
    let fewer = (left_out > 0).then(|| {
        format!("{made} of {all} of action {action} made: no row or no free natural key was left for more")
    });
    let elsewhere = (astray > 0).then(|| {
        let astray = thousands(astray);
        format!("{astray} of {all} of action {action} made on any row: none lay as near as `near` asks")
    });
    fewer.into_iter().chain(elsewhere).collect()
}

#[cfg(test)]
mod tests {
    use super::super::{assemble, fixture, judge};
    use super::*;
    use crate::world::ShortImport;

    fn cell(scenario: &str, unplaced: &[(&str, u64, u64, u64)]) -> CellRecord {
        let mut cell = judge(&fixture::plan(None, 1), "c", &fixture::outcome()).cell;
        scenario.clone_into(&mut cell.scenario);
        let record = |&(action, asked, left_out, astray): &(&str, u64, u64, u64)| UnplacedRecord {
            action: action.to_owned(),
            asked,
            left_out,
            astray,
            import: false,
        };
        cell.unplaced = unplaced.iter().map(record).collect();
        cell
    }

    #[test]
    fn edits_that_could_not_be_made_are_told_once_for_each_action() {
        let mut record = assemble("reports/x", &[], Vec::new(), &[]);
        assert!(unplaced(&record).is_empty());
        record.cells =
            vec![cell("few", &[("ren", 20, 20, 0)]), cell("few", &[("ren", 20, 15, 5), ("due", 9, 0, 9)])];
        assert_eq!(
            unplaced(&record),
            [
                "9 of 9 edits of action due made on any row: none lay as near as `near` asks",
                "5 of 40 edits of action ren made: no row or no free natural key was left for more",
                "5 of 40 edits of action ren made on any row: none lay as near as `near` asks",
            ]
        );
        record.cells.push(cell("many", &[]));
        assert!(unplaced(&record)[0].starts_with("few: 9 of 9"));
        let short = ShortImport { entity: "task".to_owned(), asked: 9_000, made: 435 };
        let placed = Placed { actions: Vec::new(), short: vec![short] };
        let line =
            format!("435 of {} of task imported: no free natural key was left for more", count(9_000, "row"));
        assert_eq!(unplaced_in(&placed), [line]);
    }
}
