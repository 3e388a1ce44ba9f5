//! How many requests a device needs: what asks it for a sync, and what comes of them.
//!
//! Everything that may ask for a sync starts all units, each of which sends a push and asks for
//! each of its entities; a run that failed is tried again, and what waits at the server is asked
//! about; whatever an answer brings makes another request worth it. Answers beyond all of that
//! nobody asked for. What fails brings no answer: there the waits decide (`haste`).

use std::sync::Arc;

use super::check::Check;
use super::findings::Findings;
use super::haste::{Haste, Retries, period};
use super::words::Labels;
use crate::base::words::thousands;
use crate::base::{DeviceId, EditId, Time};
use crate::contract::{Event, PageEvent, PhoneEvent, RequestKind, SyncError, SyncUnit};

/// What a device was asked for and did.
#[derive(Clone, Debug)]
struct Account {
    /// Things that may ask for a sync.
    asked: u64,
    /// Of them those that may have opened a record.
    opened: u64,
    /// Requests of runs that follow a failed one, or edits that wait at the server.
    again: u64,
    /// Edits wait at the server, of which the run under way was told.
    wait: bool,
    /// Answers that brought something, edits that were settled or put off.
    brought: u64,
    answers: u64,
    /// For its next answer the server looked at rows.
    looked: bool,
    /// What was so when more answers had come than that asks for.
    beyond: Option<Beyond>,
    /// Requests for the details of records, and when those were too many.
    fetches: u64,
    fetched: Option<Time>,
    haste: Haste,
}

/// More answers than anything asked for.
#[derive(Clone, Copy, Debug)]
struct Beyond {
    at: Time,
    asked: u64,
    due: u64,
    again: u64,
    brought: u64,
    most: u64,
}

#[derive(Debug)]
pub(super) struct Thrift {
    retries: Retries,
    units: Arc<[SyncUnit]>,
    accounts: Vec<Account>,
}

/// Requests of a sync of the unit that finds nothing.
fn parts(unit: &SyncUnit) -> u64 {
    1 + unit.pull.len() as u64
}

impl Thrift {
    pub(super) fn new(devices: usize, units: &Arc<[SyncUnit]>, retries: Retries) -> Thrift {
        let account = Account {
            asked: 0,
            opened: 0,
            again: 0,
            wait: false,
            brought: 0,
            answers: 0,
            looked: false,
            beyond: None,
            fetches: 0,
            fetched: None,
            haste: Haste::new(units.len()),
        };
        Thrift { retries, units: Arc::clone(units), accounts: vec![account; devices] }
    }

    /// Somebody asks the device for a sync, or opens a record.
    pub(super) fn asked(&mut self, device: DeviceId) {
        let account = &mut self.accounts[device.0 as usize];
        account.opened += 1;
        account.asks();
    }

    /// Something happened to an edit that a push brought, at the backend or a gateway.
    pub(super) fn on_edit(&mut self, edit: EditId, event: &Event<'_>) {
        let Some(account) = self.accounts.get_mut(edit.device.0 as usize) else { return };
        match event {
            Event::MutationPutOff { .. } => {
                account.brought += 1;
                account.haste.put_off();
            }
            Event::UploadQueued { .. } | Event::UploadWaits { .. } => {
                account.wait = true;
                account.brought += 1;
                account.haste.settled();
            }
            _ => {}
        }
    }

    /// The server looked at so many rows for the device.
    pub(super) fn looked(&mut self, device: DeviceId, rows: u64) {
        if let Some(account) = self.accounts.get_mut(device.0 as usize) {
            account.looked |= rows > 0;
        }
    }

    pub(super) fn on(&mut self, at: Time, device: DeviceId, event: &Event<'_>) {
        let account = &mut self.accounts[device.0 as usize];
        account.haste.on(at, event, &self.units, self.retries);
        match event {
            Event::ProcessStarted { .. }
            | Event::App(_)
            | Event::EditMade { .. }
            | Event::EditMissed { .. }
            | Event::HookTriggered { .. }
            | Event::Phone(PhoneEvent::LogoutAsked)
            | Event::Page(PageEvent::Resolved { .. }) => account.asks(),
            Event::SyncError { unit, error, .. } if **error != SyncError::Interrupted => {
                account.again += parts(&self.units[usize::from(unit.0)]);
            }
            Event::SyncComplete { unit, .. } if std::mem::take(&mut account.wait) => {
                account.again += parts(&self.units[usize::from(unit.0)]);
            }
            Event::ResponseReceived { rows, kind, .. } => {
                account.answers += 1;
                // An answer without a row is a step on, if the server went over rows for it.
                let looked = std::mem::take(&mut account.looked);
                account.brought += u64::from(*kind != RequestKind::Push && (*rows > 0 || looked));
                if account.beyond.is_none() {
                    let beyond = self.beyond(at, device);
                    self.accounts[device.0 as usize].beyond = beyond;
                }
            }
            Event::RequestSent { kind: RequestKind::Fetch, .. } => {
                account.fetches += 1;
                let most = account.opened.saturating_mul(u64::from(self.retries.attempts.max(1)));
                if account.fetches > most {
                    account.fetched.get_or_insert(at);
                }
            }
            Event::EditAcknowledged { .. } | Event::ConflictDecided { .. } | Event::EditLogged { .. } => {
                account.brought += 1;
                account.haste.settled();
            }
            Event::CursorReset { .. } => account.brought += 1,
            _ => {}
        }
    }

    /// How often units were due by then.
    fn due(&self, at: Time) -> u64 {
        self.units.iter().filter_map(period).map(|period| at.0 / period.0.max(1) + 1).sum()
    }

    /// Whether the device has had more answers by then than anything asked for.
    fn beyond(&self, at: Time, device: DeviceId) -> Option<Beyond> {
        let Account { asked, again, brought, answers, .. } = self.accounts[device.0 as usize];
        let due = self.due(at);
        let most = self.parts() * (asked + due) + again + brought;
        (answers > most).then_some(Beyond { at, asked, due, again, brought, most })
    }

    /// Requests of a sync of all units that finds nothing.
    fn parts(&self) -> u64 {
        self.units.iter().map(parts).sum()
    }

    pub(super) fn finish(&self, names: Labels<'_>, findings: &mut Findings) {
        for (account, number) in self.accounts.iter().zip(0..) {
            let device = DeviceId(number);
            let text = if let Some((unit, too_soon)) = account.haste.too_soon {
                too_soon.told(device, unit, self.retries, names)
            } else if let Some(beyond) = account.beyond {
                self.told_answers(device, beyond, names)
            } else if let Some(at) = account.fetched {
                self.told_fetches(device, at, names)
            } else {
                continue;
            };
            findings.add(Check::Storm, (Some(device), None), || text);
        }
    }

    fn told_answers(&self, device: DeviceId, beyond: Beyond, names: Labels<'_>) -> String {
        let Beyond { at, asked, due, again, brought, most } = beyond;
        let answers = self.accounts[device.0 as usize].answers;
        let [answers, asked, due, again, brought, most] =
            [answers, asked, due, again, brought, most].map(thousands);
        format!(
            "{device} had answers from the server {answers} times in all, and by {} more than the {most} that \
             anything asked for: {} for each of the {asked} times that somebody or something asked for a \
             sync and the {due} that a unit was due, {again} to run failed units again, and one after each \
             of {brought} answers and verdicts that brought something",
            names.time(at),
            self.parts(),
        )
    }

    fn told_fetches(&self, device: DeviceId, at: Time, names: Labels<'_>) -> String {
        let Account { fetches, opened, .. } = self.accounts[device.0 as usize];
        let (fetches, opened, attempts) = (thousands(fetches), thousands(opened), self.retries.attempts);
        format!(
            "{device} asked for the details of records {fetches} times, from {} on more often than the \
             retry.attempts = {attempts} for each of the {opened} times that somebody opened one",
            names.time(at)
        )
    }
}

impl Account {
    fn asks(&mut self) {
        self.asked += 1;
        self.haste.asked();
    }
}
