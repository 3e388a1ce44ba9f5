//! Replays a session in virtual time.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::log::{Log, LogError, Mode};
use super::stage::{Done, Hears, Piece, Stage, Step};
use super::telling::tolerance;
use super::wire::hash;
use crate::base::Time;
use crate::contract::Span;
use crate::setup::Setup;
use crate::world::Stacks;

/// A request that ended differently in the replay.
#[derive(Clone, Debug, PartialEq)]
pub struct Differs {
    /// The number of the request.
    pub n: u64,
    /// The time and result in the session; `None` if the request did not end.
    pub was: Option<(Time, Done)>,
    /// The time and result in the replay; `None` if the request did not end.
    pub is: Option<(Time, Done)>,
}

/// The result of a replay.
#[derive(Debug)]
pub struct Replayed {
    /// The number of requests that ended at the same nanosecond, with the same result and the same
    /// bytes.
    pub same: u64,
    /// The requests that ended differently, in the order of their numbers.
    pub differ: Vec<Differs>,
    /// The history that is judged.
    pub history: String,
    /// True if the history equals the recorded one; `None` if the log has no verdict.
    pub same_history: Option<bool>,
    /// The virtual time of the replay.
    pub length: Span,
    /// True if the log ends before the session did.
    pub is_cut_off: bool,
    /// True if no request ended and no app reported anything that can be judged.
    pub tests_nothing: bool,
}

/// The reason why a session cannot be replayed.
#[derive(Debug, thiserror::Error)]
pub enum NoReplay {
    /// The log cannot be read.
    #[error("{0}")]
    Log(#[from] LogError),
    /// The log names a device that the scenario does not have.
    #[error("the log names device {0}, which the scenario does not have")]
    Device(u32),
    #[error(
        "the log has no bodies, but the backend's responses depend on the bodies: record the session with --bodies"
    )]
    /// The log has no message bodies, and the replay needs them.
    Bodies,
    /// The world cannot be built, or does not advance.
    #[error("{0}")]
    World(String),
}

/// Repeats the steps of a session in the world (the whole simulation) of `plan`. The log's head
/// describes this world.
///
/// # Errors
/// The log does not fit the plan, or the world cannot be run.
pub fn replay(Log { head, steps, .. }: &Log, plan: &Setup, stacks: &Stacks) -> Result<Replayed, NoReplay> {
    let is_upstream = head.mode == Mode::Upstream;
    let is_scenario = head.mode == Mode::Scenario;
    let asks = |step: &Step| matches!(step, Step::Ask { asking, .. } | Step::Hold { asking, .. } if asking.method != "GET");
    if is_scenario && !head.bodies && steps.iter().any(|(_, step)| asks(step)) {
        return Err(NoReplay::Bodies);
    }
    let tolerance = tolerance(head.speed);
    let forward: Option<super::outside::Forward> = is_upstream.then(|| Box::new(|_| {}) as _);
    let devices = plan.devices().len() as u32;
    let mut names = head.devices.clone();
    names.resize(devices as usize, String::new());
    let mut stage = Stage::build(plan, stacks, (names, tolerance), (!is_scenario, forward))
        .map_err(|error| NoReplay::World(error.to_string()))?;
    head.began_ms.iter().for_each(|wall| stage.starts_at(*wall, head.speed));
    let ended = EndedAt::default();
    let (mut was, mut verdict, mut settled) = (BTreeMap::new(), None, None);
    let mut last = Time::ZERO;
    for (at, step) in steps {
        let at = Time(*at);
        match step {
            Step::Done(done) => _ = was.insert(done.n, (at, done.clone())),
            Step::Verdict { hash, lines } => verdict = Some((*hash, *lines)),
            _ => {
                if let Some(device) = device_of(step).filter(|device| *device >= devices) {
                    return Err(NoReplay::Device(device));
                }
                stage.run_to(at.max(last)).map_err(NoReplay::World)?;
                last = at.max(last);
                if let Step::Stop { settled: is } = step {
                    settled = Some(*is);
                }
                stage.apply(step, hears(&ended, step, is_upstream));
            }
        }
    }
    let is_cut_off = settled.is_none();
    if is_cut_off {
        // The replay runs until the last request of the session has ended.
        let until = was.values().map(|(at, _)| *at).max().unwrap_or(last).max(last);
        stage.run_to(until).map_err(NoReplay::World)?;
    }
    let history = stage.history(settled.unwrap_or(false));
    let is = (hash(history.as_bytes()), history.lines().count() as u64);
    let same_history = verdict.map(|verdict| verdict == is);
    let length = stage.now().since(Time::ZERO);
    drop(stage);
    let ended = ended.take();
    let numbers = was.keys().chain(ended.keys()).copied().collect::<std::collections::BTreeSet<u64>>();
    let (mut same, mut differ) = (0, Vec::new());
    for n in numbers {
        let (was, is) = (was.get(&n).cloned(), ended.get(&n).cloned());
        if was == is { same += 1 } else { differ.push(Differs { n, was, is }) }
    }
    let is_said = steps.iter().any(|(_, step)| matches!(step, Step::Observe { .. }));
    let tests_nothing = same == 0 && differ.is_empty() && !(is_said && same_history.is_some());
    Ok(Replayed { same, differ, history, same_history, length, is_cut_off, tests_nothing })
}

fn device_of(step: &Step) -> Option<u32> {
    match step {
        Step::Ask { device, .. }
        | Step::Hold { device, .. }
        | Step::Open { device, .. }
        | Step::Observe { device, .. }
        | Step::Named { device, .. }
        | Step::Cut { device, .. } => Some(*device),
        Step::Server { device, .. } => *device,
        _ => None,
    }
}

/// The time and the result of each request, by number.
type EndedAt = Rc<RefCell<BTreeMap<u64, (Time, Done)>>>;

fn hears(ended: &EndedAt, step: &Step, is_upstream: bool) -> Hears {
    let ended = ended.clone();
    let note = move |at: Time, done: Done| _ = ended.borrow_mut().insert(done.n, (at, done));
    match *step {
        Step::Ask { .. } if !is_upstream => Hears::Once(Box::new(move |at, done, _| note(at, done))),
        Step::Ask { .. } | Step::Hold { .. } => Hears::Pieces(Box::new(move |at, piece| {
            if let Piece::End(done) = piece {
                note(at, done);
            }
        })),
        Step::Open { n, .. } => Hears::Tunnel(Box::new(move |at, carried| {
            Done::of_tunnel(n, &carried).into_iter().for_each(|done| note(at, done));
        })),
        _ => Hears::Nobody,
    }
}
