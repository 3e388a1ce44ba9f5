//! What coding costs: each format and packer, beside what the crates under them do alone.
//!
//! A page of 500 rows of seven columns (keys, dates, numbers, a status, remarks in English prose)
//! is written and read in turns by all; medians of the rounds are printed in megabytes a second of
//! what is coded, before packing, and as nanoseconds a byte, which `protocol/costs.rs` holds. All
//! state is reused, on one core.

#![allow(clippy::print_stdout, reason = "a bench prints what it found")]
#![allow(clippy::disallowed_types, reason = "a bench reads the wall clock")]

#[path = "support/stopwatch.rs"]
mod stopwatch;

use std::cell::RefCell;
use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput};
use serde::{Deserialize, Serialize};
use syncdyno::base::{EntityId, Stamp, Value};
use syncdyno::protocol::{Asked, Codec, Coding, NAMES, Packing, Projected, named, packed};

use stopwatch::Stopwatch;

const ROWS: usize = 500;
/// How long one measurement takes at least, and how often each is made.
const LONG: Duration = Duration::from_millis(60);
const ROUNDS: usize = 15;
/// Real text.
const PROSE: &str = include_str!("../docs/tuning.md");

/// The same row as serde's derive has it.
#[derive(Serialize, Deserialize)]
struct Typed<'a>(&'a str, i64, &'a str, &'a str, i64, i64, f64, &'a str, &'a str);

/// A key, and its values.
type Row = (String, Vec<Value>);

fn rows() -> Vec<Row> {
    let words: Vec<&str> =
        PROSE.split_whitespace().filter(|word| word.is_ascii() && word.len() < 14).collect();
    let mut state = 88_172_645_463_325_252_u64;
    let mut next = |below: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % below
    };
    (0..ROWS)
        .map(|_| {
            let id = |n: u64| format!("{n:016x}{:016x}", n.wrapping_mul(0x9e37_79b9_7f4a_7c15));
            let (key, other) = (id(next(u64::MAX)), id(next(100)));
            let mut prose = |count: u64| {
                let (from, count) = (next(words.len() as u64 - 20) as usize, count as usize);
                words[from..from + count].join(" ").replace(['"', '\\', '<', '>', '&'], "")
            };
            let (title, remark) = (prose(4), prose(12));
            let status = ["planned", "open", "done"][next(3) as usize];
            let values = vec![
                Value::text(&other),
                Value::text(status),
                Value::Int(1_772_434_800_000_000 + next(40_000) as i64 * 900_000_000),
                Value::Int(next(120) as i64),
                Value::Real(next(100_000) as f64 / 100.0),
                Value::text(&title),
                Value::text(&remark),
            ];
            (key, values)
        })
        .collect()
}

fn page(codec: &dyn Codec, rows: &[Row]) -> Vec<u8> {
    const COLUMNS: [usize; 7] = [0, 1, 2, 3, 4, 5, 6];
    let mut writer = codec.pages(Asked(1_772_434_800_000_000));
    writer.begin_page(EntityId(1));
    for (key, values) in rows {
        writer.row(key, Stamp(1_772_434_800_000_000), Some(Projected { values, columns: &COLUMNS }));
    }
    writer.end_page("1772434800000000,a", true);
    writer.finish()
}

fn read(codec: &dyn Codec, bytes: &[u8]) -> usize {
    let opened = codec.open(bytes.to_vec()).expect("it was packed here");
    codec.decode_answer(&opened).expect("it was written here").expect("it says yes").pages[0].rows.len()
}

/// One thing that is measured: its name, the bytes of it that count, and what does it once.
struct Job<'j> {
    name: String,
    bytes: usize,
    goal: &'static str,
    run: Box<dyn FnMut() -> usize + 'j>,
}

fn job<'j>(name: String, bytes: usize, goal: &'static str, run: impl FnMut() -> usize + 'j) -> Job<'j> {
    Job { name, bytes, goal, run: Box::new(run) }
}

/// What the codecs do.
fn ours(rows: &[Row]) -> Vec<Job<'_>> {
    let mut jobs = Vec::new();
    for name in NAMES {
        let plain = named(name).expect("it is listed");
        let bytes = page(plain, rows);
        let goals = match *name {
            "json" => ["1000", "500"],
            "xml" => ["500", "250"],
            _ => ["", ""],
        };
        let size = bytes.len();
        jobs.push(job(format!("{name} out"), size, goals[0], move || page(plain, rows).len()));
        jobs.push(job(format!("{name} in"), size, goals[1], move || read(plain, &bytes)));
        for (word, packing) in [("gzip", Packing::Gzip), ("zstd", Packing::Zstd)] {
            let codec = packed(name, Coding { packing, ..Coding::default() }).expect("it is listed");
            let bytes = page(codec, rows);
            jobs.push(job(
                format!("{name}, {word} out ({:.1} to 1)", size as f64 / bytes.len() as f64),
                size,
                "",
                move || page(codec, rows).len(),
            ));
            jobs.push(job(format!("{name}, {word} in"), size, "", move || read(codec, &bytes)));
        }
    }
    jobs
}

/// What the crates do alone with the same bytes.
fn crates<'j>(json: &'j [u8], xml: &'j [u8], typed: &'j [Typed<'j>]) -> Vec<Job<'j>> {
    let array = serde_json::to_vec(typed).expect("rows are JSON");
    let gzip = RefCell::new(flate2::Compress::new(flate2::Compression::new(6), false));
    let zstd = RefCell::new(zstd::bulk::Compressor::new(1).expect("the level exists"));
    let unzstd = RefCell::new(zstd::bulk::Decompressor::new().expect("there is memory"));
    let packed = zstd.borrow_mut().compress(json).expect("there is room");
    let size = array.len();
    vec![
        job("serde_json, typed rows out".into(), size, "1000", move || {
            serde_json::to_vec(typed).expect("rows are JSON").len()
        }),
        job("serde_json, typed rows in".into(), size, "500", move || {
            serde_json::from_slice::<Vec<Typed<'_>>>(&array).expect("rows are JSON").len()
        }),
        job("quick-xml, its events".into(), xml.len(), "", move || {
            let mut reader = quick_xml::Reader::from_reader(xml);
            let mut events = 0;
            while !matches!(reader.read_event(), Ok(quick_xml::events::Event::Eof) | Err(_)) {
                events += 1;
            }
            events
        }),
        job("flate2 at 6 out".into(), json.len(), "60", move || {
            let mut packer = gzip.borrow_mut();
            packer.reset();
            let mut out = Vec::with_capacity(json.len());
            packer.compress_vec(json, &mut out, flate2::FlushCompress::Finish).expect("there is room");
            out.len()
        }),
        job("zstd at 1 out".into(), json.len(), "400", move || {
            zstd.borrow_mut().compress(json).expect("there is room").len()
        }),
        job("zstd in".into(), json.len(), "", move || {
            unzstd.borrow_mut().decompress(&packed, json.len()).expect("there is room").len()
        }),
    ]
}

/// How many pages take long enough to be measured: the system counts in steps of milliseconds.
fn enough(job: &mut Job<'_>) -> usize {
    let start = Instant::now();
    let mut pages = 0;
    while start.elapsed() < LONG {
        black_box((job.run)());
        pages += 1;
    }
    pages
}

fn measure(jobs: &mut [Job<'_>]) {
    let pages: Vec<usize> = jobs.iter_mut().map(enough).collect();
    let mut times = vec![Vec::new(); jobs.len()];
    for _ in 0..ROUNDS {
        for ((job, times), pages) in jobs.iter_mut().zip(&mut times).zip(&pages) {
            let watch = Stopwatch::start();
            for _ in 0..*pages {
                black_box((job.run)());
            }
            times.push(watch.read().as_secs_f64() / *pages as f64);
        }
    }
    println!("{:<34} {:>8} {:>8} {:>8}", "", "MB/s", "ns/byte", "goal");
    for (job, times) in jobs.iter().zip(&mut times) {
        times.sort_by(f64::total_cmp);
        let (took, bytes) = (times[ROUNDS / 2], job.bytes as f64);
        println!("{:<34} {:>8.0} {:>8.2} {:>8}", job.name, bytes / took / 1e6, took * 1e9 / bytes, job.goal);
    }
}

fn main() {
    let rows = rows();
    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("codec");
    group.sample_size(10).warm_up_time(Duration::from_millis(100));
    group.measurement_time(Duration::from_millis(300));
    for name in NAMES {
        let codec = named(name).expect("it is listed");
        let bytes = page(codec, &rows);
        group.throughput(Throughput::Bytes(bytes.len() as u64));
        group.bench_function(format!("{name} out"), |b| b.iter(|| page(codec, &rows)));
        group.bench_function(format!("{name} in"), |b| b.iter(|| read(codec, &bytes)));
    }
    group.finish();
    criterion.final_summary();
    // Without this argument it is no measurement but a test that the bench runs.
    if std::env::args().any(|argument| argument == "--bench") {
        let [json, xml] = ["json", "xml"].map(|name| page(named(name).expect("it is listed"), &rows));
        let text = |value: &'_ Value| match value {
            Value::Text(text) => text.to_string(),
            _ => String::new(),
        };
        let texts: Vec<[String; 4]> =
            rows.iter().map(|(_, v)| [text(&v[0]), text(&v[1]), text(&v[5]), text(&v[6])]).collect();
        let typed: Vec<Typed<'_>> = rows
            .iter()
            .zip(&texts)
            .map(|((key, values), [other, status, title, remark])| {
                let int = |value: &Value| if let Value::Int(n) = value { *n } else { 0 };
                let real = |value: &Value| if let Value::Real(x) = value { *x } else { 0.0 };
                let (at, minutes, price) = (int(&values[2]), int(&values[3]), real(&values[4]));
                Typed(key, 1_772_434_800_000_000, other, status, at, minutes, price, title, remark)
            })
            .collect();
        let mut jobs = ours(&rows);
        jobs.extend(crates(&json, &xml, &typed));
        measure(&mut jobs);
    }
}
