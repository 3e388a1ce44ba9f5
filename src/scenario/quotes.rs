//! Quotes in a table that a reader takes and nobody can have meant.

/// A quoted cell from its quote on: the bytes that it takes, with both quotes; `None` if it is
/// never closed.
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

/// Where the first quoted cell of a record begins that goes over the end of its line, and whether
/// it ends where a cell ends.
pub(super) fn long(record: &str) -> Option<(usize, bool)> {
    let mut at = 0;
    loop {
        if record[at..].starts_with('"') {
            let Some(length) = quoted(&record[at..]) else { return Some((at, false)) };
            let (open, end) = (at, at + length);
            if record[open..end].contains('\n') {
                return Some((open, ends_here(&record[end..])));
            }
            at = end;
        }
        at = next_cell(record, at)?;
    }
}

/// Where something else than a comma or the end of the line stands behind the quote that ends a
/// cell of a record.
pub(super) fn behind(record: &str) -> Option<usize> {
    let mut at = 0;
    loop {
        if record[at..].starts_with('"') {
            at += quoted(&record[at..])?;
            if !ends_here(&record[at..]) {
                return Some(at);
            }
        }
        at = next_cell(record, at)?;
    }
}

fn ends_here(rest: &str) -> bool {
    rest.chars().next().is_none_or(|c| matches!(c, ',' | '\r' | '\n'))
}

/// Where the next cell of the record begins.
fn next_cell(record: &str, at: usize) -> Option<usize> {
    let end = at + record[at..].find([',', '\n'])?;
    record[end..].starts_with(',').then_some(end + 1)
}
