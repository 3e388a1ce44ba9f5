//! Looks up a check by its name.

use super::check::{Check, Harm, Matter};
use super::checks::RULES;
use super::hearing::Hearing;
use crate::contract::Capabilities;

fn rule(check: &str) -> Option<Check> {
    RULES.iter().copied().find(|rule| rule.name == check)
}

/// The harm of a violation; `None` if there is no such check.
pub fn harm_of(check: &str) -> Option<Harm> {
    Some(rule(check)?.harm)
}

/// Why a check may have nothing to check; `None` if it always has something, or does not exist.
pub fn subject_of(check: &str) -> Option<&'static str> {
    rule(check)?.matter.lack()
}

/// What a check finds, in words for people; `None` if there is no such check.
pub fn finding_of(check: &str) -> Option<&'static str> {
    Some(rule(check)?.finds)
}

/// All names that a violation can have, for scenario files and to suggest the nearest name.
pub fn check_names() -> impl Iterator<Item = &'static str> {
    RULES.iter().map(|rule| rule.name)
}

/// The metric that counts what a check finds; `None` if there is no such check.
pub fn metric_of(check: &str) -> Option<&'static str> {
    Some(rule(check)?.metric)
}

/// True if a metric counts what a check finds.
pub fn is_of_check(metric: &str) -> bool {
    RULES.iter().any(|rule| rule.metric == metric)
}

/// Checks that may fire together with `check` without being reported: the same fault causes them.
pub fn implied(check: &str) -> &'static [&'static str] {
    rule(check).map_or(&[], |rule| rule.implies)
}

/// The promises that a stack needs for a check to apply, by their names in [`Capabilities`].
pub fn promises_of(check: &str) -> Vec<&'static str> {
    let Some(check) = rule(check) else { return Vec::new() };
    let (all, none) = (Capabilities::ALL, Capabilities::NONE);
    let each: [(&str, Capabilities, Capabilities); 8] = [
        (
            "acknowledges",
            Capabilities { acknowledges: false, ..all },
            Capabilities { acknowledges: true, ..none },
        ),
        ("stamps", Capabilities { stamps: false, ..all }, Capabilities { stamps: true, ..none }),
        ("sessions", Capabilities { sessions: false, ..all }, Capabilities { sessions: true, ..none }),
        ("once", Capabilities { once: false, ..all }, Capabilities { once: true, ..none }),
        ("prompt", Capabilities { prompt: false, ..all }, Capabilities { prompt: true, ..none }),
        ("merge", Capabilities { merge: none.merge, ..all }, Capabilities { merge: all.merge, ..none }),
        ("logs", Capabilities { logs: false, ..all }, Capabilities { logs: true, ..none }),
        ("status", Capabilities { status: false, ..all }, Capabilities { status: true, ..none }),
    ];
    let decides = |(_, without, alone): &&(&str, Capabilities, Capabilities)| {
        !check.applies(*without) || check.applies(*alone) && !check.applies(none)
    };
    each.iter().filter(decides).map(|(name, ..)| *name).collect()
}

impl Hearing {
    /// The names of the checks that use these events.
    pub fn checks(&self) -> impl Iterator<Item = &'static str> {
        let topic = self.topic;
        RULES.iter().filter(move |rule| rule.hears.contains(&topic)).map(|rule| rule.name)
    }
}

/// The checks that need only the backend's commits and a view of phones at rest.
pub fn needs_no_event() -> impl Iterator<Item = &'static str> {
    let of_engine = |rule: &&Check| rule.matter != Matter::Destination && rule.hears.is_empty();
    RULES.iter().filter(of_engine).map(|rule| rule.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_is_named_after_its_check_and_what_is_implied_is_another() {
        for rule in RULES {
            let noun = rule.metric.split('.').nth(1).unwrap();
            assert_eq!(noun.replace('_', "-"), rule.name);
            let implied = rule.implies;
            assert!(implied.iter().all(|i| check_names().any(|n| n == *i) && *i != rule.name));
        }
    }

    #[test]
    fn each_check_has_a_name_a_metric_and_a_sentence_of_its_own() {
        for told in [|rule: Check| rule.name, |rule: Check| rule.metric, |rule: Check| rule.finds] {
            let mut all: Vec<&str> = RULES.iter().map(|rule| told(rule)).collect();
            all.sort_unstable();
            all.dedup();
            assert_eq!((all.len(), all.contains(&"")), (RULES.len(), false));
        }
    }
}
