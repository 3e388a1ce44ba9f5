//! What is refused before anything runs: with which code, in which words.

use insta::assert_snapshot;

use super::tests::Desk;
use crate::record::fixture::TIES;

const SET: &str = "
[variant.plain]
[variant.kept]
set = { \"gateway.mode\" = \"persistent\", \"engine.pull\" = { chunk_rows = 7 } }
expect = { \"oracle.lost.rows\" = 0 }
";

/// The desk that everything here is asked at.
fn desk() -> Desk {
    let desk = Desk::with("");
    desk.write("set.toml", &format!("{TIES}{SET}"));
    desk.write("more/ties.toml", TIES);
    desk.write("more/other.toml", &TIES.replace("\"ties\"", "\"other\""));
    let fleets = "[fleet.trucks]\ndevices = 2\n\n[fleet.phones]";
    desk.write("fleets.toml", &TIES.replace("[fleet.phones]", fleets));
    desk.write("empty/readme.md", "no scenario");
    desk.write("file", "in the way");
    desk.write("marked.toml", "\u{feff}nam = \"x\"\n");
    std::fs::write(desk.path("latin.toml"), b"name = \"x\"\nabout = \"caf\xe9\"\n").unwrap();
    desk.write("few.csv", "start,rows,bytes,duration_ms,outcome\n0,500,45000,400,ok\n");
    desk.write("bad/bad.toml", "name = 5\n");
    desk.write("bad/fine.toml", TIES);
    desk
}

#[test]
fn what_is_not_there_is_usage_and_what_selects_nothing_is_4() {
    let mut desk = desk();
    assert_snapshot!(desk.session(
        "run @gone.toml
         run @empty
         run @set.toml --variant strict
         run @set.toml --variant plain --variant plian
         check @set.toml --variant plain --variant plian
         plan @set.toml --variant plain --variant plian
         sweep --axis engine.pull.chunk_rows=1,2 @set.toml --variant plain --variant plian
         run --seeds 5..=1
         run --seed 1 --seeds 1..=2
         run @ties.toml --seed 9223372036854775808
         run @ties.toml --seeds 9223372036854775807..=9223372036854775808
         run --set nonsense
         run -j 0
         run --time-limit soon
         run @ties.toml --out @file --progress none
         run --for @ --out @out
         frobnicate
         replay @empty#c
         replay @gone.toml
         profiles show carrier-pigeon
         profiles show lte-god
         profiles show lte
         matrix @set.toml --variant plain --variant kept
         new @...
         new @.toml
         new @---
         compare @out @out --tolerance=1
         compare @out @out --tolerance=-1%
         compare @out @out --tolerance=NaN%
         compare @out @out --tolerance=much"
    ));
    assert_eq!((desk.runs(), desk.run(&format!("new @{}", "x".repeat(81)))), (0, 2));
    assert_eq!(desk.run(&format!("new @{}", "x".repeat(80))), 0, "{}", desk.err);
}

#[test]
fn files_with_mistakes_are_shown_with_the_place() {
    let mut desk = desk();
    assert_snapshot!(desk.session(
        "check @bad @ties.toml
         check @marked.toml
         check @latin.toml
         check @ties.toml --set engine.pul.chunk_rows=5
         check @ties.toml --set engine.name=acme
         check @ties.toml --set name=other
         calibrate @few.csv -o @made.toml"
    ));
    assert_eq!(desk.runs(), 0);
}

#[test]
fn a_grid_that_cannot_be_run_is_refused() {
    let mut desk = desk();
    assert_snapshot!(desk.session(
        "sweep @ties.toml
         sweep @ties.toml --axis engine.pull.chunk_rows=1..=1000000000
         run @set.toml --seeds 1..=50001
         check @set.toml --seeds 1..=100001
         sweep @ties.toml --axis engine.pull.chunk_row=1,2
         sweep @ties.toml --axis fleet.phones.link=edge,lte-god
         sweep @ties.toml --axis engine.pull.chunk_rows=1..5
         sweep @ties.toml --axis seed=1..=3 --seeds 1..=2
         sweep @ties.toml --axis drain=1h --axis drain=2h
         sweep @ties.toml --axis drain=1h --against drain=2h
         sweep @ties.toml --axis drain=1h --metric engine.row.rate
         sweep @more --axis drain=1h,2h
         sweep @set.toml --axis gateway.mode=ota,persistent
         sweep @set.toml --axis engine.pull.chunk_rows=1..8*2
         sweep @set.toml --axis engine.pull={},{prefetch=1}"
    ));
    assert_eq!(desk.runs(), 0);
    let allowed = "sweep @set.toml --variant plain --axis engine.pull.chunk_rows=1..8*2 --seeds 1..=2";
    assert_eq!(desk.run(&format!("{allowed} --progress none --out @out")), 0, "{}", desk.err);
}

#[test]
fn a_search_that_cannot_be_made_is_refused_at_the_option_that_asks() {
    let mut desk = desk();
    assert_snapshot!(desk.session(
        "tune @ties.toml --knob engine.pull.chunk_rows=1..=1000000000
         tune @ties.toml --fleet 1..=1000000000
         tune @ties.toml --knob engine.pull.chunk_row=16..32
         tune @ties.toml --knob engine.pull.chunk_rows=0..32
         tune @ties.toml --knob engine.pull.chunk_rows --knob engine.pull.chunk_rows=1..2
         tune @ties.toml --knob fleet.phones.devices=1..9 --fleet 1,2
         tune @ties.toml --knob seed=1..5
         tune @ties.toml --knob seed=1,2,3 --knob engine.pull.chunk_rows=16..32
         tune @ties.toml --link nowhere
         tune @ties.toml --class edge
         tune @ties.toml --fleet 1,0
         tune @ties.toml --axis engine.pull.apply_row=1,2
         tune @ties.toml --metric engine.rows.speed
         tune @ties.toml --metric engine.pull.rows
         tune @ties.toml --limit speed=1
         tune @ties.toml @more/other.toml
         tune @set.toml
         tune @fleets.toml --fleet 1,2
         tune @ties.toml --fleet 1,1
         tune @gone.toml
         tune @ties.toml --resume @gone
         tune @ties.toml --resume @out --out @out"
    ));
    assert_eq!(desk.runs(), 0);
}
