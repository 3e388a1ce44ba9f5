//! A scenario file for one cell alone, to be kept, shrunk and replayed.

use super::record::CellRecord;

const DIGEST_MARK: &str = "# digest: ";

/// The resolved scenario of a cell with its seed pinned, headed by what it shows and the command that runs it again.
pub fn repro(cell: &CellRecord, resolved: &str) -> String {
    let mut text = head(&cell.id);
    for reason in &cell.reasons {
        text.push_str(&format!("# {}\n", one_line(&reason.text)));
    }
    text.push_str(&format!("# Run it again: syncdyno replay {}.toml\n", cell.id));
    if !cell.digest.is_empty() {
        text.push_str(&format!("{DIGEST_MARK}{}\n", cell.digest));
    }
    text.push_str(&format!("seed = {}\n\n", cell.seed));
    let mut top_level = true;
    for line in resolved.lines() {
        top_level &= !line.trim_start().starts_with('[');
        let pins_a_seed = line.split_once('=').is_some_and(|(key, _)| key.trim() == "seed");
        if !(top_level && pins_a_seed) {
            text.push_str(line);
            text.push('\n');
        }
    }
    text
}

fn head(cell: &str) -> String {
    format!("# {cell}, reduced to one cell.\n")
}

/// Whether the file that is called by this cell was written by [`repro`] of the cell, and is no copy under another name.
pub fn is_repro(cell: &str, text: &[u8]) -> bool {
    text.starts_with(head(cell).as_bytes())
}

/// The digest that a file written by [`repro`] says its cell has.
pub fn digest_told(text: &str) -> Option<&str> {
    text.lines().take_while(|line| line.starts_with('#')).find_map(|line| line.strip_prefix(DIGEST_MARK))
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
