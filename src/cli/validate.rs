//! `validate`: our models held against what is known.

use super::args::Validate;
use super::console::Console;
use crate::campaign;
use crate::report::Exit;

/// Runs `validate`.
pub(super) fn validate(command: &Validate, console: &mut Console<'_>) -> Exit {
    match command {
        Validate::Models => {
            let (text, holds) = campaign::validate::models();
            console.result(&text);
            if holds { Exit::Success } else { Exit::Threshold }
        }
    }
}
