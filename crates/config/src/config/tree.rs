//! A TOML document in which every value knows its origin.
//!
//! This module escapes the document's names and texts with [`escape_control`], because messages,
//! reports and records repeat them.

use std::collections::BTreeMap;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::diagnostic::{Diagnostic, Place, Source};
use crate::base::escape_control;

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Where the value is written; `None` for a default.
    pub place: Option<Place>,
    /// Which kind of source the value comes from.
    pub via: Via,
}

/// The kind of source that set a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Via {
    /// From the scenario file.
    File,
    /// From a library entry. A vendor's product is a library entry too.
    Profile {
        /// The name of the library entry.
        name: String,
        /// True if the entry is a vendor's product.
        is_product: bool,
    },
    /// From the default of the key.
    Default,
    /// From the variant of this name.
    Variant(String),
    /// From `--set` or an axis of a sweep.
    Set,
}

/// A value with its origin.
#[derive(Clone, Debug)]
pub struct Node {
    /// The value itself.
    pub value: Val,
    /// Where the value comes from.
    pub origin: Origin,
    /// True if the check has reported this value itself as wrong.
    pub wrong: bool,
}

/// The entries of a table by name. The order in the file has no meaning.
pub type Table = BTreeMap<String, Entry>;

/// A key of a table with its value.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Where the name of the key comes from.
    pub key: Origin,
    /// The value.
    pub node: Node,
}

/// A TOML value. A date is a text.
#[derive(Clone, Debug)]
pub enum Val {
    /// A text.
    Text(String),
    /// A whole number.
    Int(i64),
    /// A number with decimals.
    Float(f64),
    /// `true` or `false`.
    Bool(bool),
    /// A list.
    List(Vec<Node>),
    /// A table.
    Table(Table),
}

thread_local! {
    static STEPS: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

/// Counts look-ups in a tree and comparisons of names. Tests check how both grow with the file.
pub fn step(times: usize) {
    STEPS.set(STEPS.get() + times as u64);
}

/// The number of steps on this thread since the last call.
pub fn steps_taken() -> u64 {
    STEPS.take()
}

impl Origin {
    /// The origin of values that come from the default of their key.
    pub fn default_value() -> Origin {
        Origin { place: None, via: Via::Default }
    }
}

impl Node {
    /// A node that is not marked as wrong.
    pub fn new(value: Val, origin: Origin) -> Node {
        Node { value, origin, wrong: false }
    }
    /// A text node with a copy of this origin.
    pub fn text(text: &str, origin: &Origin) -> Node {
        Node::new(Val::Text(text.to_owned()), origin.clone())
    }
    /// The table of this node; `None` for any other value.
    pub fn table(&self) -> Option<&Table> {
        if let Val::Table(table) = &self.value { Some(table) } else { None }
    }
    /// The table of this node, for changes; `None` for any other value.
    pub fn table_mut(&mut self) -> Option<&mut Table> {
        if let Val::Table(table) = &mut self.value { Some(table) } else { None }
    }
    /// A copy without one of its keys. The key's value, which may be large, is not copied.
    pub fn without(&self, key: &str) -> Node {
        let Some(table) = self.table() else { return self.clone() };
        let others = table.iter().filter(|(name, _)| *name != key);
        let others = others.map(|(name, entry)| (name.clone(), entry.clone())).collect();
        Node { value: Val::Table(others), origin: self.origin.clone(), wrong: self.wrong }
    }
    /// The text of this node; `None` for any other value.
    pub fn as_text(&self) -> Option<&str> {
        if let Val::Text(text) = &self.value { Some(text) } else { None }
    }
    /// The node at a path of keys; `None` if a key is missing or its parent is not a table.
    pub fn get(&self, path: &[impl AsRef<str>]) -> Option<&Node> {
        path.iter().try_fold(self, |node, name| Some(&node.table()?.get(name.as_ref())?.node))
    }
    /// The node at a path of keys, for changes; `None` as for [`Node::get`].
    pub fn get_mut(&mut self, path: &[impl AsRef<str>]) -> Option<&mut Node> {
        path.iter().try_fold(self, |node, name| Some(&mut node.table_mut()?.get_mut(name.as_ref())?.node))
    }
    /// True if neither this value nor any value below it is wrong.
    pub fn is_sound(&self) -> bool {
        step(1);
        let below = match &self.value {
            Val::List(items) => items.iter().all(Node::is_sound),
            Val::Table(table) => table.values().all(|entry| entry.node.is_sound()),
            _ => true,
        };
        below && !self.wrong
    }
    /// The same value, with `origin` set on it and on all values below it.
    pub fn with_origin(mut self, origin: &Origin) -> Node {
        self.each_origin(&|own| own.clone_from(origin));
        self
    }
    /// Sets the kind of source on this value and on all values below it.
    pub fn came_by(&mut self, via: &Via) {
        self.each_origin(&|own| own.via.clone_from(via));
    }
    fn each_origin(&mut self, change: &impl Fn(&mut Origin)) {
        change(&mut self.origin);
        match &mut self.value {
            Val::List(items) => items.iter_mut().for_each(|item| item.each_origin(change)),
            Val::Table(table) => table.values_mut().for_each(|entry| {
                change(&mut entry.key);
                entry.node.each_origin(change);
            }),
            _ => {}
        }
    }
    /// The value as TOML, without its origins.
    pub fn to_toml(&self) -> toml::Value {
        match &self.value {
            Val::Text(text) => toml::Value::String(text.clone()),
            Val::Int(n) => toml::Value::Integer(*n),
            Val::Float(x) => toml::Value::Float(*x),
            Val::Bool(b) => toml::Value::Boolean(*b),
            Val::List(items) => toml::Value::Array(items.iter().map(Node::to_toml).collect()),
            Val::Table(table) => {
                toml::Value::Table(table.iter().map(|(k, e)| (k.clone(), e.node.to_toml())).collect())
            }
        }
    }
}

/// The table under `name`, which is created if missing; `None` if the value is not a table.
pub fn table_at<'t>(table: &'t mut Table, name: &str, origin: &Origin) -> Option<&'t mut Table> {
    let empty = || Entry::new(Node::new(Val::Table(Table::new()), origin.clone()));
    table.entry(name.to_owned()).or_insert_with(empty).node.table_mut()
}

impl Entry {
    /// An entry whose key has the origin of its value.
    pub fn new(node: Node) -> Entry {
        Entry { key: node.origin.clone(), node }
    }
}

/// For a text below this many bytes, all syntax errors are reported; for a larger text, only the
/// first.
const RECOVERED_MAX: usize = 256 << 10;

/// Reads a TOML document.
///
/// # Errors
///
/// The syntax errors. For texts of 256 KiB or more, only the first error.
pub fn parse_document(source: &Arc<Source>) -> Result<Node, Vec<Diagnostic>> {
    let (table, errors) = match source.text.len() {
        ..RECOVERED_MAX => DeTable::parse_recoverable(&source.text),
        // A file that is not TOML may have an error at each byte. So a large file reports only the
        // first.
        _ => (DeTable::parse(&source.text).map_err(|first| vec![not_toml(&first, source, 0)])?, Vec::new()),
    };
    if !errors.is_empty() {
        return Err(syntax_errors(&errors, source));
    }
    let from = Reading { source, shift: 0, via: Via::File };
    let mut errors = Vec::new();
    let table = from.table(table.into_inner(), &mut errors);
    if !errors.is_empty() {
        return Err(errors);
    }
    Ok(Node::new(Val::Table(table), Origin { place: Some(source.whole()), via: Via::File }))
}

/// Reads one value from `source`, from byte `shift` to the end.
pub fn parse_value(source: &Arc<Source>, shift: usize, via: Via) -> Result<Node, Diagnostic> {
    let value = DeValue::parse(&source.text[shift..]).map_err(|e| not_toml(&e, source, shift))?;
    let mut errors = Vec::new();
    let node = Reading { source, shift, via }.node(value, &mut errors);
    errors.pop().map_or(Ok(node), Err)
}

/// Reads a TOML value that is written in our own code. Panics if it is not TOML.
pub fn parse_own(text: &str) -> Node {
    let node = parse_value(&Source::new("default", text), 0, Via::Default);
    node.expect("a default is TOML").with_origin(&Origin::default_value())
}

/// Reads a dotted key, such as `engine.pull.chunk_rows` or `expect."oracle.lost.rows"`.
pub fn parse_path(key: &str) -> Option<Vec<String>> {
    let text = format!("{key} = 0");
    let mut table = DeTable::parse(&text).ok()?.into_inner();
    let mut path = Vec::new();
    loop {
        let (name, value) = table.into_iter().next()?;
        path.push(escape_control(&name.into_inner()).into_owned());
        match value.into_inner() {
            DeValue::Table(inner) => table = inner,
            _ => return Some(path),
        }
    }
}

/// Keeps at most one error per line. If a bracket is not closed, only this error is kept, because
/// the parser misreads the text after it.
fn syntax_errors(errors: &[toml::de::Error], source: &Arc<Source>) -> Vec<Diagnostic> {
    let mut told: Vec<Diagnostic> = errors.iter().map(|e| not_toml(e, source, 0)).collect();
    told.sort_by_key(|d| d.place.as_ref().map_or(0, |place| place.span.start));
    let is_unclosed = |e: &&toml::de::Error| e.message().starts_with("unclosed ");
    if let Some(unclosed) = errors.iter().find(is_unclosed) {
        told.truncate(1);
        // An unclosed string hides the closing bracket. Then the string is the mistake.
        if !told[0].title.contains("string") {
            told[0].title = format!("this is not TOML: {}", unclosed.message());
        }
    }
    defined_twice(&mut told, &source.text);
    let mut last = None;
    told.retain(|d| {
        let start = d.place.as_ref().map_or(0, |place| place.span.start);
        // Comparing with the previous error avoids counting all lines from the top for each error.
        last.replace(start).is_none_or(|last: usize| source.text[last..start].contains('\n'))
    });
    told
}

/// Adds to an error the name of the table or key that is defined twice, and the line of the first
/// definition. Drops the errors about the keys of a second table.
fn defined_twice(told: &mut Vec<Diagnostic>, text: &str) {
    let mut second = 0..0;
    told.retain_mut(|one| {
        let Some(place) = one.place.as_ref().filter(|_| one.title.ends_with("duplicate key")) else {
            return true;
        };
        let at = place.span.start;
        if second.contains(&at) {
            return false;
        }
        let begin = text[..at].rfind('\n').map_or(0, |end| end + 1);
        let line = text[begin..].lines().next().unwrap_or_default().trim();
        let is_table = |line: &str| line.trim_start().starts_with('[');
        let from = match is_table(line) {
            true => 0,
            false => text[..begin].rfind("\n[").map_or(0, |end| end + 1),
        };
        let named = |line: &str| match is_table(line) {
            true => line.split_once(']').map(|(header, _)| format!("{header}]").trim().to_owned()),
            false => line.split_once('=').map(|(key, _)| key.trim().to_owned()),
        };
        let Some(name) = named(line) else { return true };
        let mut before = text[from..begin].lines();
        let Some(first) = before.position(|line| named(line.trim()).as_ref() == Some(&name)) else {
            return true;
        };
        let first = 1 + text[..from].matches('\n').count() + first;
        one.title = format!("`{name}` is defined twice; first at line {first}");
        if is_table(line) {
            let after = begin + line.len();
            let next = text[after..].find("\n[").map_or(text.len(), |next| after + next);
            second = after..next;
        }
        true
    });
}

fn not_toml(error: &toml::de::Error, source: &Arc<Source>, shift: usize) -> Diagnostic {
    let end = source.text.len();
    let span = error.span().map_or(0..0, |s| (s.start + shift).min(end)..(s.end + shift).min(end));
    let title = format!("this is not TOML: {}", error.message());
    Diagnostic::new(Some(Place { source: Arc::clone(source), span }), title)
}

struct Reading<'a> {
    source: &'a Arc<Source>,
    shift: usize,
    via: Via,
}

impl Reading<'_> {
    fn origin(&self, span: std::ops::Range<usize>) -> Origin {
        let span = span.start + self.shift..span.end + self.shift;
        Origin { place: Some(Place { source: Arc::clone(self.source), span }), via: self.via.clone() }
    }

    fn table(&self, table: DeTable<'_>, errors: &mut Vec<Diagnostic>) -> Table {
        let mut read = Table::new();
        for (key, value) in table {
            let origin = self.origin(key.span());
            let mut node = self.node(value, errors);
            // The TOML parser places a table at its header or its first dotted key. The table's
            // name is a better place for messages.
            if matches!(node.value, Val::Table(_)) {
                node.origin = origin.clone();
            }
            let place = origin.place.clone();
            if read.insert(escape_control(key.get_ref()).into_owned(), Entry { key: origin, node }).is_some()
            {
                errors.push(Diagnostic::new(
                    place,
                    "another name in this table looks the same in messages: rename one of the two",
                ));
            }
        }
        read
    }

    fn node(&self, value: Spanned<DeValue<'_>>, errors: &mut Vec<Diagnostic>) -> Node {
        let origin = self.origin(value.span());
        let mut wrong = |what: &str| {
            errors.push(Diagnostic::new(origin.place.clone(), what));
            Val::Int(0)
        };
        let value = match value.into_inner() {
            DeValue::String(text) => Val::Text(escape_control(&text).into_owned()),
            DeValue::Integer(n) => i64::from_str_radix(n.as_str(), n.radix())
                .map_or_else(|_| wrong("this number does not fit into 64 bits"), Val::Int),
            DeValue::Float(x) => match x.as_str().parse() {
                Ok(x) if f64::is_finite(x) => Val::Float(x),
                _ => wrong("this number must be finite: write a number below 1e308"),
            },
            DeValue::Boolean(b) => Val::Bool(b),
            DeValue::Datetime(date) => Val::Text(date.to_string()),
            DeValue::Array(items) => {
                Val::List(items.into_iter().map(|item| self.node(item, errors)).collect())
            }
            DeValue::Table(table) => Val::Table(self.table(table, errors)),
        };
        Node::new(value, origin)
    }
}
