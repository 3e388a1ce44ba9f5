use std::sync::Arc;

use super::stage::{Stage, VISIT};
use crate::base::{DeviceId, Key};
use crate::contract::{Event, KillReason};
use crate::oracle::{Clock, Filter, Life};

fn lived(filter: Filter) -> Vec<String> {
    let mut stage = Stage::new();
    stage.life =
        Some(Life::new(Arc::clone(&stage.schema), Arc::clone(&stage.units), Clock::default(), filter));
    stage.update(0, "a1", "done");
    stage.update(0, "a2", "not asked for");
    stage.push(0, false);
    stage.emit(0, Event::ProcessKilled { reason: KillReason::Killed });
    stage.emit(2, Event::ProcessKilled { reason: KillReason::PowerLoss });
    stage.push(0, true);
    stage.pull(1);
    stage.life.take().unwrap().lines()
}

#[test]
fn the_life_of_a_record_is_told_in_order_and_nothing_else_is() {
    let lines = lived(Filter { records: [(VISIT, Key::new("a1"))].into(), ..Filter::default() });
    assert_eq!(
        lines,
        [
            "00:00:01.000 d0 edit d0.e0 update visit a1 status=\"done\", dated 00:00:02.000",
            "00:00:03.000 d0 edit d0.e0 of visit a1 sent in request 1",
            "00:00:04.000 backend visit a1 committed by edit d0.e0 as of 00:00:05.000: clinic=\"a\", status=\"done\", doctor=\"dr-a\"",
            "00:00:06.000 d0 request 1 got no answer: timed out after 1s",
            "00:00:06.000 d0 process killed",
            "00:00:07.000 d0 edit d0.e0 of visit a1 sent in request 2",
            "00:00:07.000 backend edit d0.e0 came again, answered from memory",
            "00:00:08.000 d0 request 2 answered after 1s: 2 rows, 1 byte",
            "00:00:08.000 d0 edit d0.e0 acknowledged as of 00:00:05.000",
            "00:00:09.000 d1 now holds visit a1 as of 00:00:05.000",
        ]
    );
}

#[test]
fn a_device_may_be_followed_as_a_whole() {
    let lines = lived(Filter { device: Some(DeviceId(2)), ..Filter::default() });
    assert_eq!(lines, ["00:00:06.000 d2 power lost"]);
}

#[test]
fn the_story_is_bounded_and_says_what_it_left_out() {
    let mut stage = Stage::new();
    let filter = Filter { device: Some(DeviceId(0)), ..Filter::default() };
    stage.life =
        Some(Life::new(Arc::clone(&stage.schema), Arc::clone(&stage.units), Clock::default(), filter));
    (0..Life::LINES + 5).for_each(|_| stage.emit(0, Event::LinkDown));
    let lines = stage.life.take().unwrap().lines();
    assert_eq!((lines.len(), lines.last().unwrap().as_str()), (Life::LINES + 1, "and 5 more"));
}
