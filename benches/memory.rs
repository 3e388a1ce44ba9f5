//! The memory of a device, and the time to open a closed database again.
//!
//! Each figure is the resident memory of a process with 2 000 devices, minus that of a process with
//! 1 device, divided by the number of devices. Both have the same world (simulation) and backend
//! rows. The figure includes database pages, engine, link, disk, script, oracle (the judge) and
//! metrics. It is measured at 3 times: while each device waits for its login, when each has pulled
//! its own 500 rows and is idle, and when each has also edited 20 of them. A fourth figure is from
//! a world in which all apps run but nobody logs in.

#![allow(clippy::print_stdout, reason = "a bench prints what it found")]
#![allow(clippy::disallowed_types, reason = "a bench reads the wall clock")]

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::{Arc, Mutex};

#[path = "support/stopwatch.rs"]
mod stopwatch;

use syncdyno::base::Cell;
use syncdyno::base::{EntityId, Span, Stamp, Time, UnitId};
use syncdyno::contract::Schema;
use syncdyno::disk::{self, Disk};
use syncdyno::scenario::{Document, Plan, Request};
use syncdyno::store::Store;
use syncdyno::world::{self, Ending, Stacks, Watch};

use stopwatch::Stopwatch;

const DEVICES: u32 = 2_000;
const ROWS: u32 = 500;
/// The times of the measurements: before the first login, before the first edit, and at the end.
const LOOKS: [Span; 3] = [Span::secs(600), Span::secs(2_350), Span::secs(3_300)];

/// A world of `people`, of whom `devices` have a device. They log in after 20 minutes, or never.
fn scenario(people: u32, devices: u32, logs_in: bool) -> String {
    let login = if logs_in { "+20m" } else { "+10h" };
    format!(
        r#"
name = "memory"
duration = "1h"

[entity.task]
rows = {rows}
deleted_daily = 0
scope = {{ person = "device.person" }}
[entity.task.schema]
id = "uuid key"
person = "text"
title = "text 10..40"
state = "one of open|done"
due = "timestamp"
minutes = "int 0..600"
remark = "text 20..100"

[fleet.phones]
devices = {devices}
attributes = {{ person = {people} }}

[unit.All]
on = ["login", "online"]
pull = ["task"]
push = ["task"]
blocking = true

[engine.pull]
chunk_rows = 100
apply_rows = 100

[workload]
resumes_per_hour = 0
login.all = {{ share = 1, at = "{login}", spread = "3m" }}

[action.tick-off]
entity = "task"
kind = "update"
columns = ["state"]
per_device = 0

[event.edits]
at = "+40m"
edits = {{ action = "tick-off", count = 20, over = "1m" }}
"#,
        rows = people * ROWS,
    )
}

fn plan(text: &str) -> Plan {
    let document = Document::parse("memory.toml", text).expect("the scenario is TOML");
    let engines = Stacks::builtin();
    let plans = document.plans(&Request::default(), &engines.described());
    plans.unwrap_or_else(|invalid| panic!("{}", invalid.render(false))).remove(0)
}

/// Measures the memory of this process during a run.
#[derive(Default)]
struct Look(Mutex<BTreeMap<Span, u64>>);

impl Watch for Look {
    fn progress(&self, now: Time, _: Span) {
        let mut seen = self.0.lock().expect("one thread");
        for at in LOOKS {
            if now.since(Time::ZERO) >= at {
                seen.entry(at).or_insert_with(resident);
            }
        }
    }
    fn interrupted(&self) -> bool {
        false
    }
}

/// The resident bytes of this process; 0 if the system does not report them.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok());
    kib.unwrap_or(0) * 1024
}

fn run(people: u32, devices: u32, logs_in: bool) -> [u64; 3] {
    let look = Look::default();
    let plan = plan(&scenario(people, devices, logs_in));
    let outcome = world::run(&plan, &Stacks::builtin(), &look).expect("the plan can be run");
    assert_eq!(outcome.ending, Ending::Drained);
    let pulled = outcome.figures["engine.pull.rows"].stat("value").expect("a counter has a value");
    // At the end, every device has pulled everything. Before, only devices with a login pull; they
    // also pull their own edits.
    assert!(pulled >= u64::from(devices * ROWS), "{pulled} rows pulled");
    let seen = look.0.into_inner().expect("one thread");
    LOOKS.map(|at| seen[&at])
}

/// Runs the world in a new process, whose allocator has not been used.
fn run_apart(devices: u32, logs_in: bool) -> [u64; 3] {
    let this = std::env::current_exe().expect("a bench has a file");
    let output = Command::new(this)
        .args(["--world", &devices.to_string(), if logs_in { "login" } else { "none" }])
        // The memory that was needed to build a world is returned to the system before its devices
        // grow.
        .env("MALLOC_MMAP_THRESHOLD_", "65536")
        .output()
        .expect("the bench starts itself");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("numbers are ASCII");
    let numbers: Vec<u64> = text.split_whitespace().map(|n| n.parse().expect("a number")).collect();
    numbers.try_into().expect("a number a look")
}

fn measure() {
    let (one, all) = (run_apart(1, true), run_apart(DEVICES, true));
    let (one_running, all_running) = (run_apart(1, false), run_apart(DEVICES, false));
    for (what, one, all) in [
        ("installed (goal 32)", one[0], all[0]),
        ("running without a session (goal 32)", one_running[0], all_running[0]),
        ("with 500 rows of its own (goal 160)", one[1], all[1]),
        ("with 20 of them edited, what the oracle notes of it and all", one[2], all[2]),
    ] {
        let bytes = all.saturating_sub(one) as f64 / f64::from(DEVICES - 1);
        println!("memory of a device, {what}: {:.1} KB", bytes / 1e3);
    }
}

/// Measures how much longer a read takes on a closed database than on an open one.
fn bring_back() {
    const TIMES: u32 = 2_000;
    let schema: Arc<Schema> = plan(&scenario(1, 1, true)).schema.clone();
    let disk = Disk::new(disk::DiskOptions::default());
    let database = disk.location("app.db");
    let store =
        Store::open(&database, schema, &syncdyno::store::StoreOptions::default()).expect("a fresh disk");
    let filled = store.transaction(|tx| {
        (0..ROWS).try_for_each(|n| {
            let cells = [0; 6].map(|_| Cell::Text("some twenty letters.".into()));
            tx.put(EntityId(0), &n.to_string(), Stamp(1), 0, Stamp(1), &cells).map(drop)
        })
    });
    filled.expect("a disk with power takes rows");
    let took = [true, false].map(|rests| {
        let watch = Stopwatch::start();
        for _ in 0..TIMES {
            if rests {
                store.rest();
            }
            store.read(|tx| tx.progress(UnitId(0), EntityId(0))).expect("a disk with power is read");
        }
        watch.read().as_secs_f64() * 1e6 / f64::from(TIMES)
    });
    println!("a closed database is back in {:.0} µs", took[0] - took[1]);
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.iter().position(|argument| argument == "--world") {
        Some(at) => {
            let devices = arguments[at + 1].parse().expect("a number of devices");
            let seen = run(DEVICES, devices, arguments[at + 2] == "login");
            println!("{}", seen.map(|bytes| bytes.to_string()).join(" "));
        }
        None if arguments.iter().any(|argument| argument == "--bench") => {
            bring_back();
            measure();
        }
        // This run only tests that the bench works.
        None => _ = run(5, 5, true),
    }
}
