//! From writes to steps: logins, foreground stretches, numbers of edits, one order.

use super::aim::Aimed;
use super::intent::Day;
use super::person::{presences, stretches, united, working_hours};
use super::plot::{Opening, Plot, Write};
use super::rhythm::Rhythm;
use super::setting::{Burst, Import, Setting};
use super::step::{Act, Actor, OfficeEdit, Script, ScriptSummary, ShortImport, Step};
use crate::base::{EditId, Span, Time};
use crate::contract::{AppEvent, LocalEdit};

/// The app is in the foreground for at most so long before a person does something in it.
const REACHING_FOR_IT: Span = Span::secs(15);
/// It stays there for at least so long after it.
const PUTTING_IT_AWAY: Span = Span::secs(5);

/// Writes the whole script: the day's writes, the bursts and the imports, with everything around
/// them; unless `stops` says that nobody waits for it any more, which is asked now and then.
pub fn write_script(
    setting: &Setting<'_>,
    bursts: &[Burst],
    imports: &[Import],
    stops: &dyn Fn() -> bool,
) -> Option<Script> {
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
    let mut imported = 0;
    let mut short = Vec::new();
    for (index, import) in imports.iter().enumerate() {
        let nth = imports[..index].iter().filter(|other| other.at == import.at).count();
        let batch = plot.import(import, nth as u64, stops)?;
        let made = batch.rows.len() as u64;
        imported += made;
        if made < import.rows {
            let entity = setting.dataset.schema().entity(import.entity).name.clone();
            short.push(ShortImport { entity, asked: import.rows, made });
        }
        steps.push(Step { at: import.at, actor: Actor::Office, act: Act::Import(batch) });
    }
    let mut intents = day.intents(stops)?;
    intents.extend(day.bursts(bursts));
    plot.play(intents, stops)?;
    plot.open_records();
    let Plot { writes, aimed, openings, mut counts, .. } = plot;
    if day.presences.iter().all(Option::is_none) {
        for (count, action) in counts.iter_mut().zip(&setting.options.actions) {
            count.left_out += day.totals(action).0;
        }
    }
    let opens = openings.len() as u64;
    let mut summary = ScriptSummary { actions: counts, logins: 0, resumes: 0, opens, imported, short };
    let edits = put_on_stage(&day, (writes, aimed, openings), &mut steps, &mut summary, stops)?;
    steps.sort_by_key(|step| (step.at, step.actor));
    // A big fleet's day is a million steps, which are there until it ends.
    steps.shrink_to_fit();
    Some(Script { steps, edits, summary })
}

/// What one person does, in the order it is to be done at one instant.
#[derive(Debug)]
enum Deed {
    Login,
    Open(Opening),
    Edit(Write),
    Aim(Time, Box<Aimed>),
}

impl Deed {
    fn at(&self, login: Time) -> Time {
        match self {
            Deed::Login => login,
            Deed::Open(opening) => opening.at,
            Deed::Edit(write) => write.at,
            Deed::Aim(at, _) => *at,
        }
    }
}

/// An edit whose row is found when it is made: when, and by whom if not the office.
type AimedAt = (Time, Option<usize>, Aimed);

fn put_on_stage(
    day: &Day<'_>,
    (writes, aimed, openings): (Vec<Write>, Vec<AimedAt>, Vec<Opening>),
    steps: &mut Vec<Step>,
    summary: &mut ScriptSummary,
    stops: &dyn Fn() -> bool,
) -> Option<Vec<Vec<u16>>> {
    let mut deeds: Vec<Vec<Deed>> = day.setting.people.iter().map(|_| Vec::new()).collect();
    for opening in openings {
        deeds[opening.who].push(Deed::Open(opening));
    }
    for write in writes {
        match write.who {
            Some(who) => deeds[who].push(Deed::Edit(write)),
            None => {
                let Write { at, action, entity, key, kind, values, .. } = write;
                let act = Act::Office(OfficeEdit { action, entity, key, kind, values });
                steps.push(Step { at, actor: Actor::Office, act });
            }
        }
    }
    for (at, who, aimed) in aimed {
        match who {
            Some(who) => deeds[who].push(Deed::Aim(at, Box::new(aimed))),
            None => {
                let act = Act::Aimed(None, Box::new(aimed));
                steps.push(Step { at, actor: Actor::Office, act });
            }
        }
    }
    let devices = day.setting.people.iter().map(|person| person.device.0 as usize + 1).max();
    let mut edits = vec![Vec::new(); devices.unwrap_or_default()];
    for (who, mut deeds) in deeds.into_iter().enumerate() {
        if stops() {
            return None;
        }
        let login = day.presences[who].and_then(|presence| presence.login);
        if login.is_some() {
            deeds.insert(0, Deed::Login);
        }
        let login = login.unwrap_or(Time::FAR);
        deeds.sort_by_key(|deed| deed.at(login));
        let action = |deed: &Deed| match deed {
            Deed::Edit(write) => Some(write.action),
            Deed::Aim(_, aimed) => Some(aimed.action),
            Deed::Login | Deed::Open(_) => None,
        };
        edits[day.setting.people[who].device.0 as usize] = deeds.iter().filter_map(action).collect();
        perform(day, who, login, deeds, steps, summary);
    }
    Some(edits)
}

fn perform(
    day: &Day<'_>,
    who: usize,
    login: Time,
    deeds: Vec<Deed>,
    steps: &mut Vec<Step>,
    summary: &mut ScriptSummary,
) {
    let device = day.setting.people[who].device;
    let mut number = 0;
    let mut own = Vec::new();
    for (from, until) in foreground(day, who, login, &deeds) {
        if from != login {
            own.push((from, 0, Act::App(AppEvent::Resume)));
            summary.resumes += 1;
        }
        if until < Time::ZERO + day.setting.duration {
            own.push((until, 2, Act::App(AppEvent::Pause)));
        }
    }
    for deed in deeds {
        let at = deed.at(login);
        let act = match deed {
            Deed::Login => {
                summary.logins += 1;
                Act::App(AppEvent::Login)
            }
            Deed::Open(Opening { entity, of, .. }) => Act::Open { entity, of },
            Deed::Aim(_, aimed) => {
                number += 1;
                Act::Aimed(Some(EditId { device, number: number - 1 }), aimed)
            }
            Deed::Edit(Write { entity, key, kind, values, .. }) => {
                let id = EditId { device, number };
                number += 1;
                Act::Edit(LocalEdit { id, entity, key, kind, values })
            }
        };
        own.push((at, 1, act));
    }
    own.sort_by_key(|(at, rank, _)| (*at, *rank));
    steps.extend(own.into_iter().map(|(at, _, act)| Step { at, actor: Actor::Device(device), act }));
}

/// When the app is in the foreground: as the person's habit has it, and around everything the
/// person does.
fn foreground(day: &Day<'_>, who: usize, login: Time, deeds: &[Deed]) -> Vec<(Time, Time)> {
    let setting = day.setting;
    let device = u64::from(setting.people[who].device.0);
    let end = Time::ZERO + setting.duration;
    let mut all = Vec::new();
    let presence = day.presences[who];
    if let Some(presence) = presence {
        all = stretches(&mut setting.seed.stream("stretch", device, 0), setting.options, &presence);
    }
    for deed in deeds {
        let at = deed.at(login);
        let mut stream = setting.seed.stream("around", device, at.0);
        let earliest = presence.filter(|p| p.from <= at).map_or(Time::ZERO, |p| p.from);
        let from = Time(at.0.saturating_sub(stream.up_to(REACHING_FOR_IT).0)).max(earliest);
        let stays = PUTTING_IT_AWAY + stream.exponential(setting.options.foreground);
        // Work ends when it ends, unless the person is busy even then.
        let latest = presence.filter(|p| at < p.until).map_or(end, |p| p.until);
        all.push((from, (at + stays).min(latest).max(at)));
    }
    united(all)
}
