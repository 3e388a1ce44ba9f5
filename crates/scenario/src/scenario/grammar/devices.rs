//! Keys of devices: hardware, fleets, databases.

use super::super::profiles::{self, Library};
use super::super::written::{DRIFT, MOVES, START_STATE};
use crate::config::form::{
    COUNT, Form, Needs, SOME_SPAN, SPAN, Stated, WINDOW, key, map, optional, owned, required, table, word,
};
use crate::config::written::{NAME, OFFSET};
use crate::setup::AtEnd;
use crate::store::{ForeignKeys, FoundBy, IndexesMade, Journal, StoreOptions as Store, Synchronous};

pub(super) const CLASSES: Form = Form::Named { of: &CLASS, library: || Library::Classes.names() };

const PACE: Form = Form::Size { min: 1, max: 1 << 40 };

const CLASS: Form = table(&[
    required("cpu", Form::Decimal { max: 1_000.0 })
        .about("Time of the processor for a task, as a multiple of the reference core (a desktop)."),
    required("parse_rate", PACE).about("Bytes of JSON that native code encodes or decodes per second."),
    required("managed_rate", PACE).about("Bytes of JSON that a managed language encodes or decodes per second."),
    optional("cipher_rate", PACE)
        .about("Bytes of an encrypted database (`store.encrypted`) that the phone encrypts or decrypts per second. Without this key, 1715 MB divided by `cpu`."),
    required("read_latency", SPAN)
        .about("Latency of a read of a 4 kB page that is not in memory, without the transfer of its bytes."),
    required("read_rate", PACE).about("Bytes that the flash reads per second."),
    required("write_rate", PACE).about("Bytes that the flash writes per second."),
    required("sync", SPAN).about("Median time of an fsync; 1 % take 20 times as long."),
    required("memory", Form::Size { min: 1 << 16, max: 1 << 40 }).about(
        "Memory that the app may use; it dies if it needs more. Decoding takes 2.5 times the size of a response, or 6 times with `engine.decoder = \"managed\"`.",
    ),
    optional("row_limit", Form::Size { min: 1 << 10, max: 1 << 40 })
        .about("The largest row that an app can read from its database at once, such as 2 MiB on Android. The app dies when it reads a larger row, unless `engine.pull.on_big_row` prevents that. Without this key there is no limit."),
]);

pub(super) const FLEET: Form = table(&[
    required("devices", Form::Int { min: 1, max: 1_000_000 }).about("Number of devices."),
    owned("class", Form::Shares(&NAME), || profiles::CLASS.stated())
        .about("Hardware classes of the devices, from the library or from `class`, with their shares."),
    owned("link", Form::Shares(&NAME), || profiles::LINK.stated())
        .about("Links of the devices, from the library or from `link`, with their shares. `vpn-over-` before the name of a link means a tunnel over that link."),
    optional("moves", Form::Written(&MOVES))
        .about("How devices move between links: after this mean time to another link of `link`, whose shares are then shares of time; or as a field worker does, over wifi-good, lte-driving and lte-good. Without this key they stay."),
    key("attributes", map(&Form::Values { max: 1_000_000 }), "{}")
        .about("Attributes that distinguish devices: `clinic = 3` makes clinic-1 to clinic-3. Devices get the values in blocks. An attribute that is used and not written has one value per eight devices."),
    key("role", Form::Shares(&NAME), "\"user\"")
        .about("Roles of the people, with their shares among the devices with the same attributes. `workload.weights` says how much each role writes."),
    key("start", Form::Shares(&START_STATE), "\"empty\"")
        .about("State of the devices at the start, with shares: without data (\"empty\"), or synced this long ago."),
    key("clock", Form::Either { plain: &CLOCK_MODEL, table: &CLOCK }, "\"good\"")
        .about("Clocks of the devices: always right (\"good\"), off as measured on phones (\"phones\"), or off as written here."),
    optional("background", Form::Written(&NAME))
        .about("A name from `background`: how long the operating system lets apps run in the background. Without this key, always."),
]);

const CLOCK_MODEL: Form = Form::Word(&["good", "phones"]);

const CLOCK: Form = table(&[
    key("offset", Form::Written(&OFFSET), "\"0s\"").about("How far the clock is ahead at the start."),
    key("drift", Form::Written(&DRIFT), "\"0ppm\"").about("How much too fast the clock runs."),
    key("resync", SPAN, "\"1d\"")
        .about("Time between two corrections of the clock by the network, while the device is online; 0s means never."),
]);

pub(super) const BACKGROUNDS: Form =
    Form::Named { of: &BACKGROUND, library: || Library::Backgrounds.names() };

const BACKGROUND: Form = table(&[
    required("stays", SPAN)
        .about("How long an app keeps running after it leaves the foreground, or after an edit in it."),
    required("window", WINDOW)
        .about("Length of the first window: time in which the app may run in the background. It begins with the trigger \"background\"."),
    optional("longest", WINDOW)
        .about("Longest window: each window is `growth` times as long as the previous one, up to this. Without this key, all windows have the length of `window`."),
    required("every", WINDOW)
        .about("Time from the end of `stays` to the first window, and from the start of a window to the start of the next. It must be more than `window`."),
    key("growth", Form::Decimal { max: 100.0 }, "1")
        .about("Factor, at least 1: the time between windows grows by it with each window."),
    optional("cap", SOME_SPAN).about("Longest time between windows. Without this key there is no limit."),
    optional("sockets", SPAN)
        .about("How long the connections of a suspended app last. Without this key, for ever, as if the operating system transferred for the app."),
    word::<AtEnd>("at_end")
        .about("What the operating system does with the app at the end of a window."),
]);

pub(super) const STORE: Form = table(&[
    owned("page_size", Form::Int { min: 512, max: 65_536 }, || Store::default().page_size.stated())
    .about("Bytes per page, a power of two."),
    word::<Journal>("journal").about("How SQLite keeps its journal."),
    word::<Synchronous>("synchronous")
        .about("How often SQLite waits for the disk. With \"normal\", a loss of power may lose the last commits."),
    owned("cache_pages", COUNT, || Store::default().cache_pages.stated())
        .about("Size of SQLite's page cache, in pages."),
    word::<ForeignKeys>("foreign_keys")
        .about("What SQLite does with a row that refers to a missing row."),
    owned("watch_references", Form::Bool, || Store::default().watch_references.stated())
        .about("Whether rows that refer to a missing row are counted after each transaction (`device.dangling.row_ns`). This scan costs the device time."),
    key("keep_settled", SPAN, "\"0s\"")
        .about("How long an edit stays in the database after it was settled, as in a change log. The engine removes older ones when it settles further edits; 0s keeps none."),
    owned("extra_rows", Form::Int { min: 0, max: 16 }, || Store::default().extra_rows.stated())
        .about("How many extra rows with the same values the engine writes for each row that comes, in the same transaction, as for an operation log."),
    word::<FoundBy>("extra_found_by")
        .about("How the engine finds the extra row of an earlier version (`extra_rows`): by an index, or by a scan of all extra rows, which takes longer with each row on the phone.")
        .needs(&Needs {
            of: &[".extra_rows"],
            holds: |of| of[0].int() > 0,
            why: "the engine writes no extra rows, so it looks for none",
            help: "remove the key, or set extra_rows = 1: one extra row for each row that comes",
        }),
    word::<IndexesMade>("indexes_made")
        .about("When the indexes of `entity.NAME.indexes` are created: with the tables, so that each row of the first load is written into them, or at the end of that load.")
        .needs(&Needs {
            of: &["entity"],
            holds: |of| of[0].entries().any(|(_, entity)| entity.at("indexes").items().next().is_some()),
            why: "the app has no indexes of its own",
            help: "entity.NAME.indexes = [\"COLUMN\"] gives it one",
        }),
    owned("encrypted", Form::Bool, || Store::default().encrypted.stated())
        .about("Whether the database is encrypted. Each page that is read or written then costs processor time (`class.NAME.cipher_rate`). The key is available at once."),
    owned("watch_cursors", Form::Bool, || Store::default().watch_cursors.stated())
        .about("Whether the engine reports all cursors and dates of the last sync before and after each run. `oracle.stranger.cursors` then counts runs that moved the cursor of another unit."),
]);
