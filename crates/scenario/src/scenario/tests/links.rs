//! Tests of the library's profiles, and of traces.

use super::{MINIMAL, Plan, Request, document, plan, stacks};
use crate::scenario::{Library, Profile};

#[test]
fn links_of_the_library_are_as_their_figures_say() {
    let told = Library::Links.names().into_iter().map(|name| {
        let text = format!("{MINIMAL}link = \"{name}\"\n");
        replayed(&plan(&format!("{text}[transport]\nprotocol = \"bare\"\n")));
        format!("{:?}\n", plan(&text).fleets[0].links[0].0)
    });
    insta::assert_snapshot!(told.collect::<String>());
}

/// The scenario of a record reads back as the same scenario.
fn replayed(first: &Plan) {
    assert_eq!(plan(&first.source.resolved).source.digest, first.source.digest, "{}", first.source.resolved);
}

#[test]
fn every_product_reads_back_as_itself_and_no_other_says_the_same() {
    let products = Library::Products.profiles();
    let said = |of: &Profile| of.figures.iter().map(|f| (f.key, f.value.clone())).collect::<Vec<_>>();
    for (i, profile) in products.iter().enumerate() {
        replayed(&plan(&format!("product = \"{}\"\n{MINIMAL}", profile.name)));
        assert!(products[..i].iter().all(|other| said(other) != said(profile)), "{}", profile.name);
    }
}

#[test]
fn the_digest_covers_what_a_trace_says() {
    let text = format!("{MINIMAL}[link.mine]\nrtt = \"1ms\"\ntrace = {{ down = \"t\", up = \"t\" }}\n");
    let [one, other] = ["1\n2\n", "1\n3\n"].map(|lines| {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("t"), lines).unwrap();
        let document = document(&text).beside(folder.path());
        document.plans(&Request::default(), &stacks()).unwrap().remove(0)
    });
    assert_eq!(one.source.files, ["t"]);
    assert_ne!(one.source.digest, other.source.digest);
}
