//! Checks that every commit of a device matches an edit that a person made: its row, its kind, its
//! values.

use super::bent::AlteredValue;
use super::combined::miscombined;
use super::commits::{Asked, CommitCase, written_since};
use crate::base::{EditId, Value, Word};
use crate::contract::{Author, ColumnKind, CommitKind, EditKind, LocalEdit, Merge};
use crate::oracle::final_checks::is_null_or_empty;
use crate::oracle::model::{Edit, Version, alike, bit};
use crate::oracle::{Harm, Matter, Rule, Topic};

pub(crate) static UNASKED: Rule = Rule {
    finds: "the backend got another row, value or kind of change from the phone than the user made",
    needs: |can| can.sight.commits && can.sight.authors,
    hears: &[Topic::Squashed, Topic::Decided],
    // A refused edit's value may still be on the backend, if another edit brought it.
    implies: &["refused-and-committed"],
    ..Rule::new("unasked-commit", "oracle.unasked_commit.count", Harm::Doubled, Matter::Edits)
};

/// Each commit of a device does what a person requested. A delete removes the row, and an update
/// keeps it. A create makes its own row, or uses an existing row with the same natural key. The
/// values are those of the edit.
///
/// There are exceptions. Several waiting edits of a row may be committed as one, except edits whose
/// person was told of a refusal. A merge rule may leave columns as others wrote them. If the stack
/// may drop edits, the whole row of another author may win. If the stack only promises that all
/// copies converge, only a version that the phone did not have may win. Combined columns follow
/// their rule.
pub(crate) fn unasked(asked: Asked<'_>) -> Option<String> {
    let Asked { case, meant, .. } = asked;
    let row = asked.another_row().or_else(|| asked.another_kind());
    let value = || asked.another_value().or_else(|| miscombined(asked));
    let why = row.or_else(value)?;
    let (id, at) = (meant.id, case.words.time(case.at));
    let made = case.edit.map_or_else(
        || "which nobody saw saved".to_owned(),
        |edit| format!("of {}", case.words.time(edit.made)),
    );
    let change = case.words.change(meant.kind, (meant.entity, &meant.key), &meant.values);
    let what = format!("edit {id} {made} ({change})");
    Some(format!("{} of {} at {at} differs from {what}: {why}", did(case.kind), case.record()))
}

/// After the commit of an edit, the backend has the values of the edit.
///
/// Reports values that nobody ever wrote. (A value of another edit is an `unasked-commit`.) Also
/// reports an empty text instead of null, null instead of an empty text, and a null that left the
/// old value.
pub(crate) fn bent_on_the_way(asked: Asked<'_>) -> Vec<AlteredValue> {
    let bent = asked.others_than_meant().filter(|(column, meant, is)| asked.is_bent(*column, meant, is));
    let told = |(column, meant, is): (usize, &Value, &Value)| {
        let text = asked.bent_in_words(column, meant, is);
        AlteredValue { column, values: [is.clone(), meant.clone()], text }
    };
    bent.map(told).collect()
}

pub(crate) fn by_a_stranger(case: &CommitCase<'_>, id: EditId) -> String {
    let (record, at) = (case.record(), case.words.time(case.at));
    format!(
        "{} of {record} at {at} is by edit {id} of {}, and nobody made such an edit",
        did(case.kind),
        id.device
    )
}

fn did(kind: CommitKind) -> &'static str {
    match kind {
        CommitKind::Insert => "the insert",
        CommitKind::Update => "the update",
        CommitKind::Delete => "the delete",
    }
}

impl<'a> Asked<'a> {
    fn another_row(self) -> Option<String> {
        let Asked { case, meant, beside, .. } = self;
        let own = self.case.edit.map(|edit| edit.row);
        let goes = (case.row.entity, &case.row.key) == (meant.entity, &meant.key)
            || beside.split_off(meant.id, &case.row.key)
            || own.is_some_and(|own| beside.elsewhere.get(&own) == Some(&case.id))
            || meant.kind == EditKind::Create && self.has_its_natural_key();
        (!goes).then(|| "it is another row".to_owned())
    }

    fn has_its_natural_key(self) -> bool {
        let Asked { case, meant, .. } = self;
        let unique = &case.words.schema.entity(meant.entity).unique;
        let says = |column: &usize| meant.values.iter().find(|(of, _)| of == column);
        let mut said = unique.iter().filter_map(says).peekable();
        let was_there = case.row.values.is_some() || !case.row.versions.is_empty();
        was_there
            && case.row.entity == meant.entity
            && said.peek().is_some()
            && said.all(|(column, value)| case.values.get(*column).is_some_and(|after| alike(after, value)))
    }

    fn another_kind(self) -> Option<String> {
        let Asked { case, meant, .. } = self;
        let deletes = |kind: EditKind| kind == EditKind::Delete;
        match case.kind {
            CommitKind::Delete if !deletes(meant.kind) && !self.others().any(|other| deletes(other.kind)) => {
                Some("nobody there deletes the row".to_owned())
            }
            CommitKind::Insert | CommitKind::Update
                if deletes(meant.kind) && !self.others().any(|other| !deletes(other.kind)) =>
            {
                Some("a delete leaves its row gone".to_owned())
            }
            _ => None,
        }
    }

    fn another_value(self) -> Option<String> {
        let Asked { case, meant, merge, .. } = self;
        if case.kind == CommitKind::Delete {
            return None;
        }
        let mut own = self.others_than_meant();
        if let Some((column, ..)) = own.find(|(column, value, after)| !self.is_bent(*column, value, after)) {
            return Some(self.says(column));
        }
        let before = case.row.values.as_deref().filter(|_| merge == Merge::Keeps)?;
        let foreign = before.iter().zip(case.values).enumerate().find(|(column, (before, after))| {
            before != after
                && meant.values.iter().all(|(own, _)| own != column)
                && !alike(before, after)
                && !self.asked(*column, after)
        });
        let why = "the phone sent more than the changed columns, or the server set it";
        foreign.map(|(column, _)| format!("{}: {why}", self.says(column)))
    }

    /// The columns with an unexplained value after the commit: column, intended value, actual
    /// value.
    fn others_than_meant(self) -> impl Iterator<Item = (usize, &'a Value, &'a Value)> {
        let Asked { case, meant, .. } = self;
        let there = case.kind != CommitKind::Delete;
        let set = meant.values.iter().filter(move |_| there);
        let set = set.filter_map(|(column, value)| Some((*column, value, case.values.get(*column)?)));
        set.filter(move |(column, value, after)| {
            !alike(after, value)
                && !case.ledger.combined.takes(meant.entity, *column)
                && !case.ledger.combined.is_remade(meant.id, *column)
                && !self.is_called_so(*column, value, after)
                && !self.asked_since(*column, after)
                && !self.left_as_it_was(*column)
        })
    }

    fn is_bent(self, column: usize, meant: &Value, is: &Value) -> bool {
        let Asked { case, beside, .. } = self;
        let row = case.row;
        let of = &case.words.schema.entity(row.entity).columns[column];
        if matches!(of.kind, ColumnKind::Ref(_)) || self.another_row().is_some() {
            return false;
        }
        let hollow = |value: &Value| value.with_ref(is_null_or_empty);
        let before = row.values.as_deref().map(|before| &before[column]);
        if hollow(meant) && (hollow(is) || before.is_some_and(|before| alike(before, is))) {
            return true;
        }
        let was_said = row.ever_said(column, 0..row.versions.len() + 1, is);
        let says = |edit: &LocalEdit| edit.entity == row.entity && sets(&edit.values, column, is);
        let mut made_there = case.ledger.of(self.meant.id.device).map(|edit| &edit.local);
        !was_said && !made_there.any(says) && !beside.unseen.values().any(says)
    }

    fn bent_in_words(self, column: usize, meant: &Value, is: &Value) -> String {
        let Asked { case, .. } = self;
        let LocalEdit { id, entity, kind, .. } = *self.meant;
        let say = |value: &Value| case.words.values(entity, &[(column, value.clone())]);
        let (what, at) = (kind.word(), case.words.time(case.at));
        format!(
            "edit {id} ({what} {}) says {}, and the backend has {} by it since {at}",
            case.record(),
            say(meant),
            say(is)
        )
    }

    fn is_called_so(self, column: usize, meant: &Value, said: &Value) -> bool {
        let Asked { case, beside, .. } = self;
        let kind = &case.words.schema.entity(self.meant.entity).columns[column].kind;
        let (ColumnKind::Ref(target), Value::Text(own)) = (kind, meant) else { return false };
        let own = case.history.find(*target, own);
        let elsewhere = own.and_then(|own| beside.elsewhere.get(&own));
        elsewhere.is_some_and(|row| Value::Text(case.history.row(*row).key.0.clone()) == *said)
    }
    fn says(self, column: usize) -> String {
        let value = [(column, self.case.values[column].clone())];
        let LocalEdit { entity, id, .. } = *self.meant;
        let said = self.case.words.values(entity, &value);
        format!("it sets {said}, which no waiting edit of {} sets", id.device)
    }

    fn others(self) -> impl Iterator<Item = &'a LocalEdit> {
        let Asked { case, meant, beside, .. } = self;
        let rows = [Some(case.id), self.case.edit.map(|edit| edit.row).filter(|row| *row != case.id)];
        let open = rows.into_iter().flatten().flat_map(|row| case.ledger.open_on(row));
        let several = case.ledger.lives.of_several().next().is_some();
        let open =
            open.filter(move |edit| (several || edit.id.device == meant.id.device) && !self.is_over(edit));
        let open = open.map(|edit| &edit.local);
        let of_row = |edit: &&LocalEdit| (edit.entity, &edit.key) == (meant.entity, &meant.key);
        let unseen = beside.unseen.values().filter(of_row);
        open.chain(unseen).filter(move |other| other.id != meant.id)
    }

    fn asked(self, column: usize, value: &Value) -> bool {
        self.others().any(|other| sets(&other.values, column, value))
    }

    /// True if the person was told that the edit is refused, so nobody expects it any more.
    fn is_over(self, edit: &Edit) -> bool {
        let ledger = self.case.ledger;
        // A copy of the device may not know of the refusal yet.
        ledger.lives.copies().next().is_none() && ledger.is_told_refused(edit)
    }

    /// Like [`asked`](Self::asked), but only for later edits. An insert that brings a row back may
    /// have the values of all edits of the row.
    fn asked_since(self, column: usize, value: &Value) -> bool {
        let Asked { case, meant, .. } = self;
        let later = |other: EditId| other.device != meant.id.device || other.number > meant.id.number;
        let waits = self.others().any(|other| later(other.id) && sets(&other.values, column, value));
        let again = case.kind == CommitKind::Insert
            && (meant.kind != EditKind::Create || self.case.edit.is_none_or(|edit| edit.refused.is_some()));
        waits
            || again
                && case.ledger.with_storage_of(meant.id.device).any(|other| {
                    !self.is_over(other)
                        && (other.entity, &other.key) == (case.row.entity, &case.row.key)
                        && sets(&other.values, column, value)
                })
    }

    fn left_as_it_was(self, column: usize) -> bool {
        let Asked { case, meant, beside, merge } = self;
        let before = case.row.values.as_deref();
        if !before.is_some_and(|before| alike(&before[column], &case.values[column])) {
            return false;
        }
        let written = |edit: &Edit| {
            written_since(edit.knew(), case.row, case.ledger, edit).0 & bit(column) != 0
                || self.is_set_again(edit, column)
        };
        let gave_way = |edit: &Edit| match merge {
            Merge::Keeps => written(edit),
            Merge::Converges | Merge::Combines => self.has_a_rival(edit),
            Merge::Drops => true,
        };
        beside.ruled.contains_key(&meant.id) || self.case.edit.is_none_or(gave_way)
    }

    /// True if another phone set the column again, and this edit's person had not seen that.
    fn is_set_again(self, edit: &Edit, column: usize) -> bool {
        self.perhaps_unseen(edit.knew()).any(|version| match version.author {
            Author::Device(by) if by.device != edit.id.device => {
                self.case.ledger.get(by).is_some_and(|other| other.value(column).is_some())
            }
            _ => false,
        })
    }

    /// True if the whole edit may lose to some version of the row: the phone did not have that
    /// version. Its author is another phone or system, or a later edit of the same phone.
    fn has_a_rival(self, edit: &Edit) -> bool {
        let own = self.meant.id;
        self.perhaps_unseen(edit.reached).any(|version| match version.author {
            Author::Device(by) => by.device != own.device || by.number > own.number,
            Author::Office | Author::Import | Author::Derived | Author::Backup | Author::Upload(_) => true,
        })
    }

    /// The versions of the row after the first `known`, and those among the last of `known` that
    /// have equal content: the phone certainly had only the first of these.
    fn perhaps_unseen(self, known: usize) -> impl Iterator<Item = &'a Version> {
        let versions = &self.case.row.versions;
        let (seen, later) = versions.split_at(known.min(versions.len()));
        let last = seen.last().map(|last| last.content);
        let repeats = seen.iter().rev().take_while(|version| Some(version.content) == last).count();
        seen[seen.len() - repeats..].iter().skip(1).chain(later)
    }
}

fn sets(values: &[(usize, Value)], column: usize, value: &Value) -> bool {
    values.iter().any(|(of, to)| *of == column && alike(to, value))
}
