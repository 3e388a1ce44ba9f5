//! What is allowed and probably not meant, and values that are named.

use super::own_rows::result;
use super::{MINIMAL, complaint, plan};
use crate::base::Value;

const OWN: &str = r#"
name = "own"
start = "2026-03-02T00:00:00+01:00"
[entity.visit]
rows = { csv = "tasks.csv", key = "nr" }
schema = { nr = "text key", clinic = "text", at = "timestamp" }
scope = { clinic = "device.clinic", at = "-7d..7d" }
[fleet.phones]
devices = 4
attributes = { clinic = 2 }
"#;

const ROWS: &str =
    "nr,clinic,at\nv1,north,2026-03-02\nv2,south,2026-03-03\nv3,south,2026-03-03\nv4,clinic-1,2026-03-03\n";

fn warnings(scenario: &str, csv: &str) -> Vec<String> {
    let plan = result(scenario, csv).unwrap_or_else(|e| panic!("{e}"));
    plan.warnings.iter().map(|warning| warning.render(false)).collect()
}

#[test]
fn queries_that_keep_a_processor_busy_are_told_as_they_do_not_wait_for_each_other() {
    let told = |queries: &str, rows: u32| {
        let foreground =
            format!("{MINIMAL}[workload]\nforeground = {{ queries = {queries}, rows = {rows} }}\n");
        let warnings = plan(&foreground).warnings;
        warnings.iter().map(|warning| warning.render(false)).collect::<Vec<String>>()
    };
    assert_eq!(told("20", 50), [""; 0]);
    let busy = told("20", 20_000);
    assert!(
        busy.len() == 1 && busy[0].contains("people's queries alone keep the processor of class `"),
        "{busy:?}"
    );
    let said = " % of the time that people look at the app: one takes ";
    assert!(busy[0].contains(said) && busy[0].contains("queries = 20"), "{busy:?}");
    assert_eq!(told("0.01", 20_000), [""; 0], "as long, and seldom");
}

#[test]
fn rows_that_belong_to_no_device_are_counted_with_the_reason() {
    let told = warnings(OWN, ROWS);
    let [told] = &told[..] else { panic!("{told:?}") };
    for part in [
        "warning: `visit`: 3 of 4 rows of tasks.csv belong to no device",
        "own.toml:7:20",
        "clinic `south` is no value that a device has, nor is 1 other",
        "devices have clinic-1, clinic-2",
        "attributes = { clinic = ",
    ] {
        assert!(told.contains(part), "{part} in:\n{told}");
    }
}

#[test]
fn values_that_are_named_as_the_rows_name_them_leave_nothing_over() {
    let named = OWN.replace("clinic = 2", "clinic = [\"north\", \"south\", \"clinic-1\"]");
    assert_eq!(warnings(&named, ROWS), [""; 0]);
    let plan = result(&named, ROWS).unwrap();
    let of_devices: Vec<Value> = plan.devices().iter().map(|d| d.attributes[0].clone()).collect();
    assert_eq!(of_devices, ["north", "north", "south", "clinic-1"].map(Value::text), "dealt in blocks");
    assert!(plan.resolved.contains("\"north\""), "{}", plan.resolved);
}

#[test]
fn rows_of_other_days_are_told() {
    let named = OWN.replace("clinic = 2", "clinic = [\"north\", \"south\", \"clinic-1\"]");
    let told = warnings(&named, &ROWS.replace("2026", "2021"));
    assert!(told.len() == 1 && told[0].contains("none of the 4 rows of tasks.csv lies within"), "{told:?}");
}

#[test]
fn combinations_of_attributes_that_no_device_has_are_told() {
    let two = OWN
        .replace("clinic = 2", "clinic = [\"north\", \"south\"], ward = [\"a\", \"b\"]")
        .replace("at = \"timestamp\"", "ward = \"text\"")
        .replace("at = \"-7d..7d\"", "ward = \"device.ward\"");
    let told = warnings(&two, "nr,clinic,ward\nv1,north,a\nv2,south,a\n");
    assert!(
        told.len() == 1 && told[0].contains("no device has clinic `south` and ward `a` at once"),
        "{told:?}"
    );
}

#[test]
fn named_values_have_names_each_once_and_the_same_in_every_fleet() {
    let with = |values: &str| complaint(&format!("{MINIMAL}attributes = {{ ward = {values} }}\n"), &[]);
    assert!(with("[\"a\", \"b\", \"a\"]").contains("`fleet.phones.attributes.ward` has `a` twice"));
    assert!(with("[\"a\", 5]").contains("`fleet.phones.attributes.ward[1]` is no name"));
    assert!(with("[]").contains("has no value"));
    let other = "attributes.ward = [\"a\"]\n[fleet.tablets]\ndevices = 1\nattributes.ward = [\"b\"]\n";
    let said = complaint(&format!("{MINIMAL}{other}"), &[]);
    assert!(said.contains("`ward` has other values in `tablets` than elsewhere"), "{said}");
}

#[test]
fn people_who_move_over_one_link_are_told() {
    let told = |link: &str| plan(&format!("{MINIMAL}moves = \"45m\"\nlink = {link}\n")).warnings;
    let alone = told("\"edge\"");
    assert!(alone.len() == 1 && alone[0].title == "there is one link, and nowhere to move", "{alone:?}");
    assert!(told("{ edge = 0.5, geo = 0.5 }").is_empty());
}

#[test]
fn an_entity_that_people_edit_and_no_unit_pushes_is_told() {
    let unit = "[unit.Login]\non = [\"login\"]\npull = [\"*\"]\n";
    let told = plan(&format!("{MINIMAL}{unit}")).warnings;
    assert!(
        told.len() == 1 && told[0].title == "no unit pushes `note`, which people edit on devices",
        "{told:?}"
    );
    assert!(plan(&format!("{MINIMAL}{unit}push = [\"note\"]\n")).warnings.is_empty());
    assert!(plan(MINIMAL).warnings.is_empty());
}

#[test]
fn an_entity_that_no_unit_pulls_is_refused() {
    let other = "[entity.photo]\nrows = 5\nschema = { id = \"uuid key\", of = \"text\" }\n";
    let unit = "[unit.Login]\non = [\"login\"]\npull = [\"note\"]\npush = [\"*\"]\n";
    let told = complaint(&format!("{MINIMAL}{other}{unit}"), &[]);
    for part in [
        "error: no unit pulls `photo`: no row would ever come to a device",
        "entity.photo",
        "write pull = [\"photo\"] in a unit",
        "\"upload-only\" or \"backend-only\"",
    ] {
        assert!(told.contains(part), "{part} in:\n{told}");
    }
    for delivery in ["upload-only", "backend-only"] {
        plan(&format!("{MINIMAL}{other}delivery = \"{delivery}\"\n{unit}"));
    }
}

#[test]
fn rows_that_come_on_open_where_nobody_opens_are_told() {
    let line = "[entity.line]\nrows = 5\ndelivery = \"on-open of note\"\n\
                schema = { id = \"uuid key\", note = \"ref note\", text = \"text\" }\n";
    let told = doubted(line);
    assert!(
        told.len() == 1
            && told[0].contains("rows of `line` come as a `note` is opened, and nobody opens one"),
        "{told:?}"
    );
    assert_eq!(doubted(&format!("{line}[workload]\nopens = {{ entity = \"note\", per_day = 3 }}")), [""; 0]);
}

#[test]
fn a_unit_that_nothing_starts_is_told() {
    let unit = |on: &str| format!("[unit.All]\non = {on}\npull = [\"*\"]\npush = [\"*\"]\n");
    let told = doubted(&unit("[]"));
    assert!(
        told.len() == 1 && told[0].contains("nothing starts `unit.All` before the script is over"),
        "{told:?}"
    );
    let trigger = "[event.tap]\nat = \"+1m\"\ntrigger = { unit = \"All\" }\n";
    for started in [unit("[\"login\"]"), unit("[\"manual\"]"), unit("[]") + trigger] {
        assert_eq!(doubted(&started), [""; 0], "{started}");
    }
}

#[test]
fn a_script_that_ends_in_maintenance_which_outlasts_the_drain_is_told() {
    let of = |window: &str| {
        let night = format!("start = \"2026-03-02T13:30:00Z\"\nduration = \"8h\"\ndrain = \"2h\"\n{MINIMAL}");
        let window = format!("[backend.maintenance.night]\n{window}\nzone = \"UTC\"\n");
        let warnings = plan(&format!("{night}\n{window}")).warnings;
        warnings.iter().map(|warning| warning.render(false)).collect::<Vec<String>>()
    };
    let told = of("from = \"20:00\"\nfor = \"10h\"");
    assert!(told.iter().any(|told| told.contains("longer than the drain")), "{told:?}");
    assert_eq!(of("from = \"20:00\"\nfor = \"3h\""), [""; 0]);
}

/// The warnings of a scenario without rows of its own.
fn doubted(text: &str) -> Vec<String> {
    plan(&format!("{MINIMAL}{text}\n")).warnings.iter().map(|warning| warning.render(false)).collect()
}

#[test]
fn an_event_of_an_empty_list_of_devices_is_told() {
    let event = |who: &str| doubted(&format!("[event.gone]\nat = \"+1m\"\noutage = {{ for = \"1m\"{who} }}"));
    let told = event(", devices = []");
    assert!(told.len() == 1 && told[0].contains("`event.gone` concerns no device"), "{told:?}");
    for who in ["", ", devices = [0]", ", share = 1"] {
        assert_eq!(event(who), [""; 0], "{who}");
    }
}

#[test]
fn an_event_whose_share_of_the_devices_rounds_to_none_is_told() {
    let event = |who: &str| {
        doubted(&format!(
            "attributes = {{ ward = 2 }}\n[entity.job]\nschema = {{ id = \"uuid key\", ward = \"attribute ward\" }}\n\
             [event.gone]\nat = \"+1m\"\noutage = {{ for = \"1m\"{who} }}"
        ))
    };
    for (who, of) in
        [(", share = 0.12", "12% of 4 devices"), (", share = 0.2, by = \"ward\"", "20% of 2 values")]
    {
        let told = event(who);
        let [told] = &told[..] else { panic!("{who}: {told:?}") };
        assert!(told.contains("`event.gone` concerns no device, and changes nothing"), "{told}");
        assert!(told.contains(&format!("a share of {of}")) && told.contains("rounds to none"), "{told}");
    }
    for who in [", share = 0", ", share = 0.13", ", share = 0.25, by = \"ward\""] {
        assert_eq!(event(who), [""; 0], "{who}");
    }
}

#[test]
fn what_is_said_of_outages_where_there_are_none_is_told() {
    let told = doubted("[chaos]\noutage_mean = \"5m\"\noutage_noticed = 0.5\nbackend_mean = \"1m\"");
    assert_eq!(told.len(), 3, "{told:?}");
    for (told, key) in told.iter().zip(["outage_mean", "outage_noticed", "backend_mean"]) {
        assert!(told.contains(&format!("`chaos.{key}` changes nothing: there is no `chaos.")), "{told}");
    }
    for mtbf in ["10m", "0s"] {
        let said = doubted(&format!("[chaos]\noutage_mean = \"5m\"\noutage_mtbf = \"{mtbf}\""));
        assert_eq!(said, [""; 0], "{mtbf}");
    }
}

#[test]
fn what_comes_more_rarely_than_the_drain_lasts_is_told() {
    let files =
        |every: &str| format!("[gateway.serve.capture.hash]\nsource = \"file\"\nfile_every = \"{every}\"");
    let drain = plan(MINIMAL).drain;
    let told = doubted(&files("9d"));
    assert!(
        told.len() == 1 && told[0].contains(&format!("the drain lasts {drain}, and this comes every 9d")),
        "{told:?}"
    );
    assert_eq!(doubted(&files(&drain.to_string())), [""; 0]);
    let reconciled = "[gateway.serve.capture.last_modified]\nreconcile = { every = \"9d\" }";
    assert_eq!(doubted(reconciled), [""; 0], "nothing waits for it where deletions leave a trace");
    let told = doubted(&format!("[backend]\nprovisioning = \"stamps-only\"\n{reconciled}"));
    assert!(told.len() == 1 && told[0].contains("this comes every 9d"), "{told:?}");
    let told = doubted("[gateway]\nmode = \"persistent\"\nrefresh.upload_every = \"9d\"");
    assert!(told.len() == 1 && told[0].contains("this comes every 9d"), "{told:?}");
}

#[test]
fn pages_that_end_where_a_coarse_filter_cannot_begin_are_told() {
    let of = |bound: &str, filter: &str| {
        let capture = format!("[gateway.serve.capture.last_modified]\nbound = \"{bound}\"");
        doubted(&format!("{capture}\n[backend]\nfilter_precision = \"{filter}\""))
    };
    for bound in ["tie-extended", "strict"] {
        let told = of(bound, "10s");
        assert!(told.len() == 1 && told[0].contains("since a multiple of 10s"), "{told:?}");
        assert_eq!(of(bound, "1us"), [""; 0]);
    }
    assert_eq!(of("keyset", "10s"), [""; 0]);
}

#[test]
fn a_replica_that_is_refreshed_more_rarely_than_tombstones_are_kept_is_told() {
    let of = |kept: &str| {
        let refresh = "[gateway]\nmode = \"persistent\"\nrefresh.every = \"2m\"";
        doubted(&format!("{refresh}\n[backend]\ntombstones_kept = \"{kept}\""))
    };
    let told = of("1m");
    assert!(told.len() == 1 && told[0].contains("each refresh loads everything"), "{told:?}");
    assert_eq!(of("2m"), [""; 0]);
    let log = |kept: &str, trimmed: &str| {
        let refresh =
            "[gateway]\nmode = \"persistent\"\nrefresh = { every = \"2m\", capture.change_log.trimmed";
        doubted(&format!("{refresh} = \"{trimmed}\" }}\n[backend]\nlog.kept = \"{kept}\""))
    };
    for (trimmed, comes) in [("reload", "each refresh loads everything"), ("ignore", "each refresh misses")] {
        let told = log("2s", trimmed);
        assert!(told.iter().any(|told| told.contains("its log for 2s") && told.contains(comes)), "{told:?}");
        assert!(!log("2m", trimmed).iter().any(|told| told.contains("each refresh")));
    }
}

#[test]
fn logins_after_the_end_are_told() {
    let waves = |late: &str| {
        format!(
            "[workload.login]\nfirst = {{ share = 0.5, at = \"+1s\" }}\nlate = {{ share = 0.5, at = \"{late}\" }}"
        )
    };
    let told = doubted(&waves("+9d"));
    assert!(told.len() == 1 && told[0].contains("`workload.login.late` comes after the end"), "{told:?}");
    assert_eq!(doubted(&waves("+2s")), [""; 0]);
}

#[test]
fn logins_outside_the_working_time_are_told() {
    let wave = |at: &str| {
        doubted(&format!(
            "[workload]\nhours = {{ from = \"+10m\", until = \"+20m\" }}\nlogin.all = {{ at = \"{at}\" }}"
        ))
    };
    for (at, said) in [("+9m", "comes before the working time"), ("+20m", "comes after the working time")] {
        let told = wave(at);
        assert!(told.len() == 1 && told[0].contains(said), "{told:?}");
    }
    assert_eq!((wave("+10m"), wave("+19m")), (vec![], vec![]));
}

#[test]
fn replacements_of_the_gateway_after_the_end_are_told() {
    let often = |times: u64| {
        format!("[event.r]\nat = \"+1m\"\ngateway_replaced = {{ times = {times}, every = \"1d\" }}")
    };
    let told = doubted(&often(60));
    assert!(told.len() == 1 && told[0].contains("after the end with the last of its 60 times"), "{told:?}");
    assert_eq!(doubted(&often(1)), [""; 0]);
}

#[test]
fn a_scope_that_goes_by_an_attribute_that_no_fleet_has_is_told_with_the_one_that_may_be_meant() {
    let world = |scopes: [&str; 2], attribute: &str| {
        let entity = |name: &str, scope: &str| {
            let rows = "rows = 40\nschema = { id = \"uuid key\", team = \"text\" }";
            format!("[entity.{name}]\n{rows}\nscope = {{ team = \"device.{scope}\" }}\n")
        };
        let entities = entity("task", scopes[0]) + &entity("memo", scopes[1]);
        let text = format!("{MINIMAL}attributes = {{ {attribute} = 4 }}\n{entities}");
        plan(&text).warnings.iter().map(|warning| warning.render(false)).collect::<Vec<_>>()
    };
    assert_eq!(world(["team", "team"], "team"), [""; 0]);
    // What nothing reads like is meant: its values come from there.
    assert_eq!(world(["team", "shift"], "team"), [""; 0]);
    let told = world(["team", "taem"], "team");
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("rows of `memo` go by `taem`, which no fleet has"), "{told:?}");
    assert!(told[0].contains("did you mean `team`?") && told[0].contains("device.taem"), "{told:?}");
    for (scope, attribute) in [("taem", "team"), ("team", "taem")] {
        let told = world([scope, scope], attribute);
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told[0].contains("rows of `memo` go by"), "{told:?}");
        assert!(told[1].contains(&format!("did you mean `{attribute}`?")), "{told:?}");
    }
    let told = world(["team", "team"], "squad_of_five");
    assert!(told[0].contains("nothing goes by the attribute `squad_of_five`"), "{told:?}");
    assert!(told[0].contains("name it in a scope: column = \"device.NAME\""), "{told:?}");
}

#[test]
fn an_attribute_that_only_an_event_goes_by_is_used() {
    let told = |event: &str| {
        let rows = "[entity.task]\nrows = 40\nschema = { id = \"uuid key\", team = \"text\" }\n";
        let text = format!("{MINIMAL}attributes = {{ ward = 2 }}\n{rows}[event.x]\nat = \"+1m\"\n{event}\n");
        plan(&text).warnings.iter().map(|warning| warning.render(false)).collect::<Vec<_>>()
    };
    assert_eq!(told("outage = { by = \"ward\", share = 0.5, for = \"1s\" }"), [""; 0]);
    assert_eq!(told("bulk_import = { entity = \"task\", rows = 2, of_one = \"ward\" }"), [""; 0]);
    assert!(told("outage = { for = \"1s\" }")[0].contains("nothing goes by the attribute `ward`"));
}

#[test]
fn a_columns_attribute_that_its_scope_overrides_is_told() {
    let told = |own: &str| {
        let rows = format!("[entity.task]\nrows = 40\nschema = {{ id = \"uuid key\", ward = \"{own}\" }}\n");
        let text =
            format!("{MINIMAL}attributes = {{ ward = 2 }}\n{rows}scope = {{ ward = \"device.ward\" }}\n");
        plan(&text).warnings.iter().map(|warning| warning.render(false)).collect::<Vec<_>>()
    };
    assert_eq!((told("text"), told("attribute ward")), (Vec::new(), Vec::new()));
    let told = told("attribute wrad");
    assert!(
        told[0].contains("`ward` is scoped by `ward`, and its own attribute `wrad` is passed over"),
        "{told:?}"
    );
    assert!(told[0].contains("\"attribute wrad\"") && told.len() == 1, "{told:?}");
}

#[test]
fn a_past_that_is_written_beside_rows_of_ones_own_is_told_and_without_rows_only_that() {
    let rows = "rows = { csv = \"tasks.csv\", key = \"nr\" }";
    let named = OWN.replace("clinic = 2", "clinic = [\"north\", \"south\", \"clinic-1\"]");
    let aged = named.replace(rows, &format!("{rows}\nage = \"30d\"\nchanged_daily = \"5%\""));
    let told = warnings(&aged, ROWS);
    assert_eq!(told.len(), 2, "{told:?}");
    for (told, (key, place)) in told.iter().zip([("age", "own.toml:6:7"), ("changed_daily", "own.toml:7:17")])
    {
        let title = format!("`{key}` says nothing of rows of one's own: tasks.csv has them as they are");
        assert!(told.contains(&title) && told.contains(place), "{told}");
    }
    let told = warnings(&aged.replace("devices = 4", "devices = 4\nstart = { 1d = 1.0 }"), "nr,clinic,at\n");
    assert!(told.len() == 1 && told[0].contains("has a header and no rows"), "{told:?}");
}

#[test]
fn a_change_to_the_link_that_the_devices_are_on_is_told() {
    let change = |who: &str, more: &str| {
        doubted(&format!(
            "link = {{ lte-good = 0.5, wifi-good = 0.5 }}\n{more}[event.e]\nat = \"+1m\"\n\
             network_change = {{ for = \"1m\", link = \"lte-good\"{who} }}"
        ))
    };
    let told = change(", devices = [0, 1]", "");
    assert!(told.len() == 1 && told[0].contains("its devices are on `lte-good` already"), "{told:?}");
    for (who, more) in [
        ("", ""),
        (", devices = [1, 2]", ""),
        (", devices = [0, 1]", "moves = \"10m\"\n"),
        (
            ", devices = [0, 1]",
            "[event.a]\nat = \"+1m\"\nnetwork_change = { for = \"1h\", link = \"edge\" }\n",
        ),
    ] {
        assert_eq!(change(who, more), [""; 0], "{who} {more}");
    }
    let all = doubted(
        "link = \"edge\"\n[event.e]\nat = \"+1m\"\nnetwork_change = { for = \"1m\", link = \"edge\" }",
    );
    assert!(all.len() == 1 && all[0].contains("`event.e` changes nothing"), "{all:?}");
}

#[test]
fn a_unit_whose_period_is_longer_than_the_script_is_told() {
    let told = |on: &str| {
        let unit = format!("[unit.Login]\non = [\"login\", \"{on}\"]\npull = [\"*\"]\npush = [\"*\"]\n");
        plan(&format!("{MINIMAL}{unit}")).warnings
    };
    let never = told("every 9000h");
    assert!(never.len() == 1 && never[0].title.contains("`unit.Login` is due every 375d"), "{never:?}");
    assert!(told("every 5m").is_empty());
}

#[test]
fn a_proxy_where_no_page_has_an_address_is_told() {
    let proxy = "[event.p]\nat = \"+1m\"\ncaching_proxy = { for = \"1m\", ttl = \"30s\" }\n";
    let told = |more: &str| plan(&format!("{MINIMAL}{proxy}{more}")).warnings;
    let unmeant = told("");
    assert!(unmeant.len() == 1 && unmeant[0].title.contains("a proxy finds none"), "{unmeant:?}");
    assert!(told("[engine.pull]\nrequests = \"unique\"\n").is_empty());
}

#[test]
fn a_callback_that_takes_longer_than_its_timeout_is_told() {
    for (takes, told) in [("3s", 1), ("2s", 0)] {
        let callback = format!("callback = {{ takes = \"{takes}\", timeout = \"2s\" }}");
        let told_of = doubted(&format!("[engine.conflict]\npolicy = \"callback\"\n{callback}"));
        assert_eq!(told_of.len(), told, "{told_of:?}");
        assert!(told_of.iter().all(|told| told.contains("each edit gives way")), "{told_of:?}");
    }
}

#[test]
fn a_sync_that_is_held_for_nobody_is_told() {
    for (never, while_open, told) in [(1, "hold", 1), (0, "hold", 0), (1, "carry-on", 0)] {
        let engine = format!("[engine.conflict]\npolicy = \"manual\"\nwhile_open = \"{while_open}\"");
        let told_of = doubted(&format!("{engine}\n[workload.resolver]\nnever = {never}"));
        let told_of: Vec<_> = told_of.iter().filter(|told| told.contains("never runs again")).collect();
        assert_eq!(told_of.len(), told, "{never} {while_open}: {told_of:?}");
    }
}

#[test]
fn gaps_that_hold_packets_as_the_profile_does_are_told() {
    let told = |rest: &str| {
        doubted(&format!(
            "link = \"lte-good\"\n[link.lte-good]\ngaps = {{ mtbf = \"8m\", mean = \"40s\"{rest} }}"
        ))
    };
    let kept = told("");
    assert!(kept.len() == 1 && kept[0].contains("packets wait, and no phone is offline"), "{kept:?}");
    for mode in ["drop", "hold", "reset"] {
        assert_eq!(told(&format!(", mode = \"{mode}\"")), [""; 0], "{mode}");
    }
    assert_eq!(doubted("link = \"lte-good\"\n[link.lte-good.gaps]\nmean = \"9s\""), [""; 0]);
}
