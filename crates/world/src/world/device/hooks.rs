//! The hooks that the engine calls: the plan's model of the app's own code on a device.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::{Rc, Weak};
use std::sync::Arc;

use crate::base::{Seed, Time};
use crate::contract::{Hook, Hooks, LocalBoxFuture, Occasion, Threw};
use crate::net::{Server, Way};
use crate::setup;
use crate::setup::{AppCall, BETWEEN_TRIGGERS};
use crate::sim::Handle;
use crate::world::device::node::Device;

pub(crate) struct AppHooks {
    plan: Arc<setup::Hooks>,
    seed: Seed,
    device: Weak<Device>,
    called: RefCell<BTreeMap<Hook, u64>>,
    may_trigger: Rc<Cell<Time>>,
}

impl AppHooks {
    pub(crate) fn new(plan: Arc<setup::Hooks>, seed: Seed, device: Weak<Device>) -> AppHooks {
        let (called, may_trigger) = Default::default();
        AppHooks { plan, seed: seed.derive("hooks", 0), device, called, may_trigger }
    }
}

impl Hooks for AppHooks {
    fn call(&self, occasion: Occasion<'_>) -> Option<LocalBoxFuture<'static, Result<(), Threw>>> {
        let (hook, run) = (occasion.hook(), occasion.run());
        let plan = self.plan.get(&hook).filter(|plan| plan.is_for(&occasion))?.clone();
        let mut called = self.called.borrow_mut();
        let nth = called.entry(hook).or_default();
        *nth += 1;
        let fate = plan.fate(self.seed, hook, *nth);
        let (weak, may_trigger, device) =
            (self.device.clone(), self.may_trigger.clone(), self.device.upgrade()?);
        let (handle, way) = (device.handle.clone(), device.way.clone());
        Some(Box::pin(async move {
            handle.sleep(plan.takes).await;
            if fate.hangs {
                std::future::pending::<()>().await;
            }
            if let Some(out) = plan.calls {
                call_out(out, &handle, &way).await?;
            }
            if fate.throws {
                return Err(Threw("an exception of the app".to_owned()));
            }
            if let Some(unit) = plan.triggers {
                handle.sleep_until(may_trigger.get()).await;
                may_trigger.set(handle.now() + BETWEEN_TRIGGERS);
                weak.upgrade().iter().for_each(|device| device.trigger_by_hook(hook, run, unit));
            }
            Ok(())
        }))
    }
}

/// The app calls a service of its own. The service is always up.
async fn call_out(out: AppCall, handle: &Handle, way: &Rc<Way>) -> Result<(), Threw> {
    let service = Rc::new(Service { handle: handle.clone(), out });
    let body = vec![0; out.request.0 as usize];
    match way.request_of(service, body, handle.now() + out.timeout).await {
        Ok(response) if response == vec![0; out.response.0 as usize] => Ok(()),
        // A captive portal responded instead of the service.
        Ok(_) => Err(Threw("the response is not the service's".to_owned())),
        Err(error) => Err(Threw(format!("no response of the service: {error}"))),
    }
}

struct Service {
    handle: Handle,
    out: AppCall,
}

impl Server for Service {
    fn serve(&self, _: Vec<u8>) -> LocalBoxFuture<'static, Option<Vec<u8>>> {
        let (handle, out) = (self.handle.clone(), self.out);
        Box::pin(async move {
            handle.sleep(out.takes).await;
            Some(vec![0; out.response.0 as usize])
        })
    }
}
