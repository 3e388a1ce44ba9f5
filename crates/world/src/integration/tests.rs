//! The destination and the platform alone.

use std::sync::Arc;

use super::destination::{Answer, Destination, Failure, Handled, Move, Request};
use super::options::{DestinationOptions, Ids};
use super::platform::Platform;
use super::rows::{Write, Written, settled, writes};
use crate::base::{EntityId, Key, Ppm, Seed, Stamp, Time, Value, at_ms};
use crate::gateway::FeedRow;

const ORDER: EntityId = EntityId(0);

fn destination(options: DestinationOptions) -> Destination {
    Destination::new(options, Seed(1), Time::ZERO)
}

fn write(key: &str, stamp: i64, text: Option<&str>, own: Option<u64>) -> Write {
    let values = text.map(|text| Arc::from([Value::text(text)]));
    Write { entity: ORDER, key: Key::new(key), stamp: Stamp(stamp), values, own }
}

fn ask(destination: &mut Destination, write: Write) -> Result<Answer, Failure> {
    destination.handle(at_ms(1), 0, &Request::Write(vec![write], None)).answer
}

fn texts(destination: &Destination) -> Vec<String> {
    let mut texts = Vec::new();
    destination.records(ORDER, &mut |key, values| texts.push(format!("{key} {}", values[0])));
    texts
}

#[test]
fn a_write_again_is_a_second_record_only_by_the_own_id() {
    for (ids, expected) in [(Ids::External, 1), (Ids::Lookup, 2), (Ids::Own, 2)] {
        let mut destination = destination(DestinationOptions { ids, ..Default::default() });
        for _ in 0..2 {
            assert!(ask(&mut destination, write("a", 1, Some("x"), None)).is_ok());
        }
        assert_eq!(texts(&destination).len(), expected, "{ids:?}");
    }
}

#[test]
fn an_own_id_that_is_found_is_updated_and_one_that_is_gone_is_not_made_again() {
    let mut destination = destination(DestinationOptions { ids: Ids::Lookup, ..Default::default() });
    let made = ask(&mut destination, write("a", 1, Some("x"), None));
    assert_eq!(made, Ok(Answer::Written(vec![Written::There(1)])));
    let found = destination.handle(at_ms(2), 0, &Request::Find(ORDER, vec![Key::new("a"), Key::new("b")]));
    assert_eq!(found.answer, Ok(Answer::Found(vec![Some(1), None])));
    assert!(ask(&mut destination, write("a", 2, Some("y"), Some(1))).is_ok());
    assert_eq!(texts(&destination), ["a \"y\""]);
    assert_eq!(ask(&mut destination, write("a", 3, None, Some(1))), Ok(Answer::Written(vec![Written::Gone])));
    assert_eq!(
        ask(&mut destination, write("a", 2, Some("y"), Some(1))),
        Ok(Answer::Written(vec![Written::Gone]))
    );
    assert!(texts(&destination).is_empty());
}

#[test]
fn an_older_version_replaces_a_later_one_unless_versions_are_heeded() {
    for (versions, expected) in [(false, "a \"old\""), (true, "a \"new\"")] {
        let mut destination = destination(DestinationOptions { versions, ..Default::default() });
        for (stamp, text) in [(2, "new"), (1, "old")] {
            assert!(ask(&mut destination, write("a", stamp, Some(text), None)).is_ok());
        }
        assert_eq!(texts(&destination), [expected]);
    }
}

#[test]
fn a_cursor_that_moved_refuses_the_records_with_it() {
    let mut destination = destination(DestinationOptions::default());
    let mut moves = |from: Option<&str>, to: &str, key: &str| {
        let (from, to) = (from.map(str::to_owned), to.to_owned());
        let moves = Move { entity: ORDER, from, to, waits: false };
        let request = Request::Write(vec![write(key, 1, Some("x"), None)], Some(moves));
        destination.handle(at_ms(1), 0, &request).answer
    };
    assert!(moves(None, "1", "a").is_ok());
    assert_eq!(moves(None, "1", "b"), Err(Failure::CursorMoved));
    assert!(moves(Some("1"), "2", "c").is_ok());
    assert_eq!(texts(&destination), ["a \"x\"", "c \"x\""]);
}

#[test]
fn half_of_the_calls_that_fail_took_effect_and_a_poisoned_row_never_does() {
    let options = DestinationOptions { errors: Ppm(400_000), poison: Ppm(100_000), ..Default::default() };
    let mut destination = destination(options);
    let (mut failed, mut rejected) = (0, 0);
    for n in 0..1_000 {
        let request = Request::Write(vec![write(&format!("{n}"), 1, Some("x"), None)], None);
        let Handled { answer, .. } = destination.handle(at_ms(1), 0, &request);
        failed += u32::from(answer.is_err());
        rejected += u32::from(answer == Ok(Answer::Written(vec![Written::Rejected])));
    }
    let refused = (0..1_000).filter(|n| destination.refuses(ORDER, &Key::new(&n.to_string()))).count();
    let taken = texts(&destination).len();
    assert!((350..450).contains(&failed) && (60..140).contains(&refused), "{failed} {refused}");
    assert!((680..760).contains(&taken) && rejected as usize <= refused, "{taken} {rejected} {refused}");
    destination.mend();
    let request = Request::Write(vec![write("more", 1, Some("x"), None)], None);
    assert!((0..50).all(|_| destination.handle(at_ms(2), 0, &request).answer.is_ok()));
}

#[test]
fn a_delete_of_what_is_known_by_no_id_is_not_sent() {
    let row = |key: &str, text: Option<&str>| {
        let values = text.map(|text| Arc::from([Value::text(text)]));
        FeedRow { key: Key::new(key), stamp: Stamp(1), values }
    };
    let rows = [row("a", None), row("b", Some("x"))];
    assert_eq!(writes(ORDER, &rows, None).len(), 2);
    let sent = writes(ORDER, &rows, Some(&|_| None));
    assert_eq!(sent, [write("b", 1, Some("x"), None)]);
}

#[test]
fn a_platform_forgets_what_was_taken_and_keeps_what_was_rejected() {
    let mut platform = Platform::default();
    let sent = [write("a", 1, Some("x"), None), write("b", 1, Some("x"), None)];
    let came = settled(&sent, &[Written::There(7), Written::Rejected]);
    platform.note_ids(ORDER, &came);
    platform.note_rejected(ORDER, &[Key::new("a"), Key::new("b")], &came.rejected);
    assert_eq!((platform.id(ORDER, &Key::new("a")), platform.id(ORDER, &Key::new("b"))), (Some(7), None));
    assert_eq!(platform.rejected(ORDER), [Key::new("b")]);
    platform.note_rejected(ORDER, &[Key::new("b")], &[]);
    assert!(platform.rejected(ORDER).is_empty());
    assert!(platform.claims(0, at_ms(1), at_ms(9)) && platform.claims(0, at_ms(5), at_ms(12)));
    assert!(!platform.claims(1, at_ms(9), at_ms(20)) && platform.claims(1, at_ms(12), at_ms(20)));
    platform.release(0);
    assert!(!platform.claims(0, at_ms(13), at_ms(20)), "it is the other's");
}
