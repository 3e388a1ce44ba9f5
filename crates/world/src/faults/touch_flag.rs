//! A user sets flags by hand.

use std::sync::Arc;

use super::drawn::Faults;
use super::fault::{Asks, Fault, Kind};
use super::when::{Meets, When};
use crate::base::EntityId;
use crate::config::form::{Form, SOME, required, table};
use crate::config::view::View;

/// The entity, and how many of its rows: the first in key order.
#[derive(Clone, Debug)]
struct TouchFlag(EntityId, u64);

pub(super) const KIND: Kind = Kind::new(
    "touch_flag",
    table(&[
        required("entity", Form::Text).about("The entity."),
        required("rows", SOME).about("How many of its rows, the first by key."),
    ]),
    "A user sets the flags of rows to \"not synced\" by hand.",
    read,
);

impl Fault for TouchFlag {
    fn plan(&self, when: &When<'_>, faults: &mut Faults) -> Option<String> {
        let TouchFlag(entity, rows) = *self;
        faults
            .strike(when, move |reach| reach.backend().flags().touch(reach.now(), entity, rows as usize) > 0);
        Some(format!("a user sets the flags of {rows} rows"))
    }

    fn meets(&self, _: &When<'_>) -> Option<Meets> {
        Some((None, "there was no row"))
    }
}

fn read(touch: View<'_>, asks: &dyn Asks) -> Option<Arc<dyn Fault>> {
    if !asks.has_flags() {
        let help = "such as gateway.serve.capture = { flag = {} }";
        asks.wrong().at(touch, "no row has a flag", help);
    }
    let entity = asks.entity(touch.at("entity"))?;
    Some(Arc::new(TouchFlag(entity, u64::from(touch.at("rows").count()))))
}
