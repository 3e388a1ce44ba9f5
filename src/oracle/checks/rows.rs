//! Checks on the rows that a device shows at the end.

use crate::base::{DeviceId, EditId, EntityId, Stamp, Time, Value};
use crate::contract::ScopeRule;
use crate::oracle::content::Difference;
use crate::oracle::history::Row;
use crate::oracle::words::{self, Labels};

/// A row with which something is wrong on a device, and what is known of it.
#[derive(Clone, Copy)]
pub(in crate::oracle) struct RowCase<'a> {
    pub(in crate::oracle) words: Labels<'a>,
    pub(in crate::oracle) device: DeviceId,
    pub(in crate::oracle) entity: EntityId,
    pub(in crate::oracle) difference: Difference<'a>,
    /// Its history, if something happened to it since the start.
    pub(in crate::oracle) row: Option<&'a Row>,
    pub(in crate::oracle) removed: bool,
    /// The row that the backend has under this key; asked for rows that the device should not have.
    pub(in crate::oracle) live: Option<&'a [Value]>,
    /// The last edit of the row on this device that is not on the backend, and when it was made;
    /// asked for rows that are dated as the backend's and differ.
    pub(in crate::oracle) uncommitted: Option<(EditId, Time)>,
    /// A create of this key on this device is on the backend under another key.
    pub(in crate::oracle) created_elsewhere: bool,
}

/// What is wrong, worded only if somebody wants to read it: a lost table is many thousand cases.
pub(in crate::oracle) type Wording<'a> = Box<dyn FnOnce() -> String + 'a>;

impl RowCase<'_> {
    fn record(&self) -> String {
        self.words.record(self.entity, self.difference.key())
    }

    /// Since when the backend's version is there.
    fn since(&self) -> String {
        match self.row.and_then(|row| row.versions.last()) {
            None => "there since before the start".to_owned(),
            Some(version) => {
                format!("committed at {} by {}", self.words.time(version.at), words::author(version.author))
            }
        }
    }

    /// An extra row of which the backend has none.
    fn gone(&self) -> Option<Stamp> {
        match self.difference {
            Difference::Extra { stamp, .. } if self.live.is_none() => Some(stamp),
            _ => None,
        }
    }

    /// The backend had the row once.
    fn was_there(&self, stamp: Stamp) -> bool {
        let row = self.row.is_some_and(|row| !row.versions.is_empty() || row.values.is_some());
        stamp != Stamp(0) || row
    }
}

/// A device holds every row of its scope.
pub(in crate::oracle) fn lost<'a>(case: &'a RowCase<'_>) -> Option<Wording<'a>> {
    let Difference::Missing(expected) = case.difference else { return None };
    Some(Box::new(move || {
        format!(
            "{} lacks {} of {}, {}",
            case.device,
            case.record(),
            case.words.stamp(expected.stamp),
            case.since()
        )
    }))
}

/// A device holds the last version of every row, not one that was replaced.
pub(in crate::oracle) fn stale<'a>(case: &'a RowCase<'_>) -> Option<Wording<'a>> {
    let Difference::Differs { expected, stamp, content, .. } = case.difference else { return None };
    let versions = case.row.map_or(&[][..], |row| &row.versions[..]);
    let older = versions.iter().rev().skip(1).find(|v| v.content == content);
    // Versions from before the start are not known by their content, only by their date.
    let dated = stamp != Stamp(0) && stamp < expected.stamp && versions.iter().all(|v| v.stamp != stamp);
    let words = move || {
        let (device, record) = (case.device, case.record());
        let since = case.since();
        let [shown, now] = [stamp, expected.stamp].map(|stamp| case.words.stamp(stamp));
        match (case.uncommitted, older.filter(|_| stamp >= expected.stamp)) {
            // The date alone does not tell them apart.
            (Some((edit, made)), Some(_)) => format!(
                "{device} shows {record} with its edit {edit} of {}, which the backend does not have, over the backend's version of {now}, {since}",
                case.words.time(made)
            ),
            (None, Some(older)) => format!(
                "{device} shows {record} with the values that {} committed at {}, dated {shown}; the backend's version is of {now}, {since}",
                words::author(older.author),
                case.words.time(older.at)
            ),
            (_, None) => {
                format!("{device} holds {record} as of {shown}; the backend's version is of {now}, {since}")
            }
        }
    };
    if older.is_some() || dated { Some(Box::new(words)) } else { None }
}

/// A device holds a row once.
pub(in crate::oracle) fn duplicate<'a>(case: &'a RowCase<'_>) -> Option<Wording<'a>> {
    let device = case.device;
    match case.difference {
        Difference::Twice { .. } => Some(Box::new(move || {
            format!("{device} shows {} twice, or rows out of the order of keys", case.record())
        })),
        Difference::Extra { .. } if case.live.is_none() && case.created_elsewhere => {
            Some(Box::new(move || {
                let record = case.record();
                format!(
                    "{device} made {record}; the backend has it under another key, and the device still shows its own"
                )
            }))
        }
        _ => None,
    }
}

/// A row that a device removed does not come back while it is deleted on the backend.
pub(in crate::oracle) fn resurrected<'a>(case: &'a RowCase<'_>) -> Option<Wording<'a>> {
    case.gone().filter(|_| case.removed && !case.created_elsewhere)?;
    Some(Box::new(move || {
        format!(
            "{} had removed {} and has it again; on the backend it is deleted",
            case.device,
            case.record()
        )
    }))
}

/// A row that was deleted on the backend goes from the devices.
pub(in crate::oracle) fn undetected_delete<'a>(case: &'a RowCase<'_>) -> Option<Wording<'a>> {
    case.gone().filter(|stamp| !case.removed && !case.created_elsewhere && case.was_there(*stamp))?;
    Some(Box::new(move || {
        let since = match case.row.and_then(|row| row.versions.last()) {
            Some(v) => format!("at {} by {}", case.words.time(v.at), words::author(v.author)),
            None => "before the start".to_owned(),
        };
        format!("{} still holds {}, which was deleted {since}", case.device, case.record())
    }))
}

/// A device holds no live row outside of its scope.
pub(in crate::oracle) fn orphan<'a>(case: &'a RowCase<'_>) -> Option<Wording<'a>> {
    let values = case.live.filter(|_| matches!(case.difference, Difference::Extra { .. }))?;
    Some(Box::new(move || {
        let rules = case.words.schema.entity(case.entity).scope.iter().map(|rule| {
            let (ScopeRule::Attribute { column, .. } | ScopeRule::Window { column, .. }) = rule;
            (*column, values[*column].clone())
        });
        let place = case.words.values(case.entity, &rules.collect::<Vec<_>>());
        format!("{} holds {}, which is outside of its scope with {place}", case.device, case.record())
    }))
}
