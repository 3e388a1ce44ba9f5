//! A device's storage becomes what it, or another, was before.

use super::held::{All, Held};
use super::ledger::Ledger;
use super::shown::Shown;
use crate::base::{DeviceId, Time};

/// The device is what `of` was in `life` as `to` began. What its person did since is gone with it,
/// as it would be with a device that was lost; rows that it had it has to get again.
pub(super) fn former(
    (ledger, shown, held): (&mut Ledger, &mut Shown, &mut Held),
    all: Option<All<'_>>,
    (now, device): (Time, DeviceId),
    (of, life): (DeviceId, u32),
    to: Time,
) {
    let present = ledger.lives.now(device);
    let goes_on = of != device && ledger.lives.now(of) == life;
    if of == device {
        ledger.went_back(device, life, to);
    } else {
        ledger.became_copy(device, (of, life, to), Vec::new());
    }
    shown.forget(device, now);
    if let Some(all) = all {
        held.go_back(all, (device, present), (of, life, goes_on), to, now);
    }
}
