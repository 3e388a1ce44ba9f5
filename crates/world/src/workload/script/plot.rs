//! Turns intents (planned writes without a row) into writes: chooses the row and the values.

use std::collections::BTreeMap;

use super::aim::{Aimed, Draft, Named};
use super::intent::{By, Day, Intent, Opposite, Twin};
use super::pool::{Circle, Near, OFFICE};
use super::setting::{Burst, Import, Target};
use super::step::{Act, ActionCount, Batch, OfficeEdit};
use super::value::{Draw, NewRow, Rows};
use crate::base::{EditId, EntityId, Key, Span, Stamp, Stream, Time, Value};
use crate::contract::{Delivery, EditKind, LocalEdit};
use crate::workload::data::pick;
use crate::workload::{Action, Aim, share};

/// How long before an edit of a detail (a row that is fetched with a record) the person opens the
/// record.
const READING: Span = Span::secs(40);
/// A person opens records whose timestamp is at most this far from now.
const AROUND_NOW: Span = Span::secs(12 * 3_600);

#[derive(Debug)]
pub(super) struct Deed {
    pub(super) by: By,
    pub(super) action: Option<u16>,
    pub(super) act: Act,
}

/// This bit distinguishes groups of twins (two writes of one row) from groups of events.
const TWINS: u64 = 1 << 63;

/// The number of writes made between two checks of `stops`.
const ASKED_EVERY: usize = 64;

pub(super) struct Plot<'a> {
    day: &'a Day<'a>,
    rows: Rows<'a>,
    circles: Vec<Circle>,
    /// The circles (people who hold the same rows) that each person joins later, by time.
    later: Vec<Vec<(Time, Circle)>>,
    pub(super) deeds: Vec<Deed>,
    bursts: &'a [Burst],
    /// The first new row of each group.
    named: BTreeMap<u64, NewRow>,
    pub(super) counts: Vec<ActionCount>,
}

impl<'a> Plot<'a> {
    pub(super) fn new(day: &'a Day<'a>, bursts: &'a [Burst]) -> Plot<'a> {
        let mut rows = Rows::new(day.setting.dataset);
        let circles = day.setting.people.iter().map(|p| rows.pools.devices(&p.attributes)).collect();
        let later = day.setting.people.iter().map(|person| {
            let later = person.later.iter();
            later.map(|(at, attributes)| (*at, rows.pools.devices(attributes))).collect()
        });
        let later = later.collect();
        let actions = day.setting.options.actions.iter();
        let counts =
            actions.map(|a| ActionCount { name: a.name.clone(), ..ActionCount::default() }).collect();
        Plot { day, rows, circles, later, deeds: Vec::new(), bursts, named: BTreeMap::new(), counts }
    }

    /// Plans deletions first, so that no edit chooses a row that is deleted later. Returns `None`
    /// if `stops` ended the work.
    pub(super) fn play(&mut self, mut intents: Vec<Intent>) -> Option<()> {
        let day = self.day;
        let kind = |intent: &Intent| day.setting.options.actions[intent.action].kind;
        intents.sort_by_key(|i| (!i.deletes(kind(i)), i.first(), i.by.who, i.action, i.seed));
        for (nth, intent) in intents.iter().enumerate() {
            if nth % ASKED_EVERY == 0 && (day.setting.stops)() {
                return None;
            }
            let action = &day.setting.options.actions[intent.action];
            let astray = self.rows.astray;
            let target = intent.burst.map_or_else(Target::default, |burst| self.bursts[burst].target.clone());
            let done = match action.kind {
                _ if action.aim != Aim::Kept || target != Target::default() => {
                    self.aim(intent, action, target)
                }
                EditKind::Create => self.create(intent, action),
                EditKind::Update => self.update(intent, action),
                EditKind::Delete => self.delete(intent, action),
            };
            let count = &mut self.counts[intent.action];
            match (done, intent.burst.is_some(), intent.by.who) {
                (None, ..) => count.left_out += 1,
                (Some(()), true, _) => count.in_bursts += 1,
                (Some(()), false, Some(_)) => count.on_devices += 1,
                (Some(()), false, None) => count.in_office += 1,
            }
            if done.is_some() {
                count.contended += u64::from(intent.twin.is_some());
                count.astray += u64::from(self.rows.astray > astray);
            }
        }
        Some(())
    }

    fn create(&mut self, intent: &Intent, action: &Action) -> Option<()> {
        let mut draw = self.draw(intent.by, action, intent.stream("values"));
        let new = self.rows.create(&mut draw, None)?;
        if let Some(twin) = intent.twin {
            let mut draw = self.draw(twin.by, action, intent.stream("twin values"));
            let other = self.rows.create(&mut draw, Some(&new))?;
            let key = self.new_key(action, twin.by, intent.stream("twin key"));
            self.write_new(twin.by, intent, action.entity, key, &other);
        }
        let key = self.new_key(action, intent.by, intent.stream("key"));
        self.write_new(intent.by, intent, action.entity, key, &new);
        Some(())
    }

    fn aim(&mut self, intent: &Intent, action: &Action, mut target: Target) -> Option<()> {
        if intent.twin.is_some() {
            // The earlier write of the two finds the row. The later one edits the same row.
            let group = intent.seed.hash("twins", 0, 0) | TWINS;
            (target.row, target.group) = (Some(Named::OfGroup(group)), Some(group));
        }
        let aimed = self.aimed_at(intent, action, intent.by, "values", &target)?;
        if let Some(twin) = intent.twin {
            let mut other = match twin.what {
                Opposite::Same => aimed.clone(),
                Opposite::Other | Opposite::Delete => {
                    self.aimed_at(intent, action, twin.by, "twin values", &target)?
                }
                Opposite::Beside(other) => {
                    let other = &self.day.setting.options.actions[other];
                    self.aimed_at(intent, other, twin.by, "twin values", &target)?
                }
            };
            if twin.what == Opposite::Delete {
                (other.kind, other.drafts) = (EditKind::Delete, Vec::new());
            }
            other.fresh = self.new_key(action, twin.by, intent.stream("twin key"));
            self.push_aimed(twin.by, other);
        }
        self.push_aimed(intent.by, aimed);
        Some(())
    }

    fn aimed_at(
        &mut self,
        intent: &Intent,
        action: &Action,
        by: By,
        purpose: &str,
        target: &Target,
    ) -> Option<Aimed> {
        let (entity, kind) = (action.entity, action.kind);
        let schema = &self.day.setting.dataset.schema;
        let draw = &mut Draw { finds_refs: true, ..self.draw(by, action, intent.stream(purpose)) };
        let count = schema.entity(entity).columns.len();
        let held = |column: &usize| by.who.is_none() || schema.entity(entity).projection.contains(column);
        let mut drafts = match kind {
            EditKind::Create => {
                let group = target.group.filter(|group| target.row == Some(Named::OfGroup(*group)));
                let same = group.and_then(|group| self.named.get(&group)).cloned();
                let new = self.rows.create(draw, same.as_ref())?;
                let columns: Vec<usize> = (0..count).filter(held).collect();
                let drafts = self.rows.drafts(draw, &columns, Some(&new))?;
                if let Some(group) = group {
                    self.named.entry(group).or_insert(new);
                }
                drafts
            }
            EditKind::Update => {
                let mut columns = action.columns.clone();
                columns.extend(self.rows.followers(entity, &action.columns));
                columns.retain(held);
                self.rows.drafts(draw, &columns, None)?
            }
            EditKind::Delete => Vec::new(),
        };
        for (column, value) in target.set.iter().filter(|(column, _)| held(column)) {
            drafts.retain(|(other, _)| other != column);
            drafts.push((*column, Draft::OneOf(vec![value.clone()])));
        }
        drafts.sort_by_key(|(column, _)| *column);
        Some(Aimed {
            action: intent.action as u16,
            entity,
            kind,
            aim: action.aim,
            row: target.row.clone(),
            group: target.group,
            seed: intent.seed.derive("aim", 0),
            near: draw.near.map(|near| (near.column, near.from, near.until)),
            fresh: self.new_key(action, by, intent.stream("key")),
            drafts,
        })
    }

    fn write_new(&mut self, by: By, intent: &Intent, entity: EntityId, key: Key, new: &NewRow) {
        let all: Vec<usize> = (0..new.values.len()).collect();
        let columns =
            if by.who.is_some() { &self.day.setting.dataset.entity(entity).projection } else { &all };
        let values = columns.iter().map(|&column| (column, new.values[column].clone())).collect();
        self.write(by, intent, (entity, key), EditKind::Create, values);
    }

    fn write(
        &mut self,
        by: By,
        intent: &Intent,
        (entity, key): (EntityId, Key),
        kind: EditKind,
        values: Vec<(usize, Value)>,
    ) {
        let action = intent.action as u16;
        let act = match self.unnumbered(by.who) {
            Some(id) => Act::Edit(LocalEdit { id, entity, key, kind, values }),
            None => Act::Office(OfficeEdit { action, entity, key, kind, values }),
        };
        self.deeds.push(Deed { by, action: Some(action), act });
    }

    fn push_aimed(&mut self, by: By, aimed: Aimed) {
        let action = Some(aimed.action);
        let act = Act::Aimed(self.unnumbered(by.who), Box::new(aimed));
        self.deeds.push(Deed { by, action, act });
    }
    fn unnumbered(&self, who: Option<usize>) -> Option<EditId> {
        who.map(|who| EditId { device: self.day.setting.people[who].device, number: 0 })
    }
    fn open(&mut self, at: Time, who: usize, entity: EntityId, of: Key) {
        let by = By { at, who: Some(who) };
        self.deeds.push(Deed { by, action: None, act: Act::Open { entity, of } });
    }

    fn update(&mut self, intent: &Intent, action: &Action) -> Option<()> {
        let entity = action.entity;
        let row = self.choose(intent, action)?;
        let projection = &self.day.setting.dataset.entity(entity).projection;
        let by_device = intent.by.who.is_some();
        let held = |column: usize| !by_device || projection.contains(&column);
        let columns: Vec<usize> = action.columns.iter().copied().filter(|column| held(*column)).collect();
        if columns.is_empty() {
            return None;
        }
        let mut draw = self.draw(intent.by, action, intent.stream("values"));
        let values = self.rows.update(&mut draw, row, &columns, None, held)?;
        if let Some(twin) = intent.twin.filter(|twin| twin.what == Opposite::Delete) {
            let key = self.key(entity, row);
            self.write(intent.by, intent, (entity, key), EditKind::Update, values);
            self.remove(entity, row, twin.by, intent);
            return Some(());
        }
        let mut both = vec![(intent.by, values.clone())];
        if let Some(twin) = intent.twin {
            let mut other = self.twin_values(intent, twin, action, row, &columns, &values);
            other.retain(|(column, _)| twin.by.who.is_none() || projection.contains(column));
            both.push((twin.by, other));
        }
        both.sort_by_key(|(by, _)| *by);
        for (by, values) in both {
            self.rows.apply(entity, row, &values);
            let key = self.key(entity, row);
            self.write(by, intent, (entity, key), EditKind::Update, values);
        }
        Some(())
    }

    /// The values that the twin writes into the row: the same values, or others.
    fn twin_values(
        &mut self,
        intent: &Intent,
        twin: Twin,
        action: &Action,
        row: u32,
        columns: &[usize],
        values: &[(usize, Value)],
    ) -> Vec<(usize, Value)> {
        let columns = match twin.what {
            Opposite::Same => return values.to_vec(),
            Opposite::Beside(action) => &self.day.setting.options.actions[action].columns,
            Opposite::Other | Opposite::Delete => columns,
        };
        // The office picks values within the phone's circle. Otherwise the row would leave the
        // phone's scope.
        let by = By { who: intent.by.who, ..twin.by };
        let mut draw = self.draw(by, action, intent.stream("twin values"));
        let other = self.rows.update(&mut draw, row, columns, Some(values), |_| true);
        other.unwrap_or_else(|| values.to_vec())
    }

    fn delete(&mut self, intent: &Intent, action: &Action) -> Option<()> {
        let entity = action.entity;
        let row = self.choose(intent, action)?;
        self.remove(entity, row, intent.by, intent);
        Some(())
    }
    fn remove(&mut self, entity: EntityId, row: u32, by: By, intent: &Intent) {
        self.rows.remove(entity, row);
        let key = self.key(entity, row);
        self.write(by, intent, (entity, key), EditKind::Delete, Vec::new());
    }

    /// The row that an intent edits. If the row is a detail, the person opens its record first.
    fn choose(&mut self, intent: &Intent, action: &Action) -> Option<u32> {
        let entity = action.entity;
        let mut draw = self.draw(intent.by, action, intent.stream("row"));
        let rival = intent.twin.map(|twin| twin.by);
        let has = held(self.day, intent.by, entity);
        let other_has = rival.map(|by| held(self.day, by, entity));
        let accept = |row| has(row) && other_has.as_ref().is_none_or(|has| has(row));
        let row = self.rows.pick(&mut draw.stream, draw.circle, entity, draw.near, accept)?;
        let dataset = self.day.setting.dataset;
        if let Delivery::OnOpen { by } = dataset.entity(entity).delivery {
            let Value::Text(of) = dataset.value(entity, u64::from(row), by) else { return None };
            for by in std::iter::once(intent.by).chain(rival) {
                let at = Time(by.at.0.saturating_sub(READING.0));
                by.who.into_iter().for_each(|who| self.open(at, who, entity, Key(of.clone())));
            }
        }
        Some(row)
    }

    pub(super) fn open_records(&mut self) {
        let setting = self.day.setting;
        let Some(opened) = setting.options.opened else { return };
        let schema = &setting.dataset.schema;
        let by = |id: EntityId| match schema.entity(id).delivery {
            Delivery::OnOpen { by } => setting.dataset.refers_to(id, by),
            _ => None,
        };
        // The scenario may name the records or their details, so both are accepted.
        let record = by(opened).unwrap_or(opened);
        let fetched: Vec<EntityId> = schema.ids().filter(|id| by(*id) == Some(record)).collect();
        let total = u64::from(setting.options.opens_per_day_milli) * setting.people.len() as u64;
        let weights: Vec<u64> = self.day.presences.iter().map(|p| u64::from(p.is_some())).collect();
        let device = |who: usize| u64::from(setting.people[who].device.0);
        let tie = |who| setting.seed.hash("open rest", device(who), 0);
        for (who, count) in share::split((total + 500) / 1_000, &weights, tie).into_iter().enumerate() {
            let Some(presence) = self.day.presences[who] else { continue };
            for n in 0..count {
                let mut stream = setting.seed.stream("open", device(who), n);
                let at = self.day.people_rhythm.at(stream.unit(), presence.writes_from, presence.until);
                let near = self.record_near(record, at);
                let accept = held(self.day, By { at, who: Some(who) }, record);
                let circle = self.circle(who, at);
                let Some(row) = self.rows.pick(&mut stream, circle, record, near, accept) else {
                    continue;
                };
                let of = self.key(record, row);
                fetched.iter().for_each(|entity| self.open(at, who, *entity, of.clone()));
            }
        }
    }

    /// The range of timestamps for records to open, if their scope has a window.
    fn record_near(&self, record: EntityId, at: Time) -> Option<Near> {
        let scope = &self.day.setting.dataset.entity(record).scope;
        let window = scope.iter().find(|rule| rule.attribute().is_none())?;
        Some(near(self.wall(at), (window.column(), AROUND_NOW, AROUND_NOW)))
    }

    /// Makes an import's rows. There are fewer than planned if natural keys run out. Returns `None`
    /// if `stops` ended the work.
    pub(super) fn import(&mut self, import: &Import, nth: u64) -> Option<Batch> {
        let setting = self.day.setting;
        let entity = import.entity;
        let seed = setting.seed.derive("import", import.at.0).derive("again", nth);
        let circle = import.of_one.and_then(|attribute| {
            let values = &setting.dataset.attributes[attribute];
            let chosen = values.get(pick(seed.hash("of one", 0, 0), values.len() as u64) as usize)?;
            Some(self.rows.pools.having(attribute, chosen.clone()))
        });
        let circle = circle.unwrap_or(OFFICE);
        let now = self.wall(import.at);
        let mut rows = Vec::with_capacity(import.rows as usize);
        for n in 0..import.rows {
            if n % ASKED_EVERY as u64 == 0 && (setting.stops)() {
                return None;
            }
            let stream = seed.stream("values", n, 0);
            let mut draw = Draw { stream, entity, circle, now, near: None, finds_refs: false };
            let Some(new) = self.rows.create(&mut draw, None) else { break };
            let key = setting.dataset.new_key(entity, now, seed.stream("key", n, 0).bits128());
            rows.push((key, new.values));
        }
        Some(Batch { entity, rows })
    }

    fn draw(&self, by: By, action: &Action, stream: Stream) -> Draw {
        let now = self.wall(by.at);
        let circle = by.who.map_or(OFFICE, |who| self.circle(who, by.at));
        let near = action.near.map(|wish| near(now, wish));
        Draw { stream, entity: action.entity, circle, now, near, finds_refs: false }
    }
    /// The circle of a person at a time.
    fn circle(&self, who: usize, at: Time) -> Circle {
        let last = self.later[who].iter().rfind(|(from, _)| *from <= at);
        last.map_or(self.circles[who], |(_, circle)| *circle)
    }
    fn wall(&self, at: Time) -> Stamp {
        self.day.setting.dataset.start.plus(at.since(Time::ZERO))
    }
    fn new_key(&self, action: &Action, by: By, mut stream: Stream) -> Key {
        self.day.setting.dataset.new_key(action.entity, self.wall(by.at), stream.bits128())
    }
    fn key(&self, entity: EntityId, row: u32) -> Key {
        self.day.setting.dataset.key(entity, u64::from(row))
    }
}

fn near(now: Stamp, (column, before, after): (usize, Span, Span)) -> Near {
    Near { column, from: now.minus(before).0, until: now.plus(after).0 }
}

/// Decides whether a device holds a row. Soon after the login, it holds only the rows that it
/// started with.
fn held<'a>(day: &'a Day<'_>, by: By, entity: EntityId) -> impl Fn(u32) -> bool + 'a {
    let dataset = day.setting.dataset;
    let synced_at = by
        .who
        .filter(|who| day.presences[*who].is_some_and(|presence| by.at < presence.settled))
        .and_then(|who| day.setting.people[who].synced_at);
    move |row| synced_at.is_none_or(|then| dataset.stamp_at(entity, u64::from(row), then).is_some())
}
