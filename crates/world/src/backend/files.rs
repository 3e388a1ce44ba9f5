//! Export files of whole entities. The backend writes them at regular intervals.
//!
//! A file holds the rows that were committed when the backend began it. It is CSV with a header
//! line, and a last line with the number of rows. It overwrites the previous file. Writing takes
//! time. A fetch during that time gets only the beginning of the file.

use std::sync::Arc;

use super::clock::Clock;
use super::content::Content;
use super::options::FileDrop;
use super::serial::Style;
use crate::base::{EntityId, Key, Stamp, Time, Value};
use crate::contract::Entity;

/// The first cell of the last line.
pub(crate) const END: &str = "#end";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct File<'b> {
    pub(crate) number: u64,
    /// The instant of the file's content.
    pub(crate) at: Time,
    /// The last stamp that a row could have at that instant.
    pub(crate) head: Stamp,
    pub(crate) text: &'b [u8],
    /// The number of rows that the backend read for the whole file.
    pub(crate) rows: u64,
}

/// The latest file of each entity.
#[derive(Clone, Debug)]
pub(super) struct Files {
    drop: Option<FileDrop>,
    begun: u64,
    head: Stamp,
    drafts: Vec<Draft>,
}

#[derive(Clone, Debug)]
struct Draft {
    rows: Vec<(Key, Stamp, Arc<[Value]>)>,
    /// `None` until the first fetch.
    text: Option<Vec<u8>>,
}

impl Files {
    pub(super) fn new(drop: Option<FileDrop>) -> Files {
        Files { drop, begun: 0, head: Stamp(0), drafts: Vec::new() }
    }

    /// Starts the next file if it is due. Called before every write.
    pub(super) fn drop_due(&mut self, now: Time, content: &Content, clock: &Clock) {
        let Some(FileDrop { every, .. }) = self.drop else { return };
        let due = now.0 / every.0.max(1) + 1;
        if due == self.begun {
            return;
        }
        let draft = |entity| Draft { rows: content.table(entity).content(), text: None };
        self.head = clock.head(clock.at(Time((due - 1) * every.0.max(1))));
        (self.begun, self.drafts) = (due, content.schema.ids().map(draft).collect());
    }

    /// The current file of `entity`; `None` if the backend writes no files.
    pub(super) fn file(
        &mut self,
        now: Time,
        (content, clock): (&Content, &Clock),
        entity: EntityId,
    ) -> Option<File<'_>> {
        let FileDrop { every, takes } = self.drop?;
        self.drop_due(now, content, clock);
        let number = self.begun - 1;
        let schema = content.entity(entity).ok()?;
        let Draft { rows, text } = &mut self.drafts[usize::from(entity.0)];
        let text = text.get_or_insert_with(|| write(schema, Style::of(number), rows));
        let at = Time(number * every.0.max(1));
        let written = now.since(at).0;
        let there = match takes.0 {
            takes if written >= takes => text.len(),
            takes => (text.len() as u128 * u128::from(written) / u128::from(takes)) as usize,
        };
        Some(File { number, at, head: self.head, text: &text[..there], rows: rows.len() as u64 })
    }
}

fn write(entity: &Entity, style: Style, rows: &[(Key, Stamp, Arc<[Value]>)]) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
    let mut put = |record: Vec<String>| writer.write_record(record).expect("memory takes a record");
    put(style.heads(entity));
    for (key, stamp, values) in rows {
        put(style.cells(entity, key, *stamp, values));
    }
    put(vec![END.to_owned(), rows.len().to_string()]);
    writer.into_inner().expect("memory is flushed")
}
