//! Yjs over WebSockets. Each phone has a document.

use serde_json::{Value as Json, json};
use yrs::block::ClientID;
use yrs::updates::decoder::Decode;
use yrs::updates::encoder::Encode;
use yrs::{Any, Doc, Map, MapPrelim, Options, Out, ReadTxn, StateVector, Transact, Update};

use super::bench::{World, request};
use crate::contract::{EditId, Slip};

/// A phone's document.
struct Phone {
    doc: Doc,
    device: u32,
}

fn frame(kind: u8, bytes: &[u8]) -> Vec<u8> {
    assert!(bytes.len() < 1 << 14, "its length is two bytes at most");
    let length = match bytes.len() {
        short @ 0..=127 => vec![short as u8],
        long => vec![long as u8 & 0x7f | 0x80, (long >> 7) as u8],
    };
    [vec![0, kind], length, bytes.to_vec()].concat()
}

fn body(frame: &[u8]) -> &[u8] {
    let head = if frame[2] < 128 { 3 } else { 4 };
    &frame[head..]
}

impl Phone {
    fn new(device: u32) -> Phone {
        let options = Options {
            guid: "rows".into(),
            ..Options::with_client_id(ClientID::new(100 + u64::from(device)))
        };
        Phone { doc: Doc::with_options(options), device }
    }
    /// Opens a connection like `y-websocket` does, and receives the missing updates.
    fn connect(&self, world: &mut World) {
        world
            .connect(self.device, self.device.into(), &request("GET /app", &Json::Null))
            .expect("it is held");
        let state = self.doc.transact().state_vector().encode_v1();
        world.say(self.device, self.device.into(), frame(0, &state), &[]);
        self.hear(world);
    }
    /// Applies all messages that have come. Returns their slips.
    fn hear(&self, world: &mut World) -> Vec<Slip> {
        let heard = world.heard_with(self.device.into());
        for (message, _) in &heard {
            if message[1] > 0 {
                let update = Update::decode_v1(body(message)).expect("it is one");
                self.doc.transact_mut().apply_update(update).expect("it fits");
            }
        }
        heard.into_iter().map(|(_, slip)| slip).collect()
    }
    /// Sets a member of a row, and creates the row if needed. Returns the update.
    fn set(&self, key: &str, name: &str, value: &str) -> Vec<u8> {
        let map = self.doc.get_or_insert_map("note");
        let mut of = self.doc.transact_mut();
        let row = match map.get(&of, key) {
            Some(Out::YMap(row)) => row,
            _ => map.insert(&mut of, key, MapPrelim::default()),
        };
        row.insert(&mut of, name, value);
        of.encode_update_v1()
    }
    fn remove(&self, key: &str) -> Vec<u8> {
        let map = self.doc.get_or_insert_map("note");
        let mut of = self.doc.transact_mut();
        map.remove(&mut of, key);
        of.encode_update_v1()
    }
    fn send(&self, world: &mut World, update: &[u8], edits: &[(&str, EditId)]) {
        world.say(self.device, self.device.into(), frame(2, update), edits);
    }
    fn text(&self, key: &str) -> Json {
        let map = self.doc.get_or_insert_map("note");
        let of = self.doc.transact();
        match map.get(&of, key) {
            Some(Out::YMap(row)) => match row.get(&of, "text") {
                Some(Out::Any(Any::String(text))) => json!(&*text),
                other => json!(format!("{other:?}")),
            },
            _ => json!("-"),
        }
    }
}

#[test]
fn an_update_is_written_echoed_and_goes_to_the_others() {
    for (echo, own) in [("all", 1), ("others", 0)] {
        let mut world = World::new("yjs", &[("echo", echo)]);
        world.office("bbbb", "office");
        let (a, b) = (Phone::new(0), Phone::new(1));
        a.connect(&mut world);
        b.connect(&mut world);
        assert_eq!((a.text("bbbb"), b.text("bbbb")), (json!("office"), json!("office")));
        let (edit, update) = (world.edit(0), a.set("aaaa", "text", "mine"));
        a.send(&mut world, &update, &[("aaaa", edit)]);
        assert_eq!(world.text("aaaa"), "mine");
        let echoed = a.hear(&mut world);
        assert_eq!(echoed.len(), own, "{echo}");
        let stamp = world.row("aaaa").map(|(_, stamp)| stamp);
        assert!(echoed.iter().all(|slip| slip.edits[0].stamp == stamp), "it says what it became");
        let told = b.hear(&mut world);
        assert_eq!(
            (told.len(), told[0].edits.len(), told[0].rows[0].stamp),
            (1, 0, stamp.expect("it is there"))
        );
        assert_eq!(b.text("aaaa"), json!("mine"));
        a.send(&mut world, &update, &[("aaaa", edit)]);
        assert_eq!((b.hear(&mut world).len(), world.row("aaaa").map(|(_, stamp)| stamp)), (0, stamp), "once");
        let (edit, update) = (world.edit(1), b.remove("aaaa"));
        b.send(&mut world, &update, &[("aaaa", edit)]);
        a.hear(&mut world);
        assert_eq!((world.text("aaaa"), a.text("aaaa")), ("-".to_owned(), json!("-")));
    }
}

#[test]
fn what_two_phones_set_at_once_is_one_value_in_any_order() {
    let outcome = |order: [usize; 2]| {
        let mut world = World::new("yjs", &[]);
        world.office("aaaa", "office");
        let phones = [Phone::new(0), Phone::new(1)];
        phones.iter().for_each(|phone| phone.connect(&mut world));
        let updates = [phones[0].set("aaaa", "text", "by 0"), phones[1].set("aaaa", "text", "by 1")];
        for nth in order {
            let edit = world.edit(nth as u32);
            phones[nth].send(&mut world, &updates[nth], &[("aaaa", edit)]);
        }
        phones.iter().for_each(|phone| _ = phone.hear(&mut world));
        assert_eq!(phones[0].text("aaaa"), phones[1].text("aaaa"));
        assert_eq!(json!(world.text("aaaa")), phones[0].text("aaaa"));
        world.text("aaaa")
    };
    assert_eq!(outcome([0, 1]), outcome([1, 0]), "the last to arrive would be another each time");
}

#[test]
fn a_document_outlives_a_kill_and_phones_bring_what_it_lacks() {
    let mut world = World::new("yjs", &[]);
    let a = Phone::new(0);
    a.connect(&mut world);
    let (edit, update) = (world.edit(0), a.set("aaaa", "text", "one"));
    a.send(&mut world, &update, &[("aaaa", edit)]);
    world.office("aaaa", "office");
    a.hear(&mut world);
    assert_eq!(a.text("aaaa"), json!("office"));
    world.kill();
    let offline = world.edit(0);
    a.set("aaaa", "text", "while it was away");
    world.connect(0, 0, &request("GET /app", &Json::Null)).expect("it is held");
    let (hello, _) = world.heard_with(0).remove(0);
    let state = StateVector::decode_v1(body(&hello)).expect("it begins with its state");
    let missing = a.doc.transact().encode_state_as_update_v1(&state);
    world.say(0, 0, frame(1, &missing), &[("aaaa", offline)]);
    assert_eq!(world.text("aaaa"), "while it was away");
    world.kill();
    let b = Phone::new(1);
    b.connect(&mut world);
    assert_eq!(b.text("aaaa"), json!("while it was away"));
}

#[test]
fn an_update_that_no_edit_names_is_overruled() {
    let mut world = World::new("yjs", &[]);
    world.office("aaaa", "office");
    let (a, b) = (Phone::new(0), Phone::new(1));
    a.connect(&mut world);
    b.connect(&mut world);
    let update = a.set("aaaa", "text", "mine");
    a.send(&mut world, &update, &[]);
    a.hear(&mut world);
    b.hear(&mut world);
    assert_eq!(
        (world.text("aaaa"), a.text("aaaa"), b.text("aaaa")),
        ("office".to_owned(), json!("office"), json!("office"))
    );
}

#[test]
fn frames_that_cannot_be_read_close_and_awareness_is_passed_on() {
    let mut world = World::new("yjs", &[]);
    let (a, b) = (Phone::new(0), Phone::new(1));
    a.connect(&mut world);
    b.connect(&mut world);
    world.say(0, 0, [1, 2, 3], &[]);
    assert_eq!(world.heard_with(1).remove(0).0, [1, 2, 3]);
    for wrong in
        [&[][..], &[7], &[0], &[0, 0, 9, 1], &[0, 0, 1, 255], &[0, 2, 9, 1], &[0, 2, 3, 255, 255, 255]]
    {
        let mut world = World::new("yjs", &[]);
        Phone::new(0).connect(&mut world);
        world.say(0, 0, wrong, &[]);
        assert!(world.is_closed(0), "{wrong:?}");
    }
}

/// All bytes that the server sends while 3 phones write many rows and remove some.
fn sent_bytes() -> Vec<Vec<u8>> {
    let mut world = World::new("yjs", &[]);
    let phones: Vec<Phone> = (0..3).map(Phone::new).collect();
    phones.iter().for_each(|phone| phone.connect(&mut world));
    let mut sent = Vec::new();
    for n in 0..30_u32 {
        let (phone, key) = (&phones[n as usize % 3], format!("row-{}", n % 12));
        let update = if n % 7 == 6 {
            phone.remove(&key)
        } else {
            phone.set(&key, ["text", "more"][n as usize % 2], &key)
        };
        let edit = world.edit(n % 3);
        phone.send(&mut world, &update, &[(&key, edit)]);
        if n % 5 == 0 {
            world.office(&format!("office-{n}"), "office");
        }
        sent.extend(world.heard_with(0).into_iter().map(|(message, _)| message));
    }
    world.kill();
    world.say(9, 9, frame(0, &StateVector::default().encode_v1()), &[]);
    sent.extend(world.heard_with(9).into_iter().map(|(message, _)| message));
    sent
}

#[test]
fn the_same_history_gives_the_same_bytes() {
    let first = sent_bytes();
    assert!(first.len() > 30 && first.iter().any(|message| message.len() > 500), "{}", first.len());
    (0..4).for_each(|_| assert_eq!(sent_bytes(), first));
}
