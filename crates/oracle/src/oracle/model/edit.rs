//! A local edit, and everything that the oracle knows of it.

use std::ops::Deref;

use crate::base::{DeviceId, EditId, EntityId, Key, Time, Value};
use crate::contract::{EditKind, LocalEdit, LogKind, Refusal};
use crate::oracle::model::{RowId, Won, alike};

#[derive(Clone, Debug)]
pub(crate) struct Edit {
    pub(crate) local: LocalEdit,
    pub(crate) row: RowId,
    /// True if it sets a combined column, so that equal values in the row prove nothing.
    pub(crate) combines: bool,
    /// The number of its own values. The values after these come from earlier edits that the engine
    /// sends together with it: it stands for those edits.
    own: usize,
    pub(crate) made: Time,
    pub(crate) life: u32,
    /// How many versions of the row its device had seen: at its making, or at its last conflict.
    pub(crate) seen: usize,
    pub(crate) made_on: usize,
    /// How many of the versions in `made_on` had certainly reached its device.
    pub(crate) reached: usize,
    pub(crate) commits: u32,
    /// Another edit of this device and row whose commit also contained these values.
    pub(crate) carried: Option<EditId>,
    /// The later edit of its row that was sent last and also stands for it.
    pub(crate) goes_with: Option<EditId>,
    /// True if that commit brought the values. False: the backend already had them.
    pub(crate) brought: bool,
    /// True if its person had read the same values before, so their presence proves nothing.
    pub(crate) was_read: bool,
    /// The later edit whose refusal covers it, too: the backend's row then had the values of both.
    pub(crate) alongside: Option<u32>,
    pub(crate) matched: bool,
    /// True if its last commit left another author's value in each column that it sets.
    pub(crate) gave_way: bool,
    pub(crate) acknowledged: bool,
    pub(crate) acknowledged_first: Option<(u32, Time)>,
    /// The kind of its last line in the user's log.
    pub(crate) said: Option<LogKind>,
    /// When its person was last told that it is refused, with the storage's life (its epoch) then.
    pub(crate) told_refused: Option<(u32, Time)>,
    /// Its person discarded it at a logout.
    pub(crate) left_at_logout: bool,
    pub(crate) given_up: bool,
    pub(crate) equal: bool,
    pub(crate) refused: Option<Time>,
    /// If a conflict over columns alone refused it: the row's number of versions then.
    pub(crate) by_column: Option<usize>,
    /// True if it may be lost: a restore undid its commit, or nobody saw it saved.
    pub(crate) excused: bool,
    /// True if a restore of the backend undid its commit.
    pub(crate) undone: bool,
    /// True if a forced upload of another version did.
    pub(crate) uploaded_over: bool,
    /// True if it was committed and is no longer on the backend, although nothing undid the commit.
    pub(crate) vanished: bool,
    /// True if an upgrade of the app emptied its device's database.
    pub(crate) emptied: bool,
    /// When its device lost power and unsynced data since the edit was made or last logged.
    pub(crate) lost_power: Option<Time>,
    /// A refusal that the device has not heard of yet: true if the values differed.
    pub(crate) unheard: Option<bool>,
    /// True if the device may know more or less than the model: then the device's report decides.
    pub(crate) by_word: bool,
    /// The device that, as far as known, sent the request for that refusal or for the commit.
    pub(crate) asked_by: DeviceId,
    /// True if the last response may have contained the refusal, or said that the edit waits.
    pub(crate) perhaps_heard: bool,
    pub(crate) stands: Option<Refused>,
    /// True if it was refused because the row, or one with its natural key, exists already.
    pub(crate) met_another: bool,
    pub(crate) conflict: bool,
    pub(crate) won: Option<Won>,
    /// The device whose engine decided the conflict. If it is a copy, the copy's log counts.
    pub(crate) decided_on: Option<DeviceId>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Refused {
    pub(crate) why: Refusal,
    /// The row of the conflict: that of the edit, or another one with its natural key.
    pub(crate) row: RowId,
    /// The kind of change that it requested there. May differ from what its person did.
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

    /// How many versions of the row its person certainly knew, or a rule that decided about it.
    pub(crate) fn knew(&self) -> usize {
        if self.seen > self.made_on { self.seen } else { self.reached }
    }
    pub(crate) fn is_of(&self, entity: EntityId, key: &Key) -> bool {
        (self.entity, &self.key) == (entity, key)
    }
    pub(crate) fn sets(&self, column: usize) -> bool {
        self.own_value(column).is_some()
    }
    /// Removes values in these columns, if they come from edits that this one stands for.
    pub(crate) fn part_with(&mut self, columns: &[usize]) {
        let others = self.local.values.split_off(self.own);
        self.local.values.extend(others.into_iter().filter(|(column, _)| !columns.contains(column)));
    }
    /// Removes the values of all edits that this one stands for.
    pub(crate) fn keep_own_values(&mut self) {
        self.local.values.truncate(self.own);
    }
    pub(crate) fn own_values(&self) -> &[(usize, Value)] {
        &self.values[..self.own]
    }
    /// The value that it gives a column: its person's, or that of an edit that it stands for.
    pub(crate) fn value(&self, column: usize) -> Option<&Value> {
        self.values.iter().find(|(of, _)| *of == column).map(|(_, value)| value)
    }
    /// The value that its person set in a column.
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
    /// True if its commit wrote none of its values: each of its columns is unchanged.
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
    /// True if it was refused for good: by the backend, or by the app because no server accepts it.
    pub(crate) fn is_refused_for_good(&self) -> bool {
        self.said == Some(LogKind::Rejected) || self.refused.is_some() && self.stands.is_none()
    }
    pub(crate) fn committed(&self) -> bool {
        self.commits > 0 || self.carried.is_some()
    }
}
