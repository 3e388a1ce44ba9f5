//! Runs one cell in real time: a phone, a server and the link between them, each on its own thread.

use std::cell::Cell as Slot;
use std::convert::Infallible;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Barrier, OnceLock};

use syncdyno_contract::base::{Span, Time};
use syncdyno_world::setup::Setup;
use tokio::sync::oneshot;

use crate::live::cell::{Cell, LOGIN, behind_real_packets, conditions};
use crate::live::emulator::{Carried, Pump};
use crate::live::namespace::{self, PHONE, SERVER};
use crate::live::pace::{Late, Pace};
use crate::live::phone::{self, Begin, Phone};
use crate::live::server;

/// Time from readiness to the beginning of a cell.
const RUN_UP: Span = Span::millis(50);
/// A first sync that has not ended by then is given up.
const LONGEST: Span = Span::secs(60);
/// Real-time priorities: of the link, the server and the phone.
const PRIORITIES: [u8; 3] = [50, 30, 20];

/// A measurement.
#[derive(Clone, Debug)]
pub(crate) struct Measured {
    pub(crate) phone: Phone,
    pub(crate) carried: [Carried; 2],
    /// Lateness of packets, timers and computing.
    pub(crate) late: Late,
    /// Whether its threads had real-time priority.
    pub(crate) hurried: bool,
}

/// Starts all threads of a cell at once, or none.
struct Start {
    ready: Barrier,
    pace: OnceLock<Option<Pace>>,
    failed: AtomicBool,
    unhurried: AtomicBool,
}

impl Start {
    /// Waits for all other threads; returns when the cell begins, or `None` if one of them failed.
    fn begins(&self) -> Option<Pace> {
        self.ready.wait();
        let begin = || (!self.failed.load(Ordering::Relaxed)).then(|| Pace::beginning_in(RUN_UP));
        *self.pace.get_or_init(begin)
    }
    /// Runs `work`, which receives a function to wait for the start. If `work` ends without calling
    /// it, the cell does not begin.
    fn thread<T>(&self, work: impl FnOnce(&dyn Fn() -> Option<Pace>) -> io::Result<T>) -> io::Result<T> {
        let asked = Slot::new(false);
        let done = work(&|| {
            asked.set(true);
            self.begins()
        });
        if !asked.get() {
            self.failed.store(true, Ordering::Relaxed);
            self.begins();
        }
        done
    }
    fn hurry(&self, priority: u8) {
        if !namespace::hurry(priority) {
            self.unhurried.store(true, Ordering::Relaxed);
        }
    }
}

/// The device of one of the two namespaces; true for the phone's.
type Device = (bool, OwnedFd);

/// State that the threads of a cell share.
struct Stage<'c> {
    cell: &'c Cell,
    setup: Setup,
    start: Start,
    over: AtomicBool,
}

impl Stage<'_> {
    /// Moves the thread into a namespace, and sends its device to the link.
    fn enter(&self, is_phone: bool, to: Sender<Device>) -> io::Result<()> {
        let mtu = self.setup.fleets[0].links[0].0.mtu;
        let (address, priority) = if is_phone { (PHONE, PRIORITIES[2]) } else { (SERVER, PRIORITIES[1]) };
        let device = namespace::enter(address, mtu)?;
        self.start.hurry(priority);
        to.send((is_phone, device)).map_err(io::Error::other)
    }
    fn serve(&self, to: Sender<Device>, closed: oneshot::Receiver<Infallible>) -> io::Result<Late> {
        self.start.thread(|begins| {
            self.enter(false, to)?;
            let speaks = (self.setup.transport.header_down, self.cell.congestion.as_str());
            server::run(&behind_real_packets(&self.setup), speaks, begins, closed)
        })
    }
    fn sync(&self, to: Sender<Device>) -> io::Result<Phone> {
        let ran = self.start.thread(|begins| {
            self.enter(true, to)?;
            let begin = Begin {
                setup: &self.setup,
                congestion: &self.cell.congestion,
                link: conditions(&self.setup, self.cell),
                times: (Time::ZERO + LOGIN, Time::ZERO + LONGEST),
            };
            phone::run(begin, begins)
        });
        self.over.store(true, Ordering::Relaxed);
        ran
    }
    fn carry(&self, devices: &Receiver<Device>) -> io::Result<([Carried; 2], Late)> {
        self.start.thread(|begins| {
            let mut both: Vec<Device> = devices.iter().collect();
            both.sort_by_key(|(is_phone, _)| !is_phone);
            let [(_, phone), (_, server)] = both.as_slice() else {
                return Err(io::Error::other("a namespace has no device"));
            };
            self.start.hurry(PRIORITIES[0]);
            let link = conditions(&self.setup, self.cell);
            let Some(pace) = begins() else { return Err(io::Error::other("the cell did not begin")) };
            Ok(Pump::new(&link, pace).run(phone, server, &self.over))
        })
    }
}

/// Runs a cell.
///
/// # Errors
/// What this machine does not allow, or a failed thread.
pub(crate) fn run(cell: &Cell) -> Result<Measured, String> {
    let start = Start {
        ready: Barrier::new(3),
        pace: OnceLock::new(),
        failed: AtomicBool::default(),
        unhurried: AtomicBool::default(),
    };
    let stage = Stage { cell, setup: cell.setup()?, start, over: AtomicBool::default() };
    let (to_link, devices) = channel();
    let (closes, closed) = oneshot::channel();
    let (stage, of_server) = (&stage, to_link.clone());
    let (phone, served, carried) = std::thread::scope(|scope| {
        let serves = scope.spawn(move || stage.serve(of_server, closed));
        let syncs = scope.spawn(move || stage.sync(to_link));
        let carries = scope.spawn(move || stage.carry(&devices));
        let phone = syncs.join();
        // Tells the server that the phone is done.
        drop(closes);
        (phone, serves.join(), carries.join())
    });
    fn ended<T>(thread: std::thread::Result<io::Result<T>>) -> Result<T, String> {
        thread.map_err(|_| "a thread of the cell panicked".to_owned())?.map_err(|e| e.to_string())
    }
    let (mut late, phone) = (ended(served)?, ended(phone)?);
    let (carried, packets) = ended(carried)?;
    late.join(packets);
    late.join(phone.late.clone());
    if phone.tally.ended.is_some() && phone.held != cell.rows {
        return Err(format!("the phone holds {} of {} rows", phone.held, cell.rows));
    }
    let hurried = !stage.start.unhurried.load(Ordering::Relaxed);
    Ok(Measured { phone, carried, late, hurried })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::predict::predict;

    /// A cell, measured and predicted; `None` on machines that cannot run cells.
    fn both(outage: Option<(Span, Span)>) -> Option<(Measured, crate::live::tally::Tally)> {
        if let Some(why) = namespace::refusal() {
            use io::Write;
            _ = writeln!(io::stderr(), "skipped: {why}");
            return None;
        }
        let (link, congestion) = ("3g-hspa".to_owned(), "cubic".to_owned());
        let cell = Cell { link, congestion, rows: 500, chunk: 200, outage };
        Some((run(&cell).expect("it runs"), predict(&cell).expect("it is simulated").tally))
    }

    #[test]
    fn a_first_sync_over_real_packets_is_as_predicted() {
        let Some((measured, predicted)) = both(None) else { return };
        let tally = &measured.phone.tally;
        assert_eq!((measured.phone.held, measured.phone.connections, tally.errors), (500, 1, 0));
        assert_eq!(
            (tally.requests, tally.up, tally.down, tally.rows),
            (predicted.requests, predicted.up, predicted.down, predicted.rows)
        );
        assert_eq!(measured.carried.map(|way| way.full + way.lost + way.outage), [0, 0]);
        let (took, wanted) = (tally.took().expect("it ended"), predicted.took().expect("it ended"));
        // A test build computes for longer than the phone may.
        assert!(took.0 * 10 > wanted.0 * 9 && took < wanted * 2, "{took}, {wanted} was predicted");
    }

    #[test]
    fn a_first_sync_through_an_outage_loses_packets_and_no_row() {
        let outage = (Span::millis(450), Span::secs(1));
        let Some((measured, predicted)) = both(Some(outage)) else { return };
        let tally = &measured.phone.tally;
        assert_eq!((measured.phone.held, tally.rows), (500, 500));
        assert!(measured.carried.iter().map(|way| way.outage).sum::<u64>() > 0, "{:?}", measured.carried);
        let (took, wanted) = (tally.took().expect("it ended"), predicted.took().expect("it ended"));
        assert!(took > Span::millis(1_450) && took < wanted * 2, "{took}, {wanted} was predicted");
    }
}
