//! Describes the stack `js` for the bench (the simulator): options, capabilities, checks of the
//! bundle (the app's code).

use std::rc::Rc;

use serde_json::Value as Json;
use syncdyno_servers::servers;

use crate::base::Word;
use crate::contract::{
    Capabilities, Choice, Chosen, Merge, Need, OptionError, OptionForm, Span, Stack, StackFile, StackOption,
    SyncServer,
};
use crate::host::{MODULES, did_you_mean, is_ours};
use crate::phone::{About, Factory, about};
use crate::runtime::Program;
use crate::server::Half;

/// The value of option `server` for the bundle's own server half.
const OWN: &str = "js";

/// Returns the description of the stack `js`.
pub fn stack() -> Stack {
    let span = OptionForm::Span { min: Span::secs(1), max: Span::secs(600) };
    let count = OptionForm::Int { min: 1, max: 1_000_000 };
    let most = "The most requests of one sync. A sync that makes more may be in a loop, and ends the run.";
    let timeout = "The time after which a request without a response fails.";
    let bundle = "The app's code: one module, whose default export is the adapter.";
    let server = "The server: `js` for the export `server` of the bundle, or a published protocol.";
    let halves = servers::servers();
    let words = [OWN].into_iter().chain(halves.iter().map(|half| half.name)).map(str::to_owned).collect();
    let theirs = halves.iter().flat_map(|half| half.crash_points.iter().copied());
    let points: Vec<&str> = POINTS.into_iter().chain(theirs).collect();
    let apart = "The server's code, if it is not in the bundle.";
    let stack = Stack::new("js", |chosen| Rc::new(factory(chosen)))
        .server(|chosen, setup, ports| -> Box<dyn SyncServer> {
            match published(chosen) {
                Some(half) => (half.make)(chosen, setup, ports),
                None => Box::new(Half::open(server_program(chosen), setup, &ports)),
            }
        })
        .option(StackOption::new("bundle", OptionForm::File, Choice::File(None), bundle))
        .option(StackOption::new("server", OptionForm::Word(words), Choice::Text(OWN.to_owned()), server))
        .option(StackOption::new("server_bundle", OptionForm::File, Choice::File(None), apart))
        .option(StackOption::new("timeout", span, Choice::Span(Span::secs(60)), timeout))
        .option(StackOption::new("most_requests", count, Choice::Int(1_000), most))
        .crash_points(&points)
        .fits(fits)
        .promises_by(|chosen| {
            let mut own = promises(&known(chosen).capabilities).unwrap_or(BASE);
            if let Some(half) = published(chosen) {
                return at_most(own, half.at_most);
            }
            own.sight.conflicts = false;
            own
        })
        .lacks_by(|chosen| lacks(&known(chosen), published(chosen).as_ref()))
        .patience(|chosen| chosen.span("timeout") + Span::secs(30))
        .requests_a_run(64);
    servers::options().into_iter().fold(stack, Stack::option)
}

/// The crash points of both halves. A published protocol has its own crash points.
const POINTS: [&str; 4] = ["js.started", "js.committed", "js.answer-received", "js.server-written"];

/// The chosen published protocol; `None` if the bundle has its own server.
fn published(chosen: &Chosen) -> Option<servers::Half> {
    servers::find(chosen.text("server"))
}

/// The promises that both halves can keep together.
fn at_most(mut own: Capabilities, mut of: Capabilities) -> Capabilities {
    let rank = |merge: Merge| MERGES.iter().position(|(_, one)| *one == merge).unwrap_or(MERGES.len());
    FLAGS.iter().for_each(|(_, flag)| *flag(&mut own) &= *flag(&mut of));
    if rank(of.merge) > rank(own.merge) {
        own.merge = of.merge;
    }
    own
}

/// The promises that the bench keeps for each adapter (the app's sync code). No edit is lost,
/// unless a concurrent edit replaced it.
const BASE: Capabilities =
    Capabilities { acknowledges: true, prompt: true, merge: Merge::Converges, ..Capabilities::NONE };
/// Scenario features that no adapter supports.
const LACKS: [Need; 9] = [
    Need::GivenKeys,
    Need::OpenedRecords,
    Need::Excerpts,
    Need::Attachments,
    Need::UnitRules,
    Need::Hooks,
    Need::Tokens,
    Need::SharedPhones,
    Need::ForcedLoads,
];

fn program(file: &StackFile) -> Program {
    Program::of_file(file, MODULES).unwrap_or_else(|mistake| panic!("{}: {mistake}", file.path))
}

fn factory(chosen: &Chosen) -> Factory {
    let file = chosen.file("bundle").expect("it was asked for as the run was planned");
    Factory {
        program: program(file),
        about: known(chosen),
        timeout: chosen.span("timeout"),
        is_answered_by_functions: published(chosen).is_none(),
        most_requests: chosen.int("most_requests"),
    }
}

fn server_program(chosen: &Chosen) -> Program {
    let file = chosen.file("server_bundle").or(chosen.file("bundle"));
    program(file.expect("it was asked for as the run was planned"))
}

/// Examines the bundle; the result is empty if the bundle cannot run.
fn known(chosen: &Chosen) -> About {
    let file = chosen.file("bundle");
    let program = file.and_then(|file| Program::of_file(file, MODULES).ok());
    program.and_then(|program| about(program).ok()).unwrap_or_default()
}

/// Checks the files before a run.
fn fits(chosen: &Chosen) -> Result<(), OptionError> {
    let wrong = |option: &str, title: String, help: String| OptionError {
        option: option.to_owned(),
        title,
        help,
        at: None,
    };
    let Some(file) = chosen.file("bundle") else {
        let help = "name the app's code: engine.options = { bundle = \"app.js\" }".to_owned();
        return Err(wrong("bundle", "the stack `js` has no bundle".to_owned(), help));
    };
    let examined = examined("bundle", file)?;
    let Some(functions) = &examined.adapter else {
        let help = "write `export default { open, sync, edit, rows }`".to_owned();
        return Err(wrong("bundle", format!("`{}` has no default export", file.path), help));
    };
    let missing: Vec<&str> =
        ["sync", "edit", "rows"].into_iter().filter(|name| !functions.iter().any(|it| it == name)).collect();
    if !missing.is_empty() {
        let title = format!("the adapter in `{}` lacks `{}`", file.path, missing.join("`, `"));
        return Err(wrong("bundle", title, "write at least `sync`, `edit` and `rows`".to_owned()));
    }
    let server = examined.server.as_deref().unwrap_or_default();
    let places = [
        ("the adapter", &functions[..], &ADAPTER[..]),
        ("`server`", server, &["pull", "push", "fetch", "routes"]),
        ("the bundle", &examined.exports, &["server", "capabilities"]),
    ];
    for (place, names, known) in places {
        if let Some((strange, meant)) = misspelt(names, known) {
            let title = format!("{place} in `{}` has `{strange}`, which nothing calls", file.path);
            return Err(wrong("bundle", title, format!("did you mean `{meant}`?")));
        }
    }
    promises(&examined.capabilities).map_err(|(title, help)| wrong("bundle", title, help))?;
    if let Some((option, title, help)) = unused(chosen) {
        return Err(wrong(&option, title, help));
    }
    if published(chosen).is_some() {
        return Ok(());
    }
    let (option, of) =
        chosen.file("server_bundle").map_or(("bundle", file), |apart| ("server_bundle", apart));
    let server = if option == "bundle" { examined.server } else { self::examined(option, of)?.server };
    if server.is_none() {
        let title = format!("`{}` has no export `server`", of.path);
        let help =
            "write `export const server = { pull, push }`, or name a file in `server_bundle`".to_owned();
        return Err(wrong(option, title, help));
    }
    Ok(())
}

const ADAPTER: [&str; 6] = ["open", "sync", "edit", "rows", "pending", "provision"];

/// Finds a name that is almost a known name, if the known name is missing. Returns both.
fn misspelt<'n>(names: &'n [String], known: &[&'static str]) -> Option<(&'n str, &'static str)> {
    let missing = known.iter().filter(|known| !names.iter().any(|name| name == *known));
    let plain = |name: &str| name.to_lowercase().replace(['_', '-'], "");
    let near = |name: &str, known: &str| {
        let (name, most) = (plain(name), if known.len() > 5 { 2 } else { 1 });
        name.starts_with(&known[..1]) && strsim::damerau_levenshtein(&name, known) <= most
    };
    let mut found = missing.filter_map(|known| {
        let strange = names.iter().find(|name| !ADAPTER.contains(&name.as_str()) && near(name, known))?;
        Some((strange.as_str(), *known))
    });
    found.next()
}

/// A chosen option that the server does not use: its name, the problem, and a hint.
fn unused(chosen: &Chosen) -> Option<(String, String, String)> {
    let half = published(chosen);
    let own: Vec<String> =
        half.as_ref().map_or_else(Vec::new, |half| half.options.iter().map(|it| it.name.clone()).collect());
    let is_set = |option: &&StackOption| chosen.get(&option.name).is_some_and(|it| *it != option.preset);
    let apart = half.as_ref().and(chosen.file("server_bundle")).map(|_| "server_bundle".to_owned());
    let all = servers::options();
    let strange = all.iter().filter(|option| !own.contains(&option.name)).find(is_set);
    let strange = apart.or(strange.map(|option| option.name.clone()))?;
    let server = chosen.text("server");
    let title = format!("the server `{server}` has no option `{strange}`");
    let names: Vec<&str> = own.iter().map(String::as_str).collect();
    let help = if names.is_empty() {
        let others =
            servers::servers().into_iter().filter(|half| half.options.iter().any(|it| it.name == strange));
        let others: Vec<&str> = others.map(|half| half.name).collect();
        format!("this option belongs to the server `{}`", others.join("`, `"))
    } else {
        did_you_mean(&strange, &names)
    };
    Some((strange, title, help))
}

fn examined(option: &str, file: &StackFile) -> Result<About, OptionError> {
    let misfit = |title, help, at| OptionError { option: option.to_owned(), title, help, at };
    let name = file.path.rsplit(['/', '\\']).next().unwrap_or(&file.path);
    if is_ours(name) {
        let help = "rename the file".to_owned();
        return Err(misfit(format!("`{}` is the name of a module of the bench", file.path), help, None));
    }
    let bundle = "build the bundle as one ECMAScript module: `esbuild --bundle --format=esm`".to_owned();
    let program = Program::of_file(file, MODULES)
        .map_err(|mistake| misfit(format!("`{}`: {}", file.path, mistake.what), bundle, mistake.at))?;
    about(program).map_err(|fault| {
        let stack = match &fault.stack[..] {
            [] => "the error has no stack trace".to_owned(),
            places => format!("at {}", places.join(", at ")),
        };
        misfit(
            format!("`{}` throws while it is loaded: {}", file.path, fault.what),
            stack,
            fault.place_in(name),
        )
    })
}

type Flag = fn(&mut Capabilities) -> &mut bool;
const FLAGS: [(&str, Flag); 7] = [
    ("acknowledges", |it| &mut it.acknowledges),
    ("stamps", |it| &mut it.stamps),
    ("sessions", |it| &mut it.sessions),
    ("once", |it| &mut it.once),
    ("prompt", |it| &mut it.prompt),
    ("logs", |it| &mut it.logs),
    ("status", |it| &mut it.status),
];
const MERGES: [(&str, Merge); 3] =
    [("keeps", Merge::Keeps), ("converges", Merge::Converges), ("drops", Merge::Drops)];

/// Reads the capabilities that a bundle promises.
///
/// # Errors
/// A title and a help text, if a word is unknown.
fn promises(capabilities: &Json) -> Result<Capabilities, (String, String)> {
    let mut promised = BASE;
    let words = match capabilities {
        Json::Object(words) => words,
        Json::Null => return Ok(BASE),
        _ => {
            return Err((
                "`capabilities` must be an object".to_owned(),
                format!("write an object instead of {capabilities}"),
            ));
        }
    };
    for (word, value) in words {
        let flag = FLAGS.iter().find(|(name, _)| name == word).map(|(_, flag)| flag);
        match (word.as_str(), value, flag) {
            ("merge", ..) => {
                let said = value.as_str().unwrap_or_default();
                let found = MERGES.iter().find(|(name, _)| *name == said);
                let names = MERGES.map(|(name, _)| name);
                let unknown =
                    || (format!("`capabilities.merge` cannot be {value}"), did_you_mean(said, &names));
                promised.merge = found.ok_or_else(unknown)?.1;
            }
            ("lacks", Json::Array(needs), _) => {
                for need in needs {
                    need_of(need)?;
                }
            }
            (_, Json::Bool(yes), Some(flag)) => *flag(&mut promised) = *yes,
            (_, _, Some(_)) => {
                let title = format!("`capabilities.{word}` cannot be {value}");
                return Err((title, "write true or false".to_owned()));
            }
            _ => {
                let known: Vec<&str> =
                    FLAGS.iter().map(|(name, _)| *name).chain(["merge", "lacks"]).collect();
                return Err((format!("`capabilities` has no `{word}`"), did_you_mean(word, &known)));
            }
        }
    }
    Ok(promised)
}

fn need_of(need: &Json) -> Result<Need, (String, String)> {
    let said = need.as_str().unwrap_or_default();
    let unknown = || (format!("`capabilities.lacks` cannot have {need}"), did_you_mean(said, Need::WORDS));
    Need::of_word(said).ok_or_else(unknown)
}

fn lacks(about: &About, half: Option<&servers::Half>) -> Vec<Need> {
    let own = about.capabilities["lacks"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut lacks: Vec<Need> =
        LACKS.into_iter().chain(own.iter().filter_map(|need| need_of(need).ok())).collect();
    lacks.extend(half.into_iter().flat_map(|half| half.lacks.iter().copied()));
    if !about.has("provision") {
        lacks.push(Need::SyncedStarts);
    }
    lacks
}
