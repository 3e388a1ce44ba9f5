//! Word-wrapped lists, and CSV text.

use serde::Serialize;

pub(super) fn filled(
    head: &str,
    indent: &str,
    words: impl IntoIterator<Item = impl AsRef<str>>,
    columns: usize,
) -> String {
    let (mut lines, mut line) = (String::new(), head.to_owned());
    for word in words {
        let word = word.as_ref();
        if line.chars().count() + word.chars().count() > columns && !line.trim().is_empty() {
            lines.extend([line.trim_end(), "\n"]);
            line = indent.to_owned();
        }
        line.extend([word, " "]);
    }
    (lines + line.trim_end() + "\n").replace('\u{a0}', " ")
}

/// Keeps figures and their units on one line when [`filled`] wraps the text.
pub(super) fn whole_figures(text: &str) -> String {
    let mut whole = String::new();
    let mut last = "";
    for word in text.split(' ') {
        let is_figure =
            |word: &str| word.ends_with(|c: char| c.is_ascii_digit()) || ["≈", ">"].contains(&word);
        let goes_on = ["d", "h", "min"].contains(&last) && word.starts_with(|c: char| c.is_ascii_digit());
        let gap = if is_figure(last) || goes_on || [last, word].contains(&"→") { "\u{a0}" } else { " " };
        whole.extend([if whole.is_empty() { "" } else { gap }, word]);
        last = word;
    }
    whole
}

/// Joins texts; `None` if there are no texts.
pub(super) fn joined(texts: impl IntoIterator<Item = impl Into<String>>, between: &str) -> Option<String> {
    let texts: Vec<String> = texts.into_iter().map(Into::into).collect();
    (!texts.is_empty()).then(|| texts.join(between))
}

/// A line, or the number of lines that are left out.
pub(super) enum Part<'l> {
    Line(&'l str),
    LeftOut(usize),
}

/// Shortens the life of a record (the list of its events). It keeps the beginning, the end, and the
/// lines at the times that the last sentence names.
pub(super) fn excerpt(lines: &[String], most: usize) -> Vec<Part<'_>> {
    let between = most..lines.len().saturating_sub(most);
    let ending = lines.last().filter(|line| line.starts_with("in short: "));
    let is_named = |line: &str| {
        let ends_at = line.match_indices(' ').map(|(at, _)| at).find(|at| line[..*at].contains(':'));
        ends_at.is_some_and(|at| ending.is_some_and(|ending| ending.contains(&line[..at])))
    };
    let (mut parts, mut gap) = (Vec::new(), 0);
    for (at, line) in lines.iter().enumerate() {
        if between.contains(&at) && !is_named(line) {
            gap += 1;
            continue;
        }
        match std::mem::take(&mut gap) {
            0 => {}
            1 => parts.push(Part::Line(&lines[at - 1])),
            gap => parts.push(Part::LeftOut(gap)),
        }
        parts.push(Part::Line(line));
    }
    parts
}

pub(super) fn csv_of<T: Serialize>(
    header: impl IntoIterator<Item = impl AsRef<[u8]>>,
    rows: impl IntoIterator<Item = T>,
) -> String {
    let mut writer = csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
    writer.write_record(header).expect("it is written to memory");
    rows.into_iter().for_each(|row| writer.serialize(row).expect("rows have one length"));
    let bytes = writer.into_inner().expect("it is written to memory");
    String::from_utf8(bytes).expect("names and numbers")
}

pub(super) fn to_json<T: Serialize + ?Sized>(of: &T) -> String {
    serde_json::to_string_pretty(of).expect("names and numbers") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_long_life_the_lines_are_shown_that_its_end_names() {
        let mut lines: Vec<String> = (10..50).map(|n| format!("08:00:{n} d0 edit d0.e{n}")).collect();
        let shown = |lines: &[String]| {
            let told = |part: Part<'_>| match part {
                Part::Line(line) => line[..8].to_owned(),
                Part::LeftOut(lines) => format!("-{lines}"),
            };
            excerpt(lines, 2).into_iter().map(told).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(shown(&lines), "08:00:10 08:00:11 -36 08:00:48 08:00:49");
        lines.push("in short: made at 08:00:20, gone at 08:00:31".to_owned());
        assert_eq!(shown(&lines), "08:00:10 08:00:11 -8 08:00:20 -10 08:00:31 -17 08:00:49 in short");
        assert_eq!(excerpt(&lines, 50).len(), lines.len());
    }
}
