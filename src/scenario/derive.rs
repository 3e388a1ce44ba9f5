//! What a scenario means where it is silent: profiles, sync units, logins and writes, put in before
//! checking.

use crate::base::Span;

use super::check::check;
use super::column::{ColumnType, column_type};
use super::grammar::ROOT;
use super::profiles::tunnel::carrier;
use super::profiles::{self, FIELD_WORKER, Library, complete, complete_tunnel};
use super::tree::{Entry, Node, Origin, Table, Val, parse_own, table_at};
use super::written::clock;

/// Completes `tree`, whose values may still be wrong.
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
    from_library(tree, "class", &used(tree, "class", profiles::CLASS), Library::Classes, &[]);
    from_library(tree, "background", &used(tree, "background", ""), Library::Backgrounds, &[]);
    attributes(tree);
    workload(tree);
    if tree.get(&["unit"]).is_none() {
        let units = units(tree);
        insert(tree, "unit", units);
    }
    if tree.get(&["action"]).is_none() {
        let actions = actions(tree);
        insert(tree, "action", actions);
    }
}

fn insert(tree: &mut Node, name: &str, value: Node) {
    if let Some(table) = tree.table_mut() {
        table.insert(name.to_owned(), Entry::new(value));
    }
}

fn top<'t>(tree: &'t mut Node, name: &str) -> Option<&'t mut Table> {
    table_at(tree.table_mut()?, name, &Origin::default_value())
}

fn product(tree: &mut Node) {
    let named = tree.get(&["product"]).and_then(Node::as_text);
    let profile = named.and_then(|name| Library::Products.find(name));
    if let (Some(profile), Some(root)) = (profile, tree.table_mut()) {
        complete(root, profile);
    }
}

fn backend(tree: &mut Node) {
    let name = match tree.get(&["backend", "profile"]) {
        Some(node) => node.as_text().unwrap_or_default().to_owned(),
        None => profiles::BACKEND.to_owned(),
    };
    if let (Some(profile), Some(backend)) = (Library::Backends.find(&name), top(tree, "backend")) {
        complete(backend, profile);
    }
}

/// The names that the fleets use under `key`, in order.
fn used(tree: &Node, key: &str, default: &str) -> Vec<String> {
    let mut names = Vec::new();
    for fleet in tree.get(&["fleet"]).and_then(Node::table).into_iter().flat_map(Table::values) {
        match fleet.node.get(&[key]).map(|n| &n.value) {
            None => names.push(default.to_owned()),
            Some(Val::Text(name)) => names.push(name.clone()),
            Some(Val::Table(shares)) => names.extend(shares.keys().cloned()),
            Some(_) => {}
        }
    }
    names.sort();
    names.dedup();
    names
}

/// The names of links that devices come to without starting there, and of the one behind the
/// gateway.
fn passed_through(tree: &Node) -> Vec<String> {
    let under = |name: &str| tree.get(&[name]).and_then(Node::table).into_iter().flat_map(Table::values);
    let text = |node: &Node, path: &[&str]| node.get(path).and_then(Node::as_text).map(str::to_owned);
    let mut names: Vec<String> =
        under("event").filter_map(|event| text(&event.node, &["network_change", "link"])).collect();
    if under("fleet").any(|fleet| text(&fleet.node, &["moves"]).as_deref() == Some("field-worker")) {
        names.extend(FIELD_WORKER.map(str::to_owned));
    }
    names.extend(text(tree, &["gateway", "backend_link", "link"]));
    names
}

/// The tunnels, used or written, over links that are written: those over a link of the library as
/// it is are in the library too.
fn tunnels_over_own(tree: &Node, used: &[String]) -> Vec<String> {
    let Some(written) = tree.get(&["link"]).and_then(Node::table) else { return Vec::new() };
    let over_own = |name: &&String| {
        carrier(name).is_some_and(|below| carrier(below).is_none() && written.contains_key(below))
    };
    let mut names: Vec<String> = used.iter().chain(written.keys()).filter(over_own).cloned().collect();
    names.sort();
    names.dedup();
    names
}

/// Completes a tunnel from the link below, unless that is wrong: then it is told of that one alone.
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

/// Adds what the library says of these names and of those that are written, but for those that come
/// from `elsewhere`.
fn from_library(tree: &mut Node, table: &str, names: &[String], library: Library, elsewhere: &[String]) {
    let Some(table) = top(tree, table) else { return };
    let written: Vec<String> = table.keys().cloned().collect();
    for name in names.iter().chain(&written).filter(|name| !elsewhere.contains(name)) {
        let Some(profile) = library.find(name) else { continue };
        if let Some(keys) = table_at(table, name, &Origin::default_value()) {
            complete(keys, profile);
        }
    }
}

/// One value for this many devices, where a scope names an attribute and no fleet says how many
/// values it has.
const DEVICES_A_VALUE: i64 = 8;

/// An attribute that a scope names and no fleet has gets one value for each eight devices of its
/// fleet.
fn attributes(tree: &mut Node) {
    let scopes = entities(tree).filter_map(|(_, entity)| entity.get(&["scope"])?.table());
    let named =
        scopes.flat_map(Table::values).filter_map(|rule| rule.node.as_text()?.strip_prefix("device."));
    let mut missing: Vec<String> = named.map(str::to_owned).collect();
    let fleets = || tree.get(&["fleet"]).and_then(Node::table).into_iter().flat_map(Table::values);
    missing.retain(|name| fleets().all(|fleet| fleet.node.get(&["attributes", name]).is_none()));
    let devices = fleets().filter_map(|fleet| match fleet.node.get(&["devices"])?.value {
        Val::Int(n) => Some(n),
        _ => None,
    });
    // The same number in every fleet, as for attributes that are written down.
    let values = devices.max().map_or(1, |n| n.max(1).unsigned_abs().div_ceil(DEVICES_A_VALUE as u64)) as i64;
    if missing.is_empty() || tree.get(&["fleet"]).is_none() {
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
    let own = |text: &str| parse_own(text, &Origin::default_value());
    if !workload.contains_key("hours") {
        let hours = Table::from([
            ("from".to_owned(), Entry::new(own("\"+0s\""))),
            ("until".to_owned(), Entry::new(Node::text(&format!("+{duration}"), &Origin::default_value()))),
        ]);
        workload
            .insert("hours".to_owned(), Entry::new(Node::new(Val::Table(hours), Origin::default_value())));
    }
    if !workload.contains_key("login") {
        let from = workload["hours"].node.get(&["from"]).and_then(Node::as_text).and_then(clock);
        let at = from.map_or("+2m".to_owned(), |from| from.later(Span::secs(120)));
        let login = own(&format!("{{ all = {{ share = 1, at = \"{at}\", spread = \"30s\" }} }}"));
        workload.insert("login".to_owned(), Entry::new(login));
    }
}

/// The seed's four units; Splash pulls what every device holds in full, and is left out if that is
/// nothing.
fn units(tree: &Node) -> Node {
    let mut text = "{ Login = { on = [\"login\"], pull = [\"*\"], blocking = true }, \
         Send = { on = [\"save\"], push = [\"*\"] }, \
         Online = { on = [\"online\", \"resume\", \"every 5m\"], pull = [\"*\"], push = [\"*\"], discard_pending = true }"
        .to_owned();
    let light: Vec<String> = entities(tree)
        .filter(|(_, entity)| entity.get(&["scope"]).is_none() && delta(entity))
        .map(|(name, _)| quoted(name))
        .collect();
    if !light.is_empty() {
        text.push_str(&format!(", Splash = {{ on = [\"start\"], pull = [{}] }}", light.join(", ")));
    }
    text.push_str(" }");
    parse_own(&text, &Origin::default_value())
}

/// Each person edits some text of each entity 20 times a day, and the office a quarter as often.
fn actions(tree: &Node) -> Node {
    let mut actions = Table::new();
    for (name, entity) in entities(tree).filter(|(_, entity)| delta(entity)) {
        let Some(column) = editable(entity) else { continue };
        let text = format!(
            "{{ entity = {}, kind = \"update\", columns = [{}], per_device = 25, on_devices = 0.8 }}",
            quoted(name),
            quoted(column)
        );
        actions.insert(format!("edit-{name}"), Entry::new(parse_own(&text, &Origin::default_value())));
    }
    Node::new(Val::Table(actions), Origin::default_value())
}

fn entities(tree: &Node) -> impl Iterator<Item = (&String, &Node)> {
    let table = tree.get(&["entity"]).and_then(Node::table);
    table.into_iter().flatten().map(|(name, entry)| (name, &entry.node))
}

fn delta(entity: &Node) -> bool {
    entity.get(&["delivery"]).is_none_or(|d| d.as_text() == Some("delta"))
}

/// The first column that a person would edit: held by devices, in no scope and of no natural key.
fn editable(entity: &Node) -> Option<&str> {
    let lists = |key: &str, column: &str| match entity.get(&[key]).map(|n| &n.value) {
        Some(Val::List(items)) => Some(items.iter().any(|n| n.as_text() == Some(column))),
        _ => None,
    };
    let free = |column: &str| {
        entity.get(&["scope", column]).is_none()
            && lists("unique", column) != Some(true)
            && lists("project", column) != Some(false)
    };
    let plain = |node: &Node| {
        let kind = node.as_text().and_then(column_type);
        matches!(
            kind,
            Some(
                ColumnType::Text { .. }
                    | ColumnType::Unicode { .. }
                    | ColumnType::Prose { .. }
                    | ColumnType::OneOf(_)
                    | ColumnType::Int { .. }
                    | ColumnType::Decimal { .. }
                    | ColumnType::Date { .. }
                    | ColumnType::Bool
            )
        )
    };
    let columns = entity.get(&["schema"])?.table()?;
    columns.iter().find(|(name, entry)| free(name) && plain(&entry.node)).map(|(name, _)| name.as_str())
}

fn quoted(name: &str) -> String {
    toml::Value::String(name.to_owned()).to_string()
}
