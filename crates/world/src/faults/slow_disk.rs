//! The flash is slow.

use std::sync::Arc;

use super::drawn::Faults;
use super::fault::{Fault, Kind};
use super::keys::{FOR, UNWRITTEN};
use super::sign::Sign;
use super::when::{Meets, When};
use crate::base::Span;
use crate::config::form::{Form, key};
use crate::contract::Need;

/// The factor by which everything takes longer.
#[derive(Clone, Debug)]
struct SlowDisk(u32);

pub(super) const KIND: Kind = Kind::new(
    "slow_disk",
    on_devices![
        FOR,
        key("factor", Form::Int { min: 1, max: 1_000 }, "10")
            .about("Disk operations take this many times as long; 1 has no effect."),
    ],
    "The device's flash is slow.",
    |view, _| Some(Arc::new(SlowDisk(view.of("factor")))),
)
.nothing_if(|own| {
    let lasts = own.at("for").is_itself_sound() && own.at("for").span() == Span::ZERO;
    lasts || own.at("factor").int() == 1
});

impl Fault for SlowDisk {
    fn plan(&self, when: &When<'_>, faults: &mut Faults) -> Option<String> {
        let (factor, length) = (self.0, when.length);
        faults.each(when.chosen, |on| on.slow.push((when.at, when.until(), factor)));
        Some(format!("the disks of {} take {factor} times as long for {length}", when.whom()))
    }

    fn meets(&self, when: &When<'_>) -> Option<Meets> {
        when.while_it_lasts(Sign::Storage, UNWRITTEN)
    }

    fn needs(&self) -> Option<Need> {
        Some(Need::Storage)
    }

    fn slows(&self) -> u32 {
        self.0
    }
}
