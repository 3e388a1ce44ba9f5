//! Keys of devices: hardware, fleets, databases.

use super::super::profiles::{self, Library};
use super::super::written::{DRIFT, MOVES, START_STATE};
use crate::config::form::Stated;
use crate::config::form::{
    COUNT, Form, SOME_SPAN, SPAN, WINDOW, key, map, optional, owned, required, table, word,
};
use crate::config::written::{NAME, OFFSET};
use crate::store::{ForeignKeys, Journal, StoreOptions, Synchronous};

fn store() -> StoreOptions {
    StoreOptions::default()
}

pub(super) const CLASSES: Form = Form::Named { of: &CLASS, library: || Library::Classes.names() };

const PACE: Form = Form::Size { min: 1, max: 1 << 40 };

const CLASS: Form = table(&[
    required("cpu", Form::Decimal { max: 1_000.0 })
        .about("How many times as long the processor takes as the reference core, a desktop's."),
    required("parse_rate", PACE).about("Bytes of JSON coded a second by native code."),
    required("managed_rate", PACE).about("Bytes of JSON coded a second by a managed language."),
    required("read_latency", SPAN)
        .about("Time to fetch a page of 4 kB that is not in memory, without its bytes."),
    required("read_rate", PACE).about("Bytes that the flash reads a second."),
    required("write_rate", PACE).about("Bytes that the flash writes a second."),
    required("sync", SPAN).about("Median time of a sync; one in a hundred takes 20 times as long."),
    required("memory", Form::Size { min: 1 << 16, max: 1 << 40 }).about(
        "Memory that the app may use; a response takes 2.5 times its size, with a managed decoder six times.",
    ),
]);

pub(super) const FLEET: Form = table(&[
    required("devices", Form::Int { min: 1, max: 1_000_000 }).about("How many."),
    owned("class", Form::Shares(&NAME), || profiles::CLASS.stated())
        .about("Hardware classes, of the library or of `class`, with their shares."),
    owned("link", Form::Shares(&NAME), || profiles::LINK.stated())
        .about("Links, of the library or of `link`, with their shares; `vpn-over-` and the name of any link is a tunnel over that link."),
    optional("moves", Form::Written(&MOVES))
        .about("How devices move between links: after about so long to another of `link`, whose shares are then of time; or as a field worker does, over wifi-good, lte-driving and lte-good."),
    key("attributes", map(&Form::Values { max: 1_000_000 }), "{}")
        .about("What sets devices apart: `clinic = 3` makes clinic-1 to clinic-3. Values are dealt in blocks; without a number, one for each eight devices."),
    key("role", Form::Shares(&NAME), "\"user\"")
        .about("What people do, with shares among the devices that share all attributes."),
    key("start", Form::Shares(&START_STATE), "\"empty\"")
        .about("What devices have at the start, with shares."),
    key("clock", Form::Either { plain: &CLOCK_MODEL, table: &CLOCK }, "\"good\"")
        .about("Their clocks: always right, as measured on phones, or as told."),
    optional("background", Form::Written(&NAME))
        .about("What the operating system allows their apps in the background, from `background`; all if it is missing."),
]);

const CLOCK_MODEL: Form = Form::Word(&["good", "phones"]);

const CLOCK: Form = table(&[
    key("offset", Form::Written(&OFFSET), "\"0s\"").about("How far it is ahead."),
    key("drift", Form::Written(&DRIFT), "\"0ppm\"").about("How much faster it runs."),
    key("resync", SPAN, "\"1d\"")
        .about("How often the network takes back what it has drifted or was stepped, while the device is online; never if 0s."),
]);

pub(super) const BACKGROUNDS: Form =
    Form::Named { of: &BACKGROUND, library: || Library::Backgrounds.names() };

const BACKGROUND: Form = table(&[
    required("stays", SPAN)
        .about("For how long an app goes on that is put away, or that somebody edits in."),
    required("window", WINDOW)
        .about("How long a window is in which it goes on: it begins with the trigger \"background\"."),
    optional("longest", WINDOW)
        .about("Windows grow as the times between them do, up to this; without it they do not."),
    required("every", WINDOW)
        .about("From one window to the next, and from the end of `stays` to the first; more than `window`."),
    key("growth", Form::Decimal { max: 100.0 }, "1")
        .about("Each time between windows is so many times as long as the one before, from 1 on."),
    optional("cap", SOME_SPAN).about("No time between windows is longer."),
    optional("sockets", SPAN)
        .about("How long the connections of a suspended app last; for ever if it is missing, as transfers that the system does in the app's place."),
]);

pub(super) const STORE: Form = table(&[
    owned("page_size", Form::Int { min: 512, max: 65_536 }, || store().page_size.stated())
    .about("Bytes a page, a power of two."),
    word::<Journal>("journal").about("How SQLite keeps its journal."),
    word::<Synchronous>("synchronous")
        .about("How often SQLite waits for the disk. With \"normal\" a loss of power may take what was committed last."),
    owned("cache_pages", COUNT, || store().cache_pages.stated())
        .about("Pages of cache."),
    word::<ForeignKeys>("foreign_keys")
        .about("What SQLite does about rows that refer to one that is not there: nothing, it refuses to commit, or it refuses the statement."),
    owned("watch_references", Form::Bool, || store().watch_references.stated())
        .about("Rows that refer to one that is not there are counted after each transaction, which costs the device a look at all of them: `device.dangling.row_ns`."),
    key("keep_settled", SPAN, "\"0s\"")
        .about("How long edits that are settled stay in the database, as in a change log; they are pruned as further ones are settled, and not kept at all if 0s."),
    owned("extra_rows", Form::Int { min: 0, max: 16 }, || store().extra_rows.stated())
        .about("So many rows of the engine's own are written for each that comes, with its values, in the same transaction: a log of operations, an index in a table, notes of what was seen."),
    owned("watch_cursors", Form::Bool, || store().watch_cursors.stated())
        .about("Before and after each run it is told where all cursors and dates of the last sync stand, so that none is moved by another unit: `oracle.stranger.cursors`."),
]);
