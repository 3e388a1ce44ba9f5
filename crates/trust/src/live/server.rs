//! The backend of a cell over HTTP/1.1: the world of its scenario, in real time.

use std::cell::RefCell;
use std::convert::Infallible;
use std::io;
use std::net::SocketAddrV4;
use std::rc::Rc;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use syncdyno_contract::base::{DeviceId, Span};
use syncdyno_contract::contract::Slip;
use syncdyno_world::setup::Setup;
use syncdyno_world::world::{Asked, Ear, Paced, Stacks};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::LocalSet;

use crate::live::http;
use crate::live::namespace::{self, SERVER};
use crate::live::pace::{Late, Pace, SharedLateness};

/// The address it listens on.
pub(crate) const ADDRESS: SocketAddrV4 = SocketAddrV4::new(SERVER, 7_000);
/// How often to run a world without timers.
const LOOK: Span = Span::millis(20);
/// Longest wait for a response.
const PATIENCE: Span = Span::secs(900);

struct NoEar;

impl Ear for NoEar {}

struct Backend {
    world: RefCell<Paced>,
    pace: Pace,
    late: SharedLateness,
    head: u64,
}

impl Backend {
    /// Sends a request into the world, and returns the response at its time.
    async fn ask(&self, request: Vec<u8>) -> Option<Vec<u8>> {
        let came = Rc::new(RefCell::new(None));
        let hears = came.clone();
        self.run().ok()?;
        let (device, slip, deadline) = (DeviceId(0), Slip::default(), self.pace.now() + PATIENCE);
        let asked = Asked { device, request, slip, server: None, cacheable: None, deadline };
        let given_up = self.world.borrow().ask(asked, move |at, response| {
            *hears.borrow_mut() = Some((at, response));
        });
        loop {
            self.run().ok()?;
            if let Some((due, response)) = came.take() {
                self.late.borrow_mut().note(due, self.pace.now());
                drop(given_up);
                return response.ok().map(|(bytes, _)| bytes);
            }
            let next = self.world.borrow().next_timer();
            self.pace.sleep_until(next.unwrap_or(self.pace.now() + LOOK)).await;
        }
    }
    fn run(&self) -> Result<(), String> {
        self.world.borrow_mut().run_to(self.pace.now())
    }
    async fn serve(
        &self,
        request: Request<Incoming>,
    ) -> Result<Response<Full<Bytes>>, Box<dyn std::error::Error + Send + Sync>> {
        let body = request.into_body().collect().await?.to_bytes().to_vec();
        let response = self.ask(body).await.ok_or("the backend does not answer")?;
        Ok(http::response(response, self.head))
    }
}

/// Serves the world of `setup` until `over` closes. Calls `begins` once it listens, which returns
/// when the cell begins. Returns how late responses were.
///
/// # Errors
/// The world cannot be built, or the address cannot be listened on.
pub(crate) fn run(
    setup: &Setup,
    (head, congestion): (u64, &str),
    begins: impl FnOnce() -> Option<Pace>,
    over: oneshot::Receiver<Infallible>,
) -> io::Result<Late> {
    let ear = Rc::new(RefCell::new(NoEar));
    let world = Paced::build(setup, &Stacks::builtin(), ear).map_err(|e| io::Error::other(e.to_string()))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    LocalSet::new().block_on(&runtime, async {
        let listener = TcpListener::bind(ADDRESS).await?;
        namespace::set_congestion_control(&listener, congestion)?;
        let Some(pace) = begins() else { return Ok(Late::default()) };
        let late = SharedLateness::default();
        let backend = Rc::new(Backend { world: RefCell::new(world), pace, late: late.clone(), head });
        let accepts = async move {
            loop {
                let Ok((stream, _)) = listener.accept().await else { continue };
                _ = stream.set_nodelay(true);
                let backend = backend.clone();
                tokio::task::spawn_local(async move {
                    let serve = service_fn(move |request| {
                        let backend = backend.clone();
                        async move { backend.serve(request).await }
                    });
                    let connection = hyper::server::conn::http1::Builder::new();
                    // The client may be gone.
                    _ = connection.serve_connection(TokioIo::new(stream), serve).await;
                });
            }
        };
        tokio::task::spawn_local(accepts);
        // The sender sends nothing; it is dropped when the cell is over.
        _ = over.await;
        Ok(late.take())
    })
}
