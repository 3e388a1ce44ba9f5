//! Tables of cells as programs read and write them.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// A line a cell.
pub(super) fn to_csv<T: Serialize>(lines: &[T]) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    lines.iter().for_each(|line| writer.serialize(line).expect("it is written to memory"));
    let bytes = writer.into_inner().expect("it is written to memory");
    String::from_utf8(bytes).expect("names and numbers")
}

/// Reads what [`to_csv`] writes.
pub(super) fn of_csv<T: DeserializeOwned>(text: &str) -> Result<Vec<T>, csv::Error> {
    csv::Reader::from_reader(text.as_bytes()).deserialize().collect()
}

/// An array, a cell each.
pub(super) fn to_json<T: Serialize>(lines: &[T]) -> String {
    serde_json::to_string_pretty(lines).expect("names and numbers") + "\n"
}

/// Each once, in the order in which they come.
pub(super) fn distinct<T: PartialEq>(all: impl Iterator<Item = T>) -> Vec<T> {
    let mut once = Vec::new();
    for one in all {
        if !once.contains(&one) {
            once.push(one);
        }
    }
    once
}
