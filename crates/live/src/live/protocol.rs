//! Stacks for real apps: the server half of a published protocol, with devices that are not
//! simulated.

use std::rc::Rc;

use crate::contract::{
    Choice, Chosen, Database, DeviceSetup, EngineError, EngineFactory, Incarnation, Opened, OptionForm,
    Ports, Provision, Stack,
};
use crate::servers;

/// A protocol between real apps and the scenario's backend.
#[derive(Clone, Debug)]
pub struct Protocol {
    half: servers::Half,
    /// The chosen options of the server half.
    pub chosen: Chosen,
}

/// The names of the protocols with requests and responses, or with streams of responses.
pub fn protocols() -> Vec<&'static str> {
    let frames = ["tinybase", "yjs"];
    servers::servers().iter().map(|half| half.name).filter(|name| !frames.contains(name)).collect()
}

struct Apart;

impl EngineFactory for Apart {
    fn open(&self, _: Rc<DeviceSetup>, _: Incarnation, _: Database, _: Ports) -> Opened {
        Err(EngineError("its app is a real one".to_owned()))
    }
    fn provision(&self, _: &DeviceSetup, _: Database, _: Option<&dyn Provision>) -> Result<(), EngineError> {
        Ok(())
    }
}

impl Protocol {
    /// Finds the protocol with this name. If the scenario's stack uses it, its options are taken
    /// over.
    pub fn of(name: &str, scenario: &Chosen) -> Option<Protocol> {
        let half = servers::find(name).filter(|half| protocols().contains(&half.name))?;
        let mut chosen = Chosen::presets(&half.options);
        let is_its = scenario.text("server") == half.name;
        for option in half.options.iter().filter(|_| is_its) {
            let choice = scenario.get(&option.name);
            choice.into_iter().for_each(|choice| chosen.set(&option.name, choice.clone()));
        }
        Some(Protocol { half, chosen })
    }
    /// The name of the server half.
    pub fn name(&self) -> &'static str {
        self.half.name
    }
    /// Sets an option from a text.
    ///
    /// # Errors
    /// A text that says what is wrong and what is allowed.
    pub fn set(&mut self, name: &str, word: &str) -> Result<(), String> {
        let known = self.half.options.iter().find(|option| option.name == name);
        let Some(option) = known else {
            let names: Vec<&str> = self.half.options.iter().map(|option| option.name.as_str()).collect();
            return Err(format!("`{}` has no option `{name}`; it has {}", self.name(), names.join(", ")));
        };
        let takes = || format!("`{name}` takes {}", option.form);
        let choice = match &option.form {
            OptionForm::Flag => word.parse().map(Choice::Flag).map_err(|_| takes())?,
            OptionForm::Int { min, max } => {
                let number = word.parse().ok().filter(|n| (*min..=*max).contains(n));
                Choice::Int(number.ok_or_else(takes)?)
            }
            OptionForm::Word(words) if words.iter().any(|one| one == word) => Choice::Text(word.to_owned()),
            _ => return Err(takes()),
        };
        self.chosen.set(name, choice);
        Ok(())
    }
    /// The chosen options as texts.
    pub fn options(&self) -> Vec<(String, String)> {
        let said = |name: &str| match self.chosen.get(name) {
            Some(Choice::Text(text)) => text.clone(),
            other => other.map_or_else(String::new, Choice::to_string),
        };
        self.half.options.iter().map(|option| (option.name.clone(), said(&option.name))).collect()
    }
    /// A stack with this protocol's server and name.
    pub fn stack(&self) -> Stack {
        let mut stack = Stack::new(self.half.name, |_| Rc::new(Apart)).server(self.half.make);
        stack.options.clone_from(&self.half.options);
        stack.promises(self.half.at_most)
    }
}
