//! Decides when each row was created, changed and deleted.

use super::mixing::Mixing;
use crate::base::{Ppm, Seed, Span, Stamp};
use crate::workload::EntityData;

/// The oldest deletion is this long before the start. Backends usually forget tombstones sooner. So
/// a device that was away longer may hold rows that no response mentions.
const DELETIONS_REACH_BACK: Span = Span::secs(90 * 86_400);
/// Milliseconds per day. Ages are in milliseconds, like the finest stamps of common backends.
const DAY: f64 = 86_400_000.0;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Life {
    pub(super) created: Stamp,
    pub(super) changed: Option<Stamp>,
    pub(super) deleted: Option<Stamp>,
}

#[derive(Clone, Debug)]
pub(super) struct Lives {
    seed: Seed,
    start: Stamp,
    one_stamp: Option<Stamp>,
    oldest: f64,
    live: u64,
    pub(super) gone: u64,
    created: Rate,
    changed: Rate,
    deletions: Mixing,
    /// The age of the oldest deletion, in milliseconds before the start.
    deletions_from: f64,
}

/// The times of one kind of change, at a number of rows per day. Each row gets at most one time.
#[derive(Clone, Debug)]
struct Rate {
    daily: f64,
    rows: u64,
    order: Mixing,
}

impl Rate {
    fn new(seed: u64, daily: Ppm, rows: u64) -> Rate {
        Rate { daily: daily.share(), rows, order: Mixing::new(seed, rows.max(1)) }
    }
    /// The age in milliseconds of the time that row `row` gets. `part` (0 to 1) moves the time
    /// within its slot.
    fn age(&self, row: u64, part: f64) -> Option<f64> {
        (self.daily > 0.0).then(|| (self.order.at(row) as f64 + part) / self.rows as f64 / self.daily * DAY)
    }
}

impl Lives {
    pub(super) fn new(seed: Seed, data: &EntityData, live: u64, start: Stamp) -> Lives {
        let one_stamp = data.one_stamp.map(|ago| truncated(start.minus(ago), start));
        let oldest = (data.age.0 / 1_000_000).max(10) as f64;
        let deletions_from = oldest.min((DELETIONS_REACH_BACK.0 / 1_000_000) as f64);
        let made = one_stamp.is_none() && data.given.is_none();
        let gone = live as f64 * data.deleted_daily.share() * deletions_from / DAY + 0.5;
        let gone = if made { gone as u64 } else { 0 };
        Lives {
            seed,
            start,
            one_stamp,
            oldest,
            live,
            gone,
            created: Rate::new(seed.hash("created", 0, 0), data.created_daily, live),
            changed: Rate::new(seed.hash("changed", 0, 0), data.changed_daily, live),
            deletions: Mixing::new(seed.hash("deleted", 0, 0), gone.max(1)),
            deletions_from,
        }
    }

    pub(super) fn of(&self, row: u64) -> Life {
        if let Some(stamp) = self.one_stamp {
            return Life { created: stamp, changed: None, deleted: None };
        }
        let deleted = row.checked_sub(self.live).map(|nth| self.deletion_age(nth));
        let created = match deleted {
            None => self.creation_age(row),
            Some(age) => (age + (self.oldest - age) * (0.5 + 0.5 * self.part("age", row))).max(age + 2.0),
        };
        let created = (created as i64).max(3);
        let deleted = deleted.map(|age| (age as i64).clamp(1, created - 2));
        let turn = row % self.live.max(1);
        let changed = self.changed.age(turn, self.part("changed", row)).map(|age| (age as i64).max(2));
        let changed = changed.filter(|age| *age < created && deleted.is_none_or(|gone| gone < *age));
        Life {
            created: self.ago(created),
            changed: changed.map(|age| self.ago(age)),
            deleted: deleted.map(|age| self.ago(age)),
        }
    }

    /// If there are more rows than the daily rate needs, the others were created in the oldest
    /// tenth of the entity's age.
    fn creation_age(&self, row: u64) -> f64 {
        let part = self.part("created", row);
        let age = self.created.age(row, part).filter(|age| *age < self.oldest);
        age.unwrap_or(self.oldest * (0.9 + 0.1 * part))
    }
    fn deletion_age(&self, nth: u64) -> f64 {
        (self.deletions.at(nth) as f64 + self.part("deleted", nth)) / self.gone as f64 * self.deletions_from
    }
    fn part(&self, purpose: &str, row: u64) -> f64 {
        (self.seed.hash(purpose, row, 1) >> 11) as f64 / (1_u64 << 53) as f64
    }
    fn ago(&self, millis: i64) -> Stamp {
        truncated(Stamp(self.start.0 - millis * 1_000), self.start)
    }
}

fn truncated(stamp: Stamp, start: Stamp) -> Stamp {
    let stamp = stamp.truncated(Span::millis(1));
    if stamp < start { stamp } else { Stamp(start.0 - 1).truncated(Span::millis(1)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Stamp = Stamp(1_772_406_000_000_000);

    fn lives(data: EntityData) -> Vec<Life> {
        let lives = Lives::new(Seed(5), &data, data.rows, START);
        (0..data.rows + lives.gone).map(|row| lives.of(row)).collect()
    }
    fn data(created: u32, changed: u32, deleted: u32) -> EntityData {
        EntityData {
            rows: 20_000,
            age: Span::secs(365 * 86_400),
            changed_daily: Ppm(changed),
            created_daily: Ppm(created),
            deleted_daily: Ppm(deleted),
            ..crate::workload::fixture::data().remove(0)
        }
    }
    /// The number of `stamps` on the day that ended `ago` days before the start.
    fn on_day(stamps: impl Iterator<Item = Stamp>, ago: i64) -> i64 {
        stamps.filter(|s| (START.0 - s.0 - 1) / 86_400_000_000 == ago).count() as i64
    }

    #[test]
    fn each_past_day_has_its_share_of_creations_changes_and_deletions() {
        let lives = lives(data(2_000, 10_000, 1_000));
        for ago in [0, 1, 7, 30] {
            let created = on_day(lives[..20_000].iter().map(|l| l.created), ago);
            let changed = on_day(lives[..20_000].iter().filter_map(|l| l.changed), ago);
            let deleted = on_day(lives.iter().filter_map(|l| l.deleted), ago);
            assert!((39..=41).contains(&created), "{created} created {ago} days ago");
            assert!((180..=201).contains(&changed), "{changed} changed {ago} days ago");
            assert!((19..=21).contains(&deleted), "{deleted} deleted {ago} days ago");
        }
    }

    #[test]
    fn a_row_is_created_then_changed_then_deleted_then_the_start_comes() {
        let mut changed_and_deleted = 0;
        for life in lives(data(20_000, 50_000, 5_000)) {
            let mut stamps = vec![life.created];
            stamps.extend(life.changed);
            stamps.extend(life.deleted);
            stamps.push(START);
            assert!(stamps.is_sorted_by(|a, b| a < b), "{life:?}");
            changed_and_deleted += u32::from(stamps.len() == 4);
        }
        assert!(changed_and_deleted > 100, "{changed_and_deleted} were changed and then deleted");
    }

    #[test]
    fn an_import_has_one_stamp() {
        let one = EntityData { one_stamp: Some(Span::secs(3_600)), ..data(10_000, 10_000, 10_000) };
        let all = lives(one);
        assert_eq!(all.len(), 20_000);
        assert!(all.iter().all(|l| *l == Life { created: START.minus(Span::secs(3_600)), changed: None, deleted: None }));
    }
}
