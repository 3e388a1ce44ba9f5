//! The table that a sweep prints, as the `[table]` of a scenario file declares it.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::check::check;
use super::grammar::TABLE;
use super::merge::known_key;
use super::resolve::unit_named;
use crate::config::diagnostic::Invalid;
use crate::config::form::Form;
use crate::config::tree::Node;
use crate::config::view::{Mistakes, View};

/// Axes without keys. Every cell has them.
const OF_CELLS: [&str; 2] = ["scenario", "variant"];

/// In the values of an axis, `*` stands for each word that the axis's key accepts.
const ANY: &str = "*";

/// The axes and columns of a table. The title of an axis is its name. A figure is a metric, with a
/// statistic if the metric is a distribution. It may also be a sum of several metrics, separated by
/// ` + `.
#[derive(Clone, Debug, Deserialize)]
pub struct TablePlan {
    /// The axes; the last one changes fastest.
    pub axis: Vec<TableAxis>,
    /// The columns, in order.
    pub column: Vec<TableColumn>,
    /// The axis with one table per value.
    pub split: Option<String>,
    /// The axis for which the last column is repeated, once per value.
    pub across: Option<String>,
    /// The axis whose values share one field of the table.
    pub join: Option<String>,
    /// The figure that decides which value of `join` a field shows: the value with the least
    /// figure.
    pub least: Option<String>,
    /// Figures that only CSV and JSON have.
    pub also: Vec<String>,
    /// Lines under the table on a terminal.
    pub legend: Vec<String>,
    /// The sentence at the end of the table; `None` without one.
    pub rule: Option<TableRule>,
}

/// An axis of a table: a key and its values, or one set of keys per value.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct TableAxis {
    /// The heading, and the name of the axis.
    pub title: String,
    /// The key that a value sets; `None` if only `set` sets keys.
    pub key: Option<String>,
    /// The values. Empty for the axes of scenarios and variants, whose values come from the cells.
    pub values: Vec<String>,
    /// The keys that each value sets in addition.
    pub set: BTreeMap<String, BTreeMap<String, toml::Value>>,
}

/// A column: it shows a figure, or words that depend on figures.
#[derive(Clone, Debug, Deserialize)]
pub struct TableColumn {
    /// The heading.
    pub title: String,
    /// The figure that the column shows, as a mean over seeds.
    pub figure: Option<String>,
    /// The figure that divides the column's figure.
    pub per: Option<String>,
    /// The kind of change that a cell must have. Without it, the field is empty.
    pub needs: Option<String>,
    /// The words that the column shows, in order.
    #[serde(default)]
    pub words: Vec<TableWord>,
}

/// A word of a column. It is shown if the figure `when` is above 0, or always if there is no
/// `when`.
#[derive(Clone, Debug, Deserialize)]
pub struct TableWord {
    pub say: String,
    pub when: Option<String>,
    pub first: bool,
}

/// The sentence at the end of a table. It says which of two values of an axis to choose.
#[derive(Clone, Debug, Deserialize)]
pub struct TableRule {
    /// The axis that the rule chooses a value from. It has two values.
    pub between: String,
    /// The names of these two values in a sentence.
    pub called: [String; 2],
    /// The axis with one rule per value.
    pub each: String,
    /// The figures that must be 0 for a setting to be chosen.
    pub zero: Vec<String>,
    /// The figure that must be least in the chosen setting.
    pub cost: String,
    /// The figure for the age of the data that people see.
    pub age: String,
    /// More figures, by their name in a sentence.
    pub weigh: BTreeMap<String, String>,
    /// The figure that is reported for both values: the amount that each keeps.
    pub kept: String,
}

impl TableAxis {
    /// The keys that one of its values sets, with their values.
    pub fn sets(&self, value: &str) -> Vec<(String, String)> {
        let own = self.key.iter().map(|key| (key.clone(), value.to_owned()));
        let text = |to: &toml::Value| to.as_str().map_or_else(|| to.to_string(), str::to_owned);
        let more = self.set.get(value).into_iter().flatten().map(|(key, to)| (key.clone(), text(to)));
        own.chain(more).collect()
    }
}

impl TablePlan {
    /// True if one of its axes has this title.
    pub fn has(&self, title: &str) -> bool {
        self.axis.iter().any(|axis| axis.title == title)
    }
}

/// Reads the table that a file declares.
pub(super) fn table_plan(written: &Node) -> Result<TablePlan, Invalid> {
    let mut written = written.clone();
    let mut mistakes = Vec::new();
    check(&TABLE, &mut written, "table", &mut mistakes);
    mistakes.extend(strange(View::new(&written)).taken(mistakes.is_empty()));
    Invalid::check(mistakes)?;
    let values = |axis| values(axis).into_iter().map(str::to_owned).collect();
    let axes: Vec<Vec<String>> = View::new(&written).at("axis").items().map(values).collect();
    let mut plan: TablePlan = written.to_toml().try_into().expect("a checked table has all required keys");
    plan.axis.iter_mut().zip(axes).for_each(|(axis, values)| axis.values = values);
    for name in OF_CELLS {
        let named = [&plan.split, &plan.across, &plan.join].into_iter().flatten().any(|title| title == name);
        if named && !plan.has(name) {
            plan.axis.push(TableAxis { title: name.to_owned(), ..TableAxis::default() });
        }
    }
    Ok(plan)
}

/// The values of an axis. A single `*` means each word that the key accepts.
fn values(axis: View<'_>) -> Vec<&str> {
    let written: Vec<&str> = axis.at("values").items().map(View::text).collect();
    let key = axis.at("key");
    match known_key(key.text(), key) {
        Ok(Form::Word(words)) if written == [ANY] => words.to_vec(),
        _ => written,
    }
}

/// Reports names in a table that refer to nothing.
fn strange(table: View<'_>) -> Mistakes {
    let wrong = Mistakes::default();
    let axes = || table.at("axis").items();
    let titles: Vec<&str> = axes().map(|axis| axis.at("title").text()).collect();
    let named = |key: &str, titles: &[&str]| {
        let axis = table.at(key).present().filter(|axis| axis.is_sound())?;
        wrong.find(axis, "axis", axis.text(), titles)
    };
    for key in ["split", "across", "join"] {
        named(key, &[&titles[..], &OF_CELLS].concat());
    }
    named("rule.each", &titles);
    let chosen = named("rule.between", &titles).and_then(|at| axes().nth(at));
    let two = |list: View<'_>| list.items().count() == 2;
    if chosen.is_some_and(|axis| !two(axis.at("values")) || !two(table.at("rule.called"))) {
        let help = "name in `between` an axis with two values, and write in `called` a name for each value";
        wrong.at(table.at("rule.called"), "a rule must choose between two values", help);
    }
    for axis in axes() {
        let values = values(axis);
        if values == [ANY] {
            let help = "list the values: `*` works only for a key with a list of words, such as engine.codec";
            wrong.at(axis.at("values"), "the key of this axis has no list of words", help);
        }
        if values.is_empty() {
            wrong.among(&[axis.at("values")], "an axis needs a value", "list at least one value in `values`");
        }
        let set = axis.at("set");
        let is_value = |name: &&str| wrong.find(set.name(name), "value", name, &values).is_some();
        let of_values = set.names().into_iter().filter(is_value);
        let keys = of_values.flat_map(|name| {
            let of = set.key(name);
            of.names().into_iter().map(move |key| (key, of.name(key)))
        });
        let key = axis.at("key").present().filter(|key| key.is_sound());
        for (key, at) in key.map(|key| (key.text(), key)).into_iter().chain(keys) {
            if let Err(unknown) = known_key(key, at) {
                wrong.add(unknown);
            }
        }
    }
    if table.at("column").items().next().is_none() {
        let help = "write a column as [[table.column]] with `title` and `figure`";
        wrong.among(&[table.at("column")], "a table needs a column", help);
    }
    for figure in figures(table).into_iter().filter(|figure| figure.is_sound()) {
        for part in figure.text().split(" + ") {
            unit_named(figure, part, &wrong);
        }
    }
    wrong
}

fn figures(table: View<'_>) -> Vec<View<'_>> {
    let rule = table.at("rule");
    let mut all = vec![table.at("least"), rule.at("cost"), rule.at("age"), rule.at("kept")];
    for column in table.at("column").items() {
        all.extend([column.at("figure"), column.at("per")]);
        all.extend(column.at("words").items().map(|word| word.at("when")));
    }
    all.extend(table.at("also").items().chain(rule.at("zero").items()));
    all.extend(rule.at("weigh").entries().map(|(_, figure)| figure));
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tree::parse_own;
    use crate::protocol::NAMES;

    fn of_all(key: &str) -> Result<TablePlan, Invalid> {
        let axis = format!("{{ title = \"a\", key = \"{key}\", values = [\"*\"] }}");
        let column = "{ title = \"c\", figure = \"engine.down.bytes\" }";
        table_plan(&parse_own(&format!("{{ axis = [{axis}], column = [{column}] }}")))
    }

    #[test]
    fn an_axis_of_all_words_has_those_of_its_key_if_it_has_any() {
        assert_eq!(of_all("engine.codec").expect("a codec is a word").axis[0].values, NAMES);
        let wrong = of_all("fleet.phones.devices").expect_err("there is no end of numbers");
        assert_eq!(&*wrong.diagnostics[0].title, "the key of this axis has no list of words");
    }
}
