//! Shards over a runner that simulates nothing: whatever becomes of them, what is merged is what
//! one machine writes, or is refused.

use std::fs;
use std::path::Path;

use proptest::prelude::*;

use super::tests::Desk;
use crate::campaign::shards::NAME;
use crate::record::fixture::TIES;

const VARIANTS: &str = "\n[variant.fine]\nset = { seed = 1 }\n[variant.lost]\nset = { seed = 1 }\n";
const RUN: &str = "run @s.toml --progress none";

/// A folder with a scenario, and what one machine writes of it in `@alone`, as if it were `@out`.
fn desk(scenario: &str, command: &str) -> Desk {
    let mut desk = Desk::new();
    desk.write("s.toml", scenario);
    desk.run(&format!("{command} --out @out"));
    fs::rename(desk.path("out"), desk.path("alone")).unwrap();
    desk
}

/// Runs a shard into the folder of this name.
fn shard(desk: &mut Desk, command: &str, part: &str, folder: &str) -> u8 {
    desk.run(&format!("{command} --partition {part} --out @{folder}"))
}

/// All files of a report but what the host took, by their names.
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

/// Cuts a shard's file as a kill would, behind so many thousandths of it.
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
                // The first of all are run again; later ones stay what they are.
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
fn a_sweep_and_a_search_are_merged_as_they_are_run() {
    for command in [
        "sweep @s.toml --axis engine.pull.chunk_rows=16..64*2 --seeds 1..=2 --metric engine.session.duration",
        "tune @s.toml --knob engine.pull.chunk_rows=16..256 --seeds 1..=3 --metric engine.session.duration",
    ] {
        let command = format!("{command} --progress none");
        let mut desk = desk(TIES, &command);
        for part in 1..=3 {
            let (part, folder) = (format!("balanced:{part}/3"), format!("shards/{part}"));
            assert_eq!(shard(&mut desk, &command, &part, &folder), 0, "{}", desk.err);
        }
        let exit = desk.run("merge @shards --out @out --progress none");
        assert_eq!(exit, desk.record("alone").exit_code, "{}", desk.err);
        assert_as_alone(&desk);
    }
}

#[test]
fn a_shard_judges_nothing_and_only_the_merge_does() {
    let mut desk = desk(&format!("{TIES}{VARIANTS}"), RUN);
    assert_eq!(shard(&mut desk, RUN, "slice:2/2", "two"), 0);
    assert!(
        desk.out.contains("shard slice:2/2: 1 of its 1 cell are done, of 2 cells in all\n"),
        "{}",
        desk.out
    );
    assert_eq!(shard(&mut desk, RUN, "slice:1/2", "one"), 0, "{}", desk.err);
    assert_eq!(desk.run("merge @one @two --out @out --progress none"), 11, "{}", desk.err);
    let runs = desk.runs();
    assert_eq!(shard(&mut desk, RUN, "slice:1/2", "one"), 0);
    assert_eq!(desk.runs(), runs, "it is done");
}

#[test]
fn shards_of_hosts_with_and_without_memory_are_of_one_run() {
    let command = format!("{RUN} --seeds 1..=4");
    let mut desk = desk(TIES, &command);
    shard(&mut desk, &command, "slice:1/2", "one");
    shard(&mut desk, &format!("{command} --allow-memory"), "slice:2/2", "two");
    assert_eq!(desk.run("merge @one @two --out @out --allow-memory"), 0, "{}", desk.err);
    assert_as_alone(&desk);
}

#[cfg(unix)]
#[test]
fn a_merge_writes_where_it_is_told_and_into_no_shard() {
    use std::os::unix::ffi::OsStringExt;
    let mut desk = desk(TIES, RUN);
    shard(&mut desk, RUN, "slice:1/1", "one");
    let before = files(&desk.path("one"));
    assert_eq!(desk.run("merge @one --out @one"), 2);
    assert!(desk.err.contains("one holds a shard: choose another folder with --out"), "{}", desk.err);
    assert!(files(&desk.path("one")) == before);
    // A path of any bytes; and a shard by the name of its file.
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
fn a_filter_holds_for_shards_and_their_merge() {
    let command = format!("{RUN} --seeds 1..=3 --filter fine");
    let mut desk = desk(&format!("{TIES}{VARIANTS}"), &command);
    for part in [1, 2] {
        let (part, folder) = (format!("slice:{part}/2"), format!("shards/{part}"));
        assert_eq!(shard(&mut desk, &command, &part, &folder), 0, "{}", desk.err);
    }
    assert!(desk.out.contains("of 3 cells in all"), "{}", desk.out);
    assert_eq!(desk.run("merge @shards --out @out --progress none"), 0, "{}", desk.err);
    assert_as_alone(&desk);
}

#[test]
fn a_shard_without_a_cell_is_a_success_and_is_merged() {
    let mut desk = desk(TIES, RUN);
    for part in 1..=3 {
        assert_eq!(shard(&mut desk, RUN, &format!("slice:{part}/3"), &format!("shards/{part}")), 0);
    }
    assert!(desk.out.contains("0 of its 0 cells"), "{}", desk.out);
    assert_eq!(desk.run("merge @shards --out @out --progress none"), 0, "{}", desk.err);
    assert_as_alone(&desk);
}

#[test]
fn cells_that_are_missing_are_told_with_the_command_that_runs_them() {
    let command = format!("{RUN} --seeds 1..=6");
    let mut desk = desk(TIES, &command);
    for part in [1, 2] {
        shard(&mut desk, &command, &format!("slice:{part}/3"), &format!("shards/{part}"));
    }
    assert_eq!(desk.run("merge @shards @nowhere --out @out"), 16);
    assert!(desk.err.contains("2 of 6 cells are in no shard"), "{}", desk.err);
    assert!(desk.err.contains("  ties.s3\n  ties.s6\n"), "{}", desk.err);
    assert!(desk.err.contains("there is no shard in"), "{}", desk.err);
    assert!(!desk.path("out").exists(), "nothing is written");
    let told = desk.err.lines().find_map(|line| line.trim().strip_prefix("syncdyno ")).unwrap().to_owned();
    assert!(told.ends_with("shards/slice-3-of-3"), "{told}");
    assert_eq!(desk.run(&told), 0, "{}", desk.err);
    assert_eq!(desk.run("merge @shards --out @out --progress none"), 0, "{}", desk.err);
    assert_as_alone(&desk);
}

#[test]
fn shards_of_another_plan_command_or_build_are_refused() {
    let command = format!("{RUN} --seeds 1..=2");
    let mut desk = desk(TIES, &command);
    shard(&mut desk, &command, "slice:1/2", "one");
    shard(&mut desk, &command, "slice:2/2", "two");
    shard(&mut desk, &format!("{RUN} --seeds 1..=3"), "slice:2/2", "three");
    assert_eq!(desk.run("merge @one @two @three --out @out"), 14);
    assert!(desk.err.contains("three is of another command than"), "{}", desk.err);
    assert!(desk.err.contains("--seeds 1..=3"), "{}", desk.err);

    desk.write("s.toml", &TIES.replace("rows = ", "rows = 1"));
    shard(&mut desk, &command, "slice:2/2", "changed");
    assert_eq!(desk.run("merge @one @changed --out @out"), 14);
    assert!(desk.err.contains("changed is of another plan than"), "{}", desk.err);
    assert_eq!(desk.run("merge @one @two --out @out"), 14);
    assert!(desk.err.contains("of their 2 cells 0 are cells of what is here now"), "{}", desk.err);
    assert_eq!(shard(&mut desk, &command, "slice:1/2", "one"), 2, "a shard of what was is there");
    assert!(desk.err.contains("holds a shard already, of another plan"), "{}", desk.err);
    assert_eq!(shard(&mut desk, &command, "slice:1/2", "changed"), 2);
    assert!(desk.err.contains("holds a shard already, slice:2/2"), "{}", desk.err);

    let head = desk.read(&format!("two/{NAME}"));
    let source = &crate::record::Build::this().source;
    let (_, first) = head.lines().next().unwrap().split_once(' ').unwrap();
    let other = crate::campaign::sealed_line(&first.replace(source.as_str(), "0"));
    desk.write(&format!("other/{NAME}"), &other);
    assert_eq!(desk.run("merge @one @other --out @out"), 14);
    assert!(desk.err.contains("other is of another build of the program than"), "{}", desk.err);
    assert_eq!(desk.run("merge @other --out @out"), 14);
    assert!(desk.err.contains("merge with the one that ran it"), "{}", desk.err);
    assert!(!desk.path("out").exists(), "nothing is written");
}

#[test]
fn a_cell_that_came_out_in_two_ways_is_no_replay() {
    let moody = format!("{TIES}\n[variant.moody]\nset = {{ seed = 1 }}\n");
    let mut desk = desk(&moody, RUN);
    for folder in ["one", "two"] {
        assert_eq!(shard(&mut desk, RUN, "slice:1/1", folder), 0);
    }
    assert_eq!(desk.run("merge @one @two --out @out"), 15);
    assert!(desk.err.contains("not deterministic: cell ties.moody.s1 came to digest"), "{}", desk.err);
}

#[test]
fn a_truncated_shard_is_told_and_its_shards_stay_as_they_are() {
    let command = format!("{RUN} --seeds 1..=4");
    let mut desk = desk(TIES, &command);
    for part in [1, 2] {
        shard(&mut desk, &command, &format!("slice:{part}/2"), &format!("shards/{part}"));
    }
    cut(&desk, "shards/2", 900);
    let before = files(&desk.path("shards"));
    assert_eq!(desk.run("merge @shards --out @out"), 16);
    assert!(desk.err.contains("shards/2 has a line that is not as it was written"), "{}", desk.err);
    assert!(desk.err.contains("1 of 4 cells are in no shard"), "{}", desk.err);
    assert!(desk.err.contains("--partition slice:2/2 --out "), "{}", desk.err);
    assert!(files(&desk.path("shards")) == before);
    cut(&desk, "shards/2", 10);
    assert_eq!(desk.run("merge @shards --out @out"), 16);
    cut(&desk, "shards/1", 0);
    assert_eq!(desk.run("merge @shards --out @out"), 2);
    assert!(desk.err.contains("there is no shard in"), "{}", desk.err);
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
    assert!(desk.err.contains("shards, 20 of 20 cells"), "{}", desk.err);
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

#[test]
fn what_a_shard_cannot_do_is_refused() {
    let mut desk = Desk::new();
    desk.write("s.toml", TIES);
    assert_eq!(desk.run("run @s.toml --out @out --progress none"), 0);
    assert_eq!(shard(&mut desk, RUN, "slice:1/2", "out"), 2);
    assert!(desk.err.contains("holds a report"), "{}", desk.err);
    for more in ["--fail-fast", "--resume @out", "--partition 9/8"] {
        assert_eq!(desk.run(&format!("{RUN} --partition slice:1/2 {more}")), 2, "{}", desk.err);
    }
    assert_eq!(desk.run(&format!("{RUN} --partition auto --out @x")), 2);
    assert!(desk.err.contains("none of SLURM_ARRAY_TASK_ID"), "{}", desk.err);
    desk.surroundings.variable = Some(|name| (name == "HQ_TASK_ID").then(|| "2".to_owned()));
    assert_eq!(desk.run(&format!("{RUN} --partition auto/2 --out @x")), 0, "{}", desk.err);
    assert!(desk.out.contains("shard slice:2/2"), "{}", desk.out);
    assert_eq!(desk.run("merge @x --out @y --format nonsense"), 2);
    assert!(desk.err.contains("the command of the shards"), "{}", desk.err);
}
