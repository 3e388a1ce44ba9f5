//! The result of looking for a practice in a plan.

use std::fmt;

use super::super::plan::Plan;
use super::super::question::Stand;
use crate::base::{EntityId, Word};
use crate::config::written::dotted;
use crate::engine::LocalCapture;

/// The result of looking for a practice in a plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// True if the scenario follows the practice; `None` if its plan does not show that.
    pub does: Option<bool>,
    /// The setting that shows it. Empty if the question already names it.
    pub because: String,
    /// True if the question does not apply, because the scenario does not contain its subject or
    /// does not set it.
    pub is_moot: bool,
    /// True if the subject is absent: an app without photos needs no answer about photos.
    pub is_absent: bool,
    /// Figures to report with an answer: a description and the metric.
    pub figures: Vec<(String, String)>,
    /// Settings that make the scenario follow the practice, if they depend on the scenario.
    pub mends: Vec<Mend>,
    /// Keys that both variants of a question set, and that keep the scenario's own value.
    pub kept: Vec<String>,
}

/// A key and its new TOML value. Without a value, the key is removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mend {
    /// The dotted key.
    pub key: String,
    /// The value as TOML; `None` removes the key.
    pub value: Option<String>,
}

impl Seen {
    /// The half of a question that the scenario matches.
    pub fn half(&self) -> Option<Stand> {
        self.does.map(|does| if does { Stand::With } else { Stand::Without })
    }
    pub(super) fn does() -> Seen {
        Seen { does: Some(true), ..Seen::default() }
    }
    pub(super) fn does_not(because: impl Into<String>) -> Seen {
        Seen { does: Some(false), because: because.into(), ..Seen::default() }
    }
    pub(super) fn hidden(because: impl Into<String>) -> Seen {
        Seen { because: because.into(), ..Seen::default() }
    }
    pub(super) fn moot(because: impl Into<String>) -> Seen {
        Seen { is_moot: true, ..Seen::hidden(because) }
    }
    pub(super) fn absent(because: impl Into<String>) -> Seen {
        Seen { is_absent: true, ..Seen::moot(because) }
    }
    pub(super) fn if_so(does: bool, otherwise: impl FnOnce() -> String) -> Seen {
        if does { Seen::does() } else { Seen::does_not(otherwise()) }
    }
    /// The scenario follows the practice if `does`. Otherwise, `word` is the present value of
    /// `key`, which must change.
    pub(super) fn by_key(does: bool, key: &str, word: impl Word) -> Seen {
        Seen::if_so(does, || format!("`{key}` is \"{}\"", word.word()))
    }
    /// Adds the settings that make the scenario follow the practice, if it does not follow it.
    pub(super) fn mended(self, mends: Vec<Mend>) -> Seen {
        if self.does == Some(false) { Seen { mends, ..self } } else { self }
    }
}

impl fmt::Display for Mend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            Some(value) => write!(f, "{} = {value}", self.key),
            None => write!(f, "without {}", self.key),
        }
    }
}

impl Mend {
    pub(super) fn set(path: &[&str], value: impl Into<toml::Value>) -> Mend {
        Mend { key: dotted(path), value: Some(value.into().to_string()) }
    }
    pub(super) fn unset(path: &[&str]) -> Mend {
        Mend { key: dotted(path), value: None }
    }
}

pub(super) fn texts<T: AsRef<str>>(items: impl IntoIterator<Item = T>) -> toml::Value {
    toml::Value::Array(items.into_iter().map(|item| item.as_ref().into()).collect())
}

/// The names as a list in a sentence: `a`, `b` and `c`.
pub(super) fn listed(names: &[String]) -> String {
    match names {
        [rest @ .., last] if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => names.concat(),
    }
}

/// A sentence about these names, with the verb in the singular or the plural.
pub(super) fn all_do(names: &[String], [one, several]: [&str; 2]) -> String {
    format!("{} {}", listed(names), if names.len() == 1 { one } else { several })
}

/// The entities that units pull.
pub(super) fn pulled(plan: &Plan) -> Vec<EntityId> {
    let is_pulled = |id: &EntityId| plan.units.iter().any(|unit| unit.pull.contains(id));
    plan.schema.ids().filter(is_pulled).collect()
}

/// The settings for an engine that must know the changed columns, or must follow a row to another
/// key. Without an outbox, an engine sends whole rows.
pub(super) fn outbox(plan: &Plan) -> Vec<Mend> {
    let is_there = plan.engine.push.capture == LocalCapture::Outbox;
    let mend = || Mend::set(&["engine", "push", "capture"], LocalCapture::Outbox.word());
    (!is_there).then(mend).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_listed_as_people_say_them() {
        let names = |all: &[&str]| listed(&all.iter().map(|&one| one.to_owned()).collect::<Vec<_>>());
        assert_eq!([names(&[]), names(&["a"]), names(&["a", "b", "c"])], ["", "a", "a, b and c"]);
    }

    #[test]
    fn a_name_with_a_dot_is_quoted_in_a_mend() {
        let mend = Mend::set(&["unit", "At 8.30", "on"], texts(["save"]));
        assert_eq!((mend.key.as_str(), mend.value.as_deref()), ("unit.\"At 8.30\".on", Some("[\"save\"]")));
    }
}
