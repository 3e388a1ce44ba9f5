//! Practices about requests and links, and about the app's work beside a sync.

use super::super::cost::held;
use super::super::plan::Plan;
use super::data::row_bytes;
use super::seen::{Mend, Seen, listed, pulled};
use crate::base::{EntityId, Ppm, Span, Word};
use crate::contract::Hook;
use crate::engine::Checkpoint;
use crate::metrics::human;
use crate::net::Profile;

/// A timeout needs this multiple of the computed time, because links are often slower than their
/// mean and are interrupted.
const SPARE: u64 = 2;
/// The shortest timeout that is suggested. Longer timeouts are rounded up to a multiple of `ROUND`.
const TRIED: Span = Span::secs(60);
const ROUND: Span = Span::secs(10);
/// The number of round trips from a new TLS connection to the first byte of a response.
const ROUND_TRIPS: u64 = 4;
/// More rows than this are not a page. SymmetricDS has the largest default of the known products.
const PAGE: u64 = 10_000;
/// Hooks are quick if they take less than this in one sync.
const QUICK: Span = Span::secs(1);

pub(super) fn fitting_timeout(plan: &Plan) -> Seen {
    let page = pulled(plan).into_iter().map(|id| page(plan, id).0).max().unwrap_or(0);
    let takes = |link: &Profile| {
        let asleep = link.promotion.map_or(Span::ZERO, |promotion| promotion.takes);
        Span(link.rtt.0 * ROUND_TRIPS) + asleep + link.down.time_for(page)
    };
    let moved = plan.fleets.iter().filter_map(|fleet| fleet.moves.as_ref()).flat_map(|moves| moves.links());
    let started = plan.fleets.iter().flat_map(|fleet| &fleet.links).filter(|(_, devices)| *devices > 0);
    let links = started.map(|(link, _)| link).chain(moved).filter(|link| link.down.0 > 0);
    let Some((slowest, link)) = links.map(|link| (takes(link), link)).max_by_key(|(takes, _)| *takes) else {
        return Seen::moot("no phone has a link");
    };
    let timeout = plan.engine.request_timeout;
    let because = || {
        format!(
            "a page of {} takes about {} on `{}`, or twice that with an interruption, and \
             `engine.request_timeout` is {}",
            human::bytes(page),
            human::span(slowest.0),
            link.name,
            human::span(timeout.0),
        )
    };
    let least = slowest.0.saturating_mul(SPARE);
    // The value that the question itself uses (`TRIED`) is enough for most scenarios.
    let enough = Span(least.max(TRIED.0).div_ceil(ROUND.0) * ROUND.0);
    let mend = Mend::set(&["engine", "request_timeout"], format!("{}s", enough.0 / Span::secs(1).0));
    Seen::if_so(timeout.0 >= least, because).mended(vec![mend])
}

pub(super) fn load_in_pages(plan: &Plan) -> Seen {
    if plan.engine.pull.checkpoint == Checkpoint::Session {
        return Seen::does_not("`engine.pull.checkpoint` is \"session\": an interrupted pull begins again");
    }
    let largest =
        pulled(plan).into_iter().map(|id| (page(plan, id), id)).max_by_key(|((bytes, _), _)| *bytes);
    let Some(((_, is_all), id)) = largest else { return Seen::moot("no unit pulls") };
    let because = || format!("all rows of `{}` come in one page", plan.schema.entity(id).name);
    Seen::if_so(!is_all || rows_of_page(plan) <= PAGE, because)
}

pub(super) fn quick_hooks(plan: &Plan) -> Seen {
    let of_sync = plan.hooks.iter().filter(|(hook, _)| **hook != Hook::NetworkStatusChanged);
    let (mut slow, mut works, mut takes) = (Vec::new(), Vec::new(), Span::ZERO);
    for (hook, code) in of_sync {
        let name = hook.word();
        takes += code.takes;
        let faults = [
            (code.calls.is_some(), "calls a service"),
            (code.hangs > Ppm(0), "may hang"),
            (code.throws > Ppm(0), "may throw"),
        ];
        slow.extend(faults.iter().filter(|(is_so, _)| *is_so).map(|(_, does)| format!("`{name}` {does}")));
        let takes = human::span(code.takes.0);
        works.extend((code.takes > Span::ZERO).then(|| format!("`{name}` takes {takes}")));
    }
    Seen::if_so(takes < QUICK && slow.is_empty(), || listed(&[slow, works].concat()))
}

pub(super) fn told_of_network(plan: &Plan) -> Seen {
    let poll = plan.engine.network_poll;
    let every = || format!("`engine.network_poll` is {}", human::span(poll.unwrap_or_default().0));
    Seen::if_so(poll.is_none(), every)
}

/// The bytes of an entity's largest page. True if this page has all rows of the entity that a phone
/// holds.
fn page(plan: &Plan, id: EntityId) -> (u64, bool) {
    let (entity, data) = (plan.schema.entity(id), &plan.data[usize::from(id.0)]);
    let rows = held(plan, &entity.scope, data, data.rows);
    let all = rows.saturating_mul(row_bytes(plan, id));
    let of_page = rows_of_page(plan).min(rows).saturating_mul(row_bytes(plan, id));
    let bytes = of_page.min(plan.engine.pull.chunk_bytes.0);
    (bytes, bytes >= all)
}

fn rows_of_page(plan: &Plan) -> u64 {
    u64::from(plan.engine.pull.chunk_rows.min(plan.backend.page_cap))
}
