//! A log's calibration, put together.

use super::advice::advice;
use super::clock::Clock;
use super::fit::Fit;
use super::header::Only;
use super::hung::{Hung, hung};
use super::kind::Few;
use super::log::{self, Log, Mistakes, Outcome, Request};
use super::neighbours;
use super::reached::Reached;
use super::samples::ANSWERS_MIN;
use super::step::Step;
use super::told::Told;
use super::tries::{self, InARow};
use super::trouble::{self, Order, Repair};
use crate::render::calibrate::{Calibration, Census, Estimate, Outages, Rate};

/// What is said where no request succeeded: how long a transfer takes that fails says nothing of
/// how often one does.
const NOTHING: &str = "anything: no request was answered, and failures alone tell neither what an answer costs nor how often \
                       transfers break; it takes a log with answers";

/// Estimates from the bytes of a log called `source` what its requests cost; of its lines those
/// that all of `only` let pass.
///
/// # Errors
/// The log is malformed: where and why, up to twenty times.
pub fn calibrate(source: &str, bytes: &[u8], only: &[Only]) -> Result<Calibration, Mistakes> {
    let (mut written, names) = log::read(bytes, only)?;
    let step = Step::of(&written);
    let coarse = step.filter(|step| step.is_coarse);
    written.step = step.map_or(0.0, |step| step.lasts);
    coarse.into_iter().for_each(|step| step.fill(&mut written));
    let instant = trouble::unsent(&mut written, ANSWERS_MIN);
    let offline = not_sent(&written) - instant;
    let in_a_row = tries::judge(&written);
    let other = other_reading(&written, in_a_row);
    let are_tries = matches!(in_a_row, InARow::Tries { .. });
    let log = if are_tries { &tries::as_tries(written.clone()) } else { &written };
    let mut told = Told::new(names, coarse);
    let mut census = census(log);
    if census.answered == 0 {
        return Ok(nothing(source, census));
    }
    let first_tries = are_tries.then(|| tries::first_tries(log));
    let exposed = first_tries.as_ref().unwrap_or(log);
    let hung = hung(log, coarse);
    let reached = Reached::of(log, hung.as_ref());
    // What an app gave up after a time of its own broke before, whatever its word for it.
    let given_up = hung.as_ref().map(|hung| [log, exposed].map(|log| hung.ended(log, Outcome::TimedOut)));
    let [log, exposed] = given_up.as_ref().map_or([log, exposed], |[log, exposed]| [log, exposed]);
    let (typical, error) = trouble::typical(exposed);
    let mut outages = trouble::outages(exposed, typical);
    if let Some(outages) = &mut outages {
        let repairs = trouble::repairs(log, typical);
        if matches!(outages.rate, Rate::Known(_)) && Order::of(log).in_turn() {
            outages.repair = repair(log, &repairs, (typical, error));
        }
        told.of_outages(log, outages, &repairs, reached.filter(|_| hung.is_none()));
        told.of_devices(exposed, typical, outages);
    }
    let by_clock = coarse.map_or([None; 2], |step| by_clock(step, log, exposed));
    let if_slow = hung.as_ref().and_then(|hung| if_slow(hung, &written));
    if let Some(hung) = &hung {
        told.of_hung(hung, if_slow.is_none(), reached);
        told.of_longer(Reached::beside_longer(log, hung));
    }
    tell_of_failures(&mut told, log, [instant, offline], in_a_row);
    // What a timeout may have ended for being slow is no break that answers came through.
    let rate = rate(if reached.is_some() && hung.is_some() { if_slow } else { outages });
    let clock = Clock { step, cut_off: reached };
    let answers = telling_of_costs(log, reached);
    let mut answers = neighbours::in_a_row(answers, log, rate, coarse, &mut told);
    // A clock of long steps bends all lines.
    if coarse.is_none() {
        answers = of_one_kind(answers, log.has_bytes, rate, &mut census, &mut told);
    }
    let fit = Fit::of(&answers, log, rate, clock, &mut census, &mut told);
    let costs = fit.as_ref().map(Fit::costs);
    let advised =
        |outages: &Option<Outages>| advice(&fit.as_ref()?.rows, outages.as_ref()?, census.rows_mean);
    let mut advice = advised(&outages);
    for other in [other, if_slow].into_iter().chain(by_clock).flatten() {
        advice = advice.zip(advised(&Some(other))).map(|(advice, of_other)| advice.as_open_as(of_other));
        let known = outages.is_some_and(|outages| outages.repair.is_some());
        outages = outages.map(|outages| outages.as_open_as(other));
        if known && outages.is_some_and(|outages| outages.repair.is_none()) {
            told.unknown("repair time: by one reading of the failures there are too few repairs to tell");
        }
    }
    advice = fit.as_ref().and_then(|fit| fit.within_log(advice, outages.as_ref(), &census));
    told.of_answers(log, fit.as_ref(), costs.as_ref(), &census);
    told.of_sizes(fit.as_ref().and_then(|fit| fit.leaves_open(advice, outages.as_ref(), &census)));
    let advice = told.of_advice(advice, costs.as_ref(), fit.as_ref(), &census);
    let (unknown, notes) = told.said();
    Ok(Calibration { source: source.to_owned(), census, costs, outages, advice, unknown, notes })
}

fn tell_of_failures(told: &mut Told, log: &Log, [instant, offline]: [u64; 2], in_a_row: InARow) {
    told.of_failures(log, instant);
    told.of_offline(offline);
    told.of_refused(log);
    if Order::of(log).in_turn() {
        told.of_failures_in_a_row(in_a_row);
    } else {
        told.of_failures_side_by_side(log, in_a_row);
    }
}

/// The answers through which lines are drawn.
fn telling_of_costs(log: &Log, reached: Option<Reached>) -> Vec<&Request> {
    let tells = |r: &&Request| {
        r.outcome == Outcome::Answered && r.duration > 0.0 && reached.is_none_or(|reached| reached.leaves(r))
    };
    log.requests.iter().filter(tells).collect()
}

/// The answers that may lie on one line, of those that broke at `rate` a second.
fn of_one_kind<'a>(
    mut answers: Vec<&'a Request>,
    has_bytes: bool,
    rate: f64,
    census: &mut Census,
    told: &mut Told,
) -> Vec<&'a Request> {
    if let Some(few) = Few::apart(&mut answers, has_bytes, rate) {
        census.rows_mean = few.rows_mean;
        told.of_few(&few, answers.len());
    }
    answers
}

/// How often transfers break, a second; 0 if nobody knows.
fn rate(outages: Option<Outages>) -> f64 {
    match outages {
        Some(Outages { rate: Rate::Known(rate), .. }) => rate.value,
        _ => 0.0,
    }
}

/// What a log without answers tells.
fn nothing(source: &str, census: Census) -> Calibration {
    Calibration {
        source: source.to_owned(),
        census,
        costs: None,
        outages: None,
        advice: None,
        unknown: vec![NOTHING.to_owned()],
        notes: Vec::new(),
    }
}

/// The failures in a row by the reading that they were not taken for, where the log does not refute
/// it: that alone needs a log of its own beside the one that was read.
fn other_reading(log: &Log, in_a_row: InARow) -> Option<Outages> {
    let answered = log.requests.iter().any(|request| request.outcome == Outcome::Answered);
    match in_a_row {
        _ if !answered => None,
        InARow::Cuts | InARow::Tries { sure: true, .. } => None,
        InARow::Unclear { .. } => {
            let log = tries::as_tries(log.clone());
            reading(&log, &tries::first_tries(&log))
        }
        InARow::Tries { .. } => reading(log, log),
    }
}

/// How often transfers break, and repairs, if the server hung or was only slow where failures took
/// one and the same time: what comes right after one of these is then no try on a dead link for
/// that.
fn if_slow(hung: &Hung, written: &Log) -> Option<Outages> {
    let log = hung.ended(written, Outcome::Refused);
    let read = match tries::judge(&log) {
        InARow::Tries { .. } => {
            let log = tries::as_tries(log);
            reading(&log, &tries::first_tries(&log))
        }
        InARow::Cuts | InARow::Unclear { .. } => reading(&log, &log),
    };
    read.filter(|other| matches!(other.rate, Rate::Known(_)))
}

/// The failures if the clock that took the durations cuts off, and if it rounds up.
fn by_clock(step: Step, log: &Log, exposed: &Log) -> [Option<Outages>; 2] {
    let ([cut, up], [of_cut, of_up]) = (step.otherwise(log), step.otherwise(exposed));
    [reading(&cut, &of_cut), reading(&up, &of_up)]
}

/// Failures as a log tells of them, their rate by what was `exposed` to them.
fn reading(log: &Log, exposed: &Log) -> Option<Outages> {
    let typical = trouble::typical(exposed);
    let outages = trouble::outages(exposed, typical.0)?;
    Some(Outages { repair: repair(log, &trouble::repairs(log, typical.0), typical), ..outages })
}

fn repair(log: &Log, repairs: &[Repair], typical: (f64, f64)) -> Option<Estimate> {
    let broken = || log.requests.iter().filter(|r| r.outcome.breaks());
    let untimed = broken().filter(|r| !r.timed).count() as f64 / broken().count() as f64;
    trouble::repair(repairs, untimed, typical)
}

fn not_sent(log: &Log) -> u64 {
    log.requests.iter().filter(|request| request.outcome == Outcome::NotSent).count() as u64
}

fn census(log: &Log) -> Census {
    let count = |outcome| log.requests.iter().filter(|request| request.outcome == outcome).count() as u64;
    let answers = || log.requests.iter().filter(|request| request.outcome == Outcome::Answered);
    let answered = count(Outcome::Answered);
    let first = log.requests.first().map_or(0.0, |request| request.start);
    let last = log.requests.iter().map(trouble::end).fold(first, f64::max);
    Census {
        requests: log.requests.len() as u64,
        answered,
        cut: count(Outcome::Cut),
        timed_out: count(Outcome::TimedOut),
        refused: count(Outcome::Refused),
        not_sent: not_sent(log),
        devices: log.devices,
        lasted: last - first,
        rows_mean: answers().map(|r| r.rows).sum::<f64>() / answered.max(1) as f64,
        rows_max: answers().map(|r| r.rows).fold(0.0, f64::max) as u64,
        ..Census::default()
    }
}
