//! People whose screen a sync blocks: what happens to the edits that they want to make.

use syncdyno::analysis::judge;
use syncdyno::record::Reason;
use syncdyno::scenario::{Document, Request};
use syncdyno::world::Outcome;

use crate::worlds::{figure, plans, run, trouble, value, written};

const SECOND: u64 = 1_000_000_000;

/// Three phones whose login loads for two minutes, and six notes that each person wants to make
/// within two minutes from `from`.
fn morning(from: &str, more: &str) -> String {
    format!(
        r#"
name = "morning"
duration = "20m"
drain = "30m"
[entity.product]
rows = 1_500
schema = {{ id = "uuid key", name = "text 20..60" }}
[entity.note]
rows = 0
schema = {{ id = "uuid key", title = "text" }}
[fleet.phones]
devices = 3
link = "slow"
[link.slow]
kind = "cellular"
rtt = "150ms"
down = "10kbit/s"
up = "10kbit/s"
[unit.Login]
on = ["login"]
pull = ["product", "note"]
blocking = true
[unit.Send]
on = ["save"]
push = ["note"]
[engine]
pull = {{ chunk_rows = 100 }}
[workload]
login.all = {{ at = "+1m", spread = "0s" }}
[action.note]
entity = "note"
kind = "create"
per_device = 0
[event.work]
at = "{from}"
edits = {{ action = "note", count = 6, over = "2m" }}
{more}
"#
    )
}

fn edits(outcome: &Outcome) -> [u64; 4] {
    ["made", "missed", "refused", "prevented"].map(|of| value(outcome, &format!("workload.edits.{of}")))
}

fn blocked(outcome: &Outcome) -> u64 {
    value(outcome, "device.screen.blocked")
}

#[test]
fn each_edit_is_made_missed_refused_or_prevented() {
    let chaos = "[chaos]\nkill_mtbf = \"2m\"\noutage_mtbf = \"3m\"\noutage_mean = \"20s\"\n\
                 [event.full]\nat = \"+2m\"\ndisk_full = { for = \"1m\" }\n";
    let mut all = [0; 4];
    let text = morning("+20s", chaos).replace("over = \"2m\"", "over = \"8m\"");
    let document = Document::parse("written.toml", &text).unwrap();
    for plan in plans(&document, &Request { seeds: (1..=4).collect(), ..Request::default() }) {
        let outcome = run(&plan);
        assert_eq!(trouble(&outcome), Vec::<String>::new());
        let edits = edits(&outcome);
        assert_eq!(edits.iter().sum::<u64>(), 18, "{edits:?}");
        assert_eq!(value(&outcome, "oracle.lost_edit.count"), 0);
        all.iter_mut().zip(edits).for_each(|(all, more)| *all += more);
    }
    assert!(all[0] > 0 && all[1] > 0 && all[3] > 0, "{all:?}");
}

#[test]
fn a_login_in_the_background_keeps_nobody_from_an_edit() {
    let text = morning("+70s", "");
    let waits = run(&written(&text));
    let [made, _, _, prevented] = edits(&waits);
    assert!(made > 0 && prevented > 0, "{made} made, {prevented} prevented");
    // People look at the app all the time.
    let login: u64 = figure(&waits, "engine.usable_after_login.duration", "max");
    assert!((2 * login..=3 * login).contains(&blocked(&waits)), "{} ns", blocked(&waits));
    let works = run(&written(&text.replace("blocking = true", "blocking = false")));
    assert_eq!((edits(&works), blocked(&works)), ([18, 0, 0, 0], 0));
}

#[test]
fn a_killed_login_has_the_screen_again_as_the_app_restarts() {
    let one = |more: &str| morning("+70s", more).replace("devices = 3", "devices = 1");
    let whole = run(&written(&one("")));
    let usable = |outcome: &Outcome| figure(outcome, "engine.usable_after_login.duration", "max");
    assert_eq!(blocked(&whole), usable(&whole), "from the wish to the end");
    let kill = "[event.cut]\nat = \"+0s\"\n\
                kill = { point = \"pull.chunk-applied\", nth = 3, restart_after = \"20s\" }\n";
    let cut = run(&written(&one(kill)));
    assert_eq!(value(&cut, "device.kills.count"), 1);
    assert_eq!(blocked(&cut) + 20 * SECOND, usable(&cut), "all but the time without an app");
    assert!(usable(&cut) > usable(&whole));
    let [made, missed, _, prevented] = edits(&cut);
    assert_eq!(made + missed + prevented, 6);
    assert!(prevented >= edits(&whole)[3] && prevented > 0, "{prevented}");
}

#[test]
fn who_waits_is_not_in_the_way_of_the_next_process() {
    // The login is interrupted at once and ends soon after: people who waited make the edit then.
    let text = morning("+61s", "[event.cut]\nat = \"+62s\"\nkill = { restart_after = \"10s\" }\n")
        .replace("rows = 1_500", "rows = 60")
        .replace("over = \"2m\"", "over = \"1s\"");
    let outcome = run(&written(&text));
    assert_eq!(value(&outcome, "device.kills.count"), 3);
    let [made, missed, _, prevented] = edits(&outcome);
    assert!(made > 0 && prevented == 0 && made + missed == 18, "{made} made, {missed} missed");
}

#[test]
fn a_slow_hook_of_a_blocking_run_has_the_screen() {
    let text = |more: &str| {
        morning("+62s", more).replace("rows = 1_500", "rows = 10").replace("over = \"2m\"", "over = \"10s\"")
    };
    let quick = run(&written(&text("")));
    assert_eq!(edits(&quick), [18, 0, 0, 0]);
    for hook in ["on_sync_start", "on_sync_complete"] {
        let slow = run(&written(&text(&format!("[hooks.{hook}]\ntakes = \"2m\"\nunit = \"Login\"\n"))));
        assert_eq!(edits(&slow), [0, 0, 0, 18], "{hook}");
        assert!(blocked(&slow) >= blocked(&quick) + 3 * 100 * SECOND, "{hook}");
        let other = run(&written(&text(&format!("[hooks.{hook}]\ntakes = \"2m\"\nunit = \"Send\"\n"))));
        assert_eq!(edits(&other), [18, 0, 0, 0], "{hook} of Send");
    }
}

#[test]
fn a_blocking_unit_that_is_called_has_the_screen() {
    let called = "[event.call]\nat = \"+8m\"\ntrigger = { unit = \"All\", how = \"direct\" }\n\
                  [unit.All]\non = [\"manual\"]\npull = [\"*\"]\nblocking = true\n";
    let text = morning("+481s", called)
        .replace("\"product\", \"note\"", "\"note\"")
        .replace("over = \"2m\"", "over = \"10s\"");
    assert_eq!(edits(&run(&written(&text))), [0, 0, 0, 18]);
    let beside = text.replace("pull = [\"*\"]\nblocking = true", "pull = [\"*\"]");
    assert_eq!(edits(&run(&written(&beside))), [18, 0, 0, 0]);
}

#[test]
fn a_run_in_which_all_edits_are_prevented_fails() {
    let text = morning("+62s", "").replace("over = \"2m\"", "over = \"10s\"");
    let (plan, outcome) = (written(&text), run(&written(&text)));
    assert_eq!(edits(&outcome), [0, 0, 0, 18]);
    let reasons = judge(&plan, "cell", &outcome).cell.reasons;
    let [Reason::ActionInVain { wanted, prevented, .. }] = *reasons else { panic!("{reasons:?}") };
    assert_eq!((wanted, prevented), (18, 18));
    let expected = text.replace("per_device = 0", "per_device = 0\noptional = true");
    assert!(judge(&written(&expected), "cell", &outcome).cell.reasons.is_empty(), "the file asks for it");
}
