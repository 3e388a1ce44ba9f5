//! Messages of `serve` for a user's own server: parts of the scenario without effect, the address
//! of test hooks, the reports of the server, and how to judge the rest.

use std::path::Path;

use super::serve_args::ServeArgs;
use crate::base::words::count;
use crate::base::{escape_control, escape_path};
use crate::live::{Doors, ServerReportCounts};
use crate::record::shell_word;
use crate::scenario::Plan;

/// The keys of faults of the scenario's own backend and gateway.
const OF_BACKEND: [&str; 10] = [
    "backend_down",
    "backend_link_outage",
    "backend_clock_step",
    "bad_rows",
    "gateway_kill",
    "gateway_replaced",
    "put_off",
    "refused_deletes",
    "restore_backend",
    "restore_gateway",
];
/// The keys of faults of HTTP messages.
const OF_HTTP: [&str; 3] = ["response_loss", "foreign_responses", "copied_requests"];
/// The tables of a scenario that make its backend fail.
const TABLES: [&str; 3] = ["maintenance", "quota", "failures"];

/// The parts of the scenario that have no effect on a user's own server.
pub(super) fn ineffective_parts(plan: &Plan, args: &ServeArgs) -> Option<String> {
    let table = plan.source.resolved.to_string().parse::<toml::Table>().ok()?;
    let is_tunnel = args.tunnel.is_some();
    let is_idle = |fault: &str| OF_BACKEND.contains(&fault) || is_tunnel && OF_HTTP.contains(&fault);
    let events = table.get("event").and_then(toml::Value::as_table).into_iter().flatten();
    let idle = events.filter_map(|(name, event)| {
        let fault = event.as_table()?.keys().find(|key| is_idle(key))?;
        Some(format!("event.{name} ({fault})"))
    });
    let backend = table.get("backend").and_then(toml::Value::as_table);
    let is_set = |key: &str| backend?.get(key)?.as_table().map(|of| !of.is_empty());
    let of_backend = TABLES.iter().filter(|key| is_set(key) == Some(true));
    let all: Vec<String> = idle.chain(of_backend.map(|key| format!("backend.{key}"))).collect();
    (!all.is_empty())
        .then(|| format!("these have no effect, because your own server responds: {}", all.join(", ")))
}

/// The address of test hooks, and the port of each device.
pub(super) fn hooks(args: &ServeArgs, plan: &Plan, doors: &Doors) -> String {
    let at = format!("http://{}", doors.all);
    let device = plan.fleets.first().map_or("phones", |fleet| fleet.name.as_str());
    let name = if args.tunnel.is_some() { format!("{device}-1") } else { "NAME".to_owned() };
    let mut text = format!("hooks of apps: {at}/d/{name}/_syncdyno/observe\n");
    if args.upstream.is_some() || args.tunnel.is_some() {
        text += &format!("hooks of your server: {at}/_syncdyno/observe (row, commit, backend)\n");
    }
    let names =
        plan.fleets.iter().flat_map(|fleet| (1..=fleet.devices).map(|n| format!("{}-{n}", fleet.name)));
    let ports = names.zip(&doors.devices).map(|(name, door)| format!("{} is {name}", door.port()));
    let ports: Vec<String> = ports.take(8).collect();
    if !ports.is_empty() {
        let more = if doors.devices.len() > ports.len() { ", …" } else { "" };
        text += &format!("ports: {}{more}\n", ports.join(", "));
    }
    text
}

/// The reports of the user's server, and how to judge the rest.
pub(super) fn server_said(args: &ServeArgs, said: ServerReportCounts, history: &Path) -> String {
    let rows = |rows: u64| count(rows, "row");
    let rest =
        said.at_rest.map_or_else(|| "no rows at rest".to_owned(), |of| format!("{} at rest", rows(of)));
    let first = rows(said.rows);
    let commits = count(said.commits, "commit");
    let mut text = format!("your server reported {first} at the start, {commits} and {rest}\n");
    if said.at_rest.is_none() && args.backend.is_empty() {
        let words = [&args.scenario, history].map(|path| shell_word(&escape_path(path)));
        let mut again = format!("syncdyno judge {}", words.join(" "));
        args.variant.iter().for_each(|name| again += &format!(" --variant {}", shell_word(name)));
        args.set.iter().for_each(|set| again += &format!(" --set {}", shell_word(set)));
        text += &format!("with its rows at rest, as JSON or CSV: {again} --backend ENTITY=FILE\n");
    }
    if said.commits == 0 {
        text += "its commits say who changed what: POST them to /_syncdyno/observe, or pass its log \
                 with judge --audit (docs/real-apps.md)\n";
    }
    text
}

/// The warning about requests for test hooks that were sent to the wrong address; `None` if
/// `number` is 0.
pub(super) fn strays(number: u64) -> Option<String> {
    let sent = count(number, "request");
    let hook = "/d/NAME/_syncdyno/observe";
    let told = format!("{sent} to /observe went to your server, which does not know it: use {hook}\n");
    (number > 0).then_some(told)
}

/// The files with the final rows of entities. If the server itself reported the rows of an entity,
/// its file is left out and a note says this.
pub(super) fn files(args: &ServeArgs, history: &str) -> (Vec<(String, String)>, Vec<String>) {
    let lines = history.lines().rev().filter(|line| line.contains("\"backend\""));
    let lines = lines.filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let entities = lines.filter(|line| line["kind"] == "backend");
    let said: Vec<String> = entities.filter_map(|line| line["entity"].as_str().map(str::to_owned)).collect();
    let (over, read): (Vec<_>, Vec<_>) = args.backend.iter().cloned().partition(|(of, _)| said.contains(of));
    let notes = over.iter().map(|(of, file)| {
        let file = escape_control(file);
        format!("note: {file} is not read, because your server reported its rows of `{of}` at rest itself\n")
    });
    (read, notes.collect())
}
