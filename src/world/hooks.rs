//! The app's own code on a device, as the plan says it: what the engine calls.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use crate::base::{Seed, Span, Time, UnitId};
use crate::contract::{Hook, Hooks, LocalBoxFuture, Occasion, Threw};
use crate::net::{Server, Way};
use crate::scenario::{self, AppCall, Fate, HookPlan};
use crate::sim::Handle;

/// An app's hooks trigger no more than one sync in this time. Without a network a run fails at
/// once, and one that its own error triggers would begin for ever at one instant.
const BETWEEN_TRIGGERS: Span = Span::millis(100);

/// Asks the engine for a sync of a unit, for a hook that was called for this unit and run, if for
/// any.
pub(super) type Trigger = dyn Fn(Hook, Option<(UnitId, u64)>, UnitId);

pub(super) struct AppHooks {
    pub(super) plan: Arc<scenario::Hooks>,
    pub(super) handle: Handle,
    pub(super) way: Rc<Way>,
    pub(super) seed: Seed,
    pub(super) trigger: Rc<Trigger>,
    /// How often each was called.
    pub(super) called: RefCell<BTreeMap<Hook, u64>>,
    /// From when on the next may trigger a sync.
    pub(super) may_trigger: Rc<Cell<Time>>,
}

impl Hooks for AppHooks {
    fn call(&self, occasion: Occasion<'_>) -> Option<LocalBoxFuture<'static, Result<(), Threw>>> {
        let hook = occasion.hook();
        let plan = self.plan.get(&hook).filter(|plan| plan.is_for(&occasion))?;
        let nth = {
            let mut called = self.called.borrow_mut();
            let called = called.entry(hook).or_default();
            *called += 1;
            *called
        };
        Some(Box::pin(run(Call {
            plan: plan.clone(),
            fate: plan.fate(self.seed, hook, nth),
            hook,
            run: occasion.run(),
            handle: self.handle.clone(),
            way: self.way.clone(),
            trigger: self.trigger.clone(),
            may_trigger: self.may_trigger.clone(),
        })))
    }
}

struct Call {
    plan: HookPlan,
    fate: Fate,
    hook: Hook,
    run: Option<(UnitId, u64)>,
    handle: Handle,
    way: Rc<Way>,
    trigger: Rc<Trigger>,
    may_trigger: Rc<Cell<Time>>,
}

/// What a hook does, from its call to its end.
async fn run(call: Call) -> Result<(), Threw> {
    let Call { plan, fate, hook, run, handle, way, trigger, may_trigger } = call;
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
        trigger(hook, run, unit);
    }
    Ok(())
}

/// The app asks a service of its own, which is up at all times.
async fn call_out(out: AppCall, handle: &Handle, way: &Rc<Way>) -> Result<(), Threw> {
    let service = Rc::new(Service { handle: handle.clone(), out });
    let body = vec![0; out.request.0 as usize];
    match way.request_of(service, body, handle.now() + out.timeout).await {
        Ok(response) if is_of_service(&response, out) => Ok(()),
        Ok(_) => Err(Threw("the response is not the service's".to_owned())),
        Err(error) => Err(Threw(format!("no response of the service: {error}"))),
    }
}

/// A captive portal answers in its place.
fn is_of_service(response: &[u8], out: AppCall) -> bool {
    response.len() as u64 == out.response.0 && response.iter().all(|byte| *byte == 0)
}

/// What answers the app's calls.
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
