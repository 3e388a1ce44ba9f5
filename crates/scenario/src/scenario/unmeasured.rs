//! Reports bounds, claims and questions on metrics that are not measured, because such a bound
//! would always hold.

use super::grammar::is_own_stack;
use crate::config::diagnostic::Diagnostic;
use crate::config::tree::Node;
use crate::config::view::View;

/// Each entry has prefixes of metrics, the key that enables their measurement, the value that
/// disables it, and a value that enables it.
const MEASURED: &[(&[&str], &str, &str, &str)] = &[
    (&["device.dangling."], "store.watch_references", "false", "true"),
    (&["oracle.stranger."], "store.watch_cursors", "false", "true"),
    (&["engine.status.", "oracle.status.", "oracle.wrong_status."], "engine.status", "false", "true"),
    (&["net.packets.", "net.connections."], "transport.protocol", "\"bare\"", "\"http/1.1\""),
];

/// Reports unmeasured metrics of a checked `tree`, and of the comparisons in `file` that use its
/// variant.
pub(super) fn unmeasured(tree: &Node, file: &Node, variant: Option<&str>) -> Vec<Diagnostic> {
    let (root, file) = (View::new(tree), View::new(file));
    let beside = ["question", "shows"].into_iter().flat_map(|table| file.at(table).entries());
    let halves = ["without", "with", "fails", "mends"];
    let beside = beside.filter(|(_, one)| halves.iter().any(|half| variant == Some(one.at(half).text())));
    let beside = beside.flat_map(|(name, one)| one.at("figure").entries().chain([(name, one)]));
    let metrics = root.at("gate").entries().chain(beside).map(|(_, one)| one.at("metric"));
    let expected = root.at("expect").entries().map(|(name, _)| (name, root.at("expect").name(name)));
    let told = |(metric, at): (&str, View<'_>)| {
        let begins = |of: &&[&str]| of.iter().any(|begin| metric.starts_with(begin));
        let (_, key, off, on) = MEASURED.iter().find(|(of, ..)| begins(of))?;
        let here = variant.map_or_else(String::new, |name| format!(" in variant `{name}`"));
        let title = format!("nothing measures `{metric}`{here}: `{key}` is {off}");
        let told = Diagnostic::new(at.place(), title).help(format!("set `{key} = {on}`"));
        (root.at(key).shown() == *off && !is_own_stack(root.at("engine.name"))).then_some(told)
    };
    metrics.map(|metric| (metric.text(), metric)).chain(expected).filter_map(told).collect()
}
