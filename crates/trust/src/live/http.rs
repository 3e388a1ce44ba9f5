//! HTTP/1.1 with heads as long as in the simulation.

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::HeaderValue;
use hyper::{Request, Response};

use crate::live::namespace::SERVER;

/// The header that pads a head to its length.
const PAD: &str = "x-pad";
/// A header line without its name and value.
const LINE: usize = ": \r\n".len();
/// What hyper writes of a request and of a response besides header lines.
const FIRST_UP: usize = "POST /sync HTTP/1.1\r\n\r\n".len();
const FIRST_DOWN: usize = "HTTP/1.1 200 OK\r\n\r\n".len();
/// The header that hyper adds to a response.
const DATE: usize = "date: Sun, 29 Nov 2026 19:00:00 GMT\r\n".len();

fn length_line(body: &[u8]) -> usize {
    "content-length: \r\n".len() + body.len().to_string().len()
}

fn pad(head: u64, taken: usize) -> HeaderValue {
    let length = (head as usize).saturating_sub(taken + PAD.len() + LINE);
    HeaderValue::from_str(&"x".repeat(length)).unwrap_or_else(|_| HeaderValue::from_static("x"))
}

/// A request whose head has `head` bytes.
pub(crate) fn request(body: Vec<u8>, head: u64) -> Request<Full<Bytes>> {
    let host = SERVER.to_string();
    let taken = FIRST_UP + "host".len() + LINE + host.len() + length_line(&body);
    let mut request = Request::new(Full::new(Bytes::from(body)));
    *request.method_mut() = hyper::Method::POST;
    *request.uri_mut() = hyper::Uri::from_static("/sync");
    let host = HeaderValue::from_str(&host).unwrap_or_else(|_| HeaderValue::from_static("server"));
    request.headers_mut().insert("host", host);
    request.headers_mut().insert(PAD, pad(head, taken));
    request
}

/// A response whose head has `head` bytes.
pub(crate) fn response(body: Vec<u8>, head: u64) -> Response<Full<Bytes>> {
    let taken = FIRST_DOWN + DATE + length_line(&body);
    let mut response = Response::new(Full::new(Bytes::from(body)));
    response.headers_mut().insert(PAD, pad(head, taken));
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt;
    use hyper::service::service_fn;
    use hyper_util::rt::TokioIo;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    /// The bytes that hyper's two ends write for such bodies: the request's, and the response's.
    fn written(up: usize, down: usize) -> (usize, usize) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        tokio::task::LocalSet::new().block_on(&runtime, async {
            let (phone, mut between) = tokio::io::duplex(1 << 20);
            let (mut other, server) = tokio::io::duplex(1 << 20);
            let answers = service_fn(move |request: Request<hyper::body::Incoming>| async move {
                _ = request.into_body().collect().await;
                Ok::<_, std::convert::Infallible>(response(vec![b'b'; down], 300))
            });
            let served = hyper::server::conn::http1::Builder::new();
            tokio::task::spawn_local(served.serve_connection(TokioIo::new(server), answers));
            let shaken = hyper::client::conn::http1::handshake(TokioIo::new(phone)).await;
            let (mut sender, connection) = shaken.expect("there is a connection");
            tokio::task::spawn_local(connection);
            let asked = tokio::task::spawn_local(async move {
                let came = sender.send_request(request(vec![b'a'; up], 500)).await.expect("it is answered");
                came.into_body().collect().await.expect("a body").to_bytes().len()
            });
            let mut room = vec![0; 1 << 20];
            let (mut sent, mut came) = (0, 0);
            while sent < up + 500 {
                let length = between.read(&mut room).await.expect("it is sent");
                sent += length;
                other.write_all(&room[..length]).await.expect("it is taken");
            }
            while came < down + 300 {
                let length = other.read(&mut room).await.expect("it is answered");
                came += length;
                between.write_all(&room[..length]).await.expect("it is taken");
            }
            assert_eq!(asked.await.expect("it ends"), down);
            (sent, came)
        })
    }

    #[test]
    fn heads_are_as_long_as_the_simulation_has_them() {
        for (up, down) in [(1, 1), (120, 99_999), (5_000, 1)] {
            assert_eq!(written(up, down), (up + 500, down + 300), "{up} up and {down} down");
        }
    }
}
