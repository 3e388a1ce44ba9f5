//! Both stay: the edit goes out as a row of its own, and the backend's version stays as it is.
//!
//! The new row's key follows from the edit, so that it is the same however often it is worked out.
//! A delete cannot be a row, and two rows cannot have one natural key: those edits give way.

use std::rc::Rc;

use crate::base::{Digest, Key};
use crate::contract::EditKind;
use crate::engine::conflict::policy::Policy;
use crate::engine::conflict::seam::{Conflict, Resolution, ResolveRule, says_the_same};
use crate::store::Entry;

pub(super) const POLICY: Policy = Policy {
    name: "keep-both",
    about: "both, as two rows",
    rule: || Rc::new(KeepBoth),
    sends_newer_alone: false,
    asks_app: false,
    hears: true,
};

#[derive(Clone, Copy, Debug)]
struct KeepBoth;

impl ResolveRule for KeepBoth {
    fn resolve(&self, conflict: Conflict<'_>) -> Resolution {
        match conflict.entry.kind {
            _ if says_the_same(conflict) => Resolution::Same,
            EditKind::Delete => Resolution::Remote,
            _ if !conflict.entity.unique.is_empty() => Resolution::Remote,
            _ => Resolution::Both { key: own_key(conflict.entry) },
        }
    }
}

/// The key of the row that an edit becomes.
fn own_key(entry: &Entry) -> Key {
    let mut digest = Digest::new();
    let Entry { entity, key, edit, .. } = entry;
    digest.text(key.as_str());
    digest.numbers([u64::from(entity.0), u64::from(edit.device.0), u64::from(edit.number)]);
    Key::uuid(digest.finish())
}
