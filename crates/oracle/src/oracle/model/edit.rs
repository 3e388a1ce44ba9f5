//! A local edit, and the facts that the oracle knows about it.

use std::ops::Deref;

use crate::base::{DeviceId, EditId, EntityId, Key, Time, Value};
use crate::contract::{EditKind, LocalEdit, LogKind, Refusal};
use crate::oracle::model::{RowId, Won, alike};

#[derive(Clone, Debug)]
pub(crate) struct Edit {
    pub(crate) local: LocalEdit,
    pub(crate) row: RowId,
    /// True if the edit sets a combined column. Equal values in the row then prove nothing.
    pub(crate) combines: bool,
    /// The number of values that its person set. Further values come from earlier edits that the
    /// engine sends together with this edit.
    own: usize,
    pub(crate) made: Time,
    pub(crate) life: u32,
    /// How many versions of the row the device had seen when the edit was made, or at its last
    /// conflict.
    pub(crate) seen: usize,
    pub(crate) made_on: usize,
    /// How many of the versions in `made_on` had certainly reached the device.
    pub(crate) reached: usize,
    pub(crate) commits: u32,
    /// Another edit of this row whose commit also contained the values of this edit.
    pub(crate) carried: Option<EditId>,
    /// The later edit of this row with which the engine last sent this edit.
    pub(crate) goes_with: Option<EditId>,
    /// True if the commit of `carried` wrote the values. False: the backend already had them.
    pub(crate) brought: bool,
    /// True if the person had read the same values before. Their presence on the backend then
    /// proves nothing.
    pub(crate) was_read: bool,
    /// The number of a later edit whose refusal also covers this edit: the backend's row then had
    /// the values of both.
    pub(crate) alongside: Option<u32>,
    pub(crate) matched: bool,
    /// True if its last commit wrote none of its values: each column that it sets kept another
    /// author's value.
    pub(crate) gave_way: bool,
    pub(crate) acknowledged: bool,
    pub(crate) acknowledged_first: Option<(u32, Time)>,
    /// The kind of the last line about the edit in the user's log.
    pub(crate) said: Option<LogKind>,
    /// When the person was last told that the edit is refused: the incarnation of the storage, and
    /// the time.
    pub(crate) told_refused: Option<(u32, Time)>,
    /// The person discarded the edit at a logout.
    pub(crate) left_at_logout: bool,
    pub(crate) given_up: bool,
    pub(crate) equal: bool,
    pub(crate) refused: Option<Time>,
    /// If a conflict by column refused the edit: the row's number of versions at that time.
    pub(crate) by_column: Option<usize>,
    /// True if the edit may be lost: a restore undid its commit, or no person saw it saved.
    pub(crate) excused: bool,
    /// True if a restore of the backend undid its commit.
    pub(crate) undone: bool,
    /// True if a forced upload of another version undid its commit.
    pub(crate) uploaded_over: bool,
    /// True if it was committed and is no longer on the backend, although nothing undid the commit.
    pub(crate) vanished: bool,
    /// True if an upgrade of the app emptied its device's database.
    pub(crate) emptied: bool,
    /// When its device lost power and with it data that was not yet on the flash. Reset by a line
    /// in the log.
    pub(crate) lost_power: Option<Time>,
    /// A refusal that has not reached the device yet. The value is true if it is a conflict.
    pub(crate) unheard: Option<bool>,
    /// True if the device may know more or less than the model. The engine's own report then
    /// decides whether this was a conflict.
    pub(crate) by_word: bool,
    /// The device that sent the request for the refusal or the commit, as far as known.
    pub(crate) asked_by: DeviceId,
    /// True if the last response may have contained the refusal, or said that the edit still waits.
    pub(crate) perhaps_heard: bool,
    pub(crate) stands: Option<Refused>,
    /// True if it was refused because another row with its key or natural key exists.
    pub(crate) met_another: bool,
    pub(crate) conflict: bool,
    pub(crate) won: Option<Won>,
    /// The device whose engine decided the conflict. If that device is a copy, the log of the copy
    /// counts.
    pub(crate) decided_on: Option<DeviceId>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Refused {
    pub(crate) why: Refusal,
    /// The row of the conflict: the row of the edit, or another row with its natural key.
    pub(crate) row: RowId,
    /// The kind of change in the request. It may differ from the person's kind of change.
    pub(crate) kind: EditKind,
}

impl Deref for Edit {
    type Target = LocalEdit;

    fn deref(&self) -> &LocalEdit {
        &self.local
    }
}

impl Edit {
    pub(crate) fn new(
        edit: &LocalEdit,
        made: Time,
        life: u32,
        (row, seen, reached): (RowId, usize, usize),
    ) -> Edit {
        Edit {
            local: edit.clone(),
            row,
            combines: false,
            own: edit.values.len(),
            made,
            life,
            seen,
            made_on: seen,
            reached,
            commits: 0,
            carried: None,
            goes_with: None,
            brought: false,
            was_read: false,
            alongside: None,
            matched: false,
            gave_way: false,
            acknowledged: false,
            acknowledged_first: None,
            said: None,
            told_refused: None,
            left_at_logout: false,
            given_up: false,
            equal: false,
            refused: None,
            by_column: None,
            excused: false,
            undone: false,
            uploaded_over: false,
            vanished: false,
            emptied: false,
            lost_power: None,
            unheard: None,
            by_word: false,
            asked_by: edit.id.device,
            perhaps_heard: false,
            stands: None,
            met_another: false,
            conflict: false,
            won: None,
            decided_on: None,
        }
    }

    /// How many versions of the row were certainly known to the person, or to a rule that decided a
    /// conflict of the edit.
    pub(crate) fn knew(&self) -> usize {
        if self.seen > self.made_on { self.seen } else { self.reached }
    }
    pub(crate) fn is_of(&self, entity: EntityId, key: &Key) -> bool {
        (self.entity, &self.key) == (entity, key)
    }
    pub(crate) fn sets(&self, column: usize) -> bool {
        self.own_value(column).is_some()
    }
    /// Removes the values in these columns that come from other edits.
    pub(crate) fn part_with(&mut self, columns: &[usize]) {
        let others = self.local.values.split_off(self.own);
        self.local.values.extend(others.into_iter().filter(|(column, _)| !columns.contains(column)));
    }
    /// Removes all values that come from other edits.
    pub(crate) fn keep_own_values(&mut self) {
        self.local.values.truncate(self.own);
    }
    pub(crate) fn own_values(&self) -> &[(usize, Value)] {
        &self.values[..self.own]
    }
    /// The value for a column, from this edit or from an edit that is sent with it.
    pub(crate) fn value(&self, column: usize) -> Option<&Value> {
        self.values.iter().find(|(of, _)| *of == column).map(|(_, value)| value)
    }
    pub(crate) fn own_value(&self, column: usize) -> Option<&Value> {
        self.own_values().iter().find(|(of, _)| *of == column).map(|(_, value)| value)
    }
    pub(crate) fn matches(&self, values: Option<&[Value]>) -> bool {
        match (self.kind, values) {
            (EditKind::Delete, values) => values.is_none(),
            (_, None) => false,
            _ if self.combines => false,
            (_, Some(values)) => self.values.iter().all(|(column, value)| alike(&values[*column], value)),
        }
    }
    /// True if the commit of this edit wrote none of its values: each of its columns is unchanged.
    pub(crate) fn is_left_out(&self, before: Option<&[Value]>, after: Option<&[Value]>) -> bool {
        let (EditKind::Update, false, Some(before), Some(after)) = (self.kind, self.combines, before, after)
        else {
            return false;
        };
        let mut own = self.own_values().iter();
        let stays = |(column, value): &(usize, Value)| {
            alike(&before[*column], &after[*column]) && !alike(&after[*column], value)
        };
        self.own > 0 && own.all(stays)
    }
    /// True if the edit was refused for good by the backend, or rejected in the user's log.
    pub(crate) fn is_refused_for_good(&self) -> bool {
        self.said == Some(LogKind::Rejected) || self.refused.is_some() && self.stands.is_none()
    }
    pub(crate) fn committed(&self) -> bool {
        self.commits > 0 || self.carried.is_some()
    }
}
