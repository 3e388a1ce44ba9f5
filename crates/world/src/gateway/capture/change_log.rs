//! Capture by the backend's change log: entries in the order in which transactions committed.
//!
//! The cursor is the number of the last entry read. During a first load it is
//! `number|until|since/stamp,key`. The load ends at stamp `until`, and `since/stamp,key` is its
//! position in the rows. After the load, the log continues after entry `number`. The cursor
//! `@stamp` is for a device that begins with everything up to that stamp.

use std::ops::ControlFlow;

use super::choice::{Around, Capture, Choice, Kind, Properties};
use super::last_modified::cursor;
use super::seam::{Ask, Captured, Effort, Paged, Strategy, Take};
use crate::backend::{
    Backend, FirstLoad, History, Holes, LogPosition, LogQuery, Numbered, Position, Provisioning, Superseded,
    Trimmed, Upto,
};
use crate::base::{Span, Stamp, Time};
use crate::config::form::{Form, Needs, PERIOD, Stated, optional, owned, table, word};
use crate::config::view::{View, read};
use crate::contract::ServerError;
use crate::gateway::mode::Unfit;

/// The options of a capture by the change log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChangeLogOptions {
    /// The treatment of missing numbers.
    pub holes: Holes,
    /// The treatment of entries that may be trimmed.
    pub trimmed: Trimmed,
    /// The rows of a first load: with tombstones or without.
    pub first_load: FirstLoad,
    /// True if the capture also brings versions that later ones replaced.
    pub superseded: bool,
    /// The log drops superseded versions at multiples of this time; `None`: never.
    pub compacted_every: Option<Span>,
    /// True if a page ends with each deleted row.
    pub deletes_alone: bool,
}

const OPTIONS: Form = table(&[
    word::<Holes>("holes")
        .about("What a reader does if a number is missing: wait until the oldest transaction in progress has ended, or continue and lose the rows that come later with that number.")
        .needs(&Needs {
            of: &["backend.log.numbered"],
            holds: |of| of[0].says(Numbered::AtWrite),
            why: "a log that is numbered at the commit has no gaps",
            help: "remove the key, or set log = { numbered = \"at-write\" } in [backend]",
        }),
    word::<Trimmed>("trimmed")
        .about("What a reader does if the log may have dropped entries that it needs: load everything again, or continue without them."),
    word::<FirstLoad>("first_load")
        .about("What a first load brings: the rows that exist (\"live\"), or also a tombstone of each deleted row (\"all\")."),
    owned("superseded", Form::Bool, || ChangeLogOptions::default().superseded.stated())
        .about("Whether each entry of the log brings its version of the row. If false, only the last entry of a row does."),
    optional("compacted_every", PERIOD)
        .about("How often the log is compacted: it then keeps only the last entry of each row. Without this key, never.")
        .needs(&Needs {
            of: &[".superseded"],
            holds: |of| of[0].flag(),
            why: "the log has only the last entry of each row",
            help: "remove the key, or set superseded = true to keep the other entries until the log is compacted",
        }),
    owned("deletes_alone", Form::Bool, || ChangeLogOptions::default().deletes_alone.stated())
        .about("Whether a response ends after each deleted row, so that each deleted row costs one request."),
]);

pub(super) const KIND: Kind = Kind {
    key: optional("change_log", OPTIONS)
        .about("Finds changes by the backend's log of changes (`backend.log`)."),
    read: chosen,
    examples: &[("{ change_log = {} }", || ChangeLogOptions::default().into())],
};

fn chosen(view: View<'_>, _: Around<'_>) -> Capture {
    read!(view, ChangeLogOptions { holes trimmed first_load superseded compacted_every deletes_alone }).into()
}

impl ChangeLogOptions {
    fn history(&self) -> History {
        let kept = Superseded::Kept { compacted_every: self.compacted_every };
        let superseded = if self.superseded { kept } else { Superseded::Gone };
        History { first_load: self.first_load, superseded }
    }
}

impl Choice for ChangeLogOptions {
    /// Triggers write the log, or the log is the database's own journal. So the tables need no
    /// columns for it.
    fn fits(&self, provisioning: Provisioning) -> Result<(), Unfit> {
        if provisioning != Provisioning::Nothing {
            return Ok(());
        }
        Err(Unfit {
            why: "it reads the log of changes, and this backend can only be asked for all of its rows",
            instead: "a backend whose log of changes can be read (any but none)",
        })
    }

    fn properties(&self) -> Properties {
        Properties { finds_absence: true, reads_log: true, ..Properties::default() }
    }

    fn strategy(&self) -> Box<dyn Strategy> {
        Box::new(ChangeLog(*self))
    }
}

#[derive(Clone)]
struct ChangeLog(ChangeLogOptions);

impl Strategy for ChangeLog {
    fn copy(&self) -> Box<dyn Strategy> {
        Box::new(self.clone())
    }

    fn page(&mut self, backend: &mut Backend, now: Time, ask: Ask<'_>, take: Take<'_>) -> Paged {
        let Ask { reader, entity, cursor, limit, .. } = ask;
        let ChangeLogOptions { holes, trimmed, deletes_alone, .. } = self.0;
        let history = self.0.history();
        let after = match cursor {
            None => backend.log_start(now, holes, history),
            Some(cursor) => read(cursor).ok_or(ServerError::CursorExpired(entity))?,
        };
        let query = LogQuery { entity, scope: reader.scope(), after: &after, limit, holes, trimmed, history };
        let page = backend.logged(now, query, &mut |change| {
            let is_alone = deletes_alone && change.values.is_none();
            let flow = take(change, None);
            if is_alone { ControlFlow::Break(()) } else { flow }
        })?;
        let effort = Effort { scanned: page.scanned, ..Effort::default() };
        let (cursor, more, withheld) = (write(&page.next), page.more, page.withheld);
        Ok(Captured { delivered: page.delivered, cursor, more, withheld, effort })
    }

    fn loads_up_to(&self) -> Option<Upto> {
        Some(Upto::Settled)
    }
}

fn write(position: &LogPosition) -> String {
    match position {
        LogPosition::After(number) => number.to_string(),
        LogPosition::Loading { from, until, at } => {
            let bare = if at.since.is_none() { "/" } else { "" };
            format!("{from}|{}|{bare}{}", until.0, cursor::write(at))
        }
    }
}

fn read(text: &str) -> Option<LogPosition> {
    if let Some(stamp) = text.strip_prefix('@') {
        let at = Position::at(Stamp(stamp.parse().ok()?));
        return Some(LogPosition::Loading { from: 0, until: Stamp(i64::MAX), at });
    }
    let Some((from, rest)) = text.split_once('|') else {
        return Some(LogPosition::After(text.parse().ok()?));
    };
    let (until, at) = rest.split_once('|')?;
    let at = cursor::read(at.strip_prefix('/').unwrap_or(at))
        .filter(|position| position.since.is_none() == at.starts_with('/'))?;
    Some(LogPosition::Loading { from: from.parse().ok()?, until: Stamp(until.parse().ok()?), at })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Key;

    #[test]
    fn a_cursor_reads_as_it_was_written_whatever_the_key() {
        let mut positions = vec![LogPosition::After(0), LogPosition::After(u64::MAX)];
        for key in [None, Some(""), Some("k"), Some("a,b/c|d \"é\"")] {
            for since in [None, Some(Stamp(-3))] {
                let at = Position { stamp: Stamp(-1_700), key: key.map(Key::new), since };
                positions.push(LogPosition::Loading { from: 7, until: Stamp(9), at });
            }
        }
        for position in positions {
            assert_eq!(read(&write(&position)), Some(position));
        }
    }

    #[test]
    fn a_text_that_is_no_cursor_is_not_read() {
        for text in ["", "-1", "x", "@", "@1,k", "1|2", "1|2|3", "1|2|/", "|2|/3", "1|2|x/3", " 7"] {
            assert_eq!(read(text), None, "{text:?}");
        }
    }
}
