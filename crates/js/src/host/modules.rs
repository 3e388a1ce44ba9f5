//! The texts of the preludes, and of the modules that a bundle may import.

use crate::runtime::Modules;

/// The parts of the prelude (the bench's own JavaScript), joined into one text. It runs before any
/// bundle.
pub(super) const PRELUDE: &str = concat!(
    include_str!("base.js"),
    include_str!("events.js"),
    include_str!("clock.js"),
    include_str!("timers.js"),
    include_str!("crypto.js"),
    include_str!("console.js"),
    include_str!("text.js"),
    include_str!("url.js"),
    include_str!("fetch.js"),
    include_str!("sockets.js"),
    include_str!("storage.js"),
    include_str!("entry.js"),
);

/// True if the name belongs to the bench (the simulator) and not to a file of an app.
pub(crate) fn is_ours(name: &str) -> bool {
    name == BENCH || name == "bench-server" || name.starts_with("bench:")
}

/// The modules: the name of each, all names by which a bundle can import it, and its text.
const ALL: &[(&str, &[&str], &str)] = &[
    ("bench:sqlite", &["bench:sqlite", "better-sqlite3"], include_str!("sqlite.js")),
    ("bench:expo-sqlite", &["expo-sqlite"], include_str!("expo.js")),
    (
        "bench:sqlite-plugins",
        &[
            "@op-engineering/op-sqlite",
            "react-native-quick-sqlite",
            "react-native-sqlite-storage",
            "@capacitor-community/sqlite",
        ],
        include_str!("plugins.js"),
    ),
    (
        "bench:indexeddb",
        &["bench:indexeddb", "fake-indexeddb", "fake-indexeddb/auto"],
        include_str!("indexeddb.js"),
    ),
    ("bench:kv", &["bench:kv", "@react-native-async-storage/async-storage"], include_str!("kv.js")),
    ("bench:files", &["bench:files"], include_str!("files.js")),
];

/// The name of the prelude. Only the bench's own modules can import it, because it exports the
/// host's functions.
pub(super) const BENCH: &str = "bench";

pub(crate) const MODULES: Modules = Modules(|base, name| {
    if name == BENCH {
        return (base == BENCH || is_ours(base)).then_some((BENCH, PRELUDE));
    }
    let (known, _, text) = ALL.iter().find(|(known, names, _)| *known == name || names.contains(&name))?;
    Some((known, text))
});
