//! The options of a capture by the time of last modification.

use crate::backend::Upto;
use crate::base::{Span, word_enums};

/// How the capture pages, and how close to the present it reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastModifiedOptions {
    /// Where the next page begins.
    pub bound: Bound,
    /// How one pull is divided into pages.
    pub paging: Paging,
    /// Whose time the cursor holds.
    pub source: Source,
    /// Cursors are truncated to multiples of this in transit.
    pub precision: Span,
    /// How close to the present a pull reads.
    pub upto: Upto,
    /// How a pull detects its end.
    pub end: End,
    /// Which stamps of a row count as a change.
    pub stamps: Stamps,
    /// How often to look for rows that no longer exist for a device that got them; `None` is never.
    pub reconcile: Option<Span>,
}

word_enums! {
    /// Where the next page begins, given the stamp in the cursor.
    pub enum Bound {
        /// After the last stamp delivered, `>`: undelivered rows with the same stamp are skipped.
        Strict: "strict",
        /// At the last stamp delivered, `>=`: rows with that stamp come again, for ever if they
        /// fill a page.
        Inclusive: "inclusive",
        /// After the first stamp that was not delivered: rows with that stamp are skipped.
        FirstNotReturned: "first-not-returned",
        /// The same, while a page goes on to the end of its last stamp: a vendor's pseudocode,
        /// taken literally.
        FirstNotReturnedExtended: "first-not-returned-extended",
        /// After the last stamp delivered, and a page goes on to the end of its last stamp.
        TieExtended: "tie-extended",
        /// After the last stamp and key.
        #[default]
        Keyset: "keyset",
    }

    /// How the pages of one pull are cut.
    pub enum Paging {
        /// Each begins after the previous one.
        #[default]
        Keyset: "keyset",
        /// All begin at the same time, and skip as many rows as came before.
        Offset: "offset",
    }

    /// Whose clock gives the cursor's time.
    pub enum Source {
        /// The stamps of the rows.
        #[default]
        Records: "records",
        /// The device's clock when a pull begins.
        ClientClock: "client-clock",
        /// The local time that people see there, without its offset from UTC.
        ClientLocal: "client-local",
        /// The backend's clock when a pull begins, or the last settled instant if that is earlier.
        ServerStart: "server-start",
        /// The backend's clock when its last page is done.
        ServerEnd: "server-end",
    }

    /// Which of a row's stamps show a change: those of creation, last update, and deletion. The
    /// second is null until the first update.
    pub enum Stamps {
        /// The greatest of the three.
        #[default]
        Greatest: "greatest",
        /// The second and the third: rows that were never updated are skipped, except in a first
        /// load.
        WithoutCreated: "without-created",
    }

    /// How a pull detects its end.
    pub enum End {
        /// The response says whether there is more.
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
