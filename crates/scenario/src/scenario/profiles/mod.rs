//! The libraries of links, device classes, background limits, backends and products, with their
//! sources.

mod backends;
mod backgrounds;
mod classes;
mod figures;
mod links;
mod products;
pub(super) mod tunnel;

pub(super) use backends::NAMES as BACKENDS;
pub(super) use classes::{REFERENCE_CIPHER, REFERENCE_STEP};
pub use figures::{Profile, Sourced};
pub(super) use links::FIELD_WORKER;
pub(super) use products::NAMES as PRODUCTS;
use products::TOGETHER;

/// The default backend, link and device class.
pub(super) const BACKEND: &str = "sql-modern";
pub(super) const LINK: &str = "wifi-good";
pub(super) const CLASS: &str = "mid";

use crate::config::form::Form;
use crate::config::tree::{Entry, Node, Origin, Table, Val, Via, parse_own, table_at};

/// The libraries of profiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Library {
    /// Links: bandwidth, latency, loss and outages.
    Links,
    /// Device classes.
    Classes,
    /// The limits that operating systems set for apps in the background.
    Backgrounds,
    /// Backends.
    Backends,
    /// Products of vendors.
    Products,
}

impl Library {
    /// The library's profiles, in the order in which pages list them.
    pub fn profiles(self) -> &'static [Profile] {
        match self {
            Library::Links => &links::LINKS,
            Library::Classes => &classes::CLASSES,
            Library::Backgrounds => &backgrounds::BACKGROUNDS,
            Library::Backends => &backends::BACKENDS,
            Library::Products => &products::PRODUCTS,
        }
    }
    /// The profile of this name; `None` if there is none.
    pub fn find(self, name: &str) -> Option<&'static Profile> {
        self.profiles().iter().find(|p| p.name == name)
    }
    pub(super) fn names(self) -> Vec<&'static str> {
        self.profiles().iter().map(|p| p.name.as_str()).collect()
    }
}

/// Adds the figures of the profile that `table` does not have. The key of a figure may be dotted.
pub(super) fn complete(form: &Form, table: &mut Table, profile: &Profile) {
    let is_product = Library::Products.find(&profile.name).is_some();
    let origin = Origin { place: None, via: Via::Profile { name: profile.name.clone(), is_product } };
    for figure in &profile.figures {
        fill(form, table, figure.key, node(&figure.value, &origin));
    }
}

/// Adds the settings of this product that the scenario does not set itself.
pub(super) fn complete_product(form: &Form, root: &mut Node, profile: &Profile) {
    let written = |key: &str| root.get(&key.split('.').collect::<Vec<_>>()).is_some();
    let is_settled = |key: &str| TOGETHER.iter().any(|[one, other]| *other == key && written(one));
    let own = profile.figures.iter().filter(|figure| !is_settled(figure.key)).cloned().collect();
    let rest = Profile { figures: own, name: profile.name.clone() };
    if let Some(table) = root.table_mut() {
        complete(form, table, &rest);
    }
}

/// Sets a dotted key, unless the table has the key or a key that excludes it.
fn fill(form: &Form, table: &mut Table, key: &str, value: Node) {
    let (first, rest) = key.split_once('.').map_or((key, None), |(first, rest)| (first, Some(rest)));
    if form.excludes(table, first) {
        return;
    }
    if let Some(rest) = rest {
        let below = form.under(first).unwrap_or(&Form::Any);
        if let Some(inner) = table_at(table, first, &value.origin) {
            fill(below, inner, rest, value);
        }
    } else {
        table.entry(first.to_owned()).or_insert_with(|| Entry::new(value));
    }
}

/// Adds to the table of a tunnel the keys that only the link below has.
pub(super) fn complete_tunnel(table: &mut Table, name: &str, below: &Table) {
    let origin = Origin { place: None, via: Via::Profile { name: name.to_owned(), is_product: false } };
    for (key, entry) in below {
        let written = match &entry.node.value {
            Val::Int(n) => n.to_string(),
            _ => entry.node.as_text().unwrap_or_default().to_owned(),
        };
        let figure = tunnel::figure(key, &written).map(|figure| node(&figure, &origin));
        let value = figure.unwrap_or_else(|| entry.node.clone().with_origin(&origin));
        match table.get_mut(key).map(|own| own.node.table_mut()) {
            None => drop(table.insert(key.clone(), Entry::new(value))),
            // `loss` is one model of packet loss, so the keys of two models are not mixed.
            Some(Some(own)) if key != "loss" => {
                let Val::Table(value) = value.value else { continue };
                for (key, entry) in value {
                    own.entry(key).or_insert(entry);
                }
            }
            Some(_) => {}
        }
    }
}

fn node(value: &str, origin: &Origin) -> Node {
    if value.starts_with(['{', '[']) {
        return parse_own(value).with_origin(origin);
    }
    if let Ok(flag) = value.parse() {
        return Node::new(Val::Bool(flag), origin.clone());
    }
    let value = match value.parse::<f64>() {
        Ok(x) if x.fract() == 0.0 => Val::Int(x as i64),
        Ok(x) => Val::Float(x),
        Err(_) => Val::Text(value.to_owned()),
    };
    Node::new(value, origin.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_figure_of_every_profile_is_a_key_of_its_table_and_has_a_source() {
        let at = [
            (Library::Links, &["link", "x"][..]),
            (Library::Classes, &["class", "x"]),
            (Library::Backgrounds, &["background", "x"]),
            (Library::Backends, &["backend"]),
            (Library::Products, &[]),
        ];
        for (library, path) in at {
            for profile in library.profiles() {
                let mut keys = Table::new();
                complete(super::super::grammar::form_of(path), &mut keys, profile);
                let mut named: Vec<&str> = profile.figures.iter().map(|f| f.key).collect();
                named.sort_unstable();
                assert!(named.windows(2).all(|w| w[0] != w[1]), "{} says a thing twice", profile.name);
                let mut wrong = Vec::new();
                let mut check = |path: &[&str], node: &mut Node| {
                    let form = super::super::grammar::form_of(path);
                    super::super::check::check(form, node, path[0], &mut wrong);
                };
                if path.is_empty() {
                    keys.iter_mut().for_each(|(name, entry)| check(&[name], &mut entry.node));
                } else {
                    check(path, &mut Node::new(Val::Table(keys), Origin::default_value()));
                }
                assert!(wrong.is_empty(), "{}: {wrong:?}", profile.name);
                assert!(profile.figures.iter().all(|f| !f.source.is_empty()));
            }
        }
    }
}
