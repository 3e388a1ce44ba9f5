//! syncdyno measures and tests offline-first sync engines in a simulation.
//!
//! The library is a test bench. The program `syncdyno` only calls [`cli::main`]. A Rust test uses
//! the library through [`Bench`]:
//!
//! ```
//! use syncdyno::Bench;
//!
//! let report = Bench::builtin()
//!     .scenario(
//!         r#"
//!         name = "notes"
//!         duration = "10m"
//!         entity.note = { rows = 50, schema = { id = "uuid key", text = "text 10..60" } }
//!         unit.All = { on = ["start", "every 1m"], pull = ["note"], push = ["note"] }
//!         fleet.phones = { devices = 2, link = "lte-poor" }
//!         action.write = { entity = "note", kind = "update", columns = ["text"], per_device = 3 }
//!         "#,
//!     )
//!     .seeds(1..=2)
//!     .chaos("kill_mtbf", "5m")
//!     .run();
//! report.assert_ok();
//! assert_eq!(report.figure("oracle.lost_edit.count").value(), 0);
//! ```
//!
//! To test your own sync stack, describe it as a [`contract::Stack`] for [`Bench::new`], or pass
//! [`Stacks`] that include it to [`cli::main`]. The guide is `docs/own-engine.md`.
//!
//! # Stability
//!
//! The public interface is [`Bench`] with the types that it returns, [`contract`], [`Stacks`] and
//! [`cli::main`]. Before 1.0 a minor version (0.3 after 0.2) may change it, and the changelog says
//! how. A patch version only adds to it. Build [`Capabilities`](contract::Capabilities) from
//! `NONE`. Then your stack does not promise a capability that a later version adds. The other
//! modules are hidden. They are public only for the program's own tests, and change without notice.

#[cfg(windows)]
compile_error!("syncdyno heeds the signals of Unix: on Windows build it under WSL");

#[doc(hidden)]
pub mod analysis;
mod bench;
#[doc(hidden)]
pub mod campaign;
pub mod cli;
#[doc(hidden)]
pub mod record;
#[doc(hidden)]
pub mod render;

#[doc(hidden)]
pub use syncdyno_contract::base;
#[doc(inline)]
pub use syncdyno_contract::contract;
#[doc(hidden)]
pub use syncdyno_history::history;
#[doc(hidden)]
pub use syncdyno_live::live;
#[doc(hidden)]
pub use syncdyno_oracle::{metrics, oracle, stats};
#[doc(hidden)]
pub use syncdyno_scenario::scenario;
#[doc(hidden)]
pub use syncdyno_world::{
    backend, bugs, disk, engine, gateway, integration, net, protocol, setup, sim, store, theory, workload,
    world,
};

/// The state of a small engine: one value that a simulated database stores as JSON.
pub use disk::Document;
/// Opens a simulated SQLite database, on a phone or on a server.
pub use disk::open as open_database;
/// The build of SQLite that works on simulated disks. Other builds do not.
pub use rusqlite;

pub use bench::{Across, Bench, BenchError, Report, Violation};
pub use world::Stacks;
