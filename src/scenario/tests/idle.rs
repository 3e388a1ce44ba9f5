//! Keys that have no effect beside others are passed over where the other was chosen for a cell.

use super::{MINIMAL, plan, plans, with_sets};
use crate::base::Span;
use crate::gateway::{Capture, CursorHolder, Mode};
use crate::scenario::{Library, Plan, Request};

fn variants(text: &str) -> Vec<Plan> {
    plans(&format!("{MINIMAL}{text}\n"), &Request::default())
}

#[test]
fn what_a_variant_makes_idle_is_passed_over() {
    let cells = variants(
        "[gateway.serve]\ncursor_held_by = \"server\"\nserver_cursor = \"on-answer\"\ncapture = { flag = {} }\n\
         [backend]\nlog.kept = \"1h\"\n\
         [variant.a]\n\
         [variant.b]\nset = { \"gateway.serve.cursor_held_by\" = \"client\" }\n\
         [variant.c]\nset = { \"gateway.mode\" = \"persistent\" }",
    );
    let [a, b, c] = &cells[..] else { panic!("{} cells", cells.len()) };
    assert!(matches!(a.gateway.cursors, CursorHolder::Server(_)));
    assert_eq!(b.gateway.cursors, CursorHolder::Client);
    assert_eq!((c.gateway.mode, &c.gateway.serve), (Mode::Persistent, &Capture::default()));
    assert!(a.backend.log.is_some() && c.backend.log.is_none(), "nobody reads it through a replica");
    for cell in &cells {
        assert_eq!(plan(&cell.resolved).digest, cell.digest, "what is run again reads as it did");
    }
}

#[test]
fn a_setting_is_idle_beside_a_setting_but_not_beside_an_axis() {
    let (log, mode) = ("gateway.refresh.every=\"5m\"", "gateway.mode");
    let both = vec![(mode.to_owned(), vec!["ota".to_owned(), "persistent".to_owned()])];
    let request = Request { sets: vec![log.to_owned()], axes: both, ..Request::default() };
    assert_eq!(plans(MINIMAL, &request).len(), 2);
}

#[test]
fn what_bare_messages_make_idle_is_passed_over_where_they_are_chosen() {
    let text = |more: &str, link: &str| {
        format!(
            "{MINIMAL}link = \"mine\"\n[link.mine]\nkind = \"cellular\"\nrtt = \"80ms\"\ndown = \"1Mbit/s\"\nup = \"1Mbit/s\"\n{link}\n[transport]\n\
             protocol = \"bare\"\n{more}\n"
        )
    };
    let event = "[event.forgotten]\nat = \"+1m\"\nhalf_open = {}";
    for (more, link) in [(event, ""), ("", "loss = 0.01"), ("", "queue = \"64kB\""), ("", "mtu = 1400")] {
        let chosen = text(more, link).replace("protocol = \"bare\"", "");
        replayed(&with_sets(&chosen, &["transport.protocol=bare"]));
    }
    // What defaults and profiles say is passed over, also where it is written out, as in a record.
    with_sets(&text("tls = \"1.3\"", "loss = 0").replace("link = \"mine\"", "link = \"edge\""), &[]);
    let links = Library::Links.names();
    assert!(links.contains(&"vpn-over-edge"), "{links:?}");
    for link in links.into_iter().chain(["vpn-over-mine"]) {
        replayed(&plan(&text("", "").replace("link = \"mine\"", &format!("link = \"{link}\""))));
    }
}

/// A record's scenario is the same when it is read again.
fn replayed(first: &Plan) {
    assert_eq!(plan(&first.resolved).digest, first.digest, "{}", first.resolved);
}

#[test]
fn who_decides_may_be_written_for_one_variant_of_several() {
    let text = |written: &str, page: &str| {
        format!("{MINIMAL}{written}\n[variant.others]\n[variant.page]\nset = {{ {page} }}\n")
    };
    let (manual, people) = ("\"engine.conflict.policy\" = \"manual\"", "[workload.resolver]\ndelay = \"3m\"");
    for page in [manual, "\"engine.conflict\" = { policy = \"manual\" }"] {
        let cells = plans(&text(people, page), &Request::default());
        let [others, page] = &cells[..] else { panic!("{} cells", cells.len()) };
        assert_eq!(page.workload.resolver.delay, Span::secs(180));
        assert_ne!(others.workload.resolver, page.workload.resolver);
        cells.iter().for_each(replayed);
    }
}
