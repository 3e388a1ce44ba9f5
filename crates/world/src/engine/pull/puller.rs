//! Pulls rows: requests a network chunk (the rows of one response) and makes it durable.

use std::rc::Rc;

use crate::base::{EntityId, Key, Span, UnitId};
use crate::contract::{RequestKind, ServerError, SyncError};
use crate::engine::apply::applier::Applier;
use crate::engine::exchange::{Caller, Failure, GivenUp, Received, RunError};
use crate::engine::options::Requests;
use crate::engine::process::Process;
use crate::engine::push::assigned_keys;
use crate::protocol::{Answer, FetchRequest, Page, PullRequest, Request, Want};
use crate::store::Stored;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) unit: UnitId,
    pub(crate) number: u64,
}

/// After this many responses in a row without progress, the run fails. A response without progress
/// has rows and says that more rows follow, but moves no cursor.
const STILL: u32 = 20;

#[derive(Default)]
pub(crate) struct StallGuard(u32);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    Applied {
        /// Whether the response moved a cursor or ended an entity.
        moved: bool,
    },
    /// A partial row (a row with only some columns) did not fit the device's version. Its
    /// transaction and all later ones wrote nothing and moved no cursor.
    Unusable,
}

impl StallGuard {
    pub(crate) fn after(&mut self, taken: Taken) -> Result<(), SyncError> {
        self.0 = if taken == (Taken::Applied { moved: true }) { 0 } else { self.0 + 1 };
        if self.0 == STILL {
            return Err(SyncError::Corrupt(format!("the same page came {STILL} times")));
        }
        Ok(())
    }
}

/// A response with the wants of its request. A want is an entity and the cursor to continue from.
pub(crate) struct Came {
    pub(crate) wants: Vec<Want>,
    pub(crate) received: Received,
}

pub(crate) struct Puller {
    pub(crate) process: Rc<Process>,
    pub(crate) caller: Rc<Caller>,
    pub(crate) applier: Applier,
}

impl Puller {
    /// Requests pages one after another, at most `most` times. Applies each page before the next
    /// request. Returns the entities that still have rows on the server.
    pub(crate) async fn pull_in_turn(
        &self,
        run: Run,
        mut left: Vec<EntityId>,
        most: u32,
    ) -> Result<Vec<EntityId>, RunError> {
        let unit = run.unit;
        let mut stall = StallGuard::default();
        for _ in 0..most {
            if left.is_empty() {
                break;
            }
            self.process.crash_point("pull.before-request").await;
            let wants = self.wants(unit, &left)?;
            self.process.settle_work().await;
            match self.ask(run, wants).await {
                Ok(came) => {
                    let answer = self.page_came(&came).await?;
                    let taken = self.take_pages(unit, &came, &answer).await?;
                    stall.after(taken)?;
                    if taken != Taken::Unusable {
                        let before = left.len();
                        left.retain(|&entity| goes_on(&answer, entity));
                        self.process.status.entities_ended(before - left.len());
                    }
                }
                Err(given_up) => self.load_again_after(unit, given_up, &left).await?,
            }
        }
        Ok(left)
    }

    pub(crate) async fn ask(&self, run: Run, wants: Vec<Want>) -> Result<Came, GivenUp> {
        // Each try sets its size again, because the failed request may have been too large.
        let make = |_| Request::Pull(self.pull_request(run, wants.clone()));
        let received = self.caller.exchange(Some(run.unit), make).await?;
        Ok(Came { wants, received })
    }

    /// Handles a refused pull. An expired cursor restarts the load of its entity. Any other refusal
    /// ends the run.
    pub(crate) async fn load_again_after(
        &self,
        unit: UnitId,
        given_up: GivenUp,
        left: &[EntityId],
    ) -> Result<(), RunError> {
        match given_up.failure {
            Failure::Refused(ServerError::CursorExpired(entity)) if left.contains(&entity) => {
                Ok(self.applier.load_again(unit, entity).await?)
            }
            _ => Err(given_up.ends_run()),
        }
    }

    pub(crate) async fn fetch_rows(&self, entity: EntityId, of: Key) -> Result<(), RunError> {
        let device = self.process.setup.device;
        let request = FetchRequest { device, entity, of, rows: self.process.options.pull.chunk_rows };
        let received = self.caller.exchange(None, |_| Request::Fetch(request.clone())).await;
        let received = received.map_err(GivenUp::ends_run)?;
        self.process.crash_point("fetch.answer-received").await;
        let answer = self.caller.read(&received)?;
        if answer.pages.iter().any(|page| page.entity != entity) || !answer.results.is_empty() {
            let text = "it is not of the record that was asked for".to_owned();
            return Err(self.caller.not_its_own(&received, text));
        }
        self.caller.report_response(&received, rows(&answer)).await;
        if !self.applier.transactions(None, &answer, "fetch.applied").await? {
            return Err(SyncError::Corrupt("a row of a record came in part".to_owned()).into());
        }
        Ok(())
    }

    pub(crate) fn wants(&self, unit: UnitId, left: &[EntityId]) -> Result<Vec<Want>, SyncError> {
        let wants = self.process.store.read(|tx| {
            let want = |&entity| {
                let ids = assigned_keys::keys_wanted(tx, entity, self.process.setup.schema.naming(entity))?;
                let (cursor, waits) = self.applier.stands(tx, unit, entity)?;
                // An earlier request for the staged rows already asked for keys for new rows.
                Ok(Want { entity, cursor, ids: if waits { 0 } else { ids } })
            };
            left.iter().map(want).collect::<Stored<Vec<_>>>()
        });
        Ok(wants?)
    }

    pub(crate) fn pull_request(&self, run: Run, wants: Vec<Want>) -> PullRequest {
        let size = self.caller.chunk(RequestKind::Pull, wants[0].entity);
        let clock = self.process.request_clock();
        PullRequest {
            device: self.process.setup.device,
            unit: run.unit,
            wants,
            rows: size.rows,
            bytes: size.bytes,
            clock,
            zone: self.process.zone(),
            run: run.number,
            by_address: self.caller.pulled() != Requests::Unique,
        }
    }

    /// Reads a response, checks it against its request, and reports it.
    pub(crate) async fn page_came<'c>(&self, came: &'c Came) -> Result<Answer<'c>, RunError> {
        self.process.crash_point("pull.answer-received").await;
        let answer = self.caller.read(&came.received)?;
        self.fits(came, &answer)?;
        self.caller.report_response(&came.received, rows(&answer)).await;
        Ok(answer)
    }

    pub(crate) fn fits(&self, came: &Came, answer: &Answer<'_>) -> Result<(), RunError> {
        let Came { wants, received } = came;
        let asked = |page: &Page<'_>| wants.iter().any(|want| want.entity == page.entity);
        if let Some(page) = answer.pages.iter().find(|page| !asked(page)) {
            let text = format!("entity {} was not asked for", page.entity.0);
            return Err(self.caller.not_its_own(received, text));
        }
        if !moves(answer, wants) && rows(answer) == 0 {
            let text = "the answer moves no cursor and says there is more".to_owned();
            return Err(self.caller.not_its_own(received, text));
        }
        Ok(())
    }

    pub(crate) async fn take_pages(
        &self,
        unit: UnitId,
        came: &Came,
        answer: &Answer<'_>,
    ) -> Result<Taken, SyncError> {
        let Came { wants, received } = came;
        let taken = match self.applier.sets_aside() {
            true => self.applier.set_aside(unit, answer, wants).await?,
            false => self.applier.pages(unit, answer).await?,
        };
        if !taken {
            return Ok(Taken::Unusable);
        }
        let full = answer.pages.iter().any(|page| page.more);
        let chunk = received.chunk(self.process.ports.clock.now(), rows(answer), full);
        self.caller.chunk_ended(RequestKind::Pull, &chunk);
        let rest = self.process.rules.wake.rests_after(received.request);
        if rest > Span::ZERO {
            self.process.ports.sleep(rest).await;
        }
        Ok(Taken::Applied { moved: moves(answer, wants) })
    }
}

/// Whether a response moved a cursor or ended an entity. If so, the next request differs.
fn moves(answer: &Answer<'_>, wants: &[Want]) -> bool {
    let moved = |page: &Page<'_>| {
        let before =
            wants.iter().find(|want| want.entity == page.entity).and_then(|want| want.cursor.as_deref());
        !page.more || before != Some(&*page.cursor)
    };
    answer.pages.iter().any(moved)
}

/// Whether `entity` must be requested again after this response.
pub(crate) fn goes_on(answer: &Answer<'_>, entity: EntityId) -> bool {
    answer.pages.iter().all(|page| page.entity != entity || page.more)
}

pub(crate) fn rows(answer: &Answer<'_>) -> usize {
    answer.pages.iter().map(|page| page.rows.len()).sum()
}
