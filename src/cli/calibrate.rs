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
use crate::render::calibrate::{self as shown, Calibration, Figure};
use crate::scenario::file;

pub(super) fn calibrate(args: &CalibrateArgs, console: &mut Console<'_>) -> anyhow::Result<Exit> {
    let name = args.log.display().to_string();
    let bytes = read(&args.log)?;
    let source = args.log.file_name().map_or_else(|| name.clone(), |n| n.to_string_lossy().into_owned());
    let fits = estimates(&source, &bytes, &args.only, args.by.as_deref())
        .map_err(|mistakes| Refusal::because(Exit::Invalid, told(&name, &mistakes)))?;
    let next = match (&args.out, &fits[..]) {
        (Some(out), [fit]) => write(out, fit, args.rtt.unwrap_or_default())?,
        (Some(_), _) => {
            let column = args.by.as_deref().unwrap_or_default();
            let text = format!("-o takes one fit: choose with --only {column}=VALUE in place of --by");
            return Err(Refusal::usage(text));
        }
        (None, _) => String::new(),
    };
    match args.format {
        Table::Human if console.quiet() => console.result(&(shown::in_short(&fits) + &next)),
        Table::Human => console.result(&(shown::story(&fits) + &next)),
        Table::Json => {
            console.result(&shown::to_json(&fits));
            console.remark(&next);
        }
    }
    if args.out.is_none() && fits.len() == 1 && fits[0].get(Figure::Overhead).is_some() {
        console.remark("-o FILE.toml writes a scenario with these figures\n");
    }
    Ok(Exit::Success)
}

fn told(shown: &str, mistakes: &Mistakes) -> String {
    let lines = mistakes.told.iter().map(|mistake| format!("error: {shown}: {mistake}"));
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
fn write(path: &Path, fit: &Calibration, rtt: Span) -> anyhow::Result<String> {
    let shown = path.display();
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    if path.extension().is_none_or(|e| e != "toml") || !stem.chars().any(char::is_alphanumeric) {
        return Err(Refusal::usage(format!("{shown} must be a name such as measured.toml")));
    }
    let Some(overhead) = fit.get(Figure::Overhead) else {
        let why = fit.refusal();
        return Err(Refusal::because(Exit::Invalid, format!("error: no scenario can be made of it: {why}")));
    };
    if rtt.as_secs_f64() > overhead.value {
        let overhead = Span::from_secs_f64(overhead.value);
        return Err(Refusal::usage(format!(
            "a round trip of {rtt} is longer than the overhead of {overhead}"
        )));
    }
    // What a scenario may be called is what needs no quoting.
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

/// What can be done with the scenario.
fn next(word: &str, fit: &Calibration) -> String {
    let (from, to) = fit.axis();
    let limit = fit.census.request_limit();
    format!(
        "\n{word} holds these figures; find the best size with the caps of phones and timeouts\n\
         (of sizes that cost about the same it may find another one of those within 3 %):\n  \
         syncdyno tune {word} --knob engine.pull.chunk_rows={from}..{to} --limit chunk={limit}s\n\
         or look at the whole curve:\n  \
         syncdyno sweep {word} --axis engine.pull.chunk_rows={from}..{to}*2\n"
    )
}
