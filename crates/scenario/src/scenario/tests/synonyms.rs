//! Tests of suggestions for words of other platforms.

use super::super::closest;
use super::complaint;

fn with(types: &[&str], more: &str) -> String {
    let columns = types.iter().enumerate().map(|(n, of)| format!("c{n} = \"{of}\""));
    let columns = columns.collect::<Vec<_>>().join(", ");
    format!(
        "name = \"t\"\nentity.a.schema = {{ id = \"uuid key\", {columns} }}\nfleet.p.devices = 2\n{more}\n"
    )
}

#[test]
fn a_type_of_another_platform_gets_the_one_that_fits() {
    for (theirs, ours) in [
        ("guid", "uuid key"),
        ("Uniqueidentifier", "uuid key"),
        ("DateTime", "timestamp"),
        ("date-time", "timestamp"),
        ("varchar(50)", "text"),
        ("String", "text"),
        ("Boolean", "bool"),
        ("Long Integer", "int64"),
        ("Currency", "decimal"),
        ("Binary Data", "blob"),
        ("INT", "int"),
        ("double", "real"),
    ] {
        let told = complaint(&with(&[theirs], ""), &[]);
        assert!(told.contains(&format!("did you mean \"{ours}\"?")), "{theirs}: {told}");
    }
}

#[test]
fn a_word_that_is_not_ours_gets_the_one_that_fits() {
    for (set, ours) in [
        ("engine.pull.controller=fixd", "fixed"),
        ("fleet.p.link=LTE", "lte-good"),
        ("fleet.p.link=4g", "lte-good"),
        ("fleet.p.link=wifi", "wifi-good"),
        ("fleet.p.link={ \"3g\" = 1 }", "3g-hspa"),
        ("fleet.p.link=5G", "5g-sub6"),
        ("fleet.p.class=tablet", "mid"),
        ("engine.conflict.policy=last-write", "last-write-wins"),
        ("engine.conflict.policy=LWW", "last-write-wins"),
        ("engine.conflict.policy=merge", "field-merge"),
        ("engine.push.capture=IsModified", "dirty-flags"),
        ("product=kony", "volt-mx"),
    ] {
        let told = complaint(&with(&["text"], ""), &[set]);
        assert!(told.contains(&format!("did you mean `{ours}`?")), "{set}: {told}");
    }
}

#[test]
fn a_list_of_what_is_allowed_is_printed_once() {
    let told =
        complaint(&with(&["guid", "DateTime", "geometry"], ""), &["fleet.p.link={ LTE = 0.5, 4g = 0.5 }"]);
    assert_eq!(told.matches("write a column type").count(), 1, "{told}");
    assert_eq!(told.matches("`lte-driving`").count(), 1, "{told}");
    assert_eq!(told.matches("see the allowed values above").count(), 1, "{told}");
    assert_eq!(told.matches("did you mean").count(), 4, "{told}");
}

#[test]
fn a_word_that_is_no_other_word_for_anything_gets_no_suggestion() {
    assert_eq!(closest("geometry", ["text", "timestamp"]), None);
    assert_eq!(closest("guid", ["title", "ward"]), None, "the list has no word of ours for it");
    assert_eq!(closest("first-write", ["first-write-wins", "first-write-loses"]), None, "it is either");
    assert_eq!(closest("first-write", ["first-write-wins", "merge"]), Some("first-write-wins"));
}
