//! Starts and ends the server's process, for all stacks.

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use crate::base::{Span, Time};
use crate::contract::{Event, KillReason, Node};
use crate::gateway::{self, Gateway};
use crate::world::server::half::Servers;
use crate::world::server::sent_rows::ServedRows;
use crate::world::server::upkeep;

impl Servers {
    pub(crate) fn start_gateway(self: &Rc<Self>) {
        let process = &self.process;
        if process.is_up.replace(true) {
            return;
        }
        process.turns.upload_waits.set(false);
        if !self.handle.is_up(process.node) {
            let incarnation = self.handle.restart(process.node).0;
            self.server.borrow_mut().restarted();
            self.hub.emit(Node::Gateway, Event::ProcessStarted { incarnation });
        }
        if let Some(gateway) = &self.gateway {
            upkeep::start(self, gateway);
        }
        if let Some(live) = &self.live {
            live.reads_from(ServedRows::of(self));
            self.handle.spawn(process.node, "announcements", live.clone().announce());
        }
    }

    /// Kills the process and schedules its restart. Returns false if no process ran.
    pub(crate) fn kill_gateway(self: &Rc<Self>, restart_after: Span) -> bool {
        let was_up = self.end_gateway();
        if was_up {
            self.start_gateway_after(restart_after);
        }
        was_up
    }
    pub(crate) fn restore_gateway(
        self: &Rc<Self>,
        gateway: &RefCell<Gateway>,
        backup: gateway::Backup,
        to: Time,
        restart_after: Span,
    ) {
        let was_up = self.end_gateway();
        gateway.borrow_mut().restore(self.handle.now(), backup);
        self.hub.emit(Node::Gateway, Event::Restored { to, life: 0 });
        if was_up {
            self.start_gateway_after(restart_after);
        }
    }

    /// Ends the process. Returns true if one ran.
    fn end_gateway(&self) -> bool {
        let process = &self.process;
        let was_up = process.is_up.replace(false);
        if was_up {
            self.handle.kill(process.node);
            self.server.borrow_mut().died();
            self.phones.clear();
            self.live.iter().for_each(|live| live.died());
            process.died.notify_all();
            process.ways.borrow().iter().filter_map(Weak::upgrade).for_each(|way| way.reset_all());
            self.hub.emit(Node::Gateway, Event::ProcessKilled { reason: KillReason::Killed });
        }
        was_up
    }
    fn start_gateway_after(self: &Rc<Self>, wait: Span) {
        let servers = self.clone();
        self.handle.spawn(self.process.world, "restart", async move {
            servers.handle.sleep(wait).await;
            servers.start_gateway();
        });
    }
    /// Passes a crash point of the server's process. A kill at this point ends the process.
    pub(crate) async fn crash_point(self: &Rc<Self>, point: &'static str) {
        if let Some(wait) = self.process.crash.pass(point, self.handle.now()) {
            self.kill_gateway(wait);
            std::future::pending::<()>().await;
        }
    }
}
