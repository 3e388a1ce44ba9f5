//! A proxy on the way that repeats responses.

use std::sync::Arc;

use super::drawn::Faults;
use super::fault::{Fault, Kind};
use super::keys::{FOR, UNUSED};
use super::sign::Sign;
use super::when::{Meets, When};
use crate::base::Span;
use crate::config::form::{SOME_SPAN, required};
use crate::net::During;

/// How long it repeats a response.
#[derive(Clone, Debug)]
pub(crate) struct CachingProxy(pub Span);

pub(super) const KIND: Kind = Kind::new(
    "caching_proxy",
    on_devices![FOR, required("ttl", SOME_SPAN).about("How long it keeps a response.")],
    "A proxy on the path caches responses and repeats them; requests that no cache may answer pass through.",
    |view, _| Some(Arc::new(CachingProxy(view.of("ttl")))),
);

impl Fault for CachingProxy {
    fn plan(&self, when: &When<'_>, faults: &mut Faults) -> Option<String> {
        let (ttl, length) = (self.0, when.length);
        let time = During { from: when.at, until: when.end.min(when.until()), what: ttl };
        faults.each(when.chosen, |on| on.net.caches.push(time));
        Some(format!("{} are behind a proxy that caches responses for {ttl}, for {length}", when.whom()))
    }

    fn meets(&self, when: &When<'_>) -> Option<Meets> {
        when.while_it_lasts(Sign::Network, UNUSED)
    }
}
