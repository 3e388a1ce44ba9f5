//! Lists of screens that could not be shown are refused.

use super::complaint;

fn said(query: &str) -> String {
    let text = format!(
        "name = \"b\"\nstart = \"2026-03-02T08:00:00+01:00\"\n[fleet.phones]\ndevices = 2\n\
         [entity.doctor]\nrows = 5\ndelivery = \"backend-only\"\nschema = {{ id = \"uuid key\", name = \"text\" }}\n\
         [entity.ward]\nrows = 5\nschema = {{ id = \"uuid key\", name = \"text\" }}\n\
         [entity.visit]\nrows = 9\nproject = [\"at\", \"doctor\", \"ward\"]\n\
         schema = {{ id = \"uuid key\", at = \"timestamp -7d..28d /1h\", doctor = \"ref doctor\", ward = \"ref ward\", note = \"text\" }}\n\
         [query.agenda]\n{query}\n"
    );
    complaint(&text, &[])
}

#[test]
fn a_list_of_what_devices_do_not_hold_is_refused() {
    for (query, want) in [
        ("of = \"vist\"", "there is no entity `vist`"),
        ("of = \"doctor\"", "devices hold no `doctor`"),
        ("of = \"visit\"\nthrough = [\"doctor\"]", "devices hold no `doctor`"),
        ("of = \"visit\"\nthrough = [\"at\"]", "`at` of `visit` refers to no row"),
        ("of = \"visit\"\nlike = \"note\"", "devices do not hold `note` of `visit`"),
        ("of = \"visit\"\nlike = \"ward.name\"", "`ward` is not in `through`"),
        ("of = \"visit\"\nthrough = [\"ward\"]\nlike = \"ward.nam\"", "there is no column of `ward` `nam`"),
    ] {
        let said = said(query);
        assert!(said.starts_with(&format!("error: {want}")), "{query}: {said}");
    }
}
