//! Jobs: pulls that the gateway works on in the background. This file has the waiting requests, and
//! the work, which continues without them.

use std::cell::RefCell;
use std::rc::Rc;

use crate::base::{DeviceId, Time};
use crate::contract::{Event, JobEvent, Node};
use crate::gateway::{Gateway, JobReply, ask_job, job_answer, job_done, job_question, refuse_job};
use crate::world::server::half::{Beside, Servers};

/// The response to a request that is a job; `None` if the request is not a job.
pub(crate) async fn answer(
    servers: &Rc<Servers>,
    gateway: &Rc<RefCell<Gateway>>,
    from: DeviceId,
    request: &[u8],
) -> Option<Vec<u8>> {
    let question = job_question(&gateway.borrow(), request)?;
    loop {
        let now = servers.handle.now();
        let (reply, event) = ask_job(&mut gateway.borrow_mut(), now, from, &question);
        event.into_iter().for_each(|event| servers.hub.emit(Node::Gateway, Event::Job(event)));
        match reply {
            JobReply::Begins => work(servers, gateway, (from, question.clone()), request.to_vec()),
            JobReply::WaitsUntil(until) => {
                let _ = servers.handle.timeout(until, servers.process.job_ended.notified()).await;
            }
            JobReply::AskAgain(wait) => return Some(refuse_job(&gateway.borrow(), wait)),
            JobReply::Given(answer) => return Some(job_answer(&gateway.borrow(), request, answer)),
        }
    }
}

/// Does the work of a request at the backend, which takes time.
fn work(servers: &Rc<Servers>, gateway: &Rc<RefCell<Gateway>>, job: (DeviceId, String), request: Vec<u8>) {
    let servers = Rc::clone(servers);
    let gateway = Rc::clone(gateway);
    let node = servers.node;
    servers.handle.clone().spawn(node, "job", async move {
        let (from, question) = job;
        let bytes = request.len() as u64;
        let ask = move |servers: &Servers, deadline: Time| {
            servers.ask(from, deadline, (&request, &Beside::default()))
        };
        let done = servers.over_until(bytes, Time::FAR, ask).await;
        let answer = match done {
            Ok((reply, _)) => reply.into_bytes(),
            Err(error) => servers.server.borrow().refuse(&error),
        };
        let is_kept = job_done(&mut gateway.borrow_mut(), servers.handle.now(), &question, answer);
        if !is_kept {
            servers.hub.emit(Node::Gateway, Event::Job(JobEvent::ThrownAway { device: from }));
        }
        servers.process.job_ended.notify_all();
    });
}
