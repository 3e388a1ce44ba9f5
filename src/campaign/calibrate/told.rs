//! What is said beside the figures: what the log does not tell, and what speaks against the
//! assumptions.

use super::aside::{Bytes, Cause, OUTLIERS_MANY, Outliers};
use super::curve::{Bend, Open};
use super::cut::Luck;
use super::devices::{self, Off};
use super::hung::Hung;
use super::kind::Few;
use super::line::LeftOut;
use super::log::{Log, Names, Outcome, Request};
use super::reached::Reached;
use super::step::Step;
use super::timeout::Timeout;
use super::tries::InARow;
use super::trouble::{self, Order, Repair};
use crate::metrics::human;
use crate::render::calibrate::{Census, Outages, Rate};

/// So many devices are named that are unlike the others.
const NAMED: usize = 3;
/// To say no takes a server less than this share of its quickest answers.
const REFUSED_SOON: f64 = 0.5;
/// Fewer answers do not show how noise is drawn that a timeout cuts off (estimate, of logs of 12 to
/// 60).
const FEW: usize = 45;

/// What is said beside the figures.
pub(super) struct Told {
    names: Names,
    /// Of the clock, if it is long.
    pub(super) step: Option<Step>,
    unknown: Vec<String>,
    notes: Vec<String>,
}

impl Told {
    pub(super) fn new(names: Names, step: Option<Step>) -> Told {
        Told { names, step, unknown: Vec::new(), notes: Vec::new() }
    }
    /// What is unknown, and what was noted.
    pub(super) fn said(self) -> (Vec<String>, Vec<String>) {
        (self.unknown, self.notes)
    }
    pub(super) fn unknown(&mut self, text: impl Into<String>) {
        self.unknown.push(text.into());
    }
    /// Why there are no costs, and no scenario: it stands before all that is unknown besides.
    pub(super) fn costs_unknown(&mut self, text: String) {
        self.unknown.insert(0, text);
    }
    pub(super) fn note(&mut self, text: impl Into<String>) {
        self.notes.push(text.into());
    }

    pub(super) fn one_size(&mut self, census: &mut Census, answers: &[&Request]) {
        let total = answers.iter().map(|r| r.duration).sum::<f64>() / answers.len() as f64;
        census.duration_mean = total;
        self.costs_unknown(format!(
            "overhead apart from time a row: all answers have one size ({}) and take {} on average; it takes a log of several sizes",
            human::count(census.rows_max, "row"),
            seconds(total),
        ));
    }

    /// Repairs, and what the order of the requests says of them.
    pub(super) fn of_outages(
        &mut self,
        log: &Log,
        outages: &Outages,
        repairs: &[Repair],
        slow: Option<Reached>,
    ) {
        let order = Order::of(log);
        let exposed = seconds(outages.exposed);
        match outages.rate {
            Rate::AtMost(rate) => self.unknown(format!(
                "how often transfers break: no failure in {exposed} of transfer, so at most one in {} (95 %); a log that leaves failures out looks the same",
                seconds(1.0 / rate),
            )),
            Rate::Known(_) if !order.in_turn() => {
                let hint = if log.devices.is_none() { "several devices? name them in a column `device`" } else { "parallel streams" };
                self.unknown(format!(
                    "repair time: {:.0} % of the requests begin before the one before has ended ({hint})",
                    100.0 * order.overlapping,
                ));
            }
            Rate::Known(_) => {
                if let Some(timeout) = slow {
                    self.unknown(format!(
                        "whether the {} at {} are broken connections or only slow answers: other answers take up to {}; if they are slow, \
                         transfers break less often than told",
                        human::count(timeout.requests, "timeout"),
                        seconds(timeout.after),
                        seconds(timeout.longest),
                    ));
                }
                self.of_repairs(repairs, outages);
            }
        }
        if let Some(times) = trouble::bursts(log) {
            self.note(format!(
                "failures come in bursts (the time between them varies {times:.0} times as much as at random): the interval of their rate \
                 is too narrow",
            ));
        }
        if let Some(copies) = trouble::copies(log) {
            let n = human::count(copies, "line");
            self.note(format!(
                "{n} equal to another in every field: a log that was joined twice makes intervals too narrow; remove them if it was"
            ));
        }
        if order.tied > 0.05 {
            self.note(format!(
                "{:.0} % of the requests begin at the instant of another: the clock of `start` is coarse, or the log joins several devices",
                100.0 * order.tied,
            ));
        }
        if order.pauses.0 > 0 {
            self.note(format!(
                "{} of more than an hour without a request, the longest {}: only time under way counts as exposure",
                human::count(order.pauses.0, "pause"),
                seconds(order.pauses.1),
            ));
        }
        if log.shuffled {
            self.note("the lines are not in the order of their starts; they were sorted");
        }
    }

    /// Failures that took one and the same time.
    pub(super) fn of_hung(&mut self, hung: &Hung, alone: bool, slow: Option<Reached>) {
        self.unknown(hung.told(alone, slow));
    }

    /// A timeout that may have ended slow answers, and how many answers took longer than it.
    pub(super) fn of_longer(&mut self, beside: Option<(Timeout, u64)>) {
        if let Some((timeout, longer)) = beside {
            self.unknown(format!(
                "whether the {} requests that ended after {} were slow answers, while {} took longer, of devices or kinds of requests with \
                 another timeout: if they were, time a row is higher than told; choose one with --only COLUMN=VALUE",
                human::thousands(timeout.requests as u64),
                seconds(timeout.after),
                human::thousands(longer),
            ));
        }
    }

    /// What of the time until the next request the app itself waited.
    fn of_repairs(&mut self, repairs: &[Repair], outages: &Outages) {
        let n = human::count(repairs.len() as u64, "failure");
        let probed = repairs.iter().filter(|repair| repair.least < repair.most).count();
        let pauses: f64 = repairs.iter().map(|repair| repair.most - repair.least).sum();
        if outages.repair.is_none() {
            self.unknown(format!("repair time: {n} with a success after it within an hour"));
        } else if probed < repairs.len() {
            let waited: Vec<f64> = repairs.iter().map(|repair| repair.waited).filter(|s| *s > 0.0).collect();
            if !waited.is_empty() {
                self.unknown(format!(
                    "when the link was back after {} of {n} that the app saw only when it gave up, {} after the link broke: the repair \
                     holds that wait, as the app sees it, and its interval that it was back at once",
                    human::thousands(waited.len() as u64),
                    seconds(waited.iter().sum::<f64>() / waited.len() as f64),
                ));
            }
            self.unknown(format!(
                "repair time apart from the app's own pause before it tries again: after {} of {n} no try failed before the next request was \
                 under way, so the link may have been back sooner; where the app waits long, the repair is shorter than told",
                human::thousands((repairs.len() - probed) as u64),
            ));
        }
        if probed > 0 {
            self.note(format!(
                "the link came back between the last try that failed and the next: half of that pause, {} on average, is taken off the repair",
                seconds(pauses / probed as f64 / 2.0),
            ));
        }
    }

    /// Failures of which the log does not say enough.
    pub(super) fn of_failures(&mut self, log: &Log, instant: u64) {
        if instant > 0 {
            let n = human::count(instant, "failure");
            self.note(format!(
                "{n} that ended far sooner than any answer could come, with a word for any failure or more of them than transfers have that \
                 are cut at random: counted as not sent, not as cut",
            ));
        }
        let broke = |r: &&Request| r.outcome.breaks() && !r.timed;
        let untimed = log.requests.iter().filter(broke).count() as u64;
        if untimed > 0 {
            let n = human::count(untimed, "failure");
            self.note(format!("{n} without a duration: each counts as half a typical request"));
        }
    }

    /// Requests that the log itself says never left.
    pub(super) fn of_offline(&mut self, offline: u64) {
        if offline > 0 {
            let (it, a_try) = if offline == 1 { ("it is", "a try") } else { ("they are", "tries") };
            self.note(format!(
                "{} `offline`, as never sent: no failure of a transfer, and no time under way; between a failure and the next answer {it} {a_try} that \
                 found the link still down",
                human::count(offline, "request"),
            ));
        }
    }

    /// Requests that were refused, which are no failures, and may yet be.
    pub(super) fn of_refused(&mut self, log: &Log) {
        let refused = || log.requests.iter().filter(|r| r.outcome == Outcome::Refused);
        let times: Vec<f64> = refused().filter(|r| r.timed).map(|r| r.duration).collect();
        let mean = times.iter().sum::<f64>() / times.len().max(1) as f64;
        let n = refused().count() as u64;
        if n == 0 {
            return;
        }
        let n = human::count(n, "request");
        self.note(format!(
            "{n} refused by the server or given up by the app: not counted as failures of the link, and what they took as transfer that did \
             not break; of a repair, tries that failed",
        ));
        let quick = trouble::quickest(&mut trouble::durations(log)).unwrap_or(0.0);
        if mean > REFUSED_SOON * quick {
            self.unknown(format!(
                "whether the link broke {n} counted as refused or given up: {} on average, about as long as answers take, which no refusal needs; \
                 if so, transfers break more often than told, and the best chunk is smaller; log `reset` or `timeout` for those",
                seconds(mean),
            ));
        }
    }

    /// Failures of requests that run side by side, which have no order that tells.
    pub(super) fn of_failures_side_by_side(&mut self, log: &Log, in_a_row: InARow) {
        let broken = log.requests.iter().filter(|r| r.outcome.breaks()).count() as u64;
        if broken > 0 {
            let held = match in_a_row {
                InARow::Unclear { n, .. } => {
                    format!("which the intervals hold of the {n} that began after a failure")
                }
                _ => "beyond what the intervals hold".to_owned(),
            };
            let hint = if log.devices.is_none() { "; name devices in a column `device`" } else { "" };
            self.unknown(format!(
                "how many of {} were cut under way, as is assumed of all, and how many were tries while the link was down: requests run side \
                 by side; with such tries transfers last longer and the best chunk is larger, {held}; log `offline` for what was not sent{hint}",
                human::count(broken, "failure"),
            ));
        }
    }

    /// What failures one right after another were taken for.
    pub(super) fn of_failures_in_a_row(&mut self, in_a_row: InARow) {
        match in_a_row {
            InARow::Cuts => {}
            InARow::Unclear { n, timed } => self.unknown(format!(
                "{}{} right after another of the device: cut under way, as is assumed, or tries while the link was still \
                 down? then transfers last longer, repairs too, and the best chunk is larger: the intervals hold both; log {}\
                 `offline` for what was not sent",
                human::count(n, "failure"),
                if timed { "" } else { " without a duration" },
                if timed { "" } else { "durations, or " },
            )),
            InARow::Tries { n, chance, sure } => {
                let by_chance = if sure && n as f64 <= chance {
                    // What they are is told by their time and not by their number.
                    String::new()
                } else {
                    format!(", where transfers that break at random would have {chance:.0}")
                };
                let n = human::count(n, "failure");
                let what = format!(
                    "{n} right after another of the device{by_chance}: counted as tries while the link was down, not as cuts"
                );
                if sure {
                    self.note(what + "; they ended before any answer could come");
                } else {
                    self.note(what);
                    self.unknown(format!(
                        "whether the {n} in a row were tries on a dead link, as is assumed, or a link that breaks in bursts: then transfers last \
                         shorter and the best chunk is smaller; the intervals hold both; log `offline` for what was not sent"
                    ));
                }
            }
        }
    }

    /// Devices that do not share their failures.
    pub(super) fn of_devices(&mut self, exposed: &Log, typical: f64, outages: &Outages) {
        if let Some((device, failures, share)) = devices::uneven(exposed, outages, typical) {
            self.note(format!(
                "failures are not spread over the devices as chance would: `{}` has {} of {} in {:.0} % of the time under way; the figures are \
                 those of no device; look at one with {}",
                self.names.of(device),
                human::thousands(failures),
                human::thousands(outages.failures),
                100.0 * share,
                self.names.only(device),
            ));
        }
    }

    /// Devices whose answers do not cost the same: what the least and the most of them take beside
    /// the line of all, and which are the farthest from it.
    pub(super) fn of_unlike(&mut self, unlike: Option<([Off; 2], Vec<Off>)>) {
        let Some(([least, most], sure)) = unlike else { return };
        let named = |(device, off): &Off| format!("`{}` ({:+.0} %)", self.names.of(*device), 100.0 * off);
        let farthest: Vec<String> = sure.iter().take(NAMED).map(named).collect();
        let more = sure.len() - farthest.len();
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        self.note(format!(
            "devices are unlike: by the line of all, answers of one take {:+.0} % on average, of another {:+.0} %; the figures are those of \
             no device, and the intervals too narrow; the farthest: {}{more}; look at one with {}",
            100.0 * least.1,
            100.0 * most.1,
            farthest.join(", "),
            self.names.only(sure[0].0),
        ));
    }

    /// Sizes of the log that may be cheaper than the line's chunk.
    pub(super) fn of_sizes(&mut self, open: Option<Open>) {
        let Some(open) = open else { return };
        self.unknown(match open {
            Open::Cheaper { rows: (least, most), answers, less } => {
                let [from, to] = [least, most].map(|rows| human::thousands(rows as u64));
                format!(
                    "whether chunks of {} rows are cheaper than the one recommended: by the log's {} of so many a row may cost up to {:.0} % less \
                     in these; log more of them, or sweep over both",
                    if from == to { from } else { format!("{from} to {to}") },
                    human::count(answers, "answer"),
                    100.0 * less,
                )
            }
            Open::Above { rows: (least, most), answers } => format!(
                "whether chunks of as many rows as the one recommended cost what the line says: {}, most of {} to {} rows, took longer than noise \
                 lets them, and few of fewer rows did; sweep over both, or choose one kind of requests with --only COLUMN=VALUE if \
                 there are several",
                human::count(answers, "answer"),
                human::thousands(least as u64),
                human::thousands(most as u64),
            ),
            Open::Between((fewer, more)) => format!(
                "what a row costs in chunks of more than {} rows and fewer than {}, near the one recommended: no answer has so many; log \
                 some, or sweep over both",
                human::thousands(fewer as u64),
                human::thousands(more as u64),
            ),
            Open::Short(rows) => format!(
                "whether a row costs less in chunks of up to {} rows: answers of so few take less than a step of the clock; log finer durations",
                human::thousands(rows as u64),
            ),
            Open::Few(answers) => format!(
                "whether a row costs as much in chunks of other sizes as a line has it: {} with rows, and fewer than the largest ones have, are \
                 too few",
                human::count(answers, "answer"),
            ),
        });
    }

    /// Outliers that are many, hold much of the time, or move the mean answer out of its interval.
    pub(super) fn of_outliers(&mut self, outliers: Outliers, census: &Census) {
        let Outliers { held, longer, open, cause, bytes } = outliers;
        let share = census.outliers as f64 / census.answered.max(1) as f64;
        if share > OUTLIERS_MANY && cause != Cause::Hangs {
            self.note(format!(
                "{:.0} % of the answers are far from the line of the others: two kinds of requests? choose one with --only COLUMN=VALUE",
                100.0 * share,
            ));
        }
        if held > OUTLIERS_MANY && longer > 0.0 || longer.abs() > open {
            let word = if longer > 0.0 { "longer" } else { "less" };
            let perhaps = cause.because(bytes);
            self.note(format!(
                "the outliers put aside are {:.1} % of the answers and hold {:.0} % of their time: the figures are those of the others, and \
                 with them answers take {:.1} % {word} on average{perhaps}",
                100.0 * share,
                100.0 * held,
                100.0 * longer.abs(),
            ));
        }
    }

    /// So many answers that are too far from the line for noise, and count as those of wider or
    /// narrower rows.
    pub(super) fn of_widths(&mut self, n: usize, bytes: Bytes, cause: Cause) {
        if n > 0 {
            let (lie, they) = if n == 1 { ("lies", "its") } else { ("lie", "their") };
            let (why, log) = match bytes {
                Bytes::Same => ("`bytes`, the same of every answer, does not tell why".to_owned(), ""),
                Bytes::Told | Bytes::Missing => (format!("{they} bytes are unknown"), "log `bytes`, or "),
            };
            let perhaps = match cause {
                Cause::Near => {
                    ", and nothing shows that they do; requests may hang, so the intervals hold the line without them, too"
                }
                _ => "",
            };
            self.note(format!(
                "{} {lie} farther from the line of the others than their noise, and {why}: not put aside, as rows may differ \
                 in width{perhaps}; time a row is that of rows as wide as the log's on average, and the noise holds their widths; {log}\
                 choose one kind of requests with --only COLUMN=VALUE",
                human::count(n as u64, "answer"),
            ));
        }
    }

    /// That a timeout ended the longest answers, and how far costs make up for these.
    pub(super) fn of_cut_off(&mut self, reached: Reached, luck: Option<Luck>, answers: usize) {
        let after = seconds(reached.after);
        if reached.longer > 0 {
            self.note(format!(
                "costs are of answers up to {after}: {} that took longer had a longer timeout or none, and answers up to the shortest are \
                 seen whichever they had",
                human::thousands(reached.longer),
            ));
        }
        let part = match luck {
            Some(luck) if luck.in_part => Some("even answers of few rows come near that time"),
            _ if 2 * reached.requests > answers as u64 => Some("it ended more than a third of the requests"),
            _ if answers < FEW => Some("answers are few"),
            _ => None,
        };
        let costs = match (luck, part) {
            (None, _) => "time a row is too low and the overhead may be too high".to_owned(),
            (Some(_), None) => {
                "costs make up for them, as if noise were drawn alike whatever the rows".to_owned()
            }
            (Some(_), Some(why)) => {
                format!("costs make up for them in part and the intervals may be too narrow, as {why}")
            }
        };
        self.unknown(format!(
            "how long the longest answers take, as what takes {after} is given up: {costs}; log with a longer timeout",
        ));
    }

    /// Answers of few rows that costs go without, and of how many others they are.
    pub(super) fn of_few(&mut self, few: &Few, others: usize) {
        let n = human::count(few.n as u64, "answer");
        let rows = match few.most {
            0.0 => "no rows".to_owned(),
            most => format!("up to {}", human::count(most as u64, "row")),
        };
        let [took, says] = few.took.map(seconds);
        self.note(format!(
            "{n} of {rows} took {took} on average, where the line of the others says {says}: of another kind, as those of another endpoint \
             are, so costs, chunk and mean rows are those of the {} others; choose one kind with --only COLUMN=VALUE, such as --only \
             endpoint=/sync",
            human::thousands(others as u64),
        ));
    }

    /// What of the line is left out, and of which sizes answers are off it most.
    pub(super) fn of_line(&mut self, left_out: Option<LeftOut>, bend: Option<Bend>) {
        match left_out {
            Some(LeftOut::Row) => self.unknown(
                "time a row: answers of more rows take less time, so something else decides; a row counts as nothing, and the overhead is what \
                 answers take on average",
            ),
            Some(LeftOut::Overhead) => self.note(
                "the line ends below zero at no rows: a row of a large answer takes longer than one of a small; it is drawn without an overhead, \
                 so that it has the mean of the answers",
            ),
            None => {}
        }
        if let Some((from, to, bend)) = bend {
            self.note(format!(
                "answers of {from:.0} to {to:.0} rows take {:.0} % of what a straight line says: the figures hold near the sizes of the log",
                100.0 * (1.0 + bend),
            ));
        }
    }
}

pub(super) fn seconds(seconds: f64) -> String {
    human::span((seconds * 1e9) as u64)
}
