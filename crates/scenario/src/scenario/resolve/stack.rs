//! The stack that a scenario names, and its options.

use std::path::Path;

use super::super::idle::UnwrittenKeys;
use super::ResolveContext;
use crate::base::{Span, escape_path};
use crate::config::diagnostic::{Diagnostic, Place, Source, choices};
use crate::config::tree::{Node, Val};
use crate::config::view::View;
use crate::contract::{Choice, Chosen, OptionError, OptionForm, StackDescription, StackFile};
use crate::scenario::file;

/// The maximum size of a file that an option names, in bytes.
const STACK_FILE_MAX: u64 = 64 << 20;
const KEPT: [[&str; 2]; 3] = [["engine", "name"], ["engine", "options"], ["gateway", "backend_link"]];

impl ResolveContext<'_> {
    pub(super) fn stack(&self) -> Option<&StackDescription> {
        let name = self.root.at("engine.name").text();
        self.stacks.iter().find(|stack| stack.name == name)
    }

    /// The options of the stack. Refuses unknown options, and a stack without a server half.
    pub(super) fn chosen(&self) -> Chosen {
        let name = self.root.at("engine.name");
        let Some(stack) = self.stack() else {
            let names: Vec<&str> = self.stacks.iter().map(|stack| stack.name.as_str()).collect();
            self.mistakes.find(name, "engine", name.text(), &names);
            return Chosen::default();
        };
        if !stack.has_server {
            let title = format!("the stack `{}` has no server half", stack.name);
            self.mistakes.at(
                name,
                title,
                "give the stack a `SyncServer`: without it nothing responds to its phones",
            );
        }
        if !stack.is_builtin {
            self.not_of_the_builtin(stack);
        }
        let (mut chosen, mut is_sound) = (Chosen::presets(&stack.options), true);
        for (key, written) in self.root.at("engine.options").entries() {
            let at = self.root.at("engine.options").name(key);
            let Some(option) = stack.options.iter().find(|option| option.name == key) else {
                let title = format!("the stack `{}` has no option `{key}`", stack.name);
                let known: Vec<&str> = stack.options.iter().map(|option| option.name.as_str()).collect();
                let help = match (stack.is_builtin, known.is_empty()) {
                    (true, _) => "write the options of the built-in engine as keys of `engine`".into(),
                    (false, true) => "remove the key: this stack has no options".into(),
                    (false, false) => choices(key, &known),
                };
                self.mistakes.at(at, title, help);
                is_sound = false;
                continue;
            };
            let choice = match (&option.form, written.value()) {
                (OptionForm::File, Some(Val::Text(path))) => self.file(key, path, written),
                (form, _) => choice(written, form).or_else(|| {
                    let title = format!("`engine.options.{key}` has a wrong value");
                    self.mistakes.at(written, title, format!("write {form}"));
                    None
                }),
            };
            is_sound &= choice.is_some();
            choice.into_iter().for_each(|choice| chosen.set(&option.name, choice));
        }
        if is_sound {
            self.misfit(stack, &chosen);
        }
        chosen
    }

    /// Reports a mistake that the stack itself finds in its options.
    fn misfit(&self, stack: &StackDescription, chosen: &Chosen) {
        let Err(OptionError { option, title, help, at }) = (stack.fits)(chosen) else { return };
        if let Some((file, at)) = chosen.file(&option).zip(at) {
            let source = Source::new(&file.path, &String::from_utf8_lossy(&file.bytes));
            let start = offset(&source.text, at);
            let end = source.text[start..].chars().next().map_or(start, |c| start + c.len_utf8());
            let place = Place { source, span: start..end };
            return self.mistakes.add(Diagnostic::new(Some(place), title).help(help));
        }
        let written = self.root.at("engine.options").name(&option);
        let at = if written.place().is_some() { written } else { self.root.at("engine.name") };
        self.mistakes.at(at, title, help);
    }

    /// Reads a file that an option names. Reports errors.
    fn file(&self, key: &str, path: &str, written: View<'_>) -> Option<Choice> {
        let from = self.dir.map_or_else(|| Path::new(path).to_owned(), |dir| dir.join(path));
        match file::read_bytes(&from, file::Named::InFile, STACK_FILE_MAX) {
            Ok(bytes) => Some(Choice::File(Some(StackFile { path: path.to_owned(), bytes: bytes.into() }))),
            Err(error) => {
                let title = format!("cannot read the file of `engine.options.{key}`: {error}");
                let mut help = format!("correct the path {}", escape_path(&from));
                if from.with_file_name("package.json").exists() && key.contains("bundle") {
                    help += "; or write the file with `npm run build`, which fetches esbuild the first time (without a registry: `npm run build:types`)";
                }
                self.mistakes.at(written, title, help);
                None
            }
        }
    }

    /// Reports settings of the built-in stack, because the chosen stack would ignore them.
    fn not_of_the_builtin(&self, stack: &StackDescription) {
        for (path, view) in builtin_settings(self.root) {
            if view.place().is_none() {
                continue;
            }
            let title = format!("the stack `{}` does not have the key `{}`", stack.name, path.join("."));
            let help =
                "remove this key of the built-in stack; write settings of your stack in `engine.options`";
            self.mistakes.at(view, title, help);
        }
    }
}

/// Keys with defaults that only the built-in stack reads, if another stack is chosen. A file for
/// that stack must not contain them.
pub(crate) fn unheeded(tree: &Node, stacks: &[StackDescription]) -> UnwrittenKeys {
    let root = View::new(tree);
    let name = root.at("engine.name").text();
    if !stacks.iter().any(|stack| stack.name == name && !stack.is_builtin) {
        return UnwrittenKeys::new();
    }
    builtin_settings(root).into_iter().map(|(path, _)| path).collect()
}

/// The byte offset of a line and a column (both from 1) in a text. The end of the text if they are
/// beyond it.
fn offset(text: &str, (line, column): (usize, usize)) -> usize {
    let before = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum::<usize>();
    let rest = text.get(before..).unwrap_or_default();
    before + rest.char_indices().nth(column.saturating_sub(1)).map_or(rest.len(), |(at, _)| at)
}

fn builtin_settings(root: View<'_>) -> Vec<(Vec<String>, View<'_>)> {
    let mut found = Vec::new();
    let mut add = |path: &[&str], view| {
        found.push((path.iter().map(|&name| name.to_owned()).collect::<Vec<_>>(), view));
    };
    for table in ["engine", "store", "gateway"] {
        for (name, view) in root.at(table).entries() {
            if !KEPT.contains(&[table, name]) {
                add(&[table, name], view);
            }
        }
    }
    for (name, entity) in root.at("entity").entries() {
        for part in ["path", "attachment"] {
            let part_of = entity.at(part).present().filter(|view| view.entries().next().is_some());
            part_of.into_iter().for_each(|view| add(&["entity", name, part], view));
        }
    }
    for (name, event) in root.at("event").entries() {
        for what in ["restore_gateway", "gateway_replaced", "touch_flag"] {
            event.at(what).present().into_iter().for_each(|view| add(&["event", name, what], view));
        }
    }
    found
}

fn choice(view: View<'_>, form: &OptionForm) -> Option<Choice> {
    match (form, view.value()?) {
        (OptionForm::Flag, Val::Bool(flag)) => Some(Choice::Flag(*flag)),
        (OptionForm::Int { min, max }, Val::Int(n)) => (min..=max).contains(&n).then_some(Choice::Int(*n)),
        (OptionForm::Span { min, max }, Val::Text(text)) => {
            let span: Span = text.parse().ok()?;
            (*min..=*max).contains(&span).then_some(Choice::Span(span))
        }
        (OptionForm::Word(words), Val::Text(text)) => {
            words.contains(text).then(|| Choice::Text(text.to_owned()))
        }
        (OptionForm::Text, Val::Text(text)) => Some(Choice::Text(text.to_owned())),
        _ => None,
    }
}
