//! Tasks and the nodes they live on.

use std::collections::VecDeque;
use std::pin::Pin;

use crate::base::{Incarnation, Stream};

/// One future, from its spawn to its end. A finished task's id is never given again.
///
/// Slot and generation are one number because ids are copied all the time: two halves written apart and read as one cost
/// the processor a dozen cycles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TaskId(u64);

/// A node, counted from 0 in the order of creation: what is killed and restarted as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u32);

/// What a task still has to do.
pub(super) type Life = Pin<Box<dyn Future<Output = ()>>>;

/// A task taken out of its slot to be polled.
pub(super) struct Turn {
    pub(super) task: TaskId,
    pub(super) life: Life,
    /// The task's node, if this is the poll after which it is to be killed.
    pub(super) fatal: Option<NodeId>,
}

/// All tasks, all nodes and the ready queue. Nothing here runs or drops a future: each is handed back to the caller, who
/// does so with no borrow held.
pub(super) struct Tasks {
    slots: Vec<Slot>,
    /// The first vacant slot; the others follow by `next`.
    vacant: u32,
    nodes: Vec<Node>,
    names: Vec<Box<str>>,
    ready: Ready,
    shuffle: Option<Stream>,
}

/// Tasks to poll, first come, first served; an id may be stale. It is empty at the end of every instant, so a row with a
/// mark at its head does for a ring, and costs less.
#[derive(Default)]
struct Ready {
    row: Vec<TaskId>,
    /// Those before were served.
    head: usize,
}

/// No slot.
const NIL: u32 = u32::MAX;
/// No kill is planned.
const NEVER: u64 = u64::MAX;

/// One cache line.
#[repr(align(64))]
struct Slot {
    /// None while the task is being polled and while the slot is vacant.
    life: Option<Life>,
    name: &'static str,
    /// Counts the tasks that the slot has had, so that an old id fits no new task.
    generation: u32,
    node: NodeId,
    /// The node's tasks hang together in the order of their spawn.
    previous: u32,
    next: u32,
    /// Whether the task is in the ready queue.
    queued: bool,
    /// Whether a kill of its node is planned, so that each poll must be looked at.
    watched: bool,
    polls: u64,
}

struct Node {
    /// Polls of the tasks that are gone; each of the others counts its own, so that a poll need not come here.
    past_polls: u64,
    /// The node is killed after the poll with this number.
    fatal_poll: u64,
    first: u32,
    last: u32,
    incarnation: u32,
    up: bool,
}

impl TaskId {
    /// No task: it is never woken.
    pub(super) const NONE: TaskId = TaskId::new(NIL, 0);

    #[inline]
    const fn new(slot: u32, generation: u32) -> TaskId {
        TaskId((generation as u64) << 32 | slot as u64)
    }
    #[cfg(test)]
    pub(super) const fn numbered(number: u64) -> TaskId {
        TaskId(number)
    }
    #[inline]
    fn slot(self) -> u32 {
        self.0 as u32
    }
    #[inline]
    fn generation(self) -> u32 {
        (self.0 >> 32) as u32
    }
}

impl Ready {
    fn waiting(&self) -> &[TaskId] {
        &self.row[self.head..]
    }

    #[inline]
    fn pop(&mut self) -> Option<TaskId> {
        let Some(&task) = self.row.get(self.head) else {
            self.row.clear();
            self.head = 0;
            return None;
        };
        self.head += 1;
        Some(task)
    }

    /// Draws who is next.
    fn shuffle(&mut self, stream: &mut Stream) {
        let count = self.waiting().len() as u64;
        if count > 1 {
            self.row.swap(self.head, self.head + stream.below(count) as usize);
        }
    }
}

impl Tasks {
    pub(super) fn new(shuffle: Option<Stream>) -> Tasks {
        Tasks {
            slots: Vec::new(),
            vacant: NIL,
            nodes: Vec::new(),
            names: Vec::new(),
            ready: Ready::default(),
            shuffle,
        }
    }

    pub(super) fn add_node(&mut self, name: &str) -> NodeId {
        let id = NodeId(index(self.nodes.len()));
        self.nodes.push(Node {
            past_polls: 0,
            fatal_poll: NEVER,
            first: NIL,
            last: NIL,
            incarnation: 0,
            up: true,
        });
        self.names.push(name.into());
        id
    }

    /// Adds a task, ready to run, or gives its future back if the node is down.
    #[inline]
    pub(super) fn add(&mut self, node: NodeId, name: &'static str, life: Life) -> Result<TaskId, Life> {
        if !self.is_up(node) {
            return Err(life);
        }
        let mut fresh = Slot {
            life: Some(life),
            name,
            generation: 0,
            node,
            previous: NIL,
            next: NIL,
            queued: true,
            watched: self.nodes[node.0 as usize].fatal_poll != NEVER,
            polls: 0,
        };
        let slot = match self.slots.get_mut(self.vacant as usize) {
            Some(old) => {
                fresh.generation = old.generation;
                let slot = std::mem::replace(&mut self.vacant, old.next);
                *old = fresh;
                slot
            }
            None => {
                self.slots.push(fresh);
                index(self.slots.len() - 1)
            }
        };
        self.append(slot, node);
        let task = TaskId::new(slot, self.slots[slot as usize].generation);
        self.ready.row.push(task);
        Ok(task)
    }

    /// Puts a task into the ready queue, once; an id that is no longer valid is ignored.
    #[inline]
    pub(super) fn wake(&mut self, task: TaskId) {
        if let Some(slot) = self.slots.get_mut(task.slot() as usize)
            && slot.generation == task.generation()
            && !slot.queued
        {
            slot.queued = true;
            self.ready.row.push(task);
        }
    }

    /// Takes the next ready task out to be polled, and counts the poll.
    #[inline]
    pub(super) fn next(&mut self) -> Option<Turn> {
        loop {
            if let Some(stream) = &mut self.shuffle {
                self.ready.shuffle(stream);
            }
            let task = self.ready.pop()?;
            let slot = &mut self.slots[task.slot() as usize];
            if slot.generation != task.generation() {
                continue;
            }
            slot.queued = false;
            slot.polls += 1;
            let life = slot.life.take().expect("a ready task is in its slot");
            let fatal = if slot.watched { self.fatal(task) } else { None };
            return Some(Turn { task, life, fatal });
        }
    }

    /// The node and the name of a task that is ready, if there is any.
    pub(super) fn any_ready(&self) -> Option<(&str, &'static str)> {
        let task = self.ready.waiting().iter().find(|&&task| self.is_live(task))?;
        let slot = &self.slots[task.slot() as usize];
        Some((&self.names[slot.node.0 as usize], slot.name))
    }

    /// Puts a task back that is not finished, or gives its future back if the task was killed during its poll.
    #[inline]
    pub(super) fn put_back(&mut self, task: TaskId, life: Life) -> Option<Life> {
        let slot = &mut self.slots[task.slot() as usize];
        if slot.generation != task.generation() {
            return Some(life);
        }
        assert!(slot.life.is_none(), "only who was taken out is put back");
        slot.life = Some(life);
        None
    }

    /// Gives the slot of a finished task free, unless a kill has already done so.
    #[inline]
    pub(super) fn finish(&mut self, task: TaskId) {
        if self.is_live(task) {
            self.unlink(task.slot());
            self.retire(task.slot());
        }
    }

    /// Takes the node down and moves its futures to `dead`, in the order of their spawn. False if it is down already.
    pub(super) fn kill(&mut self, node: NodeId, dead: &mut VecDeque<Life>) -> bool {
        let home = &mut self.nodes[node.0 as usize];
        if !home.up {
            return false;
        }
        home.up = false;
        home.fatal_poll = NEVER;
        let mut slot = home.first;
        (home.first, home.last) = (NIL, NIL);
        while slot != NIL {
            let next = self.slots[slot as usize].next;
            dead.extend(self.slots[slot as usize].life.take());
            self.retire(slot);
            slot = next;
        }
        true
    }

    /// Brings a node that is down up again, with nothing running.
    pub(super) fn restart(&mut self, node: NodeId) -> Incarnation {
        let home = &mut self.nodes[node.0 as usize];
        assert!(!home.up, "only a node that is down is restarted");
        home.up = true;
        home.incarnation += 1;
        Incarnation(home.incarnation)
    }

    pub(super) fn plan_kill(&mut self, node: NodeId, polls: u64) {
        assert!(polls > self.polls(node), "the poll after which the node is killed is still to come");
        self.nodes[node.0 as usize].fatal_poll = polls;
        let mut slot = self.nodes[node.0 as usize].first;
        while let Some(task) = self.slots.get_mut(slot as usize) {
            task.watched = true;
            slot = task.next;
        }
    }

    /// The node of a task that is watched, if this is the poll that a planned kill waits for.
    #[cold]
    fn fatal(&self, task: TaskId) -> Option<NodeId> {
        let node = self.slots[task.slot() as usize].node;
        (self.polls(node) == self.nodes[node.0 as usize].fatal_poll).then_some(node)
    }

    /// Whether the node has had the poll that a planned kill waits for.
    pub(super) fn is_fatal(&self, node: NodeId) -> bool {
        self.polls(node) >= self.nodes[node.0 as usize].fatal_poll
    }

    pub(super) fn is_live(&self, task: TaskId) -> bool {
        self.slots.get(task.slot() as usize).is_some_and(|slot| slot.generation == task.generation())
    }
    pub(super) fn is_up(&self, node: NodeId) -> bool {
        self.nodes[node.0 as usize].up
    }
    pub(super) fn incarnation(&self, node: NodeId) -> Incarnation {
        Incarnation(self.nodes[node.0 as usize].incarnation)
    }
    pub(super) fn polls(&self, node: NodeId) -> u64 {
        let home = &self.nodes[node.0 as usize];
        let (mut polls, mut slot) = (home.past_polls, home.first);
        while let Some(task) = self.slots.get(slot as usize) {
            polls += task.polls;
            slot = task.next;
        }
        polls
    }
    pub(super) fn nodes(&self) -> u32 {
        index(self.nodes.len())
    }
    pub(super) fn ready(&self) -> usize {
        self.ready.waiting().len()
    }

    /// Hangs the slot at the end of its node's row of tasks.
    fn append(&mut self, slot: u32, node: NodeId) {
        let home = &mut self.nodes[node.0 as usize];
        let previous = std::mem::replace(&mut home.last, slot);
        match self.slots.get_mut(previous as usize) {
            Some(before) => before.next = slot,
            None => home.first = slot,
        }
        self.slots[slot as usize].previous = previous;
    }

    /// Takes the slot out of its node's row of tasks.
    fn unlink(&mut self, slot: u32) {
        let Slot { node, previous, next, .. } = self.slots[slot as usize];
        match self.slots.get_mut(previous as usize) {
            Some(before) => before.next = next,
            None => self.nodes[node.0 as usize].first = next,
        }
        match self.slots.get_mut(next as usize) {
            Some(after) => after.previous = previous,
            None => self.nodes[node.0 as usize].last = previous,
        }
    }

    /// Makes the slot vacant: from here on its task's id is stale.
    fn retire(&mut self, slot: u32) {
        let vacated = &mut self.slots[slot as usize];
        self.nodes[vacated.node.0 as usize].past_polls += vacated.polls;
        vacated.generation = vacated.generation.wrapping_add(1);
        vacated.queued = false;
        vacated.next = self.vacant;
        self.vacant = slot;
    }
}

/// Slots and nodes are counted in 32 bits.
fn index(count: usize) -> u32 {
    let count = u32::try_from(count).expect("fewer than 2^32 tasks and nodes");
    assert!(count < NIL, "the last number stands for none");
    count
}
