//! `report`: renders a run again from its record.
//!
//! A cell is one simulation: one variant and one seed.

use std::path::{Path, PathBuf};

use super::args::{ReportArgs, ReportFormat};
use super::console::Console;
use super::refusal::Refusal;
use super::sources::{self, record_file};
use super::written;
use crate::base::escape_path;
use crate::campaign::Journal;
use crate::metrics::human;
use crate::record::{self, Exit, RunRecord};
use crate::render;

pub(super) fn report(args: &ReportArgs, console: &mut Console<'_>) -> anyhow::Result<Exit> {
    let (file, mut record) = read(&args.run)?;
    if let Some(out) = &args.out {
        written::refuse_existing_file(out)?;
    }
    let text = match args.format {
        ReportFormat::Human => {
            point_replays_at(&file, &mut record);
            told(&record, console)
        }
        ReportFormat::Html => render::html::page(&record),
        ReportFormat::Md => render::summary(&record),
        ReportFormat::Junit => render::junit(&record),
        ReportFormat::Csv => {
            let mut table = Vec::new();
            record::flat::cells(&record, &mut table).map_err(|e| Refusal::environment(e.to_string()))?;
            String::from_utf8(table).expect("texts were written")
        }
        ReportFormat::Json => record.to_json(),
    };
    match &args.out {
        None => console.result(&text),
        Some(path) => written::replace(path, text.as_bytes())?,
    }
    let folder = file.parent().filter(|folder| !record.complete && !folder.as_os_str().is_empty());
    if let Some((folder, cells)) = folder.and_then(|folder| Some((folder, Journal::kept(folder)?))) {
        let cells = human::count(cells as u64, "cell");
        let folder = escape_path(folder);
        let folder = record::shell_word(&folder);
        console.remark(&format!(
            "the run was stopped, and {cells} are kept; to continue, run its command with --resume {folder}\n"
        ));
    }
    Ok(Exit::Success)
}

/// Changes the commands that run cells again, so that they name the record's present path.
fn point_replays_at(file: &Path, record: &mut RunRecord) {
    let folder = file.parent().filter(|_| file.ends_with("run.json")).unwrap_or(file);
    let at = escape_path(if folder.as_os_str().is_empty() { Path::new(".") } else { folder });
    record.cells.iter_mut().for_each(|cell| cell.replay = record::replay_command(&at, &cell.id));
}

fn told(record: &RunRecord, console: &Console<'_>) -> String {
    let paint = console.out_paint();
    if let Some(tune) = &record.tune {
        return format!("{}\n{}", render::headline(record, paint), render::tune::story(tune));
    }
    match render::sweep::retold(record) {
        Some(story) => format!("{}\n{story}", render::headline(record, paint)),
        None => render::story(record, paint, console.columns(), console.voice.verbose),
    }
}

pub(super) fn read(run: &Path) -> anyhow::Result<(PathBuf, RunRecord)> {
    let file = record_file(run).ok_or_else(|| {
        Refusal::usage(format!(
            "there is no report in {}: name the folder or the run.json of a run",
            escape_path(run)
        ))
    })?;
    let text = sources::read_run(&file)?;
    let record =
        RunRecord::parse(&text).map_err(|e| Refusal::usage(format!("{}: {e}", escape_path(&file))))?;
    Ok((file, record))
}
