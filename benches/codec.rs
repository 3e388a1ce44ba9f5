//! The cost of coding: each format and compression, and also the third-party crates alone.
//!
//! Each job writes and reads a page of 500 rows, in turn with the others, on one core with reused
//! state. A row has 7 columns: keys, dates, numbers, a status, and remarks in English prose. The
//! result is the lower quartile of many short turns, because other processes did not disturb these
//! turns. It is printed in MB/s before compression and in ns per byte, together with the extra time
//! of the median turn. The last lines are constants for `protocol/coding.rs`.

#![allow(clippy::print_stdout, reason = "a bench prints what it found")]
#![allow(clippy::disallowed_types, reason = "a bench reads the wall clock")]

use std::cell::RefCell;
use std::hint::black_box;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use syncdyno::base::{EntityId, Stamp, Value};
use syncdyno::protocol::{Asked, Codec, Coding, NAMES, Packing, Projected, named, packed};

/// The allocator of the syncdyno program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const ROWS: usize = 500;
/// The minimum duration of a turn, and the number of turns of each job.
const TURN: Duration = Duration::from_millis(6);
const TURNS: usize = 60;
/// Real English text, from a file that does not change.
const PROSE: &str = include_str!("../LICENSE-APACHE");
const STAMP: i64 = 1_772_434_800_000_000;

/// A row in the form that serde's derive encodes: its key, its stamp, its values.
#[derive(Serialize, Deserialize)]
struct Typed<'a>(&'a str, i64, &'a str, &'a str, i64, i64, f64, &'a str, &'a str);

type Row = (String, Vec<Value>);

fn rows() -> Vec<Row> {
    let words: Vec<&str> = PROSE.split_whitespace().filter(|word| word.len() < 14).collect();
    let mut state = 88_172_645_463_325_252_u64;
    let mut next = |below: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % below
    };
    let row = |_| {
        let id = |n: u64| format!("{n:016x}{:016x}", n.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let (key, other) = (id(next(u64::MAX)), id(next(100)));
        let mut prose = |count: usize| {
            let from = next((words.len() - count) as u64) as usize;
            words[from..from + count].join(" ").replace(['"', '\\', '<', '>', '&'], "")
        };
        let (title, remark) = (prose(4), prose(12));
        let status = ["planned", "open", "done"][next(3) as usize];
        let values = vec![
            Value::text(&other),
            Value::text(status),
            Value::Int(STAMP + next(40_000) as i64 * 900_000_000),
            Value::Int(next(120) as i64),
            Value::Real(next(100_000) as f64 / 100.0),
            Value::text(&title),
            Value::text(&remark),
        ];
        (key, values)
    };
    (0..ROWS).map(row).collect()
}

fn typed((key, values): &Row) -> Typed<'_> {
    match &values[..] {
        [
            Value::Text(other),
            Value::Text(status),
            Value::Int(at),
            Value::Int(minutes),
            Value::Real(price),
            Value::Text(title),
            Value::Text(remark),
        ] => Typed(key, STAMP, other, status, *at, *minutes, *price, title, remark),
        other => unreachable!("rows are made above: {other:?}"),
    }
}

fn page(codec: Codec, rows: &[Row]) -> Vec<u8> {
    const COLUMNS: [usize; 7] = [0, 1, 2, 3, 4, 5, 6];
    let mut writer = codec.pages(Asked(STAMP));
    writer.begin_page(EntityId(1));
    for (key, values) in rows {
        writer.row(key, Stamp(STAMP), Some(Projected { values, columns: &COLUMNS }));
    }
    writer.end_page("1772434800000000,a", true);
    writer.finish()
}

fn read(codec: Codec, bytes: &[u8]) -> usize {
    let opened = codec.open(bytes.to_vec()).expect("it was packed here");
    codec.decode_answer(&opened).expect("it was written here").expect("it says yes").pages[0].rows.len()
}

/// A measured job: its name, its bytes, its goal in MB/s, and a function that runs it once.
struct Job<'j> {
    name: String,
    bytes: usize,
    goal: Option<u32>,
    run: Box<dyn FnMut() -> usize + 'j>,
    /// The seconds per run, one value per turn.
    took: Vec<f64>,
}

fn job<'j>(
    name: impl Into<String>,
    bytes: usize,
    goal: Option<u32>,
    run: impl FnMut() -> usize + 'j,
) -> Job<'j> {
    Job { name: name.into(), bytes, goal, run: Box::new(run), took: Vec::new() }
}

/// The jobs of our codecs.
fn ours(rows: &[Row]) -> Vec<Job<'_>> {
    let mut jobs = Vec::new();
    for &name in NAMES {
        let plain = named(name).expect("it is listed");
        let bytes = page(plain, rows);
        let goals = match name {
            "json" => [Some(1_000), Some(500)],
            "xml" => [Some(500), Some(250)],
            _ => [None, None],
        };
        let size = bytes.len();
        jobs.push(job(format!("{name} out"), size, goals[0], move || page(plain, rows).len()));
        jobs.push(job(format!("{name} in"), size, goals[1], move || read(plain, &bytes)));
        for (word, packing) in [("gzip", Packing::Gzip), ("zstd", Packing::Zstd)] {
            let codec = packed(name, Coding { packing, ..Coding::default() }).expect("it is listed");
            let bytes = page(codec, rows);
            println!("{name} by {word}: {:.2} to 1", size as f64 / bytes.len() as f64);
            jobs.push(job(format!("{name} {word} out"), size, None, move || page(codec, rows).len()));
            jobs.push(job(format!("{name} {word} in"), size, None, move || read(codec, &bytes)));
        }
    }
    jobs
}

/// The jobs of the third-party crates alone, with the same bytes.
fn crates<'j>(json: &'j [u8], xml: &'j [u8], typed: &'j [Typed<'j>]) -> Vec<Job<'j>> {
    let array = serde_json::to_vec(typed).expect("rows are JSON");
    let mut gzip = flate2::Compress::new(flate2::Compression::new(7), false);
    let zstd = RefCell::new(zstd::bulk::Compressor::new(1).expect("the level exists"));
    let mut unzstd = zstd::bulk::Decompressor::new().expect("there is memory");
    let packed = zstd.borrow_mut().compress(json).expect("there is room");
    let size = array.len();
    vec![
        job("serde_json, typed rows out", size, Some(1_000), move || {
            serde_json::to_vec(typed).expect("rows are JSON").len()
        }),
        job("serde_json, typed rows in", size, Some(500), move || {
            serde_json::from_slice::<Vec<Typed<'_>>>(&array).expect("rows are JSON").len()
        }),
        job("quick-xml, its events", xml.len(), None, move || {
            let mut reader = quick_xml::Reader::from_reader(xml);
            let mut events = 0;
            while !matches!(reader.read_event(), Ok(quick_xml::events::Event::Eof) | Err(_)) {
                events += 1;
            }
            events
        }),
        job("flate2 at 7 out", json.len(), Some(60), move || {
            gzip.reset();
            let mut out = Vec::with_capacity(json.len());
            gzip.compress_vec(json, &mut out, flate2::FlushCompress::Finish).expect("there is room");
            out.len()
        }),
        job("zstd at 1 out", json.len(), Some(400), move || {
            zstd.borrow_mut().compress(json).expect("there is room").len()
        }),
        job("zstd in", json.len(), None, move || {
            unzstd.decompress(&packed, json.len()).expect("there is room").len()
        }),
    ]
}

/// Measures all jobs. They take turns.
fn measure(jobs: &mut [Job<'_>]) {
    let enough = |job: &mut Job<'_>| {
        let start = Instant::now();
        let pages = std::iter::repeat_with(|| black_box((job.run)())).take_while(|_| start.elapsed() < TURN);
        pages.count() + 1
    };
    let pages: Vec<usize> = jobs.iter_mut().map(enough).collect();
    for _ in 0..TURNS {
        for (job, pages) in jobs.iter_mut().zip(&pages) {
            let start = Instant::now();
            for _ in 0..*pages {
                black_box((job.run)());
            }
            job.took.push(start.elapsed().as_secs_f64() / *pages as f64);
        }
    }
    println!("{:<28} {:>8} {:>8} {:>8} {:>8}", "", "MB/s", "ns/byte", "median", "goal");
    for job in jobs {
        job.took.sort_by(f64::total_cmp);
        let (quartile, median) = (job.took[TURNS / 4], job.took[TURNS / 2]);
        let rate = job.bytes as f64 / quartile / 1e6;
        let goal = job.goal.map_or_else(String::new, |goal| goal.to_string());
        let missed = if job.goal.is_some_and(|goal| rate < f64::from(goal)) { " missed" } else { "" };
        let (cost, more) = (job.picoseconds() / 1e3, (median / quartile - 1.0) * 100.0);
        println!("{:<28} {rate:>8.0} {cost:>8.2} {more:>7.0}% {goal:>8}{missed}", job.name);
    }
}

impl Job<'_> {
    /// Picoseconds per byte.
    fn picoseconds(&self) -> f64 {
        self.took[TURNS / 4] * 1e12 / self.bytes as f64
    }
}

/// Prints the constants for the files of formats and for `protocol/coding.rs`: the cost of each
/// format, and of compression for JSON.
fn costs(jobs: &[Job<'_>]) {
    let cost = |name: &str| jobs.iter().find(|job| job.name == name).expect("it was measured").picoseconds();
    for format in NAMES {
        let [written, read] = ["out", "in"].map(|way| cost(&format!("{format} {way}")));
        let name = format.to_uppercase();
        println!("{name}: Costs = Costs {{ written: {written:.0}, read: {read:.0} }}");
    }
    for packer in ["gzip", "zstd"] {
        let beside = |way| cost(&format!("json {packer} {way}")) - cost(&format!("json {way}"));
        let [written, read] = ["out", "in"].map(beside);
        let name = packer.to_uppercase();
        println!("{name}: Costs = Costs {{ written: {written:.0}, read: {read:.0} }}");
    }
}

fn main() {
    let rows = rows();
    let [json, xml] = ["json", "xml"].map(|name| page(named(name).expect("it is listed"), &rows));
    let typed: Vec<Typed<'_>> = rows.iter().map(typed).collect();
    let mut jobs = ours(&rows);
    jobs.extend(crates(&json, &xml, &typed));
    // Without `--bench`, the program only tests that each job runs.
    if std::env::args().any(|argument| argument == "--bench") {
        measure(&mut jobs);
        costs(&jobs);
    } else {
        jobs.iter_mut().for_each(|job| assert!((job.run)() > 0, "{}", job.name));
    }
}
