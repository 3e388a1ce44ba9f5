//! `validate`: compares models with known results, and the link model with measured transfers.

use std::io::ErrorKind;
use std::path::Path;

use super::args::{MeasuredArgs, Validate};
use super::console::Console;
use super::refusal::Refusal;
use super::written;
use crate::base::inert_path;
use crate::campaign::validate::measured::{self, Malformed, Predicted, REPETITIONS};
use crate::campaign::validate::{self, Report};
use crate::record::Exit;
use crate::scenario::file;

/// The maximum size of measurements and logs, in bytes.
const MEASURED_MAX: u64 = 256 << 20;

pub(super) fn models(what: Option<&Validate>, console: &mut Console<'_>) -> anyhow::Result<Exit> {
    match what {
        None => Ok(told(&validate::report(true), console)),
        Some(Validate::Models) => Ok(told(&validate::report(false), console)),
        Some(Validate::Cursors) => Ok(told(&validate::cursor_report(), console)),
        Some(Validate::Decoders { messages }) => Ok(told(&validate::decoder_report(*messages), console)),
        Some(Validate::Tcp(args)) => transfers(args, console),
        Some(Validate::TcpOutage(args)) => outages(args, console),
    }
}

fn told(report: &Report, console: &mut Console<'_>) -> Exit {
    console.result(&report.text);
    if report.holds == Some(true) { Exit::Success } else { Exit::Threshold }
}

/// Files of transfers: the deviations of predictions, and whether every tolerance is met.
fn transfers(args: &MeasuredArgs, console: &mut Console<'_>) -> anyhow::Result<Exit> {
    let exit = judge(args, measured::TRANSFERS, measured::transfers, console)?;
    console.remark(&format!(
        "cells with losses: mean of {REPETITIONS} seeded runs against the measured mean; all others against the median\n"
    ));
    Ok(exit)
}

/// The same for transfers with an outage in the middle.
fn outages(args: &MeasuredArgs, console: &mut Console<'_>) -> anyhow::Result<Exit> {
    let exit = judge(args, measured::OUTAGES, measured::outages, console)?;
    console.remark(
        "edge of the staircase: a row whose samples are more than 5 % apart, because some took one retransmission timeout more, or (except on the first link) whose prediction would be more than 5 % off if the outage were 5 % shorter or longer; no single figure is right there, and it is not judged\nno prediction: TCP gives the connection up before the outage ends\n",
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
        Some(path) => (inert_path(path), read(path)?),
        None => ("the embedded reference".to_owned(), embedded.as_bytes().to_vec()),
    };
    args.out.as_deref().map_or(Ok(()), written::spare_present)?;
    let (section, csv) =
        predict(&bytes).map_err(|e| Refusal::because(Exit::Invalid, format!("error: {shown}: {e}")))?;
    if let Some(out) = &args.out {
        // From here on a signal waits, so that the file is written completely.
        console.surroundings.signals.heed();
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

pub(super) fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    file::read(path, file::Named::Typed, MEASURED_MAX).map_err(|e| match e.kind() {
        ErrorKind::NotFound => Refusal::usage(format!("{} does not exist", inert_path(path))),
        _ => Refusal::unreadable(path, &e),
    })
}
