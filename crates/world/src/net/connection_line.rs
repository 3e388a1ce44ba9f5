//! One direction of a link, shared by the messages in transit on it.

use smallvec::SmallVec;

use super::conditions::Conditions;
use super::sharing::{Sharing, Stage};
use super::tcp::{Broken, Load, Sender, Transfer};
use super::turns::Turns;
use crate::base::Time;

pub(super) type MessageId = u64;
/// A flow: the messages that one connection has in transit. Its id is that of the first message.
pub(super) type FlowId = u64;

/// The bottleneck of one direction. A flow's plan is its predicted end. When a flow joins or
/// leaves, the others are planned again from their current state. A single flow is planned once. A
/// flow may stay after its end until its last message is removed.
#[derive(Debug, Default)]
pub(super) struct Line {
    #[expect(
        clippy::vec_box,
        reason = "a flow comes and goes with its message and is too large to be moved for that"
    )]
    flows: Vec<Box<Flow>>,
    sharing: Sharing,
    last: MessageId,
}

/// Messages in transit together on one connection: they share its window and its losses.
#[derive(Debug)]
pub(super) struct Flow {
    id: FlowId,
    /// Several messages only if the connection multiplexes them.
    messages: SmallVec<[Message; 1]>,
    /// Decides which message's bytes leave next; set once there was more than one message.
    turns: Option<Turns>,
    /// The state at the last change of the flows' shares.
    now: Stage,
    /// The predicted state at the flow's end, if nothing changes.
    pub(super) ended: Stage,
    ends: Result<Time, Broken>,
}

#[derive(Debug)]
struct Message {
    id: MessageId,
    abandoned: bool,
}

#[derive(Debug)]
pub(super) struct Gone {
    pub(super) whole: bool,
    pub(super) flow: FlowId,
    pub(super) last_of: Option<Box<Flow>>,
}

impl Line {
    pub(super) fn join(&mut self, mut flow: Box<Flow>, now: Time, conditions: &dyn Conditions) -> MessageId {
        self.last += 1;
        let id = self.last;
        // `Time::FAR`: the flow counts as in transit until it has a plan.
        (flow.id, flow.ends) = (id, Ok(Time::FAR));
        flow.messages.push(Message { id, abandoned: false });
        self.change(now, conditions, |flows, _| flows.push(flow));
        id
    }

    pub(super) fn is_under_way(&self, flow: FlowId, now: Time) -> bool {
        self.flows.iter().any(|other| other.id == flow && other.is_under_way(now))
    }
    pub(super) fn sender(&self, flow: FlowId) -> Option<Sender> {
        self.flows.iter().find(|other| other.id == flow).map(|flow| flow.ended.sender.clone())
    }

    pub(super) fn add(
        &mut self,
        flow: FlowId,
        load: Load,
        now: Time,
        conditions: &dyn Conditions,
    ) -> MessageId {
        self.last += 1;
        let id = self.last;
        self.change(now, conditions, |flows, _| {
            let flow = flows.iter_mut().find(|other| other.id == flow).expect("it is under way");
            flow.messages.push(Message { id, abandoned: false });
            flow.turn(now, |turns| turns.join(id, load.bytes));
        });
        id
    }

    pub(super) fn ends(&self, id: MessageId) -> Result<Time, Broken> {
        self.flows[self.flow_of(id).expect("who asks has joined")].message_ends(id)
    }
    pub(super) fn is_alone(&self) -> bool {
        self.flows.iter().filter(|flow| flow.is_under_way(self.sharing.since)).count() == 1
    }
    pub(super) fn leave(&mut self, id: MessageId, now: Time, conditions: &dyn Conditions) -> Gone {
        self.take(id, now, conditions, |_, _| ())
    }

    /// Like `leave`, for a connection that transmits no more. If the message is the flow's last
    /// one, the flow counts the bytes sent up to now.
    pub(super) fn cut_off(&mut self, id: MessageId, now: Time, conditions: &dyn Conditions) -> Gone {
        self.take(id, now, conditions, |flow, share| {
            if flow.is_under_way(now) {
                flow.now.transfer.settle(now, share);
            }
        })
    }

    /// Removes a message from its flow, and the flow from the line if that was its last message.
    fn take(
        &mut self,
        id: MessageId,
        now: Time,
        conditions: &dyn Conditions,
        end: impl FnOnce(&mut Flow, &dyn Conditions),
    ) -> Gone {
        let at = self.flow_of(id).expect("who leaves has joined");
        let messages = &mut self.flows[at].messages;
        let place = messages.iter().position(|message| message.id == id).expect("it is in its flow");
        let (whole, flow) = (!messages.remove(place).abandoned, self.flows[at].id);
        if !self.flows[at].messages.is_empty() {
            return Gone { whole, flow, last_of: None };
        }
        let mut last_of = None;
        self.change(now, conditions, |flows, share| {
            end(&mut flows[at], share);
            last_of = Some(flows.remove(at));
        });
        Gone { whole, flow, last_of }
    }

    /// Stops a message: its bytes in flight continue, and no further bytes follow.
    pub(super) fn abandon(&mut self, id: MessageId, now: Time, conditions: &dyn Conditions) {
        let Some(at) = self.flow_of(id) else { return };
        let ends = self.flows[at].message_ends(id).unwrap_or_else(|broken| broken.at);
        if !self.flows[at].is_under_way(now) || ends <= now {
            return;
        }
        self.change(now, conditions, |flows, share| flows[at].abandon(id, now, share));
    }

    fn flow_of(&self, id: MessageId) -> Option<usize> {
        self.flows.iter().position(|flow| flow.messages.iter().any(|message| message.id == id))
    }

    /// Brings the flows to `now` with the old shares, applies `change`, and plans the flows again.
    fn change(
        &mut self,
        now: Time,
        conditions: &dyn Conditions,
        change: impl FnOnce(&mut Vec<Box<Flow>>, &dyn Conditions),
    ) {
        self.bring_to(now, conditions);
        change(&mut self.flows, self.sharing.part(conditions).conditions());
        self.plan(now, conditions);
    }

    fn bring_to(&mut self, now: Time, conditions: &dyn Conditions) {
        if let [] | [_] = self.flows[..] {
            if let Some(flow) = self.flows.first_mut().filter(|flow| flow.is_under_way(now)) {
                self.sharing.run_alone(&mut flow.now, conditions, now);
            }
            self.sharing.since = now;
            return;
        }
        // Include flows that ended after the last change: they had their share until their end.
        let since = self.sharing.since;
        let flows = self.flows.iter_mut().filter(|flow| flow.is_under_way(since));
        let mut stages: SmallVec<[&mut Stage; 4]> = flows.map(|flow| &mut flow.now).collect();
        self.sharing.run(&mut stages, conditions, now);
    }

    fn plan(&mut self, now: Time, conditions: &dyn Conditions) {
        const ENDS: &str = "a transfer that may run for ever ends";
        let mut sharing = self.sharing;
        let flows = self.flows.iter_mut().filter(|flow| flow.is_under_way(now));
        let (mut stages, ends): (SmallVec<[&mut Stage; 4]>, SmallVec<[_; 4]>) =
            flows.map(|flow| flow.plan()).unzip();
        for (ends, end) in ends.into_iter().zip(sharing.run(&mut stages, conditions, Time::FAR)) {
            *ends = end.expect(ENDS);
        }
    }
}

impl Flow {
    #[inline]
    pub(super) fn new(transfer: Transfer, sender: Sender) -> Box<Flow> {
        let (now, messages) = (Stage { transfer, sender }, SmallVec::new());
        Box::new(Flow { id: 0, messages, turns: None, ended: now.clone(), now, ends: Ok(Time::FAR) })
    }

    /// Reuses a finished flow. A new allocation per message would take 5 % of a message's time.
    #[inline]
    pub(super) fn renewed(mut self: Box<Flow>, transfer: Transfer, sender: &Sender) -> Box<Flow> {
        self.now.transfer = transfer;
        self.now.sender.clone_from(sender);
        self.turns = None;
        self
    }

    /// The state from which to predict the end, and the field for the predicted end.
    fn plan(&mut self) -> (&mut Stage, &mut Result<Time, Broken>) {
        self.ended.transfer.clone_from(&self.now.transfer);
        self.ended.sender.clone_from(&self.now.sender);
        (&mut self.ended, &mut self.ends)
    }

    pub(super) fn stage_at(self, now: Time) -> Stage {
        if self.is_under_way(now) { self.now } else { self.ended }
    }
    fn is_under_way(&self, now: Time) -> bool {
        self.ends.unwrap_or_else(|broken| broken.at) > now
    }
    fn message_ends(&self, id: MessageId) -> Result<Time, Broken> {
        self.ended.transfer.passed(id).map_or(self.ends, Ok)
    }

    fn turn(&mut self, now: Time, change: impl FnOnce(&mut Turns)) {
        let transfer = &mut self.now.transfer;
        let (all, sent) = transfer.payload();
        let turns = self.turns.get_or_insert_with(|| {
            let mut alone = Turns::default();
            alone.join(self.id, all);
            alone
        });
        turns.pass(sent);
        change(turns);
        let ends = turns.ends();
        let end = |id| ends.iter().find(|(stream, _)| *stream == id).map(|(_, bytes)| *bytes);
        let streams: Vec<_> = self.messages.iter().map(|message| (message.id, end(message.id))).collect();
        transfer.change(now, turns.left(), &streams);
    }

    fn abandon(&mut self, id: MessageId, now: Time, conditions: &dyn Conditions) {
        let rest = if self.messages.len() == 1 {
            self.now.transfer.stop(now, conditions)
        } else {
            let (in_flight, mut left) = (self.now.transfer.payload_in_flight(now, conditions), 0);
            self.turn(now, |turns| left = turns.remove_stream(id, in_flight));
            left > 0
        };
        for message in self.messages.iter_mut().filter(|message| message.id == id) {
            message.abandoned |= rest;
        }
    }
}

#[cfg(test)]
#[path = "connection_line_tests.rs"]
mod tests;
