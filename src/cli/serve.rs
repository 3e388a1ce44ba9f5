//! `serve`: serves a scenario in real time to real apps. Also replays such a session.
//!
//! A plan describes a cell before it runs. A stack is a sync engine with its server half.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::args::JudgeArgs;
use super::console::Console;
use super::refusal::{Refusal, near};
use super::serve_args::ServeArgs;
use super::{judge, served, sources, written};
use crate::base::words::count;
use crate::base::{escape_control, escape_path};
use crate::contract::Need;
use crate::live::{
    Begins, Doors, Ended, Gate, Head, LOG_VERSION, Limits, Log, Mode, News, Opening, Protocol, Replayed,
    Roster, Session, Trouble, Upstream, protocols,
};
use crate::record::{self, Exit};
use crate::scenario::{Plan, Request};
use crate::setup::Setup;
use crate::world::Stacks;
use crate::{base, live};

/// The longest time to wait for the head of a request.
const HEAD_PATIENCE: Duration = Duration::from_secs(15);

/// The largest size of all request bodies in memory, in bytes.
const HELD_MAX: usize = 256 << 20;

/// The server of a session, and the simulated world around it (links, faults, office).
struct Served {
    setup: Setup,
    stacks: Stacks,
    /// The name of the protocol with its options, as text.
    protocol: String,
    options: BTreeMap<String, String>,
    upstream: Option<Upstream>,
    tunnel: Option<Upstream>,
}

impl Served {
    fn mode(&self) -> Mode {
        match (&self.upstream, &self.tunnel) {
            (Some(_), _) => Mode::Upstream,
            (None, Some(_)) => Mode::Tunnel,
            (None, None) => Mode::Scenario,
        }
    }
}

pub(super) fn serve(args: &ServeArgs, console: &mut Console<'_>) -> anyhow::Result<Exit> {
    let plan = plan(args, console)?;
    sources::remark_on(std::slice::from_ref(&plan), console);
    let served = served(args, &plan, console)?;
    if args.record.is_some() && served.mode() == Mode::Scenario && !args.bodies {
        let why = "the backend's responses depend on the requests of apps, so --record needs --bodies";
        return Err(Refusal::usage(why));
    }
    refuse_backends(args, &plan, &served)?;
    let preset = || Path::new("reports").join(format!("{}-served", plan.source.scenario));
    let folder = args.out.clone().unwrap_or_else(preset);
    args.record.as_deref().map_or(Ok(()), written::refuse_existing_file)?;
    let unwritable = |e| Refusal::environment(format!("cannot write {}: {e}", escape_path(&folder)));
    fs::create_dir_all(&folder).map_err(unwritable)?;
    let roster = Roster::of(plan.fleets.iter().map(|fleet| (fleet.name.as_str(), fleet.devices)));
    let head = head(args, &plan, &served, &roster);
    let gate = gate(args)?;
    let token = gate.token.clone();
    let opening = Opening {
        listen: args.listen,
        ports_from: args.ports,
        gate,
        roster,
        upstream: served.upstream.clone(),
        tunnel: served.tunnel.clone(),
        bodies: args.bodies,
        body_max: usize::try_from(args.body_max).unwrap_or(usize::MAX),
        held_max: HELD_MAX,
        connections_max: usize::try_from(args.connections).unwrap_or(usize::MAX),
        patience: HEAD_PATIENCE,
    };
    let ground = judge::ground(&plan);
    // If the session cannot begin, its files are removed.
    let log = args.record.as_deref().map(|path| -> Begins<'_> {
        let failed = move |error| Trouble::Log(escape_path(path), error);
        Box::new(move || Ok(Box::new(File::create(path).map_err(failed)?)))
    });
    let session = Session {
        plan: &served.setup,
        stacks: &served.stacks,
        head,
        opening,
        log,
        limits: Limits { length: args.length },
        check: &|lines| judge::wrong_with(&ground, lines),
    };
    let signals = console.surroundings.signals.clone();
    signals.heed();
    let ended = {
        let mut hears = |news: News<'_>| match news {
            News::Opened(doors) => begins(args, (&plan, &served), doors, &token, console),
            News::LogEnds(error) => log_ends(args, error, console),
        };
        session.run(&|| signals.any(), &mut hears).map_err(troubled)?
    };
    let concluded = concluded(args, (&plan, &folder), &ended, console);
    // If an app requested the verdict, the app gets the same text.
    let told = concluded.as_ref().map(|(_, text)| text.clone());
    ended.tell(told.map_err(|error| format!("not judged: {error}\n")));
    concluded.map(|(exit, _)| exit)
}

/// The first line of the session's log.
fn head(args: &ServeArgs, plan: &Plan, served: &Served, roster: &Roster) -> Head {
    Head {
        syncdyno_session: LOG_VERSION,
        mode: served.mode(),
        protocol: served.protocol.clone(),
        options: served.options.clone(),
        scenario: plan.source.resolved.to_string(),
        path: plan.source.path.clone(),
        seed: plan.seed.0.to_string(),
        devices: roster.names(),
        speed: args.speed,
        bodies: args.bodies,
        began_ms: None,
    }
}

/// Refuses files with the final rows, unless they belong to a user's own server and to known
/// entities.
fn refuse_backends(args: &ServeArgs, plan: &Plan, served: &Served) -> anyhow::Result<()> {
    if !args.backend.is_empty() && served.mode() == Mode::Scenario {
        let why = "--backend needs --upstream or --tunnel: its rows are those of your own server";
        return Err(Refusal::usage(why));
    }
    let names = || plan.schema.entities.iter().map(|entity| entity.name.as_str());
    match args.backend.iter().find(|(entity, _)| !names().any(|name| name == entity)) {
        None => Ok(()),
        Some((entity, _)) => {
            let near = near(entity, names());
            let shown = escape_control(entity);
            Err(Refusal::usage(format!("--backend: there is no entity `{shown}`{near}")))
        }
    }
}

/// The plan of the single cell (simulation) to serve.
fn plan(args: &ServeArgs, console: &Console<'_>) -> anyhow::Result<Plan> {
    let text = sources::read(&args.scenario)?;
    let request = Request {
        sets: args.set.clone(),
        variants: args.variant.iter().cloned().collect(),
        seeds: args.seed.into_iter().collect(),
        ..Request::default()
    };
    sources::of_one_variant(&args.scenario, &text, &request, console)
}

fn served(args: &ServeArgs, plan: &Plan, console: &Console<'_>) -> anyhow::Result<Served> {
    let stacks = console.runner.engines().ok_or_else(|| Refusal::usage("nothing can be served here"))?;
    // If a user's own server responds, the protocol of the scenario does not matter.
    let before_ones_own = || as_served("plain", &BTreeMap::new(), plan, stacks);
    if let Some(url) = &args.upstream {
        if !args.option.is_empty() {
            return Err(Refusal::usage(
                "--option sets an option of a protocol, but --upstream has its own: leave out one of them",
            ));
        }
        let upstream = Upstream::of(url).map_err(Refusal::usage)?;
        return Ok(Served { upstream: Some(upstream), ..before_ones_own()? });
    }
    if let Some(address) = &args.tunnel {
        if !args.listen.ip().is_loopback() {
            let why =
                "--tunnel carries raw bytes without a token, so it listens on loopback only: change --listen";
            return Err(Refusal::usage(why));
        }
        let tunnel = Upstream::of_port(address).map_err(Refusal::usage)?;
        return Ok(Served { tunnel: Some(tunnel), ..before_ones_own()? });
    }
    let theirs = plan.chosen.text("server");
    let is_own = plan.is_third_party && args.protocol.is_none() && !protocols().contains(&theirs);
    if is_own && !args.option.is_empty() {
        return Err(Refusal::usage(
            "--option does not apply to the scenario's own server: set its options in the scenario",
        ));
    }
    if is_own {
        return Ok(as_planned(plan, stacks));
    }
    let preset = if protocols().contains(&theirs) { theirs } else { "plain" };
    let name = args.protocol.as_deref().unwrap_or(preset);
    as_served(name, &args.option.iter().cloned().collect(), plan, stacks)
}

/// The simulated world of a plan, with the server of the plan's stack.
fn as_planned(plan: &Plan, stacks: &Stacks) -> Served {
    Served {
        setup: Setup::clone(plan),
        stacks: stacks.clone(),
        protocol: plan.engine_name.clone(),
        options: BTreeMap::new(),
        upstream: None,
        tunnel: None,
    }
}

/// The simulated world of a plan, with a server of this protocol and these extra options.
fn as_served(
    name: &str,
    sets: &BTreeMap<String, String>,
    plan: &Plan,
    stacks: &Stacks,
) -> anyhow::Result<Served> {
    let Some(mut protocol) = Protocol::of(name, &plan.chosen) else {
        let known = protocols();
        let near = near(name, known.iter().copied());
        let known = known.join(", ");
        return Err(Refusal::usage(format!("there is no protocol `{name}`{near}; there is {known}")));
    };
    for (option, word) in sets {
        protocol.set(option, word).map_err(Refusal::usage)?;
    }
    let mut served = as_planned(plan, stacks);
    (served.setup.engine_name, served.setup.is_third_party) = (protocol.name().to_owned(), true);
    served.setup.chosen = protocol.chosen.clone();
    served.protocol = name.to_owned();
    served.options = protocol.options().into_iter().collect();
    served.stacks = served.stacks.with(protocol.stack());
    Ok(served)
}

fn gate(args: &ServeArgs) -> anyhow::Result<Gate> {
    let drawn = || -> std::io::Result<String> {
        let mut bytes = [0; 16];
        File::open("/dev/urandom")?.read_exact(&mut bytes)?;
        Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
    };
    let token = match &args.token {
        Some(token) => token.clone(),
        None => drawn().map_err(|e| {
            Refusal::environment(format!("a token cannot be made: {e}; give one with --token"))
        })?,
    };
    for origin in &args.origin {
        let rest = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
        if rest.is_none_or(|rest| rest.is_empty() || rest.contains(['/', '*', ' '])) {
            let shown = escape_control(origin);
            return Err(Refusal::usage(format!("`{shown}` is not an origin such as http://localhost:5173")));
        }
    }
    let is_name = |host: &String| {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
        !host.is_empty() && host.bytes().all(is_plain)
    };
    if let Some(host) = args.host.iter().find(|host| !is_name(host)) {
        let shown = escape_control(host);
        return Err(Refusal::usage(format!("`{shown}` is not a name such as sync.test.example")));
    }
    let is_closed = !args.listen.ip().is_loopback();
    Ok(Gate { token, is_closed, origins: args.origin.clone(), hosts: args.host.clone() })
}

fn log_ends(args: &ServeArgs, error: &std::io::Error, console: &mut Console<'_>) {
    let path = args.record.as_deref().map(escape_path).unwrap_or_default();
    console.complaint(&format!("warning: {path} ends here, because writing failed: {error}\n"));
}

fn troubled(trouble: Trouble) -> anyhow::Error {
    let exit = match trouble {
        Trouble::World(_) => Exit::Invalid,
        Trouble::Ports { .. } => Exit::Usage,
        Trouble::Listen(..) | Trouble::Thread(_) | Trouble::Log(..) => Exit::Environment,
        Trouble::Stalled(_) => Exit::Stuck,
    };
    Refusal::because(exit, trouble.to_string())
}

/// The settings about phones that have no effect, because real phones decide them. `None` if the
/// scenario has no such setting.
fn left_out(plan: &Plan) -> Option<String> {
    use crate::base::Word;
    let of_apps = [
        Need::Kills,
        Need::PowerLosses,
        Need::Storage,
        Need::Suspensions,
        Need::Cancels,
        Need::Tokens,
        Need::SharedPhones,
        Need::Reinstalls,
        Need::ForcedLoads,
        Need::Upgrades,
        Need::Backups,
        Need::Copies,
        Need::SyncedStarts,
        Need::Hooks,
        Need::UnitRules,
    ];
    let needs = plan.needs().into_keys().filter(|need| of_apps.contains(need));
    let needs: Vec<&str> = needs.map(|need| need.word()).collect();
    (!needs.is_empty()).then(|| format!("real apps do this, so it is not simulated: {}", needs.join(", ")))
}

fn begins(
    args: &ServeArgs,
    (plan, served): (&Plan, &Served),
    doors: &Doors,
    token: &str,
    console: &mut Console<'_>,
) {
    let at = format!("http://{}", doors.all);
    let own = args.upstream.as_ref().or(args.tunnel.as_ref());
    let mut text = match own {
        Some(address) => {
            format!("serving {} before {} on {at}\n", plan.source.scenario, escape_control(address))
        }
        None => format!("serving {} on {at}, which speaks {}\n", plan.source.scenario, served.protocol),
    };
    text += &format!("token: {token}\npage: {at}/_syncdyno/?token={token}\n");
    let mut first = 0;
    for fleet in &plan.fleets {
        let links: Vec<&str> = fleet.links.iter().map(|(link, _)| link.name.as_str()).collect();
        let devices = count(u64::from(fleet.devices), "device");
        text += &format!("{}: {devices} over {}", fleet.name, links.join(", "));
        match doors.devices.get(first as usize) {
            Some(_) => text += "\n",
            None => text += &format!("; {at}/d/{}-1/… is the first\n", fleet.name),
        }
        first += fleet.devices;
    }
    text += &served::hooks(args, plan, doors);
    let ending = "Ctrl-C, SIGTERM or POST /_syncdyno/verdict ends it and judges";
    text += &format!("the script lasts {}; {ending}\n", plan.duration);
    console.complaint(&text);
    let idle = own.and_then(|_| served::ineffective_parts(plan, args));
    for note in left_out(plan).into_iter().chain(idle) {
        console.complaint(&format!("note: {note}\n"));
    }
}

/// Judges a finished session. Prints the verdict and explains how to use the files.
fn concluded(
    args: &ServeArgs,
    (plan, folder): (&Plan, &Path),
    ended: &Ended,
    console: &mut Console<'_>,
) -> anyhow::Result<(Exit, String)> {
    let history = folder.join("history.jsonl");
    written::replace(&history, ended.history.as_bytes())?;
    let mut csv = Vec::new();
    record::requests(&ended.requests, plan.start, &mut csv)?;
    let requests = folder.join("requests.csv");
    let unwritten = written::replace(&requests, &csv).err();
    let Ended { length, lateness, .. } = ended;
    let sent = count(ended.requests.len() as u64, "request");
    let mut text = format!("{length} of virtual time, {sent}; {lateness}\n");
    if !ended.silent.is_empty() {
        let names: Vec<_> = ended.silent.iter().map(|name| escape_control(name)).collect();
        text += &format!(
            "these devices never reported their rows, so these rows are unchecked: {}\n",
            names.join(", ")
        );
    }
    let shown = escape_path(&requests);
    match &unwritten {
        Some(error) => text += &format!("no requests: {error}\n"),
        None if ended.requests.is_empty() => {}
        None => text += &format!("requests: {shown} (syncdyno calibrate {shown})\n"),
    }
    text += &format!("history: {}\n", escape_path(&history));
    text.extend(ended.server.map(|said| served::server_said(args, said, &history)));
    text.extend(served::strays(ended.strays));
    if let (Some(path), Some(error)) = (&args.record, &ended.log_failed) {
        console.complaint(&format!(
            "warning: {} ends before the end of the session: {error}\n",
            escape_path(path)
        ));
    } else if let Some(path) = &args.record {
        let shown = record::shell_word(&escape_path(path));
        text += &format!("again: syncdyno replay {shown}\n");
    }
    let (exit, verdict) = judged(args, (folder, &history, &ended.history), console);
    console.result(&verdict);
    console.result(&text);
    // The recorded part is judged, even if a part of the recording is missing.
    let is_whole = unwritten.is_none() || exit != Exit::Success;
    Ok((if is_whole { exit } else { Exit::Environment }, verdict + &text))
}

/// The verdict on a history, with its text.
fn judged(
    args: &ServeArgs,
    (folder, history, said): (&Path, &Path, &str),
    console: &Console<'_>,
) -> (Exit, String) {
    let (backend, notes) = served::files(args, said);
    let judge = JudgeArgs {
        backend,
        variant: args.variant.clone(),
        set: args.set.clone(),
        out: Some(folder.join("verdict")),
        scenario: args.scenario.clone(),
        history: history.to_owned(),
        ..JudgeArgs::default()
    };
    let (mut said, mut complaints) = (Vec::new(), Vec::new());
    let typed = console.typed.to_vec();
    let mut inner =
        Console::new(console.runner, &mut said, &mut complaints, console.voice, console.surroundings, &typed);
    let exit = judge::judge(&judge, &mut inner);
    drop(inner);
    let mut text = String::from_utf8_lossy(&[said, complaints].concat()).into_owned();
    let exit = exit.unwrap_or_else(|error| {
        text += &format!("not judged: {error}\n");
        Refusal::exit_of(&error)
    });
    text.extend(notes);
    (exit, text)
}

pub(super) fn is_log(path: &Path) -> bool {
    Head::begins(&written::head(path))
}

/// `replay` for the log of a session.
pub(super) fn replay(path: &Path, console: &mut Console<'_>) -> anyhow::Result<Exit> {
    let shown = escape_path(path);
    let wrong = |why: String| Refusal::because(Exit::Invalid, format!("{shown}: {why}"));
    let file = File::open(path).map_err(|e| Refusal::unreadable(path, &e))?;
    let log = Log::read(BufReader::new(file)).map_err(|e| wrong(e.to_string()))?;
    let head = &log.head;
    let seed: u64 = head.seed.parse().map_err(|_| wrong("its seed is missing".to_owned()))?;
    let plan = sources::one_plan(&head.scenario, Path::new(&head.path), Some(seed), console)?;
    let stacks = console.runner.engines().ok_or_else(|| Refusal::usage("nothing can be served here"))?;
    let served = match protocols().contains(&head.protocol.as_str()) {
        true => as_served(&head.protocol, &head.options, &plan, stacks)?,
        false => as_planned(&plan, stacks),
    };
    let replayed = live::replay(&log, &served.setup, &served.stacks).map_err(|e| wrong(e.to_string()))?;
    let mut text = of_replay(&replayed) + if log.is_torn { "its last line is incomplete\n" } else { "" };
    if replayed.same_history.is_some() && !replayed.tests_nothing {
        let scenario = PathBuf::from(&head.path);
        let of = JudgeArgs { scenario, history: path.to_owned(), ..JudgeArgs::default() };
        let verdict = judge::verdict_on(&of, plan, &replayed.history, console);
        text += &verdict.unwrap_or_else(|error| format!("not judged: {error}\n"));
    }
    console.result(&text);
    let is_same = replayed.differ.is_empty() && replayed.same_history != Some(false);
    Ok(match is_same {
        true if replayed.tests_nothing => Exit::Nothing,
        true => Exit::Success,
        false => Exit::NotDeterministic,
    })
}

fn of_replay(replayed: &Replayed) -> String {
    let (length, same) = (replayed.length, count(replayed.same, "request"));
    let mut text = match replayed.same {
        0 => format!("{length} of virtual time: no request ended as recorded\n"),
        _ => format!(
            "{length} of virtual time: {same} ended at the same nanosecond, in the same way and with the same \
             bytes\n"
        ),
    };
    for differs in replayed.differ.iter().take(10) {
        let told = |of: &Option<(base::Time, live::Done)>| match of {
            Some((at, done)) => format!("{} at {at} with {} bytes", done.how, done.bytes),
            None => "not ended".to_owned(),
        };
        text +=
            &format!("request {}: it was {}, and is {}\n", differs.n, told(&differs.was), told(&differs.is));
    }
    if !replayed.differ.is_empty() {
        text += &format!("{} NOT the same\n", count(replayed.differ.len() as u64, "request"));
    }
    if replayed.tests_nothing {
        text += "nothing was tested: the log has no completed request and no report of an app\n";
    }
    text += match replayed.same_history {
        Some(true) => "the history is the same, to the byte\n",
        Some(false) => "the history is NOT the same\n",
        None => "the log ends before the end of the session, so nothing was judged\n",
    };
    text
}
