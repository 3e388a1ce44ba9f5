//! Examines a bundle (the app's code) before a run.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Mutex;

use serde::Deserialize;
use serde_json::{Value as Json, json};

use crate::contract::{Database, Seed};
use crate::host::{Disk, Host, MODULES, start};
use crate::runtime::{Fault, Interpreter, Program, entry};

#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct About {
    /// The names of the functions of its default export; `None` if there is no default export.
    pub(crate) adapter: Option<Vec<String>>,
    /// The names of its server's functions; `None` if it has no server.
    pub(crate) server: Option<Vec<String>>,
    pub(crate) capabilities: Json,
    pub(crate) exports: Vec<String>,
}

impl About {
    pub(crate) fn has(&self, function: &str) -> bool {
        self.adapter.as_ref().is_some_and(|names| names.iter().any(|name| name == function))
    }
    pub(crate) fn promises(&self, capability: &str) -> bool {
        self.capabilities[capability] == json!(true)
    }
    /// True if one of two conflicting versions loses and the bundle's server cannot tell this to
    /// the phone.
    pub(crate) fn converges_unsaid(&self) -> bool {
        self.capabilities["acknowledges"] == json!(false) && self.capabilities["merge"] == json!("converges")
    }
}

/// Known results. The key is the address of the program's bytecode, which never moves.
static EXAMINED: Mutex<BTreeMap<usize, Result<About, Fault>>> = Mutex::new(BTreeMap::new());

/// Examines a bundle. A bundle that this process has examined before is not run again.
pub(crate) fn about(program: Program) -> Result<About, Fault> {
    let known = EXAMINED.lock().expect("nobody panics in it").get(&program.place()).cloned();
    known.unwrap_or_else(|| {
        let about = examine(program);
        EXAMINED.lock().expect("nobody panics in it").insert(program.place(), about.clone());
        about
    })
}

/// Runs a bundle up to its exports, in a runtime without a simulated world.
fn examine(program: Program) -> Result<About, Fault> {
    let interpreter = Interpreter::bare(MODULES)?;
    let disk = Disk::open(Database::memory(), interpreter.spent());
    let disk = disk.map_err(|error| Fault::new(error.to_string()))?;
    let host = Host::new(None, disk, Seed(0), interpreter.spent());
    begin(&interpreter, &host, program)?;
    let text: String = interpreter.turn(|ctx| entry(ctx, "about")?.call(()))?;
    serde_json::from_str(&text).map_err(|error| Fault::new(error.to_string()))
}

pub(crate) fn begin(interpreter: &Interpreter, host: &Rc<Host>, program: Program) -> Result<(), Fault> {
    start(interpreter, host)?;
    interpreter.run(|ctx| program.declare(ctx))?;
    interpreter.turn(|ctx| {
        let exports: rquickjs::Object<'_> = ctx.globals().get("__exports")?;
        ctx.globals().remove("__exports")?;
        entry(ctx, "adopt")?.call::<_, ()>((exports,))
    })?;
    let threw = host.threw.take().map(|words| Fault::read(&words));
    threw.map_or(Ok(()), Err)
}
