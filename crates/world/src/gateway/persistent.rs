//! A gateway with a replica: it responds from the replica, and makes its own backend calls. A
//! restore of the backend begins a new incarnation of it.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use super::backend_call::{PageAsk, PageRead, Refresh};
use super::held::{CursorKey, Cursors};
use super::incarnation::Life;
use super::options::{CursorSaved, RefreshOptions};
use super::replica::{Captures, Replica, Sent, Taken};
use super::scope_change::Scopes;
use crate::base::{EntityId, Stamp, Time, Undone, Value};
use crate::contract::{Schema, ServerError};
use crate::disk;
use crate::protocol::{FetchRequest, PageWriter, PullRequest};

pub(super) struct Persistent {
    pub(super) replica: Replica,
    pub(super) options: RefreshOptions,
    pub(super) start: Stamp,
    /// Pages with a saved cursor whose rows are not written yet.
    pub(super) gathered: Vec<Captures>,
    pub(super) starts_over: bool,
    /// By entity, the latest backend incarnation seen by this process.
    pub(super) lives: BTreeMap<EntityId, Life>,
    /// Stamp ranges that the backend may have undone, as far as this process knows.
    undone: Vec<Undone>,
}

impl Persistent {
    pub(super) fn new(options: &RefreshOptions, schema: Arc<Schema>, start: Stamp) -> Persistent {
        Persistent {
            replica: Replica::new(schema, start.0).with_history(options.history),
            options: options.clone(),
            start,
            gathered: Vec::new(),
            starts_over: false,
            lives: BTreeMap::new(),
            undone: Vec::new(),
        }
    }

    pub(super) fn die(&mut self) {
        self.replica.kill();
        self.gathered.clear();
        self.lives.clear();
    }

    /// Notes the backend incarnation of a page that arrived. If it is new for the replica, the
    /// entity loads again.
    pub(super) fn enters(&mut self, ask: &PageAsk, page: &PageRead) {
        let life = self.lives.entry(ask.entity).or_default();
        let known = std::mem::replace(life, page.life.max(*life));
        self.learns(&page.undone);
        if page.brought.is_none() || ask.cursor.is_none() && known < page.life {
            self.replica.begin_again(ask.entity, &page.undone);
            self.gathered.retain(|page| page.entity != ask.entity);
        }
    }

    pub(super) fn is_over(&self, life: Life) -> bool {
        self.lives.values().any(|known| *known > life)
    }

    /// The latest known incarnation of the replica's rows of `entity`.
    fn life_of(&self, entity: EntityId) -> Life {
        let heard = self.lives.get(&entity).copied().unwrap_or_default();
        let kept = self.replica.cursor(entity).map(|cursor| Life::in_cursor(&cursor));
        heard.max(kept.unwrap_or_default())
    }

    /// The stamp ranges of histories abandoned before the incarnation of this entity's rows.
    fn undone_of(&self, entity: EntityId) -> Vec<Undone> {
        let life = self.life_of(entity);
        if !life.is_another() {
            return Vec::new();
        }
        let until = Stamp(life.0 as i64);
        let heard: Vec<Undone> = self.undone.iter().filter(|undone| undone.until <= until).copied().collect();
        let is_known = heard.last().is_some_and(|last| last.until == until);
        if is_known { heard } else { vec![Undone { from: Stamp(i64::MIN), until }] }
    }

    fn learns(&mut self, undone: &[Undone]) {
        let end = |undone: &[Undone]| undone.last().map(|last| last.until);
        if end(undone) > end(&self.undone) {
            self.undone = undone.to_vec();
        }
    }

    /// Notes the incarnation of a verdict. If it is newer, the replica's rows must load again.
    pub(super) fn hears(&mut self, entity: EntityId, life: Life, undone: &[Undone]) {
        self.learns(undone);
        if self.replica.entities().any(|held| held == entity) && self.life_of(entity) < life {
            self.lives.insert(entity, life);
            self.replica.begin_again(entity, undone);
            self.gathered.retain(|page| page.entity != entity);
        }
    }

    /// Lets a restored replica serve again if this refresh saw all that the restore undid.
    pub(super) fn refreshed(&mut self, refresh: &Refresh, now: Time) {
        if self.replica.put_back().is_some_and(|put_back| refresh.begun.min(refresh.shown) >= put_back) {
            self.replica.caught_up();
        }
        self.replica.refreshed(refresh.begun, now, self.options.kept);
    }

    pub(super) fn take(&mut self, page: Captures) -> Taken {
        if self.options.cursor_saved == CursorSaved::WithRows {
            return self.replica.take(&page);
        }
        let (entity, more) = (page.entity, page.more);
        let (cursor, as_of) = (page.cursor.clone(), page.as_of);
        let (rows, withheld) = (Vec::new(), Vec::new());
        let saved = Captures { entity, rows, cursor, more: true, withheld, loads_up_to: None, as_of };
        self.replica.take(&saved);
        self.gathered.push(page);
        if more {
            return Taken::default();
        }
        let gathered = std::mem::take(&mut self.gathered);
        let (whole, left): (Vec<_>, Vec<_>) = gathered.into_iter().partition(|page| page.entity == entity);
        self.gathered = left;
        whole.iter().map(|page| self.replica.take(page)).fold(Taken::default(), Taken::and)
    }

    pub(super) fn reopen(&mut self) {
        self.replica.reopen(self.start.0);
        if std::mem::take(&mut self.starts_over) {
            let entities: Vec<EntityId> = self.replica.entities().collect();
            entities.into_iter().for_each(|entity| self.replica.load_again(entity));
        }
    }

    /// Restores the files. With `noticed`, devices with later cursors load again. After a flag
    /// capture, the replica then loads everything. The source keeps its flags, so rows marked later
    /// would not come again.
    pub(super) fn restore(&mut self, noticed: Option<Time>, files: &disk::Backup) {
        let epoch = |now: Time| self.start.plus(now.since(Time::ZERO)).0;
        self.replica.restore(files, noticed.map(|now| (epoch(now), now)));
        self.starts_over = noticed.is_some() && self.options.capture.marks_source;
    }

    pub(super) fn pull<'s>(
        &self,
        cursors: &mut Cursors,
        attributes: &[Value],
        scopes_of: &dyn Fn(EntityId) -> Scopes<'s>,
        pull: &PullRequest,
        mut writer: PageWriter,
    ) -> Result<(Vec<u8>, u64), ServerError> {
        let most = u64::from(pull.rows.max(1));
        let mut rows = 0;
        for want in &pull.wants {
            if rows >= most || (writer.bytes() >= pull.bytes && rows > 0) {
                break;
            }
            writer.begin_page(want.entity);
            let line = CursorKey { device: pull.device, entity: want.entity, unit: pull.unit };
            let cursor = cursors.next(line, want.cursor.as_deref())?;
            let scopes = scopes_of(want.entity);
            let cursor = scopes.same(want.entity, cursor);
            let cursor = cursor.inspect_err(|error| cursors.failed(line, error))?;
            let limit = (most - rows) as usize;
            let page = self.replica.page(want.entity, attributes, cursor.as_deref(), limit, |sent| {
                let (key, stamp, cells): Sent<'_> = sent;
                writer.kept_row(key, stamp, cells);
                if writer.bytes() >= pull.bytes { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            });
            let page = page.inspect_err(|error| cursors.failed(line, error))?;
            writer.undone(&self.undone_of(want.entity));
            writer.end_page(&cursors.sends(line, scopes.named(&page.cursor, 0)), page.more);
            rows += page.delivered;
        }
        Ok((writer.finish(), rows))
    }

    pub(super) fn fetch(
        &self,
        attributes: &[Value],
        fetch: &FetchRequest,
        mut writer: PageWriter,
    ) -> Result<(Vec<u8>, u64), ServerError> {
        writer.begin_page(fetch.entity);
        let limit = fetch.rows.max(1) as usize;
        let put = |(key, stamp, cells): Sent<'_>| writer.kept_row(key, stamp, cells);
        let (rows, more) = self.replica.fetch(fetch.entity, attributes, &fetch.of, limit, put)?;
        writer.undone(&self.undone_of(fetch.entity));
        writer.end_page("", more);
        Ok((writer.finish(), rows))
    }
}
