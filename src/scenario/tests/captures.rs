//! Captures that do not fit what they are to work with are refused before the run.

use super::{MINIMAL, complaint, plan};
use crate::backend::Numbered;
use crate::gateway::{Capture, FlagPer};

#[test]
fn a_flag_is_refused_where_nobody_can_add_a_column_and_told_what_would_do() {
    let flags = "gateway.serve.capture.flag.form=\"status\"";
    for (provisioning, why) in [
        ("read-only-schema", "nobody can add one to this schema"),
        ("none", "can only be asked for all of them"),
    ] {
        let kept = format!("backend.provisioning=\"{provisioning}\"");
        let said = complaint(MINIMAL, &[flags, &kept]);
        let instead = "for `gateway.serve.capture` it takes a backend to which a column can be added";
        for part in [why, instead, "compares all rows", "--set"] {
            assert!(said.contains(part), "{part:?} is not in:\n{said}");
        }
    }
}

#[test]
fn a_flag_without_room_for_a_claim_is_not_leased() {
    let said = complaint(MINIMAL, &["gateway.serve.capture.flag.lease=\"30s\""]);
    assert!(said.contains("no room for a claim") && said.contains("combination"), "{said}");
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
