//! Responses are lost.

use std::sync::Arc;

use super::drawn::Faults;
use super::fault::{Fault, Kind};
use super::keys::{FOR, NONE_LOST};
use super::sign::Sign;
use super::when::{Meets, When};
use crate::base::Ppm;
use crate::config::form::{Form, required};
use crate::net::During;

#[derive(Clone, Debug)]
struct ResponseLoss(Ppm);

pub(super) const KIND: Kind = Kind::new(
    "response_loss",
    on_devices![FOR, required("loss", Form::Share).about("The share of responses.")],
    "Responses are lost after the gateway executed the request.",
    |view, _| Some(Arc::new(ResponseLoss(view.of("loss")))),
);

impl Fault for ResponseLoss {
    fn plan(&self, when: &When<'_>, faults: &mut Faults) -> Option<String> {
        let lossy = During { from: when.at, until: when.until(), what: self.0 };
        faults.each(when.chosen, |on| on.net.lossy.push(lossy));
        Some(format!("{} lose {} of the responses for {}", when.whom(), self.0, when.length))
    }

    fn meets(&self, when: &When<'_>) -> Option<Meets> {
        when.while_it_lasts(Sign::LostResponse, NONE_LOST)
    }
}
