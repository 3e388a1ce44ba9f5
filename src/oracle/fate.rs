//! Where a record vanished, in a sentence.

use std::collections::BTreeMap;

use super::clock::Clock;
use crate::base::{DeviceId, EditId, EntityId, Key, Stamp, Time};
use crate::contract::{AppliedChange, Author, CommitKind, Decision, Event, PageEvent};

#[derive(Debug, Default)]
pub(super) struct Fate {
    /// When the backend's last version was committed; `None` if it is from before the start.
    committed: Option<Time>,
    /// The stamp of that version.
    stamp: Option<Stamp>,
    deleted: Option<Time>,
    devices: BTreeMap<DeviceId, There>,
    edits: BTreeMap<EditId, Course>,
    /// Other keys under which the backend has its edits, with when each was committed.
    elsewhere: Vec<(Key, Time)>,
}

/// What came of it on a device. Whether it was there from the start is not known: only what
/// happened is.
#[derive(Clone, Copy, Debug, Default)]
struct There {
    /// When the backend's last version last left for the device.
    sent: Option<Time>,
    /// When the word that it is gone, from the backend or from the device's scope, last left after
    /// that version's commit.
    word: Option<Time>,
    /// When the device stored the backend's last version.
    current: Option<Time>,
    /// When it last stored any version.
    stored: Option<Time>,
    removed: Option<Time>,
    /// When the device last had a page of the entity: with it, it saves where it is.
    paged: Option<Time>,
}

/// What came of an edit of it.
#[derive(Debug, Default)]
struct Course {
    made: Time,
    sent: Option<Time>,
    refused: Option<Time>,
    acknowledged: Option<Time>,
    commits: Vec<Time>,
    logged: bool,
    /// When a person was to decide about it; none if they have.
    parked: Option<Time>,
    /// When a process first started without finding that conflict open.
    forgotten: Option<Time>,
}

impl Fate {
    pub(super) fn see(
        &mut self,
        at: Time,
        device: Option<DeviceId>,
        event: &Event<'_>,
        of: impl Fn(EntityId, &str) -> bool,
    ) {
        match *event {
            Event::Committed { entity, key, kind, author, stamp, .. } if of(entity, key.as_str()) => {
                let gone = kind == CommitKind::Delete;
                (self.committed, self.deleted) = (Some(at), if gone { Some(at) } else { self.deleted });
                self.stamp = Some(stamp);
                for there in self.devices.values_mut() {
                    (there.sent, there.word, there.current) = (None, None, None);
                }
                if let Author::Device(edit) = author {
                    self.edits.entry(edit).or_default().commits.push(at);
                }
            }
            Event::Committed { key, author: Author::Device(edit), .. } if self.edits.contains_key(&edit) => {
                self.elsewhere.push((key.clone(), at));
            }
            Event::RowServed { device, entity, key, stamp, removed } if of(entity, key) => {
                let last = self.is_last(stamp);
                let there = self.devices.entry(device).or_default();
                if removed {
                    there.word = Some(at);
                } else if last {
                    there.sent = Some(at);
                }
            }
            Event::MutationRefused { edit, entity, key, .. } if of(entity, key.as_str()) => {
                self.edits.entry(edit).or_default().refused = Some(at);
            }
            _ => {}
        }
        let Some(device) = device else { return };
        self.on_page(at, device, event);
        match *event {
            Event::CursorSaved { .. } => self.devices.entry(device).or_default().paged = Some(at),
            Event::ChunkApplied { changes, .. } => {
                for change in changes.iter().filter(|change| of(change.entity, change.key)) {
                    self.applied(at, device, change);
                }
            }
            Event::EditMade { edit, .. } if of(edit.entity, edit.key.as_str()) => {
                self.edits.entry(edit.id).or_default().made = at;
            }
            Event::EditSent { edit, entity, key, .. } if of(entity, key.as_str()) => {
                self.edits.entry(edit).or_default().sent = Some(at);
            }
            Event::EditAcknowledged { edit, entity, key, .. } if of(entity, key.as_str()) => {
                self.edits.entry(edit).or_default().acknowledged = Some(at);
            }
            Event::EditLogged { edit, entity, key, .. } if of(entity, key.as_str()) => {
                self.edits.entry(edit).or_default().logged = true;
            }
            _ => {}
        }
    }

    /// What happens to edits that wait for a person.
    fn on_page(&mut self, at: Time, device: DeviceId, event: &Event<'_>) {
        match *event {
            Event::ConflictDecided { ref edit, decision: Decision::Parked, .. } => {
                if let Some(course) = self.edits.get_mut(edit) {
                    (course.parked, course.forgotten) = (Some(at), None);
                }
            }
            Event::Page(PageEvent::Open { ref edit, .. }) => {
                if let Some(course) = self.edits.get_mut(edit) {
                    course.forgotten = None;
                }
            }
            Event::Page(PageEvent::Resolved { ref edit, .. }) => {
                if let Some(course) = self.edits.get_mut(edit) {
                    (course.parked, course.forgotten) = (None, None);
                }
            }
            // A conflict that is still open is told of right after this.
            Event::ProcessStarted { .. } => {
                let of_device = self.edits.iter_mut().filter(|(edit, _)| edit.device == device);
                for (_, course) in of_device.filter(|(_, course)| course.parked.is_some()) {
                    course.forgotten = course.forgotten.or(Some(at));
                }
            }
            _ => {}
        }
    }

    fn applied(&mut self, at: Time, device: DeviceId, change: &AppliedChange<'_>) {
        let last = self.is_last(change.stamp);
        let there = self.devices.entry(device).or_default();
        if change.removed {
            there.removed = Some(at);
            return;
        }
        there.stored = Some(at);
        if last {
            there.current = Some(at);
        }
    }

    /// Whether this is the stamp of the backend's last version; every version is, if it is from
    /// before the start.
    fn is_last(&self, stamp: Stamp) -> bool {
        self.stamp.is_none_or(|last| last == stamp)
    }

    /// Where the record went wrong, if `check` found it on `device`; `None` if nothing is to be
    /// said.
    pub(super) fn ending(&self, check: &str, device: Option<DeviceId>, clock: Clock) -> Option<String> {
        match check {
            "lost" | "divergent" | "stale" | "undetected-delete" => {
                let device = device?;
                Some(
                    self.off_the_page(device, clock)
                        .unwrap_or_else(|| self.not_arrived(check, device, clock)),
                )
            }
            "orphan" => Some(self.not_taken_away(device?, clock)),
            "resurrected" => self.back(device, clock),
            "duplicate" => Some(self.twice(clock)),
            "lost-edit" | "silent-discard" => {
                self.off_the_page(device?, clock).or_else(|| self.edit(check, device?, clock))
            }
            "acknowledged-without-commit" | "stuck" => self.edit(check, device?, clock),
            _ => None,
        }
    }

    /// A version or a tombstone that a device does not have.
    fn not_arrived(&self, check: &str, device: DeviceId, clock: Clock) -> String {
        let there = self.devices.get(&device).copied().unwrap_or_default();
        let gone = self.deleted.is_some() && self.deleted == self.committed;
        let check = if check == "divergent" && gone { "undetected-delete" } else { check };
        let (what, left) = match check {
            "stale" => ("the newer version", there.sent),
            "undetected-delete" => ("the tombstone", there.word),
            _ => ("it", there.sent),
        };
        if check != "stale" && check != "undetected-delete" && there.removed > there.stored {
            let at = there.removed.map_or_else(String::new, |at| clock.time(at));
            return format!("{device} removed it at {at}, and the backend still has it");
        }
        if let Some(current) = there.current.filter(|_| check != "undetected-delete") {
            let at = clock.time(current);
            return match there.stored.filter(|stored| *stored > current) {
                Some(older) => format!(
                    "{device} stored {what} at {at}, and another version over it at {}",
                    clock.time(older)
                ),
                None => {
                    let after = |course: &Course| course.commits.is_empty() && course.made >= current;
                    let over =
                        self.edits.iter().rfind(|(edit, course)| edit.device == device && after(course));
                    let why = over.map_or_else(String::new, |(edit, course)| {
                        format!(
                            ": edit {edit} of {}, which never was committed, still lies over it",
                            clock.time(course.made)
                        )
                    });
                    format!("{device} stored {what} at {at}, and does not show it any more{why}")
                }
            };
        }
        if let Some(own) = self.own(device, clock).filter(|_| left.is_none() && what == "it") {
            return own;
        }
        let begun = left.or(self.committed);
        let later = there.paged.filter(|at| begun.is_none_or(|begun| *at >= begun));
        let on = later.map(|at| format!("{device} moved on without it, last at {}", clock.time(at)));
        let since = if self.committed.is_none() { " since the start" } else { "" };
        match (left.map(|at| clock.time(at)), on) {
            (Some(at), Some(on)) => format!("{what} left for {device} at {at} and was not taken in; {on}"),
            (Some(at), None) => format!("{what} left for {device} at {at} and was not taken in"),
            (None, Some(on)) => format!("{what} never left for {device}{since}; {on}"),
            (None, None) => {
                format!("{what} never left for {device}{since}, which did not come so far as to ask for it")
            }
        }
    }

    /// An edit that waited for a person, and whose conflict a process did not live to see decided.
    fn off_the_page(&self, device: DeviceId, clock: Clock) -> Option<String> {
        let uncommitted = |(edit, course): &(&EditId, &Course)| {
            edit.device == device && course.commits.is_empty() && !course.logged
        };
        let told = |(edit, course): (&EditId, &Course)| {
            let (parked, forgotten) = (clock.time(course.parked?), clock.time(course.forgotten?));
            Some(format!(
                "a person was to decide about edit {edit}, which met a conflict at {parked}; when \
                 the process started again at {forgotten} that was gone, and nobody had decided"
            ))
        };
        self.edits.iter().filter(uncommitted).find_map(told)
    }

    /// What the device itself did to a record that nobody sent it since.
    fn own(&self, device: DeviceId, clock: Clock) -> Option<String> {
        if !self.elsewhere.is_empty() {
            return Some(self.twice(clock));
        }
        let uncommitted =
            |(edit, course): &(&EditId, &Course)| edit.device == device && course.commits.is_empty();
        let (edit, course) = self.edits.iter().rfind(uncommitted)?;
        let made = clock.time(course.made);
        Some(format!("edit {edit} of {made} changed it on {device}, and never was committed"))
    }

    /// A row outside of a device's scope.
    fn not_taken_away(&self, device: DeviceId, clock: Clock) -> String {
        let there = self.devices.get(&device).copied().unwrap_or_default();
        match (self.committed, there.stored) {
            (Some(left), stored) if stored.is_none_or(|stored| stored <= left) => {
                let at = clock.time(left);
                match there.word.or(there.sent) {
                    Some(sent) => format!(
                        "it left the scope of {device} at {at}; the word of it went out at {}, and {device} kept the row",
                        clock.time(sent)
                    ),
                    None => format!(
                        "it left the scope of {device} at {at}, and nothing told {device} to remove it"
                    ),
                }
            }
            (_, Some(stored)) => {
                format!("{device} stored it at {}, although it is not in its scope", clock.time(stored))
            }
            (_, None) => format!("{device} has it from before the start, although it is not in its scope"),
        }
    }

    fn back(&self, device: Option<DeviceId>, clock: Clock) -> Option<String> {
        let there = device.and_then(|device| Some((device, self.devices.get(&device)?)));
        if let Some((device, There { removed: Some(removed), stored: Some(stored), .. })) = there
            && stored > removed
        {
            let (removed, stored) = (clock.time(*removed), clock.time(*stored));
            return Some(format!("{device} removed it at {removed} and stored it again at {stored}"));
        }
        let (deleted, committed) = (self.deleted?, self.committed?);
        let at = clock.time(deleted);
        Some(if committed > deleted {
            format!("deleted at {at}, it was committed again at {}", clock.time(committed))
        } else {
            format!("it was deleted at {at}, and is back without a commit")
        })
    }

    fn twice(&self, clock: Clock) -> String {
        match self.edits.iter().find(|(_, course)| course.commits.len() > 1) {
            Some((edit, course)) => {
                let times: Vec<String> = course.commits.iter().map(|at| clock.time(*at)).collect();
                format!("edit {edit} was committed {} times, at {}", times.len(), times.join(" and "))
            }
            None => {
                let key = |(key, at): &(Key, Time)| format!("{key}, committed at {}", clock.time(*at));
                let keys: Vec<String> = self.elsewhere.iter().map(key).collect();
                let keys = if keys.is_empty() { keys.join("") } else { format!(" ({})", keys.join("; ")) };
                format!(
                    "the backend has it under another key too{keys}, and nothing told the device which one is left"
                )
            }
        }
    }

    /// An edit of a device that ended as it should not.
    fn edit(&self, check: &str, device: DeviceId, clock: Clock) -> Option<String> {
        let of_device = || self.edits.iter().filter(|(edit, _)| edit.device == device);
        let uncommitted = |(_, course): &(&EditId, &Course)| course.commits.is_empty();
        let (edit, course) = match check {
            "silent-discard" => of_device().find(|(_, course)| course.refused.is_some() && !course.logged),
            "acknowledged-without-commit" => {
                of_device().find(|e| uncommitted(e) && e.1.acknowledged.is_some())
            }
            _ => of_device().find(|e| uncommitted(e) && !e.1.logged),
        }?;
        let time = |at: Time| clock.time(at);
        Some(match (check, course.acknowledged, course.refused, course.sent) {
            ("stuck", ..) => format!("edit {edit} was made at {} and still waits", time(course.made)),
            ("silent-discard", _, Some(at), _) => {
                format!(
                    "edit {edit} was refused at {}, and no line that the user can read names it",
                    time(at)
                )
            }
            (_, Some(at), ..) => {
                format!("edit {edit} was acknowledged at {}, but no commit of it exists", time(at))
            }
            (_, None, Some(at), _) => {
                format!(
                    "the backend refused edit {edit} at {}, and the device dropped it without a word",
                    time(at)
                )
            }
            (_, None, None, Some(at)) => {
                format!(
                    "edit {edit} was last sent at {}, never came to the backend, and waits no more",
                    time(at)
                )
            }
            (_, None, None, None) => {
                format!("edit {edit} was made at {} and never sent, and waits no more", time(course.made))
            }
        })
    }
}
