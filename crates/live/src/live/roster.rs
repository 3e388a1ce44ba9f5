//! Maps apps to the devices of the scenario.

use crate::base::DeviceId;

/// The devices by name. An app with a new name gets the next device that no app uses.
#[derive(Clone, Debug)]
pub struct Roster {
    /// The scenario's names, such as `phones-1`.
    own: Vec<String>,
    /// The apps' names of devices in use.
    taken: Vec<Option<String>>,
}

/// The maximum length of a name, in characters and in bytes.
const NAME: usize = 80;
const NAME_BYTES: usize = 200;

impl Roster {
    /// Makes a roster from the names of fleets and their numbers of devices.
    pub fn of<'f>(fleets: impl IntoIterator<Item = (&'f str, u32)>) -> Roster {
        let names = |(fleet, devices): (&'f str, u32)| (1..=devices).map(move |n| format!("{fleet}-{n}"));
        let own: Vec<String> = fleets.into_iter().flat_map(names).collect();
        Roster { taken: vec![None; own.len()], own }
    }
    pub(super) fn len(&self) -> usize {
        self.own.len()
    }
    /// The app's name of a device; without one, the scenario's name.
    pub fn name(&self, device: DeviceId) -> &str {
        let at = device.0 as usize;
        self.taken[at].as_deref().unwrap_or(&self.own[at])
    }
    /// The names of all devices, in order.
    pub fn names(&self) -> Vec<String> {
        (0..self.own.len() as u32).map(|at| self.name(DeviceId(at)).to_owned()).collect()
    }
    /// True if this is the scenario's name of a device.
    pub(super) fn is_own(&self, name: &str) -> bool {
        self.own.iter().any(|own| own == name)
    }
    /// Marks a device as used through its own port, with its scenario name. Returns its name.
    pub(super) fn take(&mut self, device: DeviceId) -> String {
        let at = device.0 as usize;
        self.taken[at].get_or_insert_with(|| self.own[at].clone()).clone()
    }
    /// Finds the device with this name, and marks none as used.
    pub(super) fn known(&self, name: &str) -> Option<DeviceId> {
        let taken = self.taken.iter().position(|taken| taken.as_deref() == Some(name));
        // A device with an app's name also keeps its scenario name.
        let at = taken.or_else(|| self.own.iter().position(|own| own == name));
        at.map(|at| DeviceId(at as u32))
    }
    /// Finds the device of an app. A new name takes a free device. Without a name, the only device
    /// is meant.
    ///
    /// # Errors
    /// A text that says what to write instead.
    pub fn find(&mut self, name: Option<&str>) -> Result<DeviceId, String> {
        let Some(name) = name else {
            if self.own.len() == 1 {
                self.take(DeviceId(0));
                return Ok(DeviceId(0));
            }
            return Err(format!(
                "which device? send the header Syncdyno-Device, or begin the path with /d/NAME; the scenario has {}",
                self.own.len()
            ));
        };
        let is_plain = |c: char| c.is_alphanumeric() || "-_.@ ".contains(c);
        let says = name.chars().any(char::is_alphanumeric);
        if !says || name.chars().count() > NAME || !name.chars().all(is_plain) {
            return Err(format!("a device's name may have letters, digits, - _ . and @, at most {NAME}"));
        }
        // Recorded histories have this limit.
        if name.len() > NAME_BYTES {
            return Err(format!(
                "a device's name may have at most {NAME_BYTES} bytes of UTF-8; it has {}",
                name.len()
            ));
        }
        let found = self.known(name).map(|device| device.0 as usize);
        let free = || self.taken.iter().position(Option::is_none);
        let Some(at) = found.or_else(free) else {
            let all = self.names().join(", ");
            return Err(format!("all {} devices of the scenario are in use: {all}", self.own.len()));
        };
        self.taken[at].get_or_insert_with(|| name.to_owned());
        Ok(DeviceId(at as u32))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_the_scenarios_or_takes_the_next_free_device() {
        let mut roster = Roster::of([("nurses", 2), ("tablets", 1)]);
        assert_eq!(roster.find(Some("tablets-1")), Ok(DeviceId(2)));
        assert_eq!(roster.find(Some("anna")), Ok(DeviceId(0)));
        assert_eq!(roster.find(Some("anna")), Ok(DeviceId(0)));
        assert_eq!(roster.find(Some("bert")), Ok(DeviceId(1)));
        assert_eq!(roster.names(), ["anna", "bert", "tablets-1"]);
        let full = roster.find(Some("carl")).expect_err("there are three");
        assert_eq!(full, "all 3 devices of the scenario are in use: anna, bert, tablets-1");
        for wrong in ["", "a/b", "<b>", &"x".repeat(81), "..", ".", " ", &"\u{1d49c}".repeat(51)] {
            assert!(roster.find(Some(wrong)).is_err(), "{wrong}");
        }
        assert!(roster.find(None).is_err());
        assert_eq!(Roster::of([("phones", 1)]).find(None), Ok(DeviceId(0)));
    }
}
