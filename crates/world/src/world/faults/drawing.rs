//! Chooses the devices that events affect, and draws the times of random faults.

use crate::base::{DeviceId, Ppm, Seed, Span, Stream, Time};
use crate::faults::{Awaited, Faults, When};
use crate::setup::{DevicePlan, Happening, Setup, Who};

/// The devices that an event affects. Their number is exact, and the event's name selects the
/// random draw.
pub(crate) fn choose(who: &Who, name: &str, seed: Seed, devices: &[DevicePlan]) -> Vec<DeviceId> {
    let mut stream = seed.derive("world.event", 0).stream(name, 0, 0);
    match who {
        Who::Devices(chosen) => chosen.clone(),
        Who::Share(share) => {
            let mut all: Vec<DeviceId> = devices.iter().map(|d| d.device).collect();
            keep_share(&mut all, *share, &mut stream);
            all
        }
        Who::ShareOf { share, attribute } => {
            let mut values: Vec<_> = Vec::new();
            for device in devices {
                if !values.contains(&&device.attributes[*attribute]) {
                    values.push(&device.attributes[*attribute]);
                }
            }
            keep_share(&mut values, *share, &mut stream);
            let belongs = |device: &&DevicePlan| values.contains(&&device.attributes[*attribute]);
            devices.iter().filter(belongs).map(|d| d.device).collect()
        }
    }
}

/// Keeps this share of the items, drawn at random and rounded to the nearest number. The order
/// stays.
fn keep_share<T: PartialEq + Copy>(items: &mut Vec<T>, share: Ppm, stream: &mut Stream) {
    let count = share.of(items.len() as u64);
    let mut drawn = items.clone();
    stream.shuffle(&mut drawn);
    drawn.truncate(count as usize);
    items.retain(|item| drawn.contains(item));
}

/// Plans the fault of each event for the devices that it affects.
pub(crate) fn plan_events(faults: &mut Faults, setup: &Setup, devices: &[DevicePlan]) {
    let end = Time::ZERO + setup.duration;
    for planned in &setup.events {
        let Happening::Fault(_, fault) = &planned.what else { continue };
        let chosen = &choose(&planned.who, &planned.name, setup.seed, devices);
        let (at, name, length) = (planned.at, &*planned.name, planned.length);
        if let Some(text) = fault.plan(&When { name, at, length, chosen, end }, faults) {
            faults.add_description(at, format!("{name}: {text}"));
        }
    }
}

/// Notes that no fault of this random kind occurred in the run.
pub(crate) fn note_none_drawn(faults: &mut Faults, key: &str, setup: &Setup, mtbf: Span) {
    let why = format!("none occurred at random in {}; the mean time between them is {mtbf}", setup.duration);
    faults.awaited.push(Awaited::anywhere(key, why));
}

/// The times of a Poisson process up to `end`. There are none if the mean interval is 0.
pub(crate) fn moments(mtbf: Span, end: Time, stream: &mut Stream) -> Vec<Time> {
    let mut at = Time::ZERO;
    let next = || {
        at += stream.exponential(mtbf);
        (at < end).then_some(at)
    };
    if mtbf > Span::ZERO { std::iter::from_fn(next).collect() } else { Vec::new() }
}

/// The part of an event that names one device, with a comma after it.
pub(crate) fn on(device: DeviceId) -> String {
    format!("devices = [{}], ", device.0)
}

/// A time in nanoseconds. The display of [`Span`] shows only 3 digits.
pub(crate) fn exact(span: Span) -> String {
    format!("\"{}ns\"", span.0)
}

/// Draws the random faults of each device.
pub(crate) fn drawn_for(
    setup: &Setup,
    devices: &[DevicePlan],
    key: &str,
    mtbf: Span,
    mut draw: impl FnMut(Time, DeviceId, &mut Stream),
) {
    for DevicePlan { device, .. } in devices {
        let mut stream = setup.seed.derive("world.chaos", u64::from(device.0)).stream(key, 0, 0);
        for at in moments(mtbf, Time::ZERO + setup.duration, &mut stream) {
            draw(at, *device, &mut stream);
        }
    }
}
