//! Turns writes into steps: adds logins and foreground times, numbers the edits, and sorts all
//! steps.

use super::intent::{By, Day};
use super::person::{merge_intervals, presences, stretches, working_hours};
use super::plot::{Deed, Plot};
use super::rhythm::Rhythm;
use super::setting::{Burst, Import, Setting};
use super::step::{Act, Actor, Placed, Script, ShortImport, Step};
use crate::base::{Span, Time};
use crate::contract::AppEvent;

/// The longest time that the app is in the foreground before a person's act.
const FOREGROUND_BEFORE_ACTION: Span = Span::secs(15);
/// The shortest time that the app stays in the foreground after a person's act.
const FOREGROUND_AFTER_ACTION: Span = Span::secs(5);

/// Writes the whole script. Returns `None` if the setting's `stops` ended the work.
pub(crate) fn write_script(setting: &Setting<'_>, bursts: &[Burst], imports: &[Import]) -> Option<Script> {
    let hours = working_hours(setting.options, setting.duration);
    let day = Day {
        setting,
        hours,
        rhythm: Rhythm::new(hours, &setting.options.peaks),
        people_rhythm: Rhythm::of_people(hours, &setting.options.peaks, &setting.options.logins),
        presences: presences(setting.seed, setting.options, setting.people, hours),
    };
    let mut plot = Plot::new(&day, bursts);
    let mut steps = Vec::new();
    let mut short = Vec::new();
    for (index, import) in imports.iter().enumerate() {
        let nth = imports[..index].iter().filter(|other| other.at == import.at).count();
        let batch = plot.import(import, nth as u64)?;
        let made = batch.rows.len() as u64;
        if made < import.rows {
            let entity = setting.dataset.entity(import.entity).name.clone();
            short.push(ShortImport { entity, asked: import.rows, made });
        }
        steps.push(Step { at: import.at, actor: Actor::Office, act: Act::Import(batch) });
    }
    let mut intents = day.intents()?;
    intents.extend(day.bursts(bursts));
    plot.play(intents)?;
    plot.open_records();
    let Plot { mut deeds, mut counts, .. } = plot;
    if day.presences.iter().all(Option::is_none) {
        for (count, action) in counts.iter_mut().zip(&setting.options.actions) {
            count.left_out += day.totals(action).0;
        }
    }
    // At one instant, opened records come first and aimed edits come last.
    deeds.sort_by_key(|deed| match deed.act {
        Act::Open { .. } => 0,
        Act::Aimed(..) => 2,
        _ => 1,
    });
    let edits = schedule_steps(&day, deeds, &mut steps)?;
    steps.sort_by_key(|step| (step.at, step.actor));
    // The day of a large fleet has a million steps. They stay in memory until the day ends.
    steps.shrink_to_fit();
    Some(Script { steps, edits, placed: Placed { actions: counts, short } })
}

fn schedule_steps(day: &Day<'_>, deeds: Vec<Deed>, steps: &mut Vec<Step>) -> Option<Vec<Vec<u16>>> {
    let people = day.setting.people;
    let mut by_person: Vec<Vec<Deed>> = people.iter().map(|_| Vec::new()).collect();
    for deed in deeds {
        match deed.by.who {
            Some(who) => by_person[who].push(deed),
            None => steps.push(Step { at: deed.by.at, actor: Actor::Office, act: deed.act }),
        }
    }
    let devices = people.iter().map(|person| person.device.0 as usize + 1).max();
    let mut edits = vec![Vec::new(); devices.unwrap_or_default()];
    for (who, mut deeds) in by_person.into_iter().enumerate() {
        if (day.setting.stops)() {
            return None;
        }
        if let Some(at) = login(day, who) {
            let by = By { at, who: Some(who) };
            deeds.insert(0, Deed { by, action: None, act: Act::App(AppEvent::Login) });
        }
        deeds.sort_by_key(|deed| deed.by.at);
        edits[people[who].device.0 as usize] = deeds.iter().filter_map(|deed| deed.action).collect();
        perform(day, who, deeds, steps);
    }
    Some(edits)
}

fn login(day: &Day<'_>, who: usize) -> Option<Time> {
    day.presences[who].and_then(|presence| presence.login)
}

fn perform(day: &Day<'_>, who: usize, deeds: Vec<Deed>, steps: &mut Vec<Step>) {
    let device = day.setting.people[who].device;
    let mut number = 0;
    let mut own = Vec::new();
    for (from, until) in foreground(day, who, &deeds) {
        if login(day, who) != Some(from) {
            own.push((from, 0, Act::App(AppEvent::Resume)));
        }
        if until < Time::ZERO + day.setting.duration {
            own.push((until, 2, Act::App(AppEvent::Pause)));
        }
    }
    for Deed { by, mut act, .. } in deeds {
        let id = match &mut act {
            Act::Edit(edit) => Some(&mut edit.id),
            Act::Aimed(id, _) => id.as_mut(),
            _ => None,
        };
        if let Some(id) = id {
            id.number = number;
            number += 1;
        }
        own.push((by.at, 1, act));
    }
    own.sort_by_key(|(at, rank, _)| (*at, *rank));
    steps.extend(own.into_iter().map(|(at, _, act)| Step { at, actor: Actor::Device(device), act }));
}

/// The times in the foreground: the person's habitual visits, and the times around the person's
/// acts.
fn foreground(day: &Day<'_>, who: usize, deeds: &[Deed]) -> Vec<(Time, Time)> {
    let setting = day.setting;
    let device = u64::from(setting.people[who].device.0);
    let end = Time::ZERO + setting.duration;
    let mut all = Vec::new();
    let presence = day.presences[who];
    if let Some(presence) = presence {
        all = stretches(&mut setting.seed.stream("stretch", device, 0), setting.options, &presence);
    }
    for at in deeds.iter().map(|deed| deed.by.at) {
        let mut stream = setting.seed.stream("around", device, at.0);
        let earliest = presence.filter(|p| p.from <= at).map_or(Time::ZERO, |p| p.from);
        let from = Time(at.0.saturating_sub(stream.up_to(FOREGROUND_BEFORE_ACTION).0)).max(earliest);
        let stays = FOREGROUND_AFTER_ACTION + stream.exponential(setting.options.foreground);
        // The time in the foreground ends with the working time, unless the act itself is later.
        let latest = presence.filter(|p| at < p.until).map_or(end, |p| p.until);
        all.push((from, (at + stays).min(latest).max(at)));
    }
    merge_intervals(all)
}
