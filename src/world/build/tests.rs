//! Nobody waits for the building of a world that is not wanted.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::super::outcome::Ending;
use super::super::registry::Stacks;
use super::super::run::run;
use super::super::wanted::ASKED_EVERY;
use super::*;
use crate::base::{EntityId, Incarnation, Span};
use crate::contract::{Database, EngineError, Ports, Provision, SyncEngine};

fn plan(fleet: &str) -> Plan {
    let text = format!(
        "name = \"rows\"\n[fleet.phones]\ndevices = 1\n{fleet}[entity.note]\nrows = 20000\n\
         schema = {{ id = \"uuid key\", title = \"text\" }}\n"
    );
    super::super::fault_tests::plan(&text)
}

#[test]
fn nobody_waits_for_rows_that_are_loaded_in_vain() {
    let plan = plan("");
    let dataset = dataset(&plan, &|| false).expect("it can be made");
    let asked = Cell::new(0);
    let rows = |stops: &dyn Fn() -> bool| loaded(&plan, &dataset, stops).0.rows(EntityId(0)).count();
    let all = rows(&|| false);
    assert!(all >= 20_000);
    let some = rows(&|| asked.replace(asked.get() + 1) == 2);
    assert_eq!((some, asked.get()), (2 * ASKED_EVERY as usize, 3), "it is not asked again");
}

/// Rows that devices were filled with; who watches waits for a hundred.
#[derive(Default)]
struct Hundred(AtomicUsize);

impl Watch for Hundred {
    fn progress(&self, _: Time, _: Span) {}
    fn interrupted(&self) -> bool {
        self.0.load(Ordering::Relaxed) == 100
    }
}

struct Filling(Arc<Hundred>);

impl EngineFactory for Filling {
    fn open(
        &self,
        _: Rc<DeviceSetup>,
        _: Incarnation,
        _: Database,
        _: Ports,
    ) -> Result<Rc<dyn SyncEngine>, EngineError> {
        Err(EngineError("nothing is run".to_owned()))
    }
    fn provision(
        &self,
        _: &DeviceSetup,
        _: Database,
        state: Option<&dyn Provision>,
    ) -> Result<(), EngineError> {
        let state = state.expect("all devices were synced before");
        state.rows(&mut |_| _ = self.0.0.fetch_add(1, Ordering::Relaxed));
        Ok(())
    }
}

#[test]
fn nobody_waits_for_rows_that_a_device_is_filled_with_in_vain() {
    let hundred = Arc::new(Hundred::default());
    let plan = plan("start = { 1d = 1.0 }\n");
    let halves = Halves {
        engine: Rc::new(Filling(hundred.clone())),
        server: None,
        crash_points: &[],
        capabilities: Capabilities::ALL,
        patience: oracle::Patience::Stated(Span::ZERO),
    };
    let world = build(&plan, halves, Vec::new(), &*hundred);
    assert!(world.expect("it can be built").is_partial);
    assert_eq!(hundred.0.load(Ordering::Relaxed), 100);
}

/// Who watches until it was asked so often.
struct Patient {
    until: usize,
    asked: AtomicUsize,
}

impl Watch for Patient {
    fn progress(&self, _: Time, _: Span) {}
    fn interrupted(&self) -> bool {
        self.asked.fetch_add(1, Ordering::Relaxed) >= self.until
    }
}

/// How often it is asked whether anybody waits for the run, and how that ends.
fn asked(plan: &Plan, until: usize) -> (usize, Ending) {
    let patient = Patient { until, asked: AtomicUsize::new(0) };
    let outcome = run(plan, &Stacks::builtin(), &patient).expect("it can be run");
    (patient.asked.into_inner(), outcome.ending)
}

#[test]
fn nobody_waits_for_a_check_whose_verdict_is_not_wanted() {
    let plan = plan("start = { 1d = 1.0 }\n");
    let (all, ending) = asked(&plan, usize::MAX);
    assert_eq!(ending, Ending::Drained);
    // Of the backend for what should be there, of the device, and of the backend for the digest.
    let of_check = 3 * (20_000 / ASKED_EVERY as usize);
    for late in [1, of_check / 2, of_check] {
        let (asked, ending) = asked(&plan, all - late);
        assert_eq!((asked, ending), (all - late + 1, Ending::Interrupted), "{late} before the last");
    }
}

#[test]
fn nobody_waits_for_an_import_that_is_applied_in_vain() {
    let import = |rows: u32| {
        plan(&format!("[event.e]\nat = \"+30m\"\nbulk_import = {{ entity = \"note\", rows = {rows} }}\n"))
    };
    let (few, many) = (asked(&import(1), usize::MAX), asked(&import(20_000), usize::MAX));
    assert_eq!((few.1, many.1), (Ending::Drained, Ending::Drained));
    // As rows are made, taken in and committed.
    let more = many.0.saturating_sub(few.0);
    assert!(more >= 3 * (20_000 / ASKED_EVERY as usize), "asked {more} times more");
}
