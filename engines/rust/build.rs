//! Builds SQLite with its session extension.
//!
//! The crate that contains SQLite has the extension only if libclang generates its bindings. So
//! this script compiles the crate's SQLite source again, with the same settings and two more. Both
//! archives define the same names. The linker sees this archive first, and takes nothing from the
//! other.

use std::env;
use std::path::Path;

/// The settings of libsqlite3-sys. The last two are new.
const DEFINED: [&str; 20] = [
    "SQLITE_CORE",
    "SQLITE_DEFAULT_FOREIGN_KEYS=1",
    "SQLITE_ENABLE_API_ARMOR",
    "SQLITE_ENABLE_COLUMN_METADATA",
    "SQLITE_ENABLE_DBSTAT_VTAB",
    "SQLITE_ENABLE_FTS3",
    "SQLITE_ENABLE_FTS3_PARENTHESIS",
    "SQLITE_ENABLE_FTS5",
    "SQLITE_ENABLE_JSON1",
    "SQLITE_ENABLE_LOAD_EXTENSION=1",
    "SQLITE_ENABLE_RTREE",
    "SQLITE_ENABLE_STAT4",
    "SQLITE_SOUNDEX",
    "SQLITE_THREADSAFE=1",
    "SQLITE_USE_URI",
    "HAVE_USLEEP=1",
    "HAVE_ISNAN",
    "HAVE_LOCALTIME_R",
    "SQLITE_ENABLE_SESSION",
    "SQLITE_ENABLE_PREUPDATE_HOOK",
];

#[expect(clippy::disallowed_methods, reason = "a build script hears from its environment alone")]
fn main() {
    println!("cargo:rerun-if-changed=rust/build.rs");
    let at = env::var("DEP_SQLITE3_INCLUDE").expect("libsqlite3-sys says where its source is");
    let mut build = cc::Build::new();
    for define in DEFINED {
        let (name, value) = define.split_once('=').unwrap_or((define, ""));
        build.define(name, Some(value).filter(|value| !value.is_empty()));
    }
    build.file(Path::new(&at).join("sqlite3.c")).warnings(false).compile("sqlite3_with_sessions");
}
