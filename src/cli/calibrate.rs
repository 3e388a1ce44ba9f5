//! `calibrate`: from a request log of one's own to a link, a backend and a chunk size.

use std::path::Path;

use super::args::{CalibrateArgs, Table};
use super::console::Console;
use super::refusal::Refusal;
use super::{validate, written};
use crate::base::Span;
use crate::campaign::calibrate::calibrate as estimates;
use crate::record::{self, Exit};
use crate::render::calibrate::{self as shown, Calibration, Diagnosis, Effect, Figure};

pub(super) fn calibrate(args: &CalibrateArgs, console: &mut Console<'_>) -> anyhow::Result<Exit> {
    let name = args.log.display().to_string();
    let bytes = validate::read(&args.log)?;
    let source = args.log.file_name().unwrap_or_default().to_string_lossy();
    let wrong = |text: String| Refusal::because(Exit::Invalid, text.replace(char::is_control, " "));
    let fits = estimates(&source, &bytes, &args.only, args.by.as_deref())
        .map_err(|malformed| wrong(format!("error: {name}: {malformed}")))?;
    let next = match (&args.out, &fits[..]) {
        (Some(out), [fit]) => write(out, fit, args.rtt.unwrap_or_default())?,
        (Some(_), _) => {
            let column = args.by.as_deref().unwrap_or_default();
            let text = format!("-o takes one fit: choose with --only {column}=VALUE in place of --by");
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
    if args.out.is_some() || fits.iter().any(|fit| fit.advice.is_some()) {
        return Ok(Exit::Success);
    }
    let refuses = |found: &&Diagnosis| found.code.rule().effect == Effect::Refuse;
    let why = fits.iter().flat_map(|fit| &fit.diagnoses).find(refuses).map_or_else(String::new, shown::says);
    Err(Refusal::because(Exit::Nothing, format!("no chunk can be recommended: {why}")))
}

/// Writes the scenario, but over no file that is there, and says what can be done with it.
fn write(path: &Path, fit: &Calibration, rtt: Span) -> anyhow::Result<String> {
    let shown = path.display();
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    if path.extension().is_none_or(|e| e != "toml") || !stem.chars().any(char::is_alphanumeric) {
        return Err(Refusal::usage(format!("{shown} must be a name such as measured.toml")));
    }
    let Some(overhead) = fit.get(Figure::Overhead).map(|overhead| Span::from_secs_f64(overhead.value)) else {
        let why = fit.diagnoses.first().map_or_else(String::new, shown::says);
        return Err(Refusal::because(Exit::Invalid, format!("error: no scenario can be made of it: {why}")));
    };
    if rtt > overhead {
        let text = format!("a round trip of {rtt} is longer than the overhead of {overhead}");
        return Err(Refusal::usage(text));
    }
    let name: String =
        stem.chars().map(|c| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '-' }).collect();
    let text = fit.scenario(&name, rtt).unwrap_or_default();
    written::spare_present(path)?;
    if path.parent().is_some_and(|folder| !folder.as_os_str().is_empty() && !folder.is_dir()) {
        return Err(Refusal::environment(format!("cannot write {shown}: its folder is not there")));
    }
    written::replace(path, text.as_bytes())?;
    Ok(next(&record::shell_word(&shown.to_string()), fit))
}

fn next(word: &str, fit: &Calibration) -> String {
    let (from, to) = fit.axis();
    if fit.advice.is_none() {
        return format!("\n{word} holds these figures, without a chunk to begin with: syncdyno run {word}\n");
    }
    // Half of a usual timeout, doubled until the log's requests have room.
    let enough = |limit: &u64| *limit as f64 >= 2.0 * fit.census.duration_mean_ns.as_secs_f64();
    let limit = (0..12).map(|n| 15 << n).find(enough).unwrap_or(12 * 3_600);
    format!(
        "\n{word} holds these figures; what caps of phones and timeouts make of the chunk:\n  \
         syncdyno tune {word} --knob engine.pull.chunk_rows={from}..{to} --limit chunk={limit}s\n"
    )
}
