//! `validate`: compares models with known results, and the link model with measured transfers.

use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use syncdyno::campaign::calibrate::sheet::Malformed;
use syncdyno::record::Exit;
use syncdyno_contract::base::escape_path;
use syncdyno_scenario::scenario::file;

use super::decoders::decoder_report;
use super::families::{cursor_report, report};
use super::figures::Report;
use super::measured::{self, Predicted, REPETITIONS};
use crate::ending::{Ending, complain, say, verdict};

/// The maximum size of measurements, in bytes.
const MEASURED_MAX: u64 = 256 << 20;

#[derive(Args)]
pub(crate) struct MeasuredArgs {
    /// The measurements; by default those that the model was built with (columns in
    /// reference/README.md).
    file: Option<PathBuf>,
    /// Write the measurements with a column `predicted_s` to a new file; completely, or not at all.
    #[arg(short, long, value_name = "OUT.csv")]
    out: Option<PathBuf>,
}

/// What is compared.
#[derive(Subcommand)]
pub(crate) enum Subject {
    /// Simulate closed forms and published figures, each with its reference; exit 10 if one is off.
    Models,
    /// Count the rows that each cursor by time loses, with the table of references; exit 10 if a
    /// figure is off.
    Cursors,
    /// Give damaged messages to every decoder; exit 10 if one is accepted wrongly, or takes too
    /// much memory.
    Decoders {
        /// How many.
        #[arg(long, value_name = "N", default_value_t = 1_000_000)]
        messages: u64,
    },
    /// Predict measured transfers; exit 10 if a tolerance is not met.
    Tcp(MeasuredArgs),
    /// Predict measured transfers with an outage in the middle; exit 10 if a tolerance is not met.
    TcpOutage(MeasuredArgs),
}

pub(crate) fn validate(what: Option<&Subject>) -> Ending {
    let told = |report: &Report| {
        say(report.text.trim_end());
        Ok(verdict(report.holds == Some(true)))
    };
    match what {
        None => told(&report(true)),
        Some(Subject::Models) => told(&report(false)),
        Some(Subject::Cursors) => told(&cursor_report()),
        Some(Subject::Decoders { messages }) => told(&decoder_report(*messages)),
        Some(Subject::Tcp(args)) => {
            let exit = judge(args, measured::TRANSFERS, measured::transfers)?;
            complain(&format!(
                "cells with losses: mean of {REPETITIONS} seeded runs against the measured mean; all others against the median"
            ));
            Ok(exit)
        }
        Some(Subject::TcpOutage(args)) => {
            let exit = judge(args, measured::OUTAGES, measured::outages)?;
            complain(
                "edge of the staircase: a row whose samples are more than 5 % apart, because some took one retransmission timeout more, or (except on the first link) whose prediction would be more than 5 % off if the outage were 5 % shorter or longer; no single figure is right there, and it is not judged\nno prediction: TCP gives the connection up before the outage ends",
            );
            Ok(exit)
        }
    }
}

/// Reads a file of transfers, and prints the deviations of the predictions. Checks every tolerance.
fn judge(args: &MeasuredArgs, embedded: &str, predict: fn(&[u8]) -> Result<Predicted, Malformed>) -> Ending {
    let (shown, bytes) = match &args.file {
        Some(path) => (escape_path(path), read(path)?),
        None => ("the embedded reference".to_owned(), embedded.as_bytes().to_vec()),
    };
    if let Some(out) = args.out.as_ref().filter(|out| out.symlink_metadata().is_ok()) {
        let text = format!("{} already exists: give another name, or remove it", escape_path(out));
        return Err((Exit::Usage, text));
    }
    let (section, csv) = predict(&bytes).map_err(|e| (Exit::Invalid, format!("{shown}: {e}")))?;
    if let Some(out) = &args.out {
        let failed = |e| (Exit::Environment, format!("cannot write {}: {e}", escape_path(out)));
        write(out, &csv).map_err(failed)?;
    }
    let report = Report::of(&[section]);
    say(report.text.trim_end());
    let nothing = || (Exit::Nothing, format!("{shown}: nothing was judged: no row of it counts"));
    report.holds.map(verdict).ok_or_else(nothing)
}

fn read(path: &Path) -> Result<Vec<u8>, (Exit, String)> {
    let shown = escape_path(path);
    file::read(path, file::Named::Typed, MEASURED_MAX).map_err(|e| match e.kind() {
        ErrorKind::NotFound => (Exit::Usage, format!("{shown} does not exist")),
        ErrorKind::FileTooLarge => (Exit::Usage, format!("cannot read {shown}: {e}")),
        _ => (Exit::Environment, format!("cannot read {shown}: {e}")),
    })
}

/// Writes a new file, completely or not at all.
fn write(out: &Path, csv: &str) -> io::Result<()> {
    let parent = out.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut part = tempfile::NamedTempFile::new_in(parent)?;
    part.write_all(csv.as_bytes())?;
    part.persist_noclobber(out)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::measured::{OUTAGES, TRANSFERS};
    use super::*;

    fn ended(name: &str, text: &str, out: Option<&Path>, is_outage: bool) -> Result<Exit, (Exit, String)> {
        let desk = tempfile::tempdir().expect("there is room");
        let file = desk.path().join(name);
        std::fs::write(&file, text).expect("there is room");
        let args = MeasuredArgs { file: Some(file), out: out.map(Path::to_owned) };
        let subject = if is_outage { Subject::TcpOutage(args) } else { Subject::Tcp(args) };
        validate(Some(&subject))
    }

    #[test]
    fn measured_transfers_are_judged_and_written_again_with_their_predictions() {
        let desk = tempfile::tempdir().expect("there is room");
        let out = desk.path().join("out.csv");
        let lines: Vec<&str> = TRANSFERS.lines().take(21).collect();
        assert_eq!(ended("mine.csv", &lines.join("\n"), Some(&out), false), Ok(Exit::Success));
        let written = std::fs::read_to_string(&out).expect("it was written");
        for (before, after) in lines.iter().zip(written.lines()) {
            assert!(after.starts_with(before) && after.split(',').count() == 16, "{after}");
        }
        assert_eq!(written.lines().count(), 21);
        let again = ended("mine.csv", &lines.join("\n"), Some(&out), false);
        assert_eq!(again.map_err(|(exit, _)| exit), Err(Exit::Usage), "it is there already");
        assert_eq!(ended("all.csv", OUTAGES, None, true), Ok(Exit::Success));
        let missed = OUTAGES.replace("2,1.6672,1.6671,1.6673", "2,2.6672,2.6671,2.6673");
        assert_eq!(ended("other.csv", &missed, None, true), Ok(Exit::Threshold), "what the model misses");
    }

    #[test]
    fn malformed_measurements_are_refused_and_nothing_is_written() {
        let desk = tempfile::tempdir().expect("there is room");
        let out = desk.path().join("out.csv");
        let refused = |text: &str, out, is_outage| {
            let (exit, text) = ended("mine.csv", text, Some(out), is_outage).expect_err(text);
            (exit, text.split_once("mine.csv").map_or(text.clone(), |(_, rest)| rest.to_owned()))
        };
        let bad = refused(&TRANSFERS.replacen(",cubic,cold,", ",vegas,cold,", 1), &out, false);
        let wrong = ": line 2, column congestion_control: `vegas` is none of cubic, bbr";
        assert_eq!(bad, (Exit::Invalid, wrong.to_owned()));
        assert!(!out.exists());
        let head =
            "profile,congestion_control,response_bytes,outage_start_s,outage_s,samples,median_s,min_s,max_s";
        let edge = format!("{head}\nlte,cubic,2000000,0.6,0.1,2,1.6,1.6,3.2\n");
        let nothing = ": nothing was judged: no row of it counts".to_owned();
        assert_eq!(refused(&edge, &out, true), (Exit::Nothing, nothing));
        let few = TRANSFERS.lines().take(3).collect::<Vec<_>>().join("\n");
        assert_eq!(refused(&few, &out.join("is/a/file/out.csv"), false).0, Exit::Environment);
        let missing = MeasuredArgs { file: Some(desk.path().join("nowhere.csv")), out: None };
        let missing = validate(Some(&Subject::Tcp(missing)));
        assert!(missing.is_err_and(|(exit, text)| exit == Exit::Usage && text.ends_with("does not exist")));
    }
}
