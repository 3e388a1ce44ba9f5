//! Lists on the app's screens while a person looks at the app. They are real queries on the
//! database, so they use processor and flash, and compete with other work.

use std::rc::Rc;

use crate::base::Time;
use crate::contract::{Event, Listed, LocalQuery, Node, Work};
use crate::setup::AppQuery;
use crate::sim::{Handle, NodeId};
use crate::world::device::node::Device;

/// Shows a list repeatedly up to `until`. The task belongs to a node that outlives the app.
pub(crate) fn show(handle: &Handle, node: NodeId, device: Rc<Device>, list: &AppQuery, until: Time) {
    let (every, query, handle) = (list.every, list.query.clone(), handle.clone());
    let own = handle.clone();
    handle.spawn(node, "list", async move {
        let mut nth = 0;
        while own.now() + every <= until {
            own.sleep(every).await;
            if device.attention.looks.get() {
                ask(&device, &query, nth);
                nth += 1;
            }
        }
    });
}

fn ask(device: &Rc<Device>, query: &LocalQuery, nth: u64) {
    device.before_poll();
    let disk = &device.storage.disk;
    let before = disk.counters().pages_fetched;
    let Some(Listed { rows, steps }) = device.app.engine().and_then(|engine| engine.view()?.list(query, nth))
    else {
        return device.notice_power();
    };
    let pages = disk.counters().pages_fetched - before;
    let now = device.now();
    let waited = device.hardware.free_at().max(now) - now;
    let until = device.take_on(Work { steps, ..Work::default() });
    let told = device.clone();
    device.handle.spawn(device.app.node, "list", async move {
        told.handle.sleep_until(until).await;
        let listed = Event::Listed { rows, steps, pages, took: until - now, waited };
        told.hub.emit(Node::Device(told.id), listed);
    });
    device.notice_power();
}
