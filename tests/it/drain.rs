//! How a world comes to rest.

use crate::worlds::{self, TINY, trouble};

#[test]
fn a_fleet_in_which_somebody_always_syncs_comes_to_rest() {
    let sets = [
        "fleet.known.devices=40",
        "fleet.known.link=vpn-over-edge",
        "workload.foreground=1h",
        "workload.login.all.spread=20s",
        "engine.debounce=1s",
        "unit.Online={ on = [\"online\", \"every 5s\"], pull = [\"*\"], push = [\"*\"] }",
    ];
    let outcome = worlds::run(&worlds::plan(TINY, &sets));
    assert_eq!(trouble(&outcome), Vec::<String>::new());
}

#[test]
fn a_replica_has_nothing_of_what_devices_cannot_get_and_phones_of_yesterday_begin_all_the_same() {
    let sets = [
        "gateway.mode=persistent",
        "entity.audit={ rows = 20, delivery = \"backend-only\", schema = { id = \"uuid key\", line = \"text 10..60\" } }",
        "fleet.known.start=1d",
    ];
    let outcome = worlds::run(&worlds::plan(TINY, &sets));
    assert_eq!(trouble(&outcome), Vec::<String>::new());
}
