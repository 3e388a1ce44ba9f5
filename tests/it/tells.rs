//! What an engine must report; an engine that does not report what it promised is found.

use std::path::Path;
use std::rc::Rc;

use syncdyno::contract::{
    AppliedChange, Capabilities, EngineEvent, EventSink, Merge, Shown, Stack, Stamp, Status,
};
use syncdyno::oracle::{HEARING, check_names, finding_of, needs_no_event};
use syncdyno::world::Outcome;

use crate::tiny_stack::{CALM, around, run};
use crate::worlds::{trouble, value};

/// What an engine of the tiny stack leaves out, or adds.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Says {
    All,
    NoStamps,
    NoRows,
    NotDone,
    NoRequests,
    /// Everything, and once that nothing runs.
    Status,
}

struct Heard(Rc<dyn EventSink>, Says);

impl EventSink for Heard {
    fn emit(&self, event: EngineEvent<'_>) {
        match (self.1, event) {
            (Says::NoStamps, EngineEvent::ChunkApplied { unit, changes, echoed, took }) => {
                let undated = changes.iter().map(|change| AppliedChange { stamp: Stamp(0), ..*change });
                let changes = &undated.collect::<Vec<_>>();
                self.0.emit(EngineEvent::ChunkApplied { unit, changes, echoed, took });
            }
            (Says::NoRows, EngineEvent::ChunkApplied { unit, echoed, took, .. }) => {
                self.0.emit(EngineEvent::ChunkApplied { unit, changes: &[], echoed, took });
            }
            (Says::NotDone, EngineEvent::EditAcknowledged { .. }) => {}
            (
                Says::NoRequests,
                EngineEvent::RequestSent { .. }
                | EngineEvent::ResponseReceived { .. }
                | EngineEvent::RequestFailed { .. }
                | EngineEvent::RequestRefused { .. },
            ) => {}
            (_, event) => self.0.emit(event),
        }
    }
}

/// The tiny stack with these reports and promises.
fn saying(says: Says, promised: Capabilities) -> Outcome {
    let stack: Stack = around(move |open, _, mut ports| {
        ports.events = Rc::new(Heard(ports.events, says));
        if says == Says::Status {
            ports.emit(EngineEvent::Status(Status { state: Shown::Idle, pending: 0 }));
        }
        open(ports)
    });
    run(stack.promises(promised), CALM, &["expect={}"]).1
}

const PROMISED: Capabilities = Capabilities { logs: false, status: false, ..Capabilities::ALL };

fn empty(says: Says, promised: Capabilities) -> u64 {
    value(&saying(says, promised), "oracle.empty_report.count")
}

#[test]
fn an_engine_that_never_tells_what_it_promised_is_found() {
    assert_eq!(trouble(&saying(Says::All, PROMISED)), Vec::<String>::new());
    for says in [Says::NoStamps, Says::NoRows, Says::NotDone, Says::NoRequests] {
        let found = empty(says, PROMISED);
        assert!(found > 0, "{says:?}");
    }
    let status = Capabilities { status: true, ..PROMISED };
    assert_eq!(empty(Says::All, status), 6, "each phone ran units and showed nothing");
    assert_eq!(empty(Says::Status, status), 0);
}

#[test]
fn an_engine_may_be_silent_of_what_it_did_not_promise() {
    let acknowledges = Capabilities { acknowledges: false, ..PROMISED };
    assert_eq!(empty(Says::NotDone, acknowledges), 0);
    let stamps = Capabilities { stamps: false, ..PROMISED };
    assert_eq!((empty(Says::NoStamps, stamps), empty(Says::NoRows, stamps)), (0, 0));
    let nothing = saying(Says::NoRows, Capabilities { merge: Merge::Drops, ..Capabilities::NONE });
    assert!(nothing.not_applicable.contains(&"empty-report"), "{:?}", nothing.not_applicable);
}

const PAGE: &str = "docs/own-engine.md";
const HEAD: &str = "| your engine reports | when | for the checks | if it does not |\n|---|---|---|---|\n";

fn table() -> String {
    let code = |names: Vec<&str>| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let line = |line: &syncdyno::oracle::Hearing| {
        let (events, checks) = (code(line.events.to_vec()), code(line.checks().collect()));
        format!("| {events} | {} | {checks} | {} |\n", line.says, line.found)
    };
    let lines: String = HEARING.iter().map(line).collect();
    let rest = code(needs_no_event().collect());
    format!("{HEAD}{lines}\nNo event of an engine is needed for {rest}.\n")
}

#[test]
fn the_page_says_which_events_each_check_needs() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE);
    let page = std::fs::read_to_string(&path).expect("it is there");
    let from = page.find(HEAD).expect("the table is there");
    let end = "\nNo event of an engine is needed for ";
    let until = from + page[from..].find(end).expect("and the line behind it") + 1;
    let until = page[until..].find("\n\n").map_or(page.len(), |at| until + at + 1);
    let told: String = page[from..until].split_whitespace().collect::<Vec<_>>().join(" ");
    let right = table().split_whitespace().collect::<Vec<_>>().join(" ");
    if std::env::var_os("SYNCDYNO_BLESS").is_some() {
        std::fs::write(&path, format!("{}{}{}", &page[..from], wrapped(&table()), &page[until..]))
            .expect("it can be");
    } else {
        assert_eq!(told, right, "SYNCDYNO_BLESS=1 writes the table of {PAGE} again");
    }
}

/// Wraps prose at 100 columns; tables stay.
fn wrapped(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let mut width = 0;
        for word in line.split(' ') {
            let is_table = line.starts_with('|');
            if width > 0 && !is_table && width + 1 + word.len() > 100 {
                (width, out) = (0, out + "\n");
            }
            let space = if width > 0 { " " } else { "" };
            out = out + space + word;
            width += space.len() + word.len();
        }
        out.push('\n');
    }
    out
}

#[test]
fn every_check_of_an_engine_is_in_the_table_or_needs_no_event() {
    let hears: Vec<&str> = HEARING.iter().flat_map(|line| line.checks()).chain(needs_no_event()).collect();
    let of_others = ["missing", "delivered-twice", "outdated", "kept-deleted"];
    for check in check_names() {
        assert_eq!(hears.contains(&check), !of_others.contains(&check), "{check}");
    }
}

#[test]
fn the_page_on_reports_says_of_each_check_what_it_finds() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reading-reports.md");
    let page = std::fs::read_to_string(&path).expect("it is there");
    for check in check_names() {
        let line = format!("| `{check}` | {} |\n", finding_of(check).expect("it is a check"));
        assert_eq!(page.matches(&line).count(), 1, "{line}");
    }
}
