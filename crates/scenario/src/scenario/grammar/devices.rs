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
        .about("How many times as long the processor takes as the reference core, that of a desktop."),
    required("parse_rate", PACE).about("Bytes of JSON that native code encodes or decodes per second."),
    required("managed_rate", PACE).about("Bytes of JSON that a managed language encodes or decodes per second."),
    optional("cipher_rate", PACE)
        .about("Bytes of an encrypted database that are encrypted or decrypted per second (`store.encrypted`). Without it, 1715 MB divided by `cpu`."),
    required("read_latency", SPAN)
        .about("Latency of reading a 4 kB page that is not in memory, without the transfer of its bytes."),
    required("read_rate", PACE).about("Bytes that the flash reads per second."),
    required("write_rate", PACE).about("Bytes that the flash writes per second."),
    required("sync", SPAN).about("Median time of an fsync; 1 % take 20 times as long."),
    required("memory", Form::Size { min: 1 << 16, max: 1 << 40 }).about(
        "Memory that the app may use. Decoding a response takes 2.5 times its size; with a managed decoder, six times.",
    ),
    optional("row_limit", Form::Size { min: 1 << 10, max: 1 << 40 })
        .about("The largest row that an app can read from its database at once, such as 2 MiB on Android. It dies when it reads a larger one, unless `engine.pull.on_big_row` prevents that."),
]);

pub(super) const FLEET: Form = table(&[
    required("devices", Form::Int { min: 1, max: 1_000_000 }).about("How many."),
    owned("class", Form::Shares(&NAME), || profiles::CLASS.stated())
        .about("Hardware classes, of the library or of `class`, with their shares."),
    owned("link", Form::Shares(&NAME), || profiles::LINK.stated())
        .about("Links, of the library or of `link`, with their shares; `vpn-over-` before the name of any link is a tunnel over that link."),
    optional("moves", Form::Written(&MOVES))
        .about("How devices move between links: after about this time to another of `link`, whose shares are then shares of time; or as a field worker does, over wifi-good, lte-driving and lte-good."),
    key("attributes", map(&Form::Values { max: 1_000_000 }), "{}")
        .about("Attributes that distinguish devices: `clinic = 3` makes clinic-1 to clinic-3. Values are dealt in blocks; without a number there is one value per eight devices."),
    key("role", Form::Shares(&NAME), "\"user\"")
        .about("What people do, with shares among the devices that share all attributes."),
    key("start", Form::Shares(&START_STATE), "\"empty\"")
        .about("What devices have at the start, with shares."),
    key("clock", Form::Either { plain: &CLOCK_MODEL, table: &CLOCK }, "\"good\"")
        .about("Their clocks: always right, off as measured on phones, or off as given here."),
    optional("background", Form::Written(&NAME))
        .about("What the operating system allows their apps in the background, from `background`; everything if it is missing."),
]);

const CLOCK_MODEL: Form = Form::Word(&["good", "phones"]);

const CLOCK: Form = table(&[
    key("offset", Form::Written(&OFFSET), "\"0s\"").about("How far the clock is ahead."),
    key("drift", Form::Written(&DRIFT), "\"0ppm\"").about("How much faster the clock runs."),
    key("resync", SPAN, "\"1d\"")
        .about("How often the network corrects drift and steps while the device is online; never if 0s."),
]);

pub(super) const BACKGROUNDS: Form =
    Form::Named { of: &BACKGROUND, library: || Library::Backgrounds.names() };

const BACKGROUND: Form = table(&[
    required("stays", SPAN)
        .about("How long an app keeps running after it is put away, or after an edit in it."),
    required("window", WINDOW)
        .about("Length of a window in which the app may run; it begins with the trigger \"background\"."),
    optional("longest", WINDOW)
        .about("Windows grow with the times between them, up to this; without it they keep their length."),
    required("every", WINDOW)
        .about("Time between two windows, and from the end of `stays` to the first; more than `window`."),
    key("growth", Form::Decimal { max: 100.0 }, "1")
        .about("Each time between windows is this many times as long as the one before; at least 1."),
    optional("cap", SOME_SPAN).about("Longest time between windows."),
    optional("sockets", SPAN)
        .about("How long the connections of a suspended app last; for ever if it is missing, as for transfers that the system makes for the app."),
    word::<AtEnd>("at_end")
        .about("What the system does at the end of a window: it suspends the app; it warns the app, which stops its sync, and then suspends it; or it kills the app."),
]);

pub(super) const STORE: Form = table(&[
    owned("page_size", Form::Int { min: 512, max: 65_536 }, || Store::default().page_size.stated())
    .about("Bytes per page, a power of two."),
    word::<Journal>("journal").about("How SQLite keeps its journal."),
    word::<Synchronous>("synchronous")
        .about("How often SQLite waits for the disk. With \"normal\" a loss of power may take what was committed last."),
    owned("cache_pages", COUNT, || Store::default().cache_pages.stated())
        .about("Size of the page cache, in pages."),
    word::<ForeignKeys>("foreign_keys")
        .about("What SQLite does about rows that refer to a missing row: nothing, refuse the commit, or refuse the statement."),
    owned("watch_references", Form::Bool, || Store::default().watch_references.stated())
        .about("Rows that refer to a missing row are counted after each transaction; this scan takes the device time: `device.dangling.row_ns`."),
    key("keep_settled", SPAN, "\"0s\"")
        .about("How long settled edits stay in the database, as in a change log. They are pruned when further edits are settled; 0s keeps none."),
    owned("extra_rows", Form::Int { min: 0, max: 16 }, || Store::default().extra_rows.stated())
        .about("For each row that comes, the engine writes this many rows of its own with its values, in the same transaction: an operation log, an index in a table, notes of rows seen."),
    word::<FoundBy>("extra_found_by")
        .about("How the engine finds its row of an earlier version among `extra_rows`: by an index, or by reading them all, which takes longer with each row that the phone holds.")
        .needs(&Needs {
            of: &[".extra_rows"],
            holds: |of| of[0].int() > 0,
            why: "the engine writes no rows of its own, so it looks for none",
            help: "extra_rows = 1 writes one beside each row that comes",
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
        .about("Whether the database is encrypted: each page that is read or written costs processor time, by `cipher_rate` of the phone's class. The key is there at once."),
    owned("watch_cursors", Form::Bool, || Store::default().watch_cursors.stated())
        .about("Before and after each run the engine reports all cursors and dates of the last sync, so that a unit which moves another unit's cursor is found: `oracle.stranger.cursors`."),
]);
