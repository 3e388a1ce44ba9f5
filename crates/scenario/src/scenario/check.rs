//! Checks a tree against its grammar: reports mistakes, adds defaults, makes values canonical.

use super::former::former;
use super::written::{NAME_WANT, is_name, is_wildcard};
use crate::base::Bytes;
use crate::config::diagnostic::{Diagnostic, Help, choices, closest, excerpt};
use crate::config::form::{Form, Key, Preset, Written, share_of};
use crate::config::tree::{Entry, Node, Origin, Table, Val, Via, parse_own};

pub(super) fn check(form: &Form, node: &mut Node, path: &str, out: &mut Vec<Diagnostic>) {
    match form {
        Form::Table { keys, kinds } => table(keys, kinds, node, path, out),
        Form::Named { of, .. } => {
            names(node, path, out);
            each(node, path, form, out, |name, node, out| check(of, node, &join(path, name), out));
        }
        Form::Map { keys, rest, dotted } => {
            if let (true, Some(table)) = (*dotted, node.table_mut()) {
                flatten(table);
            }
            each(node, path, form, out, |name, node, out| {
                let form = keys.iter().find(|k| k.name == name).map_or(*rest, |k| &k.form);
                check(form, node, &join(path, name), out);
            });
        }
        Form::List(item) => list(item, node, path, out),
        Form::Values { .. } if matches!(node.value, Val::List(_)) => values(form, node, path, out),
        Form::Shares(names) => shares(form, names, node, path, out),
        Form::Either { plain, table } => {
            let form = if node.table().is_some() { table } else { plain };
            check(form, node, path, out);
        }
        Form::Bound if node.table().is_some() => {
            each(node, path, form, out, |name, node, out| match name {
                "min" | "max" => check(&Form::Figure, node, &join(path, name), out),
                _ => {
                    node.wrong = true;
                    out.push(unknown_key(name, path, &["min", "max"], &node.origin));
                }
            });
        }
        _ => scalar(form, node, path, out),
    }
}

fn names(node: &Node, path: &str, out: &mut Vec<Diagnostic>) {
    let strange = |(name, _): &(&String, &Entry)| !is_name(name) || is_wildcard(name);
    for (_, entry) in node.table().into_iter().flatten().filter(strange) {
        let title = format!("this is not a valid name in `{path}`");
        out.push(Diagnostic::new(entry.key.place.clone(), title).help(NAME_WANT));
    }
}

pub(super) fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

pub(super) fn unknown_key(name: &str, path: &str, known: &[&str], at: &Origin) -> Diagnostic {
    let inside = if path.is_empty() { String::new() } else { format!(" in `{path}`") };
    let help = former(&join(path, name), known).unwrap_or_else(|| choices(name, known));
    Diagnostic::new(at.place.clone(), format!("unknown key `{name}`{inside}")).help(help)
}

fn wrong_form(form: &Form, node: &mut Node, path: &str, out: &mut Vec<Diagnostic>) {
    node.wrong = true;
    let title = format!("`{path}` has a wrong value");
    let mut takes = format!("write {}", form.want());
    let mut hint = None;
    match (form, &node.value, node.as_text().map(str::trim)) {
        (Form::Decimal { max }, Val::Float(x), _) if (0.0..=*max).contains(x) => {
            takes
                .push_str("; the smallest value above 0 is 0.001, because numbers are stored in thousandths");
        }
        (Form::Rate, _, Some(text)) => {
            hint = rate_meant(text).map(|meant| format!("did you mean \"{meant}\"?"));
        }
        (Form::Size { .. }, _, Some(text)) => {
            hint = size_meant(text).map(|meant| format!("did you mean \"{meant}\"?"));
        }
        (Form::Written(written), _, Some(text)) => {
            let known = (written.known)();
            let known = if known.is_empty() { Help::default() } else { choices(text, &known) };
            hint = written.why(text).or(known.hint);
            takes.extend(known.list.map(|list| format!("; {list}")));
        }
        _ => {}
    }
    out.push(Diagnostic::new(node.origin.place.clone(), title).help(Help::of(hint, takes)));
}

/// Reads `1Mbps`, `1 mb/s` and similar as `1Mbit/s`.
fn rate_meant(text: &str) -> Option<String> {
    let small = text.to_ascii_lowercase().replace(' ', "");
    let stem = ["bit/s", "bits/s", "bps", "b/s", "bit"].iter().find_map(|end| small.strip_suffix(end))?;
    let meant = format!("{}bit/s", stem.replace('m', "M").replace('g', "G"));
    Form::Rate.canonical(&Val::Text(meant.clone())).map(|_| meant)
}

/// Reads `10kb`, `10 K` and similar as `10kB`, and `10kib` as `10KiB`. `None` if the unit is
/// correct.
pub(super) fn size_meant(text: &str) -> Option<String> {
    let (number, unit) = text.trim().split_at(text.trim().find(|c: char| c.is_ascii_alphabetic())?);
    let meant = match unit.to_ascii_lowercase().as_str() {
        "b" => "B",
        "k" | "kb" => "kB",
        "m" | "mb" => "MB",
        "g" | "gb" => "GB",
        "ki" | "kib" => "KiB",
        "mi" | "mib" => "MiB",
        "gi" | "gib" => "GiB",
        _ => return None,
    };
    let meant = format!("{}{meant}", number.trim());
    (text.parse::<Bytes>().is_err() && meant.parse::<Bytes>().is_ok()).then_some(meant)
}

fn scalar(form: &Form, node: &mut Node, path: &str, out: &mut Vec<Diagnostic>) {
    if let Some(value) = form.canonical(&node.value) {
        node.value = value;
        return;
    }
    // On a command line, users write a word that looks like a number without quotes.
    if let (Form::Word(words), Via::Set, Some(place)) = (form, &node.origin.via, &node.origin.place)
        && let Some(word) = place.source.text.get(place.span.clone()).map(str::trim)
        && words.contains(&word)
    {
        node.value = Val::Text(word.to_owned());
        return;
    }
    if let (Form::Word(words), Some(word)) = (form, node.as_text()) {
        let title = format!("`{path}` cannot be \"{}\"", excerpt(word));
        out.push(Diagnostic::new(node.origin.place.clone(), title).help(choices(word, words)));
        node.wrong = true;
        return;
    }
    wrong_form(form, node, path, out);
}

fn each(
    node: &mut Node,
    path: &str,
    form: &Form,
    out: &mut Vec<Diagnostic>,
    mut f: impl FnMut(&str, &mut Node, &mut Vec<Diagnostic>),
) {
    match &mut node.value {
        Val::Table(table) => table.iter_mut().for_each(|(name, entry)| f(name, &mut entry.node, out)),
        _ => wrong_form(form, node, path, out),
    }
}

fn table(keys: &[Key], kinds: &[Key], node: &mut Node, path: &str, out: &mut Vec<Diagnostic>) {
    let at = node.origin.clone();
    let Some(table) = node.table_mut() else {
        node.wrong = true;
        let title = format!("`{path}` has a wrong value");
        let help = table_wanted(keys, kinds, node.as_text());
        return out.push(Diagnostic::new(node.origin.place.clone(), title).help(help));
    };
    let known: Vec<&str> = keys.iter().chain(kinds).map(|k| k.name).collect();
    // If an unknown key looks like a typo of a missing key, the missing key is not reported.
    let mut meant = Vec::new();
    let mut strange = false;
    for (name, entry) in table.iter_mut() {
        match keys.iter().chain(kinds).find(|k| k.name == name) {
            Some(key) => check(&key.form, &mut entry.node, &join(path, name), out),
            None => {
                out.push(unknown_key(name, path, &known, &entry.key));
                meant.extend(closest(name, known.iter().copied()));
                strange = true;
            }
        }
    }
    for key in keys {
        let meant = meant.contains(&key.name);
        let told = meant && matches!(key.preset, Preset::Required);
        if !told && !table.contains_key(key.name) {
            fill(key, table, path, &at, out);
        }
        if let Some(entry) = table.get_mut(key.name).filter(|e| meant && e.node.origin.via == Via::Default) {
            entry.node.wrong = true;
        }
    }
    let before = out.len();
    if !strange {
        one_of(kinds, table, path, &at, out);
    }
    node.wrong |= strange || out.len() > before;
}

/// The help for a value in place of a table: an example and the names of the table's keys. `text`
/// is the value. If a key accepts a word like it, the example sets this key.
fn table_wanted(keys: &[Key], kinds: &[Key], text: Option<&str>) -> String {
    const LISTED: usize = 24;
    let names: Vec<&str> = kinds.iter().chain(keys).map(|key| key.name).collect();
    let required = keys.iter().find(|key| matches!(key.preset, Preset::Required)).map(|key| key.name);
    let Some(first) = required.or(names.first().copied()) else { return "write a table".to_owned() };
    let takes = |key: &Key| match &key.form {
        Form::Word(words) => {
            closest(text?, words.iter().copied()).map(|word| format!("{} = \"{word}\"", key.name))
        }
        _ => None,
    };
    let example = keys.iter().find_map(takes).unwrap_or_else(|| format!("{first} = …"));
    let listed = names.iter().take(LISTED).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let more = if names.len() > LISTED { ", …" } else { "" };
    format!("write a table, such as {{ {example} }}; its keys are {listed}{more}")
}

fn fill(key: &Key, table: &mut Table, path: &str, at: &Origin, out: &mut Vec<Diagnostic>) {
    if let Some(text) = key.preset.text() {
        let mut node = parse_own(&text);
        check(&key.form, &mut node, &join(path, key.name), out);
        table.insert(key.name.to_owned(), Entry::new(node));
    } else if let Preset::Required = key.preset {
        let title = format!("`{}` is missing", join(path, key.name));
        let mut place = at.place.clone();
        if let Some(place) = place.as_mut().filter(|_| path.is_empty()) {
            // If a key is missing in the whole file, points only to the beginning of the file.
            place.span.end = place.span.start;
        }
        let nested = (path.starts_with("gate.") && key.name == "metric")
            .then(|| "write a gate as [gate.NAME] with `metric = \"…\"`: NAME has no dots".to_owned());
        let help = format!("write {}{}", key.form.want(), example(path, key));
        let help = Help::of(nested.filter(|_| path.matches('.').count() > 1), help);
        out.push(Diagnostic::new(place, title).help(help));
    }
}

/// An example of a table that every scenario needs, because the words "a table" alone do not help.
fn example(path: &str, key: &Key) -> &'static str {
    match (path, key.name) {
        ("", "entity") => ", such as [entity.note] with schema = { id = \"uuid key\", title = \"text\" }",
        ("", "fleet") => ", such as [fleet.phones] with devices = 4",
        _ => "",
    }
}

fn one_of(kinds: &[Key], table: &Table, path: &str, at: &Origin, out: &mut Vec<Diagnostic>) {
    let there: Vec<(&String, &Entry)> =
        table.iter().filter(|(name, _)| kinds.iter().any(|k| k.name == *name)).collect();
    let names: Vec<&str> = kinds.iter().map(|kind| kind.name).collect();
    let (at, title) = match there[..] {
        [] if !kinds.is_empty() => (at, format!("`{path}` does not say its kind")),
        [(first, _), (second, entry), ..] => {
            (&entry.key, format!("`{path}` cannot be both `{first}` and `{second}`"))
        }
        _ => return,
    };
    let help = format!("write exactly one of {}", names.join(", "));
    out.push(Diagnostic::new(at.place.clone(), title).help(help));
}

fn list(item: &Form, node: &mut Node, path: &str, out: &mut Vec<Diagnostic>) {
    if !matches!(node.value, Val::List(_)) {
        node.value = Val::List(vec![node.clone()]);
    }
    if let Val::List(items) = &mut node.value {
        for (i, node) in items.iter_mut().enumerate() {
            check(item, node, &format!("{path}[{i}]"), out);
        }
    }
}

fn values(form: &Form, node: &mut Node, path: &str, out: &mut Vec<Diagnostic>) {
    let Val::List(items) = &node.value else { unreachable!("called for a list") };
    let names: Vec<Option<&str>> = items.iter().map(Node::as_text).collect();
    let nameless = names.iter().position(|name| name.is_none_or(|name| name.trim().is_empty()));
    let twice = (1..names.len()).find(|&i| names[..i].contains(&names[i]));
    let (at, title) = match (nameless, twice) {
        (Some(at), _) => (&items[at], format!("`{path}[{at}]` is not a valid name")),
        (None, Some(at)) => {
            (&items[at], format!("`{path}` contains `{}` twice", names[at].unwrap_or_default()))
        }
        (None, None) if items.is_empty() => (&*node, format!("`{path}` has no value")),
        (None, None) => return,
    };
    out.push(Diagnostic::new(at.origin.place.clone(), title).help(format!("write {}", form.want())));
    node.wrong = true;
}

/// Checks that shares sum to 1, within the error of rounding to 3 decimals.
fn shares(form: &Form, names: &Written, node: &mut Node, path: &str, out: &mut Vec<Diagnostic>) {
    if let Some(name) = node.as_text() {
        let one = Entry { key: node.origin.clone(), node: Node::new(Val::Int(1), node.origin.clone()) };
        node.value = Val::Table([(name.to_owned(), one)].into());
    }
    let mut total = 0_u64;
    let mut wrong = false;
    let before = out.len();
    let mut renamed = Table::new();
    let at = node.origin.place.clone();
    let Some(table) = node.table_mut() else {
        return wrong_form(form, node, path, out);
    };
    for (name, mut entry) in std::mem::take(table) {
        let Some(name) = names.canonical(&name) else {
            let title = format!("`{path}` contains a wrong name, `{name}`");
            wrong = true;
            let want = names.want.strip_prefix("a name ").unwrap_or(names.want);
            let help = Help::of(names.why(name.trim()), format!("a name is {want}"));
            out.push(Diagnostic::new(entry.key.place, title).help(help));
            continue;
        };
        total += share_of(&entry.node.value).map_or(0, |p| u64::from(p.0));
        check(&Form::Share, &mut entry.node, &join(path, &name), out);
        renamed.insert(name, entry);
    }
    *table = renamed;
    if out.len() == before && !(998_000..=1_002_000).contains(&total) {
        let title = format!("the shares in `{path}` add up to {}, not to 1", total as f64 / 1e6);
        wrong = true;
        out.push(Diagnostic::new(at, title).help("change the shares so that their sum is 1"));
    }
    node.wrong |= wrong;
}

/// Without quotes, TOML reads `oracle.lost.rows = 0` as nested tables. Joins the names again.
pub(super) fn flatten(table: &mut Table) {
    let is_bound = |table: &Table| table.keys().all(|k| k == "min" || k == "max");
    let mut flat = Table::new();
    let mut left: Vec<(String, Entry)> = std::mem::take(table).into_iter().collect();
    while let Some((name, entry)) = left.pop() {
        match entry.node.value {
            Val::Table(inner) if !is_bound(&inner) => {
                left.extend(inner.into_iter().map(|(k, e)| (format!("{name}.{k}"), e)));
            }
            _ => drop(flat.insert(name, entry)),
        }
    }
    *table = flat;
}
