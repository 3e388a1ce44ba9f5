//! Tests of controllers as functions. After any history they stay within their bounds. A simulated
//! link with outages shows which sizes they reach; a chunk of s rows takes o + c·s seconds.

use proptest::prelude::*;

use super::*;
use crate::base::{EntityId, Seed, Span};
use crate::theory::chunk::Cost;

const START: Size = Size { rows: 500, bytes: 1 << 20 };
const FIRST: EntityId = EntityId(0);

/// The controllers that adapt, with the options that scenarios have by default.
fn adaptive() -> Vec<Controller> {
    vec![
        Controller::Clamp { target: Span::secs(5) },
        Controller::Aimd { step: 100, backoff: 0.5, target: Span::secs(15) },
        Controller::HalveWhenSlow { slow: Span::millis(500) },
        Controller::Gradient { tolerance: 1.5, headroom: 0.2, smoothing: 0.2 },
        Controller::Model(ModelOptions { target: Span::secs(15), memory: 30 }),
    ]
}

fn steering(controller: Controller) -> Steering {
    Steering::new(&SteeringOptions { controller, min_rows: 10, max_rows: 10_000 }, START)
}

fn failed(asked: Size, trouble: Trouble, took: Span) -> Observed {
    Observed { asked, rows: 0, full: false, wire: took, whole: took, fate: Fate::Failed(trouble) }
}

fn done(asked: Size, rows: u32, took: Span) -> Observed {
    Observed { asked, rows, full: rows >= asked.rows, wire: took, whole: took, fate: Fate::Done }
}

/// The outcome of a chunk. `share` is the received part of the requested rows, in thousandths.
#[derive(Clone, Copy, Debug)]
enum Happening {
    Done { share: u32, took: Span },
    Failed { trouble: Trouble, took: Span },
}

fn happening() -> impl Strategy<Value = Happening> {
    let took = (0_u64..200_000_000_000).prop_map(Span);
    let trouble = prop_oneof![Just(Trouble::Cut), Just(Trouble::TooSlow), Just(Trouble::Other)];
    prop_oneof![
        (0_u32..=1_000, took.clone()).prop_map(|(share, took)| Happening::Done { share, took }),
        (0_u32..1, took.clone()).prop_map(|(_, took)| Happening::Done { share: 1_000, took }),
        (trouble, took).prop_map(|(trouble, took)| Happening::Failed { trouble, took }),
    ]
}

fn seen(asked: Size, happening: Happening) -> Observed {
    match happening {
        Happening::Done { share, took } => {
            done(asked, (u64::from(asked.rows) * u64::from(share) / 1_000) as u32, took)
        }
        Happening::Failed { trouble, took } => failed(asked, trouble, took),
    }
}

proptest! {
    #[test]
    fn no_history_leads_out_of_bounds(history in proptest::collection::vec(happening(), 0..120)) {
        for controller in adaptive() {
            let mut steering = steering(controller.clone());
            for &happening in &history {
                let size = steering.size(FIRST);
                prop_assert!((10..=10_000).contains(&size.rows), "{controller:?}: {size:?}");
                prop_assert_eq!(size.bytes, START.bytes);
                steering.observe(&seen(size, happening));
            }
        }
    }

    #[test]
    fn however_long_chunks_failed_they_grow_again_when_all_is_well(failures in 1_usize..80) {
        for controller in adaptive() {
            let mut steering = steering(controller.clone());
            for _ in 0..failures {
                let size = steering.size(FIRST);
                steering.observe(&failed(size, Trouble::Cut, Span::secs(3)));
            }
            let low = steering.size(FIRST).rows;
            prop_assert!(low < START.rows, "{controller:?} did not shrink: {low}");
            for _ in 0..400 {
                let size = steering.size(FIRST);
                let took = Span::millis(20) + Span::micros(100) * u64::from(size.rows);
                steering.observe(&done(size, size.rows, took));
            }
            let high = steering.size(FIRST).rows;
            prop_assert!(high > START.rows, "{controller:?} stays at {high}");
        }
    }
}

#[test]
fn a_refusal_whatever_the_size_and_a_small_rest_move_nothing() {
    for controller in adaptive().into_iter().take(4) {
        let mut steering = steering(controller.clone());
        let size = steering.size(FIRST);
        steering.observe(&failed(size, Trouble::Other, Span::secs(2)));
        steering.observe(&done(size, 3, Span::millis(400)));
        assert_eq!(steering.size(FIRST), size, "{controller:?}");
    }
}

#[test]
fn fixed_sizes_stay_whatever_happens_and_are_no_news() {
    let own = [(EntityId(1), 7), (EntityId(2), 20_000)].into();
    let mut sized = steering(Controller::PerEntity(own));
    sized.observe(&failed(START, Trouble::Cut, Span::secs(2)));
    let rows: Vec<u32> = (0..3).map(|n| sized.size(EntityId(n)).rows).collect();
    assert_eq!(rows, [500, 7, 20_000]);
    let mut fixed = Steering::new(
        &SteeringOptions { controller: Controller::Fixed, min_rows: 10, max_rows: 10_000 },
        Size { rows: 1, bytes: 0 },
    );
    fixed.observe(&failed(START, Trouble::TooSlow, Span::secs(2)));
    assert_eq!(fixed.size(FIRST), Size { rows: 1, bytes: 1 });
    assert_eq!(fixed.news(START), None);
}

/// Pulls `rows` over a link with this cost. Returns the seconds that the pull takes. After an
/// outage the link is available again at once.
fn load(controller: Controller, cost: Cost, rows: u32, seed: u64) -> f64 {
    let mut steering = Steering::new(&SteeringOptions { controller, min_rows: 1, max_rows: 100_000 }, START);
    let mut random = Seed(seed).stream("outages", 0, 0);
    let mut up = || random.exponential(Span::from_secs_f64(cost.mtbf)).as_secs_f64();
    let mut next_outage = up();
    let (mut now, mut left) = (0.0, rows);
    while left > 0 {
        let asked = steering.size(FIRST);
        let takes = cost.chunk + cost.row * f64::from(asked.rows.min(left));
        let observed = if now + takes > next_outage {
            let took = next_outage - now;
            now = next_outage;
            next_outage += up();
            failed(asked, Trouble::Cut, Span::from_secs_f64(took))
        } else {
            now += takes;
            let came = asked.rows.min(left);
            left -= came;
            done(asked, came, Span::from_secs_f64(takes))
        };
        steering.observe(&observed);
    }
    now
}

#[test]
fn the_model_comes_within_a_tenth_of_the_closed_form_on_six_links() {
    let links = [
        ("LTE good", (0.25, 0.4e-3, 120.0)),
        ("LTE driving", (0.35, 0.8e-3, 30.0)),
        ("3G", (0.9, 2e-3, 60.0)),
        ("EDGE", (2.6, 20e-3, 45.0)),
        ("drive-by Wi-Fi", (0.15, 0.3e-3, 13.0)),
        ("GEO", (1.9, 0.3e-3, 600.0)),
    ];
    for (name, (chunk, row, mtbf)) in links {
        let cost = Cost { chunk, row, mtbf };
        let best = cost.best();
        // The number of rows is large, so that the learning phase is a small part of the time.
        let rows = (best * 400.0) as u32;
        let model = Controller::Model(ModelOptions { target: Span::secs(100_000), memory: 30 });
        let seconds: f64 = (1..=8).map(|seed| load(model.clone(), cost, rows, seed)).sum::<f64>() / 8.0;
        let ideal = f64::from(rows) * cost.time_a_row(best);
        let excess = seconds / ideal - 1.0;
        assert!(excess < 0.1, "{name}: {:.1} % above the best", excess * 100.0);
    }
}

#[test]
fn a_gradient_grows_from_a_few_rows_by_parts_of_a_row() {
    for start in [1, 5, 20] {
        let size = Size { rows: start, ..START };
        let controller = Controller::Gradient { tolerance: 1.5, headroom: 0.2, smoothing: 0.2 };
        let mut steering =
            Steering::new(&SteeringOptions { controller, min_rows: 1, max_rows: 10_000 }, size);
        for _ in 0..100 {
            let size = steering.size(FIRST);
            steering.observe(&done(size, size.rows, Span::millis(10) * u64::from(size.rows)));
        }
        // Each step adds 1/5 of 1/5 of the start size. With floats the sum is slightly less.
        let rows = steering.size(FIRST).rows;
        assert!(rows + 1 == start * 5 || rows == start * 5, "from {start}: {rows}");
    }
}
