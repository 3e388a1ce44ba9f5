//! Keys of rows of one's own, and files that are none.

use super::own_rows::result;

fn scenario(key: &str) -> String {
    format!(
        "name = \"own\"\nstart = \"2026-03-02T00:00:00+01:00\"\n[entity.task]\nrows = {{ csv = \"tasks.csv\" }}\n\
         schema = {{ id = \"{key}\", title = \"text\" }}\n[fleet.phones]\ndevices = 2\n"
    )
}

fn complaint(key: &str, csv: &str) -> String {
    result(&scenario(key), csv).map(|p| p.digest).expect_err("this is wrong")
}

#[test]
fn a_key_that_is_not_of_its_type_is_told_with_its_line() {
    let said = complaint("int key", "id,title\n7,a\nabc,b\n");
    let want = "error: `abc` is no \"int key\"
 --> @tasks.csv:3:1
  |
3 | abc,b
  | ^^^
  |
  = help: it must be a whole number of 64 bits, without a plus and without zeros before it; any text can be a \"text key\"";
    assert_eq!(said, want);
    for no_int in ["01", "+1", "-0", "1.0", "9223372036854775808"] {
        let said = complaint("int key", &format!("id,title\n1,a\n{no_int},b\n"));
        assert!(said.contains(&format!("`{no_int}` is no \"int key\"")), "{said}");
    }
    let said = complaint("uuid key", "id,title\nA,a\n");
    let want = "error: `A` is no \"uuid key\"
 --> @tasks.csv:2:1
  |
2 | A,a
  | ^
  |
  = help: it must be a UUID, such as 0f3c9a54-7d1e-4b8a-9c20-5e6f70a1b2c3; any text can be a \"text key\"";
    assert_eq!(said, want);
}

#[test]
fn keys_that_differ_in_their_spelling_alone_are_one() {
    let uuid = "0f3c9a54-7d1e-4b8a-9c20-5e6f70a1b2c3";
    let large = uuid.to_uppercase();
    let plan = result(&scenario("uuid key"), &format!("id,title\n{large},a\n")).unwrap();
    assert_eq!(plan.data[0].given.as_ref().unwrap()[0].key, uuid);
    let said = complaint("uuid key", &format!("id,title\n{large},a\n{uuid},b\n"));
    assert!(said.contains(&format!("error: the key `{uuid}` is repeated")), "{said}");
    assert!(
        said.contains("--> @tasks.csv:3:1") && said.contains(&format!("line 2 has it too, as `{large}`")),
        "{said}"
    );
    assert!(complaint("int key", "id,title\n1,a\n 1,b\n").contains("the key `1` is repeated"));
    result(&scenario("int key"), "id,title\n-5,a\n0,b\n12,c\n").unwrap();
    result(&scenario("text key"), "id,title\n01,a\n1,b\n").unwrap();
}

#[test]
fn a_pointer_finds_a_uuid_however_it_is_spelt() {
    let (one, two) = ("0f3c9a54-7d1e-4b8a-9c20-5e6f70a1b2c3", "1f3c9a54-7d1e-4b8a-9c20-5e6f70a1b2c3");
    let scenario = scenario("uuid key").replace("\"text\"", "\"ref task\"");
    let plan = result(&scenario, &format!("id,title\n{one},{}\n{two},\n", two.to_uppercase())).unwrap();
    assert_eq!(plan.data[0].given.as_ref().unwrap()[0].values, [crate::base::Value::text(two)]);
}

#[test]
fn a_cell_that_is_too_long_for_a_type_to_be_inferred_is_told_at_its_line() {
    let inferred = scenario("text key").replace("schema = { id = \"text key\", title = \"text\" }\n", "");
    let csv = format!("id,title\na,b\nc,{}\n", "x".repeat(1_100_000));
    let said = result(&inferred, &csv).map(|p| p.digest).expect_err("it is too long");
    let thin = '\u{2009}';
    let title = format!(
        "error: a cell of 1{thin}100{thin}000 bytes; a type is inferred from cells of at most 1{thin}000{thin}000"
    );
    assert!(said.starts_with(&title) && said.contains("--> @tasks.csv:3:3"), "{said:.1000}");
    assert!(said.contains("in `entity.task.schema`, title = \"fat 1kB..2MB\""), "{said:.1000}");
    assert!(said.len() < 2_000 && said.matches("error: ").count() == 1, "{said:.1000}");
    let written = scenario("text key").replace("\"text\"", "\"fat 1kB..2MB\"");
    result(&written, &csv).unwrap();
}

#[test]
fn what_is_no_file_is_not_read() {
    let said = |csv: &str| {
        let scenario = scenario("text key").replace("tasks.csv", csv);
        result(&scenario, "id,title\na,b\n").map(|p| p.digest).expect_err("it is no file")
    };
    let folder = said(".");
    assert!(folder.contains("it is a folder, not a file") && folder.contains("own.toml:4:16"), "{folder}");
    #[cfg(unix)]
    {
        let endless = said("/dev/zero");
        assert!(endless.contains("cannot read /dev/zero: it is a device, not a file"), "{endless}");
        assert!(endless.contains("own.toml:4:16"), "{endless}");
    }
}

#[test]
fn rows_without_a_date_that_devices_of_yesterday_lack_are_told() {
    let warned = |more: &str, csv: &str| {
        let scenario = format!("{}{more}\n", scenario("text key")).replace("tasks.csv\"", csv);
        let plan = result(&scenario, "id,title,changed\na,b,2026-02-28\n").unwrap();
        plan.warnings.iter().map(|warning| warning.render(false)).collect::<String>()
    };
    let said = warned("start = \"1d\"", "tasks.csv\"");
    let title = "warning: `task`: the rows of tasks.csv have no date and came at the start; devices that were synced before it \
                 (`1d`) hold none of them, and `action.edit-task` finds no row there until they sync";
    assert!(said.starts_with(title), "{said}");
    assert!(said.contains("own.toml:4:16") && said.contains("`rows.updated_at`"), "{said}");
    assert_eq!(warned("", "tasks.csv\""), "");
    assert_eq!(warned("start = \"1d\"", "tasks.csv\", updated_at = \"changed\""), "");
}
