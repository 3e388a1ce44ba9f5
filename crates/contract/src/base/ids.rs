//! Identifiers of devices, entities, sync units, rows and local edits.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::foreign::escape_control;
use super::number::debug_is_display;

/// A simulated device, counted from 0; shown as `d17`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DeviceId(pub u32);

/// The number of earlier starts of the app on a device; 0 for the first process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Incarnation(pub u32);

/// An entity: its position in the scenario's schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EntityId(pub u16);

/// A sync unit: its position in the scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UnitId(pub u16);

/// A row's primary key. Keys are compared byte by byte. Keyset pages use the same order.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(pub Arc<str>);

/// One local edit on one device. Engines pass the id on to the backend without reading it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EditId {
    /// The device on which the edit was made.
    pub device: DeviceId,
    /// The nth edit of the device, from 0.
    pub number: u32,
}

impl Key {
    /// A key from its text.
    pub fn new(text: &str) -> Key {
        Key(Arc::from(text))
    }
    /// A UUID of version 4 in its usual 36 characters, made from the given bits.
    pub fn uuid(bits: u128) -> Key {
        Key::uuid_of(4, bits)
    }
    /// A UUID of version 7 (RFC 9562): the time of creation in milliseconds since 1970, then the
    /// given bits.
    pub fn uuid7(millis: u64, bits: u128) -> Key {
        Key::uuid_of(7, u128::from(millis) << 80 | bits & (u128::MAX >> 48))
    }
    fn uuid_of(version: u128, bits: u128) -> Key {
        let b = bits & !(0xf000 << 64) & !(0xc000 << 48) | (version << 76) | (0x8000 << 48);
        // Not `format!`, which takes 3 times as long: a run creates hundreds of thousands of keys.
        let mut text = *b"00000000-0000-0000-0000-000000000000";
        let places = (0..36).filter(|place| !matches!(place, 8 | 13 | 18 | 23));
        for (nibble, place) in places.enumerate() {
            text[place] = b"0123456789abcdef"[(b >> (124 - 4 * nibble) & 0xf) as usize];
        }
        Key::new(std::str::from_utf8(&text).expect("hexadecimal digits are ASCII"))
    }
    /// The key's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Serialize for Key {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Key, D::Error> {
        String::deserialize(deserializer).map(|text| Key::new(&text))
    }
}

impl std::ops::Deref for Key {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}
impl std::borrow::Borrow<str> for Key {
    fn borrow(&self) -> &str {
        &self.0
    }
}
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&escape_control(&self.0))
    }
}
impl fmt::Display for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "d{}", self.0)
    }
}
impl fmt::Display for EditId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.e{}", self.device, self.number)
    }
}
debug_is_display!(Key, DeviceId, EditId);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_has_its_version_and_variant() {
        for bits in [0, u128::MAX, 0x1234_5678_9abc_def0_1122_3344_5566_7788] {
            let key = Key::uuid(bits);
            assert_eq!(key.as_str().len(), 36);
            assert_eq!(&key.as_str()[14..15], "4");
            assert!(matches!(&key.as_str()[19..20], "8" | "9" | "a" | "b"), "{key}");
        }
        let key = Key::uuid(0x1234_5678_9abc_def0_1122_3344_5566_7788);
        assert_eq!(key.as_str(), "12345678-9abc-4ef0-9122-334455667788");
    }

    #[test]
    fn a_uuid_of_version_7_sorts_by_its_time() {
        // The example of RFC 9562, appendix A.6.
        let key = Key::uuid7(0x017f_22e2_79b0, 0x0cc3_18c4_dc0c_0c07_398f);
        assert_eq!(key.as_str(), "017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
        assert!(Key::uuid7(7, u128::MAX) < Key::uuid7(8, 0));
    }
}
