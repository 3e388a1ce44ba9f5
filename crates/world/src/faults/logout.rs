//! The person logs out, and in again later.

use std::sync::Arc;

use super::drawn::{Act, Faults};
use super::fault::{Fault, Kind};
use super::when::When;
use crate::config::form::{SPAN, required};
use crate::contract::Need;

#[derive(Clone, Debug)]
struct Logout;

pub(super) const KIND: Kind = Kind::new(
    "logout",
    on_devices![required("for", SPAN).about("How long until the same person logs in again.")],
    "The person logs out, and logs in again later, once there is a network.",
    |_, _| Some(Arc::new(Logout)),
)
// A logout for no time is still a logout.
.nothing_if(|_| false);

impl Fault for Logout {
    fn plan(&self, when: &When<'_>, faults: &mut Faults) -> Option<String> {
        faults.act(when, Act::GoAway { away: when.length, other: None });
        Some(format!("the person of {} logs out for {}", when.whom(), when.length))
    }

    fn needs(&self) -> Option<Need> {
        Some(Need::SharedPhones)
    }
}
