//! The work to read a file is proportional to its content.

use std::fmt::Write as _;

use allocation_counter::measure;

use super::super::{Document, Request};
use super::stacks;
use crate::config::tree::steps_taken;

const BASE: &str = "name = \"s\"\nduration = \"20m\"\n[entity.task]\nrows = 50\n\
    schema = { id = \"uuid key\", state = \"one of open|done\" }\n[fleet.f]\ndevices = 3\nATTRIBUTES\n\
    [action.tick]\nentity = \"task\"\nkind = \"update\"\ncolumns = [\"state\"]\nper_device = 3\n";

/// A file with this number of `kind`.
fn with(kind: &str, many: usize) -> String {
    let mut text = BASE.to_owned();
    let mut attributes = String::new();
    for n in 0..many {
        let before = n.saturating_sub(1);
        let _ = match kind {
            "variants" => {
                writeln!(text, "[variant.v{n}]\nset = {{ \"engine.pull.chunk_rows\" = {} }}", n + 2)
            }
            "events" => {
                writeln!(text, "[event.e{n}]\nat = \"+1s\"\noutage = {{ share = 0.5, for = \"1s\" }}")
            }
            "chain" if n == 0 => writeln!(text, "[event.e0]\nat = \"+1s\"\nedits = {{ action = \"tick\" }}"),
            "chain" => writeln!(
                text,
                "[event.e{n}]\nat = \"+1s\"\nedits = {{ action = \"tick\", row_of = \"e{before}\" }}"
            ),
            "attributes" => write!(attributes, "a{n} = 3, "),
            "peaks" => writeln!(
                text,
                "[workload.peak.p{n}]\nfrom = \"+{n}ms\"\nuntil = \"+{}ms\"\nshare = 0.0001",
                n + 1
            ),
            "actions" => writeln!(
                text,
                "[action.a{n}]\nentity = \"task\"\nkind = \"update\"\ncolumns = [\"state\"]\nper_device = 0"
            ),
            "links of fleets" => writeln!(
                text,
                "[link.l{n}]\nrtt = \"50ms\"\ndown = \"1Mbit/s\"\nup = \"1Mbit/s\"\n\
                 [fleet.f{n}]\ndevices = 1\nlink = \"l{n}\""
            ),
            "tunnels" => writeln!(
                text,
                "[link.l{n}]\nrtt = \"50ms\"\ndown = \"1Mbit/s\"\nup = \"1Mbit/s\"\n\
                 [fleet.f{n}]\ndevices = 1\nlink = \"vpn-over-l{n}\""
            ),
            "units" => writeln!(text, "[unit.u{n}]\non = [\"login\"]\npull = [\"task\"]\npush = [\"task\"]"),
            "references" if n == 0 => {
                writeln!(text, "[entity.r0]\nrows = 5\nschema = {{ id = \"uuid key\", t = \"text 5\" }}")
            }
            _ => writeln!(
                text,
                "[entity.r{n}]\nrows = 5\nschema = {{ id = \"uuid key\", t = \"text 5\", up = \"ref r{before}\" }}"
            ),
        };
    }
    let attributes =
        if attributes.is_empty() { attributes } else { format!("attributes = {{ {attributes} }}") };
    text.replace("ATTRIBUTES", &attributes.replace(", }", " }"))
}

/// The bytes allocated and the steps taken to plan a file with this number of `kind`.
fn work(kind: &str, many: usize) -> [u64; 2] {
    let text = with(kind, many);
    steps_taken();
    let plan = || {
        let plans = Document::parse("s.toml", &text).unwrap().plans(&Request::default(), &stacks());
        assert!(plans.is_ok(), "{many} {kind}: {}", plans.unwrap_err());
    };
    [measure(plan).bytes_total, steps_taken()]
}

#[test]
fn twice_as_much_in_a_file_is_twice_the_work() {
    for kind in [
        "variants",
        "events",
        "chain",
        "attributes",
        "units",
        "references",
        "peaks",
        "actions",
        "links of fleets",
        "tunnels",
    ] {
        let [few, some, many] = [100, 200, 400].map(|many| work(kind, many));
        for (of, what) in ["bytes", "steps"].into_iter().enumerate() {
            let grows = (many[of] - some[of]) as f64 / (some[of] - few[of]) as f64;
            assert!(grows < 2.5, "{kind}: {few:?}, {some:?}, {many:?} {what}, × {grows:.2}");
        }
    }
}

#[test]
fn nonsense_takes_memory_in_proportion_to_its_size() {
    const SIZE: usize = 1 << 19;
    for sign in ["=", ".", ",", "[", "{", "\n", "=\n", "a=1\n", "\"", "#"] {
        let text = sign.repeat(SIZE / sign.len());
        let mut mistakes = 0;
        let parsed = measure(|| {
            let document = Document::parse("s.toml", &text);
            mistakes = document.map_or_else(|invalid| invalid.diagnostics.len(), |_| 0);
        });
        let times = parsed.bytes_max / SIZE as u64;
        assert!(times < 200, "{sign:?}: {times} times its size");
        assert!(mistakes < 2, "{sign:?}: {mistakes} mistakes");
    }
}
