//! The source of the compared rows: one read, several pages, or a file. A pass is one run through
//! all pages.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::canonical::Canonical;
use super::options::{HashOptions, Snapshot};
use crate::backend::{self, Backend, Change, Style};
use crate::base::{EntityId, Key, Stamp, Time, Value};
use crate::contract::{Entity, ServerError};
use crate::gateway::capture::seam::{Ask, Effort};

#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) key: Key,
    pub(super) stamp: Stamp,
    pub(super) values: Box<[Value]>,
    /// The hash of the source's own text, if the comparison uses it.
    pub(super) raw: Option<u128>,
}

impl Seen {
    pub(super) fn change(&self) -> Change<'_> {
        Change { key: &self.key, stamp: self.stamp, values: Some(&self.values), is_new: false }
    }
}

/// A reading in pages by offset, one request per page.
#[derive(Clone, Debug, Default)]
pub(super) struct Reading {
    rows: Vec<Seen>,
    offset: usize,
    /// Key ranges that this pass may have skipped.
    gaps: Vec<Gap>,
    /// The keys of the previous pass, in order.
    before: Option<Vec<Key>>,
    passes: u32,
    /// Rows that the reader wrote during the reading. The versions read may be older.
    pub(super) touched: BTreeSet<Key>,
}

/// A range of keys that no page covers: after the first key and before the second, if there is one.
/// A page shows one instant and is complete from its first key to its last.
#[derive(Clone, Debug)]
pub(super) struct Gap(Key, Option<Key>);

impl Gap {
    pub(super) fn holds(&self, key: &Key) -> bool {
        *key > self.0 && self.1.as_ref().is_none_or(|end| key < end)
    }
}

#[derive(Clone, Debug)]
pub(super) struct Whole {
    pub(super) rows: Vec<Seen>,
    /// Rows to leave out.
    pub(super) touched: BTreeSet<Key>,
    /// A row in one of these gaps may exist although the reading lacks it.
    pub(super) gaps: Vec<Gap>,
}

/// The maximum number of passes, if none confirms the one before it.
const PASSES: u32 = 4;

impl Reading {
    /// Begins a reading that leaves out these keys.
    pub(super) fn beside(touched: BTreeSet<Key>) -> Reading {
        Reading { touched, ..Reading::default() }
    }

    /// Reads the next page. Returns all rows after the last page, `None` before.
    pub(super) fn go_on(
        &mut self,
        options: &HashOptions,
        (backend, now): (&mut Backend, Time),
        ask: &Ask<'_>,
        (canonical, effort): (&mut Canonical, &mut Effort),
    ) -> Result<Option<Whole>, ServerError> {
        let (from, offset, rows) = (self.rows.len(), self.offset, &mut self.rows);
        let mut skipped = 0;
        let schema = Arc::clone(backend.schema());
        let entity = schema.entity(ask.entity);
        backend.shown(now).all(ask.entity, ask.reader.scope(), |row| {
            if skipped < offset {
                skipped += 1;
            } else if rows.len() - from < options.read_rows as usize {
                let raw = raw(options, entity, now, row, (canonical, effort));
                let values = row.values.expect("all rows that are there have values");
                rows.push(Seen { key: row.key.clone(), stamp: row.stamp, values: values.into(), raw });
            }
        })?;
        let read = self.rows.len() - from;
        self.note_gap(from);
        effort.scanned += (skipped + read) as u64;
        self.offset += read;
        let ended = read < options.read_rows as usize;
        Ok(if ended { self.end_pass(options.snapshot) } else { None })
    }

    /// Notes the gap between the earlier pages and the page whose first row is at `from`.
    fn note_gap(&mut self, from: usize) {
        let Some(last) = self.rows[..from].iter().map(|row| &row.key).max() else { return };
        let next = self.rows.get(from).map(|row| &row.key);
        if next.is_none_or(|next| next > last) {
            self.gaps.push(Gap(last.clone(), next.cloned()));
        }
    }

    /// Ends a pass. A pass skips a row only if an earlier row vanished during the pass. So a pass
    /// skipped nothing if the next pass sees all its rows. If rows vanish in every pass, the last
    /// pass counts, and rows in the gaps between its pages wait for the next reading.
    fn end_pass(&mut self, snapshot: Snapshot) -> Option<Whole> {
        let (mut rows, gaps) = (std::mem::take(&mut self.rows), std::mem::take(&mut self.gaps));
        self.offset = 0;
        self.passes += 1;
        // If a row was read twice, the later version counts.
        rows.reverse();
        rows.sort_by(|a, b| a.key.cmp(&b.key));
        rows.dedup_by(|a, b| a.key == b.key);
        let gaps = match snapshot {
            Snapshot::TwoPass if !self.is_confirmed_by(&rows) => {
                if self.passes < PASSES {
                    self.before = Some(rows.into_iter().map(|row| row.key).collect());
                    return None;
                }
                gaps
            }
            _ => Vec::new(),
        };
        Some(Whole { rows, touched: std::mem::take(&mut self.touched), gaps })
    }

    fn is_confirmed_by(&self, rows: &[Seen]) -> bool {
        let sees = |key: &Key| rows.binary_search_by(|row| row.key.cmp(key)).is_ok();
        self.before.as_ref().is_some_and(|before| before.iter().all(sees))
    }
}

/// The hash of the source's own text, not in canonical form. The style changes each millisecond.
pub(super) fn raw(
    options: &HashOptions,
    entity: &Entity,
    now: Time,
    row: Change<'_>,
    (canonical, effort): (&mut Canonical, &mut Effort),
) -> Option<u128> {
    // This simulates several servers behind one name, each with its own style.
    let style = (!options.canonical).then(|| Style::of(now.0 / 1_000_000))?;
    let cells = style.cells(entity, row.key, Stamp(0), row.values?);
    let hash = canonical.hash_of_text(cells.iter().map(String::as_str));
    effort.hashed += canonical.bytes();
    Some(hash)
}

/// The rows of the last complete file.
#[derive(Clone, Debug)]
pub(super) struct Sheet {
    number: u64,
    pub(super) at: Time,
    /// The last stamp that a row could have at that time.
    pub(super) head: Stamp,
    pub(super) rows: Vec<Seen>,
}

impl Sheet {
    /// Reads the current file, unless it was read before. `None` if no usable file was read yet.
    pub(super) fn fetch<'s>(
        sheet: &'s mut Option<Sheet>,
        trailer: bool,
        (backend, now): (&mut Backend, Time),
        entity: EntityId,
        effort: &mut Effort,
    ) -> Option<&'s Sheet> {
        let schema = Arc::clone(backend.schema());
        let file = backend.file(now, entity)?;
        let known = sheet.as_ref().is_some_and(|sheet| sheet.number == file.number);
        if !known && let Some((rows, whole)) = parse(schema.entity(entity), file.text) {
            effort.handled += rows.len() as u64;
            if whole || !trailer {
                effort.scanned += file.rows;
                // An incomplete file is read again.
                let number = if whole { file.number } else { u64::MAX };
                *sheet = Some(Sheet { number, at: file.at, head: file.head, rows });
            }
        }
        sheet.as_ref()
    }
}

/// The rows of a file; true if its last line confirms their number. Skips lines without a row.
fn parse(entity: &Entity, text: &[u8]) -> Option<(Vec<Seen>, bool)> {
    let mut lines = csv::ReaderBuilder::new().flexible(true).has_headers(false).from_reader(text);
    let mut records = lines.records().map_while(Result::ok);
    let heads = records.next()?;
    let reader = backend::Reader::new(entity, heads.iter())?;
    let (mut rows, mut whole) = (Vec::new(), false);
    let mut canonical = Canonical::default();
    for record in records {
        let cells: Vec<&str> = record.iter().collect();
        if let [backend::END, count] = cells[..] {
            whole = count.parse() == Ok(rows.len());
        } else if let Some((key, stamp, values)) = reader.row(&cells) {
            let raw = Some(canonical.hash_of_text(cells.iter().skip(2).copied()));
            rows.push(Seen { key, stamp, values: values.into(), raw });
        }
    }
    Some((rows, whole))
}
