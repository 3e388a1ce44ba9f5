//! Devices that must discard their copy before the server gives them any row.

use std::collections::BTreeMap;

use crate::base::DeviceId;
use crate::protocol::{Request, SyncRequest, Want};

/// A device's progress with the demanded reset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// The device has sent no request since the demand.
    Due,
    /// The device was refused once. The server takes its edits; a pull must begin without a cursor.
    Told,
}

/// The devices that must reset.
#[derive(Debug, Default)]
pub(super) struct Demands(BTreeMap<DeviceId, Stage>);

impl Demands {
    pub(super) fn add(&mut self, devices: &[DeviceId]) {
        self.0.extend(devices.iter().map(|device| (*device, Stage::Due)));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// True if the device has not discarded its copy yet.
    pub(super) fn has(&self, device: DeviceId) -> bool {
        self.0.contains_key(&device)
    }

    /// True if the request is refused because its device has not discarded its copy yet. A pull
    /// without any cursor shows that the copy is gone.
    pub(super) fn refuses(&mut self, device: DeviceId, request: &Request) -> bool {
        let Some(stage) = self.0.get_mut(&device) else { return false };
        if std::mem::replace(stage, Stage::Told) == Stage::Due {
            return true;
        }
        let wants: &[Want] = match request {
            Request::Pull(pull) | Request::Sync(SyncRequest { pull, .. }) => &pull.wants,
            Request::Push(_) | Request::Fetch(_) => return false,
        };
        let holds_rows = wants.iter().any(|want| want.cursor.is_some());
        if !holds_rows {
            self.0.remove(&device);
        }
        holds_rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{EntityId, Stamp, UnitId};
    use crate::protocol::{PullRequest, PushRequest};

    const PHONE: DeviceId = DeviceId(3);

    fn pull(cursor: Option<&str>) -> Request {
        let want = Want { entity: EntityId(0), cursor: cursor.map(str::to_owned), ids: 0 };
        Request::Pull(PullRequest::new(PHONE, vec![want]))
    }

    fn push() -> Request {
        let clock = Stamp(0);
        Request::Push(PushRequest { device: PHONE, unit: UnitId(0), mutations: Vec::new(), clock })
    }

    #[test]
    fn edits_pass_once_told_and_rows_after_a_pull_from_nothing() {
        let mut demands = Demands::default();
        demands.add(&[PHONE]);
        for (request, refused) in [
            (push(), true),
            (push(), false),
            (pull(Some("9")), true),
            (push(), false),
            (pull(None), false),
            (pull(Some("9")), false),
        ] {
            assert_eq!(demands.refuses(PHONE, &request), refused, "{request:?}");
        }
        assert!(demands.is_empty() && !demands.has(PHONE));
        assert!(!demands.refuses(DeviceId(4), &pull(Some("9"))));
    }

    #[test]
    fn a_device_that_starts_over_is_refused_once_all_the_same() {
        let mut demands = Demands::default();
        demands.add(&[PHONE]);
        assert!(demands.refuses(PHONE, &pull(None)));
        assert!(!demands.refuses(PHONE, &pull(None)));
    }
}
