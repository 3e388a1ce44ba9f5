//! Applies pages of rows that come with announcements, between two runs.

use std::rc::Rc;

use super::options::{Channel, LiveGap};
use crate::base::UnitId;
use crate::contract::{EngineEvent, ListenEvent, RequestKind};
use crate::engine::control::Size;
use crate::engine::exchange::coding;
use crate::engine::process::Process;
use crate::engine::pull::puller::rows;
use crate::engine::push::conflict_page::held;
use crate::engine::unit::session::Session;
use crate::protocol::{Page, Position, SentRows, Way};
use crate::store::{Progress, Stored};

/// How a page of sent rows fits the phone's own cursor of its entity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fit {
    /// The page ends where the cursor stands: the phone has pulled its rows.
    Known,
    /// The page begins where the cursor stands.
    Continues,
    /// The page begins elsewhere: there may be rows between.
    Gap,
    /// The phone has not loaded the entity yet.
    Loads,
}

/// The result of a page of sent rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Taken {
    /// This many rows were applied, and the cursors have moved.
    Applied(u32),
    Known,
    /// There is a gap before the page.
    Rejected,
    /// The page could not be applied for another reason.
    Unusable,
}

/// How a page from the cursor `begins` to the cursor `ends` fits the phone's own progress.
fn fit(own: &Progress, begins: Option<&str>, ends: &str) -> Fit {
    match own.cursor.as_deref().filter(|_| !own.loading) {
        None => Fit::Loads,
        Some(cursor) if cursor == ends => Fit::Known,
        Some(cursor) if Some(cursor) == begins => Fit::Continues,
        Some(_) => Fit::Gap,
    }
}

pub(super) struct Taker {
    process: Rc<Process>,
    session: Rc<Session>,
}

impl Taker {
    pub(super) fn new(process: Rc<Process>, session: Rc<Session>) -> Taker {
        Taker { process, session }
    }

    /// The size of a page of this channel.
    pub(super) fn size(&self, of: &Channel) -> Size {
        self.session.puller.caller.chunk(RequestKind::Pull, of.entities[0])
    }

    /// The phone's cursors of a channel; `None` until all of its entities are loaded.
    pub(super) fn cursors(&self, of: &Channel) -> Option<Vec<String>> {
        let applier = &self.session.puller.applier;
        let cursors = self.process.store.read(|tx| {
            let own = |&entity| tx.progress(applier.cursor_book(of.unit, entity), entity);
            of.entities.iter().map(own).collect::<Stored<Vec<Progress>>>()
        });
        let loaded = |own: Progress| own.cursor.filter(|_| !own.loading);
        cursors.ok()?.into_iter().map(loaded).collect()
    }

    /// Applies sent rows once no unit runs. Returns false if the unit must pull instead.
    pub(super) async fn take(&self, unit: UnitId, sent: SentRows) -> bool {
        let channel = sent.change.channel;
        self.session.take_turn().await;
        let taken = self.apply(unit, sent).await;
        self.session.give_turn();
        match taken {
            Taken::Applied(rows) => self.tell(ListenEvent::Applied { unit, rows }),
            Taken::Rejected => self.tell(ListenEvent::Rejected { channel }),
            Taken::Known | Taken::Unusable => {}
        }
        matches!(taken, Taken::Applied(_) | Taken::Known)
    }

    fn tell(&self, event: ListenEvent) {
        self.process.emit(EngineEvent::Listening(event));
    }

    async fn apply(&self, unit: UnitId, sent: SentRows) -> Taken {
        let process = &self.process;
        if held(process, unit).is_err() {
            return Taken::Unusable;
        }
        let codec = process.options.codec;
        let effort = codec.effort(&sent.page, Way::Read);
        let Ok(opened) = codec.open(sent.page) else { return Taken::Unusable };
        let _memory = process.hold(opened.len() as u64).await;
        process.ports.work(coding(effort)).await;
        let Ok(Ok(mut answer)) = codec.decode_answer(&opened) else { return Taken::Unusable };
        process.options.paths.down(&mut answer, &[], process.zone());
        // Nothing may happen between this look at the cursors and the transaction.
        let Ok(fits) = self.fits(unit, &sent.after, &answer.pages) else { return Taken::Unusable };
        if fits.contains(&Fit::Loads) {
            return Taken::Unusable;
        }
        if fits.contains(&Fit::Gap) && process.options.pull.live.gap == LiveGap::Pull {
            return Taken::Rejected;
        }
        let mut fits = fits.into_iter();
        answer.pages.retain(|_| fits.next() != Some(Fit::Known));
        if answer.pages.is_empty() {
            return Taken::Known;
        }
        match self.session.puller.applier.pages(unit, &answer).await {
            Ok(true) => Taken::Applied(rows(&answer) as u32),
            // The run that follows reports why a row cannot be applied.
            Ok(false) | Err(_) => Taken::Unusable,
        }
    }

    fn fits(&self, unit: UnitId, after: &[Position], pages: &[Page<'_>]) -> Stored<Vec<Fit>> {
        let applier = &self.session.puller.applier;
        self.process.store.read(|tx| {
            let of_page = |page: &Page<'_>| {
                let own = tx.progress(applier.cursor_book(unit, page.entity), page.entity)?;
                let begins = after.iter().find(|of| of.entity == page.entity);
                Ok(fit(&own, begins.map(|of| &*of.cursor), &page.cursor))
            };
            pages.iter().map(of_page).collect()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(cursor: Option<&str>) -> Progress {
        Progress { cursor: cursor.map(str::to_owned), ..Progress::default() }
    }

    #[test]
    fn a_page_fits_if_it_begins_where_the_phone_stands() {
        assert_eq!(fit(&at(Some("5")), Some("5"), "7"), Fit::Continues);
        assert_eq!(fit(&at(Some("5")), Some("6"), "7"), Fit::Gap);
        assert_eq!(fit(&at(Some("5")), None, "7"), Fit::Gap, "nobody says where it begins");
    }

    #[test]
    fn a_page_whose_rows_were_pulled_meanwhile_leaves_no_gap() {
        assert_eq!(fit(&at(Some("7")), Some("5"), "7"), Fit::Known);
        assert_eq!(fit(&at(Some("5")), Some("5"), "5"), Fit::Known, "nothing changed in the scope");
    }

    #[test]
    fn a_phone_that_still_loads_takes_no_sent_rows() {
        assert_eq!(fit(&at(None), None, "7"), Fit::Loads);
        assert_eq!(fit(&Progress { loading: true, ..at(Some("5")) }, Some("5"), "7"), Fit::Loads);
    }
}
