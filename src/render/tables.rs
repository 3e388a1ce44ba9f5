//! Renders a table that a scenario declares, for a terminal, for Markdown and for programs.
//!
//! A setting is one value per axis of the table.

use serde_json::{Map, Value, json};

use super::grid::Grid;
use super::lines::{self, joined};
pub use super::table_rule::Own;
use super::table_rule::rule_lines;
use crate::analysis::table::{Named, Setting, Table};
use crate::analysis::{distinct, grouped};
use crate::metrics::{Unit, human};
use crate::scenario::TableColumn;

/// On a terminal, a longer column name is broken at its hyphens.
const NAME_MAX: usize = 9;
/// A table with at least this many axes has blank lines between groups of rows.
const GROUPED: usize = 3;

impl Table<'_> {
    /// The table for a terminal, with its legend and its rule.
    pub fn story(&self, own: &Own) -> String {
        let legend: String = self.plan.legend.iter().map(|line| format!("{line}\n")).collect();
        self.parts(|grid| grid.terminal("  "), "") + &legend + &self.told(own)
    }
    pub fn to_markdown(&self) -> String {
        self.parts(Grid::markdown, "\n")
    }
    /// The CSV form, with one row per setting.
    pub fn to_csv(&self) -> String {
        lines::csv_of(self.header(), self.settings.iter().map(|setting| self.row(setting)))
    }
    /// The JSON form: the settings, then the lines of the rule.
    pub fn to_json(&self, own: &Own) -> String {
        let value = |text: String| text.parse::<u64>().map_or_else(|_| Value::from(&*text), Value::from);
        let setting = |setting: &Setting<'_>| -> Map<String, Value> {
            let known = self.header().into_iter().zip(self.row(setting)).filter(|(_, text)| !text.is_empty());
            known.map(|(name, text)| (name.to_owned(), value(text))).collect()
        };
        let settings: Vec<Map<String, Value>> = self.settings.iter().map(setting).collect();
        lines::to_json(&json!({ "settings": settings, "rule": self.rule(own) }))
    }

    fn parts(&self, drawn: impl Fn(&Grid) -> String, gap: &str) -> String {
        let Some(split) = self.axis(self.plan.split.as_deref()) else {
            return drawn(&self.grid(&self.settings.iter().collect::<Vec<_>>())) + "\n";
        };
        let parts = grouped(&self.settings, |setting| &setting.labels[split]);
        let told = |(table, parts): (String, Vec<(&String, Vec<&Setting<'_>>)>)| {
            let values: Vec<&str> = parts.iter().map(|(value, _)| value.as_str()).collect();
            format!("{} {}:\n{gap}{table}\n", self.plan.axis[split].title, values.join(" or "))
        };
        grouped(parts, |(_, settings)| drawn(&self.grid(settings))).into_iter().map(told).collect()
    }

    fn grid(&self, settings: &[&Setting<'_>]) -> Grid {
        let hidden = [&self.plan.split, &self.plan.across, &self.plan.join];
        let [split, across, join] = hidden.map(|title| self.axis(title.as_deref()));
        let rows: Vec<usize> =
            (0..self.plan.axis.len()).filter(|axis| ![split, across, join].contains(&Some(*axis))).collect();
        let value = |setting: &&Setting<'_>| across.map(|axis| setting.labels[axis].clone());
        let values: Vec<Option<String>> = distinct(settings.iter().map(value));
        let is_last = |column: &TableColumn| {
            std::ptr::eq(column, &raw const self.plan.column[self.plan.column.len() - 1])
        };
        // The last column repeats for each value of `across`. Other columns occur once.
        let of = |column| if is_last(column) { &values[..] } else { values.get(..1).unwrap_or_default() };
        let columns = self.plan.column.iter();
        let columns: Vec<(&TableColumn, &Option<String>)> =
            columns.flat_map(|column| of(column).iter().map(move |value| (column, value))).collect();
        let above = |(column, value): &(&TableColumn, &Option<String>)| match value {
            Some(value) if is_last(column) && value.len() > NAME_MAX => value.replace('-', "\n"),
            Some(value) if is_last(column) => value.clone(),
            _ => column.title.clone(),
        };
        let texts = columns.iter().take_while(|(column, _)| column.figure.is_none()).count();
        let titles = rows.iter().map(|axis| self.plan.axis[*axis].title.clone());
        let mut grid = Grid::new(rows.len() + texts, titles.chain(columns.iter().map(above)));
        let labels = |setting: &&Setting<'_>| -> Vec<String> {
            rows.iter().map(|axis| setting.labels[*axis].clone()).collect()
        };
        let mut above = None;
        for (labels, of) in grouped(settings.iter().copied(), labels) {
            if rows.len() >= GROUPED && above.as_ref().is_some_and(|above| *above != labels[0]) {
                grid.row([""]);
            }
            above = labels.first().cloned();
            if of.iter().all(|setting| setting.refused.is_some()) {
                grid.row(labels.into_iter().chain(["refused".to_owned()]));
                continue;
            }
            let fields = columns.iter().map(|(column, of_column)| {
                let here = of.iter().copied().filter(|setting| value(setting) == **of_column);
                self.field(column, join.filter(|_| is_last(column)), &here.collect::<Vec<_>>())
            });
            grid.row(labels.into_iter().chain(fields));
        }
        grid
    }

    /// The field of a column for these settings. The setting's value on the axis `named` is added.
    fn field(&self, column: &TableColumn, named: Option<usize>, settings: &[&Setting<'_>]) -> String {
        let Some(least) = &self.plan.least else {
            return distinct(settings.iter().map(|setting| self.text(column, setting))).join(" / ");
        };
        let of = |setting: &&&Setting<'_>| Named(least).mean(&setting.cells).unwrap_or(u64::MAX);
        settings.iter().min_by_key(of).map_or_else(String::new, |setting| {
            let value = named.map(|axis| format!(" ({})", setting.labels[axis]));
            self.text(column, setting) + &value.unwrap_or_default()
        })
    }

    fn text(&self, column: &TableColumn, setting: &Setting<'_>) -> String {
        let cells = &setting.cells;
        if cells.is_empty() {
            return "refused".to_owned();
        }
        let Some(figure) = column.figure.as_deref().map(Named) else { return self.said(column, cells) };
        if column.needs.as_deref().is_some_and(|kind| self.never.contains(&kind)) {
            return "–".to_owned();
        }
        let counts = matches!(figure.unit(), Unit::Count | Unit::Rows | Unit::Devices);
        match column.per.as_deref().map(|per| Named(per).sum(cells).max(1)) {
            Some(per) if counts => {
                let thousandths = figure.sum(cells).saturating_mul(1_000) / per;
                format!("{}.{:02}", thousandths / 1_000, thousandths % 1_000 / 10)
            }
            Some(per) => human::figure(figure.unit(), figure.sum(cells) / per),
            None => figure.mean(cells).map_or("–".to_owned(), |mean| match counts {
                true => mean.to_string(),
                false => human::figure(figure.unit(), mean),
            }),
        }
    }

    /// The lines under every table: the rule, and the refused settings.
    pub fn told(&self, own: &Own) -> String {
        let refused = self.settings.iter().filter_map(|setting| Some((setting.refused?, setting)));
        let refused = grouped(refused, |(why, _)| *why).into_iter().map(|(why, all)| {
            let settings: Vec<&Setting<'_>> = all.into_iter().map(|(_, setting)| setting).collect();
            format!("refused on {}: {why}", self.factored(&settings))
        });
        self.rule(own).into_iter().chain(refused).map(|line| line + "\n").collect()
    }
    fn rule(&self, own: &Own) -> Vec<String> {
        let Some(rule) = &self.plan.rule else { return Vec::new() };
        if !self.is_whole {
            return vec!["rule: none, because not all settings have run".to_owned()];
        }
        let never = joined(self.never.iter().copied(), " and no ");
        let never =
            never.map(|of| format!("warning: the file has no {of}: the table does not show their effect"));
        let one_seed = "note: this is one seed; --seeds 1..=8 shows whether it holds for others".to_owned();
        let is_one_seed = self.settings.iter().all(|setting| setting.cells.len() < 2);
        let lines = rule_lines(self, rule, own).into_iter().chain(never);
        lines.chain(is_one_seed.then_some(one_seed)).collect()
    }

    /// Names settings by the values of each axis, if they are all combinations of these values. An
    /// axis with all its values is left out.
    fn factored(&self, settings: &[&Setting<'_>]) -> String {
        let values = |axis: usize| distinct(settings.iter().map(|setting| setting.labels[axis].as_str()));
        let axes: Vec<Vec<&str>> = (0..self.plan.axis.len()).map(values).collect();
        if axes.iter().map(Vec::len).product::<usize>() != settings.len() {
            return distinct(settings.iter().map(|setting| setting.labels.join(" "))).join("; ");
        }
        let some = axes.iter().enumerate().filter(|(axis, of)| of.len() < self.plan.axis[*axis].values.len());
        some.map(|(_, of)| of.join(", ")).collect::<Vec<_>>().join(": ")
    }
}
