//! The stack that a scenario asks for, and what it chooses of it.

use super::super::view::View;
use super::World;
use crate::base::Span;
use crate::contract::{Choice, Chosen, Described, OptionForm};
use crate::scenario::diagnostic::choices;
use crate::scenario::tree::Val;

const KEPT: [&str; 3] = ["engine.name", "engine.options", "gateway.backend_link"];

impl World<'_> {
    pub(super) fn stack(&self) -> Option<&Described> {
        let name = self.root.at("engine.name").text();
        self.stacks.iter().find(|stack| stack.name == name)
    }

    /// Its options. What it does not know is refused, and so is a stack that nothing answers.
    pub(super) fn chosen(&self) -> Chosen {
        let name = self.root.at("engine.name");
        let Some(stack) = self.stack() else {
            let names: Vec<&str> = self.stacks.iter().map(|stack| stack.name.as_str()).collect();
            self.wrong.find(name, "engine", name.text(), &names);
            return Chosen::default();
        };
        if !stack.has_server {
            let title = format!("the stack `{}` has no server half", stack.name);
            self.wrong.at(name, title, "nothing would answer its phones; give it a `SyncServer`");
        }
        if !stack.is_builtin {
            self.not_of_the_builtin(stack);
        }
        let mut chosen = Chosen::presets(stack.options);
        for (key, written) in self.root.at("engine.options").entries() {
            let at = self.root.at("engine.options").name(key);
            let Some(option) = stack.options.iter().find(|option| option.name == key) else {
                let title = format!("the stack `{}` has no option `{key}`", stack.name);
                let known: Vec<&str> = stack.options.iter().map(|option| option.name).collect();
                let help = match (stack.is_builtin, known.is_empty()) {
                    (true, _) => "the options of the built-in engine stand in `engine` itself".into(),
                    (false, true) => "it has none".into(),
                    (false, false) => choices(key, &known),
                };
                self.wrong.at(at, title, help);
                continue;
            };
            match choice(written, option.form) {
                Some(choice) => chosen.set(option.name, choice),
                None => {
                    let title = format!("`engine.options.{key}` is wrong");
                    self.wrong.at(written, title, format!("it takes {}", option.form));
                }
            }
        }
        chosen
    }

    /// Tells of what is written for the built-in stack and would be heeded by nobody.
    fn not_of_the_builtin(&self, stack: &Described) {
        let mut unknown: Vec<(String, View<'_>)> = Vec::new();
        for table in ["engine", "store", "gateway"] {
            let of = self.root.at(table).entries().map(|(name, view)| (format!("{table}.{name}"), view));
            unknown.extend(of.filter(|(path, _)| !KEPT.contains(&path.as_str())));
        }
        for (name, entity) in self.root.at("entity").entries() {
            let path = entity.at("path").present().filter(|path| path.entries().next().is_some());
            unknown.extend(path.map(|view| (format!("entity.{name}.path"), view)));
            unknown.extend(
                entity.at("attachment").present().map(|view| (format!("entity.{name}.attachment"), view)),
            );
        }
        for (name, event) in self.root.at("event").entries() {
            for what in ["restore_gateway", "gateway_replaced", "touch_flag"] {
                unknown.extend(event.at(what).present().map(|view| (format!("event.{name}.{what}"), view)));
            }
        }
        for (path, view) in unknown.into_iter().filter(|(_, view)| view.place().is_some()) {
            let title = format!("the stack `{}` does not know `{path}`", stack.name);
            let help = "that is of the built-in stack; what this one can be told stands in `engine.options`";
            self.wrong.at(view, title, help);
        }
    }
}

fn choice(view: View<'_>, form: OptionForm) -> Option<Choice> {
    match (form, view.value()?) {
        (OptionForm::Flag, Val::Bool(flag)) => Some(Choice::Flag(*flag)),
        (OptionForm::Int { min, max }, Val::Int(n)) => (min..=max).contains(n).then_some(Choice::Int(*n)),
        (OptionForm::Span { min, max }, Val::Text(text)) => {
            let span: Span = text.parse().ok()?;
            (min..=max).contains(&span).then_some(Choice::Span(span))
        }
        (OptionForm::Word(words), Val::Text(text)) => {
            words.iter().find(|word| *word == text).map(|word| Choice::Word(word))
        }
        _ => None,
    }
}
