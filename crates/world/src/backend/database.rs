//! The database: the content, the derived changes, and the clock that stamps commits.

use std::sync::Arc;

use xxhash_rust::xxh3::xxh3_64;

use super::clock::Clock;
use super::commit::{Commit, Committing, Draft};
use super::content::Content;
use super::effects::Effects;
use super::files::Files;
use super::options::{BackendOptions, RejectedEdits, RejectionWindow};
use super::table::Loaded;
use crate::base::{EntityId, Key, Ppm, Seed, Stamp, Time};
use crate::contract::{Schema, given_key};

#[derive(Debug)]
pub(super) struct Database {
    pub(super) options: Arc<BackendOptions>,
    pub(super) seed: Seed,
    pub(super) content: Content,
    pub(super) clock: Clock,
    pub(super) effects: Effects,
    pub(super) files: Files,
    pub(super) rejection_windows: Vec<RejectionWindow>,
    /// The number of the local day, for windows that move daily.
    pub(super) day: u32,
    /// By entity, the number of keys given out. A restore does not reset it.
    given: Vec<u64>,
}

impl Database {
    pub(super) fn new(
        schema: Arc<Schema>,
        options: Arc<BackendOptions>,
        start: Stamp,
        seed: Seed,
    ) -> Database {
        let mut content = Content::new(schema, &options);
        Database {
            effects: Effects::new(&options, &mut content),
            clock: Clock::new(&options, start),
            files: Files::new(options.files),
            rejection_windows: Vec::new(),
            day: 0,
            given: vec![0; content.schema.entities.len()],
            options,
            seed,
            content,
        }
    }

    pub(super) fn load(&mut self, entity: EntityId, rows: impl Iterator<Item = Loaded>) {
        let mut latest = Stamp(i64::MIN);
        let cut = |stamp| {
            let stamp = self.clock.cut(stamp);
            latest = latest.max(stamp);
            stamp
        };
        let Content { schema, tables, cuts, .. } = &mut self.content;
        let rows = rows.inspect(|row| {
            let live = cuts.iter_mut().filter(|cut| cut.entity == entity && row.deleted.is_none());
            live.for_each(|cut| cut.add(&row.values));
        });
        tables[usize::from(entity.0)].load(schema.entity(entity), rows, cut);
        self.clock.seen(latest);
    }

    pub(super) fn begin_day(&mut self, now: Time, day: u32) {
        self.day = day;
        self.content.show_due(now);
        let clock = &mut self.clock;
        let stamp = self.options.lists_moves.then(|| clock.give(clock.at(now), std::iter::empty()));
        self.content.begin_day(now, day, stamp);
    }

    /// The share of edits refused at `now`: the greatest of `always` and the shares of the windows
    /// that include `now`.
    pub(super) fn rejected_share(&self, edits: RejectedEdits, always: Ppm, now: Time) -> Ppm {
        let there = |one: &&RejectionWindow| one.edits == edits && (one.from..one.until).contains(&now);
        self.rejection_windows.iter().filter(there).map(|one| one.share).fold(always, Ppm::max)
    }

    /// The first of `count` consecutive key numbers that no row has.
    pub(super) fn give(&mut self, entity: EntityId, count: u32) -> u64 {
        let of = self.content.schema.entity(entity);
        let table = self.content.table(entity);
        let mut first = self.given[usize::from(entity.0)] + 1;
        let taken = |first: u64| {
            (first..first + u64::from(count)).rev().find(|n| table.find(&given_key(of, *n)).is_some())
        };
        while let Some(last) = taken(first) {
            first = last + 1;
        }
        self.given[usize::from(entity.0)] = first + u64::from(count) - 1;
        first
    }

    pub(super) fn give_key(&mut self, entity: EntityId) -> Key {
        let number = self.give(entity, 1);
        given_key(self.content.schema.entity(entity), number)
    }

    /// Commits `drafts` and their consequences. All drafts are of different rows. `date` is the
    /// device's stamp, if the commit has one.
    pub(super) fn commit(&mut self, now: Time, date: Option<Stamp>, drafts: Vec<Draft>) -> Vec<Commit> {
        let mut committing = self.begin(now, date, drafts);
        self.go_on(&mut committing, usize::MAX)
    }

    /// Begins to commit `drafts`. Until the last of them is written, make no other call.
    pub(super) fn begin(&mut self, now: Time, date: Option<Stamp>, mut drafts: Vec<Draft>) -> Committing {
        self.files.drop_due(now, &self.content, &self.clock);
        self.content.show_due(now);
        self.effects.follow(&self.content, &mut drafts);
        let Database { content, clock, .. } = &mut *self;
        let replaced = |draft: &Draft| draft.slot.map(|slot| content.table(draft.entity).record(slot).stamp);
        let old = drafts.iter().filter_map(replaced);
        let stamp = match date {
            Some(date) => clock.take(date, old),
            None => clock.give(clock.at(now), old),
        };
        let ends = self.transaction_ends(now, &drafts);
        Committing { drafts: drafts.into_iter(), now, stamp, ends }
    }

    /// Writes up to `most` more rows; an empty result means that all are written.
    pub(super) fn go_on(&mut self, committing: &mut Committing, most: usize) -> Vec<Commit> {
        let Committing { drafts, now, stamp, ends } = committing;
        drafts.take(most).map(|draft| self.content.write(*now, draft, *stamp, *ends)).collect()
    }

    /// The time of the commit: `now`, or later by a random delay. The delay depends on `now` and on
    /// the first row's key.
    fn transaction_ends(&self, now: Time, drafts: &[Draft]) -> Time {
        let (Some(delay), Some(first)) = (self.options.commit_delay, drafts.first()) else { return now };
        let row = xxh3_64(first.key.as_str().as_bytes());
        let mut stream = self.seed.stream("backend.commit", now.0, row);
        if stream.chance(delay.share.share()) { now + stream.up_to(delay.upto) } else { now }
    }
}
