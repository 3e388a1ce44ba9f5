//! How mistakes are shown: with place and caret, and only a limited number.

use super::{MINIMAL, complaint};

#[test]
fn of_a_file_that_is_no_scenario_the_first_mistakes_are_told_and_the_others_counted() {
    for (lines, rest) in [(50, ""), (51, "and 1 more mistake"), (52, "and 2 more mistakes")] {
        let prose: String = (0..lines).map(|n| format!("this is line {n}, which is no TOML\n")).collect();
        let said = complaint(&prose, &[]);
        assert_eq!(said.matches("error: ").count(), 50, "{said}");
        assert!(said.ends_with(rest) && said.contains("more") != rest.is_empty(), "{said}");
    }
}

#[test]
fn what_is_too_long_to_be_read_is_told_by_its_beginning_and_end() {
    let long = format!("first{}last", "x".repeat(300_000));
    let other = format!("other{}", "y".repeat(300_000));
    for (more, wanted) in [
        (format!("[engine]\n{long} = 1"), "error: unknown key `firstxxx"),
        (format!("[{long}]\na = 1"), "error: unknown key `firstxxx"),
        (format!("[link.{long}]\nrtt = 5"), "xxxlast.rtt` has a wrong value"),
        (format!("[link.{long}]\nrtt = \"{other}\""), "xxxlast.rtt` has a wrong value"),
        (format!("[engine]\nidentity = \"{long}\""), "`engine.identity` cannot be \"firstxxx"),
        (format!("[fleet.more]\ndevices = 1\nlink = \"{long}\"\n[link.{other}]\nrtt = \"9ms\""), "firstxxx"),
        (format!("[variant.a.set]\n\"engine.{long}\" = 1"), "error: unknown key `firstxxx"),
        (format!("[engine]\n\"{}\" = 1", "`a".repeat(100_000)), "error: unknown key ``a"),
    ] {
        let said = complaint(&format!("{MINIMAL}{more}\n"), &[]);
        assert!(said.contains(wanted) && said.contains("--> test.toml:"), "{wanted}\n{said:.3000}");
        assert!(said.len() < 5_000 * said.matches("error: ").count(), "{} bytes: {said:.3000}", said.len());
    }
    let said = complaint(MINIMAL, &[&format!("engine.{long}=1"), &format!("engine.identity={other}")]);
    assert!(said.len() < 10_000, "{} bytes: {said:.3000}", said.len());
}

#[test]
fn of_very_many_names_the_nearest_are_told_and_how_many_more() {
    let said = complaint(MINIMAL, &["baseline_metrics=[\"oracle.lost.rws\"]"]);
    let (_, list) = said.split_once("did you mean `oracle.lost.rows`? there are ").unwrap();
    let nearest: Vec<&str> = list.split(", ").take(10).collect();
    assert!(nearest.contains(&"`oracle.lost.row_ns`"), "{said}");
    assert!(list.trim_end().ends_with(" others"), "{said}");
}

#[test]
fn devices_of_all_fleets_are_counted_together() {
    let fleets: String = (0..5_000).map(|i| format!("[fleet.f{i}]\ndevices = 1000000\n")).collect();
    let chaos = "[chaos]\nkill_mtbf = \"1h\"\n";
    let said = complaint(&format!("{MINIMAL}{fleets}{chaos}"), &[]);
    insta::assert_snapshot!(said.split(" --> ").next().unwrap());
}

#[test]
fn a_word_in_place_of_a_table_is_told_with_the_key_that_takes_it() {
    let said = complaint(MINIMAL, &["engine.conflict=\"last-write\""]);
    let wanted = "write a table, such as { policy = \"last-write-wins\" }; its keys are `detect`, `base`";
    assert!(said.contains(wanted), "{said}");
}

#[test]
fn an_unknown_name_among_shares_has_the_caret() {
    for key in ["link", "class"] {
        let more = format!("[fleet.more]\ndevices = 2\n{key} = {{ unheard-of = 1 }}\n");
        let said = complaint(&format!("{MINIMAL}{more}"), &[]);
        let carets = said.lines().find(|line| line.contains('^')).map(|line| line.matches('^').count());
        assert_eq!(carets, Some("unheard-of".len()), "{said}");
    }
}
