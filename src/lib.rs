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
//! [`Bench::new`] with it, or [`cli::main`] with [`world::Stacks`] that know it.

pub mod analysis;
pub mod backend;
mod bench;
pub mod bugs;
pub mod campaign;
pub mod cli;
pub mod disk;
pub mod engine;
pub mod gateway;
pub mod integration;
pub mod metrics;
pub mod net;
pub mod oracle;
pub mod protocol;
pub mod record;
pub mod render;
pub mod scenario;
pub mod sim;
pub mod stats;
pub mod store;
pub mod theory;
pub mod workload;
pub mod world;

pub use syncdyno_contract::{base, contract};

pub use bench::{Across, Bench, BenchError, Report, Violation};
