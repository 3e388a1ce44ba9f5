//! Writes the reasons why a cell (one simulation) did not pass, for all outputs.

use std::collections::BTreeMap;

use super::claims::{censored_in, missed_answer, missed_claim};
use super::lost::{in_numbers, lost_how};
use super::table::unit_of;
use crate::analysis::sweep::{Spared, Trouble};
use crate::analysis::{distinct, unit_in};
use crate::metrics::{Figure, Unit, human};
use crate::oracle::metric_of;
use crate::record::{
    AnswerRecord, CellRecord, ClaimRecord, ExceptionRecord, ExpectationRecord, GateRecord, Reason, Severity,
    ViolationRecord, shell_word,
};

/// The reasons why a cell did not pass, the gravest first.
pub fn reasons_of(cell: &CellRecord) -> Vec<String> {
    cell.gravest_first().into_iter().map(|reason| reason_of(cell, reason)).collect()
}

/// A reason in two parts: what failed, and why.
pub(super) fn parts(cell: &CellRecord, reason: &Reason) -> (String, String) {
    let text = reason_of(cell, reason);
    let (what, why) = text.split_once(": ").unwrap_or((&text, ""));
    (what.to_owned(), why.to_owned())
}

/// The reasons to show, the gravest first. Expectations are left out if another reason is as grave.
pub(super) fn main_reasons(cell: &CellRecord) -> Vec<&Reason> {
    let mut reasons = cell.gravest_first();
    let is_expectation = |reason: &Reason| matches!(reason, Reason::Expectation { .. });
    let says_more = |reason: &&Reason| !is_expectation(reason) && reason.severity() <= Severity::Threshold;
    if reasons.iter().any(says_more) {
        reasons.retain(|reason| !is_expectation(reason));
    }
    reasons
}

pub(super) fn what_failed(cell: &CellRecord) -> String {
    let what = distinct(main_reasons(cell).into_iter().map(|reason| parts(cell, reason).0));
    what[..what.len().min(4)].join(", ") + if what.len() > 4 { ", …" } else { "" }
}

pub(super) fn reason_of(cell: &CellRecord, reason: &Reason) -> String {
    match reason {
        Reason::Violation { check } => violation(cell, check),
        Reason::Stuck {} => {
            let route = no_route(cell).map_or_else(String::new, |no| format!("{no}; "));
            format!("stuck: {route}{}", stuck(cell))
        }
        Reason::TakenBack { first } => {
            let how = match lost_how(cell, |loss| loss.taken_back).as_slice() {
                [] => "lost with the state of a phone or of the backend".to_owned(),
                [(_, how)] => (*how).to_owned(),
                several => format!("lost ({})", in_numbers(several)),
            };
            saved(cell, "oracle.taken_back.edits", &how, first)
        }
        Reason::Shelved { first } => {
            let what = "left on a phone by somebody who logged out";
            saved(cell, "oracle.shelved.edits", what, first)
                + "; with engine.on_logout = \"send-first\" nobody logs out before they are sent"
        }
        Reason::ActionInVain { action, on_phones, wanted, unplaced, prevented } => {
            in_vain(action, *on_phones, [*wanted, *unplaced, *prevented])
        }
        Reason::EventInVain { event } => format!(
            "event {event} tested nothing: none of its edits was made, because no app ran, the row \
             was missing, or the edit was refused; to allow this, set `optional` = true in its action"
        ),
        Reason::NoRequest {} => nothing("no device sent a request", "engine.requests.count"),
        Reason::NoChange {} => {
            nothing("nobody wanted to edit anything, and no row came to a device", "engine.apply.rows")
        }
        Reason::Expectation { what } => {
            let why = cell.expectations.iter().find(|one| one.what == *what);
            let why = why.map_or_else(String::new, |one| expectation(cell, one));
            format!("expected {what}: {why}")
        }
        Reason::Gate { gate } => format!("gate {} is missed: {}", gate.name, missed_gate(cell, gate)),
        Reason::Claim { claim, fails } => missed_claim(cell, claim, fails),
        Reason::Answer { answer } => missed_answer(cell, answer),
        Reason::Unsupported { stack, needs } => {
            format!("unsupported: the stack `{stack}` does not support {}", needs.join(", "))
        }
        Reason::Differs { text }
        | Reason::NoBaseline { text }
        | Reason::ScenarioChanged { text }
        | Reason::Broken { text, .. } => text.clone(),
        Reason::NotDeterministic { of_figures, first, second } => {
            let of = if *of_figures { " of the figures" } else { "" };
            format!("a second run has the digest{of} {second}; the first run had {first}")
        }
    }
}

/// The gates (limits on figures) that some runs of a setting miss, although they do not exclude it.
/// `ran` is the number of runs.
pub fn demands(
    spared: &BTreeMap<String, Spared>,
    together: &BTreeMap<String, usize>,
    ran: usize,
) -> Vec<String> {
    let missed = spared.iter().map(|(name, Spared { seeds, unseen, by_all })| match unseen {
        Some(figure) if *seeds == ran => format!("`{name}` is not judged: {figure} has no observation"),
        Some(figure) => {
            format!("`{name}` is not judged in {seeds} of {ran} seeds: {figure} has no observation")
        }
        None if *by_all || *seeds == ran => {
            format!("no setting meets `{name}`, so this rule is ignored: relax it, or vary another key")
        }
        None => format!("in {seeds} of {ran} seeds no setting meets `{name}`, so this rule is ignored there"),
    });
    let together = together.iter().map(|(name, seeds)| {
        format!("`{name}` is missed in {seeds} of {ran} seeds, but all seeds together meet it")
    });
    missed.chain(together).collect()
}

pub fn trouble(of: &Trouble<'_>) -> String {
    match of {
        Trouble::Told(text) => text.clone(),
        Trouble::Failed { worst: (cell, reason), failed, of } => {
            let why = reason.map_or_else(|| "a cell failed".to_owned(), |reason| reason_of(cell, reason));
            if *of == 1 { why } else { format!("{why} ({failed} of {of} seeds)") }
        }
    }
}

pub(super) fn cause(cell: &CellRecord, reason: &Reason) -> (u8, String) {
    let head = |text: &str| text.split(|c: char| c.is_ascii_digit()).next().unwrap_or("").to_owned();
    let named = match reason {
        Reason::NoBaseline { text } | Reason::ScenarioChanged { text } => text.replacen(&cell.id, "", 1),
        Reason::Broken { text, .. } => head(text),
        Reason::Violation { check: name }
        | Reason::ActionInVain { action: name, .. }
        | Reason::EventInVain { event: name }
        | Reason::Expectation { what: name, .. }
        | Reason::Gate { gate: GateRecord { name, .. } }
        | Reason::Claim { claim: ClaimRecord { id: name, .. }, .. }
        | Reason::Answer { answer: AnswerRecord { question: name, .. } } => name.clone(),
        _ => String::new(),
    };
    (reason.exit().code(), named)
}

/// True if the reasons of the cell already contain this violation, as the first one of its check.
pub(super) fn is_told(cell: &CellRecord, of: &ViolationRecord) -> bool {
    let is_reason = |reason: &Reason| match reason {
        Reason::Violation { check } => first_of(cell, check).is_some_and(|(first, _)| first == of),
        Reason::Stuck {} => of.text == stuck(cell),
        _ => false,
    };
    cell.reasons.iter().any(is_reason)
}

/// The warning about a request that matches no route of the server; `None` if there is no warning.
fn no_route(cell: &CellRecord) -> Option<String> {
    let is_it = |one: &&ExceptionRecord| one.warning && one.what.starts_with("the server has no ");
    let one = cell.exceptions.iter().filter(is_it).max_by_key(|one| one.count)?;
    Some(format!("{} ({})", one.what, human::count(one.count, "request")))
}

pub(super) fn stuck(cell: &CellRecord) -> &str {
    let told = || Some(first_of(cell, "stuck")?.0.text.as_str());
    let ending = cell.ending.text.first().map(String::as_str);
    ending.or_else(told).unwrap_or("no convergence by the deadline")
}

pub(super) fn no_figure(cell: &CellRecord, metric: &str, stat: &str) -> String {
    match cell.metrics.get(metric) {
        None => "is not a metric of this cell".to_owned(),
        Some(Figure::Distribution { count: 0, never: 0, .. }) => "has no observation".to_owned(),
        Some(_) => format!("has no {stat}"),
    }
}

pub(super) fn missed_gate(cell: &CellRecord, gate: &GateRecord) -> String {
    let metric = gate.figure();
    let why = match gate.value {
        None => no_figure(cell, &metric, &gate.stat),
        Some(value) => {
            let censored = cell.censored(&metric, &gate.stat);
            missed(human::held((unit_of(cell, gate), value), censored, gate.min, gate.max))
        }
    };
    format!("{metric} {} {why}", gate.stat)
}

fn missed([is, want]: [String; 2]) -> String {
    format!("is {is}, must be {}", want.trim_start_matches("= "))
}

fn expectation(cell: &CellRecord, one: &ExpectationRecord) -> String {
    let what = one.what.as_str();
    match (one.value, what.strip_prefix("violation ")) {
        (Some(value), _) => {
            let censored = censored_in(cell, what);
            missed(human::held((unit_in(cell, what), value), censored, one.min, one.max))
        }
        (None, None) => {
            let (metric, stat) = cell.named(what).unwrap_or((what.to_owned(), "value"));
            no_figure(cell, &metric, stat)
        }
        (None, Some(check)) if cell.not_applicable.iter().any(|blind| blind == check) => {
            "not applicable: the stack does not give what the check needs".to_owned()
        }
        (None, Some(check)) if is_kept_by_a_hunt(&cell.scenario, check) => format!(
            "did not occur; if you mended it, make it a bound: syncdyno hunt --settle {}",
            shell_word(&cell.path)
        ),
        (None, Some(_)) => "did not occur".to_owned(),
    }
}

/// True for the scenarios that hunts keep: they are named by their check and eight hex digits.
fn is_kept_by_a_hunt(scenario: &str, check: &str) -> bool {
    let digits = scenario.strip_prefix(check).and_then(|rest| rest.strip_prefix('-'));
    digits.is_some_and(|digits| digits.len() == 8 && digits.bytes().all(|b| b.is_ascii_hexdigit()))
}

fn first_of<'c>(cell: &'c CellRecord, check: &str) -> Option<(&'c ViolationRecord, u64)> {
    let mut found = cell.violations.iter().filter(|v| v.check == check);
    let first = found.next()?;
    Some((first, 1 + found.count() as u64))
}

/// The number of violations of a check, and the text of the first one.
fn violation(cell: &CellRecord, check: &str) -> String {
    let Some((first, kept)) = first_of(cell, check) else { return check.to_owned() };
    let figure = metric_of(check).and_then(|metric| cell.metrics.get(metric));
    let counted = figure.and_then(|figure| Some((figure.unit(), figure.stat("value")?)));
    let (unit, count) = counted.filter(|(_, count)| *count > 0).unwrap_or((Unit::Count, kept));
    format!("{check} ({}): {}", human::figure(unit, count), first.text)
}

fn saved(cell: &CellRecord, metric: &str, what: &str, first: &str) -> String {
    let edits = human::count(cell.number(metric), "saved edit");
    let edits = match cell.number("oracle.saved_edits.attachment_only") {
        0 => edits,
        only if only == cell.number("oracle.saved_edits.lost") => format!("attachments of {edits}"),
        _ => format!("{edits} or their attachments"),
    };
    format!("{edits} {what}: {first}; to allow this, set `expect` for \"{metric}\"")
}

fn nothing(why: &str, metric: &str) -> String {
    format!("the run tested nothing: {why}; to allow this, set `expect` for \"{metric}\" to 0")
}

fn in_vain(action: &str, on_phones: bool, [wanted, unplaced, prevented]: [u64; 3]) -> String {
    let whys = [
        (unplaced, "the script found no row for it, or no free natural key"),
        (prevented, "a blocking sync had the screen until people gave up"),
        (wanted - unplaced - prevented, "no app ran, the row was missing, or the edit was refused"),
    ];
    let whys: Vec<&str> = whys.iter().filter(|(edits, _)| *edits > 0).map(|(_, why)| *why).collect();
    let edits = human::count(wanted, "edit");
    let place = if on_phones { " on phones" } else { "" };
    format!(
        "action {action} tested nothing: none of {edits}{place} was made, because {}; \
         to allow this, set `action.{action}.optional` = true",
        whys.join("; or ")
    )
}
