//! Runs the program, from arguments to an exit code.
//!
//! A stack is a sync engine with its server half.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use clap::Parser;

use super::args::{Cli, Command};
use super::console::{Console, Surroundings};
use super::refusal::{Refusal, kept_refusal};
use super::work::MergeArgs;
use super::{
    baseline, calibrate, ci, compare, hunt, inspect, judge, new_js, replay, report, run, serve, shrink,
    sweep, tune,
};
use crate::base::escape_control;
use crate::campaign::shards::Pool;
use crate::campaign::{InProcess, Runner, Signals, Stopwatch};
use crate::record::Exit;
use crate::world::Stacks;

/// Runs the program with these stacks, and with the arguments, streams and signals of this process.
pub fn main(engines: Stacks) -> ExitCode {
    let bench = InProcess(engines);
    let signals = Signals::default();
    if let Err(e) = heed(&signals) {
        // Without handlers a signal ends the process at once, and there is no partial report.
        let _ = writeln!(io::stderr(), "warning: signals are not handled: {e}");
    }
    let surroundings = Surroundings {
        step_summary: std::env::var_os("GITHUB_STEP_SUMMARY")
            .filter(|path| !path.is_empty())
            .map(PathBuf::from),
        no_color: std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()),
        out_is_terminal: io::stdout().is_terminal(),
        err_is_terminal: io::stderr().is_terminal(),
        columns: columns(),
        signals,
    };
    let run = || execute(std::env::args_os(), &bench, &surroundings, &mut io::stdout(), &mut io::stderr());
    // A panic is a bug of the program and has its own exit code. Its message is already printed.
    let exit = std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).unwrap_or(Exit::Internal);
    ExitCode::from(exit.code())
}

/// Runs the command in `args`. The first argument is the name of the program.
pub fn execute(
    args: impl IntoIterator<Item = impl Into<OsString> + Clone>,
    runner: &dyn Runner,
    surroundings: &Surroundings,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Exit {
    let args: Vec<OsString> = args.into_iter().map(Into::into).collect();
    let page = surroundings.step_summary.as_deref();
    // Arguments are escaped, because error texts repeat them.
    let escaped_args = || args.iter().map(|arg| escape_control(&arg.to_string_lossy()).into_owned());
    let cli =
        match Cli::try_parse_from(args.iter()).or_else(|e| Cli::try_parse_from(escaped_args()).and(Err(e))) {
            Ok(cli) => cli,
            // If the reader of the help text closes the pipe, this is not an error.
            Err(e) if e.use_stderr() => {
                let text = former(&args).unwrap_or_else(|| e.render().to_string());
                let _ = write!(err, "{text}");
                ci::refused(&args, Exit::Usage, (&text, &[]), page, out);
                return Exit::Usage;
            }
            Err(e) => {
                let _ = write!(out, "{}", e.render());
                return Exit::Success;
            }
        };
    let mut console = Console::new(runner, out, err, cli.voice, surroundings, &args);
    let mut refused = None;
    let exit = command(&cli.command, &mut console).unwrap_or_else(|e| {
        let (text, exit) = (complaint(&e), Refusal::exit_of(&e));
        console.complaint(&text);
        refused = Some((exit, text, Refusal::marks_of(&e)));
        exit
    });
    let exit = match console.loss() {
        Some(e) => {
            let text = format!("error: cannot write the result: {e}\n");
            console.complaint(&text);
            Exit::first([exit, Exit::Environment])
        }
        None => exit,
    };
    if let Some((exit, text, marks)) = refused {
        ci::refused(&args, exit, (&text, &marks), page, out);
    }
    exit
}

/// The message for a command of earlier versions; `None` for other commands.
fn former(args: &[OsString]) -> Option<String> {
    let mut words = args.iter().skip(1).map(|arg| arg.to_string_lossy());
    let command = words.next()?;
    let now = match &*command {
        "matrix" => {
            let table = words.next().filter(|of| ["conflicts", "wire"].contains(&&**of));
            format!("syncdyno sweep --table {}", table.as_deref().unwrap_or("architectures"))
        }
        "coverage" | "validate" => format!("cargo run --release -p syncdyno-trust -- {command}"),
        _ => return None,
    };
    Some(format!("error: `{command}` was replaced by `{now}`\n"))
}

fn command(command: &Command, console: &mut Console<'_>) -> anyhow::Result<Exit> {
    match command {
        Command::Run(args) => run::run(args, console),
        Command::Sweep(args) => sweep::sweep(args, console),
        Command::Tune(args) => tune::tune(args, console),
        Command::Hunt(args) => hunt::hunt(args, console),
        Command::Shrink(args) => shrink::shrink(args, console),
        Command::Check { selection, fix } => inspect::check(selection, *fix, console),
        Command::Plan { grid, format } => inspect::plan(grid, *format, console),
        Command::Merge(args) => merge(args, console),
        Command::New { name, js: true, typescript, .. } => new_js::new(name, *typescript, console),
        Command::New { name, like, .. } => inspect::new(name, like.as_deref(), console),
        Command::Judge(args) => judge::judge(args, console),
        Command::Serve(args) => serve::serve(args, console),
        Command::Replay(args) if serve::is_log(Path::new(&args.what)) => {
            serve::replay(Path::new(&args.what), console)
        }
        Command::Replay(args) => replay::replay(args, console),
        Command::Report(args) => report::report(args, console),
        Command::Calibrate(args) => calibrate::calibrate(args, console),
        Command::Compare(args) => compare::compare(args, console),
        Command::Baseline(command) => baseline::baseline(command, console),
        Command::Profiles(command) => inspect::profiles(command, console),
        Command::Schema { which } => Ok(inspect::schema(*which, console)),
        Command::Completions { shell } => Ok(inspect::completions(*shell, console)),
    }
}

fn merge(args: &MergeArgs, console: &mut Console<'_>) -> anyhow::Result<Exit> {
    let pool = Arc::new(Pool::read(&args.shards).map_err(kept_refusal)?);
    let mut words = pool.first().command.clone();
    if let Some(format) = &args.format {
        // Words after `--` are not options.
        let options = words.iter().position(|word| word == "--").unwrap_or(words.len());
        words.insert(options, format!("--format={format}"));
    }
    let words = ["syncdyno".to_owned()].into_iter().chain(words);
    let changed = |e: clap::Error| Refusal::usage(format!("the command of the shards: {e}"));
    let mut cli = Cli::try_parse_from(words).map_err(changed)?;
    let (place, work) = match &mut cli.command {
        Command::Run(args) => (&mut args.place, &mut args.work),
        Command::Sweep(args) => (&mut args.place, &mut args.work),
        Command::Tune(args) => (&mut args.place, &mut args.work),
        _ => {
            return Err(Refusal::usage(
                "the command of the shards runs no cells: merge shards of run, sweep or tune",
            ));
        }
    };
    (place.resume, place.merges) = (Some(args.out.clone()), Some(pool));
    work.clone_from(&args.work);
    command(&cli.command, console)
}

fn complaint(error: &anyhow::Error) -> String {
    match Refusal::exit_of(error) {
        Exit::Invalid => format!("{error}\n"),
        Exit::Internal => format!("internal error: {error:#}\n"),
        _ => format!("error: {error}\n"),
    }
}

fn columns() -> Option<usize> {
    let said = std::env::var_os("COLUMNS").and_then(|columns| columns.to_str()?.trim().parse().ok());
    said.filter(|columns| *columns > 0)
        .or_else(|| terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| usize::from(width.0)))
}

/// Signals within this time count as one, because `timeout` signals a process and also its group.
const ECHO: Duration = Duration::from_millis(300);

const CELLS_KEPT: &str =
    "stopped at once, without a report; completed cells are kept: to continue, add --resume";
const NOTHING_JUDGED: &str = "stopped at once: nothing is judged, and nothing is written";

/// Makes SIGINT and SIGTERM set flags. A second signal ends the process at once. So does the first
/// signal if no campaign (run of cells) is active.
fn heed(signals: &Signals) -> io::Result<()> {
    use signal_hook::consts::{SIGINT, SIGTERM};
    // The system sends this signal if a file exceeds the limit of `ulimit -f`. With a handler, the
    // failed write is reported like a full disk. Without one, the signal would end the process.
    #[cfg(unix)]
    signal_hook::flag::register(signal_hook::consts::SIGXFSZ, Arc::default())?;
    let mut incoming = signal_hook::iterator::Signals::new([SIGINT, SIGTERM])?;
    let signals = signals.clone();
    let listen = move || {
        let mut first: BTreeMap<i32, Stopwatch> = BTreeMap::new();
        for signal in incoming.forever() {
            let (exit, flag) = match signal {
                SIGINT => (Exit::Interrupted, &signals.interrupt),
                _ => (Exit::Terminated, &signals.terminate),
            };
            flag.store(true, Ordering::Relaxed);
            if signals.unheeded() {
                stop_at_once(exit, NOTHING_JUDGED);
            }
            if first.entry(signal).or_insert_with(Stopwatch::start).elapsed() >= ECHO {
                stop_at_once(exit, CELLS_KEPT);
            }
        }
    };
    std::thread::Builder::new().name("signals".to_owned()).spawn(listen)?;
    Ok(())
}

fn stop_at_once(exit: Exit, text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
    signal_hook::low_level::exit(i32::from(exit.code()));
}
