//! Lists on lines of so many columns, and tables as programs read and write them.

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

/// A text whose figures stay with their units at the end of a line, until [`filled`] wrote it.
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

pub(super) fn ends(lines: &[String], most: usize) -> (&[String], usize, &[String]) {
    match lines.len().saturating_sub(2 * most) {
        0 => (lines, 0, &[]),
        left_out => (&lines[..most], left_out, &lines[most + left_out..]),
    }
}

/// As CSV: rows under a header, whose columns depend on what is written.
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
