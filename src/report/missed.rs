//! Kills and losses of power that a scenario plans and that did not come, in words.

use std::collections::BTreeMap;

use super::human::{count, thousands};
use super::record::{MissedRecord, RunRecord};
use crate::world::Missed;

/// Devices that a record names.
const NAMED: usize = 20;
/// Devices that a line names.
const TOLD: usize = 4;

/// What of a world's plan did not come, as a record holds it.
pub(super) fn recorded(missed: &[Missed]) -> Vec<MissedRecord> {
    let record = |of: &Missed| MissedRecord {
        event: of.event.clone(),
        why: of.why.clone(),
        missed: of.devices.len() as u64,
        of: of.of,
        devices: of.devices.iter().take(NAMED).map(ToString::to_string).collect(),
    };
    missed.iter().map(record).collect()
}

/// A line for each event of each scenario, over all cells.
pub(super) fn told(record: &RunRecord) -> Vec<String> {
    let mut events: BTreeMap<(&str, &str, &str), (u64, MissedRecord)> = BTreeMap::new();
    let missed = record.cells.iter().flat_map(|cell| cell.missed.iter().map(move |one| (cell, one)));
    for (cell, one) in missed {
        let blank = || (0, MissedRecord { missed: 0, of: 0, ..one.clone() });
        let (cells, sum) = events.entry((&cell.scenario, &one.event, &one.why)).or_insert_with(blank);
        *cells += 1;
        sum.missed = sum.missed.saturating_add(one.missed);
        sum.of = sum.of.saturating_add(one.of);
    }
    let several = record.cells.iter().any(|cell| cell.scenario != record.cells[0].scenario);
    let line = |((scenario, ..), (cells, sum)): (&(&str, &str, &str), &(u64, MissedRecord))| {
        let whose = if several { format!("{scenario}: ") } else { String::new() };
        format!("{whose}{}", line(*cells, sum))
    };
    events.iter().map(line).collect()
}

fn line(cells: u64, of: &MissedRecord) -> String {
    let MissedRecord { event, why, missed, of, devices } = of;
    let all = count(*of, "device");
    let place = if cells > 1 {
        format!(" in {}", count(cells, "cell"))
    } else {
        let more = if *missed > TOLD as u64 { ", …" } else { "" };
        format!(" ({}{more})", devices.iter().take(TOLD).cloned().collect::<Vec<_>>().join(", "))
    };
    format!("event {event} did not strike {} of {all}{place}: {why}", thousands(*missed))
}

#[cfg(test)]
mod tests {
    use super::super::{assemble, fixture, judge};
    use super::*;
    use crate::base::DeviceId;

    #[test]
    fn an_event_that_did_not_strike_is_told_with_its_devices_and_once_for_all_cells() {
        let why = "nothing passed fetch.applied from then on".to_owned();
        let devices: Vec<DeviceId> = (3..9).map(DeviceId).collect();
        let missed = vec![Missed { event: "k".to_owned(), why, devices, of: 1_000 }];
        let outcome = crate::world::Outcome { missed, ..fixture::outcome() };
        let judged = judge(&fixture::plan(None, 1), "c", &outcome);
        assert_eq!(judged.cell.missed[0].devices.len(), 6);
        let mut record = assemble("reports/x", &[], Vec::new(), &[]);
        assert_eq!(told(&record), [""; 0]);
        record.cells.push(judged.cell.clone());
        let said = format!(
            "event k did not strike 6 of {} (d3, d4, d5, d6, …): nothing passed fetch.applied from then on",
            count(1_000, "device")
        );
        assert_eq!(told(&record), [said]);
        record.cells.push(judged.cell);
        assert!(told(&record)[0].starts_with("event k did not strike 12 of "), "{:?}", told(&record));
        assert!(told(&record)[0].contains(" in 2 cells: "), "{:?}", told(&record));
        let warned = super::super::story::notes(&record, super::super::story::Paint(false));
        assert!(warned.starts_with("warning: event k did not strike"), "{warned}");
    }
}
