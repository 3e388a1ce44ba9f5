//! Files of whole entities that the backend writes from time to time, for others to fetch: a feed by FTP.
//!
//! A file holds what was committed at its instant, as CSV with a line of heads, the rows in the order of keys, and a last line
//! that says how many there are. It is written over the one before and takes its time: who fetches it meanwhile gets its beginning.

use std::sync::Arc;

use super::machine::Backend;
use super::serial::Style;
use crate::base::{EntityId, Key, Span, Stamp, Time, Value};

/// What stands in the first cell of the last line.
pub const END: &str = "#end";

/// When files are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileDrop {
    /// How often, from time 0 on; more than nothing.
    pub every: Span,
    /// How long writing takes.
    pub takes: Span,
}

impl FileDrop {
    /// When the first file is complete that is begun after `at`.
    pub fn complete_after(self, at: Time) -> Time {
        let every = self.every.0.max(1);
        Time((at.0 / every + 1).saturating_mul(every)) + self.takes
    }
}

/// A file as it was fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct File<'b> {
    /// Its number, from 0.
    pub number: u64,
    /// Of when its content is.
    pub at: Time,
    /// What is there of it.
    pub text: &'b [u8],
    /// Rows that the backend read to write all of it.
    pub rows: u64,
}

/// The last files of all entities.
#[derive(Clone, Debug, Default)]
pub(super) struct Files {
    /// How many were begun.
    begun: u64,
    /// By entity.
    drafts: Vec<Draft>,
}

#[derive(Clone, Debug)]
struct Draft {
    rows: Vec<(Key, Stamp, Arc<[Value]>)>,
    /// Made when somebody fetches it.
    text: Option<Vec<u8>>,
}

impl Backend {
    /// Begins the file that is due. Nothing may have been written since its instant, so every write asks before it.
    pub(super) fn drop_due(&mut self, now: Time) {
        let Some(FileDrop { every, .. }) = self.options.files else { return };
        let due = now.0 / every.0.max(1) + 1;
        if due == self.files.begun {
            return;
        }
        let draft = |entity| Draft { rows: self.table(entity).content(), text: None };
        let drafts = self.schema.ids().map(draft).collect();
        self.files = Files { begun: due, drafts };
    }

    /// The file of `entity` that is there; `None` if the backend writes no files.
    pub fn file(&mut self, now: Time, entity: EntityId) -> Option<File<'_>> {
        let FileDrop { every, takes } = self.options.files?;
        self.drop_due(now);
        let number = self.files.begun - 1;
        let schema = self.schema.entities.get(usize::from(entity.0))?;
        let Draft { rows, text } = &mut self.files.drafts[usize::from(entity.0)];
        let text = text.get_or_insert_with(|| write(schema, Style::of(number), rows));
        let at = Time(number * every.0.max(1));
        let written = now.since(at).0;
        let there = match takes.0 {
            takes if written >= takes => text.len(),
            takes => (text.len() as u128 * u128::from(written) / u128::from(takes)) as usize,
        };
        Some(File { number, at, text: &text[..there], rows: rows.len() as u64 })
    }
}

fn write(entity: &crate::contract::Entity, style: Style, rows: &[(Key, Stamp, Arc<[Value]>)]) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
    let mut put = |record: Vec<String>| writer.write_record(record).expect("memory takes a record");
    put(style.heads(entity));
    for (key, stamp, values) in rows {
        put(style.cells(entity, key, *stamp, values));
    }
    put(vec![END.to_owned(), rows.len().to_string()]);
    writer.into_inner().expect("memory is flushed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_committed_as_a_file_is_begun_is_waited_for_in_the_next() {
        let drop = FileDrop { every: Span(20), takes: Span(15) };
        for (at, complete) in [(0, 35), (19, 35), (20, 55), (110, 135)] {
            assert_eq!(drop.complete_after(Time(at)), Time(complete));
        }
    }
}
