//! Setting single keys of a scenario: `--set`, axes and variants.

use std::sync::Arc;

use super::check::{join, unknown_key};
use super::diagnostic::{Diagnostic, Place, Source, choices};
use super::form::Form;
use super::grammar::ROOT;
use super::tree::{Entry, Node, Origin, Table, Val, Via, parse_path, parse_value};

/// The option of an axis.
pub(super) const AXIS: &str = "--axis";

/// Whether what is called so gives a key several values: an axis, or one of the options of `tune`
/// that are axes.
pub(super) fn is_axis(source: &str) -> bool {
    [AXIS, "--knob", "--class", "--link", "--fleet"].contains(&source)
}

/// One key to be set.
#[derive(Clone, Debug)]
pub(super) struct Setting {
    path: Vec<String>,
    /// Where the path is written.
    key: Origin,
    value: Node,
}

impl Setting {
    /// Reads `key=value` as the command line takes it; a value that is no TOML is a text.
    ///
    /// # Errors
    /// There is no `=`, or the key is none.
    pub(super) fn parse(text: &str, option: &str) -> Result<Setting, Diagnostic> {
        let source = Source::new(option, text);
        let wrong = |title: &str| {
            Diagnostic::new(Some(source.whole()), title).help("write it as engine.pull.chunk_rows=500")
        };
        let equals = unquoted_equals(text).ok_or_else(|| wrong("this sets nothing"))?;
        let path = parse_path(text[..equals].trim()).ok_or_else(|| wrong("this is no dotted key"))?;
        let key = at(&source, 0, equals);
        let value = parse_value(&source, equals + 1, Via::Set).unwrap_or_else(|_| {
            Node::new(Val::Text(text[equals + 1..].trim().to_owned()), at(&source, equals + 1, text.len()))
        });
        Ok(Setting { path, key, value })
    }

    /// One line of a variant's `set`.
    pub(super) fn of_variant(variant: &str, key: &str, entry: &Entry) -> Result<Setting, Diagnostic> {
        let path = parse_path(key)
            .ok_or_else(|| Diagnostic::new(entry.key.place.clone(), format!("`{key}` is no dotted key")))?;
        let via = Via::Variant(variant.to_owned());
        let mut value = entry.node.clone();
        value.came_by(&via);
        Ok(Setting { path, key: Origin { place: entry.key.place.clone(), via }, value })
    }

    /// An axis that turns what a variant sets, whose expectations are for what it sets; or what is
    /// below that, or above.
    pub(super) fn turns(&self, of_variant: &Setting) -> Option<Diagnostic> {
        let Via::Variant(name) = &of_variant.key.via else { return None };
        let place = self.key.place.as_ref()?;
        let turns = is_axis(&place.source.name) && self.meets(of_variant);
        turns.then(|| {
            let title = format!("variant `{name}` sets `{}`, and expects what comes of that", of_variant.path.join("."));
            Diagnostic::new(Some(place.clone()), title)
                .help("`--variant` takes another, if there is one without it; else take a copy of the file without these variants")
        })
    }

    /// What is said of a `--set`, or of an axis, that takes the place of what a variant sets: it is
    /// still called after that.
    pub(super) fn covers(&self, of_variant: &Setting) -> Option<Diagnostic> {
        let Via::Variant(name) = &of_variant.key.via else { return None };
        let option = &self.key.place.as_ref()?.source.name;
        let is_in = |node: &Node, below: &[String]| {
            is_within(node, &below.iter().map(String::as_str).collect::<Vec<_>>())
        };
        let shared = self.path.len().min(of_variant.path.len());
        let covers = (option == "--set" || is_axis(option))
            && self.meets(of_variant)
            && is_in(&of_variant.value, &self.path[shared..])
            && is_in(&self.value, &of_variant.path[shared..]);
        covers.then(|| {
            let key = self.path.join(".");
            let title = format!(
                "{option} {key} takes the place of what variant `{name}` sets: its name and what it expects are of that"
            );
            Diagnostic::new(None, title).warning()
        })
    }

    /// Whether both are of the same key, or one of what is below the other's.
    fn meets(&self, other: &Setting) -> bool {
        let shared = self.path.len().min(other.path.len());
        self.path[..shared] == other.path[..shared]
    }

    /// Whether it gives a value to this dotted key, or to one below it.
    pub(super) fn gives(&self, path: &str) -> bool {
        let names: Vec<&str> = path.split('.').collect();
        let shared = names.len().min(self.path.len());
        self.path[..shared] == names[..shared] && is_within(&self.value, &names[shared..])
    }

    /// Sets the key in `tree`.
    ///
    /// # Errors
    /// The key does not exist; the tree is then as it was.
    pub(super) fn apply(&self, tree: &mut Node) -> Result<(), Diagnostic> {
        let mut changed = tree.clone();
        self.descend(&ROOT, &mut changed, "", &self.path)?;
        *tree = changed;
        Ok(())
    }

    fn descend(&self, form: &Form, node: &mut Node, path: &str, rest: &[String]) -> Result<(), Diagnostic> {
        let [name, rest @ ..] = rest else {
            return merge(form, node, self.value.clone(), path);
        };
        let below = under(form, name, path, &self.key)?;
        let table = make_table(node, &self.key);
        drop_other_kinds(form, table, name);
        if let Form::Named { library, .. } = form {
            let whole = rest.is_empty() && self.value.table().is_some();
            if !whole && !table.contains_key(name) && !library().contains(&name.as_str()) {
                return Err(no_such_name(name, path, table, &self.key));
            }
        }
        let entry = table.entry(name.clone()).or_insert_with(|| {
            let empty = Node::new(Val::Table(Table::new()), self.key.clone());
            Entry { key: self.key.clone(), node: empty }
        });
        self.descend(below, &mut entry.node, &join(path, name), rest)
    }
}

/// Whether what is set to `node` is set to what is `below` it, too.
fn is_within(node: &Node, below: &[&str]) -> bool {
    node.table().is_none() || node.get(below).is_some()
}

/// Puts `value` in the place of `node`; tables of known keys are merged key by key.
fn merge(form: &Form, node: &mut Node, value: Node, path: &str) -> Result<(), Diagnostic> {
    let form = match form {
        Form::Either { table, .. } if node.table().is_some() => table,
        other => other,
    };
    let mergeable = matches!(form, Form::Table { .. } | Form::Named { .. });
    let new = match value.value {
        Val::Table(new) if mergeable && node.table().is_some() => new,
        _ => {
            *node = value;
            return Ok(());
        }
    };
    // Two kinds that are set at once stay, and are refused later.
    if let Some(name) = new.keys().find(|name| is_kind(form, name))
        && let Some(table) = node.table_mut()
    {
        drop_other_kinds(form, table, name);
    }
    for (name, entry) in new {
        let below = under(form, &name, path, &entry.key)?;
        let table = make_table(node, &entry.key);
        if matches!(form, Form::Named { .. }) && !table.contains_key(&name) {
            return Err(no_such_name(&name, path, table, &entry.key));
        }
        match table.get_mut(&name) {
            Some(old) => merge(below, &mut old.node, entry.node, &join(path, &name))?,
            None => {
                table.insert(name, entry);
            }
        }
    }
    Ok(())
}

fn under<'f>(form: &'f Form, name: &str, path: &str, at: &Origin) -> Result<&'f Form, Diagnostic> {
    form.under(name).ok_or_else(|| match form {
        Form::Table { keys, kinds } => {
            let known: Vec<&str> = keys.iter().chain(*kinds).map(|k| k.name).collect();
            unknown_key(name, path, &known, at)
        }
        _ => Diagnostic::new(at.place.clone(), format!("`{path}` has no keys, so no `{name}` either")),
    })
}

fn no_such_name(name: &str, path: &str, table: &Table, at: &Origin) -> Diagnostic {
    let known: Vec<&str> = table.keys().map(String::as_str).collect();
    let whole = join(path, name);
    Diagnostic::new(at.place.clone(), format!("there is no `{whole}` to set"))
        .help(format!("{}; a table makes one: {whole}={{ … }}", choices(name, &known)))
}

fn make_table<'n>(node: &'n mut Node, key: &Origin) -> &'n mut Table {
    if node.table().is_none() {
        *node = Node::new(Val::Table(Table::new()), key.clone());
    }
    match node.table_mut() {
        Some(table) => table,
        None => unreachable!("it was made a table"),
    }
}

fn is_kind(form: &Form, name: &str) -> bool {
    matches!(form, Form::Table { kinds, .. } if kinds.iter().any(|k| k.name == name))
}

fn drop_other_kinds(form: &Form, table: &mut Table, name: &str) {
    if is_kind(form, name) {
        table.retain(|other, _| other == name || !is_kind(form, other));
    }
}

fn at(source: &Arc<Source>, from: usize, until: usize) -> Origin {
    Origin { place: Some(Place { source: Arc::clone(source), span: from..until }), via: Via::Set }
}

fn unquoted_equals(text: &str) -> Option<usize> {
    let mut quote = None;
    for (i, c) in text.char_indices() {
        match (quote, c) {
            (None, '=') => return Some(i),
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), _) if open == c => quote = None,
            _ => {}
        }
    }
    None
}
