//! Quotes in a table that a reader takes and nobody can have meant.

/// The bytes of a quoted cell, with both quotes; `None` if it is never closed.
fn quoted(text: &str) -> Option<usize> {
    let mut at = 1;
    loop {
        at += text[at..].find('"')? + 1;
        if !text[at..].starts_with('"') {
            return Some(at);
        }
        at += 1;
    }
}

/// The byte of a record at which a quote opens that is never closed, or behind which it ends within
/// its cell; `whole` says whether the record has all of its cells, so that a quoted one may well go
/// over the end of its line.
pub(super) fn astray(record: &str, whole: bool) -> Option<usize> {
    let mut at = 0;
    loop {
        if record[at..].starts_with('"') {
            let Some(length) = quoted(&record[at..]) else { return Some(at) };
            let (open, end) = (at, at + length);
            if !whole && record[open..end].contains('\n') {
                return Some(open);
            }
            if !ends_here(&record[end..]) {
                return Some(if record[open..end].contains('\n') { open } else { end });
            }
            at = end;
        }
        at = next_cell(record, at)?;
    }
}

fn ends_here(rest: &str) -> bool {
    rest.chars().next().is_none_or(|c| matches!(c, ',' | '\r' | '\n'))
}

fn next_cell(record: &str, at: usize) -> Option<usize> {
    let end = at + record[at..].find([',', '\n'])?;
    record[end..].starts_with(',').then_some(end + 1)
}
