//! Writes `summary.md`: a page of limited size for a CI job.

use super::brief::{brief, population};
use super::grid;
use super::reasons::reasons_of;
use super::story::{self, Failure, Paint};
use super::table::{self, Form};
use super::warnings::told;
use crate::record::{ACCEPT, CellRecord, RunRecord, Verdict};

/// The largest size of the page, in bytes. GitHub accepts 1 MiB from all steps of a job together.
pub const SUMMARY_MAX: usize = 64 << 10;
const CELLS_MAX: usize = 20;
const REASONS_MAX: usize = 5;
const REASON_MAX: usize = 600;

pub fn summary(record: &RunRecord) -> String {
    let mut text = format!("## {}\n", grid::plain(&story::headline(record, Paint(false))));
    let item = |text: &String| format!("- {}\n", escaped(text));
    let more = |all: usize, most: usize| (all > most).then(|| format!("- … and {} more\n", all - most));
    let failing = story::failures_of(record);
    for failure in failing.iter().take(CELLS_MAX) {
        match failure {
            Failure::Cells { worst: cell, name } => {
                text.push_str(&format!("- **{}**\n", escaped(name)));
                let reasons = reasons_of(cell).iter().take(REASONS_MAX).map(item).collect::<Vec<_>>();
                let replay = [format!("- {}\n", grid::code(&cell.replay))];
                let lines = reasons.into_iter().chain(more(cell.reasons.len(), REASONS_MAX)).chain(replay);
                text.extend(lines.map(|line| format!("  {line}")));
            }
            Failure::OfRun { text: why, .. } => text.push_str(&item(why)),
        }
    }
    text.extend(more(failing.len(), CELLS_MAX));
    text.extend(record.acceptance().map(|command| format!("- {ACCEPT}{}\n", grid::code(command))));
    let told = [told(record), record.remarks.clone()].concat();
    let mixed = record.mixed();
    let left_out = record.left_out.iter().filter(|_| !record.left_out_fails);
    let notes = told.iter().chain(left_out).chain(&record.notes).chain(&mixed);
    let notes: Vec<&String> = notes.chain(record.tolerated.iter().take(CELLS_MAX)).collect();
    text.extend(notes.iter().map(|note| item(note)));
    if !failing.is_empty() || !notes.is_empty() {
        text.push('\n');
    }
    let gates: Vec<_> = record.gates.iter().filter(|gate| !gate.pass || record.cells.len() == 1).collect();
    if !gates.is_empty() {
        let told = &gates[..gates.len().min(2 * CELLS_MAX)];
        text.push_str(&(story::gate_grid(record, told).markdown() + "\n"));
    }
    let met = !record.gates.is_empty() && record.gates.iter().all(|gate| gate.pass);
    if record.verdict == Verdict::Pass && met {
        text.push_str(&format!("Gates: {0} of {0} met.\n\n", record.gates.len()));
    }
    let asked = Some(super::answers::answers(record, table::WIDTH)).filter(|answers| !answers.is_empty());
    let answer = record.tune.as_ref().map(super::tune::story).or_else(|| super::sweep::retold(record));
    match answer.or(asked) {
        Some(answer) => text.push_str(&grid::fenced(&answer)),
        None => {
            let cells: Vec<&CellRecord> = record.cells.iter().collect();
            if table::is_one_setting(record) && !cells.iter().all(|cell| cell.metrics.is_empty()) {
                let sentences = brief(&cells).into_iter();
                text.extend(sentences.map(|of| format!("- {}: {}\n", of.topic, escaped(&of.text))));
                text.extend((cells.len() > 1).then(|| item(&population(cells.len()))));
                text.push('\n');
            }
            text.extend([table::figures(record, Form::Markdown, false).trim_end(), "\n"]);
        }
    }
    bounded(text)
}

fn bounded(mut text: String) -> String {
    const REST: &str = "\n… the rest is in run.json.\n";
    if text.len() > SUMMARY_MAX {
        let most = SUMMARY_MAX - REST.len();
        let end = text.as_bytes()[..most].iter().rposition(|&b| b == b'\n').map_or(0, |i| i + 1);
        text.truncate(end);
        text.push_str(REST);
    }
    text
}

/// Escapes a text for one line of Markdown, and limits its length.
fn escaped(text: &str) -> String {
    let end = (0..=REASON_MAX.min(text.len())).rev().find(|&i| text.is_char_boundary(i)).unwrap_or(0);
    let more = if end < text.len() { "…" } else { "" };
    grid::plain(&format!("{}{more}", text[..end].replace('\n', " ")))
}
