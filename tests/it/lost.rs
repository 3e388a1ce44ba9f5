//! Edits that people saved and lost, for whatever reason, and what a run reports about them.

use syncdyno::analysis;
use syncdyno::oracle::losses;
use syncdyno::record::Reason;
use syncdyno::scenario::Request;
use syncdyno::world::{Ending, Outcome};

use crate::comparisons::{desk, syncdyno};
use crate::worlds::{self, document, run, value, written};

/// Two surveyors fill in five forms each in a cellar, from a quarter past to half past.
const CELLAR: &str = r#"
name = "cellar"
duration = "2h"
entity.form = { rows = 40, schema = { id = "uuid key", text = "text 10..40" } }
fleet.phones = { devices = 2, link = "lte-good", start = "1d" }
unit.Sync = { on = ["login", "online", "save", "every 10m"], pull = ["*"], push = ["*"] }
workload.login.all = { at = "+5s", spread = "0s" }
action.fill = { entity = "form", kind = "create", per_device = 0 }
event.cellar = { at = "+10m", outage = { for = "60m" } }
event.work = { at = "+15m", edits = { action = "fill", count = 5, over = "15m" } }
"#;

/// Further events on the phones, how many edits have each end, and whether people are notified.
type OfVariant = (&'static str, &'static [(&'static str, u64)], bool);

const ENDS: &[OfVariant] = &[
    ("", &[("arrived", 10)], true),
    // The forms wait for the network, or for the person who filled them in.
    ("event.out = { at = '+50m', logout = { for = '30m' } }", &[("arrived", 10)], true),
    (
        "engine.on_logout = 'discard'\nevent.out = { at = '+50m', logout = { for = '30m' } }",
        &[("discarded", 10)],
        true,
    ),
    (
        "engine.on_logout = 'send-first'\nevent.out = { at = '+50m', logout = { for = '30m' } }",
        &[("arrived", 10)],
        true,
    ),
    (
        "engine.on_logout = 'keep'\nevent.lent = { at = '+5m', other_user = { for = '40m' } }",
        &[("shelved", 10)],
        false,
    ),
    ("backend.poison = '100%'", &[("refused", 10)], true),
    ("event.new = { at = '+50m', reinstall = {} }", &[("reinstalled", 10)], false),
    (
        "event.new = { at = '+50m', reinstall = { devices = [1] } }",
        &[("arrived", 5), ("reinstalled", 5)],
        false,
    ),
    ("event.back = { at = '+50m', restore = { of = '45m' } }", &[("restored", 10)], false),
    ("event.copy = { at = '+50m', clone = { from = 0, to = 1 } }", &[("arrived", 5), ("copied", 5)], false),
    ("event.fire = { at = '+90m', restore_backend = { of = '80m' } }", &[("backend_restored", 10)], false),
    (
        "event.next = { at = '+50m', upgrade = { on_mismatch = 'reset', \
         adds = { entity = 'form', column = 'weight', type = 'real' } } }",
        &[("upgraded", 10)],
        false,
    ),
];

/// The sum of saved edits over all of their ends.
pub(crate) fn ends(outcome: &Outcome) -> u64 {
    let kept =
        ["arrived", "given_up", "waiting"].map(|end| value(outcome, &format!("oracle.saved_edits.{end}")));
    kept.iter().sum::<u64>() + losses().map(|loss| value(outcome, loss.metric)).sum::<u64>()
}

#[test]
fn what_people_saved_has_the_end_that_befell_it() {
    for (more, wanted, told) in ENDS {
        let outcome = run(&written(&format!("{CELLAR}{more}\n")));
        let of = |end: &str| match end {
            "shelved" => value(&outcome, "oracle.shelved.edits"),
            end => value(&outcome, &format!("oracle.saved_edits.{end}")),
        };
        let found: Vec<u64> = wanted.iter().map(|(end, _)| of(end)).collect();
        let numbers: Vec<u64> = wanted.iter().map(|(_, edits)| *edits).collect();
        assert_eq!(found, numbers, "{more}: {wanted:?}");
        assert_eq!((ends(&outcome), value(&outcome, "workload.edits.made")), (10, 10), "{more}");
        let lost =
            10 - wanted.iter().filter(|(end, _)| *end == "arrived").map(|(_, edits)| edits).sum::<u64>();
        let untold = if *told { 0 } else { lost };
        assert_eq!((of("lost"), of("untold")), (lost, untold), "{more}");
        // Restoring a backup of the backend removes edits that counted as safe.
        let taken = of("backend_restored");
        let never_safe = ["lost", "gave_way", "refused", "lost_since"]
            .map(|end| value(&outcome, &format!("engine.never_safe.{end}")));
        // A refused edit is lost unless its person is notified.
        let refused = if *told || of("refused") == 0 { of("refused") } else { 0 };
        let gave_way = of("superseded");
        let never = worlds::figure(&outcome, "engine.write_acknowledged.duration", "never");
        let rest = lost - taken - gave_way - refused;
        assert_eq!((never_safe, never), ([rest, gave_way, refused, taken], lost), "{more}");
    }
}

/// Two people take three photos each without a network; rows are sent at once, photos slowly.
const PHOTOS: &str = r#"
name = "photos"
duration = "2h"
fleet.phones = { devices = 2, link = "thin", start = "1d" }
link.thin = { down = "200kbit/s", up = "20kbit/s", rtt = "200ms" }
engine.attachments.chunk_bytes = "32KiB"
unit.Sync = { on = ["login", "online", "save", "every 10m"], pull = ["*"], push = ["*"] }
workload.login.all = { at = "+5s", spread = "0s" }
action.shot = { entity = "report", kind = "create", per_device = 0 }
event.away = { at = "+10m", outage = { for = "40m" } }
event.work = { at = "+15m", edits = { action = "shot", count = 3, over = "10m" } }
[entity.report]
rows = 5
schema = { id = "uuid key", title = "text 10..40" }
attachment = { least = "300kB", most = "300kB", thumbnail = "5kB" }
"#;

#[test]
fn a_photo_is_lost_as_an_edit_by_the_same_event_is() {
    for (more, end, expect) in [
        ("reinstall = { devices = [0] }", "oracle.saved_edits.reinstalled", "oracle.taken_back.edits"),
        ("restore = { devices = [0], of = '45m' }", "oracle.saved_edits.restored", "oracle.taken_back.edits"),
        ("clone = { from = 1, to = 0 }", "oracle.saved_edits.copied", "oracle.taken_back.edits"),
        ("other_user = { devices = [0], for = '2h' }", "oracle.shelved.edits", "oracle.shelved.edits"),
        ("logout = { devices = [0], for = '5m' }", "oracle.saved_edits.lost", ""),
    ] {
        let events = format!("engine.on_logout = 'keep'\nevent.re = {{ at = '+52m', {more} }}\n");
        let judged = |expect: &str| {
            let plan = written(&format!("{expect}{events}{PHOTOS}"));
            let outcome = run(&plan);
            let reasons = analysis::judge(&plan, "photos.s1", &outcome).cell.reasons;
            (outcome, reasons)
        };
        let (outcome, reasons) = judged("");
        let lost = value(&outcome, end);
        assert_eq!(value(&outcome, "oracle.saved_edits.lost"), lost, "{more}");
        assert_eq!(value(&outcome, "oracle.saved_edits.attachment_only"), lost, "{more}");
        assert_eq!(value(&outcome, "oracle.saved_edits.untold"), lost, "{more}");
        assert_eq!(value(&outcome, "attachment.bare.rows"), lost, "{more}");
        assert_eq!(value(&outcome, "engine.never_safe.lost_since"), lost, "{more}");
        assert_eq!(
            (lost > 0, reasons.len()),
            (!expect.is_empty(), usize::from(lost > 0)),
            "{more}: {reasons:?}"
        );
        if lost > 0 {
            let (_, reasons) = judged(&format!("expect.\"{expect}\" = {{ min = 1 }}\n"));
            assert!(reasons.is_empty(), "{more}: {reasons:?}");
        }
    }
}

/// The line about data, and the exit code of the run.
fn said(text: &str) -> (i32, String) {
    let desk = desk(text);
    let args = ["run", "small.toml", "--out", "out", "--progress", "none", "--color", "never"];
    let (exit, told, wrong) = syncdyno(&desk, &args);
    assert_eq!(wrong.lines().filter(|line| line.contains("error")).count(), 0, "{wrong}");
    let mut lines = told.lines().skip_while(|line| !line.starts_with("  data"));
    let first = lines.next().unwrap_or_default().to_owned();
    let line = lines
        .take_while(|line| line.starts_with("           "))
        .fold(first, |all, line| all + " " + line.trim());
    let fails: Vec<&str> = told.lines().filter(|line| line.starts_with("FAIL")).collect();
    (exit, [vec![line.trim()], fails].concat().join("\n"))
}

#[test]
fn the_line_about_data_says_what_was_lost_and_how() {
    let all = ENDS.iter().map(|(more, ..)| {
        let (exit, told) = said(&format!("{CELLAR}{more}\n"));
        format!("{more}\nexit {exit}: {told}\n")
    });
    insta::assert_snapshot!(all.collect::<Vec<_>>().join("\n"));
}

#[test]
fn edits_taken_back_fail_a_run_that_does_not_mean_it() {
    let reasons = |text: &str| {
        let plan = written(text);
        analysis::judge(&plan, "c", &run(&plan)).cell.reasons
    };
    for more in ["reinstall = {}", "restore = { of = '45m' }", "clone = { from = 0, to = 1 }"] {
        let text = format!("{CELLAR}event.gone = {{ at = '+50m', {more} }}\n");
        let found = reasons(&text);
        assert!(matches!(*found, [Reason::TakenBack { .. }]), "{more}: {found:?}");
        let meant = "[expect]\n\"oracle.taken_back.edits\" = { min = 1 }\n";
        assert!(reasons(&format!("{text}{meant}")).is_empty(), "{more}");
    }
}

#[test]
fn an_edit_whose_people_are_told_is_lost_all_the_same() {
    let plans = worlds::plans(&document("scenarios/conflicts/told.toml"), &Request::default());
    for plan in &plans {
        let outcome = run(plan);
        let of = |metric: &str| value(&outcome, metric);
        let [lost, untold] = ["lost", "untold"].map(|what| of(&format!("oracle.saved_edits.{what}")));
        assert!(lost > 0);
        if of("engine.edits.rejected") > 0 {
            // Some lines are about edits that the backend has got in the meantime.
            let lines = of("engine.edits.rejected") + of("engine.edits.superseded");
            assert!(lost <= lines && lost * 10 >= lines * 9, "{lost} by {lines} lines");
            assert_eq!(untold, 0);
        } else {
            // One gave way in each column, and a later edit of its person came: no check finds it.
            assert_eq!([of("oracle.lost_edit.count"), lost, untold], [36, 37, 37]);
        }
        assert_eq!(ends(&outcome), of("workload.edits.made"));
    }
}

#[test]
fn a_variant_that_loses_edits_shows_that_beside_one_that_does_not() {
    let variants = "[variant.cleaned]\nset = { \"event.clean\" = { at = \"+50m\", reinstall = { devices = [1] } } }\n\
                    expect = { \"oracle.taken_back.edits\" = 5 }\n[variant.left]\n";
    let desk = desk(&format!("{CELLAR}{variants}"));
    let (exit, told, _) =
        syncdyno(&desk, &["run", "small.toml", "--out", "out", "--progress", "none", "--color", "never"]);
    assert_eq!(exit, 0, "{told}");
    let line = told.lines().find(|line| line.contains("oracle.saved_edits.lost")).expect(&told);
    assert_eq!(line.split_whitespace().skip(1).collect::<Vec<_>>(), ["5", "0"], "{told}");
}

/// A report that takes the backend so long that its phone never gets the response.
pub(crate) const SLOW: &str = r#"
name = "slow"
duration = "30m"
entity.report = { rows = 10, schema = { id = "uuid key", text = "text 100..200" } }
fleet.phones = { devices = 1, link = "lte-good", start = "1d" }
backend = { write_fixed_cost = "200s", service_cv = 0, gateway_timeout = "10m", workers = 20 }
unit.Send = { on = ["save", "every 5m"], push = ["*"] }
unit.Get = { on = ["login"], pull = ["*"] }
workload.login.all = { at = "+5s", spread = "0s" }
action.send = { entity = "report", kind = "create", per_device = 0 }
event.one = { at = "+6m", edits = { action = "send" } }
"#;

#[test]
fn an_edit_that_waits_is_named_with_its_sends_and_errors() {
    let retry = |base: &str, attempts: u32| {
        format!(
            "engine.retry = {{ base = \"{base}\", cap = \"{base}\", jitter = \"none\", attempts = {attempts} }}\n"
        )
    };
    let late = retry("1ms", 100);
    for (gateway, timeout, more, errors) in [
        ("10m", "15s", late.clone(), "no response in 15 s"),
        ("10m", "40s", retry("2s", 7), "no response in 40 s"),
        (
            "10m",
            "15s",
            format!("{late}event.lift = {{ at = \"+5m\", outage = {{ for = \"4m\" }} }}\n"),
            "offline; no response in 15 s",
        ),
        ("5s", "15s", retry("1s", 20), "the gateway gave up waiting for the backend"),
    ] {
        let slow = SLOW.replace("\"10m\"", &format!("\"{gateway}\""));
        let outcome = run(&written(&format!("{slow}engine.request_timeout = \"{timeout}\"\n{more}")));
        let Ending::Stuck(lines) = &outcome.ending else { panic!("{:?}", outcome.ending) };
        let sends = value(&outcome, "engine.push.rows");
        assert!(sends > 20, "{sends}");
        let (_, tried) = lines[0].split_once("tried ").expect("it says how often");
        let (times, error) = tried.split_once(" times (").expect("and with what");
        assert_eq!(times.replace(['\u{2009}', ' '], ""), sends.to_string(), "{}", lines[0]);
        let (_, error) = error.split_once(": ").expect("and the last of them");
        assert!(error.starts_with(&format!("{errors})")), "{}", lines[0]);
        // The backend has it, but the phone never hears of it.
        let of = |end: &str| value(&outcome, &format!("oracle.saved_edits.{end}"));
        assert_eq!((of("arrived"), of("lost")), (1, 0));
    }
}

#[test]
fn bytes_wasted_are_a_share_of_the_same_bytes() {
    let share = |text: &str| {
        let outcome = run(&written(text));
        let [up, down, wasted] =
            ["net.up.bytes", "net.down.bytes", "net.wasted.bytes"].map(|metric| value(&outcome, metric));
        assert!(wasted <= up + down, "{wasted} of {up} and {down}");
        wasted * 100 / (up + down)
    };
    let fails = "engine.request_timeout = \"15s\"\n\
                 engine.retry = { base = \"1s\", cap = \"1s\", jitter = \"none\", attempts = 50 }\n";
    assert!(share(&format!("{SLOW}{fails}")) >= 95);
    // A phone that loads 3 000 rows needs nearly all of them.
    let loads = SLOW.replace("200s", "200ms").replace("\"1d\"", "\"empty\"");
    let loads = share(&loads.replace("rows = 10", "rows = 3_000"));
    assert!(loads <= 5, "{loads} % of a first load");
    let often = "[\"login\", \"every 1m\"]";
    let polls = CELLAR.replace("[\"login\", \"online\", \"save\", \"every 10m\"]", often);
    let idle = share(&polls);
    assert!((60..=99).contains(&idle), "{idle} % of syncs with nothing to bring");
}

/// Rows on phones that copy a column of their parent, and the changes to it.
const COPIES: [&str; 4] = [
    "scope = { area = \"device.area\" }\nschema = { id = \"uuid key\", site = \"ref site\", \
     area = \"fold site.area via site\" }\n[action.move]\ncolumns = [\"area\"]\non_devices = 0",
    "scope = { area = \"device.area\" }\nschema = { id = \"uuid key\", site = \"ref site\", \
     area = \"fold site.area via site\" }\n[action.move]\ncolumns = [\"area\"]\non_devices = 0.5",
    "scope = { area = \"device.area\" }\nschema = { id = \"uuid key\", site = \"ref site\", \
     area = \"fold site.area via site\", where = \"fold site.name via site\" }\n\
     [action.move]\ncolumns = [\"name\"]\non_devices = 0",
    "scope = { area = \"device.area\" }\nschema = { id = \"uuid key\", site = \"ref site\", \
     area = \"fold site.area via site\" }\n[entity.part]\nrows = 900\nscope = { area = \"device.area\" }\n\
     schema = { id = \"uuid key\", site = \"ref site\", area = \"fold site.area via site\" }\n\
     [action.move]\ncolumns = [\"area\"]\non_devices = 0",
];

#[test]
fn copies_that_were_not_renewed_are_stale_and_said_to_be() {
    let moves = |of: &str, copies: &str| {
        format!(
            r#"
name = "moves"
duration = "40m"
backend.copies = "{copies}"
fleet.phones = {{ devices = 4, link = "lte-good", start = "1d", attributes = {{ area = 2 }} }}
unit.Sync = {{ on = ["login", "every 5m"], pull = ["*"], push = ["*"] }}
entity.site = {{ rows = 30, scope = {{ area = "device.area" }}, schema = {{ id = "uuid key", area = "attribute area", name = "text 5..20" }} }}
[entity.tool]
rows = 300
{of}
entity = "site"
kind = "update"
per_device = 3
"#
        )
    };
    for (of, copies, stale) in COPIES.iter().flat_map(|of| [(of, "as-made", true), (of, "follow", false)]) {
        let text = moves(of, copies);
        let rows = value(&run(&written(&text)), "oracle.stale_copies.rows");
        assert_eq!(rows > 0, stale, "{of} {copies}");
        let (exit, told) = said(&text);
        assert_eq!(exit, 0, "{told}");
        assert_eq!(told.contains(&format!("{rows} rows hold stale copies")), stale, "{told}");
        assert_eq!(told.contains("nothing was lost"), !stale, "{told}");
    }
}
