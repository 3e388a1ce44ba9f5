//! Memory of a held connection, compared with a request in transit.

use super::*;
use crate::net::ServerEnd;

/// Accepts connections, and responds to requests after an hour.
struct Slow(Handle, RefCell<Vec<Rc<dyn ServerEnd>>>);

impl Server for Slow {
    fn serve(&self, request: Vec<u8>) -> LocalBoxFuture<'static, Option<Vec<u8>>> {
        let handle = self.0.clone();
        Box::pin(async move {
            handle.sleep(Span::secs(3_600)).await;
            Some(request)
        })
    }
    fn open(&self, _: &[u8], end: Rc<dyn ServerEnd>) -> Option<Result<u64, Vec<u8>>> {
        self.1.borrow_mut().push(end);
        Some(Ok(self.1.borrow().len() as u64 - 1))
    }
}

/// Bytes of memory per phone after ten seconds, with a held connection or a pending request.
fn memory_of_one(holds: bool) -> i64 {
    const PHONES: i64 = 200;
    let mut kept = None;
    let taken = allocation_counter::measure(|| {
        let mut sim = Sim::default();
        let handle = sim.handle().clone();
        let gateway = handle.node("gateway");
        let server = Rc::new(Slow(handle.clone(), RefCell::default()));
        let profile = Arc::new(profile());
        for _ in 0..PHONES {
            let link = Link::new(&LinkSchedule::settled(profile.clone()), Seed(1), Time::FAR);
            let (link, seen) = (Rc::new(RefCell::new(link)), Rc::new(Counted::default()));
            let way = Way::new(handle.clone(), gateway, link, server.clone(), seen, options());
            handle.spawn(handle.node("device"), "app", async move {
                let deadline = Time::FAR;
                if holds {
                    let line = way.connect(b"hello".to_vec(), deadline).await;
                    _ = line.expect("it is taken").receive().await;
                } else {
                    _ = way.request(b"hello".to_vec(), deadline).await;
                }
            });
        }
        sim.run_until(at(10_000));
        kept = Some((sim, server));
    });
    drop(kept);
    taken.bytes_current / PHONES
}

#[test]
fn a_connection_takes_no_more_memory_than_a_request() {
    let [held, under_way] = [true, false].map(memory_of_one);
    assert!(held <= under_way && held > 1_000, "{held} bytes against {under_way}");
}
