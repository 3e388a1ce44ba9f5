//! The response for a sync unit that has only a part of an entity: some columns of some rows.
//!
//! A changed row outside the part comes as a tombstone, since the gateway does not know if the
//! device has the row. A first load leaves out such a row, unless it changed after the load began:
//! then an earlier page may have brought it.

use super::capture::Strategy;
use crate::backend::Change;
use crate::base::{Stamp, Value};
use crate::contract::Excerpt;
use crate::protocol::{PageWriter, Projected};

pub(super) struct Sending<'p> {
    excerpt: &'p Excerpt,
    attributes: &'p [Value],
    /// Up to this stamp, changes outside the part are left out.
    silent_until: Stamp,
    limit: u64,
    pub(super) sent: u64,
}

impl<'p> Sending<'p> {
    pub(super) fn new(
        excerpt: &'p Excerpt,
        attributes: &'p [Value],
        strategy: &dyn Strategy,
        (cursor, limit): (Option<&str>, u64),
    ) -> Sending<'p> {
        let silent_until = match cursor {
            None => Stamp(i64::MAX),
            Some(cursor) => strategy.loads_since(cursor).unwrap_or(Stamp(i64::MIN)),
        };
        Sending { excerpt, attributes, silent_until, limit, sent: 0 }
    }

    /// Writes a change as the device gets it. Returns true if the page is full.
    pub(super) fn send(&mut self, writer: &mut PageWriter, change: Change<'_>) -> bool {
        let (key, stamp) = (change.key.as_str(), change.stamp);
        let inside = change.values.filter(|values| self.excerpt.has(values, self.attributes));
        if inside.is_none() && change.values.is_some() && stamp <= self.silent_until {
            return false;
        }
        writer.row(key, stamp, inside.map(|values| Projected { values, columns: &self.excerpt.columns }));
        self.sent += 1;
        self.sent >= self.limit
    }
}

#[cfg(test)]
mod tests {
    use super::super::capture::Capture;
    use super::*;
    use crate::base::{EntityId, Key};
    use crate::contract::ScopeRule;
    use crate::protocol::{Asked, Codec};

    /// The rows sent for these days and stamps, on a full page of three. A tombstone has no values.
    fn sent(cursor: Option<&str>, rows: &[(i64, i64)]) -> Vec<(String, Option<Vec<Value>>)> {
        let rule = ScopeRule::Window { column: 1, from: Stamp(10), until: Stamp(20) };
        let excerpt = Excerpt { entity: EntityId(0), columns: vec![1], rows: vec![rule] };
        let strategy = Capture::default().strategy();
        let mut sending = Sending::new(&excerpt, &[], &*strategy, (cursor, 3));
        let codec: Codec = Default::default();
        let mut writer = codec.pages(Asked(0));
        writer.begin_page(EntityId(0));
        for (day, stamp) in rows {
            let (key, values) = (Key::new(&format!("k{day}")), [Value::text("detail"), Value::Int(*day)]);
            let change = Change { key: &key, stamp: Stamp(*stamp), values: Some(&values), is_new: false };
            if sending.send(&mut writer, change) {
                break;
            }
        }
        writer.end_page("9", false);
        let opened = codec.open(writer.finish()).unwrap();
        let answer = codec.decode_answer(&opened).unwrap().unwrap();
        assert_eq!(sending.sent, answer.pages[0].rows.len() as u64);
        let rows = answer.pages[0].rows.iter().map(|row| {
            let values = row.values.map(|cells| cells.iter().map(|cell| cell.to_value()).collect());
            (row.key.to_owned(), values)
        });
        rows.collect()
    }

    #[test]
    fn an_excerpt_has_its_columns_of_its_rows_and_no_more() {
        let inside = |day: i64| (format!("k{day}"), Some(vec![Value::Int(day)]));
        let gone = |day: i64| (format!("k{day}"), None);
        let rows = [(12, 3), (30, 4), (19, 5), (20, 9), (12, 9)];
        assert_eq!(
            sent(None, &rows),
            [inside(12), inside(19), inside(12)],
            "a load has nothing to take back"
        );
        assert_eq!(sent(Some("2"), &rows), [inside(12), gone(30), inside(19)], "the page is full");
        assert_eq!(sent(Some("4/2,k"), &rows), [inside(12), inside(19), gone(20)], "it changed since");
    }
}
