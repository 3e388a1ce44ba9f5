//! `calibrate`: from a request log of one's own to a link, a backend and a chunk size.

use std::io::ErrorKind;
use std::path::Path;

use super::args::{CalibrateArgs, Table};
use super::console::Console;
use super::refusal::Refusal;
use super::written;
use crate::base::Span;
use crate::campaign::calibrate::{BYTES_MAX, Mistakes, calibrate as estimates};
use crate::metrics::human;
use crate::record::{self, Exit};
use crate::render::calibrate::{Advice, Calibration, UNTOLD_ROUND_TRIP};
use crate::scenario::file;

/// Runs `calibrate`.
pub(super) fn calibrate(args: &CalibrateArgs, console: &mut Console<'_>) -> anyhow::Result<Exit> {
    let shown = args.log.display().to_string();
    let bytes = read(&args.log)?;
    let source = args.log.file_name().map_or_else(|| shown.clone(), |n| n.to_string_lossy().into_owned());
    let mut calibration = estimates(&source, &bytes, &args.only)
        .map_err(|mistakes| Refusal::because(Exit::Invalid, told(&shown, &mistakes)))?;
    if args.rtt.is_some() {
        calibration.unknown.retain(|line| line != UNTOLD_ROUND_TRIP);
    }
    let next = match &args.out {
        Some(out) => write(out, &calibration, args.rtt.unwrap_or_default())?,
        None => String::new(),
    };
    match args.format {
        Table::Human if console.quiet() => console.result(&(calibration.in_short() + &next)),
        Table::Human => console.result(&(calibration.story() + &next)),
        Table::Json => {
            console.result(&calibration.to_json());
            console.remark(&next);
        }
    }
    if args.out.is_none() && calibration.costs.is_some() {
        console.remark("-o FILE.toml writes a scenario with these figures\n");
    }
    Ok(Exit::Success)
}

/// A line a mistake.
fn told(shown: &str, mistakes: &Mistakes) -> String {
    let lines = mistakes.told().map(|mistake| format!("error: {shown}: {mistake}"));
    let more =
        (mistakes.untold > 0).then(|| format!("{} more", human::count(mistakes.untold as u64, "mistake")));
    lines.chain(more).collect::<Vec<_>>().join("\n")
}

/// The log, if it is no larger than what is held in memory.
fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    let shown = path.display();
    file::read(path, file::Named::Typed, BYTES_MAX).map_err(|e| match e.kind() {
        ErrorKind::NotFound => Refusal::usage(format!("{shown} is not there")),
        ErrorKind::FileTooLarge => {
            let limit = BYTES_MAX >> 20;
            let text =
                format!("error: {shown}: larger than {limit} MiB: calibrate a part of it, a day or a device");
            Refusal::because(Exit::Invalid, text)
        }
        _ => Refusal::unreadable(path, &e),
    })
}

/// Writes the scenario and says what can be done with it. A file that is there was edited by
/// somebody.
fn write(path: &Path, calibration: &Calibration, rtt: Span) -> anyhow::Result<String> {
    let shown = path.display();
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    if path.extension().is_none_or(|e| e != "toml") || !stem.chars().any(char::is_alphanumeric) {
        return Err(Refusal::usage(format!("{shown} is no name for a scenario, such as measured.toml")));
    }
    let Some(costs) = &calibration.costs else {
        let why = calibration.unknown.first().cloned().unwrap_or_default();
        return Err(Refusal::because(Exit::Invalid, format!("error: no scenario can be made of it: {why}")));
    };
    if rtt.as_secs_f64() > costs.request.value {
        let overhead = Span::from_secs_f64(costs.request.value);
        return Err(Refusal::usage(format!(
            "a round trip of {rtt} is longer than the overhead of {overhead}"
        )));
    }
    // What a scenario may be called is what needs no quoting.
    let name: String =
        stem.chars().map(|c| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '-' }).collect();
    let text = calibration.scenario(&name, rtt).unwrap_or_default();
    written::spare_present(path)?;
    if path.parent().is_some_and(|folder| !folder.as_os_str().is_empty() && !folder.is_dir()) {
        return Err(Refusal::environment(format!("cannot write {shown}: its folder is not there")));
    }
    written::replace(path, text.as_bytes())?;
    Ok(next(&shown.to_string(), calibration))
}

/// What can be done with the scenario. Without a best size there is none to try others about.
fn next(shown: &str, calibration: &Calibration) -> String {
    let (from, to) = calibration.axis().unwrap_or((16, 1_024));
    let word = record::shell_word(shown);
    let limit = calibration.census.request_limit();
    let tune =
        format!("  syncdyno tune {word} --knob engine.pull.chunk_rows={from}..{to} --limit chunk={limit}s\n");
    let sweep = format!(
        "or look at the whole curve:\n  syncdyno sweep {word} --axis engine.pull.chunk_rows={from}..{to}*2\n"
    );
    match calibration.advice {
        Some(Advice::Rows { .. }) => {
            format!(
                "\n{shown} holds these figures; find the best size with the caps of phones and timeouts:\n{tune}{sweep}"
            )
        }
        Some(Advice::AtLeast(_)) => {
            format!(
                "\n{shown} holds these figures, and no failure limits a size; try sizes about the least recommended:\n{tune}{sweep}"
            )
        }
        None => {
            let untold: Vec<&str> = calibration.untold().iter().map(|(what, _)| *what).collect();
            format!(
                "\n{shown} holds these figures, and says which the log did not tell ({}): no best size is known.\n\
                 What the scenario comes to, over a wide range:\n  syncdyno tune {word} --limit chunk={limit}s\n{sweep}",
                untold.join(", ")
            )
        }
    }
}
