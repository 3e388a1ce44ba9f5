//! The bench's own endpoints: reports of apps, the web page, cuts of the network, the verdict.

use hyper::body::Incoming;
use serde_json::{Value as Json, json};
use tokio::sync::oneshot;

use super::arrival::{Arrival, State};
use super::inside::{Asked, Inside, Response, lock, read, text, whole};
use super::lines::Lines;
use super::page::page;
use super::stage::Step;
use super::wire::decoded;
use crate::base::DeviceId;
use crate::contract::http::Method;

/// One of the bench's own endpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Page,
    State,
    Network,
    Observe,
    Cut,
    Verdict,
    /// A path under the base path that is not known.
    Nowhere,
}

const PLACES: [(&str, Place); 6] = [
    ("", Place::Page),
    ("/state", Place::State),
    ("/network", Place::Network),
    ("/observe", Place::Observe),
    ("/cut", Place::Cut),
    ("/verdict", Place::Verdict),
];
/// The base path of all endpoints. Those in `SHORT` also work without it, unless the user's own
/// server answers.
const BASE: &str = "/_syncdyno";
const SHORT: [Place; 3] = [Place::Observe, Place::Verdict, Place::Network];
/// The maximum size of an app's report, in bytes.
const SAID: usize = 1 << 20;

pub(super) fn of(asked: &Asked, inside: &Inside) -> Option<Place> {
    let path = asked.addressed.path.trim_end_matches('/');
    let find = |path: &str| PLACES.iter().find(|(of, _)| *of == path).map(|(_, place)| *place);
    match path.strip_prefix(BASE) {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => find(rest).or(Some(Place::Nowhere)),
        Some(_) => None,
        None if inside.is_upstream => None,
        None if path.is_empty() => {
            Some(Place::Page).filter(|_| asked.method == Method::GET && !has_a_root(asked))
        }
        None => find(path).filter(|place| SHORT.contains(place)),
    }
}

/// True if the server half answers `/`, and not the page. An app that does not ask for HTML wants
/// the server's own greeting, such as CouchDB's.
fn has_a_root(asked: &Asked) -> bool {
    let accepts = asked.headers.get("accept").and_then(|value| value.to_str().ok()).unwrap_or("*/*");
    !accepts.contains("text/html")
}

/// A response, or a response that refuses the request.
type Answered = Result<Response, Box<Response>>;

fn over() -> Box<Response> {
    Box::new(text(503, "the session is over\n"))
}
fn json_of(status: u16, json: &Json) -> Response {
    whole(status, "application/json", (json.to_string() + "\n").into_bytes())
}

pub(super) async fn answer(place: Place, asked: Asked, body: Incoming, inside: &Inside) -> Response {
    let is_read = matches!(place, Place::Page | Place::State | Place::Network);
    if place != Place::Nowhere && asked.method != if is_read { Method::GET } else { Method::POST } {
        return text(405, if is_read { "use GET for this\n" } else { "use POST for this\n" });
    }
    if matches!(place, Place::Cut | Place::Verdict) && !asked.is_known {
        let why = "this needs the token that was printed when the session began: Syncdyno-Token: …\n";
        return text(401, why);
    }
    let answered = match place {
        Place::Page | Place::State | Place::Network => look(place, &asked, inside).await,
        Place::Observe => observe(&asked, body, inside).await,
        Place::Cut => cut(&asked, inside),
        Place::Verdict => verdict(&asked, inside).await,
        Place::Nowhere => {
            let there = "only /observe, /network, /state, /cut and /verdict exist";
            let before = format!("name a device as in /d/NAME{BASE}/observe");
            Ok(text(404, format!("below {BASE} {there}; {before}\n")))
        }
    };
    answered.unwrap_or_else(|refused| *refused)
}

fn said<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.find(|(of, _)| *of == name).map(|(_, value)| value)
}

/// Sends a message to the session. Fails if the session is over.
fn send(arrival: Arrival, inside: &Inside) -> Result<(), Box<Response>> {
    inside.arrivals.send(arrival).map_err(|_| over())
}

async fn look(place: Place, asked: &Asked, inside: &Inside) -> Answered {
    let (reply, state) = oneshot::channel();
    send(Arrival::State(reply), inside)?;
    let state = state.await.map_err(|_| over())?;
    Ok(match place {
        Place::Page => {
            let token = asked.is_known.then_some(inside.gate.token.as_str());
            whole(200, "text/html; charset=utf-8", page(&state, BASE, token).into_bytes())
        }
        Place::State => json_of(200, &told(&state)),
        _ => {
            let (device, name) = asked.whose(inside)?;
            json_of(200, &link(&state, device.0 as usize, &name))
        }
    })
}

/// The network state as an operating system would report it to the app.
fn link(state: &State, at: usize, name: &str) -> Json {
    let seen = &state.devices[at];
    let network = format!("{:?}", seen.link.network).to_lowercase();
    json!({ "device": name, "network": network, "online": network != "none" })
}

fn told(state: &State) -> Json {
    let device = |(at, name): (usize, &String)| {
        let seen = &state.devices[at];
        let mut told = link(state, at, name);
        told["link"] = json!(seen.link.name);
        told["carries"] = json!(seen.link.carries);
        told["requests"] = json!(seen.requests);
        told["under_way"] = json!(seen.under_way);
        told["edits"] = json!(seen.edits.0);
        told["edits_that_wait"] = json!(seen.edits.1);
        told["spoke"] = json!(seen.spoke);
        told["showed"] = json!(seen.showed);
        told["last"] = json!(seen.last);
        told
    };
    let devices: Vec<Json> = state.names.iter().enumerate().map(device).collect();
    json!({
        "time_ms": state.now.0 / 1_000_000, "script_ms": state.script.0 / 1_000_000,
        "backend_is_up": state.server.is_none().then_some(state.backend_is_up),
        "commits": state.server.map_or(state.commits, |server| server.commits), "devices": devices,
    })
}

/// The device that reports, and its app's name for it.
fn speaker(asked: &Asked, named: Option<&str>, inside: &Inside) -> Result<(DeviceId, String), Box<Response>> {
    let wrong = |why: String| Box::new(text(400, why + "\n"));
    let named = named.or(asked.addressed.device.as_deref());
    let mut roster = lock(&inside.roster);
    match named {
        // With a tunnel, connections are carried as raw bytes. They have no name, so only a port
        // identifies the device.
        Some(name) if inside.tunnel.is_some() && !roster.is_own(name) => {
            let all = roster.names().join(", ");
            Err(wrong(format!(
                "with --tunnel, a device has the name of its port: write one of {all}, not `{name}`"
            )))
        }
        Some(name) => {
            let device = roster.find(Some(name)).map_err(wrong)?;
            Ok((device, roster.name(device).to_owned()))
        }
        None => {
            drop(roster);
            asked.whose(inside)
        }
    }
}

async fn observe(asked: &Asked, body: Incoming, inside: &Inside) -> Answered {
    let wrong = |why: String| Box::new(text(400, why + "\n"));
    let body = read(body, (SAID, "split the report into several requests"), inside).await?;
    // A line can name its device. All lines of one request belong to one device.
    let (lines, named) = Lines::of(body).map_err(wrong)?;
    let whose = if lines.is_of_server { None } else { Some(speaker(asked, named.as_deref(), inside)?) };
    let (reply, taken) = oneshot::channel();
    send(Arrival::Observe { whose, lines, reply }, inside)?;
    taken.await.map_err(|_| over())?.map_err(wrong)?;
    Ok(text(204, ""))
}

fn usage() -> Box<Response> {
    Box::new(text(400, "use cut?device=NAME&seconds=N with 1 to 86400 seconds\n"))
}

/// Finds the device that a person named in the query: first by name, then by number (from 0).
fn meant(query: &str, inside: &Inside) -> Result<DeviceId, Box<Response>> {
    let roster = lock(&inside.roster);
    let numbered = |text: &str| {
        let number = text.parse().ok().filter(|number| (*number as usize) < roster.len());
        number.map(DeviceId)
    };
    // The page uses the number, because a number cannot be an app's name here.
    if let Some(number) = said(query, "number") {
        return numbered(number).ok_or_else(usage);
    }
    let name = said(query, "device").map(decoded).ok_or_else(usage)?;
    roster.known(&name).or_else(|| numbered(&name)).ok_or_else(|| {
        let names = roster.names().join(", ");
        Box::new(text(404, format!("no device has this name; the devices are {names}\n")))
    })
}

fn cut(asked: &Asked, inside: &Inside) -> Answered {
    let query = &asked.addressed.query;
    let seconds = said(query, "seconds").map_or(Some(30), |text| text.parse().ok());
    let seconds = seconds.filter(|seconds: &u64| (1..=86_400).contains(seconds)).ok_or_else(usage)?;
    let device = meant(query, inside)?;
    let (name, device) = (lock(&inside.roster).name(device).to_owned(), device.0);
    send(Arrival::Step(Step::Cut { device, ms: seconds * 1_000 }), inside)?;
    Ok(back(asked, &format!("{name} has no network for {seconds} s\n")))
}

/// Responds to a person. If the request came from the page, the response redirects back to it.
fn back(asked: &Asked, said: &str) -> Response {
    let from_page =
        asked.headers.get("accept").is_some_and(|accept| accept.as_bytes().starts_with(b"text/html"));
    let token = self::said(&asked.addressed.query, "token").unwrap_or_default();
    let is_plain = token.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let mut response = text(if from_page { 303 } else { 200 }, said);
    if let Ok(to) = format!("{BASE}/?token={token}").parse()
        && from_page
        && is_plain
    {
        response.headers_mut().insert("location", to);
    }
    response
}

async fn verdict(asked: &Asked, inside: &Inside) -> Answered {
    let settled = said(&asked.addressed.query, "settled") != Some("false");
    let (reply, judged) = oneshot::channel();
    send(Arrival::Verdict { settled, reply }, inside)?;
    let judged = judged.await.map_err(|_| over())?;
    Ok(judged.map_or_else(|why| text(500, why), |verdict| text(200, verdict)))
}
