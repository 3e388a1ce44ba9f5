//! The collector of metrics: it listens to all events of a simulation and fills the metrics table.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{
    Attachments, Board, Delivery, Distribution, Edits, Figures, Forgotten, Id, Kind, Left, Levels, Listening,
    Pace, Pages, Replication, Sample, Series, Sessions, Situations, StatusMetrics, TABLE, TailCollector,
    Tails, Traffic, Visibility, Wait,
};
use crate::base::{DeviceId, EntityId, Span, Time};
use crate::contract::{EngineEvent, Event, Node, Occurrence, Schema, SyncError};

/// The facts that a collector needs before the first event.
#[derive(Clone, Debug, Default)]
pub struct CollectorSetup {
    /// By device, the name of the state in which it starts.
    pub starts: Vec<String>,
    /// By sync unit, its name.
    pub units: Vec<String>,
    /// By sync unit, true if it pulls.
    pub pulls: Vec<bool>,
    /// The length of the script. The interval between samples follows from it.
    pub script: Span,
    /// Data that is not older than this counts as fresh.
    pub freshness: Span,
    /// The entities.
    pub schema: Arc<Schema>,
    /// The entities whose rows are sent to another system.
    pub integrated: Vec<EntityId>,
}

/// The results of a collector.
#[derive(Clone, Debug)]
pub struct Collected {
    /// The figures of all metrics.
    pub figures: Figures,
    /// Samples of some figures over virtual time.
    pub series: Vec<Sample>,
    /// By metric name, all observations of a distribution.
    pub distributions: Vec<(&'static str, Distribution)>,
    /// The devices with the longest syncs, and the lengths of these syncs.
    pub slowest: Vec<(DeviceId, Span)>,
    /// The largest observations of some metrics, for a search that has limits on them.
    pub tails: Tails,
}

/// Listens to a simulation and computes all metrics of the table.
#[derive(Debug)]
pub struct Collector {
    board: Board,
    sessions: Sessions,
    attachments: Attachments,
    forgotten: Forgotten,
    traffic: Traffic,
    listening: Listening,
    edits: Edits,
    delivery: Delivery,
    pace: Pace,
    pages: Pages,
    visibility: Visibility,
    replication: Replication,
    sights: StatusMetrics,
    situations: Situations,
    series: Series,
    longest: Vec<Span>,
    tails: TailCollector,
}

const SLOWEST: usize = 3;

impl Collector {
    /// Makes a collector without observations.
    pub fn new(setting: CollectorSetup) -> Collector {
        let devices = setting.starts.len();
        Collector {
            board: Board::new(&setting.starts, setting.units, setting.schema.clone()),
            sessions: Sessions::new(devices),
            attachments: Attachments::new(setting.schema.clone()),
            forgotten: Forgotten::default(),
            traffic: Traffic::new(devices),
            listening: Listening::default(),
            edits: Edits::default(),
            delivery: Delivery::new(setting.integrated),
            pace: Pace::new(devices),
            pages: Pages::new(setting.script),
            visibility: Visibility::new(devices),
            replication: Replication::new(devices, setting.pulls, setting.freshness),
            sights: StatusMetrics::default(),
            situations: Situations::new(devices, setting.schema),
            series: Series::new(setting.script),
            longest: vec![Span::ZERO; devices],
            tails: TailCollector::default(),
        }
    }

    /// Processes an event.
    pub fn on(&mut self, occurrence: &Occurrence<'_>) {
        let Occurrence { at, node, event } = occurrence;
        if self.series.due(*at) {
            let levels = self.levels();
            self.series.advance(*at, levels);
        }
        let board = &mut self.board;
        self.situations.on(*at, *node, event, board);
        self.attachments.on(*at, *node, event, board);
        let device = if let Node::Device(device) = node { Some(*device) } else { None };
        self.edits.on(*at, device, event, board);
        self.delivery.on(*at, event, board);
        self.listening.on(*at, device, event, board);
        self.visibility.on(*at, device, event, board);
        match event {
            Event::BackendAvailable(available) => self.visibility.presence.backend_down = !available,
            Event::Restored { to, .. } if *node == Node::Backend => self.visibility.went_back(*to),
            Event::BackendServed { device, queued, .. } => {
                device.iter().for_each(|device| self.sessions.queued(*device, *queued));
                self.series.longest_queued = self.series.longest_queued.max(*queued);
            }
            Event::MutationReplayed { .. } => {
                let by_gateway = *node == Node::Gateway;
                board.count(if by_gateway { Id::UploadsReplayed } else { Id::BackendReplayed });
            }
            _ => {}
        }
        self.traffic.on_backend(*at, event, board);
        if *node == Node::Gateway {
            self.replication.on_gateway(*at, event, board);
        }
        if let Some(device) = device {
            self.on_device(*at, device, event);
        }
    }

    /// Ends the collection and returns all results. `found` has figures from other sources (the
    /// oracle), by metric name.
    ///
    /// # Panics
    /// If the table has no number with one of these names, which is a bug.
    pub fn finish(mut self, at: Time, found: &BTreeMap<&'static str, u64>, left: &Left<'_, '_>) -> Collected {
        let devices = 0..self.longest.len() as u32;
        devices.clone().for_each(|device| self.end_untold(at, DeviceId(device)));
        let levels = self.levels();
        for (name, value) in found {
            let metric = TABLE.iter().find(|m| m.name == *name && m.kind != Kind::Distribution);
            self.board.set(metric.unwrap_or_else(|| panic!("no metric {name} in the table")).id, *value);
        }
        let (ours, theirs) = (self.board.value(Id::ConflictsFound), self.board.value(Id::OracleConflicts));
        self.board.set(Id::ConflictsMiscounted, ours.abs_diff(theirs));
        self.situations.finish(at, &mut self.board);
        self.sessions.finish(at, &mut self.board);
        self.sights.finish(at, &mut self.board);
        self.forgotten.finish(&mut self.board);
        self.attachments.finish(at, &mut self.board);
        self.delivery.finish(at, left.is_carried, &mut self.board);
        self.pages.finish(at, &mut self.board);
        self.replication.finish(at, &mut self.board);
        self.edits.finish(at, left.end_of, &mut self.board);
        self.visibility.finish(at, left, &mut self.board);
        for (device, waited) in &left.logins {
            let waited = self.sessions.with_network(at, *device, *waited);
            self.board.observe_on(Id::Usable, *device, Wait::Never(waited.0));
        }
        self.board.set(Id::NeverUsable, left.logins.len() as u64);
        self.traffic.finish(at, &mut self.board);
        self.listening.finish(&mut self.board);
        let (figures, distributions) = self.board.figures();
        let mut slowest: Vec<(DeviceId, Span)> =
            devices.map(DeviceId).zip(self.longest).filter(|(_, took)| took.0 > 0).collect();
        slowest.sort_by_key(|(_, took)| std::cmp::Reverse(*took));
        slowest.truncate(SLOWEST);
        let (series, tails) = (self.series.finish(at, levels), self.tails.finish());
        Collected { figures, series, distributions, slowest, tails }
    }

    /// Closes sync runs whose process died before it could report their end.
    fn end_untold(&mut self, at: Time, device: DeviceId) {
        while let Some((unit, run)) = self.sessions.untold(device) {
            let ended = Event::Engine(EngineEvent::SyncError { unit, run, error: &SyncError::Interrupted });
            self.sessions.on(at, device, &ended, &mut self.board);
            self.replication.on_device(at, device, &ended, &mut self.board);
        }
    }

    fn on_device(&mut self, at: Time, device: DeviceId, event: &Event<'_>) {
        if matches!(event, Event::Engine(EngineEvent::SyncStart { .. })) {
            self.end_untold(at, device);
        }
        if let Event::Engine(EngineEvent::SyncComplete { took, .. }) = event {
            for longest in [&mut self.series.longest_synced, &mut self.longest[device.0 as usize]] {
                *longest = (*longest).max(*took);
            }
        }
        self.tails.on(at, device, event);
        self.visibility.presence.on(at, device, event);
        self.sessions.on(at, device, event, &mut self.board);
        self.sights.on(at, device, event, &mut self.board);
        self.forgotten.on(at, device, event, &mut self.board);
        self.pace.on(device, event, &mut self.board);
        self.pages.on(at, device, event, &mut self.board);
        self.traffic.on_device(at, device, event, &mut self.board);
        self.traffic.on_engine(device, event, &mut self.board);
        self.replication.on_device(at, device, event, &mut self.board);
    }

    fn levels(&self) -> Levels {
        let count = |id| self.board.value(id);
        let (waiting, online) = (self.edits.waiting.len() as u64, self.visibility.presence.online);
        [count(Id::Requests), count(Id::ApplyRows), waiting, online]
    }
}
