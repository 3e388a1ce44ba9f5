//! The available stacks. A stack is a sync engine and its server.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use crate::backend::Sort;
use crate::base::{DeviceId, EntityId, Span};
use crate::contract::{
    Capabilities, ColumnKind, Combine, EngineFactory, Merge, Need, ServerSetup, Stack, StackDescription,
};
use crate::engine::{self, BuiltinFactory};
use crate::gateway::{Mode, Restored};
use crate::oracle::{Patience, Waits};
use crate::setup::Setup;
use crate::world::server::third_party::Open;
use crate::{bugs, store};

/// Creates the built-in engine with a scenario's options; called on the thread of the cell.
type MakeBuiltin =
    Arc<dyn Fn(engine::EngineOptions, store::StoreOptions) -> Rc<dyn EngineFactory> + Send + Sync>;

#[derive(Clone)]
enum Entry {
    /// The built-in engine, or a variant of it with another rule, with the gateway as server.
    Builtin(MakeBuiltin),
    Brought(Stack),
}

/// The available stacks, by name.
#[derive(Clone)]
pub struct Stacks(BTreeMap<String, Entry>);

pub(super) struct Halves {
    pub(super) engine: Rc<dyn EngineFactory>,
    /// The third-party server that responds to devices; `None` if the gateway does.
    pub(super) server: Option<Open>,
    pub(super) crash_points: Vec<String>,
    pub(super) promises: Promises,
    /// The needs of the plan that the stack does not support.
    pub(super) lacks: Vec<Need>,
}

/// The promises that the oracle may check.
pub(super) struct Promises {
    pub(super) capabilities: Capabilities,
    pub(super) combined: Vec<(EntityId, usize, Combine)>,
    pub(super) patience: Patience,
}

impl Stacks {
    /// The built-in stack, and the built-in stack with each planted bug.
    pub fn builtin() -> Stacks {
        let mut stacks = Stacks(BTreeMap::new()).with_builtin("builtin", BuiltinFactory::new);
        for bug in bugs::all() {
            let entry = Entry::Builtin(Arc::new(|options, store| bug.engine(options, store)));
            stacks.0.insert(format!("broken:{}", bug.id), entry);
        }
        stacks
    }
    /// Adds a third-party stack, in place of one with the same name.
    #[must_use]
    pub fn with(mut self, stack: Stack) -> Stacks {
        self.0.insert(stack.name.clone(), Entry::Brought(stack));
        self
    }
    /// Adds a variant of the built-in stack, in place of one with the same name.
    #[must_use]
    pub fn with_builtin(
        mut self,
        name: &str,
        make: impl Fn(engine::EngineOptions, store::StoreOptions) -> BuiltinFactory + Send + Sync + 'static,
    ) -> Stacks {
        let make = move |options, store| -> Rc<dyn EngineFactory> { Rc::new(make(options, store)) };
        self.0.insert(name.to_owned(), Entry::Builtin(Arc::new(make)));
        self
    }
    /// The names of all stacks, in order.
    pub fn names(&self) -> Vec<String> {
        self.0.keys().cloned().collect()
    }
    /// The description of each stack before any run, ordered by name.
    pub fn described(&self) -> Vec<StackDescription> {
        let described = |(name, entry): (&String, &Entry)| match entry {
            Entry::Builtin(_) => {
                StackDescription { crash_points: crash_points(), ..StackDescription::builtin(name) }
            }
            Entry::Brought(stack) => stack.described(),
        };
        self.0.iter().map(described).collect()
    }
    /// The stack of a plan; `None` if there is none, or if it has no server half.
    pub(super) fn halves(&self, plan: &Setup) -> Option<Halves> {
        match self.0.get(&plan.engine_name)? {
            Entry::Builtin(make) => Some(Halves {
                engine: make(plan.engine.clone(), plan.store.clone()),
                server: None,
                crash_points: crash_points(),
                promises: Promises {
                    capabilities: of_builtin(plan),
                    combined: Vec::new(),
                    patience: Patience::Computed(waits(plan)),
                },
                lacks: Vec::new(),
            }),
            Entry::Brought(stack) => {
                let attributes: Vec<_> = plan.devices().into_iter().map(|device| device.attributes).collect();
                debug_assert!(
                    plan.devices().iter().map(|d| d.device).eq((0..attributes.len() as u32).map(DeviceId))
                );
                let setup = ServerSetup { schema: plan.schema.clone(), attributes };
                let (make, chosen) = (stack.server.clone()?, plan.chosen.clone());
                let passport = stack.passport(&chosen);
                Some(Halves {
                    engine: (stack.engine)(&plan.chosen),
                    server: Some(Box::new(move |ports| make(&chosen, setup.clone(), ports))),
                    crash_points: stack.crash_points.clone(),
                    promises: Promises {
                        capabilities: passport.promises,
                        combined: combined(stack, plan),
                        patience: Patience::Stated {
                            span: (stack.patience)(&plan.chosen),
                            requests: stack.requests,
                        },
                    },
                    lacks: passport.lacks,
                })
            }
        }
    }
}

/// The columns whose values a stack combines (merges), by the schema that devices have at the
/// start.
fn combined(stack: &Stack, plan: &Setup) -> Vec<(EntityId, usize, Combine)> {
    if (stack.capabilities)(&plan.chosen).merge != Merge::Combines {
        return Vec::new();
    }
    let schema = plan.first_schema();
    let columns = schema.ids().flat_map(|id| {
        let entity = schema.entity(id);
        entity.columns.iter().enumerate().map(move |(at, column)| (id, at, entity, column))
    });
    columns
        .filter_map(|(id, at, entity, column)| {
            let rule = (stack.combine)(&plan.chosen, entity, column)?;
            let fits = match rule {
                Combine::Counter => column.kind == ColumnKind::Int,
                Combine::Set | Combine::Text => column.kind == ColumnKind::Text,
            };
            let (stack, entity) = (&stack.name, &entity.name);
            assert!(
                fits,
                "the stack `{stack}` combines `{entity}.{}` as {rule:?}, which does not fit its type",
                column.name
            );
            Some((id, at, rule))
        })
        .collect()
}

fn of_builtin(plan: &Setup) -> Capabilities {
    Capabilities {
        once: brings_once(plan),
        // A failed unit does not block other units, and the engine notices network changes at once.
        prompt: plan.engine.queue == engine::AfterFailure::MakesWay && plan.engine.network_poll.is_none(),
        // With row marks instead of an outbox, two edits of a row are sent as one.
        status: plan.engine.status && plan.engine.push.capture == engine::LocalCapture::Outbox,
        ..Capabilities::ALL
    }
}

fn crash_points() -> Vec<String> {
    engine::CRASH_POINTS.iter().map(|point| (*point).to_owned()).collect()
}

/// True if no option of the built-in stack makes a device receive a row twice in one version.
fn brings_once(plan: &Setup) -> bool {
    let exact = plan.backend.filter_precision <= Span::micros(1) && plan.backend.sort == Sort::Stamp;
    // After a restore of the backend, a replica sends the doubtful rows again to all devices. Some
    // devices may have received other values for them, and the replica does not know which devices.
    let in_doubt = plan.gateway.mode == Mode::Persistent
        && plan.gateway.backend_restored == Restored::Noticed
        && plan.events.iter().any(|event| event.what.is("restore_backend"));
    // With `LastSyncOn`, the cursor is the date of the last successful run. Rows of an interrupted
    // run then come again.
    let goes_on = plan.engine.pull.cursor != engine::CursorBook::LastSyncOn;
    let asked_once = goes_on && plan.engine.pull.requests == engine::Requests::Unique;
    exact && !in_doubt && plan.gateway.brings_once() && asked_once
}

fn waits(plan: &Setup) -> Waits {
    let (options, retry, attachments) = (&plan.engine, &plan.engine.retry, &plan.engine.attachments);
    // With decorrelated jitter, a wait can be 3 times as long as the previous one.
    let grows = retry.jitter == engine::Jitter::Decorrelated;
    // A blocking queue retries its first unit at the same interval.
    let same = grows || options.queue == engine::AfterFailure::Blocks;
    let slowed = plan.events.iter().filter_map(|event| Some(event.what.fault()?.slows));
    Waits {
        request: options.request_timeout,
        first: retry.cap.min(if grows { retry.base * 3 } else { retry.base }),
        growth: if grows { 3 } else { 2 },
        cap: retry.cap,
        least: same.then_some(retry.base),
        debounce: options.debounce,
        attempts: retry.attempts,
        streams: options.pull.streams,
        slowness: slowed.max().unwrap_or(1),
        keeps_queue: options.queue_kept == engine::QueueKept::Disk,
        holds_rows: attachments.with == engine::With::Row && attachments.queue == engine::BlobQueue::Beside,
        late_is_a_wait: false,
    }
}
