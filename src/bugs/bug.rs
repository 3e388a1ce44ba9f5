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
    /// A rule of the engine: puts the broken one among those of the plan.
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

/// A planted bug: its name and the check that must catch it, what it does wrong, where it was seen,
/// and what it breaks. That is one method of a rule, or several with a state that begins empty.
macro_rules! bug {
    ($id:literal caught by $check:literal, $mechanism:literal, $seen:literal, $($how:tt)+) => {
        Bug {
            id: $id,
            check: $check,
            mechanism: $mechanism,
            seen_in: $seen,
            breaks: $crate::bugs::bug::breaks!($($how)+),
        }
    };
}

/// What a bug breaks; see [`bug`].
macro_rules! breaks {
    ($field:ident: $rule:ident($state:ty) { $($methods:tt)+ }) => {
        $crate::bugs::Breaks::Rule(|rules| {
            struct Broken($state);
            impl $rule for Broken {
                $($methods)+
            }
            $crate::engine::Rules { $field: std::rc::Rc::new(Broken(Default::default())), ..rules }
        })
    };
    ($field:ident: $rule:ident::$method:ident($($name:tt: $type:ty),*) -> $out:ty $body:block) => {
        $crate::bugs::bug::breaks!($field: $rule(()) {
            fn $method(&self, $($name: $type),*) -> $out $body
        })
    };
    (apply |$tx:ident, $place:ident, $row:ident| $body:block) => {
        $crate::bugs::bug::breaks!(apply: ApplyRule::apply(
            $tx: &$crate::store::Tx<'_>,
            $place: $crate::engine::Place,
            $row: $crate::protocol::WireRow<'_>
        ) -> Result<$crate::engine::Applied, $crate::store::StoreError> $body)
    };
    (mutation |$entry:ident, $attempt:ident| $body:block) => {
        $crate::bugs::bug::breaks!(send: SendRule::mutation(
            $entry: &$crate::store::Entry,
            $attempt: u64
        ) -> $crate::contract::Mutation $body)
    };
    (next |$tx:ident, $entities:ident, $limit:ident| $body:block) => {
        $crate::bugs::bug::breaks!(send: SendRule::next(
            $tx: &$crate::store::Tx<'_>,
            $entities: &[$crate::base::EntityId],
            $limit: usize
        ) -> Result<Vec<$crate::store::Entry>, $crate::store::StoreError> $body)
    };
    (resolve |$rule:ident, $conflict:ident| $body:block) => {
        $crate::bugs::Breaks::Rule(|rules| {
            struct Broken(std::rc::Rc<dyn ResolveRule>);
            impl ResolveRule for Broken {
                fn resolve(&self, $conflict: $crate::engine::Conflict<'_>) -> $crate::engine::Resolution {
                    let $rule = &self.0;
                    $body
                }
            }
            $crate::engine::Rules { resolve: std::rc::Rc::new(Broken(rules.resolve)), ..rules }
        })
    };
    ($breaks:expr) => {
        $breaks
    };
}

pub(super) use {breaks, bug};
