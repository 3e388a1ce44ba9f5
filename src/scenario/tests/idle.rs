//! Keys that have no effect beside others are refused, or passed over where the other was chosen for a cell.

use super::{MINIMAL, complaint, plan, plans, with_sets};
use crate::gateway::{Capture, CursorHolder, Mode};
use crate::scenario::{Plan, Request};

/// Refused at the line and column of what is written last, with these words; with `mended` besides it is right.
fn idle(written: &str, mended: &str, wanted: &[&str]) {
    let said = complaint(&format!("{MINIMAL}{written}\n"), &[]);
    let line = MINIMAL.lines().count() + written.lines().count();
    let place = format!("--> test.toml:{line}:");
    for part in wanted.iter().copied().chain([&*place, "^^^", "help: "]) {
        assert!(said.contains(part), "{written}\nshould make it say: {part}\nbut it says:\n{said}");
    }
    plan(&format!("{MINIMAL}{mended}\n{written}\n"));
}

fn variants(text: &str) -> Vec<Plan> {
    plans(&format!("{MINIMAL}{text}\n"), &Request::default())
}

#[test]
fn a_capture_that_serves_nobody_is_refused() {
    let written = "[gateway.serve]\ncapture = { flag = {} }";
    let mode = "[gateway]\nmode = \"persistent\"\n";
    let said = complaint(&format!("{MINIMAL}{mode}{written}\n"), &[]);
    for part in ["its replica's own sequence", "gateway.refresh.capture", "--> test.toml:12:1", "^^^"] {
        assert!(said.contains(part), "{part} in:\n{said}");
    }
    let over_the_air = plan(&format!("{MINIMAL}{written}\n"));
    assert!(matches!(over_the_air.gateway.serve, Capture::Flag(_)));
}

#[test]
fn a_file_that_nobody_drops_has_no_times() {
    for (key, value) in [("file_every", "\"10s\""), ("file_takes", "\"1s\""), ("trailer", "false")] {
        let written = format!("[gateway.serve.capture.hash]\n{key} = {value}");
        let said = complaint(&format!("{MINIMAL}{written}\n"), &[]);
        for part in ["drops no file", "source = \"file\"", "--> test.toml:10:", "^^^"] {
            assert!(said.contains(part), "{key}: {part} in:\n{said}");
        }
        plan(&format!("{MINIMAL}{written}\nsource = \"file\"\n"));
        let fed =
            format!("[gateway]\nmode = \"persistent\"\n[gateway.refresh.capture.hash]\n{key} = {value}\n");
        assert!(complaint(&format!("{MINIMAL}{fed}"), &[]).contains("drops no file"));
    }
}

#[test]
fn a_cursor_that_the_server_does_not_hold_is_not_moved_there() {
    let written = "[gateway.serve]\nserver_cursor = \"on-answer\"";
    let said = complaint(&format!("{MINIMAL}{written}\n"), &[]);
    for part in ["devices hold their cursors themselves", "cursor_held_by = \"server\"", "test.toml:10:17"] {
        assert!(said.contains(part), "{part} in:\n{said}");
    }
    plan(&format!("{MINIMAL}{written}\ncursor_held_by = \"server\"\n"));
}

#[test]
fn rows_that_are_all_good_are_not_tried_again() {
    for key in ["bad_tries = 7", "on_bad_row = \"skip\""] {
        let said = complaint(&format!("{MINIMAL}[engine.pull]\n{key}\n"), &[]);
        assert!(said.contains("there are no bad rows") && said.contains("test.toml:10:"), "{said}");
        plan(&format!("{MINIMAL}[engine.pull]\n{key}\nbad_rows = 0.1\n"));
    }
}

#[test]
fn a_log_that_nobody_reads_is_not_kept() {
    idle(
        "[backend]\nlog.kept = \"1h\"",
        "[gateway.serve]\ncapture = { change_log = {} }",
        &["nobody reads the backend's log", "change_log = {}"],
    );
    idle(
        "[backend]\nrearm = \"forgets-office\"",
        "[gateway.serve]\ncapture = { flag = {} }",
        &["no row has a flag", "flag = {}"],
    );
}

#[test]
fn a_file_is_finished_before_the_next_is_begun() {
    let drops = |every: &str, takes: &str| {
        let times = format!("source = \"file\"\nfile_every = \"{every}\"\nfile_takes = \"{takes}\"\n");
        format!("{MINIMAL}[gateway.serve.capture.hash]\n{times}")
    };
    for takes in ["10s", "11s"] {
        let said = complaint(&drops("10s", takes), &[]);
        assert!(said.contains("no file is ever finished") && said.contains("test.toml:12:14"), "{said}");
    }
    plan(&drops("10s", "9s"));
}

#[test]
fn an_import_that_no_memory_holds_is_refused() {
    let import = |rows: u64| {
        let what = format!("bulk_import = {{ entity = \"note\", rows = {rows} }}");
        format!("{MINIMAL}[event.e]\nat = \"+1m\"\n{what}\n")
    };
    let said = complaint(&import(10_000_001), &[]);
    assert!(said.contains("a whole number from 1 to 10000000") && said.contains("test.toml:11:"), "{said}");
    plan(&import(10_000_000));
}

#[test]
fn what_a_variant_makes_idle_is_passed_over() {
    let cells = variants(
        "[gateway.serve]\ncursor_held_by = \"server\"\nserver_cursor = \"on-answer\"\ncapture = { flag = {} }\n\
         [backend]\nlog.kept = \"1h\"\n\
         [variant.a]\n\
         [variant.b]\nset = { \"gateway.serve.cursor_held_by\" = \"client\" }\n\
         [variant.c]\nset = { \"gateway.mode\" = \"persistent\" }",
    );
    let [a, b, c] = &cells[..] else { panic!("{} cells", cells.len()) };
    assert!(matches!(a.gateway.cursors, CursorHolder::Server(_)));
    assert_eq!(b.gateway.cursors, CursorHolder::Client);
    assert_eq!((c.gateway.mode, &c.gateway.serve), (Mode::Persistent, &Capture::default()));
    assert!(a.backend.log.is_some() && c.backend.log.is_none(), "nobody reads it through a replica");
    for cell in &cells {
        assert_eq!(plan(&cell.resolved).digest, cell.digest, "what is run again reads as it did");
    }
}

#[test]
fn a_variant_that_makes_its_own_key_idle_is_told() {
    let set = "\"gateway.mode\" = \"persistent\", \"gateway.serve.capture\" = { flag = {} }";
    let said = complaint(&format!("{MINIMAL}[variant.a]\nset = {{ {set} }}\n"), &[]);
    assert!(said.contains("its replica's own sequence"), "{said}");
}

#[test]
fn a_setting_is_idle_beside_a_setting_but_not_beside_an_axis() {
    let (log, mode) = ("gateway.refresh.every=\"5m\"", "gateway.mode");
    let said = complaint(MINIMAL, &[&format!("{mode}=\"ota\""), log]);
    assert!(said.contains("no replica to refresh") && said.contains("--set:1:"), "{said}");
    let both = vec![(mode.to_owned(), vec!["ota".to_owned(), "persistent".to_owned()])];
    let request = Request { sets: vec![log.to_owned()], axes: both, ..Request::default() };
    assert_eq!(plans(MINIMAL, &request).len(), 2);
}

#[test]
fn entities_are_pulled_side_by_side_only_where_a_unit_has_several() {
    let second = "[entity.other.schema]\nid = \"uuid key\"\ntext = \"text 1..9\"";
    let written = "[engine.pull]\nstreams = 3";
    let said = complaint(&format!("{MINIMAL}{written}\n"), &[]);
    for part in ["nothing to pull at the same time", "pull = [\"*\"]", "--> test.toml:10:11"] {
        assert!(said.contains(part), "{part} in:\n{said}");
    }
    assert_eq!(plan(&format!("{MINIMAL}{second}\n{written}\n")).engine.pull.streams, 3);
}

#[test]
fn what_is_for_copies_and_backups_takes_one() {
    let event = |what: &str| format!("[event.e]\nat = \"+1s\"\n{what}");
    idle(
        "[engine]\nidentity = \"database\"",
        &event("clone = { from = 0, to = 1 }"),
        &["no phone is copied", "clone ="],
    );
    for (key, kind) in [("restored", "restore_gateway"), ("backend_restored", "restore_backend")] {
        let written = format!("[gateway]\n{key} = \"ignored\"");
        idle(&written, &event(&format!("{kind} = {{ of = \"1s\" }}")), &["never goes back", kind]);
    }
}

#[test]
fn how_a_capture_deals_with_what_never_comes_up_is_not_written() {
    let serve = "[gateway.serve.capture.";
    let said = complaint(&format!("{MINIMAL}{serve}flag]\non_unreadable = \"stop\"\n"), &[]);
    assert!(said.contains("every row can be captured") && said.contains("--> test.toml:10:"), "{said}");
    plan(&format!("{MINIMAL}{serve}flag]\nunreadable = 0.1\non_unreadable = \"stop\"\n"));
    let fed = format!("{MINIMAL}[gateway]\nmode = \"persistent\"\n[gateway.refresh");
    for (written, needed, why) in [
        (".capture.hash]\nread_rows = 7", "snapshot = \"torn\"", "and not in pages"),
        (".capture.change_log]\nholes = \"skip\"", "[backend]\nlog.numbered = \"at-write\"", "has no holes"),
        ("]\nfencing = false", "nodes = 2", "nobody overtakes it"),
    ] {
        let said = complaint(&format!("{fed}{written}\n"), &[]);
        assert!(said.contains(why) && said.contains("--> test.toml:12:"), "{written}: {said}");
        plan(&format!("{fed}{written}\n{needed}\n"));
    }
}

#[test]
fn a_time_that_nobody_asks_by_has_no_precision() {
    for capture in ["flag", "hash", "change_log"] {
        let written = format!("[gateway.serve.capture.{capture}]\n[backend]\nfilter_precision = \"1s\"");
        let said = complaint(&format!("{MINIMAL}{written}\n"), &[]);
        assert!(said.contains("what changed since a time") && said.contains("test.toml:11:"), "{said}");
    }
    plan(&format!("{MINIMAL}[backend]\nfilter_precision = \"1s\"\n"));
}

#[test]
fn a_replica_is_not_replaced_with_its_gateway() {
    let event = "[event.e]\nat = \"+1s\"\ngateway_replaced = {}";
    let said = complaint(&format!("{MINIMAL}[gateway]\nmode = \"persistent\"\n{event}\n"), &[]);
    assert!(said.contains("its replica stays") && said.contains("restore_gateway"), "{said}");
    plan(&format!("{MINIMAL}{event}\n"));
}

#[test]
fn bare_messages_are_refused_what_only_connections_and_packets_have() {
    let text = |more: &str, link: &str| {
        format!(
            "{MINIMAL}link = \"mine\"\n[link.mine]\nkind = \"cellular\"\nrtt = \"80ms\"\ndown = \"1Mbit/s\"\nup = \"1Mbit/s\"\n{link}\n[transport]\n\
             protocol = \"bare\"\n{more}\n"
        )
    };
    for transport in ["tls = \"none\"", "congestion = \"bbr\"", "keep_alive = \"5s\"", "header_up = \"1kB\""]
    {
        let said = complaint(&text(transport, ""), &[]);
        assert!(said.contains("\"bare\" messages know neither connections nor headers"), "{said}");
        assert!(said.contains("test.toml:18:"), "{said}");
    }
    for link in
        ["loss = 0.01", "queue = \"64kB\"", "mtu = 1400", "promotion = { after = \"5s\", takes = \"1s\" }"]
    {
        let said = complaint(&text("", link), &[]);
        let key = link.split(' ').next().unwrap();
        let title = format!("\"bare\" messages know no packets, and `link.mine.{key}` does nothing to them");
        assert!(said.contains(&title) && said.contains("test.toml:15:"), "{said}");
        let chosen = text("", link).replace("protocol = \"bare\"", "");
        replayed(&with_sets(&chosen, &["transport.protocol=bare"]));
    }
    let event = "[event.forgotten]\nat = \"+1m\"\nhalf_open = {}";
    let said = complaint(&text(event, ""), &[]);
    let title = "\"bare\" messages know no connections, and `event.forgotten` leaves none half open";
    assert!(said.contains(title) && said.contains("test.toml:20:"), "{said}");
    let chosen = text(event, "").replace("protocol = \"bare\"", "");
    replayed(&with_sets(&chosen, &["transport.protocol=bare"]));
    // What defaults and profiles say is passed over, also where it is written out, as in a record.
    with_sets(&text("tls = \"1.3\"", "loss = 0").replace("link = \"mine\"", "link = \"edge\""), &[]);
    let links = super::super::profiles::links();
    assert!(links.contains(&"vpn-over-edge"), "{links:?}");
    for link in links.into_iter().chain(["vpn-over-mine"]) {
        replayed(&plan(&text("", "").replace("link = \"mine\"", &format!("link = \"{link}\""))));
    }
}

/// A record's scenario is the same when it is read again.
fn replayed(first: &Plan) {
    assert_eq!(plan(&first.resolved).digest, first.digest, "{}", first.resolved);
}

#[test]
fn a_limit_of_hooks_where_there_are_none_is_refused() {
    let hook = "[hooks.on_sync_start]\ntakes = \"1s\"";
    idle("[engine]\nhook_timeout = \"5s\"", hook, &["the app has no hooks", "[hooks.on_sync_start]"]);
}

#[test]
fn keys_of_another_way_to_name_rows_are_refused() {
    let of = |ids: &str, key: &str| {
        let head = "name = \"t\"\nduration = \"1h\"\n";
        let rest = "schema = { id = \"uuid key\", name = \"text\" }\n[fleet.phones]\ndevices = 1\n";
        format!("{head}[entity.note]\nrows = 10\nunique = [\"name\"]\n{ids}\n{key}\n{rest}")
    };
    for (key, ids) in
        [("pool = 50", "pool"), ("refill = 7", "pool"), ("merge = \"last-stays\"", "natural-key")]
    {
        let said = complaint(&of("", key), &[]);
        let goes = format!("it goes with ids = \"{ids}\"");
        for part in [&*goes, "entity.note.ids", "--> test.toml:7:", "^"] {
            assert!(said.contains(part), "{key}: {part} in:\n{said}");
        }
        let ids = format!("ids = \"{ids}\"");
        plan(&of(&ids, key));
        let cell = "[variant.a]\n[variant.b]\nset = { \"entity.note.ids\" = \"server\" }\n";
        let cells = plans(&format!("{}{cell}", of(&ids, key)), &Request::default());
        assert_eq!(cells.len(), 2, "a variant may choose another way");
    }
}
