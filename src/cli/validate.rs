//! `validate`: our models held against what is known.

use super::args::Validate;
use super::console::Console;
use super::measured;
use crate::campaign;
use crate::campaign::validate::Report;
use crate::record::Exit;

/// Runs `validate`; without a word on what, everything.
pub(super) fn validate(what: Option<&Validate>, console: &mut Console<'_>) -> anyhow::Result<Exit> {
    match what {
        None => Ok(told(&campaign::validate::report(true), console)),
        Some(Validate::Models) => Ok(told(&campaign::validate::report(false), console)),
        Some(Validate::Cursors) => Ok(told(&campaign::validate::cursor_report(), console)),
        Some(Validate::Decoders { messages }) => {
            Ok(told(&campaign::validate::decoder_report(*messages), console))
        }
        Some(Validate::Tcp(args)) => measured::transfers(args, console),
        Some(Validate::TcpOutage(args)) => measured::outages(args, console),
    }
}

fn told(report: &Report, console: &mut Console<'_>) -> Exit {
    console.result(&report.text);
    if report.holds == Some(true) { Exit::Success } else { Exit::Threshold }
}
