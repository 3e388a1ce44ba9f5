//! syncdyno: a dynamometer for offline-first sync engines.
//!
//! The library is the bench; the binary is [`cli::main`] and nothing else. A test calls it as
//! [`Bench`]:
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
//! Who brings a sync stack of their own describes it as a [`contract::Stack`] and calls
//! [`Bench::new`] with it, or [`cli::main`] with [`Stacks`] that know it; the guide is
//! `docs/own-engine.md`.
//!
//! # What is promised
//!
//! [`Bench`] and what it returns, [`contract`], [`Stacks`] and [`cli::main`] are for others to
//! call. Before 1.0 a minor version (0.3 after 0.2) may change them, and the changelog says how; a
//! patch only adds. Build [`Capabilities`](contract::Capabilities) from `NONE`, so that what is
//! added later is not promised. The other modules are hidden: they are public for the program's own
//! tests and change without a word.

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

/// One value in such a database, for engines that are small.
pub use disk::Document;
/// Opens a simulated database with SQLite, for a stack's halves.
pub use disk::open as open_database;
/// The SQLite of simulated disks; another build of it does not know them.
pub use rusqlite;

pub use bench::{Across, Bench, BenchError, Report, Violation};
pub use world::Stacks;
