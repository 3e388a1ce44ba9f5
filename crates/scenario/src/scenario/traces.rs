//! Packet-delivery traces: recorded times of packets that links replay.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read as _};
use std::path::Path;
use std::sync::Arc;

use super::file;
use crate::base::escape_path;
use crate::config::diagnostic::{Diagnostic, Place, Source};
use crate::config::tree::{Node, Val, Via};
use crate::config::view::View;
use crate::net::Trace;

const LINE_READ: u64 = 1_000;

/// The traces, by the name of their file in `link`.
pub(super) type Traces = BTreeMap<String, Arc<Trace>>;

pub(super) fn read_traces(tree: &Node, dir: Option<&Path>, out: &mut Vec<Diagnostic>) -> Traces {
    let mut traces = Traces::new();
    let links = View::new(tree).at("link").entries();
    for (_, named) in links.flat_map(|(_, link)| link.at("trace").entries()) {
        let file = named.text();
        // The check reports a value that is not a text.
        if !matches!(named.value(), Some(Val::Text(_))) || traces.contains_key(file) {
            continue;
        }
        let path = dir.map_or_else(|| Path::new(file).to_owned(), |dir| dir.join(file));
        let read = |source| Trace::read(BufReader::new(source)).map_err(|e| (e.line, e.to_string()));
        let source = file::open(&path, file::Named::InFile);
        match source.map_err(|e| (None, format!("the file cannot be read: {e}"))).and_then(read) {
            Ok(trace) => drop(traces.insert(file.to_owned(), Arc::new(trace))),
            Err((line, why)) => out.push(told(&path, line, &why, named.place())),
        }
    }
    traces
}

/// Reports a link that has both a trace and a rate. In two cases the rate is dropped without a
/// report: a profile or a default set the rate, or a variant or `--set` set only the trace.
pub(super) fn drop_traced_rates(tree: &mut Node, out: &mut Vec<Diagnostic>) {
    for (name, link) in tree.get_mut(&["link"]).and_then(Node::table_mut).into_iter().flatten() {
        for way in ["down", "up"] {
            let (trace, rate) = (link.node.get(&["trace", way]), link.node.get(&[way]));
            let sound = trace.zip(rate).filter(|(trace, rate)| trace.is_sound() && rate.is_sound());
            let Some((trace, rate)) = sound else { continue };
            let (chosen, written) = (&trace.origin.via, &rate.origin.via);
            let brought = matches!(written, Via::Profile { .. } | Via::Default);
            if brought || matches!(chosen, Via::Variant(_) | Via::Set) && chosen != written {
                if let Some(link) = link.node.table_mut() {
                    link.remove(way);
                }
                continue;
            }
            let title = format!("`link.{name}` replays a trace: this rate has no effect");
            let help =
                format!("leave out `{way}` or `trace.{way}`; to compare both, let a variant set the trace");
            out.push(Diagnostic::new(rate.origin.place.clone(), title).help(help));
        }
    }
}

/// A mistake at its line of the trace. Without a line, at the place where the scenario names the
/// file.
fn told(path: &Path, line: Option<u64>, why: &str, named: Option<Place>) -> Diagnostic {
    let Some(line) = line else {
        return Diagnostic::new(named, format!("cannot use the trace {}: {why}", escape_path(path)));
    };
    let text = line_of(path, line);
    let span = 0..text.len();
    let source = Arc::new(Source { name: escape_path(path), text, first_line: line as usize });
    Diagnostic::new(Some(Place { source, span }), why)
        .help("write one line per packet: its time in milliseconds since the start, in ascending order")
}

fn line_of(path: &Path, line: u64) -> String {
    let Ok(source) = file::open(path, file::Named::InFile) else { return String::new() };
    let (mut source, mut text) = (BufReader::new(source), Vec::new());
    // All earlier lines are numbers, but this line may have no end, so the read is limited.
    for _ in 0..line {
        text.clear();
        if (&mut source).take(LINE_READ).read_until(b'\n', &mut text).is_err() {
            return String::new();
        }
    }
    String::from_utf8_lossy(&text).trim_start_matches('\u{feff}').trim_end().chars().take(80).collect()
}
