//! The contents of a bundle, known before a run.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Mutex;

use serde::Deserialize;
use serde_json::{Value as Json, json};

use crate::contract::{Database, Seed};
use crate::host::{Disk, Host, MODULES, start};
use crate::runtime::{Fault, Interpreter, Program, entry};

/// The contents of a bundle.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct About {
    /// The functions of its default export; `None` if there is no default export.
    pub(crate) adapter: Option<Vec<String>>,
    /// The functions of its server; `None` if it has no server.
    pub(crate) server: Option<Vec<String>>,
    pub(crate) capabilities: Json,
    /// The names of all exports.
    pub(crate) exports: Vec<String>,
}

impl About {
    pub(crate) fn has(&self, function: &str) -> bool {
        self.adapter.as_ref().is_some_and(|names| names.iter().any(|name| name == function))
    }
    pub(crate) fn promises(&self, capability: &str) -> bool {
        self.capabilities[capability] == json!(true)
    }
    /// True if one of two versions gives way and the bundle's server has no way to tell the phone.
    pub(crate) fn converges_unsaid(&self) -> bool {
        self.capabilities["acknowledges"] == json!(false) && self.capabilities["merge"] == json!("converges")
    }
}

/// By the place of the program, which never moves. A bundle says the same each time it is run here.
static EXAMINED: Mutex<BTreeMap<usize, Result<About, Fault>>> = Mutex::new(BTreeMap::new());

/// The contents of a bundle, which is run unless this process has examined it before.
pub(crate) fn about(program: Program) -> Result<About, Fault> {
    let known = EXAMINED.lock().expect("nobody panics in it").get(&program.place()).cloned();
    known.unwrap_or_else(|| {
        let about = examine(program);
        EXAMINED.lock().expect("nobody panics in it").insert(program.place(), about.clone());
        about
    })
}

/// Runs a bundle up to its exports, in a runtime without a world.
fn examine(program: Program) -> Result<About, Fault> {
    let interpreter = Interpreter::bare(MODULES)?;
    let disk = Disk::open(Database::memory(), interpreter.spent());
    let disk = disk.map_err(|error| Fault::new(error.to_string()))?;
    let host = Host::new(None, disk, Seed(0), interpreter.spent());
    begin(&interpreter, &host, program)?;
    let text: String = interpreter.turn(|ctx| entry(ctx, "about")?.call(()))?;
    serde_json::from_str(&text).map_err(|error| Fault::new(error.to_string()))
}

/// Starts a runtime and loads a bundle into it.
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
