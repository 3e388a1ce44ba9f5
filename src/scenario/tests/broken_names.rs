//! What is said of names that no file, table or command can have.

use super::{MINIMAL, complaint};

#[test]
fn a_name_that_no_folder_or_replay_can_have_is_refused_with_what_may_be_in_it() {
    let help = "1 to 80 characters, no `#` and no control characters among them";
    for name in ["", "  ", "a#b", "a\\u0007b", &"x".repeat(81)] {
        let said = complaint(&MINIMAL.replace("\"least\"", &format!("\"{name}\"")), &[]);
        assert!(said.starts_with("error: a scenario cannot have this name\n --> test.toml:2:8\n"), "{said}");
        assert!(said.contains(help) && said.matches("error: ").count() == 1, "{said}");
        let said = complaint(&format!("{MINIMAL}[variant.\"{name}\"]\nset = {{ seed = 2 }}\n"), &[]);
        assert!(said.starts_with("error: a variant cannot have this name\n --> test.toml:9:10\n"), "{said}");
        assert!(said.contains(help), "{said}");
    }
    for name in ["my app", "Über.2", "v1=2,x", "a/b"] {
        super::plan(&MINIMAL.replace("\"least\"", &format!("\"{name}\"")));
    }
}

#[test]
fn a_part_that_no_table_can_show_the_name_of_is_refused() {
    for name in ["", "  ", "a\\u0007b", &"x".repeat(81)] {
        let parts = [
            ("entity", "rows = 1\nschema = { id = \"uuid key\" }"),
            ("fleet", "devices = 1"),
            ("event", "at = \"+1m\"\noutage = { for = \"1s\" }"),
            ("gate", "metric = \"oracle.lost.rows\"\nmax = 0"),
        ];
        for (part, keys) in parts {
            let said = complaint(&format!("{MINIMAL}[{part}.\"{name}\"]\n{keys}\n"), &[]);
            assert!(
                said.starts_with(&format!("error: this is no name in `{part}`\n --> test.toml:9:")),
                "{said}"
            );
            assert!(said.contains("1 to 80 characters, no control characters among them"), "{said}");
        }
    }
    super::plan(&format!(
        "{MINIMAL}[event.\"no. #1: {}\"]\nat = \"+1m\"\noutage = {{ for = \"1s\" }}\n",
        "ü".repeat(70)
    ));
}
