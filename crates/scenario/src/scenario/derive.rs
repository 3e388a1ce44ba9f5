//! Adds the values that a scenario leaves out, before the check: figures of profiles, sync units,
//! logins and edits.

use std::collections::BTreeSet;

use super::check::check;
use super::column::{ColumnType, column_type};
use super::grammar::ROOT;
use super::profiles::tunnel::carrier;
use super::profiles::{self, FIELD_WORKER, Library, complete, complete_product, complete_tunnel};
use crate::base::Span;
use crate::config::form::Form;
use crate::config::tree::{Entry, Node, Origin, Table, Val, parse_own, table_at};
use crate::config::view::View;
use crate::config::written::clock;
use crate::workload::Maker;

type Names = BTreeSet<String>;

pub(super) fn derive(tree: &mut Node) {
    product(tree);
    backend(tree);
    let mut links = used(tree, "link", profiles::LINK);
    links.extend(passed_through(tree));
    let tunnels = tunnels_over_own(tree, &links);
    from_library(tree, "link", &links, Library::Links, &tunnels);
    for name in &tunnels {
        tunnel(tree, name);
    }
    let none = Names::new();
    from_library(tree, "class", &used(tree, "class", profiles::CLASS), Library::Classes, &none);
    from_library(tree, "background", &used(tree, "background", ""), Library::Backgrounds, &none);
    attributes(tree);
    workload(tree);
    unless_there(tree, "unit", units);
    unless_there(tree, "action", actions);
}

fn unless_there(tree: &mut Node, name: &str, make: fn(&Node) -> Node) {
    let made = tree.get(&[name]).is_none().then(|| make(tree));
    if let (Some(made), Some(table)) = (made, tree.table_mut()) {
        table.insert(name.to_owned(), Entry::new(made));
    }
}

fn top<'t>(tree: &'t mut Node, name: &str) -> Option<&'t mut Table> {
    table_at(tree.table_mut()?, name, &Origin::default_value())
}

fn product(tree: &mut Node) {
    let named = tree.get(&["product"]).and_then(Node::as_text);
    if let Some(profile) = named.and_then(|name| Library::Products.find(name)) {
        complete_product(&ROOT, tree, profile);
    }
}

fn backend(tree: &mut Node) {
    let name = tree.get(&["backend", "profile"]);
    let name = name.map_or(profiles::BACKEND, |node| node.as_text().unwrap_or_default()).to_owned();
    let form = ROOT.under("backend").unwrap_or(&Form::Any);
    if let (Some(profile), Some(backend)) = (Library::Backends.find(&name), top(tree, "backend")) {
        complete(form, backend, profile);
    }
}

fn used(tree: &Node, key: &str, default: &str) -> Names {
    let mut names = Names::new();
    for (_, fleet) in View::new(tree).at("fleet").entries() {
        match fleet.at(key).value() {
            None => names.extend([default.to_owned()]),
            Some(Val::Text(name)) => names.extend([name.clone()]),
            Some(Val::Table(shares)) => names.extend(shares.keys().cloned()),
            Some(_) => {}
        }
    }
    names
}

/// The links that devices move to later, and the gateway's backend link.
fn passed_through(tree: &Node) -> Vec<String> {
    let root = View::new(tree);
    let changes = root.at("event").entries().map(|(_, event)| event.at("network_change.link").text());
    let named = changes.chain([root.at("gateway.backend_link.link").text()]);
    let moves = root.at("fleet").entries().any(|(_, fleet)| fleet.at("moves").text() == "field-worker");
    let worker = FIELD_WORKER.into_iter().filter(|_| moves);
    named.chain(worker).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

/// Tunnels over links that the scenario file defines. (The library has the tunnels over its own
/// links.)
fn tunnels_over_own(tree: &Node, used: &Names) -> Names {
    let Some(written) = tree.get(&["link"]).and_then(Node::table) else { return Names::new() };
    let over_own = |name: &&String| {
        carrier(name).is_some_and(|below| carrier(below).is_none() && written.contains_key(below))
    };
    used.iter().chain(written.keys()).filter(over_own).cloned().collect()
}

fn tunnel(tree: &mut Node, name: &str) {
    let Some(links) = top(tree, "link") else { return };
    let Some(mut below) = carrier(name).and_then(|below| links.get(below)).map(|entry| entry.node.clone())
    else {
        return;
    };
    let mut wrong = Vec::new();
    if let Some(form) = ROOT.under("link").and_then(|links| links.under(name)) {
        check(form, &mut below, "", &mut wrong);
    }
    if let (true, Some(below)) = (wrong.is_empty(), below.table())
        && let Some(keys) = table_at(links, name, &Origin::default_value())
    {
        complete_tunnel(keys, name, below);
    }
}

fn from_library(tree: &mut Node, table: &str, names: &Names, library: Library, elsewhere: &Names) {
    let form = ROOT.under(table).and_then(|named| named.under("")).unwrap_or(&Form::Any);
    let Some(table) = top(tree, table) else { return };
    let written: Vec<String> = table.keys().cloned().collect();
    for name in names.iter().chain(&written).filter(|name| !elsewhere.contains(*name)) {
        let Some(profile) = library.find(name) else { continue };
        if let Some(keys) = table_at(table, name, &Origin::default_value()) {
            complete(form, keys, profile);
        }
    }
}

/// The number of devices per value of an attribute. It is used if a scope names the attribute and
/// no fleet gives its number of values.
const DEVICES_A_VALUE: u64 = 8;

fn attributes(tree: &mut Node) {
    let root = View::new(tree);
    let scopes = root.at("entity").entries().flat_map(|(_, entity)| entity.at("scope").entries());
    let named = scopes.filter_map(|(_, rule)| rule.text().strip_prefix("device."));
    let fleets = || root.at("fleet").entries().map(|(_, fleet)| fleet);
    let is_missing = |name: &&str| fleets().all(|fleet| fleet.at("attributes").key(name).present().is_none());
    let missing: Vec<String> = named.filter(is_missing).map(str::to_owned).collect();
    let devices = fleets().map(|fleet| fleet.at("devices").int());
    // Every fleet gets the same number. The check requires that for written attributes too.
    let values = devices.max().map_or(1, |n| n.max(1).unsigned_abs().div_ceil(DEVICES_A_VALUE)) as i64;
    if missing.is_empty() || root.at("fleet").present().is_none() {
        return;
    }
    let Some(fleets) = top(tree, "fleet") else { return };
    for fleet in fleets.values_mut() {
        let Some(fleet) = fleet.node.table_mut() else { continue };
        let Some(own) = table_at(fleet, "attributes", &Origin::default_value()) else { continue };
        for name in &missing {
            own.insert(name.clone(), Entry::new(Node::new(Val::Int(values), Origin::default_value())));
        }
    }
}

fn workload(tree: &mut Node) {
    let duration = tree.get(&["duration"]).and_then(Node::as_text);
    let duration = duration.filter(|d| d.parse::<Span>().is_ok()).unwrap_or("1h").to_owned();
    let Some(workload) = top(tree, "workload") else { return };
    if !workload.contains_key("hours") {
        let hours = parse_own(&format!("{{ from = \"+0s\", until = \"+{duration}\" }}"));
        workload.insert("hours".to_owned(), Entry::new(hours));
    }
    if !workload.contains_key("login") {
        let from = workload["hours"].node.get(&["from"]).and_then(Node::as_text).and_then(clock);
        let at = from.map_or("+2m".to_owned(), |from| from.later(Span::secs(120)));
        let login = parse_own(&format!("{{ all = {{ share = 1, at = \"{at}\", spread = \"30s\" }} }}"));
        workload.insert("login".to_owned(), Entry::new(login));
    }
}

/// The default units: Login, Send and Online. If every device holds all rows of some entities, a
/// fourth unit, Splash, pulls these entities.
fn units(tree: &Node) -> Node {
    let mut text = "{ Login = { on = [\"login\"], pull = [\"*\"], blocking = true }, \
         Send = { on = [\"save\"], push = [\"*\"] }, \
         Online = { on = [\"online\", \"resume\", \"every 5m\"], pull = [\"*\"], push = [\"*\"], discard_pending = true }"
        .to_owned();
    let entities = View::new(tree).at("entity").entries();
    let light = entities.filter(|(_, entity)| entity.at("scope").present().is_none() && is_delta(*entity));
    let light: Vec<String> = light.map(|(name, _)| quoted(name)).collect();
    if !light.is_empty() {
        text.push_str(&format!(", Splash = {{ on = [\"start\"], pull = [{}] }}", light.join(", ")));
    }
    text.push_str(" }");
    parse_own(&text)
}

/// The default edits. In the whole script, a delta entity that a unit pushes gets 20 edits per
/// device by users and 5 per device by the office. Another delta entity gets only the 5 of the
/// office. Each edit sets one column. An entity without an [`editable`] column gets no edits.
fn actions(tree: &Node) -> Node {
    let root = View::new(tree);
    let mut actions = Table::new();
    for (name, entity) in root.at("entity").entries().filter(|(_, entity)| is_delta(*entity)) {
        let Some(column) = editable(entity) else { continue };
        let (per_device, on_devices) = if is_pushed(root, name) { ("25", "0.8") } else { ("5", "0") };
        let what = format!("entity = {}, kind = \"update\", columns = [{}]", quoted(name), quoted(column));
        let text = format!("{{ {what}, per_device = {per_device}, on_devices = {on_devices} }}");
        actions.insert(format!("edit-{name}"), Entry::new(parse_own(&text)));
    }
    Node::new(Val::Table(actions), Origin::default_value())
}

fn is_pushed(root: View<'_>, entity: &str) -> bool {
    let names = |word: &str| word == "*" || word == entity;
    let pushes = |push: View<'_>| names(push.text()) || push.items().any(|item| names(item.text()));
    root.at("unit").entries().any(|(_, unit)| pushes(unit.at("push")))
}

fn is_delta(entity: View<'_>) -> bool {
    entity.at("delivery").present().is_none_or(|delivery| delivery.text() == "delta")
}

/// The first column that a user would edit. Devices hold it, and no scope and no natural key
/// contains it. Its type is not a long text, bytes, `real` or a time.
fn editable(entity: View<'_>) -> Option<&str> {
    let lists = |key: &str, column: &str| match entity.at(key).value() {
        Some(Val::List(items)) => Some(items.iter().any(|n| n.as_text() == Some(column))),
        _ => None,
    };
    let free = |column: &str| {
        entity.at("scope").key(column).present().is_none()
            && lists("unique", column) != Some(true)
            && lists("project", column) != Some(false)
    };
    let plain = |kind: View<'_>| match column_type(kind.text()) {
        Some(ColumnType::Made(maker)) => {
            !matches!(maker, Maker::Fat { .. } | Maker::Blob(..) | Maker::Real | Maker::Moment(..))
        }
        _ => false,
    };
    let mut columns = entity.at("schema").entries();
    columns.find(|(name, kind)| free(name) && plain(*kind)).map(|(name, _)| name)
}

fn quoted(name: &str) -> String {
    toml::Value::String(name.to_owned()).to_string()
}
