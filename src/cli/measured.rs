//! `validate tcp` and `validate tcp-outage`: the link model against measured transfers.

use std::fs;
use std::io::{BufRead, BufReader, ErrorKind, Read};
use std::path::Path;

use super::args::MeasuredArgs;
use super::console::Console;
use super::refusal::Refusal;
use super::written;
use crate::campaign::validate::Report;
use crate::campaign::validate::measured::{self, Malformed, Predicted, REPETITIONS};
use crate::record::Exit;
use crate::scenario::file;

/// A header of measurements is shorter.
const HEADER_MAX: u64 = 10_000;
/// Measurements are smaller, in bytes.
const MEASURED_MAX: u64 = 256 << 20;

/// Files of transfers: how far off the predictions are, and whether every tolerance is met.
pub(super) fn transfers(args: &MeasuredArgs, console: &mut Console<'_>) -> anyhow::Result<Exit> {
    let exit = judge(args, measured::TRANSFERS, measured::transfers, console)?;
    console.remark(&format!(
        "cells with losses: mean of {REPETITIONS} seeded runs against the measured mean; all others against the median\n"
    ));
    Ok(exit)
}

/// The same for transfers with an outage in the middle.
pub(super) fn outages(args: &MeasuredArgs, console: &mut Console<'_>) -> anyhow::Result<Exit> {
    let exit = judge(args, measured::OUTAGES, measured::outages, console)?;
    console.remark(
        "edge of the staircase: a row whose samples lie more than 5 % apart, as some took one retransmission timeout more, or (but on the first link) whose prediction would be more than 5 % off if the outage were 5 % shorter or longer; no one figure is right there, and it is not judged\nno prediction: TCP gives the connection up before the outage ends\n",
    );
    Ok(exit)
}

fn judge(
    args: &MeasuredArgs,
    embedded: &str,
    predict: fn(&[u8]) -> Result<Predicted, Malformed>,
    console: &mut Console<'_>,
) -> anyhow::Result<Exit> {
    let (shown, bytes) = match &args.file {
        Some(path) => (path.display().to_string(), read(path)?),
        None => ("the embedded reference".to_owned(), embedded.as_bytes().to_vec()),
    };
    if let Some((file, out)) = args.file.as_ref().zip(args.out.as_ref()) {
        written::spare(file, out)?;
    }
    let (section, csv) =
        predict(&bytes).map_err(|e| Refusal::because(Exit::Invalid, format!("error: {shown}: {e}")))?;
    if let Some(out) = &args.out {
        spare(out, &csv)?;
        // From here on a signal waits, so that no half of a file is left.
        console.surroundings().signals.heed();
        written::replace(out, csv.as_bytes())?;
    }
    let report = Report::of(&[section]);
    console.result(&report.text);
    Ok(match report.holds {
        Some(true) => Exit::Success,
        Some(false) => Exit::Threshold,
        None => {
            console.complaint(&format!("error: {shown}: nothing was judged: no row of it counts\n"));
            Exit::Nothing
        }
    })
}

/// Refuses to write over anything but an earlier result: a file with the very columns of this one.
fn spare(out: &Path, csv: &str) -> anyhow::Result<()> {
    if !out.is_file() {
        return Ok(());
    }
    let mut header = String::new();
    let read =
        fs::File::open(out).and_then(|file| BufReader::new(file.take(HEADER_MAX)).read_line(&mut header));
    let ours = csv.lines().next().is_some_and(|columns| columns == header.trim_end());
    if read.is_ok_and(|bytes| bytes == 0) || ours {
        return Ok(());
    }
    let text = format!(
        "{} would be overwritten, and it is not an earlier result with the same columns: choose another file",
        out.display()
    );
    Err(Refusal::usage(text))
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    file::read(path, file::Named::Typed, MEASURED_MAX).map_err(|e| match e.kind() {
        ErrorKind::NotFound => Refusal::usage(format!("{} is not there", path.display())),
        _ => Refusal::unreadable(path, &e),
    })
}
