//! How many requests a device needs: what asks it for a sync, and what comes of them.
//!
//! What asks for a sync starts all units: a push and a pull of each entity. A failed run is tried
//! again, what waits at the server asked about, and what an answer brings is worth another. Answers
//! beyond that nobody asked for; where nothing answers, waits decide (`haste`).

use super::check::Check;
use super::findings::Findings;
use super::haste::{Haste, period};
use super::patience::Waits;
use super::setup::OracleSetup;
use super::words::Labels;
use crate::base::words::thousands;
use crate::base::{DeviceId, Time};
use crate::contract::{EngineEvent, Event, PageEvent, PhoneEvent, RequestKind, SyncError, SyncUnit};

#[derive(Debug, Default)]
pub(super) struct Account {
    asked: u64,
    opened: u64,
    /// Requests of runs that follow a failed one, or edits that wait at the server.
    again: u64,
    /// Edits wait at the server, of which the run under way was told.
    wait: bool,
    brought: u64,
    answers: u64,
    looked: bool,
    beyond: Option<Beyond>,
    fetches: u64,
    fetched: Option<Time>,
    haste: Haste,
}

/// When there were more answers than so many syncs asked for, units due, runs again and answers
/// that brought something ask for, and how many those are.
type Beyond = (Time, [u64; 5]);

fn parts(unit: &SyncUnit) -> u64 {
    1 + unit.pull.len() as u64
}

impl Account {
    pub(super) fn new(units: usize) -> Account {
        Account { haste: Haste::new(units), ..Account::default() }
    }
    pub(super) fn asked(&mut self) {
        self.opened += 1;
        self.asks();
    }

    pub(super) fn on_edit(&mut self, event: &Event<'_>) {
        match event {
            Event::MutationPutOff { .. } => {
                self.brought += 1;
                self.haste.put_off();
            }
            Event::UploadQueued { .. } | Event::UploadWaits { .. } => {
                self.wait = true;
                self.brought += 1;
                self.haste.settled();
            }
            _ => {}
        }
    }

    pub(super) fn looked(&mut self, rows: u64) {
        self.looked |= rows > 0;
    }

    pub(super) fn on(&mut self, at: Time, event: &Event<'_>, setup: &OracleSetup) {
        let (units, waits) = (&*setup.labels.units, &setup.patience.retries());
        self.haste.on(at, event, units, waits);
        match event {
            Event::ProcessStarted { .. }
            | Event::App(_)
            | Event::EditMade { .. }
            | Event::EditMissed { .. }
            | Event::Engine(EngineEvent::HookTriggered { .. })
            | Event::Phone(PhoneEvent::LogoutAsked)
            | Event::Engine(EngineEvent::Page(PageEvent::Resolved { .. })) => self.asks(),
            Event::Engine(EngineEvent::SyncError { unit, error, .. })
                if **error != SyncError::Interrupted =>
            {
                self.again += parts(&units[usize::from(unit.0)]);
            }
            Event::Engine(EngineEvent::SyncComplete { unit, .. }) if std::mem::take(&mut self.wait) => {
                self.again += parts(&units[usize::from(unit.0)]);
            }
            Event::Engine(EngineEvent::ResponseReceived { rows, kind, .. }) => {
                self.answers += 1;
                // An answer without a row is a step on, if the server went over rows for it.
                let looked = std::mem::take(&mut self.looked);
                self.brought += u64::from(*kind != RequestKind::Push && (*rows > 0 || looked));
                if self.beyond.is_none() {
                    self.beyond = self.beyond(at, units);
                }
            }
            Event::Engine(EngineEvent::RequestSent { kind: RequestKind::Fetch, .. }) => {
                self.fetches += 1;
                let most = self.opened.saturating_mul(u64::from(waits.attempts.max(1)));
                if self.fetches > most {
                    self.fetched.get_or_insert(at);
                }
            }
            Event::Engine(
                EngineEvent::EditAcknowledged { .. }
                | EngineEvent::ConflictDecided { .. }
                | EngineEvent::EditLogged { .. },
            ) => {
                self.brought += 1;
                self.haste.settled();
            }
            Event::Engine(EngineEvent::CursorReset { .. }) => self.brought += 1,
            _ => {}
        }
    }

    fn beyond(&self, at: Time, units: &[SyncUnit]) -> Option<Beyond> {
        let Account { asked, again, brought, answers, .. } = *self;
        let due = units.iter().filter_map(period).map(|period| at.0 / period.0.max(1) + 1).sum();
        let most = units.iter().map(parts).sum::<u64>() * (asked + due) + again + brought;
        (answers > most).then_some((at, [asked, due, again, brought, most]))
    }

    pub(super) fn finish(&self, device: DeviceId, setup: &OracleSetup, findings: &mut Findings) {
        let names = findings.words();
        let text = if let Some((unit, too_soon)) = self.haste.too_soon {
            Some(too_soon.told(device, unit, &setup.patience, names))
        } else if let Some(beyond) = self.beyond {
            Some(self.told_answers(device, beyond, names))
        } else {
            self.fetched.map(|at| self.told_fetches(device, at, &setup.patience.retries(), names))
        };
        findings.found(Check::Storm, (Some(device), None), text);
    }

    fn told_answers(&self, device: DeviceId, beyond: Beyond, names: &Labels) -> String {
        let (at, counts) = beyond;
        let [asked, due, again, brought, most] = counts.map(thousands);
        let answers = thousands(self.answers);
        format!(
            "{device} had answers from the server {answers} times in all, and by {} more than the {most} that \
             anything asked for: {} for each of the {asked} times that somebody or something asked for a \
             sync and the {due} that a unit was due, {again} to run failed units again, and one after each \
             of {brought} answers and verdicts that brought something",
            names.time(at),
            names.units.iter().map(parts).sum::<u64>(),
        )
    }

    fn told_fetches(&self, device: DeviceId, at: Time, waits: &Waits, names: &Labels) -> String {
        let (fetches, opened, attempts) = (thousands(self.fetches), thousands(self.opened), waits.attempts);
        format!(
            "{device} asked for the details of records {fetches} times, from {} on more often than the \
             retry.attempts = {attempts} for each of the {opened} times that somebody opened one",
            names.time(at)
        )
    }
    fn asks(&mut self) {
        self.asked += 1;
        self.haste.asked();
    }
}
