//! A server half with its own processes: tasks, a database, kills.

use std::cell::{Cell, RefCell};

use syncdyno::contract::{
    DeviceId, EntityId, Reply, ServerError, ServerPorts, Span, Stack, Stamp, SyncServer, SystemOfRecord,
};
use syncdyno::disk;

use crate::tiny_stack::stack::tiny;
use crate::tiny_stack::{CALM, CONTENDED, run};
use crate::worlds::{trouble, value};

thread_local! {
    /// Of each process: the number that its database had as it began.
    static BEGUN: RefCell<Vec<i64>> = RefCell::default();
    /// Ticks of its task in all, and rows that were found.
    static TICKS: Cell<(u64, u64)> = const { Cell::new((0, 0)) };
}

/// The server of `tiny`, which counts its processes in its database, and reads the record now and
/// then.
struct Counting(Box<dyn SyncServer>);

impl Counting {
    fn open(inner: Box<dyn SyncServer>, ports: &ServerPorts) -> Counting {
        let database = disk::open(&ports.database).expect("it opens");
        let count = "CREATE TABLE IF NOT EXISTS life (n INTEGER); INSERT INTO life VALUES (1)";
        database.execute_batch(count).expect("it can be written");
        let begun = database.query_row("SELECT count(*) FROM life", [], |row| row.get(0)).expect("a number");
        BEGUN.with_borrow_mut(|all| all.push(begun));
        let own = ports.clone();
        ports.spawn(async move {
            loop {
                own.sleep(Span::secs(30)).await;
                own.crash_point("server.before-look").await;
                let found = own.ask(|record| {
                    let (mut rows, schema) = (0, record.schema());
                    let each = &mut |_: &str, _, _: Option<&[_]>| rows += 1;
                    schema.ids().for_each(|entity| _ = record.changes(entity, &[], None, each));
                    rows
                });
                let rows = found.await.unwrap_or(0);
                TICKS.set((TICKS.get().0 + 1, TICKS.get().1 + rows));
            }
        });
        Counting(inner)
    }
}

impl SyncServer for Counting {
    fn serve(
        &mut self,
        from: DeviceId,
        request: &[u8],
        record: &mut dyn SystemOfRecord,
    ) -> Result<Reply, ServerError> {
        self.0.serve(from, request, record)
    }
    fn refuse(&self, error: &ServerError) -> Vec<u8> {
        self.0.refuse(error)
    }
}

#[test]
fn a_killed_server_begins_again_with_its_database_alone() {
    let inner = tiny().server.expect("it has one");
    let stack = tiny().server(move |chosen, setup, ports| {
        let own = ports.clone();
        Box::new(Counting::open(inner(chosen, setup, ports), &own))
    });
    let kills =
        ["event.a={ at = \"+7m\", gateway_kill = {} }", "event.b={ at = \"+9m\", gateway_kill = {} }"];
    let (_, calm) = run(stack.clone(), CALM, &[]);
    assert_eq!(BEGUN.take(), [1], "one process");
    let (ticks, rows) = TICKS.take();
    assert!(ticks >= 20 && rows > 0, "{ticks} ticks, {rows} rows");
    let (_, killed) = run(stack.clone(), CALM, &kills);
    assert_eq!(BEGUN.take(), [1, 2, 3], "what was written outlives the process");
    assert!(TICKS.take().0 >= 18, "the task goes on in each process");
    for outcome in [&calm, &killed] {
        assert_eq!(trouble(outcome), Vec::<String>::new());
    }
    assert_ne!(calm.digest, killed.digest);
    assert_eq!(run(stack, CALM, &kills).1.digest, killed.digest, "the same seed, the same world");
}

thread_local! {
    /// What a task of the server hears of commits: notices, how many were told, and the newest that
    /// it found there.
    static HEARD: Cell<(u64, u64, Option<Stamp>)> = const { Cell::new((0, 0, None)) };
}

/// `tiny` with a server that reads the record after each notice of a commit, or each second.
fn listening(looks: bool, by_notice: bool) -> Stack {
    let inner = tiny().server.expect("it has one");
    tiny().server(move |chosen, setup, ports| {
        let own = ports.clone();
        ports.spawn(async move {
            let mut seen = 0;
            loop {
                if by_notice {
                    seen = own.committed(seen).await;
                } else {
                    own.sleep(Span::secs(1)).await;
                }
                let (notices, _, read) = HEARD.get();
                HEARD.set((notices + 1, seen, read));
                if looks {
                    let look = own.ask(move |record| newest(record, read)).await.expect("it is up");
                    HEARD.set((notices + 1, seen, look));
                }
            }
        });
        inner(chosen, setup, ports)
    })
}

fn newest(record: &mut dyn SystemOfRecord, read: Option<Stamp>) -> Option<Stamp> {
    let mut newest = read;
    let each = &mut |_: &str, stamp, _: Option<&[_]>| newest = newest.max(Some(stamp));
    record.changes(EntityId(0), &[], read, each).expect("it is pulled");
    newest
}

#[test]
fn who_waits_for_commits_hears_of_all_and_changes_nothing() {
    let (_, deaf) = run(tiny(), CONTENDED, &[]);
    let (_, outcome) = run(listening(false, true), CONTENDED, &[]);
    let (notices, told, _) = HEARD.take();
    let commits = value(&outcome, "backend.commits.count");
    assert!(notices > 50 && told == commits, "{notices} notices of {told} of {commits} commits");
    assert_eq!(outcome.digest, deaf.digest);
}

/// Transactions that commit later than their stamps: a notice comes when readers can see them.
#[test]
fn who_looks_at_each_notice_finds_what_a_timer_finds() {
    let late = ["backend.commit_delay={share=\"100%\", upto=\"20s\"}"];
    let found = [true, false].map(|by_notice| {
        run(listening(true, by_notice), CONTENDED, &late);
        HEARD.take()
    });
    let [(notices, _, by_notice), (looks, _, by_timer)] = found;
    assert!(by_notice.is_some() && by_notice == by_timer, "{by_notice:?}, {by_timer:?}");
    assert!(50 < notices && notices * 5 < looks, "{notices} notices, {looks} looks");
}

#[test]
fn a_notice_takes_the_way_from_the_backend_and_may_be_lost() {
    let far = "gateway.backend_link={rtt=\"100ms\"}";
    let gap = "event.gap={at=\"+10m\",backend_link_outage={for=\"20m\",mode=\"drop\"}}";
    let (_, whole) = run(listening(false, true), CONTENDED, &[far]);
    let (notices, told, _) = HEARD.take();
    assert_eq!(told, value(&whole, "backend.commits.count"));
    run(listening(false, true), CONTENDED, &[far, gap]);
    let (fewer, _, _) = HEARD.take();
    assert!(fewer < notices, "{fewer} of {notices}");
}
