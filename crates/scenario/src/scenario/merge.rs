//! Sets single keys of a scenario, for `--set`, axes and variants.

use std::sync::Arc;

use super::check::{join, unknown_key};
use super::grammar::ROOT;
use super::written::{is_axis, is_wildcard};
use crate::config::diagnostic::{Diagnostic, Place, Source, choices};
use crate::config::form::Form;
use crate::config::tree::{Entry, Node, Origin, Table, Val, Via, parse_path, parse_value};
use crate::config::view::View;

#[derive(Clone, Debug)]
pub(super) struct Setting {
    pub(super) path: Vec<String>,
    key: Origin,
    /// The new value; `None` removes the key.
    value: Option<Node>,
}

impl Setting {
    /// Parses `key=value` from the command line. A value that is not TOML is a text.
    pub(super) fn parse(text: &str, option: &str) -> Result<Setting, Diagnostic> {
        let source = Source::new(option, text);
        let help = "write KEY=VALUE, such as engine.pull.chunk_rows=500";
        let nothing = || Diagnostic::new(Some(source.whole()), "this does not set anything").help(help);
        let equals = unquoted_equals(text).ok_or_else(nothing)?;
        let path = wildcard_path(text[..equals].trim(), Some(source.whole()))?;
        let key = at(&source, 0, equals);
        let written = text[equals + 1..].trim_start();
        let begins = text.len() - written.len();
        let value = parse_value(&source, begins, Via::Set).unwrap_or_else(|_| {
            Node::new(Val::Text(written.trim_end().to_owned()), at(&source, begins, text.len()))
        });
        Ok(Setting { path, key, value: Some(value) })
    }

    /// The settings of a variant: first the keys that it removes, then the keys that it sets.
    /// Unknown keys are mistakes.
    pub(super) fn all_of_variant(variant: &str, written: &Node) -> Vec<Result<Setting, Diagnostic>> {
        let via = || Via::Variant(variant.to_owned());
        let of = |key: &str, place: &Option<Place>| {
            let path = wildcard_path(key, place.clone())?;
            Ok(Setting { path, key: Origin { place: place.clone(), via: via() }, value: None })
        };
        let mut all = Vec::new();
        let unset = written.get(&["unset"]).map(|node| match &node.value {
            Val::List(items) => items.as_slice(),
            _ => std::slice::from_ref(node),
        });
        for item in unset.unwrap_or_default() {
            all.extend(item.as_text().map(|key| of(key, &item.origin.place)));
        }
        let set = written.get(&["set"]).map(|table| Setting::all_of_table(variant, table));
        all.extend(set.into_iter().flatten());
        all
    }

    /// The settings of a table of dotted keys. `name` is the owner of the table, such as a variant.
    pub(super) fn all_of_table(name: &str, table: &Node) -> Vec<Result<Setting, Diagnostic>> {
        let via = Via::Variant(name.to_owned());
        let entries = table.table().into_iter().flatten();
        let settings = entries.map(|(key, entry)| {
            let place = &entry.key.place;
            let path = wildcard_path(key, place.clone())?;
            let mut value = entry.node.clone();
            value.came_by(&via);
            Ok(Setting { path, key: Origin { place: place.clone(), via: via.clone() }, value: Some(value) })
        });
        settings.collect()
    }

    /// The dotted key, and the new value as TOML. `None` if the setting removes the key.
    pub(super) fn written(&self) -> Option<(Vec<String>, String)> {
        Some((self.path.clone(), self.value.as_ref()?.to_toml().to_string()))
    }

    /// Reports an axis if it changes a key that a variant sets, or a key below or above that key.
    pub(super) fn turns(&self, of_variant: &Setting) -> Option<Diagnostic> {
        let Via::Variant(name) = &of_variant.key.via else { return None };
        let place = self.key.place.as_ref()?;
        let turns = is_axis(&place.source.name) && self.meets(of_variant);
        turns.then(|| {
            let title = format!("variant `{name}` sets `{}`, and the expectations of the variant depend on this value", of_variant.path.join("."));
            Diagnostic::new(Some(place.clone()), title)
                .help("select with `--variant` a variant that does not set the key, or remove the variants that set it from a copy of the file")
        })
    }

    /// The note that an option overrides a setting of the variant that gives the cell its name.
    pub(super) fn covers(&self, of_variant: &Setting) -> Option<Diagnostic> {
        let Via::Variant(name) = &of_variant.key.via else { return None };
        let option = &self.key.place.as_ref()?.source.name;
        let shared = self.path.len().min(of_variant.path.len());
        let (own, its) = self.value.as_ref().zip(of_variant.value.as_ref())?;
        let covers = (option == "--set" || is_axis(option))
            && self.meets(of_variant)
            && is_within(its, &self.path[shared..])
            && is_within(own, &of_variant.path[shared..]);
        covers.then(|| {
            let key = self.path.join(".");
            let title = format!(
                "{option} {key} replaces a value that variant `{name}` sets; the name and the expectations of the variant belong to the replaced value"
            );
            Diagnostic::new(None, title).warning()
        })
    }

    /// True if applying the other setting later does not change any value that this setting sets.
    pub(super) fn is_independent_of(&self, other: &Setting, tree: &Node) -> bool {
        let mut both = tree.clone();
        let mut set = |setting: &Setting| setting.apply(&mut both).map(|()| both.to_toml());
        let stands = set(self).and_then(|_| Ok(set(other)? == set(self)?));
        self.path != other.path && stands.unwrap_or(true)
    }

    /// One setting for each name in the tree that its wildcards match.
    pub(super) fn single(&self, tree: &Node) -> Vec<Setting> {
        let Some(star) = self.path.iter().position(|name| is_wildcard(name)) else {
            return vec![self.clone()];
        };
        let entries = tree.get(&self.path[..star]).and_then(Node::table).into_iter().flatten();
        let meant = entries.filter(|(_, entry)| stands_for(&self.path[star], &entry.node));
        let one = |(name, _): (&String, &Entry)| {
            let mut path = self.path.clone();
            path[star] = name.clone();
            Setting { path, ..self.clone() }.single(tree)
        };
        meant.flat_map(one).collect()
    }
    pub(super) fn meets(&self, other: &Setting) -> bool {
        self.path.iter().zip(&other.path).all(|(a, b)| a == b || is_wildcard(a) || is_wildcard(b))
    }
    /// True if the setting is about this key, or about a table that contains this key.
    pub(super) fn is_at_or_above(&self, path: &[String]) -> bool {
        let is_one = |(own, name): (&String, &String)| own == name || is_wildcard(own);
        self.path.len() <= path.len() && self.path.iter().zip(path).all(is_one)
    }
    /// True if the setting gives a value to this dotted key, or to a key below it.
    pub(super) fn gives(&self, path: &str) -> bool {
        let names: Vec<&str> = path.split('.').collect();
        let shared = names.len().min(self.path.len());
        let meets = self.path.iter().zip(&names).all(|(own, name)| own == name || is_wildcard(own));
        meets && self.value.as_ref().is_some_and(|value| is_within(value, &names[shared..]))
    }

    /// True if the tree has this key and, if the setting has a value, the same value.
    pub(super) fn is_said_by(&self, tree: &Node) -> bool {
        let said = |node: &Node| match (&self.value, &node.value) {
            (Some(value), _) => node.to_toml() == value.to_toml(),
            (None, Val::List(items)) => !items.is_empty(),
            (None, Val::Table(table)) => !table.is_empty(),
            (None, _) => true,
        };
        let mut nodes = vec![tree];
        for name in &self.path {
            nodes = nodes.into_iter().flat_map(|node| below(node, name)).collect();
        }
        nodes.into_iter().any(said)
    }

    /// Parses a key of `needs`, with or without a value. `None` if scenarios have no such key.
    pub(super) fn of_need(text: &str) -> Option<Setting> {
        let need = if text.contains('=') {
            Setting::parse(text, "needs").ok()?
        } else {
            let path = wildcard_path(text, None).ok()?;
            Setting { path, key: Origin { place: None, via: Via::Set }, value: None }
        };
        need.path.iter().try_fold(&ROOT, |form, name| form.under(name))?;
        Some(need)
    }

    pub(super) fn apply(&self, tree: &mut Node) -> Result<(), Diagnostic> {
        let mut changed = tree.clone();
        self.descend(&ROOT, &mut changed, "", &self.path)?;
        *tree = changed;
        Ok(())
    }

    fn descend(&self, form: &Form, node: &mut Node, path: &str, rest: &[String]) -> Result<(), Diagnostic> {
        let [name, rest @ ..] = rest else {
            return self.value.clone().map_or(Ok(()), |value| merge(form, node, value, path));
        };
        if is_wildcard(name) {
            let there = node.table().into_iter().flatten();
            // A name that looks like a wildcard is refused later. Here it would cause an endless
            // recursion.
            let meant = there.filter(|(own, entry)| !is_wildcard(own) && stands_for(name, &entry.node));
            let names: Vec<String> = meant.map(|(own, _)| own.clone()).collect();
            if names.is_empty() && self.value.is_some() {
                let title = format!("there is no `{}` to set", join(path, name));
                return Err(Diagnostic::new(self.key.place.clone(), title));
            }
            let below = |own: String| [&[own], rest].concat();
            return names.into_iter().try_for_each(|own| self.descend(form, node, path, &below(own)));
        }
        let below = under(form, name, path, &self.key)?;
        if self.value.is_none() {
            let Some(table) = node.table_mut() else { return Ok(()) };
            if rest.is_empty() {
                table.remove(name);
                return Ok(());
            }
            let there = table.get_mut(name);
            return there.map_or(Ok(()), |e| self.descend(below, &mut e.node, &join(path, name), rest));
        }
        let table = make_table(node, &self.key);
        drop_other_kinds(form, table, name);
        if let Form::Named { library, .. } = form {
            let whole = rest.is_empty() && self.value.as_ref().is_some_and(|value| value.table().is_some());
            if !whole && !table.contains_key(name) && !library().contains(&name.as_str()) {
                return Err(no_such_name(name, path, table, &self.key));
            }
        }
        let empty = || Entry::new(Node::new(Val::Table(Table::new()), self.key.clone()));
        let entry = table.entry(name.clone()).or_insert_with(empty);
        self.descend(below, &mut entry.node, &join(path, name), rest)
    }
}

/// The form of a dotted key.
///
/// # Errors
/// An unknown key. The message lists the valid keys.
pub(super) fn known_key(key: &str, at: View<'_>) -> Result<&'static Form, Diagnostic> {
    let origin = Origin { place: at.place(), via: Via::File };
    let below = |(form, path): (&'static Form, String), name: &String| {
        Ok((under(form, name, &path, &origin)?, join(&path, name)))
    };
    wildcard_path(key, at.place())?.iter().try_fold((&ROOT, String::new()), below).map(|(form, _)| form)
}

/// Whether the wildcard `*` or `*:KEY` matches the table with this value.
fn stands_for(wide: &str, node: &Node) -> bool {
    let has = |key: &str| match node.get(&[key]).map(|node| &node.value) {
        Some(Val::List(items)) => !items.is_empty(),
        found => found.is_some(),
    };
    wide.split_once(':').is_none_or(|(_, key)| has(key))
}

fn below<'n>(node: &'n Node, name: &str) -> Vec<&'n Node> {
    let entries = node.table().into_iter().flatten();
    let meant = |(own, entry): &(&String, &Entry)| {
        if is_wildcard(name) { stands_for(name, &entry.node) } else { *own == name }
    };
    entries.filter(meant).map(|(_, entry)| &entry.node).collect()
}

/// Parses a dotted key that may contain the wildcards `*` and `*:KEY`.
fn wildcard_path(key: &str, place: Option<Place>) -> Result<Vec<String>, Diagnostic> {
    let bare = |part: &str| is_wildcard(part) && !key.contains(['"', '\'']);
    let quoted = |part: &str| if bare(part) { format!("\"{part}\"") } else { part.to_owned() };
    let path = parse_path(&key.split('.').map(quoted).collect::<Vec<_>>().join("."));
    let means_none = |name: &String| is_wildcard(name) && name != "*" && !name.starts_with("*:");
    let help = "write a key such as engine.pull.chunk_rows; `*` stands for every name, `*:KEY` for every name that has KEY";
    path.filter(|path| !path.iter().any(means_none))
        .ok_or_else(|| Diagnostic::new(place, format!("`{key}` is not a dotted key")).help(help))
}

/// True if setting `node` also sets the key at the path `below` it.
fn is_within(node: &Node, below: &[impl AsRef<str>]) -> bool {
    node.table().is_none() || node.get(below).is_some()
}

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
    // If a value has two keys that exclude each other, both stay. The check refuses them later.
    if let Some(name) = new.keys().find(|name| form.has_kind(name))
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
            None => drop(table.insert(name, entry)),
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
        _ => Diagnostic::new(
            at.place.clone(),
            format!("`{path}` is not a table: no key `{name}` can be set in it"),
        ),
    })
}

fn no_such_name(name: &str, path: &str, table: &Table, at: &Origin) -> Diagnostic {
    let known: Vec<&str> = table.keys().map(String::as_str).collect();
    let whole = join(path, name);
    Diagnostic::new(at.place.clone(), format!("there is no `{whole}` to set"))
        .help(choices(name, &known).and(format!("write {whole}={{ … }} to add it as a table")))
}

fn make_table<'n>(node: &'n mut Node, key: &Origin) -> &'n mut Table {
    if node.table().is_none() {
        *node = Node::new(Val::Table(Table::new()), key.clone());
    }
    node.table_mut().expect("it was turned into a table")
}

fn drop_other_kinds(form: &Form, table: &mut Table, name: &str) {
    if form.has_kind(name) {
        table.retain(|other, _| other == name || !form.has_kind(other));
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
