//! Links: what is taken, and what is said of those that cannot be.

use super::super::Document;
use super::{MINIMAL, Request, complaint, plan, with_names};
use crate::base::{BitRate, Ppm, Span};
use crate::net::{GapLengths, LossWindow, Moves, OutageMode, PacketLoss, Profile};

/// The link `mine` with these lines.
fn link(lines: &str) -> std::sync::Arc<Profile> {
    let text = format!("{MINIMAL}link = \"mine\"\n[link.mine]\nrtt = \"80ms\"\n{lines}\n");
    plan(&text).fleets[0].links[0].0.clone()
}

/// What must be said of such a link.
fn says(lines: &str, wanted: &[&str]) {
    let text = format!("{MINIMAL}link = \"mine\"\n[link.mine]\nrtt = \"80ms\"\n{lines}\n");
    let said = complaint(&text, &[]);
    for part in wanted {
        assert!(said.contains(part), "{lines}\nshould make it say: {part}\nbut it says:\n{said}");
    }
}

const RATES: &str = "down = \"5Mbit/s\"\nup = \"1Mbit/s\"\n";

#[test]
fn a_link_is_defined_with_all_of_its_figures() {
    let mine = link(&format!(
        "{RATES}kind = \"cellular\"\njitter = \"5ms\"\nloss = {{ p = 0.01, r = \"25%\" }}\nqueue = \"64kB\"\nmtu = 1400\n\
         variation = {{ sigma = 0.7 }}\ngaps = {{ mtbf = \"1m\", mean = \"1s\", mode = \"hold\" }}\n\
         promotion = {{ after = \"5s\", takes = \"1s\" }}\nreconnect = \"2s\""
    ));
    assert_eq!((mine.queue, mine.mtu, mine.reconnect), (64_000, 1_400, Span::secs(2)));
    assert_eq!(mine.loss, Some(PacketLoss { p: Ppm(10_000), r: Ppm(250_000), window: None }));
    assert_eq!(mine.variation.unwrap().phi_milli, 850);
    let gaps = mine.gaps.unwrap();
    assert_eq!((gaps.mode, gaps.lengths), (OutageMode::Hold, GapLengths::Exponential));
    assert_eq!(mine.promotion.unwrap().takes, Span::secs(1));
    assert_eq!(link(&format!("{RATES}loss = \"0.1%\"")).loss.unwrap().r, Ppm(999_000));
    assert_eq!(link(RATES).loss, None);
}

#[test]
fn a_figure_of_the_library_is_changed_and_the_others_stay() {
    let text = format!("{MINIMAL}link = \"edge\"\n[link.edge.gaps]\nmean = \"9s\"\n");
    let edge = plan(&text).fleets[0].links[0].0.clone();
    let gaps = edge.gaps.unwrap();
    assert_eq!((gaps.mtbf, gaps.mean, gaps.lengths), (Span::secs(45), Span::secs(9), GapLengths::Cellular));
    assert_eq!(edge.down, BitRate(240_000));
}

#[test]
fn the_library_says_all_twelve_and_a_tunnel_over_each() {
    let names = [
        "edge",
        "3g-poor",
        "3g-hspa",
        "lte-poor",
        "lte-good",
        "lte-driving",
        "5g-sub6",
        "wifi-good",
        "wifi-congested",
        "geo",
        "leo",
    ];
    for name in names {
        let of = |name: &str| plan(&format!("{MINIMAL}link = \"{name}\"\n")).fleets[0].links[0].0.clone();
        let (plain, tunnel) = (of(name), of(&format!("vpn-over-{name}")));
        assert_eq!(tunnel.rtt, plain.rtt + Span::millis(40));
        assert_eq!((tunnel.mtu, tunnel.reconnect), (1_380, Span::secs(3)));
        assert_eq!(tunnel.down, plain.down.min(BitRate(20_000_000)));
        assert_eq!((tunnel.gaps, tunnel.loss), (plain.gaps, plain.loss), "{name}");
        assert!(plain.gaps.is_some() && plain.queue > 0);
    }
    let leo = plan(&format!("{MINIMAL}link = \"leo\"\n")).fleets[0].links[0].0.clone();
    let window = LossWindow { every: Span::secs(15), lasts: Span::millis(300) };
    assert_eq!(leo.loss, Some(PacketLoss { p: Ppm(50_000), r: Ppm(50_000), window: Some(window) }));
}

#[test]
fn contradictions_are_told() {
    says(
        "down = \"0bit/s\"\nup = \"1Mbit/s\"",
        &["`link.mine.down` is wrong", "a rate above 0", "test.toml:12"],
    );
    says("down = \"1Mbit/s\"", &["`link.mine` has neither `up` nor `trace.up`", "FILE"]);
    for (more, wanted) in [
        ("queue = \"0B\"", ["`link.mine.queue` is wrong", "from 1500B"]),
        ("queue = -5", ["`link.mine.queue` is wrong", "from 1500B"]),
        ("gaps = { mtbf = \"5s\", mean = \"5s\" }", ["gaps of 5s every 5s", "write an outage"]),
        ("gaps = { mtbf = \"0s\", mean = \"5s\" }", ["`link.mine.gaps.mtbf` is wrong", "from 1ms"]),
        ("gaps = { mean = \"5s\" }", ["`link.mine.gaps.mtbf` is missing", "a time such as"]),
        (
            "gaps = { mtbf = \"5h\", mean = \"5m\", lengths = \"cellular\" }",
            ["too long for gaps of a cellular network", "at most 1m"],
        ),
        ("loss = 1.0", ["every packet is lost", "test.toml:14:8"]),
        ("loss = \"100%\"", ["nothing ever arrives", "`gaps`"]),
        ("loss = { p = 0.1, r = 0 }", ["losses never end", "outage"]),
        ("loss = { p = 0.1, r = 0.5, every = \"15s\" }", ["`every` and `for` need each other", "beginning"]),
        (
            "loss = { p = 0.1, r = 0.5, every = \"1s\", for = \"2s\" }",
            ["losses that last longer than until they come again", "they come every 1s"],
        ),
        ("variation = { sigma = 0.7, phi = 1 }", ["`link.mine.variation.phi` is wrong", "from 0 to 0.95"]),
        ("steps = { every = \"0s\", within = \"1ms\" }", ["`link.mine.steps.every` is wrong", "from 1ms"]),
        (
            "jitter_tail = { share = 0.1, from = \"9ms\", alpha = 0 }",
            ["a tail of no jitter", "a tail of exponent 0 has no law"],
        ),
        ("trace = { down = 5 }", ["`link.mine.trace.down` is wrong", "a text"]),
        (
            "radio = \"none\"\npromotion = { after = \"5s\", takes = \"1s\" }",
            ["radio = \"none\" has no `promotion`", "test.toml:15:1"],
        ),
        (
            "radio = \"none\"\nradio_changes = { mtbf = \"5m\" }",
            ["radio = \"none\" has no `radio_changes`", "say which radio it is"],
        ),
        (
            "promotion = { after = \"5s\", takes = \"1s\" }",
            ["kind = \"other\" has no radio, and no `promotion`", "test.toml:14:1"],
        ),
        (
            "kind = \"cellular\"\nradio_changes = { mtbf = \"1ms\", takes = \"1h\" }",
            ["changes of 1h every 1ms: the link is held back more than it carries", "test.toml:15:"],
        ),
        (
            "kind = \"cellular\"\nradio_changes = { mtbf = \"4s\" }",
            ["changes of 4.5s every 4s", "`takes` is less than `mtbf`"],
        ),
        ("answer_loss = 1", ["every answer is lost, so nothing ever ends", "a share below 1"]),
        ("answer_loss = \"100%\"", ["every answer is lost", "test.toml:14:15"]),
    ] {
        says(&format!("{RATES}{more}"), &wanted);
    }
}

#[test]
fn what_only_a_radio_does_is_refused_wherever_the_radio_is_taken_away() {
    for (links, wanted) in [
        ("[link.lte-good]\nradio = \"none\"\n", ["`lte-good` brings `promotion`", "test.toml:10:9"]),
        (
            "link = \"vpn-over-lte-good\"\n[link.vpn-over-lte-good]\nradio = \"none\"\n",
            ["radio = \"none\" has no `promotion`", "test.toml:11:9"],
        ),
        (
            "link = \"vpn-over-mine\"\n[link.mine]\nrtt = \"1ms\"\nup = \"1Mbit/s\"\ndown = \"1Mbit/s\"\n\
             [link.vpn-over-mine.promotion]\nafter = \"5s\"\ntakes = \"1s\"\n",
            ["kind = \"other\" has no radio, and no `promotion`", "test.toml:14:"],
        ),
    ] {
        let said = complaint(&format!("{MINIMAL}{links}"), &[]);
        for part in wanted {
            assert!(said.contains(part), "{links}\nshould make it say: {part}\nbut it says:\n{said}");
        }
    }
    let (given, below) =
        ("kind = \"other\"\npromotion = { after = \"5s\", takes = \"1s\" }\n", "link.vpn-over-mine");
    let over = format!("{MINIMAL}link = \"vpn-over-mine\"\n[link.mine]\nrtt = \"1ms\"\n{RATES}{given}");
    let said = complaint(&over, &[]);
    assert!(said.matches("error: ").count() == 1 && !said.contains(below), "told at the link below: {said}");
    link(&format!("{RATES}radio = \"lte\"\n{given}"));
}

#[test]
fn a_fleet_that_moves_shares_its_time_among_links() {
    let text = format!("{MINIMAL}link = {{ edge = 0.25, geo = 0.75 }}\nmoves = \"45m\"\n");
    let plan = plan(&text);
    let Some(Moves::Wander { links, mean }) = plan.fleets[0].moves.as_deref() else { panic!("it wanders") };
    let shares: Vec<_> = links.iter().map(|(link, share)| (&*link.name, share.0)).collect();
    assert_eq!((shares, *mean), (vec![("edge", 250_000), ("geo", 750_000)], Span::secs(2_700)));
    assert!(plan.devices().iter().all(|device| device.moves.is_some()));
}

#[test]
fn a_field_worker_starts_at_the_local_time_on_links_that_can_be_changed() {
    let text = format!(
        "start = \"2026-03-02T07:30:00+01:00\"{MINIMAL}moves = \"field-worker\"\n[link.lte-good]\nrtt = \"9ms\"\n"
    );
    let plan = plan(&text);
    let Some(Moves::FieldWorker(worker)) = plan.fleets[0].moves.as_deref() else { panic!("a field worker") };
    assert_eq!(worker.since_midnight, Span::secs(7 * 3_600 + 1_800));
    assert_eq!((&*worker.depot.name, &*worker.road.name), ("wifi-good", "lte-driving"));
    assert_eq!(worker.site.rtt, Span::millis(9));
}

#[test]
fn moves_and_events_that_cannot_be_are_told() {
    let flap = |keys: &str| format!("[event.e]\nat = \"+1m\"\n{keys}");
    for (more, wanted) in [
        ("moves = \"0s\"".to_owned(), ["`fleet.phones.moves` is wrong", "field-worker"]),
        ("moves = \"1ns\"".to_owned(), ["`fleet.phones.moves` is wrong", "from 1s on"]),
        (
            "link = \"edge\"\nmoves = \"field-worker\"".to_owned(),
            ["a field worker's day says its links itself", "wifi-good, lte-driving, lte-good"],
        ),
        ("link = { edge = 0.7, geo = 0.7 }\nmoves = \"1m\"".to_owned(), ["come to 1.4, not to 1", "link"]),
        (flap("flap = { every = \"2m\", for = \"1m\" }"), ["too slow to flap once", "it flaps for 1m"]),
        (
            flap("network_change = { link = \"lte-god\", for = \"1m\" }"),
            ["there is no link `lte-god`", "did you mean `lte-good`?"],
        ),
        (flap("captive_portal = {}"), ["`event.e.captive_portal.for` is missing", "a time such as"]),
    ] {
        let said = complaint(&format!("{MINIMAL}{more}\n"), &[]);
        for part in wanted {
            assert!(said.contains(part), "{more}\nshould make it say: {part}\nbut it says:\n{said}");
        }
    }
}

#[test]
fn a_link_that_no_fleet_uses_is_looked_at_too() {
    let said = complaint(&format!("{MINIMAL}[link.other]\nrtt = \"1ms\"\n"), &[]);
    assert!(said.contains("`link.other` has neither `down` nor `trace.down`"), "{said}");
}

/// A scenario with a trace of these lines towards the device, in a folder of its own.
fn traced(lines: &str) -> Result<std::sync::Arc<Profile>, String> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.down"), lines).unwrap();
    let text = format!(
        "{MINIMAL}link = \"mine\"\n[link.mine]\nrtt = \"80ms\"\nup = \"1Mbit/s\"\ntrace = {{ down = \"a.down\" }}\n"
    );
    let document = Document::parse("test.toml", &text).unwrap().beside(folder.path());
    let plans = with_names(|names| document.plans(&Request::default(), names));
    plans.map(|mut plans| plans.remove(0).fleets[0].links[0].0.clone()).map_err(|e| e.to_string())
}

#[test]
fn a_trace_is_replayed_in_place_of_a_rate() {
    let mine = traced("10\n20\n30\n40\n").unwrap();
    assert_eq!(mine.down, BitRate(1_203_200), "a packet of 1504 bytes each 10 ms");
    assert!(mine.traces[0].is_none() && mine.traces[1].is_some());
}

#[test]
fn a_rate_beside_its_trace_is_refused_unless_others_use_it() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("t"), "10\n20\n").unwrap();
    let plans = |more: &str, sets: &[&str]| {
        let document =
            Document::parse("test.toml", &format!("{MINIMAL}{more}")).unwrap().beside(folder.path());
        let request =
            Request { sets: sets.iter().map(|set| (*set).to_owned()).collect(), ..Request::default() };
        with_names(|names| document.plans(&request, names)).map_err(|e| e.render(false))
    };
    let own = "link = \"mine\"\n[link.mine]\nrtt = \"80ms\"\nup = \"1Mbit/s\"\ndown = \"1Mbit/s\"\n";
    let trace = "trace = { down = \"t\" }\n";
    for (more, sets) in [
        (format!("{own}{trace}"), &[][..]),
        (
            format!(
                "{own}[variant.bus]\nset = {{ \"link.mine.trace\" = {{ down = \"t\" }}, \"link.mine.down\" = \"2Mbit/s\" }}\n"
            ),
            &[],
        ),
        (format!("{}{trace}", own.replace("down = \"1Mbit/s\"\n", "")), &["link.mine.down=\"2Mbit/s\""]),
    ] {
        let said = plans(&more, sets).unwrap_err();
        assert!(said.contains("`link.mine` replays a trace, and this rate does not count"), "{said}");
        assert_eq!(said.matches("error: ").count(), 1, "{said}");
    }
    for (more, sets) in [
        (format!("{own}[variant.bus]\nset = {{ \"link.mine.trace\" = {{ down = \"t\" }} }}\n"), &[][..]),
        (own.to_owned(), &["link.mine.trace={ down = \"t\" }"]),
        (format!("link = \"edge\"\n[link.edge]\n{trace}"), &[]),
    ] {
        let plan = plans(&more, sets).unwrap().remove(0);
        let link = &plan.fleets[0].links[0].0;
        assert_eq!((link.down, link.traces[1].is_some()), (BitRate(1_203_200), true));
        // What was resolved reads back.
        let again = Document::parse("test.toml", &plan.resolved).unwrap().beside(folder.path());
        let again = with_names(|names| again.plans(&Request::default(), names)).map_err(|e| e.render(false));
        assert_eq!(again.unwrap()[0].digest, plan.digest);
    }
}

#[test]
fn a_variation_beside_two_traces_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("t"), "10\n20\n").unwrap();
    let said = |traces: &str| {
        let text = format!(
            "{MINIMAL}link = \"mine\"\n[link.mine]\nrtt = \"80ms\"\n{traces}\nvariation = {{ sigma = 0.7 }}\n"
        );
        let document = Document::parse("test.toml", &text).unwrap().beside(folder.path());
        with_names(|names| document.plans(&Request::default(), names)).map_err(|e| e.to_string())
    };
    let both = said("trace = { down = \"t\", up = \"t\" }").unwrap_err();
    assert!(both.contains("both ways replay a trace, and this does not count"), "{both}");
    assert!(both.contains("test.toml:13:1"), "{both}");
    assert!(said("trace = { down = \"t\" }\nup = \"1Mbit/s\"").is_ok(), "the other way varies");
}

#[test]
fn what_is_wrong_with_a_trace_is_told_with_file_and_line() {
    for (lines, wanted) in [
        ("10\n20\n15\n", vec!["the trace goes backwards, from 20 ms to 15 ms", "a.down:3", "3 | 15", "^^"]),
        ("10\ntwenty\n", vec!["`twenty` is no whole number of milliseconds", "a.down:2", "^^^^^^"]),
        ("", vec!["the trace is empty", "test.toml:13"]),
        ("0\n", vec!["the trace ends at 0 ms", "test.toml:13"]),
    ] {
        let said = traced(lines).unwrap_err();
        for part in wanted {
            assert!(said.contains(part), "{lines:?}\nshould make it say: {part}\nbut it says:\n{said}");
        }
        assert!(!said.contains("neither"), "{said}");
    }
    says(
        "up = \"1Mbit/s\"\ntrace = { down = \"gone.down\" }",
        &["cannot use the trace gone.down", "No such file"],
    );
}

#[test]
fn the_digest_covers_what_a_trace_says() {
    let digest = |lines: &str| {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("t"), lines).unwrap();
        let text = format!("{MINIMAL}[link.mine]\nrtt = \"1ms\"\ntrace = {{ down = \"t\", up = \"t\" }}\n");
        let document = Document::parse("test.toml", &text).unwrap().beside(folder.path());
        let plan = with_names(|names| document.plans(&Request::default(), names)).unwrap().remove(0);
        assert_eq!(plan.files, ["t"]);
        plan.digest.clone()
    };
    assert_ne!(digest("1\n2\n"), digest("1\n3\n"));
}

#[test]
fn a_jitter_that_the_model_would_cut_is_refused_with_the_longest() {
    let longest = "at most 2s; longer is a gap: `gaps`, or an event `outage` with mode = \"hold\"";
    says(
        &format!("{RATES}jitter = \"5s\""),
        &["a jitter of 5s is longer than any message is late", longest, "test.toml:14:10"],
    );
    let tail = "jitter = \"2s\"\njitter_tail = { share = 0.1, from = \"2001ms\", alpha = 1.6 }";
    says(&format!("{RATES}{tail}"), &["a jitter of 2.001s is longer", longest, "test.toml:15:37"]);
    link(&format!("{RATES}{}", tail.replace("2001ms", "2s")));
}

#[test]
fn steps_that_leave_no_round_trip_are_refused_with_half_of_it() {
    let steps = |within: &str| format!("{RATES}steps = {{ every = \"15s\", within = \"{within}\" }}");
    let parts = [
        "steps of 41ms each way take away the round trip of 80ms",
        "`within` is at most half of `rtt`, here 40ms",
    ];
    says(&steps("41ms"), &[parts[0], parts[1], "test.toml:14:35"]);
    link(&steps("40ms"));
}

#[test]
fn a_queue_has_room_for_a_packet() {
    let parts =
        ["a queue of 4000 bytes holds no packet of 9000", "`queue` is at least `mtu`", "test.toml:14:9"];
    says(&format!("{RATES}queue = \"4000B\"\nmtu = 9000"), &parts);
    link(&format!("{RATES}queue = \"9000B\"\nmtu = 9000"));
}

#[test]
fn a_radio_is_of_the_kind_that_its_link_is_called() {
    for (kind, radio, fits) in [
        ("wifi", "lte", "\"wifi\" or \"none\""),
        ("cellular", "wifi", "\"2g\", \"3g\", \"lte\", \"5g\" or \"none\""),
    ] {
        let title = format!("`link.mine` has kind \"{kind}\", and its radio speaks \"{radio}\"");
        let help = format!("with this `kind` the radio is {fits}; without `radio` it goes by `kind`");
        says(&format!("{RATES}kind = \"{kind}\"\nradio = \"{radio}\""), &[&title, &help, "test.toml:15:9"]);
    }
    link(&format!("{RATES}kind = \"other\"\nradio = \"lte\""));
    link(&format!("{RATES}kind = \"cellular\"\nradio = \"none\""));
}

#[test]
fn a_misspelt_word_of_a_link_is_its_only_mistake() {
    for (lines, wanted) in [
        ("kind = \"wify\"\nradio = \"lte\"", "did you mean `wifi`"),
        ("gaps = { mtbf = \"5h\", mean = \"5m\", lengths = \"exponental\" }", "did you mean `exponential`"),
    ] {
        says(&format!("{RATES}{lines}"), &[wanted]);
        let text = format!("{MINIMAL}link = \"mine\"\n[link.mine]\nrtt = \"80ms\"\n{RATES}{lines}\n");
        assert_eq!(complaint(&text, &[]).matches("error: ").count(), 1, "{lines}");
    }
}

#[test]
fn what_a_link_of_the_library_contradicts_is_shown_where_it_is_said() {
    let said = complaint(&format!("{MINIMAL}[link.lte-good]\nkind = \"wifi\"\n"), &[]);
    let title = "`link.lte-good` has kind \"wifi\", and its radio speaks \"lte\"";
    assert!(said.contains(title) && said.contains("test.toml:10:8"), "{said}");
}
