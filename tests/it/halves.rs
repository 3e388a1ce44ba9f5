//! Published protocols with entity tags, with a small app in JavaScript: what `If-Match` prevents.

use std::fs;

use syncdyno::analysis;
use syncdyno::record::{Reason, Verdict};
use syncdyno::scenario::Request;
use syncdyno::world::{self, Outcome, Stacks, Unwatched};

use crate::worlds::{self, value};

const APP: &str = "tests/it/apps/entities.js";
const WORLDS: &str = "tests/it/apps/entities.toml";

/// Runs a variant with the app, after replacing these texts.
fn run(protocol: &str, variant: &str, changes: &[(&str, &str)]) -> (Verdict, Vec<Reason>, Outcome) {
    let mut text = fs::read_to_string(APP).expect("it is there");
    for (from, to) in [("PROTOCOL = 'odata'", &*format!("PROTOCOL = '{protocol}'"))].iter().chain(changes) {
        assert!(text.contains(from), "the app says {from}");
        text = text.replace(from, to);
    }
    let folder = tempfile::tempdir().expect("there is a folder");
    let app = folder.path().join("app.js");
    fs::write(&app, text).expect("it can be written");
    let sets = vec![
        format!("engine.options.bundle={:?}", app.to_str().expect("it is text")),
        format!("engine.options.server={protocol:?}"),
    ];
    let request =
        Request { sets, variants: [variant.to_owned()].into_iter().collect(), ..Request::default() };
    let stacks = Stacks::builtin().with(syncdyno_js::stack());
    let plans = worlds::plans_with(&stacks, &worlds::document(WORLDS), &request);
    let plan = plans.unwrap_or_else(|why| panic!("{why}")).remove(0);
    let outcome = world::run(&plan, &stacks, &Unwatched).unwrap_or_else(|error| panic!("{error}"));
    let judged = analysis::judge(&plan, variant, &outcome);
    (judged.cell.verdict, judged.cell.reasons, outcome)
}

#[test]
fn entity_tags_pass_calm_contended_and_over_lost_answers() {
    for protocol in ["odata", "datasync"] {
        for variant in ["calm", "contended", "lossy"] {
            let (verdict, reasons, outcome) = run(protocol, variant, &[]);
            assert_eq!((verdict, reasons), (Verdict::Pass, Vec::new()), "{protocol} {variant}");
            assert_eq!(value(&outcome, "oracle.replaced.columns"), 0, "{protocol} {variant}");
            let lost = value(&outcome, "net.responses_lost.count");
            assert_eq!(lost > 20, variant == "lossy", "{protocol} {variant}: {lost}");
        }
    }
}

#[test]
fn without_a_condition_a_write_goes_over_what_nobody_saw() {
    for protocol in ["odata", "datasync"] {
        let blind = [("({ 'If-Match': tag })", "({})")];
        let (.., outcome) = run(protocol, "contended", &blind);
        assert!(value(&outcome, "oracle.replaced.columns") > 0, "{protocol}");
    }
}
