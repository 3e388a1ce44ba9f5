//! Events on phones, combined with what the phones have to send.

use syncdyno::world::{Ending, Outcome};

use crate::worlds::{run, value, written};

/// A phone with notes, whose user takes photos.
const WORK: &str = "name = \"phones\"\nduration = \"1h\"\ndrain = \"1h\"\n\
    [link.line]\nkind = \"cellular\"\nrtt = \"200ms\"\ndown = \"1Mbit/s\"\nup = \"2kbit/s\"\n\
    [fleet.phones]\ndevices = 1\nlink = \"line\"\nstart = \"1d\"\n\
    [unit.Sync]\non = [\"login\", \"online\", \"save\", \"every 5m\"]\npull = [\"*\"]\npush = [\"*\"]\n\
    [entity.note]\nrows = 30\nschema = { id = \"uuid key\", title = \"text 20\" }\n\
    [entity.photo]\nrows = 0\nattachment = { least = \"20kB\", most = \"30kB\" }\n\
    schema = { id = \"uuid key\", title = \"text 20\" }\n\
    [action.photo]\nentity = \"photo\"\nkind = \"create\"\nper_device = 0\n\
    [action.change]\nentity = \"note\"\nkind = \"update\"\ncolumns = [\"title\"]\nper_device = 0\n";

fn edits(action: &str, count: u32, at: &str) -> String {
    format!(
        "[event.{action}s]\nat = \"{at}\"\nedits = {{ action = \"{action}\", count = {count}, over = \"1s\" }}\n"
    )
}

fn engine(more: &str) -> String {
    format!("[engine]\n{more}\n")
}

fn outcome(scenario: &str) -> Outcome {
    let outcome = run(&written(&format!("{WORK}{scenario}")));
    assert_eq!(outcome.ending, Ending::Drained, "{:?}", outcome.violations);
    assert!(outcome.violations.is_empty(), "{:?}", outcome.violations);
    outcome
}

#[test]
fn attachments_go_on_with_another_token() {
    let photos = edits("photo", 1, "+20m");
    for queue in ["before", "behind", "beside"] {
        let engine = engine(&format!("attachments = {{ queue = \"{queue}\", chunk_bytes = \"2kB\" }}"));
        let outcome = outcome(&format!("{engine}{photos}[gateway]\ntoken = {{ life = \"40s\" }}\n"));
        assert!(value(&outcome, "engine.tokens.renewed") >= 2, "{queue}");
        assert_eq!(value(&outcome, "attachment.stored.count"), 1, "{queue}");
    }
}

#[test]
fn nobody_logs_out_while_a_photo_waits_if_that_is_refused() {
    let engine = engine("on_logout = \"refuse\"\nattachments = { chunk_bytes = \"2kB\" }");
    let photos = edits("photo", 1, "+10m");
    for (at, refused) in [("+10m50s", 1), ("+20m", 0)] {
        let logout = format!("[event.leave]\nat = \"{at}\"\nlogout = {{ for = \"5m\" }}\n");
        let outcome = outcome(&format!("{engine}{photos}{logout}"));
        assert_eq!(value(&outcome, "device.logouts.refused"), refused, "{at}");
    }
}

#[test]
fn a_logout_that_throws_edits_away_has_their_rows_come_again() {
    let outage = "[event.cellar]\nat = \"+5m\"\noutage = { for = \"40m\" }\n";
    let logout = "[event.leave]\nat = \"+35m\"\nlogout = { for = \"5m\" }\n";
    let work = edits("photo", 2, "+10m") + &edits("change", 3, "+20m");
    for pull in ["{}", "{ checkpoint = \"session\" }", "{ atomic = \"session\" }"] {
        let engine =
            engine(&format!("on_logout = \"discard\"\npull = {pull}\nattachments.chunk_bytes = \"2kB\""));
        let outcome = outcome(&format!("{engine}{work}{outage}{logout}"));
        assert!(value(&outcome, "engine.cursor.reset") >= 1, "{pull}");
    }
}

#[test]
fn who_comes_to_a_logout_after_the_end_stays() {
    let engine = engine("on_logout = \"send-first\"\nattachments = { chunk_bytes = \"2kB\" }");
    let photos = edits("photo", 1, "+59m30s");
    let logout = "[event.leave]\nat = \"+59m50s\"\nlogout = { for = \"5m\" }\n";
    outcome(&format!("{engine}{photos}{logout}"));
}

#[test]
fn who_never_comes_back_leaves_edits_on_the_phone_that_are_counted() {
    let outage = "[event.cellar]\nat = \"+20m\"\noutage = { for = \"25m\" }\n";
    let lent = "[event.lent]\nat = \"+5m\"\nother_user = { for = \"30m\" }\n";
    for (on_logout, left) in [("keep", 3), ("send-first", 0)] {
        let engine = engine(&format!("on_logout = \"{on_logout}\""));
        let outcome = outcome(&format!("{engine}{}{outage}{lent}", edits("change", 3, "+25m")));
        assert_eq!(value(&outcome, "oracle.shelved.edits"), left, "{on_logout}");
        assert_eq!(outcome.shelved.is_some(), left > 0, "{on_logout}");
        assert_eq!(value(&outcome, "oracle.taken_back.edits"), 0, "{on_logout}");
    }
}

#[test]
fn the_end_waits_for_photos_of_a_newer_app() {
    let adds = "adds = { entity = \"note\", column = \"weight\", type = \"real\" }";
    let newer = format!("[event.newer]\nat = \"+30m\"\nupgrade = {{ {adds} }}\n");
    let engine = engine("attachments = { queue = \"beside\", chunk_bytes = \"2kB\" }");
    let outcome = outcome(&format!("{engine}{}{newer}", edits("photo", 1, "+59m50s")));
    assert_eq!(value(&outcome, "attachment.stored.count"), 1);
}
