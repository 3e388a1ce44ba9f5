//! Pages by the time of last modification.

use std::ops::ControlFlow;

use super::cursor::{Course, Cursor, PullProgress};
use super::options::{Bound, End, LastModifiedOptions, Paging, Source, Stamps};
use crate::backend::{Backend, Lower, Position, Query, Sight, Stretch, Upto};
use crate::base::{EntityId, Stamp, Time};
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
        let expired = || ServerError::CursorExpired(ask.entity);
        let cursor = ask.cursor.map(|text| Cursor::read(text).ok_or_else(expired)).transpose()?;
        let passes_new = self.options.stamps == Stamps::WithoutCreated
            && ask.cursor.is_some_and(|cursor| self.loads_since(cursor).is_none());
        let take: Take<'_> = &mut |change, part| {
            if passes_new && change.is_new { ControlFlow::Continue(()) } else { take(change, part) }
        };
        let LastModifiedOptions { bound, paging, source, .. } = self.options;
        let asked = Asked { options: self.options, backend, now, ask };
        if paging == Paging::Offset || source != Source::Records {
            return asked.by_course(cursor, take);
        }
        let after = match cursor {
            Some(Cursor::Course(_)) => return Err(expired()),
            Some(Cursor::Rest(position)) => Some(position),
            None => None,
        };
        if bound == Bound::Keyset { asked.by_key(after.as_ref(), take) } else { asked.by_stamp(after, take) }
    }

    fn cursor_at(&self, _: EntityId, stamp: Stamp) -> String {
        Cursor::Rest(Position::at(stamp)).write()
    }
}

/// A request for one page.
struct Asked<'p> {
    options: LastModifiedOptions,
    backend: &'p mut Backend,
    now: Time,
    ask: Ask<'p>,
}

impl<'p> Asked<'p> {
    fn by_key(self, after: Option<&Position>, take: Take<'_>) -> Paged {
        let Ask { reader, entity, limit, .. } = self.ask;
        let query = Query { entity, scope: reader.scope(), after, limit, upto: self.options.upto };
        let page = self.backend.changes(self.now, query, |change| take(change, None))?;
        let cursor = Cursor::Rest(Position { stamp: self.cut(page.next.stamp), ..page.next });
        let loaded = !page.more && after.is_none_or(|after| after.since.is_some());
        let more = self.more(page.delivered, page.more);
        self.captured((page.scanned, page.delivered), &cursor, more, loaded)
    }

    /// Reads a page that begins at a stamp of the previous page.
    fn by_stamp(self, after: Option<Position>, take: Take<'_>) -> Paged {
        if after.as_ref().is_some_and(|after| self.sight().is_ahead(after)) {
            return Err(ServerError::CursorExpired(self.ask.entity));
        }
        let LastModifiedOptions { bound, upto, .. } = self.options;
        let settled = self.sight().settled(upto);
        let loading = after.as_ref().map_or(Some(settled), |after| after.since);
        let base = after.map(|after| after.stamp);
        let stretch = Stretch {
            from: self.lower(base),
            whole_ties: matches!(bound, Bound::FirstNotReturnedExtended | Bound::TieExtended),
            ..self.stretch(loading)
        };
        let stretched = self.backend.stretch(self.now, stretch, |change| take(change, None))?;
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
            Position::at(self.sight().rested(stamp, upto))
        };
        let loaded = stretched.next.is_none() && loading.is_some();
        self.captured((stretched.scanned, stretched.delivered), &Cursor::Rest(next), more, loaded)
    }

    /// Reads a page of a pull whose pages all begin at the same stamp.
    fn by_course(self, cursor: Option<Cursor>, take: Take<'_>) -> Paged {
        let LastModifiedOptions { source, upto, .. } = self.options;
        let begun = self.course(cursor)?;
        let Course { since, base, .. } = begun;
        let (from, skip) = match &begun.step {
            PullProgress::Skip { rows, .. } => (self.lower(base), *rows),
            PullProgress::Row(stamp, key) => (Lower::Row(*stamp, key), 0),
        };
        let stretch = Stretch { from, skip, ..self.stretch(since) };
        let stretched = self.backend.stretch(self.now, stretch, |change| take(change, None))?;
        let mark = match source {
            Source::Records => stretched.greatest.map_or(begun.mark, |greatest| begun.mark.max(greatest)),
            Source::ServerEnd => {
                let service = &self.backend.service;
                let done = service.done(self.now, stretched.scanned, stretched.delivered);
                self.behind(self.backend.clock(done))
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
                    PullProgress::Skip { pull: self.ask.pull, rows: skip + stretched.delivered }
                }
            };
            Cursor::Course(Course { since, base, mark, step })
        } else if source == Source::Records {
            Cursor::Rest(Position::at(self.sight().rested(mark, upto)))
        } else {
            Cursor::Rest(Position::at(mark))
        };
        let loaded = stretched.next.is_none() && since.is_some();
        self.captured((stretched.scanned, stretched.delivered), &next, more, loaded)
    }

    /// The state of this page's pull. An interrupted pull by offset starts again at its first page.
    /// Exception: if the cursor holds row stamps and pages come in their order, the pull continues
    /// at the latest stamp saved.
    fn course(&self, cursor: Option<Cursor>) -> Result<Course, ServerError> {
        let records = self.options.source == Source::Records;
        let step = PullProgress::Skip { pull: self.ask.pull, rows: 0 };
        let settled = self.sight().settled(self.options.upto);
        let mark = |last: Stamp| if records { last } else { self.reading(settled) };
        Ok(match cursor {
            None => Course { since: Some(settled), base: None, mark: mark(Stamp(i64::MIN)), step },
            Some(Cursor::Rest(rest)) => {
                if records && self.sight().is_ahead(&rest) {
                    return Err(ServerError::CursorExpired(self.ask.entity));
                }
                Course { since: rest.since, base: Some(rest.stamp), mark: mark(rest.stamp), step }
            }
            Some(Cursor::Course(course)) => match course.step {
                PullProgress::Skip { pull, .. } if pull != self.ask.pull => {
                    let in_order = records && self.sight().is_by_time();
                    Course { base: if in_order { Some(course.mark) } else { course.base }, step, ..course }
                }
                _ => course,
            },
        })
    }

    /// The clock reading for the cursor, at the start of a pull.
    fn reading(&self, settled: Stamp) -> Stamp {
        match self.options.source {
            Source::ClientClock => self.behind(self.ask.clock),
            Source::ClientLocal => self.behind(self.ask.local),
            Source::Records | Source::ServerStart | Source::ServerEnd => {
                self.behind(self.backend.clock(self.now)).min(settled)
            }
        }
    }

    fn sight(&self) -> Sight<'_> {
        self.backend.sight(self.now)
    }

    /// `stamp`, minus the time that a pull stays behind the present.
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

    fn stretch(&self, loading: Option<Stamp>) -> Stretch<'p> {
        let Ask { entity, reader, limit, .. } = self.ask;
        let (scope, upto) = (reader.scope(), self.options.upto);
        Stretch { entity, scope, from: Lower::First, loading, upto, skip: 0, limit, whole_ties: false }
    }

    fn cut(&self, stamp: Stamp) -> Stamp {
        stamp.truncated(self.options.precision)
    }

    /// The value of `more` for the response.
    fn more(&self, delivered: u64, there_is: bool) -> bool {
        if self.options.end == End::Marker { there_is } else { delivered > 0 }
    }

    /// Makes the page. The last page of a load also lists the withheld rows: the load left them
    /// out, because their latest versions become visible later.
    fn captured(&self, (scanned, delivered): (u64, u64), cursor: &Cursor, more: bool, loaded: bool) -> Paged {
        let Ask { entity, reader, .. } = self.ask;
        let withheld = match loaded {
            true => self.sight().withheld(entity, reader.scope(), self.options.upto)?,
            false => Vec::new(),
        };
        let effort = Effort { scanned, ..Effort::default() };
        Ok(Captured { delivered, cursor: cursor.write(), more, withheld, effort })
    }
}
