//! Tables that `sweep` prints.

use std::collections::BTreeMap;
use std::path::Path;

/// A row of a CSV table, by column name.
pub(crate) type Line = BTreeMap<String, String>;

pub(crate) fn lines(csv: &str) -> Vec<Line> {
    csv::Reader::from_reader(csv.as_bytes()).deserialize().map(|line| line.expect("it is a table")).collect()
}

/// The output of `sweep` with these arguments, which must succeed.
pub(crate) fn printed(args: &[&str]) -> String {
    let desk = tempfile::TempDir::new().unwrap();
    let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_syncdyno"));
    command.current_dir(desk.path()).env_remove("GITHUB_STEP_SUMMARY");
    let ran = command.arg("sweep").args(args).args(["--out", "out"]).assert().success();
    String::from_utf8(ran.get_output().stdout.clone()).unwrap()
}

/// The rule at the end of the table of architectures, for an app in `tests/it/apps`.
fn rule(app: &str) -> Vec<String> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/it/apps/{app}.toml"));
    let file = file.display().to_string();
    let json = printed(&[&file, "--table", "architectures", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let lines = json["rule"].as_array().expect("there is a rule");
    lines.iter().map(|line| line.as_str().expect("a rule is text").to_owned()).collect()
}

#[test]
fn a_backend_that_sleeps_by_day_is_given_a_replica() {
    let rule = rule("sleeps");
    let own =
        "rule for this file, where backend keeps full: the replica (last modified)\n  for the replica: ";
    assert!(rule[0].starts_with(own), "{rule:#?}");
    assert!(
        rule[0].contains("useful syncs 100%, not ") && !rule[0].contains("for over the air"),
        "{rule:#?}"
    );
}

#[test]
fn data_that_must_be_fresh_is_brought_over_the_air() {
    let rule = rule("fresh");
    let own = "rule for this file, where backend keeps full: over the air (last modified); only this keeps \
               data younger than 6 min 00 s (workload.freshness)\n";
    assert!(rule[0].starts_with(own), "{rule:#?}");
}

#[test]
fn a_legacy_table_without_stamps_is_compared() {
    let rule = rule("legacy");
    assert!(rule[0].starts_with("rule for this file, where backend keeps none: "), "{rule:#?}");
    assert!(rule[0].contains(" (compare)"), "{rule:#?}");
    let doubts = [
        "warning: the file has no moves: the table does not show their effect",
        "note: this is one seed; --seeds 1..=8 shows whether it holds for others",
    ];
    assert_eq!(rule[rule.len() - 2..], doubts);
}

#[test]
fn a_mistake_in_a_table_is_told_where_it_stands() {
    let desk = tempfile::TempDir::new().unwrap();
    let column = "[[table.column]]\ntitle = \"a\"\nfigure = ";
    let axis = "[[table.axis]]\ntitle = \"mode\"\nvalues = [\"ota\"]\nkey = ";
    let count = format!("{column}\"engine.requests.count\"\n");
    for (table, title, place, help) in [
        (
            format!("{column}\"net.up.bytes + net.dwn.bytes\"\n"),
            "there is no metric `net.dwn.bytes`",
            "7:10",
            "`net.down.bytes`?",
        ),
        (format!("{count}{axis}\"gateway.mod\"\n"), "unknown key `mod` in `gateway`", "11:7", "`mode`?"),
        (
            format!("table.across = \"mod\"\n{count}{axis}\"gateway.mode\"\n"),
            "there is no axis `mod`",
            "5:16",
            "`mode`?",
        ),
        ("table.column = []\n".to_owned(), "a table needs a column", "5:16", "[[table.column]]"),
    ] {
        std::fs::write(desk.path().join("own.toml"), format!("{OWN}{table}")).unwrap();
        let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_syncdyno"));
        command.current_dir(desk.path()).env_remove("GITHUB_STEP_SUMMARY");
        let ran = command.args(["sweep", "own.toml", "--out", "out"]).assert().code(3);
        let told = String::from_utf8(ran.get_output().stderr.clone()).unwrap();
        for part in [title, &format!("own.toml:{place}"), help] {
            assert!(told.contains(part), "{part} is not in {told}");
        }
    }
}

/// A scenario with one phone.
const OWN: &str = "name = \"own\"\nduration = \"10m\"\n\
                   entity.note = { rows = 20, schema = { id = \"uuid key\", text = \"text\" } }\n\
                   fleet.phones.devices = 1\n";

#[test]
fn a_table_with_columns_alone_is_of_the_axes_of_the_command() {
    let desk = tempfile::TempDir::new().unwrap();
    let file = desk.path().join("own.toml");
    let own = format!("{OWN}[[table.column]]\ntitle = \"answers\"\nfigure = \"engine.requests.count\"\n");
    std::fs::write(&file, own).unwrap();
    let file = file.display().to_string();
    let axis = "engine.pull.chunk_rows=5,50";
    let csv = printed(&[&file, "--table", &file, "--axis", axis, "--format", "csv"]);
    let counts: Vec<(String, u64)> = lines(&csv)
        .iter()
        .map(|line| (line["engine.pull.chunk_rows"].clone(), line["engine.requests.count"].parse().unwrap()))
        .collect();
    assert_eq!((counts.len(), &*counts[0].0, &*counts[1].0), (2, "5", "50"));
    assert!(counts[0].1 > counts[1].1, "{counts:?}");
}
