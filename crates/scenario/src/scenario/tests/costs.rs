//! Compares the estimated costs of cells with measurements of release builds.

use super::super::{Cost, Document, Request};
use super::stacks;

/// The certain and the largest memory of one cell with this number of devices, in MiB.
fn mebibytes_of(document: &Document, devices: u64) -> (u64, u64) {
    let sets = vec![format!("fleet.phones.devices={devices}")];
    let plans = document.plans(&Request { sets, ..Request::default() }, &stacks());
    let (sure, most) = Cost::memory(&[Cost::of(&plans.expect("it is sound")[0])], 1);
    (sure >> 20, most >> 20)
}

fn is_near(told: u64, measured: u64) -> bool {
    (measured / 2..=measured * 2).contains(&told)
}

/// Asserts that the estimate is near the measurement. Returns the certain part of the estimate.
fn foretells(document: &Document, devices: u64, mebibytes: u64) -> u64 {
    let (sure, told) = mebibytes_of(document, devices);
    let what = document.path();
    assert!(is_near(told, mebibytes), "{what}, {devices} devices: {told} MiB, not {mebibytes}");
    sure
}

fn parsed(what: &str, text: &str) -> Document {
    Document::parse(what, text).expect("it is TOML")
}

fn fat(columns: &str, rows: u32, size: &str, more: &str) -> Document {
    let text = format!(
        "name = \"fat\"\nduration = \"30m\"\n{more}\n[entity.note]\nrows = {rows}\n\
         schema = {{ id = \"uuid key\", {columns}body = \"long-text {size}\" }}\n"
    );
    parsed(&format!("{rows} of {size}, {more}"), &text)
}

#[test]
fn the_memory_of_fat_texts_that_is_foretold_is_within_a_factor_of_two_of_what_was_measured() {
    let fleet = "fleet.phones = { devices = 1, attributes = { ward = 5 } }".to_owned();
    let synced = |ages: &str| fleet.replace("5 }", &format!("5 }}, start = {{ {ages} }}"));
    let (one, two) = (synced("1d = 1.0"), synced("1d = 0.5, 2d = 0.5"));
    let replica = format!("gateway.mode = \"persistent\"\n{one}");
    for (rows, text, more, devices, mebibytes) in [
        (2_000, "200kB..1MB", &one, 1, 651),
        (2_000, "200kB..1MB", &one, 10, 988),
        (100, "200kB..1MB", &one, 60, 1_884),
        (400, "100kB..500kB", &one, 10, 244),
        (2_000, "20kB..100kB", &one, 1, 86),
        (2_000, "20kB..100kB", &one, 30, 284),
        (4_000, "20kB..100kB", &one, 10, 205),
        (400, "20kB..100kB", &one, 200, 2_283),
        (20_000, "2kB..10kB", &one, 1, 137),
        (20_000, "2kB..10kB", &one, 10, 149),
        (20_000, "2kB..10kB", &two, 10, 243),
        (10_000, "20kB..100kB", &two, 10, 740),
        (2_000, "20kB..100kB", &replica, 1, 288),
        (500, "200kB..1MB", &fleet, 1, 174),
        (500, "200kB..1MB", &fleet, 10, 599),
        (2_000, "20kB..100kB", &fleet, 10, 260),
        (400, "20kB..100kB", &fleet, 100, 1_249),
        (20_000, "2kB..10kB", &fleet, 1, 148),
        (2_000, "2kB..10kB", &fleet, 100, 281),
    ] {
        foretells(
            &fat("title = \"text\", ward = \"attribute ward\", ", rows, text, more),
            devices,
            mebibytes,
        );
    }
}

#[test]
fn what_changed_before_and_what_people_write_during_the_script_is_foretold() {
    let synced = "fleet.phones = { devices = 1, start = { 1d = 1.0 } }";
    let empty = "fleet.phones = { devices = 1 }";
    let replica = format!("gateway.mode = \"persistent\"\n{empty}");
    let action = |fleet: &str, kind: &str| format!("{fleet}\naction.e = {{ entity = \"note\", {kind} }}");
    let updates = action(empty, "kind = \"update\", columns = [\"body\"], per_device = 1");
    let creates = action(synced, "kind = \"create\", per_device = 1000, on_devices = 0");
    for (rows, text, more, devices, mebibytes) in [
        (3_000, "60kB", synced, 100, 840),
        (3_000, "60kB", synced, 420, 1_993),
        (1_000, "100kB", &replica, 20, 1_106),
        (4_000, "20kB", &updates, 30, 296),
        (100, "100kB", &creates, 4, 2_070),
    ] {
        let sure = foretells(&fat("", rows, text, more), devices, mebibytes);
        assert!(sure <= mebibytes, "{rows} of {text}, {more}: {sure} MiB is more than {mebibytes}");
    }
}

#[test]
fn the_memory_that_is_foretold_is_within_a_factor_of_two_of_what_was_measured() {
    let hospital = Document::hospital_day();
    let text = include_str!("../../../../../benches/twenty-thousand-phones.toml");
    let morning = parsed("morning.toml", text);
    let note = "name = \"many\"\nduration = \"30m\"\n[fleet.phones]\ndevices = 1\n[entity.note]\nrows = 10000\n\
                schema = { id = \"uuid key\", title = \"text 10..60\" }\n";
    let note = parsed("many.toml", note);
    for (document, devices, mebibytes) in [
        (&hospital, 50, 603),
        (&hospital, 200, 958),
        (&hospital, 400, 924),
        (&hospital, 1_000, 1_717),
        (&hospital, 5_000, 4_096),
        (&morning, 20_000, 1_946),
        (&note, 10, 100),
        (&note, 100, 263),
    ] {
        foretells(document, devices, mebibytes);
    }
}

/// A committed scenario, its peak memory in MiB, and the processor time in ms for one seed of all
/// variants. `tests/estimates` measured the figures.
macro_rules! measured {
    ($($name:literal $mebibytes:literal $millis:literal,)*) => {
        [$(($name, include_str!(concat!("../../../../../scenarios/", $name, ".toml")), $mebibytes, $millis)),*]
    };
}

/// At most this many scenarios may need more than twice, or less than half, the estimated time.
const MISSED: usize = 3;

#[test]
fn cells_of_all_sizes_cost_within_twice_what_is_told() {
    let mut missed = Vec::new();
    for (name, text, mebibytes, millis) in measured![
        "backend/coarse-stamps" 52 70,
        "backend/load-in-midlife" 50 261,
        "backend/replica-under-quota" 52 62,
        "backend/request-storm" 44 371,
        "checklist/cleared-queue" 46 26,
        "checklist/network-events" 44 14,
        "checklist/triggered" 69 108,
        "conflicts/callback" 48 47,
        "conflicts/hierarchy" 50 829,
        "conflicts/id-pool-copied" 46 46,
        "conflicts/matrix/update-delete" 43 13,
        "conflicts/taken-updates" 56 98,
        "cookbook/captive-portal" 40 26,
        "cookbook/photos" 54 49,
        "device/clocks" 56 65,
        "device/foreground" 106 453,
        "device/local-capture" 69 3180,
        "device/power-at-syncs" 105 693,
        "device/upgrade" 50 98,
        "device/year" 83 1025,
        "hospital-day" 959 19817,
        "interrupted/half-committed" 52 134,
        "interrupted/simple-or-full" 183 923,
        "links/captive-portal" 38 24,
        "links/profiles" 50 151,
        "links/streams" 105 389,
        "scripts/made" 40 24,
        "strategies/change-log" 48 64,
        "strategies/compare-growth" 62 427,
        "strategies/cursor-late-commits" 47 24,
        "strategies/flag-forms" 38 41,
        "strategies/flag-touched" 43 16,
        "strategies/ota-or-persistent" 64 485,
        "strategies/two-nodes" 54 89,
        "units/by-volume" 110 424,
        "units/delete-all" 104 2449,
        "units/light-splash" 88 242,
        "units/poison" 44 50,
        "units/status" 64 387,
        "units/wifi-only" 145 1008,
        "wire/body-limit" 83 524,
        "wire/formats" 59 446,
        "wire/matrix" 51 20,
    ] {
        let document = parsed(&format!("scenarios/{name}.toml"), text);
        let plans = document.plans(&Request::default(), &stacks()).expect("it is sound");
        let costs: Vec<Cost> = plans.iter().map(Cost::of).collect();
        let told = Cost::memory(&costs, 1).1 >> 20;
        assert!(is_near(told, mebibytes), "{name}: {told} MiB, not {mebibytes}");
        let told = costs.iter().map(|cost| cost.time().0).sum::<u64>() / 1_000_000;
        if !is_near(told, millis) {
            missed.push(format!("{name}: {told} ms, not {millis}"));
        }
    }
    assert!(missed.len() <= MISSED, "{missed:#?}");
}

/// A committed benchmark with many phones. `docs/speed.md` has its peak memory in MiB and its
/// processor time in s.
#[test]
fn fleets_of_many_phones_cost_within_twice_what_is_told() {
    let text = include_str!("../../../../../benches/hundred-thousand-phones.toml");
    let phones = parsed("phones.toml", text);
    let tenth = ["fleet.phones.devices=10000", "fleet.phones.attributes.ward=500", "entity.visit.rows=20000"];
    for (sets, mebibytes, seconds) in [(&tenth[..0], 7_270, 414), (&tenth[..], 860, 28)] {
        let sets = sets.iter().map(|set| (*set).to_owned()).collect();
        let plans = phones.plans(&Request { sets, ..Request::default() }, &stacks());
        let cost = Cost::of(&plans.expect("it is sound")[0]);
        let told = Cost::memory(&[cost], 1).1 >> 20;
        assert!(is_near(told, mebibytes), "{told} MiB, not {mebibytes}");
        let told = cost.time().0 / 1_000_000_000;
        assert!(is_near(told, seconds), "{told} s, not {seconds}");
    }
}

#[test]
fn a_debounce_bounds_how_often_a_period_starts_a_run() {
    let text = "name = \"e\"\nduration = \"180d\"\n[entity.t]\nrows = 50\n\
                schema = { id = \"uuid key\", a = \"text 5\" }\n[fleet.phones]\ndevices = 2\n\
                [unit.U]\non = [\"login\", \"every 1s\"]\npull = [\"*\"]\npush = [\"*\"]\n";
    foretells(&parsed("often.toml", text), 2, 120);
}

#[test]
fn edits_that_a_disk_cannot_keep_up_with_are_told_to_heap_up() {
    let document = |duration: &str, edits: u32| {
        let text = format!(
            "name = \"m\"\nduration = \"{duration}\"\n[entity.t]\nrows = 10\n\
             schema = {{ id = \"uuid key\", title = \"text 10\" }}\n[fleet.phones]\ndevices = 3\n\
             [unit.U]\non = [\"login\"]\npull = [\"*\"]\npush = [\"*\"]\n\
             [action.a]\nentity = \"t\"\nkind = \"create\"\nper_device = {edits}\n"
        );
        parsed(&format!("{edits} in {duration}"), &text)
    };
    for (duration, edits, mebibytes) in [
        ("20m", 100, 39),
        ("20m", 1_000, 63),
        ("20m", 10_000, 179),
        ("2m", 1_000, 173),
        ("2m", 10_000, 1_600),
        ("2m", 50_000, 9_820),
    ] {
        foretells(&document(duration, edits), 3, mebibytes);
    }
}

#[test]
fn the_time_that_is_foretold_is_within_a_factor_of_two_of_what_was_measured() {
    let cost = |text: &str| {
        let plans = parsed("small.toml", text).plans(&Request::default(), &stacks());
        Cost::of(&plans.unwrap_or_else(|e| panic!("{e}"))[0])
    };
    let small = "name = \"small\"\nduration = \"1h\"\n[entity.task]\nrows = ROWS\n\
        schema = { id = \"uuid key\", title = \"text 5..40\" }\n[fleet.f]\ndevices = DEVICES\n";
    let of = |rows: u32, devices: u32, more: &str| {
        let text = small.replace("ROWS", &rows.to_string()).replace("DEVICES", &devices.to_string());
        cost(&(text + more))
    };
    let unit = of(100, 10, "").time().as_secs_f64();
    let extra = |n: u32| format!("[store]\nextra_rows = {n}\n");
    let looks =
        |n: u32| format!("[workload]\nforeground = {{ stay = \"10h\", queries = {n}, rows = 1000 }}\n");
    let hook = |rtt: &str| {
        format!(
            "link = \"l\"\n[link.l]\nrtt = \"{rtt}\"\ndown = \"10Mbit/s\"\nup = \"10Mbit/s\"\n\
             [unit.U]\non = [\"login\"]\npull = [\"*\"]\npush = [\"*\"]\n\
             [hooks]\non_sync_complete = {{ triggers = \"U\" }}\n"
        )
    };
    // Measured as multiples of the processor time of 10 phones with 100 rows, which ran at the same
    // time.
    for (rows, devices, more, measured) in [
        (20_000, 2, extra(8), 13.5),
        (60_000, 2, extra(8), 45.0),
        (60_000, 2, extra(16), 64.0),
        (60_000, 1, extra(16), 30.0),
        (20_000, 10, extra(8), 56.0),
        (50, 2, looks(250), 2.0),
        (50, 2, looks(500), 5.5),
        (50, 2, looks(1_000), 13.0),
        (50, 2, hook("10ms"), 28.0),
        (50, 2, hook("50ms"), 27.0),
        (50, 2, hook("200ms"), 12.0),
    ] {
        let told = of(rows, devices, &more).time().as_secs_f64() / unit;
        assert!(
            (measured / 2.0..=measured * 2.0).contains(&told),
            "{rows} rows, {devices} devices, {more}: {told:.1}, not {measured}"
        );
    }
    for (rows, devices, n, mebibytes) in [
        (20_000, 2, 8, 191),
        (20_000, 2, 16, 303),
        (60_000, 2, 16, 467),
        (60_000, 1, 16, 351),
        (2_000, 20, 8, 114),
        (20_000, 10, 8, 329),
    ] {
        let told = Cost::memory(&[of(rows, devices, &extra(n))], 1).1 >> 20;
        assert!(
            is_near(told, mebibytes),
            "{rows} rows, {devices} devices, {n} more: {told} MiB, not {mebibytes}"
        );
    }
}
