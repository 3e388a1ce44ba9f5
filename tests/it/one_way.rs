//! A one-way integration whose destination rejects rows permanently.

use crate::worlds::{run, trouble, value, written};

/// A phone that edits orders and an office that deletes some, with an integration.
fn world(capture: &str, destination: &str) -> String {
    format!(
        r#"
name = "refused"
duration = "10m"
entity.order = {{ rows = 80, schema = {{ id = "uuid key", state = "one of open|done" }} }}
fleet.phones = {{ devices = 1, link = "wifi-good", start = "1d" }}
action.tick = {{ entity = "order", kind = "update", columns = ["state"], per_device = 60, on_devices = 0.5 }}
action.drop = {{ entity = "order", kind = "delete", per_device = 20, on_devices = 0 }}
integration = {{ capture = {{ {capture} = {{}} }}, every = "30s", page = 20, destination = {{ {destination} }} }}
"#
    )
}

#[test]
fn what_is_refused_for_good_keeps_no_integration_busy() {
    for capture in ["last_modified", "flag", "hash", "change_log"] {
        let outcome = run(&written(&world(capture, "poison = \"10%\"")));
        assert!(trouble(&outcome).is_empty(), "{capture}: {:?}", trouble(&outcome));
        assert!(value(&outcome, "destination.refused.rows") > 0, "{capture}");
        assert_eq!(value(&outcome, "oracle.stuck.devices"), 0, "{capture}");
    }
}

/// The destination rejects one record in ten, each time, and the workers wait for it.
#[test]
fn a_cursor_waits_before_what_is_rejected_wherever_it_is_kept() {
    for kept in ["integration", "memory", "destination"] {
        let world = world("last_modified", "rejects = \"10%\", errors = \"5%\", ids = \"own\"");
        let waits = format!("rejected = \"stop\", cursor_kept = \"{kept}\", every = \"5s\", page = 1");
        let outcome = run(&written(&world.replace("every = \"30s\", page = 20", &waits)));
        assert_eq!(value(&outcome, "destination.missing.rows"), 0, "{kept}");
        assert_eq!(value(&outcome, "destination.outdated.rows"), 0, "{kept}");
        assert!(value(&outcome, "destination.records.rejected") > 0, "{kept}");
    }
}

#[test]
fn what_is_refused_is_neither_outdated_nor_kept() {
    let outcome = run(&written(&world("change_log", "loaded = true, poison = \"30%\"")));
    assert!(trouble(&outcome).is_empty(), "{:?}", trouble(&outcome));
    assert!(value(&outcome, "destination.refused.rows") > 1);
}
