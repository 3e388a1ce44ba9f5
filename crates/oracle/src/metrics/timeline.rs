//! Writes a simulation as a timeline, in the trace format of Perfetto and Chrome.

use std::collections::BTreeMap;

use crate::base::{DeviceId, Span, Time, Word};
use crate::contract::{Decision, EngineEvent, Event, HookEnd, KillReason, Node, Occurrence, RequestKind};

/// A listener that records slices with a start and an end (runs, requests, transactions, outages),
/// and marks for events without a duration.
///
/// Times are virtual, in microseconds with 3 decimals. The format is the array form of Chrome's
/// Trace Event Format. Keeps at most [`Timeline::EVENTS`] entries of about 150 bytes each, and
/// counts the entries that it leaves out.
#[derive(Debug, Default)]
pub struct Timeline {
    units: Vec<String>,
    text: String,
    kept: u64,
    left_out: u64,
    runs: BTreeMap<(DeviceId, u64), (usize, Time)>,
    shown: BTreeMap<DeviceId, (&'static str, Time)>,
    /// Links that are down, and since when; `None` is the backend's link.
    down: BTreeMap<Option<DeviceId>, Time>,
    workers: Vec<Time>,
}

#[derive(Clone, Copy)]
enum Track {
    App = 1,
    Sync = 2,
    Requests = 3,
    Details = 4,
    Database = 5,
    Link = 6,
    Hooks = 7,
    Status = 8,
}

const TRACKS: [(Track, &str); 8] = [
    (Track::App, "app and person"),
    (Track::Sync, "sync units"),
    (Track::Requests, "requests"),
    (Track::Details, "details on open"),
    (Track::Database, "database"),
    (Track::Link, "link down"),
    (Track::Hooks, "hooks of the app"),
    (Track::Status, "status shown"),
];

const BACKEND: u64 = 1;
const FIRST_DEVICE: u64 = 100;

impl Timeline {
    /// At most this many entries are kept.
    pub const EVENTS: u64 = 1_000_000;

    /// Makes a timeline for `devices` devices and these sync units.
    pub fn new(units: Vec<String>, devices: usize) -> Timeline {
        let mut timeline = Timeline { units, text: "[\n".to_owned(), ..Timeline::default() };
        timeline.name("process_name", BACKEND, 0, "backend");
        for device in 0..devices as u64 {
            let pid = FIRST_DEVICE + device;
            timeline.name("process_name", pid, 0, &format!("device d{device}"));
            for (track, name) in TRACKS {
                timeline.name("thread_name", pid, track as u64, name);
            }
        }
        timeline
    }

    /// Records an event.
    pub fn on(&mut self, occurrence: &Occurrence<'_>) {
        match occurrence.node {
            Node::Device(device) => self.on_device(device, occurrence.at, &occurrence.event),
            _ => self.elsewhere(occurrence.at, &occurrence.event),
        }
    }

    fn on_device(&mut self, device: DeviceId, at: Time, event: &Event<'_>) {
        match event {
            Event::Engine(EngineEvent::SyncStart { unit, run, .. }) => {
                self.runs.insert((device, *run), (usize::from(unit.0), at));
            }
            Event::Engine(EngineEvent::SyncComplete { run, .. }) => {
                self.run_ended(device, *run, at, "complete")
            }
            Event::Engine(EngineEvent::SyncError { run, error, .. }) => {
                self.run_ended(device, *run, at, &error.to_string())
            }
            Event::Engine(EngineEvent::ResponseReceived { request, kind, bytes, rows, took, .. }) => {
                let args = format!("\"request\":{request},\"bytes\":{bytes},\"rows\":{rows}");
                self.ended(device, track_of(*kind), kind.word(), at, *took, &args);
            }
            Event::Engine(EngineEvent::RequestFailed { request, kind, error, took, wasted }) => {
                let args = format!("\"request\":{request},\"wasted_bytes\":{wasted}");
                let name = format!("{}: {error}", kind.word());
                self.ended(device, track_of(*kind), &name, at, *took, &args);
            }
            Event::Engine(EngineEvent::RequestRefused { request, kind, error, took }) => {
                let name = format!("{}: {error}", kind.word());
                self.ended(device, track_of(*kind), &name, at, *took, &format!("\"request\":{request}"));
            }
            Event::Engine(EngineEvent::ChunkApplied { changes, took, .. }) => {
                let args = format!("\"rows\":{}", changes.len());
                self.ended(device, Track::Database, "apply", at, *took, &args);
            }
            Event::Engine(EngineEvent::Status(status)) => self.shows(device, at, Some(status.state.word())),
            Event::LinkDown => _ = self.down.entry(Some(device)).or_insert(at),
            Event::LinkUp => self.up_again(Some(device), at),
            Event::ProcessKilled { reason } => self.killed(device, at, *reason),
            Event::ProcessStarted { .. } => self.mark(device, Track::App, "process starts", at),
            Event::Usable { since_login, again: false } => {
                self.ended(device, Track::App, "login", at, *since_login, "");
            }
            Event::EditMade { .. } => self.mark(device, Track::App, "edit", at),
            Event::Engine(EngineEvent::UnitDiscarded { .. }) => {
                self.mark(device, Track::Sync, "unit discarded", at)
            }
            Event::Engine(EngineEvent::ConflictDecided { decision, .. }) => {
                let name = match decision {
                    Decision::Local => "conflict: ours",
                    Decision::Remote => "conflict: theirs",
                    Decision::Same => "conflict: the same",
                    Decision::Merged { .. } => "conflict: merged",
                    Decision::Both { .. } => "conflict: both",
                    Decision::Parked => "conflict: open",
                };
                self.mark(device, Track::Sync, name, at);
            }
            Event::Engine(EngineEvent::CursorReset { .. }) => {
                self.mark(device, Track::Sync, "cursor reset", at)
            }
            Event::Engine(EngineEvent::HookEnded { hook, ended, took, .. }) => {
                let how = match ended {
                    HookEnd::Well => "ended",
                    HookEnd::Threw => "threw",
                    HookEnd::TimedOut => "given up",
                };
                let args = format!("\"ended\":{}", quoted(how));
                self.ended(device, Track::Hooks, hook.word(), at, *took, &args);
            }
            _ => {}
        }
    }

    fn elsewhere(&mut self, at: Time, event: &Event<'_>) {
        match event {
            Event::BackendAvailable(false) => _ = self.down.entry(None).or_insert(at),
            Event::BackendAvailable(true) => self.up_again(None, at),
            Event::BackendServed { kind, queued, service, rows, .. } => {
                let args = format!("\"rows\":{rows},\"queued_us\":{}", micros(queued.0));
                let from = at + *queued;
                let worker = self.worker(from, *service);
                self.slice(BACKEND, worker, kind.word(), from, *service, &args);
            }
            _ => {}
        }
    }

    /// The first free row of the backend's part of the picture. Slices in one row must not overlap.
    fn worker(&mut self, from: Time, service: Span) -> u64 {
        let free = self.workers.iter().position(|until| *until <= from);
        let worker = free.unwrap_or_else(|| {
            self.workers.push(Time::ZERO);
            self.workers.len() - 1
        });
        self.workers[worker] = from + service;
        let row = worker as u64 + 1;
        if free.is_none() {
            self.name("thread_name", BACKEND, row, &format!("worker {row}"));
        }
        row
    }

    fn run_ended(&mut self, device: DeviceId, run: u64, at: Time, how: &str) {
        let Some((unit, start)) = self.runs.remove(&(device, run)) else { return };
        let name = self.units.get(unit).cloned().unwrap_or_default();
        let args = format!("\"run\":{run},\"ended\":{}", quoted(how));
        self.ended(device, Track::Sync, &name, at, at.since(start), &args);
    }

    fn shows(&mut self, device: DeviceId, at: Time, state: Option<&'static str>) {
        if self.shown.get(&device).map(|(before, _)| *before) == state {
            return;
        }
        let before = match state {
            Some(state) => self.shown.insert(device, (state, at)),
            None => self.shown.remove(&device),
        };
        if let Some((before, since)) = before {
            self.ended(device, Track::Status, before, at, at.since(since), "");
        }
    }

    fn killed(&mut self, device: DeviceId, at: Time, reason: KillReason) {
        self.shows(device, at, None);
        let open: Vec<u64> =
            self.runs.range((device, 0)..=(device, u64::MAX)).map(|((_, run), _)| *run).collect();
        open.into_iter().for_each(|run| self.run_ended(device, run, at, "killed"));
        let name = match reason {
            KillReason::Killed => "app killed",
            KillReason::PowerLoss => "power lost",
            KillReason::LowMemory => "killed for memory",
            KillReason::BigRow => "died of a large row",
        };
        self.mark(device, Track::App, name, at);
    }

    fn up_again(&mut self, whose: Option<DeviceId>, at: Time) {
        let Some(since) = self.down.remove(&whose) else { return };
        match whose {
            Some(device) => self.ended(device, Track::Link, "down", at, at.since(since), ""),
            None => self.slice(BACKEND, 0, "unavailable", since, at.since(since), ""),
        }
    }
    fn ended(&mut self, device: DeviceId, track: Track, name: &str, at: Time, took: Span, args: &str) {
        let from = Time(at.0.saturating_sub(took.0));
        self.slice(FIRST_DEVICE + u64::from(device.0), track as u64, name, from, took, args);
    }
    fn slice(&mut self, pid: u64, tid: u64, name: &str, from: Time, took: Span, args: &str) {
        let (name, from, took) = (quoted(name), micros(from.0), micros(took.0));
        self.keep(&format!(
            r#"{{"ph":"X","pid":{pid},"tid":{tid},"ts":{from},"dur":{took},"name":{name},"args":{{{args}}}}}"#
        ));
    }
    fn mark(&mut self, device: DeviceId, track: Track, name: &str, at: Time) {
        let (pid, tid) = (FIRST_DEVICE + u64::from(device.0), track as u64);
        let (name, at) = (quoted(name), micros(at.0));
        self.keep(&format!(r#"{{"ph":"i","s":"t","pid":{pid},"tid":{tid},"ts":{at},"name":{name}}}"#));
    }
    fn name(&mut self, what: &str, pid: u64, tid: u64, name: &str) {
        let name = quoted(name);
        let entry =
            format!(r#"{{"ph":"M","pid":{pid},"tid":{tid},"name":"{what}","args":{{"name":{name}}}}}"#);
        self.text.push_str(&entry);
        self.text.push_str(",\n");
    }
    fn keep(&mut self, entry: &str) {
        if self.kept == Self::EVENTS {
            self.left_out += 1;
            return;
        }
        self.kept += 1;
        self.text.push_str(entry);
        self.text.push_str(",\n");
    }

    /// The trace as JSON, and the number of entries that were left out. Open slices end at `now`.
    pub fn finish(mut self, now: Time) -> (String, u64) {
        let open: Vec<(DeviceId, u64)> = self.runs.keys().copied().collect();
        open.into_iter().for_each(|(device, run)| self.run_ended(device, run, now, "in progress at the end"));
        let shown: Vec<DeviceId> = self.shown.keys().copied().collect();
        shown.into_iter().for_each(|device| self.shows(device, now, None));
        let down: Vec<Option<DeviceId>> = self.down.keys().copied().collect();
        down.into_iter().for_each(|whose| self.up_again(whose, now));
        self.text.truncate(self.text.trim_end_matches([',', '\n']).len());
        self.text.push_str("\n]\n");
        (self.text, self.left_out)
    }
}

fn track_of(kind: RequestKind) -> Track {
    if kind == RequestKind::Fetch { Track::Details } else { Track::Requests }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn micros(ns: u64) -> String {
    format!("{}.{:03}", ns / 1_000, ns % 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::UnitId;

    #[test]
    fn sessions_requests_and_outages_are_slices_of_virtual_time() {
        let device = DeviceId(3);
        let mut timeline = Timeline::new(vec!["Login \"A\"".to_owned()], 4);
        let mut tell = |at, node, event| timeline.on(&Occurrence { at: Time(at), node, event });
        let here = Node::Device(device);
        let unit = UnitId(0);
        tell(1_500, here, Event::Engine(EngineEvent::SyncStart { unit, run: 7, waited: Span(0) }));
        tell(2_000, here, Event::LinkDown);
        tell(2_500, here, Event::LinkDown);
        let (kind, took) = (RequestKind::Pull, Span(400));
        let answer = Event::Engine(EngineEvent::ResponseReceived {
            request: 1,
            kind,
            unit: Some(unit),
            bytes: 9,
            rows: 2,
            took,
        });
        tell(3_000, here, answer);
        tell(5_000, here, Event::LinkUp);
        tell(6_000, here, Event::ProcessKilled { reason: KillReason::Killed });
        tell(7_000, Node::Backend, Event::BackendAvailable(false));
        let (text, left_out) = timeline.finish(Time(9_001));
        let entries: Vec<serde_json::Value> = serde_json::from_str(&text).expect("it is JSON");
        let slices: Vec<(u64, &str, f64, f64)> = entries
            .iter()
            .filter(|entry| entry["ph"] == "X")
            .map(|entry| {
                let number = |key: &str| entry[key].as_f64().unwrap();
                (entry["pid"].as_u64().unwrap(), entry["name"].as_str().unwrap(), number("ts"), number("dur"))
            })
            .collect();
        let expected = [
            (103, "pull", 2.6, 0.4),
            (103, "down", 2.0, 3.0),
            (103, "Login \"A\"", 1.5, 4.5),
            (1, "unavailable", 7.0, 2.001),
        ];
        assert_eq!((slices.as_slice(), left_out), (expected.as_slice(), 0));
        let named = entries.iter().filter(|entry| entry["ph"] == "M").count();
        assert_eq!(named, 1 + 4 * (1 + TRACKS.len()));
    }
}
