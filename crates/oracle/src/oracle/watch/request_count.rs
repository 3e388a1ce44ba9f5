//! Compares how many requests a device sends with how many it needs.
//!
//! Each reason justifies some requests. If a person asks for a sync, each unit may send 1 push, and
//! 1 pull per entity. A failed run justifies another run. Edits that wait at the server justify a
//! query. A response with news justifies 1 more request. If there are more responses than all
//! reasons justify, the check `request-storm` reports this. If no response comes, the waits between
//! requests are checked instead (`haste`).

use crate::base::words::thousands;
use crate::base::{DeviceId, Span, Time};
use crate::contract::{
    EngineEvent, Event, HeldEvent, PageEvent, PhoneEvent, RequestKind, SyncError, SyncUnit,
};
use crate::oracle::watch::{Ended, RetryPacing, Waits, Watcher, period};
use crate::oracle::words::Labels;
use crate::oracle::{Harm, Heard, Matter, OracleSetup, Rule, Topic};

pub(crate) static STORM: Rule = Rule {
    finds: "more requests than the reasons to sync and the retries explain",
    needs: |can| can.sight.inside,
    hears: &[Topic::Runs, Topic::Requests],
    implies: &["wrong-status"],
    ..Rule::new("request-storm", "oracle.request_storm.devices", Harm::Wrong, Matter::Runs)
};

#[derive(Debug, Default)]
pub(crate) struct RequestBudget {
    asked: u64,
    opened: u64,
    /// The number of requests by runs after a failed run, or to query edits that wait at the
    /// server.
    again: u64,
    /// True if a response told the current run that edits wait at the server.
    wait: bool,
    brought: u64,
    answers: u64,
    looked: bool,
    beyond: Option<Beyond>,
    fetches: u64,
    fetched: Option<Time>,
    haste: RetryPacing,
    /// The last report of an engine without runs, whether it is caught up; `None` without a report.
    caught_up: Option<bool>,
    minute: Minute,
    crowded: Option<Minute>,
}

/// The minute that starts at `since`: its responses, and the number of reasons for responses.
#[derive(Clone, Copy, Debug, Default)]
struct Minute {
    since: Time,
    answers: u64,
    worth: u64,
    /// True if the engine reported in that minute that it was not caught up.
    behind: bool,
}

const MINUTE: Span = Span::secs(60);
/// An engine without runs may poll the server once in this time.
const LOOKS: Span = Span::secs(5);

/// When there were more responses than justified, and five counts: syncs requested, units due,
/// repeated requests, responses with news, and the justified number of responses.
type Beyond = (Time, [u64; 5]);

/// The most requests of a sync of all units that finds no news.
fn requests_per_sync(setup: &OracleSetup) -> u64 {
    setup.labels.units.iter().map(|unit| setup.patience.requests(unit)).sum()
}

/// The most requests of one poll without news by an engine that has no runs.
fn requests_per_poll(setup: &OracleSetup) -> u64 {
    setup.labels.units.iter().map(|unit| setup.patience.requests(unit)).max().unwrap_or(1)
}

fn told_crowded(device: DeviceId, minute: Minute, setup: &OracleSetup) -> String {
    let Minute { since, answers, worth, behind } = minute;
    let said = if behind { "with work left" } else { "though it reported that it was caught up" };
    let (since, requests_per_poll) = (setup.labels.time(since), requests_per_poll(setup));
    format!(
        "{device} sent the server {answers} requests within a minute from {since} on, {said}; \
         {worth} requests for a sync or useful results allow {requests_per_poll} requests each, and so does a \
         look each {LOOKS}. A stack states in `requests_a_run` how many it needs"
    )
}

impl RequestBudget {
    pub(crate) fn new(units: usize) -> RequestBudget {
        RequestBudget { haste: RetryPacing::new(units), ..RequestBudget::default() }
    }
}

impl Watcher for RequestBudget {
    fn asked(&mut self) {
        self.opened += 1;
        self.asks();
    }

    fn on_server(&mut self, event: &Event<'_>) {
        match event {
            Event::BackendServed { kind, scanned, .. } if kind.pulls() => self.looked |= *scanned > 0,
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

    fn says_caught_up(&mut self, is: bool) {
        self.caught_up = Some(is);
        self.haste.without_runs = true;
        self.minute.behind |= !is;
    }

    fn on(&mut self, heard: &mut Heard<'_>) {
        let Heard { at, event, setup, .. } = *heard;
        let (units, waits) = (&*setup.labels.units, &setup.patience.retries());
        self.haste.on(at, event, units, waits);
        let worth = self.asked + self.again + self.brought;
        self.on_event(at, event, setup);
        self.minute.worth += self.asked + self.again + self.brought - worth;
    }

    fn end(&mut self, ended: &mut Ended<'_>) {
        let Ended { device, setup, ref mut findings, .. } = *ended;
        let (names, patience) = (&setup.labels, &setup.patience);
        let text = if let Some((of, too_soon)) = self.haste.too_soon {
            Some(too_soon.told(device, of, patience, names))
        } else if let Some(minute) = self.crowded {
            Some(told_crowded(device, minute, setup))
        } else if let Some(beyond) = self.beyond.filter(|_| self.caught_up.is_none()) {
            Some(self.told_answers(device, beyond, setup))
        } else {
            self.fetched.map(|at| self.told_fetches(device, at, &patience.retries(), names))
        };
        findings.found(&STORM, (Some(device), None), text);
    }
}

impl RequestBudget {
    fn on_event(&mut self, at: Time, event: &Event<'_>, setup: &OracleSetup) {
        let (units, waits) = (&*setup.labels.units, &setup.patience.retries());
        let parts = |unit: &SyncUnit| setup.patience.requests(unit);
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
                // A response without rows is still progress if the server had to scan rows for it.
                let looked = std::mem::take(&mut self.looked);
                self.brought += u64::from(*kind != RequestKind::Push && (*rows > 0 || looked));
                if self.beyond.is_none() {
                    self.beyond = self.beyond(at, setup);
                }
                self.answered(at, setup);
            }
            Event::Held(HeldEvent::Arrived { up: true, .. }) => self.answered(at, setup),
            Event::Engine(EngineEvent::RequestFailed { .. }) if self.caught_up.is_some() => self.again += 1,
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

    /// The server got a message or responded. Counts this for engines without runs.
    fn answered(&mut self, at: Time, setup: &OracleSetup) {
        if at >= self.minute.since + MINUTE {
            let behind = self.caught_up == Some(false);
            self.minute = Minute { since: at, behind, ..Minute::default() };
        }
        self.minute.answers += 1;
        let Minute { answers, worth, .. } = self.minute;
        let looks = MINUTE.0 / LOOKS.0;
        if self.caught_up.is_some() && answers > requests_per_poll(setup) * (looks + worth) {
            self.crowded.get_or_insert(self.minute);
        }
    }

    fn beyond(&self, at: Time, setup: &OracleSetup) -> Option<Beyond> {
        let RequestBudget { asked, again, brought, answers, .. } = *self;
        let units = &*setup.labels.units;
        if self.caught_up.is_some() {
            return None;
        }
        let due = units.iter().filter_map(period).map(|period| at.0 / period.0.max(1) + 1).sum();
        let most = requests_per_sync(setup) * (asked + due) + again + setup.patience.after_a_page() * brought;
        (answers > most).then_some((at, [asked, due, again, brought, most]))
    }

    fn told_answers(&self, device: DeviceId, beyond: Beyond, setup: &OracleSetup) -> String {
        let names = &setup.labels;
        let (at, counts) = beyond;
        let [asked, due, again, brought, most] = counts.map(thousands);
        let answers = thousands(self.answers);
        format!(
            "{device} got {answers} responses from the server in all, and by {} more than the \
             {most} that are explained: {} for each of the {asked} requests for a sync and the \
             {due} times that a unit was due, {again} to run failed units again, and {} after each \
             of {brought} responses and results that brought something",
            names.time(at),
            requests_per_sync(setup),
            setup.patience.after_a_page(),
        )
    }

    fn told_fetches(&self, device: DeviceId, at: Time, waits: &Waits, names: &Labels) -> String {
        let (fetches, opened, attempts) = (thousands(self.fetches), thousands(self.opened), waits.attempts);
        format!(
            "{device} asked for the details of records {fetches} times, from {} on more often than \
             retry.attempts = {attempts} for each of the {opened} times that somebody opened one",
            names.time(at)
        )
    }
    fn asks(&mut self) {
        self.asked += 1;
        self.haste.asked();
    }
}
