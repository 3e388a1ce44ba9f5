//! The phone is handed to somebody else.

use std::sync::Arc;

use super::drawn::{Act, Faults};
use super::fault::{Fault, Kind};
use super::when::When;
use crate::config::form::{SPAN, required};
use crate::contract::Need;

#[derive(Clone, Debug)]
struct OtherUser;

pub(super) const KIND: Kind = Kind::new(
    "other_user",
    on_devices![required("for", SPAN).about("How long the other person has the phone.")],
    "The person logs out and gives the phone to somebody else, who logs in, works, logs out, and gives it back.",
    |_, _| Some(Arc::new(OtherUser)),
)
// A logout for no time is still a logout.
.nothing_if(|_| false);

impl Fault for OtherUser {
    fn plan(&self, when: &When<'_>, faults: &mut Faults) -> Option<String> {
        faults.act(when, Act::GoAway { away: when.length, other: Some(1) });
        Some(format!("somebody else has {} for {}", when.whom(), when.length))
    }

    fn needs(&self) -> Option<Need> {
        Some(Need::SharedPhones)
    }
}
