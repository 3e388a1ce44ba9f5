//! The definition of a planted bug.

use std::rc::Rc;

use crate::contract::EngineFactory;
use crate::engine::{self, BuiltinFactory, Rules};
use crate::store;

/// One planted bug.
#[derive(Clone, Copy)]
pub struct Bug {
    /// The name of the bug; its engine is `broken:<id>`.
    pub id: &'static str,
    /// The check that must find it.
    pub check: &'static str,
    /// The mistake of the engine.
    pub mechanism: &'static str,
    /// The products in which it was seen.
    pub seen_in: &'static str,
    /// The part of the stack that the bug replaces.
    pub breaks: Breaks,
}

/// A public report of the same fault in a real product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultReport {
    /// The repository and the number of its issue, pull request or commit.
    pub name: &'static str,
    /// The address on GitHub; `None` if only the name of the repository is known.
    pub address: Option<String>,
}

/// The part that a planted bug replaces.
#[derive(Clone, Copy)]
pub enum Breaks {
    /// A rule of the engine: the function replaces the correct rule by a broken one.
    Rule(fn(Rules) -> Rules),
    /// The app's own code: the function wraps a correct engine.
    App(fn(Rc<dyn EngineFactory>) -> Rc<dyn EngineFactory>),
}

impl Bug {
    /// The value of the scenario key `engine.name` that selects this bug.
    pub fn engine_name(&self) -> String {
        format!("broken:{}", self.id)
    }

    /// The name with spaces, such as "pulls over edits".
    pub fn said(&self) -> String {
        self.id.replace('-', " ")
    }

    /// Public reports of this bug in products; empty if the bug is invented.
    pub fn reports(&self) -> Vec<FaultReport> {
        self.seen_in.split(", ").filter_map(report).collect()
    }

    /// A factory of engines with this bug and these options.
    pub fn engine(
        &self,
        options: engine::EngineOptions,
        store: store::StoreOptions,
    ) -> Rc<dyn EngineFactory> {
        let factory = BuiltinFactory::new(options, store);
        match self.breaks {
            Breaks::Rule(breaks) => {
                Rc::new(BuiltinFactory { rules: breaks(factory.rules.clone()), ..factory })
            }
            Breaks::App(app) => app(Rc::new(factory)),
        }
    }
}

/// Reads a report: `owner/name #12`, `owner/name PR 12` or `owner/name 0d2002dbc`. Ignores text
/// after a colon.
fn report(seen: &'static str) -> Option<FaultReport> {
    let name = seen.split(':').next()?;
    let words: Vec<&str> = name.split(' ').collect();
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_commit = |text: &str| text.len() >= 8 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let (repository, path) = match words[..] {
        [repository, number] if number.strip_prefix('#').is_some_and(is_number) => {
            (repository, format!("issues/{}", &number[1..]))
        }
        [repository, "PR", number] if is_number(number) => (repository, format!("pull/{number}")),
        [repository, commit] if is_commit(commit) => (repository, format!("commit/{commit}")),
        _ => return None,
    };
    let is_whole = repository.contains('/');
    Some(FaultReport { name, address: is_whole.then(|| format!("https://github.com/{repository}/{path}")) })
}

/// Defines a list of planted bugs. Each bug has a name, the check that must find it, and products
/// with the bug. Then follow the mistake and the replaced part. The replaced part is a flaw, one
/// method of a rule, several methods with a common state, or the app.
macro_rules! bugs {
    ($(
        $id:literal caught by $check:literal, seen in $seen:literal:
            $mechanism:literal { $($how:tt)+ }
    )+) => {
        pub(super) const BUGS: &[$crate::bugs::Bug] = &[$($crate::bugs::Bug {
            id: $id,
            check: $check,
            mechanism: $mechanism,
            seen_in: $seen,
            breaks: $crate::bugs::bug::breaks!($($how)+),
        },)+];
    };
}

macro_rules! breaks {
    (app $app:expr) => { $crate::bugs::Breaks::App($app) };
    ($($rule:tt)+) => { $crate::bugs::Breaks::Rule($crate::bugs::bug::rule!($($rule)+)) };
}

/// A function that replaces one of the engine's rules by a broken one, or adds a flaw to the rules.
macro_rules! rule {
    (flaw $flaw:ident) => {
        |mut rules: $crate::engine::Rules| {
            rules.flaws.push($crate::engine::Flaw::$flaw);
            rules
        }
    };
    ($field:ident: $rule:ident($state:ty) { $($methods:tt)+ }) => {
        |rules| {
            struct Broken($state);
            impl $rule for Broken {
                $($methods)+
            }
            $crate::engine::Rules { $field: std::rc::Rc::new(Broken(Default::default())), ..rules }
        }
    };
    ($field:ident: $rule:ident::$method:ident($($name:tt: $type:ty),*) -> $out:ty $body:block) => {
        $crate::bugs::bug::rule!($field: $rule(()) {
            fn $method(&self, $($name: $type),*) -> $out $body
        })
    };
    (apply |$tx:ident, $place:ident, $row:ident| $body:block) => {
        $crate::bugs::bug::rule!(apply: ApplyRule::apply(
            $tx: &$crate::store::Tx<'_>,
            $place: $crate::engine::Place,
            $row: $crate::protocol::WireRow<'_>
        ) -> Result<$crate::engine::Applied, $crate::store::StoreError> $body)
    };
    (mutation |$entry:ident, $attempt:ident| $body:block) => {
        $crate::bugs::bug::rule!(send: SendRule::mutation(
            $entry: &$crate::store::Entry,
            $attempt: u64
        ) -> $crate::contract::Mutation $body)
    };
    (next |$tx:ident, $entities:ident, $limit:ident| $body:block) => {
        $crate::bugs::bug::rule!(send: SendRule::next(
            $tx: &$crate::store::Tx<'_>,
            $entities: &[$crate::base::EntityId],
            $limit: usize
        ) -> Result<Vec<$crate::store::Entry>, $crate::store::StoreError> $body)
    };
    ($method:ident |$rule:ident, $conflict:ident| $body:block $($others:tt)*) => {
        |rules| {
            struct Broken(std::rc::Rc<dyn ResolveRule>);
            impl ResolveRule for Broken {
                fn $method(&self, $conflict: $crate::engine::Conflict<'_>) -> $crate::engine::Resolution {
                    let $rule = &self.0;
                    $body
                }
                $($others)*
            }
            $crate::engine::Rules { resolve: std::rc::Rc::new(Broken(rules.resolve)), ..rules }
        }
    };
    (($($one:tt)+) ($($other:tt)+)) => {
        |rules| {
            let one: fn($crate::engine::Rules) -> $crate::engine::Rules = $crate::bugs::bug::rule!($($one)+);
            let other: fn($crate::engine::Rules) -> $crate::engine::Rules = $crate::bugs::bug::rule!($($other)+);
            other(one(rules))
        }
    };
}

pub(super) use {breaks, bugs, rule};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_an_issue_a_pull_request_or_a_commit() {
        let address = |seen| report(seen).map(|report| report.address.unwrap_or_default());
        for (seen, expected) in [
            ("a/b #12", Some("https://github.com/a/b/issues/12")),
            ("a/b PR 12", Some("https://github.com/a/b/pull/12")),
            ("a/b 0d2002dbc: purges", Some("https://github.com/a/b/commit/0d2002dbc")),
            ("b #12", Some("")),
            ("a flag that two screens write", None),
            ("and people", None),
        ] {
            assert_eq!(address(seen).as_deref(), expected, "{seen}");
        }
    }

    #[test]
    fn each_bug_that_names_a_number_has_a_report() {
        for bug in crate::bugs::all() {
            let names_one = bug.seen_in.contains('#') || bug.seen_in.contains(" PR ");
            assert!(!names_one || !bug.reports().is_empty(), "{}: {}", bug.id, bug.seen_in);
        }
    }
}
