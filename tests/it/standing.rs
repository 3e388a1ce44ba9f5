//! A stack whose phones hold a connection on which the server announces writes, or a request that
//! it answers then: `tiny` with notices.

use std::collections::BTreeMap;
use std::rc::Rc;

use syncdyno::contract::{
    ConnectionId, DeviceId, Phones, Ports, Reply, ServerError, Span, Stack, SyncEngine, SyncServer,
    SystemOfRecord, Ticket, TransportError, UnitId,
};
use syncdyno::world::Outcome;

use crate::tiny_stack::stack::tiny;
use crate::tiny_stack::{CALM, around, run};
use crate::worlds::{figure, trouble, value};

const PING: &[u8] = b"ping";
const PONG: &[u8] = b"pong";
const NEWS: &[u8] = b"news";
const POLL: &[u8] = b"poll";
/// How often a phone checks that the server is there, and how long it waits for the response.
const EVERY: Span = Span::secs(45);
const PATIENCE: Span = Span::secs(10);

/// How a phone hears of a write.
#[derive(Clone, Copy, PartialEq)]
enum Ears {
    None,
    /// On a connection.
    Line,
    /// By a request that is answered late.
    Poll,
}

struct Server {
    inner: Box<dyn SyncServer>,
    phones: Rc<dyn Phones>,
    lines: BTreeMap<ConnectionId, DeviceId>,
    polls: BTreeMap<DeviceId, Ticket>,
}

impl SyncServer for Server {
    fn serve(
        &mut self,
        from: DeviceId,
        request: &[u8],
        record: &mut dyn SystemOfRecord,
    ) -> Result<Reply, ServerError> {
        if request == POLL {
            let ticket = self.phones.ticket();
            self.polls.insert(from, ticket);
            return Ok(Reply::Later(ticket));
        }
        let reply = self.inner.serve(from, request, record)?;
        if !String::from_utf8_lossy(request).contains("\"edits\":[]") {
            for line in self.lines.iter().filter(|(_, of)| **of != from) {
                assert!(self.phones.send(*line.0, NEWS.to_vec()), "it is open as far as we know");
            }
            for (_, ticket) in std::mem::take(&mut self.polls) {
                self.phones.answer(ticket, NEWS.to_vec());
            }
        }
        Ok(reply)
    }
    fn refuse(&self, error: &ServerError) -> Vec<u8> {
        self.inner.refuse(error)
    }
    fn on_connect(
        &mut self,
        from: DeviceId,
        connection: ConnectionId,
        hello: &[u8],
    ) -> Result<(), ServerError> {
        assert_eq!(hello, b"hello");
        assert!(self.lines.insert(connection, from).is_none(), "no two have one number");
        Ok(())
    }
    fn on_word(&mut self, _: DeviceId, connection: ConnectionId, message: &[u8]) -> bool {
        let is_ping = message == PING;
        if is_ping {
            self.phones.send(connection, PONG.to_vec());
        }
        is_ping
    }
    fn on_message(
        &mut self,
        from: DeviceId,
        connection: ConnectionId,
        message: &[u8],
        record: &mut dyn SystemOfRecord,
    ) -> Result<(), ServerError> {
        let answer = self.serve(from, message, record)?.into_bytes();
        self.phones.send(connection, answer);
        Ok(())
    }
    fn on_close(&mut self, from: DeviceId, connection: ConnectionId) {
        assert_eq!(self.lines.remove(&connection), Some(from), "it was open");
    }
}

async fn listen(engine: Rc<dyn SyncEngine>, ports: Ports) {
    loop {
        _ = hear(&*engine, &ports).await;
        ports.sleep(Span::secs(5)).await;
    }
}

/// Listens on one connection until it ends.
async fn hear(engine: &dyn SyncEngine, ports: &Ports) -> Result<(), TransportError> {
    let deadline = ports.clock.now() + Span::secs(30);
    let line = match ports.transport.connect(b"hello".to_vec(), deadline).await {
        Err(TransportError::Refused) => return ports.transport.renew_token(deadline).await,
        line => line?,
    };
    // Earlier announcements are not repeated.
    engine.trigger(UnitId(0), false);
    let heard = Rc::new(std::cell::Cell::new(ports.clock.now()));
    let (watched, seen, own) = (line.clone(), heard.clone(), ports.clone());
    ports.spawn.spawn(Box::pin(async move {
        while watched.closed().is_none() {
            own.sleep(EVERY).await;
            let asked = own.clock.now();
            if watched.send(PING.to_vec()).is_ok() {
                own.sleep(PATIENCE).await;
                if seen.get() < asked {
                    watched.close();
                }
            }
        }
    }));
    while let Some(message) = line.receive().await? {
        heard.set(ports.clock.now());
        if message == NEWS {
            engine.trigger(UnitId(0), false);
        }
    }
    Ok(())
}

async fn poll(engine: Rc<dyn SyncEngine>, ports: Ports) {
    loop {
        let deadline = ports.clock.now() + Span::secs(120);
        match ports.transport.request(POLL.to_vec(), deadline).await {
            Ok(answer) if answer == NEWS => engine.trigger(UnitId(0), false),
            _ => ports.sleep(Span::secs(5)).await,
        }
    }
}

fn stack(ears: Ears) -> Stack {
    let server = tiny().server.expect("it has one");
    let heard = around(move |open, _, ports| {
        let engine = open(ports.clone())?;
        match ears {
            Ears::None => {}
            Ears::Line => ports.spawn.spawn(Box::pin(listen(engine.clone(), ports.clone()))),
            Ears::Poll => ports.spawn.spawn(Box::pin(poll(engine.clone(), ports.clone()))),
        }
        Ok(engine)
    });
    heard.server(move |chosen, setup, ports| {
        let phones = ports.phones.clone();
        let inner = server(chosen, setup, ports);
        Box::new(Server { inner, phones, lines: BTreeMap::new(), polls: BTreeMap::new() })
    })
}

/// A phone syncs by itself every quarter of an hour, and sends when something is saved.
const SELDOM: &str = "unit.Notes.on=[\"start\", \"online\", \"save\", \"every 15m\"]";

fn seen_after(outcome: &Outcome) -> Span {
    Span(figure(outcome, "engine.write_visible.duration", "p50"))
}

#[test]
fn an_announcement_is_heard_minutes_before_the_next_pull() {
    let sets = [SELDOM, "chaos.kill_mtbf=\"20m\""];
    let (_, deaf) = run(stack(Ears::None), CALM, &sets);
    assert_eq!(value(&deaf, "net.held.count"), 0);
    for (ears, messages) in [(Ears::Line, true), (Ears::Poll, false)] {
        let (_, outcome) = run(stack(ears), CALM, &sets);
        assert_eq!(trouble(&outcome), Vec::<String>::new());
        let (with, without) = (seen_after(&outcome), seen_after(&deaf));
        assert!(with * 5 < without, "{with} of {without}");
        assert_eq!(value(&outcome, "net.messages.down") > 100, messages);
        assert_eq!(value(&outcome, "net.messages.up") > 100, messages);
    }
}

#[test]
fn a_live_stack_loses_nothing_whatever_befalls_its_connections() {
    let sets = [
        SELDOM,
        "chaos.kill_mtbf=\"5m\"",
        "chaos.response_loss=0.05",
        "event.down={at=\"+12m\",gateway_kill={restart_after=\"20s\"}}",
        "event.half={at=\"+15m\",half_open={}}",
        "event.hotel={at=\"+30m\",captive_portal={for=\"2m\"}}",
        "transport.idle_close=\"60s\"",
        "link.lte-poor.idle_cut=\"40s\"",
    ];
    for ears in [Ears::Line, Ears::Poll] {
        let (_, outcome) = run(stack(ears), CALM, &sets);
        assert_eq!(trouble(&outcome), Vec::<String>::new());
        let (_, again) = run(stack(ears), CALM, &sets);
        assert_eq!(outcome.digest, again.digest);
        assert!(value(&outcome, "device.kills.count") > 20);
    }
}

#[test]
fn a_server_that_holds_one_connection_refuses_the_others() {
    let (_, outcome) = run(stack(Ears::Line), CALM, &[SELDOM, "transport.held=1"]);
    assert_eq!((value(&outcome, "net.held.most"), trouble(&outcome)), (1, Vec::new()));
    assert!(value(&outcome, "net.held.refused") > 100);
}

#[test]
fn a_token_that_is_too_old_holds_no_connection() {
    let (_, outcome) = run(
        stack(Ears::Line),
        CALM,
        &[SELDOM, "event.old={at=\"+20m\",token_expiry={}}", "event.reset={at=\"+21m\",session_loss={}}"],
    );
    assert_eq!(trouble(&outcome), Vec::<String>::new());
    assert!(value(&outcome, "net.held.refused") > 0, "until they have another");
}
