//! People who want to edit: at once, or when the screen is free.
//!
//! Who has begun to wait for the screen does so over a restart of the app; who finds an app that
//! does not run makes no edit. Edits are made in the order in which they were wanted.

use std::cell::RefCell;
use std::rc::Rc;

use super::aims::Aims;
use super::device::Device;
use super::screen::{Turn, Wish};
use crate::base::Span;
use crate::sim::{Handle, NodeId};

/// Polls that a step of the script is good for: its own, and those of the app that it is told to. A
/// million edits may be asked for at one instant, and are no loop.
pub(super) const POLLS_A_STEP: u64 = 8;
/// Who waits for the screen looks this often whether it is free.
const LOOKED_AT_EVERY: Span = Span::secs(1);

pub(super) struct People {
    handle: Handle,
    node: NodeId,
    /// What they go by as they choose a row.
    pub(super) aims: RefCell<Aims>,
}

impl People {
    /// Whose waits are tasks of `node`.
    pub(super) fn new(handle: &Handle, node: NodeId, aims: Aims) -> Rc<People> {
        Rc::new(People { handle: handle.clone(), node, aims: RefCell::new(aims) })
    }

    /// The person with `device` wants to make an edit.
    pub(super) fn want(self: &Rc<Self>, device: &Rc<Device>, wish: Wish) {
        if device.screen.is_free() {
            return self.make(device, wish);
        }
        let looks_already = device.screen.has_waiting();
        device.screen.wait(self.handle.now(), wish);
        if !looks_already {
            self.handle.spawn(self.node, "screen", self.clone().wait_for_screen(device.clone()));
        }
    }

    async fn wait_for_screen(self: Rc<Self>, device: Rc<Device>) {
        while device.screen.has_waiting() {
            self.handle.sleep(LOOKED_AT_EVERY).await;
            // A fleet that began to wait at one instant looks at one instant.
            self.handle.excuse(POLLS_A_STEP);
            while let Some(turn) = device.screen.next(self.handle.now(), device.is_running()) {
                match turn {
                    Turn::Make(wish) => self.make(&device, wish),
                    Turn::GiveUp(wish, waited) => device.prevented(&wish, waited),
                }
            }
        }
    }

    fn make(&self, device: &Rc<Device>, wish: Wish) {
        self.handle.excuse(POLLS_A_STEP);
        self.aims.borrow_mut().on_device(device, wish);
    }
}
