//! Where something happens.

use crate::base::DeviceId;

/// Where something happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Node {
    /// On a device.
    Device(DeviceId),
    /// On the gateway.
    Gateway,
    /// On the backend.
    Backend,
    /// In the bench itself.
    World,
}
