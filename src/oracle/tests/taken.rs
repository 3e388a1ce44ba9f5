//! Edits that take rows of others.

use super::stage::{CLINIC, STATUS, Stage, VISIT, visit};
use crate::base::Value;
use crate::contract::{Author, EditKind};

#[test]
fn a_row_of_others_that_an_edit_takes_back_is_misfiled_unless_it_says_so() {
    for (says_so, misfiled) in [(false, 1), (true, 0)] {
        let mut stage = Stage::new();
        let clinic = says_so.then(|| (CLINIC, Value::text("a")));
        let values = [(STATUS, Value::text("done"))].into_iter().chain(clinic).collect();
        let edit = stage.edit(0, VISIT, "a1", EditKind::Update, values);
        stage.commit(Author::Office, VISIT, "a1", Some(visit("b", "new")));
        stage.commit(Author::Device(edit), VISIT, "a1", Some(visit("a", "done")));
        let verdict = stage.verdict_without_rest();
        assert_eq!(verdict.figures["oracle.misfiled.edits"], misfiled);
        let told = verdict.violations.iter().find(|v| v.check == "misfiled").map(|v| v.text.as_str());
        let words = "whose clinic was \"b\", and nobody of d0 said so";
        assert_eq!(told.is_some_and(|text| text.ends_with(words)), misfiled == 1, "{told:?}");
    }
}
