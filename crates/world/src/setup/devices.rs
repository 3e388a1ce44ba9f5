//! Assigns properties to each device. The plan gives shares, and its seed decides which device gets
//! what.

use std::sync::Arc;

use super::shared::{Attribute, DevicePlan, Fleet, Setup};
use crate::base::{DeviceId, Value};
use crate::workload::split;

impl Attribute {
    /// The index of the value that device `i` of `n` devices has. Devices with the same value have
    /// consecutive numbers.
    pub fn number(&self, i: u32, n: u32) -> u32 {
        (u64::from(i) * self.values.len() as u64 / u64::from(n)) as u32
    }
}

impl Setup {
    /// Every device with all choices made. If an attribute has k values, device i of n gets value
    /// ⌊i·k/n⌋. Roles are distributed among the devices with the same attributes. Classes, links
    /// and start states are distributed within the fleet. Each of these has its own random stream.
    pub fn devices(&self) -> Vec<DevicePlan> {
        let mut devices = Vec::new();
        for (number, fleet) in self.fleets.iter().enumerate() {
            self.deal(number, fleet, &mut devices);
        }
        devices
    }
    /// The values of each attribute, by attribute.
    pub fn attribute_values(&self) -> Vec<Arc<[Value]>> {
        self.attributes.iter().map(|attribute| attribute.values.clone()).collect()
    }

    fn deal(&self, number: usize, fleet: &Fleet, devices: &mut Vec<DevicePlan>) {
        let classes = self.shuffled("fleet.class", number, &fleet.classes);
        let links = self.shuffled("fleet.link", number, &fleet.links);
        let starts = self.shuffled("fleet.start", number, &fleet.starts);
        let block = |i| self.attributes.iter().map(|of| of.number(i, fleet.devices)).collect();
        let blocks: Vec<Vec<u32>> = (0..fleet.devices).map(block).collect();
        let roles = self.roles(number, fleet, &blocks);
        for (i, block) in blocks.iter().enumerate() {
            let attributes = self.attributes.iter().zip(block);
            let attributes = attributes.map(|(of, number)| of.values[*number as usize].clone());
            devices.push(DevicePlan {
                device: DeviceId(devices.len() as u32),
                fleet: number,
                class: classes[i].clone(),
                link: links[i].clone(),
                moves: fleet.moves.clone(),
                clock: fleet.clock,
                background: fleet.background,
                start: starts[i].clone(),
                attributes: attributes.collect(),
                role: roles[i].clone(),
            });
        }
    }

    fn roles(&self, number: usize, fleet: &Fleet, blocks: &[Vec<u32>]) -> Vec<String> {
        let shares: Vec<u64> = fleet.roles.iter().map(|(_, share)| share.0.into()).collect();
        let mut stream = self.seed.stream("fleet.role", number as u64, 0);
        let mut roles = Vec::with_capacity(blocks.len());
        for block in blocks.chunk_by(|a, b| a == b) {
            let counts = split(block.len() as u64, &shares, |_| 0);
            let named = fleet.roles.iter().zip(counts);
            let mut dealt: Vec<String> =
                named.flat_map(|((role, _), n)| std::iter::repeat_n(role.clone(), n as usize)).collect();
            stream.shuffle(&mut dealt);
            roles.extend(dealt);
        }
        roles
    }

    fn shuffled<'a, T>(&self, purpose: &str, fleet: usize, counts: &'a [(T, u32)]) -> Vec<&'a T> {
        let mut dealt: Vec<&T> =
            counts.iter().flat_map(|(what, n)| std::iter::repeat_n(what, *n as usize)).collect();
        self.seed.stream(purpose, fleet as u64, 0).shuffle(&mut dealt);
        dealt
    }
}
