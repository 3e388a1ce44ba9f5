//! What is said of slips of the pen and of what goes beyond a limit: what was meant, what there is,
//! how far one may go.

use super::{MINIMAL, complaint};

/// Everything that must be said of `MINIMAL` with more lines.
fn says(more: &str, wanted: &[&str]) {
    let said = complaint(&format!("{MINIMAL}{more}\n"), &[]);
    for part in wanted {
        assert!(said.contains(part), "{more}\nshould make it say: {part}\nbut it says:\n{said}");
    }
}

#[test]
fn a_limit_of_a_column_is_told() {
    let column = |kind: &str| format!("[entity.p.schema]\nid = \"uuid key\"\nphoto = \"{kind}\"");
    says(&column("fat 2MB"), &["`entity.p.schema.photo` is wrong", "\"fat 2MB..100MB\"", "test.toml:11:9"]);
    says(&column("text 1000001"), &["a \"fat\" may have up to 100MB", "it takes a column type"]);
    says(&column("txt"), &["did you mean \"text\"?"]);
}

#[test]
fn a_slip_in_a_word_is_told_what_was_meant() {
    for (more, meant) in [
        ("[engine]\nconflict = { policy = \"last-write-win\" }", "did you mean `last-write-wins`?"),
        ("[engine]\nconflict = { compares = \"edited\" }", "\"last-commit-wins\" for `committed`"),
        ("[engine]\nconflict = { policy = \"none\" }", "or another policy"),
        (
            "[backend]\nwrites = \"newer-date\"\n[engine]\nconflict = { policy = \"client-wins\" }",
            "it takes \"last-write-wins\" or \"server-wins\" or \"none\"",
        ),
        ("[backend]\nwrites_grace = \"1s\"", "\"dated\" or \"newer-date\""),
        ("[engine]\nconflict = { while_open = \"cary-on\" }", "did you mean `carry-on`?"),
        ("[unit.U]\non = [\"logn\"]\npull = [\"note\"]", "did you mean \"login\"?"),
        ("[unit.U]\non = [\"every 0s\"]\npull = [\"note\"]", "a period is at least 1s"),
        ("[entity.p]\ndelivery = \"dleta\"\nschema = { id = \"uuid key\", a = \"text\" }", "\"delta\"?"),
        ("start = \"emtpy\"", "did you mean \"empty\"?"),
        ("start = \"0s\"", "synced just now"),
    ] {
        says(more, &[meant]);
    }
}

#[test]
fn a_drain_has_time_to_ask_every_device() {
    let said = complaint(MINIMAL, &["drain=\"0s\""]);
    assert!(said.contains("from 1s to 3660d") && said.contains(" --> --set:1:"), "{said}");
    let said = complaint(MINIMAL, &["drain=\"1s\"", "fleet.phones.devices=40"]);
    assert!(said.contains("a drain of 1s is over before all of 40 devices are asked to sync"), "{said}");
    assert!(said.contains("write a longer `drain`") && said.contains(" --> --set:1:"), "{said}");
    super::with_sets(MINIMAL, &["drain=\"1s\"", "fleet.phones.devices=39"]);
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
fn all_names_that_fit_are_told() {
    let types: String = (0..40).map(|n| format!("c{n} = \"text\"\n")).collect();
    let said = complaint(
        &format!(
            "{MINIMAL}\n[entity.p]\nproject = [\"nothing\"]\n[entity.p.schema]\nid = \"uuid key\"\n{types}"
        ),
        &[],
    );
    assert!((0..40).all(|n| said.contains(&format!("`c{n}`"))), "{said}");
}

#[test]
fn attachments_that_nobody_would_send_are_refused() {
    let photo = "[entity.p]\nattachment = { least = \"1kB\" }\nschema = { id = \"uuid key\", a = \"int\" }";
    for capture in ["dirty-flags", "updated-after-last-sync"] {
        let more = format!("{photo}\n[engine]\npush = {{ capture = \"{capture}\" }}");
        says(
            &more,
            &["nobody knows which attachments wait", "engine.push.capture = \"outbox\"", "test.toml:10:1"],
        );
    }
}
