//! Captures that do not fit what they are to work with are refused before the run.

use super::{MINIMAL, complaint, plan, with_sets};
use crate::backend::Numbered;
use crate::gateway::{Capture, FlagPer};

#[test]
fn a_flag_is_refused_where_nobody_can_add_a_column_and_told_what_would_do() {
    let flags = "gateway.serve.capture.flag.form=\"status\"";
    for (provisioning, why, instead) in [
        ("read-only-schema", "nobody can add one to this schema", "to which a column can be added"),
        ("none", "can only be asked for all of them", "that can be asked for less"),
    ] {
        let kept = format!("backend.provisioning=\"{provisioning}\"");
        let said = complaint(MINIMAL, &[flags, &kept]);
        let instead = format!("for `gateway.serve.capture` it takes a backend {instead}");
        for part in [why, &instead, "with this one it may be `{ ", "`{ hash = {} }`", "--set"] {
            assert!(said.contains(part), "{part:?} is not in:\n{said}");
        }
    }
}

#[test]
fn what_would_leave_rows_that_are_gone_is_not_told_to_who_is_refused() {
    let said =
        complaint(MINIMAL, &["gateway.serve.capture.flag={}", "backend.provisioning=\"read-only-schema\""]);
    for (part, told) in
        [("reconcile = { every", true), ("`{ change_log = {} }`", true), ("`{ last_modified = {} }`", false)]
    {
        assert_eq!(said.contains(part), told, "{part:?} in:\n{said}");
    }
    let said = complaint(MINIMAL, &["backend.provisioning=\"soft-delete-only\""]);
    assert!(said.contains("`{ change_log = {} }`") && !said.contains("flag"), "{said}");
    let replica = ["gateway.mode=\"persistent\"", "backend.provisioning=\"soft-delete-only\""];
    let said = complaint(MINIMAL, &replica);
    assert!(said.contains("`{ flag = {} }`"), "a replica looks everywhere: {said}");
}

#[test]
fn a_flag_without_room_for_a_claim_is_not_leased() {
    let said = complaint(MINIMAL, &["gateway.serve.capture.flag.lease=\"30s\""]);
    assert!(said.contains("no room for a claim") && said.contains("combination"), "{said}");
}

#[test]
fn a_window_as_long_as_tombstones_are_kept_is_refused_with_the_range_that_is_allowed() {
    let backend = "[backend]\ntombstones_kept = \"10m\"";
    let with = |window: &str| {
        format!("{MINIMAL}\n{backend}\n[gateway.serve.capture.last_modified]\nwindow = \"{window}\"\n")
    };
    for window in ["9m", "10m", "1d"] {
        let said = complaint(&with(window), &[]);
        for part in
            [format!("stays {window}"), "for 10m".into(), "test.toml:13:10".into(), "less than 9m".into()]
        {
            assert!(said.contains(&part), "{part:?} is not in:\n{said}");
        }
    }
    plan(&with("8m59s"));
}

#[test]
fn flags_that_nobody_has_are_not_touched() {
    let touched =
        format!("{MINIMAL}\n[event.again]\nat = \"+1m\"\ntouch_flag = {{ entity = \"note\", rows = 3 }}\n");
    let said = complaint(&touched, &[]);
    assert!(said.contains("no row has a flag") && said.contains("capture = { flag = {} }"), "{said}");
}

#[test]
fn the_backend_keeps_a_log_exactly_if_somebody_reads_it() {
    let of = |more: &str, capture: &str| {
        plan(&format!("{MINIMAL}\n{more}\n[gateway.serve]\ncapture = {{ {capture} }}\n"))
    };
    assert_eq!(of("", "last_modified = {}").backend.log, None);
    let log = of("[backend.log]\nnumbered = \"at-write\"", "change_log = { holes = \"skip\" }").backend.log;
    assert_eq!(log.expect("it is read").numbered, Numbered::AtWrite);
    let flag = of("", "flag = { per = \"all\" }");
    assert!(flag.backend.log.is_some());
    assert!(matches!(flag.gateway.serve, Capture::Flag(options) if options.per == FlagPer::All));
}

#[test]
fn pages_are_asked_for_ahead_only_where_no_cursor_is_a_receipt() {
    let ahead = "engine.pull.prefetch=2";
    for (receipts, why) in [
        ("gateway.serve.capture.flag={}", "sets the flags of its page"),
        ("gateway.serve.capture.hash={}", "makes its page count as held"),
        ("gateway.serve.cursor_held_by=\"server\"", "the gateway holds the cursors"),
    ] {
        let said = complaint(MINIMAL, &[receipts, ahead]);
        assert!(said.contains(why) && said.contains("prefetch = 0"), "{said}");
        assert_eq!(with_sets(MINIMAL, &[receipts]).engine.pull.prefetch, 0);
    }
    for places in ["gateway.serve.capture.last_modified={}", "gateway.serve.capture.change_log={}"] {
        assert_eq!(with_sets(MINIMAL, &[places, ahead]).engine.pull.prefetch, 2);
    }
    let replica = ["gateway.mode=\"persistent\"", "gateway.refresh.capture.flag={}", ahead];
    assert_eq!(with_sets(MINIMAL, &replica).engine.pull.prefetch, 2, "a replica's cursors are positions");
}

#[test]
fn a_cut_run_begins_again_only_where_no_cursor_is_a_receipt() {
    let (again, whole) = ("engine.pull.checkpoint=session", "engine.pull.atomic=session");
    for (receipts, why) in [
        ("gateway.serve.capture.flag={}", "sets the flags of its page"),
        ("gateway.serve.cursor_held_by=\"server\"", "the gateway holds the cursors"),
    ] {
        let said = complaint(MINIMAL, &[receipts, again]);
        assert!(said.contains(why) && said.contains("checkpoint = \"page\""), "{said}");
        with_sets(MINIMAL, &[receipts, whole]);
    }
    let said = complaint(MINIMAL, &[whole, "engine.pull.replace=all"]);
    assert!(said.contains("never shown as a whole"), "{said}");
    with_sets(MINIMAL, &[whole, again]);
}

#[test]
fn several_nodes_refresh_a_replica_only_where_no_cursor_is_a_receipt() {
    let of = |capture: &str| {
        ["gateway.mode=\"persistent\"", "gateway.refresh.nodes=2"]
            .into_iter()
            .map(String::from)
            .chain([format!("gateway.refresh.capture.{capture}={{}}")])
            .collect::<Vec<String>>()
    };
    for (capture, why) in [("flag", "sets the flags of its page"), ("hash", "makes its page count as held")] {
        let sets = of(capture);
        let said = complaint(MINIMAL, &sets.iter().map(String::as_str).collect::<Vec<_>>());
        assert!(said.contains(why) && said.contains("nodes = 1"), "{said}");
    }
    for capture in ["last_modified", "change_log"] {
        let sets = of(capture);
        let plan = with_sets(MINIMAL, &sets.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(plan.gateway.refresh.nodes, 2);
    }
}

#[test]
fn three_phones_of_one_name_are_refused_where_they_make_each_other_load_again() {
    let clone = |from: u32, to: u32| {
        format!("event.e{to}={{ at = \"+{to}s\", clone = {{ from = {from}, to = {to} }} }}")
    };
    let (first, of_another) = (&*clone(0, 1), &*clone(2, 3));
    let (phones, name) = ("fleet.phones.devices=4", "engine.identity=\"database\"");
    for receipts in [
        "gateway.serve.capture.flag={}",
        "gateway.serve.capture.hash={}",
        "gateway.serve.cursor_held_by=\"server\"",
    ] {
        for third in [&*clone(0, 2), &*clone(1, 2)] {
            let said = complaint(MINIMAL, &[phones, receipts, first, name, third]);
            assert!(said.contains("three phones of one name") && said.contains("last_modified"), "{said}");
            with_sets(MINIMAL, &[phones, receipts, first, third]);
        }
        with_sets(MINIMAL, &[phones, receipts, first, name, of_another]);
    }
    with_sets(MINIMAL, &[phones, first, name, &clone(0, 2)]);
}

#[test]
fn a_replica_that_is_to_forget_between_its_refreshes_is_refused() {
    let with = |kept: &str| {
        let refresh = format!("mode = \"persistent\"\nrefresh = {{ every = \"1m\", kept = \"{kept}\" }}");
        format!("{MINIMAL}\n[gateway]\n{refresh}\n")
    };
    let said = complaint(&with("2s"), &[]);
    for part in ["as it is refreshed, every 1m", "for 2s alone", "test.toml:12:34", "`gateway.refresh.every`"]
    {
        assert!(said.contains(part), "{part:?} is not in:\n{said}");
    }
    assert_eq!(plan(&with("1m")).gateway.refresh.kept, crate::base::Span::secs(60));
}
