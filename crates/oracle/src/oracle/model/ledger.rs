//! The ledger: every local edit, and its outcome.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

use crate::base::{DeviceId, EditId, Time, Value};
use crate::contract::{Author, CommitKind, Decision, EditKind, LocalEdit, LogEntry, LogKind, Refusal};
use crate::oracle::final_checks::Definition;
use crate::oracle::model::{
    All, Combined, Combining, Commit, Edit, End, Found, GaveWay, History, Lives, Refused, Row, RowId,
    StorageTime, Won, alike,
};

#[derive(Clone, Debug)]
struct InFlight {
    request: u64,
    edit: EditId,
    /// True if the edit still waits: a response postponed it, or it waits at a gateway.
    waits: bool,
}

#[derive(Clone, Copy, Debug)]
struct Decided {
    life: u32,
    at: Time,
    won: Option<Won>,
}

/// A line about an edit in a device's log, with the incarnation of the storage and the time.
#[derive(Clone, Copy, Debug)]
struct Line {
    edit: EditId,
    kind: LogKind,
    life: u32,
    at: Time,
}

#[derive(Debug, Default)]
pub(crate) struct Ledger {
    devices: Vec<BTreeMap<u32, Edit>>,
    open: FxHashMap<RowId, Vec<EditId>>,
    /// How often edits were committed whose making is not known yet, and who asked: an app may send
    /// an edit just before its saving is reported.
    early: BTreeMap<EditId, (u32, DeviceId)>,
    /// Edits that no person saw saved, and when the person gave up. They may be stored anyway.
    pub(crate) missed: BTreeMap<EditId, (Time, LocalEdit)>,
    pub(crate) lives: Lives,
    /// By device: edits in requests that have not ended. On a copy these may be another device's
    /// edits.
    in_flight: Vec<Vec<InFlight>>,
    /// By device: edits whose conflict came with the last response, and that are not decided yet.
    undecided: Vec<Vec<EditId>>,
    decisions: BTreeMap<DeviceId, BTreeMap<EditId, Vec<Decided>>>,
    /// By device: edits that the last push response refused, although the backend had their values.
    alike: Vec<Vec<EditId>>,
    /// The number of edits with a conflict, by the stack's definition, that their device knows.
    pub(crate) conflicts: u64,
    /// Edits that an engine reported as no change. An entry is removed when the edit is made.
    pub(crate) unchanged: BTreeSet<EditId>,
    definition: Definition,
    pub(crate) combined: Combined,
    pub(crate) found: Found,
    lines: BTreeMap<DeviceId, Vec<Line>>,
    /// By device whose database was emptied by an upgrade: the lines in its log before the upgrade.
    emptied: BTreeMap<DeviceId, Vec<Line>>,
}

impl Ledger {
    pub(crate) fn new(devices: usize, definition: Definition, combined: &[Combining]) -> Ledger {
        Ledger {
            definition,
            combined: Combined::new(combined),
            devices: vec![BTreeMap::new(); devices],
            in_flight: vec![Vec::new(); devices],
            undecided: vec![Vec::new(); devices],
            alike: vec![Vec::new(); devices],
            ..Ledger::default()
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.devices.iter().all(BTreeMap::is_empty)
    }
    pub(crate) fn get(&self, edit: EditId) -> Option<&Edit> {
        self.devices.get(edit.device.0 as usize)?.get(&edit.number)
    }
    pub(crate) fn of(&self, device: DeviceId) -> impl Iterator<Item = &Edit> {
        self.devices[device.0 as usize].values()
    }
    pub(crate) fn all(&self) -> impl Iterator<Item = &Edit> {
        self.devices.iter().flat_map(BTreeMap::values)
    }
    pub(crate) fn after(&self, id: EditId) -> impl Iterator<Item = &Edit> {
        self.devices[id.device.0 as usize].range(id.number.saturating_add(1)..).map(|(_, edit)| edit)
    }
    pub(crate) fn open_on(&self, row: RowId) -> impl Iterator<Item = &Edit> {
        self.open.get(&row).into_iter().flatten().filter_map(|id| self.get(*id))
    }
    pub(crate) fn with_storage_of(&self, device: DeviceId) -> impl Iterator<Item = &Edit> {
        let others = self.lives.of_several().filter(move |other| *other != device);
        std::iter::once(device).chain(others).flat_map(|device| self.of(device))
    }
    pub(crate) fn made(&mut self, at: Time, edit: &LocalEdit, row: RowId, (seen, reached): (usize, usize)) {
        let life = self.lives.now(edit.id.device);
        let mut new = Edit::new(edit, at, life, (row, seen, reached));
        new.combines = self.combined.has(edit);
        let early = self.early.remove(&edit.id);
        match early {
            Some((commits, by)) => (new.commits, new.asked_by) = (commits, by),
            None => self.open.entry(row).or_default().push(edit.id),
        }
        self.devices[edit.id.device.0 as usize].insert(edit.id.number, new);
        // What goes with it is committed, too, and what goes with that.
        let mut carrying: Vec<EditId> = early.map(|_| edit.id).into_iter().collect();
        while let Some(by) = carrying.pop() {
            let goes_with = |other: &&Edit| other.goes_with == Some(by);
            let with: Vec<EditId> = self.open_on(row).filter(goes_with).map(|other| other.id).collect();
            for id in with {
                self.get_mut(id).expect("it is open").carried = Some(edit.id);
                self.close(row, id);
                carrying.push(id);
            }
        }
    }

    /// Notes the values that an edit was made on: those of the first `told` versions of its row. If
    /// `sure` is false, the device may have had more versions. `to`: the device that became a copy
    /// while the edit was being saved.
    pub(crate) fn found_by(
        &mut self,
        at: Time,
        id: EditId,
        to: Option<DeviceId>,
        told: (&Row, usize),
        sure: bool,
    ) {
        self.believe_unchanged(id, told.0);
        let places = [Some(id.device), to].map(|device| device.map(|device| self.place(device, at)));
        let edit = self.devices.get(id.device.0 as usize).and_then(|of| of.get(&id.number));
        let Some(edit) = edit else { return };
        if to.is_some() {
            self.found.unseen.insert(id);
        }
        places.into_iter().flatten().for_each(|place| self.found.made(place, edit, told, sure));
    }

    /// Accepts the engine's report that an edit changes nothing, if this is true. The device's
    /// version must have the values of the edit, or an earlier waiting edit must set them.
    fn believe_unchanged(&mut self, id: EditId, row: &Row) {
        let is_said = self.unchanged.remove(&id);
        let Some(edit) = self.get(id).filter(|edit| is_said && edit.kind == EditKind::Update) else {
            return;
        };
        let earlier = self.devices[id.device.0 as usize].range(..id.number).map(|(_, other)| other);
        let waits = |other: &&Edit| {
            other.row == edit.row && !other.acknowledged && other.won.is_none() && other.said.is_none()
        };
        let waiting: Vec<&Edit> = earlier.filter(waits).collect();
        let says = |(column, value): &(usize, Value)| {
            let last = waiting.iter().rev().find_map(|other| other.own_value(*column));
            let both = [last, row.said(*column, edit.made_on)];
            both.into_iter().flatten().any(|said| alike(said, value))
        };
        let is_so = edit.values.iter().all(says);
        if let Some(edit) = self.get_mut(id).filter(|_| is_so) {
            (edit.equal, edit.matched) = (true, true);
        }
    }

    pub(crate) fn place(&self, device: DeviceId, at: Time) -> StorageTime {
        StorageTime { device, life: self.lives.now(device), at }
    }
    pub(crate) fn given_up(&mut self, at: Time, device: DeviceId, id: EditId) {
        let (place, row) = (self.place(device, at), self.get(id).map(|edit| edit.row));
        if let Some(row) = row {
            self.found.given_up(place, (id, row));
        }
    }
    pub(crate) fn asked_by(&self, id: EditId) -> DeviceId {
        let asks = |device: &DeviceId| self.in_flight[device.0 as usize].iter().any(|sent| sent.edit == id);
        std::iter::once(id.device).chain(self.lives.copies()).find(asks).unwrap_or(id.device)
    }
    pub(crate) fn was_asked_elsewhere(&self, id: EditId, device: DeviceId) -> bool {
        self.get(id).is_some_and(|edit| edit.asked_by != device)
    }

    pub(crate) fn missed(&mut self, at: Time, edit: &LocalEdit) {
        let id = edit.id;
        self.missed.insert(id, (at, edit.clone()));
        // If the ledger has this edit, only a copy knows it. It may be lost, and its conflict does
        // not count.
        let Some(edit) = self.get_mut(id) else { return };
        edit.excused = true;
        for undecided in &mut self.undecided {
            let before = undecided.len();
            undecided.retain(|other| *other != id);
            self.conflicts -= (before - undecided.len()) as u64;
        }
    }

    pub(crate) fn is_missed_create(&self, id: EditId) -> bool {
        self.missed.get(&id).is_some_and(|(_, edit)| edit.kind == EditKind::Create)
    }

    pub(crate) fn committed(
        &mut self,
        row: RowId,
        before: Option<&[Value]>,
        author: Option<EditId>,
        of_row: &Row,
    ) {
        let after = of_row.values.as_deref();
        let by = author.map(|author| self.asked_by(author));
        if let (Some(author), Some(by)) = (author, by)
            && let Some(edit) = self.get_mut(author)
        {
            edit.commits += 1;
            edit.gave_way = edit.row == row && edit.is_left_out(before, after);
            (edit.unheard, edit.stands, edit.asked_by, edit.by_word) = (None, None, by, false);
            let own = edit.row;
            self.close(own, author);
        } else if let (Some(author), Some(by)) = (author, by) {
            self.early.entry(author).or_insert((0, by)).0 += 1;
        }
        let Some(open) = self.open.get(&row).cloned() else { return };
        // If a carried edit is newer than the author, it also carries older edits that it set
        // again.
        let mut carrying: Vec<EditId> = author.into_iter().collect();
        for id in open.into_iter().rev() {
            let carried = carrying.iter().any(|by| self.carries(*by, id, after));
            if carried && author.is_some_and(|author| id.device == author.device && id > author) {
                carrying.push(id);
            }
            let was_read = author.is_some_and(|author| self.had_read(author, id, of_row));
            let Some(edit) = self.get_mut(id) else { continue };
            let was_there = edit.matches(before);
            let is_there = edit.matches(after);
            edit.matched |= was_there || is_there;
            if carried {
                (edit.carried, edit.brought, edit.was_read) = (author, is_there && !was_there, was_read);
                self.close(row, id);
            }
        }
    }

    /// The backend refused the edit on a row: on its own row, or on another one with its natural
    /// key.
    pub(crate) fn refused(&mut self, at: Time, id: EditId, stands: Option<Refused>, all: All<'_>) {
        let Some(edit) = self.get_mut(id) else { return };
        edit.refused = Some(at);
        edit.met_another |= stands.is_some_and(|of| matches!(of.why, Refusal::Taken | Refusal::Exists));
        (edit.stands, edit.unheard, edit.by_column) = (stands, None, None);
        self.stands(id, all);
    }

    /// The backend responds to the edit again. If the refusal still stands, the response has the
    /// refusal and the current row.
    pub(crate) fn stands(&mut self, id: EditId, all: All<'_>) {
        let Some(edit) = self.get_mut(id) else { return };
        let Some(stands) = edit.stands else {
            // The edit was refused, and later committed. The response may give either outcome.
            if edit.refused.is_some() && edit.commits > 0 {
                edit.unheard = Some(true);
                self.waits(id);
            }
            return;
        };
        let Some(edit) = self.get(id) else { return };
        let by = self.asked_by(id);
        let met = self.definition.met(edit, by, stands, all, &self.found);
        let edit = self.get_mut(id).expect("it was there a moment ago");
        (edit.unheard, edit.asked_by, edit.by_word) = (Some(met.differs), by, false);
        edit.matched |= met.matches;
        self.note_alongside(id, met.matches, all.history);
    }

    /// A conflict by column has just refused the edit, so the edit may lose each column on its own.
    pub(crate) fn gave_way_by_column(&mut self, id: EditId, history: &History) {
        if let Some(edit) = self.get_mut(id) {
            edit.by_column = Some(history.row(edit.row).versions.len());
        }
    }
    pub(crate) fn other_row(&self, id: EditId) -> Option<RowId> {
        let refused = self.get(id)?.stands.filter(|refused| refused.why == Refusal::Taken);
        refused.map(|refused| refused.row)
    }
    pub(crate) fn sent(&mut self, device: DeviceId, edit: EditId, request: u64) {
        self.in_flight[device.0 as usize].push(InFlight { request, edit, waits: false });
    }
    pub(crate) fn waits(&mut self, id: EditId) {
        for device in std::iter::once(id.device).chain(self.lives.copies()) {
            let sent = self.in_flight[device.0 as usize].iter_mut().filter(|sent| sent.edit == id);
            sent.for_each(|sent| sent.waits = true);
        }
    }

    /// A request ended. `heard`: the device got its response with the outcomes of the edits.
    pub(crate) fn request_ended(&mut self, device: DeviceId, request: u64, heard: bool) {
        let under_way = &mut self.in_flight[device.0 as usize];
        let ended: Vec<InFlight> = under_way.extract_if(.., |sent| sent.request == request).collect();
        if !heard || ended.is_empty() {
            return;
        }
        self.settled(device);
        for InFlight { edit: id, waits, .. } in ended {
            let counts = !self.missed.contains_key(&id);
            let Some(edit) = self.get(id) else { continue };
            // For a copy or an unsure edit, the device may compare with other columns than the
            // model.
            let known = edit.asked_by == device && self.found.knows(device, (id, edit.row));
            let unsure = !known || self.found.is_unsure(id);
            let another = self.definition == Definition::Columns && unsure;
            let waits = waits || another;
            let Some(edit) = self.get_mut(id) else { continue };
            edit.perhaps_heard = waits;
            // The same is true for the next device that gets the refusal.
            edit.by_word |= another && edit.unheard.is_some();
            let differs = if waits { None } else { edit.unheard.take() };
            if differs == Some(false) {
                self.alike[device.0 as usize].push(id);
            } else if differs == Some(true) && !edit.conflict && counts {
                edit.conflict = true;
                self.conflicts += 1;
                self.undecided[device.0 as usize].push(id);
            }
        }
    }

    pub(crate) fn settled(&mut self, device: DeviceId) {
        self.undecided[device.0 as usize].clear();
        self.alike[device.0 as usize].clear();
    }

    /// The run was cut off, perhaps before the device settled the last response. If the device did
    /// not settle it, the device gets its conflicts again, and they are counted then. If it did,
    /// edits with equal values on the backend are not reported again.
    pub(crate) fn cut_short(&mut self, device: DeviceId) {
        for id in std::mem::take(&mut self.alike[device.0 as usize]) {
            let Some(edit) = self.get_mut(id) else { continue };
            edit.equal = true;
        }
        self.unsettled(device);
    }

    /// The device had no room or died: it will get the rest of the last response again.
    pub(crate) fn unsettled(&mut self, device: DeviceId) {
        for id in std::mem::take(&mut self.undecided[device.0 as usize]) {
            let Some(edit) = self.get_mut(id) else { continue };
            // Another run may have had no room. Then this run can still settle the response.
            (edit.conflict, edit.perhaps_heard) = (false, true);
            edit.unheard = Some(true);
            self.conflicts -= 1;
        }
    }
    pub(crate) fn went_back(&mut self, device: DeviceId, life: u32, to: Time) {
        self.lives.went_back(device, life, to);
        self.begin_again(device);
    }
    pub(crate) fn became_copy(&mut self, device: DeviceId, of: (DeviceId, u32, Time), unseen: Vec<EditId>) {
        self.lives.became_copy(device, of, unseen);
        self.begin_again(device);
    }
    fn begin_again(&mut self, device: DeviceId) {
        self.found.put_in(device, &self.lives);
        self.undecided[device.0 as usize].clear();
        self.decide_again(device);
    }
    pub(crate) fn is_gone(&self, edit: &Edit) -> bool {
        !self.lives.keeps(edit.id.device, (edit.life, edit.made))
    }
    /// The final state of an edit that was lost when its device's state was replaced.
    pub(crate) fn taken_by(&self, edit: &Edit) -> End {
        self.lives.taken_by(edit.id.device, edit.life, edit.made)
    }
    pub(crate) fn emptied(&mut self, device: DeviceId) {
        if self.emptied.contains_key(&device) {
            return;
        }
        self.emptied.insert(device, self.lines.remove(&device).unwrap_or_default());
        self.devices[device.0 as usize].values_mut().for_each(|edit| edit.emptied = true);
    }
    /// The log lines that people could read before an upgrade emptied the device's log. A line that
    /// says that an edit won is left out if the edit was then lost.
    pub(crate) fn read_before(&self, device: DeviceId) -> impl Iterator<Item = LogEntry> {
        let lines = self.emptied.get(&device).into_iter().flatten();
        let lines = lines.filter(move |line| self.lives.keeps(device, (line.life, line.at)));
        lines.filter_map(|&Line { edit: id, kind, .. }| {
            let edit = self.get(id)?;
            let is_settled = edit.committed() || matches!(kind, LogKind::Superseded | LogKind::Rejected);
            let (entity, key) = (edit.entity, edit.key.clone());
            is_settled.then_some(LogEntry { edit: Some(id), entity, key, kind, met: None })
        })
    }
    /// True if the log of the current state still says that the edit is done.
    pub(crate) fn has_told(&self, id: EditId, committed: (u32, Time)) -> bool {
        let has = |instant| self.lives.keeps(id.device, instant);
        let first = self.get(id).and_then(|edit| edit.acknowledged_first);
        self.lives.now(id.device) == 0 || has(committed) && first.is_some_and(has)
    }
    /// True if `by` need not know of the commit: another device sent it, or the state of `by` is
    /// older.
    pub(crate) fn may_not_know(&self, by: DeviceId, edit: &Edit) -> bool {
        let is_older = |first| !self.lives.keeps(edit.id.device, first);
        edit.commits > 0 && edit.asked_by != by || edit.acknowledged_first.is_some_and(is_older)
    }
    pub(crate) fn came_to(&self, edit: EditId, device: DeviceId) -> bool {
        edit.device == device || self.was_there(edit, device, self.lives.now(device))
    }

    /// Drops conflict decisions that a restored device no longer knows. The device decides again.
    fn decide_again(&mut self, device: DeviceId) {
        let decided = self.decisions.remove(&device).unwrap_or_default();
        for (&id, decisions) in &decided {
            let stands = |d: &&Decided| self.lives.keeps(device, (d.life, d.at));
            let won = decisions.iter().rfind(stands).and_then(|decided| decided.won);
            let Some(edit) = self.get_mut(id) else { continue };
            if edit.decided_on.is_none_or(|by| by == device) {
                (edit.won, edit.decided_on) = (won, won.map(|_| device));
            }
        }
        self.decisions.insert(device, decided);
    }

    /// True if the storage of `device` in `life` got the edit as part of a copy of another device.
    pub(crate) fn was_there(&self, edit: EditId, device: DeviceId, life: u32) -> bool {
        self.lives.was_copied(edit, device, life, &|at| {
            self.get(edit).is_some_and(|edit| edit.made < at)
                || self.missed.get(&edit).is_some_and(|(missed, _)| *missed <= at)
        })
    }
    pub(crate) fn undone(&mut self, id: EditId) {
        if let Some(edit) = self.get_mut(id).filter(|edit| edit.commits > 0) {
            (edit.commits, edit.excused, edit.undone) = (0, true, true);
        }
    }
    /// A forced upload replaces a row. It undoes edits whose values are then gone.
    pub(crate) fn uploaded_over(&mut self, row: RowId, before: Option<&[Value]>, commit: Commit<'_>) {
        if !matches!(commit.author, Author::Upload(_)) {
            return;
        }
        let after = (commit.kind != CommitKind::Delete).then_some(commit.values);
        let is_gone = |edit: &Edit| {
            let sets = |(column, value): &(usize, Value)| {
                let there = |row: Option<&[Value]>| row.is_some_and(|row| alike(&row[*column], value));
                there(before) && !there(after)
            };
            match edit.kind {
                EditKind::Delete => before.is_none() && after.is_some(),
                EditKind::Create | EditKind::Update => edit.values.iter().any(sets),
            }
        };
        let gone = |edit: &&Edit| edit.row == row && edit.commits > 0 && is_gone(edit);
        let gone: Vec<EditId> = self.all().filter(gone).map(|edit| edit.id).collect();
        for id in gone {
            self.undone(id);
            self.get_mut(id).into_iter().for_each(|edit| edit.uploaded_over = true);
        }
    }
    pub(crate) fn lost_power(&mut self, device: DeviceId, at: Time) {
        for edit in self.devices[device.0 as usize].values_mut() {
            edit.lost_power.get_or_insert(at);
        }
    }
    /// A line about the edit was logged. A line "rejected" during a logout means that the person
    /// discards the edit, unless the backend had refused it.
    pub(crate) fn logged(&mut self, (at, device): (Time, DeviceId), id: EditId, kind: LogKind) {
        let logging_out = self.lives.is_logging_out(device);
        let life = self.lives.now(device);
        self.lines.entry(device).or_default().push(Line { edit: id, kind, life, at });
        if let Some(edit) = self.get_mut(id) {
            edit.told_refused = (kind == LogKind::Rejected && device == id.device).then_some((life, at));
            edit.left_at_logout = logging_out && kind == LogKind::Rejected && !edit.is_refused_for_good();
            (edit.lost_power, edit.said) = (None, Some(kind));
        }
    }
    /// True if the person was told that the backend refused the edit for good, and the log still
    /// says this.
    pub(crate) fn is_told_refused(&self, edit: &Edit) -> bool {
        let has = |instant| self.lives.keeps(edit.id.device, instant);
        let is_last_word = edit.said == Some(LogKind::Rejected) && !edit.left_at_logout;
        is_last_word && edit.lost_power.is_none() && edit.told_refused.is_some_and(has)
    }
    /// The person chose the other side of the conflict. During a logout, nobody looked at the
    /// conflict: the edit is only left behind.
    pub(crate) fn given_up_by_person(&mut self, id: EditId, device: DeviceId) {
        let logging_out = self.lives.is_logging_out(device);
        if let Some(edit) = self.get_mut(id) {
            (edit.left_at_logout, edit.given_up) = (logging_out, !logging_out);
        }
    }
    pub(crate) fn process_ended(&mut self, device: DeviceId) {
        self.lives.logging_out.remove(&device);
        self.in_flight[device.0 as usize].clear();
        self.unsettled(device);
    }

    pub(crate) fn acknowledged(&mut self, place: StorageTime, id: EditId, values: Option<&[Value]>) {
        let life = self.lives.now(id.device);
        let Some(edit) = self.get_mut(id) else { return };
        edit.acknowledged = true;
        edit.acknowledged_first.get_or_insert((life, place.at));
        edit.matched |= edit.matches(values);
        let own = edit.row;
        self.found.over(place, (id, own));
        self.carry_alongside(id);
    }

    /// A conflict of the edit over `row` is decided. The device has seen `seen` versions of the
    /// row. If the model does not know whether this was a conflict, the engine's report `is_one`
    /// decides.
    pub(crate) fn decided(
        &mut self,
        (at, device): (Time, DeviceId),
        id: EditId,
        row: RowId,
        (decision, is_one): (Decision<'_>, bool),
        (seen, gave_way): (usize, GaveWay),
        history: &History,
    ) {
        self.undecided[device.0 as usize].retain(|undecided| *undecided != id);
        let Some(edit) = self.get_mut(id) else { return };
        let is_taken_at_its_word = edit.by_word || edit.unheard == Some(true);
        if is_one && edit.perhaps_heard && is_taken_at_its_word && !edit.conflict {
            (edit.conflict, edit.unheard) = (true, None);
            self.conflicts += 1;
        }
        let Some(edit) = self.get_mut(id) else { return };
        let won = match decision {
            Decision::Local => Some(Won::Edit),
            Decision::Remote => Some(Won::Other),
            Decision::Merged { .. } if gave_way.ours > 0 => Some(Won::Part),
            Decision::Merged { .. } if gave_way.theirs > 0 => Some(Won::Edit),
            // Neither side loses a value, so the log needs no line.
            Decision::Merged { .. } | Decision::Both { .. } | Decision::Parked => None,
            Decision::Same => {
                edit.equal = true;
                edit.matched |= edit.matches(history.row(row).values.as_deref());
                edit.won
            }
        };
        if decision != Decision::Same {
            (edit.won, edit.decided_on) = (won, won.map(|_| device));
            let decided = Decided { life: self.lives.now(device), at, won };
            self.decisions.entry(device).or_default().entry(id).or_default().push(decided);
        }
        // After a merge, only this edit has read the version that it conflicted with.
        if matches!(decision, Decision::Merged { .. }) {
            if let Some(edit) = self.get_mut(id).filter(|edit| edit.row == row) {
                edit.seen = edit.seen.max(seen);
            }
            return;
        }
        // After other decisions, waiting edits of the row have read it, too: also those of the
        // other copy.
        for of in [id.device, device] {
            for edit in self.devices[of.0 as usize].values_mut().filter(|edit| edit.row == row) {
                edit.seen = edit.seen.max(seen);
            }
        }
    }

    pub(crate) fn decided_for_others(&self, device: DeviceId) -> impl Iterator<Item = &Edit> {
        let ids = self.decisions.get(&device).into_iter().flat_map(BTreeMap::keys);
        let edits = ids.filter(move |id| id.device != device).filter_map(|id| self.get(*id));
        edits.filter(move |edit| edit.decided_on == Some(device))
    }
    pub(crate) fn ever_won(&self, id: EditId) -> bool {
        let mut decided = self.decisions.values().filter_map(|of| of.get(&id)).flatten();
        decided.any(|decided| decided.won == Some(Won::Edit))
    }
    pub(crate) fn creates(&self, device: DeviceId, row: RowId) -> bool {
        self.open_on(row).any(|edit| edit.id.device == device && edit.kind == EditKind::Create)
    }
    /// True if the device created the row, and the backend has it only under another key.
    pub(crate) fn created_elsewhere(&self, device: DeviceId, id: RowId, row: &Row) -> bool {
        let made = |edit: &Edit| edit.row == id && edit.kind == EditKind::Create && edit.commits > 0;
        row.versions.is_empty() && self.of(device).any(made)
    }
    pub(crate) fn get_mut(&mut self, edit: EditId) -> Option<&mut Edit> {
        self.devices.get_mut(edit.device.0 as usize)?.get_mut(&edit.number)
    }
    pub(crate) fn close(&mut self, row: RowId, id: EditId) {
        if let Some(open) = self.open.get_mut(&row) {
            open.retain(|other| *other != id);
            if open.is_empty() {
                self.open.remove(&row);
            }
        }
    }
}
