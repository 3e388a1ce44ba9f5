//! Packet-delivery traces that links replay.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read as _};
use std::path::Path;
use std::sync::Arc;

use super::file;
use crate::base::{Digest, inert_path};
use crate::config::diagnostic::{Diagnostic, Place, Source};
use crate::config::tree::{Node, Val, Via};
use crate::config::view::View;
use crate::net::{Trace, TraceError};

const LINE_READ: u64 = 1_000;

#[derive(Debug, Default)]
pub(super) struct Traces(BTreeMap<String, Arc<Trace>>);

impl Traces {
    pub(super) fn read(tree: &Node, dir: Option<&Path>, out: &mut Vec<Diagnostic>) -> Traces {
        let mut traces = Traces::default();
        for (_, link) in View::new(tree).at("link").entries() {
            for (_, named) in link.at("trace").entries() {
                let file = named.text();
                // The check reports a value that is not a text.
                if !matches!(named.value(), Some(Val::Text(_))) || traces.0.contains_key(file) {
                    continue;
                }
                let path = dir.map_or_else(|| Path::new(file).to_owned(), |dir| dir.join(file));
                let read = file::open(&path, file::Named::InFile).map_err(TraceError::from);
                match read.and_then(|source| Trace::read(BufReader::new(source))) {
                    Ok(trace) => {
                        traces.0.insert(file.to_owned(), Arc::new(trace));
                    }
                    Err(error) => out.push(told(&path, &error, named.place())),
                }
            }
        }
        traces
    }

    pub(super) fn get(&self, file: &str) -> Option<Arc<Trace>> {
        self.0.get(file).cloned()
    }
    pub(super) fn files(&self) -> impl Iterator<Item = &String> {
        self.0.keys()
    }
    pub(super) fn digest(&self, digest: &mut Digest) {
        for (file, trace) in &self.0 {
            digest.text(file);
            trace.digest(digest);
        }
    }
}

/// Reports a link with both a trace and a rate. The rate is dropped if a profile or default brought
/// it, or if a variant or `--set` alone chose the trace.
pub(super) fn in_place_of_rates(tree: &mut Node, out: &mut Vec<Diagnostic>) {
    let links =
        tree.table_mut().and_then(|root| root.get_mut("link")).and_then(|links| links.node.table_mut());
    for (name, link) in links.into_iter().flatten() {
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
            let title = format!("`link.{name}` replays a trace, so this rate has no effect");
            let help =
                format!("leave out `{way}` or `trace.{way}`; to compare both, let a variant set the trace");
            out.push(Diagnostic::new(rate.origin.place.clone(), title).help(help));
        }
    }
}

/// A mistake at its line of the trace, or where the scenario names the file.
fn told(path: &Path, error: &TraceError, named: Option<Place>) -> Diagnostic {
    let Some(line) = error.line else {
        return Diagnostic::new(named, format!("cannot use the trace {}: {error}", inert_path(path)));
    };
    let text = line_of(path, line);
    let span = 0..text.len();
    let source = Arc::new(Source { name: inert_path(path), text, first_line: line as usize });
    Diagnostic::new(Some(Place { source, span }), error.to_string())
        .help("one line per packet: the milliseconds since the start, ascending")
}

fn line_of(path: &Path, line: u64) -> String {
    let Ok(source) = file::open(path, file::Named::InFile) else { return String::new() };
    let (mut source, mut text) = (BufReader::new(source), Vec::new());
    // All lines before it are numbers, but this one may never end.
    for _ in 0..line {
        text.clear();
        if (&mut source).take(LINE_READ).read_until(b'\n', &mut text).is_err() {
            return String::new();
        }
    }
    String::from_utf8_lossy(&text).trim_start_matches('\u{feff}').trim_end().chars().take(80).collect()
}
