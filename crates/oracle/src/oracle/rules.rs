//! Looks up the properties of a check by its name.

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

/// The message for a run in which the check has nothing to check. `None` if a check always has
/// something to check, or if there is no such check.
pub fn subject_of(check: &str) -> Option<&'static str> {
    rule(check)?.matter.lack()
}

/// The finding of a check, in words for people; `None` if there is no such check.
pub fn finding_of(check: &str) -> Option<&'static str> {
    Some(rule(check)?.finds)
}

/// The names of all checks, as in scenario files.
pub fn check_names() -> impl Iterator<Item = &'static str> {
    RULES.iter().map(|rule| rule.name)
}

/// The metric that counts the violations of a check; `None` if there is no such check.
pub fn metric_of(check: &str) -> Option<&'static str> {
    Some(rule(check)?.metric)
}

/// True if the metric counts the violations of a check.
pub fn is_of_check(metric: &str) -> bool {
    RULES.iter().any(|rule| rule.metric == metric)
}

/// Checks that the fault behind a violation of `check` may violate, too. If a violation of `check`
/// is expected, their violations are also expected.
pub fn implied(check: &str) -> &'static [&'static str] {
    rule(check).map_or(&[], |rule| rule.implies)
}

/// The capabilities that a stack must promise for the check to apply: their names in
/// [`Capabilities`].
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

/// The checks that need no engine events. The backend's commits and a view of phones at rest
/// suffice.
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
