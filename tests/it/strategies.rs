//! Captures that are known to be wrong, each hunted in a world of random trouble in which the right ones lose nothing.
//!
//! They are options of the product, not planted bugs: teams choose them. How many seeds it took is written down in
//! `scenarios/strategies/WRONG.md`.

use std::fmt::Write;
use std::path::Path;

use syncdyno::scenario::Request;
use syncdyno::world::Outcome;

use crate::worlds::{self, trouble};

const CHAOS: &str = "scenarios/strategies/chaos.toml";
/// Worlds that each is tried in, seeds from 1.
const SEEDS: u64 = 15;

/// A capture that loses something.
struct Wrong {
    name: &'static str,
    why: &'static str,
    sets: &'static [&'static str],
}

const SERVE: &str = "gateway.serve.capture";

/// What it is beside, where everything else is as in the file.
const ALL: [Wrong; 12] = [
    Wrong {
        name: "strict",
        why: "rows that share a stamp with the page's last",
        sets: &["=last_modified.bound=strict"],
    },
    Wrong {
        name: "first-not-returned",
        why: "the first row of each further page, which is asked for with `>`",
        sets: &["=last_modified.bound=first-not-returned"],
    },
    Wrong {
        name: "first-not-returned-extended",
        why: "the stamp after each tie: the vendor's pseudocode to the letter",
        sets: &["=last_modified.bound=first-not-returned-extended"],
    },
    Wrong {
        name: "inclusive",
        why: "its way: a tie that fills a page comes again for ever",
        sets: &["=last_modified.bound=inclusive"],
    },
    Wrong {
        name: "no window",
        why: "transactions that commit behind the cursor",
        sets: &["=last_modified.window=0s"],
    },
    Wrong {
        name: "offset",
        why: "rows that move down while others are delivered",
        sets: &["=last_modified.paging=offset", "=last_modified.bound=strict"],
    },
    Wrong {
        name: "client's clock",
        why: "what was written while the clock of a device was ahead",
        sets: &["=last_modified.source=client-clock", "=last_modified.bound=strict"],
    },
    Wrong {
        name: "server's clock at the end",
        why: "what is committed between the reading and the end",
        sets: &["=last_modified.source=server-end", "=last_modified.bound=strict"],
    },
    Wrong {
        name: "flag before capture",
        why: "pages whose answer is lost",
        sets: &["=flag.set=before-capture"],
    },
    Wrong {
        name: "flag after capture",
        why: "pages that the gateway had and the device did not",
        sets: &["=flag.set=after-capture"],
    },
    Wrong { name: "one flag for all", why: "what another device was given", sets: &["=flag.per=all"] },
    Wrong {
        name: "a log with holes skipped",
        why: "transactions that fill their hole later",
        sets: &["=change_log.holes=skip", "backend.log.numbered=at-write"],
    },
];

/// What each seed's world came to: whether anything was found.
fn tried(wrong: &Wrong) -> Vec<bool> {
    let whole = |set: &&str| set.strip_prefix('=').map_or((*set).to_owned(), |own| format!("{SERVE}.{own}"));
    let sets = wrong.sets.iter().map(whole).collect();
    let variants = vec!["keyset".to_owned()];
    let request = Request { sets, variants, seeds: (1..=SEEDS).collect(), ..Request::default() };
    let plans = worlds::plans(&worlds::document(CHAOS), &request);
    plans.iter().map(|plan| is_caught(&worlds::run(plan))).collect()
}

fn is_caught(outcome: &Outcome) -> bool {
    !trouble(outcome).is_empty()
}

/// From each seed on, how many worlds it takes to the next catch; the median of these, if it is ever caught.
fn median(caught: &[bool]) -> Option<usize> {
    let after = |from: usize| caught[from..].iter().position(|caught| *caught).map(|n| n + 1);
    let mut waits: Vec<usize> = (0..caught.len()).filter_map(after).collect();
    waits.sort_unstable();
    waits.get(waits.len() / 2).copied()
}

#[test]
fn strategies_that_are_wrong_are_caught_and_the_seeds_written_down() {
    let mut text = format!(
        "# Captures that lose rows, and what it took to see it\n\n\
         Each is an option of `{SERVE}`, tried in `{CHAOS}` (variant keyset) with the seeds 1 to {SEEDS}. The captures of that\n\
         file's own variants pass all of these seeds. Written by `cargo test --test it -- strategies` with `SYNCDYNO_BLESS=1`,\n\
         and checked by it without.\n\n\
         | capture | what it loses | worlds that showed it | worlds until one does, median |\n|---|---|---:|---:|\n"
    );
    let mut away = Vec::new();
    for wrong in &ALL {
        let caught = tried(wrong);
        let Some(median) = median(&caught) else {
            away.push(wrong.name);
            continue;
        };
        let shown = caught.iter().filter(|caught| **caught).count();
        let line = writeln!(text, "| {} | {} | {shown} of {SEEDS} | {median} |", wrong.name, wrong.why);
        line.expect("a text takes what is written");
    }
    assert!(away.is_empty(), "not caught: {}", away.join(", "));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/strategies/WRONG.md");
    if std::env::var_os("SYNCDYNO_BLESS").is_some() {
        std::fs::write(&path, &text).expect("the list can be written");
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == text, "WRONG.md is not what the hunts say; SYNCDYNO_BLESS=1 writes:\n{text}");
}

#[test]
fn a_median_counts_from_every_seed_on() {
    assert_eq!(median(&[false, false, true, false]), Some(2));
    assert_eq!(median(&[true, true]), Some(1));
    assert_eq!(median(&[false]), None);
}
