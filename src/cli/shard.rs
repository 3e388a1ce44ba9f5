//! Runs a shard (a part of the cells of a plan), and merges shards.
//!
//! A cell is one simulation: one variant and one seed.

use std::path::Path;

use anyhow::Result;

use super::console::{Console, few};
use super::cost;
use super::progress::Progress;
use super::refusal::{Refusal, kept_refusal};
use super::work::{OutputArgs, Work};
use super::written;
use crate::analysis;
use crate::base::{Digest, escape_path};
use crate::campaign::shards::{self, CellList, Partition, Pool, Shard};
use crate::metrics::human;
use crate::record::{self, Build, Exit};
use crate::scenario::{Cost, Plan};

pub(super) struct Cells<'a> {
    pub(super) plans: &'a [Plan],
    pub(super) run: String,
    pub(super) twice: bool,
}

impl<'a> Cells<'a> {
    pub(super) fn of(plans: &'a [Plan], twice: bool) -> Cells<'a> {
        let how = if twice { "twice" } else { "once" };
        let run = CellList::new(how, plans, &analysis::cell_ids(plans), Vec::new()).digest;
        Cells { plans, run, twice }
    }
}

/// Runs a shard or lists the cells, if the user asked for this. For a merge, it copies the cells of
/// the shards.
pub(super) fn instead(
    place: &OutputArgs,
    work: &Work,
    cells: &Cells<'_>,
    console: &mut Console<'_>,
) -> Result<Option<Exit>> {
    if let (Some(pool), Some(out)) = (&place.merges, place.named()) {
        pour(pool, out, cells, console)?;
        return Ok(None);
    }
    let partition = place.partition;
    if place.list {
        let roll = roll(cells.plans, &cost::of(cells.plans))?;
        let listed = partition.map_or_else(|| (0..roll.cells()).collect(), |part| part.cells(&roll));
        console.result(&listed.into_iter().map(|cell| format!("{}\n", roll.id(cell))).collect::<String>());
        return Ok(Some(Exit::Success));
    }
    partition.map(|part| run(part, place.named(), work, cells, console)).transpose()
}

pub(super) fn roll(plans: &[Plan], costs: &[Cost]) -> Result<CellList> {
    let weights = costs.iter().map(|cost| cost.time().0.max(1)).collect();
    Ok(CellList::new(&program(plans)?, plans, &analysis::cell_ids(plans), weights))
}

/// Identifies the program: by its sources, or by the binary if a stack is third-party.
fn program(plans: &[Plan]) -> Result<String> {
    let source = Build::this().source.clone();
    if !plans.iter().any(|plan| plan.is_third_party) {
        return Ok(source);
    }
    let unread = |e| Refusal::environment(format!("cannot read the program itself: {e}"));
    let bytes = std::env::current_exe().and_then(std::fs::read).map_err(unread)?;
    let mut digest = Digest::new();
    std::io::Write::write_all(&mut digest, &bytes).expect("a digest takes all");
    Ok(format!("{source} {}", digest.hex()))
}

fn run(
    partition: Partition,
    out: Option<&Path>,
    work: &Work,
    cells: &Cells<'_>,
    console: &mut Console<'_>,
) -> Result<Exit> {
    let roll = roll(cells.plans, &cost::of(cells.plans))?;
    let own = partition.cells(&roll);
    let plans: Vec<Plan> = own.iter().map(|cell| cells.plans[*cell].clone()).collect();
    let ids: Vec<String> = own.iter().map(|cell| roll.id(*cell).to_owned()).collect();
    cost::for_plans(&plans, work, console)?;
    let here = || Path::new("shards").join(record::run_id(cells.plans)).join(partition.folder());
    let folder = out.map_or_else(here, Path::to_owned);
    let shown = escape_path(&folder);
    if folder.join("run.json").exists() {
        let text = format!("{shown} holds a report: choose another folder with --out");
        return Err(Refusal::usage(text));
    }
    let shard = Shard { plan: roll.digest.clone(), partition, command: lasting(console.typed)? };
    console.surroundings.signals.heed();
    let journal = shards::open(&folder, &shard).map_err(kept_refusal)?;
    let (before, all) = (journal.cells(), human::count(roll.cells() as u64, "cell"));
    if before > 0 {
        console.remark(&format!("continuing in {shown}: {} done\n", human::count(before as u64, "cell")));
    }
    let progress = Progress::new(work.progress, &plans, console);
    let notes = progress.run(&plans, Some(&ids), (work, cells.twice), Some(&journal), console).notes;
    let kept = journal.cells();
    notes.iter().for_each(|note| console.complaint(&format!("note: {}\n", note.text)));
    if let Err(e) = journal.close(false) {
        let (kept, all) = (human::count(kept as u64, "cell"), own.len());
        let text = format!("{e}: {kept} of {all} are kept; to continue, run the same command");
        return Err(Refusal::environment(text));
    }
    let own = human::count(own.len() as u64, "cell");
    console
        .result(&format!("shard {partition}: {kept} of its {own} done, of {all} in total\nshard: {shown}\n"));
    let stopped = Exit::first(notes.iter().map(|note| note.exit));
    if stopped != Exit::Success {
        console.remark("to continue, run the same command\n");
    }
    Ok(stopped)
}

fn pour(pool: &Pool, out: &Path, cells: &Cells<'_>, console: &mut Console<'_>) -> Result<()> {
    if out.join(shards::NAME).exists() {
        let text = format!("{} holds a shard: choose another folder with --out", escape_path(out));
        return Err(Refusal::usage(text));
    }
    let roll = roll(cells.plans, &cost::of(cells.plans))?;
    if roll.digest != pool.first().plan {
        let theirs = human::count(pool.size().1 as u64, "cell");
        let ours = pool.of(&roll);
        let text = format!(
            "the plan has changed: {ours} of the shards' {theirs} belong to the present plan; merge with unchanged files, or run the shards again"
        );
        return Err(Refusal::because(Exit::NoBaseline, text));
    }
    let (shards, _) = pool.size();
    let twice = match pool.replays {
        0 => String::new(),
        n => format!(", {n} in two shards, with the same result"),
    };
    let shards = human::count(shards as u64, "shard");
    let all = human::count(roll.cells() as u64, "cell");
    console.remark(&format!("{shards}, {} of {all}{twice}\n", pool.of(&roll)));
    for folder in pool.damaged.iter().map(escape_path) {
        console.complaint(&format!("warning: {folder} has a damaged line: it was cut off or changed\n"));
    }
    for folder in &pool.empty {
        console.complaint(&format!("warning: there is no shard in {}\n", escape_path(folder)));
    }
    let missing = pool.missing(&roll);
    if !missing.is_empty() {
        return Err(Refusal::because(Exit::Missing, told_missing(pool, &roll, &missing)));
    }
    written::refuse_foreign_folder(out, false)?;
    record::Folder::create(out).map_err(written::refused)?;
    pool.write(&roll, out, &cells.run).map_err(kept_refusal)
}

fn told_missing(pool: &Pool, roll: &CellList, missing: &[usize]) -> String {
    let list = |texts: Vec<String>| few(texts.into_iter().map(|text| format!("  {text}")).collect(), "");
    let names = list(missing.iter().map(|cell| roll.id(*cell).to_owned()).collect());
    let all = human::count(roll.cells() as u64, "cell");
    let commands = list(pool.commands(roll, missing));
    let commands = commands.trim_end();
    let n = missing.len();
    format!(
        "{n} of {all} are in no shard, so nothing is written:\n{names}run these commands, and then merge again:\n{commands}"
    )
}

/// Options that do not change the result. Each has its long name, its short name, and whether it
/// takes a value.
const RUNTIME_OPTIONS: [(&str, char, bool); 11] = [
    ("--partition", '\0', true),
    ("--out", 'o', true),
    ("--jobs", 'j', true),
    ("--time-limit", '\0', true),
    ("--progress", '\0', true),
    ("--format", '\0', true),
    ("--color", '\0', true),
    ("--quiet", 'q', false),
    ("--verbose", 'v', false),
    ("--fail-fast", '\0', false),
    ("--allow-memory", '\0', false),
];

/// The words of a command that affect the result.
fn lasting(typed: &[std::ffi::OsString]) -> Result<Vec<String>> {
    let mut words = Vec::new();
    let mut rest = typed.iter().skip(1);
    while let Some(word) = rest.next() {
        let strange = || format!("`{}` is not UTF-8, and a shard keeps its command", escape_path(word));
        let word = word.to_str().ok_or_else(|| Refusal::usage(strange()))?;
        if word == "--" {
            // The words after `--` are not options.
            words.push(word.to_owned());
            words.extend(rest.by_ref().map(|word| word.to_string_lossy().into_owned()));
            break;
        }
        let (name, joined) = word.split_once('=').map_or((word, false), |(name, _)| (name, true));
        let long = RUNTIME_OPTIONS.iter().find(|(long, ..)| *long == name);
        let short = || word.strip_prefix('-').filter(|flags| !flags.starts_with('-') && !flags.is_empty());
        match (long, short()) {
            (Some((_, _, takes)), _) => {
                let _ = (*takes && !joined).then(|| rest.next());
            }
            // Short options never affect the result. An option with a value ends its word.
            (None, Some(flags)) => {
                let takes =
                    |flag: char| RUNTIME_OPTIONS.iter().any(|(_, short, takes)| *short == flag && *takes);
                let bare = flags.chars().position(takes).is_some_and(|at| at + 1 == flags.chars().count());
                let _ = bare.then(|| rest.next());
            }
            (None, None) => words.push(word.to_owned()),
        }
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shard_keeps_of_its_command_what_is_run_and_not_how() {
        let kept = |typed: &str| {
            let typed: Vec<_> = typed.split(' ').map(Into::into).collect();
            lasting(&typed).unwrap().join(" ")
        };
        let typed = "syncdyno -q sweep a.toml --axis k=1,2 --partition slice:1/2 -o x --out=y -j4 -j 4 -vj 2";
        assert_eq!(kept(typed), "sweep a.toml --axis k=1,2");
        let typed = "syncdyno run --seeds=1..3 --jobs 2 --progress=none --allow-memory --format json --time-limit 9s -- -j -o";
        assert_eq!(kept(typed), "run --seeds=1..3 -- -j -o");
        assert_eq!(kept("syncdyno tune --color never a.toml --set a=-1"), "tune a.toml --set a=-1");
    }
}
