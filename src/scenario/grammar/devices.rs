//! Keys of devices: hardware, fleets, databases.

use super::super::form::{COUNT, Form, SPAN, key, map, optional, required, table};
use super::super::profiles;
use super::super::written::{MOVES, NAME, START_STATE};

pub(super) const CLASSES: Form = Form::Named { of: &CLASS, library: profiles::classes };

const CLASS: Form = table(&[
    required("row_write", SPAN, "CPU time to write a row."),
    required("row_read", SPAN, "CPU time to read a row."),
    required("parse_rate", Form::Size { min: 1, max: 1 << 40 }, "Bytes of JSON coded a second."),
    required("commit", SPAN, "Time to commit a transaction."),
    required("memory", Form::Size { min: 1 << 20, max: 1 << 40 }, "Memory that the app may use."),
]);

pub(super) const FLEET: Form = table(&[
    required("devices", Form::Int { min: 1, max: 1_000_000 }, "How many."),
    key("class", Form::Shares(&NAME), "\"mid\"", "Hardware classes with their shares."),
    key("link", Form::Shares(&NAME), "\"wifi-good\"", "Links with their shares."),
    optional(
        "moves",
        Form::Written(&MOVES),
        "How devices move between links; the shares in `link` are then shares of time.",
    ),
    key(
        "attributes",
        map(&Form::Values { max: 1_000_000 }),
        "{}",
        "What sets devices apart, such as clinic: how many values there are (`clinic = 3` makes clinic-1, clinic-2, clinic-3), or their names, as rows of one's own have them; the same in every fleet. Values are dealt to devices in blocks. One that only a scope names has a value for each eight devices.",
    ),
    key(
        "role",
        Form::Shares(&NAME),
        "\"user\"",
        "What people do, with shares among the devices that share all attributes.",
    ),
    key("start", Form::Shares(&START_STATE), "\"empty\"", "What devices have at the start, with shares."),
]);

pub(super) const STORE: Form = table(&[
    key("page_size", Form::Int { min: 512, max: 65_536 }, "4096", "Bytes a page, a power of two."),
    key(
        "journal",
        Form::Word { built: &["truncate", "persist", "wal"], later: &[] },
        "\"truncate\"",
        "How SQLite keeps its journal.",
    ),
    key(
        "synchronous",
        Form::Word { built: &["full", "normal"], later: &[] },
        "\"full\"",
        "How often SQLite waits for the disk.",
    ),
    key("cache_pages", COUNT, "64", "Pages of cache."),
]);
