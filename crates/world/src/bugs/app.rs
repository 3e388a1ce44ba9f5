//! Planted bugs in the app's own code, which the engine calls.

use std::cell::OnceCell;
use std::rc::{Rc, Weak};

use super::bug::bugs;
use crate::base::Incarnation;
use crate::contract::{
    Database, DeviceSetup, EngineError, EngineEvent, EngineFactory, EventSink, Hooks, LocalBoxFuture,
    Occasion, Opened, Ports, Provision, SyncEngine, Threw,
};

bugs! {
    "sync-starts-sync" caught by "sync-loop", seen in "the seed products' own warning":
        "the completion hook triggers the same unit again"
        { app |engine| Rc::new(InRestlessApp(engine)) }
}

struct InRestlessApp(Rc<dyn EngineFactory>);

impl EngineFactory for InRestlessApp {
    fn open(
        &self,
        setup: Rc<DeviceSetup>,
        incarnation: Incarnation,
        database: Database,
        ports: Ports,
    ) -> Opened {
        let hooks = Rc::new(Restless {
            others: ports.hooks.clone(),
            events: ports.events.clone(),
            engine: Rc::new(OnceCell::new()),
        });
        let opened = self.0.open(setup, incarnation, database, Ports { hooks: hooks.clone(), ..ports })?;
        hooks.engine.get_or_init(|| Rc::downgrade(&opened));
        Ok(opened)
    }

    fn provision(
        &self,
        setup: &DeviceSetup,
        database: Database,
        state: Option<&dyn Provision>,
    ) -> Result<(), EngineError> {
        self.0.provision(setup, database, state)
    }
    fn keeps_persons_apart(&self) -> bool {
        self.0.keeps_persons_apart()
    }
}

struct Restless {
    others: Rc<dyn Hooks>,
    events: Rc<dyn EventSink>,
    engine: Rc<OnceCell<Weak<dyn SyncEngine>>>,
}

impl Hooks for Restless {
    fn call(&self, occasion: Occasion<'_>) -> Option<LocalBoxFuture<'static, Result<(), Threw>>> {
        let (hook, others) = (occasion.hook(), self.others.call(occasion));
        let Occasion::SyncComplete(unit, run) = occasion else { return others };
        let (events, engine) = (self.events.clone(), self.engine.clone());
        Some(Box::pin(async move {
            if let Some(others) = others {
                others.await?;
            }
            if let Some(engine) = engine.get().and_then(Weak::upgrade) {
                events.emit(EngineEvent::HookTriggered { hook, run: Some((unit, run)), unit });
                engine.trigger(unit, false);
            }
            Ok(())
        }))
    }
}
