//! Checks the rows that a device shows at the end.

use super::commits::{DUPLICATE, RESURRECTED};
use crate::base::{DeviceId, EditId, EntityId, Stamp, Time, Value};
use crate::oracle::model::{Difference, Row, Version};
use crate::oracle::words::{Labels, author};
use crate::oracle::{Check, Harm, Matter, Rule, Topic};

pub(crate) static LOST: Rule = Rule {
    finds: "a row that the phone should have is not there",
    needs: |can| can.sight.rows && can.sight.rest,
    implies: &["divergent", "flicker"],
    ..Rule::new("lost", "oracle.lost.rows", Harm::Lost, Matter::Rows)
};

pub(crate) static STALE: Rule = Rule {
    finds: "a row that the phone should have is there in an older version",
    needs: |can| can.stamps && can.sight.rows && can.sight.rest,
    hears: &[Topic::Rows],
    implies: &["divergent", "flicker"],
    ..Rule::new("stale", "oracle.stale.rows", Harm::Divergent, Matter::Rows)
};

pub(crate) static UNDETECTED_DELETE: Rule = Rule {
    finds: "a row that the backend deleted is on the phone",
    needs: |can| can.sight.rows && can.sight.rest,
    implies: &["divergent"],
    ..Rule::new("undetected-delete", "oracle.undetected_delete.rows", Harm::Divergent, Matter::Rows)
};

pub(crate) static ORPHAN: Rule = Rule {
    finds: "a row that should no longer be on the phone",
    needs: |can| can.sight.rows && can.sight.rest,
    implies: &["divergent"],
    ..Rule::new("orphan", "oracle.orphan.rows", Harm::Divergent, Matter::Rows)
};

pub(crate) static DIVERGENT: Rule = Rule {
    finds: "the phone differs from the backend in any way",
    needs: |can| can.sight.rows && can.sight.rest,
    ..Rule::new("divergent", "oracle.divergent.devices", Harm::Divergent, Matter::Rows)
};

pub(crate) struct RowCase<'a> {
    pub(crate) words: &'a Labels,
    pub(crate) device: DeviceId,
    pub(crate) entity: EntityId,
    pub(crate) difference: Difference<'a>,
    pub(crate) row: Option<&'a Row>,
    pub(crate) removed: bool,
    /// The backend's values of this key, if the device should not have the row.
    pub(crate) live: Option<&'a [Value]>,
    /// The last edit on this device that is not on the backend. `None` if the row on the device has
    /// an older stamp than expected.
    pub(crate) uncommitted: Option<(EditId, Time)>,
    /// True if this device created the row, and the backend has it under another key.
    pub(crate) created_elsewhere: bool,
}

impl RowCase<'_> {
    fn since(&self) -> String {
        match self.row.and_then(|row| row.versions.last()) {
            None => "there since before the start".to_owned(),
            Some(version) => {
                format!("committed at {} by {}", self.words.time(version.at), author(version.author))
            }
        }
    }
    fn was_there(&self, stamp: Stamp) -> bool {
        let row = self.row.is_some_and(|row| !row.versions.is_empty() || row.values.is_some());
        stamp != Stamp(0) || row
    }
    fn older(&self, content: u64) -> Option<&Version> {
        let versions = self.row.map_or(&[][..], |row| &row.versions[..]);
        versions.iter().rev().skip(1).find(|v| v.content == content)
    }

    /// A device shows every row of its scope once, in its last version, and no other row.
    pub(crate) fn check(&self) -> Option<Check> {
        match self.difference {
            Difference::None { .. } => None,
            Difference::Missing(_) => Some(&LOST),
            Difference::Twice { .. } => Some(&DUPLICATE),
            Difference::Differs { expected, stamp, content, .. } => {
                let versions = self.row.map_or(&[][..], |row| &row.versions[..]);
                // Only the stamp is known of versions from before the start.
                let dated =
                    stamp != Stamp(0) && stamp < expected.stamp && versions.iter().all(|v| v.stamp != stamp);
                (self.older(content).is_some() || dated).then_some(&STALE)
            }
            Difference::Extra { .. } if self.live.is_some() => Some(&ORPHAN),
            Difference::Extra { .. } if self.created_elsewhere => Some(&DUPLICATE),
            Difference::Extra { .. } if self.removed => Some(&RESURRECTED),
            Difference::Extra { stamp, .. } => self.was_there(stamp).then_some(&UNDETECTED_DELETE),
        }
    }

    pub(crate) fn told(&self) -> String {
        let RowCase { words, device, entity, difference, .. } = *self;
        let record = words.record(entity, difference.key());
        match self.difference {
            Difference::None { .. } => format!("{device} shows {record} correctly"),
            Difference::Missing(expected) => {
                format!("{device} lacks {record} of {}, {}", words.stamp(expected.stamp), self.since())
            }
            Difference::Twice { .. } => {
                format!("{device} shows {record} twice, or rows that are not in the order of keys")
            }
            Difference::Differs { expected, stamp, content, .. } => {
                let [shown, now] = [stamp, expected.stamp].map(|stamp| words.stamp(stamp));
                let since = self.since();
                match (self.uncommitted, self.older(content).filter(|_| stamp >= expected.stamp)) {
                    (Some((edit, made)), Some(_)) => format!(
                        "{device} shows {record} with its edit {edit} of {}, which the backend does not have, over the backend's version of {now}, {since}",
                        words.time(made)
                    ),
                    (None, Some(older)) => format!(
                        "{device} shows {record} with the values that {} committed at {}, dated {shown}; the backend's version is of {now}, {since}",
                        author(older.author),
                        words.time(older.at)
                    ),
                    (_, None) => format!(
                        "{device} holds {record} as of {shown}; the backend's version is of {now}, {since}"
                    ),
                }
            }
            Difference::Extra { .. } => match self.live {
                Some(values) => {
                    let rules = words.schema.entity(self.entity).scope.iter().map(|rule| {
                        let column = rule.column();
                        (column, values[column].clone())
                    });
                    let place = words.values(self.entity, &rules.collect::<Vec<_>>());
                    format!("{device} holds {record}, which is outside its scope with {place}")
                }
                None if self.created_elsewhere => format!(
                    "{device} made {record}; the backend has it under another key, and the device still shows its own"
                ),
                None if self.removed => {
                    format!("{device} had removed {record} and has it again; on the backend it is deleted")
                }
                None => match self.row.and_then(|row| row.versions.last()) {
                    Some(v) => {
                        let (at, by) = (words.time(v.at), author(v.author));
                        format!("{device} still holds {record}, which was deleted at {at} by {by}")
                    }
                    None => format!("{device} still holds {record}, which was deleted before the start"),
                },
            },
        }
    }
}
