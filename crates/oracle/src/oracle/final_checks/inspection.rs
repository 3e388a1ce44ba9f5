//! Compares the backend and the devices with the model at the end of a run.

use std::collections::{BTreeMap, BTreeSet};
use std::iter;
use std::rc::Rc;

use crate::base::words::count;
use crate::base::{DeviceId, EditId, EntityId, Key, Span, Time, ValueRef};
use crate::contract::{
    ColumnKind, DeviceView, EditEnd, EditKind, LogEntry, OpenConflict, PendingEdit, Schema,
};
use crate::oracle::checks::{
    self, DANGLING_ID, DIVERGENT, DUPLICATE, EditCase, LOST_EDIT, OF_EDITS, RowCase, SILENT_DISCARD, STUCK,
};
use crate::oracle::final_checks::{Holdings, destination, uncounted};
use crate::oracle::model::{
    At, Behind, Contents, Counted, Difference, Edit, Ends, History, Ledger, Lost, NamedTruth, NamedView,
    Oracle, RowId, Truth, compared, stale_copies,
};
use crate::oracle::watch::{DueRuns, Ended, Look, Rest, Run, Told, Watched};
use crate::oracle::words::{Labels, Latest};
use crate::oracle::{Matter, OracleSetup, Suspicion, Violation};

/// The verdict of the oracle on a run.
#[derive(Clone, Debug, Default)]
pub struct Verdict {
    /// The violations, in the order of the checks; at most [`crate::oracle::VIOLATIONS_KEPT`] per
    /// check.
    pub violations: Vec<Violation>,
    /// Exact counts by metric name, including zeros.
    pub figures: BTreeMap<&'static str, u64>,
    /// The first saved edit that was lost because the state of a device or of the backend was
    /// replaced, as text.
    pub taken_back: Option<String>,
    /// The first edit that waits for a person who has logged out, as text.
    pub shelved: Option<String>,
    /// The final states of saved edits that did not arrive; `None` if no final check was made.
    ends: Option<BTreeMap<EditId, EditEnd>>,
    /// Checks that do not apply to the stack, because it does not promise the behaviour that they
    /// check.
    pub not_applicable: Vec<&'static str>,
    /// Checks that had nothing to check. They found nothing, but this proves nothing.
    pub untried: Vec<&'static str>,
    /// Metrics that could not be counted for this stack. This is not the same as zero.
    pub uncounted: Vec<&'static str>,
}

impl Verdict {
    /// The final state of a saved edit; `None` if no final check was made.
    pub fn end_of(&self, edit: EditId) -> Option<EditEnd> {
        Some(self.ends.as_ref()?.get(&edit).copied().unwrap_or(EditEnd::Arrived))
    }
}

/// Four metrics of values that were replaced although their replacer had not read them: all of
/// them, values on the backend that an edit replaced, values of edits that lost a conflict, and
/// those of the last kind whose edit is lost.
fn given_way(overwritten: u64, columns: &[(EditId, u64)], ends: &Counted) -> [(&'static str, u64); 4] {
    let is_lost = |edit: &EditId| {
        matches!(ends.ends.get(edit), Some(EditEnd::Lost | EditEnd::Superseded | EditEnd::Refused))
    };
    let lost = columns.iter().filter(|(edit, _)| is_lost(edit)).map(|(_, columns)| columns).sum();
    let gave_way: u64 = columns.iter().map(|(_, columns)| columns).sum();
    [
        ("oracle.overwritten.columns", overwritten),
        ("oracle.replaced.columns", overwritten - gave_way),
        ("oracle.gave_way.columns", gave_way),
        ("oracle.gave_way.lost", lost),
    ]
}

/// As text: the first edit that was taken back, and the first edit that is shelved.
fn gone(ends: &Counted, ledger: &Ledger, words: &Labels) -> [Option<String>; 2] {
    [ends.taken_back, ends.shelved].map(|first| {
        let (id, of) = first?;
        let edit = words.edit(ledger.get(id)?);
        Some(if of == Lost::Attachment { format!("the attachment of {edit}") } else { edit })
    })
}

/// The final check. The caller passes the devices to it one by one.
pub struct Inspection<'a> {
    oracle: Oracle,
    at: Time,
    truth: NamedTruth<'a>,
    /// True once no verdict is needed any more. Later reads may then be incomplete.
    stops: &'a dyn Fn() -> bool,
    contents: Contents,
    ends: Ends,
    half_seen: u64,
    doubles: u64,
    stale_copies: u64,
    compared: u64,
}

struct Said {
    pending: Vec<PendingEdit>,
    unsent: Vec<PendingEdit>,
    log: Vec<LogEntry>,
}

impl Said {
    /// Reads the device's edits and log. If a person has decided an edit's conflict, the edit
    /// counts as pending.
    fn of(view: &dyn DeviceView, owing: &DueRuns) -> Said {
        let mut pending = view.pending();
        let held = view.held_up();
        let mut decided = view.open_conflicts();
        decided.retain(|conflict| !owing.page.has(conflict.edit));
        let unsent = pending.iter().chain(&held).cloned().collect();
        let is_decided = |edit: &&PendingEdit| {
            decided.iter().any(|conflict| (conflict.entity, &conflict.key) == (edit.entity, &edit.key))
        };
        pending.extend(held.iter().filter(is_decided).cloned());
        Said { pending, unsent, log: view.log() }
    }

    fn waits(&self) -> Option<(EntityId, &str)> {
        let failed = self.pending.iter().find(|edit| edit.last_error.is_some());
        failed.or(self.pending.first()).map(|edit| (edit.entity, edit.key.as_str()))
    }
    fn is_dirty(&self, entity: EntityId, key: &str) -> bool {
        self.unsent.iter().any(|p| p.entity == entity && p.key.as_str() == key)
    }
}

impl Oracle {
    /// Says how many edits wait on a device, and names one; `None` if none waits.
    pub fn waiting(&self, device: DeviceId, pending: &[PendingEdit]) -> Option<String> {
        let sends = &self.watched[device.0 as usize].sends;
        crate::oracle::words::phrases::waiting(&self.setup.labels.schema, pending, sends)
    }
    /// A person asked a device for a sync, or opened a record on it. No event reports this.
    pub fn asked(&mut self, device: DeviceId) {
        self.watched[device.0 as usize].asked();
    }

    /// Marks an edit whose commit is missing on the backend at the end, although nothing undid it.
    pub fn vanished(&mut self, edit: EditId) {
        self.ledger.get_mut(edit).into_iter().for_each(|edit| edit.vanished = true);
    }

    /// Inspects the database of a device that may be at work. Returns how many rows were read.
    pub fn look(&mut self, device: DeviceId, view: &dyn DeviceView) -> u64 {
        let names = Rc::clone(&self.names);
        let Oracle { setup, places, history, ledger, held, shown, findings, looks, now, .. } = self;
        let Some(places) = places.get(device.0 as usize) else { return 0 };
        let now = *now;
        let mut look = Look { now, device, setup, places, history, ledger, held, shown, findings };
        look.at(&NamedView { names: &names, view }, looks)
    }

    /// Begins the final check with the backend's rows. Then pass each device that was in use.
    pub fn begin_check<'a>(
        mut self,
        at: Time,
        truth: &'a dyn Truth,
        stops: &'a dyn Fn() -> bool,
    ) -> Inspection<'a> {
        let truth = NamedTruth { names: Rc::clone(&self.names), truth };
        let schema = &self.setup.labels.schema;
        let units = &self.setup.labels.units;
        let contents = Contents::of(&self.history.schema, |id| compared(schema, units, id), &truth);
        let mut doubles = 0;
        for id in schema.ids() {
            let doubled = checks::natural_keys(id, &truth, &self.history);
            doubles += doubled.len() as u64;
            let held_true = !schema.naming(id).doubles;
            for (key, text) in doubled.into_iter().filter(|_| held_true) {
                self.findings.add(&DUPLICATE, (None, Some((id, key.as_str()))), || text);
            }
        }
        let stale_copies = stale_copies(schema, &truth);
        let (ends, half_seen, compared) = (Ends::default(), 0, 0);
        let oracle = self;
        Inspection { oracle, at, truth, stops, contents, ends, half_seen, doubles, stale_copies, compared }
    }
}

impl Inspection<'_> {
    fn check_said(&mut self, device: DeviceId, said: &Said) {
        let Oracle { watched, findings, setup, .. } = &mut self.oracle;
        let owing = &mut watched[device.0 as usize].owing;
        owing.judge(&mut Ended { at: self.at, device, setup, findings });
        said.pending.iter().for_each(|waits| owing.confirm(device, waits.edit, findings));
        self.check_overwriting(device, &said.log);
        self.check_edits(device, said);
    }
    /// Reads the device's edits and log. Also notes its open conflicts and attachments.
    fn look(&mut self, device: DeviceId, view: &dyn DeviceView) -> Said {
        let Oracle { history, latest, attachments, watched, ledger, .. } = &mut self.oracle;
        attachments.wait_on(device, view.attachments());
        for OpenConflict { entity, key, .. } in view.open_conflicts() {
            latest.note(device, history.remember(entity, &key));
        }
        let mut said = Said::of(view, &watched[device.0 as usize].owing);
        said.log.extend(ledger.read_before(device));
        self.ends.wait_on(device, said.unsent.iter().map(|edit| edit.edit));
        said
    }

    /// Checks one device: its edits, and every row that it should have in full.
    pub fn check_device(&mut self, device: DeviceId, view: &dyn DeviceView) {
        let names = Rc::clone(&self.oracle.names);
        for ((entity, key), text) in checks::dangling_ids(&names, view) {
            let concerns = (Some(device), Some((entity, key.as_str())));
            self.oracle.findings.add(&DANGLING_ID, concerns, || format!("on {device} {text}"));
        }
        let view = &NamedView { names: &names, view };
        let said = self.look(device, view);
        self.cut_off(device);
        let unfinished: Vec<Run> = self.oracle.watched[device.0 as usize].flow.unfinished().collect();
        let waiting = self.oracle.waiting(device, &said.pending);
        let stuck = checks::stuck(device, waiting, &unfinished, &view.doing(), &self.oracle.setup.labels);
        self.oracle.findings.found(&STUCK, (Some(device), said.waits()), stuck);
        self.check_said(device, &said);
        let Oracle { watched, ledger, setup, findings, .. } = &mut self.oracle;
        let watched = &mut watched[device.0 as usize];
        let rest = Rest { unsent: &said.unsent, ledger, ran: watched.saw(Matter::Runs) };
        let ended = &mut Ended { at: self.at, device, setup, findings };
        watched.each(|one| one.at_rest(&rest, ended));
        self.check_rows(device, &said, view);
        self.oracle.look_at_parts_at_rest(device, view.view);
    }

    /// Checks the columns that a newer version of a device's app added.
    pub fn check_columns(&mut self, device: DeviceId, view: &dyn DeviceView, newer: &Schema) {
        self.oracle.look_at_columns(device, view, self.truth.truth, newer);
    }

    /// Reports a device that did not come to rest, with the reason `why`. With a view, also checks
    /// its edits.
    pub fn check_stuck_device(&mut self, device: DeviceId, why: &str, view: Option<&dyn DeviceView>) {
        let names = Rc::clone(&self.oracle.names);
        let said = view.map(|view| self.look(device, &NamedView { names: &names, view }));
        let waits = said.as_ref().and_then(Said::waits);
        self.oracle.findings.add(&STUCK, (Some(device), waits), || why.to_owned());
        self.cut_off(device);
        let Oracle { watched, setup, .. } = &mut self.oracle;
        watched[device.0 as usize].flow.at_no_rest(self.at, &setup.patience);
        said.iter().for_each(|said| self.check_said(device, said));
    }

    /// If a run is still open at the end, the device will not report the rest of its last response.
    fn cut_off(&mut self, device: DeviceId) {
        if self.oracle.watched[device.0 as usize].flow.unfinished().next().is_some() {
            self.oracle.ledger.cut_short(device);
        }
    }
    /// Checks the records of the other system, to which an integration sends rows.
    pub fn check_destination(&mut self, holdings: &dyn Holdings) {
        let Oracle { setup, findings, .. } = &mut self.oracle;
        destination::check(holdings, self.truth.truth, &setup.labels, findings);
    }
    /// Notes that the state of `device` in `life` at time `until` is kept for a person who has
    /// logged out.
    pub fn leaves(&mut self, device: DeviceId, (until, life): (Time, u32)) {
        self.oracle.ledger.lives.left.push((device, life, until));
    }

    /// Returns the verdict. Call it after the last device.
    pub fn finish(mut self) -> Verdict {
        self.oracle.attachments.finish(&self.oracle.setup.labels.schema, &mut self.oracle.findings);
        let unseen = self.oracle.unseen();
        let Oracle { setup, mut watched, mut findings, ledger, .. } = self.oracle;
        let words = &setup.labels;
        self.oracle.intents.finish(&mut findings);
        let told = |one: &Suspicion| {
            one.check.name != SILENT_DISCARD.name || ledger.has_told(one.edit, one.committed)
        };
        for Suspicion { check, edit, record: (entity, key), text, .. } in
            self.oracle.suspicions.into_iter().filter(told)
        {
            findings.add(check, (Some(edit.device), Some((entity, key.as_str()))), || text);
        }
        for (one, device) in watched.iter_mut().zip((0..).map(DeviceId)) {
            one.end(&mut Ended { at: self.at, device, setup: &setup, findings: &mut findings });
        }
        findings.append_altered_columns();
        let untried = findings.unfound(|matter| match matter {
            Matter::Rows => self.compared == 0,
            Matter::Edits => ledger.is_empty(),
            Matter::Parts | Matter::Looks | Matter::Attachments => unseen.contains(&matter),
            Matter::World => false,
            matter => !watched.iter().any(|one| one.saw(matter)),
        });
        let (mut violations, mut figures, not_applicable) = findings.finish();
        with_records(&mut violations, &self.oracle.latest, &self.oracle.history);
        let uncounted = uncounted(&figures, &not_applicable, setup.capabilities);
        figures.extend(summed(&watched, &setup).into_iter().chain(self.oracle.held.odd.figures()));
        figures.extend([
            ("oracle.lost.row_ns", clipped(self.oracle.held.behind.lost)),
            ("oracle.stale.row_ns", clipped(self.oracle.held.behind.stale)),
            ("oracle.went_back.row_ns", clipped(self.oracle.shown.row_ns(self.at))),
            ("oracle.kept_both.rows", self.oracle.kept_both),
            ("oracle.stale_copies.rows", self.stale_copies),
            ("oracle.doubled.rows", self.doubles),
            ("oracle.half_seen.rows", self.half_seen),
            ("oracle.conflicts.count", ledger.conflicts),
            ("oracle.conflicts.false", self.oracle.miscalled.falsely),
            ("oracle.conflicts.missed", self.oracle.miscalled.missed),
        ]);
        figures.extend(self.oracle.families.finish(self.at));
        figures.extend(self.oracle.sights.figures());
        let ends = self.ends.count(&ledger, &self.oracle.attachments.lost());
        figures.extend(ends.figures());
        figures.extend(given_way(self.oracle.overwritten, &self.oracle.gave_way, &ends));
        let [taken_back, shelved] = gone(&ends, &ledger, words);
        figures.retain(|metric, _| !uncounted.contains(metric));
        Verdict {
            violations,
            figures,
            taken_back,
            shelved,
            ends: Some(ends.ends),
            not_applicable,
            untried,
            uncounted,
        }
    }

    /// Drops possible violations that a device's log explains. The log must have the line: an event
    /// that reports the line is not enough. The line may be in the log of a copy.
    fn check_overwriting(&mut self, device: DeviceId, log: &[LogEntry]) {
        let Oracle { suspicions, ledger, .. } = &mut self.oracle;
        let mut spoken = BTreeSet::new();
        let mut speaks = |of: &Suspicion| {
            checks::overwriting_logged(log, of.edit, (of.record.0, &of.record.1), &mut spoken)
        };
        suspicions.retain(|of| !(ledger.came_to(of.edit, device) && speaks(of)));
    }

    fn check_edits(&mut self, device: DeviceId, said: &Said) {
        let oracle = &mut self.oracle;
        let (words, ledger) = (&oracle.setup.labels, &oracle.ledger);
        let case = |edit, deleted_later| EditCase {
            words,
            edit,
            ledger,
            pending: &said.unsent,
            log: &said.log,
            live: self.truth.row(edit.entity, &edit.key).is_some(),
            deleted_later,
        };
        let deletes = ledger.of(device).filter(|edit| edit.kind == EditKind::Delete);
        let last_delete: BTreeMap<u32, u32> = deletes.map(|edit| (edit.row, edit.id.number)).collect();
        for edit in ledger.of(device) {
            let told_refused = ledger.is_told_refused(edit);
            if edit.commits > 0 && edit.won.is_none() && !told_refused && !edit.vanished {
                continue;
            }
            let deleted_later = last_delete.get(&edit.row).is_some_and(|&number| number > edit.id.number);
            let case = case(edit, deleted_later);
            if edit.commits == 0 {
                let row = self.truth.row(edit.entity, &edit.key).map(|(_, values)| values);
                let is_there = edit.undone && edit.matches(row.as_deref());
                self.ends.seen.insert(edit.id, case.seen(is_there));
            }
            if edit.excused || ledger.is_gone(edit) {
                continue;
            }
            let concerns = (Some(device), Some((edit.entity, edit.key.as_str())));
            if let Some(text) = checks::lost_edit(&case)
                && !oracle.findings.may_give_way(edit, oracle.history.row(edit.row))
            {
                oracle.findings.add_certain(&LOST_EDIT, concerns, || text);
            }
            for (rule, check) in OF_EDITS {
                oracle.findings.found(rule, concerns, check(&case));
            }
        }
        for edit in ledger.decided_for_others(device).filter(|edit| !edit.excused) {
            let concerns = (Some(device), Some((edit.entity, edit.key.as_str())));
            let text = checks::silent_overwrite(&case(edit, false));
            oracle.findings.found(&SILENT_DISCARD, concerns, text);
        }
    }

    fn check_rows(&mut self, device: DeviceId, said: &Said, view: &dyn DeviceView) {
        let places = Rc::clone(&self.oracle.places[device.0 as usize]);
        let mut wrong = 0_u64;
        let mut first = None;
        let mut missing = Missing::new();
        for entity in self.oracle.setup.labels.schema.ids() {
            if !self.oracle.setup.labels.schema.entity(entity).delivery.is_on_devices() {
                continue;
            }
            let place = &places[usize::from(entity.0)];
            let (oracle, truth, at) = (&mut self.oracle, &self.truth, At { device, place, now: self.at });
            let stops = self.stops;
            self.compared += self.contents.compare(entity, place, view, &mut |difference| {
                if stops() {
                    return;
                }
                if let Difference::None { expected, stamp } = difference {
                    if !said.is_dirty(entity, expected.key.as_str()) {
                        let Oracle { history, held, shown, cut_short, findings, .. } = &mut *oracle;
                        let told =
                            Told { device, history, held, shown, cut: cut_short.get(&device).copied() };
                        told.shows(findings, entity, expected, stamp);
                    }
                    return;
                }
                if let Difference::Missing(row) = difference {
                    missing.entry(entity).or_default().insert(row.key.to_string());
                }
                if !said.is_dirty(entity, difference.key()) {
                    wrong += 1;
                    first.get_or_insert_with(|| {
                        let seen = checks::seen(&oracle.setup.labels, entity, truth, difference);
                        (entity, difference.key().to_owned(), seen)
                    });
                    judge(oracle, truth, entity, at, difference);
                }
            });
            self.compared += self.oracle.compare_opened(&self.truth, entity, view, &mut |key| {
                if !stops() && !said.is_dirty(entity, key) {
                    wrong += 1;
                    first.get_or_insert_with(|| (entity, key.to_owned(), String::new()));
                }
            });
        }
        if (self.stops)() {
            return;
        }
        self.half_seen += half_seen(&self.oracle.setup.labels.schema, view, &missing);
        if let Some((entity, key, seen)) = first {
            self.oracle.findings.add(&DIVERGENT, (Some(device), Some((entity, &key))), || {
                let record = crate::oracle::words::phrases::record(&self.oracle.setup.labels.schema, entity, &key);
                let rows = count(wrong, "row");
                format!(
                    "{device} differs from its scope of the backend in {rows}, the first of them {record}{seen}"
                )
            });
        }
    }
}

/// Sums each metric over all devices; 0 if there are no devices.
fn summed(watched: &[Watched], setup: &OracleSetup) -> BTreeMap<&'static str, u64> {
    let none = Watched::new(setup);
    let mut sums: BTreeMap<&str, u128> = BTreeMap::new();
    for (metric, time) in iter::once(&none).chain(watched).flat_map(Watched::figures) {
        *sums.entry(metric).or_default() += time;
    }
    sums.into_iter().map(|(metric, sum)| (metric, clipped(sum))).collect()
}

fn clipped(sum: u128) -> u64 {
    u64::try_from(sum).unwrap_or(u64::MAX)
}

fn with_records(violations: &mut [Violation], latest: &Latest, history: &History) {
    let record = |row: RowId| {
        let row = history.row(row);
        (row.entity, row.key.clone())
    };
    for violation in violations.iter_mut().filter(|violation| violation.record.is_none()) {
        violation.beside = violation.device.and_then(|device| latest.of(device)).map(record);
    }
}

type Missing = BTreeMap<EntityId, BTreeSet<String>>;

fn half_seen(schema: &Schema, view: &dyn DeviceView, missing: &Missing) -> u64 {
    let mut rows = 0;
    for id in schema.ids() {
        let entity = schema.entity(id);
        let wanted = |(place, &column): (usize, &usize)| match &entity.columns[column].kind {
            ColumnKind::Ref(target) => Some((place, missing.get(target)?)),
            _ => None,
        };
        let references: Vec<_> = entity.projection.iter().enumerate().filter_map(wanted).collect();
        if references.is_empty() {
            continue;
        }
        let dangles = |values: &[ValueRef<'_>]| {
            references
                .iter()
                .any(|(place, lacked)| matches!(values[*place], ValueRef::Text(key) if lacked.contains(key)))
        };
        view.rows(id, &mut |_, _, values| rows += u64::from(dangles(values)));
    }
    rows
}

fn judge(oracle: &mut Oracle, truth: &dyn Truth, entity: EntityId, at: At<'_>, difference: Difference<'_>) {
    let Oracle { setup, history, held, sights, ledger, findings, .. } = oracle;
    let (device, key) = (at.device, difference.key());
    let id = history.find(entity, key);
    let is_extra = matches!(difference, Difference::Extra { .. });
    let live = is_extra.then(|| truth.row(entity, key)).flatten().map(|(_, values)| values);
    // Only an edit that was made after the current version can be on top of it.
    let dated = matches!(difference, Difference::Differs { expected, stamp, .. } if stamp >= expected.stamp);
    let uncommitted = id.filter(|_| dated).and_then(|id| {
        let since = history.row(id).versions.last().map_or(Time::ZERO, |version| version.at);
        let over = |edit: &Edit| edit.row == id && edit.made >= since && !edit.committed();
        let edits = ledger.of(device).filter(|edit| over(edit));
        edits.map(|edit| (edit.id, edit.made)).last()
    });
    let case = RowCase {
        words: &setup.labels,
        device,
        entity,
        difference,
        row: id.map(|id| history.row(id)),
        removed: id.is_some_and(|id| held.had_removed(id, history.row(id), device)),
        live: live.as_deref(),
        uncommitted,
        created_elsewhere: id.is_some_and(|id| ledger.created_elsewhere(device, id, history.row(id))),
    };
    if let Some(check) = case.check() {
        findings.add(check, (Some(device), Some((entity, key))), || case.told());
    }
    if matches!(difference, Difference::Differs { .. })
        && findings.by_stamps()
        && let Some((_, backend)) = truth.row(entity, key)
    {
        let bent = checks::bent_values(&case, &backend);
        findings.add_bent((device, (entity, key)), bent, false);
    }
    let holding = (device, entity, Key::new(key));
    let mut since = Time::ZERO;
    match difference {
        Difference::Missing(_) => since = sights.lacks(&holding, at.now),
        Difference::Extra { .. } => sights.keeps(&holding, at.now),
        _ => {}
    }
    match id.filter(|id| !history.row(*id).versions.is_empty()) {
        Some(id) => held.count_to_end(id, history.row(id), at),
        None => held.behind.add(never_changed(difference, at.now.since(since))),
    }
}

/// The time for which a device lacked a row that has not changed since the start, or had an older
/// version. `behind` is the time since the row is in its scope.
fn never_changed(difference: Difference<'_>, behind: Span) -> Behind {
    match difference {
        Difference::Missing(_) => Behind { lost: behind.0.into(), stale: 0 },
        Difference::Differs { expected, stamp, .. } if stamp < expected.stamp => {
            Behind { lost: 0, stale: behind.0.into() }
        }
        _ => Behind::default(),
    }
}
