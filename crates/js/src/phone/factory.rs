//! Opens a phone in a new process, and prepares its database.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;

use serde_json::{Map, Value as Json, json};
use syncdyno_servers::servers::to_json;

use super::about::{About, begin};
use super::engine::attend;
use super::journal;
use super::state::{Gate, Phone, unit_to_js};
use super::thread::Thread;
use crate::contract::{
    ColumnKind, Database, DeviceSetup, EngineError, EngineFactory, Incarnation, Opened, Ports, Provision,
    Queue, Seed, Span,
};
use crate::host::{Disk, Effect, Host, MODULES, World, row_to_js};
use crate::runtime::{Interpreter, Program};

pub(crate) struct Factory {
    pub(crate) program: Program,
    pub(crate) about: About,
    pub(crate) timeout: Span,
    pub(crate) is_answered_by_functions: bool,
    /// The maximum number of requests per sync.
    pub(crate) most_requests: i64,
}

/// Describes the phone's setup as JSON. The adapter (the app's sync code) gets it when it opens.
fn described(setup: &DeviceSetup) -> Json {
    let schema = &setup.schema;
    let table = |entity: &crate::contract::Entity| {
        let column = |column: &crate::contract::Column| {
            let kind = match &column.kind {
                ColumnKind::Text => json!("text"),
                ColumnKind::Int => json!("int"),
                ColumnKind::Real => json!("real"),
                ColumnKind::Bool => json!("bool"),
                ColumnKind::Timestamp => json!("timestamp"),
                ColumnKind::Date => json!("date"),
                ColumnKind::Decimal { .. } => json!("decimal"),
                ColumnKind::Blob => json!("blob"),
                ColumnKind::Ref(of) => {
                    return json!({ "name": column.name, "kind": "ref", "of": schema.entity(*of).name });
                }
            };
            json!({ "name": column.name, "kind": kind })
        };
        json!({ "name": entity.name, "columns": entity.projected().map(column).collect::<Vec<_>>() })
    };
    let tables: Vec<Json> =
        schema.entities.iter().filter(|entity| entity.delivery.is_on_devices()).map(table).collect();
    let units: Vec<Json> = setup.units.iter().map(|unit| unit_to_js(schema, unit)).collect();
    let attributes: Vec<Json> =
        setup.attributes.iter().map(|value| to_json(&ColumnKind::Text, value)).collect();
    json!({ "device": setup.device.to_string(), "person": setup.person, "tables": tables, "units": units,
        "attributes": attributes, "url": "https://app.example" })
}

impl Factory {
    /// The setup as JSON, with the request limit.
    fn given(&self, setup: &DeviceSetup) -> String {
        let mut given = described(setup);
        given["mostRequests"] = json!(self.most_requests);
        given.to_string()
    }
    fn start(
        &self,
        at: Database,
        world: Option<World>,
        seed: Seed,
    ) -> Result<(Rc<Host>, Interpreter), EngineError> {
        let interpreter = Interpreter::bare(MODULES).map_err(EngineError::of)?;
        let disk = Disk::open(at, interpreter.spent()).map_err(EngineError::of)?;
        disk.main.execute_batch(journal::LAYOUT).map_err(EngineError::of)?;
        let host = Host::new(world, disk, seed, interpreter.spent());
        begin(&interpreter, &host, self.program).map_err(EngineError::of)?;
        Ok((host, interpreter))
    }
}

impl EngineFactory for Factory {
    fn open(&self, setup: Rc<DeviceSetup>, life: Incarnation, at: Database, ports: Ports) -> Opened {
        let world = World {
            clock: ports.clock.clone(),
            crash: ports.crash.clone(),
            machine: Some(ports.machine.clone()),
            transport: Some(ports.transport.clone()),
        };
        // The process number is in the seed: edits are identified by random names, so names must
        // not repeat.
        let process = u64::from(setup.device.0) << 32 | u64::from(life.0);
        let (host, interpreter) = self.start(at, Some(world), ports.seed.derive("js", process))?;
        let thread = Rc::new(Thread::new(host, interpreter));
        // An exception here is a mistake in the code. A restart would not help, so the cell ends.
        let opening = thread.open(&self.given(&setup)).unwrap_or_else(|fault| thread.end_cell(&fault));
        let phone = Rc::new_cyclic(|me| Phone {
            me: me.clone(),
            setup,
            ports,
            thread: thread.clone(),
            about: self.about.clone(),
            keeps_stamps: self.about.promises("stamps"),
            timeout: self.timeout,
            is_answered_by_functions: self.is_answered_by_functions,
            queue: Queue::default(),
            opening: Cell::new(Some(opening)),
            opened: OnceCell::new(),
            requests: Cell::default(),
            holds: RefCell::default(),
            lines: RefCell::default(),
            is_looked_at: Cell::default(),
            unit: Cell::default(),
            again: RefCell::default(),
            sent: RefCell::new(BTreeSet::new()),
            logged: RefCell::default(),
            brought: RefCell::default(),
            late: RefCell::default(),
            held: Cell::default(),
            says_applied: Cell::default(),
            saving: Gate::default(),
            last_error: RefCell::default(),
        });
        attend(&phone);
        Ok(phone)
    }

    fn provision(
        &self,
        setup: &DeviceSetup,
        at: Database,
        state: Option<&dyn Provision>,
    ) -> Result<(), EngineError> {
        // The adapter creates its tables when it is opened.
        let Some(state) = state else { return Ok(()) };
        let (host, interpreter) = self.start(at, None, Seed(0))?;
        let thread = Thread::new(host, interpreter);
        thread.open(&self.given(setup)).map_err(EngineError::of)?;
        let (mut tables, mut cursors) = (Map::new(), Map::new());
        for (id, entity) in setup.schema.ids().zip(&setup.schema.entities) {
            tables.insert(entity.name.clone(), json!([]));
            cursors.insert(entity.name.clone(), json!(state.cursor(id)));
        }
        let (database, mut kept) = (&thread.host.disk.main, Ok(()));
        let keeps = self.about.promises("stamps");
        state.rows(&mut |row| {
            let entity = setup.schema.entity(row.entity);
            if keeps && kept.is_ok() {
                kept = journal::keep_stamp(database, row.entity, row.key, row.stamp);
            }
            let row = Json::Object(row_to_js(entity, row.key, row.values));
            tables[&entity.name].as_array_mut().expect("it is one").push(row);
        });
        kept.map_err(EngineError::of)?;
        let given = json!([{ "tables": tables, "cursors": cursors, "syncedAt": state.synced_at().0 }]);
        thread.look("provision", &given).map_err(EngineError)?;
        thread.host.disk.end_turn().map_err(EngineError::of)?;
        let left = thread.host.take_effects_if(|effect: &Effect| matches!(effect, Effect::Fetch { .. }));
        let wrong = || EngineError("`provision` may not use the network".to_owned());
        if left.is_empty() { Ok(()) } else { Err(wrong()) }
    }
}
