//! The rows per second of a gateway (the server between phones and backend): as a pass-through to a
//! backend that is always up, and from its replica.
//!
//! Both kinds serve the same first loads in turn, with the same rows in the same pages. The ratios
//! per round are valid on any machine. The bench also measures how fast a replica fills.

#![allow(clippy::print_stdout, reason = "a bench prints what it found")]
#![allow(clippy::disallowed_types, reason = "a bench reads the wall clock")]

use std::sync::Arc;

#[path = "support/stopwatch.rs"]
mod stopwatch;

use stopwatch::Stopwatch;
use syncdyno::backend::{self, Backend, Loaded};
use syncdyno::base::{DeviceId, EntityId, Key, Seed, Span, Stamp, Time, UnitId, Value};
use syncdyno::contract::{Column, ColumnKind, Entity, Schema, ScopeRule};
use syncdyno::gateway::{Gateway, GatewayOptions, Mode, ServerHalf, call_by};
use syncdyno::protocol::{DEFAULT as CODEC, PullRequest, Request, Want};

const START: Stamp = Stamp(1_700_000_000_000_000);
const VISIT: EntityId = EntityId(0);
const ROWS: u64 = 100_000;
const CLINICS: u64 = 10;
const ROUNDS: usize = 9;

/// Visits with 8 columns; each belongs to a clinic.
fn schema() -> Arc<Schema> {
    let column = |name: &str, kind| Column::new(name, kind);
    let columns = vec![
        column("clinic", ColumnKind::Int),
        column("patient", ColumnKind::Text),
        column("doctor", ColumnKind::Text),
        column("at", ColumnKind::Timestamp),
        column("minutes", ColumnKind::Int),
        column("status", ColumnKind::Text),
        column("urgent", ColumnKind::Bool),
        column("remark", ColumnKind::Text),
    ];
    let visit = Entity {
        scope: vec![ScopeRule::Attribute { column: 0, attribute: 0 }],
        ..Entity::new("visit", columns)
    };
    Arc::new(Schema { entities: vec![visit], ..Schema::default() })
}

fn backend() -> Backend {
    let options = backend::BackendOptions { serves_all_owners: true, ..backend::BackendOptions::default() };
    let mut backend = Backend::new(schema(), options, START, Seed(1));
    let row = |n: u64| {
        let mixed = n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let stamp = START.minus(Span::secs(60 + mixed % 2_000_000));
        let values = [
            Value::Int((n % CLINICS) as i64),
            Value::text(&format!("{mixed:032x}")),
            Value::text(&format!("{:08x}-doctor", mixed >> 32)),
            Value::Int(stamp.0),
            Value::Int((mixed % 60) as i64),
            Value::text("open"),
            Value::Int(0),
            Value::text("needs a wheelchair, and somebody who speaks French"),
        ];
        let key = Key::uuid(u128::from(mixed) << 64 | u128::from(n));
        Loaded { key, values: values.into(), created: stamp, updated: stamp, deleted: None }
    };
    backend.load(VISIT, (0..ROWS).map(row));
    backend
}

fn gateway(mode: Mode) -> Gateway {
    let attributes = (0..CLINICS).map(|clinic| vec![Value::Int(clinic as i64)]).collect();
    Gateway::new(&GatewayOptions { mode, ..GatewayOptions::default() }, &schema(), attributes, START)
}

/// Loads the rows of a device of each clinic for the first time, in pages of `page` rows. Returns
/// the rows per second, and the number of rows.
fn load_all(page: u32, serve: &mut dyn FnMut(&[u8]) -> Vec<u8>) -> (f64, u64) {
    let mut rows = 0;
    let mut spent = std::time::Duration::ZERO;
    for clinic in 0..CLINICS as u32 {
        let mut cursor = None;
        loop {
            let wants = vec![Want { entity: VISIT, cursor: cursor.clone(), ids: 0 }];
            let (device, unit, bytes) = (DeviceId(clinic), UnitId(0), u64::MAX);
            let request = Request::Pull(PullRequest {
                unit,
                rows: page,
                bytes,
                clock: START,
                run: 0,
                ..PullRequest::new(device, wants)
            });
            let request = CODEC.encode_request(&request);
            let watch = Stopwatch::start();
            let answer = serve(&request);
            spent += watch.read();
            let answer = CODEC.decode_answer(&answer).expect("an answer").expect("no error");
            rows += answer.pages[0].rows.len() as u64;
            cursor = Some(answer.pages[0].cursor.clone().into_owned());
            if !answer.pages[0].more {
                break;
            }
        }
    }
    (rows as f64 / spent.as_secs_f64(), rows)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() {
    let mut backend = backend();
    let (mut ota, mut persistent) = (gateway(Mode::Ota), gateway(Mode::Persistent));
    let watch = Stopwatch::start();
    persistent.fill(&backend, START, &|| false);
    println!("fill of a replica: {:.0} rows/s", ROWS as f64 / watch.read().as_secs_f64());
    for page in [100, 500, 1_000] {
        let mut rates = [Vec::new(), Vec::new()];
        let mut ratios = Vec::new();
        for _ in 0..ROUNDS {
            let (over_the_air, one) = load_all(page, &mut |request| {
                let times = (Time::ZERO, Time::FAR);
                let called = call_by(&mut ota, &mut backend, times, |gateway, backend| {
                    gateway.serve(DeviceId(0), request, backend)
                });
                called.answer.expect("a pull is answered").into_bytes()
            });
            let (replica, other) = load_all(page, &mut |request| {
                persistent.answer(Time::ZERO, DeviceId(0), request).expect("it keeps a replica").answer
            });
            assert_eq!((one, other), (ROWS, ROWS), "both serve every row");
            rates[0].push(over_the_air);
            rates[1].push(replica);
            ratios.push(replica / over_the_air);
        }
        let [ota, replica] = rates.map(median);
        let ratio = median(ratios);
        println!(
            "pages of {page}: over the air {ota:.0} rows/s, from the replica {replica:.0} rows/s, ratio {ratio:.2}"
        );
    }
}
