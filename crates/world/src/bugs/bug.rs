//! What a planted bug is.

use std::rc::Rc;

use crate::contract::EngineFactory;
use crate::engine::{self, BuiltinFactory, Rules};
use crate::store;

/// One planted bug.
#[derive(Clone, Copy)]
pub struct Bug {
    /// Its name; the engine is `broken:<id>`.
    pub id: &'static str,
    /// The check that must catch it.
    pub check: &'static str,
    /// What it does wrong.
    pub mechanism: &'static str,
    /// Where it was seen.
    pub seen_in: &'static str,
    /// What is broken.
    pub breaks: Breaks,
}

/// What a planted bug breaks.
#[derive(Clone, Copy)]
pub enum Breaks {
    /// A rule of the engine: puts the broken one in place of the plan's.
    Rule(fn(Rules) -> Rules),
    /// The app's own code, around a correct engine.
    App(fn(Rc<dyn EngineFactory>) -> Rc<dyn EngineFactory>),
}

impl Bug {
    /// Its engines, with these options.
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

/// Lists planted bugs: the name of each, the check that must catch it, where it was seen, what it
/// does wrong, and what it breaks. That is one method of a rule, several methods with a state that
/// begins empty, or the app.
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

/// A function that puts a broken rule in place of one of a plan's, or adds a flaw to them.
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
