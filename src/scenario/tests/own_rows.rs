//! Rows of one's own.

use std::path::Path;

use super::super::{Document, LoadError, Request};
use super::{Plan, with_names};
use crate::base::{Span, Value};
use crate::contract::ColumnKind;

const SCENARIO: &str = r#"
name = "own"
start = "2026-03-02T00:00:00+01:00"
[entity.task]
rows = { csv = "tasks.csv", key = "nr", updated_at = "changed" }
[fleet.phones]
devices = 2
"#;

const TASKS: &str = "nr,title,due,done,hours,zip,changed\n\
    t1,\"Fix, then test\",2026-03-01,true,1.5,00100,2026-02-28 10:00:00\n\
    t2,Paint,2026-03-02,false,2,12345,2026-02-28T09:00:00Z\n\
    t3,,2026-03-04T12:00:00+01:00,,3,10000,2026-03-01\n";

pub(super) fn result(scenario: &str, csv: &str) -> Result<Plan, String> {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("tasks.csv"), csv).unwrap();
    let path = dir.path().join("own.toml");
    std::fs::write(&path, scenario).unwrap();
    let document = Document::load(&path).unwrap();
    let plans = with_names(|names| document.plans(&Request::default(), names));
    // Files are told with the folder that they were found in, which has another name each time.
    let here = format!("{}/", dir.path().display());
    plans.map(|mut plans| plans.remove(0)).map_err(|invalid| invalid.to_string().replace(&here, "@"))
}

fn complaint(scenario: &str, csv: &str) -> String {
    result(scenario, csv).map(|p| p.digest).expect_err("this is wrong")
}

#[test]
fn a_header_names_each_column_once() {
    let said = complaint(SCENARIO, "nr,title,nr,changed\nt1,Paint,2,2026-03-01\n");
    assert!(said.contains("tasks.csv has two columns `nr`"), "{said}");
    assert!(said.contains("tasks.csv:1:10"), "{said}");
}

#[test]
fn a_header_of_too_many_columns_is_refused_before_anything_is_read_below_it() {
    let wide = |columns: usize| {
        let names: String = (0..columns).map(|n| format!(",c{n}")).collect();
        format!("nr,changed{names}\nt1,2026-03-01{}\n", ",1".repeat(columns))
    };
    let said = complaint(SCENARIO, &(wide(100_000) + "and cells are missing here\n"));
    assert!(said.starts_with("error: tasks.csv has 100002 columns\n --> @own.toml:5:"), "{said:.1000}");
    assert!(said.contains("at most 1000: ") && said.contains("in `entity.task.schema`"), "{said:.1000}");
    assert!(said.len() < 1_000 && said.matches("error: ").count() == 1, "{said:.1000}");
    result(SCENARIO, &wide(999)).unwrap();
    complaint(SCENARIO, &wide(1_000));
    let some = SCENARIO.replace("[fleet", "schema = { nr = \"text key\", c7 = \"int\" }\n[fleet");
    let plan = result(&some, &wide(100_000)).unwrap();
    assert_eq!(plan.data[0].given.as_ref().unwrap()[0].values, [Value::Int(1)]);
}

#[test]
fn types_are_inferred_and_told() {
    let plan = result(SCENARIO, TASKS).unwrap();
    let task = &plan.schema.entities[0];
    let kinds: Vec<(&str, &ColumnKind)> = task.columns.iter().map(|c| (c.name.as_str(), &c.kind)).collect();
    assert_eq!(
        kinds,
        [
            ("done", &ColumnKind::Bool),
            ("due", &ColumnKind::Timestamp),
            ("hours", &ColumnKind::Real),
            ("title", &ColumnKind::Text),
            ("zip", &ColumnKind::Text),
        ]
    );
    assert_eq!(task.key, "nr");
    assert!(plan.notes[0].contains("zip = \"text 5..5\""), "{:?}", plan.notes);
    assert_eq!(plan.files, ["tasks.csv"]);
    assert_eq!(plan.workload.actions[0].entity.0, 0, "somebody edits them");

    let rows = plan.data[0].given.as_ref().unwrap();
    assert_eq!((rows.len(), plan.data[0].rows), (3, 3));
    assert_eq!(rows[0].key, "t1");
    assert_eq!(rows[0].stamp, plan.start.minus(Span::secs(38 * 3_600)));
    assert_eq!(rows[1].stamp, rows[0].stamp, "09:00 UTC is 10:00 local time");
    let midnight = |days: i64| Value::Int(plan.start.0 + days * 86_400_000_000);
    assert_eq!(
        rows[0].values,
        [Value::Int(1), midnight(-1), Value::Real(1.5), Value::text("Fix, then test"), Value::text("00100"),]
    );
    assert_eq!(rows[2].values[3], Value::Null, "an empty cell is nothing");
}

#[test]
fn without_a_stamp_all_rows_carry_the_start() {
    let plan = result(&SCENARIO.replace(", updated_at = \"changed\"", ""), TASKS).unwrap();
    let rows = plan.data[0].given.as_ref().unwrap();
    assert!(rows.iter().all(|r| r.stamp == plan.start));
}

#[test]
fn a_schema_decides_the_types_and_picks_the_columns() {
    let schema = "schema = { nr = \"text key\", hours = \"text\" }\n[fleet.phones]";
    let plan = result(&SCENARIO.replace("[fleet.phones]", schema), TASKS).unwrap();
    assert!(plan.notes.is_empty());
    assert_eq!(plan.data[0].given.as_ref().unwrap()[1].values, [Value::text("2")]);
}

#[test]
fn the_digest_covers_the_rows() {
    let digest = |csv: &str| result(SCENARIO, csv).unwrap().digest;
    assert_ne!(digest(TASKS), digest(&TASKS.replace("Paint", "Print")));
}

#[test]
fn broken_rows_are_told_with_file_line_and_column() {
    let ragged = complaint(SCENARIO, &TASKS.replace("t2,Paint,", "t2,"));
    assert!(
        ragged.contains("6 cells, but the header has 7") && ragged.contains("--> @tasks.csv:3:1"),
        "{ragged}"
    );
    let repeated = complaint(SCENARIO, &TASKS.replace("t3,", "t1,"));
    assert!(
        repeated.contains("the key `t1` is repeated") && repeated.contains("--> @tasks.csv:4:1"),
        "{repeated}"
    );
    assert!(repeated.contains("line 2 has it too"), "{repeated}");
    let no_key = complaint(SCENARIO, &TASKS.replace("t3,", ","));
    assert!(no_key.contains("the key is empty") && no_key.contains("tasks.csv:4"), "{no_key}");
    let date = complaint(SCENARIO, &TASKS.replace("2026-02-28 10:00:00", "last week"));
    assert!(date.contains("`last week` is no date") && date.contains("--> @tasks.csv:2:47"), "{date}");
    assert!(date.contains("^^^^^^^^^"), "{date}");
    let future = complaint(SCENARIO, &TASKS.replace("2026-02-28 10:00:00", "2026-03-03"));
    assert!(future.contains("`2026-03-03` lies after the scenario's start"), "{future}");
}

#[test]
fn ragged_rows_are_told_in_the_order_of_their_lines_with_what_to_do() {
    let rows = "t4,a,2026-03-04,true,1,10000,2026-03-01\n".repeat(6);
    let ragged = format!("{TASKS}{rows}t5\nt6,b,c,d,e,f,g,h\n").replace("t2,Paint,", "t2,");
    let said = complaint(SCENARIO, &ragged);
    let lines: Vec<&str> = said.lines().filter(|line| line.contains("--> @tasks.csv")).collect();
    assert!(lines[0].ends_with(":3:1"), "line 3 comes before line 11: {said}");
    assert!(said.contains("error: 1 cell, but the header has 7"), "{said}");
    assert!(said.contains("between two commas") && said.contains("stands in quotes"), "{said}");
}

#[test]
fn a_cell_outside_its_column_s_list_is_told_with_the_list() {
    let schema = "schema = { nr = \"text key\", title = \"one of Paint|Fix, then test\" }\n[fleet.phones]";
    let scenario = SCENARIO.replace("[fleet.phones]", schema);
    result(&scenario, TASKS).unwrap();
    let said = complaint(&scenario, &TASKS.replace("t2,Paint", "t2,Pain"));
    assert!(said.contains("`Pain` is none of the values of this column"), "{said}");
    assert!(said.contains("did you mean `Paint`?") && said.contains("tasks.csv:3:4"), "{said}");
}

#[test]
fn a_pointer_to_a_row_that_is_not_there_is_told() {
    let schema = "schema = { nr = \"text key\", title = \"ref task\" }\n[fleet.phones]";
    let scenario = SCENARIO.replace("[fleet.phones]", schema);
    let rows = TASKS.replace("\"Fix, then test\"", "t3").replace("Paint", "t1");
    result(&scenario, &rows).unwrap();
    let said = complaint(&scenario, &rows.replace("t2,t1", "t2,t11"));
    assert!(said.contains("there is no `task` of the key `t11`"), "{said}");
    assert!(said.contains("did you mean `t1`?") && said.contains("tasks.csv:3:4"), "{said}");
}

#[test]
fn a_header_without_rows_is_warned_of() {
    let header = TASKS.lines().next().unwrap();
    let plan = result(SCENARIO, &format!("{header}\n")).unwrap();
    let warnings: Vec<String> = plan.warnings.iter().map(|warning| warning.render(false)).collect();
    assert!(warnings.iter().any(|w| w.contains("tasks.csv has a header and no rows")), "{warnings:?}");
}

#[test]
fn stamps_that_the_backend_makes_equal_are_counted() {
    let warned = |scenario: &str| {
        let rows = TASKS.replace("10:00:00", "10:00:00.000250").replace("09:00:00Z", "09:00:00.000900Z");
        let plan = result(scenario, &rows).unwrap();
        plan.warnings.iter().map(|warning| warning.render(false)).collect::<String>()
    };
    let said = warned(SCENARIO);
    assert!(said.contains("`task`: 3 different stamps of tasks.csv become 2"), "{said}");
    let finer = SCENARIO.replace("[fleet", "[backend]\nstamp_precision = \"1us\"\n[fleet");
    assert_eq!(warned(&finer), "");
}

#[test]
fn a_file_of_another_kind_is_told_as_what_it_is() {
    let semicolons = complaint(SCENARIO, &TASKS.replace(',', ";"));
    assert!(semicolons.contains("tasks.csv seem to be separated by semicolons"), "{semicolons}");
    let nameless = complaint(SCENARIO, &TASKS.replace("hours", ""));
    assert!(
        nameless.contains("column 5 of tasks.csv has no name") && nameless.contains("tasks.csv:1:19"),
        "{nameless}"
    );
    for broken in [semicolons, nameless, complaint(SCENARIO, "")] {
        assert_eq!(broken.matches("error: ").count(), 1, "{broken}");
    }
}

#[test]
fn a_quote_that_is_never_closed_is_told_where_it_opens() {
    let open = complaint(SCENARIO, &TASKS.replace("t2,Paint,", "t2,\"Paint,"));
    assert!(open.contains("the quote that opens here is never closed"), "{open}");
    assert!(open.contains("--> @tasks.csv:3:4") && open.matches("error: ").count() == 1, "{open}");
    let swallowing =
        format!("{}t4,\"b\",2026-03-04,,3,1,2026-03-01\n", TASKS.replace("t2,Paint,", "t2,\"Paint,"));
    let open = complaint(SCENARIO, &swallowing);
    assert!(open.contains("never closed") && open.contains("--> @tasks.csv:3:4"), "{open}");
    result(SCENARIO, &TASKS.replace("Paint", "\"Paint\nthe \"\"wall\"\"\"")).unwrap();
    let late = format!("{}t4,{},2026-03-04,,3,\"1,2026-03-01\n", TASKS, "é".repeat(5_000));
    let open = complaint(SCENARIO, &late);
    assert!(open.contains("never closed") && open.contains("--> @tasks.csv:5:"), "{open:.300}");
}

#[test]
fn what_stands_behind_the_quote_that_ends_a_cell_is_told_with_its_place() {
    for (cell, place) in
        [("\"Pai\"nt", "3:9"), ("\"Paint\" ", "3:11"), ("\"Paint\"é", "3:11"), ("\"Pa\"\"int\"\"\"x", "3:15")]
    {
        let said = complaint(SCENARIO, &TASKS.replace("Paint", cell));
        assert!(said.starts_with("error: the cell's quote has ended before this\n"), "{said}");
        assert!(said.contains(&format!("--> @tasks.csv:{place}\n")), "{said}");
    }
    for cell in ["\"Paint\"", "Pa\"in\"t", "\"Pa\"\"int\"", "\"\""] {
        result(SCENARIO, &TASKS.replace("Paint", cell)).unwrap_or_else(|e| panic!("{cell}: {e}"));
    }
}

#[test]
fn bytes_that_are_no_text_are_told_with_their_line() {
    let dir = tempfile::tempdir().unwrap();
    let bytes = TASKS.replace("Paint", "Pa#int").into_bytes();
    let bytes: Vec<u8> = bytes.into_iter().map(|b| if b == b'#' { 0xE9 } else { b }).collect();
    std::fs::write(dir.path().join("tasks.csv"), bytes).unwrap();
    let document = Document::parse("own.toml", SCENARIO).unwrap().beside(dir.path());
    let said = with_names(|names| document.plans(&Request::default(), names)).unwrap_err().to_string();
    assert!(said.contains("not UTF-8: the byte 0xE9") && said.contains("tasks.csv:3:6"), "{said}");
}

#[test]
fn of_a_column_that_is_wrong_throughout_a_few_cells_are_told_and_the_others_counted() {
    let rows: String = (10..40).map(|n| format!("x{n},t,2026-03-02,true,1,{n},yesterday\n")).collect();
    let said = complaint(SCENARIO, &format!("{TASKS}{rows}"));
    assert_eq!(said.matches("`yesterday` is no date").count(), 3, "{said}");
    assert!(said.contains("this column has 27 more cells of the kind"), "{said}");
}

#[test]
fn a_start_that_cannot_be_read_says_nothing_of_the_dates() {
    let said = complaint(&SCENARIO.replace("+01:00", ""), TASKS);
    assert_eq!(said.matches("error: ").count(), 1, "{said}");
    let type_wrong = "schema = { nr = \"text key\", title = \"txt\" }\n[fleet.phones]";
    let said = complaint(&SCENARIO.replace("[fleet.phones]", type_wrong), TASKS);
    assert_eq!(said.matches("error: ").count(), 1, "{said}");
    let key = complaint(&SCENARIO.replace("\"nr\"", "5"), TASKS);
    assert_eq!(key.matches("error: ").count(), 1, "{key}");
}

#[test]
fn columns_that_are_not_there_are_told() {
    let key = complaint(&SCENARIO.replace("\"nr\"", "\"number\""), TASKS);
    assert!(
        key.contains("tasks.csv has no column `number` for `key`") && key.contains("own.toml:5"),
        "{key}"
    );
    let stamp = complaint(&SCENARIO.replace("\"changed\"", "\"change\""), TASKS);
    assert!(stamp.contains("no column `change`") && stamp.contains("did you mean `changed`?"), "{stamp}");
    let schema = "schema = { nr = \"text key\", titel = \"text\" }\n[fleet.phones]";
    let column = complaint(&SCENARIO.replace("[fleet.phones]", schema), TASKS);
    assert!(
        column.contains("tasks.csv has no column `titel`") && column.contains("did you mean `title`?"),
        "{column}"
    );
    assert!(column.contains("own.toml:6:29") && column.contains("^^^^^"), "{column}");
    let cell = "schema = { nr = \"text key\", title = \"int\" }\n[fleet.phones]";
    let wrong = complaint(&SCENARIO.replace("[fleet.phones]", cell), TASKS);
    assert!(
        wrong.contains("`Paint` is not a whole number") && wrong.contains("--> @tasks.csv:3:4"),
        "{wrong}"
    );
    let missing = complaint(&SCENARIO.replace("tasks.csv", "task.csv"), TASKS);
    assert!(missing.contains("cannot read") && missing.contains("own.toml:5"), "{missing}");
}

#[test]
fn a_file_that_cannot_be_read_is_another_kind_of_error() {
    let error = Document::load(Path::new("/nowhere/x.toml")).unwrap_err();
    assert!(matches!(&error, LoadError::Unreadable { path, .. } if path == "/nowhere/x.toml"), "{error}");
}

#[test]
fn a_number_that_no_column_keeps_is_refused_with_its_place() {
    let inferred = |cell: &str| result(SCENARIO, &TASKS.replace("true,1.5,", &format!("true,{cell},")));
    for (cell, keeps) in
        [("99999999999999999999", "decimal(20,0)"), ("12345678901234567.89", "decimal(19,2)")]
    {
        let said = inferred(cell).map(|plan| plan.digest).expect_err(cell);
        assert!(said.contains(&format!("`{cell}` has more digits than a real holds")), "{said}");
        assert!(said.contains("--> @tasks.csv:2:37") && said.contains(keeps), "{said}");
        let schema = format!("schema = {{ nr = \"text key\", hours = \"{keeps}\" }}\n[fleet");
        let rows = TASKS.replace("true,1.5,", &format!("true,{cell},"));
        let plan =
            result(&SCENARIO.replace("[fleet", &schema), &rows.replace(",2,", ",,").replace(",3,", ",,"));
        let rows = plan.unwrap().data[0].given.clone().unwrap();
        assert_eq!(rows[0].values, [Value::text(cell)]);
    }
}

#[test]
fn days_without_an_hour_are_dates_and_no_instants() {
    let rows = TASKS.replace("2026-03-04T12:00:00+01:00", "2026-03-04");
    let plan = result(SCENARIO, &rows).unwrap();
    assert!(plan.notes[0].contains("due = \"date\""), "{:?}", plan.notes);
    assert_eq!(plan.data[0].given.as_ref().unwrap()[1].values[1], Value::text("2026-03-02"));
}

#[test]
fn a_cell_beyond_the_range_of_its_type_is_told_with_its_place() {
    let with = |kind: &str, cell: &str| {
        let schema = format!("schema = {{ nr = \"text key\", it = \"{kind}\" }}\n[fleet");
        let csv = format!("nr,it,changed\nt1,,2026-03-01\nt2,{cell},2026-03-01\n");
        result(&SCENARIO.replace("[fleet", &schema), &csv).map(|_| ())
    };
    for (kind, cell, size) in [
        ("int 0..5", "6", ""),
        ("int 0..5", "-1", ""),
        ("text 3..4", "ab", " has 2 bytes and"),
        ("text 3", "Grün", " has 5 bytes and"),
        ("fat 1B..3B", "abcd", " has 4 bytes and"),
        ("timestamp -1d..1d", "2026-03-03T00:00:01+01:00", ""),
        ("date -1d..1d", "2026-03-04", ""),
    ] {
        let said = with(kind, cell).expect_err(kind);
        let title = format!("error: `{cell}`{size} is beyond \"{kind}\"\n --> @tasks.csv:3:4\n");
        assert!(said.starts_with(&title) && said.contains("widen the range"), "{said}");
    }
    for (kind, cell) in [
        ("int 0..5", "5"),
        ("int", "-7"),
        ("text 3..4", "abc"),
        ("text", "a"),
        ("fat 1B..3B 1% 4B", "abcd"),
        ("timestamp -1d..1d", "2026-03-03T00:00:00+01:00"),
        ("timestamp /20m", "2027-01-01"),
        ("date -1d..1d", "2026-03-03"),
        ("date", "1900-01-01"),
    ] {
        assert_eq!(with(kind, cell), Ok(()), "{kind}");
    }
}
