//! The rule at the end of a table. It recommends one of two values of an axis and gives the
//! reasons.
//!
//! A setting is one value per axis of the table.

use std::cmp::Ordering;

use super::lines::joined;
use crate::analysis::grouped;
use crate::analysis::table::{Named, Setting, Table};
use crate::metrics::{NEVER, Unit, human};
use crate::record::CellRecord;
use crate::scenario::TableRule;

/// Figures whose ratio is below this factor are equal in practice.
const EQUAL: f64 = 1.03;

/// The properties of the user's scenario that the rule needs.
#[derive(Clone, Debug, Default)]
pub struct Own {
    /// The value of the scenario on the axis `each`, if it has one.
    pub value: Option<String>,
    /// The largest age that its data may have, in ns; `None` if the scenario does not say.
    pub wanted: Option<u64>,
    /// The interval at which its replica is refreshed, in ns; `None` if the scenario does not say.
    pub refreshed: Option<u64>,
}

/// One line per value of the axis `each`, the scenario's own value first. Equal texts share a line.
pub(super) fn rule_lines(table: &Table<'_>, rule: &TableRule, own: &Own) -> Vec<String> {
    let [Some(each), Some(between)] = [&rule.each, &rule.between].map(|title| table.axis(Some(title))) else {
        return Vec::new();
    };
    let mut values = grouped(&table.settings, |setting| &setting.labels[each]);
    let is_own = |value: &String| own.value.as_ref() == Some(value);
    values.sort_by_key(|(value, _)| !is_own(value));
    let said = grouped(values, |(value, settings)| {
        let (choice, why) = Choice { table, rule, each, between }.said(settings, own.wanted);
        // Only the line of the user's scenario has reasons. The table has the figures of the
        // others.
        if !is_own(value) {
            return (choice, String::new(), "if");
        }
        let refreshed = own.refreshed.map(human::span).map(|every| {
            format!(
                "\n  with a replica that is refreshed every {every} (`gateway.refresh.every`): \
                 another value may give another rule"
            )
        });
        (choice, why + &refreshed.unwrap_or_default(), "rule for this file, where")
    });
    let line = |((choice, why, head), values): ((String, String, &str), Vec<(&String, _)>)| {
        let values: Vec<&str> = values.into_iter().map(|(value, _)| value.as_str()).collect();
        format!("{head} {} {}: {choice}{why}", rule.each, values.join(" or "))
    };
    said.into_iter().map(line).collect()
}

struct Choice<'t> {
    table: &'t Table<'t>,
    rule: &'t TableRule,
    each: usize,
    between: usize,
}

impl Choice<'_> {
    /// The recommended setting, and lines with the reasons.
    fn said(&self, settings: &[&Setting<'_>], wanted: Option<u64>) -> (String, String) {
        let rule = self.rule;
        let is_right = |setting: &&&Setting<'_>| {
            setting.refused.is_none() && rule.zero.iter().all(|figure| Named(figure).sum(&setting.cells) == 0)
        };
        let right = settings.iter().filter(is_right).copied();
        let best = |value: &String| {
            let of_value = right.clone().filter(|setting| setting.labels[self.between] == *value);
            of_value.min_by_key(|setting| Named(&rule.cost).sum(&setting.cells))
        };
        let values = &self.table.plan.axis[self.between].values;
        let both = match [best(&values[0]), best(&values[1])] {
            [Some(one), Some(two)] => [one, two],
            [Some(only), None] | [None, Some(only)] => {
                return (
                    format!("{}; no other setting keeps all data right", self.name(only)),
                    String::new(),
                );
            }
            [None, None] => {
                return ("none, because no setting keeps all data right".to_owned(), String::new());
            }
        };
        let reasons = [0, 1].map(|at| self.reasons(both, at));
        let shown = |figure: &String| {
            let told = |at: usize| format!("{} {}", rule.called[at], shown(Named(figure), both[at]));
            format!("{}, {}", told(0), told(1))
        };
        let told = |at: usize| match reasons[at].is_empty() {
            true => String::new(),
            false => format!("\n  for {}: {}", rule.called[at], reasons[at].join("; ")),
        };
        let figures = format!("\n  age of data: {}; kept: {}", shown(&rule.age), shown(&rule.kept));
        let wins = [0, 1].map(|at| !reasons[at].is_empty());
        (self.choice(both, wins, wanted), told(0) + &told(1) + &figures)
    }

    /// The choice between two settings. `wins` is true for a setting that is better in some figure.
    fn choice(&self, both: [&Setting<'_>; 2], wins: [bool; 2], wanted: Option<u64>) -> String {
        let name = |at: usize| self.name(both[at]);
        let age = Named(&self.rule.age);
        let ages = both.map(|setting| age.mean(&setting.cells));
        // A setting whose data never arrives cannot be chosen, even if it is cheap.
        let is_choice = |at: usize| wins[at] && ages[at] != Some(NEVER);
        match (winner(both, age), wanted, wins) {
            _ if ages.contains(&None) => {
                "none, because no change of a phone reached another phone".to_owned()
            }
            (Some(young), None, _) if is_choice(1 - young) => {
                let limit = shown(age, both[1 - young]);
                format!("{} if data must be younger than {limit}; else {}", name(young), name(1 - young))
            }
            (Some(young), Some(wanted), _) if is_choice(1 - young) => {
                let keeps = |at: usize| ages[at].is_some_and(|age| age <= wanted);
                let limit = format!("{} (workload.freshness)", human::span(wanted));
                match (keeps(young), keeps(1 - young)) {
                    (_, true) => format!("{}, which keeps data younger than {limit}", name(1 - young)),
                    (true, _) => format!("{}; only this keeps data younger than {limit}", name(young)),
                    _ => format!("{}, which is nearer to {limit}", name(young)),
                }
            }
            (Some(young), ..) => name(young),
            (None, _, [true, false]) => name(0),
            (None, _, [false, true]) => name(1),
            (None, _, [true, true]) => "none, because each is better in some figure".to_owned(),
            (None, _, [false, false]) => {
                "none, because no figure differs by over 3 % under each seed".to_owned()
            }
        }
    }

    /// The name of a setting: its value, with its values on other axes in brackets.
    fn name(&self, setting: &Setting<'_>) -> String {
        let own = &setting.labels[self.between];
        let called = &self.rule.called[usize::from(self.table.plan.axis[self.between].values[0] != *own)];
        let rest = setting.labels.iter().enumerate();
        let rest = rest.filter(|(axis, _)| ![self.each, self.between].contains(axis)).map(|(_, label)| label);
        joined(rest, ", ").map_or_else(|| called.clone(), |rest| format!("{called} ({rest})"))
    }

    /// The reasons for setting `at`: the figures of the rule in which it is better.
    fn reasons(&self, both: [&Setting<'_>; 2], at: usize) -> Vec<String> {
        let weigh = self.rule.weigh.iter().map(|(says, figure)| (says, Named(figure)));
        let won = weigh.filter(|(_, figure)| winner(both, *figure) == Some(at));
        let reason = |(says, figure): (&String, Named<'_>)| {
            format!("{says} {}, not {}", shown(figure, both[at]), shown(figure, both[1 - at]))
        };
        won.map(reason).collect()
    }
}

/// A figure of a setting with its unit and statistic.
fn shown(figure: Named<'_>, setting: &Setting<'_>) -> String {
    let statistic = figure.stat().and_then(human::statistic);
    let statistic = statistic.map_or_else(String::new, |statistic| format!(" ({statistic})"));
    let shown = match (figure.mean(&setting.cells), figure.unit()) {
        (None, _) => "not known".to_owned(),
        (Some(NEVER), _) => "without limit".to_owned(),
        (Some(value), Unit::Rows | Unit::Devices) => human::thousands(value),
        (Some(value), unit) => human::figure(unit, value),
    };
    shown + &statistic
}

/// The index of the setting that is better in the mean and under each seed; `None` if neither is.
fn winner(both: [&Setting<'_>; 2], figure: Named<'_>) -> Option<usize> {
    let [one, other] = both.map(|setting| figure.mean(&setting.cells));
    let (one, other) = (one?, other?);
    let order = figure.order(one, other);
    let of_seed = |cell: &&CellRecord| {
        let other = both[1].cells.iter().find(|other| other.seed == cell.seed)?;
        Some(figure.order(figure.of(cell)?, figure.of(other)?))
    };
    let is_always = both[0].cells.iter().filter_map(of_seed).all(|of_seed| of_seed == order);
    let is_equal = one.max(other) as f64 <= one.min(other) as f64 * EQUAL;
    (is_always && !is_equal).then_some(usize::from(order == Ordering::Greater))
}
