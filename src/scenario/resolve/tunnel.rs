//! Tunnels over links.

use super::super::profiles::Library;
use super::super::profiles::tunnel::{LEAST, TAKES, carrier};
use super::super::view::{Mistakes, View};
use crate::base::{BitRate, Span};

pub(super) fn tunnel(name: &str, below: &str, links: View<'_>, wrong: &Mistakes) {
    carried(below, links.name(name), links, wrong);
    let (own, under) = (links.key(name), links.key(below));
    let reconnect = under.at("reconnect");
    if reconnect.span() > Span::ZERO {
        let title = format!(
            "`{name}` is a tunnel, and `link.{below}` is one too: it needs {} to reconnect",
            reconnect.span()
        );
        let help = format!("leave out `reconnect`, or write `{below}` where `{name}` stands");
        wrong.at(reconnect, title, help);
    }
    let mtu = under.at("mtu");
    if mtu.present().is_some() && mtu.count() < LEAST + TAKES && own.at("mtu").place().is_none() {
        let title = format!(
            "packets of {} bytes have no room for a tunnel, which takes {TAKES} of each",
            mtu.count()
        );
        let help = format!("`mtu` is at least {} where `{name}` is used", LEAST + TAKES);
        wrong.given(&[mtu]).at(mtu, title, help);
    }
    // Figures of the link below, from the library where the scenario does not have it.
    let library = Library::Links.find(below);
    let figure = |key: &str| {
        let figures = library.into_iter().flat_map(|link| &link.figures);
        let known = figures.filter(|figure| figure.key == key).map(|figure| figure.value.as_str()).next();
        under.at(key).present().map_or(known, |view| Some(view.text()))
    };
    let span = |key: &str| figure(key)?.parse::<Span>().ok();
    let rate = |key: &str| figure(key)?.parse::<BitRate>().ok();
    let packet = mtu.present().map_or(1_500, View::count);
    let better = [
        ("rtt", span("rtt").is_some_and(|below| own.at("rtt").span() < below)),
        (
            "down",
            rate("down").is_some_and(|below| own.at("down").present().is_some_and(|own| own.rate() > below)),
        ),
        ("up", rate("up").is_some_and(|below| own.at("up").present().is_some_and(|own| own.rate() > below))),
        ("mtu", own.at("mtu").count() >= packet),
    ];
    for (key, _) in better.iter().filter(|(key, better)| *better && own.at(key).place().is_some()) {
        let title = format!("`link.{name}.{key}` is better than the link that carries the tunnel");
        let help = match *key {
            "mtu" => format!("its packets are smaller than the {packet} bytes of `{below}`"),
            key => format!("`{key}` of `{below}` is {}", figure(key).unwrap_or_default()),
        };
        wrong.given(&[own.at(key), under.at(key)]).at(own.at(key), title, help);
    }
}

pub(super) fn carried(below: &str, at: View<'_>, links: View<'_>, wrong: &Mistakes) {
    if carrier(below).is_some() {
        wrong.at(at, "a tunnel over a tunnel", format!("write one of them: `{below}`"));
    } else {
        let mut known = library_and_own(links.names(), Library::Links.names());
        known.retain(|link| carrier(link).is_none());
        wrong.find(at, "link", below, &known);
    }
}

pub(super) fn library_and_own<'a>(own: Vec<&'a str>, library: Vec<&'a str>) -> Vec<&'a str> {
    let mut names = own;
    names.extend(library);
    names.sort_unstable();
    names.dedup();
    names
}
