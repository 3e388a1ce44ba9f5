//! A server half (the server's side of a stack) whose functions come from a bundle (the app's
//! code).

use std::rc::Rc;

use serde::Deserialize;

use super::record::{Asked, Records, install};
use crate::contract::http::{self, HeaderName, HeaderValue, Request, Response, StatusCode};
use crate::contract::{
    DeviceId, Reply, ServerError, ServerPorts, ServerSetup, Slip, SyncServer, SystemOfRecord,
};
use crate::host::{Disk, Effect, Host, MODULES, World};
use crate::phone::begin;
use crate::runtime::{Fault, Interpreter, Program, Turns, end_cell, entry};

const PRELUDE: &str = include_str!("server.js");

pub(crate) struct Half {
    interpreter: Interpreter,
    records: Rc<Records>,
}

#[derive(Deserialize)]
struct Head {
    status: u16,
    headers: Vec<(String, String)>,
}

impl Half {
    /// Opens a server in a new process.
    ///
    /// # Panics
    /// If the bundle throws. The cell (one simulation) then ends with the exception.
    pub(crate) fn open(program: Program, setup: ServerSetup, ports: &ServerPorts) -> Half {
        let opened = || -> Result<Half, Fault> {
            let interpreter = Interpreter::bare(MODULES)?.with_turns(Turns::Servers);
            let disk = Disk::open(ports.database.clone(), interpreter.spent());
            let disk = disk.map_err(|error| Fault::new(error.to_string()))?;
            let world = World {
                clock: ports.clock.clone(),
                crash: ports.crash.clone(),
                machine: None,
                transport: None,
            };
            let host = Host::new(Some(world), disk, ports.seed, interpreter.spent());
            begin(&interpreter, &host, program)?;
            let records = Rc::new(Records::new(setup, host));
            records.host.begin();
            interpreter.turn(|ctx| install(ctx, &records))?;
            interpreter.run(|ctx| Program::of_ours("bench-server", PRELUDE, MODULES).declare(ctx))?;
            Ok(Half { interpreter, records })
        };
        opened().unwrap_or_else(|fault| {
            end_cell(format!("uncaught in the server's JavaScript, at its start: {fault}"))
        })
    }

    fn answer(&self, request: &Request) -> Result<Response, ServerError> {
        let headers: Vec<(&str, &str)> = request
            .headers()
            .iter()
            .filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)))
            .collect();
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
        let user = self.records.asked.borrow().from.0;
        let head = serde_json::json!({ "method": request.method().as_str(), "path": path, "headers": headers, "user": user });
        let body = request.body().clone();
        let done = self.interpreter.turn(|ctx| {
            let body = rquickjs::TypedArray::<u8>::new(ctx.clone(), body)?;
            entry(ctx, "serve")?.call::<_, ()>((head.to_string(), body))
        });
        // The backend reports its own working time.
        self.interpreter.take_spent();
        let host = &self.records.host;
        let failed = host.take_effects().into_iter().find_map(|effect| match effect {
            Effect::Settled { result: Err(text), .. } => Some(Fault::read(&words(&text))),
            _ => None,
        });
        let mut asked = self.records.asked.borrow_mut();
        let threw = host.threw.take().map(|words| self.interpreter.explained(Fault::read(&words)));
        if let Some(fault) = Fault::either(done.err().or(failed), threw) {
            if let Some(refused) = asked.refused.take() {
                return Err(refused);
            }
            if host.dies() {
                return Err(ServerError::Failed);
            }
            let console = host.console();
            end_cell(format!("uncaught in the server's JavaScript, at {path}: {fault}{console}"));
        }
        if let Err(error) = host.disk.end_turn() {
            end_cell(format!("the server's disk: {error}"));
        }
        let Some((head, body)) = asked.answer.take() else {
            end_cell(format!(
                "uncaught in the server's JavaScript, at {path}: the handler waits for a promise, but must respond at once"
            ));
        };
        Ok(written(&head, body))
    }
}

fn words(failure: &str) -> String {
    let read: Option<serde_json::Value> = serde_json::from_str(failure).ok();
    read.and_then(|read| Some(read["words"].as_str()?.to_owned())).unwrap_or_else(|| failure.to_owned())
}

fn written(head: &str, body: Vec<u8>) -> Response {
    let head: Head = serde_json::from_str(head).expect("the prelude wrote it");
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(head.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in head.headers {
        let name = HeaderName::from_bytes(name.as_bytes());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_str(&value)) {
            response.headers_mut().append(name, value);
        }
    }
    response
}

impl SyncServer for Half {
    fn serve_with(
        &mut self,
        from: DeviceId,
        request: &[u8],
        slip: &mut Slip,
        record: &mut dyn SystemOfRecord,
    ) -> Result<Reply, ServerError> {
        let request =
            http::read_request(request).map_err(|wrong| ServerError::BadRequest(wrong.to_string()))?;
        // The row's key may be only in the path.
        let mut said = request.body().clone();
        if request.method() != http::Method::GET {
            said.extend_from_slice(request.uri().path().as_bytes());
        }
        self.records.begin(Asked::by(from, std::mem::take(slip), said));
        let answered = self.records.lent.lend(record, || {
            let answered = self.answer(&request);
            if answered.as_ref().is_ok_and(|response| response.status().is_success()) {
                self.records.gave_way();
            }
            answered
        });
        *slip = self.records.answered();
        Ok(http::write_response(&answered?).into())
    }
    fn refuse(&self, error: &ServerError) -> Vec<u8> {
        http::write_response(&http::refusal(error))
    }
    fn is_refusal(&self, answer: &[u8]) -> bool {
        http::read_response(answer).is_ok_and(|response| response.status() != StatusCode::OK)
    }
}
