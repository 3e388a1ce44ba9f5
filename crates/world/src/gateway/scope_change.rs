//! The cursors of a device whose person gets other attributes.
//!
//! A scope is the set of rows that a person's attributes select. A cursor is a position in one
//! scope. In another scope, it would hide rows that changed before it, and rows of the old scope
//! would stay on the device. So a cursor names its scope, unless scope changes are ignored:
//! `%n%cursor` belongs to a device's nth other scope. While the gateway sends the rows of a new
//! scope m, the cursor also names m and the last key: `%n>m:length%key cursor`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::capture::{Ask, Captured, Effort, Paged, Strategy, Take};
use crate::backend::{Backend, Crossing, Scope};
use crate::base::{DeviceId, EntityId, Key, Time, Value, word_enums};
use crate::contract::{Attributes, Entity, ServerError};

word_enums! {
    /// The server's reaction for a device when its person's scope changes.
    pub enum ScopeChange {
        /// No reaction: the next pull asks the new scope for changes after the old cursor.
        #[default]
        Ignored: "ignored",
        /// The server sends all rows of the new scope, of any date, and removes the old scope's
        /// rows.
        Backfill: "backfill",
        /// The server lets cursors of the old scope expire: the device loads again.
        Reload: "reload",
    }
}

/// The scopes that devices had before, and the scopes that they get at their next login.
#[derive(Clone, Debug, Default)]
pub(super) struct FormerScopes {
    former: BTreeMap<DeviceId, Vec<Attributes>>,
    at_login: BTreeMap<DeviceId, Attributes>,
}

impl FormerScopes {
    /// Gives a device other attributes.
    pub(super) fn replace(&mut self, device: DeviceId, present: &mut Attributes, by: Attributes) {
        self.at_login.remove(&device);
        if *present != by {
            self.former.entry(device).or_default().push(std::mem::replace(present, by));
        }
    }

    pub(super) fn wait_for_login(&mut self, device: DeviceId, attributes: Attributes) {
        self.at_login.insert(device, attributes);
    }

    pub(super) fn due_at_login(&mut self, device: DeviceId) -> Option<Attributes> {
        self.at_login.remove(&device)
    }

    /// The scopes of a device in one entity. The last is its present one. An unknown entity has one
    /// scope.
    pub(super) fn of<'s>(
        &'s self,
        device: DeviceId,
        entity: Option<&Entity>,
        present: &'s [Value],
        change: ScopeChange,
    ) -> Scopes<'s> {
        let former = self.former.get(&device).filter(|_| change != ScopeChange::Ignored);
        let mut scopes: Vec<&[Value]> = former.into_iter().flatten().map(Vec::as_slice).collect();
        scopes.push(present);
        scopes.dedup_by(|a, b| entity.is_none_or(|of| of.bound_to(a).eq(of.bound_to(b))));
        Scopes { scopes, change }
    }
}

/// The different scopes that a device had and has in one entity.
pub(super) struct Scopes<'s> {
    scopes: Vec<&'s [Value]>,
    change: ScopeChange,
}

/// The source of changes: a strategy, and the backend at a time.
pub(super) struct ChangeSource<'s> {
    pub(super) strategy: &'s mut dyn Strategy,
    pub(super) backend: &'s mut Backend,
    pub(super) now: Time,
}

/// A cursor, the number of its scope, and how far the rows of another scope were sent.
#[derive(Clone, Debug, PartialEq, Eq)]
struct ScopeCursor<'c> {
    scope: usize,
    /// How many rows had come into the scope or left it without a write. Used for reloads only.
    moves: u64,
    under_way: Option<(usize, Key)>,
    cursor: &'c str,
}

impl<'c> ScopeCursor<'c> {
    fn read(text: &'c str) -> Option<ScopeCursor<'c>> {
        let Some(text) = text.strip_prefix('%') else {
            return Some(ScopeCursor { scope: 0, moves: 0, under_way: None, cursor: text });
        };
        let (head, rest) = text.split_once('%')?;
        let (own, to) = head.split_once('>').map_or((head, None), |(own, to)| (own, Some(to)));
        let (scope, moves) = own.split_once('.').unwrap_or((own, "0"));
        let scope = scope.parse().ok()?;
        let moves = moves.parse().ok()?;
        let Some(to) = to else {
            return Some(ScopeCursor { scope, moves, under_way: None, cursor: rest });
        };
        let (to, length) = to.split_once(':')?;
        let (key, cursor) = rest.split_at_checked(length.parse().ok()?)?;
        let under_way = Some((to.parse().ok()?, Key::new(key)));
        Some(ScopeCursor { scope, moves, under_way, cursor })
    }

    fn write(&self) -> String {
        let ScopeCursor { scope, moves, under_way, cursor } = self;
        let moves = if *moves == 0 { String::new() } else { format!(".{moves}") };
        match under_way {
            None if *scope == 0 && moves.is_empty() => (*cursor).to_owned(),
            None => format!("%{scope}{moves}%{cursor}"),
            Some((to, key)) => {
                format!("%{scope}{moves}>{to}:{}%{}{cursor}", key.as_str().len(), key.as_str())
            }
        }
    }
}

impl Scopes<'_> {
    fn present(&self) -> usize {
        self.scopes.len() - 1
    }

    fn parse<'c>(&self, entity: EntityId, text: &'c str) -> Result<ScopeCursor<'c>, ServerError> {
        if self.change == ScopeChange::Ignored {
            return Ok(ScopeCursor { scope: self.present(), moves: 0, under_way: None, cursor: text });
        }
        let read = ScopeCursor::read(text).filter(|cursor| cursor.scope <= self.present());
        read.ok_or(ServerError::CursorExpired(entity))
    }

    /// The cursor without its scope; expired if it belongs to another scope.
    pub(super) fn same<'c>(
        &self,
        entity: EntityId,
        told: Option<Cow<'c, str>>,
    ) -> Result<Option<Cow<'c, str>>, ServerError> {
        let Some(told) = told else { return Ok(None) };
        let cursor = self.parse(entity, &told)?;
        if cursor.scope != self.present() {
            return Err(ServerError::CursorExpired(entity));
        }
        Ok(Some(if cursor.cursor.len() == told.len() { told } else { Cow::Owned(cursor.cursor.to_owned()) }))
    }

    /// Adds the present scope to a strategy's cursor.
    pub(super) fn named(&self, cursor: &str, moves: u64) -> String {
        if self.change == ScopeChange::Ignored {
            return cursor.to_owned();
        }
        ScopeCursor { scope: self.present(), moves, under_way: None, cursor }.write()
    }

    /// How many rows came into the present scope or left it without a write. Zero unless these end
    /// cursors.
    fn moves(&self, entity: EntityId, backend: &Backend) -> u64 {
        let reloads = self.change == ScopeChange::Reload;
        if reloads { backend.moves(entity, Scope::Of(self.scopes[self.present()])) } else { 0 }
    }

    /// Reads a page for a device: the rows of its new scope, otherwise changes after its cursor.
    pub(super) fn page(&self, source: &mut ChangeSource<'_>, ask: Ask<'_>, take: Take<'_>) -> Paged {
        let told = ask.cursor.map(|text| self.parse(ask.entity, text)).transpose()?;
        let moves = self.moves(ask.entity, source.backend);
        if told.as_ref().is_some_and(|told| told.scope == self.present() && told.moves != moves) {
            return Err(ServerError::CursorExpired(ask.entity));
        }
        let ask = Ask { cursor: told.as_ref().map(|told| told.cursor), ..ask };
        if let Some(told) = told.filter(|told| told.scope != self.present()) {
            if self.change != ScopeChange::Backfill {
                return Err(ServerError::CursorExpired(ask.entity));
            }
            if let Some(page) = self.cross(source, ask, &told, &mut *take)? {
                return Ok(page);
            }
        }
        let page = source.strategy.page(source.backend, source.now, ask, take)?;
        Ok(Captured { cursor: self.named(&page.cursor, moves), ..page })
    }

    /// The last key of the present scope that was sent. If the scope changed again midway, the
    /// device has rows of two former scopes: its cursor expires.
    fn sent_up_to<'t>(
        &self,
        entity: EntityId,
        told: &'t ScopeCursor<'_>,
    ) -> Result<Option<&'t Key>, ServerError> {
        match &told.under_way {
            Some((to, _)) if *to != self.present() => Err(ServerError::CursorExpired(entity)),
            under_way => Ok(under_way.as_ref().map(|(_, key)| key)),
        }
    }

    /// Sends the rows that the present scope adds and removes; `None` if all were sent.
    fn cross(
        &self,
        source: &mut ChangeSource<'_>,
        ask: Ask<'_>,
        told: &ScopeCursor<'_>,
        take: Take<'_>,
    ) -> Result<Option<Captured>, ServerError> {
        let present = self.present();
        let after = self.sent_up_to(ask.entity, told)?;
        let crossing = Crossing {
            entity: ask.entity,
            from: Scope::Of(self.scopes[told.scope]),
            to: Scope::Of(self.scopes[present]),
            after,
            limit: ask.limit,
        };
        let mut sent = Vec::new();
        let ChangeSource { strategy, backend, now } = source;
        let crossed = backend.shown(*now).crossing(crossing, |change| {
            sent.push((change.key.clone(), change.values.is_some()));
            take(change, None)
        })?;
        for (key, _) in sent.iter().filter(|(_, is_there)| *is_there) {
            strategy.touched(*now, ask.reader, ask.entity, key);
        }
        let Some((last, _)) = sent.pop() else { return Ok(None) };
        let cursor = match crossed.more {
            true => ScopeCursor { under_way: Some((present, last)), ..told.clone() },
            false => ScopeCursor { scope: present, moves: 0, under_way: None, cursor: told.cursor },
        };
        Ok(Some(Captured {
            delivered: crossed.delivered,
            cursor: cursor.write(),
            more: true,
            withheld: Vec::new(),
            effort: Effort { scanned: crossed.scanned, ..Effort::default() },
        }))
    }
}

/// The strategy's cursor inside a cursor that may name a scope.
pub(super) fn inner(cursor: &str) -> &str {
    ScopeCursor::read(cursor).map_or(cursor, |told| told.cursor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_of_a_scope_reads_as_it_was_written() {
        for under_way in [None, Some((2, Key::new(""))), Some((7, Key::new("a%1>2:3%é")))] {
            for (scope, cursor) in [(0, "5,k"), (1, "%"), (3, "")] {
                let told = ScopeCursor { scope, moves: 2, under_way: under_way.clone(), cursor };
                assert_eq!(ScopeCursor::read(&told.write()), Some(told));
            }
        }
        for text in ["%", "%x%", "%1>2%", "%1>2:9%ab", "%1>2:x%ab"] {
            assert_eq!(ScopeCursor::read(text), None, "{text}");
        }
    }

    #[test]
    fn a_scope_that_changes_again_midway_ends_the_cursor() {
        let (a, b) = ([Value::text("a")], [Value::text("b")]);
        let scopes = Scopes { scopes: vec![&a, &b, &a], change: ScopeChange::Backfill };
        let told = |to| ScopeCursor { scope: 0, moves: 0, under_way: Some((to, Key::new("k"))), cursor: "5" };
        assert_eq!(scopes.sent_up_to(EntityId(0), &told(2)), Ok(Some(&Key::new("k"))));
        let expired = Err(ServerError::CursorExpired(EntityId(0)));
        assert_eq!(scopes.sent_up_to(EntityId(0), &told(1)), expired, "rows of b are there, and some of a");
    }

    #[test]
    fn only_a_change_that_concerns_an_entity_ends_its_cursors() {
        let (a, b) = (Value::text("a"), Value::text("b"));
        let column = crate::contract::Column::new("district", crate::contract::ColumnKind::Text);
        let mut entity = Entity::new("case", vec![column]);
        let mut scopes = FormerScopes::default();
        let mut present = vec![a.clone(), a.clone()];
        scopes.replace(DeviceId(0), &mut present, vec![b.clone(), a.clone()]);
        let count =
            |entity: &Entity, change| scopes.of(DeviceId(0), Some(entity), &present, change).present();
        assert_eq!(count(&entity, ScopeChange::Reload), 0, "everybody has all of it");
        entity.scope = vec![crate::contract::ScopeRule::Attribute { column: 0, attribute: 0 }];
        assert_eq!(count(&entity, ScopeChange::Reload), 1);
        assert_eq!(count(&entity, ScopeChange::Ignored), 0);
        entity.scope = vec![crate::contract::ScopeRule::Attribute { column: 0, attribute: 1 }];
        assert_eq!(count(&entity, ScopeChange::Reload), 0, "it goes by the other attribute");
    }
}
