//! Searches of curves that are not smooth.

use super::*;

#[test]
fn a_search_looks_past_a_dent_where_what_misses_a_limit_behind_it_costs_less() {
    let dented =
        |x: f64| (1e5 * x / (x + 100.0) * if (280.0..=520.0).contains(&x) { 0.8 } else { 1.0 }) as u64;
    let place = place_with_one_slow_seed(dented, |x| x > 700.0);
    let best: f64 = place.knobs[0].best.parse().unwrap();
    assert!((521.0..=700.0).contains(&best), "256 is the best this side of the dent, and {best} was found");
    // Where nothing behind it is better, the search takes as many cells as without the limit.
    let cells = |slow: fn(f64) -> bool| {
        let fallen = |x: f64| dented(x.min(280.0));
        place_with_one_slow_seed(fallen, slow).knobs[0].points.len()
    };
    assert_eq!(cells(|x| x > 700.0), cells(|_| false));
}
