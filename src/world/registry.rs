//! Which engines there are.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use crate::bugs;
use crate::contract::EngineFactory;
use crate::engine::{BuiltinFactory, Rules};
use crate::scenario::Plan;

/// Makes a factory for a plan; called on the thread that runs the cell.
pub type MakeFactory = Arc<dyn Fn(&Plan) -> Rc<dyn EngineFactory> + Send + Sync>;

/// The engines that scenarios can name.
#[derive(Clone)]
pub struct EngineRegistry(BTreeMap<String, MakeFactory>);

impl EngineRegistry {
    /// The built-in engine, and the built-in engine with each planted bug.
    pub fn builtin() -> EngineRegistry {
        let mut registry = EngineRegistry(BTreeMap::new());
        registry.insert("builtin", Arc::new(|plan: &Plan| builtin(plan, |rules| rules)));
        for bug in bugs::ALL {
            let name = format!("broken:{}", bug.id);
            registry.insert(&name, Arc::new(|plan: &Plan| builtin(plan, bug.breaks)));
        }
        registry
    }

    /// With an engine of one's own besides.
    #[must_use]
    pub fn with(mut self, name: &str, make: MakeFactory) -> EngineRegistry {
        self.insert(name, make);
        self
    }

    /// All names, in order.
    pub fn names(&self) -> Vec<String> {
        self.0.keys().cloned().collect()
    }

    pub(super) fn factory(&self, plan: &Plan) -> Option<Rc<dyn EngineFactory>> {
        self.0.get(&plan.engine_name).map(|make| make(plan))
    }

    fn insert(&mut self, name: &str, make: MakeFactory) {
        self.0.insert(name.to_owned(), make);
    }
}

fn builtin(plan: &Plan, breaks: fn(Rules) -> Rules) -> Rc<dyn EngineFactory> {
    let factory = BuiltinFactory::new(plan.engine.clone(), plan.store.clone());
    Rc::new(BuiltinFactory { rules: breaks(factory.rules.clone()), ..factory })
}
