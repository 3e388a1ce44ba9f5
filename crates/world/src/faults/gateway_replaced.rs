//! The sync server is replaced by one that knows nothing.

use std::sync::Arc;

use super::drawn::Faults;
use super::fault::{Asks, Fault, Kind};
use super::when::When;
use crate::base::Span;
use crate::config::form::{Form, PERIOD, key, table};
use crate::config::view::View;

/// How often, and the time from one to the next.
#[derive(Clone, Debug)]
struct GatewayReplaced(u32, Span);

pub(super) const KIND: Kind = Kind::new(
    "gateway_replaced",
    table(&[
        key("times", Form::Int { min: 0, max: 1_000 }, "1").about("How often."),
        key("every", PERIOD, "\"1m\"").about("Time between two replacements."),
    ]),
    "The sync server is replaced by one without any of its state.",
    read,
);

impl Fault for GatewayReplaced {
    fn plan(&self, when: &When<'_>, faults: &mut Faults) -> Option<String> {
        let GatewayReplaced(times, every) = *self;
        for at in (0..u64::from(times)).map(|n| when.at + every * n) {
            faults.tell(at, format!("{}: the gateway is replaced", when.name));
            faults.strike_at(at, when.name, |reach| {
                reach.gateway().map(|mut gateway| gateway.forget()).is_some()
            });
        }
        None
    }
}

fn read(replaced: View<'_>, asks: &dyn Asks) -> Option<Arc<dyn Fault>> {
    if asks.is_its_replica() {
        let why = "a gateway in mode \"persistent\" has no state except its replica, and its replica stays";
        let help = "restore_gateway takes it back to a backup; gateway_kill restarts its process";
        asks.wrong().at(replaced, why, help);
    }
    Some(Arc::new(GatewayReplaced(replaced.of("times"), replaced.of("every"))))
}
