//! The user's own server, which answers in place of the scenario's backend. The program contacts no
//! other host and follows no redirect.

use std::net::{SocketAddr, ToSocketAddrs};
use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Body as _, Bytes, Incoming};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::wire::is_of_the_connection;
use crate::contract::http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header};

/// The address of the user's own server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upstream {
    /// The value of the header `Host`.
    authority: String,
    /// The resolved addresses. The name is resolved only once, so it cannot lead to another host
    /// later.
    addresses: Vec<SocketAddr>,
}

/// A request as the app sent it.
pub(super) struct Real {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

/// A response as the server sent it.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    /// The rest of the body, if its length was not announced.
    pub(super) rest: Option<Rest>,
}

/// A body that comes in pieces, and its connection.
#[derive(Debug)]
pub(super) struct Rest {
    body: Incoming,
    connection: tokio::task::JoinHandle<Result<(), hyper::Error>>,
}

impl Rest {
    /// Returns the next piece. An empty piece is the end, and an error means that the stream broke
    /// off.
    pub(super) async fn next(&mut self) -> Result<Bytes, hyper::Error> {
        while let Some(frame) = self.body.frame().await {
            if let Ok(piece) = frame?.into_data()
                && !piece.is_empty()
            {
                return Ok(piece);
            }
        }
        Ok(Bytes::new())
    }
}

impl Drop for Rest {
    fn drop(&mut self) {
        self.connection.abort();
    }
}

/// True if a character is allowed in an address.
fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || ".-:[]_".contains(c)
}

/// Returns the headers without those that belong to the connection.
fn of_the_message(headers: &HeaderMap, with_length: bool) -> HeaderMap {
    let passes = |name: &HeaderName| with_length || *name != header::CONTENT_LENGTH;
    let own = headers.iter().filter(|(name, _)| passes(name) && !is_of_the_connection(name, headers));
    own.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// A server counts as unreachable if it sends nothing for this long.
const PATIENCE: Duration = Duration::from_secs(120);

impl Upstream {
    /// Makes a server from an address such as `http://localhost:3000`.
    ///
    /// # Errors
    /// A text that says what is wrong with the address.
    pub fn of(text: &str) -> Result<Upstream, String> {
        if text.starts_with("https://") {
            return Err("--upstream uses plain HTTP: name your server's port without TLS".to_owned());
        }
        let rest = text.strip_prefix("http://");
        let authority = rest.map(|rest| rest.trim_end_matches('/')).unwrap_or_default();
        if authority.is_empty() || !authority.chars().all(is_plain) {
            return Err(format!("`{text}` is not an address such as http://localhost:3000"));
        }
        let has_port = authority.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
        let reached = if has_port { authority.to_owned() } else { format!("{authority}:80") };
        Upstream::resolved(text, authority, &reached)
    }
    fn resolved(text: &str, authority: &str, reached: &str) -> Result<Upstream, String> {
        let found = reached.to_socket_addrs();
        let found = found.map_err(|error| format!("`{text}` cannot be resolved: {error}"))?;
        let addresses: Vec<SocketAddr> = found.collect();
        if addresses.is_empty() {
            return Err(format!("`{text}` has no address"));
        }
        Ok(Upstream { authority: authority.to_owned(), addresses })
    }

    /// Makes a server from an address such as `localhost:3000`. Its protocol is unknown.
    ///
    /// # Errors
    /// A text that says what is wrong with the address.
    pub fn of_port(text: &str) -> Result<Upstream, String> {
        let port = text.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse::<u16>().ok()?)));
        if port.is_none_or(|(host, _)| host.is_empty()) || !text.chars().all(is_plain) {
            return Err(format!("`{text}` is not an address such as localhost:3000"));
        }
        Upstream::resolved(text, text, text)
    }
    /// The origin, such as `http://localhost:3000`.
    pub(super) fn origin(&self) -> String {
        format!("http://{}", self.authority)
    }
    pub(super) async fn connect(&self) -> std::io::Result<TcpStream> {
        let stream = TcpStream::connect(&self.addresses[..]).await?;
        // Without this option, the socket is only slower.
        _ = stream.set_nodelay(true);
        Ok(stream)
    }

    /// Forwards a request. The response can have at most `most` bytes.
    ///
    /// # Errors
    /// The server cannot be reached, or does not use HTTP.
    pub(super) async fn ask(&self, real: Real, most: usize) -> Result<Answer, String> {
        let asked = timeout(PATIENCE, self.exchange(real, most)).await;
        asked.unwrap_or_else(|_| Err("the server behind --upstream sent nothing for two minutes".to_owned()))
    }

    async fn exchange(&self, real: Real, most: usize) -> Result<Answer, String> {
        let away = |error: std::io::Error| format!("the server behind --upstream cannot be reached: {error}");
        let stream = self.connect().await.map_err(away)?;
        let broken =
            |error: hyper::Error| format!("the server behind --upstream closed the connection: {error}");
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
        let connection = tokio::spawn(connection);
        let mut request = hyper::Request::new(Full::new(real.body));
        let is_head = real.method == Method::HEAD;
        *request.method_mut() = real.method;
        // Only the path is used. A host in it is ignored, because only one server is asked.
        *request.uri_mut() =
            real.path.parse::<Uri>().map_err(|_| "the path cannot be forwarded".to_owned())?;
        *request.headers_mut() = of_the_message(&real.headers, false);
        let host = HeaderValue::from_str(&self.authority).map_err(|_| "its name".to_owned())?;
        request.headers_mut().insert(header::HOST, host);
        let response = sender.send_request(request).await.map_err(broken)?;
        let (head, body) = response.into_parts();
        let is_stream = body.size_hint().exact().is_none();
        let (body, rest) = if is_stream {
            (Bytes::new(), Some(Rest { body, connection }))
        } else {
            let body = Limited::new(body, most).collect().await;
            let body = body.map_err(|error| format!("its response cannot be read: {error}"))?.to_bytes();
            connection.abort();
            (body, None)
        };
        // For `HEAD`, the client wants to know the length.
        let headers = of_the_message(&head.headers, is_head);
        Ok(Answer { status: head.status.as_u16(), headers, body, rest })
    }
}

impl Answer {
    /// Rewrites a redirect to the server itself, so that the app stays behind the simulated link.
    pub(super) fn leads_to(&mut self, base: &str, origin: &str) {
        let to = self.headers.get(header::LOCATION).and_then(|to| to.to_str().ok()).unwrap_or_default();
        let (of, rest) = to.split_at_checked(origin.len()).unwrap_or_default();
        let is_own =
            of.eq_ignore_ascii_case(origin) && (rest.is_empty() || rest.starts_with(['/', '?', '#']));
        if let Ok(to) = HeaderValue::from_str(&format!("{base}{rest}"))
            && is_own
        {
            self.headers.insert(header::LOCATION, to);
        }
    }
    /// The number of bytes on the wire, without the link's overhead.
    pub(super) fn length(&self) -> u64 {
        let headers = self.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4);
        (17 + headers.sum::<usize>() + 2 + self.body.len()) as u64
    }
    /// The response if the server cannot be reached.
    pub(super) fn bad_gateway(why: &str) -> Answer {
        let body = Bytes::from(format!("{why}\n"));
        Answer { status: 502, headers: HeaderMap::new(), body, rest: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_plain_http_and_nothing_else() {
        let found = Upstream::of("http://127.0.0.1:3000/").expect("it is one");
        assert_eq!((found.authority.as_str(), found.addresses.len()), ("127.0.0.1:3000", 1));
        assert_eq!(Upstream::of("http://127.0.0.1").expect("it is one").addresses[0].port(), 80);
        for wrong in
            ["", "localhost:3000", "https://localhost", "http://", "http://a b", "http://u@h:1", "http://h/x"]
        {
            assert!(Upstream::of(wrong).is_err(), "{wrong}");
        }
        assert_eq!(Upstream::of_port("127.0.0.1:3000").expect("it is one").addresses[0].port(), 3_000);
        for wrong in ["", "localhost", ":3000", "http://localhost:3000", "localhost:x", "a b:1", "h:70000"] {
            assert!(Upstream::of_port(wrong).is_err(), "{wrong}");
        }
    }
}
