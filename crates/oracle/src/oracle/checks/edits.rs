//! Checks the outcome of each edit of a device.

use std::collections::BTreeSet;

use crate::base::{DeviceId, EditId, EntityId, Key};
use crate::contract::{EditKind, LogEntry, LogKind, Merge, PendingEdit};
use crate::oracle::model::{Edit, Ledger, Seen, Won};
use crate::oracle::watch::Run;
use crate::oracle::words::Labels;
use crate::oracle::{Harm, Matter, Rule, Topic};

pub(crate) static LOST_EDIT: Rule = Rule {
    finds: "an edit is neither on the backend, nor waiting, nor in a log that its user sees",
    needs: |can| can.merge != Merge::Drops && can.sight.waits,
    hears: &[Topic::Squashed, Topic::Decided, Topic::Logged],
    implies: &["silent-discard", "wrong-status"],
    ..Rule::new("lost-edit", "oracle.lost_edit.count", Harm::Lost, Matter::Edits)
};

pub(crate) static SILENT_DISCARD: Rule = Rule {
    finds: "an edit was refused or overwritten, and the phone's user got no message",
    needs: |can| can.logs,
    hears: &[Topic::Rows, Topic::Decided, Topic::Logged],
    implies: &["wrong-status"],
    ..Rule::new("silent-discard", "oracle.silent_discard.count", Harm::Lost, Matter::Edits)
};

pub(crate) static STUCK: Rule = Rule {
    finds: "hours later edits still wait, or a sync still runs",
    needs: |can| can.sight.waits && can.sight.rest,
    hears: &[Topic::Runs],
    ..Rule::new("stuck", "oracle.stuck.devices", Harm::Stuck, Matter::World)
};

pub(crate) static ACKNOWLEDGED: Rule = Rule {
    finds: "the phone counts an edit as done that the backend never had",
    needs: |can| can.acknowledges,
    hears: &[Topic::Sent, Topic::Done],
    ..Rule::new(
        "acknowledged-without-commit",
        "oracle.acknowledged_without_commit.count",
        Harm::Lost,
        Matter::Edits,
    )
};

pub(crate) static REFUSED_COMMITTED: Rule = Rule {
    finds: "the backend has an edit that the phone's user saw as refused",
    needs: |can| can.sight.inside,
    hears: &[Topic::Logged],
    ..Rule::new("refused-and-committed", "oracle.refused_and_committed.count", Harm::Doubled, Matter::Edits)
};

pub(crate) struct EditCase<'a> {
    pub(crate) words: &'a Labels,
    pub(crate) edit: &'a Edit,
    pub(crate) ledger: &'a Ledger,
    pub(crate) pending: &'a [PendingEdit],
    pub(crate) log: &'a [LogEntry],
    pub(crate) live: bool,
    pub(crate) deleted_later: bool,
}

impl EditCase<'_> {
    fn fulfilled(&self) -> bool {
        let edit = self.edit;
        edit.committed() && !edit.vanished
            || self.is_gone()
            || edit.matched && (edit.equal || edit.acknowledged)
    }
    /// True if the row is deleted, as the edit or a later one of its phone wants.
    fn is_gone(&self) -> bool {
        !self.live && (self.edit.kind == EditKind::Delete || self.deleted_later)
    }
    fn waits_itself(&self) -> bool {
        self.pending.iter().any(|p| p.edit == self.edit.id)
    }
    fn row_waits(&self) -> bool {
        self.pending.iter().any(|p| p.entity == self.edit.entity && p.key == self.edit.key)
    }
    /// Facts about the edit at the end. `is_there`: the backend has its values.
    pub(crate) fn seen(&self, is_there: bool) -> Seen {
        let (waits, row_waits) = (self.waits_itself(), self.row_waits());
        Seen { waits, row_waits, fulfilled: self.fulfilled(), logged: self.logged(), is_there }
    }
    /// True if the user's log mentions the edit, or a later edit of the row that contained it.
    fn logged(&self) -> bool {
        let speaks = |line: &LogEntry| {
            line.edit == Some(self.edit.id)
                || (line.entity, &line.key) == (self.edit.entity, &self.edit.key)
                    && line
                        .edit
                        .is_some_and(|e| e.device == self.edit.id.device && e.number >= self.edit.id.number)
        };
        self.log.iter().any(speaks)
    }
    fn lost(&self) -> bool {
        !self.fulfilled() && !self.waits_itself() && !self.row_waits() && !self.logged()
    }
    /// If the configured storage caused the loss, says this; else the text is empty.
    fn by_storage(&self) -> String {
        if self.edit.emptied {
            return "; an upgrade of its app emptied the database".to_owned();
        }
        self.edit.lost_power.map_or_else(String::new, |at| {
            let at = self.words.time(at);
            format!(
                "; its device lost power at {at}, and with it what was committed and not yet on the flash"
            )
        })
    }
    fn unlogged(&self, what: &str) -> String {
        format!(
            "{} {what}, and the phone's user got no message{}",
            self.words.edit(self.edit),
            self.by_storage()
        )
    }
}

/// True if the log mentions the version that the edit replaced. A line counts if it names the edit.
/// A line that names only the row counts for one edit. `spoken` has the indices of such lines that
/// are used up.
pub(crate) fn overwriting_logged(
    log: &[LogEntry],
    id: EditId,
    (entity, key): (EntityId, &Key),
    spoken: &mut BTreeSet<usize>,
) -> bool {
    let of_row = |line: &LogEntry| {
        line.edit.is_none() && line.kind == LogKind::Overwrote && (line.entity, &line.key) == (entity, key)
    };
    log.iter().any(|line| line.edit == Some(id))
        || (0..log.len()).any(|at| of_row(&log[at]) && spoken.insert(at))
}

/// Each local edit is on the backend, or waits, or is in a log that the user can read.
pub(crate) fn lost_edit(case: &EditCase<'_>) -> Option<String> {
    case.lost().then(|| {
        let reached = match case.edit.refused {
            _ if case.edit.vanished => "the backend had it and no longer has it".to_owned(),
            Some(at) => format!("the backend refused it at {}", case.words.time(at)),
            None => "the backend never saw it".to_owned(),
        };
        let (what, by) = (case.words.edit(case.edit), case.by_storage());
        format!("{what} is gone: {reached}, it does not wait, and the phone's user got no message{by}")
    })
}

/// If the backend refused an edit, or a conflict rule dropped or overwrote it, the user's log
/// mentions it.
pub(crate) fn silent_discard(case: &EditCase<'_>) -> Option<String> {
    if case.lost() && (case.edit.refused.is_some() || case.edit.won == Some(Won::Other)) {
        return Some(case.unlogged("was refused or superseded"));
    }
    if case.edit.won == Some(Won::Part) && !case.logged() {
        return Some(case.unlogged("was superseded in some columns"));
    }
    let here = case.edit.decided_on.is_none_or(|device| device == case.edit.id.device);
    if here { silent_overwrite(case) } else { None }
}

/// If a conflict rule of a device overwrote another version, the device's log mentions it.
pub(crate) fn silent_overwrite(case: &EditCase<'_>) -> Option<String> {
    let EditCase { edit, log, .. } = *case;
    let is_logged = || overwriting_logged(log, edit.id, (edit.entity, &edit.key), &mut BTreeSet::new());
    let overwrote = edit.commits > 0 && edit.won == Some(Won::Edit) && !is_logged();
    overwrote.then(|| case.unlogged("replaced another version"))
}

/// If a device counts an edit as done, the backend has the edit.
pub(crate) fn acknowledged_without_commit(case: &EditCase<'_>) -> Option<String> {
    let edit = case.edit;
    // If an edit lost in some columns, the backend may already have the values of the other
    // columns.
    let rest_is_there = edit.won == Some(Won::Part) && edit.equal;
    // An edit that goes with a later delete of its row is done if the row is gone.
    let goes_with_a_delete = edit.goes_with.is_some() && case.is_gone();
    let is_there = edit.committed() || edit.matched || rest_is_there || goes_with_a_delete;
    (edit.acknowledged && !is_there).then(|| {
        format!(
            "{} was acknowledged, but the backend neither committed it nor had the same already",
            case.words.edit(case.edit)
        )
    })
}

/// If a person was told that an edit is refused for good, the backend does not have the edit.
/// Neither its own commit nor the commit of a later edit may bring its values.
pub(crate) fn refused_and_committed(case: &EditCase<'_>) -> Option<String> {
    let EditCase { words, edit, ledger, .. } = *case;
    let copied = ledger.lives.copies().next().is_some();
    if copied || edit.undone || !ledger.is_told_refused(edit) {
        return None;
    }
    let says_less = |by: &Edit| edit.values.iter().any(|(column, _)| !by.sets(*column));
    let by = edit
        .carried
        .filter(|_| edit.brought && !edit.was_read)
        .filter(|by| ledger.get(*by).is_some_and(says_less));
    let how = match by {
        _ if edit.commits > 0 => "committed it".to_owned(),
        Some(by) => format!("has its values through edit {by}"),
        None => return None,
    };
    let told = edit.told_refused.map_or_else(String::new, |(_, at)| format!(" at {}", words.time(at)));
    Some(format!("{} was refused, as its user saw{told}, and the backend {how}", case.words.edit(case.edit)))
}

/// At the end, no edit waits and no run is under way.
pub(crate) fn stuck(
    device: DeviceId,
    waiting: Option<String>,
    unfinished: &[Run],
    doing: &str,
    words: &Labels,
) -> Option<String> {
    let mut reasons: Vec<String> = waiting.into_iter().collect();
    for run in unfinished {
        reasons.push(format!("{} in progress since {}", words.unit(run.unit), words.time(run.since)));
    }
    if reasons.is_empty() {
        return None;
    }
    if !doing.is_empty() {
        reasons.push(format!("doing: {doing}"));
    }
    Some(format!("device {}: {}", device.0, reasons.join(", ")))
}
