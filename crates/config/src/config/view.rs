//! Reads values from a checked tree.
//!
//! The check has already reported each wrong value. A read of a wrong value returns a stand-in and
//! reports nothing, because the plan made from it is discarded. A mistake that depends on a wrong
//! value is held back too.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::str::FromStr;

use super::diagnostic::{DIAGNOSTICS_SHOWN, Diagnostic, Help, Place, choices, no_such};
use super::tree::{Node, Origin, Val, Via, step};
use crate::base::{BitRate, Bytes, Ppm, Span, Word, words};

/// The node, if present; the origin of its name, if mistakes are shown at the name; the name
/// itself.
#[derive(Clone, Copy, Default)]
pub struct View<'a>(Option<&'a Node>, Option<&'a Origin>, &'a str);

/// Collects mistakes.
#[derive(Default)]
pub struct Mistakes {
    told: RefCell<Vec<Diagnostic>>,
    /// Mistakes that may be consequences of other mistakes. Reported only if there are no others.
    following: RefCell<Vec<Diagnostic>>,
    /// Unknown names: the position in `told`, and the number of further occurrences.
    unknown: RefCell<BTreeMap<String, (usize, usize)>>,
}

/// After this many mistakes, the message about an unknown name has no list of choices. Comparing a
/// name with all known names takes time, and only the first mistakes are shown.
const COMPARED: usize = 4 * DIAGNOSTICS_SHOWN;

/// Names in order, with an index for look-up.
#[derive(Default)]
pub struct Names {
    list: Vec<String>,
    place: BTreeMap<String, usize>,
}

impl<'n> FromIterator<&'n str> for Names {
    fn from_iter<T: IntoIterator<Item = &'n str>>(names: T) -> Names {
        let list: Vec<String> = names.into_iter().map(str::to_owned).collect();
        // If a name occurs twice, its first position is used.
        let place = list.iter().enumerate().rev().map(|(at, name)| (name.clone(), at)).collect();
        Names { list, place }
    }
}

impl Names {
    /// The first position of a name in the list; `None` if it is not there.
    pub fn place(&self, name: &str) -> Option<usize> {
        step(1);
        self.place.get(name).copied()
    }
}

/// Reports mistakes that depend on other values.
pub struct Given<'m> {
    mistakes: &'m Mistakes,
    sound: bool,
    /// The place of the first value that has one.
    place: Option<Place>,
    /// The origins of values that are written at another place than the mistake.
    sources: Vec<String>,
}

impl Mistakes {
    /// Reports mistakes that depend on these values only if all of the values are sound (not
    /// wrong).
    pub fn given(&self, values: &[View<'_>]) -> Given<'_> {
        let place = values.iter().find_map(|view| view.place());
        let sources = values.iter().filter_map(|view| view.source()).collect();
        Given { place, sources, ..self.given_if(values.iter().all(|view| view.is_sound())) }
    }
    /// Reports mistakes at once if `sound`. Otherwise they are reported only if there are no
    /// others.
    pub fn given_if(&self, sound: bool) -> Given<'_> {
        Given { mistakes: self, sound, place: None, sources: Vec::new() }
    }
    /// Reports a mistake at a value.
    pub fn at(&self, view: View<'_>, title: impl Into<String>, help: impl Into<Help>) {
        self.given(&[]).at(view, title, help);
    }
    /// Reports a mistake of several values together, at the first value that has a place.
    pub fn among(&self, values: &[View<'_>], title: impl Into<String>, help: impl Into<Help>) {
        let at = values.iter().find(|view| view.place().is_some()).unwrap_or(&values[0]);
        self.given(values).at(*at, title, help);
    }
    /// Requires the first value to be at most the second, or less than it if `apart`.
    pub fn in_order(&self, of: View<'_>, [small, large]: [&str; 2], apart: bool) {
        let [low, high] = [small, large].map(|key| of.at(key));
        let Some((least, most)) = low.figure().zip(high.figure()) else { return };
        if least > most || apart && least == most {
            let than = if apart { "less than" } else { "at most" };
            let title = format!("`{small}` is {}, but `{large}` is {}", low.shown(), high.shown());
            self.among(&[low, high], title, format!("`{small}` must be {than} `{large}`"));
        }
    }
    /// Adds a diagnostic.
    pub fn add(&self, diagnostic: Diagnostic) {
        self.told.borrow_mut().push(diagnostic);
    }
    /// The position of a name in `known`. An unknown name is reported as a mistake.
    pub fn find(&self, view: View<'_>, what: &str, name: &str, known: &[&str]) -> Option<usize> {
        self.given(&[]).find(view, what, name, known)
    }
    /// Reports the first item of the list `key` that the list contains twice.
    pub fn once(&self, view: View<'_>, key: &str) {
        let items: Vec<View<'_>> = view.at(key).items().collect();
        let again = |i: &usize| items[..*i].iter().any(|item| item.text() == items[*i].text());
        if let Some(item) = (1..items.len()).find(again).map(|i| items[i]) {
            self.at(item, format!("`{}` is in `{key}` twice", item.text()), "write each name once");
        }
    }
    /// All mistakes. If there are none and `nothing_else` is true (the scenario has no other
    /// mistake), returns the mistakes that were held back.
    pub fn taken(&self, nothing_else: bool) -> Vec<Diagnostic> {
        let mut told = self.told.take();
        for (at, again) in self.unknown.take().into_values().filter(|(_, again)| *again > 0) {
            let places = words::count(again as u64, "other place");
            *told[at].help =
                std::mem::take(&mut *told[at].help).and(format!("this name is also in {places}"));
        }
        if told.is_empty() && nothing_else { self.following.take() } else { told }
    }
}

impl Given<'_> {
    /// Reports a mistake at a value. If the value has no place, the mistake is shown at the values
    /// that it depends on.
    pub fn at(&self, view: View<'_>, title: impl Into<String>, help: impl Into<Help>) {
        let place = view.place().or_else(|| self.place.clone());
        let own = view.source().filter(|_| self.place.is_some() || !self.sources.is_empty());
        let own = own.filter(|own| !self.sources.contains(own));
        let sources: Vec<String> = own.into_iter().chain(self.sources.iter().cloned()).collect();
        let mut help: Help = help.into();
        if !sources.is_empty() {
            help = help.and(sources.join("; "));
        }
        let diagnostic = Diagnostic::new(place, title).help(help);
        if self.counts(view) {
            self.mistakes.add(diagnostic);
        } else {
            self.mistakes.following.borrow_mut().push(diagnostic);
        }
    }
    /// The position of a name in `known`. An unknown name is reported as a mistake.
    pub fn find(&self, view: View<'_>, what: &str, name: &str, known: &[&str]) -> Option<usize> {
        step(known.len());
        let found = known.iter().position(|k| *k == name);
        self.found(found, (view, what, name), || known.to_vec())
    }
    /// The position of a name in the indexed names `known`. An unknown name is reported as a
    /// mistake.
    pub fn find_in(&self, view: View<'_>, what: &str, name: &str, known: &Names) -> Option<usize> {
        self.found(known.place(name), (view, what, name), || known.list.iter().map(String::as_str).collect())
    }
    /// Reports an unknown name once, and counts its further occurrences.
    pub fn found<'k>(
        &self,
        found: Option<usize>,
        (view, what, name): (View<'_>, &str, &str),
        known: impl FnOnce() -> Vec<&'k str>,
    ) -> Option<usize> {
        if found.is_none() {
            let title = no_such(what, name);
            let mut unknown = self.mistakes.unknown.borrow_mut();
            match unknown.get_mut(&title).filter(|_| self.counts(view)) {
                Some((_, again)) => *again += 1,
                None => {
                    if self.counts(view) {
                        unknown.insert(title.clone(), (self.mistakes.told.borrow().len(), 0));
                    }
                    let is_told = self.mistakes.told.borrow().len() < COMPARED;
                    self.at(view, title, if is_told { choices(name, &known()) } else { Help::default() });
                }
            }
        }
        found
    }
    /// True if a mistake at `view` is reported at once: the value is not wrong and is written in a
    /// source.
    fn counts(&self, view: View<'_>) -> bool {
        self.sound && view.is_sound() && view.place().is_some()
    }
}

/// A type that a key's value can be read as. `How` separates quantities from words, because Rust
/// does not allow two overlapping blanket implementations.
pub trait Reads<How> {
    /// Reads the value of a view. A wrong or absent value gives a stand-in.
    fn reads(view: View<'_>) -> Self;
}

/// Marks types that are read as quantities.
pub struct Quantity;
/// Marks types that are read as one of a list of words.
pub struct OneWord;

macro_rules! reads {
    ($($of:ty: $how:ident),*) => {$(
        impl Reads<Quantity> for $of {
            fn reads(view: View<'_>) -> $of {
                view.$how()
            }
        }
    )*};
}

reads! { Span: span, Bytes: bytes, BitRate: rate, Ppm: share, u32: count, bool: flag, String: owned_text }

impl<T: Word> Reads<OneWord> for T {
    fn reads(view: View<'_>) -> T {
        view.word()
    }
}

impl<How, T: Reads<How>> Reads<Option<How>> for Option<T> {
    fn reads(view: View<'_>) -> Option<T> {
        view.present().map(T::reads)
    }
}

/// Builds a struct. First come the fields with the names of their keys, then (`with`) all other
/// fields.
#[macro_export]
macro_rules! read {
    ($view:expr, $($of:ident)::+ { $($key:ident)* } $(with { $($field:ident $(: $value:expr)?),* $(,)? })?) => {
        $($of)::+ { $($key: $view.of(stringify!($key)),)* $($($field $(: $value)?,)*)? }
    };
}

pub use crate::read;

impl<'a> View<'a> {
    /// Reads the value at a dotted path of keys.
    pub fn of<How, T: Reads<How>>(self, key: &str) -> T {
        T::reads(self.at(key))
    }
    /// The view of a node.
    pub fn new(node: &'a Node) -> View<'a> {
        View(Some(node), None, "")
    }
    /// The value at a dotted path of keys.
    pub fn at(self, path: &str) -> View<'a> {
        path.split('.').fold(self, View::key)
    }
    /// The value of a key. An absent key gives an empty view.
    pub fn key(self, name: &str) -> View<'a> {
        step(1);
        let entry = self.0.and_then(|node| node.table()?.get_key_value(name));
        View(entry.map(|(_, entry)| &entry.node), None, entry.map_or("", |(name, _)| name))
    }
    /// The value of a key. Mistakes are shown at the key's name.
    pub fn name(self, name: &str) -> View<'a> {
        let entry = self.0.and_then(|n| n.table()?.get(name));
        View(entry.map(|e| &e.node), entry.map(|e| &e.key), "")
    }
    /// This view, or `None` if it is empty.
    pub fn present(self) -> Option<View<'a>> {
        self.0.map(|_| self)
    }
    /// True if the node is present, and neither the node nor any value below it is wrong.
    pub fn is_sound(self) -> bool {
        self.0.is_some_and(Node::is_sound)
    }
    /// True if the node is present and not itself wrong. Values below it may be wrong.
    pub fn is_itself_sound(self) -> bool {
        self.0.is_some_and(|node| !node.wrong)
    }
    /// Where the name or the value comes from; `None` for an empty view.
    pub fn origin(self) -> Option<&'a Origin> {
        self.1.or(self.0.map(|n| &n.origin))
    }
    /// Where the name or the value is written; `None` for a default.
    pub fn place(self) -> Option<Place> {
        self.origin()?.place.clone()
    }
    /// The product, profile or variant that a named value comes from, if any.
    fn source(self) -> Option<String> {
        let node = self.0.filter(|node| !self.2.is_empty() && node.table().is_none())?;
        let source = match &node.origin.via {
            Via::Profile { name, is_product: true } => format!("product `{name}`"),
            Via::Profile { name, .. } => format!("profile `{name}`"),
            Via::Variant(name) => format!("variant `{name}`"),
            Via::File | Via::Default | Via::Set => return None,
        };
        Some(format!("`{} = {}` comes from {source}", self.2, self.shown()))
    }
    /// The library entry that the value comes from; `None` if it comes from elsewhere.
    pub fn profile(self) -> Option<&'a str> {
        if let Via::Profile { name, .. } = &self.0?.origin.via { Some(name) } else { None }
    }
    /// True if the value comes from `--set`, an axis or a variant.
    pub fn is_changed(self) -> bool {
        self.0.is_some_and(|node| matches!(node.origin.via, Via::Set | Via::Variant(_)))
    }
    /// The keys and values of a table, in the order of the keys; none for any other value.
    pub fn entries(self) -> impl Iterator<Item = (&'a str, View<'a>)> {
        let table = self.0.and_then(Node::table);
        let entries = table.into_iter().flatten().inspect(|_| step(1));
        entries.map(|(name, entry)| (name.as_str(), View(Some(&entry.node), None, name)))
    }
    /// The keys of a table, in order; none for any other value.
    pub fn names(self) -> Vec<&'a str> {
        self.entries().map(|(name, _)| name).collect()
    }
    /// The items of a list; none for any other value.
    pub fn items(self) -> impl Iterator<Item = View<'a>> {
        let items = if let Some(Val::List(items)) = self.0.map(|n| &n.value) { &items[..] } else { &[] };
        items.iter().inspect(|_| step(1)).map(|n| View(Some(n), None, ""))
    }
    /// True if the value is a table.
    pub fn is_table(self) -> bool {
        self.0.is_some_and(|n| n.table().is_some())
    }
    /// The value; `None` for an empty view.
    pub fn value(self) -> Option<&'a Val> {
        self.0.map(|n| &n.value)
    }
    /// A span, a size or a number, for comparison with another.
    fn figure(self) -> Option<u64> {
        match self.value()? {
            Val::Int(n) => u64::try_from(*n).ok(),
            Val::Text(text) => {
                let size = || text.parse::<Bytes>().ok().map(|size| size.0);
                text.parse::<Span>().ok().map(|span| span.0).or_else(size)
            }
            _ => None,
        }
    }
    /// The value as TOML; empty for an empty view.
    pub fn shown(self) -> String {
        self.0.map_or_else(String::new, |node| node.to_toml().to_string())
    }
    /// The text; empty if the value is not a text.
    pub fn text(self) -> &'a str {
        self.0.and_then(Node::as_text).unwrap_or_default()
    }
    /// A copy of the text; empty if the value is not a text.
    pub fn owned_text(self) -> String {
        self.text().to_owned()
    }
    /// The value as a word of this type. The first word if the value is not one of them.
    pub fn word<T: Word>(self) -> T {
        let known = T::of_word(self.text());
        debug_assert!(known.is_some() || !self.is_sound(), "the grammar has other words: {}", self.text());
        known.unwrap_or(T::VALUES[0])
    }
    /// True if the value is this word.
    pub fn says(self, word: impl Word) -> bool {
        self.text() == word.word()
    }
    /// The whole number; 0 for any other value.
    pub fn int(self) -> i64 {
        if let Some(Val::Int(n)) = self.value() { *n } else { 0 }
    }
    /// The whole number; 0 for any other value and for a number that does not fit.
    pub fn count(self) -> u32 {
        u32::try_from(self.int()).unwrap_or(0)
    }
    /// True if the value is `true`.
    pub fn flag(self) -> bool {
        matches!(self.value(), Some(Val::Bool(true)))
    }
    /// A decimal number in thousandths, rounded; 0 for any other value.
    pub fn milli(self) -> u32 {
        if let Some(Val::Float(x)) = self.value() { (x * 1e3).round() as u32 } else { 0 }
    }
    /// The time span; 0 if the value is not one.
    pub fn span(self) -> Span {
        self.read(Span::ZERO)
    }
    /// The size in bytes; 0 if the value is not one.
    pub fn bytes(self) -> Bytes {
        self.read(Bytes(0))
    }
    /// The bit rate; 1 bit/s if the value is not one.
    pub fn rate(self) -> BitRate {
        self.read(BitRate(1))
    }
    /// The share in millionths; 0 if the value is not one.
    pub fn share(self) -> Ppm {
        self.read(Ppm(0))
    }
    fn read<T: FromStr>(self, otherwise: T) -> T {
        self.text().parse().unwrap_or(otherwise)
    }
}
