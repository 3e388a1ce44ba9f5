//! Compares the rows of a device before and after each commit of its database.

use crate::base::{DeviceId, Stamp, Time, Value};
use crate::contract::Author;
use crate::oracle::model::{Row, Version};
use crate::oracle::words::{Labels, phrases};
use crate::oracle::{Harm, Matter, Rule, Topic};

pub(crate) static WENT_BACK: Rule = Rule {
    finds: "a row on the phone went back to an older version",
    needs: |can| can.stamps && can.sessions,
    counts: |can| can.stamps && can.sight.inside,
    hears: &[Topic::Rows],
    implies: &["flicker"],
    ..Rule::new("went-back", "oracle.went_back.count", Harm::Divergent, Matter::World)
};

pub(crate) static OWN_WRITE_VANISHED: Rule = Rule {
    finds: "the phone no longer shows what its user wrote, though the backend has it",
    needs: |can| can.stamps && can.sessions,
    counts: |can| can.stamps && can.sight.inside,
    hears: &[Topic::Rows, Topic::Done],
    implies: &["went-back", "flicker"],
    ..Rule::new("own-write-vanished", "oracle.own_write_vanished.count", Harm::Divergent, Matter::Edits)
};

pub(crate) struct ShownCase<'a> {
    pub(crate) words: &'a Labels,
    pub(crate) device: DeviceId,
    pub(crate) now: Time,
    pub(crate) row: &'a Row,
    pub(crate) place: &'a [Value],
    pub(crate) had: usize,
    /// How many versions the device has now; 0 if the row was removed without a version.
    pub(crate) has: usize,
    pub(crate) stamp: Stamp,
    pub(crate) removed: bool,
    pub(crate) first: Option<(Stamp, u64)>,
}

impl<'a> ShownCase<'a> {
    /// The versions that the device had and no longer shows, as far as this is certain.
    pub(crate) fn lost(&self) -> &'a [Version] {
        let from = if self.removed { self.removed_as_of() } else { self.put_as_of() };
        let lost = from.map_or(&[][..], |from| &self.row.versions[from..self.had]);
        let backend_went_back =
            |v: &Version| v.undone.is_some() || matches!(v.author, Author::Backup | Author::Upload(_));
        if lost.iter().any(backend_went_back) { &[] } else { lost }
    }

    /// How many versions the device shows, if these are fewer than it had and have other content.
    fn put_as_of(&self) -> Option<usize> {
        let (has, had) = (self.has, self.had);
        if has >= had {
            return None;
        }
        let (stamp, content) = match has.checked_sub(1) {
            Some(last) => (self.row.versions[last].stamp, self.row.versions[last].content),
            None => self.first?,
        };
        let last = &self.row.versions[had - 1];
        // A stamp that belongs to no version (clocks are coarse) proves nothing. A lost version
        // with equal content is no harm.
        (stamp == self.stamp && (last.gone || last.content != content)).then_some(has)
    }

    /// If the removal is right only for a device with an older version: how many versions such a
    /// device has. Otherwise `None`.
    fn removed_as_of(&self) -> Option<usize> {
        let rightly = |held: &usize| !self.row.has(*held, self.place);
        if (self.had..=self.row.versions.len()).any(|held| rightly(&held)) {
            return None;
        }
        let from = (0..self.had).rev().find(rightly)?;
        let named = from.checked_sub(1).map(|last| self.row.versions[last].stamp);
        (self.stamp == Stamp(0) || named == Some(self.stamp)).then_some(from)
    }

    fn words(&self, lost: &Version) -> String {
        let record = self.words.record(self.row.entity, &self.row.key);
        let (device, clock, now) = (self.device, self.words.clock, self.words.time(self.now));
        let went = match (self.removed, lost.gone) {
            (true, _) => "gone again".to_owned(),
            (false, true) => format!("there again as of {}", clock.stamp(self.stamp)),
            (false, false) => format!("back at the version of {}", clock.stamp(self.stamp)),
        };
        let did = if lost.gone { "deleted it" } else { "committed" };
        let (author, at) = (phrases::author(lost.author), clock.time(lost.at));
        format!(
            "{record} is {went} on {device} at {now}, which had what {author} {did} at {at}, as of {}",
            clock.stamp(lost.stamp)
        )
    }
}

/// A device does not go back to an older version of a row, unless the backend was restored.
pub(crate) fn went_back(case: &ShownCase<'_>) -> Option<String> {
    case.lost().last().map(|lost| case.words(lost))
}

/// A device continues to show its own write after the backend committed it.
pub(crate) fn own_write_vanished(case: &ShownCase<'_>) -> Option<String> {
    let own = |v: &&Version| matches!(v.author, Author::Device(edit) if edit.device == case.device);
    case.lost().iter().rfind(own).map(|lost| case.words(lost))
}
