//! A scenario file for one cell alone, to be kept, shrunk and replayed.

use super::run::CellRecord;

const DIGEST_MARK: &str = "# digest: ";
const FIGURES_MARK: &str = "# digest of the figures: ";
const SOURCE_MARK: &str = "# digest of the program: ";

/// The resolved scenario of a cell with its seed pinned, headed by what it shows and the command
/// that runs it again; `why` it fails is worded by who shows it, and `source` is the digest of the
/// program that ran it.
pub fn repro(cell: &CellRecord, why: &[String], source: &str, resolved: &str) -> String {
    let mut text = head(&cell.id);
    for reason in why {
        text.push_str(&format!("# {}\n", one_line(reason)));
    }
    text.push_str(&format!("# Run it again: syncdyno replay {}.toml\n", cell.id));
    for (mark, digest) in
        [(DIGEST_MARK, cell.digest.as_str()), (FIGURES_MARK, &cell.figures_digest), (SOURCE_MARK, source)]
    {
        if !digest.is_empty() {
            text.push_str(&format!("{mark}{digest}\n"));
        }
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

/// Whether the file that is called by this cell was written by [`repro`] of the cell, and is no
/// copy under another name.
pub fn is_repro(cell: &str, text: &[u8]) -> bool {
    text.starts_with(head(cell).as_bytes())
}

/// What a file written by [`repro`] says of its cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReproHead<'a> {
    /// Its digest.
    pub digest: Option<&'a str>,
    /// The digest of its figures.
    pub figures_digest: Option<&'a str>,
    /// The digest of the program that ran it.
    pub source: Option<&'a str>,
}

/// Reads that.
pub fn repro_head(text: &str) -> ReproHead<'_> {
    let head = || text.lines().take_while(|line| line.starts_with('#'));
    let after = |mark: &str| head().find_map(|line| line.strip_prefix(mark));
    ReproHead { digest: after(DIGEST_MARK), figures_digest: after(FIGURES_MARK), source: after(SOURCE_MARK) }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
