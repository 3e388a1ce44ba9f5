//! Pages by the time of last modification.

use std::ops::ControlFlow;

use super::cursor::{Course, Cursor, PullProgress};
use super::options::{Bound, End, LastModifiedOptions, Paging, Source, Stamps};
use crate::backend::{Backend, Lower, Position, Query, Stretch, Stretched, Upto};
use crate::base::{EntityId, Key, Stamp, Time};
use crate::contract::ServerError;
use crate::gateway::capture::seam::{Ask, Captured, Effort, Paged, Strategy, Take};

#[derive(Clone)]
pub(super) struct LastModified {
    pub(super) options: LastModifiedOptions,
}

impl Strategy for LastModified {
    fn copy(&self) -> Box<dyn Strategy> {
        Box::new(self.clone())
    }

    fn loads_up_to(&self) -> Option<Upto> {
        Some(self.options.upto)
    }

    fn loads_since(&self, cursor: &str) -> Option<Stamp> {
        match Cursor::read(cursor)? {
            Cursor::Rest(position) => position.since,
            Cursor::Course(course) => course.since,
        }
    }

    fn page(&mut self, backend: &mut Backend, now: Time, ask: Ask<'_>, take: Take<'_>) -> Paged {
        let cursor = match ask.cursor.map(Cursor::read) {
            Some(None) => return Err(ServerError::CursorExpired(ask.entity)),
            cursor => cursor.flatten(),
        };
        let passes_new = self.options.stamps == Stamps::WithoutCreated
            && ask.cursor.is_some_and(|cursor| self.loads_since(cursor).is_none());
        let take: Take<'_> = &mut |change, part| {
            if passes_new && change.is_new { ControlFlow::Continue(()) } else { take(change, part) }
        };
        let LastModifiedOptions { bound, paging, source, .. } = self.options;
        if paging == Paging::Offset || source != Source::Records {
            return self.by_course(backend, now, ask, cursor, take);
        }
        let after = match cursor {
            Some(Cursor::Course(_)) => return Err(ServerError::CursorExpired(ask.entity)),
            Some(Cursor::Rest(position)) => Some(position),
            None => None,
        };
        match bound {
            Bound::Keyset => self.by_key(backend, now, ask, after.as_ref(), take),
            _ => self.by_stamp(backend, now, ask, after, take),
        }
    }

    fn cursor_at(&self, _: EntityId, stamp: Stamp) -> String {
        Cursor::Rest(Position::at(stamp)).write()
    }
}

impl LastModified {
    /// Each page begins after the last (stamp, key).
    fn by_key(
        &self,
        backend: &mut Backend,
        now: Time,
        ask: Ask<'_>,
        after: Option<&Position>,
        take: Take<'_>,
    ) -> Paged {
        let Ask { reader, entity, limit, .. } = ask;
        let query = Query { entity, scope: reader.scope(), after, limit, upto: self.options.upto };
        let page = backend.changes(now, query, |change| take(change, None))?;
        let cursor = Cursor::Rest(Position { stamp: self.cut(page.next.stamp), ..page.next }).write();
        let effort = Effort { scanned: page.scanned, ..Effort::default() };
        let loaded = !page.more && after.is_none_or(|after| after.since.is_some());
        let withheld = self.withheld(backend, now, ask, loaded)?;
        let (delivered, more) = (page.delivered, self.more(page.delivered, page.more));
        Ok(Captured { delivered, cursor, more, withheld, effort })
    }

    /// Each page begins at a stamp that the last one came to.
    fn by_stamp(
        &self,
        backend: &mut Backend,
        now: Time,
        ask: Ask<'_>,
        after: Option<Position>,
        take: Take<'_>,
    ) -> Paged {
        if after.as_ref().is_some_and(|after| backend.sight(now).is_ahead(after)) {
            return Err(ServerError::CursorExpired(ask.entity));
        }
        let LastModifiedOptions { bound, upto, .. } = self.options;
        let settled = backend.sight(now).settled(upto);
        let loading = after.as_ref().map_or(Some(settled), |after| after.since);
        let base = after.map(|after| after.stamp);
        let stretch = Stretch {
            from: self.lower(base),
            whole_ties: matches!(bound, Bound::FirstNotReturnedExtended | Bound::TieExtended),
            ..self.stretch(ask, loading)
        };
        let stretched = backend.stretch(now, stretch, |change| take(change, None))?;
        let last = stretched.last.as_ref().map(|(stamp, _)| *stamp);
        let reached = match bound {
            Bound::FirstNotReturned | Bound::FirstNotReturnedExtended => stretched.next.or(last),
            _ => last,
        };
        let stamp = self.cut(reached.or(base).unwrap_or(settled));
        let more = self.more(stretched.delivered, stretched.next.is_some());
        let next = if more {
            Position { since: loading, ..Position::at(stamp) }
        } else {
            Position::at(backend.sight(now).rested(stamp, upto))
        };
        let loaded = stretched.next.is_none() && loading.is_some();
        let withheld = self.withheld(backend, now, ask, loaded)?;
        Ok(Captured { withheld, ..captured(&stretched, &Cursor::Rest(next), more) })
    }

    /// All pages of a pull begin at one time.
    fn by_course(
        &self,
        backend: &mut Backend,
        now: Time,
        ask: Ask<'_>,
        cursor: Option<Cursor>,
        take: Take<'_>,
    ) -> Paged {
        let LastModifiedOptions { source, upto, .. } = self.options;
        let begun = self.course(backend, now, ask, cursor)?;
        let Course { since, base, .. } = begun;
        let (from, skip) = match &begun.step {
            PullProgress::Skip { rows, .. } => (self.lower(base), *rows),
            PullProgress::Row(stamp, key) => (Lower::Row(*stamp, key), 0),
        };
        let stretch = Stretch { from, skip, ..self.stretch(ask, since) };
        let stretched = backend.stretch(now, stretch, |change| take(change, None))?;
        let mark = match source {
            Source::Records => stretched.last.as_ref().map_or(begun.mark, |(last, _)| begun.mark.max(*last)),
            Source::ServerEnd => {
                self.behind(backend.clock(backend.service.done(now, stretched.scanned, stretched.delivered)))
            }
            _ => begun.mark,
        };
        let mark = self.cut(mark);
        let more = self.more(stretched.delivered, stretched.next.is_some());
        let next = if more {
            let step = match (&stretched.last, self.options.paging) {
                (Some((stamp, key)), Paging::Keyset) => PullProgress::Row(self.cut(*stamp), key.clone()),
                (None, Paging::Keyset) => begun.step.clone(),
                (_, Paging::Offset) => {
                    PullProgress::Skip { pull: ask.pull, rows: skip + stretched.delivered }
                }
            };
            Cursor::Course(Course { since, base, mark, step })
        } else if source == Source::Records {
            Cursor::Rest(Position::at(backend.sight(now).rested(mark, upto)))
        } else {
            Cursor::Rest(Position::at(mark))
        };
        let loaded = stretched.next.is_none() && since.is_some();
        let withheld = self.withheld(backend, now, ask, loaded)?;
        Ok(Captured { withheld, ..captured(&stretched, &next, more) })
    }

    /// The pull that this page belongs to. A pull by offset that was broken off begins again: at
    /// the latest time that was saved if times are those of records, else where it began.
    fn course(
        &self,
        backend: &Backend,
        now: Time,
        ask: Ask<'_>,
        cursor: Option<Cursor>,
    ) -> Result<Course, ServerError> {
        let records = self.options.source == Source::Records;
        let step = PullProgress::Skip { pull: ask.pull, rows: 0 };
        let settled = backend.sight(now).settled(self.options.upto);
        let mark = |last: Stamp| if records { last } else { self.reading(backend, now, ask, settled) };
        Ok(match cursor {
            None => Course { since: Some(settled), base: None, mark: mark(Stamp(i64::MIN)), step },
            Some(Cursor::Rest(rest)) => {
                if records && backend.sight(now).is_ahead(&rest) {
                    return Err(ServerError::CursorExpired(ask.entity));
                }
                Course { since: rest.since, base: Some(rest.stamp), mark: mark(rest.stamp), step }
            }
            Some(Cursor::Course(course)) => match course.step {
                PullProgress::Skip { pull, .. } if pull != ask.pull => {
                    Course { base: if records { Some(course.mark) } else { course.base }, step, ..course }
                }
                _ => course,
            },
        })
    }

    /// What the clock says that the cursor is of, when a pull begins.
    fn reading(&self, backend: &Backend, now: Time, ask: Ask<'_>, settled: Stamp) -> Stamp {
        match self.options.source {
            Source::ClientClock => self.behind(ask.clock),
            Source::ClientLocal => self.behind(ask.local),
            Source::Records | Source::ServerStart | Source::ServerEnd => {
                self.behind(backend.clock(now)).min(settled)
            }
        }
    }

    /// A time by as much earlier as a pull stays behind the present.
    fn behind(&self, stamp: Stamp) -> Stamp {
        match self.options.upto {
            Upto::Behind(window) => Stamp(stamp.0.saturating_sub_unsigned(window.as_micros())),
            Upto::Settled => stamp,
        }
    }

    fn lower(&self, base: Option<Stamp>) -> Lower<'static> {
        match base {
            None => Lower::First,
            Some(stamp) if self.options.bound == Bound::Inclusive => Lower::At(stamp),
            Some(stamp) => Lower::After(stamp),
        }
    }

    fn stretch<'q>(&self, ask: Ask<'q>, loading: Option<Stamp>) -> Stretch<'q> {
        Stretch {
            entity: ask.entity,
            scope: ask.reader.scope(),
            from: Lower::First,
            loading,
            until: None,
            upto: self.options.upto,
            skip: 0,
            limit: ask.limit,
            whole_ties: false,
        }
    }

    fn cut(&self, stamp: Stamp) -> Stamp {
        stamp.truncated(self.options.precision)
    }

    /// What a load that has come to its end stays behind.
    fn withheld(
        &self,
        backend: &Backend,
        now: Time,
        ask: Ask<'_>,
        loaded: bool,
    ) -> Result<Vec<Key>, ServerError> {
        if !loaded {
            return Ok(Vec::new());
        }
        backend.sight(now).withheld(ask.entity, ask.reader.scope(), self.options.upto)
    }

    /// What the answer says of whether there is more.
    fn more(&self, delivered: u64, there_is: bool) -> bool {
        match self.options.end {
            End::Marker => there_is,
            End::Count => delivered > 0,
        }
    }
}

fn captured(stretched: &Stretched, cursor: &Cursor, more: bool) -> Captured {
    let effort = Effort { scanned: stretched.scanned, ..Effort::default() };
    let (delivered, cursor, withheld) = (stretched.delivered, cursor.write(), Vec::new());
    Captured { delivered, cursor, more, withheld, effort }
}
