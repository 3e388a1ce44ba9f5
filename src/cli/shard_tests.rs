//! Tests that a merge gives the report of one machine or is refused, whatever happened to shards.

use std::fs;
use std::path::Path;

use proptest::prelude::*;

use super::tests::Desk;
use crate::campaign::shards::NAME;
use crate::record::fixture::TIES;

const VARIANTS: &str = "\n[variant.fine]\nset = { seed = 1 }\n[variant.lost]\nset = { seed = 1 }\n";
const RUN: &str = "run @s.toml --progress none";

fn desk(scenario: &str, command: &str) -> Desk {
    let mut desk = Desk::new();
    desk.write("s.toml", scenario);
    desk.run(&format!("{command} --out @out"));
    fs::rename(desk.path("out"), desk.path("alone")).unwrap();
    desk
}

fn shard(desk: &mut Desk, command: &str, part: &str, folder: &str) -> u8 {
    desk.run(&format!("{command} --partition {part} --out @{folder}"))
}

fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(within) = folders.pop() {
        for entry in fs::read_dir(within).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(folder).unwrap().display().to_string();
            if path.is_dir() {
                folders.push(path);
            } else if name != "timing.json" {
                found.push((name, fs::read(path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

fn assert_as_alone(desk: &Desk) {
    let (alone, merged) = (files(&desk.path("alone")), files(&desk.path("out")));
    let names = |files: &[(String, Vec<u8>)]| files.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&alone), names(&merged));
    for ((name, alone), (_, merged)) in alone.iter().zip(&merged) {
        assert!(alone == merged, "{name} differs");
    }
}

/// Cuts the file of a shard after `milli` thousandths, as a kill would.
fn cut(desk: &Desk, folder: &str, milli: u64) {
    let path = desk.path(folder).join(NAME);
    let length = fs::metadata(&path).unwrap().len();
    fs::OpenOptions::new().write(true).open(path).unwrap().set_len(length * milli / 1_000).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn what_is_merged_is_what_one_machine_writes(
        seeds in 1_u64..7,
        of in 1_usize..6,
        deals in prop::collection::vec(0_usize..3, 1..3),
        cuts in prop::collection::vec(0_u64..=1_000, 15),
        order in any::<u64>(),
    ) {
        let command = format!("{RUN} --seeds 1..={seeds} -j 2");
        let mut desk = desk(&format!("{TIES}{VARIANTS}"), &command);
        let mut folders = Vec::new();
        for (nth, deal) in deals.iter().enumerate() {
            let deal = ["slice", "hash", "balanced"][*deal];
            for shard_number in 1..=of {
                let (folder, part) = (format!("{nth}-{shard_number}"), format!("{deal}:{shard_number}/{of}"));
                prop_assert_eq!(shard(&mut desk, &command, &part, &folder), 0, "{}", desk.err);
                cut(&desk, &folder, cuts[nth * of + shard_number - 1]);
                // The shards of the first partition run again. Those of later ones stay cut.
                if nth == 0 {
                    prop_assert_eq!(shard(&mut desk, &command, &part, &folder), 0, "{}", desk.err);
                }
                folders.push(format!("@{folder}"));
            }
        }
        let turn = order as usize % folders.len();
        folders.rotate_left(turn);
        if order % 2 == 0 {
            folders.reverse();
        }
        let exit = desk.run(&format!("merge {} --out @out --progress none", folders.join(" ")));
        prop_assert_eq!(exit, 11, "{}", desk.err);
        assert_as_alone(&desk);
    }
}

#[test]
fn whatever_is_run_in_shards_is_merged_as_one_machine_writes_it() {
    let variants = format!("{TIES}{VARIANTS}");
    let thirds = ["balanced:1/3", "balanced:2/3", "balanced:3/3"];
    for (scenario, command, parts) in [
        (
            TIES,
            "sweep @s.toml --axis engine.pull.chunk_rows=16..64*2 --seeds 1..=2 --metric engine.session.duration",
            &thirds[..],
        ),
        (
            TIES,
            "tune @s.toml --knob engine.pull.chunk_rows=16..256 --seeds 1..=3 --metric engine.session.duration",
            &thirds,
        ),
        (&variants, "run @s.toml --seeds 1..=4", &["slice:1/2", "slice:2/2 --allow-memory"]),
        (&variants, "run @s.toml --seeds 1..=3 --filter fine", &["slice:1/2", "slice:2/2"]),
        (TIES, "run @s.toml --seed 1", &["slice:1/3", "slice:2/3", "slice:3/3"]),
    ] {
        let command = format!("{command} --progress none");
        let mut desk = desk(scenario, &command);
        for (n, part) in parts.iter().enumerate() {
            assert_eq!(shard(&mut desk, &command, part, &format!("shards/{n}")), 0, "{}", desk.err);
        }
        let exit = desk.run("merge @shards --out @out --progress none");
        assert_eq!(exit, desk.record("alone").exit_code, "{}", desk.err);
        assert_as_alone(&desk);
    }
}

#[cfg(unix)]
#[test]
fn a_merge_writes_where_it_is_told_and_into_no_shard() {
    use std::os::unix::ffi::OsStringExt;
    let mut desk = desk(TIES, RUN);
    shard(&mut desk, RUN, "slice:1/1", "one");
    let before = files(&desk.path("one"));
    assert_eq!(desk.run("merge @one --out @one"), 2);
    assert!(files(&desk.path("one")) == before);
    // A path that is not UTF-8, and a shard that is named by its file.
    let out = desk.path("").join(std::ffi::OsString::from_vec(b"o\xFFt".to_vec()));
    let (shard, to) = (desk.path("one").join(NAME), out.clone());
    let words = ["syncdyno".into(), "merge".into(), shard.into(), "--out".into(), to.into_os_string()];
    let (surroundings, mut said) = (super::Surroundings::default(), Vec::new());
    let exit = super::execute(words, &desk.fake, &surroundings, &mut Vec::new(), &mut said);
    assert_eq!(exit.code(), 0, "{}", String::from_utf8_lossy(&said));
    fs::rename(out, desk.path("out")).unwrap();
    let all = |folder| files(&desk.path(folder)).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    assert_eq!(all("out"), all("alone"));
}

#[test]
fn a_shard_judges_nothing_and_what_a_merge_lacks_is_told_with_its_command() {
    let mut desk = desk(&format!("{TIES}{VARIANTS}"), &format!("{RUN} --seeds 1..=3"));
    let shard = format!("{RUN} --seeds 1..=3 -j 1 --partition slice");
    let mut said = desk.session(&format!(
        "{shard}:1/3 --out @shards/slice-1-of-3
         {shard}:2/3 --out @shards/slice-2-of-3
         {shard}:2/3 --out @shards/slice-2-of-3
         merge @shards @nowhere --out @out"
    ));
    assert!(!desk.path("out").exists(), "nothing is written");
    let again = desk.err.lines().find_map(|line| line.trim().strip_prefix("syncdyno ")).unwrap().to_owned();
    assert_eq!(desk.run(&again), 0, "{}", desk.err);
    cut(&desk, "shards/slice-2-of-3", 900);
    let before = files(&desk.path("shards"));
    said += &desk.session("merge @shards --out @out");
    assert!(files(&desk.path("shards")) == before);
    cut(&desk, "shards/slice-2-of-3", 10);
    said += &desk.session("merge @shards/slice-2-of-3 --out @out");
    desk.write("moody.toml", &format!("{TIES}\n[variant.moody]\nset = {{ seed = 1 }}\n"));
    let moody = "run @moody.toml --progress none --partition";
    said += &desk.session(&format!(
        "{moody} slice:1/1 --out @one
         {moody} slice:1/1 --out @two
         merge @one @two --out @out
         {moody} slice:1/2 --out @alone
         {moody} slice:1/2 --fail-fast
         {moody} slice:1/2 --resume @out
         {moody} 9/8
         {moody} slice:2/2 --out @x
         merge @x --out @y --format nonsense"
    ));
    insta::assert_snapshot!(said);
}

#[test]
fn shards_of_another_plan_command_or_build_are_refused() {
    let command = format!("{RUN} --seeds 1..=2");
    let mut desk = desk(TIES, &command);
    shard(&mut desk, &command, "slice:1/2", "one");
    shard(&mut desk, &command, "slice:2/2", "two");
    shard(&mut desk, &format!("{RUN} --seeds 1..=3"), "slice:2/2", "three");
    desk.write("s.toml", &TIES.replace("rows = ", "rows = 1"));
    shard(&mut desk, &command, "slice:2/2", "changed");
    let head = desk.read(&format!("two/{NAME}"));
    let source = &crate::record::Build::this().source;
    let (_, first) = head.lines().next().unwrap().split_once(' ').unwrap();
    let other = crate::campaign::sealed_line(&first.replace(source.as_str(), "0"));
    desk.write(&format!("other/{NAME}"), &other);
    for folders in ["@one @two @three", "@one @changed", "@one @two", "@one @other", "@other"] {
        assert_eq!(desk.run(&format!("merge {folders} --out @out")), 14, "{folders}: {}", desk.err);
    }
    assert!(!desk.path("out").exists(), "nothing is written");
    for other in ["one", "changed"] {
        assert_eq!(shard(&mut desk, &command, "slice:1/2", other), 2, "a shard of what was is there");
    }
}

#[test]
fn thousands_of_shards_are_merged() {
    let command = format!("{RUN} --seeds 1..=20");
    let mut desk = desk(TIES, &command);
    shard(&mut desk, &command, "slice:1/1", "shards/0");
    let text = desk.read(&format!("shards/0/{NAME}"));
    let (head, _) = text.split_once('\n').unwrap();
    for n in 1..2_000 {
        desk.write(&format!("shards/{n}/{NAME}"), &format!("{head}\n"));
    }
    assert_eq!(desk.run("merge @shards --out @out --progress none"), 0, "{}", desk.err);
    assert_as_alone(&desk);
}

#[test]
fn a_plan_for_programs_lists_each_cell_with_its_cost() {
    let mut desk = Desk::new();
    desk.write("s.toml", &format!("{TIES}{VARIANTS}"));
    assert_eq!(desk.run("plan @s.toml --seeds 1..=2 --format json"), 0, "{}", desk.err);
    let plan: serde_json::Value = serde_json::from_str(&desk.out).unwrap();
    let ids: Vec<_> =
        plan["cells"].as_array().unwrap().iter().map(|cell| cell["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["ties.fine.s1", "ties.fine.s2", "ties.lost.s1", "ties.lost.s2"]);
    assert!(plan["cells"][0]["estimated_seconds"].as_f64().unwrap() > 0.0);
    desk.run(&format!("{RUN} --seeds 1..=2 --partition hash:1/2 --out @one"));
    assert!(desk.read(&format!("one/{NAME}")).contains(plan["plan"].as_str().unwrap()), "one digest");
}
