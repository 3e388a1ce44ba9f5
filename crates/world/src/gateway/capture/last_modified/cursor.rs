//! The text of a cursor.
//!
//! Between pulls, the cursor names the last row delivered: `stamp,key`. `stamp` alone means all
//! changes up to that stamp. A first load puts the stamp of its start in front: `since/stamp,key`.
//! Within a pull whose pages all begin at the same stamp, the cursor is `@since;base;mark;step`.
//! The step is `s` with unit, run and number of rows to skip, or `k` with stamp and key.

use crate::backend::Position;
use crate::base::{Key, Stamp, UnitId};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Cursor {
    /// A position.
    Rest(Position),
    /// Within a pull whose pages all begin at the same stamp.
    Course(Course),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Course {
    /// The start of the first load; `None` if this is not a first load.
    pub(super) since: Option<Stamp>,
    /// The stamp at which the pull's pages begin; `None`: at the first change.
    pub(super) base: Option<Stamp>,
    pub(super) mark: Stamp,
    pub(super) step: PullProgress,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PullProgress {
    /// The number of rows that this run of the unit has delivered.
    Skip { pull: (UnitId, u64), rows: u64 },
    /// The pull has delivered everything up to and including this row.
    Row(Stamp, Key),
}

impl Cursor {
    pub(super) fn write(&self) -> String {
        match self {
            Cursor::Rest(position) => write(position),
            Cursor::Course(Course { since, base, mark, step }) => {
                let stamp = |stamp: &Option<Stamp>| stamp.map_or(String::new(), |stamp| stamp.0.to_string());
                let (since, base) = (stamp(since), stamp(base));
                let step = match step {
                    PullProgress::Skip { pull: (unit, run), rows } => format!("s{}.{run}.{rows}", unit.0),
                    PullProgress::Row(stamp, key) => format!("k{},{key}", stamp.0),
                };
                format!("@{since};{base};{};{step}", mark.0)
            }
        }
    }

    pub(super) fn read(text: &str) -> Option<Cursor> {
        let Some(course) = text.strip_prefix('@') else { return read(text).map(Cursor::Rest) };
        let parts: Vec<&str> = course.splitn(4, ';').collect();
        let [since, base, mark, step] = parts[..] else { return None };
        let stamp = |text: &str| if text.is_empty() { Some(None) } else { Some(Some(parse(text)?)) };
        let step = match step.strip_prefix('k') {
            Some(row) => {
                let (stamp, key) = row.split_once(',')?;
                PullProgress::Row(parse(stamp)?, Key::new(key))
            }
            None => {
                let mut numbers = step.strip_prefix('s')?.splitn(3, '.');
                let unit = UnitId(numbers.next()?.parse().ok()?);
                let pull = (unit, numbers.next()?.parse().ok()?);
                PullProgress::Skip { pull, rows: numbers.next()?.parse().ok()? }
            }
        };
        Some(Cursor::Course(Course { since: stamp(since)?, base: stamp(base)?, mark: parse(mark)?, step }))
    }
}

fn parse(text: &str) -> Option<Stamp> {
    Some(Stamp(text.parse().ok()?))
}

pub(crate) fn write(position: &Position) -> String {
    let Position { stamp, key, since } = position;
    let since = since.map_or(String::new(), |since| format!("{}/", since.0));
    let key = key.as_ref().map_or(String::new(), |key| format!(",{key}"));
    format!("{since}{}{key}", stamp.0)
}

pub(crate) fn read(cursor: &str) -> Option<Position> {
    let (stamps, key) = match cursor.split_once(',') {
        Some((stamps, key)) => (stamps, Some(Key::new(key))),
        None => (cursor, None),
    };
    let (since, stamp) = match stamps.split_once('/') {
        Some((since, stamp)) => (Some(parse(since)?), stamp),
        None => (None, stamps),
    };
    Some(Position { stamp: parse(stamp)?, key, since })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_as_it_was_written_whatever_the_key() {
        let mark = Stamp(9);
        for key in ["", "k", "a,b/c;d \"d\" é@~"].map(Key::new) {
            for since in [None, Some(Stamp(-3))] {
                for key in [None, Some(key.clone())] {
                    let position = Position { stamp: Stamp(-1_700), key, since };
                    let cursor = Cursor::Rest(position);
                    assert_eq!(Cursor::read(&cursor.write()), Some(cursor));
                }
                for base in [None, Some(Stamp(-5))] {
                    for step in [
                        PullProgress::Row(Stamp(-2), key.clone()),
                        PullProgress::Skip { pull: (UnitId(3), u64::MAX), rows: 7 },
                    ] {
                        let cursor = Cursor::Course(Course { since, base, mark, step });
                        assert_eq!(Cursor::read(&cursor.write()), Some(cursor));
                    }
                }
            }
        }
        let plain = Position { stamp: Stamp(7), key: Some(Key::new("k")), since: None };
        assert_eq!(Cursor::Rest(plain).write(), "7,k");
    }

    #[test]
    fn a_text_that_is_no_cursor_is_not_read() {
        for text in ["", ",", "k,7", "7.5,k", "/7,k", "1/,k", "1/2/3,k", "99999999999999999999,k", " 7"] {
            assert_eq!(Cursor::read(text), None, "{text:?}");
        }
        for text in ["@", "@;;;", "@;;1;", "@;;1;s1.2", "@;;1;s1.2.3.4", "@;;1;k1", "@;;;k1,a", "@x;;1;k1,a"]
        {
            assert_eq!(Cursor::read(text), None, "{text:?}");
        }
    }
}
