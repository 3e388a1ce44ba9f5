//! The table of wire formats, as the program prints it.

use std::path::Path;

use syncdyno::protocol::NAMES;

use crate::tables::{Line, lines, printed};

const LINKS: [&str; 4] = ["edge", "lte-poor", "lte-good", "geo"];
const DOWN: &str = "engine.down.bytes";
const TIME: &str = "engine.session.time";
const COSTS: [&str; 3] = ["device.coding.busy", "gateway.coding.busy", "device.coding.energy"];

fn figure(line: &Line, name: &str) -> u64 {
    line[name].parse().expect("it was measured")
}

#[test]
fn the_table_of_formats_tells_what_packing_saves_and_costs() {
    let table = lines(&printed(&["--table", "wire", "--format", "csv"]));
    assert_eq!(table.len(), NAMES.len() * 3 * 4 * 4, "formats, packers, links and chunks");
    let best = |format: &str, packed: &str, link: &str| -> &Line {
        let of = |line: &&Line| line["format"] == format && line["packed"] == packed && line["link"] == link;
        table.iter().filter(of).min_by_key(|line| figure(line, TIME)).expect("it was run")
    };
    for link in LINKS {
        let [json, objects, xml, cbor, protobuf] =
            ["json", "json-objects", "xml", "cbor", "protobuf"].map(|format| best(format, "none", link));
        let down = [cbor, json, objects, xml].map(|line| figure(line, DOWN));
        let is_smallest = figure(protobuf, DOWN) <= down[0] * 21 / 20;
        assert!(is_smallest && down[..3].is_sorted() && down[1] < down[3], "{link}: {down:?}");
        for format in NAMES {
            let plain = best(format, "none", link);
            for packed in ["gzip", "zstd"].map(|packed| best(format, packed, link)) {
                assert!(figure(packed, DOWN) * 10 < figure(plain, DOWN) * 6, "{packed:?}");
                assert!(COSTS.iter().all(|cost| figure(packed, cost) > figure(plain, cost)), "{packed:?}");
                assert!(figure(packed, TIME) < figure(plain, TIME), "{packed:?}");
            }
        }
        let [json, xml] = ["json", "xml"].map(|format| best(format, "gzip", link));
        assert!(figure(xml, DOWN) * 10 < figure(json, DOWN) * 11, "tags pack away: {link}");
        assert!(figure(xml, COSTS[0]) > figure(json, COSTS[0]), "{link}");
    }
    let saved = |link| {
        let [plain, packed] = ["none", "gzip"].map(|packed| figure(best("xml", packed, link), TIME));
        plain - packed
    };
    assert!(saved("edge") > 10 * saved("lte-good"), "it is the slow link that gains");
}

#[test]
fn the_guide_of_formats_has_a_line_for_each() {
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/wire.md");
    let guide = std::fs::read_to_string(guide).expect("there is a guide");
    for format in NAMES {
        assert!(guide.contains(&format!("\n| `{format}` |")), "what a row is in {format}");
        assert!(guide.contains(&format!("\n| {format} | none |")), "what {format} comes to");
    }
}
