//! Links: what is taken, and what is said of those that cannot be.

use super::{MINIMAL, Request, document, plan, with_names};
use crate::scenario::Library;

#[test]
fn links_of_the_library_are_as_their_figures_say() {
    let told = Library::Links.names().into_iter().map(|name| {
        let plan = plan(&format!("{MINIMAL}link = \"{name}\"\n"));
        format!("{:?}\n", plan.fleets[0].links[0].0)
    });
    insta::assert_snapshot!(told.collect::<String>());
}

#[test]
fn the_digest_covers_what_a_trace_says() {
    let text = format!("{MINIMAL}[link.mine]\nrtt = \"1ms\"\ntrace = {{ down = \"t\", up = \"t\" }}\n");
    let [one, other] = ["1\n2\n", "1\n3\n"].map(|lines| {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("t"), lines).unwrap();
        let document = document(&text).beside(folder.path());
        with_names(|names| document.plans(&Request::default(), names)).unwrap().remove(0)
    });
    assert_eq!(one.files, ["t"]);
    assert_ne!(one.digest, other.digest);
}
