//! The format of recorded histories: its schema, clocks and names.

use crate::history::{CAME, EDIT, END, HEAD, REST, ROW, SHOWN, program, root, told};

/// Why a line violates the schema: missing fields, and unknown fields.
fn against(schema: &serde_json::Value, line: &serde_json::Value) -> Result<(), String> {
    let forms = schema["oneOf"].as_array().expect("a line is one of several");
    let kind = &line["kind"];
    let form = forms.iter().find(|form| form["properties"]["kind"]["const"] == *kind);
    let form = form.ok_or_else(|| format!("no kind {kind}"))?;
    let required = form["required"].as_array().into_iter().flatten().filter_map(|name| name.as_str());
    let lacks: Vec<&str> = required.filter(|name| line.get(name).is_none()).collect();
    let has = line.as_object().expect("it is an object").keys();
    let strange: Vec<&String> = has.filter(|name| form["properties"].get(name).is_none()).collect();
    match (lacks.as_slice(), strange.as_slice()) {
        ([], []) => Ok(()),
        _ => Err(format!("{line}: lacks {lacks:?}, has {strange:?}")),
    }
}

#[test]
fn the_schema_takes_the_lines_of_pages_and_examples() {
    let said = program().args(["schema", "history"]).output().expect("it runs");
    let schema: serde_json::Value = serde_json::from_slice(&said.stdout).expect("it is JSON");
    let lines = |name: &str| {
        let text = std::fs::read_to_string(root().join(name)).expect("it is there");
        let lines = text.lines().filter(|line| line.starts_with("{\"")).map(str::to_owned);
        lines.collect::<Vec<_>>()
    };
    let mut seen = 0;
    for name in [
        "docs/recorded-history.md",
        "docs/real-apps.md",
        "examples/history/good.jsonl",
        "examples/history/bad.jsonl",
    ] {
        for text in lines(name) {
            let mut line: serde_json::Value = serde_json::from_str(&text).expect("a line is JSON");
            // In a session, the device is in the path, not in the line.
            if ["edit", "shows", "waits"].iter().any(|kind| line["kind"] == *kind) {
                line.as_object_mut().expect("it is one").entry("device").or_insert("ann".into());
            }
            assert_eq!(against(&schema, &line), Ok(()), "{name}");
            seen += 1;
        }
    }
    assert!(seen >= 20, "{seen} lines");
    let lacks = against(&schema, &serde_json::json!({ "kind": "row", "entity": "e" }));
    assert!(lacks.expect_err("a row has a key").contains("key"));
}

#[test]
fn times_of_the_machines_clock_are_moved_to_the_historys() {
    let clocks = r#""wall_clock":{"wall":900000000000,"session":0,"speed":2},"version""#;
    let head = HEAD.replace("\"version\"", clocks);
    // The edit is at 1 s by the session's clock, its commit at 1 s by the machine's: that is 2 s.
    let with = |head: &str, at: &str| {
        told(&[head, ROW, EDIT, SHOWN, REST, &CAME.replace("2000", at), END].join("\n"))
    };
    assert_eq!(with(&head, "900000001000").0, 0, "{}", with(&head, "900000001000").1);
    let (exit, said) = with(HEAD, "900000001000");
    assert!(exit == 3 && said.contains(":6 is at 1998-07-09T16:00:01Z"), "{said}");
    assert!(said.contains("`end` at 1970-01-01T00:00:09Z") && said.contains("wall_clock"), "{said}");
    let (exit, said) = told(&HEAD.replace("\"version\"", "\"wall_clock\":{\"wall\":1},\"version\""));
    assert!(exit == 3 && said.contains("`session` is missing"), "{said}");
}

#[test]
fn a_verdict_has_the_names_of_its_history() {
    let lost = EDIT.replace("\"e\"", "\"ann-10\"");
    let other = CAME.replace("\"k\"", "\"k2\"");
    let (exit, said) = told(&[HEAD, ROW, &lost, SHOWN, REST, &other, END].join("\n"));
    assert!(exit == 11 && said.contains("edit ann-10 of") && !said.contains("d0"), "{said}");
    // A later edit of the row arrives, and contains everything that the first one changed.
    let later = EDIT.replace("\"e\"", "\"ann-11\"").replace("\"b\"", "\"c\"").replace("1000", "1500");
    let (shown, came) = (SHOWN.replace("\"b\"", "\"c\""), CAME.replace("\"b\"", "\"c\""));
    let (exit, said) = told(&[HEAD, ROW, &lost, &later, &shown, REST, &came, END].join("\n"));
    assert!(exit == 0 && said.contains("1 of 2 edits never reached the backend"), "{said}");
    assert!(said.contains("did: ann-10."), "{said}");
    let first = CAME.replace("2000", "1200");
    let (_, said) = told(&[HEAD, ROW, &lost, &later, &shown, REST, &first, &came, END].join("\n"));
    assert!(!said.contains("never reached the backend"), "{said}");
}
