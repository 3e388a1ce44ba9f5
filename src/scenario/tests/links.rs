//! Links: what is taken, and what is said of those that cannot be.

use super::{MINIMAL, plan, with_trace};
use crate::base::BitRate;
use crate::scenario::Library;

#[test]
fn links_of_the_library_are_as_their_figures_say() {
    let told = Library::Links.names().into_iter().map(|name| {
        let plan = plan(&format!("{MINIMAL}link = \"{name}\"\n"));
        format!("{:?}\n", plan.fleets[0].links[0].0)
    });
    insta::assert_snapshot!(told.collect::<String>());
}

const BUS: &str = "link = \"mine\"\n[link.mine]\nrtt = \"80ms\"\nup = \"1Mbit/s\"\n";
const TRACE: &str = "trace = { down = \"t\" }\n";

#[test]
fn a_rate_beside_its_trace_is_refused_unless_others_use_it() {
    let plan = |more: &str, sets: &[&str]| with_trace("10\n20\n", &format!("{MINIMAL}{more}"), sets);
    let own = format!("{BUS}down = \"1Mbit/s\"\n");
    let (set, rate) = ("\"link.mine.trace\" = { down = \"t\" }", "\"link.mine.down\" = \"2Mbit/s\"");
    for (more, sets) in [
        (format!("{own}{TRACE}"), &[][..]),
        (format!("{own}[variant.bus]\nset = {{ {set}, {rate} }}\n"), &[]),
        (format!("{BUS}{TRACE}"), &["link.mine.down=\"2Mbit/s\""]),
    ] {
        assert_eq!(plan(&more, sets).unwrap_err().diagnostics.len(), 1, "{more}");
    }
    for (more, sets) in [
        (format!("{own}[variant.bus]\nset = {{ {set} }}\n"), &[][..]),
        (own.clone(), &["link.mine.trace={ down = \"t\" }"]),
        (format!("link = \"edge\"\n[link.edge]\n{TRACE}"), &[]),
    ] {
        let plan = plan(&more, sets).unwrap();
        let link = &plan.fleets[0].links[0].0;
        assert_eq!((link.down, link.traces[1].is_some()), (BitRate(1_203_200), true));
        // What was resolved reads back.
        assert_eq!(with_trace("10\n20\n", &plan.resolved, &[]).unwrap().digest, plan.digest);
    }
}

#[test]
fn the_digest_covers_what_a_trace_says() {
    let text = format!("{MINIMAL}[link.mine]\nrtt = \"1ms\"\ntrace = {{ down = \"t\", up = \"t\" }}\n");
    let [one, other] = ["1\n2\n", "1\n3\n"].map(|lines| with_trace(lines, &text, &[]).unwrap());
    assert_eq!(one.files, ["t"]);
    assert_ne!(one.digest, other.digest);
}
