//! Repeats one cell (one simulation): writes a scenario file for it, and the commands of reports.
//!
//! The life of a record is the list of all its events.

use super::run::CellRecord;

const DIGEST_MARK: &str = "# digest: ";
const FIGURES_MARK: &str = "# digest of the figures: ";
const SOURCE_MARK: &str = "# digest of the program: ";

/// The scenario file that repeats a cell: its resolved scenario and its seed. The header has the
/// reasons of the failure (`why`), the command, and the digest `source` of the program.
pub fn repro(cell: &CellRecord, why: &[String], source: &str, resolved: &str) -> String {
    let mut text = head(&cell.id);
    let why = why.iter().map(|reason| reason.split_whitespace().collect::<Vec<_>>().join(" "));
    text.extend(why.map(|reason| format!("# {reason}\n")));
    text.push_str(&format!("# Run it again: syncdyno replay {}.toml\n", cell.id));
    let marks = [(DIGEST_MARK, &*cell.digest), (FIGURES_MARK, &cell.figures_digest), (SOURCE_MARK, source)];
    let known = marks.into_iter().filter(|(_, digest)| !digest.is_empty());
    text.extend(known.map(|(mark, digest)| format!("{mark}{digest}\n")));
    text.push_str(&format!("seed = {}\n\n", cell.seed));
    let mut top_level = true;
    for line in resolved.lines() {
        top_level &= !line.trim_start().starts_with('[');
        let pins_a_seed = line.split_once('=').is_some_and(|(key, _)| key.trim() == "seed");
        if !(top_level && pins_a_seed) {
            text.extend([line, "\n"]);
        }
    }
    text
}

fn head(cell: &str) -> String {
    format!("# {cell}, reduced to one cell.\n")
}

/// True if the file was written for this cell. Two cells can have the same file name.
pub fn is_repro(cell: &str, text: &[u8]) -> bool {
    text.starts_with(head(cell).as_bytes())
}

/// The digests in the header of a file that [`repro`] wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReproHead<'a> {
    pub digest: Option<&'a str>,
    pub figures_digest: Option<&'a str>,
    pub source: Option<&'a str>,
}

pub fn repro_head(text: &str) -> ReproHead<'_> {
    let head = || text.lines().take_while(|line| line.starts_with('#'));
    let after = |mark: &str| head().find_map(|line| line.strip_prefix(mark));
    ReproHead { digest: after(DIGEST_MARK), figures_digest: after(FIGURES_MARK), source: after(SOURCE_MARK) }
}

/// The shell command that runs a cell of the run in `folder` again.
pub fn replay_command(folder: &str, cell: &str) -> String {
    replay_file(&format!("{folder}#{cell}"))
}

pub fn replay_file(path: &str) -> String {
    let options_end = if path.starts_with('-') { "-- " } else { "" };
    format!("{REPLAY}{options_end}{}", shell_word(path))
}

/// The replay command with an option that shows the life of one record.
pub fn replay_record(replay: &str, record: &str) -> String {
    let record = shell_word(record);
    // A recorded history is not a simulation, so its command judges it again.
    if replay.starts_with(JUDGE) {
        return format!("{replay} --record {record}");
    }
    let target = replay.strip_prefix(REPLAY).unwrap_or(replay);
    // Options must stand before `--`.
    if target.starts_with("-- ") {
        format!("{REPLAY}--record {record} {target}")
    } else {
        format!("{REPLAY}{target} --record {record}")
    }
}

const REPLAY: &str = "syncdyno replay ";
const JUDGE: &str = "syncdyno judge ";

pub fn shell_word(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/._=-#".contains(c);
    if !text.is_empty() && text.chars().all(plain) && !text.starts_with('#') {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}
