//! Writes of phones. The protocols do not name the edits, so this file finds them.

use std::rc::Rc;

use rusqlite::{Connection, OptionalExtension};

use super::call::Call;
use super::kept::{self, failed};
use crate::base::Word;
use crate::contract::{
    Choice, Chosen, EditId, EditKind, EntityId, Key, Mutation, OptionForm, Outcome, Row, ServerError,
    ServerPorts, Slip, StackOption, Stamp, Value,
};

const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS requests(id INTEGER PRIMARY KEY, number INTEGER);
    CREATE TABLE IF NOT EXISTS committed(edit TEXT PRIMARY KEY) WITHOUT ROWID;";

/// Makes an option with these values. The first one is the default.
pub(super) fn word(name: &str, words: &[&str], about: &str) -> StackOption {
    let all = words.iter().map(|word| (*word).to_owned()).collect();
    StackOption::new(name, OptionForm::Word(all), Choice::Text(words[0].to_owned()), about)
}

pub(super) fn conflicts() -> StackOption {
    let about = "Whether a write to a row that somebody else has changed is refused (`detect`), or \
                 goes over that (`overwrite`).";
    word("conflicts", &["detect", "overwrite"], about)
}

pub(super) fn idempotent() -> StackOption {
    let about = "Whether a write that comes again is written again (`no`), or known by its edits and \
                 answered as the first time (`by-edit`).";
    word("idempotent", &["no", "by-edit"], about)
}

pub(super) fn page() -> StackOption {
    let about = "How many rows the server gives at once.";
    StackOption::new("page", OptionForm::Int { min: 1, max: 100_000 }, Choice::Int(100), about)
}

/// A write of one row that a request asks for.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub(super) entity: EntityId,
    pub(super) key: Key,
    pub(super) values: Option<Vec<(usize, Value)>>,
}

impl Wanted {
    /// True if the record's (the backend's) row already has the wanted state.
    pub(super) fn is_met(&self, now: Option<&Row>) -> bool {
        match (&self.values, now.and_then(|row| row.values.as_deref())) {
            (Some(values), Some(there)) => values.iter().all(|(column, value)| there[*column] == *value),
            (values, there) => values.is_none() && there.is_none(),
        }
    }
    /// Builds the mutation, given the current row.
    pub(super) fn mutation(&self, edit: EditId, now: Option<&Row>, made_at: Stamp) -> Mutation {
        let kind = match &self.values {
            None => EditKind::Delete,
            Some(_) if now.is_some_and(|row| row.values.is_some()) => EditKind::Update,
            Some(_) => EditKind::Create,
        };
        let mut mutation = Mutation::new(edit, self.entity, self.key.as_str(), kind);
        mutation.base = now.map(|row| row.stamp);
        mutation.values = self.values.clone().unwrap_or_default();
        mutation.made_at = made_at;
        mutation
    }
}

/// Finds the edit of each write, and recognises edits that are already committed.
pub(super) struct Writer {
    pub(super) database: Rc<Connection>,
    /// True if a write is refused when the row has changed.
    pub(super) detects: bool,
    by_edit: bool,
}

/// The slip (the bench's hidden note on a message) names no edit for a row that is to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unnamed;

impl Writer {
    /// Opens the half's database, with further tables of the half.
    pub(super) fn open(chosen: &Chosen, ports: &ServerPorts, tables: &str) -> Writer {
        let database = Rc::new(kept::open(&ports.database, &[TABLES, tables].concat()));
        let detects = chosen.text("conflicts") == "detect";
        Writer { database, detects, by_edit: chosen.text("idempotent") == "by-edit" }
    }
    /// Returns the next request number. It is unique, even after restarts of the server.
    pub(super) fn begin(&self) -> Result<i64, ServerError> {
        const NEXT: &str = "INSERT INTO requests VALUES(1, 1) ON CONFLICT DO UPDATE SET number = number + 1 RETURNING number";
        self.database.query_row(NEXT, [], |row| row.get(0)).map_err(failed)
    }
    /// Returns the edit that caused a write. The second value is true if that edit was committed
    /// before; without `by_edit`, it is always false.
    pub(super) fn edit(&self, wanted: &Wanted, slip: &mut Slip) -> Result<(EditId, bool), Unnamed> {
        let edit = slip.name(wanted.entity, &wanted.key).ok_or(Unnamed)?;
        let is_known = || {
            let asked = "SELECT 1 FROM committed WHERE edit = ?1";
            let found = self.database.query_row(asked, [edit.to_string()], |_| Ok(())).optional();
            found.is_ok_and(|found| found.is_some())
        };
        Ok((edit, self.by_edit && is_known()))
    }
    /// Builds the mutation for a write of a request, given the current row.
    pub(super) fn mutation(
        &self,
        (request, edit): (i64, EditId),
        wanted: &Wanted,
        now: Option<&Row>,
        call: &Call<'_>,
    ) -> Mutation {
        let mut mutation = wanted.mutation(edit, now, call.record.clock());
        if !self.by_edit {
            mutation.id = format!("request {request}/{edit}");
        }
        mutation
    }
    /// Records the result of a write, on the slip and for later requests.
    ///
    /// # Errors
    /// An HTTP status and the record's reason, if the write was not committed.
    pub(super) fn settle(
        &self,
        wanted: &Wanted,
        outcome: &Outcome,
        slip: &mut Slip,
    ) -> Result<Stamp, (u16, String)> {
        let stamp = match outcome {
            Outcome::Applied { stamp } | Outcome::Named { stamp, .. } => *stamp,
            Outcome::Conflict { why, .. } => return Err((409, format!("the row is {}", why.word()))),
            Outcome::Rejected { reason, .. } => return Err((422, reason.clone())),
            Outcome::Later | Outcome::Queued => return Err((503, "the backend is busy".to_owned())),
        };
        let row = slip.edits.iter_mut().find(|row| row.entity == wanted.entity && row.key == wanted.key);
        if let Some(row) = row {
            row.stamp = Some(stamp);
            for edit in row.edits.iter().filter(|_| self.by_edit) {
                let noted = "INSERT OR IGNORE INTO committed VALUES(?1)";
                let noted = self.database.execute(noted, [edit.to_string()]);
                noted.map_err(|_| (500, "the server's disk failed".to_owned()))?;
            }
        }
        Ok(stamp)
    }
}
