//! Each event asks once for each unit that it starts, even with kills and a flapping network.

use crate::worlds::{self, figure, trouble, value};

const WORLD: &str = "tests/it/worlds/asked-once.toml";
const PHONES: u64 = 3;

/// How often units were asked for per phone, and how often of these one was waiting already.
fn asked(sets: &[&str]) -> (u64, u64) {
    let outcome = worlds::run(&worlds::plan(WORLD, sets));
    assert_eq!(trouble(&outcome), [] as [String; 0], "{sets:?}");
    assert_eq!(value(&outcome, "engine.session.failed"), 0, "else it is tried again: {sets:?}");
    let queued = figure(&outcome, "engine.queue.depth", "count");
    let again = value(&outcome, "engine.queue.coalesced");
    assert_eq!(((queued + again) % PHONES, again % PHONES), (0, 0), "the phones are alike");
    ((queued + again) / PHONES, again / PHONES)
}

/// How many more requests for units there are with something that starts them.
fn asked_more(sets: &[&str]) -> u64 {
    asked(sets).0 - asked(&[]).0
}

#[test]
fn each_login_asks_once() {
    let login = "unit.Sync.on=[\"login\"]";
    assert_eq!(asked_more(&[login]), 2, "where nothing blocks, the app that comes back logs in again");
    assert_eq!(asked_more(&[login, "unit.Sync.blocking=true"]), 1);
}

#[test]
fn each_resume_asks_once() {
    let resumed = ["unit.Sync.on=[\"resume\"]", "unit.Sync.blocking=true"];
    assert_eq!(asked_more(&resumed), 2, "as the person sits down, and of the app that comes back");
}

#[test]
fn each_return_of_the_network_that_the_app_hears_asks_once() {
    assert_eq!(asked_more(&["unit.Sync.on=[\"online\"]"]), 9);
}

#[test]
fn each_period_in_the_foreground_asks_once() {
    assert_eq!(asked_more(&["unit.Sync.on=[\"every 5m\"]"]), 5);
}

#[test]
fn each_pull_to_refresh_asks_once() {
    let wish =
        |n: u32, at: &str| format!("event.wish{n}={{ at = \"{at}\", trigger = {{ unit = \"Sync\" }} }}");
    let wishes = [wish(0, "+5m"), wish(1, "+5m"), wish(2, "+5m"), wish(3, "+20m")];
    let sets: Vec<&str> = wishes.iter().map(String::as_str).collect();
    assert_eq!(asked_more(&sets), 4);
    assert_eq!(asked(&sets).1, 2, "two came while the first waited");
}
