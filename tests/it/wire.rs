//! The matrix of wire formats, as the program prints it.

use syncdyno::render::wire::{Wire, WireLine};

const FORMATS: [&str; 5] = ["json", "json-objects", "xml", "cbor", "protobuf"];
const WORLDS: [&str; 4] = ["edge", "lte-poor", "lte-good", "geo"];

fn table() -> Wire {
    let desk = tempfile::TempDir::new().unwrap();
    let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_syncdyno"));
    command.current_dir(desk.path()).env_remove("GITHUB_STEP_SUMMARY");
    let ran = command.args(["matrix", "wire", "--out", "out", "--format", "csv"]).assert().success();
    Wire::of_csv(&String::from_utf8(ran.get_output().stdout.clone()).unwrap()).unwrap()
}

#[test]
fn the_matrix_of_formats_tells_what_packing_saves_and_costs() {
    let table = table();
    assert_eq!(table.0.len(), 5 * 3 * 4 * 4, "formats, packers, links and chunks");
    for world in WORLDS {
        let best = |format, packed| table.best(format, packed, world).expect("it was run");
        let [json, objects, xml, cbor, protobuf] = FORMATS.map(|format| best(format, "none"));
        let down = [&cbor, &json, &objects, &xml].map(|line| line.down);
        assert!(
            protobuf.down <= cbor.down * 21 / 20 && down[..3].is_sorted() && json.down < xml.down,
            "{world}: {down:?}"
        );
        for format in FORMATS {
            let plain = best(format, "none");
            for packed in ["gzip", "zstd"].map(|packed| best(format, packed)) {
                let cost = |line: &WireLine| [line.phone, line.gateway, line.coding];
                assert!(packed.down * 10 < plain.down * 6, "{packed:?}");
                assert!(cost(packed).iter().zip(cost(plain)).all(|(more, less)| *more > less), "{packed:?}");
                assert!(packed.time < plain.time, "{packed:?}");
            }
        }
        let [json, xml] = ["json", "xml"].map(|format| best(format, "gzip"));
        assert!(xml.down * 10 < json.down * 11, "tags pack away: {world}");
        assert!(xml.phone > json.phone, "{world}");
    }
    let saved = |world| {
        let [plain, packed] = ["none", "gzip"].map(|packed| table.best("xml", packed, world).unwrap().time);
        plain - packed
    };
    assert!(saved("edge") > 10 * saved("lte-good"), "it is the slow link that gains");
}
