//! A local edit and what is known of it.

use std::ops::Deref;

use super::history::RowId;
use super::meant::Won;
use super::truth::alike;
use crate::base::{DeviceId, EditId, EntityId, Key, Time, Value};
use crate::contract::{EditKind, LocalEdit, LogKind, Refusal};

#[derive(Clone, Debug)]
pub(super) struct Edit {
    pub(super) local: LocalEdit,
    pub(super) row: RowId,
    /// It sets a column that is combined: that a row says the same says nothing of it.
    pub(super) combines: bool,
    /// How many of the values are its person's: the rest is from edits in whose place it goes out.
    own: usize,
    pub(super) made: Time,
    pub(super) life: u32,
    /// How many versions its device had seen as it was made, or as a conflict was decided since.
    pub(super) seen: usize,
    pub(super) made_on: usize,
    /// How many of these had surely come to its device.
    pub(super) reached: usize,
    pub(super) commits: u32,
    /// The other edit of the same device and row whose commit brought what it says.
    pub(super) carried: Option<EditId>,
    /// The later edit of its row that was last sent in its place, too.
    pub(super) goes_with: Option<EditId>,
    /// That commit brought it: the backend did not say so before.
    pub(super) brought: bool,
    /// What it says is on the backend with this later edit of its device, as that was refused.
    pub(super) alongside: Option<u32>,
    pub(super) matched: bool,
    /// Its last commit left each column that it sets as somebody else had set it.
    pub(super) gave_way: bool,
    pub(super) acknowledged: bool,
    pub(super) acknowledged_first: Option<(u32, Time)>,
    /// The last line about it in a log that the user can read.
    pub(super) said: Option<LogKind>,
    /// When, and in which life of its device's storage, its person was last told that it is
    /// refused.
    pub(super) told_refused: Option<(u32, Time)>,
    /// Its person left it at a logout, or took the other side of its conflict.
    pub(super) left_at_logout: bool,
    pub(super) given_up: bool,
    pub(super) equal: bool,
    pub(super) refused: Option<Time>,
    /// It was refused for a conflict by a server that heard of its columns alone, as its row had
    /// this many versions.
    pub(super) by_column: Option<usize>,
    /// Its commit went with the backend's state, or nobody saw it saved: it need not be anywhere.
    pub(super) excused: bool,
    /// Its commit went with the backend's state.
    pub(super) undone: bool,
    /// It was committed, and the backend has it no more, though nobody took it back.
    pub(super) vanished: bool,
    /// An upgrade of its app has emptied its device's database since.
    pub(super) emptied: bool,
    /// Its device lost power, and what it had not synced, since it made or last logged it.
    pub(super) lost_power: Option<Time>,
    /// A refusal of which the device has not heard yet, and whether the values differed.
    pub(super) unheard: Option<bool>,
    /// A device heard of it that may know more or less than is known of it: its word counts.
    pub(super) by_word: bool,
    /// Which device asked for that, or for its commit, as far as one can tell.
    pub(super) asked_by: DeviceId,
    /// The last answer may have said it, or that the edit waits.
    pub(super) perhaps_heard: bool,
    pub(super) stands: Option<Refused>,
    /// It was refused because a row is there already that it wants to make, or has its natural key.
    pub(super) met_another: bool,
    pub(super) conflict: bool,
    pub(super) won: Option<Won>,
    /// Whose engine decided that; a copy of its device may, and then that one has the line.
    pub(super) decided_on: Option<DeviceId>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Refused {
    pub(super) why: Refusal,
    /// The row in the way: the one that it was to change, or another that has its natural key.
    pub(super) row: RowId,
    /// What it wanted to do there, which may be another thing than its person did.
    pub(super) kind: EditKind,
}

impl Deref for Edit {
    type Target = LocalEdit;

    fn deref(&self) -> &LocalEdit {
        &self.local
    }
}

impl Edit {
    pub(super) fn new(
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

    /// How many versions of its row its person, or a rule over it, knew for sure.
    pub(super) fn knew(&self) -> usize {
        if self.seen > self.made_on { self.seen } else { self.reached }
    }
    pub(super) fn is_of(&self, entity: EntityId, key: &Key) -> bool {
        (self.entity, &self.key) == (entity, key)
    }
    pub(super) fn sets(&self, column: usize) -> bool {
        self.own_value(column).is_some()
    }
    /// Takes out what edits in whose place it goes out said in these columns.
    pub(super) fn part_with(&mut self, columns: &[usize]) {
        let others = self.local.values.split_off(self.own);
        self.local.values.extend(others.into_iter().filter(|(column, _)| !columns.contains(column)));
    }
    pub(super) fn own_values(&self) -> &[(usize, Value)] {
        &self.values[..self.own]
    }
    /// What its person set a column to.
    pub(super) fn own_value(&self, column: usize) -> Option<&Value> {
        self.own_values().iter().find(|(of, _)| *of == column).map(|(_, value)| value)
    }
    pub(super) fn matches(&self, values: Option<&[Value]>) -> bool {
        match (self.kind, values) {
            (EditKind::Delete, values) => values.is_none(),
            (_, None) => false,
            _ if self.combines => false,
            (_, Some(values)) => self.values.iter().all(|(column, value)| alike(&values[*column], value)),
        }
    }
    /// Whether a commit of it wrote none of what it says: each of its columns stays as it was.
    pub(super) fn is_left_out(&self, before: Option<&[Value]>, after: Option<&[Value]>) -> bool {
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
    /// By the backend, or by the app as no server takes it.
    pub(super) fn is_refused_for_good(&self) -> bool {
        self.said == Some(LogKind::Rejected) || self.refused.is_some() && self.stands.is_none()
    }
    pub(super) fn committed(&self) -> bool {
        self.commits > 0 || self.carried.is_some()
    }
}
