//! The methods of a device that the platform's push service calls.

use crate::base::Time;
use crate::contract::Event;
use crate::net::Direction;
use crate::world::device::node::Device;
use crate::world::server::push_service::Registered;

/// Bytes of a message on the link, including the platform's own envelope. Source: estimate.
const BYTES: u64 = 400;

impl Registered for Device {
    fn is_online_from(&self, now: Time) -> Time {
        self.link.borrow().conditions().seems_up_from(now)
    }
    fn is_suspended(&self) -> bool {
        self.suspension.is_on()
    }
    fn takes(&self, message: &[u8]) -> bool {
        let now = self.now();
        self.link.borrow_mut().note_transfer(now, Direction::Down, BYTES, (now, now));
        let bytes = BYTES;
        self.tell(Event::PacketsSent { up: false, packets: 1, retransmitted: 0, bytes, held: true });
        let engine = self.app.engine();
        engine.iter().for_each(|engine| engine.push_message(message));
        engine.is_some()
    }
}
