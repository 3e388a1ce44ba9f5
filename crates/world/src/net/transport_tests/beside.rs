//! Side data (slips) of messages on a held connection.

use super::*;
use crate::base::{DeviceId, EditId, EntityId, Key};
use crate::contract::{RowEdits, Slip};
use crate::net::ServerEnd;

/// Echoes every message and its slip.
#[derive(Default)]
struct Echo(RefCell<Vec<Rc<dyn ServerEnd>>>, RefCell<Vec<Slip>>);

impl Server for Echo {
    fn serve(&self, request: Vec<u8>) -> LocalBoxFuture<'static, Option<Vec<u8>>> {
        Box::pin(async move { Some(request) })
    }
    fn open(&self, _: &[u8], end: Rc<dyn ServerEnd>) -> Option<Result<u64, Vec<u8>>> {
        self.0.borrow_mut().push(end);
        Some(Ok(0))
    }
    fn message(&self, number: u64, message: Vec<u8>, slip: Slip) {
        self.1.borrow_mut().push(slip.clone());
        self.0.borrow()[number as usize].send_with(message, slip);
    }
}

/// Returns the slips that a server and a phone receive, with the phone's times. The phone sends the
/// message twice, the second time into an outage.
fn beside(slip: &Slip) -> (Vec<Slip>, Vec<(Slip, Time)>) {
    let mut sim = Sim::default();
    let handle = sim.handle().clone();
    let (gateway, server) = (handle.node("gateway"), Rc::new(Echo::default()));
    let mut link = Link::new(&LinkSchedule::settled(Arc::new(profile())), Seed(1), Time::FAR);
    under(outage(5_000, 9_000, OutageMode::Reset))(&mut link);
    let (link, seen) = (Rc::new(RefCell::new(link)), Rc::new(Counted::default()));
    let way = Way::new(handle.clone(), gateway, link, server.clone(), seen, options());
    let (own, sent) = (handle.clone(), slip.clone());
    let noted: Rc<RefCell<Vec<(Slip, Time)>>> = Rc::default();
    let came = noted.clone();
    handle.spawn(handle.node("device"), "app", async move {
        let line = way.connect(b"hello".to_vec(), at(30_000)).await.expect("it is taken");
        line.send_with(vec![0; 100], sent.clone()).expect("it is open");
        let received = line.receive_with().await.expect("it comes back");
        came.borrow_mut().extend(received.map(|(_, slip)| (slip, own.now())));
        own.sleep_until(at(6_000)).await;
        _ = line.send_with(vec![0; 100], sent);
        _ = line.receive_with().await;
    });
    sim.run_until(at(60_000));
    (server.1.take(), noted.take())
}

#[test]
fn a_slip_comes_with_its_message_and_costs_nothing() {
    let edits = vec![EditId { device: DeviceId(1), number: 7 }];
    let row = RowEdits { entity: EntityId(0), key: Key::new("a"), edits, stamp: None };
    let named = Slip { edits: vec![row], ..Slip::default() };
    let (up, down) = beside(&named);
    assert_eq!((&up, down.len(), &down[0].0), (&vec![named.clone()], 1, &named));
    let (up, same) = beside(&Slip::default());
    assert_eq!((up, &same[0].0, same[0].1), (vec![Slip::default()], &Slip::default(), down[0].1));
}
