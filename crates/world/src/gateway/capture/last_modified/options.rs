//! The options of a capture by the time of last modification.

use crate::backend::Upto;
use crate::base::{Span, word_enums};

/// How the capture pages, and how close to the present it reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastModifiedOptions {
    /// Where the next page begins.
    pub bound: Bound,
    /// The way to divide a pull into pages.
    pub paging: Paging,
    /// The clock that gives the cursor's time.
    pub source: Source,
    /// A cursor's time is truncated to a multiple of this between device and gateway.
    pub precision: Span,
    /// How near the present a pull reads.
    pub upto: Upto,
    /// How a pull detects its end.
    pub end: End,
    /// The stamps of a row that count as a change.
    pub stamps: Stamps,
    /// How often to look for rows of a device that no longer exist; `None`: never.
    pub reconcile: Option<Span>,
}

word_enums! {
    /// Where the next page begins, given the stamp in the cursor.
    pub enum Bound {
        /// After the last stamp delivered, `>`: undelivered rows with the same stamp are skipped.
        Strict: "strict",
        /// At the last stamp delivered, `>=`: rows with that stamp come again. If they fill a page,
        /// the pull never ends.
        Inclusive: "inclusive",
        /// After the first stamp that was not delivered: rows with that stamp are skipped.
        FirstNotReturned: "first-not-returned",
        /// Like `FirstNotReturned`, but a page continues to the end of its last stamp. This is a
        /// vendor's pseudocode, taken literally.
        FirstNotReturnedExtended: "first-not-returned-extended",
        /// After the last stamp delivered. A page continues to the end of its last stamp.
        TieExtended: "tie-extended",
        /// After the last stamp and key.
        #[default]
        Keyset: "keyset",
    }

    /// The way to divide one pull into pages.
    pub enum Paging {
        /// Each page begins after the previous one.
        #[default]
        Keyset: "keyset",
        /// All pages begin at the same time, and skip the rows that earlier pages brought.
        Offset: "offset",
    }

    /// The clock that gives the cursor's time.
    pub enum Source {
        /// The stamps of the rows.
        #[default]
        Records: "records",
        /// The device's clock when a pull begins.
        ClientClock: "client-clock",
        /// The device's local time, without its offset from UTC.
        ClientLocal: "client-local",
        /// The backend's clock when a pull begins, or the last settled instant if that is earlier.
        ServerStart: "server-start",
        /// The backend's clock when the pull's last page is done.
        ServerEnd: "server-end",
    }

    /// Which of a row's three stamps count as a change: creation, last update, deletion. The stamp
    /// of the last update is null until the first update.
    pub enum Stamps {
        /// The greatest of the three.
        #[default]
        Greatest: "greatest",
        /// Last update and deletion. Rows that were never updated are skipped, except in a first
        /// load.
        WithoutCreated: "without-created",
    }

    /// How a pull detects its end.
    pub enum End {
        /// The response says if there are more rows.
        #[default]
        Marker: "marker",
        /// A response without rows is the last.
        Count: "count",
    }
}

impl Default for LastModifiedOptions {
    fn default() -> LastModifiedOptions {
        LastModifiedOptions {
            bound: Bound::default(),
            paging: Paging::default(),
            source: Source::default(),
            precision: Span::micros(1),
            upto: Upto::default(),
            end: End::default(),
            stamps: Stamps::default(),
            reconcile: None,
        }
    }
}
