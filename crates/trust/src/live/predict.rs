//! Predicts a cell by simulation.

use std::cell::RefCell;
use std::rc::Rc;

use syncdyno_contract::base::{DeviceId, Span};
use syncdyno_contract::contract::{AppEvent, Event, Node, Occurrence};
use syncdyno_world::world::{Ear, Stacks, Unwatched, run_heard};

use crate::live::cell::Cell;
use crate::live::tally::Tally;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Predicted {
    pub(crate) tally: Tally,
    /// The bytes of packets with data, with all headers: up and down.
    pub(crate) wire: [u64; 2],
}

impl Ear for Predicted {
    fn on(&mut self, occurrence: &Occurrence<'_>) {
        let Predicted { tally, wire } = self;
        if occurrence.node != Node::Device(DeviceId(0)) || tally.ended.is_some() {
            return;
        }
        match &occurrence.event {
            Event::App(AppEvent::Login) => tally.begins(occurrence.at),
            Event::Engine(event) => tally.on(occurrence.at, event),
            Event::PacketsSent { up, bytes, .. } => wire[usize::from(!up)] += bytes,
            _ => {}
        }
    }
}

/// Simulates a cell.
///
/// # Errors
/// The cell cannot be simulated, or its first sync did not end.
pub(crate) fn predict(cell: &Cell) -> Result<Predicted, String> {
    let setup = cell.setup()?;
    let heard = Rc::new(RefCell::new(Predicted::default()));
    run_heard(&setup, &Stacks::builtin(), &Unwatched, heard.clone()).map_err(|e| e.to_string())?;
    let predicted = heard.take();
    predicted.tally.took().ok_or("the first sync did not end")?;
    Ok(predicted)
}

/// Variations of an outage's start and length, in thousandths. Events before the outage may be
/// predicted 1 % too early or too late. A TCP retransmission may be off by 5 % of the outage's
/// length.
const NEAR: [(u64, u64); 4] = [(1_000, 950), (1_000, 1_050), (990, 1_000), (1_010, 1_000)];

/// True if a slightly shorter, longer, earlier or later outage would change the predicted time by
/// more than 5 %. Then the measured time may be on either side: another TCP retransmission meets
/// the outage, or the outage falls between two requests.
///
/// # Errors
/// The errors of [`predict`].
pub(crate) fn is_at_an_edge(cell: &Cell, predicted: Span) -> Result<bool, String> {
    let Some((from, length)) = cell.outage else { return Ok(false) };
    for (sooner, shorter) in NEAR {
        let near = (from.scaled(sooner, 1_000), length.scaled(shorter, 1_000));
        let took = predict(&Cell { outage: Some(near), ..cell.clone() })?.tally.took().unwrap_or_default();
        if took.0.abs_diff(predicted.0) * 20 > predicted.0 {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(outage: Option<(Span, Span)>) -> Cell {
        let (link, congestion) = ("3g-hspa".to_owned(), "cubic".to_owned());
        Cell { link, congestion, rows: 1_000, chunk: 500, outage }
    }

    #[test]
    fn a_cell_has_all_its_rows_and_an_outage_costs_its_length() {
        let clean = predict(&cell(None)).expect("it is simulated");
        assert_eq!((clean.tally.rows, clean.tally.failed, clean.tally.errors), (1_000, 0, 0));
        assert!(clean.wire[1] > clean.tally.down && clean.tally.down > 100_000, "{clean:?}");
        let took = clean.tally.took().expect("it ended");
        let outage = (Span::millis(500), Span::secs(2));
        let with = predict(&cell(Some(outage))).expect("it is simulated").tally;
        assert_eq!(with.rows, 1_000);
        assert!(with.took().expect("it ended") >= took + Span::millis(1_500), "{with:?} for {took}");
    }

    #[test]
    fn an_edge_is_where_a_little_more_outage_costs_another_timeout() {
        let lengths = (10..30).map(|tenths| Span::millis(tenths * 100));
        let at_edges = lengths.filter(|length| {
            let cell = cell(Some((Span::millis(500), *length)));
            let took = predict(&cell).expect("it is simulated").tally.took().expect("it ended");
            is_at_an_edge(&cell, took).expect("it is simulated")
        });
        let edges = at_edges.count();
        assert!((1..15).contains(&edges), "{edges} of 20 lengths");
        assert_eq!(is_at_an_edge(&cell(None), Span::secs(1)), Ok(false), "without an outage");
    }
}
