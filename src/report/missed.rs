//! What a scenario plans and what did not come, in words; what is made of it is said in `untested`.

use std::collections::{BTreeMap, BTreeSet};

use super::human::{count, thousands};
use super::record::{CellRecord, MissedRecord, RunRecord};
use crate::world::{InVain, Missed};

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

/// The same of an action of a swarm: it may need another, which this seed has not.
pub(super) fn in_vain(of: &InVain) -> MissedRecord {
    let why =
        "none of its edits was made, as no app ran or no row was there, or they were refused".to_owned();
    MissedRecord { event: format!("action.{}", of.action), why, missed: 0, of: 0, devices: Vec::new() }
}

/// In a reason of a cell that was to try something and did not.
pub(super) const NOTHING: &str = " tested nothing:";

/// The reason of a cell in which no edit of an event was made.
pub(super) fn event_in_vain(event: &str) -> String {
    format!(
        "event {event}{NOTHING} none of its edits was made, as no app ran, the row was not there, or it was \
         refused; `optional` = true of its action says that this may be"
    )
}

/// A line for each event of each scenario, over all cells. What only has to meet somebody is told
/// where it met nobody with any seed; a hook, where no variant called it.
pub(super) fn told(record: &RunRecord) -> Vec<String> {
    let missed = || record.cells.iter().flat_map(|cell| cell.missed.iter().map(move |one| (cell, one)));
    let mut in_vain: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for (cell, one) in missed() {
        *in_vain.entry((group(cell, one), &one.event)).or_default() += 1;
    }
    let every = |cell: &CellRecord, one: &MissedRecord| {
        let of = group(cell, one);
        let has = |cell: &&CellRecord| group(cell, one) == of && !is_off(cell, &one.event);
        let cells = record.cells.iter().filter(has).count() as u64;
        in_vain.get(&(of, &*one.event)) == Some(&cells)
    };
    let mut events: BTreeMap<(&str, &str, &str), (Vec<&CellRecord>, MissedRecord)> = BTreeMap::new();
    // Of an event of which nothing came to be the reasons of the failing cell speak.
    let fails = |cell: &CellRecord, one: &MissedRecord| {
        cell.reasons.iter().any(|reason| reason.text == event_in_vain(&one.event))
    };
    let told =
        |(cell, one): &(&CellRecord, &MissedRecord)| one.of > 0 || every(cell, one) && !fails(cell, one);
    for (cell, one) in missed().filter(told) {
        let blank = || (Vec::new(), MissedRecord { missed: 0, of: 0, ..one.clone() });
        let (cells, sum) = events.entry((&cell.scenario, &one.event, &one.why)).or_insert_with(blank);
        cells.push(cell);
        sum.missed = sum.missed.saturating_add(one.missed);
        sum.of = sum.of.saturating_add(one.of);
    }
    let several = record.cells.iter().any(|cell| cell.scenario != record.cells[0].scenario);
    let line = |((scenario, ..), (cells, sum)): (&(&str, &str, &str), &(Vec<&CellRecord>, MissedRecord))| {
        let whose = if several { format!("{scenario}: ") } else { String::new() };
        format!("{whose}{}", line(cells.len() as u64, &place(record, cells), sum))
    };
    events.iter().map(line).collect()
}

/// Where it is so, unless there is one cell alone: all cells of the scenario, some of its variants,
/// or a cell and how many more.
fn place(record: &RunRecord, cells: &[&CellRecord]) -> String {
    let first = cells[0];
    let own = || record.cells.iter().filter(|cell| cell.scenario == first.scenario);
    let all = own().count();
    let variants: BTreeSet<&str> = cells.iter().filter_map(|cell| cell.variant.as_deref()).collect();
    let of_variants = own().filter(|cell| cell.variant.as_deref().is_some_and(|one| variants.contains(one)));
    match cells.len() {
        n if n == all => {
            if n == 1 {
                String::new()
            } else {
                format!(" in {}", count(n as u64, "cell"))
            }
        }
        n if n == of_variants.count() && variants.len() <= TOLD => {
            let names: Vec<String> = variants.iter().map(|name| format!("`{name}`")).collect();
            format!(" in {}", names.join(", "))
        }
        1 => format!(" in {}", first.id),
        n => format!(" in {}, of which one is {}", count(n as u64, "cell"), first.id),
    }
}

/// Whether the seed of a cell has not got it: an event, or a kind of trouble by its key.
fn is_off(cell: &CellRecord, event: &str) -> bool {
    let off = |kind: &String| kind == event || kind.strip_prefix("event.") == Some(event);
    cell.swarm.as_ref().is_some_and(|swarm| swarm.off.iter().any(off))
}

/// The cells that something is to meet somebody in, together.
fn group<'c>(cell: &'c CellRecord, one: &MissedRecord) -> &'c str {
    if one.event.starts_with("hooks.") { &cell.scenario } else { &cell.resolved }
}

/// Whether it is a part of the scenario that waits to be used, and no trouble that is to strike.
fn is_part(event: &str) -> bool {
    ["unit.", "entity.", "fleet."].iter().any(|table| event.starts_with(table))
}

fn line(cells: u64, place: &str, of: &MissedRecord) -> String {
    let MissedRecord { event, why, missed, of, devices } = of;
    if *of == 0 {
        let is_key =
            ["chaos.", "hooks.", "backend.", "gateway.", "action.", "proxy", "unit.", "entity.", "fleet."]
                .iter()
                .any(|table| event.starts_with(table));
        let what = if is_key { event.clone() } else { format!("event {event}") };
        let did = if is_part(event) { "was not used" } else { "changed nothing" };
        return format!("{what} {did}{place}: {why}");
    }
    let all = count(*of, "device");
    let named = if cells > 1 {
        String::new()
    } else {
        let more = if *missed > TOLD as u64 { ", …" } else { "" };
        format!(" ({}{more})", devices.iter().take(TOLD).cloned().collect::<Vec<_>>().join(", "))
    };
    format!("event {event} did not fire on {} of {all}{named}{place}: {why}", thousands(*missed))
}

#[cfg(test)]
mod tests {
    use super::super::Exit;
    use super::super::{assemble, fixture, judge};
    use super::*;
    use crate::base::DeviceId;
    use crate::contract::Described;
    use crate::scenario::{Document, Names, Request};

    #[test]
    fn an_event_of_whose_edits_none_was_made_fails_its_cell() {
        let edits = "[action.fix]\nentity = \"appointment\"\nkind = \"update\"\ncolumns = [\"status\"]\nper_device = 1\n\
            [event.zzz]\nat = \"+1m\"\nedits = { action = \"fix\", row = \"zzz\" }\n";
        let names = Names { metrics: &[], checks: &[], stacks: &[Described::builtin("builtin")] };
        let why = "none of its edits was made".to_owned();
        let missed = vec![Missed { event: "zzz".to_owned(), why, devices: Vec::new(), of: 0 }];
        let outcome = crate::world::Outcome { missed, ..fixture::outcome() };
        for (more, code) in [("", Some(Exit::Threshold.code())), ("optional = true\n", None)] {
            let action = format!("[action.fix]\n{more}");
            let text = format!("{}{}", fixture::TIES, edits.replace("[action.fix]\n", &action));
            let document = Document::parse("scenarios/ties.toml", &text).unwrap();
            let plan =
                document.plans(&Request::default(), &names).unwrap_or_else(|e| panic!("{e}")).remove(0);
            let cell = judge(&plan, "c", &outcome).cell;
            assert_eq!(cell.reasons.first().map(|reason| reason.exit_code), code, "{:?}", cell.reasons);
            let mut record = assemble("reports/x", &[], Vec::new(), &[]);
            record.cells.push(cell);
            assert_eq!(told(&record).len(), usize::from(code.is_none()), "it is told once");
        }
    }

    #[test]
    fn an_event_that_did_not_fire_is_told_with_its_devices_and_once() {
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
            "event k did not fire on 6 of {} (d3, d4, d5, d6, …): nothing passed fetch.applied from then on",
            count(1_000, "device")
        );
        assert_eq!(told(&record), [said]);
        record.cells.push(judged.cell);
        assert!(told(&record)[0].starts_with("event k did not fire on 12 of "), "{:?}", told(&record));
        assert!(told(&record)[0].contains(" in 2 cells: "), "{:?}", told(&record));
        let warned = super::super::story::notes(&record, super::super::story::Paint(false));
        assert!(warned.starts_with("warning: event k did not fire"), "{warned}");
    }

    #[test]
    fn a_fault_that_met_somebody_with_one_seed_is_not_told() {
        let missed =
            vec![Missed { event: "lunch".to_owned(), why: "why".to_owned(), devices: Vec::new(), of: 0 }];
        let cell = |missed: &[Missed]| {
            let outcome = crate::world::Outcome { missed: missed.to_vec(), ..fixture::outcome() };
            judge(&fixture::plan(None, 1), "c", &outcome).cell
        };
        let mut record = assemble("reports/x", &[], Vec::new(), &[]);
        record.cells = vec![cell(&missed)];
        assert_eq!(told(&record), ["event lunch changed nothing: why"]);
        record.cells.push(cell(&missed));
        assert_eq!(told(&record), ["event lunch changed nothing in 2 cells: why"]);
        record.cells.push(cell(&[]));
        assert_eq!(told(&record), [""; 0]);
    }

    #[test]
    fn what_was_not_used_is_told_with_its_variants() {
        let missed = |why: &str| {
            vec![Missed { event: "unit.Login".to_owned(), why: why.to_owned(), devices: Vec::new(), of: 0 }]
        };
        let cell = |variant: &str, missed: Vec<Missed>| {
            let outcome = crate::world::Outcome { missed, ..fixture::outcome() };
            let mut cell = judge(&fixture::plan(None, 1), variant, &outcome).cell;
            (cell.variant, cell.resolved) = (Some(variant.to_owned()), variant.to_owned());
            cell
        };
        let mut record = assemble("reports/x", &[], Vec::new(), &[]);
        record.cells = vec![cell("quiet", missed("why")), cell("loud", Vec::new())];
        assert_eq!(told(&record), ["unit.Login was not used in `quiet`: why"]);
        record.cells.push(cell("still", missed("why")));
        assert_eq!(told(&record), ["unit.Login was not used in `quiet`, `still`: why"]);
    }
}
