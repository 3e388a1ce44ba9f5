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
    pub fn engine(&self, options: engine::Options, store: store::Options) -> Rc<dyn EngineFactory> {
        let factory = BuiltinFactory::new(options, store);
        match self.breaks {
            Breaks::Rule(breaks) => {
                Rc::new(BuiltinFactory { rules: breaks(factory.rules.clone()), ..factory })
            }
            Breaks::App(app) => app(Rc::new(factory)),
        }
    }
}
