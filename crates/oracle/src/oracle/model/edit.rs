//! A local edit and what is known of it.

use std::ops::Deref;

use crate::base::{DeviceId, EditId, EntityId, Key, Time, Value};
use crate::contract::{EditKind, LocalEdit, LogKind, Refusal};
use crate::oracle::model::{RowId, Won, alike};

#[derive(Clone, Debug)]
pub(crate) struct Edit {
    pub(crate) local: LocalEdit,
    pub(crate) row: RowId,
    /// It sets a combined column, so equal values in the row prove nothing.
    pub(crate) combines: bool,
    /// How many of the values are its person's own; the rest are from edits that it stands for.
    own: usize,
    pub(crate) made: Time,
    pub(crate) life: u32,
    /// How many versions its device had seen when it was made, or at its last conflict decision.
    pub(crate) seen: usize,
    pub(crate) made_on: usize,
    /// How many of these had certainly arrived at its device.
    pub(crate) reached: usize,
    pub(crate) commits: u32,
    /// The other edit of the same device and row whose commit contained its values.
    pub(crate) carried: Option<EditId>,
    /// The later edit of its row that was last sent and also stands for it.
    pub(crate) goes_with: Option<EditId>,
    /// That commit brought its values; the backend did not have them before.
    pub(crate) brought: bool,
    /// Its person had read the same in the row before, so what is there may not be from here.
    pub(crate) was_read: bool,
    /// The later edit whose refusal covers it too: the backend's row then had the values of both.
    pub(crate) alongside: Option<u32>,
    pub(crate) matched: bool,
    /// After its last commit, each column that it sets still had another author's value.
    pub(crate) gave_way: bool,
    pub(crate) acknowledged: bool,
    pub(crate) acknowledged_first: Option<(u32, Time)>,
    /// The kind of its last line in the user's log.
    pub(crate) said: Option<LogKind>,
    /// When its person was last told that it is refused, and in which life of the storage.
    pub(crate) told_refused: Option<(u32, Time)>,
    /// Its person discarded it at a logout.
    pub(crate) left_at_logout: bool,
    pub(crate) given_up: bool,
    pub(crate) equal: bool,
    pub(crate) refused: Option<Time>,
    /// Refused for a conflict by its columns alone: the row's number of versions then.
    pub(crate) by_column: Option<usize>,
    /// It need not be anywhere: its commit was undone by a restore, or nobody saw it saved.
    pub(crate) excused: bool,
    /// Its commit was undone by a restore of the backend.
    pub(crate) undone: bool,
    /// It was committed and is no longer on the backend, although nothing undid it.
    pub(crate) vanished: bool,
    /// An upgrade of its app emptied its device's database.
    pub(crate) emptied: bool,
    /// When its device lost power and unsynced data, after the edit was made or last logged.
    pub(crate) lost_power: Option<Time>,
    /// A refusal of which the device has not heard yet; true if the values differed.
    pub(crate) unheard: Option<bool>,
    /// The device that heard of it may know more or less than the model, so its own report decides.
    pub(crate) by_word: bool,
    /// The device that, as far as known, requested that refusal or the commit.
    pub(crate) asked_by: DeviceId,
    /// The last response may have contained the refusal, or said that the edit waits.
    pub(crate) perhaps_heard: bool,
    pub(crate) stands: Option<Refused>,
    /// It was refused because the row that it creates, or one with its natural key, exists already.
    pub(crate) met_another: bool,
    pub(crate) conflict: bool,
    pub(crate) won: Option<Won>,
    /// The device whose engine decided that; if it is a copy, the copy's log counts.
    pub(crate) decided_on: Option<DeviceId>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Refused {
    pub(crate) why: Refusal,
    /// The conflicting row: the one it was to change, or another with its natural key.
    pub(crate) row: RowId,
    /// The kind of change it requested there, which may differ from what its person did.
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

    /// How many versions of its row were certainly known to its person, or to a rule over it.
    pub(crate) fn knew(&self) -> usize {
        if self.seen > self.made_on { self.seen } else { self.reached }
    }
    pub(crate) fn is_of(&self, entity: EntityId, key: &Key) -> bool {
        (self.entity, &self.key) == (entity, key)
    }
    pub(crate) fn sets(&self, column: usize) -> bool {
        self.own_value(column).is_some()
    }
    /// Removes values in these columns that come from edits it stands for.
    pub(crate) fn part_with(&mut self, columns: &[usize]) {
        let others = self.local.values.split_off(self.own);
        self.local.values.extend(others.into_iter().filter(|(column, _)| !columns.contains(column)));
    }
    /// Removes the values of all edits it stands for.
    pub(crate) fn keep_own_values(&mut self) {
        self.local.values.truncate(self.own);
    }
    pub(crate) fn own_values(&self) -> &[(usize, Value)] {
        &self.values[..self.own]
    }
    /// The value that it gives a column: its person's own, or that of an edit that it stands for.
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
    /// Whether its commit wrote none of its values: each of its columns is unchanged.
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
    /// Refused for good by the backend, or by the app because no server takes it.
    pub(crate) fn is_refused_for_good(&self) -> bool {
        self.said == Some(LogKind::Rejected) || self.refused.is_some() && self.stands.is_none()
    }
    pub(crate) fn committed(&self) -> bool {
        self.commits > 0 || self.carried.is_some()
    }
}
