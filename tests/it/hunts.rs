//! Hunts for known bugs: how many worlds it takes to catch each, from each of five first seeds. The
//! results are in one table, `scenarios/BUGS.md`.
//!
//! Other modules list what is hunted: engines with a broken rule (`sabotage`), and options that
//! lose something (`strategies`). By default a test repeats the first catch of the table. With
//! `SYNCDYNO_EVERY=1` everything is hunted again; with `SYNCDYNO_BLESS=1` what is not in the table
//! is hunted and added.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::{sabotage, strategies, worlds};

/// The first seed of each hunt.
const RANGES: [u64; 5] = [1, 1_001, 2_001, 3_001, 4_001];

/// The checks that catch it, if any; an error says why the world proves nothing.
type Shown = Result<Option<BTreeSet<String>>, String>;

/// A bug, and the world in which it is hunted.
pub(crate) struct Hunted {
    /// Its name.
    pub(crate) name: String,
    /// Its class by where it goes wrong: A pull, B push, C conflicts, D the life of a process and
    /// its surroundings; with the number of the known bug that it resembles.
    pub(crate) class: &'static str,
    pub(crate) why: &'static str,
    pub(crate) world: String,
    /// Where it was seen, or what is about it.
    pub(crate) see: String,
    /// The most worlds per range.
    pub(crate) seeds: u64,
    /// How it shows in the world of a seed, if it does; or what is wrong there without it.
    pub(crate) caught: Box<dyn Fn(u64) -> Shown + Send + Sync>,
}

/// The result of the hunts: how many worlds each took, and the checks that caught it.
#[derive(Clone, Debug, Default, PartialEq)]
struct Catch {
    worlds: [Option<u64>; 5],
    seen: BTreeSet<String>,
    /// What is wrong without the bug.
    wrong: Vec<String>,
}

impl Hunted {
    #[expect(clippy::print_stdout, reason = "hunts take minutes: who waits sees how far they are")]
    fn hunt(&self) -> Catch {
        let (mut seen, mut wrong) = (BTreeSet::new(), Vec::new());
        let worlds = RANGES.map(|from| {
            (1..=self.seeds).find(|n| match (self.caught)(from + n - 1) {
                Ok(shown) => shown.map(|shown| seen.extend(shown)).is_some(),
                Err(why) => {
                    wrong.push(why);
                    false
                }
            })
        });
        let catch = Catch { worlds, seen, wrong };
        println!("{}", self.line(&catch));
        catch
    }

    fn line(&self, Catch { worlds, seen, .. }: &Catch) -> String {
        let Hunted { name, class, why, world, see, seeds, .. } = self;
        let told = |worlds: &Option<u64>| worlds.map_or_else(|| format!("> {seeds}"), |n| n.to_string());
        let each: Vec<String> = worlds.iter().map(told).collect();
        let mut sorted = *worlds;
        sorted.sort_by_key(|worlds| worlds.unwrap_or(u64::MAX));
        let seen: Vec<&str> = seen.iter().map(String::as_str).collect();
        let (median, each, seen) = (told(&sorted[2]), each.join(", "), seen.join(", "));
        format!("| {name} | {class} | {why} | {seen} | {median} | {each} | {world} | {see} |")
    }
}

/// The catch in a line of the table, by the name of the bug.
fn told(line: &str) -> Option<(String, Catch)> {
    let cells: Vec<&str> = line.strip_prefix("| ")?.strip_suffix(" |")?.split(" | ").collect();
    let [name, _, _, seen, _, each, ..] = cells.as_slice() else { return None };
    let mut worlds = [None; 5];
    let each: Vec<&str> = each.split(", ").collect();
    if each.len() != worlds.len() {
        return None;
    }
    worlds.iter_mut().zip(each).for_each(|(worlds, told)| *worlds = told.parse().ok());
    let seen = seen.split(", ").map(str::to_owned).collect();
    Some(((*name).to_owned(), Catch { worlds, seen, wrong: Vec::new() }))
}

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/BUGS.md")
}

fn committed() -> String {
    std::fs::read_to_string(path()).unwrap_or_default()
}

/// True if everything is hunted again, instead of repeating the known catches.
fn hunts_again() -> bool {
    worlds::every_place() || std::env::var_os("SYNCDYNO_BLESS").is_some()
}

/// Repeats the known catch of each bug: in the world of the first range that caught it.
pub(crate) fn seen_again(all: &[Hunted]) {
    if hunts_again() {
        return;
    }
    let told: BTreeMap<String, Catch> = committed().lines().filter_map(told).collect();
    let mut away = Vec::new();
    for hunted in all {
        let first = told.get(&hunted.name).and_then(|catch| {
            let mut caught = RANGES.iter().zip(&catch.worlds).filter_map(|(from, n)| Some(from + (*n)? - 1));
            caught.next()
        });
        match first {
            Some(seed) => match (hunted.caught)(seed) {
                Ok(Some(_)) => {}
                Ok(None) => away.push(format!("{}, seed {seed}", hunted.name)),
                Err(why) => away.push(why),
            },
            None => away.push(format!("{}, which is not written down", hunted.name)),
        }
    }
    assert!(away.is_empty(), "not caught; SYNCDYNO_BLESS=1 hunts again: {}", away.join("; "));
}

fn everything() -> Vec<Hunted> {
    sabotage::hunted().into_iter().chain(strategies::hunted()).collect()
}

/// Hunts all, with as many threads as processors.
fn hunt_all(all: &[&Hunted]) -> Vec<Catch> {
    let (next, catches) = (AtomicUsize::new(0), Mutex::new(vec![Catch::default(); all.len()]));
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some((at, hunted)) =
                    Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|at| Some((at, all.get(at)?)))
                {
                    let catch = hunted.hunt();
                    catches.lock().expect("no hunt panics while it holds it")[at] = catch;
                }
            });
        }
    });
    catches.into_inner().expect("no hunt panics while it holds it")
}

const HEAD: &str = "# Planted bugs, and what it took to catch them

Each engine `broken:<id>` is the built-in one with one rule broken: `syncdyno run FILE --set
engine.name=broken:<id>` runs it. Lines with settings beside their name are choices that teams make.
They are options, each tried in a variant of `scenarios/strategies/chaos.toml` with all of its faults
and the sizes as written (`swarm.on=1` `swarm.sizes=false`). Keys without a table in front belong to
`gateway.serve.capture`.

A bug counts as caught when its own check fires; `divergent` counts only if no check that implies it
fires. A choice counts as caught when any check fires, or, if none can, when a metric is higher than
with its twin, which has the right option in the same world. Worlds are tried from each of five seeds
on (1, 1001, 2001, 3001, 4001). The table says how many it took, and the median. The correct engine
and the twin pass all these worlds. The class says where it goes wrong: A pull, B push, C conflicts
and ends of rows, D processes, databases and what is around them.

`cargo test --test it -- sabotage strategies` repeats the first catch of each. `SYNCDYNO_EVERY=1`
hunts all of them again; `SYNCDYNO_BLESS=1` hunts those that this page lacks, and writes it.

| bug | class | what it does wrong | caught by | worlds, median | worlds, from each seed | hunted in | seen in, or told in |
|---|---|---|---|---:|---|---|---|
";

const FOOT: &str = "
Planted after the checks that catch them: A `passes-over-errors`, `one-row-a-stamp`,
`first-batch-of-a-page`; B `marks-clean-what-changed`, `cancels-what-was-sent`,
`forgets-what-was-superseded`; C `tombstones-for-ever`, `ignores-what-comes-meanwhile`,
`goes-over-what-came`, `sweeps-what-is-withheld`; D `never-sweeps`, `sweeps-what-waits`, pages of
rows, however heavy.

Not in the table:

- A restart that reads only the first part of a log (A25): the engine reads its outbox, its list and
  its cursors from the database each time and keeps none of them.
- A column or a table that an upgrade of the app adds (D7): what it leaves of the rows that were
  there is the same as flags that begin as synced.
- Claims (`flag.lease`) matter to workers that share one flag, and each of these lacks rows of the
  others in any case: `flag-parallel.toml`.
- A file holds only the last state, as every pull does. What it skips between two states is in
  `file-drop.toml`; it is more in some worlds and the same in most.
";

#[test]
fn hunts_are_written_down_in_one_table() {
    let (all, before) = (everything(), committed());
    let names: BTreeSet<&str> = all.iter().map(|hunted| hunted.name.as_str()).collect();
    assert_eq!(names.len(), all.len(), "no two have one name");
    let told: BTreeMap<String, Catch> = before.lines().filter_map(told).collect();
    // A new bug is hunted alone.
    let hunts = |hunted: &&Hunted| worlds::every_place() || hunts_again() && !told.contains_key(&hunted.name);
    let missing: Vec<&Hunted> = all.iter().filter(hunts).collect();
    let caught: BTreeMap<&str, Catch> =
        missing.iter().map(|hunted| hunted.name.as_str()).zip(hunt_all(&missing)).collect();
    let known = |hunted: &Hunted| caught.get(hunted.name.as_str()).or(told.get(&hunted.name)).cloned();
    let catches: Vec<Catch> = all.iter().map(|hunted| known(hunted).unwrap_or_default()).collect();
    let mut text = HEAD.to_owned();
    for (hunted, catch) in all.iter().zip(&catches) {
        writeln!(text, "{}", hunted.line(catch)).expect("a text takes what is written");
    }
    text.push_str(FOOT);
    if std::env::var_os("SYNCDYNO_BLESS").is_some() {
        std::fs::write(path(), &text).expect("the table can be written");
    }
    let wrong: Vec<&str> = catches.iter().flat_map(|catch| &catch.wrong).map(String::as_str).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let is_rare = |catch: &Catch| catch.worlds.iter().flatten().count() <= RANGES.len() / 2;
    let away = all.iter().zip(&catches).filter(|(_, catch)| is_rare(catch));
    let away: Vec<&str> = away.map(|(hunted, _)| hunted.name.as_str()).collect();
    assert!(away.is_empty(), "not caught from most seeds on: {}", away.join(", "));
    assert!(committed() == text, "BUGS.md is not what the hunts say; SYNCDYNO_BLESS=1 writes:\n{text}");
}

#[test]
fn a_line_of_a_hunt_reads_back_as_what_it_tells() {
    let hunted = Hunted {
        name: "`x`".to_owned(),
        class: "A1",
        why: "why",
        world: "w".to_owned(),
        see: "s".to_owned(),
        seeds: 7,
        caught: Box::new(|seed| Ok((seed % 1_000 > 3 && seed > 2_000).then(BTreeSet::new))),
    };
    let catch = Catch { seen: BTreeSet::from(["lost".to_owned(), "stale".to_owned()]), ..hunted.hunt() };
    assert_eq!(catch.worlds, [None, None, Some(4), Some(4), Some(4)]);
    let line = hunted.line(&catch);
    assert_eq!(line, "| `x` | A1 | why | lost, stale | 4 | > 7, > 7, 4, 4, 4 | w | s |");
    assert_eq!(told(&line), Some((hunted.name, catch)));
}
