//! Checks the records of another system, to which an integration sends rows. When it has come to
//! rest, it has each row once, with the backend's values, and no other record. The order of arrival
//! is not checked.

use std::collections::BTreeMap;

use crate::base::words::count;
use crate::base::{EntityId, Key, Value};
use crate::oracle::checks::STUCK;
use crate::oracle::model::{Truth, alike};
use crate::oracle::words::Labels;
use crate::oracle::{DestinationCounts, Findings, Harm, Matter, Rule};

pub(crate) static MISSING: Rule = Rule {
    finds: "a row of the backend is not in the other system",
    // The skipped version may be an update or a delete.
    implies: &["outdated", "kept-deleted"],
    ..Rule::new("missing", "destination.missing.rows", Harm::Lost, Matter::Destination)
};

pub(crate) static DELIVERED_TWICE: Rule = Rule {
    finds: "the other system has two records of one row",
    implies: &["outdated", "kept-deleted"],
    ..Rule::new("delivered-twice", "destination.delivered_twice.rows", Harm::Doubled, Matter::Destination)
};

pub(crate) static OUTDATED: Rule = Rule {
    finds: "the other system has a row with older values",
    implies: &["kept-deleted"],
    ..Rule::new("outdated", "destination.outdated.rows", Harm::Divergent, Matter::Destination)
};

pub(crate) static KEPT_DELETED: Rule = Rule {
    finds: "the other system has a row that the backend does not have",
    ..Rule::new("kept-deleted", "destination.kept_deleted.rows", Harm::Divergent, Matter::Destination)
};

/// The records of another system.
pub trait Holdings {
    /// The entities whose rows are sent there.
    fn entities(&self) -> &[EntityId];
    /// Calls `f` with each record: the key of its row in the backend, and the values of the
    /// backend's columns.
    fn for_each(&self, entity: EntityId, f: &mut dyn FnMut(&Key, &[Value]));
    /// True if the other system refuses this row by a rule of its own.
    fn refuses(&self, entity: EntityId, key: &Key) -> bool;
    /// The reason why some records are still on their way; `None` if none are.
    fn unrest(&self) -> Option<String>;
}

/// Compares the records of another system with the backend's rows.
pub(crate) fn check(holdings: &dyn Holdings, truth: &dyn Truth, words: &Labels, findings: &mut Findings) {
    let mut looked = DestinationCounts::default();
    for entity in holdings.entities() {
        check_entity(*entity, (holdings, truth), words, (findings, &mut looked));
    }
    let unrest = holdings.unrest();
    looked.restless = unrest.as_ref().map(|_| STUCK.name);
    findings.found(&STUCK, (None, None), unrest);
    findings.destination = Some(looked);
}

fn check_entity(
    entity: EntityId,
    (holdings, truth): (&dyn Holdings, &dyn Truth),
    words: &Labels,
    (findings, looked): (&mut Findings, &mut DestinationCounts),
) {
    let mut held: BTreeMap<Key, Vec<Vec<Value>>> = BTreeMap::new();
    holdings.for_each(entity, &mut |key, values| {
        held.entry(key.clone()).or_default().push(values.to_vec());
    });
    let mut rows: Vec<(Key, Vec<Value>)> = Vec::new();
    truth.for_each(entity, &mut |key, _, values| rows.push((key.clone(), values.to_vec())));
    rows.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    for (key, values) in rows {
        let (copies, record) = (held.remove(&key).unwrap_or_default(), || words.record(entity, &key));
        let concerns = (None, Some((entity, key.as_str())));
        looked.rows += 1;
        for _ in 1..copies.len() {
            let times = count(copies.len() as u64, "record");
            findings
                .add(&DELIVERED_TWICE, concerns, || format!("the destination has {times} of {}", record()));
        }
        let is_last = |copy: &Vec<Value>| copy.iter().zip(&values).all(|(a, b)| alike(a, b));
        if copies.iter().any(is_last) {
            continue;
        }
        // The other system may have an older record, from before it refused the row.
        if holdings.refuses(entity, &key) {
            looked.refused += 1;
        } else if let Some(first) = copies.first() {
            let differs = values.iter().enumerate().filter(|(at, value)| !alike(&first[*at], value));
            let differs: Vec<(usize, Value)> = differs.map(|(at, value)| (at, value.clone())).collect();
            findings.add(&OUTDATED, concerns, || {
                let now = words.values(entity, &differs);
                format!("{} has {now} on the backend, and not in the destination", record())
            });
        } else {
            let text = || format!("{} is on the backend and not in the destination", record());
            findings.add(&MISSING, concerns, text);
        }
    }
    held.retain(|key, _| {
        let refused = holdings.refuses(entity, key);
        looked.refused += u64::from(refused);
        !refused
    });
    for key in held.iter().flat_map(|(key, copies)| copies.iter().map(move |_| key)) {
        findings.add(&KEPT_DELETED, (None, Some((entity, key.as_str()))), || {
            format!("the destination has {}, and the backend does not", words.record(entity, key))
        });
    }
}
