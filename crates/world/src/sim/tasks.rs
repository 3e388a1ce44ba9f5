//! Tasks and their nodes.

use std::cell::RefCell;
use std::collections::VecDeque;

use super::ids::{Life, NIL, NodeId, TaskId, index};
use super::slots::{Slot, Slots};
use super::timers::Entry;
use crate::base::Incarnation;

/// Tasks and nodes. This code never polls or drops a future: the caller does that, without a
/// borrow.
#[derive(Default)]
pub(super) struct Tasks {
    pub(super) slots: Slots,
    pub(super) nodes: RefCell<Vec<Node>>,
}

/// The number of a poll that never happens: no kill is planned.
const NEVER: u64 = u64::MAX;

pub(super) struct Node {
    name: Box<str>,
    /// Polls of finished tasks. Each live task counts its own polls.
    past_polls: u64,
    fatal_poll: u64,
    first: u32,
    last: u32,
    pub(super) incarnation: u32,
    pub(super) up: bool,
}

impl Tasks {
    /// Prefetches tasks that run soon, so that the CPU waits for many memory reads at the same
    /// time.
    #[inline(never)]
    pub(super) fn fetch(&self, some: &[Entry]) {
        for entry in some {
            std::hint::black_box(self.slots.find(entry.task).is_some());
        }
        some.iter().filter_map(|entry| self.slots.find(entry.task)).for_each(Slot::touch);
    }

    pub(super) fn add(&self, node: NodeId, name: &'static str, life: Life) -> Result<TaskId, Life> {
        let home = &mut self.nodes.borrow_mut()[node.0 as usize];
        if !home.up {
            return Err(life);
        }
        let slot = self.slots.occupy(node, name, life);
        slot.watched.set(home.fatal_poll != NEVER);
        // Append the task to its node's list.
        let number = slot.id.get().slot();
        slot.previous.set(std::mem::replace(&mut home.last, number));
        match self.slots.at(slot.previous.get()) {
            Some(before) => before.next.set(number),
            None => home.first = number,
        }
        Ok(slot.id.get())
    }

    /// Frees the slot of a finished task, unless a kill has already freed it.
    pub(super) fn finish(&self, task: TaskId) {
        if let Some(slot) = self.slots.find(task) {
            let home = &mut self.nodes.borrow_mut()[slot.node.get().0 as usize];
            match self.slots.at(slot.previous.get()) {
                Some(before) => before.next.set(slot.next.get()),
                None => home.first = slot.next.get(),
            }
            match self.slots.at(slot.next.get()) {
                Some(after) => after.previous.set(slot.previous.get()),
                None => home.last = slot.previous.get(),
            }
            home.past_polls += slot.polls.get();
            self.slots.vacate(slot);
        }
    }

    pub(super) fn names(&self, slot: &Slot) -> (String, &'static str) {
        (self.nodes.borrow()[slot.node.get().0 as usize].name.to_string(), slot.name.get())
    }

    /// The node of a watched task, if the node's planned kill is due after this poll.
    pub(super) fn fatal(&self, slot: &Slot) -> Option<NodeId> {
        let node = slot.node.get();
        (self.polls(node) == self.nodes.borrow()[node.0 as usize].fatal_poll).then_some(node)
    }

    pub(super) fn add_node(&self, name: &str) -> NodeId {
        let nodes = &mut *self.nodes.borrow_mut();
        let id = NodeId(index(nodes.len()));
        nodes.push(Node {
            name: name.into(),
            past_polls: 0,
            fatal_poll: NEVER,
            first: NIL,
            last: NIL,
            incarnation: 0,
            up: true,
        });
        id
    }

    /// Moves the node's futures to `dead`, in spawn order. Returns false if the node is already
    /// down.
    pub(super) fn kill(&self, node: NodeId, dead: &mut VecDeque<Life>) -> bool {
        let home = &mut self.nodes.borrow_mut()[node.0 as usize];
        if !home.up {
            return false;
        }
        home.up = false;
        home.fatal_poll = NEVER;
        for slot in self.row(home) {
            dead.extend(slot.life.take());
            home.past_polls += slot.polls.get();
            self.slots.vacate(slot);
        }
        (home.first, home.last) = (NIL, NIL);
        true
    }

    pub(super) fn restart(&self, node: NodeId) -> Incarnation {
        let home = &mut self.nodes.borrow_mut()[node.0 as usize];
        assert!(!home.up, "only a node that is down is restarted");
        home.up = true;
        home.incarnation += 1;
        Incarnation(home.incarnation)
    }

    pub(super) fn plan_kill(&self, node: NodeId, polls: u64) {
        assert!(polls > self.polls(node), "the poll after which the node is killed is still to come");
        let home = &mut self.nodes.borrow_mut()[node.0 as usize];
        home.fatal_poll = polls;
        self.row(home).for_each(|slot| slot.watched.set(true));
    }

    pub(super) fn is_fatal(&self, node: NodeId) -> bool {
        self.polls(node) >= self.nodes.borrow()[node.0 as usize].fatal_poll
    }
    pub(super) fn polls(&self, node: NodeId) -> u64 {
        let home = &self.nodes.borrow()[node.0 as usize];
        home.past_polls + self.row(home).map(|slot| slot.polls.get()).sum::<u64>()
    }

    /// The node's tasks in spawn order. The caller may vacate a slot after the iterator has
    /// returned it.
    fn row(&self, home: &Node) -> impl Iterator<Item = &Slot> + use<'_> {
        let mut number = home.first;
        std::iter::from_fn(move || {
            let slot = self.slots.at(number)?;
            number = slot.next.get();
            Some(slot)
        })
    }
}
