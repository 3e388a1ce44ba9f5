//! `validate`: our models held against what is known.

use super::args::Validate;
use super::console::Console;
use super::measured;
use crate::campaign;
use crate::report::Exit;

/// Runs `validate`.
pub(super) fn validate(command: &Validate, console: &mut Console<'_>) -> anyhow::Result<Exit> {
    match command {
        Validate::Models => {
            let (text, holds) = campaign::validate::models();
            console.result(&text);
            Ok(if holds { Exit::Success } else { Exit::Threshold })
        }
        Validate::Tcp(args) => measured::transfers(args, console),
        Validate::TcpOutage(args) => measured::outages(args, console),
    }
}
