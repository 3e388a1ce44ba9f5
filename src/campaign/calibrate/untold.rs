//! What a log does not tell of what answers cost, and of the best chunk.

use super::fit::Fit;
use super::log::{Log, Outcome};
use super::step::Step;
use super::told::{Told, seconds};
use crate::metrics::human;
use crate::render::calibrate::{Advice, Census, Costs, UNTOLD_ROUND_TRIP};

/// A scenario has no larger chunk, and no log's costs and failures are known so well that they tell
/// one.
const CHUNK_MAX: f64 = 1e6;
/// What answers may take beyond the line that is worth a word, as a share.
const MAY_BEND: f64 = 0.5;

impl Told {
    pub(super) fn of_answers(
        &mut self,
        log: &Log,
        fit: Option<&Fit>,
        costs: Option<&Costs>,
        census: &Census,
    ) {
        let idle =
            log.requests.iter().filter(|r| r.outcome == Outcome::Answered && r.duration == 0.0).count();
        if idle > 0 {
            let n = human::count(idle as u64, "answer");
            self.note(format!("{n} of no duration left out: from a cache, or a coarse clock"));
        }
        if let Some(Step { lasts, has_all, .. }) = self.step {
            let answers = if has_all { "all answers" } else { "many answers" };
            self.unknown(format!(
                "what lies within {}: {answers} took a multiple of that, rounded, cut off or rounded up; costs, failures and the best \
                 chunk are those of a clock that rounds, the intervals hold all three, and the noise is partly the clock's; log a finer one",
                seconds(lasts)
            ));
        }
        match costs {
            None => {}
            Some(_) if !log.has_bytes => self.unknown("time a byte: there is no column `bytes`"),
            Some(Costs { split: None, .. }) => self.unknown(match (census.bytes_a_row, fit.and_then(Fit::less_than_nothing)) {
                (Some(_), Some(part)) => format!(
                    "rows apart from their bytes: a line through both would have a {part} take less than no time; time a row holds both"
                ),
                (Some(bytes), None) => format!(
                    "rows apart from their bytes: the two grow in step ({bytes:.0} bytes a row), or answers are too few; time a row holds both"
                ),
                (None, _) => "rows apart from their bytes: bytes do not grow with rows".to_owned(),
            }),
            Some(_) => {}
        }
        self.unknown(UNTOLD_ROUND_TRIP);
        self.unknown(
            "what a device needs to read and write an answer, and how the backend's time grows under load",
        );
        self.unknown("failures that an HTTP library repeated by itself: they look like long answers");
        let limit = census.request_limit();
        self.unknown(format!(
            "the caps that decide in practice: timeouts and the backend's page cap, of which the scenario has none, and memory, of which it \
             has a phone's; write your backend.page_cap, and keep requests short: syncdyno tune --limit chunk={limit}s (half of a timeout \
             of {} s)",
            2 * limit,
        ));
    }

    /// What of the advice the log can tell.
    pub(super) fn of_advice(
        &mut self,
        advice: Option<Advice>,
        costs: Option<&Costs>,
        fit: Option<&Fit>,
        census: &Census,
    ) -> Option<Advice> {
        match (advice, costs) {
            (None, Some(costs)) if costs.request.low <= 0.0 || costs.row.low <= 0.0 => {
                let which = if costs.row.low <= 0.0 { "time a row" } else { "overhead" };
                self.unknown(match fit.and_then(|fit| fit.above) {
                    Some((n, bytes)) => format!(
                        "the best chunk: {which} cannot be told from nothing, as {} took far longer than the line of the \
                         others says, and the log does not tell whether they hung or have wide rows{}",
                        human::count(n, "answer"),
                        bytes.hint(),
                    ),
                    None => format!(
                        "the best chunk: {which} cannot be told from nothing; it takes {}more answers, or sizes farther apart",
                        if self.step.is_some() { "a finer clock, " } else { "" }
                    ),
                });
            }
            (Some(Advice::Rows { within_log: true, .. }), _) => self.unknown(format!(
                "what a chunk beyond the {} of the log's largest answer costs: {}, beyond chance, so the chunk is that of the log's own sizes of \
                 which a row took least; choose one kind of requests with --only COLUMN=VALUE, such as --only endpoint=/sync, if there are \
                 several, or log larger answers, too",
                human::count(census.rows_max, "row"),
                match fit.is_some_and(Fit::bends_up) {
                    true => "a row costs more in larger answers than in others",
                    false => "answers of some sizes cost less than a straight line has it",
                }
            )),
            (Some(Advice::Rows { best, .. }), _) if best.value > CHUNK_MAX => {
                let most = human::thousands(CHUNK_MAX as u64);
                self.unknown(format!(
                    "the best chunk: by these costs it has more than {most} rows, the most that a scenario's chunk has: caps limit it, not \
                     failures; if the costs are beyond belief, see whether the durations are in the unit of their column"
                ));
                return None;
            }
            (Some(Advice::AtLeast(rows)), _) => return Some(Advice::AtLeast(rows.min(CHUNK_MAX))),
            (Some(Advice::Rows { best, .. }), _) if best.value > census.rows_max as f64 => {
                let most = fit.and_then(|fit| fit.at_most(best.value)).filter(|most| *most > 1.0 + MAY_BEND);
                self.note(format!(
                    "the largest answer has {}: the best chunk lies beyond, where the line was not seen{}",
                    human::count(census.rows_max, "row"),
                    most.map_or_else(String::new, |most| format!(
                        "; by these answers it may take up to {most:.1} times as long as the line says: log larger ones, too"
                    )),
                ))
            }
            _ => {}
        }
        advice
    }
}
