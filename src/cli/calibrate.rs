//! `calibrate`: estimates the costs of a link and a backend, and the best chunk size, from the
//! user's request log.

use std::io::ErrorKind;
use std::path::Path;

use super::args::{CalibrateArgs, Table};
use super::console::Console;
use super::refusal::Refusal;
use super::written;
use crate::base::{Span, escape_path};
use crate::campaign::calibrate::calibrate as estimates;
use crate::record::{self, Exit};
use crate::render::calibrate::{self as shown, Calibration, Diagnosis, Effect, Given};
use crate::scenario::file;

/// The largest size of a log, in bytes.
const LOG_MAX: u64 = 256 << 20;

pub(super) fn calibrate(args: &CalibrateArgs, console: &mut Console<'_>) -> anyhow::Result<Exit> {
    let name = escape_path(&args.log);
    let bytes = file::read(&args.log, file::Named::Typed, LOG_MAX).map_err(|e| match e.kind() {
        ErrorKind::NotFound => Refusal::usage(format!("{name} does not exist")),
        _ => Refusal::unreadable(&args.log, &e),
    })?;
    let source = args.log.file_name().unwrap_or_default().to_string_lossy();
    let given = Given { overhead: args.overhead, mtbf: args.mtbf };
    let fits = estimates(&source, &bytes, &args.only, args.by.as_deref(), &given)
        .map_err(|malformed| Refusal::because(Exit::Invalid, format!("error: {name}: {malformed}")))?;
    let next = match (&args.out, &fits[..]) {
        (Some(out), [fit]) => write(out, fit, args.rtt.unwrap_or_default())?,
        (Some(_), _) => {
            let column = args.by.as_deref().unwrap_or_default();
            let text = format!("-o writes one fit: replace --by {column} with --only {column}=VALUE");
            return Err(Refusal::usage(text));
        }
        (None, _) => String::new(),
    };
    let json = args.format == Table::Json;
    let text = if console.voice.quiet { shown::in_short(&fits) } else { shown::story(&fits) };
    console.result(&if json { shown::to_json(&fits) } else { text + &next });
    if json {
        console.remark(&next);
    }
    if fits.iter().any(|fit| fit.figures.is_some()) {
        return Ok(Exit::Success);
    }
    // The result above already gives the reason.
    let step = fits.first().and_then(refuses).map(|found| found.code.rule());
    let step = step.map_or_else(String::new, |rule| format!(": [{}] {}", rule.code, rule.hint));
    Err(Refusal::because(Exit::Nothing, format!("no chunk can be recommended{step}")))
}

/// The first diagnosis that prevents figures.
fn refuses(fit: &Calibration) -> Option<&Diagnosis> {
    fit.diagnoses.iter().find(|found| found.code.rule().effect == Effect::Refuse)
}

fn refusal(fit: &Calibration) -> String {
    let told = |found: &Diagnosis| format!("{}: {}", shown::says(found), found.code.rule().hint);
    refuses(fit).map_or_else(String::new, told)
}

/// Writes the scenario to a new file and explains its use. An existing file is an error.
fn write(path: &Path, fit: &Calibration, rtt: Span) -> anyhow::Result<String> {
    let shown = escape_path(path);
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    if path.extension().is_none_or(|e| e != "toml") || !stem.chars().any(char::is_alphanumeric) {
        return Err(Refusal::usage(format!("{shown} must be a name such as measured.toml")));
    }
    let name: String =
        stem.chars().map(|c| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '-' }).collect();
    let Some(text) = fit.scenario(&name, rtt) else {
        let text = format!("error: no scenario can be made from the log: {}", refusal(fit));
        return Err(Refusal::because(Exit::Invalid, text));
    };
    let overhead = fit.figures.unwrap_or_default().overhead.value;
    if rtt.as_secs_f64() > overhead {
        let overhead = Span::from_secs_f64(overhead);
        let text = format!("--rtt {rtt} is longer than the overhead of {overhead}: give a shorter --rtt");
        return Err(Refusal::usage(text));
    }
    written::refuse_existing_file(path)?;
    if path.parent().is_some_and(|folder| !folder.as_os_str().is_empty() && !folder.is_dir()) {
        return Err(Refusal::environment(format!(
            "cannot write {shown}: its folder does not exist; create the folder first"
        )));
    }
    written::replace(path, text.as_bytes())?;
    Ok(next(path, fit))
}

/// The command that searches the best chunk with caps and timeouts.
fn next(path: &Path, fit: &Calibration) -> String {
    let word = record::shell_word(&path.display().to_string());
    let (from, to) = fit.axis();
    // Half of a usual timeout. It is doubled until the requests of the log fit.
    let enough = |limit: &u64| *limit as f64 >= 2.0 * fit.census.duration_mean_ns.as_secs_f64();
    let limit = (0..12).map(|n| 15 << n).find(enough).unwrap_or(12 * 3_600);
    format!(
        "\n{word} contains these figures. To find the chunk under caps of phones and timeouts:\n  \
         syncdyno tune {word} --knob engine.pull.chunk_rows={from}..{to} --seeds 1..=2 \
         --limit chunk={limit}s\n"
    )
}
