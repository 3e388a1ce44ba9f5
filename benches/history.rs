//! Writes a long history of notes to stdout, to measure the time and memory of `judge`: `cargo
//! bench --bench history -- 1000000 > h.jsonl`, then `/usr/bin/time -v syncdyno judge
//! examples/history/notes.toml h.jsonl`. Without a number, it writes nothing.

use std::io::{self, BufWriter, Write};

const DEVICES: u64 = 50;
/// The lines of one round of a device: an edit, the sync that sends it, its commit, its
/// acknowledgement.
const LINES: u64 = 5;

fn main() -> io::Result<()> {
    let Some(lines) = std::env::args().find_map(|word| word.parse::<u64>().ok()) else { return Ok(()) };
    let mut out = BufWriter::new(io::stdout().lock());
    writeln!(out, r#"{{"kind":"history","version":1,"clock_tolerance":"500ms"}}"#)?;
    let rounds = lines / (LINES + 1);
    for round in 0..rounds {
        writeln!(
            out,
            r#"{{"kind":"row","entity":"note","key":"k{round}","values":{{"title":"t","state":"open","hours":1}}}}"#
        )?;
    }
    for round in 0..rounds {
        // Each device has its turn every 5 s. Its edits change the same row 3 times in sequence.
        let (device, at) = (round % DEVICES, 1_772_434_800_000 + round * 100);
        let key = round / DEVICES / 3 * DEVICES + device;
        writeln!(
            out,
            r#"{{"kind":"edit","device":"d{device}","id":"e{round}","entity":"note","key":"k{key}","do":"update","values":{{"hours":{round}}},"at":{at}}}"#
        )?;
        writeln!(out, r#"{{"kind":"sync-start","device":"d{device}","run":{round},"at":{}}}"#, at + 300)?;
        writeln!(
            out,
            r#"{{"kind":"commit","entity":"note","key":"k{key}","values":{{"hours":{round}}},"by":{{"device":"d{device}","edit":"e{round}"}},"at":{}}}"#,
            at + 500
        )?;
        writeln!(
            out,
            r#"{{"kind":"acknowledged","device":"d{device}","edit":"e{round}","at":{}}}"#,
            at + 700
        )?;
        writeln!(out, r#"{{"kind":"sync-complete","device":"d{device}","run":{round},"at":{}}}"#, at + 900)?;
    }
    for device in 0..DEVICES {
        writeln!(out, r#"{{"kind":"waits","device":"d{device}","edits":[]}}"#)?;
    }
    writeln!(out, r#"{{"kind":"end","at":{}}}"#, 1_772_434_800_000 + rounds * 100 + 60_000)?;
    out.flush()
}
